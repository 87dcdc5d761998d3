//! A dump goes back into a namespace that is spread over a cluster, where the value, its timeout, its marks and its indexes lie in
//! several slots: nothing that is alive is overwritten, and no value stands without what belongs to it.

use redis::Commands;
use serde_json::{Value, json};

use crate::deploy_cluster::cli;
use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
use crate::support::content::{assert_same, diff};
use crate::support::gate::Gate;
use crate::support::python::{Lib, python};
use crate::support::running::Running;
use crate::support::seed::Seed;
use crate::support::server::Server;

fn dump(server: &Server, selectors: &[&str]) -> Vec<u8> {
    let dump = Cli::new(server).args(["keys", "dump", "--raw", "--indexes", "--layout", "classic"]);
    let out = dump.args(selectors).run();
    out.ok();
    out.stdout
}

fn restore(cluster: &Cluster, dump: &[u8], args: &[&str]) -> Cli {
    cli(cluster, &["keys", "restore", "d", "--yes", "--to-layout", "classic"]).file("d", dump).args(args)
}

fn counts(report: &Value) -> [u64; 4] {
    ["restored", "unchanged", "kept", "refused"].map(|field| report[field].as_u64().unwrap())
}

#[test]
fn everything_of_one_server_comes_back_over_a_cluster() {
    let (from, cluster) = (Server::start(), Cluster::start());
    python(Lib::V009, &from, "fill.py", ["--prefix", "CM:", "--states"]).ok();
    let text = dump(&from, &[]);
    let report = restore(&cluster, &text, &[]).run().ok().json();
    let lines = report["lines"].as_u64().unwrap();
    assert_eq!((counts(&report), &report["complete"]), ([lines, 0, 0, 0], &json!(true)), "{report}");
    let lost = diff(&from.dump(), &cluster.content());
    // What had no value to dump: a computation that broke.
    let lost: Vec<_> = lost.lines().filter(|line| !line.contains("fails:stuck>it")).collect();
    assert_eq!(lost, Vec::<&str>::new());
    let before = cluster.content();
    assert_eq!(counts(&restore(&cluster, &text, &[]).run().ok().json()), [0, lines, 0, 0]);
    restore(&cluster, &text, &["--replace"]).run().ok();
    assert_same(&before, &cluster.content());
}

/// Keys of a server, one of them with a timeout.
fn five(selectors: &[&str]) -> Vec<u8> {
    let (from, keys) = (Server::start(), ["a>f", "b>f", "c>f", "d>f", "e>f"]);
    Seed::classic(&from).live(keys).tag("t", keys).expires("b>f", 9_000);
    dump(&from, selectors)
}

fn bucket(name: &str) -> String {
    format!("CM:Meta:Expire-Buckets::CM:{name}")
}

#[test]
fn live_values_stay_with_their_timeouts_and_dead_ones_make_room() {
    let (text, cluster) = (five(&[]), Cluster::alone());
    let mut redis = cluster.nodes[0].connect();
    // Live; live with another timeout; expired; marked; not there.
    redis::pipe()
        .hset("CM:a", "f", "newer")
        .hset("CM:b", "f", "newer")
        .zadd(bucket("b"), "CM:b>f", 99_999_999_999_u64)
        .hset("CM:c", "f", "older")
        .zadd(bucket("c"), "CM:c>f", 5)
        .hset("CM:d", "f", "older")
        .sadd("CM:delete", "CM:d>f")
        .exec(&mut redis)
        .unwrap();
    let dry = restore(&cluster, &text, &["--dry-run"]).run().json();
    let report = restore(&cluster, &text, &[]).run().code(3).json();
    assert_eq!((counts(&dry), counts(&report)), ([3, 0, 2, 0], [3, 0, 2, 0]));
    let mut value = |name: &str| -> Vec<u8> { redis.hget(format!("CM:{name}"), "f").unwrap() };
    assert_eq!(["a", "b"].map(&mut value), [b"newer", b"newer"]);
    assert!(["c", "d", "e"].map(value).iter().all(|value| value != b"older"));
    let score = |redis: &mut redis::Connection, name: &str| -> Option<f64> {
        redis.zscore(bucket(name), format!("CM:{name}>f")).unwrap()
    };
    assert_eq!((score(&mut redis, "b"), score(&mut redis, "c")), (Some(99_999_999_999.0), None));
    let report = restore(&cluster, &text, &["--replace"]).run().ok().json();
    assert_eq!(counts(&report), [2, 3, 0, 0]);
    assert!(score(&mut redis, "b").unwrap() < 99_999_999_999.0);
}

/// A run that is held as its n-th script is on its way.
fn held(cluster: &Cluster, text: &[u8], n: usize) -> (Gate<()>, Cli, Running) {
    let gate = Gate::new(&cluster.nodes[0]);
    let port = gate.port();
    cluster.announce(&format!("redis://127.0.0.1:{port}"));
    let cli = restore(cluster, text, &[]).env("CACHEME_URL", format!("redis://127.0.0.1:{port}"));
    gate.close();
    let running = cli.spawn();
    gate.hold_at_nth(n, |words| words[0] == "EVAL");
    (gate, cli, running)
}

/// What a worker does as the run is at one of its steps: before the old value goes, before the timeout, before the value.
#[test]
fn what_a_worker_stores_between_two_steps_stays() {
    let text = five(&["--key", "b>f"]);
    for step in 0..3 {
        for bytes in ["older", "newer"] {
            let cluster = Cluster::alone();
            let mut redis = cluster.nodes[0].connect();
            redis::pipe().hset("CM:b", "f", "older").zadd(bucket("b"), "CM:b>f", 5).exec(&mut redis).unwrap();
            let (gate, _cli, running) = held(&cluster, &text, step);
            redis::pipe()
                .hset("CM:b", "f", bytes)
                .zadd(bucket("b"), "CM:b>f", 88_888_888_888_u64)
                .exec(&mut redis)
                .unwrap();
            gate.open();
            let out = running.wait();
            let report = out.code(3).json();
            assert_eq!(counts(&report)[2], 1, "step {step}, {bytes}: {}", out.transcript());
            let value: Option<String> = redis.hget("CM:b", "f").unwrap();
            // One of the same bytes may go: it is computed once more.
            let may_go = step == 0 && bytes == "older";
            assert!(value.as_deref() == Some(bytes) || may_go && value.is_none(), "step {step}: {value:?}");
            let score: f64 = redis.zscore(bucket("b"), "CM:b>f").unwrap();
            assert_eq!(score, 88_888_888_888.0, "step {step}, {bytes}");
        }
    }
}
