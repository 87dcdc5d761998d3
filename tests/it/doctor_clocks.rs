//! `doctor`: the clocks of the application's hosts, read from what its readers send.

use std::time::Duration;

use serde_json::{Value, json};

use crate::doctor_findings::{doctor, finding, ids, with_limit};
use crate::gc_removes::all;
use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::python::Lib;
use crate::support::seed::now;
use crate::support::server::Server;
use crate::support::worker::Worker;

#[test]
fn clocks_are_read_from_the_traffic() {
    for (lib, zone, skew, offset) in [
        (Lib::V009, "Asia/Shanghai", Some(("8 h", "early")), "+08:00"),
        (Lib::V011, "Asia/Kolkata", Some(("5 h 30 min", "early")), "+05:30"),
        (Lib::V011, "America/Phoenix", Some(("7 h", "late")), "-07:00"),
        (Lib::V010, "UTC", None, "+00:00"),
    ] {
        let server = with_limit(Server::builder(), "noeviction");
        let mut worker = Worker::builder(lib, &server).timezone(zone).spawn();
        worker.value("later_field", json!([0]));
        let output = while_at_work(&server, &[], &mut [&mut worker]);
        let report = output.json();
        if let Some((gap, direction)) = skew {
            let found = finding(&report, "clock-skew");
            output.code(5);
            let title = format!("the application writes expiry times {gap} too {direction}");
            assert_eq!(found["title"], title, "{found}");
            let seen = format!(
                "reads the application's time was {gap} off the server's, as on a host at UTC{offset}."
            );
            assert!(found["detail"].as_str().unwrap().contains(&seen), "{found}");
            let left = score_of_first(&server) - now();
            assert_eq!(left > 3 * 3600, direction == "late", "{left}");
            assert!(
                found["fix"].as_str().unwrap().contains(&format!("--utc-offset {offset} purge")),
                "{found}"
            );
            assert!(found["count"].as_u64().unwrap() >= 20, "{found}");
            assert_eq!(ids(&report).contains("clock-skew-in-writes"), direction == "early", "{report:#}");
        } else {
            assert!(!ids(&report).contains("clock-skew"), "{report:#}");
        }
        // Whoever names the offset is not told of it.
        let report = while_at_work(&server, &["--utc-offset", offset], &mut [&mut worker]).json();
        assert!(!ids(&report).iter().any(|id| id.starts_with("clock")), "{report:#}");
    }
}

#[test]
fn a_clock_that_nobody_showed_is_said_to_be_unknown() {
    const ID: &str = "clock-not-measured";
    let server = with_limit(Server::builder(), "noeviction");
    let look = |args: &[&str]| doctor(&server, &[&["--apart", "0s"], args].concat());
    let mut worker = Worker::spawn(Lib::V011, &server);
    worker.value("get_owner", json!([0]));
    let report = look(&["--monitor", "100ms"]).ok().json();
    assert!(!ids(&report).contains(ID), "no key has a timeout: {report:#}");
    worker.value("later_field", json!([0]));
    let found = finding(&look(&["--monitor", "100ms"]).ok().json(), ID);
    assert_eq!(found["severity"], "info");
    assert_eq!(found["title"], "the application's clock was not measured");
    assert_eq!(found["detail"], "no read of a key with a timeout was seen in 0.1 s");
    let fix = found["fix"].as_str().unwrap();
    assert!(fix.ends_with("doctor --monitor 60s` while the application works"), "{fix}");
    assert!(!ids(&look(&["--no-monitor"]).ok().json()).contains(ID));
    let report = while_at_work(&server, &[], &mut [&mut worker]).ok().json();
    assert!(!ids(&report).contains(ID), "{report:#}");
}

/// When the first value expires that `later_field` stored.
fn score_of_first(server: &Server) -> i64 {
    let bucket = "CM:Meta:Expire-Buckets::CM:later:0";
    let score: Option<f64> =
        redis::cmd("ZSCORE").arg(bucket).arg("CM:later:0>field").query(&mut server.connect()).unwrap();
    score.unwrap() as i64
}

#[test]
fn a_pasted_purge_spares_what_lives() {
    for (lib, zone, offset) in
        [(Lib::V011, "Asia/Shanghai", "+08:00"), (Lib::V009, "America/Phoenix", "-07:00")]
    {
        let server = Server::start();
        let mut worker = Worker::builder(lib, &server).timezone(zone).spawn();
        let mut connection = server.connect();
        (0..30).for_each(|id| drop(worker.value("later_field", json!([id]))));
        all(&mut connection, &["HSET CM:old base v", "ZADD CM:Meta:Expire-Buckets::CM:old 1000000 CM:old"]);
        let report = while_at_work(&server, &[], &mut [&mut worker]).code(5).json();
        assert_eq!(finding(&report, "expired-unswept")["count"], 1, "{report:#}");
        let sweeps = printed_sweeps(&report);
        assert!(sweeps.len() >= 3, "{report:#}");
        for sweep in sweeps {
            assert!(sweep.contains(&format!(" --utc-offset {offset} ")), "{sweep}");
            Cli::shell(&server, &sweep).run().ok();
        }
        for id in 0..30 {
            let key = format!("CM:later:{id}");
            let lives: bool = redis::cmd("HEXISTS").arg(key).arg("field").query(&mut connection).unwrap();
            assert!(lives, "{zone}: {id}");
        }
        let old: bool = redis::cmd("EXISTS").arg("CM:old").query(&mut connection).unwrap();
        assert!(!old, "{zone}");
    }
}

#[test]
fn hosts_that_disagree_are_told_to_sweep_nothing() {
    let server = Server::start();
    let mut workers =
        ["Asia/Shanghai", "UTC"].map(|zone| Worker::builder(Lib::V011, &server).timezone(zone).spawn());
    let [east, utc] = &mut workers;
    all(&mut server.connect(), &["ZADD CM:Meta:Expire-Buckets::CM:old 1000000 CM:old"]);
    let report = while_at_work(&server, &[], &mut [east, utc]).code(5).json();
    // By no clock of theirs anything else has expired.
    assert_eq!(finding(&report, "expired-unswept")["count"], 1, "{report:#}");
    let skew = finding(&report, "clock-skew");
    assert!(skew["detail"].as_str().unwrap().contains("do not agree"), "{skew}");
    assert_eq!(printed_sweeps(&report), Vec::<String>::new(), "{report:#}");
    for id in ["clock-skew", "expired-unswept", "no-maxmemory"] {
        let fix = finding(&report, id)["fix"].as_str().unwrap().to_owned();
        assert!(fix.contains("settle clock-skew before any sweep"), "{fix}");
    }
}

/// The commands that sweep, in all fixes.
fn printed_sweeps(report: &Value) -> Vec<String> {
    let fixes = report["findings"].as_array().unwrap().iter().map(|it| it["fix"].as_str().unwrap());
    let commands = fixes.flat_map(|fix| fix.split('`')).filter(|part| part.starts_with("cacheme "));
    commands.filter(|it| it.ends_with(" purge")).map(str::to_owned).collect()
}

/// What `doctor` says while workers read keys with a timeout.
fn while_at_work(server: &Server, args: &[&str], workers: &mut [&mut Worker]) -> Output {
    let cli = Cli::new(server).args(["doctor", "--format", "json", "--apart", "0s", "--monitor", "3s"]);
    let running = cli.args(args).spawn();
    while !server_is_monitored(server) {}
    for worker in workers {
        (0..20).for_each(|id| drop(worker.value("later_field", json!([id]))));
    }
    running.wait()
}

fn server_is_monitored(server: &Server) -> bool {
    std::thread::sleep(Duration::from_millis(5));
    let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut server.connect()).unwrap();
    clients.contains("cmd=monitor")
}
