//! `keys list|show|dump`: every selector, every state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::seed::{Seed, now, set};
use crate::support::server::Server;

fn run(server: &Server, args: &[&str]) -> Output {
    Cli::new(server).args(args).run()
}

fn found(output: &Output) -> BTreeSet<String> {
    let lines = output.ok().lines();
    let keys: BTreeSet<String> = lines.iter().map(|it| it.split('\t').next().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), lines.len(), "a key twice: {}", output.transcript());
    keys
}

#[track_caller]
fn lists(server: &Server, args: &[&str], expected: &[&str]) {
    let output = run(server, &[&["keys", "list"], args].concat());
    assert_eq!(found(&output), set(expected), "{}", output.transcript());
}

/// Every kind of key, and everything that is none.
fn bookstore() -> Server {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live([
        "Book:1>owner",
        "Book:1>title",
        "Book:2>owner",
        "Book:2",
        "plain",
        "three:1>b>c",
        ">field",
        "e>",
    ]);
    seed.live(["Book*1>owner", "Book[1]"]);
    seed.tag("owners", ["Book:1>owner", "Book:2>owner", "gone>x"]).tag("three", ["three:1>b>c"]);
    seed.invalid("User:7", ["Book:1>owner", "plain"]);
    seed.marked(["nothing"]).busy(["nothing"]).expires("plain", 100);
    seed.run("HSET", &["CM:meta:stats", "x", "1"]).run("HSET", &["Other:1", "base", "x"]);
    seed.run("HSET", &["CMX:1", "base", "x"]).run("SET", &["CM:text", "x"]).run("RPUSH", &["CM:list", "x"]);
    server
}

const ALL: [&str; 10] = [
    "Book:1>owner",
    "Book:1>title",
    "Book:2>owner",
    "Book:2",
    "plain",
    "three:1>b",
    ">field",
    "e>",
    "Book*1>owner",
    "Book[1]",
];

#[test]
fn selectors_alone_and_together() {
    let server = bookstore();
    lists(&server, &[], &ALL);
    lists(&server, &["--pattern", "*"], &ALL);
    lists(&server, &["--key", "Book:1>owner", "--key", "plain"], &["Book:1>owner", "plain"]);
    lists(&server, &["--tag", "owners"], &["Book:1>owner", "Book:2>owner", "gone>x"]);
    lists(&server, &["--tag", "three"], &["three:1>b>c"]);
    lists(&server, &["--invalid-key", "User:7"], &["Book:1>owner", "plain"]);
    lists(
        &server,
        &["--tag", "owners", "--invalid-key", "User:7", "--key", "Book:2", "--pattern", "Book:1>*"],
        &["Book:1>owner", "Book:1>title", "Book:2>owner", "gone>x", "plain", "Book:2"],
    );
    lists(&server, &["--tag", "nowhere"], &[]);
}

#[test]
fn patterns_match_bases_and_fields_of_values_only() {
    let server = bookstore();
    for (glob, expected) in [
        ("Book:*", &["Book:1>owner", "Book:1>title", "Book:2>owner", "Book:2"][..]),
        ("Book:*>owner", &["Book:1>owner", "Book:2>owner"]),
        ("Book:1>*", &["Book:1>owner", "Book:1>title"]),
        ("Book:1>?wner", &["Book:1>owner"]),
        ("*>owner", &["Book:1>owner", "Book:2>owner", "Book*1>owner"]),
        ("Book:2>base", &["Book:2"]),
        ("Book:[12]>own[!x]r", &[]),
        ("Book:[^1]>own[^x]r", &["Book:2>owner"]),
        ("Book:1", &["Book:1>owner", "Book:1>title"]),
        (r"Book\*1", &["Book*1>owner"]),
        (r"Book\[1\]", &["Book[1]"]),
        ("three:1>b", &["three:1>b"]),
        ("three:1>b>c", &["three:1>b"]),
        (">field", &[">field"]),
        (">*", &[">field"]),
        ("e>", &["e>"]),
        ("*>", &["e>"]),
        ("owners", &[]),
        ("User:7*", &[]),
        ("delete", &[]),
        ("progress", &[]),
        ("Meta:*", &[]),
        ("meta:*", &[]),
        ("te?t", &[]),
        ("l*t", &[]),
        ("../*", &[]),
    ] {
        let output = run(&server, &["keys", "list", "--pattern", glob]);
        assert_eq!(found(&output), set(expected), "{glob}: {}", output.transcript());
    }
    // A key is a name, not a glob.
    for (key, state, size) in
        [("Book:*", "missing", ""), ("Book*1>owner", "live", "5"), ("Book[1]", "live", "5")]
    {
        let output = run(&server, &["keys", "list", "--key", key]);
        assert_eq!(output.ok().text(), format!("{key}\t{state}\t\t{size}\t\t\n"));
    }
}

#[test]
fn a_bad_glob_is_refused_with_what_to_write() {
    let server = Server::start();
    for (glob, why) in [("Book:[1", "'['"), (r"Book:\", "backslash"), ("", "empty"), ("a>[b", "'['")] {
        let output = run(&server, &["keys", "list", "--pattern", glob]);
        output.code(2).says("cannot be used").says(why).says("hint:");
        run(&server, &["invalidate", "--pattern", glob, "--yes"]).code(2);
    }
    run(&server, &["invalidate", "--raw-pattern", "CM:[", "--yes"]).code(2).says("CM:[");
}

#[test]
fn glob_characters_in_a_prefix_are_literal() {
    let server = Server::start();
    Seed::under(&server, b"a*[b]?:", false).live(["x>1", "y"]).tag("t", ["x>1"]).invalid("i", ["y"]);
    Seed::under(&server, b"aXb?:", false).live(["stranger"]).tag("strange", ["stranger"]);
    let prefix = ["--prefix", "a*[b]?:"];
    lists(&server, &prefix, &["x>1", "y"]);
    lists(&server, &[&prefix[..], &["--pattern", "*"]].concat(), &["x>1", "y"]);
    assert_eq!(run(&server, &["tags", "list", "--prefix", "a*[b]?:"]).ok().lines(), ["t\t1"]);
    assert_eq!(run(&server, &["invalid-keys", "list", "--prefix", "a*[b]?:"]).ok().lines(), ["i\t1"]);
    let from_env = Cli::new(&server).env("CACHEME_PREFIX", "a*[b]?:").args(["keys", "list"]).run();
    assert_eq!(found(&from_env), set(&["x>1", "y"]));
    run(&server, &["keys", "list", "--prefix", "a>b:"]).code(2).says("it holds '>'");
}

#[test]
fn keys_come_from_files() {
    let server = bookstore();
    let list = |cli: Cli, args: &[&str]| cli.args(["keys", "list"]).args(args).run();
    let file = Cli::new(&server).file("keys", "Book:1>owner\n\nplain");
    assert_eq!(found(&list(file, &["--from-file", "keys"])), set(&["Book:1>owner", "plain"]));
    let stdin = || Cli::new(&server).stdin("Book:1>owner\nplain\n");
    assert_eq!(found(&list(stdin(), &["--from-file", "-"])), set(&["Book:1>owner", "plain"]));
    let nul = || Cli::new(&server).stdin("Book:1>owner\0plain\0with\nnewline");
    let expected = set(&["Book:1>owner", "plain", r"with\x0anewline"]);
    assert_eq!(found(&list(nul(), &["-0", "--from-file", "-"])), expected);
    assert_eq!(found(&list(nul(), &["--null", "--from-file", "-"])), expected);
    let both = stdin().file("more", "Book:2");
    let output = list(both, &["--from-file", "-", "--from-file", "more", "--tag", "three"]);
    assert_eq!(found(&output), set(&["Book:1>owner", "plain", "Book:2", "three:1>b>c"]));
    let output = list(Cli::new(&server), &["--from-file", "no/such/file"]);
    assert_ne!(output.code, 0);
    output.says("no/such/file").says("No such file");
    assert_eq!(output.text(), "");
    list(stdin(), &["--from-file", "-", "--from-file", "-"]).code(2).says("read only once");
    let many: String = (0..1000).map(|n| format!("n{n}\n")).collect();
    assert_eq!(list(Cli::new(&server).stdin(many), &["--from-file", "-"]).ok().lines().len(), 1000);
    assert_eq!(list(Cli::new(&server), &["--from-file", "-"]).ok().text(), "", "an empty file is no `all`");
}

#[test]
fn states() {
    for (meta, layout) in [(false, "classic"), (true, "meta")] {
        let server = Server::start();
        let mut seed = Seed::under(&server, b"CM:", meta);
        seed.live(["live", "young", "old", "marked", "busy", "both", "cut>b>c"])
            .tag("t", ["missing", "live"]);
        seed.marked(["marked", "both", "cut>b>c", "unknown"]).busy(["busy", "both", "first"]);
        seed.expires("young", 500).expires("old", -500).expires("marked", -5);
        for (state, expected) in [
            ("live", &["live", "young"][..]),
            ("expired", &["old"]),
            ("pending", &["marked", "cut>b>c"]),
            ("computing", &["busy", "both", "first"]),
            ("expired,pending", &["old", "marked", "cut>b"]),
            ("missing", &["missing", "unknown"]),
        ] {
            lists(&server, &["--state", state], expected);
            lists(&server, &["--state", state, "--layout", layout, "--pace", "fast"], expected);
        }
        lists(&server, &["--tag", "t", "--state", "missing"], &["missing"]);
        lists(&server, &["--key", "first", "--state", "computing"], &["first"]);
        run(&server, &["keys", "list", "--state", "weird"]).code(2).says("'weird'");
        let row = |key: &str| run(&server, &["keys", "list", "--key", key, "--format", "json"]).ok().json();
        let young = row("young")[0]["ttl_seconds"].as_i64().unwrap();
        assert!((490..=500).contains(&young), "{young}");
        assert!(row("old")[0]["ttl_seconds"].as_i64().unwrap() <= -500);
        assert_eq!(row("live")[0]["ttl_seconds"], json!(null));
    }
}

#[test]
fn rows_have_sizes_ends_and_where_asked_for_tags() {
    let server = Server::start();
    let at = |seconds: i64| Timestamp::from_second(now() + seconds).unwrap().to_string();
    let (before, ends) = (at(499), |row: &Value| row["expires_at"].as_str().unwrap().to_owned());
    let mut seed = Seed::classic(&server);
    seed.live(["plain", "a>b"]).value("long", &[b'x'; 700]).value("empty", b"").expires("plain", 500);
    seed.tag("one", ["plain", "a>b", "a>b>c", "gone"]).tag("two", ["plain", "empty"]).invalid("i", ["a>b"]);
    for pace in ["gentle", "fast"] {
        for select in [&[][..], &["--tag", "one", "--tag", "two", "--key", "long"]] {
            let rows = |more: &[&str]| {
                let args = [&["keys", "list", "--format", "ndjson", "--pace", pace], select, more].concat();
                let rows = run(&server, &args).ok().ndjson();
                rows.into_iter()
                    .map(|row| (row["key"].as_str().unwrap().to_owned(), row))
                    .collect::<BTreeMap<_, _>>()
            };
            let found = rows(&[]);
            let sizes = [("plain", json!(5)), ("a>b", json!(5)), ("long", json!(700)), ("empty", json!(0))];
            for (key, size) in sizes {
                assert_eq!(
                    (&found[key]["size_bytes"], &found[key]["state"]),
                    (&size, &json!("live")),
                    "{key}"
                );
                assert_eq!(found[key]["tags"], Value::Null);
            }
            assert!((before.clone()..=at(500)).contains(&ends(&found["plain"])), "{:?}", found["plain"]);
            assert_eq!(found["long"]["expires_at"], Value::Null);
            if let Some(gone) = found.get("gone") {
                assert_eq!((&gone["state"], &gone["size_bytes"]), (&json!("missing"), &Value::Null));
            }
            let tagged = rows(&["--fields", "tags,key"]);
            for (key, tags) in [
                ("plain", json!(["one", "two"])),
                ("a>b", json!(["one"])),
                ("empty", json!(["two"])),
                ("long", json!([])),
            ] {
                assert_eq!(tagged[key], json!({"tags": tags, "key": key}));
            }
        }
    }
    let order =
        ["keys", "list", "--key", "gone", "--key", "long", "--key", "empty", "--fields", "key,size_bytes"];
    assert_eq!(run(&server, &order).ok().text(), "gone\t\nlong\t700\nempty\t0\n");
    let tags = ["keys", "list", "--key", "plain", "--fields", "key,tags", "--format"];
    assert_eq!(run(&server, &[&tags[..], &["csv"]].concat()).ok().lines()[1], r#"plain,"one,two""#);
    seed.run("SET", &["CM:meta:stats", "x"]).run("SET", &["CM:text", "x"]).tag("one", ["text"]);
    run(&server, &["keys", "list", "--tag", "one"]).code(3).says("'CM:text' is not a hash; it was skipped");
}

#[test]
fn a_limit_is_kept_and_counts_what_is_shown() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    let script = "for i = 1, 3000 do redis.call('HSET', 'CM:k' .. i, 'base', 'N.') redis.call('SADD', 'CM:t', 'CM:k' .. i) end";
    seed.run("EVAL", &[script, "0"]).marked(["k7", "k8", "k9"]);
    for pace in ["gentle", "fast", "50%"] {
        for (args, rows) in [
            (&["--limit", "7"][..], 7),
            (&["--limit", "0"], 0),
            (&["--limit", "7", "--tag", "t"], 7),
            (&["--limit", "2", "--state", "pending"], 2),
            (&["--limit", "9", "--state", "pending"], 3),
            (&[], 3000),
            (&["--tag", "t", "--pattern", "*", "--key", "k1"], 3000),
        ] {
            let output = run(&server, &[&["keys", "list", "--pace", pace], args].concat());
            assert_eq!(output.ok().lines().len(), rows, "{pace} {args:?}");
        }
    }
    run(&server, &["keys", "list", "--pace", "warp"]).code(2).says("gentle");
    run(&server, &["keys", "list", "--limit", "-1"]).code(2);
}

#[test]
fn a_large_hash_is_walked_whole() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.run("EVAL", &["for i = 1, 2000 do redis.call('HSET', 'CM:wide', 'f' .. i, 'N.') end", "0"]);
    assert_eq!(found(&run(&server, &["keys", "list"])).len(), 2000);
    assert_eq!(found(&run(&server, &["keys", "list", "--pattern", "wide>f1??"])).len(), 100);
    assert_eq!(run(&server, &["keys", "dump", "--pattern", "wide>f?"]).ok().ndjson().len(), 9);
}

#[test]
fn show_answers_the_question_in_one_go() {
    let server = bookstore();
    let shown = run(&server, &["keys", "show", "Book:1>owner", "--format", "json"]).ok().json();
    assert_eq!(shown["value"], 1);
    assert_eq!((&shown["tags"], &shown["invalid_keys"]), (&json!(["owners"]), &json!(["User:7"])));
    assert_eq!(shown["refresh"], "cacheme invalidate --key 'Book:1>owner'");
    // The whole name of a key that the library cuts.
    let cut = run(&server, &["keys", "show", "three:1>b>c", "--format", "json"]).ok().json();
    assert_eq!((&cut["key"], &cut["redis_key"]), (&json!("three:1>b>c"), &json!("CM:three:1")));
    assert_eq!((&cut["field"], &cut["tags"]), (&json!("b"), &json!(["three"])));
    // Under the name that a listing from hashes shows, nobody reads it.
    let listed = run(&server, &["keys", "show", "three:1>b", "--format", "json"]).ok().json();
    assert_eq!(listed["refresh"], "cacheme invalidate --mark --yes --pattern 'three:1>b'");
    // Those that no index names: a pattern of one part would mean the whole base, and a whole name is its own only reader.
    let mut it = server.connect();
    for field in ["base", "cart"] {
        redis::cmd("HSET").arg("CM:alone").arg(field).arg("N.").exec(&mut it).unwrap();
    }
    for (key, refresh) in [
        ("alone", "--key 'alone'"),
        ("alone>cart", "--mark --yes --pattern 'alone>cart'"),
        ("alone>cart>x", "--key 'alone>cart>x'"),
    ] {
        let shown = run(&server, &["keys", "show", key, "--format", "json"]).ok().json();
        assert_eq!(shown["refresh"], format!("cacheme invalidate {refresh}"));
    }
    // Known by an index alone, it is there, without a value.
    let gone = run(&server, &["keys", "show", "gone>x", "--format", "json"]).ok().json();
    assert_eq!(
        (&gone["state"], &gone["value"], &gone["encoding"]),
        (&json!("missing"), &json!(null), &json!(null))
    );
    run(&server, &["keys", "show"]).code(2);
}

#[test]
fn show_of_what_is_not_there() {
    let server = bookstore();
    let output = run(&server, &["keys", "show", "Book:9"]);
    output.code(4).says("there is no key 'Book:9' under the prefix 'CM:'");
    assert_eq!(output.text(), "");
    let output = run(&server, &["keys", "show", "nope1", "plain", "nope2", "--format", "ndjson"]);
    output.code(4).says("'nope1'").says("'nope2'");
    assert_eq!(output.ndjson().len(), 1, "the others are shown all the same");
    run(&server, &["keys", "show", "CM:plain"]).code(4).says("leave out the prefix: did you mean 'plain'?");
    run(&server, &["keys", "show", "text"]).code(4).says("'CM:text' is a string");
    run(&server, &["keys", "show", "owners"]).code(4).says("'CM:owners' is a set");
    for args in [["--key", "CM:plain"], ["--tag", "CM:owners"], ["--pattern", "CM:Book:*"]] {
        let output = run(&server, &["keys", "list", args[0], args[1], "--state", "live"]);
        output.ok().says("leave out the prefix: did you mean");
        assert_eq!(output.text(), "");
    }
}

#[test]
fn dump_gives_every_value_once() {
    let server = bookstore();
    let rows = run(&server, &["keys", "dump"]).ok().ndjson();
    let keys: BTreeSet<String> = rows.iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect();
    assert_eq!((keys, rows.len()), (set(&ALL), ALL.len()));
    let rows = run(&server, &["keys", "dump", "--tag", "owners", "--indexes"]).ok().ndjson();
    assert_eq!(rows.len(), 2, "what has no value is not dumped");
    for row in rows {
        assert_eq!(row["tags"], json!(["owners"]));
        let names = if row["key"] == "Book:1>owner" { json!(["User:7"]) } else { json!([]) };
        assert_eq!(row["invalid_keys"], names);
    }
    let plain =
        run(&server, &["keys", "dump", "--key", "plain", "--format", "plain", "--fields", "key,value"]);
    assert_eq!(plain.ok().text(), "plain\t1\n");
}

#[test]
fn another_type_where_a_set_was_expected_is_skipped_and_said() {
    let server = bookstore();
    let output = run(&server, &["keys", "list", "--tag", "text", "--tag", "owners"]);
    output.code(3).says("'CM:text' is not a set; it was skipped");
    assert_eq!(output.lines().len(), 3, "the rest is listed: {}", output.transcript());
    let output = run(&server, &["keys", "dump", "--invalid-key", "User:7", "--tag", "list"]);
    output.code(3).says("'CM:list'");
    assert_eq!(output.ndjson().len(), 2);
    run(&server, &["keys", "list", "--key", "text"]).code(3).says("'CM:text' is not a hash; it was skipped");
}

#[test]
fn the_database_number_and_nothing_else() {
    let server = Server::builder().tcp().start();
    let mut connection = server.connect_db(3);
    redis::cmd("HSET").arg("CM:three").arg("base").arg("N.").exec(&mut connection).unwrap();
    Seed::classic(&server).live(["zero"]);
    for url in [server.url_of_db(3), format!("{}/3", server.tcp_url())] {
        let output = Cli::bare().args(["keys", "list", "--url", &url]).run();
        assert_eq!(found(&output), set(&["three"]));
        // The flag beats the environment.
        let output = Cli::new(&server).args(["keys", "list", "--url", &url]).run();
        assert_eq!(found(&output), set(&["three"]));
    }
    lists(&server, &[], &["zero"]);
}

#[test]
fn scores_of_another_clock() {
    let server = Server::start();
    // Written in Shanghai, 100 s left: its clock lies eight hours behind ours.
    Seed::classic(&server).live(["k"]).expires("k", 100 - 8 * 3600);
    let row = |offset: &str| {
        run(&server, &["keys", "list", "--format", "json", "--utc-offset", offset]).ok().json()[0].clone()
    };
    assert_eq!(row("+08:00")["state"], "live");
    let left = row("+08:00")["ttl_seconds"].as_i64().unwrap();
    assert!((90..=100).contains(&left), "{left}");
    assert_eq!(row("+00:00")["state"], "expired");
    assert_eq!(row("-05:00")["state"], "expired");
    assert_eq!(row("+0800")["state"], "live");
    run(&server, &["keys", "list", "--utc-offset", "Shanghai"]).code(2).says("+08:00");
    let shown = run(&server, &["keys", "show", "k", "--utc-offset=+08:00", "--format", "json"]).ok().json();
    let at: u64 = shown["expires_at"].as_str().map_or(0, |it| it.len() as u64);
    assert_eq!(at, "2026-11-22T14:22:55Z".len() as u64, "{shown}");
}

#[test]
fn a_score_without_an_end() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["k"]).run("ZADD", &["CM:Meta:Expire-Buckets::CM:k", "inf", "CM:k"]);
    for offset in ["+08:00", "-05:00"] {
        let shown =
            run(&server, &["keys", "show", "k", "--utc-offset", offset, "--format", "json"]).ok().json();
        assert_eq!((&shown["state"], &shown["expires_at"]), (&json!("live"), &json!(null)));
    }
}

#[test]
fn verbose_tells_which_way_is_taken_and_what_it_cannot_see() {
    let server = Server::start();
    Seed::classic(&server).live(["Book:1>owner"]).tag("get_owner", ["Book:1>owner"]);
    let said = |args: &[&str]| {
        let out = Cli::new(&server).args(args).arg("-v").run();
        out.ok();
        out.stderr
    };
    let walk = "tag 'get_owner': reading only its members, not the whole keyspace";
    let scan = "pattern 'Book:*': scanning the whole keyspace, as no index lists keys by pattern";
    for command in [&["keys", "list"][..], &["keys", "dump"], &["invalidate", "--dry-run"]] {
        let stderr = said(&[command, &["--tag", "get_owner", "--pattern", "Book:*"]].concat());
        assert!(stderr.contains(walk) && stderr.contains(scan), "{command:?}: {stderr}");
    }
    assert!(said(&["keys", "list"]).contains("scanning the whole keyspace, as no index lists every value"));
    assert!(
        said(&["purge", "--dry-run"])
            .contains("scanning the whole keyspace, as no index lists every TTL bucket")
    );
    assert!(said(&["purge", "--dry-run", "--tag", "get_owner"]).contains("reaches every bucket"));
}
