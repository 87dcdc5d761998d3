//! A dump goes back byte for byte, into whatever server, prefix or layout is meant, over nothing that is alive.

use crate::support::cli::Cli;
use crate::support::content::{assert_same, diff};
use crate::support::gate::held;
use crate::support::monitor::Seen;
use crate::support::python::{Lib, fill, python};
use crate::support::seed::{Seed, names, set};
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use crate::support::worker::Worker;
use serde_json::{Value, json};

fn layout(lib: Lib) -> &'static str {
    if lib == Lib::V011 { "meta" } else { "classic" }
}

fn cli<const N: usize>(server: &Server, args: [&str; N]) -> Cli {
    Cli::new(server).args(args)
}

fn dump(server: &Server, layout: &str) -> Vec<u8> {
    let out = cli(server, ["keys", "dump", "--raw", "--indexes", "--layout", layout]).run();
    out.ok();
    out.stdout
}

fn restore(server: &Server, dump: &[u8]) -> Cli {
    cli(server, ["keys", "restore", "--yes", "--format", "json"]).stdin(dump)
}

#[test]
fn everything_comes_back_byte_for_byte() {
    for lib in Lib::ALL {
        let (from, to) = (Server::start(), Server::start());
        python(lib, &from, "fill.py", ["--prefix", "CM:", "--states"]).ok();
        let text = dump(&from, layout(lib));
        let report = restore(&to, &text).args(["--to-layout", layout(lib)]).run().ok().json();
        assert_eq!((&report["complete"], &report["refused"]), (&json!(true), &json!(0)), "{report}");
        assert_eq!(report["restored"], report["lines"], "{report}");
        let lost = diff(&from.dump(), &to.dump());
        // What had no value to dump: a computation that broke.
        let lost: Vec<_> = lost.lines().filter(|line| !line.contains("fails:stuck>it")).collect();
        assert_eq!(lost, Vec::<&str>::new(), "{lib:?}");
        // Once more changes nothing, and says so.
        let before = to.dump();
        let again = restore(&to, &text).args(["--to-layout", layout(lib)]).run().ok().json();
        assert_eq!((&again["restored"], &again["unchanged"]), (&json!(0), &again["lines"]));
        restore(&to, &text).args(["--to-layout", layout(lib), "--replace"]).run().ok();
        assert_same(&before, &to.dump());
    }
}

#[test]
fn whichever_name_of_a_value_was_marked_it_comes_back_marked() {
    // 0.0.9 drops a tag with what it marks; what is leased or in progress may have been marked.
    let marked = &["SADD", "CM:delete"][..];
    for (own, set, mark, index) in [
        ("a>b", marked, "CM:a>b>c", "CM:a>b>c"),
        ("a>b", marked, "CM:a>b", "CM:a>b>c"),
        ("a>b", marked, "CM:a>b", "CM:a>b"),
        ("a", marked, "CM:a>base", "CM:a>base"),
        ("a>b", marked, "CM:a>b>c", "CM:other"),
        ("a", marked, "CM:a>base>c", "CM:other"),
        ("a>b", &["SADD", "CM:progress"], "CM:a>b>c", "CM:other"),
        ("a>b", &["ZADD", "CM:meta:leases", "99999999999999"], "CM:a>b>c", "CM:other"),
    ] {
        for selector in [&[][..], &["--key", own], &["--pattern", "a*"], &["--from-file", "-"]] {
            let (from, to) = (Server::start(), Server::start());
            Seed::classic(&from)
                .run("HSET", &["CM:a", if own == "a" { "base" } else { "b" }, "v"])
                .run("SADD", &["CM:U:1:invalid", index])
                .run(set[0], [&set[1..], &[mark]].concat());
            let args = ["keys", "dump", "--raw", "--indexes", "--layout", "classic"];
            let out = Cli::new(&from).args(args).args(selector).stdin(format!("{own}\n")).run();
            assert_eq!(out.ok().ndjson()[0]["marked"], true, "{mark} {selector:?}");
            restore(&to, &out.stdout).args(["--to-layout", "classic"]).run().ok();
            assert!(
                names(&to, "CM:delete").contains(mark),
                "{mark} {selector:?}: {:?}",
                names(&to, "CM:delete")
            );
        }
    }
}

#[test]
fn a_raw_dump_without_indexes_tells_where_it_has_no_names_for_marks() {
    for (own, set, whole) in [
        ("a>b", "CM:delete", "CM:a>b>c"),
        ("a", "CM:delete", "CM:a>base"),
        ("a>b", "CM:progress", "CM:a>b>c"),
    ] {
        let server = Server::start();
        Seed::classic(&server)
            .live(["other"])
            .run("HSET", &["CM:a", if own == "a" { "base" } else { "b" }, "v"])
            .run("SADD", &["CM:tag", &format!("CM:{own}")])
            .run("SADD", &[set, whole]);
        let dump = |args: &[&str]| {
            let dump = ["keys", "dump", "--layout", "classic"];
            Cli::new(&server).args(dump).args(args).stdin(format!("{own}\n")).run()
        };
        for selector in
            [&[][..], &["--key", own], &["--tag", "tag"], &["--pattern", "a*"], &["--from-file", "-"]]
        {
            let out = dump(&[&["--raw"], selector].concat());
            out.code(3).says("keys of three segments").says("--indexes");
            assert!(out.ndjson().iter().any(|row| row["key"] == own), "{}", out.transcript());
            dump(selector).ok();
            dump(&[&["--raw", "--indexes"], selector].concat()).ok();
        }
        dump(&["--raw", "--key", "other"]).ok();
    }
}

#[test]
fn another_prefix_and_layout_are_read_by_their_own_library() {
    let (from, to) = (Server::start(), Server::start());
    python(Lib::V009, &from, "fill.py", ["--prefix", "CM:", "--states"]).ok();
    let text = dump(&from, "classic");
    restore(&to, &text).args(["--prefix", "app:", "--to-layout", "meta"]).run().ok();
    let read = |server: &Server, args: [&str; 4]| {
        let rows = cli(server, ["keys", "dump", "--raw", "--indexes"]).args(args).run().ok().ndjson();
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|mut row| {
                row["redis_key"] = json!(null);
                row["ttl_seconds"] = json!(row["ttl_seconds"].is_null());
                row["state"] = json!(null);
                row.to_string()
            })
            .collect();
        rows.sort();
        rows
    };
    let before = read(&from, ["--prefix", "CM:", "--layout", "classic"]);
    assert!(before == read(&to, ["--prefix", "app:", "--layout", "meta"]), "the dumps differ");
    assert!(before.iter().any(|row| row.contains("\"marked\":true")), "nothing was marked");
    assert!(before.iter().any(|row| row.contains("\"cut_keys\":[{")), "no key of three segments");
    let mut worker = Worker::builder(Lib::V011, &to).prefix("app:").spawn();
    let owner = worker.call("get_owner", json!([100]));
    assert_eq!(owner["computed"], json!(false), "{owner}");
    // The stale value of a marked key was not made a valid one.
    let pending = worker.call("plain", json!(["pending"]));
    assert_eq!(pending["computed"], json!(true), "{pending}");
}

#[test]
fn every_restored_value_is_a_hit_for_the_library_that_reads_it() {
    for (from_lib, to_lib, prefix) in [
        (Lib::V009, Lib::V011, "app:"),
        (Lib::V011, Lib::V009, "app:"),
        (Lib::V011, Lib::V010, "CM:"),
        (Lib::V010, Lib::V011, "CM:"),
        (Lib::V011, Lib::V011, "other:"),
    ] {
        let (from, to) = (Server::start(), Server::start());
        let truth = fill(from_lib, &from, "CM:");
        let text = dump(&from, layout(from_lib));
        let args = ["--prefix", prefix, "--layout", layout(from_lib), "--to-layout", layout(to_lib)];
        restore(&to, &text).args(args).run().ok();
        let mut worker = Worker::builder(to_lib, &to).prefix(prefix).spawn();
        let mut read = 0;
        for (key, fact) in truth["keys"].as_object().unwrap() {
            let function = fact["function"].as_str().unwrap();
            // Some have expired by now, some functions only one generation has, and classic takes None for a miss.
            let is_known =
                to_lib.is_meta() == from_lib.is_meta() || !["fresh", "node_book"].contains(&function);
            let is_none = fact["value"].is_null() && !to_lib.is_meta();
            if function.starts_with("soon") || !is_known || is_none {
                continue;
            }
            let answer = worker.call(function, fact["args"].clone());
            assert_eq!(answer["computed"], json!(false), "{from_lib:?} to {to_lib:?}: {key}: {answer}");
            assert_eq!(answer["result"], fact["value"], "{from_lib:?} to {to_lib:?}: {key}");
            read += 1;
        }
        assert!(read > 25, "only {read} keys were read");
        // What the tag and the invalid key reach is what they reached before.
        let mark = |selector: &str, name: &str| {
            let args =
                ["invalidate", selector, name, "--yes", "--prefix", prefix, "--layout", layout(to_lib)];
            cli(&to, args).run().ok();
        };
        mark("--tag", "get_title");
        mark("--invalid-key", "User:201");
        for (function, book, computed) in
            [("get_title", 100, true), ("get_owner", 100, false), ("get_owner", 101, true)]
        {
            let answer = worker.call(function, json!([book]));
            assert_eq!(answer["computed"], json!(computed), "{from_lib:?} to {to_lib:?}: {answer}");
        }
    }
}

#[test]
fn a_dump_is_packed_when_its_name_says_so() {
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    let to = Server::start();
    for (name, check) in [("d.ndjson", "true"), ("d.gz", "gzip -t d.gz"), ("d.zst", "zstd -tq d.zst")] {
        let script = format!(
            "cacheme keys dump --raw --indexes --output {name} && test ! -e {name}.partial && {check} && \
             stat -c %a {name} && cacheme --url {} keys restore {name} --yes --format json",
            to.url()
        );
        let out = Cli::shell(&server, &script).run();
        assert!(out.ok().text().starts_with("600\n"), "{}", out.transcript());
        assert_same(&server.dump(), &to.dump());
        redis::cmd("FLUSHALL").exec(&mut to.connect()).unwrap();
    }
    // From a pipe, packed by the tool itself; and a file that was cut.
    let script = format!(
        "cacheme keys dump --raw --indexes | zstd -q | cacheme --url {} keys restore --yes",
        to.url()
    );
    Cli::shell(&server, &script).run().ok();
    assert_same(&server.dump(), &to.dump());
    let script = "cacheme keys dump --raw --indexes -o d.gz && head -c 900 d.gz >cut.gz && cacheme keys restore --yes cut.gz";
    Cli::shell(&server, script).run().code(1).says("cut.gz");
    // A profile's or the environment's taste in formats does not reach a file that is to be restored from.
    let script =
        "CACHEME_FORMAT=table cacheme keys dump --raw --indexes -o t.gz && cacheme keys restore t.gz --yes";
    Cli::shell(&server, script).run().ok();
    let csv = cli(&server, ["keys", "dump", "--output", "d.csv", "--format", "csv"]).run();
    csv.code(2).says("redirect standard output");
    let nowhere = cli(&server, ["keys", "dump", "--output", "no/where.gz"]).run();
    nowhere.code(2).says("cannot write no/where.gz");
    cli(&server, ["keys", "restore", "--yes", "nofile"]).run().code(2).says("cannot read nofile");
}

#[test]
fn what_is_no_dumped_key_is_named_and_counted() {
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    let text = String::from_utf8(dump(&server, "classic")).unwrap();
    let one = text.lines().find(|line| line.contains("\"plain:1\"")).unwrap();
    let mut cut: Value = serde_json::from_str(one).unwrap();
    cut["size_bytes"] = json!(1);
    let mut moved: Value = serde_json::from_str(one).unwrap();
    moved["field"] = json!("other");
    let mut bookkeeping: Value = serde_json::from_str(one).unwrap();
    bookkeeping["tags"] = json!(["delete"]);
    let mut bucket: Value = serde_json::from_str(one).unwrap();
    bucket["key"] = json!("Meta:Expire-Buckets::CM:q");
    bucket["field"] = json!("base");
    let mut other_bucket: Value = serde_json::from_str(one).unwrap();
    other_bucket["invalid_keys"] = json!(["X:Meta:Expire-Buckets::CM:X:q"]);
    let mut no_list: Value = serde_json::from_str(one).unwrap();
    no_list["cut_keys"] = json!("x");
    let lines = [
        one,
        "",
        "nonsense",
        &cut.to_string(),
        &moved.to_string(),
        "{\"key\":\"x\"}",
        "[1]",
        &bookkeeping.to_string(),
        &bucket.to_string(),
        &other_bucket.to_string(),
        &no_list.to_string(),
    ];
    let to = Server::start();
    let out = restore(&to, lines.join("\n").as_bytes()).args(["--layout", "classic"]).run();
    out.code(3).says("line 3 is not a dumped key: it is not a JSON object");
    out.says("line 4 is not a dumped key: its value is not as long as size_bytes says");
    out.says("line 5 is not a dumped key: its field is not that of its key");
    out.says("line 6 is not a dumped key: it has no value_base64").says("line 7");
    out.says("'CM:delete' is where the library keeps marks or keys in progress");
    out.says("'CM:Meta:Expire-Buckets::CM:q' is where the library keeps timeouts");
    out.says("'CM:X:Meta:Expire-Buckets::CM:X:q:invalid' is where the library keeps timeouts");
    out.says("line 11 is not a dumped key: its cut_keys are not a list of objects");
    let report = out.json();
    assert_eq!((&report["restored"], &report["refused"]), (&json!(1), &json!(9)), "{report}");
    assert_eq!(report["complete"], json!(false));

    let decoded = cli(&server, ["keys", "dump", "--indexes"]).run().stdout;
    let before = to.dump();
    restore(&to, &decoded).run().code(2).says("holds a decoded value").says("--raw --indexes");
    assert_same(&before, &to.dump());
    let bare = cli(&server, ["keys", "dump", "--raw"]).run().stdout;
    restore(&to, &bare).run().ok().says("no tags and no invalid keys");
}

#[test]
fn names_that_are_not_utf8_come_back() {
    let (from, to) = (Server::start(), Server::start());
    let mut redis = from.connect();
    redis::cmd("HSET").arg(b"CM:b\xff:1").arg(b"f\xfe").arg(b"\x80\x04N.").exec(&mut redis).unwrap();
    redis::cmd("SADD").arg(b"CM:t\xfd").arg(b"CM:b\xff:1>f\xfe").exec(&mut redis).unwrap();
    redis::cmd("SADD").arg(b"CM:i\xfc:invalid").arg(b"CM:b\xff:1>f\xfe").exec(&mut redis).unwrap();
    restore(&to, &dump(&from, "classic")).run().ok();
    assert_same(&from.dump(), &to.dump());
}

#[test]
fn live_values_stay_unless_they_are_to_be_replaced() {
    let (from, to) = (Server::start(), Server::start());
    fill(Lib::V009, &from, "CM:");
    let text = dump(&from, "classic");
    let mut redis = to.connect();
    let mut set = |args: &[&str]| redis::cmd(args[0]).arg(&args[1..]).exec(&mut redis).unwrap();
    set(&["HSET", "CM:plain:1", "base", "newer"]);
    set(&["SADD", "CM:unrelated", "CM:plain:1"]);
    // An expired value is no live one, nor is one that is marked.
    set(&["HSET", "CM:plain:é漢🦀", "base", "expired"]);
    set(&["ZADD", "CM:Meta:Expire-Buckets::CM:plain:é漢🦀", "5", "CM:plain:é漢🦀"]);
    set(&["HSET", "CM:plain:a b\tc", "base", "stale"]);
    set(&["SADD", "CM:delete", "CM:plain:a b\tc"]);
    // A list stands where a hash has to.
    set(&["RPUSH", "CM:Book:101", "x"]);
    let before = to.dump();
    let args = ["--layout", "classic"];
    let dry = restore(&to, &text).args(args).args(["--dry-run"]).run();
    assert_same(&before, &to.dump());
    let done = restore(&to, &text).args(args).run();
    done.code(3).says("'plain:1' was not restored: it has a live value").says("--replace");
    done.says("'Book:101>owner' was not restored: a Redis key that it needs has another type");
    let (mut dry, mut done) = (dry.json(), done.json());
    for report in [&mut dry, &mut done] {
        report["dry_run"] = json!(null);
        report["elapsed_ms"] = json!(null);
    }
    assert_eq!(dry, done);
    assert_eq!((&done["kept"], &done["refused"]), (&json!(1), &json!(2)));
    let held: Vec<u8> = redis::cmd("HGET").arg("CM:plain:1").arg("base").query(&mut redis).unwrap();
    assert_eq!(held, b"newer");
    redis::cmd("DEL").arg("CM:Book:101").arg("CM:unrelated").arg("CM:delete").exec(&mut redis).unwrap();
    restore(&to, &text).args(args).arg("--replace").run().ok();
    assert_same(&from.dump(), &to.dump());
}

#[test]
fn a_value_that_one_of_its_names_still_reads_stays() {
    let dumped = |from: &Server| {
        Cli::new(from).args(["keys", "dump", "--raw", "--indexes", "--layout", "classic"]).run()
    };
    for longer in [1, 300] {
        let (from, to) = (Server::start(), Server::start());
        let longer: Vec<_> = (0..longer).map(|n| format!("a>b>{n}")).collect();
        let all = || longer.iter().map(String::as_str).chain(["a>b"]);
        Seed::classic(&from).live(["a>b"]).tag("t", all());
        let dump = dumped(&from).stdout;
        Seed::classic(&to).run("HSET", &["CM:a", "b", "newer"]).marked(["a>b"]);
        let restored = |dry: bool| {
            let args: &[&str] = if dry { &["--dry-run"] } else { &[] };
            let report = restore(&to, &dump).args(["--layout", "classic"]).args(args).run().json();
            (report["restored"].clone(), report["kept"].clone())
        };
        let held = || redis::cmd("HGET").arg("CM:a").arg("b").query::<Vec<u8>>(&mut to.connect()).unwrap();
        for dry in [true, false] {
            assert_eq!(restored(dry), (json!(0), json!(1)), "{} names", longer.len());
        }
        assert_eq!(held(), b"newer");
        Seed::classic(&to).marked(all());
        // Of very many names nobody asks.
        let dead = longer.len() == 1;
        for dry in [true, false] {
            assert_eq!(restored(dry), (json!(u8::from(dead)), json!(u8::from(!dead))));
        }
        assert_eq!(held() == b"newer", !dead);
    }
}

#[test]
fn an_expired_value_of_the_same_bytes_gets_its_timeout_back() {
    let bucket = "CM:Meta:Expire-Buckets::CM:a";
    for expires in [None, Some(300)] {
        let (from, to) = (Server::start(), Server::start());
        let mut seed = Seed::classic(&from);
        seed.live(["a>b"]).tag("t", ["a>b"]);
        if let Some(seconds) = expires {
            seed.expires("a>b", seconds);
        }
        Seed::classic(&to).live(["a>b"]).tag("t", ["a>b"]).run("ZADD", &[bucket, "100", "CM:a>b"]);
        let text = dump(&from, "classic");
        let restored = |args: &[&str]| {
            let report = restore(&to, &text).args(["--layout", "classic"]).args(args).run().ok().json();
            (report["restored"].clone(), report["unchanged"].clone())
        };
        assert_eq!(restored(&["--dry-run"]), (json!(1), json!(0)), "{expires:?}");
        assert_eq!(restored(&[]), (json!(1), json!(0)), "{expires:?}");
        assert_same(&from.dump(), &to.dump());
        cli(&to, ["purge", "--layout", "classic"]).run().ok();
        assert_same(&from.dump(), &to.dump());
        // A timeout that has not passed stays, unless it is to be replaced.
        Seed::classic(&to).expires("a>b", 9_000);
        assert_eq!(restored(&["--dry-run"]), (json!(0), json!(1)), "{expires:?}");
        assert_eq!(restored(&[]), (json!(0), json!(1)), "{expires:?}");
    }
}

#[test]
fn it_asks_as_other_writes_do() {
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    let to = Server::start();
    let make =
        || Cli::new(&to).file("d.ndjson", dump(&server, "classic")).args(["keys", "restore", "d.ndjson"]);
    make().run().code(2).says("cannot ask for confirmation");
    make().args(["--yes", "--read-only"]).run().code(2).says("read-only");
    let would = make().args(["--dry-run", "--exit-code"]).run();
    would.code(5);
    assert_eq!(to.dbsize(), 0);
    let terminal = Terminal::run(make());
    terminal.wait_for("[y/N]");
    assert!(terminal.screen().contains("Restore 35 keys? [y/N]"), "{}", terminal.screen());
    terminal.line("n");
    assert_eq!(terminal.wait_exit(), 2);
    assert_eq!(to.dbsize(), 0);
    let terminal = Terminal::run(make());
    terminal.wait_for("[y/N]");
    terminal.line("y");
    assert_eq!(terminal.wait_exit(), 0);
    assert_same(&server.dump(), &to.dump());
}

#[test]
fn an_interrupted_run_goes_on_where_it_stopped() {
    let (from, to) = (Server::start(), Server::start());
    let mut redis = from.connect();
    let mut pipe = redis::pipe();
    for n in 0..8000 {
        pipe.cmd("HSET").arg(format!("CM:k:{n}")).arg("base").arg(b"\x80\x04N.").ignore();
    }
    pipe.exec(&mut redis).unwrap();
    let make = || Cli::new(&to).file("d", dump(&from, "classic")).args(["keys", "restore", "d", "--yes"]);
    let (gate, running) = held(&to, make(), 600, &["EVAL"]);
    running.signal("INT");
    gate.open();
    let out = running.wait();
    out.code(130).says("--from-line ");
    let next: u64 =
        out.stderr.split("--from-line ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(to.dbsize(), next - 1);
    let rest = make().args(["--pace", "fast", "--from-line", &next.to_string(), "--format", "json"]).run();
    assert_eq!(rest.ok().json()["restored"], json!(8001 - next));
    assert_same(&from.dump(), &to.dump());
}

fn many(keys: u32) -> Server {
    let server = Server::start();
    let script = "for i = 1, ARGV[1] do redis.call('HSET', 'CM:k:' .. i, 'base', 'S' .. i .. '\\n.') \
                  redis.call('SADD', 'CM:t', 'CM:k:' .. i) end";
    redis::cmd("EVAL").arg(script).arg(0).arg(keys).exec(&mut server.connect()).unwrap();
    server
}

#[test]
fn whatever_broke_it_off_running_it_again_brings_the_rest() {
    let (from, to) = (many(5000), Server::start());
    let text = dump(&from, "classic");
    let make =
        || Cli::new(&to).file("d", &text).args(["keys", "restore", "d", "--yes", "--layout", "classic"]);
    let (_gate, running) = held(&to, make(), 600, &["EVAL"]);
    running.signal("KILL");
    running.wait();
    // The connection goes in the middle of a batch: another one carries on.
    let (gate, running) = held(&to, make(), 1200, &["EVAL"]);
    redis::cmd("CLIENT").arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"]).exec(&mut to.connect()).unwrap();
    gate.open();
    let out = running.wait();
    assert!([0, 3].contains(&out.code), "{}", out.transcript());
    out.never_says("--from-line");
    assert_same(&from.dump(), &to.dump());
    let report = make().args(["--pace", "fast", "--format", "json"]).run().ok().json();
    assert_eq!((&report["complete"], &report["unchanged"]), (&json!(true), &json!(5000)), "{report}");
}

/// One value, with so many names of three parts that are in a tag, and every other one under an invalid key.
fn one_of_many_names(names: u32, marked: bool) -> Server {
    let server = Server::start();
    Seed::classic(&server).live(["a>b"]).tag("t", ["a>b"]).expires("a>b", 9_000);
    let script = "for i = 1, ARGV[1] do redis.call('SADD', 'CM:t', 'CM:a>b>' .. i) \
                  if i % 2 == 0 then redis.call('SADD', 'CM:i:invalid', 'CM:a>b>' .. i) end end";
    redis::cmd("EVAL").arg(script).arg(0).arg(names).exec(&mut server.connect()).unwrap();
    if marked {
        Seed::classic(&server).marked(["a>b"]).marked((1..=names).map(|name| format!("a>b>{name}")));
    }
    server
}

/// The writes that were sent.
fn writes(seen: &[Seen]) -> Vec<&Seen> {
    seen.iter().filter(|it| !it.lua && ["EVAL", "SADD"].contains(&&*it.name())).collect()
}

fn counts(report: &Value) -> [&Value; 4] {
    ["restored", "unchanged", "kept", "refused"].map(|field| &report[field])
}

#[test]
fn a_value_with_thousands_of_names_goes_back_in_small_steps() {
    for marked in [false, true] {
        let (from, to) = (one_of_many_names(5_000, marked), Server::start());
        let text = dump(&from, "classic");
        let run = |args: &[&str]| {
            let make = || restore(&to, &text).args(["--layout", "classic", "--pace", "fast"]).args(args);
            let dry = make().arg("--dry-run").run().json();
            let (out, seen) = to.monitor(|| make().run());
            let report = out.json();
            assert_eq!(counts(&dry), counts(&report), "{args:?}: {}", out.transcript());
            assert!(seen.iter().all(|it| it.args.len() < 300), "{args:?}: a command of very many names");
            let scripts = seen.iter().filter(|it| it.name() == "EVAL");
            assert!(scripts.count() <= 2, "{args:?}");
            (out.code, counts(&report).map(|it| it.as_u64().unwrap()))
        };
        assert_eq!(run(&[]), (0, [1, 0, 0, 0]));
        assert_same(&from.dump(), &to.dump());
        assert_eq!(run(&[]), (0, [0, 1, 0, 0]));
        let mut redis = to.connect();
        let mut set = |args: &[&str]| redis::cmd(args[0]).arg(&args[1..]).exec(&mut redis).unwrap();
        // What is missing comes back.
        set(&["SREM", "CM:i:invalid", "CM:a>b>4998"]);
        assert_eq!(run(&[]), (0, [1, 0, 0, 0]));
        assert_same(&from.dump(), &to.dump());
        // A live value of another content keeps even the indexes it has.
        set(&["HSET", "CM:a", "b", "newer"]);
        set(&["DEL", "CM:delete", "CM:t"]);
        let before = to.dump();
        assert_eq!(run(&[]), (3, [0, 0, 1, 0]));
        assert_same(&before, &to.dump());
        set(&["SET", "CM:t", "no set"]);
        let before = to.dump();
        assert_eq!(run(&["--replace"]), (3, [0, 0, 0, 1]));
        assert_same(&before, &to.dump());
        set(&["DEL", "CM:t"]);
        assert_eq!(run(&["--replace"]), (0, [1, 0, 0, 0]));
        assert_same(&from.dump(), &to.dump());
        // What has expired is in nobody's way.
        set(&["HSET", "CM:a", "b", "older"]);
        set(&["ZADD", "CM:Meta:Expire-Buckets::CM:a", "5", "CM:a>b"]);
        assert_eq!(run(&[]), (0, [1, 0, 0, 0]));
        assert_same(&from.dump(), &to.dump());
    }
}

#[test]
fn a_value_of_many_names_is_there_only_with_all_its_marks_and_indexes() {
    let from = one_of_many_names(130, true);
    let text = dump(&from, "classic");
    for layout in ["classic", "both"] {
        let to = Server::start();
        let make = || {
            let args = ["keys", "restore", "d", "--yes", "--pace", "fast", "--to-layout", layout];
            Cli::new(&to).file("d", &text).args(args)
        };
        let (out, seen) = to.monitor(|| make().run());
        out.ok();
        let whole = to.dump();
        let steps = writes(&seen).len();
        assert!(steps > 6, "{steps} steps");
        for step in 0..steps {
            redis::cmd("FLUSHALL").exec(&mut to.connect()).unwrap();
            let (_gate, running) = held(&to, make(), step, &["SADD", "EVAL"]);
            if names(&to, "CM:a").contains("b") {
                assert_same(&whole, &to.dump());
            }
            running.signal("KILL");
            running.wait();
            make().run().ok();
            // A record of marks that is missing leaves them marks.
            let differs = diff(&whole, &to.dump());
            let differs: Vec<_> = differs.lines().filter(|it| !it.contains("CM:meta:both")).collect();
            assert_eq!(differs, Vec::<&str>::new(), "{layout}, step {step}");
        }
    }
}

#[test]
fn what_happens_behind_the_back_of_a_value_of_many_names_is_no_lost_invalidation() {
    for marked in [false, true] {
        let (from, to) = (one_of_many_names(200, marked), Server::start());
        let text = dump(&from, "classic");
        let at_the_value = || {
            let args = ["keys", "restore", "d", "--yes", "--layout", "classic", "--format", "json"];
            held(&to, Cli::new(&to).file("d", &text).args(args), 0, &["EVAL"])
        };
        // A reader takes a mark, `gc` an index that has no value.
        let (gate, running) = at_the_value();
        Seed::classic(&to)
            .run("SREM", &["CM:delete", "CM:a>b>7"])
            .run("SREM", &["CM:t", "CM:a>b>8"])
            .run("SREM", &["CM:i:invalid", "CM:a>b>8"]);
        gate.open();
        let out = running.wait();
        assert_eq!(counts(&out.ok().json()), [1, 0, 0, 0].map(|it| json!(it)).each_ref());
        let lost = diff(&from.dump(), &to.dump());
        assert!(lost.lines().all(|it| it.starts_with("+ ") && it.contains("CM:delete")), "{lost}");
        assert!(names(&to, "CM:delete").contains("CM:a>b>8"));
        // Somebody stores another value.
        redis::cmd("FLUSHALL").exec(&mut to.connect()).unwrap();
        let (gate, running) = at_the_value();
        Seed::classic(&to).value("a>b", b"newer").run("SREM", &["CM:delete", "CM:a>b>7"]);
        gate.open();
        let out = running.wait();
        assert_eq!(counts(&out.code(3).json()), [0, 0, 1, 0].map(|it| json!(it)).each_ref());
        let held: Vec<u8> = redis::cmd("HGET").arg("CM:a").arg("b").query(&mut to.connect()).unwrap();
        assert_eq!(held, b"newer");
    }
}

#[test]
fn a_dead_value_that_is_recomputed_alike_meanwhile_is_a_live_one() {
    let text = dump(&one_of_many_names(200, false), "classic");
    // Before it is taken away, and before the value is put back.
    for eval in 0..2 {
        let to = Server::start();
        Seed::classic(&to).value("a>b", b"I5\n.").expires("a>b", -10);
        let args = ["keys", "restore", "d", "--yes", "--layout", "classic", "--format", "json"];
        let (gate, running) = held(&to, Cli::new(&to).file("d", &text).args(args), eval, &["EVAL"]);
        Seed::classic(&to).value("a>b", b"I5\n.").expires("a>b", 60);
        gate.open();
        let out = running.wait();
        assert_eq!(counts(&out.code(3).json()), [0, 0, 1, 0].map(|it| json!(it)).each_ref());
        let left: Vec<u8> = redis::cmd("HGET").arg("CM:a").arg("b").query(&mut to.connect()).unwrap();
        assert_eq!(left, b"I5\n.", "{eval}");
    }
}

#[test]
fn a_signal_does_not_wait_for_all_steps_of_a_value() {
    let (from, to) = (one_of_many_names(2000, false), Server::start());
    let text = dump(&from, "classic");
    let make =
        || Cli::new(&to).file("d", &text).args(["keys", "restore", "d", "--yes", "--layout", "classic"]);
    let (gate, running) = held(&to, make(), 1, &["SADD"]);
    running.signal("TERM");
    gate.open();
    running.wait().code(130).says("--from-line 1 ");
    assert!(names(&to, "CM:t").len() < 2000 && names(&to, "CM:a").is_empty());
    make().args(["--from-line", "1", "--pace", "fast"]).run().ok();
    assert_same(&from.dump(), &to.dump());
}

#[test]
fn a_damaged_dump_changes_nothing() {
    let (from, to) = (many(3000), Server::start());
    let home = Cli::shell(&from, "for n in gz zst; do cacheme keys dump --raw --indexes -o d.$n; done");
    home.run().ok();
    for name in ["d.gz", "d.zst"] {
        let whole = std::fs::read(home.home().join(name)).unwrap();
        let mut flipped = whole.clone();
        let at = flipped.len() / 2;
        flipped[at] ^= 0x10;
        let mut trailer = whole.clone();
        // The checksum: in gzip's trailer, at the end of zstd's frame.
        let at = trailer.len() - if name == "d.gz" { 8 } else { 1 };
        trailer[at] ^= 1;
        for (what, bytes) in [
            ("a cut", whole[..whole.len() / 2].to_vec()),
            ("its end missing", whole[..whole.len() - 3].to_vec()),
            ("a bit turned", flipped),
            ("a wrong checksum", trailer),
        ] {
            let restore = Cli::new(&to).file(name, bytes).args(["keys", "restore", name, "--yes"]).run();
            restore.code(1).says(&format!("cannot read the keys in {name}: "));
            assert_eq!(to.dbsize(), 0, "{name}, {what}");
        }
        Cli::new(&to).file(name, &whole).args(["keys", "restore", name, "--yes"]).run().ok();
        assert_same(&from.dump(), &to.dump());
        redis::cmd("FLUSHALL").exec(&mut to.connect()).unwrap();
        // From a pipe what came before the fault is sound, and is there; the fault is told.
        let cut = whole[..whole.len() - 3].to_vec();
        let out = restore(&to, &cut).run();
        let report = out.code(3).says("cannot read the keys in standard input: ").json();
        assert_eq!(report["complete"], json!(false));
        assert_eq!(report["restored"].as_u64().unwrap() + 1, to.dbsize(), "{report}");
        restore(&to, &whole).run().ok();
        assert_same(&from.dump(), &to.dump());
        redis::cmd("FLUSHALL").exec(&mut to.connect()).unwrap();
    }
    // A file that can be read once only.
    Cli::shell(
        &from,
        &format!("cacheme --url {} keys restore <(cacheme keys dump --raw --indexes) --yes", to.url()),
    )
    .run()
    .ok();
    assert_same(&from.dump(), &to.dump());
}

#[test]
fn the_least_rights_it_needs() {
    let from = Server::start();
    fill(Lib::V009, &from, "CM:");
    let text = dump(&from, "classic");
    let look = "+scan +hget +zscore +sismember +ping";
    let to = Server::builder()
        .config(&format!("user look on >pw ~CM:* -@all {look}"))
        .config(&format!("user put on >pw ~CM:* -@all {look} +eval +type +sadd +zrem +zadd +hset"))
        .start();
    let run = |user: &str, more: &[&str]| {
        let args = ["keys", "restore", "--yes", "--layout", "classic"];
        let url = format!("{}?user={user}&pass=pw", to.url());
        Cli::bare().env("CACHEME_URL", url).stdin(&text[..]).args(args).args(more).run()
    };
    run("look", &["--dry-run"]).ok();
    run("look", &[]).code(1).says("refused EVAL").says("NOPERM");
    assert_eq!(to.dbsize(), 0);
    run("put", &[]).ok();
    assert_same(&from.dump(), &to.dump());
    run("put", &["--replace"]).ok();
}

#[test]
fn a_row_that_would_make_a_set_of_its_own_hash_is_refused() {
    let from = Server::start();
    Seed::classic(&from).live(["a", "b>x", "c:invalid", "d"]).tag("t", ["a", "b>x", "c:invalid", "d"]);
    let rows: Vec<Value> =
        String::from_utf8(dump(&from, "classic")).unwrap().lines().map(|it| it.parse().unwrap()).collect();
    let bent: String = rows
        .into_iter()
        .map(|mut row| {
            match row["key"].as_str().unwrap() {
                "a" => row["tags"] = json!(["t", "a"]),
                "b>x" => row["tags"] = json!(["b"]),
                "c:invalid" => row["invalid_keys"] = json!(["c"]),
                _ => {}
            }
            format!("{row}\n")
        })
        .collect();
    let to = Server::start();
    for args in [&["--dry-run"][..], &[]] {
        let out = restore(&to, bent.as_bytes()).args(["--layout", "classic"]).args(args).run();
        out.code(3).says("'a' was not restored: 'CM:a' would be both a set of keys and the key of its value");
        out.says("'b>x' was not restored: 'CM:b'").says("'c:invalid' was not restored: 'CM:c:invalid'");
        assert_eq!((&out.json()["restored"], &out.json()["refused"]), (&json!(1), &json!(3)));
    }
    assert_eq!(names(&to, "CM:t"), set(&["CM:d"]));
    assert_eq!(to.dbsize(), 2, "nothing of what was refused");
}

#[test]
fn times_that_no_calendar_has_come_back_as_far_as_one_reaches() {
    let (from, to) = (Server::start(), Server::start());
    let scores =
        [("far", "1e18"), ("past", "-1e18"), ("last", "253402207200"), ("never", "inf"), ("ever", "-inf")];
    let mut seed = Seed::classic(&from);
    for (key, score) in scores {
        seed.live([key])
            .run("ZADD", &[&format!("CM:Meta:Expire-Buckets::CM:{key}"), score, &format!("CM:{key}")]);
    }
    let text = dump(&from, "classic");
    let report = restore(&to, &text).args(["--layout", "classic"]).run().ok().json();
    assert_eq!((&report["restored"], &report["refused"]), (&json!(5), &json!(0)), "{report}");
    let states = |server: &Server| {
        let mut rows = cli(server, ["keys", "list", "--fields", "key,state"])
            .run()
            .ok()
            .text()
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        rows.sort();
        rows
    };
    assert_eq!(states(&from), states(&to));
    let one = String::from_utf8(text).unwrap().lines().next().unwrap().to_owned();
    for (field, time) in [
        ("expires_at", json!("+12345-01-01T00:00:00Z")),
        ("expires_at", json!("tomorrow")),
        ("expires_at", json!(1e300)),
        ("ttl_seconds", json!(5)),
        ("ttl_seconds", json!("x")),
    ] {
        let mut row: Value = one.parse().unwrap();
        (row["expires_at"], row["ttl_seconds"]) = (Value::Null, Value::Null);
        row[field] = time;
        restore(&to, row.to_string().as_bytes())
            .run()
            .code(2)
            .says("line 1 is not a dumped key")
            .says("expires_at");
    }
}

#[test]
fn what_a_small_file_claims_to_hold_takes_no_memory() {
    let server = Server::start();
    for (pack, says) in [
        // A line without an end, and one with more names than a key has.
        (
            "head -c 200000000 /dev/zero | zstd -q >bomb",
            "line 1 is not a dumped key: it is longer than 128 MiB",
        ),
        (
            "head -c 200000000 /dev/zero | tr '\\0' a | gzip -1 >bomb",
            "line 1 is not a dumped key: it is longer than 128 MiB",
        ),
        (
            "{ printf '{\"key\":\"a\",\"tags\":['; yes 1, | head -n 8000000 | tr -d '\\n'; echo '1]}'; } | zstd -q >bomb",
            "it has more names than a line may hold",
        ),
    ] {
        let script =
            format!("{pack}; stat -c %s bomb >&2; ulimit -v 500000; exec cacheme keys restore --yes bomb");
        let out = Cli::shell(&server, &script).run();
        assert!(out.code == 1 || out.code == 2, "{}", out.transcript());
        out.says(says);
    }
    assert_eq!(server.dbsize(), 0);
}

#[test]
fn a_dump_says_which_rows_go_back_nowhere_and_the_others_go_back() {
    let (from, to) = (Server::start(), Server::start());
    Seed::classic(&from).live(["a", "z"]);
    let script = "redis.call('HSET', 'CM:large', 'base', string.rep('x', 65 * 1048576))
                  redis.call('HSET', 'CM:names', 'b', 'x')
                  redis.call('SADD', 'CM:t', 'CM:names>b>' .. string.rep(',', 1100000))";
    redis::cmd("EVAL").arg(script).arg(0).exec(&mut from.connect()).unwrap();
    let out = cli(&from, ["keys", "dump", "--raw", "--indexes", "--layout", "classic"]).run();
    out.code(3).says("will refuse the row of 'large': its value is larger than 64 MiB");
    out.says("will refuse the row of 'names>b': it has more names than a line may hold");
    // The longest first, so that others come behind it.
    let long = [vec![b'x'; 130 << 20], b"\n".to_vec()].concat();
    let mut lines: Vec<_> = out.stdout.split_inclusive(|byte| *byte == b'\n').chain([&long[..]]).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
    let restored = restore(&to, &lines.concat()).args(["--layout", "classic"]).run();
    restored.code(3).says("line 1 is not a dumped key: it is longer than 128 MiB");
    restored.says("line 2 is not a dumped key: its value is larger than 64 MiB");
    restored.says("line 3 is not a dumped key: it has more names than a line may hold");
    assert_eq!(counts(&restored.json()), [2, 0, 0, 3].map(|it| json!(it)).each_ref());
    assert_eq!(to.dbsize(), 2);
}

#[test]
fn a_dump_may_have_been_through_other_hands() {
    let from = Server::start();
    fill(Lib::V009, &from, "CM:");
    let text = String::from_utf8(dump(&from, "classic")).unwrap();
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes();
    for script in ["cat", "zstd -q", "gzip", "{ printf '\\x50\\x2a\\x4d\\x18\\x03\\0\\0\\0abc'; zstd -q; }"] {
        let to = Server::start();
        let script = format!("{script} | cacheme keys restore --yes --layout classic");
        Cli::shell(&to, &script).stdin(&*windows).run().ok();
        assert_same(&from.dump(), &to.dump());
    }
}

#[test]
fn a_record_of_marks_that_is_missing_is_no_change() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["a>b"]).marked(["a>b"]).run("SADD", &["CM:meta:deleted", "CM:a>b"]);
    let dump = Cli::new(&server).args(["keys", "dump", "--raw", "--indexes"]).run().ok().stdout.clone();
    for more in [&["--dry-run"][..], &[]] {
        let report = restore(&server, &dump).args(["--to-layout", "both"]).args(more).run().ok().json();
        assert_eq!((&report["restored"], &report["unchanged"]), (&json!(0), &json!(1)), "{more:?}");
    }
}
