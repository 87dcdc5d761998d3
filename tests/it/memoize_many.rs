//! `call_many`, of threads and of tasks: what it asks of Redis, what it computes, what one does to another.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use cacheme::client::Timeouts;
use cacheme::memoize::{CallError, Counts, Invalidate, OnError, Settings, future, sync};
use cacheme::namespace::Layout;
use redis::Commands;
use serde_json::{Value, json};

use crate::gc_safety::calls;
use crate::memoize_calls::assert_clean;
use crate::memoize_python::{LIBS, Runs, cache, settings};
use crate::support::cluster::Cluster;
use crate::support::gate::{Event, Gate};
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

const PATIENCE: Duration = Duration::from_secs(30);

const SKIPPED: u32 = 966;
const REFUSED: u32 = 977;

type Work = Arc<dyn Fn(&[u32]) -> Result<Vec<u32>, u32> + Send + Sync>;
type Called = Result<u32, CallError<u32>>;

type CallMany = dyn Fn(&[u32]) -> Vec<Called> + Send + Sync;
type Make = fn(Settings, bool, Option<Duration>, Work) -> Face;

/// One function, as threads or as tasks call it.
struct Face {
    name: &'static str,
    many: Box<CallMany>,
    one: Box<dyn Fn(u32) -> Called + Send + Sync>,
    counts: Box<dyn Fn() -> Counts + Send + Sync>,
}

impl Face {
    fn values(&self, args: &[u32]) -> Vec<u32> {
        (self.many)(args)
            .into_iter()
            .map(|it| it.unwrap_or_else(|error| panic!("{}: {error:?}", self.name)))
            .collect()
    }
}

fn key(n: &u32) -> String {
    if *n == REFUSED { "meta:lock".to_owned() } else { format!("n:{n}") }
}

/// `together`: it computes what is missing at once.
fn threads(settings: Settings, together: bool, timeout: Option<Duration>, work: Work) -> Face {
    let all = Arc::clone(&work);
    let builder = sync::Cache::open(settings)
        .unwrap()
        .try_memoize("many", key, move |n: &u32| work(&[*n]).map(|values| values[0]))
        .skip_if(|n| *n == SKIPPED);
    let builder = match together {
        true => {
            builder.try_compute_many(move |args: &[&u32]| all(&args.iter().map(|n| **n).collect::<Vec<_>>()))
        }
        false => builder,
    };
    let get = timeout.into_iter().fold(builder, |builder, timeout| builder.timeout(timeout)).build();
    let (one, counts) = (get.clone(), get.clone());
    Face {
        name: "threads",
        many: Box::new(move |args| get.call_many(args)),
        one: Box::new(move |n| one.call(&n)),
        counts: Box::new(move || counts.counts()),
    }
}

fn tasks(settings: Settings, together: bool, timeout: Option<Duration>, work: Work) -> Face {
    let all = Arc::clone(&work);
    let function = move |n: u32| {
        let work = Arc::clone(&work);
        async move {
            tokio::task::yield_now().await;
            work(&[n]).map(|values| values[0])
        }
    };
    let builder =
        future::Cache::open(settings).unwrap().try_memoize("many", key, function).skip_if(|n| *n == SKIPPED);
    let builder = match together {
        true => builder.try_compute_many(move |args: Vec<u32>| {
            let all = Arc::clone(&all);
            async move {
                tokio::task::yield_now().await;
                all(&args)
            }
        }),
        false => builder,
    };
    let get = timeout.into_iter().fold(builder, |builder, timeout| builder.timeout(timeout)).build();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let runtime = Arc::new(runtime);
    let (one, counts, also) = (get.clone(), get.clone(), Arc::clone(&runtime));
    Face {
        name: "tasks",
        many: Box::new(move |args| runtime.block_on(get.call_many(args))),
        one: Box::new(move |n| also.block_on(one.call(&n))),
        counts: Box::new(move || counts.counts()),
    }
}

const FACES: [Make; 2] = [threads, tasks];

/// What was computed, one entry for each time that the function ran.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Vec<u32>>>>);

impl Log {
    fn take(&self) -> Vec<Vec<u32>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Ten times its argument, and a failure from 1,000 on.
    fn work(&self) -> Work {
        let log = self.clone();
        Arc::new(move |args| {
            log.0.lock().unwrap().push(args.to_vec());
            match args.iter().find(|n| **n >= 1000) {
                Some(n) => Err(*n),
                None => Ok(args.iter().map(|n| n * 10).collect()),
            }
        })
    }
}

fn plain(server: &Server) -> Settings {
    server.settings().layout(Layout::Meta).record(false)
}

/// How often the server read something from its clients meanwhile.
fn round_trips(server: &Server, act: impl FnOnce()) -> u64 {
    let mut it = server.connect();
    let mut reads = || -> u64 {
        let info: String = redis::cmd("INFO").arg("stats").query(&mut it).unwrap();
        let line = info.lines().find_map(|line| line.strip_prefix("total_reads_processed:"));
        line.expect("Redis counts what it reads").parse().unwrap()
    };
    // The ends of earlier connections are read, too.
    let (mut before, mut quiet) = (reads(), 0);
    while quiet < 5 {
        std::thread::sleep(Duration::from_millis(1));
        let now = reads();
        quiet = if now - before == 1 { quiet + 1 } else { 0 };
        before = now;
    }
    act();
    reads() - before - 1
}

#[test]
fn the_values_come_in_the_order_of_the_arguments_whatever_each_is_found_to_be() {
    for face in FACES {
        for timeout in [None, Some(Duration::from_secs(3600))] {
            let (server, log) = (Server::start(), Log::default());
            let other = threads(plain(&server), true, timeout, log.work());
            let face = face(plain(&server), true, timeout, log.work());
            assert!((face.many)(&[]).is_empty());
            other.values(&[1, 2, 3, 4]);
            let mut redis = server.connect();
            let _: () = redis.sadd("CM:meta:deleted", "CM:n:2").unwrap();
            let expired = timeout.is_some();
            if expired {
                let _: () = redis.zadd("CM:Meta:Expire-Buckets::CM:n:3", "CM:n:3", 1).unwrap();
            }
            log.take();
            let values = face.values(&[5, 1, SKIPPED, 2, 3, REFUSED, 5, 4, 1, SKIPPED]);
            assert_eq!(values, [50, 10, 9660, 20, 30, 9770, 50, 40, 10, 9660], "{}", face.name);
            let due: &[u32] = if expired { &[5, 966, 2, 3, 977, 966] } else { &[5, 966, 2, 977, 966] };
            assert_eq!(
                log.take(),
                [due],
                "{}: what is missing is computed at once, and nothing twice",
                face.name
            );
            let counts = (face.counts)();
            let (hits, refreshes) = if expired { (2, 2) } else { (3, 1) };
            assert_eq!(
                (counts.hits, counts.misses, counts.refreshes, counts.errors),
                (hits, 1, refreshes, 1)
            );
            assert_eq!(face.values(&[5, 1, 2, 3, 4]), [50, 10, 20, 30, 40]);
            assert_eq!(log.take(), [[0_u32; 0]; 0]);
            assert!(!redis.exists::<_, bool>("CM:n:966").unwrap());
            assert_clean(&server);
        }
    }
}

#[test]
fn a_hundred_hits_are_one_round_trip_and_what_is_missing_takes_three() {
    for face in FACES {
        let (server, log) = (Server::start(), Log::default());
        let face = face(plain(&server), true, None, log.work());
        // It is connected, and knows the scripts.
        face.values(&[900]);
        let all: Vec<u32> = (0..100).collect();
        face.values(&all);
        let asked = calls(&server, "hget");
        assert_eq!(round_trips(&server, || drop(face.values(&all))), 1, "{}", face.name);
        assert_eq!(calls(&server, "hget") - asked, 100);
        let few: Vec<u32> = (200..210).collect();
        assert_eq!(round_trips(&server, || drop(face.values(&few))), 3, "{}: read, claim, store", face.name);
        let failing: Vec<u32> = (1200..1210).collect();
        let trips = round_trips(&server, || assert!((face.many)(&failing).iter().all(Result::is_err)));
        assert_eq!(trips, 3, "{}: read, claim, give back", face.name);
        assert_clean(&server);
    }
}

#[test]
fn a_script_is_sent_in_full_once_in_a_pipeline() {
    let scripts = |server: &Server| {
        let rejected = {
            let info: String = redis::cmd("INFO").arg("commandstats").query(&mut server.connect()).unwrap();
            let line =
                info.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:")).unwrap_or_default();
            let field = line.split(',').find_map(|it| it.strip_prefix("rejected_calls="));
            field.map_or(0, |number| number.parse::<u64>().unwrap())
        };
        [calls(server, "eval"), calls(server, "evalsha"), rejected]
    };
    for face in FACES {
        let (server, log) = (Server::start(), Log::default());
        let face = face(plain(&server), true, None, log.work());
        let mut next = 0;
        let mut expect = |counts: [u64; 3], why: &str| {
            let args: Vec<u32> = (next..next + 50).collect();
            next += 50;
            assert_eq!(face.values(&args), args.iter().map(|n| n * 10).collect::<Vec<_>>());
            assert_eq!(scripts(&server), counts, "{}: {why}", face.name);
        };
        let mut redis = server.connect();
        expect([2, 98, 0], "the server knows none");
        expect([2, 198, 0], "it knows both");
        redis::cmd("SCRIPT").arg("FLUSH").exec(&mut redis).unwrap();
        // 50 claims that it does not take, one of them in full, 49; a store in full, 49.
        expect([4, 346, 0], "it has lost them");
        redis::cmd("ACL").arg("SETUSER").arg("default").arg("-evalsha").exec(&mut redis).unwrap();
        expect([104, 346, 50], "a right is missing");
        expect([204, 346, 50], "and nobody asks for it again");
        assert_clean(&server);
    }
}

#[test]
fn a_failure_of_one_is_its_own_and_one_of_all_is_shared() {
    for face in FACES {
        let (server, log) = (Server::start(), Log::default());
        let side_by_side = face(plain(&server), false, None, log.work());
        let told = |called: Vec<Called>| -> Vec<Result<u32, u32>> {
            let one = |it: Called| it.map_err(|error| *error.function().expect("the function's error"));
            called.into_iter().map(one).collect()
        };
        assert_eq!(told((side_by_side.many)(&[1, 1001, 2, 1002])), [Ok(10), Err(1001), Ok(20), Err(1002)]);
        assert_eq!(log.take().len(), 4);
        assert_eq!((side_by_side.counts)().failed, 2);
        let together = face(plain(&server), true, None, log.work());
        assert_eq!(told((together.many)(&[1, 3, 1001, 2])), [Ok(10), Err(1001), Err(1001), Ok(20)]);
        assert_eq!(log.take(), [[3, 1001]]);
        assert_clean(&server);
        assert!(!server.connect().exists::<_, bool>("CM:n:3").unwrap());
    }
}

#[test]
fn a_key_of_another_type_is_its_own_trouble() {
    for face in FACES {
        let (server, log) = (Server::start(), Log::default());
        let face = face(plain(&server).on_error(OnError::Fail), true, None, log.work());
        let _: () = server.connect().set("CM:n:2", "no hash").unwrap();
        let called = (face.many)(&[1, 2, 3]);
        assert!(matches!(called[1], Err(CallError::Cache(_))), "{called:?}");
        assert_eq!([&called[0], &called[2]].map(|it| *it.as_ref().unwrap()), [10, 30]);
        assert_eq!(log.take(), [[1, 3]]);
        assert_clean(&server);
    }
}

#[test]
fn without_redis_it_computes_or_tells() {
    for face in FACES {
        let (mut server, log) = (Server::start(), Log::default());
        let patience = Duration::from_secs(3);
        let settings = plain(&server).timeouts(Timeouts { connect: patience, io: patience });
        let computes = face(settings.clone(), true, None, log.work());
        let tells = face(settings.on_error(OnError::Fail), true, None, log.work());
        computes.values(&[1]);
        tells.values(&[1]);
        server.stop();
        log.take();
        assert_eq!(computes.values(&[1, 2, 1]), [10, 20, 10]);
        assert_eq!(log.take(), [[1, 2]], "{}: at once, and each once", computes.name);
        let told = (tells.many)(&[1, 2, 1]);
        assert!(told.iter().all(|it| matches!(it, Err(CallError::Cache(_)))), "{told:?}");
        assert!(log.take().is_empty());
        server.restart();
        assert_eq!(tells.values(&[1, 2]), [10, 20]);
        assert_clean(&server);
    }
}

#[test]
fn what_keeps_all_from_the_cache_is_told_once() {
    let mut server = Server::start();
    let told = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&told);
    let settings = plain(&server);
    let cache = sync::Cache::open_with(settings, move |_| {
        count.fetch_add(1, SeqCst);
    });
    let get = cache.unwrap().memoize("t", |n: &u32| format!("n:{n}"), |n: &u32| *n).build();
    let args: Vec<u32> = (0..100).collect();
    server.stop();
    assert_eq!(get.get_many(&args), args);
    assert_eq!((told.load(SeqCst), get.counts().errors), (1, 100));
}

#[test]
fn a_panic_gives_back_all_that_was_taken() {
    for face in FACES {
        let server = Server::start();
        let panics = Arc::new(AtomicBool::new(true));
        for together in [true, false] {
            let (armed, runs) = (Arc::clone(&panics), Arc::new(AtomicUsize::new(0)));
            let count = Arc::clone(&runs);
            let work: Work = Arc::new(move |args| {
                count.fetch_add(1, SeqCst);
                assert!(!(armed.load(SeqCst) && args.contains(&7)), "told to panic");
                Ok(args.to_vec())
            });
            let face = face(plain(&server), together, None, work);
            panics.store(true, SeqCst);
            let args: Vec<u32> = (0..40).collect();
            let ended = catch_unwind(AssertUnwindSafe(|| (face.many)(&args)));
            let why = *ended.unwrap_err().downcast::<&str>().unwrap();
            assert_eq!(why, "told to panic", "{}", face.name);
            if face.name == "tasks" && !together {
                assert!(runs.load(SeqCst) < 20, "none begins behind it");
            }
            assert_eq!((face.counts)().failed, 40);
            wait_until("what was taken is given back", PATIENCE, || {
                !server.dump().contains_key(&b"CM:meta:leases"[..])
            });
            assert_clean(&server);
            assert!(!server.connect().exists::<_, bool>("CM:n:1").unwrap(), "nothing is stored");
            panics.store(false, SeqCst);
            assert_eq!(face.values(&args), args);
            redis::cmd("FLUSHALL").exec(&mut server.connect()).unwrap();
        }
    }
}

#[test]
fn another_number_of_values_is_a_bug_of_the_function() {
    for face in FACES {
        for several in [0, 2, 4] {
            let server = Server::start();
            let face = face(plain(&server), true, None, Arc::new(move |_| Ok(vec![1; several])));
            let ended = catch_unwind(AssertUnwindSafe(|| (face.many)(&[1, 2, 3])));
            let why = *ended.unwrap_err().downcast::<String>().unwrap();
            let said = format!("'many' returned {several} values for 3 arguments");
            assert!(why.starts_with(&said), "{}: {why}", face.name);
            wait_until("what was taken is given back", PATIENCE, || {
                !server.dump().contains_key(&b"CM:meta:leases"[..])
            });
            assert_clean(&server);
        }
    }
}

#[test]
fn what_another_process_computes_is_waited_for_behind_what_is_missing_here() {
    for face in FACES {
        let (server, log) = (Server::start(), Log::default());
        let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(AtomicBool::new(false)));
        let (begins, may) = (Arc::clone(&begun), Arc::clone(&go));
        let patient = plain(&server).retries(100_000, Duration::from_millis(2));
        let slow: Work = Arc::new(move |args| {
            begins.wait();
            while !may.load(SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(args.iter().map(|n| n * 10).collect())
        });
        let other = threads(patient.clone(), true, None, slow);
        let computed = log.clone();
        let work = log.work();
        // The other goes on once what is missing is computed here.
        let then: Work = Arc::new(move |args| {
            go.store(true, SeqCst);
            work(args)
        });
        let face = face(patient, true, None, then);
        std::thread::scope(|scope| {
            scope.spawn(|| other.values(&[2, 4]));
            begun.wait();
            assert_eq!(face.values(&[1, 2, 3, 4, 2]), [10, 20, 30, 40, 20]);
        });
        assert_eq!(computed.take(), [[1, 3]], "{}", face.name);
        assert_eq!((face.counts)().waits, 2);
        assert_clean(&server);
    }
}

#[test]
fn two_names_of_one_value_are_computed_once() {
    let server = Server::start();
    for retries in [0, 100] {
        let settings = plain(&server).retries(retries, Duration::from_millis(1));
        let runs = Runs::default();
        let count = runs.clone();
        let length = sync::Cache::open(settings)
            .unwrap()
            .memoize(
                "length",
                |key: &String| key.clone(),
                move |key: &String| {
                    count.up();
                    key.len()
                },
            )
            .build();
        let names = [format!("p{retries}>1>2"), format!("p{retries}>1>3")];
        let first = names[0].len();
        assert_eq!(length.get_many(&names), [first, first]);
        assert_eq!(runs.taken(), 1, "the other finds what is stored");
        assert_clean(&server);
    }
}

#[test]
fn those_that_call_the_same_in_opposite_orders_wait_for_each_other_and_compute_once() {
    for face in FACES {
        for processes in [1, 2] {
            let (server, runs) = (Server::start(), Arc::new(AtomicU32::new(0)));
            let count = Arc::clone(&runs);
            let work: Work = Arc::new(move |args| {
                count.fetch_add(args.len() as u32, SeqCst);
                Ok(args.to_vec())
            });
            let patient = plain(&server).retries(100_000, Duration::from_millis(1));
            let faces: Vec<Face> =
                (0..processes).map(|_| face(patient.clone(), true, None, Arc::clone(&work))).collect();
            let rounds = if processes == 1 { 1000 } else { 300 };
            let meet = Barrier::new(2);
            std::thread::scope(|scope| {
                for at in 0..2 {
                    let (face, meet) = (&faces[at % processes], &meet);
                    scope.spawn(move || {
                        for round in 0..rounds {
                            let mut args: Vec<u32> = (0..6).map(|n| 1000 + round * 6 + n).collect();
                            if at == 1 {
                                args.reverse();
                            }
                            meet.wait();
                            assert_eq!(face.values(&args), args);
                        }
                    });
                }
            });
            assert_eq!(runs.load(SeqCst), rounds * 6, "{} of {processes} processes", faces[0].name);
            assert_clean(&server);
        }
    }
}

#[test]
fn a_function_that_asks_for_a_key_of_the_same_call_computes_it_without_the_cache() {
    let server = Server::start();
    type Own = Arc<std::sync::OnceLock<sync::Memoized<u32, u32>>>;
    for together in [true, false] {
        let (own, depth) = (Own::default(), Arc::new(AtomicU32::new(0)));
        let asks = Arc::clone(&own);
        // Each needs the next one, which the same call leads; the last needs the first.
        let function = move |n: &u32| {
            if depth.fetch_add(1, SeqCst) > 50 {
                return 1;
            }
            asks.get().map_or(0, |own| own.call(&((n + 1) % 4)).unwrap().min(1))
        };
        let one = Arc::new(function);
        let all = Arc::clone(&one);
        let builder = sync::Cache::open(plain(&server)).unwrap().memoize(
            &format!("ring{together}"),
            move |n: &u32| format!("ring{together}:{n}"),
            move |n: &u32| one(n),
        );
        let builder = match together {
            true => builder.compute_many(move |args: &[&u32]| args.iter().map(|n| all(n)).collect()),
            false => builder,
        };
        let get = builder.build();
        let _ = own.set(get.clone());
        assert_eq!(get.get_many(&[0, 1, 2, 3]), [1; 4]);
        assert_clean(&server);
    }

    type OwnTask = Arc<std::sync::OnceLock<future::Memoized<u32, u32>>>;
    let (own, depth) = (OwnTask::default(), Arc::new(AtomicU32::new(0)));
    let asks = Arc::clone(&own);
    let function = move |n: u32| {
        let (asks, deep) = (Arc::clone(&asks), depth.fetch_add(1, SeqCst) > 50);
        let answer: std::pin::Pin<Box<dyn Future<Output = u32> + Send>> = Box::pin(async move {
            match asks.get().filter(|_| !deep) {
                Some(own) => own.call(&((n + 1) % 4)).await.unwrap(),
                None => 1,
            }
        });
        answer
    };
    let cache = future::Cache::open(plain(&server)).unwrap();
    let get = cache.memoize("task", |n: &u32| format!("task:{n}"), function).build();
    let _ = own.set(get.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(get.get_many(&[0, 1, 2, 3])), [1; 4]);
    assert_clean(&server);
}

#[test]
fn no_more_run_side_by_side_than_it_is_told() {
    let server = Server::start();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let enter = |now: &AtomicUsize, most: &AtomicUsize| {
        most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
    };
    let (inside, seen) = (Arc::clone(&now), Arc::clone(&most));
    let get = sync::Cache::open(plain(&server))
        .unwrap()
        .memoize(
            "threads",
            |n: &u32| format!("t:{n}"),
            move |n: &u32| {
                enter(&inside, &seen);
                std::thread::sleep(Duration::from_millis(2));
                inside.fetch_sub(1, SeqCst);
                *n
            },
        )
        .concurrency(3)
        .build();
    let args: Vec<u32> = (0..30).collect();
    assert_eq!(get.get_many(&args), args);
    assert!((1..=3).contains(&most.swap(0, SeqCst)));

    let (inside, seen) = (Arc::clone(&now), Arc::clone(&most));
    let get = future::Cache::open(plain(&server))
        .unwrap()
        .memoize(
            "tasks",
            |n: &u32| format!("a:{n}"),
            move |n: u32| {
                let (inside, seen) = (Arc::clone(&inside), Arc::clone(&seen));
                async move {
                    enter(&inside, &seen);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    inside.fetch_sub(1, SeqCst);
                    n
                }
            },
        )
        .concurrency(3)
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(get.get_many(&args)), args);
    assert_eq!(most.load(SeqCst), 3, "as many as it is told are under way at a time");
}

#[test]
fn a_list_of_a_hundred_thousand_goes_a_thousand_at_a_time() {
    for face in FACES {
        let (server, log) = (Server::start(), Log::default());
        let work = log.clone();
        let face = face(
            plain(&server),
            true,
            None,
            Arc::new(move |args| {
                work.0.lock().unwrap().push(args.to_vec());
                Ok(args.to_vec())
            }),
        );
        let thousands = if face.name == "threads" { 100 } else { 10 };
        let args: Vec<u32> = (10_000..10_000 + thousands * 1000).collect();
        assert_eq!(face.values(&args), args);
        let batches = log.take();
        assert!(batches.iter().all(|batch| batch.len() == 1000) && batches.len() == thousands as usize);
        assert_clean(&server);
    }
}

#[test]
fn in_a_cluster_it_is_the_same() {
    for face in FACES {
        let (cluster, log) = (Cluster::start(), Log::default());
        let settings = Settings::new().target(cluster.target()).prefix("{CM}:").record(false);
        let patience = Timeouts { connect: PATIENCE, io: PATIENCE };
        let face = face(settings.timeouts(patience).on_error(OnError::Fail), true, None, log.work());
        let args: Vec<u32> = (0..50).collect();
        let values: Vec<u32> = args.iter().map(|n| n * 10).collect();
        for computed in [vec![args.clone()], Vec::new()] {
            assert_eq!(face.values(&args), values, "{}", face.name);
            assert_eq!(log.take(), computed, "{}", face.name);
        }
    }
}

#[test]
fn many_with_what_borrows() {
    let server = Server::start();
    let names = ["Emma".to_owned(), "Ulysses".to_owned(), "Faust".to_owned()];
    let cache = sync::Cache::open(plain(&server)).unwrap();
    let title = cache.try_keyed::<usize, String, &str>("title", |id| format!("Book:{id}>title")).build();
    title.put(&0, "Emma".to_owned()).unwrap();
    let called = title.try_call_many_with(&[2, 0, 1, 2], |ids| {
        assert_eq!(ids, [&2, &1]);
        Ok(ids.iter().map(|id| names[**id].clone()).collect())
    });
    let called: Vec<_> = called.into_iter().map(Result::unwrap).collect();
    assert_eq!(called, ["Faust", "Emma", "Ulysses", "Faust"]);
    let called = title.try_call_many_with(&[0, 8, 9], |_| Err("no such book"));
    assert_eq!(called.iter().map(|it| it.as_ref().ok()).collect::<Vec<_>>(), [Some(&names[0]), None, None]);
    assert_clean(&server);
}

#[test]
fn callbacks_are_called_once_a_key() {
    let server = Server::start();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let seen = Arc::clone(&seen);
        move |key: &str, args: &u32| seen.lock().unwrap().push(format!("{what} {key} {args}"))
    };
    let (hit, miss, refresh) = (note("hit"), note("miss"), note("refresh"));
    let get = sync::Cache::open(plain(&server))
        .unwrap()
        .memoize("t", |n: &u32| format!("n:{n}"), |n: &u32| *n)
        .on_hit(move |key, _, args| hit(key, args))
        .on_miss(miss)
        .on_refresh(refresh)
        .build();
    get.call(&1).unwrap();
    get.call(&2).unwrap();
    get.invalidate(&2).unwrap();
    seen.lock().unwrap().clear();
    get.get_many(&[1, 2, 3, 1, 2, 3]);
    let seen: BTreeSet<_> = seen.lock().unwrap().drain(..).collect();
    let expected = ["hit CM:n:1 1", "miss CM:n:3 3", "refresh CM:n:2 2"];
    assert_eq!(seen, expected.map(str::to_owned).into());
}

fn owner(book: u64) -> Value {
    json!({"id": book + 100, "name": format!("Owner {}", book + 100)})
}

#[test]
fn beside_a_python_worker() {
    for lib in LIBS {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        let get = cache(lib, &server)
            .memoize("get_owner", |book: &u64| format!("Book:{book}>owner"), |book: &u64| owner(*book))
            .compute_many(move |books: &[&u64]| {
                seen.lock().unwrap().extend(books.iter().map(|book| **book));
                books.iter().map(|book| owner(**book)).collect()
            })
            .invalid_keys(|_, owner| [format!("User:{}", owner["id"])])
            .build();
        let computed = || std::mem::take(&mut *log.lock().unwrap());
        let books: Vec<u64> = (1..=6).collect();
        let owners: Vec<Value> = books.iter().map(|book| owner(*book)).collect();
        for book in [2, 5] {
            assert_eq!(python.value("get_owner", json!([book])), owner(book));
        }
        assert_eq!(get.get_many(&books), owners);
        assert_eq!(computed(), [1, 3, 4, 6], "{lib:?}: what Python stored is a hit");
        for book in &books {
            let answer = python.call("get_owner", json!([book]));
            assert_eq!(
                (&answer["result"], &answer["runs"]),
                (&owner(*book), &json!(0)),
                "{lib:?}: and the other way"
            );
        }
        python.invalidate(json!({"key": "Book:3>owner"}));
        python.invalidate(json!({"invalid_key": "User:106"}));
        assert_eq!(get.get_many(&books), owners);
        assert_eq!(computed(), [3, 6], "{lib:?}: what Python marked is recomputed");
        assert_eq!(get.get_many(&books), owners);
        assert_eq!(computed(), [0_u64; 0]);
        assert_clean(&server);
    }
}

#[test]
fn what_is_in_progress_in_a_python_worker_is_waited_for() {
    let server = Server::start();
    let mut python = Worker::spawn(Lib::V011, &server);
    python.hold("2");
    let settings = settings(Lib::V011, &server).retries(100_000, Duration::from_millis(1));
    let log = Arc::new(Mutex::new(Vec::new()));
    let (seen, begun) = (Arc::clone(&log), Arc::new(AtomicBool::new(false)));
    let computes = Arc::clone(&begun);
    let held = sync::Cache::open(settings)
        .unwrap()
        .memoize("held", |id: &String| format!("held:{id}>it"), |id: &String| json!(id))
        .compute_many(move |ids: &[&String]| {
            seen.lock().unwrap().extend(ids.iter().map(|id| (*id).clone()));
            computes.store(true, SeqCst);
            ids.iter().map(|id| json!(id)).collect()
        })
        .build();
    std::thread::scope(|scope| {
        let called = scope.spawn(|| held.get_many(&["1", "2", "3"].map(str::to_owned)));
        wait_until("what is missing is computed", PATIENCE, || begun.load(SeqCst));
        python.resume(json!("by Python"));
        assert_eq!(called.join().unwrap(), [json!("1"), json!("by Python"), json!("3")]);
    });
    assert_eq!(*log.lock().unwrap(), ["1", "3"]);
    assert_clean(&server);
}

/// Holds the call at each of its commands, drops it there, and lets the commands go on.
#[test]
fn cancelled_at_any_command_it_gives_back_all_it_took() {
    for at in 0.. {
        let server = Server::start();
        let gate = Gate::<()>::new(&server);
        let cache = future::Cache::open(plain(&server).url(gate.url())).unwrap();
        let version = Arc::new(AtomicU32::new(1));
        let data = Arc::clone(&version);
        let get = cache
            .memoize(
                "get",
                |n: &u32| format!("n:{n}"),
                move |_: u32| {
                    let version = data.load(SeqCst);
                    async move { version }
                },
            )
            .build();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            get.get_many(&[1, 2, 9]).await;
            get.invalidate(&1).await.unwrap();
            get.remove(&2).await.unwrap();
        });
        version.store(2, SeqCst);
        gate.close();
        let (call, end) = (get.clone(), gate.end());
        let task = runtime.spawn(async move {
            let values = call.get_many(&[1, 2, 3, 9]).await;
            let _ = end.send(Event::Ended(()));
            values
        });
        let mut ended = false;
        for _ in 0..=at {
            match gate.event() {
                Event::Waits(_) => gate.pass(),
                Event::Ended(()) => {
                    ended = true;
                    break;
                }
            }
        }
        task.abort();
        let _ = runtime.block_on(task);
        gate.open();
        wait_until("all that was taken is given back", PATIENCE, || {
            let content = server.dump();
            [&b"CM:meta:leases"[..], b"CM:meta:progress"].iter().all(|set| !content.contains_key(*set))
        });
        assert_eq!(runtime.block_on(get.get_many(&[1, 2, 3, 9])), [2, 2, 2, 1], "held at command {at}");
        if ended {
            assert!(at > 10, "it was held at each: {at}");
            return;
        }
    }
}

/// Drops the call after a random while, many times over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_at_any_time_it_loses_no_invalidation() {
    let server = Server::start();
    let cache = future::Cache::open(plain(&server)).unwrap();
    let version = Arc::new(AtomicU32::new(0));
    let read = Arc::clone(&version);
    let get = cache
        .memoize("get", |n: &u32| format!("n:{n}"), |_: u32| async { unreachable!() })
        .compute_many(move |args: Vec<u32>| {
            let now = read.load(SeqCst);
            async move {
                tokio::time::sleep(Duration::from_micros(300)).await;
                vec![now; args.len()]
            }
        })
        .build();
    let args = [1, 2, 3, 4];
    let mut delay = 1_u64;
    for round in 1..=300 {
        version.store(round, SeqCst);
        cache.invalidate(&Invalidate::tag("get")).await.unwrap();
        for n in args {
            get.invalidate(&n).await.unwrap();
        }
        for _ in 0..3 {
            delay = delay.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let _ = tokio::time::timeout(Duration::from_micros(delay % 2_500), get.call_many(&args)).await;
        }
        for attempt in 0.. {
            if get.get_many(&args).await == [round; 4] {
                break;
            }
            assert!(attempt < 500, "the invalidation of round {round} was lost");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    cache.flush().await.unwrap();
    assert_clean(&server);
}

#[test]
fn calls_of_one_and_of_many_share_a_computation() {
    for face in FACES {
        let (server, log) = (Server::start(), Log::default());
        let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (begins, goes, work) = (Arc::clone(&begun), Arc::clone(&go), log.work());
        let first = AtomicBool::new(true);
        let slow: Work = Arc::new(move |args| {
            if first.swap(false, SeqCst) {
                begins.wait();
                goes.wait();
            }
            work(args)
        });
        let face = &face(plain(&server), true, None, slow);
        std::thread::scope(|scope| {
            let many = scope.spawn(|| face.values(&[1, 2]));
            begun.wait();
            let asked = calls(&server, "hget");
            let one = scope.spawn(|| (face.one)(2).unwrap());
            let others = scope.spawn(|| face.values(&[2, 3, 1]));
            wait_until("the others have read, and computed what is missing", PATIENCE, || {
                calls(&server, "hget") >= asked + 4 && server.connect().exists::<_, bool>("CM:n:3").unwrap()
            });
            go.wait();
            assert_eq!((many.join().unwrap(), one.join().unwrap()), (vec![10, 20], 20));
            assert_eq!(others.join().unwrap(), [20, 30, 10]);
        });
        assert_eq!(log.take(), [vec![3], vec![1, 2]], "{}", face.name);
        assert_clean(&server);
    }
}
