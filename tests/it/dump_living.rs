//! A dump with indexes of a namespace that is written to: what it holds is reached by its tags and invalid keys, or it
//! says that it is not whole.

use crate::support::cli::Cli;
use crate::support::content::diff;
use crate::support::gate::Gate;
use crate::support::output::Output;
use crate::support::program;
use crate::support::python::Lib;
use crate::support::running::Running;
use crate::support::seed::{Seed, names};
use crate::support::server::Server;
use crate::support::worker::Worker;
use serde_json::json;
use std::time::{Duration, Instant};

/// A command that a dump is about to send.
#[derive(Clone, Copy)]
enum Before {
    /// The one that looks for tags, for invalid keys when the tags were read, for values when all indexes were.
    Tags,
    InvalidKeys,
    Values,
}

impl Before {
    fn is_sent(self, words: &[String]) -> bool {
        let has = |word: &str| words.iter().any(|it| it == word);
        // SCAN knows no TYPE before 6.0: there the moments follow each other by the patterns.
        let asks_for = |kind: &str| program::version() < (6, 0) || has(kind);
        words[0] == "SCAN"
            && match self {
                Self::Tags => asks_for("set") && has("CM:*"),
                Self::InvalidKeys => asks_for("set") && has("CM:*:invalid"),
                Self::Values => asks_for("hash") && has("CM:*"),
            }
    }
}

/// A dump that waits before its first command.
fn begun(server: &Server, args: &[&str], more: &[&str]) -> (Gate<()>, Running) {
    let gate = Gate::<()>::new(server);
    gate.close();
    let dump = Cli::new(server).env("CACHEME_URL", gate.url());
    let running = dump.args(["keys", "dump"]).args(args).args(more).spawn();
    (gate, running)
}

/// Dumps, with `act` done in these moments.
fn dump(server: &Server, layout: &str, moments: &[Before], act: &mut dyn FnMut(usize)) -> Output {
    let (gate, running) = begun(server, &["--raw", "--indexes", "--layout", layout], &[]);
    for (n, moment) in moments.iter().enumerate() {
        gate.hold_at(|words| moment.is_sent(words));
        act(n);
        gate.pass();
    }
    gate.open();
    running.wait()
}

fn restored(dump: &Output, layout: &str) -> Server {
    let to = Server::start();
    let restore = Cli::new(&to).args(["keys", "restore", "--yes", "--layout", layout]);
    restore.stdin(dump.stdout.clone()).run().ok();
    to
}

#[test]
fn what_the_library_stores_meanwhile_is_reached_by_its_tags_and_invalid_keys() {
    for (lib, layout) in [(Lib::V009, "classic"), (Lib::V011, "meta")] {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        let mut store = |n: usize| {
            for id in n * 10..n * 10 + 10 {
                worker.value("get_owner", json!([id]));
                worker.value("three", json!([id]));
            }
        };
        store(9);
        let dump = dump(&server, layout, &[Before::Tags, Before::InvalidKeys, Before::Values], &mut store);
        dump.ok();
        assert_eq!(dump.ndjson().len(), 80);
        assert_eq!(diff(&server.dump(), &restored(&dump, layout).dump()), "", "{lib:?}");
    }
}

#[test]
fn a_write_in_the_middle_of_its_steps_is_waited_for() {
    let server = Server::start();
    // As 0.0.9 writes, with the dump in between.
    let mut act = |n| match n {
        0 => drop(Seed::classic(&server).tag("t", ["a>1"]).value("a>1", b"N.")),
        _ => drop(Seed::classic(&server).invalid("User:1", ["a>1"])),
    };
    let dump = dump(&server, "classic", &[Before::Values, Before::InvalidKeys], &mut act);
    let rows = dump.ok().ndjson();
    assert_eq!((&rows[0]["tags"], &rows[0]["invalid_keys"]), (&json!(["t"]), &json!(["User:1"])));
}

#[test]
fn an_index_that_comes_after_its_row_is_not_passed_over_in_silence() {
    for longer in [false, true] {
        let server = Server::start();
        let tagged = if longer { "a>1>x" } else { "a>1" };
        Seed::classic(&server).live(["a>1", "b>1"]).tag("t", [tagged, "b>1", "gone"]);
        for (args, code) in [(&["--tag", "t"][..], 3), (&[], 3), (&["--key", "b>1"], 0)] {
            let (gate, running) = begun(&server, &["--indexes"], args);
            let is_value = |words: &[String]| ["HGET", "HGETALL", "HSCAN"].contains(&&*words[0]);
            gate.hold_at(is_value);
            let name = format!("User:{}", args.len());
            Seed::classic(&server).invalid(&name, [tagged, "gone"]);
            gate.open();
            let out = running.wait();
            out.code(code);
            let said = "1 key got another tag or invalid key after its row was written";
            assert_eq!(out.stderr.contains(said), code == 3, "{}", out.transcript());
        }
    }
}

#[test]
fn a_row_that_waited_is_not_newer_than_its_indexes_without_a_word() {
    let server = Server::start();
    Seed::classic(&server).live(["a>1"]).invalid("User:1", ["a>1"]);
    let (gate, running) = begun(&server, &["--raw", "--indexes"], &[]);
    gate.hold_at_nth(1, |words| words[0] == "HGET");
    Seed::classic(&server).value("a>1", b"I2\n.").invalid("User:2", ["a>1"]);
    gate.open();
    let out = running.wait();
    assert!(out.code(3).stderr.contains("1 key got another tag or invalid key"), "{}", out.transcript());
}

#[test]
fn a_worker_that_has_just_stored_has_time_for_its_next_step() {
    let server = Server::start();
    Seed::classic(&server).live(["a>1"]).tag("t", ["a>1"]);
    let (gate, running) = begun(&server, &["--raw", "--indexes"], &[]);
    gate.hold_at(|words| words[0] == "HGET");
    let read = Instant::now();
    gate.pass();
    gate.hold_at(|words| Before::Tags.is_sent(words));
    assert!(read.elapsed() >= Duration::from_millis(200));
    gate.open();
    running.wait().ok();
}

/// What a dump of everything, and one of the key alone, says of a mark.
fn marked(server: &Server, layout: &str, key: &str) -> [Option<bool>; 2] {
    let dump = ["keys", "dump", "--raw", "--indexes", "--layout", layout];
    [&[][..], &["--key", key]].map(|selector| {
        let out = Cli::new(server).args(dump).args(selector).run();
        out.ok();
        let rows = out.ndjson();
        rows.iter().find(|row| row["key"] == key).and_then(|row| row["marked"].as_bool())
    })
}

#[test]
fn a_value_that_is_being_recomputed_comes_back_stale() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V011, &server);
    worker.hold("1");
    worker.resume(json!("old"));
    worker.invalidate(json!({"key": "held:1>it"}));
    worker.hold("1");
    assert!(names(&server, "CM:meta:deleted").is_empty(), "the worker has taken the mark");
    assert_eq!(marked(&server, "meta", "held:1>it"), [Some(true); 2]);
    // With or without a word of the mark, as the state says it.
    for args in [&["--indexes"][..], &[]] {
        let dump = Cli::new(&server).args(["keys", "dump", "--raw", "--layout", "meta"]).args(args).run();
        dump.ok();
        let to = restored(&dump, "meta");
        let mut reader = Worker::spawn(Lib::V011, &to);
        reader.hold("1");
        assert_eq!(reader.resume(json!("new"))["result"], "new");
    }
    worker.resume(json!("new"));
    assert_eq!(marked(&server, "meta", "held:1>it"), [Some(false); 2]);
}

#[test]
fn whoever_took_the_mark_of_any_name_of_a_value_it_comes_back_stale() {
    for name in ["a>b", "a>b>c"] {
        for layout in ["classic", "meta", "both"] {
            let server = Server::start();
            Seed::classic(&server).live(["a>b"]);
            assert_eq!(marked(&server, layout, "a>b"), [Some(false); 2]);
            let mut seed = if layout == "meta" { Seed::meta(&server) } else { Seed::classic(&server) };
            seed.busy([name]);
            assert_eq!(marked(&server, layout, "a>b"), [Some(true); 2], "{name} {layout}");
            // A worker of the library that was faster than one of this crate leaves the lease alone.
            Seed::classic(&server)
                .run("DEL", &["CM:progress", "CM:meta:progress"])
                .run("ZADD", &["CM:meta:leases", "1", &format!("CM:{name}")]);
            assert_eq!(marked(&server, layout, "a>b"), [Some(true); 2], "{name} {layout}: its lease");
        }
    }
    let server = Server::start();
    Seed::classic(&server).live(["a>b"]).run("SET", &["CM:meta:leases", "no sorted set"]);
    assert_eq!(marked(&server, "classic", "a>b"), [Some(false); 2]);
}

#[test]
fn a_value_is_not_older_than_what_is_known_of_its_mark() {
    if program::version() < (6, 2) {
        return;
    }
    for args in [&["--indexes"][..], &[]] {
        let server = Server::start();
        let mut worker = Worker::spawn(Lib::V011, &server);
        worker.hold("1");
        worker.resume(json!("old"));
        worker.invalidate(json!({"key": "held:1>it"}));
        let (gate, running) = begun(&server, &["--raw", "--layout", "meta"], args);
        gate.hold_at(|words| words[0] == "SMISMEMBER");
        worker.hold("1");
        worker.resume(json!("new"));
        gate.open();
        let dump = running.wait();
        dump.ok();
        let to = restored(&dump, "meta");
        let mut reader = Worker::spawn(Lib::V011, &to);
        assert_eq!(reader.value("held", json!([1])), "new", "{args:?}");
    }
}

#[test]
fn a_mark_by_the_key_that_a_value_is_filed_under_is_told_with_its_longer_key() {
    let server = Server::start();
    Seed::classic(&server).live(["a>b"]).tag("t", ["a>b>c"]).marked(["a>b"]);
    let out = Cli::new(&server).args(["keys", "dump", "--raw", "--indexes", "--tag", "t"]).run();
    let rows = out.ok().ndjson();
    assert_eq!((&rows[0]["key"], &rows[0]["marked"]), (&json!("a>b>c"), &json!(true)));
    assert_eq!(rows[0]["cut_keys"][0]["key"], "a>b");
    let deleted = |server: &Server| names(server, "CM:delete");
    assert!(deleted(&restored(&out, "classic")).contains("CM:a>b"));
}

#[test]
fn every_name_of_a_value_keeps_its_indexes_by_whichever_it_was_found() {
    let from = Server::start();
    Seed::classic(&from)
        .live(["a>b"])
        .tag("t1", ["a>b"])
        .invalid("i1", ["a>b"])
        .tag("t2", ["a>b>c"])
        .invalid("i2", ["a>b>c"]);
    for selector in
        [&["--tag", "t2"][..], &["--invalid-key", "i2"], &["--key", "a>b>c"], &["--key", "a>b"], &[]]
    {
        let out = Cli::new(&from).args(["keys", "dump", "--raw", "--indexes"]).args(selector).run();
        out.ok();
        assert_eq!(diff(&from.dump(), &restored(&out, "classic").dump()), "", "{selector:?}");
    }
    // Both are asked for by name, and are in no tag.
    Seed::classic(&from).run("DEL", &["CM:t1", "CM:t2"]);
    let both = ["--invalid-key", "i2", "--key", "a>b", "--layout", "classic"];
    let out = Cli::new(&from).args(["keys", "dump", "--raw", "--indexes"]).args(both).run();
    assert_eq!(out.ok().ndjson().len(), 1, "a value has one row");
}

#[test]
fn a_mark_that_is_taken_and_given_back_while_marks_are_read_is_seen() {
    const NAME: &str = "CM:a>b>c";
    let server = Server::start();
    Seed::classic(&server).live(["a>b"]).tag("t", ["a>b>c"]).marked(["a>b>c"]);
    let (gate, running) = begun(&server, &["--raw", "--indexes", "--layout", "classic"], &[]);
    // A worker of this crate claims it, and fails.
    gate.hold_at(|words| words.starts_with(&["SSCAN".to_owned(), "CM:delete".to_owned()]));
    Seed::classic(&server)
        .run("SREM", &["CM:delete", NAME])
        .run("ZADD", &["CM:meta:leases", "9999999999999", NAME])
        .run("SADD", &["CM:progress", NAME]);
    gate.pass();
    gate.hold_at(|words| words.starts_with(&["SSCAN".to_owned(), "CM:progress".to_owned()]));
    Seed::classic(&server)
        .run("SREM", &["CM:progress", NAME])
        .run("SADD", &["CM:delete", NAME])
        .run("ZREM", &["CM:meta:leases", NAME]);
    gate.open();
    let out = running.wait();
    assert_eq!(out.ok().ndjson()[0]["marked"], json!(true), "{}", out.transcript());
}

#[test]
fn a_replica_that_lost_its_primary_is_told() {
    let server = Server::start();
    redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1).exec(&mut server.connect()).unwrap();
    let out = Cli::new(&server).args(["keys", "dump", "--raw", "--indexes"]).run();
    out.ok().says("is a replica without a connection to its primary (127.0.0.1:1): its data may be old");
}

#[test]
fn an_expired_value_that_is_swept_between_two_questions_does_not_come_back_as_valid() {
    for args in [&["--indexes"][..], &[]] {
        for (question, about) in [("ZSCORE", "CM:Meta:"), ("MEMBER", ""), ("HGET", "")] {
            let server = Server::start();
            Seed::classic(&server).live(["a>b"]).expires("a>b", -10).tag("t", ["a>b"]);
            let (gate, running) = begun(&server, &["--raw"], args);
            gate.hold_at(|words| words[0].ends_with(question) && words[1].starts_with(about));
            // As the library sweeps: the mark first.
            Seed::classic(&server).marked(["a>b"]).run("DEL", &["CM:Meta:Expire-Buckets::CM:a"]);
            gate.open();
            let out = running.wait();
            let row = &out.ok().ndjson()[0];
            let is_stale = row["state"] == "pending" || row["state"] == "expired" || row["marked"] == true;
            assert!(is_stale, "{args:?} {question}: {row}");
        }
    }
}
