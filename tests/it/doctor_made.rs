//! `doctor`: findings as the real library, or a real server, brings them about.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use redis::Connection;
use serde_json::{Value, json};

use crate::doctor_findings::{doctor, finding, ids, with_limit};
use crate::gc_removes::all;
use crate::replicated::Replicated;
use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

fn look(server: &Server) -> Value {
    doctor(server, &["--no-monitor", "--apart", "0s"]).json()
}

fn holds(report: &Value, expected: &[&str]) {
    let found = ids(report);
    assert!(expected.iter().all(|id| found.contains(*id)), "{expected:?} in {report:#}");
}

#[test]
fn two_releases_on_one_prefix() {
    let server = with_limit(Server::builder(), "noeviction");
    let (mut old, mut new) = (Worker::spawn(Lib::V009, &server), Worker::spawn(Lib::V011, &server));
    for id in 0..3 {
        old.value("get_owner", json!([id]));
        new.value("get_owner", json!([id]));
    }
    assert_eq!(look(&server)["findings"], json!([]), "nothing tells yet that 0.0.9 is here");
    old.call("fails", json!([1]));
    let report = look(&server);
    // The scripts of 0.1.1 may be of another prefix, or another database.
    assert_eq!(ids(&report), named(&["stuck-computations"]), "{report:#}");
    Cli::new(&server).args(["invalidate", "--key", "Book:1>owner"]).run().ok();
    let marked = ids(&look(&server));
    assert!(!marked.contains("two-generations") && !marked.contains("both-deleted-sets"), "ours: {marked:?}");
    redis::cmd("DEL")
        .arg(&["CM:meta:both", "CM:meta:deleted", "CM:delete"])
        .exec(&mut server.connect())
        .unwrap();
    old.invalidate(json!({"key": "Book:1>owner"}));
    new.invalidate(json!({"key": "Book:2>owner"}));
    holds(&look(&server), &["two-generations", "both-deleted-sets", "marks-nobody-consumes"]);
}

#[test]
fn values_and_keys_that_the_library_takes_badly() {
    for lib in [Lib::V009, Lib::V011] {
        let server = with_limit(Server::builder(), "noeviction");
        let mut worker = Worker::spawn(lib, &server);
        worker.value("later_field", json!([1]));
        worker.value("given", json!([1, "x".repeat(1000)]));
        assert_eq!(look(&server)["findings"], json!([]));
        worker.value("later_three", json!([2]));
        worker.value("given", json!([2, "x".repeat(1 << 20)]));
        let report = look(&server);
        assert_eq!(ids(&report), named(&["cut-keys-with-timeout", "large-values"]), "{report:#}");
        let cut = finding(&report, "cut-keys-with-timeout");
        assert!(cut["detail"].as_str().unwrap().contains("later:2>b>c"));
        assert_eq!(cut["count"], 1, "its tag and its invalid key both hold it: {report:#}");
        assert!(finding(&report, "large-values")["detail"].as_str().unwrap().contains("given:2"));
    }
}

#[test]
fn a_host_east_of_utc_writes_what_has_expired() {
    for (zone, expected) in [("Asia/Shanghai", &["expired-unswept", "expiry-all-past"][..]), ("UTC", &[])] {
        let server = with_limit(Server::builder(), "noeviction");
        let mut worker = Worker::builder(Lib::V009, &server).timezone(zone).spawn();
        (0..12).for_each(|id| drop(worker.value("later_field", json!([id]))));
        let report = look(&server);
        assert_eq!(ids(&report), named(expected), "{zone}: {report:#}");
    }
}

fn named(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// What Debian has is new, so a server is made old by taking away what the old ones lack.
#[test]
fn a_server_without_the_commands_of_the_library() {
    let server = with_limit(Server::builder().config("rename-command UNLINK \"\""), "noeviction");
    let mut worker = Worker::spawn(Lib::V009, &server);
    worker.value("get_owner", json!([1]));
    let report = doctor(&server, &["--no-monitor", "--apart", "0s"]).code(5).json();
    assert_eq!(ids(&report), named(&["old-server"]), "{report:#}");
    let found = finding(&report, "old-server");
    assert_eq!((&found["severity"], &found["count"]), (&json!("error"), &json!(1)), "{found}");
    assert!(found["title"].as_str().unwrap().ends_with("does not know UNLINK"), "{found}");

    // Whoever may not ask is not told, that is said, and the rest is told.
    for may_not in ["command", "slowlog", "info"] {
        let user = format!("user default on nopass ~* +@all -{may_not}");
        let server = with_limit(Server::builder().config(&user), "noeviction");
        all(&mut server.connect(), &["SADD CM:tag CM:gone"]);
        let report = look(&server);
        assert_eq!(ids(&report), named(&["leaked-members", "server-not-looked-at"]), "{may_not}");
        let title = finding(&report, "server-not-looked-at")["title"].as_str().unwrap().to_lowercase();
        assert!(title.contains(may_not), "{title}");
    }
}

fn memory(connection: &mut Connection) -> (u64, f64) {
    let info: String = redis::cmd("INFO").arg("memory").query(connection).unwrap();
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    (field("used_memory:").parse().unwrap(), field("mem_fragmentation_ratio:").parse().unwrap())
}

#[test]
fn memory_that_was_freed_in_pieces() {
    let server = Server::builder().config("maxmemory 4gb").config("activedefrag no").start();
    let mut connection = server.connect();
    let each = |connection: &mut Connection, step: u64, deed: &str| {
        for from in (0..480_000).step_by(40_000) {
            let script = format!("for i = {from}, {from} + 39999, {step} do {deed} end");
            redis::cmd("EVAL").arg(script).arg(0).query::<redis::Value>(connection).unwrap();
        }
    };
    each(&mut connection, 1, "redis.call('SET', 'page:' .. i, string.rep('x', 400))");
    let (used, ratio) = memory(&mut connection);
    assert!(used > 200_000_000 && ratio < 1.5, "{used} bytes, {ratio}");
    assert!(!ids(&look(&server)).contains("fragmentation"));
    // Every other page goes: the gaps are too small for the allocator to give back.
    each(&mut connection, 2, "redis.call('DEL', 'page:' .. i)");
    wait_until("the server to take note", Duration::from_secs(20), || memory(&mut connection).1 > 1.6);
    let report = look(&server);
    let found = finding(&report, "fragmentation");
    assert_eq!(found["severity"], "info");
    assert!(found["fix"].as_str().unwrap().contains("activedefrag"), "{found}");
    Cli::new(&server).args(["doctor", "--quick", "--no-monitor"]).run().ok();
}

#[test]
fn the_tag_of_a_function_called_progress_keeps_its_keys_where_the_layout_is_named() {
    let server = with_limit(Server::builder(), "noeviction");
    let mut app = Worker::spawn(Lib::V011, &server);
    app.value("progress", json!([1]));
    let named = ["--layout", "0.1.1"];
    let report = doctor(&server, &[&["--no-monitor", "--apart", "0s"], &named[..]].concat()).code(0).json();
    assert!(!ids(&report).contains("stuck-computations"), "{report:#}");
    let other = finding(&report, "other-generation");
    assert_eq!((&other["severity"], &other["count"]), (&json!("info"), &json!(1)), "{report:#}");
    Cli::new(&server).args(named).args(["gc", "--yes", "--stuck-after", "0s"]).run().ok();
    app.invalidate_tag("progress");
    assert_eq!(
        app.call("progress", json!([1]))["computed"],
        true,
        "the library's own invalidation reaches it"
    );
}

#[test]
fn replicas_that_may_not_be_waited_for() {
    let refusing = Replicated::of(Server::builder().config("user default on nopass ~* &* +@all -wait"), 1);
    for (set, expected) in [(refusing, true), (Replicated::start(1), false), (Replicated::start(0), false)] {
        let report = doctor(&set.primary, &["--quick", "--no-monitor", "--apart", "0s"]).json();
        assert_eq!(ids(&report).contains("replicas-not-confirmed"), expected, "{report:#}");
    }
}

/// Every finding there is stands in the page that explains them, and in a test.
#[test]
fn every_finding_is_explained_and_tested() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let files = |folder: &str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(project.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
    };
    let findings: Vec<String> = files("src/ops/doctor/findings").into_iter().map(read).collect();
    let ids: BTreeSet<&str> = findings
        .iter()
        .flat_map(|text| text.split("id: \"").skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(ids.len() >= 28, "{ids:?}");
    let is_test = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("doctor_") || name == "other_library.rs"
    };
    let tests: String = files("tests/it").into_iter().filter(is_test).map(read).collect();
    let page = read(project.join("docs/doctor.md"));
    for id in &ids {
        assert!(page.contains(&format!("| `{id}` |")), "docs/doctor.md does not explain {id}");
        assert!(tests.contains(&format!("\"{id}\"")), "no test has {id}");
    }
    let explained = page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(explained, ids.len(), "docs/doctor.md explains what is never found");
}
