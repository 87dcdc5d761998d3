//! What is sent to the server: by MONITOR, not by trust.

use std::collections::BTreeMap;

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::monitor::{Seen, transcript};
use crate::support::seed::Seed;
use crate::support::server::Server;

fn filled(meta: bool) -> Server {
    let server = Server::builder().tcp().start();
    let mut seed = Seed::under(&server, b"CM:", meta);
    seed.live(["a>1", "a>2", "b", "c>1>x"])
        .tag("t", ["a>1", "c>1>x"])
        .invalid("i", ["b"])
        .busy(["b", "c>1>x"]);
    seed.expires("a>1", -50).expires("b", 50).expires("c>1", -50).marked(["a>2"]);
    seed.run("EVAL", &["for i = 1, 700 do redis.call('HSET', 'CM:wide', 'f' .. i, 'N.') end", "0"]);
    server
}

/// What the server itself says of each command: whether it may write.
fn writes(server: &Server, seen: &[Seen]) -> Vec<String> {
    let mut known: BTreeMap<String, bool> = BTreeMap::new();
    let mut connection = server.connect();
    let mut found = Vec::new();
    for command in seen {
        let name = command.name();
        let may_write = *known.entry(name.clone()).or_insert_with(|| {
            let info: redis::Value =
                redis::cmd("COMMAND").arg("INFO").arg(&name).query(&mut connection).unwrap();
            let text = format!("{info:?}");
            assert!(text.contains("simple-string"), "the server does not know {name}: {text}");
            // A script is not flagged: it may do anything.
            text.contains("simple-string(\"write\")") || ["EVAL", "EVALSHA", "FCALL"].contains(&name.as_str())
        });
        if may_write || (name == "SCRIPT" && command.rest()[0].to_uppercase() != "EXISTS") {
            found.push(command.to_string());
        }
    }
    found
}

const READS: [&[&str]; 22] = [
    &["tags", "list"],
    &["tags", "list", "--deep"],
    &["tags", "list", "--sort", "bytes"],
    &["tags", "show", "t"],
    &["tags", "show", "nope"],
    &["invalid-keys", "list", "--deep"],
    &["invalid-keys", "show", "i"],
    &["keys", "list"],
    &[
        "keys",
        "list",
        "--tag",
        "t",
        "--invalid-key",
        "i",
        "--key",
        "b",
        "--pattern",
        "a*>1",
        "--state",
        "live",
    ],
    &["keys", "show", "a>1", "c>1>x", "nope"],
    &["keys", "dump", "--indexes"],
    &["keys", "dump", "--raw", "--indexes", "--pace", "fast"],
    &["stats"],
    &["invalidate", "--key", "b", "--key", "nope", "--dry-run"],
    &["invalidate", "--tag", "t", "--invalid-key", "i", "--dry-run"],
    &["invalidate", "--tag", "t", "--delete", "--dry-run"],
    &["invalidate", "--pattern", "*", "--dry-run"],
    &["invalidate", "--pattern", "*>*1", "--pattern", "a", "--mark", "--dry-run", "--read-only"],
    &["invalidate", "--pattern", "wide>f1", "--pattern", "*", "--pace", "fast", "--dry-run"],
    &["invalidate", "--raw-pattern", "*", "--dry-run"],
    &["purge", "--dry-run"],
    &["purge", "--mark", "--dry-run", "--read-only"],
];

#[test]
fn what_only_reads_sends_no_write() {
    for meta in [false, true] {
        let server = filled(meta);
        let before = server.dump();
        for args in READS {
            for layout in ["auto", "classic", "meta"] {
                let (output, seen) =
                    server.monitor(|| Cli::new(&server).args(args).args(["--layout", layout]).run());
                assert!([0, 4].contains(&output.code), "{}", output.transcript());
                assert!(!seen.is_empty());
                let writes = writes(&server, &seen);
                assert!(writes.is_empty(), "{args:?} sent {writes:?}\n{}", transcript(&seen));
            }
        }
        assert_same(&before, &server.dump());
    }
}

#[test]
fn the_classification_would_notice_a_write() {
    let server = filled(true);
    for args in [
        &["invalidate", "--key", "b"][..],
        &["invalidate", "--pattern", "a", "--yes"],
        &["invalidate", "--pattern", "c>1", "--yes"],
        &["purge"],
    ] {
        let (_, seen) = server.monitor(|| Cli::new(&server).args(args).run().ok().code);
        assert!(!writes(&server, &seen).is_empty(), "{args:?}\n{}", transcript(&seen));
    }
}

#[test]
fn it_introduces_itself() {
    let server = filled(true);
    for url in [server.url(), server.tcp_url()] {
        let (_, seen) =
            server.monitor(|| Cli::bare().env("CACHEME_URL", &url).args(["tags", "list"]).run().ok().code);
        let named = seen.iter().any(|it| it.name() == "CLIENT" && it.rest() == ["SETNAME", "cacheme-cli"]);
        assert!(named, "{}", transcript(&seen));
    }
}

#[test]
fn indexes_are_walked_and_never_the_keyspace() {
    let server = filled(true);
    // What is computed right now is looked for under all names that it is read by.
    redis::cmd("DEL").arg("CM:progress").arg("CM:meta:progress").exec(&mut server.connect()).unwrap();
    for args in [
        &["keys", "list", "--tag", "t", "--invalid-key", "i", "--key", "b"][..],
        &["invalidate", "--tag", "t", "--invalid-key", "i", "--yes"],
        &["invalidate", "--tag", "t", "--delete", "--yes"],
        &["tags", "show", "t"],
    ] {
        let (_, seen) = server.monitor(|| Cli::new(&server).args(args).run().ok().code);
        assert!(
            seen.iter().all(|it| !["SCAN", "KEYS"].contains(&it.name().as_str())),
            "{}",
            transcript(&seen)
        );
        assert!(seen.iter().all(|it| it.name() != "SMEMBERS"), "{}", transcript(&seen));
    }
}

#[test]
fn a_listing_asks_for_what_it_shows_and_once() {
    let server = Server::builder().tcp().start();
    let keys: Vec<String> = (0..100).map(|n| format!("k:{n}>f")).collect();
    Seed::classic(&server).live(&keys).tag("t", &keys).tag("t", ["gone"]);
    for pace in ["gentle", "fast"] {
        for (args, expected) in [
            (&[][..], &[("HLEN", 100), ("HKEYS", 100), ("ZSCORE", 100), ("HSTRLEN", 100)][..]),
            (&["--fields", "key,state,ttl_seconds"], &[("HLEN", 100), ("HKEYS", 100), ("ZSCORE", 100)]),
            (&["--tag", "t"], &[("ZSCORE", 101), ("HSTRLEN", 101), ("HEXISTS", 1)]),
            (&["--tag", "t", "--fields", "key,expires_at"], &[("ZSCORE", 101), ("HEXISTS", 101)]),
        ] {
            let list =
                Cli::new(&server).args(["keys", "list", "--layout", "classic", "--pace", pace]).args(args);
            let (_, seen) = server.monitor(|| list.run().ok().code);
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            seen.iter().for_each(|command| *counts.entry(command.name()).or_default() += 1);
            // Of these there is one a key; the others are for many keys, or for the run.
            counts.retain(|name, _| name.starts_with('H') || name.starts_with('Z'));
            let expected = expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
            assert_eq!(counts, expected, "{args:?}\n{}", transcript(&seen));
        }
    }
}

#[test]
fn only_the_database_of_the_url_is_touched() {
    let server = filled(true);
    let mut connection = server.connect_db(4);
    redis::pipe()
        .cmd("HSET")
        .arg("CM:x")
        .arg("base")
        .arg("N.")
        .cmd("ZADD")
        .arg("CM:Meta:Expire-Buckets::CM:x")
        .arg(5)
        .arg("CM:x")
        .exec(&mut connection)
        .unwrap();
    let before = server.dump();
    let cli = || Cli::bare().env("CACHEME_URL", server.url_of_db(4));
    cli().args(["invalidate", "--key", "x", "--layout", "meta"]).run().ok();
    cli().args(["invalidate", "--pattern", "*", "--confirm", "CM:"]).run().ok();
    cli().args(["purge"]).run().ok();
    assert_same(&before, &server.dump());
    assert_eq!(server.dump_db(4).len(), 0, "the mark went with its entry");
}
