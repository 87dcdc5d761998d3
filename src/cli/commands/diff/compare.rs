//! What differs between two rows of one key.

use crate::cli::output::{Any, shown};
use cacheme::ops::DumpedKey;
use cacheme::pickle::{Limits, decode};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A difference: its kind, and what is on each side.
pub type Difference = (&'static str, Any, Any);

/// All differences. Tags and invalid keys are compared only where both dumps hold them.
pub fn differences(a: &DumpedKey, b: &DumpedKey, with_indexes: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    if a.value != b.value {
        let (a, b) = values(&a.value, &b.value);
        found.push(("value", Any(a), Any(b)));
    }
    let mut differ = |kind, a: Value, b: Value| {
        if a != b {
            found.push((kind, Any(a), Any(b)));
        }
    };
    differ("timeout", time(a.expires_at), time(b.expires_at));
    if with_indexes {
        differ("tags", tags(a), tags(b));
        differ("invalid_keys", invalid_keys(a), invalid_keys(b));
    }
    differ("mark", a.marked.into(), b.marked.into());
    found
}

/// A value that is on one side alone.
pub fn whole(row: &DumpedKey) -> Any {
    Any(decoded(&row.value))
}

fn decoded(value: &[u8]) -> Value {
    decode(value, &Limits::default()).value
}

/// The first place where they differ, in the notation of `keys show`; where they read alike, their bytes.
fn values(a: &[u8], b: &[u8]) -> (Value, Value) {
    let (left, right) = (decoded(a), decoded(b));
    let mut path = String::new();
    match first(&left, &right, &mut path) {
        None => {
            let raw = |bytes: &[u8]| json!({"$stored": crate::cli::output::base64(bytes)});
            (raw(a), raw(b))
        }
        Some((left, right)) if path.is_empty() => (left.clone(), right.clone()),
        Some((left, right)) => (json!({"at": path, "value": left}), json!({"at": path, "value": right})),
    }
}

/// Where the one has nothing, it reads null.
fn first<'v>(a: &'v Value, b: &'v Value, path: &mut String) -> Option<(&'v Value, &'v Value)> {
    let inside = path.len();
    match (a, b) {
        (Value::Array(left), Value::Array(right)) => {
            for at in 0..left.len().max(right.len()) {
                *path += &format!("[{at}]");
                let parts = (left.get(at).unwrap_or(&Value::Null), right.get(at).unwrap_or(&Value::Null));
                if left.len() > at && right.len() > at {
                    if let Some(found) = first(parts.0, parts.1, path) {
                        return Some(found);
                    }
                } else {
                    return Some(parts);
                }
                path.truncate(inside);
            }
            None
        }
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for name in names {
                *path += &format!(".{name}");
                match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => {
                        if let Some(found) = first(left, right, path) {
                            return Some(found);
                        }
                    }
                    (left, right) => {
                        return Some((left.unwrap_or(&Value::Null), right.unwrap_or(&Value::Null)));
                    }
                }
                path.truncate(inside);
            }
            // The same entries in another order.
            (!left.keys().eq(right.keys())).then_some((a, b))
        }
        _ => (a != b).then_some((a, b)),
    }
}

fn time(expires_at: Option<i64>) -> Value {
    expires_at.map_or(Value::Null, |at| match Timestamp::from_second(at) {
        Ok(time) => time.to_string().into(),
        Err(_) => at.into(),
    })
}

fn tags(row: &DumpedKey) -> Value {
    names(row, &row.tags, row.cut_keys.iter().map(|cut| (&cut.key, &cut.tags)))
}

fn invalid_keys(row: &DumpedKey) -> Value {
    names(row, &row.invalid_keys, row.cut_keys.iter().map(|cut| (&cut.key, &cut.invalid_keys)))
}

/// The names of a key, sorted; behind them those of other keys that share its value, each with its key in front.
fn names<'r>(
    row: &'r DumpedKey,
    own: &'r [Vec<u8>],
    others: impl Iterator<Item = (&'r Vec<u8>, &'r Vec<Vec<u8>>)>,
) -> Value {
    let mut all: BTreeSet<(&[u8], &[u8])> = own.iter().map(|name| (&[][..], &name[..])).collect();
    for (key, names) in others.filter(|(key, _)| **key != row.key) {
        all.extend(names.iter().map(|name| (&key[..], &name[..])));
    }
    let named = |(key, name): (&[u8], &[u8])| match key {
        [] => shown(name),
        key => shown(&[key, b": ", name].concat()),
    };
    all.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_found_where_it_is() {
        let of = |a: &Value, b: &Value| {
            let mut path = String::new();
            first(a, b, &mut path).map(|(a, b)| (path, a.clone(), b.clone()))
        };
        let at = |path: &str, a: Value, b: Value| Some((path.to_owned(), a, b));
        assert_eq!(of(&json!({"a": [1, 2]}), &json!({"a": [1, 2]})), None);
        assert_eq!(of(&json!(1), &json!(2)), at("", json!(1), json!(2)));
        let (one, other) = (json!({"a": [1, {"b": 2}], "c": 1}), json!({"a": [1, {"b": 3}], "c": 2}));
        assert_eq!(of(&one, &other), at(".a[1].b", json!(2), json!(3)));
        assert_eq!(of(&json!([1]), &json!([1, 2])), at("[1]", json!(null), json!(2)));
        assert_eq!(of(&json!({"a": 1}), &json!({})), at(".a", json!(1), json!(null)));
        assert_eq!(of(&json!([null]), &json!([])), at("[0]", json!(null), json!(null)));
    }
}
