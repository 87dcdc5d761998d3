//! What follows traffic, over all primaries of a cluster: the calls of the library are seen wherever their keys lie.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use cacheme::memoize::sync::Cache;
use cacheme::namespace::Layout;
use serde_json::{Value, json};

use crate::deploy_cluster::cli;
use crate::stats_live::{counts, row, wait_for_monitor};
use crate::support::cluster::Cluster;
use crate::support::python::Lib;
use crate::support::running::Running;
use crate::support::worker::Worker;

fn worker(cluster: &Cluster, settings: &Value) -> Worker {
    let url = cluster.url().replace("redis:", "redis+cluster:");
    Worker::builder(Lib::V009, &cluster.nodes[0]).url(&url).settings(settings).spawn()
}

/// On a busy machine what a primary tells comes no later than this.
const ON_ITS_WAY: Duration = Duration::from_secs(3);

/// Starts a command that watches, and waits until all these nodes are monitored.
fn watch(cluster: &Cluster, nodes: &[usize], args: &[&str]) -> Running {
    let running = cli(cluster, args).spawn();
    nodes.iter().for_each(|at| wait_for_monitor(&cluster.nodes[*at]));
    running
}

fn times(worker: &mut Worker, count: usize, function: &str, args: &Value) {
    (0..count).for_each(|_| drop(worker.value(function, args.clone())));
}

/// Calls whose keys lie all over the cluster. Gives by tag: calls, hits, misses, refreshes, waits.
fn script(cluster: &Cluster) -> Vec<(&'static str, [u64; 5])> {
    let patient = json!({"THUNDERING_HERD_RETRY_COUNT": 500});
    let (mut one, mut two) = (worker(cluster, &patient), worker(cluster, &patient));
    for book in 0..40 {
        times(&mut one, 2, "get_owner", &json!([book]));
        two.value("get_owner", json!([book]));
    }
    for book in 0..10 {
        one.invalidate(json!({"key": format!("Book:{book}>owner")}));
        times(&mut two, 2, "get_owner", &json!([book]));
    }
    for n in 0..20 {
        times(&mut one, 2, "later_field", &json!([n]));
        two.value("later_field", json!([n]));
    }
    for n in 0..8 {
        let bucket = format!("CM:Meta:Expire-Buckets::CM:later:{n}");
        let expired = ["ZADD", &bucket, "XX", "1", &format!("CM:later:{n}>field")];
        cluster.query(&[expired.map(str::to_owned).to_vec()]);
        times(&mut two, 2, "later_field", &json!([n]));
    }
    for n in 0..5 {
        let id = n.to_string();
        one.hold(&id);
        two.send(&json!({"call": "held", "args": [id]}));
        // It has looked for the value, and then for whether another computes it.
        std::thread::sleep(std::time::Duration::from_millis(300));
        one.resume(json!(["v"]));
        assert_eq!(two.receive()["result"], json!(["v"]));
    }
    vec![("get_owner", [140, 90, 40, 10, 0]), ("later_field", [76, 48, 20, 8, 0]), ("held", [10, 0, 5, 0, 5])]
}

#[test]
fn calls_are_seen_wherever_their_keys_lie() {
    let cluster = Cluster::start();
    let live = watch(&cluster, &[0, 1, 2], &["stats", "--live", "50s"]);
    let expected = script(&cluster);
    live.signal("INT");
    let told = live.wait().code(130).json()["live"].take();
    for (tag, expected) in &expected {
        assert_eq!(counts(&told, tag), *expected, "{tag}: {told:#}");
    }
    assert_eq!((&row(&told, "get_owner")["invalidations"], &told["in_progress"]), (&json!(10), &json!(0)));
    let later = row(&told, "later_field");
    assert_eq!((&later["expiries"], &later["invalidations"]), (&json!(8), &json!(0)));
}

/// The same as events: a line each, and those of a key in their order.
#[test]
fn events_of_all_primaries_come_in_order() {
    let cluster = Cluster::start();
    let events = watch(&cluster, &[0, 1, 2], &["events", "--yes", "--format", "ndjson"]);
    let mut worker = worker(&cluster, &json!({}));
    for book in 0..30 {
        times(&mut worker, 2, "get_owner", &json!([book]));
        worker.invalidate(json!({"key": format!("Book:{book}>owner")}));
        worker.value("get_owner", json!([book]));
    }
    events.signal("INT");
    let rows = events.wait().code(130).ndjson();
    for book in 0..30 {
        let key = format!("Book:{book}>owner");
        let kinds: Vec<_> =
            rows.iter().filter(|row| row["key"] == key).map(|row| row["kind"].clone()).collect();
        assert_eq!(kinds, ["miss", "stored", "hit", "marked", "refresh", "stored"], "{key}");
    }
}

/// A Rust worker takes its steps on several primaries: it is seen as one of Python is.
#[test]
fn a_rust_worker_is_seen_as_well() {
    let cluster = Cluster::start();
    let settings = cluster.nodes[0].settings().target(cluster.target()).layout(Layout::Classic);
    let cache = Cache::open(settings.record(false)).unwrap();
    let get = cache.memoize("owner", |id: &u32| format!("Book:{id}>owner"), |id: &u32| *id);
    let get = get.timeout(Duration::from_secs(3600)).build();
    let calls = |ids: Range<u32>, expires: bool| {
        let call = |id: &u32| assert_eq!(get.call(id).unwrap(), *id);
        for id in ids {
            call(&id);
            call(&id);
            get.invalidate(&id).unwrap();
            call(&id);
            call(&id);
            if !expires {
                continue;
            }
            let bucket = format!("CM:Meta:Expire-Buckets::CM:Book:{id}");
            let expired = ["ZADD", &bucket, "XX", "1", &format!("CM:Book:{id}>owner")];
            cluster.query(&[expired.map(str::to_owned).to_vec()]);
            call(&id);
        }
    };
    let live = watch(&cluster, &[0, 1, 2], &["stats", "--live", "50s"]);
    calls(0..30, true);
    std::thread::sleep(ON_ITS_WAY);
    live.signal("INT");
    let told = live.wait().code(130).json()["live"].take();
    // Calls, hits, misses, refreshes, waits.
    assert_eq!(counts(&told, "owner"), [150, 60, 30, 60, 0], "{told:#}");
    assert_eq!((&row(&told, "owner")["expiries"], &told["in_progress"]), (&json!(30), &json!(0)));
    let events = watch(&cluster, &[0, 1, 2], &["events", "--yes", "--format", "ndjson"]);
    calls(30..60, false);
    let fails = Arc::<AtomicBool>::default();
    let is_failing = Arc::clone(&fails);
    let fail = cache
        .try_memoize(
            "fail",
            |id: &u32| format!("Fail:{id}>it"),
            move |id: &u32| {
                if is_failing.load(SeqCst) { Err("no") } else { Ok(*id) }
            },
        )
        .build();
    fail.call(&1).unwrap();
    fail.invalidate(&1).unwrap();
    fails.store(true, SeqCst);
    fail.call(&1).unwrap_err();
    std::thread::sleep(ON_ITS_WAY);
    events.signal("INT");
    let rows = events.wait().code(130).ndjson();
    // What the failure gives back is no invalidation.
    let marked = rows.iter().filter(|row| row["key"] == "Fail:1>it" && row["kind"] == "marked");
    assert_eq!(marked.count(), 1);
    for id in 30..60 {
        let key = format!("Book:{id}>owner");
        let rows = rows.iter().filter(|row| row["key"] == key);
        let mut kinds: Vec<_> = rows.map(|row| row["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds[..2], ["miss", "stored"], "{key}");
        // Of two calls in a row it may be told of the wrong one that it computed: their reads lie on two servers.
        kinds.sort_unstable();
        assert_eq!(kinds, ["hit", "hit", "marked", "miss", "refresh", "stored", "stored"], "{key}");
    }
}

/// One primary refuses, another dies: both are said, and what the third carries out is seen.
#[test]
fn a_primary_that_is_not_seen_is_said() {
    let mut cluster = Cluster::start();
    let mut refuses = cluster.nodes[0].connect();
    redis::cmd("ACL").arg(&["SETUSER", "default", "-monitor"]).exec(&mut refuses).unwrap();
    let url = cluster.nodes[0].tcp_url();
    let live = watch(&cluster, &[1, 2], &["stats", "--live", "50s"]);
    let mut worker = worker(&cluster, &json!({}));
    times(&mut worker, 2, "get_owner", &json!([1]));
    cluster.nodes[1].stop();
    crate::support::wait_until("it is said", std::time::Duration::from_secs(20), || {
        live.stderr().contains(&cluster.nodes[1].port().to_string())
    });
    live.signal("INT");
    let output = live.wait();
    output.code(130).says("NOPERM").says(url.trim_start_matches("redis://").trim_end_matches('/'));
    let told = &output.json()["live"];
    assert_eq!(told["complete"], false);
    assert!(told["commands"].as_u64().unwrap() > 0, "{told}");
}
