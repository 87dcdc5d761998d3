//! `log`: each run that changed something is in it, with who did it; runs that changed nothing are not.

use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use crate::support::wait_until;
use redis::Commands;
use serde_json::{Value, json};
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

fn filled() -> Server {
    let server = Server::start();
    let mut seed = Seed::meta(&server);
    seed.live(["a>1", "a>2", "b", "c"]).tag("t", ["a>1", "a>2"]).tag("dead", ["gone>x"]);
    seed.run("ZADD", &["CM:Meta:Expire-Buckets::CM:c", "5", "CM:c"]);
    server
}

fn cli(server: &Server) -> Cli {
    Cli::new(server).env("CACHEME_LAYOUT", "meta").env("USER", "ann")
}

#[track_caller]
fn log(server: &Server, args: &[&str]) -> Vec<Value> {
    cli(server).args(["log", "--format", "ndjson"]).args(args).run().ok().ndjson()
}

#[test]
fn each_run_that_changed_something_is_in_it_and_no_other() {
    let server = filled();
    let dump = cli(&server).args(["keys", "dump", "--raw", "--indexes"]).run().ok().text().to_owned();
    assert_eq!(log(&server, &[]), [] as [Value; 0], "what reads leaves no entry");
    let mut redis = server.connect();
    let record = |redis: &mut redis::Connection| {
        let _: () = redis.hset("CM:meta:stats", "t:hits", 3).unwrap();
    };
    record(&mut redis);
    // What is run, and what it matched, marked and deleted; nothing where it leaves no entry.
    let runs: [(&[&str], Option<[u64; 3]>); 12] = [
        (&["invalidate", "--tag", "t", "--dry-run"], None),
        (&["invalidate", "--tag", "nothing", "--yes"], None),
        (&["invalidate", "--tag", "t", "--yes"], Some([2, 2, 0])),
        (&["invalidate", "--tag", "t", "--yes"], None),
        (&["invalidate", "--pattern", "b", "--yes"], Some([1, 0, 1])),
        (&["purge", "--dry-run"], None),
        (&["purge"], Some([1, 0, 1])),
        (&["purge"], None),
        (&["gc", "--yes"], Some([1, 0, 1])),
        (&["keys", "restore", "d", "--yes"], Some([2, 0, 0])),
        (&["stats", "--reset", "--yes"], Some([1, 0, 1])),
        (&["stats", "--reset", "--yes"], None),
    ];
    for (args, _) in runs {
        cli(&server).file("d", &dump).args(args).run().ok();
    }
    let host = hostname();
    let rows = log(&server, &[]);
    let expected: Vec<_> = runs.iter().filter_map(|(args, counts)| Some((args, (*counts)?))).collect();
    assert_eq!(rows.len(), expected.len(), "{rows:#?}");
    for (row, (args, [matched, marked, deleted])) in rows.iter().zip(expected) {
        let command: Vec<&str> = std::iter::once("cacheme").chain(args.iter().copied()).collect();
        assert_eq!(row["command"], json!(command));
        let counts = ["matched", "marked", "deleted"].map(|name| row[name].as_u64().unwrap());
        assert_eq!(counts, [matched, marked, deleted], "{command:?}");
        assert_eq!((&row["user"], &row["host"]), (&json!("ann"), &json!(host)));
        assert_eq!((&row["acl_user"], &row["profile"]), (&json!("default"), &Value::Null));
        assert_eq!((&row["complete"], &row["version"]), (&json!(true), &json!(env!("CARGO_PKG_VERSION"))));
        assert!(row["elapsed_ms"].as_u64().unwrap() < 60_000);
        assert!(row["time"].as_str().unwrap().ends_with('Z'), "{row}");
    }
    // The last of them, in order; and a table for people.
    assert_eq!(log(&server, &["--limit", "2"]), rows[rows.len() - 2..]);
    assert_eq!(log(&server, &["--limit", "0"]), [] as [Value; 0]);
    let table = cli(&server).args(["log", "--format", "table", "--fields", "user,command,marked"]).run();
    assert!(table.ok().text().contains(" invalidate --tag t --yes"), "{}", table.transcript());
}

fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    name.trim().to_owned()
}

#[test]
fn it_is_read_by_user_and_by_time() {
    let server = filled();
    let mut redis = server.connect();
    redis::cmd("ACL").arg(&["SETUSER", "ops", "on", ">pw", "~*", "+@all"]).exec(&mut redis).unwrap();
    let mark = |user: &str, key: &str| cli(&server).env("USER", user).args(["invalidate", "--key", key]);
    mark("ann", "a>1").run().ok();
    std::thread::sleep(Duration::from_millis(1100));
    let by_ops = mark("bob", "a>2").env("CACHEME_URL", format!("{}?user=ops", server.url()));
    by_ops.env("REDISCLI_AUTH", "pw").run().ok();
    let keys = |args: &[&str]| -> Vec<Value> {
        log(&server, args).iter().map(|row| row["command"][3].clone()).collect()
    };
    assert_eq!(keys(&["--by", "ann"]), ["a>1"]);
    assert_eq!(keys(&["--by", "bob"]), ["a>2"]);
    assert_eq!(keys(&["--by", "ops"]), ["a>2"], "as Redis knows it");
    assert_eq!(keys(&["--by", "nobody"]), [] as [Value; 0]);
    assert_eq!(keys(&["--since", "1h"]), ["a>1", "a>2"]);
    assert!(!keys(&["--since", "1s"]).contains(&"a>1".into()));
    let rows = log(&server, &[]);
    assert_eq!(keys(&["--since", rows[1]["time"].as_str().unwrap()]), ["a>2"]);
    assert_eq!(keys(&["--since", "2001-01-01", "--limit", "1"]), ["a>2"]);
    cli(&server).args(["log", "--since", "yesterday"]).run().code(2).says("--since");
}

#[test]
fn the_oldest_entries_go_whatever_the_server_says_of_its_streams() {
    let server = filled();
    let mut redis = server.connect();
    for name in ["stream-node-max-entries", "stream-node-max-bytes"] {
        redis::cmd("CONFIG").arg(&["SET", name, "0"]).exec(&mut redis).unwrap();
    }
    let script = "for i = 1, 10050 do redis.call('XADD', 'CM:meta:log', i .. '-1', 'user', 'u' .. i) end";
    redis::cmd("EVAL").arg(script).arg(0).exec(&mut redis).unwrap();
    // An id that has no next one of its time.
    redis::cmd("XADD")
        .arg(&["CM:meta:log", "10051-18446744073709551615", "user", "last"])
        .exec(&mut redis)
        .unwrap();
    assert_eq!(log(&server, &["--limit", "3"]).len(), 3);
    assert_eq!(log(&server, &[]).len(), 10_051);
    cli(&server).args(["invalidate", "--key", "a>1"]).run().ok();
    assert_eq!(redis::cmd("XLEN").arg("CM:meta:log").query::<u64>(&mut redis), Ok(10_000));
    let rows = log(&server, &["--by", "u10050"]);
    assert_eq!(
        (rows.len(), &rows[0]["command"]),
        (1, &json!([])),
        "an entry of others is shown as far as it is one"
    );
}

#[test]
fn names_stay_apart_and_a_run_whose_report_nobody_gets_is_in_it() {
    let server = filled();
    for key in [r"k\x01", r"k\x02", r"k\xff"] {
        cli(&server).args(["--escaped", "invalidate", "--key", key]).run().ok();
    }
    let script = format!("'{}' invalidate --key a\\>1 > /dev/full", crate::support::cli::binary().display());
    Cli::shell(&server, &script).env("CACHEME_LAYOUT", "meta").run().code(1);
    // A name of bytes is shown as no other.
    let odd = std::ffi::OsStr::from_bytes(b"k\xff\x01");
    cli(&server).args(["invalidate", "--key"]).arg(odd).run().ok();
    let rows = log(&server, &[]);
    let keys: Vec<_> =
        rows.iter().map(|row| row["command"].as_array().unwrap().last().unwrap().clone()).collect();
    assert_eq!(keys, [r"k\x01", r"k\x02", r"k\xff", "a>1", r"k\xff\x01"]);
}

#[test]
fn it_holds_no_secrets() {
    let server = filled();
    let mut redis = server.connect();
    redis::cmd("ACL").arg(&["SETUSER", "ops", "on", ">hunter2", "~*", "+@all"]).exec(&mut redis).unwrap();
    let url = format!("unix://ops:hunter2@{}", server.socket().display());
    for url in [url, format!("{}?user=ops&pass=hunter2", server.url())] {
        let args = ["--url", &url, "--layout", "meta", "invalidate", "--key", "a>1", "--delete"];
        let _: () = redis.hset("CM:a", "1", "v").unwrap();
        let done = Cli::bare().args(args).run();
        if done.code == 0 {
            assert_eq!(log(&server, &["--limit", "1"])[0]["acl_user"], "ops");
        }
    }
    let rows = log(&server, &[]);
    assert!(!rows.is_empty());
    let stored: redis::Value =
        redis::cmd("XRANGE").arg(&["CM:meta:log", "-", "+"]).query(&mut redis).unwrap();
    for text in [format!("{stored:?}"), format!("{rows:?}")] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn who_may_not_write_it_is_told_once_and_the_work_is_done() {
    let server = filled();
    let mut redis = server.connect();
    let rules = ["SETUSER", "ops", "on", ">pw", "~*", "+@all", "-xadd"];
    redis::cmd("ACL").arg(&rules).exec(&mut redis).unwrap();
    let run = |key: &str, more: &[&str]| {
        let url = format!("{}?user=ops", server.url());
        let cli = cli(&server).env("CACHEME_URL", url).env("REDISCLI_AUTH", "pw");
        cli.args(["invalidate", "--key", key]).args(more).run()
    };
    let done = run("a>1", &[]);
    done.ok().says("will not show this run").says("XADD");
    assert_eq!(done.stderr.matches("will not show this run").count(), 1, "{}", done.transcript());
    assert_eq!(run("a>2", &["--quiet"]).ok().stderr, "", "a cron job stays silent");
    assert_eq!(redis.scard::<_, u64>("CM:meta:deleted").unwrap(), 2);
    assert_eq!(log(&server, &[]), [] as [Value; 0]);
}

#[test]
fn a_key_of_another_type_in_its_place_is_an_error_of_log_alone() {
    let server = filled();
    Seed::meta(&server).run("SET", &["CM:meta:log", "x"]);
    cli(&server).args(["invalidate", "--key", "a>1"]).run().ok().says("will not show this run");
    cli(&server).arg("log").run().code(1).says("CM:meta:log");
}

#[test]
fn a_run_that_was_stopped_is_in_it_as_not_complete() {
    let server = Server::start();
    let script =
        "for i = 1, 20000 do redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:b' .. i, 5, 'CM:b' .. i) end";
    Seed::meta(&server).run("EVAL", &[script, "0"]);
    cli(&server).args(["purge", "--time-budget", "20ms"]).run().code(3);
    let rows = log(&server, &[]);
    assert_eq!((rows.len(), &rows[0]["complete"]), (1, &json!(false)));
}

#[test]
fn it_is_followed_until_ctrl_c() {
    let server = filled();
    cli(&server).args(["invalidate", "--key", "a>1"]).run().ok();
    let following =
        Terminal::run(cli(&server).args(["log", "--follow", "--format", "plain", "--fields", "command"]));
    following.wait_for("a>1");
    cli(&server).args(["invalidate", "--key", "a>2"]).run().ok();
    following.wait_for("a>2");
    following.press(&["C-c"]);
    assert_eq!(following.wait_exit(), 130);
}

#[test]
fn what_browse_invalidates_is_in_it() {
    let server = filled();
    let terminal = Terminal::run(cli(&server).args(["browse", "--write"]));
    terminal.wait_for("dead");
    terminal.write("/dead");
    terminal.wait_for("1 of 1");
    terminal.press(&["DC"]);
    terminal.wait_for("[y/N]");
    terminal.write("y");
    wait_until("it is logged", PATIENCE, || !log(&server, &[]).is_empty());
    let rows = log(&server, &[]);
    assert_eq!(rows[0]["command"], json!(["cacheme", "browse", "--write", "invalidate", "--tag", "dead"]));
}

/// What a run printed of what it did: matched, marked and deleted as the log has them, none where it changed nothing.
fn printed(args: &[&str], output: &Output) -> Option<[u64; 3]> {
    let report = output.json();
    let count = |name: &str| report[name].as_u64().unwrap();
    if report["dry_run"] == true {
        return None;
    }
    let counts = match args[0] {
        "invalidate" => [count("matched"), count("marked"), count("deleted")],
        "purge" => [count("expired"), count("marked"), count("deleted")],
        "gc" => {
            let parts = ["tags", "invalid_keys", "expiry", "pending", "progress"];
            let sum = |what: &str| parts.iter().map(|part| report[part][what].as_u64().unwrap()).sum::<u64>();
            let restored = report["pending"]["restored"].as_u64().unwrap();
            [sum("removed") + sum("restored"), restored, sum("removed")]
        }
        "keys" => [count("restored"), 0, 0],
        "stats" => [count("tags"), 0, count("deleted")],
        other => panic!("{other}"),
    };
    let changed = if args[0] == "invalidate" { counts[1] + counts[2] } else { counts.iter().sum() };
    (changed > 0).then_some(counts)
}

/// All kinds of runs, with what is seeded before each of them: a command of Redis, or nothing.
const RUNS: [(&[&str], &[&str]); 22] = [
    (&["invalidate", "--key", "a>1"], &[]),
    (&["invalidate", "--key", "a>1"], &[]),
    (&["invalidate", "--key", "a>1", "--key", "a>2", "--key", "nope", "--delete"], &[]),
    (&["invalidate", "--tag", "t", "--yes"], &["DEL", "CM:meta:deleted"]),
    (&["invalidate", "--tag", "t", "--yes", "--dry-run"], &["DEL", "CM:meta:deleted"]),
    (&["keys", "list"], &[]),
    (&["invalidate", "--invalid-key", "i", "--yes"], &["HSET", "CM:b", "base", "N."]),
    (
        &["invalidate", "--invalid-key", "i", "--except-key", "b", "--delete", "--yes"],
        &["HSET", "CM:c", "base", "N."],
    ),
    (&["invalidate", "--pattern", "many>*", "--yes"], &["HSET", "CM:many", "1", "N.", "2", "N.", "3", "N."]),
    (&["invalidate", "--pattern", "many>*", "--mark", "--yes"], &["HSET", "CM:many", "1", "N.", "2", "N."]),
    (&["invalidate", "--pattern", "m*", "--tag", "t", "--match", "all", "--yes"], &[]),
    (&["invalidate", "--raw-pattern", "CM:a*", "--yes"], &["HSET", "CM:a", "1", "N.", "2", "N."]),
    (&["invalidate", "--from-file", "keys", "--yes"], &["DEL", "CM:meta:deleted"]),
    (&["tags", "list", "--deep"], &[]),
    (&["purge", "--dry-run"], &["ZADD", "CM:Meta:Expire-Buckets::CM:c", "5", "CM:c"]),
    (&["purge"], &["HSET", "CM:c", "base", "N."]),
    (&["purge", "--mark"], &["ZADD", "CM:Meta:Expire-Buckets::CM:c", "5", "CM:c"]),
    (&["purge"], &[]),
    (&["gc", "--yes"], &["SADD", "CM:dead", "CM:gone>1", "CM:gone>2"]),
    (&["keys", "restore", "dump", "--yes"], &["DEL", "CM:a"]),
    (&["stats", "--reset", "--yes"], &["HSET", "CM:meta:stats", "t:hits", "3"]),
    (&["keys", "restore", "dump", "--yes", "--dry-run"], &["DEL", "CM:a"]),
];

#[test]
fn a_hundred_runs_of_two_users_are_in_it_as_they_were_told() {
    let server = filled();
    let mut redis = server.connect();
    Seed::meta(&server).invalid("i", ["b", "c"]);
    let dump = cli(&server).args(["keys", "dump", "--raw", "--indexes"]).run().ok().text().to_owned();
    // All that the log is not kept in.
    let others = "on >pw +@all ~CM:[^m]* ~CM:many ~CM:meta:[^l]* ~CM:meta:lock ~CM:meta:leases";
    for (name, rules) in [("ops", "on >pw +@all ~*"), ("guest", others)] {
        redis::cmd("ACL")
            .arg("SETUSER")
            .arg(name)
            .arg(rules.split(' ').collect::<Vec<_>>())
            .exec(&mut redis)
            .unwrap();
    }
    // Who runs it, and as whom Redis knows him; guest may not write the log.
    let users = [("ann", "ops"), ("bob", "guest"), ("bob", "ops"), ("ann", "guest"), ("ann", "ops")];
    let (mut expected, mut refused) = (Vec::new(), 0);
    for (number, (args, seed)) in users.iter().flat_map(|_| RUNS).enumerate() {
        let (user, acl_user) = users[number / RUNS.len()];
        if let [command, rest @ ..] = seed {
            redis::cmd(command).arg(rest).exec(&mut redis).unwrap();
        }
        let run = cli(&server)
            .env("USER", user)
            .env("CACHEME_URL", format!("{}?user={acl_user}", server.url()))
            .env("REDISCLI_AUTH", "pw")
            .file("dump", &dump)
            .file("keys", "a>1\na>2\nb\n");
        let output = run.args(args).args(["--format", "json"]).run();
        output.ok();
        let reads = args.get(1) == Some(&"list");
        let counts = if reads { None } else { printed(args, &output) };
        let said = output.stderr.matches("will not show this run").count();
        assert_eq!(said, usize::from(counts.is_some() && acl_user == "guest"), "{}", output.transcript());
        match (counts, acl_user) {
            (Some(counts), "ops") => {
                let words = ["cacheme"].iter().chain(args).chain(&["--format", "json"]);
                expected.push(json!([user, acl_user, words.collect::<Vec<_>>(), counts]));
            }
            (Some(_), _) => refused += 1,
            (None, _) => {}
        }
    }
    let told: Vec<_> = log(&server, &[])
        .iter()
        .map(|row| {
            let counts = ["matched", "marked", "deleted"].map(|name| row[name].clone());
            json!([row["user"], row["acl_user"], row["command"], counts])
        })
        .collect();
    assert_eq!(told, expected);
    // Each kind of them changed something.
    for kind in ["invalidate", "purge", "gc", "keys", "stats"] {
        assert!(expected.iter().any(|row| row[2][1] == kind), "{kind}");
    }
    assert!(expected.len() > 30 && refused > 20, "{} {refused}", expected.len());
    for (by, acl_user) in [("ann", "ops"), ("bob", "ops"), ("ops", "ops")] {
        let is_by = |row: &&Value| [&row[0], &row[1]].contains(&&json!(by));
        let rows = log(&server, &["--by", by]);
        assert_eq!(rows.len(), expected.iter().filter(is_by).count(), "{by}");
        assert!(rows.iter().all(|row| row["acl_user"] == acl_user));
    }
    assert_eq!(log(&server, &["--by", "guest"]), [] as [Value; 0]);
}

#[test]
fn a_run_that_went_elsewhere_than_the_profile_says_has_none() {
    let (prod, staging) = (filled(), filled());
    let config = format!(
        "default_profile = \"prod\"\n[profiles.prod]\nurl = \"{}\"\n[profiles.any]\nlayout = \"classic\"\n",
        prod.url()
    );
    let run = |server: &Server, url: Option<&Server>, args: &[&str]| {
        let cli = Cli::bare().file("cacheme.toml", &config).env("CACHEME_CONFIG", "cacheme.toml");
        let cli = match url {
            Some(server) => cli.env("CACHEME_URL", server.url()),
            None => cli,
        };
        // What is marked already is marked no second time, and leaves no entry.
        let key = format!("k>{}", log(server, &[]).len());
        cli.args(["invalidate", "--key", &key]).args(args).run().ok();
        log(server, &["--limit", "1"])[0]["profile"].clone()
    };
    assert_eq!(run(&prod, None, &[]), json!("prod"));
    assert_eq!(run(&staging, Some(&staging), &[]), Value::Null);
    assert_eq!(run(&staging, None, &["--url", &staging.url()]), Value::Null);
    assert_eq!(run(&prod, Some(&staging), &["--profile", "prod"]), json!("prod"));
    assert_eq!(run(&prod, Some(&prod), &[]), json!("prod"), "the same server, whoever names it");
    assert_eq!(run(&staging, Some(&staging), &["--profile", "any"]), json!("any"), "it names no server");
}

#[test]
fn a_narrow_table_leaves_its_room_to_the_commands() {
    let server = filled();
    cli(&server).args(["invalidate", "--tag", "t", "--yes"]).run().ok();
    cli(&server).args(["invalidate", "--pattern", "a", "--except-key", "a>1", "--yes"]).run().ok();
    let screen = |columns| {
        let terminal = Terminal::sized(cli(&server).arg("log"), columns, 24);
        assert_eq!(terminal.wait_exit(), 0);
        terminal.screen()
    };
    let narrow = screen(80);
    for text in [" invalidate --tag t --yes ", "user", "marked", "deleted"] {
        assert!(narrow.contains(text), "no {text:?}:\n{narrow}");
    }
    let time: Vec<_> = narrow.lines().nth(2).unwrap().split_whitespace().take(2).collect();
    assert!(time[0].len() == 10 && time[1].len() == 8, "a time is broken:\n{narrow}");
    assert!(
        !narrow.contains("complete") && narrow.lines().all(|line| line.chars().count() <= 80),
        "{narrow}"
    );
    let wide = screen(120);
    assert!(wide.contains("matched") && wide.contains("complete"), "{wide}");
}

#[test]
fn a_log_without_entries_says_so_and_nobody_has_no_name() {
    let server = filled();
    let log = |args: &[&str]| cli(&server).args(["log", "--format", "table"]).args(args).run();
    log(&[]).ok().says("warning: the log of the prefix 'CM:' has no entry\n");
    cli(&server).args(["invalidate", "--key", "b"]).run().ok();
    log(&[]).ok().never_says("no entry");
    log(&["--by", "nobody"]).ok().says("has no entry by 'nobody'");
    log(&["--by", ""]).code(2).says("a value is required for '--by <USER>'");
}
