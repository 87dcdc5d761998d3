//! `keys list` and `keys show`.

use crate::cli::args::Format;
use crate::cli::args::{Narrowing, Selectors, ShowArgs};
use crate::cli::commands::absent::{self, tell_empty};
use crate::cli::commands::is_same_server;
use crate::cli::commands::other_type;
use crate::cli::commands::read_code;
use crate::cli::commands::selection::{Selection, warn_of_not_sets};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::invocation::whole_name_flag;
use crate::cli::output::{
    Any, Cell, Column, Flat, Harmless, Name, Names, Record as _, Seconds, Shape, Time, ValueSize, beginning,
    width,
};
use crate::cli::rows::keys::{Encoded, Listed, Stored, Whole};
use cacheme::Result as CoreResult;
use cacheme::cache::Session;
use cacheme::client::DedupWindow;
use cacheme::namespace::glob::escape;
use cacheme::namespace::{LogicalKey, Namespace};
use cacheme::ops::{
    Filter, InnerSearch, KeyDetail, KeyRow, Listing, Memberships, Query, Read, Selector, Ttl, idle_seconds,
    list_keys, recorded_timeouts, show_key,
};
use cacheme::pickle::{Encoding, Limits, decode};
use cacheme::text::grouped;
use serde_json::Value;

/// Columns that a terminal needs to show times in a table without cutting most names.
pub const WIDE: u16 = 100;

pub fn list(
    context: &Context,
    selectors: &Selectors,
    narrowing: &Narrowing,
    limit: Option<u64>,
) -> Result<Code, Failure> {
    let selection = Selection::new(context, selectors, narrowing)?;
    let format = context.format(None);
    let columns = Listed::columns();
    let fields = fields(context, format, &columns);
    let mut output = context.output_with(format, &columns, &fields, Shape::Rows)?;
    selection.check()?;
    let mut session = context.session()?;
    if selection.walks() {
        context.exclude_inner(&mut session, InnerSearch::Sample)?;
    }
    context.catch_signals()?;
    let indexes = tags_wanted(context, &mut session)?;
    let bar = context.bar_of_rows("listing", format == Format::Table);
    let read = if context.shows("size_bytes") { Read::Size } else { Read::Presence };
    let query = Query { filter: selection.filter().clone(), limit, read, ..Query::default() };
    let listing = each_key(context, &mut session, &selection, &query, bar, &mut |row| {
        Ok(output.row(listed(&row, indexes.as_ref()).row())?)
    })?;
    output.finish()?;
    let complete = listing.complete && indexes.is_none_or(|indexes| indexes.is_complete());
    Ok(read_code(context, is_same_server(context, &session.conn) && complete))
}

/// All tags, where they are asked for.
pub fn tags_wanted(context: &Context, session: &mut Session) -> Result<Option<Memberships>, Failure> {
    if !context.global.fields.iter().any(|field| field == "tags") {
        return Ok(None);
    }
    let mut control = context.control(None, Some("tags"));
    Ok(Some(Memberships::read_tags(&mut session.conn, &session.ns, &mut control)?))
}

/// A row of a listing.
pub fn listed(row: &KeyRow, indexes: Option<&Memberships>) -> Listed {
    Listed {
        key: Name(row.key.as_bytes().to_vec()),
        state: row.state,
        ttl_seconds: row.ttl.map(|ttl| Seconds(ttl.seconds)),
        size_bytes: row.size.map(ValueSize),
        expires_at: row.ttl.and_then(expires_at),
        tags: indexes.map(|indexes| Names::of(indexes.tags(&row.key))),
    }
}

/// What to show: all that was asked for, otherwise everything; in a table nothing that is null in each row, and no time
/// beside `ttl_seconds` where it would take the room of the keys.
pub fn fields(context: &Context, format: Format, columns: &[Column]) -> Vec<String> {
    context.fields(format, columns, |column, room| match column {
        "tags" => false,
        "expires_at" => room >= WIDE,
        _ => true,
    })
}

/// Walks the selected keys, or all, and tells what the walk could not promise.
pub fn each_key(
    context: &Context,
    session: &mut Session,
    selection: &Selection,
    query: &Query,
    bar: Option<&'static str>,
    row: &mut dyn FnMut(KeyRow) -> CoreResult<()>,
) -> Result<Listing, Failure> {
    let absent = selection.absent_names(context, session, false)?;
    let is_told = !absent.named.is_empty();
    absent.tell(context, None)?;
    let mut control = context.control(None, bar);
    selection.explain(context);
    if selection.is_empty() && query.filter.states.is_empty() {
        context.ui.verbose("scanning the whole keyspace, as no index lists every value");
    }
    let mut selected = selection.iter();
    let selectors: Option<&mut dyn Iterator<Item = CoreResult<Selector>>> =
        if selection.is_empty() { None } else { Some(&mut selected) };
    let listing = list_keys(session, selectors, query, &mut control, row)?;
    drop(control);
    super::tell_without(context, &session.conn);
    warn_of_not_sets(context, &listing.not_sets, &listing.not_hashes, listing.wrong_type);
    if listing.missed_marks && !context.cut_short(listing.complete) {
        context.ui.warning(
            "more than 100,000 keys of three segments (a>b>c) are marked or in progress: the listed states of \
             their values may be wrong",
        );
    }
    if listing.may_repeat {
        let window = DedupWindow::WINDOW;
        context.ui.warning(&format!(
            "a key may be listed twice, {window} or more rows apart, because SCAN may return it twice"
        ));
    }
    if listing.rows == 0 && query.limit != Some(0) && (selection.is_empty() || !selection.is_derived()) {
        tell_why_nothing(context, session, selection, query, is_told);
    }
    Ok(listing)
}

fn tell_why_nothing(
    context: &Context,
    session: &mut Session,
    selection: &Selection,
    query: &Query,
    is_told: bool,
) {
    let of_states = Filter { states: query.filter.states.clone(), ..Filter::default() };
    let what = if query.filter.is_empty() {
        "keys with a value"
    } else if query.filter == of_states {
        "keys in these states"
    } else {
        "keys that match"
    };
    if !is_told {
        tell_empty(context, session, if selection.is_empty() { what } else { "keys that match" });
    }
    if let Some(hint) = selection.names().find_map(|name| context.prefix_hint(name)) {
        context.ui.hint(&hint);
    }
}

pub fn show(context: &Context, args: &ShowArgs) -> Result<Code, Failure> {
    let format = context.format(None);
    let is_table = format == Format::Table;
    let shape = if args.keys.len() == 1 || is_table { Shape::Object } else { Shape::Rows };
    let columns = Whole::columns();
    let fields = context.fields(format, &in_table(&columns), |_, _| true);
    let mut output = context.output_with(format, &columns, &fields, shape)?;
    let keys: Vec<_> = args.keys.iter().map(|key| LogicalKey::new(context.name(key))).collect();
    let mut session = context.session()?;
    let idle = idle_seconds(&mut session, &keys)?;
    let timeouts = recorded_timeouts(&mut session)?;
    let (mut unknown, mut complete) = (None, true);
    for (key, idle) in keys.into_iter().zip(idle) {
        let detail = show_key(&mut session, &key, &mut context.control(None, None))?;
        warn_of_not_sets(context, &detail.not_sets, &detail.not_hashes, 0);
        complete &= detail.complete;
        if detail.is_unknown() {
            if let Some(earlier) = unknown.replace(key) {
                context.ui.error(&not_there(context, &earlier));
            }
            continue;
        }
        let Full { stored, value, undecoded } = full(&session.ns, &detail.row, false, context);
        let whole = Whole {
            stored: Flat(stored),
            value: Any(value),
            refresh: Harmless(refresh(context, &detail)),
            undecoded,
            stored_at: detail.stored_at(&timeouts).and_then(Time::of_seconds),
            // The server that loads a dump knows of no use.
            idle_seconds: idle.filter(|_| !context.reads_dump()).map(Seconds),
            tags: Names(detail.tags),
            invalid_keys: Names(detail.invalid_keys),
            marked: detail.row.marked,
        };
        let mut row = whole.row();
        if is_table && !args.full && width().is_some() {
            row.iter_mut().filter(|(column, _)| *column == "value").for_each(|(_, cell)| shorten(cell));
        }
        output.row(row)?;
    }
    output.finish()?;
    super::tell_without(context, &session.conn);
    let is_same = is_same_server(context, &session.conn);
    match unknown {
        None => Ok(read_code(context, is_same && complete)),
        Some(key) => {
            let failure = Failure::not_found(not_there(context, &key));
            if !is_same {
                return Err(failure.partly());
            }
            let hash = session.ns.values(key.base());
            let name = key.as_bytes();
            let is_glob = name.iter().any(|byte| b"*?".contains(byte));
            let (glob, listed) = match is_glob {
                true => (name.to_vec(), "lists the keys that match"),
                false => ([&escape(name), &b"*"[..]].concat(), "lists the keys that begin so"),
            };
            let pattern = whole_name_flag("--pattern", &glob);
            let hint = context
                .prefix_hint(key.as_bytes())
                .or_else(|| other_type(&mut session.conn, &hash, "hash"))
                .or_else(|| absent::hint(context, &mut session, Selector::Key(key)));
            Err(failure.with_hint(hint.unwrap_or_else(|| format!("`cacheme keys list {pattern}` {listed}"))))
        }
    }
}

/// The columns in the order of a table: age and use beside the time that is left, and the value, which may be long, last.
fn in_table(columns: &[Column]) -> Vec<Column> {
    let mut columns = columns.to_vec();
    columns.sort_by_key(|column| match *column {
        "key" | "state" | "ttl_seconds" | "expires_at" => 0,
        "stored_at" | "idle_seconds" => 1,
        "redis_key" | "field" | "encoding" | "undecoded" => 3,
        "value" => 4,
        _ => 2,
    });
    columns
}

/// Cuts a value that would fill the screen.
fn shorten(cell: &mut Cell) {
    let Cell::Json(value) = cell else { return };
    if let Some((shown, left_out)) = beginning(value) {
        *cell =
            Cell::Harmless(format!("{shown}\n… {} more characters; --full shows them", grouped(left_out)));
    }
}

fn not_there(context: &Context, key: &LogicalKey) -> String {
    format!("there is no key '{key}' under the prefix '{}'", context.shown_prefix())
}

/// The command that makes the next reader recompute.
fn refresh(context: &Context, detail: &KeyDetail) -> String {
    let key = detail.row.key.as_bytes();
    // Readers of `a>b` may ask for a longer name that shares its value (`a>b>c`), which a pattern finds.
    let is_alone = detail.tags.is_empty() && detail.invalid_keys.is_empty();
    if is_alone && key.iter().filter(|byte| **byte == b'>').count() == 1 {
        return context.invocation.with("invalidate --mark --yes", &[("--pattern", &escape(key))]);
    }
    context.invocation.with("invalidate", &[("--key", key)])
}

/// A key with its value, which is not decoded where it stands raw in a dump.
pub struct Full {
    pub stored: Stored,
    pub value: Value,
    /// Why the value could not be decoded.
    pub undecoded: Option<String>,
}

pub fn full(ns: &Namespace, row: &KeyRow, raw: bool, context: &Context) -> Full {
    let limits = Limits::default();
    let (encoding, undecoded, value) = match &row.value {
        None => (None, None, Value::Null),
        Some(bytes) if raw => {
            let (encoding, reason) = Encoding::of(bytes, &limits);
            (Some(encoding.as_str()), reason, Value::Null)
        }
        Some(bytes) => {
            let decoded = decode(bytes, &limits);
            (Some(decoded.encoding.as_str()), decoded.reason, decoded.value)
        }
    };
    if let Some(reason) = &undecoded {
        context.ui.verbose(&format!("the value of '{}' is shown raw: {reason}", row.key));
    }
    let stored = Stored {
        key: Name(row.key.as_bytes().to_vec()),
        redis_key: Name(ns.values(row.key.base())),
        field: Name(row.key.field().to_vec()),
        state: row.state,
        ttl_seconds: row.ttl.map(|ttl| Seconds(ttl.seconds)),
        expires_at: row.ttl.and_then(expires_at),
        size_bytes: row.size.map(ValueSize),
        encoding: encoding.map(Encoded),
    };
    Full { stored, value, undecoded }
}

fn expires_at(ttl: Ttl) -> Option<Time> {
    Time::of_seconds(ttl.expires_at)
}
