//! Every listing against the library's own sets, and against the truth that `fill.py` declares.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::content::{Content, Held};
use crate::support::python::{self, Lib};
use crate::support::server::Server;

const GLOBBY: &str = r"app*[x]?\:";

/// A namespace filled by the real library, with one key marked and one stuck in progress.
struct Filled {
    lib: Lib,
    prefix: &'static str,
    server: Server,
    truth: BTreeMap<String, Value>,
    content: Content,
}

impl Filled {
    fn new(lib: Lib, prefix: &'static str) -> Self {
        let server = Server::start();
        let truth = python::python(lib, &server, "fill.py", ["--states", "--prefix", prefix]).ok().json();
        let truth = truth["keys"].as_object().unwrap();
        let truth = truth.iter().map(|(key, fact)| (key.clone(), fact.clone())).collect();
        // A namespace beside it that begins alike, and what a glob in the prefix would reach.
        for key in ["CM", "apX:", "app*[x]?", "appy?x:"] {
            redis::cmd("SADD")
                .arg(format!("{key}.tag"))
                .arg("CM:Book:1")
                .exec(&mut server.connect_db(0))
                .unwrap();
        }
        let content = server.dump();
        Self { lib, prefix, server, truth, content }
    }

    /// What the CLI says about this namespace, a JSON value a row.
    #[track_caller]
    fn rows(&self, args: &[&str]) -> Vec<Value> {
        let cli = Cli::new(&self.server).args(["--prefix", self.prefix, "--format", "ndjson"]).args(args);
        cli.run().ok().ndjson()
    }

    fn members(&self, name: &str) -> BTreeSet<String> {
        let entry = self.content.get(format!("{}{name}", self.prefix).as_bytes());
        match entry.map(|entry| &entry.held) {
            None => BTreeSet::new(),
            Some(Held::Set(members)) => members
                .iter()
                .map(|it| {
                    String::from_utf8(it.strip_prefix(self.prefix.as_bytes()).unwrap().to_vec()).unwrap()
                })
                .collect(),
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Tags, or invalid keys, with their members, by the truth; held against SMEMBERS on the way.
    fn indexes(&self, of: fn(&Value) -> Vec<String>, suffix: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut indexes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (key, fact) in &self.truth {
            for name in of(fact) {
                indexes.entry(name).or_default().insert(key.clone());
            }
        }
        for (name, keys) in &indexes {
            assert_eq!(&self.members(&format!("{name}{suffix}")), keys, "fill.py and Redis differ on {name}");
        }
        indexes
    }

    fn state(&self, key: &str, ttl: &Value) -> &str {
        let state = self.truth[key]["state"].as_str().unwrap();
        // The keys with a second of time may have expired by the time they are looked at.
        if state == "live" && ttl.as_i64().is_some_and(|left| left <= 0) { "expired" } else { state }
    }

    fn check_index(&self, command: &str, field: &str, indexes: &BTreeMap<String, BTreeSet<String>>) {
        let listed: BTreeMap<String, u64> = self
            .rows(&[command, "list"])
            .iter()
            .map(|row| (row[field].as_str().unwrap().to_owned(), row["keys"].as_u64().unwrap()))
            .collect();
        let expected: BTreeMap<String, u64> =
            indexes.iter().map(|(name, keys)| (name.clone(), keys.len() as u64)).collect();
        assert_eq!(listed, expected, "{command} list, {:?} {}", self.lib, self.prefix);

        for row in self.rows(&[command, "list", "--deep"]) {
            self.check_detail(&row, &indexes[row[field].as_str().unwrap()]);
        }
    }

    /// The counts of `--deep` and `show` against states and stored bytes.
    fn check_detail(&self, row: &Value, keys: &BTreeSet<String>) {
        let count = |name: &str| row[name].as_u64().unwrap();
        let pending = keys.iter().filter(|key| self.truth[*key]["state"] == "pending").count() as u64;
        assert_eq!(row["keys"], keys.len(), "{row}");
        assert_eq!((count("pending"), count("missing")), (pending, 0), "{row}");
        assert_eq!(count("live") + count("expired"), keys.len() as u64 - pending, "{row}");
        let timed = keys.iter().filter(|key| self.truth[*key]["timeout"] == 1).count() as u64;
        assert!(count("expired") <= timed, "{row}");
        let bytes: usize = keys.iter().map(|key| self.stored(key).len()).sum();
        assert_eq!(count("bytes"), bytes as u64, "{row}");
    }

    fn stored(&self, key: &str) -> &[u8] {
        let mut parts = key.split('>');
        let hash = format!("{}{}", self.prefix, parts.next().unwrap());
        let Held::Hash(fields) = &self.content[hash.as_bytes()].held else { panic!("{hash}") };
        &fields[parts.next().unwrap_or("base").as_bytes()]
    }

    /// A row of `keys show` or `keys dump`.
    fn check_key(&self, row: &Value, key: &str) {
        let fact = &self.truth[key];
        let mut parts = key.split('>');
        let base = parts.next().unwrap();
        assert_eq!(row["key"], key);
        assert_eq!(row["redis_key"], format!("{}{base}", self.prefix));
        assert_eq!(row["field"], parts.next().unwrap_or("base"));
        assert_eq!(row["state"], self.state(key, &row["ttl_seconds"]), "{row}");
        match fact["timeout"].as_i64() {
            None => assert_eq!((&row["ttl_seconds"], &row["expires_at"]), (&Value::Null, &Value::Null)),
            Some(timeout) => {
                let left = row["ttl_seconds"].as_i64().unwrap();
                assert!((timeout - 120..=timeout).contains(&left), "{row}");
                assert!(row["expires_at"].as_str().unwrap().ends_with('Z'), "{row}");
            }
        }
        if fact["state"] == "computing" {
            assert_eq!((&row["value"], &row["size_bytes"]), (&Value::Null, &Value::Null), "{row}");
            return;
        }
        assert_eq!(row["size_bytes"], self.stored(key).len());
        assert_eq!(row["encoding"], "pickle");
        // A number JSON readers would round has a notation of its own.
        if key == "given:big" {
            assert!(row["value"].to_string().contains("9223372036854775809"), "{row}");
        } else {
            assert_eq!(row["value"], fact["value"], "{key}");
        }
    }
}

fn tags(fact: &Value) -> Vec<String> {
    fact["tag"].as_str().map(str::to_owned).into_iter().collect()
}

fn invalid_keys(fact: &Value) -> Vec<String> {
    fact["invalid_keys"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn names(rows: &[Value]) -> Vec<String> {
    let mut names: Vec<String> = rows.iter().map(|row| text(&row["key"])).collect();
    names.sort();
    names
}

fn sorted(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(text).collect()
}

fn cut(key: &str) -> String {
    key.split('>').take(2).collect::<Vec<_>>().join(">")
}

fn listings_equal_the_library(lib: Lib, prefix: &'static str) {
    let filled = Filled::new(lib, prefix);
    let cached: Vec<&String> =
        filled.truth.iter().filter(|(_, fact)| fact["state"] != "computing").map(|(key, _)| key).collect();
    let (by_tag, by_invalid_key) = (filled.indexes(tags, ""), filled.indexes(invalid_keys, ":invalid"));
    filled.check_index("tags", "tag", &by_tag);
    filled.check_index("invalid-keys", "invalid_key", &by_invalid_key);

    // Members of sets by their whole names.
    for (name, keys) in &by_tag {
        let rows = filled.rows(&["keys", "list", "--tag", name]);
        assert_eq!(names(&rows), keys.iter().cloned().collect::<Vec<_>>(), "{name}");
        for row in &rows {
            assert_eq!(row["state"], filled.state(row["key"].as_str().unwrap(), &row["ttl_seconds"]));
        }
    }
    let all = by_invalid_key.keys().flat_map(|name| ["--invalid-key", name]);
    let args: Vec<&str> = ["keys", "list"].into_iter().chain(all).collect();
    let union: BTreeSet<String> = by_invalid_key.values().flatten().cloned().collect();
    assert_eq!(names(&filled.rows(&args)), union.into_iter().collect::<Vec<_>>());

    // From the hashes: every value once, cut keys by their first two parts.
    let rows = filled.rows(&["keys", "list"]);
    let mut expected: Vec<String> = cached.iter().map(|key| cut(key)).collect();
    expected.sort();
    assert_eq!(names(&rows), expected);
    let pending: Vec<Value> = filled.rows(&["keys", "list", "--state", "pending"]);
    assert_eq!(names(&pending), ["plain:pending"]);

    // Each key in full, the stuck one included.
    let args: Vec<&str> =
        ["keys", "show"].into_iter().chain(filled.truth.keys().map(String::as_str)).collect();
    let rows = filled.rows(&args);
    assert_eq!(rows.len(), filled.truth.len());
    for (row, (key, fact)) in rows.iter().zip(&filled.truth) {
        filled.check_key(row, key);
        assert_eq!(sorted(&row["tags"]), tags(fact), "{row}");
        assert_eq!(sorted(&row["invalid_keys"]), invalid_keys(fact), "{row}");
    }

    let mut dumped: Vec<String> = Vec::new();
    let whole: BTreeMap<String, &String> = cached.iter().map(|key| (cut(key), *key)).collect();
    for mut row in filled.rows(&["keys", "dump", "--indexes"]) {
        let key = whole[row["key"].as_str().unwrap()];
        dumped.push(text(&row["key"]));
        // Hashes know only `a>b` of `a>b>c`, so nothing names it there.
        if *key != cut(key) {
            assert_eq!((&row["tags"], &row["invalid_keys"]), (&json!([]), &json!([])));
        } else {
            assert_eq!(sorted(&row["tags"]), tags(&filled.truth[key]), "{row}");
            assert_eq!(sorted(&row["invalid_keys"]), invalid_keys(&filled.truth[key]), "{row}");
        }
        row["key"] = json!(key);
        filled.check_key(&row, key);
    }
    dumped.sort();
    assert_eq!(dumped, expected);
    let by_names = by_tag.keys().flat_map(|name| ["--tag", name]);
    let args: Vec<&str> = ["keys", "dump", "--raw"].into_iter().chain(by_names).collect();
    let raw = filled.rows(&args);
    assert_eq!(names(&raw), cached.iter().map(|key| (*key).clone()).collect::<Vec<_>>());
    for row in raw {
        use base64::Engine as _;
        let value =
            base64::engine::general_purpose::STANDARD.decode(row["value_base64"].as_str().unwrap()).unwrap();
        assert_eq!(value, filled.stored(row["key"].as_str().unwrap()));
    }

    let stats = &filled.rows(&["stats"])[0]["namespace"];
    let bases: BTreeSet<&str> = cached.iter().map(|key| key.split('>').next().unwrap()).collect();
    let buckets: BTreeSet<&str> = cached
        .iter()
        .filter(|key| !filled.truth[**key]["timeout"].is_null())
        .map(|key| key.split('>').next().unwrap())
        .collect();
    let expired = stats["expired"].as_u64().unwrap();
    assert!(expired <= 3, "{stats}");
    assert_eq!(
        *stats,
        json!({
            "keys": cached.len(), "fields": cached.len(), "hashes": bases.len(), "tags": by_tag.len(), "invalid_keys": by_invalid_key.len(),
            "buckets": buckets.len(), "expired": expired, "pending": 1, "in_progress": 1, "foreign": 0, "listeners": 0,
        })
    );
}

#[test]
fn listings_equal_the_library_009() {
    listings_equal_the_library(Lib::V009, "CM:");
}

#[test]
fn listings_equal_the_library_009_custom_prefix() {
    listings_equal_the_library(Lib::V009, "shop:");
}

#[test]
fn listings_equal_the_library_009_glob_prefix() {
    listings_equal_the_library(Lib::V009, GLOBBY);
}

#[test]
fn listings_equal_the_library_010() {
    listings_equal_the_library(Lib::V010, "CM:");
}

#[test]
fn listings_equal_the_library_010_glob_prefix() {
    listings_equal_the_library(Lib::V010, GLOBBY);
}

#[test]
fn listings_equal_the_library_011() {
    listings_equal_the_library(Lib::V011, "CM:");
}

#[test]
fn listings_equal_the_library_011_custom_prefix() {
    listings_equal_the_library(Lib::V011, "shop:");
}

#[test]
fn listings_equal_the_library_011_glob_prefix() {
    listings_equal_the_library(Lib::V011, GLOBBY);
}

#[test]
fn show_of_an_index_equals_its_set() {
    let filled = Filled::new(Lib::V010, GLOBBY);
    for (command, field, indexes) in [
        ("tags", "tag", filled.indexes(tags, "")),
        ("invalid-keys", "invalid_key", filled.indexes(invalid_keys, ":invalid")),
    ] {
        for name in ["plain", "odd*tag[1]?", "three", "Team:1", "odd*[1]", "Timed:4"] {
            let Some(keys) = indexes.get(name) else { continue };
            let row = filled.rows(&[command, "show", name]).remove(0);
            assert_eq!(row[field], name);
            filled.check_detail(&row, keys);
            let sample: BTreeSet<String> =
                row["sample"].as_array().unwrap().iter().map(|it| text(&it["key"])).collect();
            assert_eq!(sample, *keys);
            assert!(row["index_bytes"].as_u64().unwrap() > 0);
        }
    }
}
