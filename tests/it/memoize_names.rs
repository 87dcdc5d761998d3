//! Names such as `a>b` and `a>b>c` share one value: who computes by one of them does so for all.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cacheme::memoize::{Invalidate, Settings, sync};
use cacheme::namespace::{Layout, Namespace};
use redis::Commands;
use serde_json::json;

use crate::memoize_calls::assert_clean;
use crate::memoize_python::{LIBS, cache, settings};
use crate::support::cli::Cli;
use crate::support::seed;
use crate::support::server::Server;
use crate::support::worker::Worker;

const LAYOUTS: [Layout; 3] = [Layout::Classic, Layout::Meta, Layout::Both];

/// Who computes, and who comes meanwhile.
const NAMES: [(&str, &str); 6] = [
    ("u:1>online", "u:1>online>web"),
    ("u:1>online>web", "u:1>online"),
    ("u:1>online>web", "u:1>online>app"),
    ("u:1", "u:1>base"),
    ("u:1>base", "u:1"),
    ("u:1>online", "u:1>online"),
];

/// Something that is true or false, and functions that read it.
#[derive(Clone)]
struct Datum(Arc<AtomicBool>);

/// A function that reads the datum, says so, and waits until it may return.
struct Held {
    get: sync::Memoized<str, bool>,
    reads: Receiver<()>,
    go: Sender<()>,
}

impl Held {
    /// What a call reads, with something done while it computes.
    fn call(self, key: &str, meanwhile: impl FnOnce()) -> bool {
        let Self { get, reads, go } = self;
        thread::scope(|scope| {
            // Dropped by a failure, or the call would never end.
            let go = go;
            let call = scope.spawn(|| get.call(key).unwrap());
            reads.recv().unwrap();
            meanwhile();
            go.send(()).unwrap();
            call.join().unwrap()
        })
    }
}

impl Datum {
    fn set(&self, now: bool) {
        self.0.store(now, SeqCst);
    }

    fn held(&self, settings: Settings) -> Held {
        let (datum, (begins, reads), (go, goes)) = (self.clone(), channel(), channel());
        let goes = Mutex::new(goes);
        let get = sync::Cache::open(settings)
            .unwrap()
            .memoize(
                "online",
                |key: &str| key.to_owned(),
                move |_: &str| {
                    let read = datum.0.load(SeqCst);
                    begins.send(()).unwrap();
                    goes.lock().unwrap().recv().unwrap();
                    read
                },
            )
            .build();
        Held { get, reads, go }
    }

    fn reader(&self, settings: Settings) -> (sync::Memoized<str, bool>, Arc<AtomicU32>) {
        let (datum, runs) = (self.clone(), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&runs);
        let get = sync::Cache::open(settings)
            .unwrap()
            .memoize(
                "online",
                |key: &str| key.to_owned(),
                move |_: &str| {
                    count.fetch_add(1, SeqCst);
                    datum.0.load(SeqCst)
                },
            )
            .build();
        (get, runs)
    }
}

fn mark(server: &Server, layout: Layout, names: &[&str]) {
    let cache = sync::Cache::open(server.settings().layout(layout)).unwrap();
    for name in names {
        cache.invalidate(&Invalidate::key(*name)).unwrap();
    }
}

#[test]
fn an_older_computation_does_not_overwrite_the_younger_of_another_name() {
    for layout in LAYOUTS {
        for (name, other) in NAMES {
            let server = Server::start();
            let (datum, usual) = (Datum(Arc::new(AtomicBool::new(true))), server.settings().layout(layout));
            let (slow, (fast, runs)) = (datum.held(usual.clone()), datum.reader(usual));
            assert!(fast.call(name).unwrap() && fast.call(other).unwrap());
            datum.set(false);
            mark(&server, layout, &[name]);
            let read = slow.call(name, || {
                datum.set(true);
                mark(&server, layout, &[name, other]);
                assert!(fast.call(other).unwrap());
                assert_eq!(
                    runs.load(SeqCst),
                    1,
                    "{layout} {name} {other}: the old value is served meanwhile"
                );
            });
            assert!(!read);
            assert!(fast.call(other).unwrap(), "{layout} {name} {other}");
            assert!(fast.call(name).unwrap(), "{layout} {name} {other}");
            assert!(fast.call(other).unwrap(), "{layout} {name} {other}");
            assert_clean(&server);
        }
    }
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn tasks_do_not_overwrite_the_younger_of_another_name_either() {
    use cacheme::memoize::future;
    use tokio::sync::Semaphore;
    for layout in LAYOUTS {
        for (name, other) in NAMES {
            let server = Server::start();
            let datum = Arc::new(AtomicBool::new(true));
            let (reads, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
            let make = |held: bool| {
                let (datum, reads, go) = (datum.clone(), reads.clone(), go.clone());
                let cache = future::Cache::open(server.settings().layout(layout)).unwrap();
                let function = move |_: &'static str| {
                    let (read, reads, go) = (datum.load(SeqCst), reads.clone(), go.clone());
                    async move {
                        reads.add_permits(1);
                        if held {
                            go.acquire().await.unwrap().forget();
                        }
                        read
                    }
                };
                cache.memoize("online", |key: &&'static str| (*key).to_owned(), function).build()
            };
            let (slow, fast) = (make(true), make(false));
            assert!(fast.call(&name).await.unwrap() && fast.call(&other).await.unwrap());
            reads.acquire().await.unwrap().forget();
            datum.store(false, SeqCst);
            mark(&server, layout, &[name]);
            let call = tokio::spawn(async move { slow.call(&name).await.unwrap() });
            reads.acquire().await.unwrap().forget();
            datum.store(true, SeqCst);
            mark(&server, layout, &[name, other]);
            assert!(fast.call(&other).await.unwrap());
            assert_eq!(reads.available_permits(), 0, "{layout} {name} {other}: the old value is served");
            go.add_permits(1);
            assert!(!call.await.unwrap());
            for name in [other, name, other] {
                assert!(fast.call(&name).await.unwrap(), "{layout} {name} {other}");
            }
            assert_clean(&server);
        }
    }
}

#[test]
fn who_waits_in_vain_for_another_name_computes_and_stores_nothing() {
    for layout in LAYOUTS {
        for (name, other) in &NAMES[..5] {
            let server = Server::start();
            let datum = Datum(Arc::new(AtomicBool::new(false)));
            let usual = server.settings().layout(layout).stale(false).retries(1, Duration::from_millis(1));
            let (slow, (fast, runs)) = (datum.held(usual.clone()), datum.reader(usual));
            let read = slow.call(name, || {
                datum.set(true);
                mark(&server, layout, &[name, other]);
                assert!(fast.call(other).unwrap());
                assert_eq!(runs.load(SeqCst), 1);
                assert!(!server.connect().exists::<_, bool>("CM:u:1").unwrap(), "{layout} {name} {other}");
            });
            assert!(!read);
            assert!(server.connect().exists::<_, bool>("CM:u:1").unwrap(), "{layout} {name} {other}: stored");
            for name in [other, name, other] {
                assert!(fast.call(name).unwrap(), "{layout} {name} {other}");
            }
            assert_clean(&server);
        }
    }
}

#[test]
fn a_lease_that_is_gone_loses_no_invalidation() {
    for layout in LAYOUTS {
        for (name, _) in &NAMES[..2] {
            let server = Server::start();
            let (datum, usual) = (Datum(Arc::new(AtomicBool::new(true))), server.settings().layout(layout));
            let (slow, (fast, _)) = (datum.held(usual.clone()), datum.reader(usual));
            assert!(fast.call(name).unwrap());
            datum.set(false);
            mark(&server, layout, &[name]);
            let read = slow.call(name, || {
                let _: () = server.connect().del("CM:meta:leases").unwrap();
            });
            assert!(!read);
            assert!(!fast.call(name).unwrap(), "{layout} {name}");
            assert_clean(&server);
        }
    }
}

#[test]
fn a_failure_leaves_an_expired_value_expired_for_python() {
    const BUCKET: &str = "CM:Meta:Expire-Buckets::CM:later:1";
    const MEMBER: &str = "CM:later:1>field";
    for lib in LIBS {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        let (fails, meanwhile) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (failing, stored, url) = (fails.clone(), meanwhile.clone(), server.url());
        let refresh = seed::now() + 10_000;
        let function = move |_: &u32| {
            let mut it = redis::Client::open(&*url).unwrap().get_connection().unwrap();
            match stored.load(SeqCst) {
                1 => it.zadd(BUCKET, MEMBER, refresh).unwrap(),
                // With a timeout that ends in the second to which the claim put the old entry off.
                2 => it.hset("CM:later:1", "field", b"N.").unwrap(),
                _ => {}
            }
            if failing.load(SeqCst) { Err("no") } else { Ok(json!("old")) }
        };
        let get = cache(lib, &server)
            .try_memoize("later", |id: &u32| format!("later:{id}>field>x"), function)
            .timeout(Duration::from_secs(300))
            .build();
        get.call(&1).unwrap();
        fails.store(true, SeqCst);
        let expire = || {
            let _: () = server.connect().zadd(BUCKET, MEMBER, 1).unwrap();
        };
        let score = || server.connect().zscore::<_, _, i64>(BUCKET, MEMBER).unwrap();
        meanwhile.store(1, SeqCst);
        expire();
        get.call(&1).unwrap_err();
        assert_eq!(score(), refresh, "{lib:?}: who stored meanwhile wins");
        meanwhile.store(2, SeqCst);
        expire();
        get.call(&1).unwrap_err();
        assert!(score() > 1, "{lib:?}: who stored meanwhile wins, by its value, too");
        meanwhile.store(0, SeqCst);
        expire();
        get.call(&1).unwrap_err();
        assert_eq!(python.value("later_field", json!(["1"])), json!(["later", "field", "1"]), "{lib:?}");
        assert_clean(&server);
    }
}

#[test]
fn a_name_whose_function_fails_keeps_no_other_from_a_new_value() {
    for lib in LIBS {
        let server = Server::start();
        let now = Arc::new(AtomicU32::new(1));
        let source = now.clone();
        let function = move |key: &str| match source.load(SeqCst) {
            2 if key == "a>b>c" => Err("no"),
            now => Ok(now),
        };
        let get = sync::Cache::open(settings(lib, &server))
            .unwrap()
            .try_memoize("t", |key: &str| key.to_owned(), function)
            .timeout(Duration::from_secs(300))
            .build();
        assert_eq!(get.call("a>b").unwrap(), 1);
        now.store(2, SeqCst);
        let _: () = server.connect().zadd("CM:Meta:Expire-Buckets::CM:a", "CM:a>b", 1).unwrap();
        get.call("a>b>c").unwrap_err();
        assert_eq!(get.call("a>b>d").unwrap(), 2);
        assert_eq!(get.call("a>b").unwrap(), 2);
        assert_clean(&server);
    }
}

#[test]
fn a_lease_that_ran_out_marks_the_name_that_it_was_claimed_by_and_no_other() {
    for (holder, value) in [("a>b>c", "a>b"), ("a>base", "a")] {
        let server = Server::start();
        let mut seed = seed::Seed::classic(&server);
        seed.busy([holder]).run("ZADD", &["CM:meta:leases", "1000", &format!("CM:{holder}")]);
        seed.run("ZADD", &["CM:meta:leases", "1000", &format!("CM:{value}")]);
        Cli::new(&server).args(["--layout", "classic", "gc", "--yes"]).run().ok();
        assert_eq!(seed::names(&server, "CM:delete"), seed::set(&[&format!("CM:{holder}")]));
        assert!(
            seed::names(&server, "CM:progress").is_empty()
                && seed::names(&server, "CM:meta:leases").is_empty()
        );
    }
}

#[test]
fn who_joins_beside_a_stuck_worker_of_the_library_leaves_the_lease_of_another_name_alone() {
    for layout in LAYOUTS {
        let server = Server::start();
        let mut it = server.connect();
        let (datum, usual) = (Datum(Arc::new(AtomicBool::new(false))), server.settings().layout(layout));
        let (slow, (fast, _)) = (datum.held(usual.clone()), datum.reader(usual));
        for set in Namespace::new("CM:", layout).unwrap().progress_sets() {
            let _: () = it.sadd(set, "CM:a>b").unwrap();
        }
        slow.call("a>b>c", || {
            assert!(!fast.call("a>b").unwrap());
            assert_eq!(it.zcard::<_, usize>("CM:meta:leases").unwrap(), 2, "{layout}: the claim stands");
        });
        assert_eq!(it.zcard::<_, usize>("CM:meta:leases").unwrap(), 0, "{layout}");
        datum.set(true);
        mark(&server, layout, &["a>b>c"]);
        assert!(fast.call("a>b>c").unwrap(), "{layout}");
    }
}
