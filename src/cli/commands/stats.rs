//! `stats`.

use super::read_code;
use super::selection::warn_of_not_sets;
use crate::cli::context::{Context, Session};
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Cell, Format, Row, Shape};
use cacheme::ops::{NamespaceStats, count_namespace};
use cacheme::store::ServerInfo;
use serde_json::{Map, Value, json};

/// The parts of INFO that say something about a cache; they count the whole server.
const NUMBERS: [&str; 12] = [
    "uptime_in_seconds",
    "connected_clients",
    "used_memory",
    "used_memory_peak",
    "maxmemory",
    "instantaneous_ops_per_sec",
    "total_commands_processed",
    "keyspace_hits",
    "keyspace_misses",
    "evicted_keys",
    "expired_keys",
    "loading",
];
const TEXTS: [&str; 5] =
    ["redis_version", "redis_mode", "role", "maxmemory_policy", "mem_fragmentation_ratio"];

pub fn stats(context: &Context) -> Result<Code, Failure> {
    let nested = matches!(context.format(None), Format::Json | Format::Ndjson);
    let columns: &[_] =
        if nested { &["namespace", "counters", "server"] } else { &["source", "name", "value"] };
    let shape = if nested { Shape::Object } else { Shape::Rows };
    let mut output = context.output(columns, shape)?;
    let Session { mut conn, ns, clock, .. } = context.session()?;
    context.catch_signals()?;
    let mut control = context.control(None, Some("counting"));
    let stats = count_namespace(&mut conn, &ns, clock, &mut control)?;
    drop(control);
    warn_of_not_sets(context, &stats.not_sets, 0);
    let server = server(&ServerInfo::read(&mut conn)?);
    let namespace = namespace(&stats);
    if nested {
        let row: Row = vec![
            ("namespace", Cell::Json(Value::Object(namespace))),
            ("counters", json!([]).into()),
            ("server", Cell::Json(Value::Object(server))),
        ];
        output.row(row)?;
    } else {
        for (source, values) in [("namespace", namespace), ("server", server)] {
            for (name, value) in values {
                output.row(vec![
                    ("source", source.into()),
                    ("name", name.into()),
                    ("value", value.into()),
                ])?;
            }
        }
    }
    output.finish()?;
    Ok(read_code(context, stats.complete))
}

fn namespace(stats: &NamespaceStats) -> Map<String, Value> {
    let numbers = [
        ("keys", stats.keys),
        ("fields", stats.fields),
        ("tags", stats.tags),
        ("invalid_keys", stats.invalid_keys),
        ("buckets", stats.buckets),
        ("expired", stats.expired),
        ("pending", stats.pending),
        ("in_progress", stats.in_progress),
        ("foreign", stats.foreign),
    ];
    numbers.into_iter().map(|(name, number)| (name.to_owned(), number.into())).collect()
}

fn server(info: &ServerInfo) -> Map<String, Value> {
    let texts = TEXTS.iter().map(|name| ((*name).to_owned(), info.get(name).into()));
    let numbers = NUMBERS.iter().map(|name| ((*name).to_owned(), info.number(name).into()));
    let keys = std::iter::once(("database_keys".to_owned(), info.keys().into()));
    texts.chain(keys).chain(numbers).collect()
}
