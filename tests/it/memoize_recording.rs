//! Recording: on no call's path, whatever Redis does, and never lost without a word.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cacheme::cache::{Event, Recorder};
use cacheme::client::{Target, Timeouts};
use cacheme::memoize::{Settings, sync::Cache, sync::Memoized};
use cacheme::namespace::{Layout, Namespace};
use redis::Commands;

use crate::support::monitor::transcript;
use crate::support::relay::{Fault, Relay};
use crate::support::server::Server;
use crate::support::wait_until;

const STATS: &str = "CM:meta:stats";
const HOURLY: Duration = Duration::from_secs(3600);

fn settings(server: &Server) -> Settings {
    server.settings().layout(Layout::Meta)
}

fn double(cache: &Cache) -> Memoized<u32, u32> {
    cache.memoize("double", |n: &u32| format!("n:{n}"), |n: &u32| n * 2).build()
}

fn counted(server: &Server, field: &str) -> u64 {
    server.connect().hget::<_, _, Option<u64>>(STATS, format!("double:{field}")).unwrap().unwrap_or_default()
}

#[test]
fn functions_of_one_tag_add_up_and_what_was_not_sent_is_sent_once() {
    let server = Server::start();
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let cache = Cache::open_with(settings(&server).record_interval(HOURLY), move |error| {
        seen.lock().unwrap().push(error.to_string());
    });
    let cache = cache.unwrap();
    let (one, two) = (double(&cache), double(&cache));
    let call = |n: u32| [&one, &two, &two].map(|it| it.call(&n).unwrap());
    call(1);
    let counts = || (one.counts().hits, one.counts().misses, two.counts().hits, two.counts().misses);
    assert_eq!(counts(), (0, 1, 2, 0));
    redis::cmd("SET").arg(STATS).arg("no hash").exec(&mut server.connect()).unwrap();
    cache.flush().unwrap_err();
    assert_eq!(counts(), (0, 1, 2, 0), "what could not be sent stays counted");
    redis::cmd("DEL").arg(STATS).exec(&mut server.connect()).unwrap();
    call(1);
    for _ in 0..2 {
        cache.flush().unwrap();
        assert_eq!((counted(&server, "hits"), counted(&server, "misses")), (5, 1));
    }
    assert_eq!(cache.counts()["double"].hits, 5);
    assert_eq!(*told.lock().unwrap(), [""; 0]);
}

#[test]
fn calls_ask_for_nothing_more_while_a_thread_records() {
    let server = Server::start();
    let cache = Cache::open(settings(&server).record_interval(Duration::from_millis(10))).unwrap();
    let double = double(&cache);
    double.call(&1).unwrap();
    let flushed = AtomicBool::new(false);
    let (calls, seen) = server.monitor(|| {
        let mut calls = 0_u64;
        while !flushed.load(Relaxed) {
            double.call(&1).unwrap();
            calls += 1;
            flushed.store(calls >= 100 && counted(&server, "hits") >= 50, Relaxed);
        }
        calls
    });
    let named = |name: &str| seen.iter().filter(|it| it.name() == name).count() as u64;
    // Two commands a call, in one pipeline; besides them, what flushes sent, and what this test asked.
    assert_eq!(named("SISMEMBER"), calls, "{}", transcript(&seen));
    let rest = seen.iter().filter(|it| {
        !["SISMEMBER", "HGET", "HINCRBY", "EXPIRE", "EXISTS", "HSETNX", "AUTH"].contains(&it.name().as_str())
    });
    assert_eq!(rest.count(), 0, "{}", transcript(&seen));
    let (flushes, added) = (named("EXPIRE"), named("HINCRBY"));
    assert!((1..calls).contains(&flushes) && added >= 2 * flushes, "{flushes} flushes, {calls} calls");
    let whole = double.counts();
    drop((double, cache));
    assert_eq!((counted(&server, "hits"), counted(&server, "misses")), (whole.hits, whole.misses));
    assert_eq!((whole.hits, whole.misses), (calls, 1));
}

#[test]
fn the_last_handle_that_is_dropped_sends_the_rest() {
    let server = Server::start();
    let cache = Cache::open(settings(&server).record_interval(HOURLY)).unwrap();
    let double = double(&cache);
    double.call(&1).unwrap();
    cache.flush().unwrap();
    assert_eq!(counted(&server, "misses"), 1, "by hand, too");
    double.call(&1).unwrap();
    drop(cache);
    assert_eq!(counted(&server, "hits"), 0, "the function is a handle, too");
    drop(double);
    assert_eq!(counted(&server, "hits"), 1);
}

#[test]
fn a_setting_a_builder_or_a_variable_turns_it_off() {
    let server = Server::start();
    let variable = |name: &str| (name == "CACHEME_RECORD").then(|| "0".to_owned());
    let by_variable = Settings::from_vars(variable).unwrap().url(server.url()).layout(Layout::Meta);
    for settings in [settings(&server).record(false), by_variable] {
        double(&Cache::open(settings).unwrap()).call(&1).unwrap();
    }
    let cache = Cache::open(settings(&server)).unwrap();
    let silent = cache.memoize("double", |n: &u32| format!("n:{n}"), |n: &u32| n * 2).record(false).build();
    let told = cache.memoize("told", |n: &u32| format!("m:{n}"), |n: &u32| n * 2).build();
    silent.call(&1).unwrap();
    told.call(&1).unwrap();
    assert_eq!(cache.counts()["double"].hits, 1, "counted in the process all the same");
    drop((silent, told, cache));
    let mut fields: Vec<String> = server.connect().hkeys(STATS).unwrap();
    fields.retain(|field| field != "since");
    assert!(!fields.is_empty() && fields.iter().all(|it| it.starts_with("told:")), "{fields:?}");
}

#[test]
fn without_redis_counts_are_kept_and_calls_go_on() {
    let mut server = Server::start();
    let errors = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&errors);
    let cache =
        Cache::open_with(settings(&server).record_interval(Duration::from_millis(10)), move |error| {
            told.lock()
                .unwrap()
                .push((thread::current().name().unwrap_or_default().to_owned(), error.to_string()));
        });
    let cache = cache.unwrap();
    let double = double(&cache);
    double.call(&1).unwrap();
    wait_until("it is recorded", Duration::from_secs(20), || counted(&server, "misses") == 1);
    server.stop();
    for n in 0..500 {
        assert_eq!(double.call(&n).unwrap(), n * 2);
    }
    let of_recorder = || {
        let errors = errors.lock().unwrap();
        errors
            .iter()
            .filter(|(thread, _)| thread == "cacheme-counters")
            .map(|it| it.1.clone())
            .collect::<Vec<_>>()
    };
    wait_until("it is told", Duration::from_secs(20), || !of_recorder().is_empty());
    cache.flush().unwrap_err();
    server.restart();
    // What the old server had counted went with it.
    wait_until("what was counted meanwhile arrives", Duration::from_secs(20), || {
        counted(&server, "misses") == 500
    });
    let whole = double.counts();
    assert_eq!(counted(&server, "errors"), whole.errors);
    assert_eq!(of_recorder().len(), 1, "told once, not at every interval: {:?}", of_recorder());

    // What is lost in the end is told with its number.
    double.call(&1).unwrap();
    cache.flush().unwrap();
    double.call(&1).unwrap();
    server.stop();
    double.call(&1).unwrap();
    errors.lock().unwrap().clear();
    drop((double, cache));
    let last = errors.lock().unwrap().last().cloned().unwrap().1;
    // A hit; then a miss and the failures that made it one.
    assert!(last.contains("events") && last.contains("CM:meta:stats"), "{last}");
}

#[test]
fn a_frozen_redis_holds_up_the_flush_and_nobody_who_counts() {
    let server = Server::start();
    let ns = Namespace::new("CM:", Layout::Meta).unwrap();
    let patient = Timeouts { connect: Duration::from_secs(60), io: Duration::from_secs(60) };
    let recorder = Recorder::start(Target::parse(&server.url()).unwrap(), patient, ns, HOURLY);
    recorder.record("double", Event::Hit);
    recorder.flush().unwrap();
    server.signal("STOP");
    recorder.record("double", Event::Hit);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            recorder.flush().unwrap();
            done.store(true, Relaxed);
        });
        let tally = recorder.counters("double");
        (0..10_000).for_each(|_| tally.record(Event::Hit));
        recorder.record("another", Event::Miss);
        assert!(!done.load(Relaxed), "the flush waits for Redis; who counted did not");
        server.signal("CONT");
    });
    drop(recorder);
    assert_eq!(counted(&server, "hits"), 10_002);
}

#[test]
fn what_the_server_refuses_is_kept_and_nothing_is_counted_twice() {
    let server = Server::start();
    let ns = Namespace::new("CM:", Layout::Meta).unwrap();
    let recorder = Recorder::start(Target::parse(&server.url()).unwrap(), Timeouts::default(), ns, HOURLY);
    let mut it = server.connect();
    let _: () = it.hset(STATS, "double:hits", "no number").unwrap();
    recorder.record("double", Event::Hit);
    recorder.record("double", Event::Miss);
    for _ in 0..3 {
        let refused = recorder.flush().unwrap_err().to_string();
        assert!(refused.contains("HINCRBY"), "{refused}");
    }
    assert_eq!(counted(&server, "misses"), 1);
    let _: () = it.hdel(STATS, "double:hits").unwrap();
    recorder.flush().unwrap();
    assert_eq!((counted(&server, "hits"), counted(&server, "misses")), (1, 1));
}

#[test]
fn a_server_that_became_a_replica_is_left() {
    let [old, new] = [(); 2].map(|()| Server::builder().tcp().start());
    let port = Arc::new(std::sync::atomic::AtomicU16::new(old.port()));
    let named = Arc::clone(&port);
    let url = crate::support::sentinels::naming(move || named.load(Relaxed));
    let ns = Namespace::new("CM:", Layout::Meta).unwrap();
    let recorder = Recorder::start(Target::parse(&url).unwrap(), Timeouts::default(), ns, HOURLY);
    recorder.record("double", Event::Hit);
    recorder.flush().unwrap();
    assert_eq!(counted(&old, "hits"), 1);
    // Whoever is connected to it stays connected.
    redis::cmd("REPLICAOF").arg("127.0.0.1").arg(new.port()).exec(&mut old.connect()).unwrap();
    recorder.record("double", Event::Miss);
    // Refused, and kept, as long as nobody names another.
    recorder.flush().unwrap_err();
    port.store(new.port(), Relaxed);
    recorder.record("double", Event::Miss);
    recorder.flush().unwrap();
    assert_eq!(counted(&new, "misses"), 2);
    recorder.flush().unwrap();
}

#[test]
fn the_last_handle_may_be_dropped_where_a_failure_is_told() {
    let server = Server::start();
    let refuses = Arc::new(AtomicBool::new(true));
    let refused = refuses.clone();
    let relay = Relay::before(&server, move |asked| {
        let why = "LOADING Redis is loading the dataset in memory";
        (asked.is("HINCRBY") && refused.load(Relaxed)).then_some(Fault::Refuse(why))
    });
    let (give, given) = channel::<Cache>();
    let (tell, told) = channel();
    let given = Mutex::new(given);
    let settings = settings(&server).url(relay.url()).record_interval(Duration::from_millis(10));
    let cache = Cache::open_with(settings, move |_| {
        let cache = given.lock().unwrap().recv().unwrap();
        refuses.store(false, Relaxed);
        drop(cache);
        tell.send(thread::current().name().map(str::to_owned)).unwrap();
    })
    .unwrap();
    double(&cache).call(&1).unwrap();
    give.send(cache).unwrap();
    let thread = told.recv_timeout(Duration::from_secs(60)).expect("the drop comes to its end");
    assert_eq!(thread.as_deref(), Some("cacheme-counters"));
    assert_eq!(counted(&server, "misses"), 1, "what was left is sent");
}
