//! What a time budget stopped: who goes on from there, and who says that the rest is not done.

use serde_json::json;

use crate::gc_removes::{all, members};
use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::relay::{Fault, Relay};
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::terminal::Terminal;

/// More than a batch: one is done whatever the budget is.
const KEYS: u64 = 1000;

/// A tag, an invalid key and another tag, each of so many keys of its own; they expire in this second.
fn indexed(expiry: &str) -> Server {
    let server = Server::start();
    let script = "for i = 1, ARGV[1] do
        for base, set in pairs({a = 'CM:t', b = 'CM:I:invalid', c = 'CM:u'}) do
            local key = 'CM:' .. base .. '>' .. i
            redis.call('SADD', set, key)
            redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:' .. base, ARGV[2], key)
        end
    end";
    redis::cmd("EVAL").arg(script).arg(0).arg(KEYS).arg(expiry).exec(&mut server.connect()).unwrap();
    server
}

fn purge(server: &Server, args: &[&str]) -> Output {
    Cli::new(server).args(["purge", "--format", "json"]).args(args).run()
}

fn note(server: &Server) -> String {
    let queue: Option<Vec<u8>> =
        redis::cmd("HGET").arg("CM:meta:cursor").arg("indexed:queue").query(&mut server.connect()).unwrap();
    String::from_utf8(queue.unwrap_or_default()).unwrap()
}

#[test]
fn small_budgets_finish_a_purge_by_index() {
    let server = indexed("1000");
    let args = ["--tag", "t", "--invalid-key", "I", "--tag", "t", "--time-budget", "1ns"];
    let (mut runs, mut expired) = (0, 0);
    loop {
        runs += 1;
        assert!(runs < 200, "it never gets there: {expired}");
        let run = purge(&server, &args);
        let report = run.json();
        expired += report["expired"].as_u64().unwrap();
        if report["complete"] == true {
            run.ok();
            break;
        }
        run.code(3);
    }
    assert!(runs > 2, "{runs} runs");
    assert_eq!((expired, note(&server)), (2 * KEYS, String::new()));
    let left: u64 =
        redis::cmd("ZCARD").arg("CM:Meta:Expire-Buckets::CM:c").query(&mut server.connect()).unwrap();
    assert_eq!(left, KEYS);
}

#[test]
fn a_purge_that_marks_takes_entries_within_any_budget() {
    for (args, all) in [(&[][..], 3 * KEYS), (&["--tag", "t"], KEYS)] {
        let server = indexed("1000");
        // It leaves buckets to the next run of which it has seen a part.
        let first = purge(&server, &[args, &["--time-budget", "1ns"]].concat()).code(3).json();
        let mut expired = first["expired"].as_u64().unwrap();
        for run in 0.. {
            assert!(run < 200, "{args:?}: it never gets there: {expired}");
            let run = purge(&server, &[args, &["--mark", "--time-budget", "1ns"]].concat());
            let report = run.json();
            expired += report["expired"].as_u64().unwrap();
            if report["complete"] == true {
                break;
            }
        }
        assert_eq!(expired, all, "{args:?}");
    }
}

/// However many entries are spared in front of them, and however many keys the exception holds.
#[test]
fn small_budgets_come_to_what_is_not_spared() {
    for args in [&["--larger-than", "10"][..], &["--except-tag", "X"], &["--tag", "t", "--except-tag", "X"]] {
        let server = Server::start();
        let mut seed = Seed::classic(&server);
        let keys: Vec<_> = (0..550).map(|n| format!("b>{n:03}")).collect();
        for (n, key) in (0..).zip(&keys) {
            seed.value(key, if n < 500 { b"small" } else { b"larger than ten" }).expires(key, n - 1000);
        }
        seed.tag("t", &keys).tag("X", &keys[..500]);
        let (mut runs, mut expired) = (0, 0);
        loop {
            runs += 1;
            assert!(runs < 20, "{args:?}: it never gets there: {expired}");
            let run = purge(&server, &[args, &["--layout", "classic", "--time-budget", "1ns"]].concat());
            let report = run.json();
            expired += report["expired"].as_u64().unwrap();
            if report["complete"] == true {
                break;
            }
            run.code(3);
        }
        assert_eq!(expired, 50, "{args:?}");
    }
}

#[test]
fn a_purge_by_other_indexes_skips_nothing() {
    // What does not expire is counted again by whoever comes by.
    let server = indexed("99999999999");
    let stopped = || {
        for _ in 0..200 {
            purge(&server, &["--tag", "t", "--invalid-key", "I", "--time-budget", "1ns"]).code(3);
            if !note(&server).contains("CM:I:invalid") {
                return;
            }
        }
        panic!("it never gets to the tag");
    };
    for (args, sets) in [
        (&["--invalid-key", "I"][..], 1),
        (&["--tag", "t"], 1),
        (&["--tag", "u"], 1),
        (&["--tag", "t", "--invalid-key", "I", "--tag", "u"], 3),
    ] {
        stopped();
        let report = purge(&server, &[args, &["--time-budget", "1h"]].concat()).ok().json();
        assert_eq!(report["scanned"], sets * KEYS, "{args:?}");
    }
    stopped();
    let noted = note(&server);
    let whole = purge(&server, &["--time-budget", "1h"]).ok().json();
    assert_eq!((&whole["scanned"], note(&server)), (&json!(3 * KEYS), noted));
    let rest = purge(&server, &["--invalid-key", "I", "--tag", "t", "--time-budget", "1h"]).ok().json();
    assert!(rest["scanned"].as_u64().unwrap() <= KEYS, "{rest}");
}

#[test]
fn what_is_no_set_keeps_the_runs_that_go_on_from_being_complete() {
    let server = indexed("1000");
    all(&mut server.connect(), &["SET CM:no x"]);
    let args = ["--tag", "t", "--tag", "no", "--time-budget"];
    purge(&server, &[&args[..], &["1ns"]].concat()).code(3);
    let rest = purge(&server, &[&args[..], &["1h"]].concat());
    assert_eq!(rest.code(3).says("left something alone").json()["complete"], false);
    assert_eq!(note(&server), "");
}

#[test]
fn what_a_run_leaves_alone_keeps_the_runs_that_go_on_from_being_complete() {
    let inside = "for i = 1, 1000 do redis.call('SADD', 'CM:t', 'CM:X:a>' .. i) end
        redis.call('SADD', 'CM:X:progress', 'CM:X:a>1')";
    let leaks = "for i = 1, 1000 do redis.call('SADD', 'CM:t' .. i, 'CM:gone>' .. i) end
        redis.call('SET', 'CM:progress', 'x')";
    for (args, name, seed, cure) in [
        (&["purge", "--tag", "t"][..], "indexed", inside, "DEL CM:X:progress"),
        (&["--layout", "0.0.9", "gc", "--yes"], "gc", leaks, "DEL CM:progress"),
    ] {
        let server = Server::start();
        redis::cmd("EVAL").arg(seed).arg(0).exec(&mut server.connect()).unwrap();
        let run = |budget| Cli::new(&server).args(args).args(["--time-budget", budget]).run();
        let noted = || -> Option<String> {
            let field = format!("{name}:run_id");
            redis::cmd("HGET").arg("CM:meta:cursor").arg(field).query(&mut server.connect()).unwrap()
        };
        let mut last = run("1ns");
        for runs in 1.. {
            assert!(runs < 300, "{name}: it never gets there");
            last.code(3);
            if noted().is_none() {
                break;
            }
            last = run("1ns");
        }
        last.says("left something alone");
        all(&mut server.connect(), &[cure]);
        run("1h").ok().never_says("left something alone");
    }
}

/// A command, what its position is called, and whose it is.
type Sweep = (&'static [&'static str], &'static str, String);

/// A member that leaks and an entry that expired, and the commands that find one of them.
fn swept() -> (Server, [Sweep; 3]) {
    let server = Server::start();
    all(&mut server.connect(), &["SADD CM:t CM:k>f", "ZADD CM:Meta:Expire-Buckets::CM:k 1000 CM:k>f"]);
    let info: String = redis::cmd("INFO").arg("server").query(&mut server.connect()).unwrap();
    let run_id = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap().trim().to_owned();
    let owned = |choice: &str| format!("{run_id} {}:{choice}", choice.len());
    let purge = owned("offset 0 grace 0 mark false");
    let commands = [
        (&["purge", "--tag", "t"][..], "indexed", format!("{purge}1:\04:CM:t")),
        (&["purge"], "purge", purge),
        (&["gc", "--yes"], "gc", owned("layout both stuck_after 30s")),
    ];
    (server, commands)
}

/// Notes a position; what is left out is not there.
fn forge(server: &Server, name: &str, owner: &str, fields: &[(&str, &str)]) {
    let mut command = redis::cmd("HSET");
    command.arg("CM:meta:cursor").arg(format!("{name}:run_id")).arg(owner);
    for (field, value) in fields {
        command.arg(format!("{name}:{field}")).arg(*value);
    }
    command.exec(&mut server.connect()).unwrap();
}

#[test]
fn what_cannot_be_a_position_is_dropped_and_said_once() {
    let forged: [&[(&str, &str)]; 11] = [
        &[("phase", "255"), ("cursor", "0"), ("queue", "")],
        &[("phase", "3"), ("cursor", "0"), ("queue", "")],
        &[("phase", "x"), ("cursor", "0"), ("queue", "")],
        &[("phase", "0"), ("cursor", "99999999999999999999999"), ("queue", "")],
        &[("phase", "0"), ("cursor", "+5"), ("queue", "")],
        &[("phase", "0"), ("cursor", "0"), ("queue", "10:CM:deleteX1:x")],
        &[("phase", "0"), ("cursor", ""), ("queue", "4:CM:t23:99999999999999999999999")],
        &[("phase", "0"), ("cursor", ""), ("queue", "4:CM:t1:05:CM:t")],
        &[("phase", "0"), ("cursor", ""), ("queue", "99:CM:t1:0")],
        &[("phase", "0"), ("cursor", ""), ("queue", "")],
        &[],
    ];
    for n in 0..3 {
        for fields in forged {
            let (server, commands) = swept();
            let (args, name, owner) = &commands[n];
            forge(&server, name, owner, fields);
            let run =
                || Cli::new(&server).args(*args).args(["--time-budget", "1h", "--format", "json"]).run();
            let first = run();
            let report = first.ok().says("'CM:meta:cursor' did not hold a usable position").json();
            let done = if *name == "gc" { &report["tags"]["removed"] } else { &report["expired"] };
            assert_eq!(
                (&report["complete"], done),
                (&json!(true), &json!(1)),
                "{args:?} {fields:?}: {report}"
            );
            run().ok().never_says("position");
        }
    }
}

#[test]
fn a_cursor_that_the_server_refuses_is_dropped_too() {
    for n in 0..3 {
        let (server, commands) = swept();
        let (args, name, owner) = &commands[n];
        let fields: &[_] = match *name {
            "indexed" => &[("phase", "0"), ("cursor", ""), ("queue", "4:CM:t4:4242")],
            "gc" => &[("phase", "1"), ("cursor", "4242"), ("queue", "")],
            _ => &[("phase", "0"), ("cursor", "4242"), ("queue", "")],
        };
        forge(&server, name, owner, fields);
        let relay =
            Relay::before(&server, |asked| asked.says("4242").then_some(Fault::Refuse("ERR invalid cursor")));
        let cli = Cli::new(&server).env("CACHEME_URL", relay.url()).args(*args);
        let run = cli.args(["--time-budget", "1h", "--format", "json"]).run();
        let report = run.ok().says("'CM:meta:cursor' did not hold a usable position").json();
        let done = if *name == "gc" { &report["tags"]["removed"] } else { &report["expired"] };
        assert_eq!((&report["complete"], done), (&json!(true), &json!(1)), "{args:?}: {report}");
    }
}

/// So many bases that have an entry which expired ten minutes ago, and one that did not, with a tag; the namespace and one inside, both
/// with tags that leak; keys in progress that nobody computes.
const BASES: u64 = 3000;

fn left_over(server: &Server) {
    let script = "local now = redis.call('TIME')[1]
        for i = 1, ARGV[1] do
            local base = 'CM:e' .. i
            redis.call('HSET', base, 'due', 'v', 'live', 'v')
            local bucket = 'CM:Meta:Expire-Buckets::' .. base
            redis.call('ZADD', bucket, now - 600, base .. '>due', now + 36000, base .. '>live')
            redis.call('SADD', 'CM:t', base .. '>live')
            redis.call('SADD', 'CM:T' .. i, 'CM:gone>' .. i)
            redis.call('SADD', 'CM:X:T' .. i, 'CM:X:gone>' .. i)
        end
        redis.call('SADD', 'CM:X:delete', 'CM:X:a>b')
        redis.call('HSET', 'CM:X:a', 'b', 'v')
        redis.call('SADD', 'CM:meta:progress', 'CM:stuck>1', 'CM:stuck>2')";
    all(&mut server.connect(), &["FLUSHALL"]);
    redis::cmd("EVAL").arg(script).arg(0).arg(BASES).exec(&mut server.connect()).unwrap();
}

fn noted(server: &Server) -> std::collections::BTreeMap<String, Vec<u8>> {
    redis::cmd("HGETALL").arg("CM:meta:cursor").query(&mut server.connect()).unwrap()
}

fn budgeted(server: &Server, command: &[&str], args: &[&str], budget: &str) -> Output {
    let budget: &[_] = if budget.is_empty() { &[] } else { &["--time-budget", budget] };
    Cli::new(server).args(command).args(["--format", "json"]).args(args).args(budget).run()
}

/// Runs it with small budgets until it is somewhere among the buckets, or the tags.
#[track_caller]
fn stopped_midway(server: &Server, command: &[&str], args: &[&str]) {
    for _ in 0..200 {
        budgeted(server, command, args, "1ns").code(3);
        let noted = noted(server);
        let field = |name: &str| noted.iter().find(|(it, _)| it.ends_with(name)).map(|(_, it)| &it[..]);
        let is_inside = match command[0] {
            "gc" => field(":phase") == Some(b"1") && field(":cursor") != Some(b"0"),
            _ => field(":cursor") != Some(b"0"),
        };
        if is_inside {
            return;
        }
    }
    panic!("it never gets there: {args:?}");
}

const PURGES: [&[&str]; 2] = [&["purge"], &["purge", "--tag", "t"]];
const GC: &[&str] = &["gc", "--yes"];

#[test]
fn a_run_that_takes_something_else_begins_at_the_front() {
    let server = Server::start();
    let choices: [&[&str]; 5] =
        [&["--grace", "1h"], &["--utc-offset", "-05:00"], &[], &["--with-inner"], &["--mark"]];
    for command in PURGES {
        // One that marks walks all tags first, for which no small budget is enough.
        for (first, then) in choices[..4].iter().flat_map(|one| choices.map(|other| (*one, other))) {
            // The walk over the buckets takes none of a namespace inside, whatever it is told.
            let plain =
                |it: &[&str]| if command == ["purge"] && it == ["--with-inner"] { 0 } else { it.len() };
            let takes_the_same = first == then || plain(first) + plain(then) == 0;
            left_over(&server);
            stopped_midway(&server, command, first);
            let report = budgeted(&server, command, then, "1h").ok().json();
            let (buckets, case) =
                (report["buckets"].as_u64().unwrap(), format!("{command:?} {first:?} {then:?}"));
            assert_eq!(buckets < BASES, takes_the_same, "{case}: {report}");
            assert_eq!(noted(&server), Default::default(), "{case}");
        }
    }
    for (first, then) in [
        (
            &["--layout", "classic", "--stuck-after", "0s"][..],
            &["--layout", "meta", "--stuck-after", "0s"][..],
        ),
        (&["--stuck-after", "1h"], &["--stuck-after", "0s"]),
        (&["--stuck-after", "0s"], &["--stuck-after", "0s", "--with-inner"]),
        (&["--stuck-after", "0s"], &["--stuck-after", "0s"]),
    ] {
        left_over(&server);
        stopped_midway(&server, GC, first);
        let report = budgeted(&server, GC, then, "1h").ok().json();
        let scanned = report["tags"]["scanned"].as_u64().unwrap();
        assert!(first != then || scanned < 2 * BASES, "{first:?} {then:?}: {report}");
        let left = budgeted(&server, GC, &[then, &["--dry-run"]].concat(), "").ok().json();
        for part in ["tags", "progress"] {
            assert_eq!(left[part]["removed"], 0, "{first:?} {then:?}: {left}");
        }
        assert_eq!(noted(&server), Default::default());
    }
}

#[test]
fn whichever_run_comes_to_the_end_forgets_where_another_stopped() {
    let server = Server::start();
    for command in [PURGES[0], PURGES[1], GC] {
        left_over(&server);
        stopped_midway(&server, command, &[]);
        let before = noted(&server);
        budgeted(&server, command, &["--dry-run"], "").ok();
        assert_eq!(noted(&server), before, "{command:?}");
        budgeted(&server, command, &[], "").ok();
        assert_eq!(noted(&server), Default::default(), "{command:?}");
    }
}

#[test]
fn a_dry_run_with_a_budget_begins_where_the_run_would() {
    let server = Server::start();
    for command in [PURGES[0], PURGES[1], GC] {
        left_over(&server);
        stopped_midway(&server, command, &[]);
        let before = noted(&server);
        budgeted(&server, command, &["--dry-run"], "1ns").code(3);
        let dry = budgeted(&server, command, &["--dry-run"], "1h").ok().json();
        assert_eq!(noted(&server), before, "{command:?}");
        let run = budgeted(&server, command, &[], "1h").ok().json();
        let parts: &[&str] = if command == GC { &["tags"] } else { &["buckets", "expired", "deleted"] };
        for part in parts {
            assert_eq!(dry[part], run[part], "{command:?} {part}");
        }
    }
}

#[test]
fn an_invalidation_that_is_run_again_skips_nothing_and_promises_nothing() {
    let marked = |server: &Server| members(server, "CM:meta:deleted");
    for selector in [&["--tag", "t"][..], &["--invalid-key", "I"], &["--tag", "t", "--mark"]] {
        let server = indexed("1000");
        let run = |args: &[&str]| {
            let cli = Cli::new(&server).args(["invalidate", "--yes", "--layout", "meta", "--format", "json"]);
            cli.args(selector).args(args).run()
        };
        let first = run(&["--time-budget", "1ns"]);
        first.code(3).says("not invalidated; run this again without a budget or with a longer one");
        let reached = marked(&server);
        assert!(!reached.is_empty() && (reached.len() as u64) < KEYS, "{} keys", reached.len());
        // Their readers took the marks; the next run is another invalidation.
        all(&mut server.connect(), &["DEL CM:meta:deleted"]);
        run(&["--time-budget", "1ns"]).code(3);
        assert_eq!(marked(&server), reached, "{selector:?}");
        run(&[]).ok().never_says("not invalidated");
        assert_eq!(marked(&server).len() as u64, KEYS, "{selector:?}");
    }
}

#[test]
fn who_was_asked_first_learns_how_much_is_left() {
    let server = indexed("1000");
    let cli = Cli::new(&server).args(["invalidate", "--tag", "t", "--time-budget", "1ns", "--no-progress"]);
    let terminal = Terminal::sized(cli, 200, 24);
    terminal.wait_for("[y/N]");
    terminal.line("y");
    terminal.wait_for(&format!("of {} keys are not invalidated", cacheme::text::grouped(KEYS)));
    assert_eq!(terminal.wait_exit(), 3);
}

#[test]
fn the_look_for_namespaces_inside_comes_first_and_is_told() {
    let server = indexed("1000");
    for args in [
        &["gc", "--yes"][..],
        &["invalidate", "--yes", "--pattern", "*", "--confirm", "CM:"],
        &["invalidate", "--yes", "--key", "k>x", "--with-inner"],
    ] {
        // A held SCAN is the first of that look.
        let relay = Relay::before(&server, |asked| {
            let looks = asked.is("SCAN") && asked.says("CM:?*[Mmlr]e[ts][aes]*");
            looks.then_some(Fault::Late(std::time::Duration::from_millis(300)))
        });
        let cli = Cli::new(&server).env("CACHEME_URL", relay.url()).args(args);
        let run = cli.args(["--time-budget", "1ns", "--format", "json", "-v"]).run();
        let report = run.says("looked for namespaces inside 'CM:' first: ").json();
        assert!(report["elapsed_ms"].as_u64().unwrap() >= 300, "{report}");
    }
    for command in ["gc", "invalidate", "doctor"] {
        let help = Cli::bare().args([command, "--help"]).run();
        let words = help.ok().text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("after the search for namespaces inside this one"), "{command}: {words}");
        assert!(!words.contains("does the rest"), "{command}: {words}");
    }
}
