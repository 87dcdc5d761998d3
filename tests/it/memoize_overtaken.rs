//! What happens to a computation of ours while it runs: a Python worker is faster, the answer to its claim is lost,
//! a callback calls back.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cacheme::client::Timeouts;
use cacheme::memoize::{CallError, Invalidate, sync::Memoized};
use redis::Commands;
use serde_json::json;

use crate::gc_safety::calls;
use crate::memoize_calls::assert_clean;
use crate::memoize_python::{LIBS, cache, settings};
use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::relay::{Asked, Fault, Relay};
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

/// How long a call may take that must not wait for itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// A function that computes what it is sent.
struct Told {
    get: Memoized<u32, String>,
    say: std::sync::mpsc::Sender<&'static str>,
}

impl Told {
    /// The `given` of `tests/python/functions.py`.
    fn new(lib: Lib, server: &Server) -> Self {
        let (say, told) = channel::<&'static str>();
        let told = Mutex::new(told);
        let get = cache(lib, server)
            .memoize(
                "given",
                |id: &u32| format!("given:{id}"),
                move |_: &u32| told.lock().unwrap().recv().unwrap().to_owned(),
            )
            .build();
        Self { get, say }
    }

    /// Starts a call, and waits until it computes.
    fn start(&self, server: &Server, id: u32) -> thread::JoinHandle<String> {
        let get = self.get.clone();
        let call = thread::spawn(move || get.call(&id).unwrap());
        let mut it = server.connect();
        wait_until("it computes", PATIENCE, || it.zcard::<_, u32>("CM:meta:leases").unwrap() == 1);
        call
    }

    #[track_caller]
    fn ends(&self, call: thread::JoinHandle<String>, value: &'static str) {
        self.say.send(value).unwrap();
        assert_eq!(call.join().unwrap(), value);
    }

    /// The next call computes: what came before is no answer to it.
    #[track_caller]
    fn computes(&self, id: u32, value: &'static str) {
        self.say.send(value).unwrap();
        assert_eq!(self.get.call(&id).unwrap(), value);
    }
}

#[test]
fn a_deletion_reaches_a_computation_that_a_python_worker_overtook() {
    for lib in LIBS {
        let server = Server::start();
        let (told, mut python) = (Told::new(lib, &server), Worker::spawn(lib, &server));
        let deletions: [&[&str]; 3] = [
            &["invalidate", "--pattern", "given:*", "--yes"],
            &["invalidate", "--key", "given:2", "--delete"],
            // What gc finds is a mark without a value that nobody is in progress with.
            &["gc", "--yes", "--stuck-after", "0s"],
        ];
        for (id, args) in (1..).zip(deletions) {
            let call = told.start(&server, id);
            assert_eq!(python.value("given", json!([id, "Python's"])), "Python's", "it computes beside us");
            if args[0] == "gc" {
                Cli::new(&server).args(["invalidate", "--key", "given:3"]).run().ok();
                let _: () = server.connect().del("CM:given:3").unwrap();
            }
            Cli::new(&server).args(args).run().ok();
            told.ends(call, "old");
            told.computes(id, "new");
        }
        assert_clean(&server);
    }
}

#[test]
fn a_call_after_an_invalidation_takes_no_result_of_a_call_before_it() {
    let ways: [&[&str]; 4] = [
        &["invalidate", "--key", "given:1"],
        &["invalidate", "--key", "given:2", "--delete"],
        &["invalidate", "--pattern", "given:*", "--yes"],
        &["invalidate", "--tag", "given", "--yes"],
    ];
    for lib in LIBS {
        let server = Server::start();
        let told = Told::new(lib, &server);
        for (id, args) in (1..).zip(ways) {
            if args[1] == "--tag" {
                // The tag knows what has a value; nobody may serve it meanwhile.
                told.computes(id, "first");
                Cli::new(&server).args(["invalidate", "--key", &format!("given:{id}")]).run().ok();
                let _: () = server.connect().del(format!("CM:given:{id}")).unwrap();
            }
            let before = told.start(&server, id);
            Cli::new(&server).args(args).run().ok();
            let reads = calls(&server, "hget");
            let get = told.get.clone();
            let after = thread::spawn(move || get.call(&id).unwrap());
            wait_until("it has read", PATIENCE, || calls(&server, "hget") > reads);
            // That it waits by now cannot be seen from outside; where it does not, it computes all the same.
            thread::yield_now();
            told.ends(before, "old");
            told.ends(after, "new");
        }
        assert_clean(&server);
    }
}

#[test]
fn a_second_invalidation_of_a_tag_reaches_the_refresh_that_the_first_brought_about() {
    for lib in LIBS {
        let server = Server::start();
        let told = Told::new(lib, &server);
        let invalidate = || {
            Cli::new(&server).args(["invalidate", "--tag", "given", "--yes"]).run().ok();
        };
        told.computes(1, "first");
        // 0.0.9 drops the tag with what it marks.
        invalidate();
        let refresh = told.start(&server, 1);
        invalidate();
        told.ends(refresh, "old");
        told.computes(1, "new");
        assert_clean(&server);
    }
}

#[test]
fn a_call_takes_no_result_whose_claim_had_ended_before_it_was_stored() {
    type Result = std::result::Result<&'static str, &'static str>;
    let ends: [(&str, Result, bool); 3] = [
        ("its function fails", Err("old"), false),
        ("it cannot be written", Ok("old"), false),
        ("it is refused", Ok("old"), true),
    ];
    for (how, end, full) in ends {
        let server = Server::start();
        let (say, told) = channel::<Result>();
        let told = Mutex::new(told);
        let get = cache(Lib::V011, &server)
            .try_memoize(
                "t",
                |id: &u32| format!("n:{id}"),
                move |_: &u32| told.lock().unwrap().recv().unwrap().map(str::to_owned),
            )
            // Reserved.
            .invalid_keys(move |_, value| if value == "old" && !full { "x>meta:both" } else { "x" })
            .build();
        let call = || {
            let get = get.clone();
            thread::spawn(move || get.call(&1).ok())
        };
        let before = call();
        let mut it = server.connect();
        wait_until("it computes", PATIENCE, || it.zcard::<_, u32>("CM:meta:leases").unwrap() == 1);
        // Nothing is known any more of the claim, nor of a mark.
        redis::cmd("FLUSHDB").exec(&mut it).unwrap();
        let reads = calls(&server, "hget");
        let after = call();
        wait_until("it has read", PATIENCE, || calls(&server, "hget") > reads);
        thread::sleep(Duration::from_millis(20));
        if full {
            redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).exec(&mut it).unwrap();
        }
        say.send(end).unwrap();
        say.send(Ok("new")).unwrap();
        assert_eq!(before.join().unwrap().as_deref(), end.ok(), "{how}");
        assert_eq!(after.join().unwrap().as_deref(), Some("new"), "{how}");
    }
}

#[test]
fn a_deletion_behind_the_end_of_a_claim_reaches_who_calls_next() {
    for end in [Ok("old"), Err("old")] {
        let server = Server::start();
        let relay = Relay::before(&server, |_| None);
        let (say, told) = channel::<Result<&'static str, &'static str>>();
        let told = Mutex::new(told);
        let cache =
            cacheme::memoize::sync::Cache::open(settings(Lib::V009, &server).url(relay.url())).unwrap();
        let get = cache
            .try_memoize(
                "t",
                |id: &u32| format!("n:{id}"),
                move |_: &u32| told.lock().unwrap().recv().unwrap().map(str::to_owned),
            )
            .build();
        let call = || {
            let get = get.clone();
            thread::spawn(move || get.call(&1).ok())
        };
        // It is stored, or given back, and the caller does not know yet.
        relay.now(|asked| (asked.is("EVAL") && claim_of(asked).is_none()).then_some(Fault::Held));
        let before = call();
        let mut it = server.connect();
        wait_until("it computes", PATIENCE, || it.zcard::<_, u32>("CM:meta:leases").unwrap() == 1);
        say.send(end).unwrap();
        wait_until("its claim has ended", PATIENCE, || it.zcard::<_, u32>("CM:meta:leases").unwrap() == 0);
        Cli::new(&server).args(["invalidate", "--pattern", "n:*", "--yes"]).run().ok();
        relay.now(|_| None);
        let reads = calls(&server, "hget");
        let after = call();
        wait_until("it has read", PATIENCE, || calls(&server, "hget") > reads);
        thread::sleep(Duration::from_millis(20));
        say.send(Ok("new")).unwrap();
        relay.release();
        assert_eq!(before.join().unwrap().as_deref(), end.ok());
        assert_eq!(after.join().unwrap().as_deref(), Some("new"), "{end:?}");
    }
}

#[test]
fn a_claim_whose_answer_is_lost_is_given_back_or_found_again() {
    for fault in [Fault::CutBefore, Fault::Held] {
        let server = Server::start();
        let relay = Relay::before(&server, |_| None);
        let short = Timeouts { connect: PATIENCE, io: Duration::from_millis(200) };
        let through = || settings(Lib::V011, &server).url(relay.url()).timeouts(short);
        let cache = cacheme::memoize::sync::Cache::open(through()).unwrap();
        let runs = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&runs);
        let get = cache
            .memoize("t", |n: &u32| format!("n:{n}"), move |_: &u32| count.fetch_add(1, Relaxed))
            .build();
        assert_eq!(get.call(&1).unwrap(), 0);
        cache.invalidate(&Invalidate::key("n:1")).unwrap();
        let claims = AtomicU32::new(0);
        relay.now(move |asked| {
            let is_claim = asked.is("EVAL");
            (is_claim && claims.fetch_add(1, Relaxed) == 0).then_some(fault)
        });
        assert_eq!(get.call(&1).unwrap(), 1, "{fault:?}: it computes, not the old value");
        relay.release();
        wait_until("nothing is held", PATIENCE, || {
            !server.connect().exists::<_, bool>("CM:meta:leases").unwrap()
        });
        assert_clean(&server);
        cache.invalidate(&Invalidate::key("n:1")).unwrap();
        assert_eq!(get.call(&1).unwrap(), 2, "{fault:?}: and the next invalidation is heeded at once");
        assert_eq!(get.call(&1).unwrap(), 2);
    }
}

/// Whether this is a script that claims a key, and the milliseconds of the lease it asks for.
fn claim_of(asked: &Asked<'_>) -> Option<f64> {
    // Behind the keys stand twelve words, the sixth of them is the lease.
    let keys: usize =
        asked.is("EVAL").then(|| std::str::from_utf8(&asked.words[2]).unwrap().parse().unwrap())?;
    (asked.words.len() == 3 + keys + 12)
        .then(|| std::str::from_utf8(&asked.words[3 + keys + 5]).unwrap().parse().unwrap())
}

#[test]
fn a_claim_that_is_sent_again_gives_back_the_mark_that_it_may_have_taken() {
    for value_was_there in [false, true] {
        let server = Server::start();
        let relay = Relay::before(&server, |_| None);
        let through = settings(Lib::V011, &server).url(relay.url()).stale(false);
        let cache = cacheme::memoize::sync::Cache::open(through).unwrap();
        let (socket, fails) = (server.url(), Arc::new(AtomicBool::new(false)));
        let failing = Arc::clone(&fails);
        let get = cache
            .try_memoize(
                "t",
                |n: &u32| format!("n:{n}"),
                move |n: &u32| {
                    if !failing.load(Relaxed) {
                        return Ok(2);
                    }
                    // A Python worker that began before the invalidation stores what it has.
                    let mut it = redis::Client::open(&*socket).unwrap().get_connection().unwrap();
                    let _: () = it.hset(format!("CM:n:{n}"), "base", b"\x80\x04K\x01.").unwrap();
                    Err("no")
                },
            )
            .build();
        let mut it = server.connect();
        assert_eq!(get.call(&1).unwrap(), 2, "and a connection is there that may break");
        if !value_was_there {
            let _: () = it.del("CM:n:1").unwrap();
        }
        cache.invalidate(&Invalidate::key("n:1")).unwrap();
        let claims = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&claims);
        relay.now(move |asked| {
            claim_of(asked)?;
            (count.fetch_add(1, Relaxed) == 0).then_some(Fault::CutBefore)
        });
        fails.store(true, Relaxed);
        assert!(matches!(get.call(&1), Err(CallError::Function(_))));
        assert_eq!(claims.load(Relaxed), 2, "it was sent again");
        fails.store(false, Relaxed);
        assert_eq!(get.call(&1).unwrap(), 2, "what Python stored is older than the invalidation");
        assert_clean(&server);
    }
}

#[test]
fn a_lease_whose_deadline_looks_alike_is_not_taken_for_ones_own() {
    // As far from the deadline that ours would have: one that is ours, then one with the same fraction.
    for (milliseconds, computes) in [(0, true), (1, false), (300, false)] {
        let server = Server::start();
        let relay = Relay::before(&server, |_| None);
        let through = settings(Lib::V011, &server).url(relay.url());
        let cache = cacheme::memoize::sync::Cache::open(through).unwrap();
        let count = AtomicU32::new(0);
        let get = cache
            .memoize("t", |n: &u32| format!("n:{n}"), move |_: &u32| count.fetch_add(1, Relaxed))
            .build();
        assert_eq!(get.call(&1).unwrap(), 0);
        cache.invalidate(&Invalidate::key("n:1")).unwrap();
        let it = Mutex::new(server.connect());
        relay.now(move |asked| {
            let span = claim_of(asked)?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
            let deadline = (now.next_multiple_of(512) + milliseconds) as f64 + span;
            let _: () = it.lock().unwrap().zadd("CM:meta:leases", "CM:n:1", deadline).unwrap();
            None
        });
        assert_eq!(get.call(&1).unwrap(), u32::from(computes), "{milliseconds} ms");
    }
}

/// A memoized function that its own callbacks can call.
type Own = Arc<OnceLock<Memoized<u32, u32>>>;

#[track_caller]
fn comes_back(call: impl FnOnce() -> Result<u32, CallError<std::convert::Infallible>> + Send + 'static) {
    let (done, value) = channel();
    thread::spawn(move || done.send(call().unwrap()));
    assert_eq!(value.recv_timeout(PATIENCE).expect("a call that waits for itself"), 7);
}

#[test]
fn callbacks_may_call_the_function_they_belong_to() {
    let server = Server::start();
    let called = |own: &Own| {
        let own = Arc::clone(own);
        move |n: u32| own.get().map_or(7, |own| own.call(&n).unwrap())
    };
    for (id, which) in (1..).zip(["on_miss", "invalid_keys", "on_refresh", "on_hit"]) {
        let cache = cache(Lib::V009, &server);
        let own = Own::default();
        let again = called(&own);
        let builder = cache.memoize(which, |n: &u32| format!("own:{n}"), |_: &u32| 7);
        let get = match which {
            "on_miss" => builder.on_miss(move |_, n| {
                let _ = again(*n);
            }),
            "on_refresh" => builder.on_refresh(move |_, n| {
                let _ = again(*n);
            }),
            // It would call itself for ever where it hits: another key.
            "on_hit" => builder.on_hit(move |_, _, n| {
                let _ = (*n < 100).then(|| again(n + 100));
            }),
            _ => builder.invalid_keys(move |n, _| format!("seven:{}", again(*n))),
        };
        let get = own.get_or_init(|| get.build()).clone();
        for _ in 0..2 {
            let get = get.clone();
            comes_back(move || get.call(&id));
            cache.invalidate(&Invalidate::tag(which)).unwrap();
        }
    }
    assert_clean(&server);

    // Whoever is told that a result could not be stored asks for it.
    let own = Own::default();
    let (again, told) = (called(&own), Arc::new(AtomicU32::new(0)));
    let count = Arc::clone(&told);
    let asks = move |_: &cacheme::Error| {
        if count.fetch_add(1, Relaxed) < 3 {
            assert_eq!(again(9), 7);
        }
    };
    let cache = cacheme::memoize::sync::Cache::open_with(settings(Lib::V009, &server), asks).unwrap();
    let get = cache.memoize("full", |n: &u32| format!("full:{n}"), |_: &u32| 7).build();
    let get = own.get_or_init(|| get).clone();
    let _: () = redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).query(&mut server.connect()).unwrap();
    comes_back(move || get.call(&9));
    assert!(told.load(Relaxed) > 0, "a server without room refuses");
}
