//! `stats --format prometheus`: names that stay, and a file that is whole or not there.

use std::collections::BTreeMap;
use std::time::Duration;

use cacheme::cache::{Event, Recorder};
use cacheme::client::{Target, Timeouts};
use cacheme::namespace::{Layout, Namespace};
use serde_json::json;

use crate::stats_live::wait_for_monitor;
use crate::support::cli::Cli;
use crate::support::python::{self, Lib};
use crate::support::server::Server;
use crate::support::worker::Worker;

/// Samples by name and labels. Checks on the way that every family says what it is, once, before its samples.
pub(crate) fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(types.insert(name, kind).is_none(), "{name} twice");
            assert!(name.starts_with("cacheme_"), "{name}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let name = sample.split('{').next().unwrap();
            assert!(types.contains_key(name), "no type for {line}");
            // Every sample says where it comes from.
            let server = sample.rfind(",server=\"").unwrap();
            let sample = format!("{}}}", &sample[..server]);
            assert!(samples.insert(sample, value.parse().unwrap()).is_none(), "{line} twice");
        }
    }
    samples
}

#[test]
fn every_number_has_a_name_and_a_type() {
    let server = Server::start();
    python::fill(Lib::V009, &server, "CM:");
    let ns = Namespace::new("CM:", Layout::Classic).unwrap();
    let target = Target::parse(&server.url()).unwrap();
    let recorder = Recorder::start(target, Timeouts::default(), ns, Duration::from_secs(3600));
    for (event, times) in [
        (Event::Hit, 3),
        (Event::Local, 2),
        (Event::Miss, 1),
        (Event::Computed(Duration::from_millis(250)), 1),
    ] {
        (0..times).for_each(|_| recorder.record("odd \"tag\"\\", event));
    }
    recorder.flush().unwrap();
    let output = Cli::new(&server).args(["stats", "--format", "prometheus"]).run();
    let samples = samples(output.ok().text());
    let tagged = r#"{prefix="CM:",tag="odd \"tag\"\\"}"#;
    assert_eq!(samples[&format!("cacheme_hits_total{tagged}")], 3.0, "{samples:#?}");
    assert_eq!(samples[&format!("cacheme_misses_total{tagged}")], 1.0);
    assert_eq!(samples[&format!("cacheme_local_total{tagged}")], 2.0);
    assert_eq!(samples[&format!("cacheme_compute_seconds_total{tagged}")], 0.25);
    let json = Cli::new(&server).args(["stats", "--format", "json"]).run().json();
    for (name, value) in json["namespace"].as_object().unwrap() {
        if name == "expired" {
            continue; // Some more may have expired between the two.
        }
        assert_eq!(
            json!(samples[&format!("cacheme_namespace_{name}{{prefix=\"CM:\"}}")]),
            json!(value.as_f64())
        );
    }
    for name in ["values", "indexes", "buckets", "bookkeeping"] {
        let bytes = json["bytes"][name].as_f64().unwrap();
        let sample = samples[&format!("cacheme_namespace_{name}_bytes{{prefix=\"CM:\"}}")];
        // Of a large set the server looks at a few members, not always the same.
        assert!((sample - bytes).abs() <= bytes / 20.0, "{name}: {sample}, {bytes}");
    }
    for name in ["reclaimable", "reclaimable_by_purge", "reclaimable_by_gc"] {
        assert!(samples.contains_key(&format!("cacheme_namespace_{name}_bytes{{prefix=\"CM:\"}}")), "{name}");
    }
    for name in ["used_memory_bytes", "evicted_keys_total", "keyspace_hits_total", "database_keys"] {
        assert!(samples.contains_key(&format!("cacheme_server_{name}{{prefix=\"CM:\"}}")), "{name}");
    }
    assert_eq!(samples["cacheme_complete{prefix=\"CM:\"}"], 1.0);
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let server = Server::start();
    let cli = Cli::new(&server).args(["stats", "--format", "prometheus", "--output", "out/cacheme.prom"]);
    cli.run().code(1).says("out/cacheme.prom");
    let cli = cli.file("out/cacheme.prom", "old");
    cli.run().ok();
    let folder = cli.home().join("out");
    let text = std::fs::read_to_string(folder.join("cacheme.prom")).unwrap();
    assert!(samples(&text).contains_key("cacheme_complete{prefix=\"CM:\"}"), "{text}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");

    // What cannot be finished leaves the old file alone.
    std::fs::remove_file(folder.join("cacheme.prom")).unwrap();
    std::fs::create_dir(folder.join("cacheme.prom")).unwrap();
    cli.run().code(1);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn live_numbers_are_gauges() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V011, &server);
    let running = Cli::new(&server).args(["stats", "--live", "50s", "--format", "prometheus"]).spawn();
    wait_for_monitor(&server);
    (0..4).for_each(|_| drop(worker.value("get_owner", json!([1]))));
    running.signal("INT");
    let output = running.wait();
    let samples = samples(output.code(130).text());
    let tagged = r#"{prefix="CM:",tag="get_owner"}"#;
    assert_eq!(samples[&format!("cacheme_live_calls{tagged}")], 4.0, "{samples:#?}");
    assert_eq!(samples[&format!("cacheme_live_hits{tagged}")], 3.0);
    assert!(samples[&format!("cacheme_live_compute_p50_seconds{tagged}")] < 1.0);
    assert_eq!(samples["cacheme_complete{prefix=\"CM:\"}"], 0.0, "it was cut short");
}

#[test]
fn elsewhere_the_format_is_refused() {
    let server = Server::start();
    for command in
        [&["tags", "list"][..], &["keys", "dump"], &["purge"], &["stats", "--history"], &["stats", "--watch"]]
    {
        let output = Cli::new(&server).args(command).args(["--format", "prometheus"]).run();
        output.code(2).says("prometheus");
    }
    Cli::new(&server).args(["stats", "--output", "x"]).run().code(2).says("--format prometheus");
}

#[test]
fn the_alert_in_the_documents_is_about_what_is_there() {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/prometheus.md"));
    let alert = page.split("```yaml\n").find(|block| block.starts_with("- alert:")).unwrap();
    let alert = alert.split("```").next().unwrap();
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let metrics: Vec<_> = alert.split(word).filter(|name| name.starts_with("cacheme_")).collect();
    assert!(metrics.len() >= 3 && alert.contains("by (prefix, tag)"), "{alert}");
    let server = Server::start();
    let ns = Namespace::new("CM:", Layout::Meta).unwrap();
    let target = Target::parse(&server.url()).unwrap();
    let recorder = Recorder::start(target, Timeouts::default(), ns, Duration::from_secs(3600));
    recorder.record("tag", Event::Hit);
    drop(recorder);
    let output = Cli::new(&server).args(["stats", "--format", "prometheus"]).run();
    let samples = samples(output.ok().text());
    for metric in metrics {
        let sample = format!("{metric}{{prefix=\"CM:\",tag=\"tag\"}}");
        assert!(samples.contains_key(&sample), "no {sample} in {samples:#?}");
    }
}
