//! `gc` and `purge` beside workers, beside each other, killed and out of time: nothing is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::cli_invalidate::SHARED;
use crate::gc_removes::{all, does, gc, members};
use crate::support::cli::Cli;
use crate::support::content;
use crate::support::gate::{Gate, held_once};
use crate::support::monitor::transcript;
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::strict::Strict;

fn has(server: &Server, set: &str, member: &str) -> bool {
    let found = redis::cmd("SISMEMBER").arg(set).arg(member).query(&mut server.connect());
    found.unwrap()
}

fn gc_cli() -> Cli {
    Cli::bare().args(["gc", "--yes", "--format", "json"])
}

fn exists(server: &Server, key: &str) -> bool {
    redis::cmd("EXISTS").arg(key).query(&mut server.connect()).unwrap()
}

#[test]
fn a_value_that_appears_after_the_removal_is_put_back_and_computed_anew() {
    let server = Server::start();
    let mut connection = server.connect();
    // 0.0.9 refreshes: it took the mark, names the key in its tag, and is about to store the value.
    all(&mut connection, &["SADD CM:tag CM:a>f CM:b", "SADD CM:User:1:invalid CM:a>f"]);
    let both_are_gone = || !has(&server, "CM:tag", "CM:a>f") && !has(&server, "CM:User:1:invalid", "CM:a>f");
    let (gate, running) = held_once(&server, gc_cli(), both_are_gone);
    does(&mut connection, "HSET CM:a f v");
    gate.open();
    let report = running.wait().ok().json();
    assert_eq!(report["tags"]["removed"], 2);
    assert_eq!(report["tags"]["restored"], 1, "{report}");
    assert_eq!(report["invalid_keys"]["restored"], 1);
    assert!(has(&server, "CM:tag", "CM:a>f") && has(&server, "CM:User:1:invalid", "CM:a>f"));
    assert!(!has(&server, "CM:tag", "CM:b"));
    // An invalidation by the tag in between would have missed it.
    assert!(has(&server, "CM:delete", "CM:a>f") && has(&server, "CM:meta:deleted", "CM:a>f"));
    assert!(!exists(&server, "CM:meta:removed"));
}

#[test]
fn what_is_computed_by_the_second_look_goes_back_and_is_marked() {
    let server = Server::start();
    let mut connection = server.connect();
    does(&mut connection, "SADD CM:tag CM:a");
    let (gate, running) = held_once(&server, gc_cli(), || !has(&server, "CM:tag", "CM:a"));
    does(&mut connection, "SADD CM:progress CM:a");
    gate.open();
    assert_eq!(running.wait().ok().json()["tags"]["restored"], 1);
    assert!(has(&server, "CM:tag", "CM:a") && has(&server, "CM:delete", "CM:a"));
    assert!(!exists(&server, "CM:meta:removed"));
}

/// Notes that gc took a member out of a tag, long ago.
pub(crate) const NOTE: &str =
    "return redis.call('RPUSH', KEYS[1], cmsgpack.pack({1000, 'tag', ARGV[1], {ARGV[2]}}))";

/// Where a script may not touch what it does not declare, the second look goes in steps.
#[test]
fn what_is_computed_by_another_name_goes_back_at_the_second_look() {
    for (others, is_strict) in [(0, false), (1500, false), (0, true)] {
        for (computed, read) in SHARED {
            let server = Server::start();
            let mut seed = Seed::classic(&server);
            let [computed, member] = [computed, read].map(|key| format!("CM:{key}"));
            seed.busy((0..others).map(|n| format!("other {n}"))).run("SADD", &["CM:progress", &computed]);
            seed.run("EVAL", &[NOTE, "1", "CM:meta:removed", "CM:t", &member]);
            let strict = Strict::before(&server);
            let url = if is_strict { strict.url() } else { server.url() };
            let args = ["--layout", "classic", "gc", "--yes"];
            Cli::bare().env("CACHEME_URL", &url).args(args).run().ok();
            let is_back = has(&server, "CM:t", &member) && has(&server, "CM:delete", &member);
            assert!(is_back, "{computed} {read} {others} {is_strict}");
            assert!(!exists(&server, "CM:meta:removed"), "{computed} {read} {others} {is_strict}");
        }
    }
}

#[test]
fn who_begins_in_the_middle_of_a_run_is_seen_at_the_second_look() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.busy((0..1500).map(|n| format!("other {n}"))).marked(["x>y"]);
    let gc = gc_cli().args(["--stuck-after", "0s"]);
    let (gate, running) = held_once(&server, gc, || !has(&server, "CM:delete", "CM:x>y"));
    seed.busy(["x>y>z"]);
    gate.open();
    running.wait().ok();
    assert!(has(&server, "CM:delete", "CM:x>y"), "the mark of a value that is being computed is back");
    seed.tag("t", ["a>b"]);
    let (gate, running) = held_once(&server, gc_cli(), || !has(&server, "CM:t", "CM:a>b"));
    seed.busy(["a>b>c"]);
    gate.open();
    running.wait().ok();
    assert!(has(&server, "CM:t", "CM:a>b") && has(&server, "CM:delete", "CM:a>b"));
}

/// Only a run in steps notes entries; whatever looks next puts them back with their scores.
#[test]
fn entries_whose_values_came_back_go_back_with_their_scores() {
    for busy in [None, Some("z>b>c")] {
        let server = Server::start();
        let mut seed = Seed::classic(&server);
        let bucket = "CM:Meta:Expire-Buckets::CM:a";
        let note = "return redis.call('RPUSH', KEYS[1], cmsgpack.pack({1000, 'entries', ARGV[1], {'CM:a>b', '77', 'CM:a>c', '88'}}))";
        seed.busy(busy).live(["a>b"]).run("EVAL", &[note, "1", "CM:meta:removed", bucket]);
        assert_eq!(gc(&server, &["--layout", "classic"]).ok().json()["expiry"]["restored"], 1, "{busy:?}");
        let score = redis::cmd("ZSCORE").arg(bucket).arg("CM:a>b").query::<u64>(&mut server.connect());
        assert_eq!(score.unwrap(), 77, "{busy:?}");
    }
}

#[test]
fn a_dry_run_knows_who_computes_when_others_are_stuck() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.busy(["a>q", "a>q>c"])
        .tag("t", ["a>q", "a>q>d"])
        .run("ZADD", &["CM:meta:leases", "99999999999999", "CM:a>q>c"]);
    for more in [&["--dry-run"][..], &[]] {
        let args = [&["--layout", "classic", "--stuck-after", "0s"], more].concat();
        let report = gc(&server, &args).ok().json();
        let removed = [&report["progress"]["removed"], &report["tags"]["removed"]];
        assert_eq!(removed, [1, 0], "{more:?}");
    }
}

#[test]
fn it_ends_however_much_another_run_removes_meanwhile() {
    let server = Server::start();
    does(&mut server.connect(), "SADD CM:tag CM:a CM:b");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // What another run notes of its removals, every few milliseconds.
        scope.spawn(|| {
            let mut connection = server.connect();
            let note = "local time = redis.call('TIME') \
                        local now = time[1] * 1000 + math.floor(time[2] / 1000) \
                        return redis.call('RPUSH', KEYS[1], cmsgpack.pack({now, 'tag', 'CM:other', {'CM:c'}}))";
            while !done.load(Ordering::SeqCst) {
                let noted = redis::cmd("EVAL").arg(note).arg(1).arg("CM:meta:removed").query(&mut connection);
                let _: u64 = noted.unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let ran = Cli::new(&server)
            .args(["gc", "--yes", "--format", "json", "--no-lock"])
            .timeout(Duration::from_secs(120))
            .spawn();
        // Its time limit is the test's: what panics here has to end the other thread first.
        let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ran.wait()));
        done.store(true, Ordering::SeqCst);
        let report = ran.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).ok().json();
        assert_eq!((&report["tags"]["removed"], &report["complete"]), (&2.into(), &true.into()), "{report}");
    });
}

/// Each run estimates the server's clock by itself.
#[test]
fn what_a_run_with_a_clock_ahead_removed_is_not_looked_at_too_early() {
    let server = Server::start();
    let note = |ahead: i32| {
        let note = "local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000) \
                    redis.call('DEL', KEYS[1]) \
                    return redis.call('RPUSH', KEYS[1], cmsgpack.pack({now + ARGV[1], 'tag', 'CM:tag', {'CM:a'}}))";
        let mut noting = redis::cmd("EVAL");
        noting.arg(note).arg(1).arg("CM:meta:removed").arg(ahead);
        let _: u64 = noting.query(&mut server.connect()).unwrap();
    };
    note(40_000);
    gc(&server, &[]).ok();
    assert!(exists(&server, "CM:meta:removed"), "it was looked at before it could settle");
    does(&mut server.connect(), "HSET CM:a base v");
    note(-1000);
    assert_eq!(gc(&server, &[]).ok().json()["tags"]["restored"], 1);
    assert!(has(&server, "CM:tag", "CM:a") && !exists(&server, "CM:meta:removed"));
}

#[test]
fn killed_anywhere_it_loses_nothing() {
    let server = Server::start();
    let mut pipe = redis::pipe();
    for n in 0..3000 {
        pipe.cmd("SADD").arg("CM:tag").arg(format!("CM:k{n}"));
        pipe.cmd("SADD").arg(format!("CM:i{}:invalid", n % 100)).arg(format!("CM:k{n}"));
    }
    pipe.query::<redis::Value>(&mut server.connect()).unwrap();
    for step in 0..12 {
        let gate = Gate::<()>::new(&server);
        gate.close();
        let gc = Cli::bare().env("CACHEME_URL", gate.url()).args(["gc", "--yes", "--no-lock"]);
        let running = gc.spawn();
        gate.hold_at_nth(step % 4, |words| words[0] == "EVAL");
        running.signal("KILL");
        running.wait().code(137);
        // Writers that were under way when their members were removed.
        let mut pipe = redis::pipe();
        for n in (step * 250)..(step * 250 + 200) {
            pipe.cmd("HSET").arg(format!("CM:k{n}")).arg("base").arg("v");
        }
        pipe.query::<redis::Value>(&mut server.connect()).unwrap();
    }
    let report = gc(&server, &["--no-lock"]).ok().json();
    let (tag, mut lost) = (members(&server, "CM:tag"), 0);
    for step in 0..12 {
        for n in (step * 250)..(step * 250 + 200) {
            lost += u32::from(!tag.contains(&format!("CM:k{n}")));
            assert!(has(&server, &format!("CM:i{}:invalid", n % 100), &format!("CM:k{n}")), "{n} {report}");
        }
    }
    assert_eq!((lost, tag.len()), (0, 2400), "{report}");
}

#[test]
fn only_one_sweep_is_at_work() {
    let server = Server::start();
    does(&mut server.connect(), "SADD CM:tag CM:a");
    does(&mut server.connect(), "SET CM:meta:lock somebody PX 60000");
    for command in [&["gc", "--yes"][..], &["purge"]] {
        let second = Cli::new(&server).args(command).args(["--format", "json"]).run();
        second.ok().says("another purge or gc of 'CM:' is running");
        assert_eq!(second.json()["complete"], false);
    }
    assert!(has(&server, "CM:tag", "CM:a"), "nothing was done");
    gc(&server, &["--dry-run"]).ok();
    gc(&server, &["--no-lock"]).ok();
    assert!(!has(&server, "CM:tag", "CM:a"));
    assert!(exists(&server, "CM:meta:lock"), "it is not ours to give back");
    does(&mut server.connect(), "DEL CM:meta:lock");
    gc(&server, &[]).ok();
    assert!(!exists(&server, "CM:meta:lock"));
}

#[test]
fn a_sweep_that_lost_its_lock_stops() {
    let server = Server::start();
    let mut pipe = redis::pipe();
    (0..20_000).for_each(|n| {
        pipe.cmd("SADD").arg("CM:tag").arg(format!("CM:k{n}"));
    });
    pipe.query::<redis::Value>(&mut server.connect()).unwrap();
    let cli = gc_cli().args(["--pace", "1%"]);
    let (gate, running) = held_once(&server, cli, || exists(&server, "CM:meta:lock"));
    let left: i64 = redis::cmd("PTTL").arg("CM:meta:lock").query(&mut server.connect()).unwrap();
    assert!((1..=30_000).contains(&left), "it expires by itself: {left}");
    does(&mut server.connect(), "SET CM:meta:lock another PX 60000");
    gate.open();
    let ended = running.wait();
    assert_eq!(ended.code(3).says("the lock was lost").json()["complete"], false);
    assert!(exists(&server, "CM:meta:lock"));
}

#[test]
fn a_small_budget_again_and_again_reaches_everything() {
    for command in ["gc", "purge"] {
        let server = Server::start();
        let mut pipe = redis::pipe();
        for n in 0..4000 {
            pipe.cmd("SADD").arg(["CM:huge", "CM:large", "CM:big"][n % 3]).arg(format!("CM:k{n}"));
            pipe.cmd("SADD").arg(format!("CM:i{n}:invalid")).arg(format!("CM:k{n}"));
            let base = if n % 2 == 0 { "many".to_owned() } else { format!("b{n}") };
            let bucket = format!("CM:Meta:Expire-Buckets::CM:{base}");
            pipe.cmd("ZADD").arg(bucket).arg(1000).arg(format!("CM:{base}>{n}"));
        }
        pipe.query::<redis::Value>(&mut server.connect()).unwrap();
        let (mut runs, mut removed, mut resumed) = (0, 0, 0);
        loop {
            runs += 1;
            assert!(runs < 4000, "{command} never gets there");
            let args = ["--time-budget", "25ms", "--pace", "20%", "--format", "json"];
            let yes: &[&str] = if command == "gc" { &["--yes"] } else { &[] };
            let run = Cli::new(&server).arg(command).args(args).args(yes).run();
            let report = run.json();
            removed += ["tags", "invalid_keys", "expiry"]
                .iter()
                .map(|part| report[part]["removed"].as_u64().unwrap_or(0))
                .sum::<u64>()
                + report["expired"].as_u64().unwrap_or(0);
            if report["complete"] == true {
                run.ok();
                break;
            }
            run.code(3);
            resumed += u32::from(exists(&server, "CM:meta:cursor"));
        }
        assert!(
            runs > 3 && resumed > 2,
            "{command}: {runs} runs, {resumed} of them noted where they stopped"
        );
        assert_eq!(removed, if command == "gc" { 12_000 } else { 4000 }, "{command} in {runs} runs");
        assert!(!exists(&server, "CM:meta:cursor"), "{:?}", server.dump().keys());
    }
}

/// A run whose time is over as the first script that says this is on its way.
#[track_caller]
fn out_of_time(server: &Server, script: &str) {
    const BUDGET: Duration = Duration::from_secs(1);
    let gate = Gate::<()>::new(server);
    gate.close();
    let cli = Cli::new(server).env("CACHEME_URL", gate.url()).args(["gc", "--yes", "--no-lock"]);
    let cli = cli.args(["--format", "json", "--time-budget", &format!("{}s", BUDGET.as_secs())]);
    let running = cli.spawn();
    gate.hold_at(|words| words[0] == "EVAL" && words[1].contains(script));
    std::thread::sleep(BUDGET);
    gate.open();
    assert_eq!(running.wait().code(3).json()["complete"], false);
}

#[test]
fn what_earlier_runs_and_workers_left_is_dealt_with_inside_the_budget_too() {
    let server = Server::start();
    let mut pipe = redis::pipe();
    for _ in 0..60 {
        let pack = "return redis.call('RPUSH', KEYS[1], cmsgpack.pack({1000, 'tag', 'CM:tag', {'CM:gone'}}))";
        pipe.cmd("EVAL").arg(pack).arg(1).arg("CM:meta:removed");
    }
    for n in 0..500 {
        pipe.cmd("ZADD").arg("CM:meta:leases").arg(1000).arg(format!("CM:k{n}"));
    }
    pipe.exec(&mut server.connect()).unwrap();
    let left = |command: &str, key: &str| -> u64 {
        redis::cmd(command).arg(key).query(&mut server.connect()).unwrap()
    };
    out_of_time(&server, "LPOP");
    let records = left("LLEN", "CM:meta:removed");
    assert!(0 < records && records < 60, "{records} are left");
    assert_eq!(left("ZCARD", "CM:meta:leases"), 500);
    does(&mut server.connect(), "DEL CM:meta:removed");
    out_of_time(&server, "restore(KEYS[1]");
    assert_eq!(left("ZCARD", "CM:meta:leases"), 400);
    gc(&server, &[]).ok();
    assert_eq!(left("ZCARD", "CM:meta:leases"), 0);
}

#[test]
fn a_bookmark_of_another_server_process_is_dropped() {
    let mut server = Server::start();
    all(
        &mut server.connect(),
        &[
            "SADD CM:tag CM:a",
            "HSET CM:meta:cursor gc:run_id before gc:phase 2 gc:cursor 77 purge:run_id before purge:cursor 77",
            "ZADD CM:Meta:Expire-Buckets::CM:a 1 CM:a",
        ],
    );
    server.restart();
    let report = gc(&server, &["--time-budget", "20s"]).ok().json();
    assert_eq!(report["tags"]["removed"], 1, "{report}");
    let purge = Cli::new(&server).args(["purge", "--time-budget", "20s", "--format", "json"]).run();
    assert_eq!(purge.ok().json()["complete"], true);
}

#[test]
fn a_dry_run_sends_no_write_and_says_the_same() {
    let server = Server::start();
    all(
        &mut server.connect(),
        &[
            "HSET CM:a f v",
            "SADD CM:tag CM:a>f CM:gone",
            "SADD CM:x:invalid CM:gone",
            "ZADD CM:Meta:Expire-Buckets::CM:a 99999999999 CM:a>gone",
            "SADD CM:progress CM:busy",
            "SADD CM:meta:deleted CM:gone",
            "ZADD CM:meta:leases 5 CM:leased",
        ],
    );
    let before = server.dump();
    let (dry, seen) = server.monitor(|| gc(&server, &["--dry-run", "--exit-code", "--stuck-after", "0s"]));
    content::assert_same(&before, &server.dump());
    let reads = [
        "AUTH",
        "PING",
        "CLIENT",
        "INFO",
        "TYPE",
        "SCRIPT",
        "TIME",
        "SCAN",
        "SSCAN",
        "SCARD",
        "SMEMBERS",
        "ZCARD",
        "ZRANGE",
        "ZRANGEBYSCORE",
        "ZSCORE",
        "HEXISTS",
        "SISMEMBER",
    ];
    let others: Vec<_> = seen.iter().filter(|it| !reads.contains(&it.name().as_str())).cloned().collect();
    assert!(others.is_empty(), "{}", transcript(&others));
    let dry = dry.code(5).json();
    let wet = gc(&server, &["--stuck-after", "0s"]).ok().json();
    let removed = |report: &Value, part: &str| report[part]["removed"].as_u64().unwrap();
    for part in ["tags", "invalid_keys", "expiry", "pending", "progress"] {
        assert_eq!(removed(&dry, part), removed(&wet, part), "{part} {dry} {wet}");
        assert_eq!(dry[part]["scanned"], wet[part]["scanned"], "{part}");
        assert_eq!(dry[part]["bytes"], wet[part]["bytes"], "{part}");
    }
}

#[test]
fn it_does_not_act_unasked() {
    let server = Server::start();
    does(&mut server.connect(), "SADD CM:tag CM:gone");
    let before = server.dump();
    Cli::new(&server).arg("gc").run().code(2).says("--yes");
    Cli::new(&server).args(["gc", "--yes", "--read-only"]).run().code(2).says("--read-only");
    Cli::new(&server).args(["gc", "--dry-run", "--read-only"]).run().ok();
    content::assert_same(&before, &server.dump());
}

#[test]
fn it_works_at_maxmemory() {
    let server = Server::start();
    let mut pipe = redis::pipe();
    (0..2000).for_each(|n| {
        pipe.cmd("SADD").arg("CM:tag").arg(format!("CM:k{n}"));
    });
    pipe.query::<redis::Value>(&mut server.connect()).unwrap();
    all(&mut server.connect(), &["SADD CM:progress CM:stuck", "CONFIG SET maxmemory 1"]);
    let run = gc(&server, &["--time-budget", "20s"]);
    run.code(3).says("no room for the lock").says("no room to note what needs a second check: 1 mark or key in progress that may be stuck was left alone");
    assert_eq!(run.json()["tags"]["removed"], 2000);
}

#[test]
fn what_it_has_no_room_to_note_is_not_done() {
    let server = Server::start();
    all(
        &mut server.connect(),
        &["SADD CM:progress CM:gone", "SADD CM:delete CM:dead", "CONFIG SET maxmemory 1"],
    );
    let run = || gc(&server, &["--wait", "--stuck-after", "1ms"]);
    let full = run();
    full.code(3).says("2 marks or keys in progress that may be stuck were left alone");
    let report = full.json();
    assert_eq!((&report["complete"], &report["suspects"]), (&false.into(), &0.into()), "{report}");
    does(&mut server.connect(), "CONFIG SET maxmemory 0");
    let report = run().ok().json();
    assert_eq!((&report["complete"], &report["progress"]["removed"]), (&true.into(), &1.into()), "{report}");
    assert_eq!(report["pending"]["removed"], 1, "{report}");
}

/// How often the server carried out a command.
pub(crate) fn calls(server: &Server, command: &str) -> u64 {
    let info: String = redis::cmd("INFO").arg("commandstats").query(&mut server.connect()).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

#[test]
fn many_names_of_one_value_take_no_more_than_many_values() {
    const NAMES: u64 = 2000;
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.busy((0..NAMES).map(|n| format!("a>b>{n}"))).tag("t", (0..NAMES).map(|n| format!("a>b>{n}")));
    seed.tag("t", ["dead>x"]);
    for args in [
        &["gc", "--dry-run"][..],
        &["gc", "--yes"],
        &["invalidate", "--tag", "t", "--delete", "--yes", "--dry-run"],
        &["invalidate", "--tag", "t", "--delete", "--yes"],
    ] {
        let before = calls(&server, "sismember") + calls(&server, "sadd");
        Cli::new(&server).args(["--layout", "classic"]).args(args).run().ok();
        let asked = calls(&server, "sismember") + calls(&server, "sadd") - before;
        assert!(asked <= 4 * NAMES, "{args:?} asks {asked} times about {NAMES} names");
    }
    assert!(!has(&server, "CM:t", "CM:dead>x") && has(&server, "CM:t", "CM:a>b>7"));
    assert!(has(&server, "CM:delete", "CM:a>b") && has(&server, "CM:delete", "CM:a>b>7"));
}
