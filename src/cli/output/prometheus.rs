//! Metrics, in the text format 0.0.4 that Prometheus and its textfile collector read. All that this tool writes of them is
//! written here: every sample names its namespace, as the collector refuses two files with the same one.

use crate::cli::output::file::replace_file;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicU64;

pub type Labels = Vec<(&'static str, String)>;

/// Metrics in the making.
pub struct Metrics {
    registry: Registry,
    counters: Vec<String>,
    prefix: String,
    server: String,
}

impl Metrics {
    pub fn new(prefix: String, server: String) -> Self {
        Self { registry: Registry::with_prefix("cacheme"), counters: Vec::new(), prefix, server }
    }

    /// The labels of a sample: those of the namespace, and more.
    pub fn labels(&self, more: impl IntoIterator<Item = (&'static str, String)>) -> Labels {
        let (prefix, server) = (("prefix", self.prefix.clone()), ("server", self.server.clone()));
        std::iter::once(prefix).chain(more).chain([server]).collect()
    }

    pub fn gauge(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in samples {
            family.get_or_create(&labels).set(value);
        }
        self.registry.register(name, help, family);
    }

    pub fn counter(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
        for (labels, value) in samples {
            family.get_or_create(&labels).inc_by(value);
        }
        self.registry.register(name, help, family);
        self.counters.push(format!("cacheme_{name}"));
    }

    /// The text. In this format a counter is declared by the name its samples have.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode_registry(&mut text, &self.registry);
        let lines = text.lines().map(|line| {
            let mut words = line.splitn(4, ' ');
            match (words.next(), words.next(), words.next(), words.next()) {
                (Some("#"), Some(what), Some(name), Some(rest))
                    if self.counters.iter().any(|it| it == name) =>
                {
                    format!("# {what} {name}_total {rest}\n")
                }
                _ => format!("{line}\n"),
            }
        });
        lines.collect()
    }

    /// Writes a file that appears whole or not at all.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        replace_file(path, &self.text())
    }
}

/// The samples of a file that was written here, by name and labels; none where it is no regular file.
pub fn samples_in(path: &Path) -> HashMap<String, f64> {
    let is_file = path.metadata().is_ok_and(|it| it.is_file());
    let text = if is_file { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .filter_map(|line| {
            let (sample, value) = line.rsplit_once(' ')?;
            Some((sample.to_owned(), value.parse().ok()?))
        })
        .collect()
}

/// How a sample is named in the text.
pub fn sample(name: &str, labels: &Labels) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let labels = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
    format!("cacheme_{name}{{{}}}", labels.collect::<Vec<_>>().join(","))
}
