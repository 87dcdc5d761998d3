//! Recorded counters: from the Python recipe and from Rust, read, over a day, and forgotten.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cacheme::cache::{Event, Recorder};
use cacheme::client::{Target, Timeouts};
use cacheme::namespace::{Layout, Namespace};
use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::gate::held;
use crate::support::output::Output;
use crate::support::python::{self, Lib};
use crate::support::relay::{Fault, Relay};
use crate::support::server::Server;
use crate::support::terminal::Terminal;

fn recorder(server: &Server, interval: Duration) -> Recorder {
    let ns = Namespace::new("CM:", Layout::Meta).unwrap();
    Recorder::start(Target::parse(&server.url()).unwrap(), Timeouts::default(), ns, interval)
}

/// Hits, misses and ratio by tag.
fn counters(server: &Server, args: &[&str]) -> BTreeMap<String, (u64, u64, Value)> {
    let output = Cli::new(server).args(["stats", "--format", "json"]).args(args).run();
    let stats = output.ok().json();
    let counters = stats["counters"].as_array().unwrap();
    let of = |counter: &Value, name: &str| counter[name].as_u64().unwrap();
    counters
        .iter()
        .map(|it| {
            let tag = it["tag"].as_str().unwrap().to_owned();
            (tag, (of(it, "hits"), of(it, "misses"), it["hit_ratio"].clone()))
        })
        .collect()
}

#[test]
fn the_python_recipe_feeds_what_the_library_called_back() {
    for (lib, prefix) in [(Lib::V009, "CM:"), (Lib::V010, "P:"), (Lib::V011, "CM:"), (Lib::V011, "P:")] {
        let server = Server::start();
        let told = python::python(lib, &server, "counters.py", ["--prefix", prefix]).ok().json();
        let recorded = counters(&server, &["--prefix", prefix]);
        for tag in ["get_owner", "shelf:of:books"] {
            let (hits, misses, _) = &recorded[tag];
            assert_eq!(
                (&json!(hits), &json!(misses)),
                (&told["hits"][tag], &told["misses"][tag]),
                "{lib:?} {tag}"
            );
        }
        let refreshes = u64::from(lib.is_meta());
        assert_eq!((recorded["get_owner"].0, recorded["get_owner"].1), (3, 3 + refreshes), "{lib:?}");
        assert_eq!((recorded["shelf:of:books"].0, recorded["shelf:of:books"].1), (3, 3), "{lib:?}");

        // Never a value, a tag, or something a pattern matches; and the hours expire.
        let keys = Cli::new(&server).args(["keys", "list", "--prefix", prefix]).run();
        assert!(!keys.ok().text().contains("stats"), "{}", keys.text());
        let hour = format!("{prefix}meta:stats:{}", hour_now());
        let left: i64 = redis::cmd("TTL").arg(&hour).query(&mut server.connect()).unwrap();
        assert!((25 * 3600..=49 * 3600).contains(&left), "{left}");
    }
}

/// The times to live that were given while something ran, in seconds.
fn times_given(server: &Server, run: impl FnOnce()) -> Vec<u64> {
    let ((), seen) = server.monitor(run);
    let expires = seen.iter().filter(|it| it.name() == "EXPIRE" && it.rest()[0].contains("meta:stats"));
    expires.map(|it| it.rest()[1].parse().unwrap()).collect()
}

#[test]
fn no_batch_takes_time_from_the_hours_that_are_kept() {
    const LONG: u64 = 30 * 86400 + 2 * 3600;
    let server = Server::start();
    Cli::new(&server).args(["stats", "--keep", "30d"]).run().ok();
    // Each is a process that sends once and ends.
    for lib in Lib::ALL {
        let given = times_given(&server, || {
            python::python(lib, &server, "counters.py", [""; 0]).ok();
        });
        assert!(!given.is_empty() && given.iter().all(|seconds| *seconds == LONG), "{lib:?} {given:?}");
    }
    let given = times_given(&server, || recorder(&server, Duration::from_secs(3600)).record("t", Event::Hit));
    assert!(!given.is_empty() && given.iter().all(|seconds| *seconds == LONG), "{given:?}");
}

#[test]
fn the_python_recipe_counts_once_whatever_stands_where_the_time_is_noted() {
    for (command, time) in [
        ("HSET CM:meta:stats:keep seconds junk", 93_600),
        ("SET CM:meta:stats:keep x", 93_600),
        ("HSET CM:meta:stats:keep seconds 9999999999999", 366 * 86400 + 7200),
    ] {
        let server = Server::start();
        let mut words = command.split(' ');
        redis::cmd(words.next().unwrap()).arg(words.collect::<Vec<_>>()).exec(&mut server.connect()).unwrap();
        let given = times_given(&server, || {
            let told = python::python(Lib::V009, &server, "counters.py", ["--batches"]).ok().json();
            assert_eq!(told["hits"], json!({"get_owner": 3, "shelf:of:books": 3}));
        });
        assert!(given.len() > 5 && given.iter().all(|seconds| *seconds == time), "{command}: {given:?}");
        let recorded = counters(&server, &[]);
        assert_eq!((recorded["get_owner"].0, recorded["get_owner"].1), (3, 3), "{command}");
        assert_eq!((recorded["shelf:of:books"].0, recorded["shelf:of:books"].1), (3, 3), "{command}");
    }
}

fn hour_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 3600
}

#[test]
fn a_recorder_flushes_at_an_interval_and_when_it_is_dropped() {
    let server = Server::start();
    let slow = recorder(&server, Duration::from_secs(3600));
    let ((), seen) = server.monitor(|| {
        let tally = slow.counters("get_owner");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| tally.record(Event::Hit)));
            }
        });
        slow.record("get_owner", Event::Miss);
        slow.record("get_owner", Event::Computed(Duration::from_millis(1500)));
    });
    assert!(seen.is_empty(), "counting asks the server nothing");
    assert!(counters(&server, &[]).is_empty());
    let ((), seen) = server.monitor(|| drop(slow));
    let writes: Vec<String> =
        seen.iter().filter(|it| it.name() == "HINCRBY").map(|it| it.rest().join(" ")).collect();
    assert_eq!(writes.len(), 6, "{writes:?}");
    assert_eq!(counters(&server, &[])["get_owner"], (4000, 1, json!(0.9998)));

    let quick = recorder(&server, Duration::from_millis(10));
    quick.record("get_owner", Event::Hit);
    let hits = || counters(&server, &[])["get_owner"].0;
    crate::support::wait_until("it flushes by itself", Duration::from_secs(20), || hits() == 4001);
    let output = Cli::new(&server).args(["stats", "--format", "json"]).run();
    assert_eq!(output.json()["counters"][0]["compute_seconds"], json!(1.5));
}

#[test]
fn what_could_not_be_sent_is_sent_later() {
    let mut server = Server::start();
    let recorder = recorder(&server, Duration::from_secs(3600));
    recorder.record("t", Event::Hit);
    recorder.flush().unwrap();
    recorder.record("t", Event::Hit);
    server.stop();
    recorder.flush().unwrap_err();
    recorder.record("t", Event::Hit);
    server.restart();
    recorder.flush().unwrap();
    assert_eq!(counters(&server, &[])["t"].0, 2);
}

#[test]
fn a_day_as_rows_and_as_a_picture() {
    let server = Server::start();
    let mut connection = server.connect();
    let now = early_hour();
    for (hour, hits, misses) in [(now, 30, 10), (now - 1, 5, 5), (now - 23, 1, 0), (now - 24, 77, 0)] {
        let key = format!("CM:meta:stats:{hour}");
        let mut set = redis::cmd("HSET");
        set.arg(key).arg("get:owner:hits").arg(hits).arg("get:owner:misses").arg(misses).arg("odd").arg("x");
        set.arg("get:owner:local").arg(hits / 2).exec(&mut connection).unwrap();
    }
    let history = |args: &[&str]| Cli::new(&server).args(["stats", "--history"]).args(args).run();
    let json = history(&["--format", "json"]).ok().json();
    let hours = json["history"].as_array().unwrap();
    assert_eq!(hours.len(), 24);
    assert_eq!(hours[23]["counters"][0]["tag"], "get:owner");
    assert_eq!(hours[23]["counters"][0]["hit_ratio"], json!(0.75));
    assert_eq!(hours[22]["counters"][0]["hit_ratio"], json!(0.5));
    assert_eq!((&hours[0]["counters"][0]["hits"], &hours[21]["counters"]), (&json!(1), &json!([])));
    assert_eq!(hours[23]["counters"][0]["local"], json!(15));

    let plain = history(&[]);
    let rows: Vec<Vec<&str>> =
        plain.ok().lines().into_iter().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[2][1..5], rows[2].last()), (&["get:owner", "30", "10", "0.75"][..], Some(&"15")));

    let table = history(&["--format", "table"]);
    let text = table.ok().text();
    assert!(text.contains('█') && text.contains("71%") && text.contains("75%"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.ends_with(" 15")), "{text}");
    let empty = Cli::new(&server).args(["stats", "--history", "--format", "table", "--prefix", "X:"]).run();
    assert!(empty.ok().text().contains("nothing was recorded"));
    // What there is comes first, then what to do.
    let command = "cacheme stats --history 7d --prefix X:";
    let terminal = Terminal::sized(Cli::shell(&server, command), 80, 24);
    assert_eq!(terminal.wait_exit(), 0);
    let screen = terminal.screen();
    let places =
        ["nothing was recorded", "stats --live 10s", "hours are kept for 24 h"].map(|it| screen.find(it));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{screen}");
}

#[test]
fn a_table_of_many_tags_has_the_busiest_and_says_how_many_more_there_are() {
    let server = Server::start();
    let recorder = recorder(&server, Duration::from_secs(3600));
    for (calls, tag) in ["a", "b", "c", "d", "e", "f", "g"].into_iter().enumerate() {
        (0..=calls).for_each(|_| recorder.record(tag, Event::Hit));
    }
    recorder.flush().unwrap();
    let stats = |format: &str| Cli::new(&server).args(["stats", "--format", format]).run();
    let table = stats("table");
    let text = table.ok().text();
    assert!(text.contains(" g:hits ") && text.contains(" c:hits "), "{text}");
    assert!(!text.contains(" a:hits ") && !text.contains(" b:hits "), "{text}");
    table
        .says("the counters of 2 tags with fewer calls are left out")
        .says("stats --format plain` shows all");
    assert!(stats("plain").ok().text().contains("\ta:hits\t"));
}

#[test]
fn a_field_that_only_json_has_is_told_as_that() {
    let server = Server::start();
    let fields =
        |format: &str| Cli::new(&server).args(["stats", "--fields", "counters", "--format", format]).run();
    fields("plain")
        .code(2)
        .says("only JSON has the field 'counters'")
        .says("--format json --fields counters");
    assert_eq!(fields("json").ok().json()["counters"], serde_json::json!([]));
}

#[test]
fn a_ratio_without_requests_is_null_and_a_dash() {
    let server = Server::start();
    let recorder = recorder(&server, Duration::from_secs(3600));
    recorder.record("idle", Event::Wait);
    recorder.flush().unwrap();
    assert_eq!(counters(&server, &[])["idle"], (0, 0, Value::Null));
    let table = Cli::new(&server).args(["stats", "--format", "table"]).run();
    let ratio =
        table.ok().lines().into_iter().find(|line| line.contains("idle:hit_ratio")).unwrap().to_owned();
    assert!(ratio.contains("counters") && ratio.trim_end().ends_with('-'), "{ratio}");
}

#[test]
fn counters_of_any_size_are_told() {
    let server = Server::start();
    for key in ["CM:meta:stats".to_owned(), format!("CM:meta:stats:{}", hour_now())] {
        let mut set = redis::cmd("HSET");
        set.arg(key);
        for name in ["hits", "misses", "refreshes", "waits", "local", "compute_us"] {
            set.arg(format!("t:{name}")).arg(u64::MAX);
        }
        set.exec(&mut server.connect()).unwrap();
    }
    assert_eq!(counters(&server, &[])["t"], (u64::MAX, u64::MAX, json!(0.5)));
    let table = Cli::new(&server).args(["stats", "--history", "--format", "table"]).run();
    assert!(table.ok().lines().iter().all(|line| line.chars().count() <= 80), "{}", table.transcript());
    for args in [&[][..], &["--history"]] {
        for format in ["table", "plain", "json", "prometheus"] {
            if args.is_empty() || format != "prometheus" {
                Cli::new(&server).arg("stats").args(args).args(["--format", format]).run().ok();
            }
        }
    }
}

#[test]
fn resetting_asks() {
    let server = Server::start();
    let recorder = recorder(&server, Duration::from_secs(3600));
    let record = || {
        recorder.record("t", Event::Hit);
        recorder.flush().unwrap();
    };
    record();
    let reset = || Cli::new(&server).args(["stats", "--reset"]);
    reset().run().code(2).says("--yes");
    reset().args(["--yes", "--read-only"]).run().code(2).says("--read-only");
    assert_eq!(server.dbsize(), 2);

    let terminal = Terminal::run(reset());
    terminal.wait_for("[y/N]");
    terminal.line("n");
    assert_eq!(terminal.wait_exit(), 2);
    assert_eq!(server.dbsize(), 2);
    let terminal = Terminal::run(reset());
    terminal.wait_for("[y/N]");
    terminal.line("y");
    assert_eq!(terminal.wait_exit(), 0);
    // All that is left says since when they count.
    let left =
        || -> Vec<String> { redis::cmd("HKEYS").arg("CM:meta:stats").query(&mut server.connect()).unwrap() };
    assert_eq!((server.dbsize(), left()), (1, vec!["since".to_owned()]));

    record();
    let done = reset().args(["--yes", "--format", "json"]).run();
    assert_eq!(done.ok().json(), json!({"tags": 1, "deleted": 2, "complete": true}));
    assert_eq!((server.dbsize(), left()), (1, vec!["since".to_owned()]));

    record();
    // The first answer is lost, so it is asked again.
    let lost = AtomicBool::new(false);
    let relay = Relay::before(&server, move |asked| {
        (asked.is("UNLINK") && !lost.swap(true, SeqCst)).then_some(Fault::CutBefore)
    });
    let again = reset().env("CACHEME_URL", relay.url()).args(["--yes", "--format", "json"]).run();
    let report = again.code(3).says("not known").json();
    assert_eq!(report, json!({"tags": 1, "deleted": null, "complete": false}));
    assert_eq!((server.dbsize(), left()), (1, vec!["since".to_owned()]));
}

/// The hour, once it has at least two more minutes: until then it is the same to whoever asks.
fn early_hour() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let left = 3600 - now.as_secs() % 3600;
    if left < 120 {
        std::thread::sleep(Duration::from_secs(left));
    }
    hour_now()
}

/// A command that is stopped while it waits for the answer to the first command of that name.
fn interrupted(server: &Server, args: &[&str], command: &str) -> Output {
    let (gate, running) = held(server, Cli::bare().args(args).args(["--format", "json"]), 0, &[command]);
    running.signal("INT");
    gate.open();
    running.wait()
}

/// One hour, so many hours ago, with hits of a tag and as much time to live as it has today.
fn hour_ago(server: &Server, ago: u64, hits: u64) -> String {
    let key = format!("CM:meta:stats:{}", hour_now() - ago);
    let mut connection = server.connect();
    redis::cmd("HSET").arg(&key).arg("t:hits").arg(hits).exec(&mut connection).unwrap();
    redis::cmd("EXPIRE").arg(&key).arg(26 * 3600).exec(&mut connection).unwrap();
    key
}

/// How many hours a key has to live.
fn hours_left(server: &Server, key: &str) -> f64 {
    let seconds: i64 = redis::cmd("TTL").arg(key).query(&mut server.connect()).unwrap();
    seconds as f64 / 3600.0
}

fn is_there(server: &Server, key: &str) -> bool {
    redis::cmd("EXISTS").arg(key).query(&mut server.connect()).unwrap()
}

#[test]
fn the_history_goes_as_far_back_as_it_is_asked() {
    let server = Server::start();
    early_hour();
    let agos = [71, 49, 48, 47, 24, 23, 0];
    for ago in agos {
        hour_ago(&server, ago, ago + 1);
    }
    let history = |args: &[&str]| Cli::new(&server).args(["stats", "--history"]).args(args).run();
    let hits = |length: &str| -> Vec<u64> {
        let rows = history(&[length, "--format", "plain"])
            .ok()
            .lines()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        rows.iter().map(|row| row.split('\t').nth(2).unwrap().parse().unwrap()).collect()
    };
    assert_eq!(hits("3d"), agos.map(|ago| ago + 1));
    assert_eq!((hits("24h"), hits("1h"), hits("2879m")), (vec![24, 1], vec![1], vec![48, 25, 24, 1]));
    let json = history(&["3d", "--format", "json"]).ok().json();
    let hours = json["history"].as_array().unwrap();
    assert_eq!(
        (hours.len(), &hours[0]["counters"][0]["hits"], &hours[1]["counters"]),
        (72, &json!(72), &json!([]))
    );
    let table = history(&["3d", "--format", "table"]);
    let text = table.ok().text();
    assert!(text.contains("calls, 3 d") && text.lines().all(|line| line.chars().count() <= 80), "{text}");
    table.says("hours are kept for 24 h; `cacheme stats --keep 3d` keeps them longer");
    history(&["24h"]).ok().never_says("--keep");
    for (length, said) in
        [("10m", "between 1h and 366d"), ("367d", "between 1h and 366d"), ("far", "length of time")]
    {
        history(&[length]).code(2).says(said);
    }
    // A page of 24 hours at a time.
    let (_, seen) = server.monitor(|| history(&["30d", "--format", "ndjson"]).ok().code);
    assert_eq!(seen.iter().filter(|it| it.name() == "HGETALL").count(), 720);
}

#[test]
fn hours_are_kept_as_long_as_the_operator_says() {
    let server = Server::start();
    let keep = |args: &[&str]| {
        Cli::new(&server).args(["stats", "--keep"]).args(args).args(["--format", "json"]).run()
    };
    early_hour();
    let (old, new) = (hour_ago(&server, 20, 1), hour_ago(&server, 0, 2));
    let longer = keep(&["30d"]).ok().json();
    assert_eq!(longer, json!({"keep_seconds": 30 * 86400, "kept": 2, "forgotten": 0, "complete": true}));
    for (key, hours) in [(&old, 720.0 - 20.0), (&new, 720.0)] {
        let left = hours_left(&server, key);
        assert!((hours + 1.0..=hours + 3.1).contains(&left), "{key}: {left}");
    }
    let log = Cli::new(&server).args(["log", "--format", "json"]).run();
    assert_eq!(log.ok().json()[0]["command"][2], "--keep", "{}", log.transcript());

    // A recorder keeps to it from its first batch on, and mends what one that does not know of it wrote last.
    let recorder = recorder(&server, Duration::from_secs(3600));
    redis::cmd("DEL").arg(&new).exec(&mut server.connect()).unwrap();
    recorder.record("t", Event::Hit);
    recorder.flush().unwrap();
    assert!(hours_left(&server, &new) > 720.0);
    let before = hour_ago(&server, 1, 3);
    recorder.record("t", Event::Hit);
    recorder.flush().unwrap();
    assert!(hours_left(&server, &before) > 718.0, "{}", hours_left(&server, &before));
    let history = Cli::new(&server).args(["stats", "--history", "30d"]).run();
    history.ok().never_says("--keep");

    // Shorter: it asks, and what is older goes at once.
    let older = hour_ago(&server, 40, 1);
    keep(&["2d", "--yes"]).ok();
    assert!((1.0..=11.1).contains(&hours_left(&server, &older)));
    keep(&["24h"]).code(2).says("hours are kept for 2 d").says("--yes");
    keep(&["24h", "--yes", "--read-only"]).code(2).says("--read-only");
    assert!(hours_left(&server, &older) > 0.0);
    let shorter = keep(&["24h", "--yes"]).ok().json();
    assert_eq!((&shorter["kept"], &shorter["forgotten"]), (&json!(3), &json!(1)));
    assert!(!is_there(&server, &older));
    // What the recorder still sends as it knows it, it mends in both hours that it wrote to.
    for _ in 0..2 {
        for key in [&before, &new] {
            assert!((1.0..=27.0).contains(&hours_left(&server, key)), "{key}: {}", hours_left(&server, key));
        }
        recorder.record("t", Event::Hit);
        recorder.flush().unwrap();
    }

    for bad in ["23h", "367d"] {
        keep(&[bad]).code(2).says("it must be between 24h and 366d");
    }
    redis::cmd("DEL").arg("CM:meta:stats:keep").exec(&mut server.connect()).unwrap();
    redis::cmd("SET").arg("CM:meta:stats:keep").arg("x").exec(&mut server.connect()).unwrap();
    keep(&["30d"]).code(1).says("CM:meta:stats:keep");
    recorder.record("t", Event::Hit);
    recorder.flush().unwrap();
    let doctor = Cli::new(&server).arg("doctor").run();
    assert!(doctor.text().contains("own-key-wrong-type"), "{}", doctor.transcript());
}

#[test]
fn resetting_forgets_every_hour_and_keeps_what_was_chosen() {
    let server = Server::start();
    Cli::new(&server).args(["stats", "--keep", "60d"]).run().ok();
    let hours = [0, 30, 700, 1439].map(|ago| hour_ago(&server, ago, 1));
    let reset = Cli::new(&server).args(["stats", "--reset", "--yes", "--format", "json"]).run();
    assert_eq!(reset.ok().json()["deleted"], 4);
    assert!(!hours.iter().any(|key| is_there(&server, key)));
    let output = Cli::new(&server).args(["stats", "--history", "60d"]).run();
    output.ok().never_says("--keep");
    // None of it is a value, or is listed.
    let keys = Cli::new(&server).args(["keys", "list"]).run();
    assert_eq!(keys.ok().text(), "");
    let stats = Cli::new(&server).args(["stats", "--format", "json"]).run().ok().json();
    assert_eq!((&stats["namespace"]["keys"], &stats["namespace"]["foreign"]), (&json!(0), &json!(0)));
}

#[test]
fn what_a_stopped_run_left_of_older_hours_is_reached_by_the_next() {
    let server = Server::start();
    early_hour();
    let keep = ["stats", "--keep", "24h", "--yes", "--format", "json"];
    let reset = ["stats", "--reset", "--yes", "--format", "json"];
    for (args, field) in [(&keep[..], "forgotten"), (&reset[..], "deleted")] {
        Cli::new(&server).args(["stats", "--keep", "366d"]).run().ok();
        let hours = [300, 4000, 8000].map(|ago| hour_ago(&server, ago, 1));
        let report = interrupted(&server, &keep[..4], "HSET").code(130).json();
        assert_eq!(report, json!({"keep_seconds": 86400, "kept": 0, "forgotten": 0, "complete": false}));
        assert!(hours.iter().all(|key| is_there(&server, key)));
        let report = Cli::new(&server).args(args).run().ok().json();
        assert_eq!((&report[field], &report["complete"]), (&json!(3), &json!(true)), "{report}");
        assert!(!hours.iter().any(|key| is_there(&server, key)));
    }
}

#[test]
fn a_reset_touches_nothing_where_an_hour_is_somebody_elses() {
    let server = Server::start();
    early_hour();
    let ours = [0, 40].map(|ago| hour_ago(&server, ago, 1));
    for ago in [-1, 30, 45, 8000] {
        let key = format!("CM:meta:stats:{}", hour_now().checked_add_signed(-ago).unwrap());
        let mut connection = server.connect();
        redis::cmd("SET").arg(&key).arg("mine").exec(&mut connection).unwrap();
        let reset = Cli::new(&server).args(["stats", "--reset", "--yes"]).run();
        reset.code(1).says(&key).says("nothing was forgotten");
        assert!(is_there(&server, &key) && ours.iter().all(|key| is_there(&server, key)));
        redis::cmd("DEL").arg(&key).exec(&mut connection).unwrap();
    }
}

#[test]
fn a_reset_can_be_stopped() {
    let server = Server::start();
    early_hour();
    let hours = [0, 300].map(|ago| hour_ago(&server, ago, 1));
    let report = interrupted(&server, &["stats", "--reset", "--yes"], "HGETALL").code(130).json();
    assert_eq!(report, json!({"tags": 0, "deleted": 0, "complete": false}));
    assert!(hours.iter().all(|key| is_there(&server, key)));
    Cli::new(&server).args(["stats", "--reset", "--yes"]).run().ok();
    assert!(!hours.iter().any(|key| is_there(&server, key)));
}

#[test]
fn since_when_the_counters_count() {
    let server = Server::start();
    let since =
        || Cli::new(&server).args(["stats", "--format", "json"]).run().ok().json()["counters_since"].clone();
    let seconds = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    let hset = |field: &str, value: &str| {
        redis::cmd("HSET").arg("CM:meta:stats").arg(field).arg(value).exec(&mut server.connect()).unwrap();
    };
    assert_eq!(since(), Value::Null);
    // What an earlier release counted: nobody knows since when.
    hset("t:hits", "5");
    let recorder = recorder(&server, Duration::from_secs(3600));
    let record = || {
        recorder.record("t", Event::Hit);
        recorder.flush().unwrap();
    };
    record();
    assert_eq!(since(), Value::Null);
    let metrics = || Cli::new(&server).args(["stats", "--format", "prometheus"]).run().ok().text().to_owned();
    assert!(!metrics().contains("cacheme_counters_since_timestamp_seconds{"));
    let began = crate::support::seed::now();
    Cli::new(&server).args(["stats", "--reset", "--yes"]).run().ok();
    let reset = since();
    assert!(seconds(&reset) >= began, "{reset}");
    hset("since", "1000000000");
    record();
    assert_eq!(since(), "2001-09-09T01:46:40Z", "whoever records leaves it alone");
    assert!(metrics().contains("cacheme_counters_since_timestamp_seconds{prefix=\"CM:\""), "{}", metrics());
    let plain = Cli::new(&server).args(["stats", "--format", "plain"]).run();
    assert!(plain.ok().text().contains("counters\tsince\t2001-09-09T01:46:40Z\n"), "{}", plain.transcript());
    assert_eq!(counters(&server, &[]).len(), 1, "it is no tag");
    // Where nothing was before, the first batch notes it.
    redis::cmd("DEL").arg("CM:meta:stats").exec(&mut server.connect()).unwrap();
    record();
    assert!(seconds(&since()) >= began);
}

/// What is sent again as the totals were refused is in its hour once.
#[test]
fn totals_that_are_refused_do_not_let_the_hours_grow() {
    let server = Server::start();
    let redis = |words: &[&str]| redis::cmd(words[0]).arg(&words[1..]).exec(&mut server.connect()).unwrap();
    redis(&["SET", "CM:meta:stats", "no hash"]);
    let recorder = recorder(&server, Duration::from_secs(3600));
    (0..10).for_each(|_| recorder.record("t", Event::Hit));
    (0..5).for_each(|_| drop(recorder.flush().unwrap_err()));
    redis(&["DEL", "CM:meta:stats"]);
    recorder.flush().unwrap();
    assert_eq!(counters(&server, &[])["t"].0, 10);
    let history = Cli::new(&server).args(["stats", "--history", "--format", "json"]).run().ok().json();
    let counted =
        history["history"].as_array().unwrap().iter().flat_map(|hour| hour["counters"].as_array().unwrap());
    assert_eq!(counted.map(|of_tag| of_tag["hits"].as_u64().unwrap()).sum::<u64>(), 10, "{history}");
}

#[test]
fn refused_totals_of_the_python_recipe_do_not_let_the_hours_grow() {
    for (spoil, refused) in [("SET CM:meta:stats x", 2), ("HSET CM:meta:stats get_owner:hits abc", 1)] {
        let server = Server::start();
        let redis = |line: &str| {
            let mut words = line.split(' ');
            let mut command = redis::cmd(words.next().unwrap());
            command.arg(words.collect::<Vec<_>>()).exec(&mut server.connect()).unwrap();
        };
        redis(spoil);
        python::python(Lib::V009, &server, "counters.py", ["--batches"]).ok();
        let hour = redis::Commands::hgetall::<_, BTreeMap<String, i64>>(
            &mut server.connect(),
            format!("CM:meta:stats:{}", hour_now()),
        );
        let hour = hour.unwrap();
        let expected = |tag: &str| if refused == 2 || tag == "get_owner" { 0 } else { 3 };
        assert_eq!(hour["get_owner:hits"], 0, "{spoil}: {hour:?}");
        assert_eq!(hour["shelf:of:books:hits"], expected("shelf:of:books"), "{spoil}: {hour:?}");
    }
}

/// A part of the first batch is refused: the totals began all the same.
#[test]
fn when_the_counters_began_is_known_though_an_hour_is_refused() {
    let server = Server::start();
    let hour = format!("CM:meta:stats:{}", crate::support::seed::now() / 3600);
    redis::Commands::set::<_, _, ()>(&mut server.connect(), &hour, "of another type").unwrap();
    let ns = Namespace::new("CM:", Layout::Classic).unwrap();
    let target = Target::parse(&server.url()).unwrap();
    let recorder = Recorder::start(target, Timeouts::default(), ns, Duration::from_secs(3600));
    recorder.record("t", Event::Hit);
    recorder.flush().unwrap_err();
    let since = Cli::new(&server).args(["stats", "--format", "json"]).run().json()["counters_since"].clone();
    assert!(since.is_string(), "{since}");
}
