//! What sweeps did, run after run, for Prometheus.

use crate::cli::commands::repeat::report::{Counts, Report};
use crate::cli::context::Context;
use crate::cli::output::prometheus::{Labels, Metrics, sample, samples_in};
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The counters of one command on one namespace. They go on from those of the file, so that a run from cron counts as
/// one of a sidecar does, and a restart is none to be seen.
pub struct RunCounters<'a> {
    name: &'static str,
    path: &'a Path,
    earlier: HashMap<String, f64>,
    runs: u64,
    failures: u64,
    incomplete: u64,
    entries: Counts,
    bytes: Option<u64>,
    seconds: Option<f64>,
    last_complete: Option<f64>,
}

impl<'a> RunCounters<'a> {
    pub fn new(name: &'static str, path: &'a Path, nothing: Counts) -> Self {
        let (runs, failures, incomplete) = (0, 0, 0);
        let (entries, bytes, seconds, last_complete) = (nothing, None, None, None);
        let earlier = samples_in(path);
        Self { name, path, earlier, runs, failures, incomplete, entries, bytes, seconds, last_complete }
    }

    pub fn path(&self) -> &Path {
        self.path
    }

    /// Counts a run that could not begin.
    pub fn did_not_begin(&mut self) {
        self.runs += 1;
        self.failures += 1;
    }

    /// Counts a run that came to its end, failed or not.
    pub fn ran(&mut self, report: &Report, took: Duration) {
        self.runs += 1;
        self.failures += u64::from(report.failure.is_some());
        self.seconds = Some(took.as_secs_f64());
        for ((_, _, sum), (_, _, count)) in self.entries.iter_mut().zip(&report.counts) {
            *sum += count;
        }
        if let Some(bytes) = report.bytes {
            *self.bytes.get_or_insert(0) += bytes;
        }
        if report.complete && report.failure.is_none() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.last_complete = Some(now.as_secs_f64());
        } else {
            self.incomplete += 1;
        }
    }

    /// Writes the file.
    pub fn write(&self, context: &Context) -> io::Result<()> {
        let mut metrics = Metrics::new(context.shown_prefix(), context.addr());
        let named = |name: &str| format!("{}_{name}", self.name);
        let plain = metrics.labels(None);
        for (name, help, count) in [
            ("runs", "Runs, those that failed included", self.runs),
            ("failures", "Runs that failed", self.failures),
            ("incomplete", "Runs that did not reach everything", self.incomplete),
        ] {
            let before = self.before(&named(&format!("{name}_total")), &plain).unwrap_or(0.0);
            metrics.counter(&named(name), help, [(plain.clone(), before + count as f64)]);
        }
        let entries = self.entries.iter().map(|(kind, deed, count)| {
            let labels = metrics.labels([("kind", (*kind).to_owned()), ("deed", (*deed).to_owned())]);
            let before = self.before(&named("entries_total"), &labels).unwrap_or(0.0);
            (labels, before + *count as f64)
        });
        let entries: Vec<_> = entries.collect();
        metrics.counter(&named("entries"), "What was done to entries, by kind", entries);
        let before = self.before(&named("deleted_bytes_total"), &plain);
        if self.bytes.is_some() || before.is_some() {
            let bytes = before.unwrap_or(0.0) + self.bytes.unwrap_or(0) as f64;
            metrics.counter(
                &named("deleted_bytes"),
                "Bytes of the values that were deleted",
                [(plain.clone(), bytes)],
            );
        }
        // An alert on what is not there would never ring.
        let never = Some(0.0);
        for (name, help, value, else_) in [
            ("last_run_seconds", "How long the last run took", self.seconds, None),
            (
                "last_complete_timestamp_seconds",
                "When a run last reached everything",
                self.last_complete,
                never,
            ),
        ] {
            let value = value.or_else(|| self.before(&named(name), &plain)).or(else_);
            metrics.gauge(&named(name), help, value.map(|value| (plain.clone(), value)));
        }
        metrics.write(self.path)
    }

    /// What the file had of it when this began.
    fn before(&self, name: &str, labels: &Labels) -> Option<f64> {
        self.earlier.get(&sample(name, labels)).copied()
    }
}
