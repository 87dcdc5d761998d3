//! After an invalidation the real library recomputes exactly the keys it should, once, and no other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::content::{Held, assert_same};
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;

const GLOBBY: &str = r"app*[x]?\:";

/// What the application calls: function, arguments, and the key that makes.
fn calls() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("plain", json!([1]), "plain:1"),
        ("plain", json!([10]), "plain:10"),
        ("plain", json!(["é漢🦀"]), "plain:é漢🦀"),
        ("plain", json!(["a b\tc"]), "plain:a b\tc"),
        ("plain", json!([r"glob*?[x]\d"]), r"plain:glob*?[x]\d"),
        ("plain", json!(["two\nlines"]), "plain:two\nlines"),
        ("get_owner", json!([100]), "Book:100>owner"),
        ("get_owner", json!([101]), "Book:101>owner"),
        ("get_title", json!([100]), "Book:100>title"),
        ("get_title", json!([101]), "Book:101>title"),
        ("three", json!([1]), "a:1>b>c"),
        ("three", json!([2]), "a:2>b>c"),
        ("many", json!([1]), "many:1>all"),
        ("many", json!([2]), "many:2>all"),
        ("tagged", json!([1]), "shelf:1"),
        ("odd", json!([1]), "odd[1]*?>f*"),
        ("given", json!(["x", "base"]), "given:x"),
        ("given_field", json!(["x", "field"]), "given:x>field"),
        ("later", json!([4]), "later:4"),
        ("later_field", json!([4]), "later:4>field"),
        ("later_three", json!([4]), "later:4>b>c"),
    ]
}

const BOOKS: &[&str] = &["Book:100>owner", "Book:100>title", "Book:101>owner", "Book:101>title"];
const OWNERS: &[&str] = &["Book:100>owner", "Book:101>owner"];
const LATER: &[&str] = &["later:4", "later:4>field", "later:4>b>c"];
const PLAIN: &[&str] =
    &["plain:1", "plain:10", "plain:é漢🦀", "plain:a b\tc", r"plain:glob*?[x]\d", "plain:two\nlines"];

/// What is asked for, what it reads from its standard input, and the keys that must be recomputed.
type Case = (&'static [&'static str], &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    (&["--key", "plain:1"], "", &["plain:1"]),
    (&["--key", "plain:1", "--delete"], "", &["plain:1"]),
    (&["--key", "Book:100>owner"], "", &["Book:100>owner"]),
    (&["--key", "Book:100>owner", "--delete"], "", &["Book:100>owner"]),
    (&["--key", "a:1>b>c"], "", &["a:1>b>c"]),
    (&["--key", "a:1>b>c", "--delete"], "", &["a:1>b>c"]),
    (&["--key", "plain:é漢🦀", "--key", "plain:a b\tc"], "", &["plain:é漢🦀", "plain:a b\tc"]),
    (&["--escaped", "--key", r"plain:two\x0alines"], "", &["plain:two\nlines"]),
    (&["--key", r"plain:glob*?[x]\d", "--delete"], "", &[r"plain:glob*?[x]\d"]),
    (&["--key", "later:4>b>c"], "", &["later:4>b>c"]),
    (&["--key", "later:4>field", "--key", "later:4", "--delete"], "", &["later:4>field", "later:4"]),
    (&["--key", "nothing", "--key", "Book:100", "--key", "Book:100>"], "", &[]),
    (&["--yes", "--invalid-key", "User:200"], "", &["Book:100>owner"]),
    (&["--yes", "--invalid-key", "User:200", "--delete"], "", &["Book:100>owner"]),
    (&["--yes", "--invalid-key", "Team:1"], "", &["many:1>all", "many:2>all"]),
    (&["--yes", "--invalid-key", "Three:1"], "", &["a:1>b>c"]),
    (&["--yes", "--invalid-key", "Timed:4", "--delete"], "", LATER),
    (&["--yes", "--invalid-key", "odd*[1]"], "", &["odd[1]*?>f*"]),
    (&["--yes", "--invalid-key", "Nobody:1"], "", &[]),
    (&["--yes", "--tag", "get_owner"], "", OWNERS),
    (&["--yes", "--tag", "get_owner", "--delete"], "", OWNERS),
    (&["--yes", "--tag", "plain"], "", PLAIN),
    (&["--yes", "--tag", "three", "--tag", "later_three"], "", &["a:1>b>c", "a:2>b>c", "later:4>b>c"]),
    (&["--yes", "--tag", "odd*tag[1]?", "--delete"], "", &["odd[1]*?>f*"]),
    (&["--yes", "--tag", "books_by_hand"], "", &["shelf:1"]),
    (&["--yes", "--pattern", "Book:*"], "", BOOKS),
    (&["--yes", "--pattern", "Book:*", "--mark"], "", BOOKS),
    (&["--yes", "--pattern", "Book:*>owner"], "", OWNERS),
    (&["--yes", "--pattern", "Book:*>o*r"], "", OWNERS),
    (&["--yes", "--pattern", "Book:*>owner", "--mark"], "", OWNERS),
    (&["--yes", "--pattern", "Book:10[1-9]"], "", &["Book:101>owner", "Book:101>title"]),
    (&["--yes", "--pattern", "plain:?"], "", &["plain:1"]),
    (&["--yes", "--pattern", r"plain:glob\*\?\[x\]\\d"], "", &[r"plain:glob*?[x]\d"]),
    (&["--yes", "--pattern", "given:x>base"], "", &["given:x"]),
    (&["--yes", "--pattern", "given:x", "--mark"], "", &["given:x", "given:x>field"]),
    (&["--yes", "--pattern", "a:*", "--mark"], "", &["a:1>b>c", "a:2>b>c"]),
    (&["--yes", "--pattern", "a:1>b>c"], "", &["a:1>b>c"]),
    (&["--yes", "--pattern", "later:4*", "--mark"], "", LATER),
    (&["--yes", "--pattern", "*>b"], "", &["a:1>b>c", "a:2>b>c", "later:4>b>c"]),
    (&["--yes", "--pattern", "nothing*"], "", &[]),
    (&["--yes", "--from-file", "-"], "plain:10\n\nBook:100>title\n", &["plain:10", "Book:100>title"]),
    (&["--yes", "-0", "--from-file", "-"], "plain:two\nlines\0a:2>b>c", &["plain:two\nlines", "a:2>b>c"]),
    (&["--yes", "--from-file", "-", "--delete"], "plain:10\nlater:4\n", &["plain:10", "later:4"]),
    (
        &[
            "--yes",
            "--key",
            "shelf:1",
            "--tag",
            "get_owner",
            "--invalid-key",
            "Team:2",
            "--pattern",
            "Book:100",
        ],
        "",
        &["shelf:1", "Book:101>owner", "Book:100>owner", "Book:100>title", "many:1>all", "many:2>all"],
    ),
];

/// An application of several releases on one server.
struct Application {
    workers: Vec<Worker>,
}

impl Application {
    /// Calls everything through each worker in turn; gives how often each key's function ran, by worker.
    fn runs(&mut self) -> Vec<BTreeMap<String, u64>> {
        let mut all = Vec::new();
        for worker in &mut self.workers {
            let mut runs = BTreeMap::new();
            for (function, args, key) in calls() {
                let answer = worker.call(function, args);
                assert!(answer.get("error").is_none(), "{answer}");
                assert_eq!(answer["key"], key);
                if answer["runs"] != 0 {
                    runs.insert(key.to_owned(), answer["runs"].as_u64().unwrap());
                }
            }
            all.push(runs);
        }
        all
    }
}

fn once(keys: &[&str]) -> BTreeMap<String, u64> {
    keys.iter().map(|key| ((*key).to_owned(), 1)).collect()
}

fn recomputes_exactly(lib: Lib, prefix: &str, layout: &str) {
    let server = Server::start();
    // Another namespace of the same generation, which nothing may reach.
    let mut other = Worker::builder(lib, &server).prefix("CMX:").spawn();
    other.value("plain", json!([1]));
    let mut app = Application { workers: vec![Worker::builder(lib, &server).prefix(prefix).spawn()] };
    app.runs();
    assert_eq!(app.runs(), [BTreeMap::new()]);
    let everything: Vec<&str> = calls().iter().map(|(_, _, key)| *key).collect();
    let whole: &[&str] = &["--pattern", "*", "--confirm", prefix];
    let cases = CASES.iter().copied().chain([(whole, "", &everything[..])]);
    for (args, input, expected) in cases {
        let cli = Cli::new(&server)
            .args(["--prefix", prefix, "--layout", layout, "--format", "json", "invalidate"])
            .args(args);
        let planned = (layout != "auto").then(|| {
            let before = server.dump();
            let planned = Cli::new(&server)
                .args(["--prefix", prefix, "--layout", layout, "--format", "json", "invalidate", "--dry-run"])
                .args(args)
                .stdin(input)
                .run();
            assert_same(&before, &server.dump());
            planned.ok().json()
        });
        let output = cli.stdin(input).run();
        let report = output.ok().json();
        let said = format!("{lib:?} {prefix} {layout} {args:?}: {report}");
        assert_eq!(report["complete"], true, "{said}");
        assert_eq!(app.runs(), [once(expected)], "{said}");
        assert_eq!(app.runs(), [BTreeMap::new()], "once: {said}");
        assert_eq!(other.call("plain", json!([1]))["runs"], 0, "{said}");
        if let Some(planned) = planned {
            // Each key was marked or deleted, and the plan said so.
            let (marked, deleted) = (report["marked"].as_u64().unwrap(), report["deleted"].as_u64().unwrap());
            assert_eq!(
                (&planned["matched"], &planned["dry_run"]),
                (&report["matched"], &json!(true)),
                "{said}"
            );
            let all = args.contains(&"nothing") || args.contains(&"a:*") || args.contains(&"later:4*");
            if !all && !args.contains(&"--tag") {
                assert_eq!(marked + deleted, expected.len() as u64, "{said}");
                assert_eq!(
                    (&planned["marked"], &planned["deleted"]),
                    (&report["marked"], &report["deleted"])
                );
            }
        }
    }
}

#[test]
fn recomputes_exactly_009_classic() {
    recomputes_exactly(Lib::V009, "CM:", "classic");
}

#[test]
fn recomputes_exactly_009_auto_glob_prefix() {
    recomputes_exactly(Lib::V009, GLOBBY, "auto");
}

#[test]
fn recomputes_exactly_009_auto() {
    recomputes_exactly(Lib::V009, "CM:", "auto");
}

#[test]
fn recomputes_exactly_010_classic_custom_prefix() {
    recomputes_exactly(Lib::V010, "shop:", "classic");
}

#[test]
fn recomputes_exactly_011_meta_glob_prefix() {
    recomputes_exactly(Lib::V011, GLOBBY, "meta");
}

#[test]
fn recomputes_exactly_011_auto() {
    recomputes_exactly(Lib::V011, "CM:", "auto");
}

#[test]
fn recomputes_exactly_011_auto_custom_prefix() {
    recomputes_exactly(Lib::V011, "shop:", "auto");
}

#[test]
fn both_generations_of_one_namespace_get_their_marks() {
    let server = Server::start();
    let spawn = |lib| Worker::spawn(lib, &server);
    let mut app = Application { workers: vec![spawn(Lib::V009), spawn(Lib::V011)] };
    // The first fills, the second finds everything there.
    let filled = app.runs();
    assert_eq!((filled[0].len(), filled[1].len()), (calls().len(), 0));
    for (args, input, expected) in CASES {
        let cli = Cli::new(&server).args(["-v", "--format", "json", "invalidate"]).args(*args);
        let output = cli.stdin(*input).run();
        assert_eq!(output.ok().says("--layout").json()["layout"], "both");
        let [classic, meta] = &app.runs()[..] else { panic!() };
        assert_eq!(*classic, once(expected), "{args:?}");
        // A mark is for each generation; what was deleted is back by the time the second looks.
        let pattern = args.contains(&"--pattern");
        let deleted = args.contains(&"--delete") || (pattern && !args.contains(&"--mark"));
        if args.iter().filter(|arg| ["--tag", "--invalid-key", "--pattern"].contains(arg)).count() < 3 {
            assert_eq!(*meta, once(if deleted { &[] } else { expected }), "{args:?}");
        }
        assert_eq!(app.runs(), [BTreeMap::new(), BTreeMap::new()], "{args:?}");
    }
}

#[test]
fn our_own_marks_do_not_make_a_server_look_like_the_other_generation() {
    for lib in Lib::ALL {
        for (prefix, restart) in [("CM:", false), ("CM:", true), ("shop:", false), ("shop:", true)] {
            let mut server = Server::start();
            if restart {
                server.restart();
            }
            let mut worker = Worker::builder(lib, &server).prefix(prefix).spawn();
            worker.value("plain", json!([1]));
            let scripts = redis::cmd("SCRIPT").arg("FLUSH").to_owned();
            for round in 0..3 {
                if restart {
                    scripts.exec(&mut server.connect()).unwrap();
                }
                let cli = Cli::new(&server).args(["--prefix", prefix, "invalidate", "--key", "plain:1"]);
                let output = cli.run();
                output.ok();
                let answer = worker.call("plain", json!([1]));
                assert_eq!(
                    answer["runs"],
                    1,
                    "{lib:?} {prefix} scripts lost: {restart}, round {round}\n{}",
                    output.transcript()
                );
            }
        }
    }
}

#[test]
fn under_classic_a_tag_is_left_by_what_was_marked_and_named_again_by_who_recomputes() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V009, &server);
    let owners = |server: &Server| match server.dump().get(&b"CM:get_owner"[..]).map(|it| it.held.clone()) {
        Some(Held::Set(members)) => members,
        _ => BTreeSet::new(),
    };
    worker.value("get_owner", json!([100]));
    worker.value("get_owner", json!([101]));
    let cli = Cli::new(&server).args(["--layout", "classic", "invalidate", "--yes", "--tag", "get_owner"]);
    cli.run().ok();
    assert_eq!(owners(&server), BTreeSet::new());
    assert_eq!(worker.call("get_owner", json!([100]))["runs"], 1);
    assert_eq!(owners(&server), BTreeSet::from([b"CM:Book:100>owner".to_vec()]));
}

/// An application of 0.1.1 that is somewhere else on the server has said so, in scripts and sets; one of 0.0.9 that is idle
/// leaves no bookkeeping at all.
fn an_idle_application_gets_its_marks_beside(server: &Server, url: &str, prefix: &str) {
    let mut idle = Worker::spawn(Lib::V009, server);
    let mut elsewhere = Worker::builder(Lib::V011, server).url(url).prefix(prefix).spawn();
    let selectors: &[&[&str]] = &[
        &["--key", "plain:1"],
        &["--invalid-key", "User:200", "--yes"],
        &["--tag", "get_owner", "--yes"],
        &["--from-file", "-", "--yes"],
    ];
    for (selector, (function, args)) in selectors.iter().zip([
        ("plain", json!([1])),
        ("get_owner", json!([100])),
        ("get_owner", json!([100])),
        ("get_owner", json!([100])),
    ]) {
        elsewhere.value("plain", json!([1]));
        idle.call(function, args.clone());
        assert_eq!(idle.call(function, args.clone())["runs"], 0);
        Cli::new(server).args(["invalidate"]).args(*selector).stdin("Book:100>owner\n").run().ok();
        assert_eq!(idle.call(function, args.clone())["runs"], 1, "{selector:?} beside {url} {prefix}");
        assert_eq!(idle.call(function, args)["runs"], 0, "{selector:?} beside {url} {prefix}");
    }
}

#[test]
fn an_idle_application_of_009_gets_its_marks_on_a_server_that_has_seen_011() {
    let server = Server::start();
    // The same database and prefix, once, and nothing of it left but the scripts.
    Worker::spawn(Lib::V011, &server).value("plain", json!([7]));
    redis::cmd("FLUSHALL").exec(&mut server.connect()).unwrap();
    redis::cmd("FLUSHALL").exec(&mut server.connect()).unwrap();
    an_idle_application_gets_its_marks_beside(&server, &server.url_of_db(3), "CM:");
}

#[test]
fn an_idle_application_of_009_gets_its_marks_beside_011_in_another_database() {
    let server = Server::start();
    an_idle_application_gets_its_marks_beside(&server, &server.url_of_db(1), "CM:");
}

#[test]
fn an_idle_application_of_009_gets_its_marks_beside_011_under_another_prefix() {
    let server = Server::start();
    an_idle_application_gets_its_marks_beside(&server, &server.url(), "shop:");
}
