//! `diff`: what was changed on purpose is found, and nothing else.

use cacheme::text::grouped;

use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::program;
use crate::support::seed::{Seed, now};
use crate::support::server::Server;
use redis::Commands as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Keys, with tags, invalid keys, timeouts and marks.
fn filled(keys: u32) -> Server {
    let server = Server::start();
    let mut pipe = redis::pipe();
    for n in 0..keys {
        let member = format!("CM:Book:{n}>owner");
        // A pickle of {'name': 'Owner N', 'books': [N]}.
        let name = format!("Owner {n}");
        let mut value = b"\x80\x04}(\x8c\x04name\x8c".to_vec();
        value.push(u8::try_from(name.len()).unwrap());
        value.extend(name.as_bytes());
        value.extend(b"\x8c\x05books]K");
        value.extend([u8::try_from(n % 256).unwrap(), b'a', b'u', b'.']);
        pipe.cmd("HSET").arg(format!("CM:Book:{n}")).arg("owner").arg(value).ignore();
        pipe.cmd("SADD").arg(format!("CM:tag{}", n % 3)).arg(&member).ignore();
        pipe.cmd("SADD").arg(format!("CM:User:{}:invalid", n % 5)).arg(&member).ignore();
        if n % 4 == 0 {
            let bucket = format!("CM:Meta:Expire-Buckets::CM:Book:{n}");
            pipe.cmd("ZADD").arg(bucket).arg(4_000_000_000_u64 + u64::from(n)).arg(&member).ignore();
        }
    }
    pipe.cmd("SADD").arg("CM:delete").arg("CM:Book:7>owner").ignore();
    pipe.exec(&mut server.connect()).unwrap();
    server
}

fn cli(server: &Server) -> Cli {
    Cli::new(server).env("CACHEME_LAYOUT", "classic")
}

fn dumped(server: &Server) -> String {
    cli(server).args(["keys", "dump", "--raw", "--indexes"]).run().ok().text().to_owned()
}

/// The differences between a dump and the server, by key and kind.
#[track_caller]
fn found(output: &Output) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    output.ndjson().iter().map(|row| (text(&row["key"]), text(&row["kind"]))).collect()
}

fn diff(server: &Server, dump: &str, args: &[&str]) -> Output {
    cli(server).file("old", dump).args(["diff", "old", "--format", "ndjson"]).args(args).run()
}

#[test]
fn what_was_changed_on_purpose_is_found_and_nothing_else() {
    const KEYS: u32 = 20_000;
    let server = filled(KEYS);
    let old = dumped(&server);
    let same = diff(&server, &old, &[]);
    same.code(0).says(&format!("0 different, {} the same", grouped(KEYS.into())));
    assert_eq!(same.text(), "");
    let mut redis = server.connect();
    let (mut expected, mut random) = (BTreeSet::new(), 17_u64);
    for n in 0..1000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (random >> 33) % u64::from(KEYS);
        let (key, hash) = (format!("Book:{at}>owner"), format!("CM:Book:{at}"));
        if expected.iter().any(|(known, _): &(String, String)| *known == key) || at == 7 {
            continue;
        }
        let member = format!("CM:{key}");
        let kind = ["value", "timeout", "tags", "invalid_keys", "mark", "only_a", "only_b"][n % 7];
        let mut key = key;
        match kind {
            "value" => redis.hset(&hash, "owner", b"\x80\x04K\x01.").unwrap(),
            "timeout" => {
                redis.zadd(format!("CM:Meta:Expire-Buckets::{hash}"), &member, 4_100_000_000_u64).unwrap()
            }
            "tags" => redis.sadd("CM:more", &member).unwrap(),
            "invalid_keys" => redis.srem(format!("CM:User:{}:invalid", at % 5), &member).unwrap(),
            "mark" => redis.sadd("CM:delete", &member).unwrap(),
            "only_a" => redis.del(&hash).unwrap(),
            _ => {
                key = format!("New:{at}>owner");
                redis.hset(format!("CM:New:{at}"), "owner", b"\x80\x04N.").unwrap()
            }
        }
        expected.insert((key, kind.to_owned()));
    }
    assert!(expected.len() > 900);
    let changed = diff(&server, &old, &[]);
    assert_eq!(found(changed.code(5)), expected);
    // The other way round, from dumps alone, packed or not.
    let new = dumped(&server);
    let turned: BTreeSet<_> = expected
        .iter()
        .map(|(key, kind)| {
            let kind = match kind.as_str() {
                "only_a" => "only_b",
                "only_b" => "only_a",
                kind => kind,
            };
            (key.clone(), kind.to_owned())
        })
        .collect();
    let files = Cli::bare().file("old", &old).file("new", &new);
    let output = files.args(["diff", "new", "old", "--format", "ndjson"]).run();
    assert_eq!(found(output.code(5)), turned);
}

#[test]
fn a_row_shows_both_sides_and_of_a_value_the_first_difference() {
    let server = filled(10);
    let old = dumped(&server);
    let mut redis = server.connect();
    let value = b"\x80\x04}(\x8c\x04name\x8c\x04Anna\x8c\x05books]K\x02au.";
    let _: () = redis.hset("CM:Book:2", "owner", value).unwrap();
    let _: () = redis.hset("CM:Book:3", "owner", b"\x80\x04K\x05.").unwrap();
    let _: () = redis.del("CM:Book:5").unwrap();
    let _: () = redis.sadd("CM:more", "CM:Book:6>owner").unwrap();
    let _: () = redis.srem("CM:delete", "CM:Book:7>owner").unwrap();
    let _: () = redis.zrem("CM:Meta:Expire-Buckets::CM:Book:8", "CM:Book:8>owner").unwrap();
    let rows = diff(&server, &old, &[]).code(5).ndjson();
    let row = |key: &str, kind: &str, a: Value, b: Value| json!({"key": key, "kind": kind, "a": a, "b": b});
    let whole = |n: u32| json!({"name": format!("Owner {n}"), "books": [n]});
    assert_eq!(
        rows,
        [
            row(
                "Book:2>owner",
                "value",
                json!({"at": ".name", "value": "Owner 2"}),
                json!({"at": ".name", "value": "Anna"})
            ),
            row("Book:3>owner", "value", whole(3), json!(5)),
            row("Book:5>owner", "only_a", whole(5), json!(null)),
            row("Book:6>owner", "tags", json!(["tag0"]), json!(["more", "tag0"])),
            row("Book:7>owner", "mark", json!(true), json!(false)),
            row("Book:8>owner", "timeout", json!("2096-10-02T07:06:48Z"), json!(null)),
        ]
    );
    // Of the selected keys alone; by a tag, whichever side has it.
    for (args, keys) in [
        (&["--key", "Book:2>owner"][..], &["Book:2>owner"][..]),
        (&["--pattern", "Book:[35]"], &["Book:3>owner", "Book:5>owner"]),
        (&["--tag", "more"], &["Book:6>owner"]),
        (&["--tag", "tag2"], &["Book:2>owner", "Book:5>owner", "Book:8>owner"]),
        (&["--invalid-key", "User:2"], &["Book:2>owner", "Book:7>owner"]),
    ] {
        let rows = diff(&server, &old, args).code(5).ndjson();
        let named: Vec<_> = rows.iter().map(|row| row["key"].as_str().unwrap()).collect();
        assert_eq!(named, keys, "{args:?}");
    }
    diff(&server, &old, &["--key", "Book:1>owner"]).code(0).says("1 the same");
    diff(&server, &old, &["--fields", "key,kind", "--quiet"]).code(5).never_says("the same");
}

/// The keys that are compared with these flags, whatever differs.
#[track_caller]
fn compared(server: &Server, dump: &str, flags: &str, differ: u64, same: u64) {
    let args: Vec<_> = flags.split_whitespace().collect();
    let output = diff(server, dump, &args);
    output.code(if differ > 0 { 5 } else { 0 });
    output.says(&format!("{} different, {} the same", grouped(differ), grouped(same)));
}

#[test]
fn a_key_is_compared_that_is_meant_as_it_is_on_either_side() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["small", "plain", "ends", "late", "old", "stays"]).value("large", &[b'x'; 100]);
    seed.marked(["plain"])
        .busy(["late"])
        .expires("ends", 3600)
        .expires("old", -3600)
        .tag("t", ["small", "large"]);
    let old = dumped(&server);
    // The one grows, the others shrink, go on, or lose their marks.
    seed.value("small", &[b'x'; 200]).value("large", b"N.").expires("ends", 5 * 86_400).expires("stays", 60);
    seed.run("SREM", &["CM:delete", "CM:plain"]);
    for (flags, differ, same) in [
        ("", 5, 2),
        ("--larger-than 50", 2, 0),
        ("--smaller-than 50", 5, 2),
        ("--larger-than 150", 1, 0),
        ("--larger-than 150 --tag t", 1, 0),
        ("--larger-than 50 --except-key small", 1, 0),
        ("--smaller-than 3", 1, 0),
        ("--state pending", 1, 0),
        ("--state computing", 0, 1),
        ("--state expired", 0, 1),
        ("--state live", 5, 0),
        ("--state pending,expired", 1, 1),
        ("--state missing", 0, 0),
        ("--expires-within 2h", 2, 0),
        ("--expires-within 5m", 1, 0),
        ("--expires-after 2h", 1, 0),
        ("--expires-after 2h --key stays", 0, 0),
        ("--expires-after 30s --expires-within 5m", 1, 0),
        // `stays` has none on one side.
        ("--no-timeout", 4, 1),
    ] {
        compared(&server, &old, flags, differ, same);
        // The same from dumps alone.
        let new = dumped(&server);
        let files = Cli::bare().file("old", &old).file("new", &new);
        let output = files.args(["diff", "old", "new"]).args(flags.split_whitespace()).run();
        output.says(&format!("{} different, {} the same", grouped(differ), grouped(same)));
    }
    // Whatever differs of it is told, though one side alone is meant.
    let rows = diff(&server, &old, &["--larger-than", "150"]).code(5).ndjson();
    assert_eq!((rows.len(), &rows[0]["kind"], &rows[0]["key"]), (1, &json!("value"), &json!("small")));
    diff(&server, &old, &["--larger-than", "5", "--smaller-than", "6"]).code(2).says("leave nothing");
    diff(&server, &old, &["--no-timeout", "--expires-within", "1h"]).code(2).says("cannot be used with");
}

#[test]
fn a_value_is_one_row_by_whichever_of_its_names_it_is_asked_for() {
    let servers = [Server::start(), Server::start()];
    for server in &servers {
        Seed::classic(server)
            .live(["a>b", "p", "x>y", "z"])
            .tag("t", ["a>b>c", "p>base", "x>y"])
            .tag("of value", ["a>b"])
            .invalid("U", ["a>b>d", "p", "x>y"])
            .marked(["a>b>e"])
            .run("ZADD", &["CM:Meta:Expire-Buckets::CM:a", "4000000000", "CM:a>b"]);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, at: usize| format!("{}/{name}{at}", folder.path().display());
    let all_sides = || {
        [0, 1].map(|at| {
            let server = &servers[at];
            redis::cmd("SAVE").exec(&mut server.connect()).unwrap();
            std::fs::copy(server.socket().with_file_name("dump.rdb"), path("rdb", at)).unwrap();
            std::fs::write(path("whole", at), dumped(server)).unwrap();
            // It has rows by the names in the tag, and others by those of the values.
            let args = ["keys", "dump", "--raw", "--indexes", "--tag", "t", "--key", "z"];
            std::fs::write(path("named", at), cli(server).args(args).run().ok().text()).unwrap();
            [server.url(), path("rdb", at), path("whole", at), path("named", at)]
        })
    };
    let flags = [
        (&["--key", "a>b>c", "--key", "p>base", "--key", "x>y"][..], 3),
        (&["--key", "a>b>c", "--key", "a>b"], 1),
        (&["--from-file", "keys"], 2),
        (&["--pattern", "a>b", "--pattern", "p"], 2),
        (&["--tag", "t"], 3),
        (&["--tag", "of value"], 1),
        (&["--invalid-key", "U"], 3),
        (&["--match", "all", "--key", "a>b>c", "--tag", "t"], 1),
        (&["--match", "all", "--from-file", "keys", "--invalid-key", "U"], 2),
        (&["--except-key", "p>base", "--except-tag", "none"], 3),
    ];
    let each = |sides: &[[String; 4]; 2], check: &dyn Fn(&Output, u64)| {
        // What a side gives does not depend on the other: a ring tells as much as all pairs.
        for (at, a) in sides[0].iter().enumerate() {
            let b = &sides[1][(at + 1) % 4];
            for (flags, keys) in flags {
                let cli = Cli::bare().env("CACHEME_LAYOUT", "classic").file("keys", "a>b>c\nx>y\n");
                let cli = cli.env("CACHEME_REDIS_SERVER", program::path());
                check(&cli.args(["diff", a, b, "--format", "ndjson"]).args(flags).run(), keys);
            }
        }
    };
    each(&all_sides(), &|output, keys| {
        output.code(0).says(&format!("0 different, {} the same", grouped(keys)));
    });
    let _: () = servers[1].connect().hset("CM:a", "b", b"\x80\x04K\x02.").unwrap();
    each(&all_sides(), &|output, keys| {
        assert_eq!(found(output.code(5)), [("a>b".to_owned(), "value".to_owned())].into());
        output.says(&format!("1 different, {} the same", grouped(keys - 1)));
    });
}

#[test]
fn times_of_a_dump_are_judged_as_of_now() {
    let server = Server::start();
    Seed::classic(&server).live(["gone", "here"]).expires("gone", 100).expires("here", 100);
    let old = dumped(&server);
    // As if it had been dumped two hours ago: what expired meanwhile is live in its row.
    let at = now() - 3600;
    let time = jiff::Timestamp::from_second(at).unwrap();
    let aged: String = old
        .lines()
        .map(|line| {
            let mut row: Value = serde_json::from_str(line).unwrap();
            if row["key"] == "gone" {
                assert_eq!((&row["state"], row["ttl_seconds"].is_number()), (&json!("live"), true));
                row["expires_at"] = json!(time.to_string());
            }
            format!("{row}\n")
        })
        .collect();
    for (flags, same) in [
        (&["--state", "expired"][..], 1),
        (&["--state", "live"], 1),
        (&["--state", "live", "--key", "gone"], 0),
        (&["--expires-within", "1h"], 1),
        (&["--expires-within", "1h", "--key", "gone"], 0),
    ] {
        let output = Cli::bare().file("a", &aged).file("b", &aged).args(["diff", "a", "b"]).args(flags).run();
        output.code(0).says(&format!("{} the same", grouped(same)));
    }
}

#[test]
fn sides_are_urls_profiles_and_dumps() {
    let (one, other) = (filled(5), filled(6));
    let config = format!("[profiles.one]\nurl = \"{}\"\nlayout = \"classic\"\n", one.url());
    let run = |args: &[&str]| {
        let cli = Cli::bare().file("cacheme.toml", &config).env("CACHEME_CONFIG", "cacheme.toml");
        let cli = cli.env("CACHEME_REDIS_SERVER", program::path());
        cli.args(["diff", "--format", "ndjson"]).args(args).run()
    };
    let only = |output: &Output, kind: &str| {
        assert_eq!(found(output.code(5)), [("Book:5>owner".to_owned(), kind.to_owned())].into());
    };
    only(&run(&[&one.url(), &other.url(), "--layout", "classic"]), "only_b");
    only(&run(&[&other.url(), "one", "--layout", "classic"]), "only_a");
    only(&cli(&other).args(["diff", &one.url(), "--format", "ndjson"]).run(), "only_b");
    // What a flag names is B, whatever A is.
    let save = |server: &Server| {
        redis::cmd("SAVE").exec(&mut server.connect()).unwrap();
        server.socket().with_file_name("dump.rdb").display().to_string()
    };
    let (one_rdb, other_rdb) = (save(&one), save(&other));
    for (a, here) in [
        (&one.url(), ["--url", &other.url()]),
        (&"one".to_owned(), ["--url", &other.url()]),
        (&one_rdb, ["--url", &other.url()]),
        (&one.url(), ["--rdb", &other_rdb]),
        (&"one".to_owned(), ["--rdb", &other_rdb]),
        (&one_rdb, ["--rdb", &other_rdb]),
    ] {
        let [flag, value] = here;
        only(&run(&[a, flag, value, "--layout", "classic"]), "only_b");
        only(&run(&[&format!("{flag}={value}"), a, "--layout=classic"]), "only_b");
        run(&[a, "one", flag, value]).code(2).says(flag);
    }
    // What is about its server is not for the other one.
    let secured = Server::builder().password("open sesame").start();
    let cli = Cli::bare().file("secret", "open sesame\n").file("cacheme.toml", &config);
    let cli = cli.env("CACHEME_CONFIG", "cacheme.toml").args(["--url", &secured.url()]);
    let output = cli.args(["--password-file", "secret", "diff", "one", "--layout", "classic"]).run();
    output.code(5).says("keys: 5 only in profile one, 0 only in");
    for (side, hint) in [("./nosuch.zst", "the profiles are one"), ("on", "did you mean 'one'?")] {
        let output = run(&[side, "one"]);
        output.code(2).says(&format!("'{side}' is neither a file nor a profile in cacheme.toml")).says(hint);
    }
    run(&["one", "one", "--url", &one.url()]).code(2).says("--url");
    // A password of a side is never shown.
    let secret = "redis://u:hunter2@127.0.0.1:1/0";
    run(&[secret, "one"]).code(1).never_says("hunter2");
}

#[test]
fn a_namespace_is_not_compared_with_itself() {
    let server = filled(5);
    let url = server.url();
    let profile = |name: &str, more: &str| format!("[profiles.{name}]\nurl = \"{url}\"\n{more}\n");
    let config = "default_profile = \"production\"\n".to_owned()
        + &profile("production", "")
        + &profile("elsewhere", "prefix = \"other:\"")
        + &profile("meta", "layout = \"meta\"")
        + &profile("db1", "").replace(&url, &server.url_of_db(1));
    let cli = || Cli::bare().file("cacheme.toml", &config).env("CACHEME_CONFIG", "cacheme.toml");
    let run = |args: &[&str]| cli().arg("diff").args(args).run();
    let same = format!("both sides are the same namespace ({url}?db=0, prefix 'CM:'); nothing was compared");
    for sides in [
        &["production"][..],
        &[&url],
        &[&url, "production"],
        &["production", "production"],
        &["production", "--url", &url],
        // By what is found there.
        &["production", &url, "--layout", "classic"],
    ] {
        let output = run(sides);
        output.code(2).says(&format!("error: {same}")).never_says("the same\n");
        assert_eq!(output.text(), "", "{sides:?}");
        let hint = output.stderr.contains("hint: without B");
        assert_eq!(hint, sides.len() == 1, "{}", output.transcript());
    }
    for other in ["elsewhere", "db1"] {
        run(&["production", other]).code(5).says("5 only in profile production");
    }
    run(&["production", "meta"]).code(0).never_says("both sides");
}

#[test]
fn sides_may_stand_behind_two_dashes() {
    let (one, other) = (filled(5), filled(6));
    let profile = |name: &str, server: &Server| format!("[profiles.{name}]\nurl = \"{}\"\n", server.url());
    let config = profile("one", &one) + &profile("-x", &other);
    let dump = dumped(&one);
    let cli = || {
        let cli = Cli::bare()
            .file("cacheme.toml", &config)
            .file("old", &dump)
            .env("CACHEME_CONFIG", "cacheme.toml");
        cli.args(["--layout", "classic", "diff", "--format", "ndjson"])
    };
    let only = [("Book:5>owner".to_owned(), "only_b".to_owned())];
    let url = other.url();
    for sides in [
        &["--", "one", "-x"][..],
        &["--", "old", "-x"],
        &["--", "one", &url],
        &["one", "--", "-x"],
        &["--url", &url, "--", "one"],
    ] {
        assert_eq!(found(cli().args(sides).run().code(5)), only.clone().into(), "{sides:?}");
    }
    cli().args(["--tag", "tag0", "--", "one", "-x"]).run().code(0).says("2 the same");
    // What a flag hides of the environment is told as any other failure.
    let output = cli().env("CACHEME_REPLICA", "maybe").args(["one", "--url", &url, "--replica"]).run();
    output
        .code(2)
        .says("error: invalid value 'maybe' for '--replica'")
        .never_says("error: error")
        .never_says("Usage");
}

#[test]
fn sides_that_differ_are_told_so_though_nobody_reads_on() {
    let server = filled(3_000);
    let dump = dumped(&server);
    Seed::classic(&server).run("SADD", &["CM:more", "CM:Book:5>owner"]);
    let code = |line: &str| {
        let cli = Cli::shell(&server, &format!("{line}; exit ${{PIPESTATUS[0]}}"));
        cli.env("CACHEME_LAYOUT", "classic").file("old", &dump).file("none", "").run()
    };
    for line in
        ["cacheme diff old | true", "cacheme diff none | head -n 1", "cacheme diff none --format json | true"]
    {
        let output = code(line);
        output.code(5);
        assert!(output.stderr.is_empty(), "{}", output.transcript());
    }
    code("cacheme diff old --except-key 'Book:5>owner' | true").code(0);
}

#[test]
fn a_name_that_neither_side_has_is_said_and_strict_compares_nothing() {
    let (one, other) = (filled(6), filled(6));
    Seed::classic(&other).run("SADD", &["CM:fresh", "CM:Book:1>owner"]);
    let (old, new) = (dumped(&one), dumped(&other));
    let cli = || cli(&other).file("old", &old).file("new", &new).args(["--format", "ndjson"]);
    let url = one.url();
    let sides: [&[&str]; 4] = [&[&url], &["old"], &["old", "new"], &["new", &url]];
    for sides in sides {
        let diff = |flags: &[&str]| cli().arg("diff").args(sides).args(flags).run();
        for (flags, said) in [
            (&["--tag", "tagg0"][..], "warning: no tag 'tagg0'"),
            (&["--invalid-key", "User:9"], "warning: no invalid key 'User:9'"),
            (&["--key", "Book:2>ownr"], "warning: no key 'Book:2>ownr'"),
            (&["--except-tag", "tagg0", "--key", "Book:2>owner"], "warning: no tag 'tagg0'"),
            (&["--tag", "tag1", "--match", "all", "--tag", "tagg0"], "warning: no tag 'tagg0'"),
        ] {
            diff(flags).code(0).says(said);
            let strict = diff(&[flags, &["--strict"]].concat());
            strict
                .code(4)
                .says(&said.replace("warning", "error"))
                .says("; nothing was compared")
                .never_says("keys: ");
            assert_eq!(strict.text(), "");
        }
        // What one of the sides has is there.
        let output = diff(&["--tag", "fresh", "--except-key", "Book:7>x", "--except-tag", "tag0"]);
        output.code(5).says("no key 'Book:7>x'").says("(it excludes nothing)").never_says("no tag");
        diff(&["--tag", "fresh", "--except-tag", "tag0", "--strict"]).code(5);
    }
    cli().args(["diff", &url, "--tag", "tagg0"]).run().code(0).says("did you mean 'tag0'?");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let server = filled(5);
    let without = cli(&server).args(["keys", "dump", "--raw"]).run().ok().text().to_owned();
    diff(&server, &without, &[]).code(0).says("holds no tags and no invalid keys");
    let decoded = cli(&server).args(["keys", "dump"]).run().ok().text().to_owned();
    diff(&server, &decoded, &[]).code(2).says("--raw");
    // Which keys a tag means it does not tell.
    let empty = dumped(&Server::start());
    let cli = || cli(&server).file("old", &without).file("empty", &empty);
    for sides in [["old", "old"], ["old", "empty"], ["empty", "old"]] {
        for flag in ["--tag", "--invalid-key", "--except-tag", "--except-invalid-key"] {
            let output = cli().arg("diff").args(sides).args([flag, "tag0", "--strict"]).run();
            output
                .code(2)
                .says("old holds no tags and no invalid keys, so keys cannot be selected")
                .says("--indexes");
            output.never_says("no tag 'tag0'").never_says("keys: ");
        }
        let output = cli().arg("diff").args(sides).args(["--key", "Nope>x", "--strict"]).run();
        output.code(4).says("no key 'Nope>x'; nothing was compared");
    }
    let broken = format!("{}no row\n", dumped(&server));
    diff(&server, &broken, &[]).code(3).says("line 6");
}

#[test]
fn an_index_of_another_type_is_told_of_as_elsewhere() {
    let server = filled(5);
    let old = dumped(&server);
    redis::Commands::set::<_, _, ()>(&mut server.connect(), "CM:text", "no set").unwrap();
    for more in [&[][..], &["--strict"]] {
        let output = diff(&server, &old, &[&["--tag", "text", "--tag", "tag0"], more].concat());
        output.code(3).says("'CM:text' is not a set; it was skipped").says("2 the same");
        for flags in
            [&["--except-tag", "text"][..], &["--key", "Book:1>owner", "--match", "all", "--tag", "text"]]
        {
            let output = diff(&server, &old, &[flags, more].concat());
            output.code(1).says("'CM:text' is not of the type").never_says("keys: ");
        }
    }
}

#[test]
fn what_was_read_of_a_side_is_compared_though_it_is_not_complete() {
    let server = filled(5);
    let old = dumped(&server);
    let mut redis = server.connect();
    let _: () = redis.del("CM:delete").unwrap();
    let _: () = redis.set("CM:delete", "of another type").unwrap();
    let output = diff(&server, &old, &[]);
    assert_eq!(found(output.code(3)), BTreeSet::new(), "{}", output.transcript());
    output.says("5 the same");
}
