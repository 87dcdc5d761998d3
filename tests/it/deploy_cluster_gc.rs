//! gc over a cluster: in steps where a namespace is spread, in scripts where a hash tag keeps it together.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cli_invalidate::SHARED;
use crate::deploy_cluster::{all, cli, commands, members, with};
use crate::gc_safety::NOTE;
use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
use crate::support::content::{Content, Held};
use crate::support::output::Output;
use crate::support::server::Server;
use crate::support::wait_until;

/// Members of each kind that belong to nothing.
const DEAD: usize = 300;
const LIVE: usize = 500;

/// A namespace of which a part has leaked.
fn leaky(prefix: &str) -> Cluster {
    let cluster = Cluster::start();
    let mut filled = commands(prefix, LIVE);
    for n in 0..DEAD {
        let key = format!("{prefix}Gone:{n}>owner");
        for (command, name) in [("SADD", "books"), ("SADD", "User:1:invalid"), ("SADD", "delete")] {
            filled.push(vec![command.to_owned(), format!("{prefix}{name}"), key.clone()]);
        }
        let bucket = format!("{prefix}Meta:Expire-Buckets::{prefix}Gone:{n}");
        filled.push(vec!["ZADD".to_owned(), bucket, "99999999999".to_owned(), key]);
    }
    for n in 0..10 {
        // Stuck in the middle of a refresh: the stale value is there, the mark went with the worker.
        let key = format!("{prefix}Book:{n}>owner");
        filled.push(vec!["SADD".to_owned(), format!("{prefix}progress"), key]);
    }
    let live = format!("{prefix}Book:400>owner");
    filled.push(vec!["SADD".to_owned(), format!("{prefix}delete"), live]);
    cluster.query(&filled);
    cluster
}

const GC: [&str; 4] = ["gc", "--yes", "--stuck-after", "0s"];

fn live(prefix: &str) -> BTreeSet<Vec<u8>> {
    (0..LIVE).map(|n| format!("{prefix}Book:{n}>owner").into_bytes()).collect()
}

/// Whatever has a value is where it was; whatever has none is gone; nobody's invalidation is lost.
#[track_caller]
fn is_clean(after: &Content, prefix: &str, output: &Output) {
    let shown = output.transcript();
    assert_eq!(with(after, "Gone"), 0, "{shown}");
    assert_eq!(members(after, &format!("{prefix}books")), live(prefix), "{shown}");
    assert_eq!(members(after, &format!("{prefix}progress")), BTreeSet::new(), "{shown}");
    let stuck = (0..10).map(|n| format!("{prefix}Book:{n}>owner").into_bytes());
    let marked: BTreeSet<_> = stuck.chain([format!("{prefix}Book:400>owner").into_bytes()]).collect();
    assert_eq!(members(after, &format!("{prefix}delete")), marked, "{shown}");
    let values = after.values().filter(|entry| matches!(entry.held, Held::Hash(_))).count();
    assert_eq!((values, with(after, "Meta:Expire")), (LIVE, LIVE), "{shown}");
    assert_eq!(with(after, "meta:removed") + with(after, "meta:suspects"), 0, "{shown}");
}

#[track_caller]
fn counts_all(output: &Output) {
    let report = output.ok().json();
    for kind in ["tags", "invalid_keys", "expiry", "pending"] {
        assert_eq!(report[kind]["removed"], DEAD, "{kind}\n{}", output.transcript());
    }
    assert_eq!((&report["progress"]["removed"], &report["progress"]["restored"]), (&10.into(), &10.into()));
    assert_eq!(report["complete"], true);
}

#[test]
fn what_has_no_room_to_be_noted_in_steps_is_not_done() {
    let cluster = Cluster::start();
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    cluster.query(&[words("SADD CM:progress CM:gone"), words("SADD CM:delete CM:dead")]);
    let limit = |bytes: &str| {
        for server in cluster.primaries() {
            redis::cmd("CONFIG").arg(&["SET", "maxmemory", bytes]).exec(&mut server.connect()).unwrap();
        }
    };
    let run = || cli(&cluster, &["gc", "--yes", "--no-lock", "--wait", "--stuck-after", "1ms"]).run();
    limit("1");
    let full = run();
    full.code(3).says("2 marks or keys in progress that may be stuck were left alone");
    assert_eq!(full.json()["suspects"], 0);
    limit("0");
    let report = run().ok().json();
    assert_eq!((&report["pending"]["removed"], &report["progress"]["removed"]), (&1.into(), &1.into()));
}

#[test]
fn what_is_computed_by_another_name_keeps_its_place_in_a_cluster() {
    std::thread::scope(|scope| {
        for (computed, read) in SHARED {
            scope.spawn(move || keeps_its_place(computed, read));
        }
    });
}

fn keeps_its_place(computed: &str, read: &str) {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let cluster = Cluster::alone();
    let [computed, member] = [computed, read].map(|key| format!("CM:{key}"));
    cluster.query(&[
        words(&format!("SADD CM:progress {computed}")),
        words(&format!("SADD CM:t {member}")),
        // Another run took it out long ago.
        ["EVAL", NOTE, "1", "CM:meta:removed", "CM:u", &member].map(str::to_owned).to_vec(),
    ]);
    let report = cli(&cluster, &["gc", "--yes", "--no-lock", "--layout", "classic"]).run().ok().json();
    let tags = [&report["tags"]["removed"], &report["tags"]["restored"]];
    assert_eq!(tags, [0, 1], "{computed} {read}");
    let content = cluster.content();
    for set in ["CM:t", "CM:u", "CM:delete"] {
        assert!(members(&content, set).contains(member.as_bytes()), "{computed} {read} {set}");
    }
}

/// The same namespace on one server and spread over several, both layouts in it: what the two report is the same.
#[test]
fn a_key_in_the_sets_of_both_layouts_counts_once_and_one_in_either_counts() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut filled = Vec::new();
    // Marks of what is gone, and keys in progress with their stale value: 3 in one set, 5 in the other, 7 in both.
    for (n, [marks, progress]) in [
        (0..3, ["CM:delete", "CM:progress"]),
        (3..8, ["CM:meta:deleted", "CM:meta:progress"]),
        (8..15, ["CM:delete", "CM:progress"]),
        (8..15, ["CM:meta:deleted", "CM:meta:progress"]),
    ] {
        for n in n {
            filled.push(words(&["SADD", marks, &format!("CM:Gone:{n}>x")]));
            filled.push(words(&["SADD", progress, &format!("CM:Stuck:{n}>x")]));
            filled.push(words(&["HSET", &format!("CM:Stuck:{n}"), "x", "v"]));
        }
    }
    let counts = |output: Output| {
        let report = output.ok().json();
        let of = |kind: &str, count: &str| report[kind][count].as_u64().unwrap();
        (of("pending", "removed"), of("progress", "removed"), of("progress", "restored"))
    };
    let cluster = Cluster::start();
    cluster.query(&filled);
    let spread = counts(cli(&cluster, &GC).env_remove("CACHEME_LAYOUT").run());
    let server = Server::start();
    let mut connection = server.connect();
    for command in &filled {
        redis::cmd(&command[0]).arg(&command[1..]).exec(&mut connection).unwrap();
    }
    let one = Cli::new(&server).args(GC).args(["--format", "json"]).run();
    assert_eq!(spread, counts(one));
    assert_eq!(spread, (15, 15, 15));
}

#[test]
fn gc_finds_the_layout_and_keeps_a_hash_tag_in_one_step() {
    let cluster = leaky("{CM}:");
    let output = cli(&cluster, &GC).args(["--prefix", "{CM}:"]).env_remove("CACHEME_LAYOUT").run();
    counts_all(&output);
    is_clean(&cluster.content(), "{CM}:", &output);
    // One script removed and noted: no single server saw a note without a removal.
    assert_eq!(cluster.errors("CROSSSLOT"), 0);
}

#[test]
fn what_a_slow_worker_stores_after_the_removal_goes_back_and_is_marked() {
    let cluster = Cluster::start();
    let key = "CM:Late:1>x";
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    cluster.query(&[words(&["SADD", "CM:books", key]), words(&["SADD", "CM:books", "CM:Gone:1>x"])]);
    let running = cli(&cluster, &GC).spawn();
    wait_until("it left its tag", Duration::from_secs(20), || {
        members(&cluster.content(), "CM:books").is_empty()
    });
    cluster.query(&[words(&["HSET", "CM:Late:1", "x", "v"])]);
    let output = running.wait();
    assert_eq!(output.ok().json()["tags"]["restored"], 1, "{}", output.transcript());
    let after = cluster.content();
    assert_eq!(members(&after, "CM:books"), BTreeSet::from([key.as_bytes().to_vec()]));
    assert_eq!(members(&after, "CM:delete"), BTreeSet::from([key.as_bytes().to_vec()]));
}

#[test]
fn what_a_killed_run_removed_is_looked_at_by_the_next_one() {
    let cluster = Cluster::start();
    let key = "CM:Late:1>x";
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    cluster.query(&[words(&["SADD", "CM:books", key])]);
    let running = cli(&cluster, &GC).args(["--no-lock"]).spawn();
    wait_until("it left its tag", Duration::from_secs(20), || {
        members(&cluster.content(), "CM:books").is_empty()
    });
    running.signal("KILL");
    drop(running.wait());
    cluster.query(&[words(&["HSET", "CM:Late:1", "x", "v"])]);
    // Until what was removed has settled.
    wait_until("it goes back", Duration::from_secs(30), || {
        cli(&cluster, &GC).args(["--no-lock"]).run().ok();
        members(&cluster.content(), "CM:books").len() == 1
    });
    assert_eq!(members(&cluster.content(), "CM:delete").len(), 1);
}

#[test]
fn a_reshard_while_collecting_loses_nothing() {
    let cluster = leaky("CM:");
    let before = cluster.dbsize();
    let running = cli(&cluster, &GC).args(["--pace", "10%", "--timeout", "30s"]).spawn();
    let reshard = cluster.reshard_under(&running, || cluster.dbsize() < before);
    let output = running.wait();
    reshard.wait().ok();
    is_clean(&cluster.content(), "CM:", &output);
    counts_all(&output);
}

#[test]
fn a_failover_while_collecting_loses_nothing() {
    let cluster = leaky("CM:");
    let (replica, before) = (cluster.replica_of(0), cluster.dbsize());
    let running = cli(&cluster, &GC).args(["--pace", "10%", "--timeout", "30s"]).spawn();
    wait_until("it has begun", Duration::from_secs(60), || cluster.dbsize() < before);
    running.signal("STOP");
    cluster.fail_over(replica);
    running.signal("CONT");
    let output = running.wait();
    output.code(3).says("took over during the run");
    is_clean(&cluster.content(), "CM:", &output);
    assert_eq!(output.json()["complete"], false);
}

/// Who can write to the database can note anything as a suspect.
#[test]
fn what_has_not_the_prefix_is_no_mark_whoever_calls_it_suspect() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let forged = [
        words(&["SADD", "CM:delete", "x", "CM:gone"]),
        words(&["ZADD", "CM:meta:suspects", "1000", "mark:x"]),
    ];
    let cluster = Cluster::start();
    cluster.query(&forged);
    let server = Server::start();
    let mut connection = server.connect();
    for command in &forged {
        redis::cmd(&command[0]).arg(&command[1..]).exec(&mut connection).unwrap();
    }
    let one = || Cli::new(&server).args(GC).args(["--format", "json", "--layout", "classic"]);
    for run in [cli(&cluster, &GC).args(["--dry-run"]), cli(&cluster, &GC), one().args(["--dry-run"]), one()]
    {
        let report = run.run().ok().json();
        assert_eq!(report["pending"]["removed"], 1, "{report}");
    }
    let left = BTreeSet::from([b"x".to_vec()]);
    assert_eq!(members(&cluster.content(), "CM:delete"), left);
    assert_eq!(members(&server.dump(), "CM:delete"), left);
    assert_eq!(with(&cluster.content(), "meta:suspects"), 0);
}

#[test]
fn the_lock_keeps_two_sweeps_of_a_cluster_apart() {
    let cluster = leaky("CM:");
    let first = cli(&cluster, &GC).args(["--pace", "5%"]).spawn();
    wait_until("the lock is taken", Duration::from_secs(20), || with(&cluster.content(), "meta:lock") == 1);
    first.signal("STOP");
    let second = cli(&cluster, &["purge"]).run();
    first.signal("CONT");
    second.says("another purge or gc");
    first.wait().ok();
    assert_eq!(with(&cluster.content(), "meta:lock"), 0);
    assert!(members(&cluster.content(), "CM:books").is_subset(&all("CM:")));
}
