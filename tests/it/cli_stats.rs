//! `stats`: numbers that can be counted by hand.

use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::seed::Seed;
use crate::support::server::Server;

fn filled(prefix: &str, meta: bool) -> Server {
    let server = Server::start();
    let mut seed = Seed::under(&server, prefix.as_bytes(), meta);
    seed.live(["a>1", "a>2", "b", "c>1"]).tag("t", ["a>1"]).tag("u", ["b"]).invalid("i", ["b"]);
    seed.expires("a>1", -5).expires("a>2", 500).expires("b", -5).marked(["x", "y", "z"]).busy(["b"]);
    seed.run("SET", &[format!("{prefix}text"), "x".into()]);
    seed.run("HSET", &[format!("{prefix}meta:stats"), "x".into(), "1".into()]);
    // What has no prefix is no key, whatever holds it.
    let deleted = if meta { "CM:meta:deleted".to_owned() } else { format!("{prefix}delete") };
    seed.run("SADD", &[deleted, "a>1".to_owned()]);
    // Of other prefixes, with marks in the shared sets.
    Seed::under(&server, b"Q:", meta).live(["a"]).tag("t", ["a"]).marked(["a"]).busy(["a"]).expires("a", -5);
    server
}

/// What MEMORY USAGE says of each key of [`filled`], added up.
fn measured(server: &Server, prefix: &str, meta: bool) -> Value {
    let mut connection = server.connect();
    let mut usage = |key: &str| -> u64 {
        redis::cmd("MEMORY").arg("USAGE").arg(key).arg("SAMPLES").arg(5).query(&mut connection).unwrap()
    };
    let mut sum =
        |names: &[&str]| -> u64 { names.iter().map(|name| usage(&format!("{prefix}{name}"))).sum() };
    let bucket = |base: &str| format!("Meta:Expire-Buckets::{prefix}{base}");
    let (a, b) = (bucket("a"), bucket("b"));
    let values = sum(&["a", "b", "c"]);
    let indexes = sum(&["t", "u", "i:invalid"]);
    let buckets = sum(&[&a, &b]);
    // Of `a` one of two has expired, of `b` everything.
    let reclaimable = sum(&["a"]) / 2 + sum(&[&a]) / 2 + sum(&["b", &b]);
    let mut bookkeeping = sum(&["meta:stats"]);
    bookkeeping += match meta {
        true => usage("CM:meta:deleted") + usage("CM:meta:progress"),
        false => usage(&format!("{prefix}delete")) + usage(&format!("{prefix}progress")),
    };
    json!({"values": values, "indexes": indexes, "buckets": buckets, "bookkeeping": bookkeeping, "reclaimable": reclaimable,
        "reclaimable_by_purge": reclaimable, "reclaimable_by_gc": 0})
}

#[test]
fn a_purge_gives_back_what_is_reclaimable() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    for n in 0..300 {
        let (key, other) = (format!("k:{n}>f"), format!("k:{n}>g"));
        seed.live([&key]).expires(&key, if n % 3 == 0 { -1000 } else { 1000 });
        if n % 2 == 0 {
            seed.live([&other]);
        }
    }
    let bytes = || Cli::new(&server).args(["stats", "--format", "json"]).run().ok().json()["bytes"].clone();
    let held = |bytes: &Value| bytes["values"].as_u64().unwrap() + bytes["buckets"].as_u64().unwrap();
    let before = bytes();
    Cli::new(&server).arg("purge").run().ok();
    let after = bytes();
    let (said, given) = (before["reclaimable"].as_u64().unwrap(), held(&before) - held(&after));
    assert!(said > 0 && said.abs_diff(given) < given / 5, "said {said}, given {given}");
    assert_eq!(after["reclaimable"], 0);
}

/// The bytes that `stats` tells.
fn bytes(server: &Server) -> Value {
    Cli::new(server).args(["stats", "--format", "json", "--layout", "classic"]).run().ok().json()["bytes"]
        .clone()
}

/// Entries whose values are gone already give back nothing but themselves.
#[test]
fn a_value_that_stays_is_not_reclaimable_whatever_expired_around_it() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.value("a>large", &[b'x'; 10_000]).expires("a>large", 1000);
    (0..5).for_each(|n| _ = seed.expires(&format!("a>gone{n}"), -1000));
    let said = bytes(&server)["reclaimable_by_purge"].as_u64().unwrap();
    assert!((1..1_000).contains(&said), "{said}");
}

#[test]
fn gc_gives_back_what_is_reclaimable_by_it() {
    let number = |bytes: &Value, name: &str| bytes[name].as_u64().unwrap();
    let gc = |server: &Server| {
        Cli::new(server).args(["gc", "--yes", "--layout", "classic"]).run().ok();
    };
    // Whole sets: exact, however few of their members are looked at.
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["here>f", "late>f"]).expires("late>f", -1000).busy(["busy>f"]).run("SET", &["CM:text", "x"]);
    for n in 0..30 {
        let keys: Vec<_> = (0..=n).map(|m| format!("gone:{n}:{m}>f")).collect();
        seed.tag(&format!("dead{n}"), &keys).invalid(&format!("dead{n}"), &keys[..1]);
        seed.tag(&format!("live{n}"), ["here>f", "late>f", "late>f>cut", "text>f", "busy>f"]);
    }
    seed.run("SADD", &["CM:strange", "no prefix"]);
    let before = bytes(&server);
    let of_late = number(&before, "reclaimable_by_purge");
    assert_eq!(number(&before, "reclaimable"), of_late + number(&before, "reclaimable_by_gc"), "{before}");
    gc(&server);
    let after = bytes(&server);
    let given = number(&before, "indexes") - number(&after, "indexes");
    assert!(given > 0);
    assert_eq!(number(&before, "reclaimable_by_gc"), given, "{before} {after}");
    assert_eq!((number(&after, "reclaimable_by_gc"), number(&after, "reclaimable")), (0, of_late));

    // A third of the members of large sets: to a third of what it is.
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live((0..400).map(|n| format!("k:{n}>f")));
    for tag in 0..50 {
        seed.tag(&format!("t{tag}"), (0..600).map(|n| format!("k:{n}>f")));
    }
    let before = bytes(&server);
    gc(&server);
    let given = number(&before, "indexes") - number(&bytes(&server), "indexes");
    let said = number(&before, "reclaimable_by_gc");
    assert!(said.abs_diff(given) < given / 3, "said {said}, given {given}");
}

#[test]
fn without_the_right_to_look_at_members_what_gc_gives_back_is_not_known() {
    let server = filled("CM:", false);
    for (right, said) in [("srandmember", "SRANDMEMBER"), ("hexists", "HEXISTS")] {
        let rule = format!("-{right}");
        Seed::classic(&server)
            .run("ACL", &["SETUSER", "ops", "reset", "on", "nopass", "~CM:*", "+@all", &rule]);
        let url = format!("{}?user=ops", server.url());
        let stats =
            Cli::bare().args(["stats", "-v", "--layout", "classic", "--url", &url, "--format", "json"]).run();
        let bytes = &stats.ok().json()["bytes"];
        assert_eq!((&bytes["reclaimable"], &bytes["reclaimable_by_gc"]), (&Value::Null, &Value::Null));
        assert!(
            bytes["indexes"].as_u64() > Some(0) && bytes["reclaimable_by_purge"].as_u64() > Some(0),
            "{bytes}"
        );
        assert_eq!(stats.stderr.matches(said).count(), 1, "{}", stats.transcript());
    }
}

#[test]
fn bytes_without_the_right_to_them_or_not_asked_for() {
    let server = filled("CM:", false);
    Seed::classic(&server).run("ACL", &["SETUSER", "ops", "on", "nopass", "~CM:*", "+@all", "-memory"]);
    let url = format!("{}?user=ops", server.url());
    let stats = || Cli::bare().args(["stats", "-v", "--layout", "classic", "--url", &url, "--format"]);
    let output = stats().arg("json").run();
    let sums = ["reclaimable", "reclaimable_by_purge", "reclaimable_by_gc"];
    for name in ["values", "indexes", "buckets", "bookkeeping"].into_iter().chain(sums) {
        assert_eq!(output.ok().json()["bytes"][name], Value::Null, "{name}");
    }
    assert_eq!(output.json()["namespace"]["keys"], 4);
    assert_eq!(output.stderr.matches("MEMORY USAGE").count(), 1, "{}", output.transcript());
    Cli::bare().args(["stats", "--url", &url]).run().ok().never_says("MEMORY");
    let metrics = stats().arg("prometheus").run();
    assert!(!metrics.ok().text().contains("cacheme_namespace_values_bytes{"), "{}", metrics.transcript());
    // Once refused, it is not asked again by every key; not shown, never.
    let seen = |args: &[&str]| {
        let (_, seen) = server.monitor(|| Cli::new(&server).arg("stats").args(args).run().ok().code);
        seen.iter().filter(|it| it.name() == "MEMORY").count()
    };
    assert!(seen(&["--format", "plain"]) > 9);
    assert_eq!(seen(&["--format", "json", "--fields", "namespace,server"]), 0);
}

#[test]
fn counts_the_namespace_and_no_other() {
    for (prefix, meta) in [("CM:", false), ("CM:", true), ("P[*]:", false), ("P[*]:", true)] {
        let server = filled(prefix, meta);
        let layout = if meta { "meta" } else { "classic" };
        for pace in ["gentle", "fast"] {
            let output = Cli::new(&server)
                .args(["stats", "--prefix", prefix, "--layout", layout, "--format", "json", "--pace", pace])
                .run();
            let stats = output.ok().json();
            let expected = json!({"keys": 4, "fields": 4, "hashes": 3, "tags": 2, "invalid_keys": 1, "buckets": 2, "expired": 2,
                "pending": 3, "in_progress": 1, "foreign": 1, "listeners": 0});
            assert_eq!(stats["namespace"], expected, "{prefix} {meta}");
            assert_eq!(stats["counters"], json!([]));
            assert_eq!(stats["bytes"], measured(&server, prefix, meta), "{prefix} {meta}");
            assert_eq!(stats["server"]["database_keys"], server.dbsize());
            assert!(stats["server"]["redis_version"].is_string());
        }
    }
}

#[test]
fn the_order_of_its_fields() {
    let server = filled("CM:", true);
    let stats = Cli::new(&server).args(["stats", "--format", "ndjson"]).run().ok().ndjson().remove(0);
    let names = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(",")
    };
    assert_eq!(names(&stats), "namespace,counters,server,bytes,counters_since,listeners,servers");
    assert_eq!(
        names(&stats["bytes"]),
        "values,indexes,buckets,bookkeeping,reclaimable,reclaimable_by_purge,reclaimable_by_gc"
    );
    let namespace =
        "keys,fields,tags,invalid_keys,buckets,expired,pending,in_progress,foreign,hashes,listeners";
    assert!(names(&stats["namespace"]).starts_with(namespace), "{stats}");
    let plain = Cli::new(&server).args(["stats", "--format", "plain"]).run();
    let own: Vec<&str> =
        plain.ok().lines().into_iter().filter_map(|it| it.strip_prefix("namespace\t")).collect();
    let own: Vec<&str> = own.into_iter().map(|it| it.split('\t').next().unwrap()).collect();
    assert_eq!(own.join(","), namespace);
    let table = Cli::new(&server).args(["stats", "--format", "table"]).run();
    assert!(table.ok().text().contains("in_progress"), "{}", table.transcript());
}

#[test]
fn bookkeeping_of_another_type_is_said() {
    let server = filled("CM:", false);
    Seed::classic(&server).run("DEL", &["CM:progress"]).run("SET", &["CM:progress", "x"]);
    let output = Cli::new(&server).args(["stats", "--layout", "classic", "--format", "json"]).run();
    output.code(3).says("'CM:progress' is not a set; it was skipped");
    assert_eq!(output.json()["namespace"]["pending"], 3);
}

#[test]
fn an_offset_moves_what_has_expired() {
    let server = Server::start();
    Seed::meta(&server).expires("a", -8 * 3600 + 60);
    let expired = |offset: &str| {
        let output = Cli::new(&server).args(["stats", "--utc-offset", offset, "--format", "json"]).run();
        output.ok().json()["namespace"]["expired"].clone()
    };
    assert_eq!((expired("+08:00"), expired("+00:00")), (json!(0), json!(1)));
}
