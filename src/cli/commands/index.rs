//! `tags list|show` and `invalid-keys list|show`.

use crate::cli::args::Format;
use crate::cli::args::{ListArgs, SortBy};
use crate::cli::commands::absent::{self, tell_empty};
use crate::cli::commands::is_same_server;
use crate::cli::commands::keys::WIDE;
use crate::cli::commands::other_type;
use crate::cli::commands::read_code;
use crate::cli::commands::selection::warn_of_not_sets;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Cell, Column, Output, Row, Shape, exact, shown, time};
use cacheme::cache::Session;
use cacheme::ops::{Ages, IndexKind, IndexRow, InnerSearch, KeyRow, list_indexes, show_index};
use cacheme::text;
use serde_json::json;
use std::cmp::Reverse;
use std::ffi::OsStr;

const SAMPLE: usize = 10;
/// Columns that a terminal needs to show in a table when values were stored, beside what time is left.
const WIDEST: u16 = 140;
/// So many keys of another type are named.
const ODD: usize = 3;

fn column(kind: IndexKind) -> Column {
    match kind {
        IndexKind::Tag => "tag",
        IndexKind::InvalidKey => "invalid_key",
    }
}

pub fn list(context: &Context, kind: IndexKind, args: &ListArgs) -> Result<Code, Failure> {
    let deep = args.deep || args.sort == Some(SortBy::Bytes);
    let mut columns = vec![column(kind), "keys"];
    if deep {
        columns.extend(["live", "expired", "pending", "missing", "bytes"]);
        columns.extend(age_columns(kind));
    }
    let format = context.format(None);
    let sort = args.sort.or((!format.streams()).then_some(SortBy::Name));
    let mut output = Output::new(format, &columns, &fields(context, format, &columns), Shape::Rows)?;
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
    let mut columns = vec![column(kind), "keys", "live", "expired", "pending", "missing", "bytes"];
    columns.extend(["index_bytes", "complete", "sample"]);
    columns.extend(age_columns(kind));
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
        let redis_key = if kind == IndexKind::Tag { ns.tag(&name) } else { ns.invalid_key(&name) };
        drop(control);
        let hint = context
            .prefix_hint(&name)
            .or_else(|| other_type(conn, &redis_key, "set"))
            .or_else(|| absent::hint(context, &mut session, kind.selector(&name)));
        let list = if kind == IndexKind::Tag { "tags list" } else { "invalid-keys list" };
        return Err(
            failure.with_hint(hint.unwrap_or_else(|| format!("`cacheme {list}` tells what there is")))
        );
    };
    drop(control);
    let mut cells = cells(kind, &row);
    let mut detail = row.detail.unwrap_or_default();
    detail.complete &= is_same_server(context, &session.conn);
    cells.push(("index_bytes", detail.index_bytes.into()));
    cells.push(("complete", detail.complete.into()));
    cells.push(("sample", sample(&detail.sample, context.format(None))));
    cells.extend(ages(kind, &detail.ages));
    output.row(cells)?;
    output.finish()?;
    super::tell_without(context, &session.conn);
    warn_of_not_sets(context, &detail.not_sets, &detail.not_hashes, 0);
    Ok(read_code(context, detail.complete))
}

/// The fields that tell how old members are: an invalid key does not tell by which functions they were stored.
fn age_columns(kind: IndexKind) -> &'static [Column] {
    match kind {
        IndexKind::Tag => &["ttl_min", "ttl_max", "oldest_at", "newest_at"],
        IndexKind::InvalidKey => &["ttl_min", "ttl_max"],
    }
}

fn ages(kind: IndexKind, ages: &Ages) -> Row {
    let cells: [Cell; 4] = [
        ages.ttl_min.into(),
        ages.ttl_max.into(),
        ages.oldest_at().and_then(time).into(),
        ages.newest_at().and_then(time).into(),
    ];
    age_columns(kind).iter().copied().zip(cells).collect()
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
    let mut cells = cells(kind, row);
    if let Some(detail) = &row.detail {
        cells.extend(ages(kind, &detail.ages));
    }
    cells
}

fn cells(kind: IndexKind, row: &IndexRow) -> Row {
    let mut cells: Row = vec![(column(kind), Cell::Name(row.name.clone())), ("keys", row.keys.into())];
    if let Some(detail) = &row.detail {
        cells.extend([
            ("live", detail.live.into()),
            ("expired", detail.expired.into()),
            ("pending", detail.pending.into()),
            ("missing", detail.missing.into()),
            ("bytes", detail.bytes.into()),
        ]);
    }
    cells
}

fn sample(rows: &[KeyRow], format: Format) -> Cell {
    if format == Format::Table {
        let line = |row: &KeyRow| [row.state.as_str().as_bytes(), b"  ", row.key.as_bytes()].concat();
        return Cell::Names(rows.iter().map(line).collect());
    }
    let object = |row: &KeyRow| {
        let mut object = json!({
            "key": shown(row.key.as_bytes()),
            "state": row.state.as_str(),
            "ttl_seconds": row.ttl.map(|ttl| ttl.seconds),
        });
        if let Some(exact) = exact(row.key.as_bytes()) {
            object["key_base64"] = exact.into();
        }
        object
    };
    Cell::Json(rows.iter().map(object).collect())
}
