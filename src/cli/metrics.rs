//! What a sidecar did, for Prometheus.

use super::every::Report;
use super::output::replace_file;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

type Labels = [(&'static str, &'static str); 2];

/// Counters since this process started.
pub struct Metrics {
    registry: Registry,
    runs: Counter,
    failures: Counter,
    incomplete: Counter,
    entries: Family<Labels, Counter>,
    seconds: Gauge<f64, AtomicU64>,
    last: Gauge<f64, AtomicU64>,
}

impl Metrics {
    pub fn new(name: &'static str) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix(format!("cacheme_{name}")),
            runs: Counter::default(),
            failures: Counter::default(),
            incomplete: Counter::default(),
            entries: Family::default(),
            seconds: Gauge::default(),
            last: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("runs", "Runs that were begun", metrics.runs.clone());
        registry.register("failures", "Runs that failed", metrics.failures.clone());
        registry.register("incomplete", "Runs that did not reach everything", metrics.incomplete.clone());
        registry.register("entries", "What was done to entries, by kind", metrics.entries.clone());
        registry.register("last_run_seconds", "How long the last run took", metrics.seconds.clone());
        registry.register(
            "last_complete_timestamp_seconds",
            "When a run last reached everything",
            metrics.last.clone(),
        );
        metrics
    }

    /// Counts a run that could not begin, or failed on the way.
    pub fn failed(&self) {
        self.failures.inc();
    }

    /// Counts a run.
    pub fn ran(&self, report: &Report, took: Duration) {
        self.runs.inc();
        self.seconds.set(took.as_secs_f64());
        for (kind, deed, count) in &report.counts {
            self.entries.get_or_create(&[("kind", kind), ("deed", deed)]).inc_by(*count);
        }
        if report.complete {
            self.last.set(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
        } else {
            self.incomplete.inc();
        }
    }

    /// Writes a file that appears complete or not at all.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(io::Error::other)?;
        replace_file(path, &text)
    }
}
