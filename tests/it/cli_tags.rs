//! `tags` and `invalid-keys`: list and show.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::seed::Seed;
use crate::support::server::Server;

fn run(server: &Server, args: &[&str]) -> Output {
    Cli::new(server).args(args).run()
}

fn filled(meta: bool) -> Server {
    let server = Server::start();
    let mut seed = Seed::under(&server, b"CM:", meta);
    seed.live(["a>1", "a>2", "a>3", "a>4", "wide"]).expires("a>2", -60).expires("a>1", 60);
    seed.marked(["a>3", "gone2"]).busy(["a>4"]);
    seed.tag("mixed", ["a>1", "a>2", "a>3", "a>4", "gone1", "gone2"]).tag("small", ["wide"]);
    // A tag whose name ends like an invalid key's set cannot be told from one.
    seed.invalid("User:1", ["a>1", "gone1"]).invalid("", ["wide"]);
    // Nothing of this is a tag or an invalid key.
    seed.run("SET", &["CM:text", "x"]).run("HSET", &["CM:hash:invalid", "base", "x"]);
    seed.run("SET", &["CM:text:invalid", "x"]).run("SADD", &["Other:t", "x"]).run("SADD", &["C", "x"]);
    seed.run("SADD", &["CM:meta:leases", "x"]);
    server
}

#[test]
fn lists_tags_and_invalid_keys_and_nothing_else() {
    for meta in [false, true] {
        let server = filled(meta);
        for pace in ["gentle", "fast"] {
            let output = run(&server, &["tags", "list", "--sort", "name", "--pace", pace]);
            assert_eq!(output.ok().lines(), ["mixed\t6", "small\t1"]);
            let output = run(&server, &["invalid-keys", "list", "--sort", "name", "--pace", pace]);
            assert_eq!(output.ok().lines(), ["\t1", "User:1\t2"]);
        }
    }
}

#[test]
fn deep_counts_states_and_bytes() {
    let server = filled(false);
    let rows =
        run(&server, &["tags", "list", "--deep", "--sort", "name", "--format", "ndjson"]).ok().ndjson();
    let expected =
        json!({"tag": "mixed", "keys": 6, "live": 2, "expired": 1, "pending": 1, "missing": 2, "bytes": 20});
    assert_eq!(without_ages(&rows[0]), expected);
    let rows = run(&server, &["invalid-keys", "list", "--deep", "--sort", "keys", "--format", "ndjson"]);
    let expected = json!({"invalid_key": "User:1", "keys": 2, "live": 1, "expired": 0, "pending": 0, "missing": 1, "bytes": 5});
    assert_eq!(without_ages(&rows.ok().ndjson()[0]), expected);
}

/// A row without what `ages` tests.
fn without_ages(row: &Value) -> Value {
    let mut row = row.as_object().unwrap().clone();
    row.retain(|name, _| !["ttl_min", "ttl_max", "oldest_at", "newest_at"].contains(&name.as_str()));
    row.into()
}

#[test]
fn show_counts_and_samples() {
    let server = filled(true);
    let shown = run(&server, &["tags", "show", "mixed", "--format", "json"]).ok().json();
    for (name, number) in
        [("keys", 6), ("live", 2), ("expired", 1), ("pending", 1), ("missing", 2), ("bytes", 20)]
    {
        assert_eq!(shown[name], number, "{shown}");
    }
    assert!(shown["index_bytes"].as_u64().unwrap() > 0);
    assert_eq!(shown["complete"], true);
    let sample = shown["sample"].as_array().unwrap();
    assert_eq!(sample.len(), 6);
    let one = sample.iter().find(|it| it["key"] == "a>2").unwrap();
    assert_eq!(one["state"], "expired");
    let shown = run(&server, &["invalid-keys", "show", "User:1", "--format", "json"]).ok().json();
    assert_eq!((&shown["invalid_key"], &shown["keys"]), (&json!("User:1"), &json!(2)));
    let table = run(&server, &["tags", "show", "mixed", "--format", "table"]);
    assert!(table.ok().text().contains("index memory"), "{}", table.transcript());
    // The keys of the sample stand below each other, whatever their states.
    let of_sample =
        table.lines().into_iter().skip_while(|line| !line.starts_with(" sample")).take(sample.len());
    let places: BTreeSet<_> = of_sample.map(|line| line.trim_end().rfind(' ')).collect();
    assert_eq!(places.len(), 1, "{}", table.transcript());
}

#[test]
fn show_of_what_is_not_there() {
    let server = filled(false);
    for (args, says) in [
        (["tags", "show", "nope"], "there is no tag 'nope' under the prefix 'CM:'"),
        (["invalid-keys", "show", "nope"], "there is no invalid key 'nope' under the prefix 'CM:'"),
        (["tags", "show", "CM:mixed"], "did you mean 'mixed'?"),
        (["tags", "show", "text"], "'CM:text' is a string, not a set"),
        (["tags", "show", "a"], "'CM:a' is a hash of values"),
        (["invalid-keys", "show", "text"], "'CM:text:invalid' is a string, not a set"),
        (["tags", "show", "mix*"], "there is no tag 'mix*'"),
    ] {
        let output = run(&server, &args);
        output.code(4).says(says);
        assert_eq!(output.text(), "");
    }
}

#[test]
fn bookkeeping_is_no_tag() {
    for (meta, set) in [(false, "delete"), (true, "meta:deleted")] {
        let server = filled(meta);
        let listed = run(&server, &["tags", "list"]);
        assert!(!listed.ok().text().contains(set), "{}", listed.transcript());
    }
}

#[test]
fn many_tags_stream_and_none_is_told_twice() {
    let server = Server::start();
    let script = "for i = 1, 2500 do redis.call('SADD', 'CM:t' .. i, 'CM:k') end redis.call('HSET', 'CM:k', 'base', 'N.')";
    Seed::classic(&server).run("EVAL", &[script, "0"]);
    for args in
        [&["--pace", "fast"][..], &[], &["--deep"], &["--deep", "--pace", "fast"], &["--sort", "keys"]]
    {
        // On a busy machine the pace leaves gaps to others: what counts is what it says in the end.
        let cli = Cli::new(&server).args(["tags", "list"]).args(args);
        let output = cli.timeout(Duration::from_secs(590)).run();
        let mut lines = output.ok().lines();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 2500, "{args:?}");
    }
}

#[test]
fn a_name_of_the_other_kind_is_said_to_be_that() {
    let server = Server::start();
    Seed::classic(&server).live(["a"]).tag("fiction", ["a"]).invalid("Supplier:3", ["a"]);
    let show = |command: &str, name: &str| Cli::new(&server).args([command, "show", name]).run();
    show("tags", "Supplier:3")
        .code(4)
        .says("hint: 'Supplier:3' is an invalid key: `cacheme invalid-keys show` shows it");
    show("invalid-keys", "fiction").code(4).says("hint: 'fiction' is a tag: `cacheme tags show` shows it");
}
