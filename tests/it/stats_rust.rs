//! Rust workers: what they record, what `stats --live` sees of them, and what their callbacks count are the same numbers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cacheme::memoize::{
    Invalidate, Settings,
    sync::{Builder, Cache, Memoized},
};
use cacheme::namespace::Layout;
use redis::Commands;
use serde_json::json;

use crate::stats_live::{Live, counts, row};
use crate::support::cli::Cli;
use crate::support::server::Server;
use crate::support::wait_until;

type Function = Memoized<str, u64, &'static str>;

/// What the callbacks counted: by tag and callback.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<BTreeMap<(String, &'static str), u64>>>);

impl Told {
    fn up(&self, tag: &str, what: &'static str) {
        *self.0.lock().unwrap().entry((tag.to_owned(), what)).or_default() += 1;
    }

    fn of(&self, tag: &str, what: &'static str) -> u64 {
        self.0.lock().unwrap().get(&(tag.to_owned(), what)).copied().unwrap_or_default()
    }

    /// The function with callbacks that count.
    fn counted(&self, tag: &'static str, builder: Builder<str, u64, &'static str>) -> Function {
        let [hit, wait, miss, refresh] = [(); 4].map(|()| self.clone());
        builder
            .on_hit(move |_, _, _| hit.up(tag, "hits"))
            .on_wait(move |_, _, _| wait.up(tag, "waits"))
            .on_miss(move |_, _| miss.up(tag, "misses"))
            .on_refresh(move |_, _| refresh.up(tag, "refreshes"))
            .build()
    }
}

/// A worker: a process of its own as far as Redis can tell.
struct Worker {
    cache: Cache,
    get_owner: Function,
    later: Function,
    plain: Function,
    fails: Function,
    held: Function,
    fresh: Function,
    hasty: Function,
    /// Lets `held`, `fresh` and `hasty` come back.
    go: std::sync::mpsc::Sender<u64>,
}

fn settings(server: &Server, prefix: &str, layout: Layout) -> Settings {
    let hourly = Duration::from_secs(3600);
    server.settings().prefix(prefix).layout(layout).record_interval(hourly)
}

fn worker(settings: Settings, told: &Told) -> Worker {
    let patient = Cache::open(settings.clone().retries(1000, Duration::from_millis(10))).unwrap();
    let (go, gate) = channel();
    let gate = Arc::new(Mutex::new(gate));
    let gated = |gate: &Arc<Mutex<Receiver<u64>>>| {
        let gate = Arc::clone(gate);
        move |_: &str| Ok(gate.lock().unwrap().recv().unwrap())
    };
    let key = |base: &'static str| move |id: &str| format!("{base}:{id}>it");
    let owner = patient.try_memoize("get_owner", key("Book"), |_: &str| Ok(200));
    let hasty = Cache::open(settings.retries(2, Duration::from_millis(10))).unwrap();
    Worker {
        get_owner: told.counted("get_owner", owner.invalid_keys(|_, id| format!("User:{id}"))),
        later: told.counted(
            "later",
            patient
                .try_memoize("later", |id: &str| format!("later:{id}"), |_: &str| Ok(1))
                .timeout(Duration::from_secs(300)),
        ),
        plain: told.counted("plain", patient.try_memoize("plain", key("plain"), |_: &str| Ok(2))),
        fails: told.counted(
            "fails",
            patient.try_memoize("fails", key("fails"), {
                let runs = AtomicU32::new(0);
                move |_: &str| if runs.fetch_add(1, Relaxed) < 2 { Err("told to fail") } else { Ok(1) }
            }),
        ),
        held: told.counted("held", patient.try_memoize("held", key("held"), gated(&gate))),
        fresh: told.counted("fresh", patient.try_memoize("fresh", key("fresh"), gated(&gate)).stale(false)),
        hasty: told.counted("hasty", hasty.try_memoize("hasty", key("hasty"), gated(&gate))),
        cache: patient,
        go,
    }
}

/// Calls in a thread of its own.
fn start(function: &Function) -> thread::JoinHandle<u64> {
    let function = function.clone();
    thread::spawn(move || function.call("1").unwrap())
}

/// A known script of calls. Gives by tag: calls, hits, misses, refreshes, waits.
fn script(server: &Server, prefix: &str, one: &Worker, two: &Worker) -> Vec<(&'static str, [u64; 5])> {
    let mut it = server.connect();
    let mut leased = |key: &str| {
        let member = format!("{prefix}{key}");
        wait_until("it computes", Duration::from_secs(10), || {
            it.zscore::<_, _, Option<f64>>(format!("{prefix}meta:leases"), &member).unwrap().is_some()
        });
    };
    let times = |count: usize, function: &Function| {
        for _ in 0..count {
            function.call("1").unwrap();
        }
    };
    times(5, &one.plain);

    times(3, &one.get_owner);
    times(1, &two.get_owner);
    one.cache.invalidate(&Invalidate::key("Book:1>it")).unwrap();
    times(2, &two.get_owner);
    two.cache.invalidate(&Invalidate::invalid_key("User:200")).unwrap();
    times(2, &one.get_owner);

    times(2, &one.later);
    let bucket = format!("{prefix}Meta:Expire-Buckets::{prefix}later:1");
    let _: () = server.connect().zadd(bucket, format!("{prefix}later:1"), 1).unwrap();
    times(3, &two.later);

    for well in [false, false, true, true] {
        assert_eq!(one.fails.call("1").is_ok(), well);
    }

    // One computes; its second thread and the other worker wait for it. Then one refreshes; the old value is served.
    let first = start(&one.held);
    leased("held:1>it");
    let (thread, other) = (start(&one.held), start(&two.held));
    wait_until("two waits", Duration::from_secs(10), || two.held.counts().retries > 2);
    one.go.send(7).unwrap();
    assert_eq!([first, thread, other].map(|it| it.join().unwrap()), [7; 3]);
    one.cache.invalidate(&Invalidate::tag("held")).unwrap();
    let refresh = start(&one.held);
    leased("held:1>it");
    assert_eq!(one.held.call("1").unwrap(), 7);
    // Marked once more: who comes now sees that the value is old, and that somebody is at it.
    two.cache.invalidate(&Invalidate::key("held:1>it")).unwrap();
    assert_eq!((one.held.call("1").unwrap(), two.held.call("1").unwrap()), (7, 7));
    one.go.send(8).unwrap();
    two.go.send(9).unwrap();
    assert_eq!((refresh.join().unwrap(), two.held.call("1").unwrap()), (8, 9));

    // Without stale reads, the other waits for a refresh, too.
    one.go.send(1).unwrap();
    times(1, &one.fresh);
    one.cache.invalidate(&Invalidate::key("fresh:1>it")).unwrap();
    let refresh = start(&one.fresh);
    leased("fresh:1>it");
    let other = start(&two.fresh);
    wait_until("two waits", Duration::from_secs(10), || two.fresh.counts().retries > 2);
    one.go.send(2).unwrap();
    assert_eq!([refresh, other].map(|it| it.join().unwrap()), [2; 2]);

    // The other waits in vain, and computes beside.
    let first = start(&one.hasty);
    leased("hasty:1>it");
    two.go.send(5).unwrap();
    times(2, &two.hasty);
    one.go.send(4).unwrap();
    assert_eq!((first.join().unwrap(), two.hasty.call("1").unwrap()), (4, 5));

    vec![
        ("plain", [5, 5, 0, 0, 0]),
        ("get_owner", [8, 5, 1, 2, 0]),
        ("later", [5, 3, 1, 1, 0]),
        ("fails", [4, 1, 3, 0, 0]),
        ("held", [8, 3, 1, 2, 2]),
        ("fresh", [3, 0, 1, 1, 1]),
        ("hasty", [4, 2, 2, 0, 0]),
    ]
}

/// The fields of a hash of counters.
fn recorded(server: &Server, hash: &str) -> BTreeMap<String, u64> {
    server.connect().hgetall(hash).unwrap()
}

fn seen_recorded_and_called_back(prefix: &str, layout: Layout) {
    let server = Server::start();
    let told = Told::default();
    let settings = settings(&server, prefix, layout);
    // A key that is only read while it is observed: the tag set alone knows its tag.
    let silent = Cache::open(settings.clone().record(false)).unwrap();
    let before = silent.try_memoize("plain", |id: &str| format!("plain:{id}>it"), |_: &str| Ok::<u64, ()>(2));
    before.build().call("1").unwrap();
    drop(silent);
    assert!(!server.connect().exists::<_, bool>(format!("{prefix}meta:stats")).unwrap());

    // Where nothing tells the generation, the command line looks at both.
    let known = ["--layout".to_owned(), layout.to_string()];
    let known = if layout == Layout::Both { &[][..] } else { &known[..] };
    let args = ["--prefix", prefix].into_iter().chain(known.iter().map(String::as_str));
    let live = Live::start(&server, &args.collect::<Vec<_>>());
    let (one, two) = (worker(settings.clone(), &told), worker(settings, &told));
    let script = script(&server, prefix, &one, &two);
    let mut counted = [&one, &two].map(|it| it.cache.counts());
    for (worker, counted) in [&one, &two].into_iter().zip(&mut counted) {
        counted.insert("hasty".to_owned(), worker.hasty.counts());
    }
    // What was counted goes out as the caches end.
    drop((one, two));
    let seen = live.stop();

    let recorded = self::recorded(&server, &format!("{prefix}meta:stats"));
    for (tag, expected) in &script {
        assert_eq!(counts(&seen, tag), *expected, "live {layout} {tag}: {seen:#}");
        let columns = ["hits", "misses", "refreshes", "waits"];
        let by = |of: &dyn Fn(&'static str) -> u64| columns.map(of);
        let of_hash = |what: &str| recorded.get(&format!("{tag}:{what}")).copied().unwrap_or_default();
        assert_eq!(by(&|what| told.of(tag, what)), expected[1..], "callbacks {layout} {tag}");
        assert_eq!(by(&|what| of_hash(what)), expected[1..], "recorded {layout} {tag}: {recorded:?}");
        let sum = counted.iter().map(|it| it[*tag]).reduce(|a, b| a.plus(b)).unwrap();
        assert_eq!([sum.hits, sum.misses, sum.refreshes, sum.waits], expected[1..], "counts {tag}");
        assert_eq!((sum.stale, sum.errors + sum.failed), (of_hash("stale"), of_hash("errors")), "{tag}");
        assert_eq!(sum.compute_time, Duration::from_micros(of_hash("compute_us")), "{tag}");
    }
    assert_eq!((recorded["held:stale"], recorded["fails:errors"]), (2, 2));
    assert_eq!(seen["tags"].as_array().unwrap().len(), script.len(), "{seen:#}");
    assert_eq!(row(&seen, "get_owner")["invalidations"], json!(2));

    // The hours add up to the same, and `stats` shows it all.
    let hours: Vec<String> = server.connect().keys(format!("{prefix}meta:stats:*")).unwrap();
    let mut sum = BTreeMap::new();
    for hour in &hours {
        for (field, by) in self::recorded(&server, hour) {
            *sum.entry(field).or_insert(0) += by;
        }
    }
    let mut recorded = recorded;
    assert!(recorded.remove("since").is_some());
    assert_eq!(sum, recorded);
    let stats = Cli::new(&server).args(["stats", "--format", "json", "--prefix", prefix]).run();
    let shown = stats.ok().json();
    let shown = shown["counters"].as_array().unwrap().iter().find(|it| it["tag"] == "get_owner").unwrap();
    assert_eq!((&shown["hits"], &shown["misses"], &shown["refreshes"]), (&json!(5), &json!(1), &json!(2)));
    assert_eq!(shown["hit_ratio"], json!(0.625));
}

#[test]
fn seen_recorded_and_called_back_are_one_classic() {
    seen_recorded_and_called_back("CM:", Layout::Classic);
}

#[test]
fn seen_recorded_and_called_back_are_one_meta() {
    seen_recorded_and_called_back("app:", Layout::Meta);
}

#[test]
fn seen_recorded_and_called_back_are_one_both() {
    seen_recorded_and_called_back("CM:", Layout::Both);
}
