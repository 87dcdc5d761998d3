//! The decorator where the keys of a namespace lie all over a cluster: what a call sends, and workers of both languages beside
//! each other.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use cacheme::Error;
use cacheme::client::slot::slot;
use cacheme::client::{Target, Timeouts};
use cacheme::memoize::{CallError, OnError, Settings, future, sync};
use cacheme::namespace::Layout;
use redis::Commands as _;
use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::gate::Gate;
use crate::support::monitor::transcript;
use crate::support::python::Lib;
use crate::support::wait_until;
use crate::support::worker::Worker;

fn settings(cluster: &Cluster) -> Settings {
    cluster.nodes[0].settings().target(cluster.target()).layout(Layout::Classic)
}

/// No claim is left anywhere.
#[track_caller]
pub(crate) fn assert_clean(cluster: &Cluster) {
    let left = cluster.content();
    let is_left = |name: &Vec<u8>| {
        ["CM:progress", "CM:meta:leases", "CM:meta:fence"]
            .iter()
            .any(|start| name.starts_with(start.as_bytes()))
    };
    let left: Vec<_> =
        left.keys().filter(|name| is_left(name)).map(|it| it.escape_ascii().to_string()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_hit_asks_two_slots_and_writes_nothing() {
    let cluster = Cluster::alone();
    let cache = sync::Cache::open(settings(&cluster).record(false)).unwrap();
    let get = cache
        .memoize("get_owner", |id: &u32| format!("Book:{id}>owner"), |id: &u32| *id)
        .invalid_keys(|_, id| format!("User:{id}"))
        .build();
    get.call(&1).unwrap();
    let k = "CM:Book:100>owner";
    let sent = |call: &dyn Fn() -> u32| {
        let (value, seen) = cluster.nodes[0].monitor(call);
        assert_eq!(value, 100);
        let sent = seen.iter().filter(|it| !it.lua).map(|it| match it.name().as_str() {
            "EVAL" => format!("script {}", it.rest()[2]),
            _ => it.to_string().replace('"', ""),
        });
        (sent.collect::<Vec<_>>(), transcript(&seen))
    };
    let call = || get.call(&100).unwrap();
    let (leases, look) = (
        "script CM:meta:leases:{5720}",
        ["SISMEMBER CM:delete ".to_owned() + k, "HGET CM:Book:100 owner".to_owned()],
    );
    let (missed, all) = sent(&call);
    let (progress, hash) = (format!("SISMEMBER CM:progress {k}"), "script CM:Book:100".to_owned());
    let leases = leases.to_owned();
    let expected = [
        &look[..],
        // What is there; the lease; who may store, and in progress.
        &[progress.clone(), hash.clone(), leases.clone(), hash.clone()],
        &[format!("SADD CM:progress {k}")],
        // Whether it stands; the indexes; the value; out of progress; the end of the lease.
        &[progress, hash.clone(), leases.clone()],
        &[format!("SADD CM:get_owner {k}"), format!("SADD CM:User:100:invalid {k}"), hash],
        &[format!("SREM CM:progress {k}"), leases],
    ];
    assert_eq!(missed, expected.concat(), "{all}");
    // Where the answers took long, the value is read twice.
    wait_until("a hit asks each once", Duration::from_secs(60), || {
        let (mut hit, all) = sent(&call);
        let is_once = hit == look;
        hit.dedup();
        assert_eq!(hit, look, "{all}");
        is_once
    });
    assert_clean(&cluster);
}

/// Of two questions that are asked at once the one about the value is answered first; until the other is, somebody replaces the value.
#[test]
fn a_hit_whose_mark_is_asked_late_is_no_old_value() {
    let cluster = Cluster::of_primaries();
    let node = &cluster.nodes[cluster.owner(slot(b"CM:delete"))];
    let is_elsewhere =
        |n: &u64| cluster.owner(slot(format!("CM:Book:{n}").as_bytes())) != cluster.owner(slot(b"CM:delete"));
    let n = (0..).find(is_elsewhere).unwrap();
    let reads = &cluster.nodes[cluster.owner(slot(format!("CM:Book:{n}").as_bytes()))];
    let asked = || {
        let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut reads.connect()).unwrap();
        stats.lines().find(|line| line.starts_with("cmdstat_hget:")).map(str::to_owned)
    };
    let version = Arc::new(AtomicU32::new(1));
    for timeout in [None, Some(Duration::from_secs(1))] {
        let function = |target: Target| {
            let version = Arc::clone(&version);
            let settings = settings(&cluster).target(target).stale(false).record(false);
            let cache = sync::Cache::open(settings).unwrap();
            let get = cache.memoize("it", |n: &u64| format!("Book:{n}>it"), move |_| version.load(SeqCst));
            match timeout {
                Some(timeout) => get.timeout(timeout).build(),
                None => get.build(),
            }
        };
        let gate = Gate::<()>::new(node);
        let url = format!("redis://127.0.0.1:{}", gate.port_of_node(node));
        let (held, other) =
            (function(Target::parse(&url).unwrap().with_cluster("").unwrap()), function(cluster.target()));
        version.store(1, SeqCst);
        other.refresh(&n).unwrap();
        assert_eq!(held.call(&n).unwrap(), 1);
        version.store(2, SeqCst);
        match timeout {
            Some(timeout) => thread::sleep(timeout + Duration::from_secs(1)),
            None => drop(other.invalidate(&n).unwrap()),
        }
        gate.close();
        thread::scope(|scope| {
            let before = asked();
            let call = scope.spawn(|| held.call(&n).unwrap());
            gate.hold_at(|words| words[0] == "SISMEMBER");
            wait_until("the value is answered", Duration::from_secs(30), || asked() != before);
            assert_eq!(other.call(&n).unwrap(), 2);
            gate.open();
            assert_eq!(call.join().unwrap(), 2, "{timeout:?}");
        });
    }
}

/// Whoever asks about a value and its mark at once, and has both answers sooner, did not see the one without the other.
#[test]
fn a_mark_is_taken_ten_milliseconds_after_the_old_value_has_gone() {
    let cluster = Cluster::alone();
    let gate = Gate::<()>::new(&cluster.nodes[0]);
    let url = format!("redis://127.0.0.1:{}", gate.port_of_node(&cluster.nodes[0]));
    let behind = settings(&cluster).target(Target::parse(&url).unwrap().with_cluster("").unwrap());
    let cache = sync::Cache::open(behind.stale(false)).unwrap();
    let get = cache.memoize("it", |n: &u32| format!("Book:{n}>it"), |n: &u32| *n).build();
    get.call(&1).unwrap();
    get.invalidate(&1).unwrap();
    gate.close();
    thread::scope(|scope| {
        scope.spawn(|| get.call(&1).unwrap());
        gate.hold_at(|words| words[..2] == ["SADD", "CM:progress"]);
        let gone = Instant::now();
        assert!(!cluster.nodes[0].connect().exists::<_, bool>("CM:Book:1").unwrap());
        gate.pass();
        gate.hold_at(|words| words[0].starts_with("EVAL") && words[3].starts_with("CM:meta:leases"));
        assert!(gone.elapsed() >= Duration::from_millis(10));
        gate.open();
    });
}

#[test]
fn many_calls_and_tasks_share_one_cache_over_three_primaries() {
    let cluster = Cluster::start();
    let runs = Arc::new(AtomicU32::new(0));
    let (one, other) = (Arc::clone(&runs), Arc::clone(&runs));
    let cache = sync::Cache::open_with(settings(&cluster), |error| panic!("{error}")).unwrap();
    let key = |id: &u32| format!("Book:{id}>title");
    let get = cache
        .memoize("title", key, move |id: &u32| {
            one.fetch_add(1, SeqCst);
            id * 2
        })
        .build();
    let ids: Vec<u32> = (0..100).collect();
    for _ in 0..2 {
        let called: Vec<u32> = get.call_many(&ids).into_iter().map(Result::unwrap).collect();
        assert_eq!(called, ids.iter().map(|id| id * 2).collect::<Vec<_>>());
    }
    assert_eq!(runs.load(SeqCst), 100);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tasks = future::Cache::open_with(settings(&cluster), |error| panic!("{error}")).unwrap();
    let tasks_get = tasks
        .memoize("title", key, move |id: u32| {
            other.fetch_add(1, SeqCst);
            async move { id * 2 }
        })
        .build();
    runtime.block_on(async {
        assert_eq!(tasks_get.call(&7).await.unwrap(), 14);
        let many = tasks_get.call_many(&(95..105).collect::<Vec<_>>()).await;
        assert_eq!(many.into_iter().map(Result::unwrap).sum::<u32>(), (95..105).sum::<u32>() * 2);
        assert_eq!(runs.load(SeqCst), 105);
        get.invalidate(&7).unwrap();
        assert_eq!(tasks_get.call(&7).await.unwrap(), 14);
    });
    assert_eq!((runs.load(SeqCst), tasks_get.counts().refreshes), (106, 1));
    drop((get, cache));
    runtime.block_on(tasks.close()).unwrap();
    assert_clean(&cluster);
}

/// Names that share a value have one fence: whoever claims it by one name lets nobody store by another.
#[test]
fn the_fence_is_that_of_the_value() {
    let cluster = Cluster::alone();
    let cache = sync::Cache::open(settings(&cluster).record(false)).unwrap();
    let redis = Mutex::new(cluster.nodes[0].connect());
    let seen = Arc::new(Mutex::new(Vec::<String>::new()));
    let fences = Arc::clone(&seen);
    let get = cache
        .memoize(
            "owner_of",
            |id: &u32| format!("Book:{id}>owner>of"),
            move |id: &u32| {
                *fences.lock().unwrap() = redis.lock().unwrap().keys("CM:meta:fence:*").unwrap();
                *id
            },
        )
        .build();
    get.call(&1).unwrap();
    let seen = seen.lock().unwrap().join(" ");
    assert!(seen.ends_with("}:CM:Book:1>owner"), "{seen}");
    assert_clean(&cluster);
}

/// A value that is not written gets no new timeout.
#[test]
fn what_cannot_be_stored_leaves_the_timeout_of_what_is_there() {
    let cluster = Cluster::alone();
    let told = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&told);
    let cache = sync::Cache::open_with(settings(&cluster).record(false), move |_| {
        count.fetch_add(1, SeqCst);
    });
    let get = cache.unwrap().memoize("f", |id: &u32| format!("Book:{id}>f"), |id: &u32| *id);
    let get = get.timeout(Duration::from_secs(600)).build();
    get.call(&1).unwrap();
    let (mut redis, bucket) = (cluster.nodes[0].connect(), "CM:Meta:Expire-Buckets::CM:Book:1");
    let stored: f64 = redis.zscore(bucket, "CM:Book:1>f").unwrap();
    let _: () = redis.zadd(bucket, "CM:Book:1>f", stored - 300.0).unwrap();
    redis::cmd("ACL").arg(&["SETUSER", "default", "-hset"]).exec(&mut redis).unwrap();
    assert_eq!(get.refresh(&1).unwrap(), 1);
    assert!(told.load(SeqCst) > 0, "it could not be stored");
    assert_eq!(redis.zscore::<_, _, f64>(bucket, "CM:Book:1>f").unwrap(), stored - 300.0);
    redis::cmd("ACL").arg(&["SETUSER", "default", "+hset"]).exec(&mut redis).unwrap();
    get.refresh(&1).unwrap();
    assert!(redis.zscore::<_, _, f64>(bucket, "CM:Book:1>f").unwrap() >= stored);
    assert_clean(&cluster);
}

#[test]
fn who_dies_behind_the_value_leaves_it_no_longer_than_its_timeout() {
    let cluster = Cluster::alone();
    let (node, bucket) = (&cluster.nodes[0], "CM:Meta:Expire-Buckets::CM:Book:1");
    let left = || {
        let score: f64 = node.connect().zscore(bucket, "CM:Book:1>it").unwrap();
        score - SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
    };
    for was_there in [false, true] {
        if was_there {
            let _: () = node.connect().zadd(bucket, "CM:Book:1>it", 1).unwrap();
        }
        let gate = Gate::<()>::new(node);
        let url = format!("redis://127.0.0.1:{}", gate.port_of_node(node));
        let behind = settings(&cluster).target(Target::parse(&url).unwrap().with_cluster("").unwrap());
        let cache = sync::Cache::open(behind).unwrap();
        let get = cache
            .memoize("it", |n: &u32| format!("Book:{n}>it"), |n: &u32| *n)
            .timeout(Duration::from_secs(20))
            .build();
        get.call(&2).unwrap();
        gate.close();
        thread::scope(|scope| {
            scope.spawn(|| get.call(&1).unwrap());
            let leaves = |words: &[String]| words[..2] == ["SREM", "CM:progress"];
            gate.hold_at(leaves);
            assert!(node.connect().hexists::<_, _, bool>("CM:Book:1", "it").unwrap());
            assert!(left() < 21.0, "{was_there}: {}", left());
            gate.open();
        });
        assert!(left() > 0.0);
    }
}

/// Who listens hears one primary: nothing is held, and that is said once.
#[test]
fn values_in_the_process_are_not_held() {
    let cluster = Cluster::start();
    let (tell, told) = channel();
    let settings = settings(&cluster).local(1 << 20);
    let cache = sync::Cache::open_with(settings, move |error| tell.send(error.to_string()).unwrap()).unwrap();
    let get = cache.memoize("f", |n: &u32| format!("f:{n}"), |n: &u32| *n).build();
    for _ in 0..3 {
        assert_eq!(get.call(&1).unwrap(), 1);
    }
    let told_first = told.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(told_first.contains("one slot"), "{told_first}");
    assert_eq!(get.counts().local, 0);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(told.try_iter().count(), 0);
}

/// What a primary that is down has is all that a call of many misses.
#[test]
fn a_call_of_many_fails_for_the_keys_of_a_primary_that_is_down_alone() {
    let mut cluster = Cluster::of_primaries();
    let of = |name: &str| slot(format!("CM:{name}").as_bytes());
    let bookkeeping = ["delete", "progress"].map(|name| cluster.owner(of(name)));
    let dead = (0..3).find(|at| !bookkeeping.contains(at)).unwrap();
    let tag = (0..).map(|n| format!("title{n}")).find(|tag| cluster.owner(of(tag)) != dead).unwrap();
    let book = |id: &u32| format!("Book:{id}>title");
    let is_dead: Vec<bool> = (0..40).map(|id| cluster.owner(of(&format!("Book:{id}"))) == dead).collect();
    let patience = Duration::from_secs(3);
    let settings = settings(&cluster).timeouts(Timeouts { connect: patience, io: patience }).record(false);
    let (runs, told) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let open = |on_error| {
        let (runs, told) = (Arc::clone(&runs), Arc::clone(&told));
        let settings = settings.clone().on_error(on_error);
        let tell = move |error: &Error| told.lock().unwrap().push(error.to_string());
        let cache = sync::Cache::open_with(settings, tell).unwrap();
        let compute = move |id: &u32| {
            runs.lock().unwrap().push(*id);
            id * 2
        };
        cache.memoize(&tag, book, compute).build()
    };
    let (tells, computes) = (open(OnError::Fail), open(OnError::Compute));
    let took_runs = || {
        let mut ids = std::mem::take(&mut *runs.lock().unwrap());
        ids.sort_unstable();
        ids
    };
    let of_dead = |ids: std::ops::Range<u32>, dead: bool| -> Vec<u32> {
        ids.filter(|id| is_dead[*id as usize] == dead).collect()
    };
    let warm: Vec<u32> = (0..20).collect();
    assert_eq!(tells.get_many(&warm), warm.iter().map(|id| id * 2).collect::<Vec<_>>());
    took_runs();
    assert!(told.lock().unwrap().is_empty(), "{told:?}");

    cluster.nodes[dead].stop();
    let all: Vec<u32> = (0..40).collect();
    for new in [of_dead(20..40, false), vec![]] {
        for (id, called) in all.iter().zip(tells.call_many(&all)) {
            match (is_dead[*id as usize], called) {
                (false, Ok(value)) => assert_eq!(value, id * 2),
                (true, Err(CallError::Cache(Error::Connect { .. }))) => {}
                (is_dead, called) => panic!("{id}, dead: {is_dead}: {called:?}"),
            }
        }
        assert_eq!(took_runs(), new, "what is new is computed once, and stored");
    }
    for id in [of_dead(0..20, false)[0], of_dead(0..20, true)[0]] {
        assert_eq!(tells.call(&id).is_err(), is_dead[id as usize]);
    }
    assert_eq!(computes.get_many(&all), all.iter().map(|id| id * 2).collect::<Vec<_>>());
    assert_eq!(took_runs(), of_dead(0..40, true));
    cluster.nodes[dead].restart();
    wait_until("it is back", Duration::from_secs(60), || {
        tells.call_many(&all).into_iter().all(|called| called.is_ok())
    });
    took_runs();
    tells.call_many(&all);
    assert!(took_runs().is_empty());
    assert_clean(&cluster);
}

/// A worker of 0.0.9 with `redis.RedisCluster`.
#[test]
fn python_and_rust_share_one_cache_over_three_primaries() {
    let cluster = Cluster::start();
    let url = cluster.url().replace("redis:", "redis+cluster:");
    let mut worker = Worker::builder(Lib::V009, &cluster.nodes[0]).url(&url).settings(&json!({})).spawn();
    let runs = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&runs);
    let cache = sync::Cache::open_with(settings(&cluster), |error| panic!("{error}")).unwrap();
    let get = cache
        .memoize(
            "get_owner",
            |id: &u32| format!("Book:{id}>owner"),
            move |_: &u32| {
                count.fetch_add(1, SeqCst);
                serde_json::Value::Null
            },
        )
        .build();
    for id in 0..20 {
        let stored = worker.value("get_owner", json!([id]));
        assert_eq!(get.call(&id).unwrap(), stored, "Rust reads what Python stored");
    }
    assert_eq!(runs.load(SeqCst), 0);
    for id in 0..10 {
        worker.invalidate(json!({"key": format!("Book:{id}>owner")}));
        get.call(&id).unwrap();
        assert_eq!(runs.load(SeqCst), id + 1, "a mark of Python's is taken by Rust");
        get.invalidate(&(id + 10)).unwrap();
        let called = worker.call("get_owner", json!([id + 10]));
        assert_eq!(called["computed"], true, "and one of Rust's by Python: {called}");
    }
    assert_clean(&cluster);
}
