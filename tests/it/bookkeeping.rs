//! Deleted sets, progress sets and our own record of marks: what is in them is counted once, and they are never tags.

use std::collections::BTreeSet;

use cacheme::Error;
use cacheme::memoize::sync::Cache;
use cacheme::namespace::Layout;
use serde_json::json;

use crate::doctor_findings::{doctor, finding, ids, with_limit};
use crate::gc_removes::{all, gc, members};
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
                output
                    .code(2)
                    .says(&format!("'{name}' is a reserved name, use another: '{set}' is"))
                    .says("--pattern");
            }
        }
        assert_eq!(server.dump(), before, "{layout}");
        // Whatever gc does with what is in its own generation's sets, the other's is left as it is; so is a mark that stands
        // in both, as nobody has read it.
        let output = Cli::new(&server).args(["gc", "--yes", "--stuck-after", "1h", "--layout", layout]).run();
        output.ok();
        for (_, name) in SETS.iter().take(4) {
            assert_eq!(members(&server, name), set(&["CM:k", "CM:gone"]), "{layout} {name}");
        }
    }
}

#[test]
fn the_library_refuses_it_too() {
    for layout in [Layout::Classic, Layout::Meta, Layout::Both] {
        let server = filled();
        let settings = server.settings().layout(layout);
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
fn what_doctor_finds_in_the_generation_that_was_named_or_in_either_its_fix_mends() {
    let (classic, meta) = (["CM:delete", "CM:progress"], ["CM:meta:deleted", "CM:meta:progress"]);
    for (named, from_environment, [deleted, progress], flag) in [
        (None, false, meta, ""),
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
        pasted("stuck-computations", "gc --wait --stuck-after 5m");
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

const PARTS: [&str; 5] = ["tags", "invalid_keys", "expiry", "pending", "progress"];

/// Keys in progress, with and without values, marks and leases, and marks and entries that nothing but progress holds.
fn in_progress(server: &Server, generations: &[[&str; 2]]) {
    let mut connection = server.connect();
    for [deleted, progress] in generations {
        all(
            &mut connection,
            &[
                &format!("SADD {progress} CM:held CM:stale CM:leased CM:ranout CM:twice"),
                &format!("SADD {deleted} CM:held CM:gone CM:k"),
            ],
        );
    }
    all(
        &mut connection,
        &[
            "HSET CM:stale base N.",
            "HSET CM:k base N.",
            "ZADD CM:meta:leases 1000 CM:ranout 99999999999999 CM:leased",
            "SADD CM:t CM:held CM:gone CM:k CM:stale CM:ranout",
            "SADD CM:User:1:invalid CM:held",
            "ZADD CM:Meta:Expire-Buckets::CM:held 99999999999 CM:held",
        ],
    );
}

/// Lets what an earlier run noted be old.
fn age_suspects(server: &Server) {
    let script = "for _, it in ipairs(redis.call('ZRANGE', 'CM:meta:suspects', 0, -1)) do redis.call('ZADD', 'CM:meta:suspects', 1000, it) end";
    redis::cmd("EVAL").arg(script).arg(0).exec(&mut server.connect()).unwrap();
}

#[test]
fn a_dry_run_of_gc_says_what_the_run_does_after_taking_keys_out_of_progress() {
    let (classic, meta) = (["CM:delete", "CM:progress"], ["CM:meta:deleted", "CM:meta:progress"]);
    for (layout, generations) in [
        ("classic", &[classic][..]),
        ("meta", &[meta]),
        ("both", &[classic, meta]),
        ("auto", &[classic, meta]),
    ] {
        let ways: &[_] = if layout == "both" { &["at once", "noted before", "waits"] } else { &["at once"] };
        for how in ways {
            let server = Server::start();
            in_progress(&server, generations);
            let args = match *how {
                "at once" => &["--layout", layout, "--stuck-after", "0s"][..],
                "waits" => &["--layout", layout, "--stuck-after", "100ms", "--wait"],
                _ => {
                    gc(&server, &["--layout", layout, "--stuck-after", "1h"]).ok();
                    age_suspects(&server);
                    &["--layout", layout, "--stuck-after", "1h"]
                }
            };
            let before = server.dump();
            let dry = gc(&server, &[args, &["--dry-run"]].concat()).ok().json();
            assert_eq!(server.dump(), before, "{layout}, {how}");
            let wet = gc(&server, args).ok().json();
            for part in PARTS {
                assert_eq!(dry[part], wet[part], "{part}, {layout}, {how}: {dry} {wet}");
            }
            assert_eq!(dry["suspects"], wet["suspects"], "{layout}, {how}: {dry} {wet}");
            let counts =
                |part: &str| ["scanned", "removed", "restored"].map(|name| wet[part][name].as_u64().unwrap());
            if *how == "at once" {
                assert_eq!(counts("progress"), [4, 3, 1], "{layout}: {wet}");
                assert_eq!(counts("pending"), [5, 3, 1], "{layout}: {wet}");
                assert_eq!(counts("tags"), [5, 3, 0], "{layout}: {wet}");
            }
        }
    }
}

#[test]
fn no_more_is_removed_than_was_looked_at() {
    let seeded = || {
        let server = Server::start();
        let keys: Vec<_> = (0..35).map(|n| format!("CM:k{n}")).collect();
        for set in ["CM:delete", "CM:meta:progress"] {
            redis::cmd("SADD").arg(set).arg(&keys[..]).exec(&mut server.connect()).unwrap();
        }
        redis::cmd("SADD").arg("CM:meta:progress").arg("CM:x").exec(&mut server.connect()).unwrap();
        gc(&server, &["--stuck-after", "1h"]).ok();
        age_suspects(&server);
        server
    };
    // An earlier run noted them all; a run looks at these before it walks the sets.
    let server = seeded();
    redis::cmd("SADD").arg("CM:meta:progress").arg("CM:new").exec(&mut server.connect()).unwrap();
    let text = |args: &[&str]| {
        let cli =
            Cli::new(&server).args(["gc", "--yes", "--stuck-after", "1h", "--format", "table"]).args(args);
        cli.run().ok().transcript()
    };
    for args in [&["--dry-run"][..], &[]] {
        let said = text(args);
        assert!(said.contains(" 36 of 37 keys in progress,") && !said.contains("35 marks"), "{said}");
    }
    age_suspects(&server);
    let said = text(&[]);
    assert!(said.contains("35 of 35 marks and 1 of 1 key in progress"), "{said}");
    // One that goes on behind the looks of an earlier one.
    let server = seeded();
    let info: String = redis::cmd("INFO").arg("server").query(&mut server.connect()).unwrap();
    let run_id = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap().trim();
    let position = format!("HSET CM:meta:cursor gc:run_id {run_id} gc:phase 1 gc:cursor 0");
    all(&mut server.connect(), &[&position]);
    let report = gc(&server, &["--stuck-after", "1ms", "--wait", "--time-budget", "1m"]).ok().json();
    for part in ["pending", "progress"] {
        let [scanned, removed] = ["scanned", "removed"].map(|name| report[part][name].as_u64().unwrap());
        assert!(removed <= scanned, "{part}: {report}");
    }
    assert_eq!(report["progress"]["removed"], 36, "{report}");
}

#[test]
fn restore_and_its_dry_run_call_a_mark_what_the_listings_call_one() {
    let server = Server::start();
    let sets = ["CM:delete", "CM:meta:deleted", "CM:meta:both"];
    for held in 0..8_u8 {
        for name in sets.into_iter().enumerate().filter(|(n, _)| held & (1 << n) != 0).map(|(_, name)| name) {
            all(&mut server.connect(), &[&format!("SADD {name} CM:k")]);
        }
        all(&mut server.connect(), &["HSET CM:k base older"]);
        let dump = run(&server, "both", &["keys", "dump", "--raw", "--key", "k"]).ok().stdout.clone();
        all(&mut server.connect(), &["HSET CM:k base younger"]);
        let shown = run(&server, "both", &["keys", "show", "k", "--format", "json"]).ok().json();
        let pending = u64::from(shown["state"] == "pending");
        for args in [&["--dry-run"][..], &[]] {
            let cli = Cli::new(&server)
                .args(["--layout", "both", "keys", "restore", "-", "--yes", "--format", "json"]);
            let report = cli.args(args).stdin(dump.clone()).run().json();
            assert_eq!(
                (&report["restored"], &report["kept"]),
                (&json!(pending), &json!(1 - pending)),
                "{held} {args:?}"
            );
        }
        all(&mut server.connect(), &["DEL CM:k CM:delete CM:meta:deleted CM:meta:both"]);
    }
}
