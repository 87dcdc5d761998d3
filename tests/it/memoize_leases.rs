//! Leases that ran out give back what they hold.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cacheme::cache::{expired_leases, restore_expired};
use cacheme::client::{Conn, Target, Timeouts};
use cacheme::memoize::sync::{Cache, Memoized};
use cacheme::memoize::{Settings, future};
use cacheme::namespace::{Layout, Namespace};
use redis::Commands;
use serde_json::{Value, json};

use crate::memoize_calls::assert_clean;
use crate::memoize_python::{LIBS, settings};
use crate::support::cli::Cli;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[test]
fn a_lease_that_ran_out_gives_its_mark_back_and_leaves_progress() {
    for layout in [Layout::Classic, Layout::Meta, Layout::Both] {
        let server = Server::start();
        let ns = Namespace::new("P:", layout).unwrap();
        let mut it = server.connect();
        let now = now_ms();
        for (member, score) in [("P:a>x", now - 2), ("P:b", now), ("P:c", now - 1), ("P:d", now + 60_000)] {
            let _: () = it.zadd(ns.leases(), member, score).unwrap();
            for set in ns.progress_sets() {
                let _: () = it.sadd(set, member).unwrap();
            }
        }
        let mut conn = Conn::open(&Target::parse(&server.url()).unwrap(), Timeouts::default()).unwrap();
        assert_eq!(expired_leases(&mut conn, &ns, now, 0, 9).unwrap().len(), 3);
        assert_eq!(restore_expired(&mut conn, &ns, now, 2).unwrap(), 2, "no more than the limit");
        assert_eq!(restore_expired(&mut conn, &ns, now, 2).unwrap(), 1);
        assert_eq!(restore_expired(&mut conn, &ns, now, 2).unwrap(), 0);
        for set in ns.deleted_sets() {
            let marks: std::collections::BTreeSet<String> = it.smembers(set).unwrap();
            assert_eq!(marks, ["P:a>x", "P:b", "P:c"].map(str::to_owned).into());
        }
        for set in ns.progress_sets() {
            let busy: Vec<String> = it.smembers(set).unwrap();
            assert_eq!(busy, ["P:d"]);
        }
        let left: Vec<String> = it.zrange(ns.leases(), 0, -1).unwrap();
        assert_eq!(left, ["P:d"]);
    }
}

/// A cached function of one key whose result is a number, and that number.
fn numbered(settings: Settings, timed: bool) -> (Memoized<u32, u32>, Arc<AtomicU32>) {
    let number = Arc::new(AtomicU32::new(1));
    let source = number.clone();
    let cache = Cache::open_with(settings.record(false), |_| ()).unwrap();
    let get = cache.memoize("get", |n: &u32| format!("n:{n}>it"), move |_| source.load(SeqCst));
    let get = if timed { get.timeout(Duration::from_secs(3600)).build() } else { get.build() };
    (get, number)
}

/// What makes the value of key 1 an old one.
fn invalidate(server: &Server, layout: Layout, timed: bool) {
    let ns = Namespace::new("CM:", layout).unwrap();
    let mut it = server.connect();
    if timed {
        let _: () = it.zadd("CM:Meta:Expire-Buckets::CM:n:1", "CM:n:1>it", 1000).unwrap();
    } else {
        ns.deleted_sets().iter().for_each(|set| it.sadd(set, "CM:n:1>it").unwrap());
    }
}

#[test]
fn a_full_server_takes_no_invalidation() {
    for layout in [Layout::Classic, Layout::Meta, Layout::Both] {
        for (timed, before) in [(false, true), (false, false), (true, true), (true, false)] {
            let server = Server::start();
            let limit = |bytes: &str, it: &mut redis::Connection| {
                redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes).exec(it).unwrap();
            };
            let admin = Arc::new(Mutex::new(server.connect()));
            let (in_mid, full) = (admin.clone(), Arc::new(AtomicBool::new(false)));
            let (fills, number) = (full.clone(), Arc::new(AtomicU32::new(1)));
            let source = number.clone();
            let cache = Cache::open_with(server.settings().layout(layout).record(false), |_| ()).unwrap();
            let get = cache.memoize(
                "get",
                |n: &u32| format!("n:{n}>it"),
                move |_| {
                    if fills.swap(false, SeqCst) {
                        limit("1", &mut in_mid.lock().unwrap());
                    }
                    source.load(SeqCst)
                },
            );
            let get = if timed { get.timeout(Duration::from_secs(3600)).build() } else { get.build() };
            assert_eq!(get.call(&1).unwrap(), 1);
            invalidate(&server, layout, timed);
            number.store(2, SeqCst);
            if before {
                limit("1", &mut admin.lock().unwrap());
            } else {
                full.store(true, SeqCst);
            }
            assert_eq!(get.call(&1).unwrap(), 2, "{layout} {timed} {before}");
            limit("0", &mut admin.lock().unwrap());
            assert_eq!(get.call(&1).unwrap(), 2, "{layout} {timed} {before}: the old value is valid");
            let left = server.dump();
            assert!(!left.contains_key(&b"CM:meta:leases"[..]), "{layout} {timed} {before}");
            let sets = Namespace::new("CM:", layout).unwrap().progress_sets();
            assert!(sets.iter().all(|set| !left.contains_key(set)), "{layout} {timed} {before}");
        }
    }
}

#[test]
fn a_right_that_is_missing_takes_no_invalidation() {
    for missing in
        ["zadd", "sadd", "srem", "zrem", "hset", "hdel", "hget", "zscore", "time", "sismember", "eval"]
    {
        for (timed, stale) in [(false, true), (false, false), (true, true), (true, false)] {
            let server = Server::builder().config(&format!("user app on >pw ~* +@all -{missing}")).start();
            let usual = || server.settings().layout(Layout::Both).stale(stale).lease(Duration::from_secs(1));
            let (get, number) = numbered(usual(), timed);
            assert_eq!(get.call(&1).unwrap(), 1);
            invalidate(&server, Layout::Both, timed);
            let (app, apps) = numbered(usual().url(format!("{}?user=app&pass=pw", server.url())), timed);
            number.store(2, SeqCst);
            apps.store(2, SeqCst);
            assert_eq!(app.call(&1).unwrap(), 2, "{missing} {timed} {stale}");
            // Where it left a lease, that is waited for.
            wait_until(&format!("{missing} {timed} {stale}: recomputed"), Duration::from_secs(60), || {
                get.call(&1).unwrap() == 2
            });
        }
    }
}

/// How a computation comes to nothing.
#[derive(Debug, Clone, Copy)]
enum Ends {
    Fails,
    Panics,
    IsCancelled,
}

/// A call that waits in vain for a worker of the library, computes itself, and comes to nothing.
fn comes_to_nothing(settings: Settings, ends: Ends) {
    let settings = settings.retries(1, Duration::from_millis(1));
    let key = |id: &u32| format!("held:{id}>it");
    let cache = Cache::open(settings.clone()).unwrap();
    match ends {
        Ends::Fails => {
            let get = cache.try_memoize("held", key, |_: &u32| Err::<Value, _>("no")).build();
            get.call(&1).unwrap_err();
        }
        Ends::Panics => {
            let get = cache.memoize("held", key, |_: &u32| -> Value { panic!("no") }).build();
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| get.call(&1))).unwrap_err();
        }
        Ends::IsCancelled => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let cache = future::Cache::open(settings).unwrap();
                let (begins, mut began) = tokio::sync::mpsc::unbounded_channel();
                let function = move |_: u32| {
                    begins.send(()).unwrap();
                    std::future::pending::<Value>()
                };
                let get = cache.memoize("held", key, function).build();
                tokio::select! {
                    _ = get.call(&1) => unreachable!("it never ends"),
                    _ = began.recv() => {}
                }
            });
        }
    }
}

#[test]
fn who_comes_to_nothing_beside_a_worker_of_the_library_leaves_it_in_progress() {
    for lib in LIBS {
        for (layout, ends) in [
            (None, Ends::Fails),
            (None, Ends::Panics),
            (None, Ends::IsCancelled),
            (Some(Layout::Both), Ends::Fails),
            (Some(Layout::Both), Ends::IsCancelled),
        ] {
            let what = format!("{lib:?} {layout:?} {ends:?}");
            let server = Server::start();
            let usual =
                || layout.map_or(settings(lib, &server), |layout| settings(lib, &server).layout(layout));
            let mut python = Worker::spawn(lib, &server);
            python.hold("1");
            comes_to_nothing(usual(), ends);
            assert_eq!(server.connect().zcard::<_, usize>("CM:meta:leases").unwrap(), 0, "{what}");
            Cli::new(&server).args(["invalidate", "--pattern", "held:*", "--yes"]).run().ok();
            python.resume(json!("old"));
            let get = Cache::open(usual())
                .unwrap()
                .memoize("held", |id: &u32| format!("held:{id}>it"), |_: &u32| json!("new"))
                .build();
            assert_eq!(get.call(&1).unwrap(), "new", "{what}");
            assert_clean(&server);
        }
    }
}

/// As one does whose lease ran out, or that gives back a second time.
#[test]
fn who_comes_late_does_not_take_a_worker_of_the_library_out_of_progress() {
    for lib in LIBS {
        for fails in [true, false] {
            let what = format!("{lib:?} fails: {fails}");
            let server = Server::start();
            let python = Arc::new(Mutex::new(Worker::spawn(lib, &server)));
            let (worker, connection) = (Arc::clone(&python), Mutex::new(server.connect()));
            let key = |id: &u32| format!("held:{id}>it");
            let late = move |_: &u32| {
                // As another gives back what has run out.
                let sets = Namespace::new("CM:", Layout::Both).unwrap().progress_sets();
                let all = [sets, vec![b"CM:meta:leases".to_vec()]].concat();
                let _: () = connection.lock().unwrap().del(all).unwrap();
                worker.lock().unwrap().hold("1");
                if fails { Err("no") } else { Ok(json!("late")) }
            };
            let slow = Cache::open(settings(lib, &server)).unwrap().try_memoize("held", key, late).build();
            assert_eq!(slow.call(&1).is_err(), fails);
            Cli::new(&server).args(["invalidate", "--pattern", "held:*", "--yes"]).run().ok();
            python.lock().unwrap().resume(json!("old"));
            let cache = Cache::open(settings(lib, &server)).unwrap();
            let get = cache.memoize("held", key, |_: &u32| json!("new")).build();
            assert_eq!(get.call(&1).unwrap(), "new", "{what}");
            assert_clean(&server);
        }
    }
}

#[test]
fn a_failure_whose_lease_is_gone_loses_no_invalidation() {
    for layout in [Layout::Classic, Layout::Meta, Layout::Both] {
        for (key, of_another) in [("n:1>it", false), ("n:1>it>x", false), ("n:1>it", true)] {
            let server = Server::start();
            let (number, fails) = (Arc::new(AtomicU32::new(1)), Arc::new(AtomicBool::new(false)));
            let (source, failing, url) = (number.clone(), fails.clone(), server.url());
            let function = move |_: &str| match failing.load(SeqCst) {
                true => {
                    let mut it = redis::Client::open(&*url).unwrap().get_connection().unwrap();
                    let _: () = it.del("CM:meta:leases").unwrap();
                    if of_another {
                        let _: () =
                            it.zadd("CM:meta:leases", format!("CM:{key}"), now_ms() + 60_000).unwrap();
                    }
                    Err("no")
                }
                false => Ok(source.load(SeqCst)),
            };
            let cache = Cache::open(server.settings().layout(layout).record(false)).unwrap();
            let get = cache.try_memoize("get", |key: &str| key.to_owned(), function).build();
            assert_eq!(get.call(key).unwrap(), 1);
            number.store(2, SeqCst);
            fails.store(true, SeqCst);
            for set in Namespace::new("CM:", layout).unwrap().deleted_sets() {
                let _: () = server.connect().sadd(set, format!("CM:{key}")).unwrap();
            }
            get.call(key).unwrap_err();
            let left = server.dump();
            let sets = Namespace::new("CM:", layout).unwrap().progress_sets();
            assert!(sets.iter().all(|set| left.contains_key(set)), "{layout}: who has it may compute");
            if of_another {
                assert!(left.contains_key(&b"CM:meta:leases"[..]), "{layout}: it stays");
                continue;
            }
            fails.store(false, SeqCst);
            assert_eq!(get.call(key).unwrap(), 2, "{layout} {key}");
            assert_clean(&server);
        }
    }
}
