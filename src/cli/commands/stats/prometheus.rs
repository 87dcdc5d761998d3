//! `stats --format prometheus`: metrics with names that stay, for the textfile collector.

use crate::cli::args::StatsArgs;
use crate::cli::commands::read_code;
use crate::cli::commands::stats::live;
use crate::cli::commands::stats::survey::Survey;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::Row;
use crate::cli::output::print;
use crate::cli::output::prometheus::{Labels, Metrics};
use cacheme::text;
use serde_json::Value;
use std::time::Duration;

/// Server-wide numbers: INFO's name, ours, what it is, whether it only grows.
const SERVER: [(&str, &str, &str, bool); 10] = [
    ("uptime_in_seconds", "uptime_seconds", "Seconds since the server started", false),
    ("connected_clients", "connected_clients", "Clients of the whole server", false),
    ("used_memory", "used_memory_bytes", "Memory of the whole server", false),
    ("maxmemory", "maxmemory_bytes", "Memory the server may use; 0 without a limit", false),
    ("database_keys", "database_keys", "Redis keys in the database", false),
    ("total_commands_processed", "commands", "Commands of the whole server", true),
    ("keyspace_hits", "keyspace_hits", "Look-ups of the whole server that found a key", true),
    ("keyspace_misses", "keyspace_misses", "Look-ups of the whole server that found none", true),
    ("evicted_keys", "evicted_keys", "Keys evicted because memory was full", true),
    ("expired_keys", "expired_keys", "Keys of the whole server that expired by themselves", true),
];

fn start(context: &Context) -> Metrics {
    Metrics::new(context.shown_prefix(), context.addr())
}

fn tagged(metrics: &Metrics, tag: &[u8]) -> Labels {
    metrics.labels([("tag", text::escape(tag).into_owned())])
}

fn number(facts: &Row, name: &str) -> Option<f64> {
    facts.iter().find(|(column, _)| *column == name)?.1.json().and_then(Value::as_f64)
}

pub fn survey(context: &Context, args: &StatsArgs) -> Result<Code, Failure> {
    let Survey { namespace, counters, server, bytes, complete, .. } = Survey::take(context, true)?;
    let mut metrics = start(context);
    let plain = metrics.labels(None);
    for (name, help) in [
        ("keys", "Keys with a value"),
        ("fields", "Keys with a value"),
        ("tags", "Tags"),
        ("invalid_keys", "Invalid keys"),
        ("buckets", "TTL sorted sets"),
        ("expired", "Values whose timeout has passed"),
        ("pending", "Keys marked for recomputation"),
        ("in_progress", "Keys being computed"),
        ("foreign", "Redis keys under the prefix that the library did not write"),
        ("hashes", "Redis hashes that hold the values, one a base"),
        ("listeners", "Caches of processes that hold values in memory"),
    ] {
        let value = number(&namespace, name);
        metrics.gauge(&format!("namespace_{name}"), help, value.map(|value| (plain.clone(), value)));
    }
    for (name, help) in [
        ("values", "Memory of the hashes that hold the values"),
        ("indexes", "Memory of tag sets and invalid sets"),
        ("buckets", "Memory of TTL sorted sets"),
        ("bookkeeping", "Memory of marks, keys in progress and this tool's own keys"),
        ("reclaimable", "Memory that purge and gc would give back together"),
        ("reclaimable_by_purge", "Memory that purge would give back"),
        ("reclaimable_by_gc", "Memory of tag sets and invalid sets that gc would give back"),
    ] {
        let value = number(&bytes, name);
        metrics.gauge(&format!("namespace_{name}_bytes"), help, value.map(|value| (plain.clone(), value)));
    }
    for (name, help) in [
        ("hits", "Recorded calls that found a value"),
        ("misses", "Recorded calls that found none and computed it"),
        ("stale", "Recorded calls that were served a marked value"),
        ("refreshes", "Recorded calls that took a mark and recomputed"),
        ("waits", "Recorded calls that were served while another computed"),
        ("errors", "Recorded calls that failed"),
        ("local", "Recorded hits that a process served from its own memory"),
    ] {
        let of = |counts: &cacheme::cache::Counts| {
            counts.named().into_iter().find(|(it, _)| *it == name).map_or(0, |(_, value)| value) as f64
        };
        let samples: Vec<_> =
            counters.tags.iter().map(|(tag, counts)| (tagged(&metrics, tag), of(counts))).collect();
        metrics.counter(name, help, samples);
    }
    let spent =
        counters.tags.iter().map(|(tag, counts)| (tagged(&metrics, tag), counts.compute_us as f64 / 1e6));
    let spent: Vec<_> = spent.collect();
    metrics.counter("compute_seconds", "Recorded time spent computing", spent);
    let since = counters.since.map(|since| (plain.clone(), since as f64));
    metrics.gauge(
        "counters_since_timestamp_seconds",
        "When the recorded counters began, where that is known",
        since,
    );
    for (info, name, help, grows) in SERVER {
        let sample = number(&server, info).map(|value| (plain.clone(), value));
        let name = format!("server_{name}");
        if grows { metrics.counter(&name, help, sample) } else { metrics.gauge(&name, help, sample) }
    }
    finish(context, args, metrics, complete)
}

pub fn live(context: &Context, args: &StatsArgs, length: Duration) -> Result<Code, Failure> {
    live::check_length(length, args)?;
    let (seen, failure) = live::observe(context, length)?;
    let complete = live::is_complete(context, &seen, failure.as_ref());
    let mut metrics = start(context);
    metrics.gauge("live_seconds", "How long was watched", [(metrics.labels(None), seen.seconds)]);
    type Of = fn(&cacheme::ops::Observed) -> Option<f64>;
    let columns: [(&str, &str, Of); 9] = [
        ("calls", "Calls that were seen", |row| Some(row.totals.calls as f64)),
        ("hits", "Calls seen to find a value", |row| Some(row.totals.hits() as f64)),
        ("misses", "Calls seen to find no value and compute it", |row| Some(row.totals.misses as f64)),
        ("refreshes", "Calls seen to take a mark", |row| Some(row.totals.refreshes as f64)),
        ("waits", "Calls seen to wait for another", |row| Some(row.totals.waits as f64)),
        ("invalidations", "Invalidations that were seen", |row| Some(row.totals.invalidations as f64)),
        ("writes", "Values seen to be stored", |row| Some(row.totals.writes as f64)),
        ("compute_p50_seconds", "Half of the computations were not longer", |row| Some(row.p50_ms? / 1e3)),
        ("compute_p99_seconds", "99 of 100 computations were not longer", |row| Some(row.p99_ms? / 1e3)),
    ];
    for (name, help, of) in columns {
        let rows = seen.rows.iter().filter_map(|row| Some((tagged(&metrics, &row.name), of(row)?)));
        let rows: Vec<_> = rows.collect();
        metrics.gauge(&format!("live_{name}"), help, rows);
    }
    let code = finish(context, args, metrics, complete)?;
    failure.map_or(Ok(code), Err)
}

fn finish(
    context: &Context,
    args: &StatsArgs,
    mut metrics: Metrics,
    complete: bool,
) -> Result<Code, Failure> {
    let whole = (metrics.labels(None), f64::from(u8::from(complete)));
    metrics.gauge("complete", "Whether everything was counted", [whole]);
    match &args.output {
        None => print(&metrics.text())?,
        Some(path) => metrics
            .write(path)
            .map_err(|error| Failure::failed(format!("cannot write {}: {error}", path.display())))?,
    }
    Ok(read_code(context, complete))
}
