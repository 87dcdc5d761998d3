//! Recorded counters: from the Python recipe and from Rust, read, over a day, and forgotten.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cacheme::cache::{Event, Recorder};
use cacheme::client::{Target, Timeouts};
use cacheme::namespace::{Layout, Namespace};
use serde_json::{Value, json};

use crate::support::cli::Cli;
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
    let now = hour_now();
    for (hour, hits, misses) in [(now, 30, 10), (now - 1, 5, 5), (now - 23, 1, 0), (now - 24, 77, 0)] {
        let key = format!("CM:meta:stats:{hour}");
        let mut set = redis::cmd("HSET");
        set.arg(key).arg("get:owner:hits").arg(hits).arg("get:owner:misses").arg(misses).arg("odd").arg("x");
        set.exec(&mut connection).unwrap();
    }
    let history = |args: &[&str]| Cli::new(&server).args(["stats", "--history"]).args(args).run();
    let json = history(&["--format", "json"]).ok().json();
    let hours = json["history"].as_array().unwrap();
    assert_eq!(hours.len(), 24);
    assert_eq!(hours[23]["counters"][0]["tag"], "get:owner");
    assert_eq!(hours[23]["counters"][0]["hit_ratio"], json!(0.75));
    assert_eq!(hours[22]["counters"][0]["hit_ratio"], json!(0.5));
    assert_eq!((&hours[0]["counters"][0]["hits"], &hours[21]["counters"]), (&json!(1), &json!([])));

    let plain = history(&[]);
    let rows: Vec<Vec<&str>> =
        plain.ok().lines().into_iter().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[2][1..5], ["get:owner", "30", "10", "0.75"]);

    let table = history(&["--format", "table"]);
    let text = table.ok().text();
    assert!(text.contains('█') && text.contains("71%") && text.contains("75%"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let empty = Cli::new(&server).args(["stats", "--history", "--format", "table", "--prefix", "X:"]).run();
    assert!(empty.ok().text().contains("nothing was recorded"));
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
        for name in ["hits", "misses", "refreshes", "waits", "compute_us"] {
            set.arg(format!("t:{name}")).arg(u64::MAX);
        }
        set.exec(&mut server.connect()).unwrap();
    }
    assert_eq!(counters(&server, &[])["t"], (u64::MAX, u64::MAX, json!(0.5)));
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
    assert_eq!(server.dbsize(), 0);

    record();
    let done = reset().args(["--yes", "--format", "json"]).run();
    assert_eq!(done.ok().json(), json!({"tags": 1, "deleted": 2, "complete": true}));
    assert_eq!(server.dbsize(), 0);

    record();
    // The first answer is lost, so it is asked again.
    let lost = AtomicBool::new(false);
    let relay = Relay::before(&server, move |asked| {
        (asked.is("UNLINK") && !lost.swap(true, SeqCst)).then_some(Fault::CutBefore)
    });
    let again = reset().env("CACHEME_URL", relay.url()).args(["--yes", "--format", "json"]).run();
    let report = again.code(3).says("not known").json();
    assert_eq!(report, json!({"tags": 1, "deleted": null, "complete": false}));
    assert_eq!(server.dbsize(), 0);
}
