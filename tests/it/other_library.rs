//! cacheme 0.2 and later is another library: its strings are recognised and named, nobody else's are, and none is changed.

use serde_json::json;

use crate::doctor_findings::{AT_ONCE, doctor, finding, ids, with_limit};
use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
use crate::support::content::assert_same;
use crate::support::output::Output;
use crate::support::python::{Lib, OTHER_LIBRARY, fill, fill_other_library, interpreter};
use crate::support::server::Server;
use crate::support::terminal::Terminal;

const SERIALIZERS: [&str; 6] = [
    "PickleSerializer",
    "JSONSerializer",
    "MsgPackSerializer",
    "CompressedPickleSerializer",
    "CompressedJSONSerializer",
    "CompressedMsgPackSerializer",
];
const SAID: &str = "are of cacheme 0.2 or later, another library";

fn server() -> Server {
    with_limit(Server::builder().tcp(), "noeviction")
}

fn run(server: &Server, args: &str) -> Output {
    Cli::new(server).args(args.split(' ')).run()
}

#[test]
fn each_release_is_recognised_by_each_serializer() {
    for version in OTHER_LIBRARY {
        for serializer in SERIALIZERS {
            let server = server();
            let keys =
                fill_other_library(version, &server.tcp_url(), &["--serializer", serializer, "--times", "3"]);
            let before = server.dump();
            let listed = run(&server, "tags list");
            listed.ok().says(&format!("under the prefix 'CM:'; strings under 'cacheme:' {SAID}"));
            let report = doctor(&server, &AT_ONCE).ok().json();
            assert_eq!(
                finding(&report, "other-library")["count"],
                keys,
                "{version} {serializer}: {report:#}"
            );
            assert_same(&before, &server.dump());
        }
    }
}

#[test]
fn doctor_names_the_prefix_and_what_to_do() {
    for (prefix, shown) in [("shop", "'shop:'"), ("it's*", r"'it's*:'"), ("my:app", "'my:'"), ("", "':'")] {
        let server = server();
        fill(Lib::V009, &server, "CM:");
        let keys = fill_other_library("0.3.0", &server.tcp_url(), &["--prefix", prefix]);
        let report = doctor(&server, &AT_ONCE).json();
        let found = finding(&report, "other-library");
        assert_eq!((&found["severity"], &found["count"]), (&json!("info"), &json!(keys)), "{found:#}");
        assert_eq!(found["title"], format!("strings under {shown} {SAID}"));
        let fix = found["fix"].as_str().unwrap();
        assert!(!ids(&report).contains("foreign-keys"), "{report:#}");
        // The command finds them all.
        let command = fix.split('`').nth(1).unwrap();
        let listed = Cli::shell(&server, command).run();
        assert_eq!(listed.ok().lines().len() as u64, keys, "{}", listed.transcript());
        let table = run(&server, "doctor --no-monitor --apart 0s --format table --quick");
        assert!(table.text().contains(&format!("info: strings under {shown} {SAID} [other-library]")));
    }
}

#[test]
fn a_prefix_that_holds_only_such_strings_is_told_as_that() {
    let server = server();
    let keys = fill_other_library("0.2.3", &server.tcp_url(), &[]);
    for prefix in ["cacheme:", "cacheme"] {
        for list in ["keys list", "keys dump", "tags list", "keys list --pattern *"] {
            let listed = run(&server, &format!("{list} --quiet --prefix {prefix}"));
            listed.ok().says(&format!("strings under 'cacheme:' {SAID}")).never_says("nothing is stored");
        }
        let report = doctor(&server, &["--no-monitor", "--apart", "0s", "--prefix", prefix]).ok().json();
        assert_eq!(ids(&report).into_iter().collect::<Vec<_>>(), ["other-library"], "{report:#}");
        assert_eq!(finding(&report, "other-library")["count"], keys);
    }
    // What is somebody else's stays foreign.
    for command in [["SET", "cacheme:mine:1", "x"], ["LPUSH", "cacheme:list", "x"]] {
        let mut connection = server.connect();
        redis::cmd(command[0]).arg(&command[1..]).exec(&mut connection).unwrap();
        let report = doctor(&server, &["--no-monitor", "--apart", "0s", "--prefix", "cacheme:"]).ok().json();
        assert_eq!(finding(&report, "other-library")["count"], keys);
        assert_eq!(finding(&report, "foreign-keys")["count"], keys + 1);
        redis::cmd("DEL").arg(command[1]).exec(&mut connection).unwrap();
    }
}

#[test]
fn a_namespace_of_this_tool_is_named_first() {
    let server = server();
    fill(Lib::V011, &server, "CM:");
    fill_other_library("0.3.0", &server.tcp_url(), &[]);
    let listed = run(&server, "tags list --prefix shop:");
    listed.ok().says("this database has the prefix 'CM:'\n");
    listed.says(&format!("hint: strings under 'cacheme:' {SAID}"));
    run(&server, "tags list").ok().never_says(SAID);
    run(&server, "keys list --state computing --prefix CM:").ok().never_says(SAID);
}

/// What other applications store: names and values that are like those of the other library, and are not.
const OTHERS: &str = r#"
import base64, datetime, json, msgpack, pickle, redis, sys, zlib
r = redis.Redis.from_url(sys.argv[1])
now = datetime.datetime.now(datetime.timezone.utc)
stamp = {"__class__": "datetime.datetime", "data": now.isoformat()}
ours = {"value": 1, "updated_at": now}
said = {"value": 1, "updated_at": stamp}
values = [
    b"1", b"", b"gA", b"gASV", b"x^", b"\x82\xa5value", b'{"value": ', b'{"value": 1}', b"x" * 100000,
    pickle.dumps(ours), base64.b64encode(pickle.dumps(ours)), base64.b85encode(pickle.dumps(ours)) + b"\n",
    base64.encodebytes(pickle.dumps({"value": 1})), base64.encodebytes(pickle.dumps([1, now])),
    base64.encodebytes(pickle.dumps({"value": 1, "expires_at": now})),
    base64.encodebytes(pickle.dumps({"value": 1, "updated_at": now.replace(tzinfo=None)})),
    base64.encodebytes(pickle.dumps({"value": 1, "updated_at": now, "ttl": 5})),
    base64.encodebytes(pickle.dumps({"updated_at": now, "value": 1})),
    base64.encodebytes(pickle.dumps(ours))[:-4] + b"\n",
    json.dumps({"value": 1, "updated_at": now.isoformat()}).encode(),
    json.dumps({"value": 1, "updated_at": now.timestamp()}).encode(),
    json.dumps({"value": 1, "expires_at": stamp}).encode(),
    json.dumps({"data": 1, "updated_at": stamp}).encode(),
    json.dumps({**said, "ttl": 5}).encode(),
    json.dumps({"value": 1, "updated_at": {"__class__": "datetime.datetime", "data": "2026-11-29 10:00"}}).encode(),
    json.dumps({"status": "SUCCESS", "result": said, "date_done": now.isoformat()}).encode(),
    msgpack.dumps({"value": 1, "updated_at": now.isoformat()}), msgpack.dumps({"value": 1, "x": stamp}),
    msgpack.dumps({**said, "ttl": 5}), zlib.compress(b"text", 3), zlib.compress(b"x" * 100000000, 3),
    zlib.compress(json.dumps({"value": 1, "at": now.isoformat()}).encode(), 3),
    zlib.compress(pickle.dumps(ours), 3), zlib.compress(zlib.compress(json.dumps(said).encode(), 3), 3),
]
for n, value in enumerate(values):
    for name in (f"cacheme:user:{n}:v1", f":1:views.decorators.cache.{n}", f"bull:mail:{n}:lock", f"session:{n}"):
        r.set(name, value)
# The right value under a name that the other library never writes.
for name in ("cacheme", "cacheme:", "cacheme:v1", "session-1"):
    r.set(name, json.dumps(said))
for name, kind in (("cacheme:hash:v1", r.hset), ("cacheme:list:v1", r.lpush), ("cacheme:set:v1", r.sadd)):
    kind(name, *(["value", json.dumps(said)] if kind == r.hset else [json.dumps(said)]))
"#;

#[test]
fn strings_of_other_applications_are_not_taken_for_it() {
    let server = server();
    Cli::of(interpreter("0.3.0")).args(["-c", OTHERS, &server.tcp_url()]).run().ok();
    run(&server, "tags list").ok().never_says(SAID);
    run(&server, "keys list --state computing --prefix cacheme:").ok().never_says(SAID);
    assert!(!ids(&doctor(&server, &AT_ONCE).json()).contains("other-library"));
    let report = doctor(&server, &["--no-monitor", "--apart", "0s", "--prefix", "cacheme:"]).json();
    assert!(!ids(&report).contains("other-library"), "{report:#}");
    // Among them one that is its.
    fill_other_library("0.3.0", &server.tcp_url(), &["--serializer", "JSONSerializer"]);
    run(&server, "tags list --prefix none:").ok().says(&format!("strings under 'cacheme:' {SAID}"));
    assert_eq!(finding(&doctor(&server, &AT_ONCE).json(), "other-library")["count"], 5);
}

#[test]
fn of_large_values_and_of_many_only_a_part_is_read() {
    let server = server();
    let mut connection = server.connect();
    let filler = "x".repeat(1 << 20);
    for n in 0..20 {
        let value = format!(
            r#"{{"value": "{filler}", "updated_at": {{"__class__": "datetime.datetime", "data": "2026-11-29T22:25:09+00:00"}}}}"#
        );
        redis::cmd("SET").arg(format!("cacheme:large:{n}:v1")).arg(value).exec(&mut connection).unwrap();
        redis::cmd("SET").arg(format!("text:{n}:1")).arg(&filler).exec(&mut connection).unwrap();
    }
    let (listed, seen) = server.monitor(|| run(&server, "tags list"));
    listed.ok().says(SAID);
    assert!(seen.iter().any(|it| it.name() == "GETRANGE"));
    assert!(!seen.iter().any(|it| ["GET", "MGET", "DUMP"].contains(&it.name().as_str())));
    let asked =
        |name: &str| seen.iter().filter(|it| it.rest().iter().any(|word| word.starts_with(name))).count();
    assert_eq!(
        (asked("text:"), asked("cacheme:large")),
        (20, 40),
        "the beginning of each, the end of its own"
    );

    let times = ["--times", "60", "--prefix", "many"];
    assert!(fill_other_library("0.3.0", &server.tcp_url(), &times) > 1000);
    let report = doctor(&server, &["--no-monitor", "--quick", "--apart", "0s"]).json();
    let count = finding(&report, "other-library")["count"].as_u64().unwrap();
    assert!(count > 50 && count <= 100, "{report:#}");
    // Of those that are somebody else's the sample and no more.
    redis::cmd("FLUSHALL").exec(&mut connection).unwrap();
    let seed = "for i = 1, 5000 do redis.call('SET', 'text:' .. i .. ':1', 'x') end";
    redis::cmd("EVAL").arg(seed).arg(0).exec(&mut connection).unwrap();
    let (_, seen) =
        server.monitor(|| doctor(&server, &["--no-monitor", "--quick", "--apart", "0s"]).ok().code);
    // Fewer where the time for it is over before.
    let read = seen.iter().filter(|it| it.name() == "GETRANGE").count();
    assert!((1..=1000).contains(&read), "{read}");
}

#[test]
fn who_may_not_read_them_is_refused_once_and_misses_nothing() {
    let server = server();
    fill_other_library("0.3.0", &server.tcp_url(), &["--times", "5"]);
    let mut connection = server.connect();
    for rule in [["~*", "+@all", "-getrange"], ["~CM:*", "+@all", "+ping"]] {
        redis::cmd("ACL")
            .arg("SETUSER")
            .arg("ops")
            .arg(&["reset", "on", ">pw"])
            .arg(&rule)
            .exec(&mut connection)
            .unwrap();
        let cli = |args: &str| {
            let cli = Cli::bare().env("CACHEME_URL", format!("{}?user=ops", server.url()));
            cli.env("REDISCLI_AUTH", "pw").args(args.split(' ')).run()
        };
        for args in ["tags list", "keys list", "doctor --no-monitor --apart 0s"] {
            redis::cmd("CONFIG").arg("RESETSTAT").exec(&mut connection).unwrap();
            cli(args).ok().never_says(SAID).never_says("GETRANGE").never_says("refuse");
            let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut connection).unwrap();
            let line = stats.lines().find(|line| line.starts_with("cmdstat_getrange")).unwrap();
            assert!(line.contains("calls=0,") && line.contains("rejected_calls=1,"), "{args}: {line}");
            cli(&format!("{args} --verbose")).ok().says("keys of cacheme 0.2 or later");
        }
    }
}

#[test]
fn init_says_whose_they_are_and_offers_no_prefix_of_theirs() {
    let server = server();
    fill_other_library("0.2.0", &server.tcp_url(), &[]);
    let terminal = Terminal::sized(Cli::bare().args(["config", "init"]), 300, 30);
    terminal.wait_for("Name of the profile");
    terminal.line("prod");
    terminal.wait_for("URL of the server");
    terminal.line(&server.url());
    let screen = terminal.wait_for("Prefix of the namespace");
    assert!(screen.contains(&format!("strings under 'cacheme:' {SAID}")), "{screen}");
    assert!(screen.contains("Prefix of the namespace [CM:]"), "{screen}");
}

#[test]
fn a_cluster_is_looked_through_on_each_primary() {
    let cluster = Cluster::start();
    let keys = fill_other_library("0.3.0", &cluster.url(), &["--cluster"]);
    let run = |args: &[&str]| crate::deploy_cluster::cli(&cluster, args).run();
    run(&["tags", "list"]).ok().says(SAID).says("--scan --pattern 'cacheme:*'` on each primary lists them");
    let report = run(&["doctor", "--no-monitor", "--apart", "0s"]).json();
    assert_eq!(finding(&report, "other-library")["count"], keys);
}
