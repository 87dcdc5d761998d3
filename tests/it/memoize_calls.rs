//! One process: what is asked of Redis, what fails, what is shared, what callbacks see.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use cacheme::client::Timeouts;
use cacheme::memoize::{CallError, Invalidate, OnError, Settings, sync::Cache};
use cacheme::namespace::{Layout, Namespace};
use redis::Commands;
use serde_json::json;

use crate::memoize_python::{LIBS, Runs, cache, settings};
use crate::support::monitor::{Seen, transcript};
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::wait_until;

/// Nothing is left that a call takes for its own use.
#[track_caller]
pub(crate) fn assert_clean(server: &Server) {
    let content = server.dump();
    let ns = Namespace::new("CM:", Layout::Both).unwrap();
    for name in ns.progress_sets().into_iter().chain([ns.leases()]) {
        assert!(!content.contains_key(&name), "{} is left", name.escape_ascii());
    }
}

/// The commands clients sent, without the script's text and numbers.
fn sent(seen: &[Seen]) -> Vec<String> {
    let clients = seen.iter().filter(|it| !it.lua);
    clients
        .map(|it| {
            if it.name().starts_with("EVAL") { "script".to_owned() } else { it.to_string().replace('"', "") }
        })
        .collect()
}

/// What was written, by clients or by scripts, without values, lease times and run-out leases looked for.
fn written(seen: &[Seen]) -> Vec<String> {
    const READS: [&str; 9] =
        ["EVAL", "EVALSHA", "HGET", "SISMEMBER", "ZSCORE", "ZRANGEBYSCORE", "TIME", "MULTI", "EXEC"];
    let writes = seen.iter().filter(|it| !READS.contains(&it.name().as_str()));
    writes
        .map(|it| {
            let rest = it.rest();
            match it.name().as_str() {
                "HSET" => format!("HSET {} {}", rest[0], rest[1]),
                "ZADD" => format!("ZADD {} {}", rest[0], rest[2]),
                name => format!("{name} {}", rest.join(" ")),
            }
        })
        .collect()
}

/// How often scripts came in full, by their hash, and by a hash that the server did not take.
fn scripts(server: &Server) -> [u64; 3] {
    let info: String = redis::cmd("INFO").arg("commandstats").query(&mut server.connect()).unwrap();
    let number = |command: &str, field: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:")));
        let fields = line.unwrap_or_default().split(',');
        fields.filter_map(|it| it.strip_prefix(field)?.strip_prefix('=')?.parse::<u64>().ok()).sum()
    };
    [number("eval", "calls"), number("evalsha", "calls"), number("evalsha", "rejected_calls")]
}

/// A claim and a store a call.
fn sends_scripts_once(server: &Server, call: impl Fn(u32)) {
    let mut redis = server.connect();
    let expect = |n: u32, counts: [u64; 3], why: &str| {
        call(n);
        assert_eq!(scripts(server), counts, "{why}");
    };
    expect(1, [2, 0, 0], "the server knows none");
    expect(2, [2, 2, 0], "it knows both");
    redis::cmd("SCRIPT").arg("FLUSH").exec(&mut redis).unwrap();
    expect(3, [4, 3, 0], "the claim was sent anew, and the store in full at once");
    expect(4, [4, 5, 0], "it knows them again");
    redis::cmd("ACL").arg("SETUSER").arg("default").arg("-evalsha").exec(&mut redis).unwrap();
    expect(5, [6, 5, 1], "a right is missing");
    expect(6, [8, 5, 1], "and nobody asks for it again");
    assert_clean(server);
}

#[test]
fn scripts_are_sent_in_full_to_a_server_that_does_not_have_them_and_to_no_other() {
    let server = Server::start();
    let cache = cache(Lib::V011, &server);
    let get = cache.memoize("t", |n: &u32| format!("n:{n}"), |n: &u32| *n).build();
    sends_scripts_once(&server, |n| assert_eq!(get.call(&n).unwrap(), n));

    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cache = cacheme::memoize::future::Cache::open(settings(Lib::V011, &server)).unwrap();
    let get = cache.memoize("t", |n: &u32| format!("n:{n}"), |n: u32| async move { n }).build();
    sends_scripts_once(&server, |n| assert_eq!(runtime.block_on(get.call(&n)).unwrap(), n));
}

#[test]
fn a_hit_is_one_round_trip_and_a_miss_writes_what_the_trace_says() {
    for lib in LIBS {
        let server = Server::start();
        let cache = cache(lib, &server);
        let key = |id: &u32| format!("Book:{id}>owner");
        let plain = cache
            .memoize("get_owner", key, |id: &u32| *id)
            .invalid_keys(|_, id| format!("User:{id}"))
            .build();
        let timed = cache
            .memoize("ttl_tag", |id: &u32| format!("plain:{id}"), |id: &u32| *id)
            .timeout(Duration::from_secs(2))
            .build();
        plain.call(&1).unwrap();
        let (deleted, progress) = (lib.deleted_set("CM:"), lib.progress_set("CM:"));
        let k = "CM:Book:100>owner";
        let look = [format!("SISMEMBER {deleted} {k}"), "HGET CM:Book:100 owner".to_owned()];

        // Miss. The library: SADD progress; SADD tag, HSET, SREM progress, SADD invalid set. Here the invalid set
        // comes before the value, and a lease is taken and given up.
        let (_, seen) = server.monitor(|| plain.call(&100).unwrap());
        assert_eq!(
            sent(&seen),
            [&look[..], &["script".to_owned(), "script".to_owned()]].concat(),
            "{}",
            transcript(&seen)
        );
        let writes = |first: &[String]| {
            let claims = [
                format!("ZREM CM:meta:leases {k}"),
                format!("ZADD CM:meta:leases {k}"),
                format!("SREM {progress} {k}"),
                format!("SADD {progress} {k}"),
            ];
            let then = [
                format!("SADD CM:get_owner {k}"),
                format!("SADD CM:User:100:invalid {k}"),
                "HSET CM:Book:100 owner".to_owned(),
                format!("SREM {progress} {k}"),
                format!("ZREM CM:meta:leases {k}"),
            ];
            [&claims[..], first, &then].concat()
        };
        let srem = [format!("SREM {deleted} {k}")];
        assert_eq!(written(&seen), writes(&srem), "{}", transcript(&seen));

        // Hit.
        let (_, seen) = server.monitor(|| plain.call(&100).unwrap());
        assert_eq!(sent(&seen), look);

        // Refresh: the same writes as a miss, and listed under its tag meanwhile. (0.0.9 does not enter progress.)
        cache.invalidate(&Invalidate::key("Book:100>owner")).unwrap();
        let (_, seen) = server.monitor(|| plain.call(&100).unwrap());
        let listed = [&[format!("SADD CM:get_owner {k}")][..], &srem].concat();
        assert_eq!(written(&seen), writes(&listed), "{}", transcript(&seen));

        // With a timeout: a bucket is read on a hit, filled on a miss; an expired entry is put off until it is filled again.
        let (_, seen) = server.monitor(|| timed.call(&1).unwrap());
        let bucket = "CM:Meta:Expire-Buckets::CM:plain:1";
        let look = [
            format!("SISMEMBER {deleted} CM:plain:1"),
            format!("ZSCORE {bucket} CM:plain:1"),
            "HGET CM:plain:1 base".to_owned(),
        ];
        assert_eq!(sent(&seen)[..3], look);
        let stores =
            ["SADD CM:ttl_tag CM:plain:1", &format!("ZADD {bucket} CM:plain:1"), "HSET CM:plain:1 base"];
        assert_eq!(written(&seen)[5..8], stores.map(str::to_owned), "{}", transcript(&seen));
        let (_, seen) = server.monitor(|| timed.call(&1).unwrap());
        assert_eq!(sent(&seen), look);
        let _: () = server.connect().zadd(bucket, "CM:plain:1", 1).unwrap();
        let _: () = server.connect().zadd(bucket, "CM:plain:1>other", 1).unwrap();
        let (_, seen) = server.monitor(|| timed.call(&1).unwrap());
        let entries: Vec<_> = written(&seen).into_iter().filter(|it| it.contains(bucket)).collect();
        assert_eq!(entries, vec![format!("ZADD {bucket} CM:plain:1"); 2], "{}", transcript(&seen));
        assert_eq!(server.connect().zscore::<_, _, f64>(bucket, "CM:plain:1>other").unwrap(), 1.0);
        assert_eq!(timed.counts().refreshes, 1);
        assert_clean(&server);
    }
}

#[test]
fn each_key_of_a_base_expires_for_itself_and_a_key_of_three_parts_too() {
    const BUCKET: &str = "CM:Meta:Expire-Buckets::CM:a";
    const HOUR: Duration = Duration::from_secs(3600);
    for lib in LIBS {
        let server = Server::start();
        let cache = cache(lib, &server);
        let runs = Runs::default();
        let make = |key: &'static str, fails: bool| {
            let runs = runs.clone();
            let function = move |_: &u32| {
                runs.up();
                if fails { Err("no") } else { Ok(1) }
            };
            cache.try_memoize("t", move |_: &u32| key.to_owned(), function).timeout(HOUR).build()
        };
        let [x, two, three] = ["a>x", "a>b", "a>b>c"].map(|key| make(key, false));
        let mut it = server.connect();
        let mut expires = |members: &[&str]| {
            let past: Vec<_> = members.iter().map(|member| (1, *member)).collect();
            let _: () = it.zadd_multiple(BUCKET, &past).unwrap();
        };
        x.call(&1).unwrap();
        three.call(&1).unwrap();
        runs.taken();
        expires(&["CM:a>x", "CM:a>b"]);
        x.call(&1).unwrap();
        three.call(&1).unwrap();
        assert_eq!(runs.taken(), 2, "the call of one key takes no other's expiry");
        x.call(&1).unwrap();
        three.call(&1).unwrap();
        assert_eq!(runs.taken(), 0);

        // A failure leaves what `a>b` shares with `a>b>c` its expiry.
        expires(&["CM:a>b"]);
        make("a>b>c", true).call(&1).unwrap_err();
        runs.taken();
        two.call(&1).unwrap();
        assert_eq!(runs.taken(), 1);
        assert_clean(&server);
    }
}

#[test]
fn under_both_layouts_marks_of_either_are_seen() {
    let sets = ["CM:delete", "CM:meta:deleted"];
    for found in [&sets[..], &sets[1..], &sets[..1]] {
        let server = Server::start();
        let mut it = server.connect();
        for set in found {
            let _: () = it.sadd(set, "CM:somebody").unwrap();
        }
        let cache = Cache::open(server.settings()).unwrap();
        let runs = Runs::default();
        let counter = runs.clone();
        let get = cache.memoize("t", |(): &()| "a>b>c".to_owned(), move |(): &()| counter.up()).build();
        get.call(&()).unwrap();
        for set in sets {
            runs.taken();
            let _: () = it.sadd(set, "CM:a>b>c").unwrap();
            get.call(&()).unwrap();
            get.call(&()).unwrap();
            assert_eq!(runs.taken(), 1, "{set}");
        }
        let (_, seen) = server.monitor(|| get.call(&()).unwrap());
        assert_eq!(seen.len(), 3);
        cache.invalidate(&Invalidate::tag("t")).unwrap();
        assert!(sets.iter().all(|set| it.sismember(set, "CM:a>b>c").unwrap()));
        get.call(&()).unwrap();
        assert!(!sets.iter().any(|set| it.sismember(set, "CM:a>b>c").unwrap()), "taken out of both");
        assert_clean(&server);
    }
}

#[test]
fn an_error_or_a_panic_gives_the_mark_back_at_once() {
    for lib in LIBS {
        for stale in [true, false] {
            let server = Server::start();
            let cache = cache(lib, &server);
            let mood = Arc::new(AtomicU32::new(0));
            let now = Arc::clone(&mood);
            let get = cache
                .try_memoize(
                    "get",
                    |(): &()| "one>it".to_owned(),
                    move |(): &()| match now.load(Relaxed) {
                        1 => Err("told to fail"),
                        2 => panic!("told to panic"),
                        value => Ok(value),
                    },
                )
                .stale(stale)
                .build();
            get.call(&()).unwrap();
            let deleted = lib.deleted_set("CM:");
            let marked = || server.connect().sismember::<_, _, bool>(&deleted, "CM:one>it").unwrap();
            for bad in [1, 2] {
                mood.store(bad, Relaxed);
                cache.invalidate(&Invalidate::key("one>it")).unwrap();
                for _ in 0..2 {
                    match catch_unwind(AssertUnwindSafe(|| get.call(&()))) {
                        Ok(Err(CallError::Function(error))) => assert_eq!((*error, bad), ("told to fail", 1)),
                        Err(_) => assert_eq!(bad, 2),
                        other => panic!("{other:?}"),
                    }
                    assert!(marked(), "{lib:?} stale={stale} mood={bad}");
                    assert_clean(&server);
                }
                mood.store(10 + bad, Relaxed);
                assert_eq!(get.call(&()).unwrap(), 10 + bad, "the invalidation was not lost");
                assert!(!marked());
            }
            assert_eq!(get.counts().failed, 4);
            // A miss that fails leaves nothing either, and no mark.
            let _: () = server.connect().del("CM:one").unwrap();
            mood.store(1, Relaxed);
            get.call(&()).unwrap_err();
            assert!(!marked());
            assert_clean(&server);
        }
    }
}

#[test]
fn threads_share_a_computation_its_error_and_not_its_panic() {
    let server = Server::start();
    let cache = cache(Lib::V009, &server);
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let asked = Arc::new(Mutex::new(HashSet::new()));
    let asking = Arc::clone(&asked);
    let get = cache
        .try_memoize(
            "get",
            move |id: &u32| {
                asking.lock().unwrap().insert((*id, thread::current().id()));
                format!("k:{id}")
            },
            move |id: &u32| {
                let run = counter.fetch_add(1, Relaxed);
                let all =
                    |asked: &HashSet<(u32, ThreadId)>| asked.iter().filter(|it| it.0 == *id).count() == 32;
                wait_until("all ask", Duration::from_secs(60), || all(&asked.lock().unwrap()));
                // From there it is a step to the others who wait.
                thread::sleep(Duration::from_millis(100));
                match id {
                    0 => Ok(7),
                    1 => Err("told to fail"),
                    _ if run == 2 => panic!("told to panic"),
                    _ => Ok(8),
                }
            },
        )
        .build();
    let outcomes = |id: u32| {
        let barrier = Barrier::new(32);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..32)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        get.call(&id)
                    })
                })
                .collect();
            threads.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
        })
    };
    assert!(outcomes(0).into_iter().all(|it| matches!(it, Ok(Ok(7)))));
    assert_eq!(runs.load(Relaxed), 1);
    assert!(outcomes(1).into_iter().all(|it| matches!(it, Ok(Err(CallError::Function(_))))));
    assert_eq!(runs.load(Relaxed), 2);
    let (well, panicked): (Vec<_>, Vec<_>) = outcomes(2).into_iter().partition(Result::is_ok);
    assert_eq!((well.len(), panicked.len()), (31, 1), "a panic is the caller's own; the others recompute");
    assert_eq!(runs.load(Relaxed), 4);
    assert_clean(&server);
}

#[test]
fn with_stale_reads_nobody_waits_for_a_refresh_and_without_all_get_the_new_value() {
    for stale in [true, false] {
        let server = Server::start();
        let cache = cache(Lib::V011, &server);
        let version = Arc::new(AtomicU32::new(1));
        let now = Arc::clone(&version);
        let (asked, answered) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (asking, at_hand) = (Arc::clone(&asked), Arc::clone(&answered));
        let get = cache
            .memoize(
                "get",
                move |(): &()| {
                    asking.fetch_add(1, Relaxed);
                    "k".to_owned()
                },
                move |(): &()| {
                    let now = now.load(Relaxed);
                    if now == 2 && stale {
                        wait_until("the others have the old", Duration::from_secs(60), || {
                            at_hand.load(Relaxed) == 15
                        });
                    } else if now == 2 {
                        wait_until("all ask", Duration::from_secs(60), || asked.load(Relaxed) > 16);
                        thread::sleep(Duration::from_millis(100));
                    }
                    now
                },
            )
            .stale(stale)
            .build();
        get.call(&()).unwrap();
        version.store(2, Relaxed);
        cache.invalidate(&Invalidate::key("k")).unwrap();
        let barrier = Barrier::new(16);
        let answers: Vec<u32> = thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        let value = get.call(&()).unwrap();
                        answered.fetch_add(1, Relaxed);
                        value
                    })
                })
                .collect();
            threads.into_iter().map(|it| it.join().unwrap()).collect()
        });
        let old = answers.iter().filter(|value| **value == 1).count();
        let counts = get.counts();
        assert_eq!((counts.refreshes, counts.misses, counts.retries), (1, 1, 0));
        assert_eq!(counts.waits == 0, stale);
        assert_eq!(old, if stale { 15 } else { 0 });
        assert_clean(&server);
    }
}

#[test]
fn callbacks_see_key_result_and_arguments_and_may_panic() {
    let server = Server::start();
    let cache = Cache::open(settings(Lib::V009, &server).prefix("P:")).unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let [hit, miss, refresh] = [(); 3].map(|()| Arc::clone(&log));
    let get = cache
        .memoize("get", |(id, lang): &(u32, &str)| format!("b:{id}>{lang}"), |(id, _): &(u32, &str)| id * 2)
        .on_hit(move |key, result, args| {
            hit.lock().unwrap().push(format!("hit {key} {result} {args:?}"));
            panic!("a callback's own affair");
        })
        .on_miss(move |key, args| {
            miss.lock().unwrap().push(format!("miss {key} {args:?}"));
            panic!("a callback's own affair");
        })
        .on_refresh(move |key, args| refresh.lock().unwrap().push(format!("refresh {key} {args:?}")))
        .tag("mine")
        .build();
    let args = (1, "en");
    assert_eq!((get.call(&args).unwrap(), get.call(&args).unwrap()), (2, 2));
    cache.tag("mine").invalidate_all().unwrap();
    get.call(&args).unwrap();
    let log = log.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    assert_eq!(
        log,
        ["miss P:b:1>en (1, \"en\")", "hit P:b:1>en 2 (1, \"en\")", "refresh P:b:1>en (1, \"en\")"]
    );
    assert_eq!(cache.tags().iter().map(|tag| tag.name().to_owned()).collect::<Vec<_>>(), ["mine"]);
    let counts = cache.counts()["mine"];
    assert_eq!((counts.hits, counts.misses, counts.refreshes), (1, 1, 1));
}

#[test]
fn skipping_a_disabled_cache_and_a_function_that_calls_itself() {
    let server = Server::start();
    let cache = cache(Lib::V009, &server);
    let get = cache.memoize("t", |n: &u32| format!("n:{n}"), |n: &u32| *n).skip_if(|n| *n > 10).build();
    let never = cache.memoize("t", |n: &u32| format!("n:{n}"), |n: &u32| *n).skip(true).build();
    let disabled = Cache::open(Settings::new().url("redis://127.0.0.1:1").enabled(false)).unwrap();
    let off = disabled.memoize("t", |n: &u32| format!("n:{n}"), |n: &u32| *n).build();
    let (_, seen) =
        server.monitor(|| (get.call(&11).unwrap(), never.call(&1).unwrap(), off.call(&1).unwrap()));
    assert!(seen.is_empty(), "{}", transcript(&seen));
    disabled.invalidate(&Invalidate::tag("t")).unwrap();
    get.call(&1).unwrap();
    assert!(server.dump().contains_key(&b"CM:n:1"[..]));

    let inner = Arc::new(std::sync::OnceLock::<cacheme::memoize::sync::Memoized<u32, u32>>::new());
    let again = Arc::clone(&inner);
    let depth = AtomicU32::new(0);
    let own = cache
        .memoize(
            "own",
            |n: &u32| format!("own:{n}"),
            move |n: &u32| {
                if depth.fetch_add(1, Relaxed) == 0 { again.get().unwrap().call(n).unwrap() + 1 } else { 1 }
            },
        )
        .build();
    inner.set(own.clone()).ok().unwrap();
    assert_eq!(own.call(&1).unwrap(), 2);
    let counts = own.counts();
    let of_calls = counts.hits + counts.waits + counts.misses + counts.refreshes;
    assert_eq!(of_calls, 1, "the call inside, which passed the cache by, is in no count: {counts:?}");
    assert_clean(&server);
}

#[test]
fn keys_that_need_each_other_wait_for_nobody() {
    let server = Server::start();
    let cache = cache(Lib::V009, &server);
    for round in 0..200 {
        let handle = Arc::new(std::sync::OnceLock::<cacheme::memoize::sync::Memoized<u32, u32>>::new());
        let (meet, runs) = (Barrier::new(2), AtomicU32::new(0));
        let others = Arc::clone(&handle);
        let get = cache.memoize(
            "ring",
            move |n: &u32| format!("ring:{round}:{n}"),
            move |n: &u32| {
                // The first run of each key asks for the other key while both are computed; one run more breaks the circle.
                if runs.fetch_add(1, Relaxed) >= 2 {
                    return 0;
                }
                meet.wait();
                others.get().unwrap().call(&(1 - n)).unwrap() + 1
            },
        );
        let get = handle.get_or_init(|| get.build());
        let (done, values) = channel();
        for n in 0..2 {
            let (get, done) = (get.clone(), done.clone());
            thread::spawn(move || done.send(get.call(&n).unwrap()).unwrap());
        }
        let value = || values.recv_timeout(Duration::from_secs(60)).expect("a call that waits for itself");
        let mut both = [value(), value()];
        both.sort_unstable();
        assert_eq!(both, [1, 2], "round {round}");
    }
    assert_clean(&server);
}

#[test]
fn an_invalidation_while_a_python_writer_is_faster_is_kept() {
    let server = Server::start();
    let cache = cache(Lib::V009, &server);
    let (go, gate) = channel::<u32>();
    let gate = Mutex::new(gate);
    let get = cache
        .memoize("t", |(): &()| "k".to_owned(), move |(): &()| gate.lock().unwrap().recv().unwrap())
        .build();
    let start = |get: &cacheme::memoize::sync::Memoized<(), u32>| {
        let get = get.clone();
        let call = thread::spawn(move || get.call(&()).unwrap());
        wait_until("it computes", Duration::from_secs(60), || {
            server.connect().exists("CM:meta:leases").unwrap()
        });
        call
    };
    go.send(1).unwrap();
    get.call(&()).unwrap();

    // A Python worker takes a renewed mark and stores before we do: ours is older, and must not win for good.
    cache.invalidate(&Invalidate::key("k")).unwrap();
    let call = start(&get);
    let mut it = server.connect();
    let _: () = it.hset("CM:k", "base", b"\x80\x04K\x63.").unwrap();
    go.send(2).unwrap();
    assert_eq!(call.join().unwrap(), 2, "the caller gets what it computed");
    go.send(3).unwrap();
    assert_eq!(get.call(&()).unwrap(), 3, "and the next reader recomputes");

    // The same when somebody deletes meanwhile, as the library's pattern does.
    cache.invalidate(&Invalidate::key("k")).unwrap();
    let call = start(&get);
    let _: () = it.del("CM:k").unwrap();
    go.send(4).unwrap();
    assert_eq!(call.join().unwrap(), 4);
    assert!(!it.exists::<_, bool>("CM:k").unwrap());
    go.send(5).unwrap();
    assert_eq!((get.call(&()).unwrap(), get.call(&()).unwrap()), (5, 5));
    assert_clean(&server);
}

#[test]
fn a_computation_that_outlives_its_lease_does_not_overwrite_a_younger_one() {
    for (name, other) in [("k", "k"), ("k>f", "k>f>x"), ("k>f>x", "k>f")] {
        let server = Server::start();
        let short = Cache::open(settings(Lib::V011, &server).lease(Duration::from_millis(1))).unwrap();
        let (go, gate) = channel::<u32>();
        let gate = Mutex::new(gate);
        let slow = short
            .memoize("t", |(): &()| name.to_owned(), move |(): &()| gate.lock().unwrap().recv().unwrap())
            .build();
        let fast =
            cache(Lib::V011, &server).memoize("t", |(): &()| other.to_owned(), |(): &()| 2_u32).build();
        go.send(1).unwrap();
        slow.call(&()).unwrap();
        short.invalidate(&Invalidate::key(name)).unwrap();
        let call = thread::spawn({
            let slow = slow.clone();
            move || slow.call(&()).unwrap()
        });
        let mut it = server.connect();
        wait_until("it computes", Duration::from_secs(60), || it.exists("CM:meta:leases").unwrap());
        // The lease, up to a second of it being the claim's own number, runs out; any miss gives the mark back.
        let any = cache(Lib::V011, &server).memoize("t", |n: &u32| format!("n:{n}"), |n: &u32| *n).build();
        let mut n = 0;
        wait_until("the mark is given back", Duration::from_secs(60), || {
            n += 1;
            any.call(&n).unwrap();
            it.sismember("CM:meta:deleted", format!("CM:{name}")).unwrap()
        });
        short.invalidate(&Invalidate::key(other)).unwrap();
        assert_eq!(fast.call(&()).unwrap(), 2);
        go.send(3).unwrap();
        assert_eq!(call.join().unwrap(), 3);
        assert_eq!(fast.call(&()).unwrap(), 2, "what came too late is not stored: {name} {other}");
        assert_clean(&server);
    }
}

#[test]
fn a_source_of_invalidations_is_heard_also_while_redis_was_away() {
    let mut server = Server::start();
    let failures = Arc::new(AtomicU32::new(0));
    let told = Arc::clone(&failures);
    let cache = Cache::open_with(settings(Lib::V011, &server), move |_| {
        told.fetch_add(1, Relaxed);
    });
    let cache = cache.unwrap();
    let (changed, source) = channel();
    let get = cache
        .memoize("get", |n: &u32| format!("n:{n}"), |n: &u32| *n)
        .invalid_keys(|n, _| format!("N:{n}"))
        .invalid_source(source)
        .build();
    get.call(&1).unwrap();
    changed.send(Invalidate::invalid_key("N:1")).unwrap();
    let marked =
        |server: &Server| server.connect().sismember::<_, _, bool>("CM:meta:deleted", "CM:n:1").unwrap();
    wait_until("the mark is set", Duration::from_secs(60), || marked(&server));
    get.call(&1).unwrap();
    server.stop();
    changed.send(Invalidate::key("n:1")).unwrap();
    wait_until("it was tried in vain", Duration::from_secs(60), || failures.load(Relaxed) > 0);
    server.restart();
    wait_until("the mark is set later", Duration::from_secs(60), || marked(&server));
}

#[test]
fn without_redis_it_computes_or_tells_and_never_hangs() {
    let server = Server::start();
    // Who is frozen is given up after this time; who is at work answers in it on any machine.
    let short = Timeouts { connect: Duration::from_secs(3), io: Duration::from_secs(3) };
    let told = Arc::new(AtomicBool::new(false));
    let telling = Arc::clone(&told);
    let base = settings(Lib::V009, &server).timeouts(short);
    let computes = Cache::open_with(base.clone(), move |error| {
        telling.store(matches!(error, cacheme::Error::Timeout { .. }), Relaxed);
        panic!("a callback's own affair");
    });
    let computes = computes.unwrap().memoize("t", |n: &u32| format!("n:{n}"), |n: &u32| *n).build();
    let tells = Cache::open(base.on_error(OnError::Fail)).unwrap();
    let tells = tells.memoize("t", |n: &u32| format!("n:{n}"), |n: &u32| *n).build();
    computes.call(&1).unwrap();
    tells.call(&1).unwrap();
    server.signal("STOP");
    assert_eq!(computes.call(&1).unwrap(), 1);
    assert!(told.load(Relaxed));
    assert!(matches!(tells.call(&1), Err(CallError::Cache(cacheme::Error::Timeout { .. }))));
    server.signal("CONT");
    assert_eq!((computes.call(&1).unwrap(), tells.call(&1).unwrap()), (1, 1));
    assert_eq!(computes.counts().hits, 1);

    // A server that refuses (a wrong type under the base) is no reason to fail either.
    let _: () = server.connect().set("CM:n:2", "no hash").unwrap();
    assert_eq!(computes.call(&2).unwrap(), 2);
    assert_eq!(json!(computes.counts().errors), json!(2));
}

#[test]
fn a_refusal_in_the_middle_of_a_sweep_gives_no_call_another_keys_value() {
    for lib in LIBS {
        let server = Server::start();
        let cache = cache(lib, &server);
        let get = cache
            .memoize("get", |id: &u32| format!("Book:{id}>owner"), |id: &u32| *id)
            .invalid_keys(|_, _| "all")
            .build();
        (0..2000).for_each(|id| assert_eq!(get.call(&id).unwrap(), id));
        let mut redis = server.connect();
        let limit = |redis: &mut redis::Connection, bytes: &str| {
            redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes).exec(redis).unwrap();
        };
        limit(&mut redis, "1");
        let refused = cache.invalidate(&Invalidate::invalid_key("all")).unwrap_err();
        assert_eq!(refused.code(), Some("OOM"), "{refused}");
        limit(&mut redis, "0");
        for id in 0..100 {
            assert_eq!(get.call(&id).unwrap(), id, "another key's value");
        }
        assert!(cache.invalidate(&Invalidate::invalid_key("all")).unwrap().complete);
    }
}

#[test]
fn a_source_gives_up_what_never_passes_and_goes_on() {
    let server = Server::start();
    let mut it = server.connect();
    let rules = ["SETUSER", "app", "on", ">pw", "~*", "&*", "+@all", "-sscan"];
    redis::cmd("ACL").arg(&rules[..]).exec(&mut it).unwrap();
    let _: () = it.sadd("CM:tag", "CM:a").unwrap();
    let _: () = it.hset("CM:a", "base", "x").unwrap();
    let failures = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&failures);
    let settings = Settings::new().url(format!("{}?user=app&pass=pw", server.url())).layout(Layout::Classic);
    let cache =
        Cache::open_with(settings, move |error| told.lock().unwrap().push(error.to_string())).unwrap();
    let (changed, source) = channel();
    cache.connect(source);
    changed.send(Invalidate::tag("tag")).unwrap();
    changed.send(Invalidate::key("a")).unwrap();
    wait_until("the second to be done", Duration::from_secs(30), || {
        server.connect().sismember("CM:delete", "CM:a").unwrap()
    });
    let told = failures.lock().unwrap().clone();
    assert!((1..=5).contains(&told.len()) && told.iter().all(|it| it.contains("NOPERM")), "{told:?}");
}
