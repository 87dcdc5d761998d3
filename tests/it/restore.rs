//! A dump goes back byte for byte, into whatever server, prefix or layout is meant, over nothing that is alive.

use crate::support::cli::Cli;
use crate::support::content::{assert_same, diff};
use crate::support::python::{Lib, fill, python};
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
    let lines = [
        one,
        "",
        "nonsense",
        &cut.to_string(),
        &moved.to_string(),
        "{\"key\":\"x\"}",
        "[1]",
        &bookkeeping.to_string(),
    ];
    let to = Server::start();
    let out = restore(&to, lines.join("\n").as_bytes()).args(["--layout", "classic"]).run();
    out.code(3).says("line 3 is not a dumped key: it is not a JSON object");
    out.says("line 4 is not a dumped key: its value is not as long as size_bytes says");
    out.says("line 5 is not a dumped key: its field is not that of its key");
    out.says("line 6 is not a dumped key: it has no value_base64").says("line 7");
    out.says("'CM:delete' is a set of bookkeeping");
    let report = out.json();
    assert_eq!((&report["restored"], &report["refused"]), (&json!(1), &json!(6)), "{report}");
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
    done.says("'Book:101>owner' was not restored: a Redis key it needs holds something else");
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
fn it_asks_as_other_writes_do() {
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    let to = Server::start();
    let make =
        || Cli::new(&to).file("d.ndjson", dump(&server, "classic")).args(["keys", "restore", "d.ndjson"]);
    make().run().code(2).says("nobody is there to be asked");
    make().args(["--yes", "--read-only"]).run().code(2).says("read-only");
    let would = make().args(["--dry-run", "--exit-code"]).run();
    would.code(5);
    assert_eq!(to.dbsize(), 0);
    let terminal = Terminal::run(make());
    terminal.wait_for("[y/N]");
    assert!(terminal.screen().contains("This would restore"), "{}", terminal.screen());
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
    for n in 0..30_000 {
        pipe.cmd("HSET").arg(format!("CM:k:{n}")).arg("base").arg(b"\x80\x04N.").ignore();
    }
    pipe.exec(&mut redis).unwrap();
    let make = || Cli::new(&to).file("d", dump(&from, "classic")).args(["keys", "restore", "d", "--yes"]);
    let first = make().args(["--pace", "5%"]);
    let running = first.spawn();
    crate::support::wait_until("it is under way", std::time::Duration::from_secs(30), || to.dbsize() > 500);
    running.signal("INT");
    let out = running.wait();
    out.code(130).says("--from-line ");
    let next: u64 =
        out.stderr.split("--from-line ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(to.dbsize(), next - 1);
    let rest = make().args(["--pace", "fast", "--from-line", &next.to_string(), "--format", "json"]).run();
    assert_eq!(rest.ok().json()["restored"], json!(30_001 - next));
    assert_same(&from.dump(), &to.dump());
}
