//! `invalidate`: what each selector means under each layout, and that nothing else is touched.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::content::{assert_same, diff};
use crate::support::gate::held;
use crate::support::monitor::Seen;
use crate::support::output::Output;
use crate::support::seed::{Seed, names, set};
use crate::support::server::Server;

fn run(server: &Server, args: &[&str]) -> Output {
    Cli::new(server).arg("invalidate").args(args).run()
}

/// Runs it and gives the report.
#[track_caller]
fn report(server: &Server, args: &[&str]) -> Value {
    let args = [args, &["--format", "json"]].concat();
    let dry = run(server, &[&args[..], &["--dry-run"]].concat()).ok().json();
    let done = run(server, &args).ok().json();
    for field in ["matched", "marked", "deleted", "complete", "layout"] {
        assert_eq!(dry[field], done[field], "{field} of the dry run {dry} and of the run {done}: {args:?}");
    }
    assert_eq!((&dry["dry_run"], &done["dry_run"]), (&json!(true), &json!(false)));
    done
}

#[track_caller]
fn counts(report: &Value, matched: u64, marked: u64, deleted: u64) {
    let found = [&report["matched"], &report["marked"], &report["deleted"]];
    assert_eq!(found.map(|it| it.as_u64().unwrap()), [matched, marked, deleted], "{report}");
    assert_eq!(report["complete"], true);
}

fn filled(prefix: &str, meta: bool) -> Server {
    let server = Server::start();
    let mut seed = Seed::under(&server, prefix.as_bytes(), meta);
    seed.live(["Book:1>owner", "Book:1>title", "Book:2>owner", "three:1>b>c", "plain"]);
    seed.tag("owners", ["Book:1>owner", "Book:2>owner"]).tag("three", ["three:1>b>c"]);
    seed.tag("again", ["Book:1>owner", "plain"]);
    seed.invalid("User:7", ["Book:1>owner", "plain"]);
    // Some mark, so that the layout is known.
    seed.marked(["other"]);
    // What must never change.
    seed.run("HSET", &["Other:Book:1", "owner", "x"]).run("SADD", &["Other:owners", "Other:Book:1>owner"]);
    seed.run("SET", &["text", "x"]).run("RPUSH", &["list", "x"]).run("XADD", &["stream", "*", "a", "b"]);
    seed.run("SADD", &[format!("{prefix}Book:9"), "x".into()]);
    server
}

const MARKS: [(&str, bool, &str); 4] = [
    ("CM:", false, "CM:delete"),
    ("CM:", true, "CM:meta:deleted"),
    ("P:", false, "P:delete"),
    ("P:", true, "CM:meta:deleted"),
];

/// Each case: the server before, the arguments, the lines that differ afterwards.
#[track_caller]
fn changes(prefix: &str, meta: bool, args: &[&str], expected: &[String]) -> Value {
    let server = filled(prefix, meta);
    let layout = if meta { "meta" } else { "classic" };
    let before = server.dump();
    let done = report(&server, &[args, &["--prefix", prefix, "--layout", layout]].concat());
    let mut expected = expected.to_vec();
    expected.sort();
    let difference = diff(&before, &server.dump());
    let mut found: Vec<&str> = difference.lines().collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{prefix} {meta} {args:?}");
    assert_eq!(done["layout"], layout);
    done
}

#[test]
fn a_pattern_marks_every_name_by_which_a_value_is_read() {
    for index in ["CM:get", "CM:U:1:invalid"] {
        for whole in ["a>b>c", "a>base", "a>base>c"] {
            let member = format!("CM:{whole}");
            let field = if whole == "a>b>c" { "b" } else { "base" };
            let server = Server::start();
            let mut seed = Seed::classic(&server);
            seed.run("HSET", &["CM:a", field, "v"]).run("SADD", &[index, &member, "CM:z>blurb"]);
            let run = |args: &[&str]| {
                let args =
                    [&["--layout", "classic", "invalidate", "--yes", "--format", "json"], args].concat();
                Cli::new(&server).args(args).run().ok().json()
            };
            let told = run(&["--pattern", "a*", "--mark"]);
            assert_eq!((&told["matched"], &told["complete"]), (&json!(1), &json!(true)), "{whole}");
            let marked = names(&server, "CM:delete");
            assert!(
                marked.contains(&member) && !marked.contains("CM:z>blurb"),
                "{whole} in {index}: {marked:?}"
            );
            // What is being computed under such a name is marked before its value goes.
            seed.run("DEL", &["CM:delete"]).run("SADD", &["CM:progress", &member]);
            let own = if field == "b" { "a>b" } else { "a" };
            run(&["--key", own, "--delete"]);
            assert!(names(&server, "CM:delete").contains(&member), "{whole}");
        }
    }
}

/// Who computes a value by one name, and who reads it by another.
pub(crate) const SHARED: [(&str, &str); 5] =
    [("a>b>c", "a>b"), ("a>b", "a>b>c"), ("a>b>x", "a>b>c"), ("a>base", "a"), ("a", "a>base")];

#[test]
fn what_is_computed_by_one_name_is_old_for_whoever_reads_it_by_another() {
    for (computed, named) in SHARED {
        let of_value = if named.starts_with("a>b") && named != "a>base" {
            ["a>b", "a>b>c", "a>b>x"]
        } else {
            ["a", "a>base", "a>base>x"]
        };
        for args in [
            &["--key", named, "--delete"][..],
            &["--tag", "t", "--delete"],
            &["--invalid-key", "i", "--delete"],
            &["--pattern", "a*"],
            &["--pattern", "a*", "--mark"],
            &["--raw-pattern", "CM:a*"],
        ] {
            let server = Server::start();
            let mut seed = Seed::classic(&server);
            seed.busy([computed]).tag("t", [named]).invalid("i", [named]).tag("all", of_value);
            let run = |more: &[&str]| {
                let args = [&["--layout", "classic", "invalidate", "--yes", "--format", "json"], args, more]
                    .concat();
                Cli::new(&server).args(args).run().ok().json()["marked"].clone()
            };
            let dry = run(&["--dry-run"]);
            assert_eq!(dry, run(&[]), "{computed} {args:?}");
            let marked = names(&server, "CM:delete");
            let read = of_value.map(|name| format!("CM:{name}"));
            assert_eq!(marked, BTreeSet::from(read), "{computed} is computed, {named}, {args:?}");
        }
    }
}

#[test]
fn whole_names_in_many_and_in_large_sets_are_found() {
    let server = Server::start();
    let seed = "for i = 1, 1500 do redis.call('SADD', 'CM:i' .. i .. ':invalid', 'CM:a>b>' .. i) end
        for i = 1, 3000 do redis.call('SADD', 'CM:large', 'CM:large>b>' .. i) end
        redis.call('HSET', 'CM:a', 'b', 'v', 'c', 'v')";
    redis::cmd("EVAL").arg(seed).arg(0).exec(&mut server.connect()).unwrap();
    for pace in ["fast", "gentle"] {
        let args = ["--layout", "classic", "--pace", pace, "invalidate", "--yes", "--pattern", "*", "--mark"];
        Cli::new(&server).args(args).args(["--confirm", "CM:"]).run().ok();
        assert_eq!(names(&server, "CM:delete").len(), 2 + 1500 + 3000, "{pace}");
        redis::cmd("DEL").arg("CM:delete").exec(&mut server.connect()).unwrap();
    }
}

#[test]
fn nothing_goes_before_all_that_is_being_computed_is_known() {
    let server = Server::start();
    let seed = "for i = 1, 3000 do redis.call('SADD', 'CM:progress', 'CM:k>' .. i .. '>x') end
        redis.call('HSET', 'CM:a', 'b', 'old')";
    redis::cmd("EVAL").arg(seed).arg(0).exec(&mut server.connect()).unwrap();
    let args = ["--layout", "classic", "invalidate", "--delete", "--yes", "--key", "a>b", "--format", "json"];
    let (gate, running) = held(&server, Cli::bare().args(args), 0, &["SSCAN"]);
    running.signal("INT");
    gate.open();
    let out = running.wait();
    assert_eq!((out.code, &out.json()["complete"]), (130, &json!(false)), "{out:?}");
    assert!(server.dump().contains_key(&b"CM:a"[..]), "{out:?}");
    // A time budget is for what is done to keys.
    let out = Cli::new(&server).args(args).args(["--time-budget", "1ns"]).run();
    assert_eq!(out.ok().json()["deleted"], 1);
}

#[test]
fn each_selector_means_what_the_library_means_by_it() {
    for (p, meta, deleted) in MARKS {
        let mark = |key: &str| format!("+ {deleted} member {p}{key}");
        let gone = |base: &str, field: &str| format!(r"- {p}{base} field {field} = \x80\x04K\x01.");
        let left = |tag: &str, key: &str| format!("- {p}{tag} member {p}{key}");

        let done = changes(p, meta, &["--key", "plain"], &[mark("plain")]);
        counts(&done, 1, 1, 0);
        let done =
            changes(p, meta, &["--invalid-key", "User:7", "--yes"], &[mark("Book:1>owner"), mark("plain")]);
        counts(&done, 2, 2, 0);
        let mut expected = vec![mark("Book:1>owner"), mark("Book:2>owner")];
        if !meta {
            // 0.0.9 drops the set.
            expected.extend([left("owners", "Book:1>owner"), left("owners", "Book:2>owner")]);
        }
        counts(&changes(p, meta, &["--tag", "owners", "--yes"], &expected), 2, 2, 0);
        let expected = [gone("Book:1", "owner"), gone("Book:1", "title"), gone("Book:2", "owner")];
        counts(&changes(p, meta, &["--pattern", "Book:*", "-y"], &expected), 3, 0, 3);
        let expected = [gone("Book:1", "owner"), gone("Book:2", "owner")];
        counts(&changes(p, meta, &["--pattern", "Book:*>owner", "--yes"], &expected), 2, 0, 2);
        counts(&changes(p, meta, &["--pattern", "*>own*", "--yes"], &expected), 2, 0, 2);
        counts(&changes(p, meta, &["--pattern", "none:*", "--yes"], &[]), 0, 0, 0);
    }
}

#[test]
fn mark_and_delete_say_it_for_all() {
    for (p, meta, deleted) in MARKS {
        let mark = |key: &str| format!("+ {deleted} member {p}{key}");
        let gone = |base: &str, field: &str| format!(r"- {p}{base} field {field} = \x80\x04K\x01.");
        counts(&changes(p, meta, &["--key", "plain", "--delete"], &[gone("plain", "base")]), 1, 0, 1);
        let owners = [gone("Book:1", "owner"), gone("Book:2", "owner")];
        counts(&changes(p, meta, &["--tag", "owners", "--delete", "--yes"], &owners), 2, 0, 2);
        let users = [gone("Book:1", "owner"), gone("plain", "base")];
        counts(&changes(p, meta, &["--invalid-key", "User:7", "--delete", "--yes"], &users), 2, 0, 2);
        let three = [gone("three:1", "b")];
        counts(&changes(p, meta, &["--tag", "three", "--delete", "--yes"], &three), 1, 0, 1);
        let marks = [mark("Book:1>owner"), mark("Book:2>owner")];
        counts(&changes(p, meta, &["--pattern", "*>owner", "--mark", "--yes"], &marks), 2, 2, 0);
        // Its reader asks for the whole name.
        let three = [mark("three:1>b"), mark("three:1>b>c")];
        counts(&changes(p, meta, &["--pattern", "three:*", "--mark", "--yes"], &three), 1, 2, 0);
    }
    let server = filled("CM:", false);
    run(&server, &["--key", "plain", "--mark", "--delete"]).code(2).says("--delete");
}

#[test]
fn a_union_counts_each_key_once() {
    for (meta, layout) in [(false, "classic"), (true, "meta")] {
        for (args, matched, marked, deleted) in [
            (&["--tag", "owners", "--tag", "again"][..], 3, 3, 0),
            (&["--tag", "owners", "--invalid-key", "User:7", "--key", "plain", "--key", "plain"], 3, 3, 0),
            (&["--pattern", "Book:*", "--pattern", "Book:1", "--pattern", "*>owner"], 3, 0, 3),
            (&["--pattern", "Book:*", "--tag", "owners"], 3, 2, 3),
            (&["--pattern", "Book:*", "--key", "Book:1>owner", "--key", "Book:1>title"], 3, 2, 3),
            (&["--pattern", "Book:*", "--tag", "again", "--delete"], 4, 0, 4),
            (&["--pattern", "Book:*", "--invalid-key", "User:7", "--mark"], 4, 4, 0),
        ] {
            let server = filled("CM:", meta);
            let done = report(&server, &[args, &["--yes", "--layout", layout]].concat());
            counts(&done, matched, marked, deleted);
        }
    }
}

#[test]
fn under_classic_members_leave_every_tag_that_was_named() {
    for selectors in [
        &["--tag", "owners", "--tag", "again"][..],
        &["--invalid-key", "User:7", "--tag", "owners", "--tag", "again"],
        &["--tag", "again", "--tag", "owners", "--key", "Book:1>owner"],
    ] {
        let server = filled("CM:", false);
        run(&server, &[selectors, &["--yes", "--layout", "classic"]].concat()).ok();
        assert_eq!(names(&server, "CM:owners"), set(&[]), "{selectors:?}");
        assert_eq!(names(&server, "CM:again"), set(&[]), "{selectors:?}");
        assert_eq!(names(&server, "CM:three"), set(&["CM:three:1>b>c"]), "{selectors:?}");
    }
}

#[test]
fn a_classic_mark_and_its_leaving_are_one_step() {
    let server = filled("CM:", false);
    let (_, seen) =
        server.monitor(|| run(&server, &["--tag", "owners", "--yes", "--layout", "classic"]).ok().code);
    let writes: Vec<String> = seen
        .iter()
        .map(|it| it.name())
        .filter(|it| ["SADD", "MULTI", "SADD", "SREM", "EXEC"].contains(&it.as_str()))
        .collect();
    assert_eq!(writes, ["SADD", "MULTI", "SADD", "SREM", "EXEC"]);
}

#[test]
fn what_was_marked_before_is_not_counted_as_marked() {
    let server = filled("CM:", true);
    let args = ["--key", "plain", "--layout", "meta"];
    counts(&report(&server, &args), 1, 1, 0);
    counts(&report(&server, &args), 1, 0, 0);
    // A key that nothing knows is marked, as the library does; nothing was meant by it.
    counts(&report(&server, &["--key", "unknown", "--layout", "meta"]), 0, 1, 0);
}

#[test]
fn what_is_deleted_while_in_progress_is_marked_too() {
    for (p, meta, deleted) in MARKS {
        let layout = if meta { "meta" } else { "classic" };
        for (args, keys) in [
            (&["--key", "Book:1>owner", "--delete"][..], &["Book:1>owner"][..]),
            (&["--tag", "owners", "--delete", "--yes"], &["Book:1>owner"]),
            (&["--invalid-key", "User:7", "--delete", "--yes"], &["Book:1>owner"]),
            (&["--pattern", "Book:*", "--yes"], &["Book:1>owner", "Book:3>owner"]),
            (&["--pattern", "Book:*>owner", "--yes"], &["Book:1>owner", "Book:3>owner"]),
            // Whoever computes it does so for the readers of both names.
            (&["--pattern", "three:*", "--yes"], &["three:1>b>c", "three:1>b"]),
            (
                &["--pattern", "three:*>b", "--pattern", "Book:3", "--yes"],
                &["three:1>b>c", "three:1>b", "Book:3>owner"],
            ),
            (&["--tag", "three", "--delete", "--yes"], &["three:1>b>c", "three:1>b"]),
            (&["--key", "three:1>b>c", "--delete"], &["three:1>b>c", "three:1>b"]),
            // As `keys list` names it: the value that is being computed is the same.
            (&["--key", "three:1>b", "--delete"], &["three:1>b>c", "three:1>b"]),
            (&["--key", "three:1>b>c", "--key", "three:1>b", "--delete"], &["three:1>b>c", "three:1>b"]),
            (&["--raw-pattern", &format!("{p}Book:1"), "--yes"], &["Book:1>owner"]),
        ] {
            let server = filled(p, meta);
            let mut seed = Seed::under(&server, p.as_bytes(), meta);
            seed.busy(["Book:1>owner", "Book:3>owner", "three:1>b>c", "elsewhere>x"]);
            let done = report(&server, &[args, &["--prefix", p, "--layout", layout]].concat());
            assert_eq!(done["marked"], keys.len(), "{args:?} {done}");
            let mut expected = set(&[&format!("{p}other")]);
            expected.extend(keys.iter().map(|key| format!("{p}{key}")));
            assert_eq!(names(&server, deleted), expected, "{args:?}");
        }
    }
}

#[test]
fn the_mark_comes_before_the_deletion() {
    let server = filled("CM:", true);
    // A name of the same value that only an index knows.
    Seed::meta(&server).busy(["Book:1>owner"]).tag("elsewhere", ["Book:1>owner>name"]);
    for args in [
        &["--pattern", "Book:1*"][..],
        &["--key", "Book:1>owner", "--delete"],
        &["--tag", "owners", "--delete"],
        &["--invalid-key", "User:7", "--delete"],
        &["--raw-pattern", "CM:Book:1"],
    ] {
        let (_, seen) =
            server.monitor(|| run(&server, &[args, &["--yes", "--layout", "meta"]].concat()).ok().code);
        let at = |names: &[&str], word: &[u8]| {
            let is_it =
                |it: &Seen| names.contains(&it.name().as_str()) && it.args.iter().any(|arg| arg == word);
            seen.iter().position(is_it).unwrap()
        };
        let delete = at(&["HDEL", "UNLINK"], b"CM:Book:1");
        let mark = at(&["SADD"], b"CM:Book:1>owner").max(at(&["SADD"], b"CM:Book:1>owner>name"));
        let look = seen.iter().position(|it| it.args.len() > 1 && it.args[1] == b"CM:meta:progress").unwrap();
        assert!(look < mark && mark < delete, "{args:?}\n{}", crate::support::monitor::transcript(&seen));
        Seed::meta(&server).live(["Book:1>owner"]).run("SREM", &["CM:meta:deleted", "CM:Book:1>owner"]);
    }
}

#[test]
fn where_the_layout_cannot_be_told_marks_go_to_both() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["k", "l"]).tag("t", ["k", "l"]);
    let output = run(&server, &["--tag", "t", "--yes", "--format", "json"]);
    let done = output.ok().json();
    assert_eq!(done["layout"], "both");
    counts(&done, 2, 2, 0);
    assert_eq!(names(&server, "CM:delete"), set(&["CM:k", "CM:l"]));
    assert_eq!(names(&server, "CM:meta:deleted"), set(&["CM:k", "CM:l"]));
    assert_eq!(names(&server, "CM:t"), set(&["CM:k", "CM:l"]));
    assert_eq!(output.stderr, "", "nobody has to act on it");
    // Both sets are there now, so it still cannot be told.
    let said = run(&server, &["--key", "k", "-v"]);
    said.ok().says("CM:delete and CM:meta:deleted").says("--layout classic or meta");
    run(&server, &["--key", "k", "-v", "--layout", "meta"]).ok().never_says("CM:delete and");
    let from_env =
        Cli::new(&server).env("CACHEME_LAYOUT", "classic").args(["invalidate", "--key", "k", "-v"]);
    from_env.run().ok().never_says("CM:delete and");
}

#[test]
fn only_what_keeps_a_generation_from_working_settles_the_layout() {
    let layout = |server: &Server, prefix: &str| {
        let output = run(server, &["--key", "k", "--dry-run", "--prefix", prefix, "--format", "json"]);
        output.ok().json()["layout"].as_str().unwrap().to_owned()
    };
    // The library's own sets say who was here, not who will read.
    for redis_key in ["CM:delete", "CM:progress", "CM:meta:deleted", "CM:meta:progress"] {
        let server = Server::start();
        Seed::classic(&server).run("SADD", &[redis_key, "CM:x"]);
        assert_eq!((layout(&server, "CM:").as_str(), layout(&server, "P:").as_str()), ("both", "both"));
    }
    let server = Server::start();
    assert_eq!(layout(&server, "CM:"), "both");
    // A base that is called like a set of the other generation: that one cannot be in use here.
    let server = Server::start();
    Seed::meta(&server).live(["delete>x"]).live(["k"]);
    assert_eq!(layout(&server, "CM:"), "meta");
    run(&server, &["--key", "k"]).ok();
    assert_eq!(names(&server, "CM:meta:deleted"), set(&["CM:k"]));
}

#[test]
fn a_layout_is_named_by_its_releases_too_wherever_it_is_named() {
    use cacheme::memoize::Settings;
    let server = Server::start();
    Seed::classic(&server).live(["k"]);
    for (word, layout) in [
        ("0.0.9", "classic"),
        ("0.1.0", "classic"),
        ("classic", "classic"),
        ("0.1.1", "meta"),
        ("meta", "meta"),
        ("both", "both"),
        ("auto", "both"),
    ] {
        let of = |cli: Cli| {
            let run = cli.args(["invalidate", "--key", "k", "--dry-run", "--format", "json"]).run();
            run.ok().json()["layout"].as_str().unwrap().to_owned()
        };
        let profile = format!("[profiles.p]\nurl = '{}'\nlayout = '{word}'\n", server.url());
        assert_eq!(of(Cli::new(&server).args(["--layout", word])), layout);
        assert_eq!(of(Cli::new(&server).env("CACHEME_LAYOUT", word)), layout);
        assert_eq!(
            of(Cli::bare().file("c.toml", profile).args(["--config", "c.toml", "--profile", "p"])),
            layout
        );
        let settings =
            Settings::from_vars(|name| (name == "CACHEME_LAYOUT").then(|| word.to_owned())).unwrap();
        let named = (word != "auto").then(|| cacheme::setting::layout(layout).unwrap()).flatten();
        assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::new().layout(named)));
    }
    for word in ["0.2", "Classic", "none"] {
        run(&server, &["--key", "k", "--layout", word]).code(2).says("0.1.1");
        Cli::new(&server).env("CACHEME_LAYOUT", word).args(["tags", "list"]).run().code(2).says("0.1.1");
        let refused = Settings::from_vars(|name| (name == "CACHEME_LAYOUT").then(|| word.to_owned()));
        assert!(refused.unwrap_err().to_string().contains("0.1.1"));
    }
}

#[test]
fn keys_from_a_file_ask_like_the_others() {
    let server = filled("CM:", true);
    let cli = || Cli::new(&server).arg("invalidate").file("keys", "plain\nBook:1>owner\n");
    let before = server.dump();
    cli().args(["--from-file", "keys"]).run().code(2).says("--yes");
    assert_same(&before, &server.dump());
    let output = cli().args(["--from-file", "keys", "--yes", "--format", "json"]).run();
    counts(&output.ok().json(), 2, 2, 0);
    let output =
        cli().args(["--from-file", "-", "--yes", "--format", "json", "-0"]).stdin("plain\0three:1>b>c").run();
    counts(&output.ok().json(), 2, 1, 0);
    let missing = cli().args(["--from-file", "nowhere", "--key", "Book:2>owner", "--yes"]).run();
    assert_ne!(missing.code, 0);
    assert!(!names(&server, "CM:meta:deleted").contains("CM:Book:2>owner"), "nothing is half done");
    let keys: String = (0..2500).map(|n| format!("many:{n}\n")).collect();
    let output = cli().args(["--from-file", "-", "--yes", "--format", "json"]).stdin(keys).run();
    counts(&output.ok().json(), 0, 2500, 0);
}

#[test]
fn another_type_where_a_set_was_expected() {
    let server = filled("CM:", false);
    Seed::classic(&server).run("SET", &["CM:odd", "x"]).run("SET", &["CM:odd:invalid", "x"]);
    for args in [&["--tag", "odd"][..], &["--invalid-key", "odd"], &["--tag", "odd", "--delete"]] {
        for mode in ["--yes", "--dry-run"] {
            let layout = ["--layout", "classic"];
            let output =
                run(&server, &[args, &["--tag", "three", mode, "--format", "json"], &layout].concat());
            output.code(3).says("'CM:odd").says("is not a set; it was skipped");
            let done = output.json();
            assert_eq!((&done["complete"], &done["matched"].as_u64().is_some()), (&json!(false), &true));
        }
    }
    assert_eq!(names(&server, "CM:three"), set(&[]), "the rest was done");
    // What should be a hash is another thing: it is left alone.
    let output = run(&server, &["--key", "odd", "--delete", "--format", "json"]);
    assert_eq!(output.code(3).json()["deleted"], 0);
    assert!(server.dump().contains_key(&b"CM:odd"[..]));
}

#[test]
fn bookkeeping_that_is_no_set_is_named() {
    let server = filled("CM:", false);
    let mut seed = Seed::classic(&server);
    seed.run("DEL", &["CM:delete"]).run("SET", &["CM:delete", "x"]);
    let output = run(&server, &["--key", "plain", "--layout", "classic"]);
    output.code(1).says("WRONGTYPE").says("hint:");
    let stats = Cli::new(&server).args(["stats", "--layout", "classic"]).run();
    stats.code(3).says("'CM:delete' is not a set");
}

#[test]
fn a_dry_run_changes_nothing_and_says_would() {
    let server = filled("CM:", false);
    let before = server.dump();
    for selectors in [
        &["--key", "plain"][..],
        &["--tag", "owners"],
        &["--pattern", "*"],
        &["--raw-pattern", "*"],
        &["--invalid-key", "User:7", "--delete"],
        &["--pattern", "Book:*", "--mark"],
    ] {
        let output = run(&server, &[selectors, &["--dry-run", "--format", "table"]].concat());
        assert!(output.ok().text().starts_with("Would "), "{}", output.transcript());
        run(&server, &[selectors, &["--dry-run", "--exit-code"]].concat()).code(5);
        run(&server, &[selectors, &["--dry-run", "--read-only"]].concat()).ok();
    }
    assert_same(&before, &server.dump());
    for nothing in
        [&["--tag", "nowhere"][..], &["--key", "other", "--layout", "classic"], &["--pattern", "none*"]]
    {
        run(&server, &[nothing, &["--dry-run", "--exit-code"]].concat()).ok();
    }
    run(&server, &["--key", "plain", "--exit-code"]).code(2).says("--dry-run");
    assert_same(&before, &server.dump());
}

#[test]
fn the_sentence_for_people() {
    let server = filled("CM:", true);
    let output = run(&server, &["--tag", "owners", "--yes", "--format", "table"]);
    let text = output.ok().text();
    assert!(text.starts_with("Marked 2 ") && text.contains("layout both"), "{}", output.transcript());
}

#[test]
fn nothing_selected() {
    let server = filled("CM:", true);
    let output = run(&server, &["--yes"]);
    output.code(2).says("nothing was selected").says("--tag");
    let output = run(&server, &["--tag", "CM:owners", "--yes"]);
    output.ok().says("did you mean 'owners'?");
    run(&server, &["--key", "CM:plain"]).ok().says("did you mean 'plain'?");
}

#[test]
fn raw_patterns_inside_the_prefix() {
    let server = filled("CM:", true);
    Seed::meta(&server).busy(["x"]);
    let args = ["--raw-pattern", "CM:*", "--layout", "meta"];
    let output = run(&server, &[&args[..], &["--confirm", "CM:", "--format", "json"]].concat());
    output.ok().says("the raw pattern reaches 4 hashes of values, 4 tag sets, 1 invalid set, 0 TTL buckets");
    output.says("2 keys are left alone: pending marks and computations");
    assert_eq!(output.json()["deleted"], 9);
    let left: Vec<String> = server.dump().keys().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    assert_eq!(
        left,
        ["CM:meta:deleted", "CM:meta:progress", "Other:Book:1", "Other:owners", "list", "stream", "text"]
    );
    let again = run(&server, &[&args[..], &["--confirm", "CM:"]].concat());
    again.ok().says("3 keys are left alone: ").says("this tool's own keys");
    let own = run(&server, &["--raw-pattern", "CM:meta:l*", "--yes"]);
    own.ok().says("1 key is left alone: ");
    run(&server, &["--raw-pattern", "CM:*", "--mark", "--yes"]).code(2).says("cannot mark");
}

#[test]
fn a_raw_pattern_that_is_the_whole_namespace_is_confirmed() {
    for glob in ["CM:*", "CM:**", "CM:?*"] {
        let server = filled("CM:", true);
        let before = server.dump();
        for refused in [&[][..], &["--yes"], &["--confirm", "*"], &["--yes", "--confirm", "CM"]] {
            let output = run(&server, &[&["--raw-pattern", glob], refused].concat());
            output.code(2).says("the whole namespace").says("--confirm 'CM:'");
        }
        assert_same(&before, &server.dump());
        let done = run(&server, &["--raw-pattern", glob, "--confirm", glob, "--format", "json"]);
        assert_eq!(done.ok().json()["deleted"], 9, "{}", done.transcript());
    }
    // What is narrower asks for no more than --yes.
    for glob in ["CM:*1", "CM:B*", "CM:[a-z]*", "CM:??*"] {
        run(&filled("CM:", true), &["--raw-pattern", glob, "--yes"]).ok();
    }
}

#[test]
fn raw_patterns_outside_the_prefix_are_repeated() {
    for glob in ["*", "Other:*", "?M:Book*", "[C]M:*", "C*"] {
        let server = filled("CM:", true);
        let before = server.dump();
        for refused in [&[][..], &["--yes"], &["--confirm", "CM:"], &["--yes", "--confirm", "x"]] {
            let output = run(&server, &[&["--raw-pattern", glob], refused].concat());
            output.code(2).says("--confirm").says(glob);
        }
        assert_same(&before, &server.dump());
        let output = run(&server, &["--raw-pattern", glob, "--confirm", glob, "--format", "json"]);
        output.ok().says("the raw pattern reaches");
        assert!(output.json()["deleted"].as_u64().unwrap() > 0, "{}", output.transcript());
        assert!(names(&server, "CM:meta:deleted").contains("CM:other"), "marks stay");
    }
}

#[test]
fn the_whole_namespace_is_confirmed_by_its_prefix() {
    for glob in ["*", "**", "?*", "*>*"] {
        let server = filled("CM:", true);
        let before = server.dump();
        for refused in [&[][..], &["--yes"], &["--confirm", "*"], &["--confirm", "cm:"], &["--mark", "--yes"]]
        {
            let output = run(&server, &[&["--pattern", glob], refused].concat());
            output.code(2).says("the whole namespace").says("--confirm 'CM:'");
        }
        assert_same(&before, &server.dump());
        let done = run(&server, &["--pattern", glob, "--confirm", "CM:", "--format", "json"]);
        assert_eq!(done.ok().json()["deleted"], 5, "{}", done.transcript());
        let left = server.dump();
        assert!(left.contains_key(&b"Other:Book:1"[..]) && left.contains_key(&b"CM:owners"[..]));
    }
}

#[test]
fn an_empty_prefix_is_refused_unless_repeated() {
    let server = filled("CM:", true);
    let before = server.dump();
    for args in [
        &["invalidate", "--pattern", "x*", "--yes", "--prefix", ""][..],
        &["invalidate", "--key", "x", "--prefix", "", "--confirm", "CM:"],
        &["keys", "list", "--prefix", ""],
        &["purge", "--prefix", ""],
    ] {
        Cli::new(&server).args(args).run().code(2).says("empty prefix").says("--confirm ''");
    }
    Cli::new(&server).env("CACHEME_PREFIX", "").args(["purge"]).run().code(2);
    assert_same(&before, &server.dump());
    let args = ["--prefix", "", "--confirm", ""];
    let listed = Cli::new(&server).args(["keys", "list", "--key", "Other:Book:1>owner"]).args(args).run();
    assert!(listed.ok().text().starts_with("Other:Book:1>owner\tlive"), "{}", listed.transcript());
    let done = Cli::new(&server).args(["invalidate", "--pattern", "Other:*", "--yes"]).args(args).run();
    done.ok();
    assert!(!server.dump().contains_key(&b"Other:Book:1"[..]));
}

#[test]
fn read_only_refuses_before_it_connects() {
    let server = filled("CM:", true);
    for command in [
        &["invalidate", "--key", "plain"][..],
        &["invalidate", "--pattern", "*", "--confirm", "CM:"],
        &["purge"],
    ] {
        let nowhere = Cli::bare().env("CACHEME_URL", "unix:///nonexistent/redis.sock");
        nowhere.args(command).arg("--read-only").run().code(2).says("--read-only").says("--dry-run");
        let (output, seen) =
            server.monitor(|| Cli::new(&server).args(command).env("CACHEME_READ_ONLY", "1").run());
        output.code(2);
        assert!(seen.is_empty(), "{seen:?}");
    }
}

#[test]
fn a_large_namespace_is_worked_in_chunks() {
    for (meta, layout, pace) in
        [(false, "classic", "fast"), (true, "meta", "gentle"), (false, "auto", "fast")]
    {
        let server = Server::start();
        let script = "for i = 1, 12000 do redis.call('HSET', 'CM:b' .. i % 4000, 'f' .. i, 'N.') redis.call('SADD', 'CM:t', 'CM:b' .. i % 4000 .. '>f' .. i) end";
        Seed::under(&server, b"CM:", meta).run("EVAL", &[script, "0"]);
        let args = ["--layout", layout, "--pace", pace, "--yes"];
        counts(&report(&server, &[&["--tag", "t"], &args[..]].concat()), 12000, 12000, 0);
        let (_, seen) = server.monitor(|| {
            counts(&report(&server, &[&["--pattern", "b*"], &args[..]].concat()), 12000, 0, 12000);
        });
        let longest = seen.iter().map(|it| it.args.len()).max().unwrap();
        assert!(longest < 1100, "a command of {longest} words");
    }
}

#[test]
fn every_field_of_every_base_goes_whatever_they_have_in_common() {
    let server = Server::start();
    let mut redis = server.connect();
    let mut pipe = redis::pipe();
    let (mut values, mut bases) = (0u64, 0);
    let mut base = |pipe: &mut redis::Pipeline, fields: &[String]| {
        fields.iter().for_each(|field| {
            pipe.hset(format!("CM:B:{bases}"), field, "x").ignore();
        });
        bases += 1;
        values += fields.len() as u64;
    };
    let fields = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for n in 0..400 {
        base(&mut pipe, &fields(&["owner"]));
        base(&mut pipe, &fields(&["owner", "price", "base"]));
        base(&mut pipe, &[format!("its own {n}")]);
        if n % 40 == 0 {
            base(&mut pipe, &(0..300).map(|field| format!("field {field}")).collect::<Vec<_>>());
        }
    }
    pipe.exec(&mut redis).unwrap();
    let done = report(&server, &["--pattern", "B:*", "--yes", "--pace", "fast"]);
    counts(&done, values, 0, values);
    assert_eq!(server.dbsize(), 0);
}

#[test]
fn it_stops_in_time_and_another_run_does_the_rest() {
    const KEYS: u64 = 12_000;
    for (selector, layout) in [
        (["--tag", "t"], "classic"),
        (["--tag", "t"], "meta"),
        (["--invalid-key", "i"], "classic"),
        (["--pattern", "b*"], "meta"),
        (["--from-file", "keys"], "classic"),
    ] {
        let server = Server::start();
        let script = "for i = 1, tonumber(ARGV[1]) do local key = 'CM:b' .. i
            redis.call('HSET', key, 'base', 'N.') redis.call('SADD', 'CM:t', key) redis.call('SADD', 'CM:i:invalid', key) end";
        Seed::classic(&server).run("EVAL", &[script, "0", &KEYS.to_string()]);
        let keys: String = (1..=KEYS).map(|n| format!("b{n}\n")).collect();
        let cli = |budget: &str| {
            let cli = Cli::new(&server).file("keys", &keys).arg("invalidate").args(selector);
            cli.args([
                "--yes",
                "--layout",
                layout,
                "--pace",
                "10%",
                "--format",
                "json",
                "--time-budget",
                budget,
            ])
        };
        let stopped = cli("1ms").run();
        let changed = |report: &Value| {
            report["marked"].as_u64().unwrap_or_default() + report["deleted"].as_u64().unwrap_or_default()
        };
        let first = stopped.code(3).json();
        assert!(first["complete"] == false && changed(&first) < KEYS, "{selector:?}: {first}");
        let second = Cli::new(&server).file("keys", &keys).arg("invalidate").args(selector);
        let second = second.args(["--yes", "--layout", layout, "--format", "json"]).run().ok().json();
        assert_eq!(second["complete"], true);
        assert_eq!(changed(&first) + changed(&second), KEYS, "{selector:?}: {first} {second}");
    }
}

#[test]
fn whoever_could_not_be_marked_stays_in_its_tag() {
    let server = Server::start();
    Seed::classic(&server).live(["k", "l"]).tag("t", ["k", "l"]).run("SET", &["CM:delete", "x"]);
    let invalidate = || run(&server, &["--tag", "t", "--yes", "--layout", "classic", "--format", "json"]);
    let output = invalidate();
    output.code(1).says("CM:delete").says("WRONGTYPE");
    assert_eq!(names(&server, "CM:t"), set(&["CM:k", "CM:l"]));
    redis::cmd("DEL").arg("CM:delete").exec(&mut server.connect()).unwrap();
    counts(&invalidate().ok().json(), 2, 2, 0);
    assert_eq!(names(&server, "CM:delete"), set(&["CM:k", "CM:l"]));
    assert_eq!(names(&server, "CM:t"), set(&[]));
}

#[test]
fn a_raw_pattern_counts_no_key_again_that_other_selectors_empty() {
    for selectors in [
        &["--pattern", "a1*"][..],
        &["--pattern", "a1*>f"],
        &["--pattern", "a1*", "--pattern", "*>f"],
        &["--key", "a1>f", "--key", "a1>g", "--key", "a12>f", "--delete"],
        &["--tag", "a1tag", "--delete"],
        &["--tag", "a1tag"],
        &["--key", "nothing"],
    ] {
        let server = Server::start();
        let script = "for i = 1, 40 do
                redis.call('HSET', 'CM:a' .. i, 'f', 'v', i % 2 == 0 and 'f' or 'g', 'v')
                redis.call('SADD', 'CM:a1tag', 'CM:a' .. i .. '>f')
            end
            redis.call('SADD', 'CM:progress', 'CM:a1>f')";
        redis::cmd("EVAL").arg(script).arg(0).exec(&mut server.connect()).unwrap();
        let run = |more: &str| {
            let cli = Cli::new(&server).args(["--layout", "classic", "invalidate", "--format", "json"]);
            cli.args(selectors).args(["--raw-pattern", "CM:a1*", more]).run().ok().json()
        };
        let (dry, done) = (run("--dry-run"), run("--yes"));
        for count in ["matched", "marked", "deleted"] {
            assert_eq!(dry[count], done[count], "{selectors:?} {count}: {dry} {done}");
        }
    }
}
