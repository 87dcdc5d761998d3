//! `stats --histogram`: every key is in one bucket of each kind, with its bytes.

use crate::support::cli::Cli;
use crate::support::seed::Seed;
use crate::support::server::Server;
use serde_json::{Value, json};

fn buckets<'v>(report: &'v Value, tag: &Value, by: &str) -> &'v Vec<Value> {
    let all = report["histogram"].as_array().unwrap();
    let found = all.iter().find(|it| it["tag"] == *tag && it["by"] == by);
    found.unwrap_or_else(|| panic!("no {by} of {tag}"))["buckets"].as_array().unwrap()
}

/// The buckets that hold something.
fn filled(buckets: &[Value]) -> Vec<Value> {
    buckets.iter().filter(|it| it["keys"] != 0).cloned().collect()
}

#[test]
fn each_key_is_in_the_bucket_of_its_size_and_of_its_time() {
    let server = Server::start();
    let mut seed = Seed::meta(&server);
    // Sizes at the edges: the second one of a bucket is not in it.
    for (key, size) in [("a", 63), ("b", 64), ("c", 255), ("d", 256), ("e", 5_000_000)] {
        seed.value(key, &vec![b'x'; size]);
    }
    seed.tag("t", ["a", "b"]).tag("u", ["b"]).tag("empty", ["gone"]);
    seed.expires("a", -5).expires("b", 120).expires("c", 100_000);
    let report = Cli::new(&server).args(["stats", "--histogram", "--format", "json"]).run();
    let report = report.ok().json();
    let bucket = |from: Value, to: Value, keys: u64, bytes: u64| json!({"from": from, "to": to, "keys": keys, "bytes": bytes});
    assert_eq!(
        filled(buckets(&report, &Value::Null, "bytes")),
        [
            bucket(json!(0), json!(64), 1, 63),
            bucket(json!(64), json!(256), 2, 64 + 255),
            bucket(json!(256), json!(1024), 1, 256),
            bucket(json!(4_194_304), json!(16_777_216), 1, 5_000_000),
        ]
    );
    assert_eq!(
        filled(buckets(&report, &Value::Null, "ttl_seconds")),
        [
            bucket(json!(null), json!(0), 1, 63),
            bucket(json!(60), json!(300), 1, 64),
            bucket(json!(86_400), json!(604_800), 1, 255),
            bucket(json!(null), json!(null), 2, 5_000_256),
        ]
    );
    assert_eq!(filled(buckets(&report, &json!("u"), "bytes")), [bucket(json!(64), json!(256), 1, 64)]);
    assert_eq!(
        buckets(&report, &json!("t"), "bytes").iter().map(|it| it["keys"].as_u64().unwrap()).sum::<u64>(),
        2
    );
    // Each bucket begins where the one before it ends.
    let sizes = buckets(&report, &Value::Null, "bytes");
    assert!(sizes.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "{sizes:?}");
    let rows = Cli::new(&server).args(["stats", "--histogram", "--format", "ndjson"]).run().ok().ndjson();
    assert_eq!(rows[0], report);
    let table = Cli::new(&server).args(["stats", "--histogram", "--format", "table"]).run();
    let text = table.ok().text();
    assert!(
        text.contains("64 B to 256 B") && text.contains("no timeout") && text.contains("tag t"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let exact = Cli::new(&server).args(["stats", "--histogram", "--format", "table", "--raw-numbers"]).run();
    assert!(
        exact.ok().lines()[0].ends_with("bytes") && !exact.text().contains('█'),
        "{}",
        exact.transcript()
    );
}
