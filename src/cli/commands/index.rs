//! `tags list|show` and `invalid-keys list|show`.

use crate::cli::args::Format;
use crate::cli::args::{ListArgs, SortBy};
use crate::cli::commands::absent::{self, tell_empty};
use crate::cli::commands::is_same_server;
use crate::cli::commands::keys::WIDE;
use crate::cli::commands::read_code;
use crate::cli::commands::selection::warn_of_not_sets;
use crate::cli::commands::{other_type, type_of};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{
    Cell, Column, Complete, Flat, Maybe, Memory, Name, Record as _, Row, Seconds, Shape, Shown, Time,
    ValueSize, base64_of,
};
use crate::cli::rows::indexes::{
    Ages, Index, InvalidKey, InvalidKeyShown, Members, Sample, Tag, TagShown, Timeouts,
};
use cacheme::cache::Session;
use cacheme::ops::{IndexDetail, IndexKind, IndexRow, InnerSearch, KeyRow, list_indexes, show_index};
use cacheme::text;
use std::cmp::Reverse;
use std::ffi::OsStr;

const SAMPLE: usize = 10;
/// Columns that a terminal needs to show in a table when values were stored, beside what time is left.
const WIDEST: u16 = 140;
/// So many keys of another type are named.
const ODD: usize = 3;

pub fn list(context: &Context, kind: IndexKind, args: &ListArgs) -> Result<Code, Failure> {
    let deep = args.deep || args.sort == Some(SortBy::Bytes);
    let columns = match (kind, deep) {
        (IndexKind::Tag, true) => Tag::columns(),
        (IndexKind::Tag, false) => Tag::constant_columns(),
        (IndexKind::InvalidKey, true) => InvalidKey::columns(),
        (IndexKind::InvalidKey, false) => InvalidKey::constant_columns(),
    };
    let format = context.format(None);
    let sort = args.sort.or((!format.streams()).then_some(SortBy::Name));
    let fields = fields(context, format, &columns);
    let mut output = context.output_with(format, &columns, &fields, Shape::Rows)?;
    let mut session = context.session()?;
    context.exclude_inner(&mut session, InnerSearch::Sample)?;
    context.catch_signals()?;
    let mut control = context.control(None, context.bar_of_rows("listing", sort.is_some()));
    let (mut rows, mut count) = (Vec::new(), 0);
    let mut odd: (Vec<Vec<u8>>, Vec<Vec<u8>>) = Default::default();
    let walked = list_indexes(&mut session, kind, deep, &mut control, &mut |row| {
        count += 1;
        if let Some(detail) = &row.detail {
            for (known, more) in [(&mut odd.0, &detail.not_sets), (&mut odd.1, &detail.not_hashes)] {
                let new: Vec<_> = more.iter().filter(|key| !known.contains(key)).cloned().collect();
                known.extend(new.into_iter().take(ODD.saturating_sub(known.len())));
            }
        }
        match sort {
            Some(_) => rows.push(row),
            None => output.row(list_row(kind, &row))?,
        }
        Ok(())
    })?;
    drop(control);
    match sort {
        Some(SortBy::Keys) => rows.sort_by_key(|row| (Reverse(row.keys), row.name.clone())),
        Some(SortBy::Bytes) => {
            rows.sort_by_key(|row| {
                (Reverse(row.detail.as_ref().map(|detail| detail.bytes)), row.name.clone())
            });
        }
        Some(SortBy::Name) | None => rows.sort_by(|a, b| a.name.cmp(&b.name)),
    }
    for row in &rows {
        output.row(list_row(kind, row))?;
    }
    output.finish()?;
    super::tell_without(context, &session.conn);
    warn_of_not_sets(context, &odd.0, &odd.1, 0);
    if count == 0 {
        tell_empty(context, &mut session, if kind == IndexKind::Tag { "tags" } else { "invalid keys" });
    }
    Ok(read_code(context, is_same_server(context, &session.conn) && walked))
}

pub fn show(context: &Context, kind: IndexKind, name: &OsStr) -> Result<Code, Failure> {
    let name = context.name(name);
    let columns = match kind {
        IndexKind::Tag => TagShown::columns(),
        IndexKind::InvalidKey => InvalidKeyShown::columns(),
    };
    let mut output = context.output(&columns, Shape::Object)?;
    let mut session = context.session()?;
    context.catch_signals()?;
    let mut control = context.control(None, Some("counting"));
    let Some(row) = show_index(&mut session, kind, &name, SAMPLE, &mut control)? else {
        let Session { conn, ns, .. } = &mut session;
        let what = if kind == IndexKind::Tag { "tag" } else { "invalid key" };
        let failure = Failure::not_found(format!(
            "there is no {what} '{}' under the prefix '{}'",
            text::escape(&name),
            context.shown_prefix()
        ));
        if !is_same_server(context, conn) {
            return Err(failure.partly());
        }
        let (redis_key, other_key, other) = match kind {
            IndexKind::Tag => (ns.tag(&name), ns.invalid_key(&name), ("an invalid key", "invalid-keys show")),
            IndexKind::InvalidKey => (ns.invalid_key(&name), ns.tag(&name), ("a tag", "tags show")),
        };
        let is_other = type_of(conn, &other_key).is_some_and(|kind| kind == "set");
        let (is, show) = other;
        drop(control);
        let hint = context
            .prefix_hint(&name)
            .or_else(|| other_type(conn, &redis_key, "set"))
            .or_else(|| {
                let shown = text::escape(&name);
                is_other.then(|| format!("'{shown}' is {is}: `cacheme {show}` shows it"))
            })
            .or_else(|| absent::hint(context, &mut session, kind.selector(&name)));
        let list = if kind == IndexKind::Tag { "tags list" } else { "invalid-keys list" };
        return Err(
            failure.with_hint(hint.unwrap_or_else(|| format!("`cacheme {list}` shows what is there")))
        );
    };
    drop(control);
    let IndexRow { keys, detail, .. } = row;
    let mut detail = detail.unwrap_or_default();
    detail.complete &= is_same_server(context, &session.conn);
    let (members, index) = (Flat(members(&detail)), Flat(index(&detail)));
    let (timeouts, ages) = (Flat(timeouts(&detail)), Flat(ages(&detail)));
    let mut row = match kind {
        IndexKind::Tag => TagShown { tag: Name(row.name), keys, members, index, timeouts, ages }.row(),
        IndexKind::InvalidKey => {
            InvalidKeyShown { invalid_key: Name(row.name), keys, members, index, timeouts }.row()
        }
    };
    if context.format(None) == Format::Table {
        row.iter_mut()
            .filter(|(column, _)| *column == "sample")
            .for_each(|(_, cell)| *cell = lines(&detail.sample));
    }
    output.row(row)?;
    output.finish()?;
    super::tell_without(context, &session.conn);
    warn_of_not_sets(context, &detail.not_sets, &detail.not_hashes, 0);
    Ok(read_code(context, detail.complete))
}

/// What to show: all that was asked for, otherwise everything; in a table no ages that would take the room of the names.
fn fields(context: &Context, format: Format, columns: &[Column]) -> Vec<String> {
    context.fields(format, columns, |column, room| match column {
        "ttl_min" | "ttl_max" => room >= WIDE,
        "oldest_at" | "newest_at" => room >= WIDEST,
        _ => true,
    })
}

fn list_row(kind: IndexKind, row: &IndexRow) -> Row {
    let (keys, detail) = (row.keys, row.detail.as_ref());
    let members = Maybe(detail.map(|detail| Flat(members(detail))));
    let timeouts = Maybe(detail.map(|detail| Flat(timeouts(detail))));
    let name = Name(row.name.clone());
    match kind {
        IndexKind::Tag => {
            let ages = Maybe(detail.map(|detail| Flat(ages(detail))));
            Tag { tag: name, keys, members, timeouts, ages }.row()
        }
        IndexKind::InvalidKey => InvalidKey { invalid_key: name, keys, members, timeouts }.row(),
    }
}

fn members(detail: &IndexDetail) -> Members {
    let IndexDetail { live, expired, pending, missing, bytes, .. } = *detail;
    Members { live, expired, pending, missing, bytes: ValueSize(bytes) }
}

fn timeouts(detail: &IndexDetail) -> Timeouts {
    Timeouts { ttl_min: detail.ages.ttl_min.map(Seconds), ttl_max: detail.ages.ttl_max.map(Seconds) }
}

fn ages(detail: &IndexDetail) -> Ages {
    let of = |time: Option<i64>| time.and_then(Time::of_seconds);
    Ages { oldest_at: of(detail.ages.oldest_at()), newest_at: of(detail.ages.newest_at()) }
}

fn index(detail: &IndexDetail) -> Index {
    let sample = |row: &KeyRow| Sample {
        key: Shown(row.key.as_bytes().to_vec()),
        state: row.state,
        ttl_seconds: row.ttl.map(|ttl| Seconds(ttl.seconds)),
        key_base64: base64_of(row.key.as_bytes()),
    };
    Index {
        index_bytes: Memory(detail.index_bytes),
        complete: Complete(detail.complete),
        sample: detail.sample.iter().map(sample).collect(),
    }
}

/// A sample for a person: states, and keys below each other.
fn lines(sample: &[KeyRow]) -> Cell {
    let widest = sample.iter().map(|row| row.state.as_str().len()).max().unwrap_or_default();
    let line =
        |row: &KeyRow| [format!("{:<widest$}  ", row.state.as_str()).as_bytes(), row.key.as_bytes()].concat();
    Cell::Names(sample.iter().map(line).collect())
}
