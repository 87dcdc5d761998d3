//! A real worker stands in the middle of a computation while the command line works on its key.
//!
//! The data change before each invalidation, so whatever the worker returns is old: the next read has to recompute.

use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;

const KEY: &str = "held:1>it";

/// Where the worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    /// It computes what is not there; the key was never stored.
    First,
    /// It computes what was deleted; the indexes name the key.
    Miss,
    /// It took a mark.
    Refresh,
}

struct Stage {
    lib: Lib,
    server: Server,
    worker: Worker,
}

impl Stage {
    fn new(lib: Lib) -> Self {
        let server = Server::start();
        let worker = Worker::spawn(lib, &server);
        Self { lib, server, worker }
    }

    /// A worker in the middle of computing `held:1>it`, which will give the old value.
    fn set(lib: Lib, path: Path) -> Self {
        let mut stage = Self::new(lib);
        stage.stand(path);
        stage
    }

    /// The same on an empty server, with the worker that ended its last computation.
    fn stand(&mut self, path: Path) {
        let Self { server, worker, .. } = self;
        redis::cmd("FLUSHALL").exec(&mut server.connect()).unwrap();
        if path != Path::First {
            worker.hold("1");
            worker.resume(json!("first"));
            match path {
                Path::Miss => {
                    redis::cmd("HDEL").arg("CM:held:1").arg("it").exec(&mut server.connect()).unwrap()
                }
                _ => worker.invalidate(json!({"key": KEY})),
            }
        }
        worker.hold("1");
    }

    #[track_caller]
    fn cli(&self, args: &[&str]) -> Value {
        let layout = if self.lib.is_meta() { "meta" } else { "classic" };
        let cli = Cli::new(&self.server).args(["--layout", layout, "--format", "json"]).args(args);
        cli.run().ok().json()
    }

    /// Ends the computation with old data; whether the next read recomputes, and then once.
    fn next_read_recomputes(&mut self) -> bool {
        assert_eq!(self.worker.resume(json!("old"))["result"], "old");
        self.worker.send(&json!({"call": "held", "args": ["1"]}));
        let answer = self.worker.receive();
        if answer["event"] != "computing" {
            assert_eq!(answer["result"], "old", "{answer}");
            return false;
        }
        assert_eq!(self.worker.resume(json!("new"))["result"], "new");
        let again = self.worker.call("held", json!(["1"]));
        assert_eq!((&again["result"], &again["runs"]), (&json!("new"), &json!(0)));
        true
    }

    /// No index entry of the live value is missing.
    fn assert_indexed(&self) {
        let shown = self.cli(&["keys", "show", KEY]);
        assert_eq!((&shown["state"], &shown["tags"]), (&json!("live"), &json!(["held"])), "{shown}");
        assert_eq!(shown["invalid_keys"], json!(["Held:1"]), "{shown}");
    }

    fn is_in(&self, set: &str) -> bool {
        redis::cmd("SISMEMBER").arg(set).arg(format!("CM:{KEY}")).query(&mut self.server.connect()).unwrap()
    }
}

const BY_NAME: &[&[&str]] = &[
    &["--key", KEY],
    &["--key", KEY, "--delete"],
    &["--pattern", "held:*"],
    &["--pattern", "held:*>it"],
    &["--pattern", "held:*", "--mark"],
    &["--pattern", "held:1>i?", "--mark"],
];

const BY_INDEX: &[&[&str]] = &[
    &["--tag", "held"],
    &["--tag", "held", "--delete"],
    &["--invalid-key", "Held:1"],
    &["--invalid-key", "Held:1", "--delete"],
];

/// Why an invalidation cannot be seen to, as far as the library's own nature makes it so.
fn cannot_hold(lib: Lib, path: Path, args: &[&str]) -> Option<&'static str> {
    let deletes = args.contains(&"--delete") || (args.contains(&"--pattern") && !args.contains(&"--mark"));
    match path {
        Path::First if !BY_NAME.contains(&args) => Some("no index names a key before it is stored"),
        Path::Refresh if !lib.is_meta() && deletes => Some("it is not in progress while it refreshes"),
        _ => None,
    }
}

fn an_invalidation_holds(lib: Lib) {
    let mut stage = Stage::new(lib);
    for path in [Path::First, Path::Miss, Path::Refresh] {
        for args in BY_NAME.iter().chain(BY_INDEX) {
            stage.stand(path);
            let args = [&["invalidate", "--yes"][..], args].concat();
            let report = stage.cli(&args);
            let holds = stage.next_read_recomputes();
            let reason = cannot_hold(lib, path, &args[2..]);
            assert_eq!(holds, reason.is_none(), "{lib:?} {path:?} {args:?} {reason:?}: {report}");
            stage.assert_indexed();
        }
    }
}

#[test]
fn an_invalidation_during_a_computation_holds_009() {
    an_invalidation_holds(Lib::V009);
}

#[test]
fn an_invalidation_during_a_computation_holds_010() {
    an_invalidation_holds(Lib::V010);
}

#[test]
fn an_invalidation_during_a_computation_holds_011() {
    an_invalidation_holds(Lib::V011);
}

/// The library's own pattern drops the value and nothing else: what is being computed is stored and stays valid.
#[test]
fn the_librarys_own_pattern_is_lost_where_ours_is_not() {
    for lib in [Lib::V009, Lib::V011] {
        let mut stage = Stage::set(lib, Path::Miss);
        let mut another = Worker::spawn(lib, &stage.server);
        another.invalidate(json!({"pattern": "CM:held:*"}));
        assert!(!stage.next_read_recomputes(), "{lib:?}: the library lost it");

        stage.stand(Path::Miss);
        stage.cli(&["invalidate", "--yes", "--pattern", "held:*"]);
        assert!(stage.next_read_recomputes(), "{lib:?}: ours holds");
    }
}

/// 0.0.9 takes the mark and computes without a trace in Redis. A mark that comes meanwhile holds; a deletion does not,
/// and nobody can know. What the command line can do is said by its help: mark.
#[test]
fn what_holds_on_the_refresh_path_of_009() {
    for lib in [Lib::V009, Lib::V010] {
        let mut stage = Stage::set(lib, Path::Refresh);
        assert!(!stage.is_in("CM:progress") && !stage.is_in("CM:delete"), "nothing shows that it computes");
        assert_eq!(stage.cli(&["keys", "show", KEY])["state"], "live");
        stage.worker.resume(json!("ended"));
        for (args, holds) in
            [(&["--key", KEY][..], true), (&["--key", KEY, "--delete"], false), (&["--tag", "held"], true)]
        {
            stage.stand(Path::Refresh);
            stage.cli(&[&["invalidate", "--yes"], args].concat());
            assert_eq!(stage.next_read_recomputes(), holds, "{lib:?} {args:?}");
        }
        // Both at once: the mark holds what the deletion cannot.
        stage.stand(Path::Refresh);
        stage.cli(&["invalidate", "--yes", "--key", KEY, "--delete"]);
        stage.cli(&["invalidate", "--yes", "--key", KEY]);
        assert!(stage.next_read_recomputes());
    }
}

/// A tag of 0.0.9 is dropped when it is invalidated, and names a key again only once that is stored: a second
/// invalidation of the tag during the recomputation does not reach it. So it is with the library, and so with us.
#[test]
fn a_second_invalidation_of_a_tag_misses_who_recomputes_for_the_first() {
    for ours in [false, true] {
        let mut stage = Stage::new(Lib::V009);
        stage.worker.hold("1");
        stage.worker.resume(json!("first"));
        let mut another = Worker::spawn(Lib::V009, &stage.server);
        let mut invalidate = |stage: &Stage| {
            if ours {
                stage.cli(&["invalidate", "--yes", "--tag", "held"]);
            } else {
                another.invalidate_tag("held");
            }
        };
        invalidate(&stage);
        stage.worker.hold("1");
        invalidate(&stage);
        assert!(!stage.next_read_recomputes(), "ours: {ours}");
    }
    // Where both generations are served the tag keeps its members, and it holds.
    let mut stage = Stage::new(Lib::V009);
    stage.worker.hold("1");
    stage.worker.resume(json!("first"));
    let invalidate = |stage: &Stage| {
        Cli::new(&stage.server)
            .args(["invalidate", "-v", "--yes", "--tag", "held"])
            .run()
            .ok()
            .says("--layout");
    };
    invalidate(&stage);
    stage.worker.hold("1");
    invalidate(&stage);
    assert!(stage.next_read_recomputes());
}

/// A reader that comes while another computes takes the mark, waits, and goes away with the stale value: the mark is
/// gone, and the old result is stored. Marks of the library and of ours are lost alike.
#[test]
fn a_second_reader_of_011_takes_the_mark_of_a_computation_away() {
    for ours in [false, true] {
        let mut stage = Stage::set(Lib::V011, Path::Refresh);
        let mut another = Worker::spawn(Lib::V011, &stage.server);
        if ours {
            stage.cli(&["invalidate", "--key", KEY]);
        } else {
            another.invalidate(json!({"key": KEY}));
        }
        let stale = another.call("held", json!(["1"]));
        assert_eq!((&stale["result"], &stale["runs"]), (&json!("first"), &json!(0)));
        assert!(!stage.next_read_recomputes(), "ours: {ours}");
    }
}

/// Purges by a clock that is ahead: what the worker's own clock takes for valid is due.
fn purge(stage: &Stage, seconds: i64) -> Value {
    let minutes = (seconds + 59) / 60;
    let offset = format!("-{:02}:{:02}", minutes / 60, minutes % 60);
    stage.cli(&["--utc-offset", &offset, "purge"])
}

fn due(stage: &Stage, ago: i64) {
    let now: (i64, i64) = redis::cmd("TIME").query(&mut stage.server.connect()).unwrap();
    redis::cmd("ZADD")
        .arg("CM:Meta:Expire-Buckets::CM:held:1")
        .arg(now.0 - ago)
        .arg(format!("CM:{KEY}"))
        .exec(&mut stage.server.connect())
        .unwrap();
}

#[test]
fn a_purge_during_a_computation_keeps_the_mark_that_came_with_it() {
    for (lib, ago, holds) in [
        (Lib::V009, 5, true),
        // Longer than a refresh is waited for: 0.0.9 cannot be seen, and its mark goes with the entry.
        (Lib::V009, 60, false),
        (Lib::V010, 5, true),
        (Lib::V011, 5, true),
        (Lib::V011, 60, true),
    ] {
        let mut stage = Stage::set(lib, Path::Refresh);
        stage.cli(&["invalidate", "--key", KEY]);
        due(&stage, ago);
        let report = stage.cli(&["purge"]);
        assert_eq!((&report["expired"], &report["deleted"]), (&json!(1), &json!(1)), "{report}");
        assert_eq!(stage.next_read_recomputes(), holds, "{lib:?} due for {ago} s");
        stage.assert_indexed();
    }
    for lib in Lib::ALL {
        let mut stage = Stage::set(lib, Path::Miss);
        stage.cli(&["invalidate", "--key", KEY]);
        due(&stage, 1000);
        stage.cli(&["purge"]);
        assert!(stage.next_read_recomputes(), "{lib:?}: on the miss path it is in progress");
    }
}

#[test]
fn a_purge_leaves_alone_what_is_not_due() {
    for lib in Lib::ALL {
        let mut stage = Stage::new(lib);
        for function in ["later", "later_three", "plain"] {
            stage.worker.value(function, json!([1]));
        }
        stage.worker.invalidate(json!({"key": "later:1"}));
        let report = stage.cli(&["purge"]);
        assert_eq!((&report["scanned"], &report["expired"]), (&json!(2), &json!(0)), "{report}");
        assert_eq!(stage.worker.call("later_three", json!([1]))["runs"], 0);
        assert_eq!(stage.worker.call("later", json!([1]))["runs"], 1, "its mark is still there");
        // By a clock five minutes ahead they are due, those of three segments too, and the rest stays.
        let report = purge(&stage, 301);
        let numbers = ["buckets", "scanned", "expired", "deleted"].map(|name| report[name].as_u64().unwrap());
        assert_eq!(numbers, [1, 2, 2, 2], "{report}");
        for (function, runs) in [("later", 1), ("later_three", 1), ("plain", 0)] {
            assert_eq!(stage.worker.call(function, json!([1]))["runs"], runs, "{lib:?} {function}");
            assert_eq!(stage.worker.call(function, json!([1]))["runs"], 0, "{lib:?} {function}");
        }
    }
}
