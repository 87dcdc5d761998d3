//! A Rust and a Python worker on one namespace are interchangeable: the matrix, against the real library.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cacheme::memoize::{
    CallError, Invalidate, Settings,
    sync::{Cache, Memoized},
};
use cacheme::namespace::Layout;
use redis::Commands as _;
use serde_json::{Value, json};

use crate::gc_safety::calls;
use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

/// The two generations of the issue.
pub(crate) const LIBS: [Lib; 2] = [Lib::V009, Lib::V011];

pub(crate) fn settings(lib: Lib, server: &Server) -> Settings {
    let layout = if lib.is_meta() { Layout::Meta } else { Layout::Classic };
    // Recorded as ever; but not in the middle of a trace.
    server.settings().layout(layout).record_interval(Duration::from_secs(3600))
}

pub(crate) fn cache(lib: Lib, server: &Server) -> Cache {
    Cache::open_with(settings(lib, server), |error| panic!("Redis: {error}")).unwrap()
}

/// How often a function ran.
#[derive(Clone, Default)]
pub(crate) struct Runs(Arc<AtomicU32>);

impl Runs {
    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    /// How often since the last look.
    pub(crate) fn taken(&self) -> u32 {
        self.0.swap(0, Relaxed)
    }
}

type Function = Memoized<u64, Value>;

/// `get_owner` as `tests/python/functions.py` has it.
fn get_owner(cache: &Cache, timeout: Option<Duration>) -> (Function, Runs) {
    let runs = Runs::default();
    let counter = runs.clone();
    let mut builder = cache
        .memoize(
            "get_owner",
            |book: &u64| format!("Book:{book}>owner"),
            move |book: &u64| {
                counter.up();
                let id = book + 100;
                json!({"id": id, "name": format!("Owner {id}")})
            },
        )
        .invalid_keys(|_, owner| [format!("User:{}", owner["id"])]);
    if let Some(timeout) = timeout {
        builder = builder.timeout(timeout);
    }
    (builder.build(), runs)
}

fn owner(id: u64) -> Value {
    json!({"id": id, "name": format!("Owner {id}")})
}

#[test]
fn what_one_writes_the_other_hits() {
    for lib in LIBS {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        let (rust, runs) = get_owner(&cache(lib, &server), None);
        assert_eq!(python.value("get_owner", json!([100])), owner(200));
        assert_eq!(rust.call(&100).unwrap(), owner(200));
        assert_eq!(runs.taken(), 0, "Python wrote, Rust hits");
        assert_eq!(rust.call(&101).unwrap(), owner(201));
        assert_eq!(runs.taken(), 1);
        let answer = python.call("get_owner", json!([101]));
        assert_eq!((&answer["result"], &answer["runs"]), (&owner(201), &json!(0)), "Rust wrote, Python hits");
    }
}

#[test]
fn both_leave_the_same_in_redis() {
    for lib in LIBS {
        let (python, rust) = (Server::start(), Server::start());
        Worker::spawn(lib, &python).value("get_owner", json!([100]));
        get_owner(&cache(lib, &rust), None).0.call(&100).unwrap();
        let values = |server: &Server| {
            let mut content = server.dump();
            // The pickles differ in framing and memo, and are compared by what the other side reads of them.
            content.remove(&b"CM:Book:100"[..]).expect("a value");
            content.retain(|name, _| !name.starts_with(b"CM:meta:stats"));
            content
        };
        assert_eq!(values(&python), values(&rust), "{lib:?}");
    }
}

#[test]
fn what_one_invalidates_the_other_recomputes_once() {
    for lib in LIBS {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        let cache = cache(lib, &server);
        let (rust, runs) = get_owner(&cache, None);
        rust.call(&100).unwrap();
        runs.taken();
        let pattern = "CM:Book:100*";
        for how in [
            json!({"key": "Book:100>owner"}),
            json!({"invalid_key": "User:200"}),
            json!({"pattern": pattern}),
            json!("tag"),
        ] {
            match how.as_str() {
                Some(_) => python.invalidate_tag("get_owner"),
                None => python.invalidate(how.clone()),
            }
            for _ in 0..3 {
                assert_eq!(rust.call(&100).unwrap(), owner(200));
            }
            assert_eq!(runs.taken(), 1, "{lib:?}: Python invalidates by {how}, Rust recomputes once");
        }
        for what in [
            Invalidate::key("Book:100>owner"),
            Invalidate::invalid_key("User:200"),
            Invalidate::pattern("Book:100"),
            Invalidate::tag("get_owner"),
        ] {
            let report = cache.invalidate(&what).unwrap();
            assert!(report.complete && report.matched == 1, "{lib:?} {what:?}: {report:?}");
            let ran: Vec<_> =
                (0..3).map(|_| python.call("get_owner", json!([100]))["runs"].clone()).collect();
            assert_eq!(ran, [1, 0, 0], "{lib:?}: Rust invalidates by {what:?}, Python recomputes once");
        }
        assert_eq!(runs.taken(), 0);
        cache.tag("get_owner").invalidate_all().unwrap();
        rust.call(&100).unwrap();
        assert_eq!(runs.taken(), 1);
        assert_eq!(cache.tag("get_owner").keys().unwrap(), ["Book:100>owner".into()].into());
        cache.create_invalidation(Some("Book:100>owner"), Some("User:200"), None).unwrap();
        rust.call(&100).unwrap();
        assert_eq!(runs.taken(), 1, "one mark, however often it is set");
    }
}

/// The timeout of `later` in `tests/python/functions.py`.
const TIMEOUT: Duration = Duration::from_secs(300);
const BUCKET: &str = "CM:Meta:Expire-Buckets::CM:later:a";
const MEMBER: &str = "CM:later:a";

#[test]
fn timeouts_work_both_ways_and_on_the_hosts_clock() {
    for (lib, zone, offset) in
        [(Lib::V009, "UTC", 0), (Lib::V011, "UTC", 0), (Lib::V011, "Asia/Shanghai", 8 * 3600)]
    {
        let server = Server::start();
        let mut python = Worker::builder(lib, &server).timezone(zone).spawn();
        let cache = Cache::open(settings(lib, &server).utc_offset(offset)).unwrap();
        let runs = Runs::default();
        let counter = runs.clone();
        let later = cache
            .memoize(
                "later",
                |id: &String| format!("later:{id}"),
                move |id: &String| {
                    counter.up();
                    json!({"later": id})
                },
            )
            .timeout(TIMEOUT)
            .build();
        let a = "a".to_owned();
        let timeout = i64::try_from(TIMEOUT.as_secs()).unwrap();
        let now = || i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let ends = || -> i64 { server.connect().zscore(BUCKET, MEMBER).unwrap() };
        // What whoever wrote it has to wait for, but a second, passes.
        let expires = || {
            let _: f64 = server.connect().zincr(BUCKET, MEMBER, -timeout - 1).unwrap();
        };
        python.value("later", json!(["a"]));
        later.call(&a).unwrap();
        assert_eq!(runs.taken(), 0, "{zone}: not expired yet");
        expires();
        let before = now();
        later.call(&a).unwrap();
        assert_eq!(runs.taken(), 1, "{zone}: Rust sees what Python wrote expire");
        // The library's clock is behind by the offset.
        let at = ends() - timeout + offset;
        assert!((before..=now()).contains(&at), "{zone}: {at} is not between {before} and {}", now());
        assert_eq!(python.call("later", json!(["a"]))["runs"], 0, "{zone}: Rust's new value is not expired");
        expires();
        assert_eq!(
            python.call("later", json!(["a"]))["runs"],
            1,
            "{zone}: Python sees what Rust wrote expire"
        );
        later.call(&a).unwrap();
        assert_eq!(runs.taken(), 0);
    }
}

#[test]
fn a_purge_that_marks_reaches_keys_of_three_parts() {
    for (lib, args) in LIBS.into_iter().flat_map(|lib| [(lib, &[][..]), (lib, &["--tag", "d"][..])]) {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        let cache = cache(lib, &server);
        let runs = Runs::default();
        // The library cuts them, and Python's `later:a>b>c`, to one: one value, and one entry in the bucket.
        let rust = ["d", "e"].map(|last| {
            let counter = runs.clone();
            let function = move |_: &u32| {
                counter.up();
                json!("new")
            };
            cache.memoize(last, move |_: &u32| format!("later:a>b>{last}"), function).timeout(TIMEOUT).build()
        });
        // A tag has the names of those that have stored it.
        for call in &rust {
            call.call(&1).unwrap();
            let _: () = server.connect().del("CM:later:a").unwrap();
        }
        let mut all = || {
            let python = python.call("later_three", json!(["a"]))["runs"].as_u64().unwrap();
            rust.iter().for_each(|call| drop(call.call(&1).unwrap()));
            (runs.taken(), python)
        };
        assert_eq!(all(), (2, 1));
        assert_eq!(all(), (0, 0));
        let _: () = server.connect().zadd(BUCKET, "CM:later:a>b", 1).unwrap();
        Cli::new(&server).args(["purge", "--mark"]).args(args).run().ok();
        assert_eq!(all(), (2, 1), "{lib:?} {args:?}: each finds its mark");
        assert_eq!(all(), (0, 0));
    }
}

#[test]
fn a_python_worker_in_progress_is_waited_for() {
    for lib in LIBS {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        let settings = settings(lib, &server).retries(500, Duration::from_millis(10));
        let cache = Cache::open(settings).unwrap();
        let runs = Runs::default();
        let counter = runs.clone();
        let held = cache
            .memoize(
                "held",
                |id: &String| format!("held:{id}>it"),
                move |_: &String| {
                    counter.up();
                    json!("rust")
                },
            )
            .build();
        python.hold("1");
        let waiting = thread::spawn({
            let held = held.clone();
            move || held.call(&"1".to_owned()).unwrap()
        });
        wait_until("Rust waits", Duration::from_secs(60), || held.counts().retries > 2);
        // A falsy value is a value, also for one who waited.
        python.resume(json!(0));
        assert_eq!(waiting.join().unwrap(), json!(0), "{lib:?}");
        assert_eq!((runs.taken(), held.counts().waits), (0, 1));
    }
}

#[test]
fn a_rust_worker_in_progress_is_waited_for() {
    for lib in LIBS {
        let server = Server::start();
        let patient = json!({"THUNDERING_HERD_RETRY_COUNT": 500, "THUNDERING_HERD_RETRY_TIME": 10});
        let mut python = Worker::builder(lib, &server).settings(&patient).spawn();
        let cache = cache(lib, &server);
        let (go, gate) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Mutex::new(gate);
        let slow = cache
            .memoize(
                "given",
                |id: &String| format!("given:{id}"),
                move |_: &String| {
                    let _ = gate.lock().unwrap().recv();
                    json!("rust")
                },
            )
            .build();
        let computing = thread::spawn(move || slow.call(&"1".to_owned()).unwrap());
        let progress = lib.progress_set("CM:");
        let mut it = server.connect();
        wait_until("Rust is in progress", Duration::from_secs(60), || {
            redis::Commands::sismember(&mut it, &progress, "CM:given:1").unwrap()
        });
        let (answer, seen) = server.monitor(|| {
            python.send(&json!({"call": "given", "args": ["1", "python"]}));
            let looks = || calls(&server, "hget");
            let before = looks();
            wait_until("Python looks again", Duration::from_secs(60), || looks() > before + 5);
            go.send(()).unwrap();
            python.receive()
        });
        computing.join().unwrap();
        assert_eq!((&answer["result"], &answer["runs"]), (&json!("rust"), &json!(0)), "{lib:?}");
        assert!(seen.iter().filter(|it| it.name() == "HGET" && !it.lua).count() > 2, "it looked again");
    }
}

#[test]
fn the_old_value_is_served_while_the_other_side_recomputes() {
    for lib in LIBS {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        let mut other = Worker::spawn(lib, &server);
        let cache = cache(lib, &server);
        let (go, gate) = std::sync::mpsc::channel::<Value>();
        let gate = std::sync::Mutex::new(gate);
        let held = cache
            .memoize(
                "held",
                |id: &String| format!("held:{id}>it"),
                move |_: &String| gate.lock().unwrap().recv().unwrap(),
            )
            .build();
        let one = "1".to_owned();
        go.send(json!("old")).unwrap();
        held.call(&one).unwrap();

        // Python recomputes; Rust serves the old value.
        python.invalidate(json!({"key": "held:1>it"}));
        python.hold("1");
        assert_eq!(held.call(&one).unwrap(), json!("old"), "{lib:?}");
        python.resume(json!("new"));
        assert_eq!(held.call(&one).unwrap(), json!("new"));

        // Rust recomputes; Python serves the old value.
        cache.invalidate(&Invalidate::key("held:1>it")).unwrap();
        let refreshing = thread::spawn({
            let (held, one) = (held.clone(), one.clone());
            move || held.call(&one).unwrap()
        });
        let deleted = lib.deleted_set("CM:");
        let mut it = server.connect();
        wait_until("the mark is taken", Duration::from_secs(60), || {
            !redis::Commands::sismember::<_, _, bool>(&mut it, &deleted, "CM:held:1>it").unwrap()
        });
        let answer = other.call("held", json!(["1"]));
        assert_eq!((&answer["result"], &answer["runs"]), (&json!("new"), &json!(0)), "{lib:?}");
        // A second invalidation while it computes: it is still there afterwards, and nobody computes beside.
        cache.invalidate(&Invalidate::key("held:1>it")).unwrap();
        assert_eq!(held.call(&one).unwrap(), json!("new"), "stale, without waiting");
        go.send(json!("newer")).unwrap();
        assert_eq!(refreshing.join().unwrap(), json!("newer"));
        go.send(json!("newest")).unwrap();
        assert_eq!(held.call(&one).unwrap(), json!("newest"), "the renewed mark is served");
        assert_eq!(server.dump().keys().filter(|key| key.ends_with(b"leases")).count(), 0);
    }
}

#[test]
fn values_of_every_kind_cross_over() {
    for lib in LIBS {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        let cache = cache(lib, &server);
        let pickled = |id: &str, cache: &Cache| {
            let id = id.to_owned();
            cache
                .memoize("given_pickle", move |(): &()| format!("pickle:{id}"), |(): &()| None::<i128>)
                .build()
        };
        // 0.0.9 takes a stored None for no value; Rust never does.
        let none = pickled("none", &cache);
        assert_eq!((none.call(&()).unwrap(), none.call(&()).unwrap()), (None, None));
        assert_eq!(none.counts().hits, 1);
        for (id, data, number) in
            [("big", "gASKEAAAAAAAAAAAAAAAAAAAAIAu", i128::MIN), ("small", "gARL/y4=", 255)]
        {
            python.call("given_pickle", json!([id, data]));
            assert_eq!(pickled(id, &cache).call(&()).unwrap(), Some(number), "{lib:?} {id}");
        }
        macro_rules! to_python {
            ($id:literal, $value:expr, $repr:literal) => {
                let it = cache
                    .memoize("given_pickle", |(): &()| format!("pickle:{}", $id), |(): &()| $value)
                    .build();
                it.call(&()).unwrap();
                let answer = python.call("given_pickle", json!([$id, "unread"]));
                let shown =
                    answer["repr"].as_str().map_or_else(|| answer["result"].to_string(), str::to_owned);
                assert_eq!((shown.as_str(), &answer["runs"]), ($repr, &json!(0)), "{lib:?}");
            };
        }
        to_python!("zero", 0_u8, "0");
        to_python!("false", false, "false");
        to_python!("empty", String::new(), "\"\"");
        to_python!("tuple", (1_u8, "a".to_owned(), Some(2.5_f64)), "(1, 'a', 2.5)");
        to_python!("u128", (u128::MAX,), "(340282366920938463463374607431768211455,)");
        to_python!("nested", vec![Some(vec![0_u8]), None], "[[0],null]");
    }
}

#[test]
fn a_value_that_does_not_decode_is_a_miss() {
    let server = Server::start();
    let (rust, runs) = get_owner(&cache(Lib::V009, &server), None);
    let mut it = server.connect();
    for bad in [&b""[..], b"\x80\x04", b"plain", b"\x80\x04cposix\nsystem\n."] {
        let _: () = redis::Commands::hset(&mut it, "CM:Book:100", "owner", bad).unwrap();
        for _ in 0..2 {
            assert_eq!(rust.call(&100).unwrap(), owner(200));
        }
        // As JSON anything decodes that is a pickle of data at all.
        assert_eq!(runs.taken(), 1, "{}", bad.escape_ascii());
    }
}

#[test]
fn python_that_raised_is_no_dead_end() {
    for lib in LIBS {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        python.call("fails", json!(["x"]));
        let fails = cache(lib, &server)
            .try_memoize(
                "fails",
                |id: &String| format!("fails:{id}>it"),
                |_: &String| Ok::<_, CallError>(json!("rust")),
            )
            .build();
        assert_eq!(fails.call(&"x".to_owned()).unwrap(), json!("rust"));
        assert_eq!(fails.counts().retries, 5, "it waited for the one who will never come back");
        let progress = lib.progress_set("CM:").into_bytes();
        assert!(!server.dump().contains_key(&progress), "{lib:?}: and cleaned up");
    }
}
