//! A namespace inside another (`CM:X:` in `CM:`): what works on the outer one leaves the inner one alone, and says so.

use std::collections::{BTreeMap, BTreeSet};

use cacheme::memoize::{Invalidate, sync};
use cacheme::namespace::Layout;
use serde_json::json;

use crate::deploy_cluster::cli;
use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
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

fn empty(server: &Server) {
    redis::cmd("FLUSHALL").exec(&mut server.connect()).unwrap();
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

/// Each way to mean the keys of a function whose tag is called like bookkeeping.
fn selectors(name: &str, ending: &str) -> [Vec<String>; 5] {
    let words = |words: [&str; 2]| words.map(str::to_owned).to_vec();
    [
        words(["--key", &format!("{name}:1")]),
        words(["--invalid-key", &format!("{name}:all")]),
        words(["--tag", &format!("{name}:{ending}")]),
        words(["--pattern", &format!("{name}:*")]),
        words(["--raw-pattern", &format!("CM:{name}:[0-9]")]),
    ]
}

#[test]
fn a_tag_called_like_bookkeeping_keeps_no_invalidation_from_its_keys() {
    for lib in [Lib::V009, Lib::V011] {
        // The tag of a function without a timeout looks like the bookkeeping of another namespace: see below.
        for (name, ending) in [("timed_progress", "progress"), ("timed_delete", "delete")] {
            let server = Server::start();
            let mut app = Worker::spawn(lib, &server);
            for selector in selectors(name, ending) {
                empty(&server);
                app.value(name, json!([1]));
                let args = ["--layout", layout(lib), "--format", "json", "invalidate", "--yes"];
                let out = Cli::new(&server).args(args).args(&selector).run();
                out.ok();
                assert_eq!(out.json()["complete"], true, "{out:?}");
                out.never_says("other namespaces");
                assert_eq!(app.call(name, json!([1]))["computed"], true, "{lib:?} {out:?}");
            }
        }
    }
}

#[test]
fn what_may_be_of_another_namespace_is_never_done_without_a_word() {
    for lib in [Lib::V009, Lib::V011] {
        let both = [("jobs_delete", "delete"), ("jobs_progress", "progress")];
        let server = Server::start();
        let mut app = Worker::spawn(lib, &server);
        for (name, selector) in both.into_iter().flat_map(|(name, ending)| {
            selectors(name, ending).into_iter().map(move |selector| (name, selector))
        }) {
            empty(&server);
            app.value(name, json!([1]));
            let is_pattern = selector[0].ends_with("pattern");
            let run = |more: &[&str]| {
                let args = ["-q", "--format", "json", "--layout", layout(lib)];
                Cli::new(&server).args(args).args(more).args(["invalidate", "--yes"]).args(&selector).run()
            };
            let out = run(&[]);
            assert_eq!(out.code, if is_pattern { 0 } else { 3 }, "{out:?}");
            assert_eq!(out.json()["complete"], is_pattern, "{out:?}");
            assert!(out.stderr.contains("warning: other namespaces inside 'CM:'"), "{out:?}");
            assert!(out.stderr.contains("--with-inner"), "{out:?}");
            assert_eq!(app.call(name, json!([1]))["computed"], false, "{out:?}");
            run(&["--with-inner"]).ok();
            assert_eq!(app.call(name, json!([1]))["computed"], true, "{lib:?} {selector:?}");
        }
    }
}

#[test]
fn a_busy_namespace_inside_is_none_of_ours() {
    let server = Server::start();
    let mut it = server.connect();
    // Of its keys in progress one has its value by now, one a mark in the set that all prefixes share.
    for command in [
        "SADD CM:X:progress CM:X:B:1>f CM:X:B:2>f",
        "HSET CM:X:B:2 f v",
        "SADD CM:meta:deleted CM:X:B:1>f",
        "SADD CM:X:I:1:invalid CM:X:B:1>f",
    ] {
        let words: Vec<_> = command.split(' ').collect();
        redis::cmd(words[0]).arg(&words[1..]).exec(&mut it).unwrap();
    }
    for layout in ["0.0.9", "0.1.1", "both"] {
        let before = server.dump();
        let gc = ["--layout", layout, "gc", "--yes", "--stuck-after", "0s"];
        Cli::new(&server).args(gc).run().ok().says("'CM:X:'");
        assert_eq!(
            names(&server, "CM:X:I:1:invalid"),
            crate::support::seed::set(&["CM:X:B:1>f"]),
            "{layout}"
        );
        assert_eq!(server.dump().get(&b"CM:X:progress"[..]), before.get(&b"CM:X:progress"[..]), "{layout}");
    }
}

#[test]
fn who_means_both_reaches_the_readers_of_both() {
    for lib in [Lib::V009, Lib::V011] {
        let server = Server::start();
        let mut outside = Worker::spawn(lib, &server);
        let mut inside = Worker::builder(lib, &server).prefix(INNER).spawn();
        for args in [
            &["--tag", "X:get_owner"][..],
            &["--invalid-key", "X:User:200"],
            &["--key", "X:Book:100>owner"],
            &["--pattern", "X:*", "--mark"],
            &["--pattern", "*", "--mark", "--confirm", "CM:"],
            &["--pattern", "*", "--confirm", "CM:"],
        ] {
            for layout in ["auto", self::layout(lib)] {
                empty(&server);
                outside.value("plain", json!([1]));
                inside.value("get_owner", json!([100]));
                inside.value("later", json!([4]));
                // One that is being computed for the first time.
                let busy = lib.progress_set(INNER);
                Seed::classic(&server).run("SADD", &[&busy[..], "CM:X:slow:1"]);
                let run = ["--with-inner", "--layout", layout, "invalidate", "--yes"];
                Cli::new(&server).args(run).args(args).run().ok();
                let again = inside.call("get_owner", json!([100]));
                assert_eq!(again["computed"], true, "{lib:?} {args:?} {layout}: the invalidation is lost");
                if args.contains(&"--pattern") {
                    let marked = names(&server, &lib.deleted_set(INNER));
                    assert!(marked.contains("CM:X:slow:1"), "{lib:?} {args:?} {layout}: {marked:?}");
                }
            }
        }
    }
}

#[test]
fn who_means_both_takes_no_bookkeeping_of_either() {
    let server = with_sign(|inside| inside.busy(["gone"]).marked(["Book:1>owner"]));
    Seed::classic(&server).run("HSET", &["CM:X:meta:stats", "get:hits", "3"]);
    for args in [
        &["--pattern", "X:*"][..],
        &["--raw-pattern", "CM:X:*", "--confirm", "CM:X:*"],
        &["--tag", "X:delete"],
    ] {
        let run = ["--with-inner", "--layout", "classic", "invalidate", "--yes"];
        Cli::new(&server).args(run).args(args).run().ok();
        for (set, kept) in [("CM:X:delete", "CM:X:Book:1>owner"), ("CM:X:progress", "CM:X:gone")] {
            assert!(names(&server, set).contains(kept), "{args:?} took {kept} out of {set}");
        }
        assert!(server.dump().contains_key(&b"CM:X:meta:stats"[..]), "{args:?}");
    }
}

#[test]
fn who_means_both_reaches_the_readers_of_namespaces_inside_one_another() {
    for (outer, innermost, name) in [("CM:X:", "CM:X:Y:", "X:Y:"), ("CM:X", "CM:X:", "X:")] {
        let server = Server::start();
        let mut worker = Worker::builder(Lib::V009, &server).prefix(innermost).spawn();
        let own = format!("{outer}Book:1>owner");
        for args in [
            ["--key", &format!("{name}Book:100>owner")],
            ["--tag", &format!("{name}get_owner")],
            ["--invalid-key", &format!("{name}User:200")],
            ["--pattern", &format!("{name}Book:*")],
        ] {
            empty(&server);
            Seed::under(&server, outer.as_bytes(), false).live(["Book:1>owner"]).marked(["Book:1>owner"]);
            worker.value("get_owner", json!([100]));
            worker.value("later", json!([4]));
            let run = ["--with-inner", "--layout", "classic", "invalidate", "--yes", "--mark"];
            let run = if args[0] == "--pattern" { &run[..] } else { &run[..5] };
            Cli::new(&server).args(run).args(args).run().ok();
            let again = worker.call("get_owner", json!([100]));
            assert_eq!(again["computed"], true, "{innermost} in {outer}, {args:?}: the invalidation is lost");
        }
        let busy = Lib::V009.progress_set(innermost);
        Seed::under(&server, innermost.as_bytes(), false).busy(["gone"]).marked(["gone"]);
        Seed::classic(&server).run("HSET", &[&format!("{innermost}meta:stats"), "get:hits", "3"]);
        for args in [
            &["--pattern", &format!("{name}*")][..],
            &["--raw-pattern", &format!("{innermost}*"), "--confirm", &format!("{innermost}*")],
            &["--tag", &format!("{name}delete")],
        ] {
            let run = ["--with-inner", "--layout", "classic", "invalidate", "--yes"];
            Cli::new(&server).args(run).args(args).run().ok();
            for set in [&busy, &Lib::V009.deleted_set(innermost)] {
                assert!(names(&server, set).contains(&format!("{innermost}gone")), "{args:?} emptied {set}");
            }
            assert!(server.dump().contains_key(format!("{innermost}meta:stats").as_bytes()), "{args:?}");
        }
        assert!(names(&server, &Lib::V009.deleted_set(outer)).contains(&own));
    }
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
    assert_eq!(seen(&["--with-inner", "keys", "list"]), "X:a\tlive\t\t5\t\t\n");
    assert_eq!(seen(&["--prefix", INNER, "keys", "list"]), "a\tpending\t\t5\t\t\n");
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

/// An outer namespace, and one inside it with a key whose name all of them ask for: `CM:X:Book:1>owner`.
fn with_sign(sign: impl Fn(&mut Seed) -> &mut Seed) -> Server {
    let server = Server::start();
    let mut inside = Seed::under(&server, INNER.as_bytes(), false);
    inside.live(["Book:1>owner", "Book:2>owner"]).tag("get_owner", ["Book:1>owner", "Book:2>owner"]);
    inside.invalid("User:1", ["Book:1>owner"]);
    sign(&mut inside);
    Seed::classic(&server)
        .live(["Book:1>owner", "Y:Book:1>owner"])
        .tag("all", ["Book:1>owner", "Y:Book:1>owner", "X:Book:1>owner", "X:Book:2>owner"]);
    server
}

type Sign = fn(&mut Seed) -> &mut Seed;

/// Whatever tells of a namespace, each alone.
fn signs() -> [(&'static str, Sign); 8] {
    [
        ("marks", |inside| inside.marked(["Book:1>owner"])),
        ("progress", |inside| inside.busy(["gone"])),
        ("buckets", |inside| inside.expires("Book:1>owner", 60).expires("Book:2>owner", 60)),
        ("a lock", |inside| inside.run("SET", &["CM:X:meta:lock", "1"])),
        ("leases", |inside| inside.run("ZADD", &["CM:X:meta:leases", "1", "CM:X:k"])),
        ("counters", |inside| inside.run("HSET", &["CM:X:meta:stats", "get:hits", "3"])),
        ("a position", |inside| inside.run("HSET", &["CM:X:meta:cursor", "gc:run_id", "a", "gc:queue", ""])),
        ("a log", |inside| inside.run("XADD", &["CM:X:meta:log", "*", "a", "b"])),
    ]
}

const NAMED: [&[&str]; 3] =
    [&["--key", "X:Book:1>owner"], &["--tag", "X:get_owner"], &["--invalid-key", "X:User:1"]];

#[test]
fn what_is_named_of_a_namespace_inside_is_left_alone_and_not_there() {
    for (sign, seed) in signs() {
        let server = with_sign(seed);
        let before = server.dump();
        for name in NAMED {
            for action in ["--mark", "--delete"] {
                let run = |more: &[&str]| {
                    let args = ["--layout", "classic", "invalidate", "--yes", "--format", "json", action];
                    Cli::new(&server).args(args).args(name).args(more).run()
                };
                let out = run(&[]);
                assert_eq!(out.code, 3, "{sign}: {out:?}");
                assert_eq!(run(&["--dry-run"]).code, 3, "{sign}");
                let told = out.json();
                assert_eq!((&told["matched"], &told["complete"]), (&json!(0), &json!(false)), "{sign}");
                assert_eq!(out.stderr.matches("other namespaces inside").count(), 1, "{sign}: {out:?}");
                // Of a set, only its members tell of the buckets.
                if sign != "buckets" || name[0] == "--key" {
                    assert!(out.stderr.contains("belongs to the namespace 'CM:X:'"), "{sign}: {out:?}");
                    assert_eq!(run(&["--strict"]).code, 4, "{sign}");
                }
                assert!(server.dump() == before, "{sign}: {name:?} {action}");
            }
        }
    }
}

#[test]
fn members_of_a_namespace_inside_stay_out_of_what_is_done_with_a_tag_and_with_a_file() {
    for (sign, seed) in signs() {
        for pace in ["fast", "gentle"] {
            for (args, lines) in [
                (&["--tag", "all"][..], ""),
                (&["--from-file", "-"], "X:Book:1>owner\nBook:1>owner\nX:Book:2>owner\nY:Book:1>owner\n"),
            ] {
                let server = with_sign(seed);
                let before = inner(&server);
                let options = [
                    "--layout",
                    "classic",
                    "--pace",
                    pace,
                    "--format",
                    "json",
                    "invalidate",
                    "--delete",
                    "--yes",
                ];
                let out = Cli::new(&server).args(options).args(args).stdin(lines).run();
                assert_eq!(out.code, 3, "{sign}: {out:?}");
                let told = out.json();
                assert_eq!((&told["matched"], &told["deleted"]), (&json!(2), &json!(2)), "{sign}: {out:?}");
                let of_file = "2 of 4 keys in standard input belong to namespaces inside";
                assert_eq!(out.stderr.contains(of_file), args[0] == "--from-file", "{sign}: {out:?}");
                assert_eq!(out.stderr.matches("other namespaces inside").count(), 1, "{sign}: {out:?}");
                assert!(inner(&server) == before, "{sign}: {args:?} at {pace} changed what is inside");
                assert!(names(&server, "CM:Book:1").is_empty() && names(&server, "CM:Y:Book:1").is_empty());
            }
        }
    }
}

#[test]
fn who_names_both_says_so() {
    for name in NAMED {
        let server = with_sign(|inside| inside.busy(["gone"]));
        let args = ["--layout", "classic", "--with-inner", "invalidate", "--yes", "--strict", "--delete"];
        let out = Cli::new(&server).args(args).args(name).run();
        out.ok();
        assert!(names(&server, "CM:X:Book:1").is_empty(), "{out:?}");
    }
}

#[test]
fn purge_leaves_indexes_of_a_namespace_inside_and_members_of_it_alone() {
    for (sign, seed) in signs() {
        let server = with_sign(seed);
        Seed::classic(&server).expires("Book:1>owner", -60);
        let before = inner(&server);
        for name in [["--tag", "X:get_owner"], ["--invalid-key", "X:User:1"], ["--tag", "all"]] {
            let run = |more: &[&str]| {
                let args = ["--layout", "classic", "purge", "--no-lock", "--format", "json"];
                Cli::new(&server).args(args).args(name).args(more).run()
            };
            for more in [&["--dry-run"][..], &[]] {
                let out = run(more);
                assert_eq!((out.code, &out.json()["complete"]), (3, &json!(false)), "{sign}: {out:?}");
                assert_eq!(out.json()["deleted"], i32::from(name[1] == "all"), "{sign}: {out:?}");
                assert_eq!(out.stderr.matches("other namespaces inside").count(), 1, "{sign}: {out:?}");
                assert!(inner(&server) == before, "{sign}: {out:?}");
            }
            // Of a set, only its members tell of the buckets.
            if sign != "buckets" && name[1] != "all" {
                assert!(run(&[]).stderr.contains("belongs to the namespace 'CM:X:'"), "{sign}");
                assert_eq!(run(&["--strict"]).code, 4, "{sign}");
            }
        }
        assert!(names(&server, "CM:Book:1").is_empty(), "{sign}: what is ours was to be purged");
        Seed::classic(&server).expires("X:Book:1>owner", -60);
        Cli::new(&server).args(["--with-inner", "purge", "--no-lock", "--tag", "X:get_owner"]).run().ok();
        assert!(names(&server, "CM:X:Book:1").is_empty(), "{sign}");
    }
}

#[test]
fn names_with_colons_are_the_namespaces_own_where_nothing_speaks_for_another() {
    let server = with_sign(|inside| inside);
    // Values that are called like records, and a tag that is called like marks.
    Seed::classic(&server).value("X:meta:log", b"v").tag("X:delete", ["Book:1>owner"]);
    let out =
        Cli::new(&server).args(["--format", "json", "invalidate", "--yes", "--delete", "--tag", "all"]).run();
    out.ok();
    assert_eq!(out.json()["deleted"], 4, "{out:?}");
    assert!(!out.stderr.contains("other namespaces"), "{out:?}");
}

#[test]
fn a_prefix_is_asked_about_once() {
    let server = Server::start();
    let keys: Vec<_> = (0..5_000).map(|n| format!("Book:{n}>owner")).collect();
    let ids: Vec<_> = (0..20_000).map(|n| format!("User:{n}:Book:1>owner")).collect();
    Seed::classic(&server).live(&keys).tag("t", &keys).tag("ids", &ids);
    let run = || Cli::new(&server).args(["--layout", "classic", "invalidate", "--yes", "--tag", "t"]).run();
    let (out, seen) = server.monitor(run);
    out.ok();
    let asked = seen.iter().filter(|it| it.name() == "EXISTS").count();
    assert!(asked <= 6, "{asked} times");
    let run = || Cli::new(&server).args(["--layout", "classic", "invalidate", "--yes", "--tag", "ids"]).run();
    let (out, seen) = server.monitor(run);
    out.ok();
    let asked: usize = seen.iter().filter(|it| it.name() == "EXISTS").map(|it| it.rest().len()).sum();
    assert!(asked < 100_000, "what differs from key to key is no prefix: {asked} keys");
}

#[test]
fn in_a_cluster_too_what_is_named_of_a_namespace_inside_is_left_alone() {
    let cluster = Cluster::start();
    let commands = [
        "HSET CM:Book:1 owner v",
        "HSET CM:X:Book:1 owner v",
        "HSET CM:Y:Book:1 owner v",
        "SADD CM:X:progress CM:X:gone",
        "SADD CM:all CM:Book:1>owner CM:X:Book:1>owner CM:Y:Book:1>owner",
    ];
    let words = |line: &&str| line.split(' ').map(str::to_owned).collect();
    cluster.query(&commands.iter().map(words).collect::<Vec<_>>());
    let args = ["invalidate", "--yes", "--delete", "--key", "X:Book:1>owner", "--tag", "all"];
    let out = cli(&cluster, &args).run();
    assert_eq!(out.code, 3, "{out:?}");
    assert_eq!(out.json()["deleted"], 2, "{out:?}");
    let content = cluster.content();
    assert!(content.contains_key(&b"CM:X:Book:1"[..]) && !content.contains_key(&b"CM:Y:Book:1"[..]));
}

#[test]
fn an_application_names_its_own_keys() {
    let server = with_sign(|inside| inside.busy(["gone"]));
    let cache = sync::Cache::open(server.settings().layout(Layout::Classic)).unwrap();
    let report = cache.invalidate(&Invalidate::key("X:Book:1>owner")).unwrap();
    assert_eq!((report.marked, report.inner), (1, Vec::new()));
    // A pattern sets what it finds of namespaces inside apart, and not what was named.
    let both = Invalidate { pattern: Some("Book:*".to_owned()), ..Invalidate::key("X:Book:2>owner") };
    let report = cache.invalidate(&both).unwrap();
    assert!(report.complete, "{report:?}");
    assert!(names(&server, "CM:delete").contains("CM:X:Book:2>owner"));
}

#[test]
fn a_function_called_like_bookkeeping_makes_no_namespace() {
    let server = Server::start();
    for (key, member, field) in [
        ("CM:reading_progress", "CM:reading_1>percent", "percent"),
        ("CM:can_delete", "CM:can_1>answer", "answer"),
    ] {
        let base = member.split('>').next().unwrap();
        redis::cmd("HSET").arg(base).arg(field).arg("v").exec(&mut server.connect()).unwrap();
        redis::cmd("SADD").arg(key).arg(member).exec(&mut server.connect()).unwrap();
    }
    let run = |args: &[&str]| Cli::new(&server).args(args).args(["--format", "json"]).run().ok().json();
    assert_eq!(run(&["keys", "list"]).as_array().unwrap().len(), 2);
    let done = run(&["invalidate", "--pattern", "reading_*", "--yes"]);
    assert_eq!((done["deleted"].as_u64(), done["complete"].as_bool()), (Some(1), Some(true)), "{done}");
}
