//! What is done in steps in a cluster: which answer keeps the next step from being taken, and what is left where a run ends
//! between two of them.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use redis::Commands;

use crate::deploy_cluster::{cli, members, with};
use crate::support::cluster::Cluster;
use crate::support::relay::{Fault, Relay};

/// Entries of three hashes that are due, and one whose base is no hash.
fn one_odd(cluster: &Cluster) {
    let mut connection = cluster.nodes[0].connect();
    let mut pipe = redis::pipe();
    pipe.cmd("SET").arg("CM:a").arg("x");
    pipe.zadd("CM:Meta:Expire-Buckets::CM:a", "CM:a", 5);
    for n in 1..=3 {
        pipe.hset(format!("CM:b{n}"), "owner", "v".repeat(n * 100));
        pipe.zadd(format!("CM:Meta:Expire-Buckets::CM:b{n}"), format!("CM:b{n}>owner"), 5);
    }
    pipe.exec(&mut connection).unwrap();
}

#[test]
fn a_base_that_is_no_hash_stops_no_purge() {
    for pace in ["fast", "gentle"] {
        let cluster = Cluster::alone();
        one_odd(&cluster);
        for args in [&["--dry-run"][..], &[]] {
            let output = cli(&cluster, &["purge", "--no-lock", "--pace", pace]).args(args).run();
            let report = output.ok().json();
            assert_eq!(
                (&report["expired"], &report["deleted"], &report["bytes"]),
                (&4.into(), &3.into(), &600.into()),
                "{}",
                output.transcript()
            );
        }
        let after = cluster.content();
        assert_eq!((with(&after, "Meta:Expire"), with(&after, "CM:a"), with(&after, "CM:b")), (0, 1, 0));
    }
}

#[test]
fn what_gc_would_give_back_is_looked_for_on_every_server() {
    let cluster = Cluster::start();
    cluster.query(
        &(0..60)
            .flat_map(|n| {
                let words = |line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
                let key = format!("CM:b{n}>owner");
                [
                    words(format!("HSET CM:b{n} owner v")),
                    words(format!("SADD CM:live{n} {key}")),
                    words(format!("SADD CM:dead{n}:invalid CM:gone{n}>owner CM:gone{n}>other")),
                ]
            })
            .collect::<Vec<_>>(),
    );
    let bytes = || cli(&cluster, &["stats"]).run().ok().json()["bytes"].clone();
    let before = bytes();
    cli(&cluster, &["gc", "--yes", "--no-lock"]).run().ok();
    let after = bytes();
    let given = before["indexes"].as_u64().unwrap() - after["indexes"].as_u64().unwrap();
    assert_eq!(
        (&before["reclaimable_by_gc"], &after["reclaimable_by_gc"]),
        (&given.into(), &0.into()),
        "{before}"
    );
    assert!(given > 0);
}

#[test]
fn sizes_that_a_cluster_refuses_keep_no_entry() {
    let cluster = Cluster::alone();
    one_odd(&cluster);
    let relay = Relay::before(&cluster.nodes[0], |asked| {
        asked
            .is("HSTRLEN")
            .then_some(Fault::Refuse("NOPERM this user has no permissions to run the 'hstrlen' command"))
    });
    cluster.announce(&relay.url());
    let output = cli(&cluster, &["purge", "--no-lock"]).run();
    let report = output.ok().json();
    assert_eq!(
        (&report["deleted"], &report["bytes"]),
        (&3.into(), &serde_json::Value::Null),
        "{}",
        output.transcript()
    );
    assert_eq!(with(&cluster.content(), "Meta:Expire"), 0);
}

/// Values go before their entries: a run that failed between has changed something, and says so.
#[test]
fn values_that_went_before_a_refusal_make_it_a_part_and_are_logged() {
    let cluster = Cluster::alone();
    one_odd(&cluster);
    let relay = Relay::before(&cluster.nodes[0], |asked| {
        let is_script = asked.is("EVAL") || asked.is("EVALSHA");
        is_script.then_some(Fault::Refuse("NOPERM this user has no permissions to run the 'eval' command"))
    });
    cluster.announce(&relay.url());
    let output = cli(&cluster, &["purge", "--no-lock"]).run();
    let report = output.code(3).says("eval").json();
    assert_eq!(
        (&report["expired"], &report["deleted"], &report["bytes"]),
        (&0.into(), &3.into(), &600.into()),
        "{}",
        output.transcript()
    );
    let noted: u64 = redis::cmd("XLEN").arg("CM:meta:log").query(&mut cluster.nodes[0].connect()).unwrap();
    assert_eq!(noted, 1);
}

#[test]
fn the_refusal_that_is_told_is_the_one_that_kept_the_next_step_back() {
    let cluster = Cluster::alone();
    one_odd(&cluster);
    let relay = Relay::before(&cluster.nodes[0], |asked| {
        asked
            .is("SADD")
            .then_some(Fault::Refuse("NOPERM this user has no permissions to run the 'sadd' command"))
    });
    cluster.announce(&relay.url());
    let output = cli(&cluster, &["purge", "--mark", "--no-lock", "--layout", "both"]).run();
    output.says("NOPERM").never_says("ABORTED");
}

#[test]
fn a_purge_that_marks_reaches_keys_of_three_parts_by_their_whole_names() {
    let cluster = Cluster::alone();
    let mut pipe = redis::pipe();
    for (n, score) in [(1, 5), (2, 99_999_999_999_u64)] {
        pipe.hset(format!("CM:b{n}"), "owner", "v");
        pipe.zadd(format!("CM:Meta:Expire-Buckets::CM:b{n}"), format!("CM:b{n}>owner"), score);
        pipe.sadd("CM:tag", format!("CM:b{n}>owner>name"));
    }
    pipe.exec(&mut cluster.nodes[0].connect()).unwrap();
    let output = cli(&cluster, &["purge", "--mark", "--no-lock"]).run();
    let report = output.ok().json();
    assert_eq!((&report["expired"], &report["marked"]), (&1.into(), &2.into()), "{}", output.transcript());
    let after = cluster.content();
    assert_eq!(members(&after, "CM:delete").len(), 2);
    // Both values are there, and one bucket.
    assert_eq!((with(&after, "Meta:Expire"), with(&after, "CM:b")), (1, 3));
}

#[test]
fn an_index_that_is_no_set_by_now_stops_no_second_look() {
    let cluster = Cluster::alone();
    let mut connection = cluster.nodes[0].connect();
    let mut pipe = redis::pipe();
    for (tag, key) in [("CM:odd", "CM:Book:1"), ("CM:books", "CM:Book:2")] {
        pipe.hset(key, "owner", "v");
        let pack = "return redis.call('RPUSH', KEYS[1], cmsgpack.pack({1000, 'tag', ARGV[1], {ARGV[2]}}))";
        pipe.cmd("EVAL").arg(pack).arg(1).arg("CM:meta:removed").arg(tag).arg(format!("{key}>owner"));
    }
    pipe.set("CM:odd", "x");
    pipe.exec(&mut connection).unwrap();
    let output = cli(&cluster, &["gc", "--yes", "--no-lock"]).run();
    assert_eq!(output.ok().json()["tags"]["restored"], 1, "{}", output.transcript());
    let after = cluster.content();
    assert_eq!(with(&after, "meta:removed"), 0);
    assert_eq!(members(&after, "CM:books").len(), 1);
    assert_eq!(members(&after, "CM:delete").len(), 2);
}

#[test]
fn what_every_primary_is_asked_waits_for_one_that_loads_or_broke_off() {
    let cluster = Cluster::alone();
    one_odd(&cluster);
    for fault in [Fault::CutBefore, Fault::Refuse("LOADING Redis is loading the dataset in memory")] {
        let met = AtomicBool::new(false);
        let relay = Relay::before(&cluster.nodes[0], move |asked| {
            (asked.is("DBSIZE") && !met.swap(true, SeqCst)).then_some(fault)
        });
        cluster.announce(&relay.url());
        let output = cli(&cluster, &["stats"]).run();
        assert_eq!(output.ok().json()["server"]["database_keys"], 8, "{fault:?}\n{}", output.transcript());
        assert_eq!(relay.faults(), 1);
    }
}

#[test]
fn an_entry_comes_back_with_its_value_whatever_ended_the_run_that_removed_it() {
    const BUCKET: &str = "CM:Meta:Expire-Buckets::CM:Book:1";
    let cluster = Cluster::alone();
    let mut connection = cluster.nodes[0].connect();
    let _: () = connection.zadd(BUCKET, "CM:Book:1>owner", 99_999_999_999_u64).unwrap();
    let removed = AtomicBool::new(false);
    let relay = Relay::before(&cluster.nodes[0], move |asked| {
        let is_over = removed.load(SeqCst);
        let text = asked.words.get(1).map(|word| String::from_utf8_lossy(word));
        removed.fetch_or(text.is_some_and(|text| text.contains("score == ARGV")), SeqCst);
        is_over.then_some(Fault::Refuse("NOPERM it ended here"))
    });
    cluster.announce(&relay.url());
    let gc = || cli(&cluster, &["gc", "--yes", "--no-lock"]).run();
    gc().code(3).says("it ended here");
    assert!(!connection.exists::<_, bool>(BUCKET).unwrap());
    relay.now(|_| None);
    let _: () = connection.hset("CM:Book:1", "owner", "v").unwrap();
    let output = gc();
    assert_eq!(output.ok().json()["expiry"]["restored"], 1, "{}", output.transcript());
    let score: u64 = connection.zscore(BUCKET, "CM:Book:1>owner").unwrap();
    assert_eq!((score, with(&cluster.content(), "meta:removed")), (99_999_999_999, 0));
}

#[test]
fn a_transaction_whose_answers_were_lost_half_way_is_sent_again_whole() {
    let cluster = Cluster::alone();
    let mut connection = cluster.nodes[0].connect();
    for n in 0..5 {
        let _: () = connection.sadd("{CM}:books", format!("{{CM}}:Book:{n}>owner")).unwrap();
    }
    let is_cut = AtomicBool::new(false);
    let relay = Relay::before(&cluster.nodes[0], move |asked| {
        (asked.is("SREM") && !is_cut.swap(true, SeqCst)).then_some(Fault::CutBefore)
    });
    cluster.announce(&relay.url());
    let args = ["--prefix", "{CM}:", "invalidate", "--tag", "books", "--yes"];
    let output = cli(&cluster, &args).run();
    assert_eq!(output.code(3).json()["marked"], 5, "{}", output.transcript());
    assert!(!output.transcript().contains("refused"), "{}", output.transcript());
    let after = cluster.content();
    assert_eq!((members(&after, "{CM}:books").len(), members(&after, "{CM}:delete").len()), (0, 5));
}
