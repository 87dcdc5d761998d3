//! One table of checks of the contract over one server, a cluster over whose slots the keys lie, and one that keeps them in a slot.
//!
//! A row is a test, written once: it runs at each place, and what it is told has to be the same, but for what is a server's own.

mod namespace;
mod place;
mod rows;

use serde_json::Value;

use place::{Place, Places};

macro_rules! rows {
    ($($row:ident)*) => {$(
        #[test]
        fn $row() {
            same_everywhere(rows::$row);
        }
    )*};
}

rows! {
    tags invalid_keys keys_list keys_that_are_meant keys_show keys_dump keys_top diff
    invalidate_marks invalidate_deletes invalidate_asks purge purge_marks purge_with_a_budget
    gc stats doctor log
}

/// What a run told, each with the command.
type Told = Vec<(String, Value)>;

#[track_caller]
fn same_everywhere(row: fn(&Place<'_>) -> Told) {
    let places = Places::filled();
    let [server, others @ ..] = places.each();
    let expected = row(&server);
    for other in &others {
        let told = row(other);
        assert_eq!(told.len(), expected.len());
        for ((run, told), (_, expected)) in told.iter().zip(&expected) {
            assert!(
                told == expected,
                "{run}\n{}: {}\n{}: {}",
                server.name,
                only_in(expected, told),
                other.name,
                only_in(told, expected)
            );
        }
    }
}

/// What one has and the other has not.
fn only_in(one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            let mut rest = other.clone();
            let mut is_more = |it: &&Value| match rest.iter().position(|one| one == *it) {
                Some(at) => {
                    rest.remove(at);
                    false
                }
                None => true,
            };
            let more: Vec<_> = one.iter().filter(&mut is_more).cloned().collect();
            // Only their order differs.
            if more.is_empty() && rest.is_empty() { one.clone().into() } else { more.into() }
        }
        (Value::Object(one), Value::Object(other)) => {
            let one = one.iter().filter(|(name, value)| other.get(*name) != Some(value));
            one.map(|(name, value)| (name.clone(), only_in(value, other.get(name).unwrap_or(&Value::Null))))
                .collect()
        }
        _ => one.clone(),
    }
}

/// What was dumped at each place comes back at each.
#[test]
fn a_dump_of_each_place_is_restored_at_each() {
    let places = Places::filled();
    let all = places.each();
    let mut restored = Vec::new();
    for from in &all {
        let dump = from.dump("zst");
        for (at, to) in all.iter().enumerate() {
            let to = to.renamed(&format!("{}{at}", from.name));
            let lines = namespace::dumped() as u64;
            let counts = |args: &[&str]| {
                let args = [&["keys", "restore", "dump.zst", "--yes"], args].concat();
                let report = to.cli(&args).file("dump.zst", &dump).run().ok().json();
                assert_eq!((&report["complete"], &report["lines"]), (&true.into(), &lines.into()));
                ["restored", "unchanged", "kept", "refused"].map(|field| report[field].as_u64().unwrap())
            };
            assert_eq!(counts(&["--dry-run"]), [lines, 0, 0, 0], "{} to {}", from.name, to.name);
            assert!(to.content().is_empty());
            assert_eq!(counts(&[]), [lines, 0, 0, 0], "{} to {}", from.name, to.name);
            assert_eq!(counts(&[]), [0, lines, 0, 0], "{} to {}", from.name, to.name);
            let same = to.cli(&["diff", "dump.zst"]).file("dump.zst", &dump).run();
            same.ok().says(&format!("{lines} the same"));
            restored.push(to.content());
        }
    }
    for content in &restored {
        crate::support::content::assert_same(&restored[0], content);
    }
}
