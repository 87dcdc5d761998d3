//! `stats` as it is: the namespace, the recorded counters, the server, each labelled with its source.

use crate::cli::args::Format;
use crate::cli::commands::selection::warn_of_not_sets;
use crate::cli::commands::stats::counters;
use crate::cli::commands::{is_same_server, read_code, tell_without};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{self, Cell, Row, Shape};
use cacheme::cache::{RecordedCounters, Session, read_counters};
use cacheme::client::{ConnectedClient, ServerInfo};
use cacheme::ops::{NamespaceBytes, NamespaceStats, count_namespace, find_listeners};
use cacheme::text;
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

/// All that `stats` tells.
pub struct Survey {
    pub namespace: Map<String, Value>,
    pub counters: RecordedCounters,
    /// Of a cluster all primaries together.
    pub server: Map<String, Value>,
    /// Each with its address.
    pub servers: Vec<Map<String, Value>>,
    pub bytes: Map<String, Value>,
    /// Null where it is not known.
    pub listeners: Value,
    pub complete: bool,
}

impl Survey {
    pub fn take(context: &Context, measures: bool) -> Result<Self, Failure> {
        let mut session = context.session()?;
        context.catch_signals()?;
        let count = |session: &mut Session| {
            let mut control = context.control(None, Some("counting"));
            count_namespace(session, measures, &mut control)
        };
        let mut stats = count(&mut session)?;
        if !stats.inner.is_empty() && !context.global.with_inner {
            // Few have any: only they count twice.
            context.leave_alone(&mut session, stats.inner);
            stats = count(&mut session)?;
        }
        let Session { mut conn, ns, .. } = session;
        let mut not_hashes = Vec::new();
        let counters = read_counters(&mut conn, &ns, &mut not_hashes)?;
        warn_of_not_sets(context, &stats.not_sets, &not_hashes, 0);
        let infos = conn.server_infos();
        let is_asked = infos.iter().all(|(_, info)| info.is_ok());
        let (mut servers, mut facts) = (Vec::new(), Vec::new());
        for (addr, info) in infos {
            let info = match info {
                Ok(info) => info,
                Err(error) if conn.is_cluster() => {
                    context.ui.warning(&format!("{error}: the facts of this primary are missing"));
                    ServerInfo::default()
                }
                Err(error) => return Err(error.into()),
            };
            let own = server(&info);
            servers.push(std::iter::once(("addr".to_owned(), (*addr).into())).chain(own.clone()).collect());
            facts.push(own);
        }
        let listeners = find_listeners(&mut conn, &ns)?;
        let mut namespace = namespace(&stats);
        namespace.insert("listeners".to_owned(), listeners.as_ref().map(Vec::len).into());
        let survey = Self {
            namespace,
            bytes: bytes(&stats),
            counters,
            server: together(facts),
            servers,
            listeners: listeners.map(|listeners| listeners.iter().map(listener).collect::<Vec<_>>()).into(),
            complete: stats.complete && is_asked && not_hashes.is_empty() && is_same_server(context, &conn),
        };
        tell_without(context, &conn);
        Ok(survey)
    }
}

pub fn survey(context: &Context) -> Result<Code, Failure> {
    let nested = matches!(context.format(None), Format::Json | Format::Ndjson);
    let columns: &[_] = if nested {
        &["namespace", "counters", "server", "bytes", "counters_since", "listeners", "servers"]
    } else {
        &["source", "name", "value"]
    };
    let shape = if nested { Shape::Object } else { Shape::Rows };
    let mut output = context.output(columns, shape)?;
    let measures = !nested || context.shows("bytes");
    let Survey { namespace, counters, server, servers, bytes, listeners, complete } =
        Survey::take(context, measures)?;
    let since: Value = counters.since.and_then(output::time).into();
    let counters = counters.tags;
    if nested {
        let counters = counters.iter().map(|(tag, counts)| counters::object(tag, counts));
        let row: Row = vec![
            ("namespace", Cell::Json(Value::Object(namespace))),
            ("counters", Cell::Json(counters.collect())),
            ("server", Cell::Json(Value::Object(server))),
            ("bytes", Cell::Json(Value::Object(bytes))),
            ("counters_since", Cell::Json(since)),
            ("listeners", Cell::Json(listeners)),
            ("servers", Cell::Json(servers.into_iter().map(Value::Object).collect())),
        ];
        output.row(row)?;
    } else {
        let by_tag = counters.iter().flat_map(|(tag, counts)| {
            let cells = counters::cells(counts).into_iter();
            cells.map(|(name, cell)| (format!("{}:{name}", text::escape(tag)), cell))
        });
        let rows = namespace
            .into_iter()
            .map(|(name, value)| ("namespace", name, Cell::Json(value)))
            .chain(by_tag.map(|(name, cell)| ("counters", name, cell)))
            .chain(std::iter::once(("counters", "since".to_owned(), Cell::Json(since))))
            .chain(server.into_iter().map(|(name, value)| ("server", name, Cell::Json(value))))
            .chain(of_each(servers).map(|(name, value)| ("servers", name, Cell::Json(value))))
            .chain(bytes.into_iter().map(|(name, value)| ("bytes", name, Cell::Json(value))));
        for (source, name, value) in rows {
            output.row(vec![("source", source.into()), ("name", name.into()), ("value", value)])?;
        }
    }
    output.finish()?;
    Ok(read_code(context, complete))
}

fn namespace(stats: &NamespaceStats) -> Map<String, Value> {
    let numbers = [
        ("keys", stats.keys),
        // As `keys`: from when that counted hashes.
        ("fields", stats.keys),
        ("tags", stats.tags),
        ("invalid_keys", stats.invalid_keys),
        ("buckets", stats.buckets),
        ("expired", stats.expired),
        ("pending", stats.pending),
        ("in_progress", stats.in_progress),
        ("foreign", stats.foreign),
        ("hashes", stats.hashes),
    ];
    numbers.into_iter().map(|(name, number)| (name.to_owned(), number.into())).collect()
}

fn listener(listener: &ConnectedClient) -> Value {
    json!({"client": listener.addr, "age_seconds": listener.age_seconds})
}

fn bytes(stats: &NamespaceStats) -> Map<String, Value> {
    type Of = fn(NamespaceBytes) -> Option<u64>;
    let numbers: [(&str, Of); 7] = [
        ("values", |bytes| Some(bytes.values)),
        ("indexes", |bytes| Some(bytes.indexes)),
        ("buckets", |bytes| Some(bytes.buckets)),
        ("bookkeeping", |bytes| Some(bytes.bookkeeping)),
        ("reclaimable", |bytes| bytes.reclaimable()),
        ("reclaimable_by_purge", |bytes| Some(bytes.reclaimable_by_purge)),
        ("reclaimable_by_gc", |bytes| bytes.reclaimable_by_gc),
    ];
    numbers.into_iter().map(|(name, of)| (name.to_owned(), stats.bytes.and_then(of).into())).collect()
}

/// The facts of each primary of a cluster, by its address and their names; none of a single server, which are told once.
fn of_each(servers: Vec<Map<String, Value>>) -> impl Iterator<Item = (String, Value)> {
    let is_cluster = servers.len() > 1;
    servers.into_iter().filter(move |_| is_cluster).flat_map(|mut facts| {
        let addr = facts.shift_remove("addr");
        let addr = addr.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        facts.into_iter().map(move |(name, value)| (format!("{addr} {name}"), value))
    })
}

/// The facts of all: sums, texts that differ beside each other, and the shortest uptime.
fn together(mut servers: Vec<Map<String, Value>>) -> Map<String, Value> {
    let Some(mut all) = servers.pop() else { return Map::new() };
    for (name, fact) in &mut all {
        let others = servers.iter().filter_map(|facts| facts.get(name));
        *fact = others.fold(fact.take(), |one, other| match (&one, other.as_u64(), name.as_str()) {
            (Value::Number(sum), Some(other), "uptime_in_seconds") => {
                sum.as_u64().map(|sum| sum.min(other)).into()
            }
            (Value::Number(sum), Some(other), _) => sum.as_u64().map(|sum| sum + other).into(),
            (Value::String(text), None, _) => match other.as_str() {
                Some(other) if !text.split(", ").any(|known| known == other) => {
                    format!("{text}, {other}").into()
                }
                _ => one,
            },
            (Value::Null, ..) => other.clone(),
            _ => one,
        });
    }
    all
}

fn server(info: &ServerInfo) -> Map<String, Value> {
    let texts = TEXTS.iter().map(|name| ((*name).to_owned(), info.get(name).into()));
    let numbers = NUMBERS.iter().map(|name| ((*name).to_owned(), info.number(name).into()));
    let keys = std::iter::once(("database_keys".to_owned(), info.keys().into()));
    let own = [
        ("server_name", Some(info.server_name())),
        ("server_version", info.server_version()),
        ("server_mode", info.server_mode()),
    ];
    let own = own.into_iter().map(|(name, text)| (name.to_owned(), text.into()));
    texts.chain(keys).chain(numbers).chain(own).collect()
}
