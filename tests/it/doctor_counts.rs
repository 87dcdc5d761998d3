//! `doctor`: everything that there is is counted, however much, or said to be left out.

use crate::doctor_findings::{AT_ONCE, doctor, finding, fix, ids, pasted, with_limit};
use crate::gc_removes::all;
use crate::support::cli::Cli;
use crate::support::gate::held;
use crate::support::server::Server;

/// A server with what a script of Lua puts there.
fn seeded(script: &str) -> Server {
    let server = with_limit(Server::builder(), "noeviction");
    redis::cmd("EVAL").arg(script).arg(0).query::<redis::Value>(&mut server.connect()).unwrap();
    server
}

/// So many tags of a thousand members without a value, each with one key that can never expire.
fn large_tags(tags: usize) -> Server {
    seeded(&format!(
        "for tag = 1, {tags} do
           for n = 1, 999 do redis.call('SADD', 'CM:tag' .. tag, 'CM:gone' .. n) end
           local base = 'CM:cut' .. tag
           redis.call('SADD', 'CM:tag' .. tag, base .. '>b>c')
           redis.call('ZADD', 'CM:Meta:Expire-Buckets::' .. base, 99999999999, base .. '>b')
         end"
    ))
}

#[test]
fn every_large_index_is_looked_through() {
    let server = large_tags(3);
    for pace in ["gentle", "fast", "25%"] {
        let report = doctor(&server, &[&AT_ONCE[..], &["--pace", pace]].concat()).code(5).json();
        assert_eq!(report["complete"], true);
        assert_eq!(finding(&report, "leaked-members")["count"], 3000, "{pace}: {report:#}");
        assert_eq!(finding(&report, "cut-keys-with-timeout")["count"], 3, "{pace}: {report:#}");
    }
}

#[test]
fn a_look_that_ends_within_a_large_index_is_not_complete() {
    let server = large_tags(1);
    let cli = Cli::new(&server).args(["doctor", "--format", "json", "--no-progress"]).args(AT_ONCE);
    // The scan of the keyspace ends before the first members are asked for, and these come in several batches.
    let (gate, running) = held(&server, cli, 0, &["HEXISTS"]);
    running.signal("INT");
    gate.open();
    let report = running.wait().code(130).says("stopped before everything was checked").json();
    assert_eq!(report["complete"], false);
    assert!(
        finding(&report, "leaked-members")["title"].as_str().unwrap().starts_with("about "),
        "{report:#}"
    );
}

#[test]
fn no_index_is_too_many_to_be_counted() {
    let server =
        seeded("for n = 1, 12000 do redis.call('SADD', 'CM:key' .. n .. ':invalid', 'CM:gone' .. n) end");
    redis::cmd("SADD").arg("CM:worst").arg(&["CM:a", "CM:b"]).exec(&mut server.connect()).unwrap();
    let report = doctor(&server, &AT_ONCE).code(5).json();
    let leaked = finding(&report, "leaked-members");
    assert_eq!(leaked["count"], 12_002);
    let detail = leaked["detail"].as_str().unwrap();
    assert!(detail.starts_with("100 % of all members"), "{detail}");
    assert!(detail.contains(": 'worst' 2 of 2 (100 %"), "{detail}");
    assert!(detail.contains(", and 11996 more. "), "{detail}");
}

#[test]
fn what_others_keep_in_an_index_is_no_leak() {
    let server = with_limit(Server::builder(), "noeviction");
    all(&mut server.connect(), &["SADD CM:tag CM:gone other:a other:b other:c"]);
    assert_eq!(finding(&doctor(&server, &AT_ONCE).code(5).json(), "leaked-members")["count"], 1);
}

#[test]
fn keys_in_progress_that_were_not_remembered_are_told() {
    for (keys, told) in
        [(1, None), (100_002, Some("Only 100000 of 100002 keys in progress were checked twice"))]
    {
        let server =
            seeded(&format!("for n = 1, {keys} do redis.call('SADD', 'CM:progress', 'CM:k' .. n) end"));
        let cli = Cli::new(&server).args(["doctor", "--format", "table", "--no-progress", "--pace", "fast"]);
        let output = cli.args(AT_ONCE).run();
        let text = output.code(5).text();
        assert_eq!(text.contains("keys in progress were checked"), told.is_some(), "{text}");
        assert!(told.is_none_or(|told| text.contains(told)), "{text}");
    }
}

#[test]
fn a_fix_that_names_the_first_few_says_so() {
    for (count, first) in [(3, false), (4, true)] {
        let server = with_limit(Server::builder(), "noeviction");
        for n in 0..count {
            all(
                &mut server.connect(),
                &[
                    &format!("HSET CM:odd{n} base nonsense"),
                    &format!("SET CM:Meta:Expire-Buckets::CM:b{n} x"),
                ],
            );
        }
        let look = || doctor(&server, &AT_ONCE).json();
        let mut report = look();
        for id in ["undecodable-values", "bucket-wrong-type"] {
            assert_eq!(finding(&report, id)["count"], count);
            let fix = fix(&report, id);
            assert_eq!(fix.contains(&format!("for the first 3 of {count}")), first, "{fix}");
            Cli::shell(&server, pasted(&fix)).run().ok();
        }
        report = look();
        if first {
            for id in ["undecodable-values", "bucket-wrong-type"] {
                assert_eq!(finding(&report, id)["count"], 1, "{report:#}");
                Cli::shell(&server, pasted(&fix(&report, id))).run().ok();
            }
            report = look();
        }
        let left = ids(&report);
        assert!(!left.contains("undecodable-values") && !left.contains("bucket-wrong-type"), "{report:#}");
    }
}

#[test]
fn a_key_in_progress_that_was_seen_before_all_time_is_stuck() {
    let server = with_limit(Server::builder(), "noeviction");
    let seen = "ZADD CM:meta:suspects -inf progress:CM:a +inf progress:CM:b";
    all(&mut server.connect(), &["SADD CM:progress CM:a CM:b", seen]);
    let report = doctor(&server, &AT_ONCE).code(5).json();
    assert!(ids(&report).contains("stuck-computations"), "{report:#}");
    assert_eq!(finding(&report, "stuck-computations")["count"], 2);
}
