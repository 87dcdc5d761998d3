//! What the real library leaves in Redis: the facts that everything else here is built on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::content::{Content, Held};
use crate::support::python::{self, Lib};
use crate::support::server::Server;
use crate::support::worker::Worker;

fn texts(held: &Held) -> BTreeSet<String> {
    let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
    match held {
        Held::Set(members) => members.iter().map(text).collect(),
        Held::Zset(members) => members.keys().map(text).collect(),
        Held::Hash(fields) => fields.keys().map(text).collect(),
        other => panic!("no members in {other:?}"),
    }
}

fn members(content: &Content, name: &str) -> BTreeSet<String> {
    let entry = content.get(name.as_bytes());
    entry.map(|it| texts(&it.held)).unwrap_or_default()
}

/// The whole namespace, worked out from the truth that `fill.py` declares: Redis key → members, fields or bucket members.
fn expected(truth: &Value, prefix: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, fact) in truth["keys"].as_object().unwrap() {
        let full = format!("{prefix}{key}");
        let mut parts = full.split('>');
        let base = parts.next().unwrap();
        let field = parts.next();
        let mut add = |name: String, member: &str| all.entry(name).or_default().insert(member.to_owned());
        add(base.to_owned(), field.unwrap_or("base"));
        add(format!("{prefix}{}", fact["tag"].as_str().unwrap()), &full);
        for name in fact["invalid_keys"].as_array().unwrap() {
            add(format!("{prefix}{}:invalid", name.as_str().unwrap()), &full);
        }
        if !fact["timeout"].is_null() {
            // Cut to two parts, unlike the indexes.
            let member = field.map_or_else(|| base.to_owned(), |field| format!("{base}>{field}"));
            add(format!("{prefix}Meta:Expire-Buckets::{base}"), &member);
        }
    }
    all
}

fn fills_as_described(lib: Lib, prefix: &str) {
    let server = Server::start();
    let truth = python::fill(lib, &server, prefix);
    assert_eq!(truth["cacheme"], lib.version());
    let content = server.dump();
    let found: BTreeMap<String, BTreeSet<String>> = content
        .iter()
        .map(|(name, entry)| (String::from_utf8(name.clone()).unwrap(), texts(&entry.held)))
        .collect();
    assert_eq!(found, expected(&truth, prefix));

    // Scores are whole epoch seconds of the library's clock.
    for fact in truth["keys"].as_object().unwrap().iter() {
        let Some(timeout) = fact.1["timeout"].as_i64() else {
            continue;
        };
        let base = format!("{prefix}{}", fact.0.split('>').next().unwrap());
        let bucket = &content[format!("{prefix}Meta:Expire-Buckets::{base}").as_bytes()];
        let Held::Zset(scores) = &bucket.held else { panic!("{bucket:?}") };
        for score in scores.values() {
            let score: i64 = score.parse().unwrap();
            let (began, ended) = (truth["began"].as_i64().unwrap(), truth["ended"].as_i64().unwrap());
            assert!((began + timeout..=ended + timeout).contains(&score), "{fact:?} {score}");
        }
    }
    let Held::Hash(fields) = &content[format!("{prefix}Book:100").as_bytes()].held else { panic!() };
    assert!(fields[&b"owner"[..]].starts_with(b"\x80\x04"), "a pickle of protocol 4");
}

#[test]
fn fills_as_described_009() {
    fills_as_described(Lib::V009, "CM:");
}

#[test]
fn fills_as_described_010() {
    fills_as_described(Lib::V010, "CM:");
}

#[test]
fn fills_as_described_011() {
    fills_as_described(Lib::V011, "app*[x]:");
}

#[test]
fn fill_adds_the_other_states_when_asked() {
    for lib in Lib::ALL {
        let server = Server::start();
        let truth = python::python(lib, &server, "fill.py", ["--states", "--prefix", "P:"]).ok().json();
        assert_eq!(truth["keys"]["plain:pending"]["state"], "pending");
        let content = server.dump();
        let pending = members(&content, &lib.deleted_set("P:"));
        let progress = members(&content, &lib.progress_set("P:"));
        assert_eq!(pending, BTreeSet::from(["P:plain:pending".to_owned()]));
        assert_eq!(progress, BTreeSet::from(["P:fails:stuck>it".to_owned()]));
    }
}

#[test]
fn timeouts_ask_with_the_applications_own_clock() {
    for (lib, zone, ahead) in
        [(Lib::V009, "Asia/Shanghai", -28_800), (Lib::V010, "America/Phoenix", 25_200), (Lib::V011, "UTC", 0)]
    {
        let server = Server::start();
        let mut worker = Worker::builder(lib, &server).timezone(zone).spawn();
        assert!((worker.clock_ahead() - ahead).abs() <= 1, "{zone}");
        let (_, seen) = server.monitor(|| worker.value("later_three", json!([1])));
        let range = seen.iter().find(|it| it.name() == "ZRANGEBYSCORE").unwrap();
        let now: i64 = range.rest()[2].parse().unwrap();
        let true_now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let true_now = i64::try_from(true_now.as_secs()).unwrap();
        assert!((now - true_now - ahead).abs() <= 2, "{zone}: {now} {true_now}");
        let content = server.dump();
        let bucket = members(&content, "CM:Meta:Expire-Buckets::CM:later:1");
        assert_eq!(bucket, BTreeSet::from(["CM:later:1>b".to_owned()]));
        assert_eq!(members(&content, "CM:later:1"), BTreeSet::from(["b".to_owned()]));
    }
}

#[test]
fn a_worker_counts_what_really_ran() {
    for lib in Lib::ALL {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        let first = worker.call("get_owner", json!([100]));
        assert_eq!(first["result"], json!({"id": 200, "name": "Owner 200"}));
        assert_eq!((&first["computed"], &first["misses"]), (&json!(true), &json!(1)));
        let again = worker.call("get_owner", json!([100]));
        assert_eq!((&again["computed"], &again["hits"]), (&json!(false), &json!(1)));
        let mut other = Worker::spawn(lib, &server);
        assert_eq!(other.call("get_owner", json!([100]))["runs"], 0);
        worker.invalidate(json!({"key": "Book:100>owner"}));
        assert_eq!(other.call("get_owner", json!([100]))["runs"], 1);
        assert_eq!(worker.counters()["runs"]["Book:100>owner"], 1);
        let failed = worker.call("fails", json!(["x"]));
        assert_eq!(failed["error"], "ValueError: told to fail");
        let zero = worker.value("given", json!(["v", {"a": [1, null, "é"]}]));
        assert_eq!(zero, json!({"a": [1, null, "é"]}));
        let raw = worker.call("given_pickle", json!(["p", "gASVAgAAAAAAAAApLg=="]));
        assert_eq!(raw["repr"], "()");
        worker.quit();
    }
}

#[test]
fn a_worker_is_held_in_the_middle_of_a_computation() {
    for lib in Lib::ALL {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        let progress = |server: &Server| members(&server.dump(), &lib.progress_set("CM:"));
        let key = BTreeSet::from(["CM:held:1>it".to_owned()]);
        worker.hold("1");
        assert_eq!(progress(&server), key);
        assert_eq!(worker.resume(json!([1]))["result"], json!([1]));
        assert!(progress(&server).is_empty());

        worker.invalidate(json!({"key": "held:1>it"}));
        worker.hold("1");
        let failed = worker.resume_raising("no");
        assert_eq!(failed["error"], "RuntimeError: no");
        // On the refresh path classic never entered progress; meta leaves the key there for ever.
        assert_eq!(progress(&server).is_empty(), !lib.is_meta());

        worker.hold("2");
        worker.kill();
        assert!(progress(&server).contains("CM:held:2>it"), "a crash leaves the key in progress");
    }
}
