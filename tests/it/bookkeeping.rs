//! Deleted sets, progress sets and our own record of marks: what is in them is counted once, and they are never tags.

use std::collections::BTreeSet;

use cacheme::Error;
use cacheme::memoize::Settings;
use cacheme::memoize::sync::Cache;
use cacheme::namespace::Layout;
use serde_json::json;

use crate::doctor_findings::{doctor, finding, ids, with_limit};
use crate::gc_removes::{all, members};
use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::seed::set;
use crate::support::server::Server;

/// What a tag would have to be called, and its set.
const SETS: [(&str, &str); 5] = [
    ("delete", "CM:delete"),
    ("progress", "CM:progress"),
    ("meta:deleted", "CM:meta:deleted"),
    ("meta:progress", "CM:meta:progress"),
    ("meta:both", "CM:meta:both"),
];

fn run(server: &Server, layout: &str, args: &[&str]) -> Output {
    Cli::new(server).args(["--layout", layout]).args(args).run()
}

/// A tag, and in each set of bookkeeping a key with a value and one without. (In both deleted sets: a mark of ours.)
fn filled() -> Server {
    let server = with_limit(Server::builder(), "noeviction");
    let mut connection = server.connect();
    all(&mut connection, &["HSET CM:k base N.", "HSET CM:free base N.", "SADD CM:t CM:k CM:free"]);
    for (_, set) in SETS {
        all(&mut connection, &[&format!("SADD {set} CM:k CM:gone")]);
    }
    server
}

#[test]
fn bookkeeping_of_either_generation_is_no_tag_whatever_the_layout() {
    for layout in ["classic", "meta", "both", "auto"] {
        let server = filled();
        assert_eq!(run(&server, layout, &["tags", "list"]).ok().text(), "t\t2\n", "{layout}");
        let stats = run(&server, layout, &["stats", "--format", "json"]).ok().json();
        assert_eq!(stats["namespace"]["tags"], 1, "{layout}");
        let shown = run(&server, layout, &["keys", "show", "k", "--format", "json"]).ok().json();
        assert_eq!(shown["tags"], json!(["t"]), "{layout}");
        let dumped = run(&server, layout, &["keys", "dump", "--indexes", "--format", "ndjson"]).ok().ndjson();
        assert!(dumped.iter().all(|row| row["tags"] == json!(["t"])), "{layout}: {dumped:?}");
        let report = doctor(&server, &["--no-monitor", "--apart", "0s", "--layout", layout]).json();
        assert!(!ids(&report).contains("leaked-members"), "{layout}: {report:#}");
        let before = server.dump();
        for (name, set) in SETS {
            for command in [
                &["tags", "show", name][..],
                &["keys", "list", "--tag", name],
                &["keys", "dump", "--tag", name],
                &["invalidate", "--yes", "--tag", name],
                &["invalidate", "--yes", "--delete", "--tag", name],
                &["invalidate", "--yes", "--key", "free", "--tag", name],
                &["purge", "--tag", name],
            ] {
                let output = run(&server, layout, command);
                output.code(2).says(&format!("'{name}' is no tag: '{set}' is")).says("--pattern");
            }
        }
        assert_eq!(server.dump(), before, "{layout}");
        // Whatever gc does with what is in its own generation's sets, the other's is left as it is.
        let output = Cli::new(&server).args(["gc", "--yes", "--stuck-after", "1h", "--layout", layout]).run();
        output.ok();
        for (_, name) in SETS.iter().take(4) {
            // The record says that the mark in the set that nobody reads is none.
            let is_copy = matches!((layout, *name), ("classic", "CM:meta:deleted") | ("meta", "CM:delete"));
            let left: &[&str] = if is_copy { &[] } else { &["CM:k", "CM:gone"] };
            assert_eq!(members(&server, name), set(left), "{layout} {name}");
        }
    }
}

#[test]
fn the_library_refuses_it_too() {
    for layout in [Layout::Classic, Layout::Meta, Layout::Both] {
        let server = filled();
        let settings = Settings::new().url(server.url()).layout(layout);
        let cache = Cache::open(settings).unwrap();
        let before = server.dump();
        for (name, _) in SETS {
            let refused = |error: Error| assert!(matches!(error, Error::Reserved { .. }), "{error}");
            refused(cache.tag(name).invalidate_all().unwrap_err());
            refused(cache.tag(name).keys().unwrap_err());
        }
        assert_eq!(server.dump(), before);
    }
}

#[test]
fn what_doctor_finds_in_either_generation_its_fix_mends_whatever_layout_was_named() {
    let (classic, meta) = (["CM:delete", "CM:progress"], ["CM:meta:deleted", "CM:meta:progress"]);
    for (named, from_environment, [deleted, progress], flag) in [
        (Some("classic"), false, meta, "--layout both "),
        (Some("meta"), false, classic, "--layout both "),
        (Some("meta"), false, meta, "--layout meta "),
        (Some("classic"), true, classic, "--layout classic "),
        (None, false, classic, ""),
    ] {
        let server = with_limit(Server::builder(), "noeviction");
        let mut connection = server.connect();
        all(&mut connection, &[&format!("SADD {deleted} CM:gone"), &format!("SADD {progress} CM:held")]);
        let cli = Cli::new(&server).args(["doctor", "--format", "json", "--no-monitor", "--apart", "0s"]);
        let cli = match named {
            Some(layout) if from_environment => cli.env("CACHEME_LAYOUT", layout),
            Some(layout) => cli.args(["--layout", layout]),
            None => cli,
        };
        let report = cli.run().code(5).json();
        let pasted = |id: &str, wanted: &str| {
            let fix = finding(&report, id)["fix"].as_str().unwrap().to_owned();
            assert!(fix.ends_with(&format!("{flag}{wanted}")), "{named:?} {deleted}: {fix}");
            assert_eq!(fix.contains("--layout"), named.is_some(), "{fix}");
            Cli::shell(&server, &fix.replace(wanted, "gc --yes --stuck-after 0s")).run().ok();
        };
        all(&mut connection, &[&format!("SREM {deleted} CM:gone")]);
        pasted("stuck-computations", "gc --wait --stuck-after 30s");
        assert_eq!(members(&server, progress), BTreeSet::new());
        all(&mut connection, &[&format!("SADD {deleted} CM:gone")]);
        pasted("marks-of-gone-keys", "gc --wait");
        assert_eq!(members(&server, deleted), BTreeSet::new());
    }
}

#[test]
fn a_key_in_the_sets_of_both_generations_is_one() {
    let server = with_limit(Server::builder(), "noeviction");
    all(
        &mut server.connect(),
        &[
            "HSET CM:k base N.",
            "SADD CM:delete CM:k CM:gone CM:one",
            "SADD CM:meta:deleted CM:k CM:gone",
            "SADD CM:progress CM:held",
            "SADD CM:meta:progress CM:held CM:other",
        ],
    );
    let stats = run(&server, "both", &["stats", "--format", "json"]).ok().json();
    assert_eq!((&stats["namespace"]["pending"], &stats["namespace"]["in_progress"]), (&json!(3), &json!(2)));
    let report = doctor(&server, &["--no-monitor", "--apart", "0s"]).json();
    for (id, count) in [
        ("both-deleted-sets", 3),
        ("marks-of-gone-keys", 2),
        ("marks-nobody-consumes", 1),
        ("stuck-computations", 2),
    ] {
        assert_eq!(finding(&report, id)["count"], count, "{id}: {report:#}");
    }
}
