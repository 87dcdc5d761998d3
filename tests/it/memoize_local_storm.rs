//! Processes with values of their own, a Python worker beside them, and everything that changes what is stored, at full speed.
//!
//! The truth of a key is a number in Redis that only rises. What the key's hash holds is looked at all the time: a call returns no
//! less than what was there at some time since the bound before it began.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use cacheme::memoize::{Codec, Invalidate, Pickle, Settings, sync};
use cacheme::namespace::Layout;
use redis::{Client, Commands};
use serde_json::{Value, json};

use crate::memoize_calls::assert_clean;
use crate::memoize_load::{Helper, say};
use crate::memoize_local::BOUND;
use crate::memoize_python::LIBS;
use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;

const KEYS: u64 = 8;
const STORM: Duration = Duration::from_secs(8);

/// Looks further apart than this may have missed something.
const GAP: Duration = Duration::from_millis(60);

/// The values that the hashes held at some moment in between.
struct Look {
    from: Instant,
    to: Instant,
    held: Vec<Option<u64>>,
}

/// A call that returned less than the last look before it had found.
struct Behind {
    key: u64,
    start: Instant,
    end: Instant,
    value: u64,
}

impl Behind {
    /// The least that the hash held from the bound before the call until its end; `None` where nobody knows.
    fn least(&self, looks: &[Look]) -> Option<u64> {
        let first = looks.iter().rposition(|look| look.to < self.start - BOUND)?;
        let last = looks.iter().position(|look| look.from > self.end)?;
        let window = &looks[first..=last];
        let is_dense = window.windows(2).all(|pair| pair[1].to - pair[0].from < GAP);
        let held = |look: &Look| look.held[self.key as usize];
        let known = window.iter().any(|look| look.to < self.start && held(look).is_some());
        if is_dense && known { window.iter().filter_map(held).min() } else { None }
    }
}

fn redis_key(key: u64) -> String {
    format!("CM:storm:{key}")
}

type Function = sync::Memoized<u64, u64>;

fn function(cache: &sync::Cache, url: &str) -> Function {
    let source = Mutex::new(Client::open(url).unwrap().get_connection().unwrap());
    let turns = AtomicU64::new(0);
    let get = cache.memoize(
        "storm",
        |key: &u64| format!("storm:{key}>it"),
        move |key: &u64| {
            let truth: u64 = source.lock().unwrap().get(format!("truth:{key}")).unwrap();
            thread::sleep(Duration::from_millis(turns.fetch_add(1, SeqCst) % 4));
            truth
        },
    );
    get.invalid_keys(|key, _| format!("Storm:{key}")).timeout(Duration::from_secs(2)).build()
}

/// Calls the function from some threads until `stop`, and says what came of it.
fn work(get: &Function, url: &str, seed: u64, stop: &AtomicBool) -> Value {
    let floors: Vec<AtomicU64> = (0..KEYS).map(|_| AtomicU64::new(0)).collect();
    let (looks, behind) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let calls = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut it = Client::open(url).unwrap().get_connection().unwrap();
            let mut ask = redis::pipe();
            for key in 0..KEYS {
                ask.hget(redis_key(key), "it");
            }
            while !over.load(SeqCst) {
                let from = Instant::now();
                let held: Vec<Option<Vec<u8>>> = ask.query(&mut it).unwrap();
                let read = |bytes: Vec<u8>| Codec::<u64>::decode(&Pickle::default(), &bytes).unwrap();
                let held: Vec<_> = held.into_iter().map(|bytes| bytes.map(read)).collect();
                for (floor, held) in floors.iter().zip(&held) {
                    floor.store(held.unwrap_or_default(), SeqCst);
                }
                looks.lock().unwrap().push(Look { from, to: Instant::now(), held });
                thread::sleep(Duration::from_millis(1));
            }
        });
        let callers: Vec<_> = (0..3)
            .map(|caller| {
                let (floors, behind, calls) = (&floors, &behind, &calls);
                scope.spawn(move || {
                    let mut turn = seed + caller;
                    while !stop.load(SeqCst) {
                        turn += 7;
                        let key = turn % KEYS;
                        let floor = floors[key as usize].load(SeqCst);
                        let start = Instant::now();
                        let value = get.call(&key).unwrap();
                        let end = Instant::now();
                        calls.fetch_add(1, SeqCst);
                        if value < floor {
                            behind.lock().unwrap().push(Behind { key, start, end, value });
                        }
                        // Who never pauses leaves no time to the others.
                        if turn.is_multiple_of(16) {
                            thread::sleep(Duration::from_millis(1));
                        }
                    }
                })
            })
            .collect();
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        thread::sleep(Duration::from_millis(20));
        over.store(true, SeqCst);
    });
    let (looks, behind) = (looks.into_inner().unwrap(), behind.into_inner().unwrap());
    let wrong: Vec<_> = behind
        .iter()
        .filter_map(|it| {
            let least = it.least(&looks)?;
            (it.value < least).then(|| format!("{} of key {}: at least {least} was there", it.value, it.key))
        })
        .collect();
    let judged = behind.iter().filter(|it| it.least(&looks).is_some()).count();
    let counts = get.counts();
    json!({
        "calls": calls.into_inner(), "local": counts.local, "hits": counts.hits, "looks": looks.len(),
        "behind": behind.len(), "judged": judged, "wrong": wrong,
    })
}

/// The keys whose value is not the truth.
fn untrue(get: &Function, url: &str) -> Vec<String> {
    let mut it = Client::open(url).unwrap().get_connection().unwrap();
    let of = |key: u64| {
        let (truth, value): (u64, u64) = (it.get(format!("truth:{key}")).unwrap(), get.call(&key).unwrap());
        (truth != value).then(|| format!("{value} of key {key}, truly {truth}"))
    };
    (0..KEYS).filter_map(of).collect()
}

/// Another process of the storm.
pub(crate) fn helper(orders: &Value) {
    let url = orders["url"].as_str().unwrap();
    let layout = if orders["meta"] == true { Layout::Meta } else { Layout::Classic };
    let settings = Settings::new().url(url).layout(layout).stale(false).local(1 << 20);
    let cache = sync::Cache::open_with(settings, |error| say(&json!({"error": error.to_string()}))).unwrap();
    let get = function(&cache, url);
    say(&json!({"ready": true}));
    let stop = AtomicBool::new(false);
    let mut said = thread::scope(|scope| {
        scope.spawn(|| {
            let mut it = Client::open(url).unwrap().get_connection().unwrap();
            while !it.exists::<_, bool>("stop").unwrap() {
                thread::sleep(Duration::from_millis(5));
            }
            stop.store(true, SeqCst);
        });
        work(&get, url, orders["seed"].as_u64().unwrap(), &stop)
    });
    said["untrue"] = untrue(&get, url).into();
    cache.close().unwrap();
    say(&said);
}

/// Ends the threads, should the test fail while they run.
struct Ends<'a>(&'a [&'a AtomicBool]);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(|flag| flag.store(true, SeqCst));
    }
}

#[test]
fn nothing_old_is_served_among_workers_of_the_first_generation() {
    storm(LIBS[0]);
}

#[test]
fn nothing_old_is_served_among_workers_of_the_second_generation() {
    storm(LIBS[1]);
}

fn storm(lib: Lib) {
    let server = Server::start();
    let mut it = server.connect();
    (0..KEYS).for_each(|key| it.set(format!("truth:{key}"), 1).unwrap());
    let orders = |seed: u64| json!({"do": "storm", "seed": seed, "meta": lib.is_meta()});
    let mut helpers: Vec<_> = (1..=2).map(|seed| Helper::spawn(&server, orders(seed))).collect();
    helpers.iter_mut().for_each(|helper| assert_eq!(helper.says(), json!({"ready": true})));
    let layout = if lib.is_meta() { Layout::Meta } else { Layout::Classic };
    let settings = server.settings().layout(layout).stale(false).local(1 << 20);
    let cache = sync::Cache::open_with(settings, |error| panic!("{error}")).unwrap();
    let get = function(&cache, &server.url());
    let cli = |args: &[&str]| {
        let layout = if lib.is_meta() { "meta" } else { "classic" };
        Cli::new(&server).args(args).args(["--layout", layout]).run().ok();
    };
    let (stop, calm) = (AtomicBool::new(false), AtomicBool::new(false));
    let mut worker = Worker::spawn(lib, &server);
    let (said, worked) = thread::scope(|scope| {
        let _ends = Ends(&[&stop, &calm]);
        let own = scope.spawn(|| work(&get, &server.url(), 0, &stop));
        let is_calm = &calm;
        let python = scope.spawn(move || {
            let mut calls = 0;
            while !is_calm.load(SeqCst) {
                calls += 1;
                worker.value("storm", json!([calls % KEYS]));
            }
            (worker, calls)
        });
        let (end, mut turn) = (Instant::now() + STORM, 0_u64);
        while Instant::now() < end || turn < 48 {
            let key = turn * 5 % KEYS;
            let _: u64 = it.incr(format!("truth:{key}"), 1).unwrap();
            let logical = format!("storm:{key}>it");
            match turn % 12 {
                0 | 7 => drop(cache.invalidate(&Invalidate::key(logical)).unwrap()),
                1 => drop(cache.invalidate(&Invalidate::invalid_key(format!("Storm:{key}"))).unwrap()),
                2 => drop(cache.invalidate(&Invalidate::tag("storm")).unwrap()),
                3 => drop(cache.invalidate(&Invalidate::pattern(format!("storm:{key}>*"))).unwrap()),
                4 => drop(get.invalidate(&key).unwrap()),
                5 => drop(get.remove(&key).unwrap()),
                6 => cli(&["invalidate", "--key", &logical]),
                8 => cli(&["invalidate", "--key", &logical, "--delete"]),
                9 => cli(&["purge"]),
                10 => cli(&["gc", "--yes"]),
                _ => cli(&["invalidate", "--invalid-key", &format!("Storm:{key}"), "--yes"]),
            }
            turn += 1;
            thread::sleep(Duration::from_millis(20));
        }
        calm.store(true, SeqCst);
        let (mut worker, worked) = python.join().unwrap();
        cache.invalidate(&Invalidate::tag("storm")).unwrap();
        thread::sleep(BOUND);
        let _: () = it.set("stop", 1).unwrap();
        stop.store(true, SeqCst);
        let mut said = vec![own.join().unwrap()];
        said[0]["untrue"] = untrue(&get, &server.url()).into();
        said.extend(helpers.iter_mut().map(Helper::says));
        for key in 0..KEYS {
            let truth: u64 = it.get(format!("truth:{key}")).unwrap();
            assert_eq!(worker.value("storm", json!([key])), truth);
        }
        worker.quit();
        (said, worked)
    });
    println!("{lib:?}: {worked} calls of Python; {said:?}");
    for process in &said {
        assert_eq!((&process["wrong"], &process["untrue"]), (&json!([]), &json!([])), "{said:?}");
        assert!(process["local"].as_u64().unwrap() > 1000, "{said:?}");
    }
    assert!(worked > 50, "{worked} calls of Python");
    drop(helpers);
    assert_clean(&server);
}
