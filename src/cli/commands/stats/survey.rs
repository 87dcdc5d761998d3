//! `stats` as it is: the namespace, the recorded counters, the server, each labelled with its source.

use crate::cli::args::Format;
use crate::cli::commands::selection::warn_of_not_sets;
use crate::cli::commands::stats::counters;
use crate::cli::commands::stats::history::calls;
use crate::cli::commands::{is_same_server, read_code, tell_without};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Cell, Column, Field as _, Made, Memory, Record as _, Row, Seconds, Shape, Time};
use crate::cli::rows::stats::{self as rows, Listener, Namespace, Server, Stats};
use cacheme::cache::{Counts, RecordedCounters, Session, read_counters};
use cacheme::client::{ConnectedClient, ServerInfo};
use cacheme::ops::{NamespaceBytes, NamespaceStats, count_namespace, find_listeners};
use cacheme::text::{self, counted};
use serde_json::Value;

/// All that `stats` tells.
pub struct Survey {
    pub namespace: Row,
    pub counters: RecordedCounters,
    /// Of a cluster all primaries together.
    pub server: Row,
    /// Each with its address.
    pub servers: Vec<(String, Row)>,
    pub bytes: Row,
    /// None where it is not known.
    pub listeners: Option<Vec<Listener>>,
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
        let mut servers = Vec::new();
        for (addr, info) in infos {
            let info = match info {
                Ok(info) => info,
                Err(error) if conn.is_cluster() => {
                    context.ui.warning(&format!("{error}: the facts of this primary are missing"));
                    ServerInfo::default()
                }
                Err(error) => return Err(error.into()),
            };
            servers.push((addr.to_string(), server(&info).row()));
        }
        let listeners = find_listeners(&mut conn, &ns)?;
        let survey = Self {
            namespace: namespace(&stats, listeners.as_ref().map(|all| all.len() as u64)).row(),
            bytes: bytes(&stats).row(),
            counters,
            server: together(servers.iter().map(|(_, facts)| facts.clone()).collect()),
            servers,
            listeners: listeners.map(|all| all.into_iter().map(listener).collect()),
            complete: stats.complete && is_asked && not_hashes.is_empty() && is_same_server(context, &conn),
        };
        tell_without(context, &conn);
        Ok(survey)
    }
}

pub fn survey(context: &Context) -> Result<Code, Failure> {
    let format = context.format(None);
    let nested = matches!(format, Format::Json | Format::Ndjson);
    let is_table = format == Format::Table;
    let (columns, shape) = match nested {
        true => (Stats::columns(), Shape::Object),
        false => (vec!["source", "name", "value"], Shape::Rows),
    };
    if let Some(field) = context.global.fields.iter().find(|field| Stats::columns().contains(&field.as_str()))
        && !nested
    {
        return Err(Failure::usage(format!("only JSON has the field '{field}'")).with_hint(format!(
            "`cacheme stats --format json --fields {field}`; other formats have the fields {}",
            columns.join(", ")
        )));
    }
    let mut output = context.output(&columns, shape)?;
    let measures = !nested || context.shows("bytes");
    let Survey { namespace, counters, server, servers, bytes, listeners, complete } =
        Survey::take(context, measures)?;
    let since = counters.since.and_then(Time::of_seconds);
    let mut counters: Vec<_> = counters.tags.into_iter().collect();
    let mut left_out = 0;
    if nested {
        let addressed = |(addr, facts): (String, Row)| [vec![("addr", addr.into())], facts].concat();
        let stats = Stats {
            namespace: Made::of(namespace),
            counters: counters.iter().map(|(tag, counts)| counters::of_tag(tag, counts)).collect(),
            server: Made::of(server),
            bytes: Made::of(bytes),
            counters_since: since,
            listeners,
            servers: servers.into_iter().map(addressed).map(Made::of).collect(),
        };
        output.row(stats.row())?;
    } else {
        left_out = if context.is_drawn() { keep_busiest(&mut counters) } else { 0 };
        let by_tag = counters.iter().flat_map(|(tag, counts)| {
            let cells = counters::counters(counts).row().into_iter();
            cells.map(|(name, cell)| (format!("{}:{name}", text::escape(tag)), cell))
        });
        let facts =
            |source, row: Row| row.into_iter().map(move |(name, cell)| (source, name.to_owned(), cell));
        let rows = facts("namespace", namespace)
            .chain(by_tag.map(|(name, cell)| ("counters", name, cell)))
            .chain(std::iter::once(("counters", "since".to_owned(), since.cell())))
            .chain(facts("server", server))
            .chain(of_each(servers).map(|(name, cell)| ("servers", name, cell)))
            .chain(facts(if is_table { "memory" } else { "bytes" }, bytes));
        for (source, name, value) in rows {
            output.row(vec![("source", source.into()), ("name", name.into()), ("value", value)])?;
        }
    }
    output.finish()?;
    if left_out > 0 {
        context.ui.hint(&format!(
            "the counters of {} with fewer calls are left out: `cacheme stats --format plain` shows all",
            counted(left_out, "tag", "tags")
        ));
    }
    Ok(read_code(context, complete))
}

/// A table has the counters of so many tags: it has a line for each number.
const TAGS: usize = 5;

/// Keeps the tags with the most calls, where there are many, and says how many it left out.
fn keep_busiest(counters: &mut Vec<(Vec<u8>, Counts)>) -> u64 {
    let left_out = counters.len().saturating_sub(TAGS);
    if left_out > 0 {
        counters.sort_by(|(_, a), (_, b)| calls(b).total_cmp(&calls(a)));
        counters.truncate(TAGS);
    }
    left_out as u64
}

fn namespace(stats: &NamespaceStats, listeners: Option<u64>) -> Namespace {
    Namespace {
        keys: stats.keys,
        // As `keys`: from when that counted hashes.
        fields: stats.keys,
        tags: stats.tags,
        invalid_keys: stats.invalid_keys,
        buckets: stats.buckets,
        expired: stats.expired,
        pending: stats.pending,
        in_progress: stats.in_progress,
        foreign: stats.foreign,
        hashes: stats.hashes,
        listeners,
    }
}

fn listener(listener: ConnectedClient) -> Listener {
    Listener { client: listener.addr, age_seconds: Seconds(listener.age_seconds) }
}

fn bytes(stats: &NamespaceStats) -> rows::NamespaceBytes {
    let of = |of: fn(NamespaceBytes) -> Option<u64>| stats.bytes.and_then(of).map(Memory);
    rows::NamespaceBytes {
        values: of(|bytes| Some(bytes.values)),
        indexes: of(|bytes| Some(bytes.indexes)),
        buckets: of(|bytes| Some(bytes.buckets)),
        bookkeeping: of(|bytes| Some(bytes.bookkeeping)),
        reclaimable: of(|bytes| bytes.reclaimable()),
        reclaimable_by_purge: of(|bytes| Some(bytes.reclaimable_by_purge)),
        reclaimable_by_gc: of(|bytes| bytes.reclaimable_by_gc),
    }
}

/// The facts of each primary of a cluster, by its address and their names; none of a single server, which are told once.
fn of_each(servers: Vec<(String, Row)>) -> impl Iterator<Item = (String, Cell)> {
    let is_cluster = servers.len() > 1;
    servers
        .into_iter()
        .filter(move |_| is_cluster)
        .flat_map(|(addr, facts)| facts.into_iter().map(move |(name, cell)| (format!("{addr} {name}"), cell)))
}

/// The facts of all: sums, texts that differ beside each other, and the shortest uptime.
fn together(mut servers: Vec<Row>) -> Row {
    let Some(mut all) = servers.pop() else { return Row::new() };
    for (at, (name, fact)) in all.iter_mut().enumerate() {
        let others = servers.iter().filter_map(|facts| facts.get(at));
        others.for_each(|(_, other)| add(name, fact, other));
    }
    all
}

fn add(name: Column, fact: &mut Cell, other: &Cell) {
    if fact.json().is_some_and(Value::is_null) {
        *fact = other.clone();
        return;
    }
    match (&mut *fact, other) {
        (Cell::Measured(one, _), Cell::Measured(other, _)) => {
            if let (Some(a), Some(b)) = (one.as_u64(), other.as_u64()) {
                *one = if name == "uptime_in_seconds" { a.min(b) } else { a + b }.into();
            }
        }
        (Cell::Json(Value::String(text)), Cell::Json(Value::String(other)))
            if !text.split(", ").any(|known| known == other) =>
        {
            *text += &format!(", {other}");
        }
        _ => {}
    }
}

/// The parts of INFO that say something about a cache.
fn server(info: &ServerInfo) -> Server {
    let text = |name| info.get(name).map(str::to_owned);
    let number = |name| info.number(name);
    Server {
        redis_version: text("redis_version"),
        redis_mode: text("redis_mode"),
        role: text("role"),
        maxmemory_policy: text("maxmemory_policy"),
        mem_fragmentation_ratio: text("mem_fragmentation_ratio"),
        database_keys: info.keys(),
        uptime_in_seconds: number("uptime_in_seconds").map(Seconds),
        connected_clients: number("connected_clients"),
        used_memory: number("used_memory").map(Memory),
        used_memory_peak: number("used_memory_peak").map(Memory),
        maxmemory: number("maxmemory").map(Memory),
        instantaneous_ops_per_sec: number("instantaneous_ops_per_sec"),
        total_commands_processed: number("total_commands_processed"),
        keyspace_hits: number("keyspace_hits"),
        keyspace_misses: number("keyspace_misses"),
        evicted_keys: number("evicted_keys"),
        expired_keys: number("expired_keys"),
        loading: number("loading"),
        server_name: Some(info.server_name().to_owned()),
        server_version: info.server_version().map(str::to_owned),
        server_mode: info.server_mode().map(str::to_owned),
    }
}
