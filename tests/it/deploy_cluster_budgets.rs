//! A time budget in a cluster: the next run goes on from where this one was on each primary, until slots move.

use redis::Commands;

use crate::deploy_cluster::cli;
use crate::support::cluster::Cluster;
use crate::support::output::Output;

const KEYS: usize = 1200;

/// Values that expire in a long time, a bucket each, and one that has expired.
fn spread() -> Cluster {
    let cluster = Cluster::start();
    let words = |line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut commands: Vec<_> = (0..KEYS)
        .flat_map(|n| {
            let bucket = format!("CM:Meta:Expire-Buckets::CM:b{n}");
            let score = if n == 7 { 5 } else { 99_999_999_999_u64 };
            [
                words(format!("HSET CM:b{n} f v")),
                words(format!("ZADD {bucket} {score} CM:b{n}>f")),
                words(format!("SADD CM:t CM:b{n}>f")),
            ]
        })
        .collect();
    commands.extend((0..KEYS).map(|n| words(format!("SADD CM:dead{n}:invalid CM:gone{n}>f"))));
    cluster.query(&commands);
    cluster
}

fn budgeted(cluster: &Cluster, args: &[&str]) -> Output {
    cli(cluster, args).args(["--time-budget", "1ns", "--pace", "gentle"]).run()
}

/// Runs until all of it is done; how many runs that took.
fn until_done(cluster: &Cluster, args: &[&str]) -> u64 {
    for run in 1..1000 {
        let output = budgeted(cluster, args);
        if output.json()["complete"] == true {
            output.ok();
            return run;
        }
        output.code(3);
    }
    panic!("it never gets to the end");
}

fn noted(cluster: &Cluster, field: &str) -> Option<String> {
    let owner = cluster.nodes.iter().find_map(|node| {
        let value: redis::RedisResult<Option<String>> = node.connect().hget("CM:meta:cursor", field);
        value.ok()
    });
    owner.flatten()
}

#[test]
fn small_budgets_finish_over_all_primaries() {
    let cluster = spread();
    let runs = until_done(&cluster, &["purge"]);
    assert!((3..500).contains(&runs), "{runs} runs");
    assert!(!cluster.content().contains_key(&b"CM:b7"[..]));
    assert_eq!(noted(&cluster, "purge:cursor"), None);
    let runs = until_done(&cluster, &["purge", "--tag", "t"]);
    assert!((3..500).contains(&runs), "{runs} runs");
    let runs = until_done(&cluster, &["gc", "--yes", "--wait"]);
    assert!((3..900).contains(&runs), "{runs} runs");
    assert!(!cluster.content().keys().any(|name| name.ends_with(b":invalid")));
}

#[test]
fn where_a_slot_has_moved_a_run_begins_at_the_front() {
    let cluster = spread();
    for _ in 0..3 {
        budgeted(&cluster, &["purge"]).code(3);
    }
    let before = noted(&cluster, "purge:cursor").expect("a position");
    let (slot, from) = (0, cluster.owner(0));
    let to = (0..3).find(|at| *at != from).unwrap();
    cluster.open(slot, to);
    cluster.close(slot, to);
    budgeted(&cluster, &["purge"]).code(3);
    let after = noted(&cluster, "purge:cursor").expect("a position");
    // Three times as far as one batch came, and one batch.
    assert_ne!(before, after);
    assert_eq!(after.split(',').count(), 3, "{after}");
    until_done(&cluster, &["purge"]);
}
