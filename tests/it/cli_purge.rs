//! `purge`: what is due goes, what is not stays, in small steps.

use serde_json::{Value, json};

use crate::cli_invalidate::SHARED;
use crate::stats_prometheus::samples;
use crate::support::cli::Cli;
use crate::support::content::{assert_same, diff};
use crate::support::gate::held;
use crate::support::output::Output;
use crate::support::seed::{Seed, names, now, set};
use crate::support::server::Server;

fn run(server: &Server, args: &[&str]) -> Output {
    Cli::new(server).arg("purge").args(args).run()
}

/// Runs it dry and for real, and gives the report of both, which must be the same.
#[track_caller]
fn report(server: &Server, args: &[&str]) -> Value {
    let args = [args, &["--format", "json"]].concat();
    let before = server.dump();
    let dry = run(server, &[&args[..], &["--dry-run"]].concat()).ok().json();
    assert_same(&before, &server.dump());
    let done = run(server, &args).ok().json();
    for field in ["buckets", "scanned", "expired", "deleted", "marked", "complete", "bytes"] {
        assert_eq!(dry[field], done[field], "{field} of the dry run {dry} and of the run {done}: {args:?}");
    }
    assert_eq!((&dry["dry_run"], &done["dry_run"]), (&json!(true), &json!(false)));
    done
}

#[track_caller]
fn counts(report: &Value, expected: [u64; 5]) {
    let found = ["buckets", "scanned", "expired", "deleted", "marked"];
    assert_eq!(found.map(|it| report[it].as_u64().unwrap()), expected, "{report}");
    assert_eq!(report["complete"], true);
}

fn filled(prefix: &str, meta: bool) -> Server {
    let server = Server::start();
    let mut seed = Seed::under(&server, prefix.as_bytes(), meta);
    seed.live(["a>old", "a>new", "plain", "cut>b>c", "no timeout"]);
    seed.expires("a>old", -100).expires("a>new", 100).expires("plain", -100).expires("cut>b>c", -100);
    seed.expires("leaked", -100).tag("t", ["a>old", "plain"]);
    let stranger = b"Other:Meta:Expire-Buckets::Other:x".to_vec();
    seed.run("ZADD", &[stranger, b"1".to_vec(), b"Other:x".to_vec()]).run("HSET", &["Other:x", "base", "x"]);
    seed.run("ZADD", &["plain zset", "1", "x"]).run("ZADD", &[&format!("{prefix}ranking"), "1", "x"]);
    server
}

#[test]
fn an_application_east_of_utc_is_asked_for_where_all_has_expired() {
    const WARNING: &str = "warning: every expiry time lies in the past, by ";
    let all_past = |keys: u32, newest: i64| {
        let server = Server::start();
        let mut seed = Seed::classic(&server);
        for n in 0..keys {
            seed.expires(&format!("a{}>{n}", n % 3), newest - i64::from(n));
        }
        server
    };
    let hours = all_past(12, -6 * 3600);
    for mode in [&["--dry-run"][..], &["--quiet"]] {
        let output = run(&hours, mode);
        output
            .ok()
            .says(&format!("{WARNING}6h or more: are the application's hosts east of UTC? See: cacheme"));
        output.says("doctor --monitor 10s (--utc-offset +00:00 says that they are not)");
    }
    run(&all_past(330, -7000), &["--grace", "1h", "--dry-run"]).ok().says(WARNING);
    // Somebody knows; a few; a quiet minute; long ago; a part; and what has not expired yet.
    run(&all_past(12, -7000), &["--utc-offset", "+00:00"]).ok().never_says(WARNING);
    run(&all_past(9, -7000), &[]).ok().never_says(WARNING);
    run(&all_past(12, -800), &[]).ok().never_says(WARNING);
    run(&all_past(12, -3700), &["--grace", "1h"]).ok().never_says(WARNING);
    run(&all_past(12, -86_400), &[]).ok().never_says(WARNING);
    run(&all_past(12, -7000), &["--except-pattern", "b*"]).ok().never_says(WARNING);
    let server = all_past(12, -7000);
    Seed::classic(&server).expires("b", 100);
    run(&server, &[]).ok().never_says(WARNING);
}

#[test]
fn a_mark_stays_while_its_value_is_computed_by_whatever_name() {
    for ((computed, read), others) in SHARED.into_iter().flat_map(|it| [(it, 0), (it, 150)]) {
        let server = Server::start();
        let entry = if read.starts_with("a>b") && read != "a>base" { "CM:a>b" } else { "CM:a" };
        // Of a key that is cut, no entry has the name.
        if entry != format!("CM:{read}") {
            continue;
        }
        let mut seed = Seed::classic(&server);
        seed.busy([computed]).busy((0..others).map(|n| format!("other {n}")));
        seed.marked([read]).expires(read, -100);
        Cli::new(&server).args(["--layout", "classic", "purge"]).run().ok();
        assert!(names(&server, "CM:delete").contains(entry), "{computed} is computed");
    }
}

#[test]
fn what_is_due_goes_with_its_entry_and_nothing_else_changes() {
    for (p, meta, layout) in
        [("CM:", false, "classic"), ("CM:", true, "meta"), ("P:", false, "auto"), ("P*[x]:", true, "meta")]
    {
        for pace in ["gentle", "fast"] {
            let server = filled(p, meta);
            let before = server.dump();
            counts(&report(&server, &["--prefix", p, "--layout", layout, "--pace", pace]), [4, 5, 4, 3, 0]);
            let buckets = format!("{p}Meta:Expire-Buckets::{p}");
            let difference = diff(&before, &server.dump());
            let mut left: Vec<&str> =
                difference.lines().map(|it| it.split(" score").next().unwrap()).collect();
            left.sort_unstable();
            let mut expected = vec![
                format!(r"- {p}a field old = \x80\x04K\x01."),
                format!(r"- {p}plain field base = \x80\x04K\x01."),
                format!(r"- {p}cut field b = \x80\x04K\x01."),
                format!("- {buckets}a member {p}a>old"),
                format!("- {buckets}plain member {p}plain"),
                format!("- {buckets}cut member {p}cut>b"),
                format!("- {buckets}leaked member {p}leaked"),
            ];
            expected.sort();
            assert_eq!(left, expected);
            counts(&report(&server, &["--prefix", p, "--layout", layout]), [1, 1, 0, 0, 0]);
        }
    }
}

#[test]
fn a_dry_run_of_one_large_bucket_reads_no_page_behind_an_offset() {
    let server = Server::start();
    let script = "for i = 1, 20000 do
        redis.call('HSET', 'CM:big', i, 'v')
        redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:big', 1000, 'CM:big>' .. i)
    end
    redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:big', 99999999999, 'CM:big>live')";
    redis::cmd("EVAL").arg(script).arg(0).exec(&mut server.connect()).unwrap();
    let (dry, seen) = server.monitor(|| run(&server, &["--dry-run"]));
    dry.ok();
    let offsets = seen.iter().map(|it| it.rest()).filter_map(|args| {
        let at = args.iter().position(|arg| arg == "LIMIT")?;
        Some(args[at + 1].clone())
    });
    assert_eq!(offsets.collect::<Vec<_>>(), ["0"]);
    counts(&report(&server, &["--layout", "meta"]), [1, 20_001, 20_000, 20_000, 0]);
}

/// Values of known sizes, of which those of 3000, 200 and no bytes have expired; one of them is known by two names.
fn sized(prefix: &str, meta: bool) -> Server {
    let server = Server::start();
    let mut seed = Seed::under(&server, prefix.as_bytes(), meta);
    for (key, size, left) in [("a>x", 3000, -100), ("a>y", 50, 100), ("b>c>d", 200, -100), ("empty", 0, -100)]
    {
        seed.value(key, &vec![b'v'; size]).expires(key, left);
    }
    seed.expires("gone>x", -100)
        .tag("t", ["a>x", "a>y", "b>c>d", "b>c>e"])
        .run("SET", &[&format!("{prefix}text"), "x"]);
    seed.expires("text", -100);
    server
}

#[test]
fn it_tells_the_bytes_of_the_values_that_it_deletes() {
    for (prefix, meta, layout) in [("CM:", false, "classic"), ("CM:", true, "meta"), ("P:", false, "auto")] {
        for (args, bytes, deleted) in [
            (&[][..], 3200, 3),
            (&["--tag", "t"], 3200, 2),
            (&["--larger-than", "1k"], 3000, 1),
            (&["--except-tag", "t"], 0, 1),
            (&["--grace", "1h"], 0, 0),
            (&["--mark"], 0, 0),
        ] {
            let server = sized(prefix, meta);
            let done = report(&server, &[&["--prefix", prefix, "--layout", layout], args].concat());
            assert_eq!(
                (&done["bytes"], &done["deleted"]),
                (&json!(bytes), &json!(deleted)),
                "{args:?} {done}"
            );
        }
    }
    let table = run(&sized("CM:", false), &["--format", "table"]);
    assert!(
        table.ok().text().contains("Deleted 3 values (3.12 KiB of values), marked 0 keys"),
        "{}",
        table.transcript()
    );
    let last = |text: &str| text.trim_end().rsplit('\t').next().unwrap().to_owned();
    assert_eq!(last(run(&sized("CM:", false), &["--format", "plain"]).ok().text()), "3200");
}

#[test]
fn what_its_runs_deleted_adds_up_in_the_file() {
    let server = sized("CM:", false);
    let cli = |args: &[&str]| {
        Cli::new(&server).args(["--layout", "classic", "purge", "--output", "p.prom"]).args(args)
    };
    let purge = cli(&[]);
    let told = || samples(&std::fs::read_to_string(purge.home().join("p.prom")).unwrap());
    let name = "cacheme_purge_deleted_bytes_total{prefix=\"CM:\"}";
    purge.run().ok();
    assert_eq!(told()[name], 3200.0);
    Seed::classic(&server).value("late", b"12345").expires("late", -100);
    purge.run().ok();
    assert_eq!(told()[name], 3205.0);
    let gc = Cli::new(&server).args(["gc", "--yes", "--output", "g.prom"]);
    gc.run().ok();
    let text = std::fs::read_to_string(gc.home().join("g.prom")).unwrap();
    assert!(!text.contains("bytes"), "{text}");
}

#[test]
fn without_the_right_to_sizes_values_go_all_the_same() {
    for args in [&[][..], &["--dry-run"]] {
        let server = sized("CM:", false);
        Seed::classic(&server).run("ACL", &["SETUSER", "ops", "on", "nopass", "~CM:*", "+@all", "-hstrlen"]);
        let url = format!("{}?user=ops", server.url());
        let purge = Cli::bare()
            .args(["purge", "-v", "--layout", "classic", "--url", &url, "--format", "json"])
            .args(args)
            .run();
        let done = purge.ok().says("HSTRLEN").json();
        assert_eq!(
            (&done["bytes"], &done["deleted"], &done["complete"]),
            (&Value::Null, &json!(3), &json!(true))
        );
    }
}

#[test]
fn mark_does_what_the_library_would() {
    for (meta, layout, deleted) in [(false, "classic", "CM:delete"), (true, "meta", "CM:meta:deleted")] {
        let server = filled("CM:", meta);
        let mut seed = Seed::under(&server, b"CM:", meta);
        // Two names of what the bucket has as `cut>b`, one of what it has as `plain`; of `a>new` not yet.
        seed.marked(["plain"])
            .tag("u", ["cut>b>c", "a>new>c", "a>old"])
            .tag("v", ["cut>b>c", "cut>b>d", "plain>base"]);
        counts(&report(&server, &["--mark", "--layout", layout]), [4, 5, 4, 0, 6]);
        let marked =
            ["CM:a>old", "CM:plain", "CM:plain>base", "CM:cut>b", "CM:cut>b>c", "CM:cut>b>d", "CM:leaked"];
        assert_eq!(names(&server, deleted), set(&marked));
        assert_eq!(names(&server, "CM:a"), set(&["old", "new"]));
        assert_eq!(names(&server, "CM:Meta:Expire-Buckets::CM:a"), set(&["CM:a>new"]));
    }
    let server = filled("CM:", false);
    let output = run(&server, &["--mark", "-v"]);
    output.ok().says("CM:delete and CM:meta:deleted");
    assert_eq!(names(&server, "CM:delete"), names(&server, "CM:meta:deleted"));
}

#[test]
fn grace_leaves_alone_what_expired_lately() {
    let server = filled("CM:", true);
    for (grace, expired) in [("1h", 0), ("200s", 0), ("150", 0), ("50s", 4)] {
        let dry = run(&server, &["--grace", grace, "--dry-run", "--format", "json"]).ok().json();
        assert_eq!(dry["expired"], expired, "{grace}");
    }
    counts(&report(&server, &["--grace", "1m"]), [4, 5, 4, 3, 0]);
    run(&server, &["--grace", "long"]).code(2).says("5m");
    run(&server, &["--grace", "-5s"]).code(2);
}

#[test]
fn the_applications_offset_counts() {
    for (offset, hours) in [("+08:00", 8), ("-05:00", -5)] {
        let server = Server::start();
        let mut seed = Seed::meta(&server);
        // As hosts there write it: 100 s ago and in 100 s.
        seed.live(["past", "future"])
            .expires("past", -100 - hours * 3600)
            .expires("future", 100 - hours * 3600);
        counts(&report(&server, &["--utc-offset", offset]), [2, 2, 1, 1, 0]);
        assert_eq!(names(&server, "CM:future"), set(&["base"]));
        // On true time all would be eight hours early, or none would be due for five.
        let naive = run(&server, &["--dry-run", "--format", "json"]).ok().json();
        assert_eq!(naive["expired"], u64::from(hours > 0), "{naive}");
    }
}

/// A bucket with so many due entries and one that is not.
fn wide(due: u32) -> Server {
    let server = Server::start();
    let script = "for i = 1, ARGV[1] do
        redis.call('HSET', 'CM:wide', 'f' .. i, 'N.')
        redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:wide', 1000 + i, 'CM:wide>f' .. i)
    end";
    let mut seed = Seed::meta(&server);
    seed.run("EVAL", &[script, "0", &due.to_string()]).live(["wide>fresh"]).expires("wide>fresh", 1000);
    server
}

#[test]
fn a_large_bucket_is_purged_in_small_steps() {
    for pace in ["gentle", "fast"] {
        let server = wide(5000);
        let (output, seen) = server.monitor(|| run(&server, &["--pace", pace, "--format", "json"]));
        counts(&output.ok().json(), [1, 5001, 5000, 5000, 0]);
        assert_eq!(names(&server, "CM:wide"), set(&["fresh"]));
        assert_eq!(names(&server, "CM:Meta:Expire-Buckets::CM:wide"), set(&["CM:wide>fresh"]));
        let scripts: Vec<usize> =
            seen.iter().filter(|it| it.name() == "EVAL").map(|it| it.args[2].len()).collect();
        assert!(scripts.len() >= 50, "{} scripts", scripts.len());
        let keys =
            seen.iter().filter(|it| it.name() == "EVAL").map(|it| it.rest()[1].parse::<u32>().unwrap());
        assert!(keys.max().unwrap() <= 100);
    }
    let server = wide(5000);
    counts(&report(&server, &[]), [1, 5001, 5000, 5000, 0]);
    let server = wide(1234);
    counts(&report(&server, &["--mark", "--layout", "meta"]), [1, 1235, 1234, 0, 1234]);
}

#[test]
fn the_time_budget_is_kept_inside_one_bucket_too() {
    let server = wide(60_000);
    let output = run(&server, &["--time-budget", "50ms", "--format", "json"]);
    let done = output.code(3).json();
    assert_eq!(done["complete"], false);
    let deleted = done["deleted"].as_u64().unwrap();
    assert!(deleted < 60_000, "{done}");
    assert_eq!(names(&server, "CM:wide").len() as u64, 60_001 - deleted, "what is reported is what was done");
    let table = run(&server, &["--time-budget", "1ms", "--format", "table"]);
    assert!(table.code(3).text().contains("not complete"), "{}", table.transcript());
    run(&server, &["--time-budget", "0s"]).code(2);
    run(&server, &["--time-budget", "5m"]).ok();
    assert_eq!(names(&server, "CM:wide"), set(&["fresh"]));
}

#[test]
fn the_time_budget_is_kept_between_buckets() {
    let server = Server::start();
    let script =
        "for i = 1, 20000 do redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:b' .. i, 5, 'CM:b' .. i) end";
    Seed::meta(&server).run("EVAL", &[script, "0"]);
    let done = run(&server, &["--time-budget", "20ms", "--format", "json"]).code(3).json();
    // One key more: where the next run goes on from.
    assert_eq!(server.dbsize(), 20_000 - done["expired"].as_u64().unwrap() + 1);
}

#[test]
fn a_value_that_is_refreshed_meanwhile_survives() {
    let server = wide(3000);
    // The plan was read; the entry at its very end is refreshed before the script gets to it.
    let purge = Cli::new(&server).args(["purge", "--format", "json"]);
    let (gate, running) = held(&server, purge, 1, &["EVAL"]);
    let fresh = (now() + 500).to_string();
    let mut seed = Seed::meta(&server);
    seed.value("wide>f3000", b"K\x02.")
        .run("ZADD", &["CM:Meta:Expire-Buckets::CM:wide", &fresh, "CM:wide>f3000"]);
    gate.open();
    let done = running.wait().ok().json();
    assert_eq!((&done["expired"], &done["deleted"]), (&json!(2999), &json!(2999)));
    assert_eq!(names(&server, "CM:wide"), set(&["fresh", "f3000"]));
}

#[test]
fn a_mark_stays_while_its_key_is_in_progress() {
    let layouts = [(false, "classic", "CM:delete"), (true, "meta", "CM:meta:deleted")];
    for ((meta, layout, deleted), others) in layouts.into_iter().flat_map(|it| [(it, 0), (it, 50), (it, 150)])
    {
        let server = Server::start();
        let mut seed = Seed::under(&server, b"CM:", meta);
        seed.live(["busy", "idle"]).expires("busy", -1000).expires("idle", -1000);
        seed.marked(["busy", "idle", "elsewhere"]);
        seed.busy((0..others).map(|n| format!("other {n}")).chain(["busy".to_owned()]));
        counts(&report(&server, &["--layout", layout]), [2, 2, 2, 2, 0]);
        // Whether somebody computes `idle` by another name cannot be told where many keys are in progress.
        let idle: &[&str] = if others > 100 { &["CM:idle"] } else { &[] };
        assert_eq!(names(&server, deleted), set(&[&["CM:busy", "CM:elsewhere"], idle].concat()));
    }
}

#[test]
fn alien_members_are_removed_and_stand_for_no_value() {
    let server = Server::start();
    let mut seed = Seed::meta(&server);
    seed.live(["other>x", "bucket", "bucketful>y"]).run("SET", &["alien", "x"]);
    for member in ["alien", "CM:other>x", "CM:bucketful>y", "CM:bucket", "CM:bucket>"] {
        seed.run("ZADD", &["CM:Meta:Expire-Buckets::CM:bucket", "5", member]);
    }
    seed.run("SET", &["CM:string", "x"]).expires("string", -5);
    let done = report(&server, &[]);
    assert_eq!((&done["expired"], &done["deleted"]), (&json!(6), &json!(1)));
    assert_eq!(names(&server, "CM:bucket"), set(&[]));
    assert_eq!((names(&server, "CM:other"), names(&server, "CM:bucketful")), (set(&["x"]), set(&["y"])));
    assert!(server.dump().contains_key(&b"alien"[..]) && server.dump().contains_key(&b"CM:string"[..]));
}

#[test]
fn dry_runs_tell_by_their_exit_code() {
    let server = filled("CM:", true);
    run(&server, &["--dry-run"]).ok();
    run(&server, &["--dry-run", "--exit-code"]).code(5);
    run(&server, &["--dry-run", "--exit-code", "--grace", "1h"]).ok();
    let table = run(&server, &["--dry-run", "--format", "table"]);
    let text = table.ok().text();
    assert!(text.contains("Would delete 3 values"), "{}", table.transcript());
    run(&server, &["--exit-code"]).code(2);
    let table = run(&server, &["--format", "table"]);
    assert!(table.ok().text().contains("Deleted 3 values"), "{}", table.transcript());
}

#[test]
fn it_needs_no_yes_for_cron_is_to_run_it() {
    let server = filled("CM:", true);
    let output = Cli::new(&server).arg("purge").run();
    assert!(
        output.ok().text().contains("; expired: 4 of 5 entries in 4 buckets, "),
        "{}",
        output.transcript()
    );
    assert_eq!(output.stderr, "");
    // Nothing is left to do, so cron has nothing to send; whoever names a format gets it whatever was done.
    assert_eq!(Cli::new(&server).arg("purge").run().ok().text(), "");
    let data = Cli::new(&server).args(["purge", "--quiet", "--format", "plain"]).run();
    assert!(data.ok().text().starts_with("1\t1\t0\t0\t0\tfalse\ttrue\t"), "{}", data.transcript());
    let quiet = Cli::new(&filled("CM:", true)).args(["purge", "--quiet"]).run();
    assert_eq!((quiet.ok().text(), &*quiet.stderr), ("", ""));
}

#[test]
fn with_quiet_only_what_was_not_finished_is_told() {
    for args in [&["purge"][..], &["gc", "--yes"]] {
        let server = filled("CM:", true);
        redis::cmd("SADD").arg("CM:tag").arg("CM:gone").exec(&mut server.connect()).unwrap();
        let cli = || Cli::new(&server).args(args).arg("--quiet");
        let lock = |set: &str| {
            let words: Vec<_> = set.split(' ').collect();
            redis::cmd(words[0]).arg(&words[1..]).exec(&mut server.connect()).unwrap();
        };
        lock("SET CM:meta:lock other PX 600000");
        let beside = cli().run();
        assert_eq!((beside.ok().text(), &*beside.stderr), ("", ""), "{args:?}");
        Cli::new(&server).args(args).run().ok().says("another purge or gc of 'CM:' is running");
        lock("DEL CM:meta:lock");
        // A batch is done whatever stops it: there has to be more than one.
        let more =
            "for n = 1, 20000 do redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:' .. n, 1, 'CM:' .. n) end";
        redis::cmd("EVAL").arg(more).arg(0).exec(&mut server.connect()).unwrap();
        let (gate, running) = held(&server, cli(), 0, &["EVAL", "EVALSHA"]);
        running.signal("TERM");
        gate.open();
        let stopped = running.wait();
        assert!(!stopped.code(130).text().is_empty(), "{}", stopped.transcript());
        let over = cli().args(["--time-budget", "1ns"]).run();
        assert!(over.code(3).text().ends_with("; not complete\n"), "{}", over.transcript());
    }
}

#[test]
fn over_an_index_only_what_it_names_goes() {
    for pace in ["gentle", "fast"] {
        let server = filled("CM:", false);
        let mut seed = Seed::classic(&server);
        seed.tag("u", ["a>new", "cut>b>c", "no timeout", "never there"]).invalid("I", ["plain"]);
        seed.run("SET", &["CM:no set", "x"]);
        // Of tag t two entries are due; one more of its members has none.
        counts(&report(&server, &["--tag", "u", "--pace", pace]), [2, 2, 1, 1, 0]);
        counts(&report(&server, &["--tag", "t", "--invalid-key", "I", "--pace", pace]), [2, 2, 2, 2, 0]);
        let refused = run(&server, &["--tag", "no set", "--format", "json"]);
        refused.code(3).says("'CM:no set' is not a set");
        assert_eq!(refused.json()["complete"], false);
        run(&server, &["--tag", "CM:t"]).ok().says("hint");
        // What no index names is left for a run without any.
        counts(&report(&server, &["--pace", pace]), [2, 2, 1, 0, 0]);
    }
}
