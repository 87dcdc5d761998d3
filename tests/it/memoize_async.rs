//! The async face: the same promises, and cancelling at any await.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use cacheme::client::Timeouts;
use cacheme::memoize::{CallError, Invalidate, OnError, Settings, future::Cache};
use cacheme::namespace::{Layout, Namespace};
use redis::Commands;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::gc_safety::calls;
use crate::memoize_forked::made;
use crate::support::gate::{Event, Gate};
use crate::support::python::Lib;
use crate::support::relay::{Fault, Relay};
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

fn settings(server: &Server) -> Settings {
    server.settings().layout(Layout::Meta)
}

fn cache(server: &Server) -> Cache {
    Cache::open_with(settings(server), |error| panic!("Redis: {error}")).unwrap()
}

/// Nothing is left that a call takes for its own use.
fn assert_clean(server: &Server) {
    let content = server.dump();
    let ns = Namespace::new("CM:", Layout::Both).unwrap();
    for name in ns.progress_sets().into_iter().chain([ns.leases()]) {
        assert!(!content.contains_key(&name), "{} is left", name.escape_ascii());
    }
}

async fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

/// A failure is what it was before the change, too.
#[tokio::test]
async fn a_task_after_an_invalidation_takes_no_result_of_one_before_it() {
    for (fails, stored) in [(false, false), (true, false), (false, true), (true, true)] {
        let server = Server::start();
        let cache = cache(&server);
        let (go, runs) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU32::new(0)));
        let (permits, count) = (Arc::clone(&go), Arc::clone(&runs));
        let is_old = u32::from(stored);
        let get = cache
            .try_memoize(
                "t",
                |n: &u32| format!("n:{n}"),
                move |_: u32| {
                    let (run, permits) = (count.fetch_add(1, Relaxed), Arc::clone(&permits));
                    async move {
                        permits.acquire().await.unwrap().forget();
                        if fails && run == is_old { Err(run) } else { Ok(run) }
                    }
                },
            )
            .stale(false)
            .build();
        if stored {
            go.add_permits(1);
            assert_eq!(get.call(&1).await.unwrap(), 0);
            cache.invalidate(&Invalidate::key("n:1")).await.unwrap();
        }
        let call = || {
            tokio::spawn({
                let get = get.clone();
                async move { get.call(&1).await }
            })
        };
        let before = call();
        eventually("it computes", || runs.load(Relaxed) == is_old + 1).await;
        let asked = calls(&server, "hget");
        let sharer = call();
        eventually("it has read", || calls(&server, "hget") > asked).await;
        cache.invalidate(&Invalidate::key("n:1")).await.unwrap();
        let after = call();
        eventually("it has read", || calls(&server, "hget") > asked + 1).await;
        // That it waits by now cannot be seen from outside; where it does not, it computes all the same.
        tokio::task::yield_now().await;
        go.add_permits(2);
        assert_eq!(after.await.unwrap().unwrap(), is_old + 1);
        let old = [before.await.unwrap(), sharer.await.unwrap()].map(|it| match it {
            Ok(value) => Ok(value),
            Err(CallError::Function(error)) => Err(*error),
            Err(error) => panic!("{error}"),
        });
        assert_eq!(old, [if fails { Err(is_old) } else { Ok(is_old) }; 2], "who shares began before, too");
        assert_clean(&server);
    }
}

/// What a memoized function of these tests calls: itself, once it is there.
type Own = Arc<std::sync::OnceLock<cacheme::memoize::future::Memoized<u32, u32>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_need_each_other_wait_for_nobody() {
    let server = Server::start();
    let cache = cache(&server);
    for round in 0..200 {
        let (own, runs) = (Own::default(), Arc::new(AtomicU32::new(0)));
        let (meet, others) = (Arc::new(tokio::sync::Barrier::new(2)), Arc::clone(&own));
        let get = cache.memoize(
            "ring",
            move |n: &u32| format!("ring:{round}:{n}"),
            move |n: u32| {
                let (meet, others, first) = (meet.clone(), others.clone(), runs.fetch_add(1, Relaxed) < 2);
                async move {
                    if !first {
                        return 0;
                    }
                    meet.wait().await;
                    others.get().unwrap().call(&(1 - n)).await.unwrap() + 1
                }
            },
        );
        let get = own.get_or_init(|| get.build());
        // In one task in every second round: what tells the calls apart is not the task.
        let calls = async { tokio::join!(get.call(&0), get.call(&1)) };
        let calls = async {
            if round % 2 == 0 {
                return calls.await;
            }
            let spawn = |n| {
                let get = get.clone();
                async move { tokio::spawn(async move { get.call(n).await }).await.unwrap() }
            };
            tokio::join!(spawn(&0), spawn(&1))
        };
        let (one, two) = tokio::time::timeout(Duration::from_secs(60), calls).await.expect("it ends");
        let mut both = [one.unwrap(), two.unwrap()];
        both.sort_unstable();
        assert_eq!(both, [1, 2], "round {round}");
    }
    assert_clean(&server);
}

#[tokio::test]
async fn a_function_that_calls_itself_and_calls_that_share_in_one_task() {
    let server = Server::start();
    let cache = cache(&server);
    let (own, runs) = (Own::default(), Arc::new(AtomicU32::new(0)));
    let (again, count) = (Arc::clone(&own), Arc::clone(&runs));
    let get = cache.memoize(
        "own",
        |n: &u32| format!("own:{n}"),
        move |n: u32| {
            let (again, first) = (again.clone(), count.fetch_add(1, Relaxed) == 0);
            async move {
                tokio::task::yield_now().await;
                if first { again.get().unwrap().call(&n).await.unwrap() + 1 } else { 1 }
            }
        },
    );
    let get = own.get_or_init(|| get.build());
    let calls = async { tokio::join!(get.call(&1), get.call(&1), get.call(&1)) };
    let (one, two, three) = tokio::time::timeout(Duration::from_secs(60), calls).await.expect("it ends");
    assert_eq!([one.unwrap(), two.unwrap(), three.unwrap()], [2, 2, 2]);
    assert_eq!(runs.load(Relaxed), 2, "one computes, one within it, the others share");
    assert_clean(&server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_shares_with_python_as_the_sync_face_does() {
    let server = Server::start();
    let mut python = Worker::spawn(Lib::V011, &server);
    let cache = cache(&server);
    let get_owner = cache
        .memoize(
            "get_owner",
            |book: &u64| format!("Book:{book}>owner"),
            |book: u64| async move { json!({"id": book + 100, "name": format!("Owner {}", book + 100)}) },
        )
        .invalid_keys(|_, owner| [format!("User:{}", owner["id"])])
        .build();
    python.value("get_owner", json!([100]));
    assert_eq!(get_owner.call(&100).await.unwrap()["id"], 200);
    assert_eq!((get_owner.counts().hits, get_owner.counts().misses), (1, 0));
    get_owner.call(&101).await.unwrap();
    assert_eq!(python.call("get_owner", json!([101]))["runs"], 0);
    cache.invalidate(&Invalidate::invalid_key("User:201")).await.unwrap();
    assert_eq!(python.call("get_owner", json!([101]))["runs"], 1);
    python.invalidate(json!({"key": "Book:100>owner"}));
    get_owner.call(&100).await.unwrap();
    assert_eq!(get_owner.counts().refreshes, 1);
    assert_eq!(cache.tag("get_owner").keys().await.unwrap().len(), 2);
    cache.tag("get_owner").invalidate_all().await.unwrap();
    get_owner.call(&100).await.unwrap();
    assert_eq!(get_owner.counts().refreshes, 2);
    assert_clean(&server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_want_one_key_share_one_computation() {
    let server = Server::start();
    let cache = cache(&server);
    let asked = Arc::new(AtomicU32::new(0));
    let asking = Arc::clone(&asked);
    let slow = cache
        .try_memoize(
            "slow",
            move |id: &u32| {
                asking.fetch_add(1, Relaxed);
                format!("slow:{id}")
            },
            move |id: u32| {
                let asked = Arc::clone(&asked);
                async move {
                    eventually("all ask", || asked.load(Relaxed) >= 64).await;
                    // From there it is a step to the others who wait.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    if id == 0 { Err("told to fail") } else { Ok(id) }
                }
            },
        )
        .build();
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            tokio::spawn({
                let slow = slow.clone();
                async move { slow.call(&(1 - n % 2)).await }
            })
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(value) => assert_eq!((value, n % 2), (1, 0)),
            Err(CallError::Function(error)) => assert_eq!((*error, n % 2), ("told to fail", 1)),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(slow.counts().misses, 2, "one run for each key");
    assert_clean(&server);
}

/// Lets a call go on for a random while, then drops it, many times over, while others go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_at_any_await_loses_nothing() {
    for stale in [true, false] {
        let server = Server::start();
        let cache = cache(&server);
        let version = Arc::new(AtomicU32::new(0));
        let read = Arc::clone(&version);
        let get = cache
            .memoize(
                "get",
                |(): &()| "one>it".to_owned(),
                move |(): ()| {
                    let now = read.load(Relaxed);
                    async move {
                        tokio::time::sleep(Duration::from_micros(300)).await;
                        now
                    }
                },
            )
            .stale(stale)
            .build();
        let mut delay = 1_u64;
        for round in 1..=300 {
            version.store(round, Relaxed);
            cache.invalidate(&Invalidate::key("one>it")).await.unwrap();
            for _ in 0..3 {
                delay = delay.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let _ = tokio::time::timeout(Duration::from_micros(delay % 2_500), get.call(&())).await;
            }
            if round % 20 == 0 {
                // What was cancelled gives back in its own time; then everybody sees the newest.
                for attempt in 0.. {
                    if get.call(&()).await.unwrap() == round {
                        break;
                    }
                    assert!(attempt < 500, "the invalidation of round {round} was lost");
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
        }
        eventually("leases and progress are gone", || {
            let content = server.dump();
            !content.contains_key(&b"CM:meta:leases"[..]) && !content.contains_key(&b"CM:meta:progress"[..])
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_cancelled_or_panicking_task_computes_anew() {
    let server = Server::start();
    let cache = cache(&server);
    let (gate, runs) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU32::new(0)));
    let (passing, counting) = (Arc::clone(&gate), Arc::clone(&runs));
    let get = cache
        .memoize(
            "get",
            |(): &()| "key".to_owned(),
            move |(): ()| {
                let (gate, run) = (Arc::clone(&passing), counting.fetch_add(1, Relaxed));
                async move {
                    gate.acquire().await.unwrap().forget();
                    assert!(run != 1, "told to panic");
                    run
                }
            },
        )
        .build();
    let call = || {
        tokio::spawn({
            let get = get.clone();
            async move { get.call(&()).await.unwrap() }
        })
    };
    let first = call();
    eventually("the first computes", || runs.load(Relaxed) == 1).await;
    let others = [call(), call()];
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(runs.load(Relaxed), 1, "the others wait");
    first.abort();
    eventually("one of the others computes", || runs.load(Relaxed) == 2).await;
    gate.add_permits(2);
    let mut ends = Vec::new();
    for other in others {
        ends.push(other.await.ok());
    }
    ends.sort();
    assert_eq!(ends, [None, Some(2)], "the second panicked, the third computed");
    eventually("all is given back", || !server.dump().contains_key(&b"CM:meta:leases"[..])).await;
    assert_clean(&server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_it_computes_or_tells_and_finds_redis_again() {
    let mut server = Server::start();
    let errors = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&errors);
    // Who is frozen is given up after this time; who is at work answers in it on any machine.
    let short = Timeouts { connect: Duration::from_secs(3), io: Duration::from_secs(3) };
    let told = settings(&server).timeouts(short);
    let open = |settings| {
        let seen = Arc::clone(&seen);
        Cache::open_with(settings, move |_| {
            seen.fetch_add(1, Relaxed);
        })
        .unwrap()
    };
    let double = |cache: &Cache| {
        cache.memoize("double", |n: &u32| format!("n:{n}"), |n: u32| async move { n * 2 }).build()
    };
    let computes = double(&open(told.clone()));
    let tells = double(&open(told.on_error(OnError::Fail)));
    assert_eq!((computes.call(&1).await.unwrap(), tells.call(&1).await.unwrap()), (2, 2));
    server.signal("STOP");
    assert_eq!(computes.call(&1).await.unwrap(), 2);
    assert!(matches!(tells.call(&1).await, Err(CallError::Cache(cacheme::Error::Timeout { .. }))));
    server.signal("CONT");
    server.stop();
    assert_eq!(computes.call(&1).await.unwrap(), 2);
    assert!(matches!(tells.call(&1).await, Err(CallError::Cache(_))));
    assert!(errors.load(Relaxed) >= 2);
    server.restart();
    assert_eq!(tells.call(&1).await.unwrap(), 2);
    computes.call(&1).await.unwrap();
    assert_eq!(computes.counts().hits, 1, "it came back");
    let members: Vec<String> = server.connect().smembers("CM:double").unwrap();
    assert_eq!(members, ["CM:n:1"]);
}

#[tokio::test]
async fn who_waited_for_a_connection_learns_why_there_is_none() {
    let server = Server::builder().password("secret").start();
    let relay = Relay::before(&server, |_| Some(Fault::Held));
    let login = relay.url().replace("redis://", "redis://:wrong@");
    for (url, why) in [(login, "Connect"), ("redis+sentinel://127.0.0.1:1/books/0".to_owned(), "NoPrimary")] {
        let cache =
            Cache::open(Settings::new().url(url).layout(Layout::Meta).on_error(OnError::Fail)).unwrap();
        let double =
            cache.memoize("double", |n: &u32| format!("n:{n}"), |n: u32| async move { n * 2 }).build();
        // In this order: one connects, the other waits for it, and then comes the answer.
        let (one, two, ()) = tokio::join!(double.call(&1), double.call(&2), async { relay.release() });
        let said = [one, two].map(|call| format!("{:?}", call.unwrap_err()));
        assert_eq!(said[0], said[1]);
        assert!(said[0].starts_with(&format!("Cache({why} ")), "{}", said[0]);
    }
}

#[tokio::test]
async fn one_task_looks_for_the_layout_and_who_waited_learns_why_it_is_not_known() {
    let server = Server::builder().password("secret").start();
    let relay = Relay::before(&server, |_| Some(Fault::Held));
    let login = relay.url().replace("redis://", "redis://:wrong@");
    let cache = Cache::open(Settings::new().url(login).on_error(OnError::Fail)).unwrap();
    let double = cache.memoize("double", |n: &u32| format!("n:{n}"), |n: u32| async move { n * 2 }).build();
    let before = made(&server);
    // In this order: one looks, the others wait for it, and then comes the answer.
    let (one, two, three, ()) =
        tokio::join!(double.call(&1), double.call(&2), double.call(&2), async { relay.release() });
    for call in [one, two, three] {
        assert!(matches!(call, Err(CallError::Cache(cacheme::Error::Server { .. }))), "{call:?}");
    }
    assert_eq!(made(&server), before + 2, "one to look, and the one that asks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_counted_is_recorded_on_demand_and_at_the_end() {
    let server = Server::start();
    let cache = Cache::open(settings(&server).record_interval(Duration::from_secs(3600))).unwrap();
    let double = cache.memoize("double", |n: &u32| format!("n:{n}"), |n: u32| async move { n * 2 }).build();
    double.call(&1).await.unwrap();
    let recorded = |what: &str| -> Option<u64> { server.connect().hget("CM:meta:stats", what).unwrap() };
    assert_eq!(recorded("double:misses"), None, "no call sends anything more");
    cache.flush().await.unwrap();
    assert_eq!(recorded("double:misses"), Some(1));
    let calls: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let double = double.clone();
                async move { double.call(&1).await.unwrap() }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    drop(cache);
    tokio::task::spawn_blocking(move || drop(double)).await.unwrap();
    assert_eq!((recorded("double:hits"), recorded("double:misses")), (Some(50), Some(1)));
}

#[test]
fn whoever_waits_begins_again_once_the_claim_of_a_cancelled_task_is_given_back() {
    let server = Server::start();
    let gate = Gate::<()>::new(&server);
    let cache = Cache::open(settings(&server).url(gate.url()).record(false)).unwrap();
    let get = cache.memoize("get", |n: &u64| format!("n:{n}"), |n: u64| async move { n }).build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(get.call(&99)).unwrap();
    gate.close();
    let (cancel, cancelled) = tokio::sync::oneshot::channel();
    let (gone, is_gone) = std::sync::mpsc::channel();
    let run = std::thread::spawn(move || {
        runtime.block_on(async {
            let [leader, other] = [(); 2].map(|()| {
                let get = get.clone();
                tokio::spawn(async move { get.call(&1).await.unwrap() })
            });
            cancelled.await.unwrap();
            leader.abort();
            assert!(leader.await.unwrap_err().is_cancelled());
            // Whoever was woken by it has his turn.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            gone.send(()).unwrap();
            other.await.unwrap()
        })
    });
    let is_script = |words: &[String]| words[0].starts_with("EVAL");
    gate.hold_at(is_script);
    cancel.send(()).unwrap();
    is_gone.recv().unwrap();
    gate.pass();
    let Event::Waits(next) = gate.event() else { panic!("it ended") };
    assert!(is_script(&next), "somebody looks before the claim was given back: {next:?}");
    gate.open();
    assert_eq!(run.join().unwrap(), 1);
    assert_clean(&server);
}

fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Calls on a runtime of its own, which is driven.
#[track_caller]
fn comes_back(call: impl Future<Output = Result<u64, CallError>>) {
    let patience = Duration::from_secs(60);
    let value = current_thread().block_on(async { tokio::time::timeout(patience, call).await });
    assert_eq!(value.expect("a value, at some time").unwrap(), 1);
}

#[test]
fn a_cancelled_call_on_a_runtime_that_nobody_drives_holds_nobody_up() {
    let timeouts = Timeouts { connect: Duration::from_millis(500), io: Duration::from_millis(500) };
    for at_claim in [false, true] {
        let server = Server::start();
        let gate = Gate::<()>::new(&server);
        let settings = settings(&server).url(gate.url()).record(false).timeouts(timeouts);
        let cache = Cache::open(settings).unwrap();
        let (runs, computing) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
        let (counted, begun) = (Arc::clone(&runs), Arc::clone(&computing));
        let get = cache.memoize(
            "get",
            |n: &u64| format!("n:{n}"),
            move |n: u64| {
                let is_first = counted.fetch_add(1, Relaxed) == 0 && !at_claim;
                begun.add_permits(1);
                async move { if is_first { std::future::pending().await } else { n } }
            },
        );
        let get = get.build();
        let theirs = get.clone();
        if at_claim {
            gate.close();
        }
        let (cancel, cancelled) = tokio::sync::oneshot::channel::<()>();
        let run = std::thread::spawn(move || {
            let runtime = current_thread();
            runtime.block_on(async {
                tokio::select! {
                    _ = theirs.call(&1) => panic!("it has no value yet"),
                    _ = cancelled => (),
                }
            });
            runtime
        });
        if at_claim {
            gate.hold_at(|words| words[0].starts_with("EVAL"));
        } else {
            drop(current_thread().block_on(computing.acquire()).unwrap());
        }
        cancel.send(()).unwrap();
        let runtime = run.join().unwrap();
        gate.open();
        comes_back(get.call(&1));
        drop(runtime);
    }
}

#[test]
fn a_runtime_that_nobody_drives_any_more_while_it_connects_holds_nobody_up() {
    let server = Server::builder().password("secret").start();
    let relay = Relay::before(&server, |_| None);
    let timeouts = Timeouts { connect: Duration::from_secs(2), io: Duration::from_millis(500) };
    let url = relay.url().replace("redis://", "redis://:secret@");
    let settings = Settings::new().url(url).layout(Layout::Meta).record(false).timeouts(timeouts);
    let cache = Cache::open(settings).unwrap();
    let get = cache.memoize("get", |n: &u64| format!("n:{n}"), |n: u64| async move { n.min(1) }).build();
    let theirs = get.clone();
    let runtime = current_thread();
    runtime.block_on(get.call(&1)).unwrap();
    // The claim is a task of its own: it loses its connection, and is at the next one when the call ends.
    relay.now(|asked| match asked.is("EVAL") {
        true => Some(Fault::CutBefore),
        false => asked.is("AUTH").then_some(Fault::Held),
    });
    let (cancel, cancelled) = tokio::sync::oneshot::channel::<()>();
    let run = std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = theirs.call(&2) => panic!("it has no value yet"),
                _ = cancelled => (),
            }
        });
        runtime
    });
    wait_until("it connects", Duration::from_secs(60), || relay.faults() == 2);
    cancel.send(()).unwrap();
    let runtime = run.join().unwrap();
    comes_back(get.call(&3));
    drop(runtime);
}

#[tokio::test]
async fn who_flushes_waits_for_the_claim_of_a_call_that_was_cancelled() {
    let server = Server::start();
    let relay = Relay::before(&server, |_| None);
    let cache = Cache::open(settings(&server).url(relay.url()).record(false)).unwrap();
    let get = cache.memoize("get", |n: &u64| format!("n:{n}"), |n: u64| async move { n }).build();
    let mut it = server.connect();
    relay.now(|asked| asked.is("EVAL").then_some(Fault::Held));
    let call = tokio::spawn({
        let get = get.clone();
        async move { get.call(&1).await }
    });
    eventually("it is claimed", || it.zcard::<_, u32>("CM:meta:leases").unwrap() == 1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    // What gives it back comes late.
    relay.now(|asked| asked.is("EVAL").then_some(Fault::Late(Duration::from_millis(300))));
    let mut flush = std::pin::pin!(cache.flush());
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut flush).await.is_err(), "it waits");
    relay.release();
    flush.await.unwrap();
    assert_clean(&server);
}

/// A cache that records nothing, and the failures it reports.
fn telling(settings: Settings) -> (Cache, std::sync::mpsc::Receiver<String>) {
    let (tell, told) = std::sync::mpsc::channel();
    let told_of = move |error: &cacheme::Error| tell.send(error.to_string()).unwrap();
    (Cache::open_with(settings.record(false), told_of).unwrap(), told)
}

/// Polls a call until `reached`, and no more.
async fn hung<F: Future>(mut call: std::pin::Pin<&mut F>, mut reached: impl FnMut() -> bool) {
    tokio::select! {
        biased;
        _ = &mut call => panic!("it has no value yet"),
        () = eventually("it is as far as that", &mut reached) => (),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_flushes_does_not_wait_for_a_call_that_nobody_polls() {
    let server = Server::start();
    let relay = Relay::before(&server, |_| None);
    let (cache, told) = telling(settings(&server).url(relay.url()));
    let get = cache.memoize("get", |n: &u64| format!("n:{n}"), |n: u64| async move { n }).build();
    let mut it = server.connect();
    let mut leases = || it.zcard::<_, u32>("CM:meta:leases").unwrap();

    // Its claim is on its way.
    relay.now(|asked| asked.is("EVAL").then_some(Fault::Held));
    let mut call = Box::pin(get.call(&1));
    hung(call.as_mut(), || leases() == 1).await;
    relay.now(|_| None);
    relay.release();
    cache.flush().await.unwrap();
    assert_eq!(leases(), 1, "the call has it");

    // Its call is gone, and what gives it back was refused: the read of another brings it along.
    let refusal = "LOADING Redis is loading the dataset in memory";
    relay.now(move |asked| asked.is("EVAL").then_some(Fault::Refuse(refusal)));
    drop(call);
    eventually("it is refused", || told.try_recv().is_ok()).await;
    relay.hold();
    relay.now(|asked| asked.is("EVAL").then_some(Fault::Held));
    let mut call = Box::pin(get.call(&2));
    hung(call.as_mut(), || leases() == 0).await;
    relay.now(|_| None);
    relay.release();
    cache.flush().await.unwrap();
    assert_eq!(call.await.unwrap(), 2);
    assert_clean(&server);
}

#[tokio::test]
async fn who_flushes_waits_for_what_a_call_stores_that_was_cancelled() {
    let server = Server::start();
    let relay = Relay::before(&server, |_| None);
    let cache = Cache::open(settings(&server).url(relay.url()).record(false)).unwrap();
    let relay = Arc::new(relay);
    let holds = Arc::clone(&relay);
    let get = cache.memoize(
        "get",
        |n: &u64| format!("n:{n}"),
        move |n: u64| {
            holds.now(|asked| asked.is("EVAL").then_some(Fault::Held));
            async move { n }
        },
    );
    let get = get.build();
    let mut it = server.connect();
    let mut call = Box::pin(get.call(&1));
    hung(call.as_mut(), || it.exists("CM:n:1").unwrap()).await;
    drop(call);
    relay.now(|_| None);
    let mut flush = std::pin::pin!(cache.flush());
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut flush).await.is_err(), "it waits");
    relay.release();
    flush.await.unwrap();
    assert_clean(&server);
}

#[test]
fn a_runtime_that_idles_keeps_no_claim_to_itself() {
    for flushes in [true, false] {
        let server = Server::start();
        let (cache, told) = telling(settings(&server));
        let began = Arc::new(AtomicU32::new(0));
        let begins = began.clone();
        let get = cache.memoize(
            "get",
            |n: &u64| format!("n:{n}"),
            move |n: u64| {
                let is_first = begins.fetch_add(1, Relaxed) == 0;
                async move { if is_first { std::future::pending().await } else { n } }
            },
        );
        let get = get.build();
        let mut it = server.connect();
        let _: () = it.hset("CM:n:1", "base", b"\x80\x04K\x05.").unwrap();
        let _: () = it.sadd("CM:meta:deleted", "CM:n:1").unwrap();
        let (idles, other) = (current_thread(), current_thread());
        idles.block_on(async {
            let mut call = Box::pin(get.call(&1));
            hung(call.as_mut(), || began.load(Relaxed) == 1).await;
        });
        if flushes {
            other.block_on(cache.flush()).unwrap();
            assert_clean(&server);
        }
        assert_eq!(other.block_on(get.call(&1)).unwrap(), 1);
        assert_eq!(idles.block_on(get.call(&2)).unwrap(), 2);
        assert_eq!(other.block_on(get.call(&2)).unwrap(), 2);
        assert_clean(&server);
        assert_eq!(told.try_recv().ok(), None, "no runtime waits for another");
    }
}

#[test]
fn a_runtime_that_connects_and_idles_keeps_no_other_from_its_connection() {
    let server = Server::start();
    let relay = Relay::before(&server, |_| None);
    let (cache, told) = telling(settings(&server).url(relay.url()));
    let get = cache.memoize("get", |n: &u64| format!("n:{n}"), |n: u64| async move { n }).build();
    let (idles, other) = (current_thread(), current_thread());
    assert_eq!(other.block_on(get.call(&1)).unwrap(), 1);
    let faults = relay.faults();
    relay.now(|_| Some(Fault::Held));
    idles.block_on(async {
        let mut call = Box::pin(get.call(&1));
        hung(call.as_mut(), || relay.faults() > faults).await;
        std::mem::forget(call);
    });
    relay.now(|_| None);
    assert_eq!(other.block_on(get.call(&1)).unwrap(), 1);
    assert_eq!(told.try_recv().ok(), None, "it has a connection of its own");
}

#[test]
fn thousands_that_are_cancelled_at_once_leave_nothing_behind_a_flush() {
    let server = Server::start();
    let cache = Cache::open(settings(&server).record(false)).unwrap();
    let began = Arc::new(AtomicU32::new(0));
    let begins = began.clone();
    let get = cache
        .memoize(
            "get",
            |n: &u64| format!("n:{n}"),
            move |_| {
                begins.fetch_add(1, Relaxed);
                std::future::pending::<u64>()
            },
        )
        .build();
    let hit = cache.memoize("hit", |n: &u64| format!("hit:{n}"), |n: u64| async move { n }).build();
    let runtime = current_thread();
    runtime.block_on(async {
        assert_eq!(hit.call(&1).await.unwrap(), 1);
        let calls = (0..3000).map(|n| {
            let get = get.clone();
            tokio::spawn(async move { get.call(&n).await })
        });
        let calls: Vec<_> = calls.collect();
        eventually("all compute", || began.load(Relaxed) == 3000).await;
        calls.iter().for_each(tokio::task::JoinHandle::abort);
        assert_eq!(hit.call(&1).await.unwrap(), 1);
        cache.flush().await.unwrap();
    });
    assert_clean(&server);
}

#[test]
fn a_claim_whose_runtime_ends_before_its_answer_comes_is_owed() {
    let server = Server::start();
    let relay = Relay::before(&server, |_| None);
    let cache = Cache::open(settings(&server).url(relay.url()).record(false)).unwrap();
    let get = cache.memoize("get", |n: &u64| format!("n:{n}"), |n: u64| async move { n }).build();
    let mut it = server.connect();
    let _: () = it.hset("CM:n:1", "base", b"\x80\x04K\x05.").unwrap();
    let _: () = it.sadd("CM:meta:deleted", "CM:n:1").unwrap();
    relay.now(|asked| asked.is("EVAL").then_some(Fault::Held));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let theirs = get.clone();
    runtime.spawn(async move { theirs.call(&1).await });
    wait_until("it is claimed", Duration::from_secs(60), || {
        it.zcard::<_, u32>("CM:meta:leases").unwrap() == 1
    });
    drop(runtime);
    relay.now(|_| None);
    relay.release();
    current_thread().block_on(cache.flush()).unwrap();
    assert_clean(&server);
    comes_back(get.call(&1));
}

/// What `work` gives on the one thread for blocking work that the runtime has, which it waits on.
fn on_the_only_blocking_thread<F: Future<Output: Send> + Send>(
    runtime: &tokio::runtime::Runtime,
    work: impl FnOnce() -> F + Send + 'static,
) -> F::Output
where
    F::Output: 'static,
{
    let (handle, (tell, told)) = (runtime.handle().clone(), std::sync::mpsc::channel());
    runtime.spawn_blocking(move || tell.send(handle.block_on(work())));
    told.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| std::process::abort())
}

#[test]
fn without_a_thread_for_blocking_work_it_fails_as_without_redis() {
    let server = Server::start();
    let patience = Duration::from_millis(50);
    let timeouts = Timeouts { connect: patience, io: patience };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    // One looks for the layout, one asks the sentinels; neither gets as far.
    let sentinels = Settings::new().url("redis+sentinel://127.0.0.1:1/it").layout(Layout::Meta);
    for settings in [Settings::new().url(server.url()), sentinels] {
        let cache = Cache::open(settings.timeouts(timeouts).record(false).on_error(OnError::Fail)).unwrap();
        let double =
            cache.memoize("double", |n: &u32| format!("n:{n}"), |n: u32| async move { n * 2 }).build();
        let call = on_the_only_blocking_thread(&runtime, move || async move { double.call(&4).await });
        let Err(CallError::Cache(error)) = call else { panic!("{call:?}") };
        assert!(error.may_pass() && error.to_string().contains("max_blocking_threads"), "{error}");
    }
    let cache =
        Cache::open(Settings::new().url(server.url()).timeouts(timeouts).layout(Layout::Meta)).unwrap();
    let theirs = cache.clone();
    let invalidate = move || async move { theirs.invalidate(&Invalidate::key("n:1")).await };
    let error = on_the_only_blocking_thread(&runtime, invalidate).unwrap_err();
    assert!(error.to_string().contains("max_blocking_threads"), "{error}");
    // Nor is what was given up done later.
    runtime.block_on(runtime.spawn_blocking(|| ())).unwrap();
    assert_eq!(server.dbsize(), 0);
    let double = cache.memoize("double", |n: &u32| format!("n:{n}"), |n: u32| async move { n * 2 }).build();
    wait_until("it is stored, in the time that an answer has", Duration::from_secs(60), || {
        let double = double.clone();
        let call = on_the_only_blocking_thread(&runtime, move || async move { double.call(&4).await });
        assert_eq!(call.unwrap(), 8, "a named layout on one server needs no such thread");
        server.dbsize() > 0
    });
}
