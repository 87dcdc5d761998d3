//! Least rights: every command runs with exactly what docs/permissions.md lists, and without one of them names it.

use std::collections::BTreeMap;

use redis::Connection;

use crate::support::cli::Cli;
use crate::support::server::Server;
use crate::support::terminal::Terminal;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md"));

/// The rows of the page's table: the command, and the rights it needs.
fn rows() -> BTreeMap<String, Vec<String>> {
    let table = PAGE.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let mut cells = line.trim_matches('|').split(" | ");
        let name = cells.next().unwrap().trim().to_owned();
        let rights = cells.next().unwrap().split('`').skip(1).step_by(2).map(str::to_owned);
        (name, rights.collect())
    };
    table.map(row).collect()
}

/// What each row means on the command line. `DUMP` stands for a file that `keys dump --indexes --raw` wrote.
const RUNS: [(&str, &[&str]); 61] = [
    ("`tags list`, `invalid-keys list`", &["tags", "list"]),
    ("`tags list`, `invalid-keys list`", &["invalid-keys", "list"]),
    ("`tags list --deep`, `invalid-keys list --deep`", &["tags", "list", "--deep"]),
    ("`tags list --deep`, `invalid-keys list --deep`", &["invalid-keys", "list", "--deep"]),
    ("`tags show`, `invalid-keys show`", &["tags", "show", "books"]),
    ("`tags show`, `invalid-keys show`", &["invalid-keys", "show", "User:1"]),
    ("`keys list`", &["keys", "list"]),
    ("`keys list --fields key,state`", &["keys", "list", "--fields", "key,state"]),
    ("`keys list --fields key,state`", &["keys", "list", "--fields", "key,tags"]),
    ("`keys list` by `--tag` or `--invalid-key`", &["keys", "list", "--tag", "books"]),
    ("`keys list` by `--tag` or `--invalid-key`", &["keys", "list", "--invalid-key", "User:1"]),
    ("`keys top`", &["keys", "top"]),
    ("`keys show`", &["keys", "show", "Book:1>owner"]),
    ("`keys dump`", &["keys", "dump"]),
    ("`keys dump --raw`", &["keys", "dump", "--raw"]),
    ("`keys dump --indexes`", &["keys", "dump", "--indexes", "--raw"]),
    ("`diff`", &["diff", "DUMP"]),
    ("`keys restore`", &["keys", "restore", "DUMP", "--yes"]),
    ("`keys restore --dry-run`", &["keys", "restore", "DUMP", "--dry-run"]),
    ("`invalidate --key`", &["invalidate", "--key", "Book:1>owner"]),
    ("`invalidate --invalid-key`", &["invalidate", "--invalid-key", "User:1", "--yes"]),
    ("`invalidate --tag` (`classic`)", &["invalidate", "--tag", "books", "--yes"]),
    ("`invalidate --tag --delete`", &["invalidate", "--tag", "books", "--delete", "--yes"]),
    ("`invalidate --pattern`", &["invalidate", "--pattern", "Book:*", "--yes"]),
    ("`invalidate --pattern 'a>b'`", &["invalidate", "--pattern", "Book:*>owner", "--yes"]),
    ("`invalidate --pattern --mark`", &["invalidate", "--pattern", "Book:*", "--mark", "--yes"]),
    (
        "`invalidate --pattern --except-tag`",
        &["invalidate", "--pattern", "Book:*", "--except-tag", "User", "--yes"],
    ),
    (
        "`invalidate --pattern --except-tag --mark`",
        &["invalidate", "--pattern", "Book:*", "--except-tag", "User", "--mark", "--yes"],
    ),
    (
        "`invalidate --pattern --larger-than`",
        &["invalidate", "--pattern", "Book:*", "--larger-than", "0", "--yes"],
    ),
    ("`invalidate --tag --larger-than`", &["invalidate", "--tag", "books", "--larger-than", "0", "--yes"]),
    ("`invalidate --raw-pattern`", &["invalidate", "--raw-pattern", "CM:Book:*", "--yes"]),
    ("`purge`", &["purge"]),
    ("`purge --no-lock`", &["purge", "--no-lock"]),
    ("`purge --dry-run`", &["purge", "--dry-run"]),
    (
        "`purge --except-tag --larger-than --no-lock`",
        &["purge", "--except-tag", "User", "--larger-than", "0", "--no-lock"],
    ),
    ("`purge --mark --no-lock`", &["purge", "--mark", "--no-lock"]),
    ("`purge --tag --mark --no-lock`", &["purge", "--tag", "books", "--mark", "--no-lock"]),
    ("`purge --tag --no-lock`", &["purge", "--tag", "books", "--no-lock"]),
    ("`purge --time-budget --no-lock`", &["purge", "--time-budget", "10s", "--no-lock"]),
    (
        "`purge --tag --time-budget --no-lock`",
        &["purge", "--tag", "books", "--time-budget", "10s", "--no-lock"],
    ),
    ("`gc --time-budget --no-lock`", &["gc", "--yes", "--time-budget", "10s", "--no-lock"]),
    ("`gc`", &["gc", "--yes"]),
    ("`gc`", &["gc", "--yes", "--stuck-after", "0s"]),
    ("`doctor`", &["doctor"]),
    ("`stats`", &["stats"]),
    ("`stats --live`", &["stats", "--live", "100ms"]),
    ("`events`", &["events", "--for", "100ms"]),
    (EVENTS_BY_INDEX, &["events", "--for", "100ms", "--tag", "books"]),
    (EVENTS_BY_INDEX, &["events", "--for", "100ms", "--invalid-key", "User:1"]),
    (EVENTS_BY_INDEX, &["events", "--for", "100ms", "--except-tag", "books"]),
    (EVENTS_BY_INDEX, &["events", "--for", "100ms", "--except-invalid-key", "User:1"]),
    ("`stats --history`", &["stats", "--history"]),
    ("`log`", &["log"]),
    ("`log --limit`", &["log", "--limit", "1"]),
    ("`log --follow`", &["log", "--follow"]),
    ("`stats --histogram`", &["stats", "--histogram"]),
    ("`stats --reset`", &["stats", "--reset", "--yes"]),
    ("`stats --keep`", &["stats", "--keep", "2d"]),
    ("`config check`, `config init --yes`, `completions`", &["config", "init", "--yes"]),
    ("`config check`, `config init --yes`, `completions`", &["completions", "fish"]),
    ("`config check`, `config init --yes`, `completions`", &["config", "check"]),
];

const EVENTS_BY_INDEX: &str = "`events` by `--tag`, `--invalid-key` or their exceptions";

/// Rows for what needs a terminal.
const SCREENS: [&str; 2] = ["`browse`", "`config init` on a server that answers"];

/// Rights that are not missed in every run of a row: of two ways one goes without; a lock is renewed after two seconds,
/// and one that is not given back expires; the first of two looks does less than the second; without INFO no position is
/// kept, and none is written by a run that reaches its end; a page is read by its rank behind a hundred due entries of one base.
const NOT_ALWAYS: [(&str, &[&str]); 7] = [
    ("`purge --dry-run`", &["ZRANGE"]),
    ("`purge --time-budget --no-lock`", &["INFO", "HSET"]),
    ("`purge --tag --time-budget --no-lock`", &["INFO", "HSET"]),
    ("`gc --time-budget --no-lock`", &["INFO", "HSET", "ZADD"]),
    ("`invalidate --pattern`", &["EVAL"]),
    ("`purge`", &["PEXPIRE", "GET", "DEL"]),
    ("`gc`", &["PEXPIRE", "GET", "DEL", "ZADD"]),
];

fn fill(connection: &mut Connection) {
    redis::cmd("FLUSHALL").exec(connection).unwrap();
    let mut pipe = redis::pipe();
    for n in 1..=3 {
        let key = format!("CM:Book:{n}>owner");
        pipe.cmd("HSET").arg(format!("CM:Book:{n}")).arg("owner").arg("v");
        pipe.cmd("SADD").arg("CM:books").arg(&key);
        pipe.cmd("SADD").arg("CM:User:1:invalid").arg(&key);
        pipe.cmd("ZADD").arg(format!("CM:Meta:Expire-Buckets::CM:Book:{n}")).arg(1000).arg(&key);
    }
    for set in ["CM:books", "CM:User:1:invalid"] {
        pipe.cmd("SADD").arg(set).arg("CM:Gone:1>x");
    }
    pipe.cmd("ZADD").arg("CM:Meta:Expire-Buckets::CM:Book:1").arg(9_000_000_000_u64).arg("CM:Book:1>gone");
    pipe.cmd("SADD").arg("CM:delete").arg("CM:Book:3>owner").arg("CM:Gone:2>x");
    pipe.cmd("SADD").arg("CM:progress").arg("CM:Book:2>owner").arg("CM:Gone:3>x");
    pipe.cmd("ZADD").arg("CM:meta:leases").arg(1000).arg("CM:Book:1>owner");
    pipe.cmd("HSET").arg("CM:meta:stats").arg("books:hits").arg(3);
    let hour = crate::support::seed::now() / 3600;
    pipe.cmd("HSET").arg(format!("CM:meta:stats:{hour}")).arg("books:hits").arg(3);
    pipe.exec(connection).unwrap();
}

fn grant(connection: &mut Connection, rights: &[&String]) {
    let mut command = redis::cmd("ACL");
    command.arg("SETUSER").arg("ops").arg("reset").arg("on").arg(">pw").arg("~CM:*");
    for right in rights {
        command.arg(format!("+{}", right.to_lowercase().replace(' ', "|")));
    }
    command.exec(connection).unwrap();
}

fn cli(server: &Server, args: &[&str]) -> Cli {
    Cli::bare()
        .env("CACHEME_URL", format!("{}?user=ops", server.url()))
        .env("REDISCLI_AUTH", "pw")
        .env("CACHEME_LAYOUT", "classic")
        .args(args)
}

#[test]
fn each_command_runs_with_exactly_the_rights_of_the_page() {
    let server = Server::start();
    let mut connection = server.connect();
    let rows = rows();
    let named: Vec<&str> = RUNS.iter().map(|(row, _)| *row).chain(SCREENS).collect();
    for row in rows.keys() {
        assert!(named.contains(&row.as_str()), "no run for the page's row {row}");
    }
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump.ndjson");
    fill(&mut connection);
    let dumped =
        Cli::new(&server).env("CACHEME_LAYOUT", "classic").args(["keys", "dump", "--raw", "--indexes"]);
    std::fs::write(&dump, dumped.run().ok().text()).unwrap();
    let dump = dump.display().to_string();
    let mut wrong = Vec::new();
    for (row, args) in RUNS {
        let rights = rows.get(row).unwrap_or_else(|| panic!("the page has no row {row}"));
        let args: Vec<&str> = args.iter().map(|arg| if *arg == "DUMP" { &dump[..] } else { arg }).collect();
        let is_restore = args[1..].first() == Some(&"restore");
        let fill = |connection: &mut Connection| {
            fill(connection);
            if is_restore && !args.contains(&"--dry-run") {
                redis::cmd("DEL")
                    .arg("CM:Book:1")
                    .arg("CM:books")
                    .arg("CM:Meta:Expire-Buckets::CM:Book:1")
                    .exec(connection)
                    .unwrap();
            }
        };
        fill(&mut connection);
        grant(&mut connection, &rights.iter().collect::<Vec<_>>());
        if args == ["config", "check"] {
            continue;
        }
        // With all rights that one has no end.
        if !args.contains(&"--follow") {
            let output = cli(&server, &args).run();
            if !matches!((output.code, args[0]), (0, _) | (5, "doctor")) {
                wrong.push(format!("with all of them ({row})\n{}", output.transcript()));
            }
        }
        let not_always =
            NOT_ALWAYS.iter().find(|(name, _)| *name == row).map_or(&[][..], |(_, rights)| *rights);
        for missing in rights.iter().filter(|right| !not_always.contains(&right.as_str())) {
            fill(&mut connection);
            grant(&mut connection, &rights.iter().filter(|right| *right != missing).collect::<Vec<_>>());
            let output = cli(&server, &args).run();
            let said = output.stderr.to_lowercase();
            if matches!(output.code, 0 | 5) || !said.contains(&missing.to_lowercase()) {
                wrong.push(format!(
                    "without {missing} the error does not name it ({row})\n{}",
                    output.transcript()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Goes through a screen: what to type, and what it shows then. Gives the screen that shows something else.
fn steps(server: &Server, args: &[&str], steps: &[(&str, &str)], trouble: &str) -> Option<String> {
    let terminal = Terminal::sized(cli(server, args), 200, 50);
    for (keys, shown) in steps {
        match *keys {
            "Enter" => terminal.press(&["Enter"]),
            keys => terminal.write(keys),
        }
        let screen = terminal.wait_until(shown, |screen| screen.contains(shown) || screen.contains(trouble));
        if screen.contains(trouble) {
            return Some(screen);
        }
    }
    None
}

#[test]
fn screens_run_with_exactly_the_rights_of_the_page() {
    let server = Server::start();
    let mut connection = server.connect();
    fill(&mut connection);
    let browse: &[(&str, &str)] = &[
        ("", "books"),
        ("/books", "1 of 1"),
        ("Enter", "with the tag books"),
        ("/Book:1", "1 of 1"),
        ("Enter", "time left"),
        ("", "User:1"),
    ];
    let init: &[(&str, &str)] = &[
        ("", "Name of the profile"),
        ("Enter", "URL of the server"),
        ("Enter", "Prefix of the namespace [CM:]"),
    ];
    let screens = [
        (SCREENS[0], &["browse"][..], browse, "error:"),
        (SCREENS[1], &["config", "init"], init, "could not list the namespaces"),
    ];
    for (row, args, way, trouble) in screens {
        let rights = &rows()[row];
        grant(&mut connection, &rights.iter().collect::<Vec<_>>());
        assert_eq!(steps(&server, args, way, trouble), None, "{row}");
        for missing in rights {
            grant(&mut connection, &rights.iter().filter(|right| *right != missing).collect::<Vec<_>>());
            let screen =
                steps(&server, args, way, trouble).unwrap_or_else(|| panic!("{row} without {missing}"));
            assert!(
                screen.to_lowercase().contains(&missing.to_lowercase()),
                "{row} without {missing}\n{screen}"
            );
        }
    }
}

#[test]
fn what_may_be_refused_is_done_without() {
    let server = Server::start();
    let mut connection = server.connect();
    let all_but = |connection: &mut Connection, denied: &str| {
        let rule = format!("-{denied}");
        let acl = redis::cmd("ACL")
            .arg("SETUSER")
            .arg("ops")
            .arg("reset")
            .arg("on")
            .arg(">pw")
            .arg("~CM:*")
            .arg("+@all")
            .arg(rule)
            .exec(connection);
        acl.unwrap();
    };
    // TYPE: the layout is not told, and that is said once.
    fill(&mut connection);
    all_but(&mut connection, "type");
    let output = cli(&server, &["tags", "list"]).env_remove("CACHEME_LAYOUT").run();
    assert_eq!(output.ok().lines().len(), 1);
    assert_eq!(output.stderr.matches("refuses TYPE").count(), 1, "{}", output.transcript());
    // EVAL: whole hashes go by their fields.
    all_but(&mut connection, "eval");
    let output = cli(&server, &["invalidate", "--pattern", "Book:*", "--yes", "--format", "json"]).run();
    assert_eq!((&output.ok().json()["deleted"], &output.json()["complete"]), (&3.into(), &true.into()));
    // INFO, TIME, CLIENT, PING, MEMORY: nothing is missed.
    fill(&mut connection);
    for denied in ["info", "time", "client", "ping", "memory", "script"] {
        all_but(&mut connection, denied);
        cli(&server, &["tags", "show", "books"]).env_remove("CACHEME_LAYOUT").run().ok();
    }
}

#[test]
fn renamed_commands_are_done_without_too() {
    let server = Server::builder()
        .config("rename-command UNLINK \"\"")
        .config("rename-command INFO \"\"")
        .config("rename-command MEMORY \"\"")
        .config("rename-command TIME \"\"")
        .start();
    let mut connection = server.connect();
    fill(&mut connection);
    let cli = |args: &[&str]| Cli::new(&server).env("CACHEME_LAYOUT", "classic").args(args).run();
    cli(&["tags", "show", "books"]).ok();
    let output = cli(&["invalidate", "--pattern", "Book:*", "--yes", "--format", "json"]);
    assert_eq!(output.ok().json()["deleted"], 3);
    let left: Vec<String> = redis::cmd("KEYS").arg("CM:Book:*").query(&mut connection).unwrap();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_purge_that_may_not_delete_takes_no_timeout_away() {
    let server = Server::start();
    let mut connection = server.connect();
    fill(&mut connection);
    let before = server.dump();
    let rights: Vec<String> =
        ["SCAN", "ZCARD", "ZRANGEBYSCORE", "EVAL", "ZSCORE", "ZREM", "SADD", "SREM", "SCARD", "SMEMBERS"]
            .map(str::to_owned)
            .into();
    grant(&mut connection, &rights.iter().collect::<Vec<_>>());
    cli(&server, &["purge", "--no-lock"]).run().code(1).says("(HDEL)");
    crate::support::content::assert_same(&before, &server.dump());
}
