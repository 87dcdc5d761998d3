//! The checks, each written once.

use serde_json::{Value, json};

use super::Told;
use super::namespace::{BOOKS, GONE, PLAIN, STUCK, books, dumped, is_expired, is_marked};
use super::place::Place;
use crate::support::content::Held;

fn rows(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

fn found<'v>(all: &'v Value, field: &str, name: &str) -> &'v Value {
    let is_it = |row: &&Value| row[field] == name;
    all.as_array().unwrap().iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {all:#}"))
}

fn members(place: &Place<'_>, set: &str) -> usize {
    match place.content().get(set.as_bytes()).map(|entry| &entry.held) {
        Some(Held::Set(members)) => members.len(),
        _ => 0,
    }
}

pub(super) fn tags(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    place.tells(&mut told, &["tags", "list"]);
    let deep = place.tells(&mut told, &["tags", "list", "--deep"]);
    let all = found(&deep, "tag", "books");
    assert_eq!((&all["keys"], &all["missing"]), (&json!(BOOKS + GONE), &json!(GONE)));
    place.tells_in_order(&mut told, &["tags", "list", "--sort", "keys"], &[]);
    let one = place.tells_but(&mut told, &["tags", "show", "shelf1"], &["sample"]);
    assert_eq!(one["keys"], BOOKS / 3);
    place.tells(&mut told, &["tags", "show", "none"]);
    told
}

pub(super) fn invalid_keys(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    let all = place.tells(&mut told, &["invalid-keys", "list", "--deep"]);
    assert_eq!((rows(&all), &found(&all, "invalid_key", "User:1")["missing"]), (10, &json!(GONE)));
    let one = place.tells_but(&mut told, &["invalid-keys", "show", "User:3"], &["sample"]);
    assert_eq!(one["keys"], BOOKS / 10);
    told
}

pub(super) fn keys_list(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    for (state, count) in [
        ("live", books(|n| !is_expired(n) && !is_marked(n) && !STUCK.contains(&n)) + PLAIN + 1),
        ("expired", books(|n| is_expired(n) && !is_marked(n))),
        ("pending", books(is_marked)),
        ("computing", STUCK.len()),
        ("missing", GONE),
    ] {
        let listed = place.tells(&mut told, &["keys", "list", "--state", state]);
        assert_eq!(rows(&listed), count, "{state} of {}", place.name);
    }
    let all = place.tells(&mut told, &["keys", "list"]);
    assert_eq!(rows(&all), dumped());
    place.tells(&mut told, &["keys", "list", "--tag", "books", "--fields", "key,state,tags,size_bytes"]);
    told
}

/// Selectors, where what they ask lies elsewhere than the values.
pub(super) fn keys_that_are_meant(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    for (args, count) in [
        (&["--tag", "shelf1"][..], books(|n| n % 3 == 1)),
        (&["--invalid-key", "User:3"], BOOKS / 10),
        (&["--pattern", "Book:1?"], 10),
        (&["--key", "Book:1>owner", "--key", "Deep:1>f>x"], 2),
        (&["--tag", "shelf1", "--except-invalid-key", "User:4"], books(|n| n % 3 == 1 && n % 10 != 4)),
        (&["--pattern", "Book:*", "--except-tag", "shelf1", "--state", "expired"], {
            books(|n| n % 3 != 1 && is_expired(n) && !is_marked(n))
        }),
        (&["--match", "all", "--tag", "shelf1", "--invalid-key", "User:4"], {
            books(|n| n % 3 == 1 && n % 10 == 4)
        }),
        (&["--tag", "books", "--no-timeout", "--larger-than", "50"], {
            books(|n| n % 4 > 1 && n % 97 + 1 + 6 > 50)
        }),
    ] {
        let listed = place.tells(&mut told, &[&["keys", "list"], args].concat());
        assert_eq!(rows(&listed), count, "{args:?} of {}", place.name);
        let dry = [&["invalidate", "--mark", "--yes", "--dry-run"], args].concat();
        assert_eq!(place.tells(&mut told, &dry)["matched"], count, "{args:?} of {}", place.name);
    }
    told
}

pub(super) fn keys_show(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    for key in ["Book:8>owner", "Book:7>owner", "Book:2>owner", "plain:3", "Deep:1>f>x", "Gone:1>owner"] {
        place.tells(&mut told, &["keys", "show", key]);
    }
    let shown = place.tells(&mut told, &["keys", "show", "Book:8>owner"]);
    assert_eq!((&shown["state"], &shown["value"]), (&json!("expired"), &json!("x".repeat(9))));
    assert_eq!((rows(&shown["tags"]), &shown["invalid_keys"][0]), (2, &json!("User:8")));
    place.run(&["keys", "show", "Book:1"]).code(4);
    told
}

pub(super) fn keys_dump(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    for args in [&[][..], &["--raw", "--indexes"], &["--tag", "books", "--state", "live"]] {
        let args = [&["keys", "dump"], args].concat();
        assert!(rows(&place.tells(&mut told, &args)) > 0);
    }
    for ending in ["ndjson", "zst"] {
        let dump = place.dump(ending);
        let same = place.cli(&["diff", "dump"]).file("dump", dump).run();
        same.ok().says(&format!("{} the same", dumped()));
    }
    told
}

pub(super) fn keys_top(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    for args in [&["-n", "7", "--fields", "rank,key,size_bytes"][..], &["--by", "ttl", "-n", "50"]] {
        let top =
            place.tells_in_order(&mut told, &[&["keys", "top", "--pattern", "Book:*"], args].concat(), &[]);
        assert!(rows(&top) > 1);
    }
    told
}

pub(super) fn diff(place: &Place<'_>) -> Told {
    let dump = place.dump("ndjson");
    let bytes = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
    let own = |name: &str| place.named(name);
    place.send(&[
        bytes(&["HSET", &own("Book:5"), "owner", "other"]),
        bytes(&["UNLINK", &own("plain:1")]),
        bytes(&["SREM", &own("shelf0"), &own("Book:6>owner")]),
        bytes(&["SADD", &own("delete"), &own("Book:11>owner")]),
        bytes(&["ZADD", &own(&format!("Meta:Expire-Buckets::{}", own("Book:2"))), "5", &own("Book:2>owner")]),
        bytes(&["HSET", &own("new"), "base", "v"]),
    ]);
    let output = place.cli(&["diff", "dump"]).file("dump", dump).run();
    let told = place.same(output.code(5).json(), &[]);
    assert_eq!(rows(&told), 6, "{}", output.transcript());
    vec![("diff".to_owned(), told)]
}

pub(super) fn invalidate_marks(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    for args in [
        &["--key", "Book:1>owner", "--key", "Deep:1>f>x"][..],
        &["--key", "none"],
        &["--invalid-key", "User:3"],
        &["--pattern", "Book:1?", "--mark"],
        &["--tag", "shelf1"],
    ] {
        for more in [&["--dry-run"][..], &[]] {
            place.tells(&mut told, &[&["invalidate", "--yes"], args, more].concat());
        }
        place.shows(&mut told, if args[0] == "--tag" { &["CM:shelf1"] } else { &[] });
    }
    assert_eq!(place.tells(&mut told, &["invalidate", "--yes", "--invalid-key", "User:3"])["marked"], 0);
    // Its members leave it in one step with the marks, or not at all.
    assert_eq!(members(place, "CM:shelf1"), if place.is_cross_slot() { BOOKS / 3 } else { 0 });
    assert_eq!(members(place, "CM:books"), BOOKS + GONE);
    told
}

pub(super) fn invalidate_deletes(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    let raw = place.named("Book:2?");
    for args in [
        &["--pattern", "Book:1?"][..],
        &["--raw-pattern", &raw],
        &["--delete", "--key", "Book:1>owner"],
        &["--delete", "--invalid-key", "User:3"],
        &["--delete", "--tag", "shelf1"],
    ] {
        for more in [&["--dry-run"][..], &[]] {
            let done = place.tells(&mut told, &[&["invalidate", "--yes"], args, more].concat());
            assert!(done["deleted"].as_u64() > Some(0) && done["complete"] == true, "{args:?} {done}");
        }
        place.shows(&mut told, &[]);
    }
    told
}

/// What is asked, refused or not there changes nothing.
pub(super) fn invalidate_asks(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    place.shows(&mut told, &[]);
    for (args, code) in [
        (&["--tag", "books"][..], 2),
        (&["--pattern", "*", "--yes"], 2),
        (&["--tag", "bookz", "--yes", "--strict"], 4),
        (&["--tag", "books", "--yes", "--dry-run", "--exit-code"], 5),
        (&["--tag", "books", "--yes", "--read-only"], 2),
    ] {
        place.run(&[&["invalidate"], args].concat()).code(code);
    }
    place.run(&["invalidate", "--tag", "bookz", "--yes"]).ok().says("no tag 'bookz'");
    place.shows(&mut told, &[]);
    assert_eq!(told[0], told[1]);
    told
}

/// What is purged loses its mark in the same step, or keeps it.
#[track_caller]
fn has_marks_of_what_is_left(place: &Place<'_>) {
    let left = books(|n| is_marked(n) && (place.is_cross_slot() || !is_expired(n))) + GONE;
    assert_eq!(members(place, "CM:delete"), left, "{}", place.name);
}

pub(super) fn purge(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    for args in [&["--dry-run"][..], &["--tag", "shelf1"], &["--grace", "1h"], &[]] {
        place.tells(&mut told, &[&["purge"], args].concat());
        place.shows(&mut told, &["CM:delete"]);
    }
    has_marks_of_what_is_left(place);
    let left = place.content().keys().filter(|name| name.starts_with(b"CM:Book:")).count();
    assert_eq!(left, books(|n| !is_expired(n)));
    told
}

pub(super) fn purge_marks(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    for args in [&["--dry-run"][..], &[], &[]] {
        place.tells(&mut told, &[&["purge", "--mark"], args].concat());
        place.shows(&mut told, &[]);
    }
    told
}

pub(super) fn purge_with_a_budget(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    let budget = ["purge", "--time-budget", "1ns", "--pace", "gentle"];
    let runs = (1..1000).find(|_| place.run(&budget).json()["complete"] == true);
    assert!(runs > Some(1), "{runs:?} runs");
    place.shows(&mut told, &["CM:delete"]);
    has_marks_of_what_is_left(place);
    assert_eq!(place.tells(&mut told, &["purge"])["expired"], 0);
    told
}

pub(super) fn gc(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    for args in [&["--dry-run"][..], &["--yes"], &["--yes"]] {
        place.tells(&mut told, &[&["gc", "--stuck-after", "0s"], args].concat());
        place.shows(&mut told, &[]);
    }
    let done = &told[2].1["out"];
    for kind in ["tags", "invalid_keys", "expiry", "pending"] {
        assert_eq!(done[kind]["removed"], GONE, "{kind} {done}");
    }
    assert_eq!(done["progress"]["restored"], STUCK.len(), "{done}");
    assert!(!place.content().keys().any(|name| String::from_utf8_lossy(name).contains("Gone")));
    told
}

pub(super) fn stats(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    let stats = place.tells(&mut told, &["stats"]);
    let keys = &stats["namespace"];
    assert_eq!((&keys["fields"], &keys["in_progress"]), (&json!(dumped()), &json!(STUCK.len())), "{stats}");
    assert_eq!(found(&stats["counters"], "tag", "books")["hit_ratio"], 0.75);
    place.tells_in_order(&mut told, &["stats", "--histogram"], &[]);
    place.tells(&mut told, &["stats", "--history"]);
    place.tells(&mut told, &["stats", "--reset", "--yes"]);
    place.tells(&mut told, &["stats", "--keep", "30d"]);
    place.tells(&mut told, &["stats"]);
    assert!(place.content().contains_key(&b"CM:meta:stats:keep"[..]));
    told
}

pub(super) fn doctor(place: &Place<'_>) -> Told {
    let mut told = Told::new();
    // It names a few keys, whichever come first.
    place.tells_in_order(&mut told, &["doctor", "--no-monitor"], &["detail"]);
    place.run(&["purge"]).ok();
    place.run(&["gc", "--yes", "--stuck-after", "0s"]).ok();
    place.tells_in_order(&mut told, &["doctor", "--no-monitor"], &["detail"]);
    told
}

pub(super) fn log(place: &Place<'_>) -> Told {
    place.run(&["invalidate", "--tag", "books", "--yes"]).ok();
    place.run(&["purge", "--tag", "shelf2"]).ok();
    place.run(&["purge"]).ok();
    let mut told = Told::new();
    let fields = "command,matched,marked,deleted,complete";
    assert_eq!(rows(&place.tells_in_order(&mut told, &["log", "--fields", fields], &[])), 3);
    told
}
