//! `doctor`: each finding where it is, and not where it is not.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::gc_removes::{all, does};
use crate::support::builder::Builder;
use crate::support::certs::{Authority, write};
use crate::support::cli::Cli;
use crate::support::content;
use crate::support::monitor::transcript;
use crate::support::output::Output;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use crate::support::worker::Worker;

pub(crate) fn doctor(server: &Server, args: &[&str]) -> Output {
    let cli = Cli::new(server).args(["doctor", "--format", "json", "--no-progress"]).args(args);
    cli.timeout(Duration::from_secs(120)).run()
}

/// A look that does not wait for traffic.
pub(crate) const AT_ONCE: [&str; 3] = ["--no-monitor", "--apart", "0s"];

pub(crate) fn ids(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn finding(report: &Value, id: &str) -> Value {
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["id"] == id);
    found.unwrap_or_else(|| panic!("no {id} in {report:#}")).clone()
}

/// The namespace of an application that does everything right.
fn healthy(lib: Lib) -> Server {
    let server = with_limit(Server::builder(), "noeviction");
    let mut worker = Worker::spawn(lib, &server);
    for id in 0..30 {
        worker.value("get_owner", json!([id]));
        worker.value("later_field", json!([id]));
        worker.value("given", json!([id, {"a": [1, 2]}]));
    }
    server
}

pub(crate) fn with_limit(builder: Builder, policy: &str) -> Server {
    builder.config("maxmemory 1gb").config(&format!("maxmemory-policy {policy}")).start()
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    for lib in Lib::ALL {
        let server = healthy(lib);
        let before = server.dump();
        let (output, seen) = server.monitor(|| doctor(&server, &["--apart", "0s", "--monitor", "300ms"]));
        let report = output.ok().json();
        assert_eq!(
            ids(&report),
            BTreeSet::from(["clock-not-measured".to_owned()]),
            "nobody reads: {report:#}"
        );
        assert_eq!(report["complete"], true, "{lib:?}");
        content::assert_same(&before, &server.dump());
        let writes =
            ["SADD", "SREM", "HSET", "HDEL", "DEL", "UNLINK", "ZADD", "ZREM", "EVAL", "EVALSHA", "SET"];
        let written: Vec<_> =
            seen.iter().filter(|it| writes.contains(&it.name().as_str())).cloned().collect();
        assert!(written.is_empty(), "{}", transcript(&written));
        assert_eq!(doctor(&server, &["--quick", "--no-monitor"]).ok().json()["findings"], json!([]));
        Cli::new(&server).args(["doctor", "--quick", "--format", "table", "--no-monitor"]).run().ok();
    }
}

/// Commands, the finding they bring, its severity and count, and what comes with it.
type Case<'a> = (&'a [String], &'a str, &'a str, u64, &'a [&'a str]);

/// What commands make of a healthy server: the finding they bring, its severity, count, and what else comes with it.
#[test]
fn each_finding_where_it_is() {
    let many: String = (0..10_001).map(|n| format!(" f{n} v")).collect();
    let members: String = (0..100_001).map(|n| format!(" CM:Book:1>o CM:k{n}")).collect();
    let leaked: String = (0..1200).map(|n| format!(" CM:gone{n}")).collect();
    let huge = "x".repeat(1 << 20);
    let past = "ZADD CM:Meta:Expire-Buckets::CM:old 1000000 CM:old>a 1000000 CM:old>b";
    let late: String = (0..12).map(|n| format!(" {} CM:near>{n}", now() - 3000 - n)).collect();
    let cases: &[Case<'_>] = &[
        (&lines(&["SADD CM:tag CM:gone CM:gone>f CM:Book:1>owner"]), "leaked-members", "info", 2, &[]),
        (&[format!("SADD CM:x:invalid{leaked}")], "leaked-members", "warning", 1200, &[]),
        (&lines(&["SADD CM:progress CM:Book:1>owner"]), "stuck-computations", "warning", 1, &[]),
        (&lines(&["SADD CM:delete CM:gone"]), "marks-of-gone-keys", "info", 1, &[]),
        (&lines(&["SADD CM:delete CM:Book:1>owner"]), "marks-nobody-consumes", "info", 1, &[]),
        (&lines(&[past]), "expired-unswept", "warning", 2, &[]),
        (&[format!("ZADD CM:Meta:Expire-Buckets::CM:near{late}")], "expiry-all-past", "info", 42, &[]),
        (
            &lines(&[
                "HSET CM:a b v",
                "SADD CM:tag CM:a>b>c",
                "ZADD CM:Meta:Expire-Buckets::CM:a 99999999999 CM:a>b",
            ]),
            "cut-keys-with-timeout",
            "error",
            1,
            &["undecodable-values"],
        ),
        (
            &lines(&["SADD CM:delete CM:Book:1>owner", "SADD CM:meta:progress CM:Book:2>owner"]),
            "two-generations",
            "error",
            2,
            &["stuck-computations", "marks-nobody-consumes"],
        ),
        (
            &lines(&["SADD CM:delete CM:Book:1>owner", "SADD CM:meta:deleted CM:Book:2>owner"]),
            "both-deleted-sets",
            "warning",
            2,
            &["marks-nobody-consumes", "two-generations"],
        ),
        (&[format!("HSET CM:huge base {huge}")], "large-values", "warning", 1, &[]),
        (&lines(&["HSET CM:odd base nonsense"]), "undecodable-values", "warning", 1, &[]),
        (&lines(&["SADD CM:both CM:Book:1>owner", "SADD CM:tag CM:both>f"]), "wrong-type", "error", 1, &[]),
        (&[format!("HSET CM:wide{many}")], "large-bases", "warning", 1, &["undecodable-values"]),
        (&[format!("SADD CM:wide{members}")], "large-indexes", "warning", 1, &["leaked-members"]),
        (&lines(&["SET CM:text x", "LPUSH CM:list x", "SET other x"]), "foreign-keys", "info", 2, &[]),
        (&lines(&["SET CM:delete x"]), "bookkeeping-wrong-type", "error", 1, &[]),
        (
            &lines(&["RPUSH CM:meta:leases x", "SADD CM:meta:suspects x"]),
            "own-key-wrong-type",
            "warning",
            2,
            &[],
        ),
        (&lines(&["SET CM:meta:lock x"]), "stuck-lock", "warning", 1, &[]),
        (&lines(&["SET CM:Meta:Expire-Buckets::CM:x v"]), "bucket-wrong-type", "error", 1, &[]),
        (&lines(&["RPUSH CM:meta:removed x"]), "interrupted-gc", "info", 1, &[]),
        (&lines(&["SADD CM:X:delete CM:X:Book:1>owner"]), "inner-namespaces", "info", 1, &[]),
        (&lines(&["CONFIG SET maxmemory 0"]), "no-maxmemory", "info", 1, &[]),
        (&lines(&["CONFIG SET maxmemory-policy volatile-lru"]), "volatile-policy", "warning", 1, &[]),
        (&lines(&["CONFIG SET maxmemory-policy allkeys-lru"]), "evictable-marks", "warning", 1, &[]),
        (
            &lines(&[
                "CONFIG SET slowlog-log-slower-than 0",
                "SMEMBERS CM:get_owner",
                "CONFIG SET slowlog-log-slower-than 1000000",
            ]),
            "slow-commands",
            "warning",
            1,
            &[],
        ),
    ];
    let model = healthy(Lib::V009);
    for (commands, id, severity, count, others) in cases {
        let server = copied(&model);
        let all_in_past = *id == "expiry-all-past";
        if all_in_past {
            // Whatever the application wrote expired as well.
            let keys: Vec<String> = redis::cmd("KEYS").arg("CM:Meta:*").query(&mut server.connect()).unwrap();
            for key in keys {
                let member = key.replace("CM:Meta:Expire-Buckets::", "") + ">field";
                does(&mut server.connect(), &format!("ZADD {key} {} {member}", now() - 2000));
            }
        }
        for command in *commands {
            does(&mut server.connect(), command);
        }
        if *id != "slow-commands" {
            // The test's own commands may have been slow on a busy machine.
            does(&mut server.connect(), "SLOWLOG RESET");
        }
        let output = doctor(&server, &AT_ONCE);
        let report = output.json();
        output.code(if *severity == "info" && others.is_empty() { 0 } else { 5 });
        let found = finding(&report, id);
        assert_eq!((&found["severity"], &found["count"]), (&json!(severity), &json!(count)), "{found}");
        let expected: BTreeSet<_> = others.iter().chain([id]).map(|id| (*id).to_owned()).collect();
        assert_eq!(ids(&report), expected, "{id}: {report:#}");
        for text in ["title", "detail", "fix"] {
            assert!(found[text].as_str().unwrap().len() >= 10, "{found}");
        }
    }
}

/// Another server with the same content.
fn copied(model: &Server) -> Server {
    let server = with_limit(Server::builder(), "noeviction");
    let (mut from, mut to) = (model.connect(), server.connect());
    for key in model.dump().into_keys() {
        let bytes: Vec<u8> = redis::cmd("DUMP").arg(&key).query(&mut from).unwrap();
        redis::cmd("RESTORE").arg(&key).arg(0).arg(bytes).query::<()>(&mut to).unwrap();
    }
    server
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Values of `plain:0`, `plain:1` and so on, each as bytes for Python to write.
const ODD: [(&str, bool); 10] = [
    ("pickle.dumps(('\\ud800',), 4)", true),
    ("pickle.dumps(zoneinfo.ZoneInfo('UTC'), 4)", true),
    ("pickle.dumps(functools.reduce(lambda it, _: (it,), range(300), 1), 4)", true),
    ("b'N.B. a note'", true),
    ("pickle.dumps(email.message.Message, 2)[:-1] + b'0I1\\n.'", true),
    ("b'nonsense'", false),
    ("b'hello'", false),
    ("b'{\"json\": 1}'", false),
    ("pickle.dumps([1, 'two'], 4)[:-3]", false),
    ("b'\\x80\\x04'", false),
];

#[test]
fn only_what_python_cannot_read_is_said_to_be_deleted() {
    for lib in Lib::ALL {
        let server = with_limit(Server::builder(), "noeviction");
        let values = ODD.map(|(value, _)| value).join(", ");
        let script = format!(
            "import email.message, functools, pickle, redis, sys, zoneinfo\n\
             for n, value in enumerate([{values}]):\n  \
               redis.Redis.from_url(sys.argv[1]).hset('CM:plain:%s' % n, 'base', value)"
        );
        Cli::of(lib.interpreter()).args(["-c", &script, &server.url()]).run().ok();
        let report = doctor(&server, &AT_ONCE).code(5).json();
        let lost = finding(&report, "undecodable-values").clone();
        assert_eq!(finding(&report, "undecoded-values")["severity"], "info");
        assert!(!finding(&report, "undecoded-values")["fix"].as_str().unwrap().contains("delete"));
        let readable = ODD.iter().filter(|it| it.1).count();
        assert_eq!(lost["count"], ODD.len() - readable, "{report:#}");
        let mut worker = Worker::spawn(lib, &server);
        for (n, (value, is_read)) in ODD.iter().enumerate() {
            let answer = worker.call("plain", json!([n]));
            assert_eq!(answer.get("error").is_none(), *is_read, "{lib:?}: {value}: {answer}");
        }
    }
}

#[test]
fn a_custom_prefix_of_meta_is_told() {
    let server = with_limit(Server::builder(), "noeviction");
    let mut worker = Worker::builder(Lib::V011, &server).prefix("app:").spawn();
    worker.value("get_owner", json!([1]));
    worker.invalidate(json!({"key": "Book:1>owner"}));
    worker.call("fails", json!([1]));
    let report = doctor(&server, &["--prefix", "app:", "--no-monitor", "--apart", "0s"]).code(5).json();
    assert_eq!(finding(&report, "custom-prefix-with-meta")["count"], 2);
    let stuck = finding(&report, "stuck-computations");
    assert_eq!(stuck["fix"], "cacheme --prefix 'app:' gc --wait --stuck-after 5m");
    assert!(!ids(&doctor(&server, &AT_ONCE).json()).contains("custom-prefix-with-meta"));
}

#[test]
fn eviction_is_told() {
    let server = Server::builder().config("maxmemory 3mb").config("maxmemory-policy allkeys-random").start();
    let mut connection = server.connect();
    for n in 0..600 {
        does(&mut connection, &format!("SET other:{n} {}", "x".repeat(5000)));
    }
    let report = doctor(&server, &AT_ONCE).code(5).json();
    assert!(finding(&report, "evicted-keys")["count"].as_u64().unwrap() > 10);
    assert!(ids(&report).contains("near-maxmemory"), "{report:#}");
}

#[test]
fn the_command_of_a_finding_mends_it() {
    let server = with_limit(Server::builder(), "noeviction");
    let mut worker = Worker::spawn(Lib::V009, &server);
    worker.call("fails", json!([1]));
    for id in 0..5 {
        worker.value("get_owner", json!([id]));
    }
    worker.invalidate(json!({"pattern": "CM:Book:*"}));
    worker.invalidate(json!({"key": "Book:1>owner"}));
    all(&mut server.connect(), &["ZADD CM:Meta:Expire-Buckets::CM:old 1000000 CM:old>a"]);
    let report = doctor(&server, &AT_ONCE).code(5).json();
    let expected = ["leaked-members", "stuck-computations", "marks-of-gone-keys", "expired-unswept"];
    assert_eq!(
        ids(&report),
        expected.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>(),
        "{report:#}"
    );
    for id in expected {
        let fix = finding(&report, id)["fix"].as_str().unwrap().to_owned();
        let command =
            fix.split(',').next().unwrap().replace("gc --wait --stuck-after 5m", "gc --stuck-after 0s");
        let command = command.replace("gc --wait", "gc --stuck-after 0s").replace(" gc", " gc --yes");
        Cli::shell(&server, &command).run().ok();
    }
    assert_eq!(doctor(&server, &AT_ONCE).ok().json()["findings"], json!([]));
}

#[test]
fn refusals_and_limits_are_told() {
    let server = Server::builder()
        .config("user default on nopass ~* +@all -monitor -slowlog")
        .config("maxmemory 1gb")
        .start();
    let report = doctor(&server, &["--apart", "0s"]).ok().json();
    assert_eq!(
        ids(&report),
        BTreeSet::from(["server-not-looked-at", "traffic-not-watched"].map(str::to_owned))
    );
    let mut pipe = redis::pipe();
    (0..30_000).for_each(|n| {
        pipe.cmd("SADD").arg("CM:tag").arg(format!("CM:k{n}"));
    });
    pipe.query::<redis::Value>(&mut server.connect()).unwrap();
    let output = doctor(&server, &["--no-monitor", "--time-budget", "50ms", "--pace", "1%"]);
    assert_eq!(output.says("--quick").json()["complete"], false);
    let quick = doctor(&server, &["--quick", "--no-monitor"]).code(5).json();
    assert_eq!(finding(&quick, "leaked-members")["count"], 30_000, "a share of a sample, of all members");
}

pub(crate) fn fix(report: &Value, id: &str) -> String {
    finding(report, id)["fix"].as_str().unwrap().to_owned()
}

/// What stands in backquotes, or the whole.
pub(crate) fn pasted(fix: &str) -> &str {
    fix.split('`').nth(1).unwrap_or(fix)
}

#[test]
fn the_fix_of_two_generations_marks_for_both_whatever_layout_was_named() {
    for flags in [&[][..], &["--layout", "classic"], &["--layout", "meta"]] {
        let server = with_limit(Server::builder(), "noeviction");
        all(
            &mut server.connect(),
            &["SADD CM:delete CM:a", "SADD CM:meta:deleted CM:b", "HSET CM:KEY base v"],
        );
        let report = doctor(&server, &[&AT_ONCE[..], flags].concat()).code(5).json();
        let command = fix(&report, "two-generations");
        Cli::shell(&server, pasted(&command)).run().ok();
        for set in ["CM:delete", "CM:meta:deleted"] {
            let marked: bool =
                redis::cmd("SISMEMBER").arg(set).arg("CM:KEY").query(&mut server.connect()).unwrap();
            assert!(marked, "{set} after {command}");
        }
        assert!(!fix(&report, "both-deleted-sets").contains("name the generation"), "{report:#}");
    }
}

#[test]
fn fixes_by_redis_cli_act_on_the_database_that_was_looked_at() {
    let server = with_limit(Server::builder(), "allkeys-lru");
    let mut connection = server.connect_db(3);
    all(&mut connection, &["SET CM:meta:lock x", "SET CM:meta:leases x", "SET CM:delete x"]);
    all(&mut connection, &["SET CM:Meta:Expire-Buckets::CM:x v"]);
    let look = || doctor(&server, &[&AT_ONCE[..], &["--url", &server.url_of_db(3)]].concat()).json();
    let report = look();
    let ids = [
        "stuck-lock",
        "own-key-wrong-type",
        "bookkeeping-wrong-type",
        "bucket-wrong-type",
        "evictable-marks",
    ];
    for id in ids {
        let fix = fix(&report, id);
        let command = &fix[fix.find("redis-cli").unwrap()..];
        Cli::shell(&server, command).run().ok();
    }
    assert_eq!(look()["findings"], json!([]));
}

/// Over TLS, TCP and a socket, as a user with a password and as one without.
#[test]
fn fixes_by_redis_cli_log_in_as_whoever_was_told_of_them() {
    let authority = Authority::new();
    let users = ["user ops on >hunter2 ~* +@all", "user free on nopass ~* +@all"];
    let users = |builder: Builder| users.iter().fold(builder, |builder, user| builder.config(user));
    let plain = users(Server::builder().tcp().password("other")).start();
    let secure = users(Server::builder().tls(&authority, &["localhost"], true).password("other")).start();
    let folder = tempfile::tempdir().unwrap();
    let identity = authority.issue(&["ops"]);
    let file = |name: &str, text: &str| write(folder.path(), name, text).display().to_string();
    let ca = file("it's the ca.pem", &authority.pem());
    let (certificate, key) = (file("cert.pem", &identity.certificate), file("key.pem", &identity.key));
    let tls = ["--tls-ca", &ca, "--tls-cert", &certificate, "--tls-key", &key];
    for (server, scheme, flags) in
        [(&plain, "redis", &[][..]), (&secure, "rediss", &tls[..]), (&plain, "unix", &[][..])]
    {
        for user in ["ops", "ops:hunter2", "free"] {
            let place = match scheme {
                "unix" => server.socket().display().to_string(),
                _ => format!("localhost:{}/3", server.port()),
            };
            let url = format!("{scheme}://{user}@{place}?db=3");
            redis::cmd("SET").arg("CM:meta:lock").arg("x").exec(&mut server.connect_db(3)).unwrap();
            let in_variable =
                |cli: Cli| if user == "ops" { cli.env("REDISCLI_AUTH", "hunter2") } else { cli };
            let look = Cli::bare().env("CACHEME_CONNECT_TIMEOUT", "30s").args(["doctor", "--format", "json"]);
            let report = in_variable(look.args(AT_ONCE).args(["--url", &url]).args(flags)).run();
            let fix = fix(&report.code(5).json(), "stuck-lock");
            assert!(!fix.contains("hunter2"), "{fix}");
            let pasted = in_variable(Cli::shell(server, &fix));
            if user == "ops:hunter2" {
                let terminal = Terminal::run(pasted);
                terminal.wait_for("input password");
                terminal.line("hunter2");
                assert_eq!(terminal.wait_exit(), 0, "{fix}");
            } else {
                assert_eq!(pasted.run().ok().stderr, "", "{fix}");
            }
            assert!(server.dump_db(3).is_empty(), "the lock is still there after {fix}");
        }
    }
}

#[test]
fn values_that_are_to_go_are_named_by_their_fixes() {
    let server = with_limit(Server::builder(), "noeviction");
    let mut worker = Worker::spawn(Lib::V009, &server);
    worker.value("get_owner", json!([1]));
    worker.invalidate(json!({"key": "Book:1>owner"}));
    let mut connection = server.connect();
    for name in [&b"CM:it's"[..], b"CM:-x", b"CM:\xff\n"] {
        redis::cmd("HSET").arg(name).arg("base").arg("nonsense").exec(&mut connection).unwrap();
    }
    let odd = &b"CM:line\n\xff"[..];
    redis::cmd("HSET").arg(odd).arg("base").arg(b"\x80\x04K\x01.").exec(&mut connection).unwrap();
    redis::cmd("SADD").arg("CM:delete").arg(odd).exec(&mut connection).unwrap();
    let report = doctor(&server, &AT_ONCE).code(5).json();
    assert_eq!(
        ids(&report),
        BTreeSet::from(["undecodable-values", "marks-nobody-consumes"].map(str::to_owned))
    );
    let marks = finding(&report, "marks-nobody-consumes");
    assert_eq!(marks["count"], 2);
    assert_eq!(marks["title"], "2 marks wait for the next read");
    assert!(marks["detail"].as_str().unwrap().contains("usual after an invalidation"), "{marks}");
    for id in ["undecodable-values", "marks-nobody-consumes"] {
        Cli::shell(&server, pasted(&fix(&report, id))).run().ok();
    }
    let left: Vec<Vec<u8>> = redis::cmd("KEYS").arg("CM:*").query(&mut connection).unwrap();
    assert!(!left.iter().any(|key| key.starts_with(b"CM:Book") || key == odd), "{left:?}");
    let after = doctor(&server, &AT_ONCE).json();
    assert!(!ids(&after).contains("undecodable-values"), "{after:#}");
}

#[test]
fn nothing_says_purge_before_the_clocks_are_known() {
    let server = Server::start();
    let mut connection = server.connect();
    let late: String = (0..12).map(|n| format!(" {} CM:near>{n}", now() - 5000 - n)).collect();
    all(&mut connection, &[&format!("ZADD CM:Meta:Expire-Buckets::CM:near{late}")]);
    let cut = format!("ZADD CM:Meta:Expire-Buckets::CM:a {} CM:a>b", now() - 5000);
    all(&mut connection, &["HSET CM:a b>c v", "SADD CM:tag CM:a>b>c", &cut]);
    let report = doctor(&server, &AT_ONCE).code(5).json();
    let order: Vec<_> = report["findings"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    let place = |id: &str| order.iter().position(|it| it == id).unwrap();
    let doubt = place("expiry-all-past");
    assert!(doubt < place("expired-unswept") && doubt < place("cut-keys-with-timeout"), "{order:?}");
    for id in ["expired-unswept", "cut-keys-with-timeout", "no-maxmemory"] {
        let fix = fix(&report, id);
        assert!(fix.contains("expiry-all-past"), "{fix}");
        assert!(!fix.replace("purge --dry-run", "").contains(" purge"), "{fix}");
    }
}

#[test]
fn what_was_looked_at_in_part_is_told() {
    for (values, told) in [(500, false), (501, true)] {
        let server = with_limit(Server::builder(), "noeviction");
        let mut pipe = redis::pipe();
        (0..values).for_each(|n| {
            pipe.cmd("HSET").arg(format!("CM:k{n}")).arg("base").arg(b"\x80\x04K\x01.").ignore();
        });
        pipe.exec(&mut server.connect()).unwrap();
        let output =
            Cli::new(&server).args(["doctor", "--format", "table", "--no-progress"]).args(AT_ONCE).run();
        let said = String::from_utf8_lossy(&output.ok().stdout).contains("Only 500 values were decoded");
        assert_eq!(said, told, "{values}");
    }
}
