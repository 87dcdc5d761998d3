//! Where nothing settles which generation of the library reads a namespace, both get their marks; and what stays of a mark
//! that its reader took says nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use cacheme::memoize::sync::Cache;

use crate::support::cli::Cli;
use crate::support::gate::held;
use crate::support::output::Output;
use crate::support::python::Lib;
use crate::support::seed::{names, set};
use crate::support::server::Server;
use crate::support::worker::Worker;

const MEMBER: &str = "CM:plain:1";
const SETS: [&str; 2] = ["CM:delete", "CM:meta:deleted"];

fn run(server: &Server, args: &[&str]) -> Output {
    Cli::new(server).args(args).args(["--format", "json"]).run()
}

fn invalidate(server: &Server) -> Value {
    run(server, &["invalidate", "--key", "plain:1"]).ok().json()
}

/// What `keys show`, `keys list` and `stats` say of the one key.
fn state(server: &Server) -> String {
    let shown = run(server, &["keys", "show", "plain:1"]).ok().json()["state"].as_str().unwrap().to_owned();
    let listed = Cli::new(server).args(["keys", "list", "--state", "pending", "--format", "plain"]).run();
    let stats = run(server, &["stats"]).ok().json();
    let pending = u64::from(shown == "pending");
    assert_eq!(listed.ok().lines().len() as u64, pending, "{}", listed.transcript());
    assert_eq!(stats["namespace"]["pending"], pending, "{stats}");
    shown
}

/// `doctor` calls nothing wrong but a mark that waits for its reader.
fn doctor_agrees(server: &Server) {
    let pending = state(server) == "pending";
    let doctor = run(server, &["doctor", "--quick", "--no-monitor"]);
    let found: BTreeSet<_> = doctor.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .filter(|id| id != "no-maxmemory")
        .collect();
    let expected = if pending { vec!["marks-nobody-consumes".to_owned()] } else { vec![] };
    assert_eq!(found, BTreeSet::from_iter(expected), "{}", doctor.transcript());
}

fn scripts_flushed(server: &Server) {
    redis::cmd("SCRIPT").arg("FLUSH").exec(&mut server.connect()).unwrap();
}

#[test]
fn what_009_left_under_a_prefix_takes_no_mark_from_011() {
    let server = Server::start();
    // Somebody's computation was broken off, and a mark was never taken; then the application moved to 0.1.1.
    let mut before = Worker::spawn(Lib::V009, &server);
    before.value("plain", json!([1]));
    before.kill();
    for (key, member) in [("CM:progress", "CM:held:1"), ("CM:delete", "CM:plain:2")] {
        redis::cmd("SADD").arg(key).arg(member).exec(&mut server.connect()).unwrap();
    }
    let mut now = Worker::spawn(Lib::V011, &server);
    for forgotten in [true, false] {
        now.value("plain", json!([1]));
        if forgotten {
            scripts_flushed(&server);
        }
        assert_eq!(invalidate(&server)["layout"], "both");
        assert_eq!(now.call("plain", json!([1]))["runs"], 1, "scripts forgotten: {forgotten}");
    }
}

#[test]
fn a_key_whose_mark_was_taken_is_live() {
    for lib in [Lib::V009, Lib::V011] {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        worker.value("plain", json!([1]));
        assert_eq!(state(&server), "live");
        for round in 0..3 {
            assert_eq!(invalidate(&server)["marked"], 1, "{lib:?} {round}");
            assert_eq!(state(&server), "pending", "{lib:?} {round}");
            assert_eq!(invalidate(&server)["marked"], 0, "{lib:?} {round}: it is marked already");
            assert_eq!(worker.call("plain", json!([1]))["runs"], 1);
            assert_eq!(state(&server), "live", "{lib:?} {round}");
            assert_eq!(worker.call("plain", json!([1]))["runs"], 0);
        }
        doctor_agrees(&server);
        invalidate(&server);
        doctor_agrees(&server);
    }
}

#[test]
fn what_gc_puts_back_for_a_worker_that_died_is_taken_by_the_next_reader() {
    for (lib, deleted, progress) in
        [(Lib::V009, SETS[0], "CM:progress"), (Lib::V011, SETS[1], "CM:meta:progress")]
    {
        for again in [false, true] {
            let server = Server::start();
            let mut worker = Worker::spawn(lib, &server);
            worker.value("plain", json!([1]));
            invalidate(&server);
            // It has taken its mark, computes, and dies.
            let mut it = server.connect();
            redis::cmd("SREM").arg(deleted).arg(MEMBER).exec(&mut it).unwrap();
            redis::cmd("SADD").arg(progress).arg(MEMBER).exec(&mut it).unwrap();
            if again {
                invalidate(&server);
            }
            run(&server, &["gc", "--yes", "--stuck-after", "0s"]).ok();
            assert_eq!(state(&server), "pending", "{lib:?} {again}");
            doctor_agrees(&server);
            assert_eq!(worker.call("plain", json!([1]))["runs"], 1, "{lib:?} {again}");
            assert_eq!(state(&server), "live", "{lib:?} {again}");
            doctor_agrees(&server);
        }
    }
}

#[test]
fn a_mark_of_the_librarys_own_is_pending_wherever_it_stands() {
    for set in SETS {
        let server = Server::start();
        let mut worker = Worker::spawn(if set == SETS[0] { Lib::V009 } else { Lib::V011 }, &server);
        worker.value("plain", json!([1]));
        let mark = || redis::cmd("SADD").arg(set).arg(MEMBER).exec(&mut server.connect()).unwrap();
        mark();
        assert_eq!(run(&server, &["keys", "show", "plain:1"]).ok().json()["state"], "pending");
        worker.call("plain", json!([1]));
        // Beside what an invalidation of ours has left in the other set.
        invalidate(&server);
        assert_eq!(worker.call("plain", json!([1]))["runs"], 1);
        mark();
        assert_eq!(state(&server), "pending");
        assert_eq!(worker.call("plain", json!([1]))["runs"], 1);
        assert_eq!(state(&server), "live");
    }
}

#[test]
fn both_generations_take_their_mark_and_gc_forgets_that_it_was_there() {
    let server = Server::start();
    let mut workers = [Lib::V009, Lib::V011].map(|lib| Worker::spawn(lib, &server));
    workers[0].value("plain", json!([1]));
    invalidate(&server);
    for worker in &mut workers {
        assert_eq!(worker.call("plain", json!([1]))["runs"], 1);
        assert_eq!(state(&server), "live");
    }
    assert_eq!(names(&server, "CM:meta:both"), set(&[MEMBER]));
    run(&server, &["gc", "--yes"]).ok();
    assert_eq!(names(&server, "CM:meta:both"), set(&[]));
    // So a mark of the library's own counts for one again.
    redis::cmd("SADD").arg(SETS[1]).arg(MEMBER).exec(&mut server.connect()).unwrap();
    assert_eq!(run(&server, &["keys", "show", "plain:1"]).ok().json()["state"], "pending");
    run(&server, &["gc", "--yes", "--stuck-after", "0s"]).ok();
    assert_eq!(workers[1].call("plain", json!([1]))["runs"], 1, "gc took no mark that may have a reader");
}

#[test]
fn what_nobody_reads_goes_with_its_value_or_once_the_layout_is_named() {
    for (lib, layout, left) in [(Lib::V009, "classic", SETS[1]), (Lib::V011, "meta", SETS[0])] {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        let leave = |worker: &mut Worker| {
            worker.value("plain", json!([1]));
            invalidate(&server);
            assert_eq!(worker.call("plain", json!([1]))["runs"], 1);
            assert_eq!(names(&server, left), set(&[MEMBER]), "{lib:?}");
        };
        leave(&mut worker);
        // Nothing tells it from a mark that the other generation has set since.
        run(&server, &["gc", "--yes", "--stuck-after", "0s"]).ok();
        assert_eq!(names(&server, left), set(&[MEMBER]), "{lib:?}");
        let gc = ["gc", "--yes", "--layout", layout];
        let dry = run(&server, &[&gc[..], &["--dry-run"]].concat()).ok().json();
        assert_eq!(names(&server, left), set(&[MEMBER]), "{lib:?}");
        let report = run(&server, &gc).ok().json();
        assert_eq!([&dry["pending"]["removed"], &report["pending"]["removed"]], [1, 1], "{dry} {report}");
        assert_eq!((names(&server, left), names(&server, "CM:meta:both")), (set(&[]), set(&[])), "{lib:?}");
        // A mark of somebody else's prefix is not ours to take, nor one that we did not set.
        leave(&mut worker);
        for member in ["other:plain:1", "CM:plain:3"] {
            redis::cmd("SADD").arg(left).arg(member).exec(&mut server.connect()).unwrap();
        }
        run(&server, &gc).ok();
        assert_eq!(names(&server, left), set(&["other:plain:1", "CM:plain:3"]), "{lib:?}");
        redis::cmd("DEL").arg(left).exec(&mut server.connect()).unwrap();
        // A mark that nobody has read yet stays, whatever is named.
        invalidate(&server);
        for named in ["classic", "meta"] {
            run(&server, &["gc", "--yes", "--layout", named, "--stuck-after", "0s"]).ok();
        }
        assert_eq!(worker.call("plain", json!([1]))["runs"], 1, "{lib:?}: the invalidation is lost");
        run(&server, &gc).ok();
        // With its value it goes without being asked for.
        leave(&mut worker);
        redis::cmd("DEL").arg(MEMBER).exec(&mut server.connect()).unwrap();
        run(&server, &["gc", "--yes", "--stuck-after", "0s"]).ok();
        assert_eq!((names(&server, left), names(&server, "CM:meta:both")), (set(&[]), set(&[])), "{lib:?}");
        worker.value("plain", json!([1]));
        assert_eq!(state(&server), "live");
    }
}

#[test]
fn who_serves_both_takes_both() {
    let server = Server::start();
    let cache = Cache::open(server.settings()).unwrap();
    let get = cache.memoize("plain", |n: &u32| format!("plain:{n}"), |n: &u32| *n).build();
    get.call(&1).unwrap();
    let all = || SETS.into_iter().chain(["CM:meta:both"]).map(|key| names(&server, key));
    invalidate(&server);
    assert!(all().all(|held| held == set(&[MEMBER])));
    assert_eq!(state(&server), "pending");
    get.call(&1).unwrap();
    assert!(all().all(|held| held == set(&[])));
    assert_eq!(state(&server), "live");
    // And leaves what says so where one of the library's readers takes its own.
    cache.invalidate(&cacheme::memoize::Invalidate::key("plain:1")).unwrap();
    assert_eq!(Worker::spawn(Lib::V009, &server).call("plain", json!([1]))["runs"], 1);
    assert_eq!(state(&server), "live");
}

#[test]
fn a_live_value_is_kept_by_restore_beside_what_is_left_of_its_mark() {
    for lib in [Lib::V009, Lib::V011] {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        worker.value("plain", json!([1]));
        let dump = Cli::new(&server).args(["keys", "dump", "--raw", "--indexes"]).run().ok().stdout.clone();
        // What the source says by now.
        invalidate(&server);
        worker.call("plain", json!([1]));
        redis::cmd("HSET").arg(MEMBER).arg("base").arg("younger").exec(&mut server.connect()).unwrap();
        assert_eq!(state(&server), "live");
        let restore = |args: &[&str]| {
            Cli::new(&server)
                .args(["keys", "restore", "-", "--yes", "--format", "json"])
                .args(args)
                .stdin(dump.clone())
                .run()
        };
        for args in [&["--dry-run"][..], &[]] {
            let report = restore(args).json();
            assert_eq!((&report["kept"], &report["restored"]), (&json!(1), &json!(0)), "{lib:?} {report}");
        }
        // A mark that waits for its reader gives way, as ever.
        invalidate(&server);
        for args in [&["--dry-run"][..], &[]] {
            let report = restore(args).json();
            assert_eq!((&report["kept"], &report["restored"]), (&json!(0), &json!(1)), "{lib:?} {report}");
        }
        assert_eq!(worker.call("plain", json!([1]))["runs"], 1);
    }
}

#[test]
fn other_data_under_the_name_of_a_progress_set_keep_no_reader_from_its_mark() {
    for (lib, key) in [(Lib::V009, "CM:progress"), (Lib::V011, "CM:meta:progress")] {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        worker.value("plain", json!([1]));
        redis::cmd("HSET").arg(key).arg("x").arg("y").exec(&mut server.connect()).unwrap();
        run(&server, &["invalidate", "--key", "plain:1"]);
        let deleted = if lib == Lib::V009 { SETS[0] } else { SETS[1] };
        assert_eq!(names(&server, deleted), set(&[MEMBER]), "{lib:?}");
    }
}

#[test]
fn a_dump_carries_a_mark_that_cannot_be_told_from_what_is_left_of_one() {
    for (nth, lib) in [Lib::V009, Lib::V011].into_iter().enumerate() {
        let server = Server::start();
        let mut workers = [Lib::V009, Lib::V011].map(|lib| Worker::spawn(lib, &server));
        workers[0].value("plain", json!([1]));
        invalidate(&server);
        for worker in &mut workers {
            worker.call("plain", json!([1]));
        }
        // The library's own invalidation, which nobody has seen yet.
        redis::cmd("SADD").arg(SETS[nth]).arg(MEMBER).exec(&mut server.connect()).unwrap();
        let dump = Cli::new(&server).args(["keys", "dump", "--raw", "--indexes"]).run().ok().stdout.clone();
        let copy = Server::start();
        Cli::new(&copy).args(["keys", "restore", "-", "--yes"]).stdin(dump).run().ok();
        assert_eq!(Worker::spawn(lib, &copy).call("plain", json!([1]))["runs"], 1, "{lib:?}");
    }
}

#[test]
fn gc_beside_an_invalidation_leaves_what_it_records() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V009, &server);
    worker.value("plain", json!([1]));
    let all = ["CM:delete", "CM:meta:deleted", "CM:meta:both"];
    for at in 0..all.len() {
        // Of an earlier one, whose marks were taken: gc forgets it.
        redis::cmd("DEL").arg(&all[..2]).exec(&mut server.connect()).unwrap();
        redis::cmd("SADD").arg(all[2]).arg(MEMBER).exec(&mut server.connect()).unwrap();
        let cli = Cli::bare().args(["invalidate", "--key", "plain:1"]);
        let (gate, running) = held(&server, cli, at, &["SADD"]);
        run(&server, &["gc", "--yes", "--no-lock"]).ok();
        assert_eq!(names(&server, all[2]).contains(MEMBER), at > 0, "held at {at}");
        gate.open();
        running.wait().ok();
        assert!(all.iter().all(|set| names(&server, set).contains(MEMBER)), "held at {at}");
        assert_eq!(state(&server), "pending");
        assert_eq!(worker.call("plain", json!([1]))["runs"], 1);
        assert_eq!(state(&server), "live", "held at {at}");
    }
}
