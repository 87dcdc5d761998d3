//! `keys dump`.

use super::keys::{FULL, UNDECODED, each_key, full};
use super::read_code;
use super::selection::Selection;
use crate::cli::args::Selectors;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Cell, Column, Format, Shape};
use cacheme::ops::{Query, read_indexes};

pub fn dump(context: &Context, selectors: &Selectors, raw: bool, indexes: bool) -> Result<Code, Failure> {
    let selection = Selection::new(context, selectors)?;
    let value: Column = if raw { "value_base64" } else { "value" };
    let mut columns: Vec<Column> =
        FULL.iter().map(|column| if *column == "value" { value } else { column }).collect();
    if indexes {
        columns.extend(["tags", "invalid_keys"]);
    }
    if !raw {
        columns.push(UNDECODED);
    }
    let mut output = context.output_as(&columns, Shape::Rows, Some(Format::Ndjson))?;
    let mut session = context.session()?;
    context.catch_signals()?;
    let indexes = match indexes {
        true => {
            let mut control = context.control(None, Some("indexes"));
            Some(read_indexes(&mut session.conn, &session.ns, &mut control)?)
        }
        false => None,
    };
    let ns = session.ns.clone();
    let query = Query { values: true, ..Query::default() };
    let listing = each_key(context, &mut session, &selection, &query, None, &mut |row| {
        if row.value.is_none() {
            return Ok(());
        }
        let (mut cells, undecoded) = full(&ns, &row, raw, context);
        if let Some(indexes) = &indexes {
            let owned = |names: Vec<&[u8]>| Cell::Names(names.into_iter().map(<[u8]>::to_vec).collect());
            cells.push(("tags", owned(indexes.tags(&ns, &row.key))));
            cells.push(("invalid_keys", owned(indexes.invalid_keys(&ns, &row.key))));
        }
        if !raw {
            cells.push((UNDECODED, undecoded.into()));
        }
        Ok(output.row(cells)?)
    })?;
    output.finish()?;
    let complete = listing.complete && indexes.is_none_or(|indexes| indexes.complete);
    Ok(read_code(context, complete))
}
