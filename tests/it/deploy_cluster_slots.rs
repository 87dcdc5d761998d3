//! What the nodes of a cluster answer while a slot is on its way: ASK and TRYAGAIN, made by hand.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheme::client::slot::slot;

use crate::deploy_cluster::{cli, commands, is_exact, members};
use crate::support::cluster::Cluster;
use crate::support::relay::Relay;
use crate::support::wait_until;

/// A small namespace in one slot, and where that is.
fn in_one_slot() -> (Cluster, u16, usize, usize) {
    let cluster = Cluster::start();
    cluster.query(&commands("{CM}:", 6));
    let slot = slot(b"{CM}:");
    let from = cluster.owner(slot);
    (cluster, slot, from, (from + 1) % 3)
}

#[test]
fn ask_is_followed_to_where_a_key_went() {
    let (cluster, slot, from, to) = in_one_slot();
    cluster.open(slot, to);
    cluster.migrate(from, to, &["{CM}:books", "{CM}:Book:1", "{CM}:Meta:Expire-Buckets::{CM}:Book:1"]);
    let output = cli(&cluster, &["--prefix", "{CM}:", "tags", "show", "books"]).run();
    assert_eq!(output.ok().json()["keys"], 6);
    let output = cli(&cluster, &["--prefix", "{CM}:", "keys", "list", "--format", "plain"]).run();
    assert_eq!(output.ok().lines().len(), 6, "{}", output.transcript());
    let output = cli(&cluster, &["--prefix", "{CM}:", "invalidate", "--key", "Book:1>owner"]).run();
    is_exact(&output, "marked", 1);
    assert!(cluster.errors("ASK") >= 2);
}

#[test]
fn a_transaction_follows_ask_whole() {
    let (cluster, slot, from, to) = in_one_slot();
    cluster.query(&[["SADD", "{CM}:delete", "{CM}:Book:5>owner"].map(str::to_owned).into()]);
    cluster.open(slot, to);
    cluster.migrate(from, to, &["{CM}:books", "{CM}:delete"]);
    let output = cli(&cluster, &["--prefix", "{CM}:", "invalidate", "--tag", "books", "--yes"]).run();
    is_exact(&output, "marked", 5);
    let rest: Vec<String> = (0..6)
        .flat_map(|n| {
            let base = format!("{{CM}}:Book:{n}");
            [format!("{{CM}}:Meta:Expire-Buckets::{base}"), format!("{{CM}}:User:{n}:invalid"), base]
        })
        .collect();
    cluster.migrate(from, to, &rest.iter().map(String::as_str).collect::<Vec<_>>());
    cluster.close(slot, to);
    let after = cluster.content();
    assert_eq!((members(&after, "{CM}:books").len(), members(&after, "{CM}:delete").len()), (0, 6));
}

/// Such a slot is where it was looked through, and was not there while its node was: only the config epochs tell.
#[test]
fn a_slot_that_went_away_and_came_back_under_a_walk_is_looked_through_again() {
    let tagged: Vec<String> = (0..60).map(|n| format!("CM:Book:{{x}}{n}")).collect();
    let all: BTreeSet<String> =
        (0..1500).map(|n| format!("CM:Book:{n}")).chain(tagged.iter().cloned()).collect();
    for args in [
        &["keys", "list", "--format", "plain"][..],
        &["invalidate", "--pattern", "Book:*", "--mark", "--yes"],
    ] {
        let mut cluster = Cluster::alone();
        let relay = Relay::before(&cluster.nodes[0], |_| None);
        cluster.announce(&relay.url());
        let other = cluster.add();
        let set = |key: &String| ["HSET", key, "owner", "v"].map(str::to_owned).into();
        cluster.query(&all.iter().map(set).collect::<Vec<_>>());
        let (cluster, slot) = (Arc::new(cluster), slot(b"x"));
        let moves = {
            let (cluster, tagged) = (cluster.clone(), tagged.clone());
            move |from, to| {
                cluster.open(slot, to);
                cluster.migrate(from, to, &tagged.iter().map(String::as_str).collect::<Vec<_>>());
                cluster.close(slot, to);
            }
        };
        let (behind, moved) = (cluster.clone(), Arc::new(Mutex::new(0)));
        let counted = moved.clone();
        relay.now(move |asked| {
            let mut moved = counted.lock().unwrap();
            if asked.is("SCAN") && asked.says("hash") && *moved < 2 {
                // It goes as the second batch is asked for, and comes back before the last one.
                let mut same = redis::cmd("SCAN");
                let (next, _): (u64, Vec<String>) =
                    same.arg(&asked.words[1..]).query(&mut behind.nodes[0].connect()).unwrap();
                match (*moved, next) {
                    (0, 1..) if asked.words[1] != b"0" => moves(0, other),
                    (1, 0) => moves(other, 0),
                    _ => return None,
                }
                *moved += 1;
            }
            None
        });
        let output = cli(&cluster, args).run();
        output.ok();
        let done: BTreeSet<String> = match args[0] {
            "keys" => output
                .lines()
                .iter()
                .map(|line| format!("CM:{}", line.split(['\t', '>']).next().unwrap()))
                .collect(),
            _ => members(&cluster.content(), "CM:delete")
                .iter()
                .map(|it| String::from_utf8_lossy(it).replace(">owner", ""))
                .collect(),
        };
        assert_eq!(done, all, "{}", output.transcript());
        assert_eq!(*moved.lock().unwrap(), 2, "the walk was over before");
    }
}

#[test]
fn tryagain_is_waited_for() {
    let (cluster, slot, from, to) = in_one_slot();
    cluster.open(slot, to);
    let buckets: Vec<String> =
        (0..6).map(|n| format!("{{CM}}:Meta:Expire-Buckets::{{CM}}:Book:{n}")).collect();
    // A script that names one bucket here and one there cannot run on either node.
    cluster.migrate(from, to, &[&buckets[0]]);
    let purging = cli(&cluster, &["--prefix", "{CM}:", "purge", "--no-lock", "--timeout", "30s"]).spawn();
    wait_until("a command was told to try again", Duration::from_secs(20), || cluster.errors("TRYAGAIN") > 0);
    let values = (0..6).flat_map(|n| [format!("{{CM}}:Book:{n}"), format!("{{CM}}:User:{n}:invalid")]);
    let rest: Vec<String> =
        values.chain(buckets[1..].iter().cloned()).chain(["{CM}:books".to_owned()]).collect();
    cluster.migrate(from, to, &rest.iter().map(String::as_str).collect::<Vec<_>>());
    cluster.close(slot, to);
    let output = purging.wait();
    is_exact(&output, "deleted", 6);
    assert_eq!(output.json()["expired"], 6);
    let after = cluster.content();
    assert_eq!(after.keys().filter(|name| name.starts_with(b"{CM}:Book:")).count(), 0);
    assert_eq!(members(&after, "{CM}:books").len(), 6);
}

#[test]
fn a_slot_that_stays_open_ends_with_an_error_that_says_so() {
    let (cluster, slot, from, to) = in_one_slot();
    cluster.open(slot, to);
    cluster.migrate(from, to, &["{CM}:Meta:Expire-Buckets::{CM}:Book:0"]);
    let output = cli(&cluster, &["--prefix", "{CM}:", "purge", "--no-lock", "--timeout", "1s"]).run();
    assert!([1, 3].contains(&output.code) && output.stderr.contains("TRYAGAIN"), "{}", output.transcript());
    assert!(output.stdout.is_empty() || output.json()["complete"] == false);
}
