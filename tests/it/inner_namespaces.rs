//! A namespace inside another (`CM:X:` in `CM:`): what works on the outer one leaves the inner one alone, and says so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::support::cli::Cli;
use crate::support::content::Entry;
use crate::support::python::Lib;
use crate::support::seed::{Seed, names};
use crate::support::server::Server;
use crate::support::worker::Worker;

const INNER: &str = "CM:X:";

fn layout(lib: Lib) -> &'static str {
    if lib.is_meta() { "meta" } else { "classic" }
}

/// Whatever the inner namespace has under its own prefix.
fn inner(server: &Server) -> BTreeMap<Vec<u8>, Entry> {
    server.dump().into_iter().filter(|(key, _)| key.starts_with(INNER.as_bytes())).collect()
}

fn nested(outer: Lib, inside: Lib) {
    let server = Server::start();
    let mut app = Worker::spawn(outer, &server);
    let mut other = Worker::builder(inside, &server).prefix(INNER).spawn();
    for worker in [&mut app, &mut other] {
        for (function, args) in [("plain", 1), ("plain", 2), ("get_owner", 100), ("later", 4)] {
            worker.value(function, json!([args]));
        }
    }
    let mark = ["--prefix", INNER, "--layout", layout(inside), "invalidate", "--key", "plain:1"];
    Cli::new(&server).args(mark).run().ok();
    let (deleted, progress) = (inside.deleted_set(INNER), inside.progress_set(INNER));
    // One that is gone, and is being computed: its mark is all that keeps the invalidation.
    Seed::classic(&server)
        .run("SADD", &[&progress[..], "CM:X:slow:1"])
        .run("SADD", &[&deleted[..], "CM:X:slow:1"]);
    let before = inner(&server);
    for (args, changes) in [
        (&["tags", "list"][..], false),
        (&["invalid-keys", "list"], false),
        (&["keys", "list"], false),
        (&["keys", "list", "--state", "pending"], false),
        (&["stats", "--format", "json"], false),
        (&["doctor", "--quick", "--no-monitor", "--apart", "10ms"], false),
        (&["gc", "--yes", "--wait", "--stuck-after", "1ms"], true),
        (&["purge"], true),
        (&["invalidate", "--yes", "--pattern", "*", "--confirm", "CM:", "--mark"], true),
        (&["invalidate", "--yes", "--pattern", "*", "--confirm", "CM:"], true),
    ] {
        let out = Cli::new(&server).args(["--layout", layout(outer)]).args(args).run();
        if args[0] != "doctor" {
            out.ok();
            assert!(args[0] == "purge" || out.stderr.contains("'CM:X:'"), "{out:?}");
        }
        if !changes {
            let told = out.text().replace("CM:X:", "");
            assert!(!told.contains("X:"), "{args:?} shows keys of the inner namespace: {told}");
        }
        assert!(inner(&server) == before, "{args:?} changed the inner namespace");
        for (set, kept) in [(&deleted, "CM:X:plain:1"), (&deleted, "CM:X:slow:1"), (&progress, "CM:X:slow:1")]
        {
            assert!(names(&server, set).contains(kept), "{args:?} took {kept} out of {set}");
        }
    }
    assert_eq!(app.call("plain", json!([1]))["computed"], true, "the outer namespace was emptied");
    assert_eq!(other.call("plain", json!([1]))["computed"], true, "the inner invalidation is lost");
    assert_eq!(other.call("plain", json!([2]))["computed"], false, "an inner value is lost");
}

#[test]
fn a_classic_namespace_in_a_classic_one() {
    nested(Lib::V009, Lib::V009);
}

#[test]
fn a_classic_namespace_in_one_of_meta() {
    nested(Lib::V011, Lib::V009);
}

#[test]
fn a_namespace_of_meta_in_a_classic_one() {
    nested(Lib::V009, Lib::V011);
}

#[test]
fn a_tag_that_is_only_called_like_bookkeeping_is_a_tag() {
    let server = Server::start();
    Seed::classic(&server)
        .live(["a"])
        .tag("soft:delete", ["a", "gone"])
        .tag("undelete", ["gone"])
        .value("X:delete", b"v");
    let out = Cli::new(&server).args(["tags", "list"]).run();
    out.ok();
    assert_eq!(out.lines().into_iter().collect::<BTreeSet<_>>(), ["soft:delete\t2", "undelete\t1"].into());
    assert!(!out.stderr.contains("other namespaces"), "{out:?}");
    Cli::new(&server).args(["gc", "--yes"]).run().ok();
    assert_eq!(names(&server, "CM:soft:delete"), crate::support::seed::set(&["CM:a"]));
    Cli::new(&server).args(["invalidate", "--yes", "--pattern", "X:delete"]).run().ok();
    assert!(names(&server, "CM:X:delete").is_empty());
}

#[test]
fn who_means_both_says_so() {
    let server = Server::start();
    Seed::under(&server, INNER.as_bytes(), false).live(["a"]).marked(["a"]);
    let seen = |args: &[&str]| Cli::new(&server).args(args).run().ok().text().to_owned();
    assert_eq!(seen(&["keys", "list"]), "");
    assert_eq!(seen(&["--with-inner", "keys", "list"]), "X:a\tlive\t\n");
    assert_eq!(seen(&["--prefix", INNER, "keys", "list"]), "a\tpending\t\n");
    assert_eq!(seen(&["--with-inner", "tags", "list"]), "X:delete\t1\n");
}

/// How many SCAN commands of a run look for namespaces inside, and how many it sends.
fn scans(server: &Server, args: &[&str]) -> (usize, usize) {
    let (out, seen) = server.monitor(|| Cli::new(server).args(["--layout", "classic"]).args(args).run());
    out.ok();
    let scans: Vec<_> = seen.iter().filter(|it| it.name() == "SCAN").collect();
    let looks = scans.iter().filter(|it| it.rest().iter().any(|word| word.contains("CM:?*["))).count();
    (looks, scans.len())
}

#[test]
fn no_command_walks_the_keyspace_for_them_alone_but_what_changes_data() {
    let server = Server::start();
    Seed::classic(&server).live(["a"]).tag("t", ["a"]);
    let many = "for n = 1, 200000 do redis.call('SET', 'other:' .. n, '') end";
    redis::cmd("EVAL").arg(many).arg(0).exec(&mut server.connect()).unwrap();
    let fast = |args: &[&str]| scans(&server, &[&["--pace", "fast"], args].concat());
    let (looks, all) = fast(&["invalidate", "--pattern", "*", "--dry-run"]);
    assert!(looks > 64 && looks * 2 <= all + 2, "{looks} of {all}: one walk to look, one to find the values");
    for args in [&["tags", "list"][..], &["invalid-keys", "list"], &["keys", "list"]] {
        let (looks, all) = fast(args);
        assert!(looks <= 66 && looks * 2 < all, "{args:?}: {looks} of {all}");
    }
    let (looks, _) = fast(&["stats"]);
    assert_eq!(looks, 0, "the walk that counts sees them");
}
