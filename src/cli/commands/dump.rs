//! `keys dump`.

use super::keys::{FULL, UNDECODED, each_key, full};
use super::read_code;
use super::restore::LARGEST;
use super::selection::Selection;
use crate::cli::args::Selectors;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Cell, Column, Format, Output, Place, Row, Shape, object};
use crate::cli::packed::Packed;
use cacheme::namespace::{LogicalKey, Namespace};
use cacheme::ops::{Indexes, KeyRow, Query, read_indexes};
use clap::Args;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct DumpArgs {
    #[command(flatten)]
    pub selectors: Selectors,
    /// The stored bytes in base64 (value_base64) instead of the decoded value
    #[arg(long)]
    pub raw: bool,
    /// With the tags and invalid keys of each key; holds all indexes in memory
    #[arg(long)]
    pub indexes: bool,
    /// Into a file instead of standard output, as ndjson; gzip'd or zstd'd when its name ends in .gz or .zst
    ///
    /// The file appears when it is whole, for its owner alone; a run that fails leaves none, and the old one as it was.
    /// A link is followed to its file. What is no regular file (a device, a FIFO, /dev/stdout) is written as it stands.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub fn dump(context: &Context, args: &DumpArgs) -> Result<Code, Failure> {
    let selection = Selection::new(context, &args.selectors)?;
    let value: Column = if args.raw { "value_base64" } else { "value" };
    let mut columns: Vec<Column> =
        FULL.iter().map(|column| if *column == "value" { value } else { column }).collect();
    if args.indexes {
        columns.extend(["tags", "invalid_keys"]);
    }
    if !args.raw {
        columns.push(UNDECODED);
    }
    if args.indexes {
        columns.extend(["marked", "cut_keys"]);
    }
    // A file is there to be restored from, whatever format environment or profile like to see.
    let told = context.settings.is_flag("format") && context.global.format != Some(Format::Ndjson);
    if args.output.is_some() && told {
        return Err(Failure::usage("--output writes ndjson, which `keys restore` reads")
            .with_hint("for another format redirect standard output"));
    }
    // Fail on bad --fields before a file is begun.
    drop(context.output_as(&columns, Shape::Rows, Some(Format::Ndjson))?);
    // Nor is anything read for a place where nothing can be written.
    let place =
        args.output.as_deref().map(|path| Place::find(path).map_err(|error| cannot_write(path, &error)));
    let place = place.transpose()?;
    selection.check()?;
    let mut session = context.session()?;
    context.catch_signals()?;
    let file = match (place, args.output.as_deref()) {
        (Some(place), Some(path)) => {
            Some(Packed::begin(place, path).map_err(|error| cannot_write(path, &error))?)
        }
        _ => None,
    };
    let mut output = match &file {
        Some(file) => {
            Output::to(file.clone(), Format::Ndjson, &columns, &context.global.fields, Shape::Rows)?
        }
        None => context.output_as(&columns, Shape::Rows, Some(Format::Ndjson))?,
    };
    let indexes = match args.indexes {
        true => {
            let mut control = context.control(None, Some("indexes"));
            Some(read_indexes(&mut session.conn, &session.ns, &mut control)?)
        }
        false => None,
    };
    let ns = session.ns.clone();
    let query = Query { values: true, ..Query::default() };
    let bar = context.bar_of_rows("dumping", file.is_some());
    let mut row = |row: KeyRow| {
        if row.value.is_none() {
            return Ok(());
        }
        if args.raw && row.value.as_ref().is_some_and(|value| value.len() > LARGEST) {
            let most = LARGEST >> 20;
            context
                .ui
                .warning(&format!("'{}' is larger than {most} MiB: `keys restore` will refuse it", row.key));
        }
        let (mut cells, undecoded) = full(&ns, &row, args.raw, context);
        if let Some(indexes) = &indexes {
            cells.extend(named(indexes, &ns, &row.key));
        }
        if !args.raw {
            cells.push((UNDECODED, undecoded.into()));
        }
        if let Some(indexes) = &indexes {
            cells.push(("marked", row.marked.into()));
            cells.push(("cut_keys", cut_keys(indexes, &ns, &row.key)));
        }
        Ok(output.row(cells)?)
    };
    let listing = each_key(context, &mut session, &selection, &query, bar, &mut row);
    let listing = listing.inspect_err(|failure| {
        if let Some(file) = file.as_ref().filter(|_| !failure.is_output()) {
            context.ui.warning(&format!("the dump did not come to its end; {}", file.remains));
        }
    })?;
    output.finish()?;
    let complete = listing.complete && indexes.is_none_or(|indexes| indexes.complete);
    if let Some(file) = file {
        if context.interrupted() {
            context.ui.warning(&format!("the dump was interrupted; {}", file.remains));
            return Ok(read_code(context, false));
        }
        let path = file.finish(complete)?;
        let rows = listing.rows;
        context.ui.verbose(&format!("{rows} keys are in {}", path.display()));
        if !complete {
            context.ui.warning(&format!("the dump is not complete: it is in {}", path.display()));
        }
    }
    Ok(read_code(context, complete))
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot write {}: {error}", path.display()))
}

/// The tags and invalid keys of a key.
fn named(indexes: &Indexes, ns: &Namespace, key: &LogicalKey) -> Row {
    let owned = |mut names: Vec<&[u8]>| {
        names.sort_unstable();
        Cell::Names(names.into_iter().map(<[u8]>::to_vec).collect())
    };
    vec![("tags", owned(indexes.tags(ns, key))), ("invalid_keys", owned(indexes.invalid_keys(ns, key)))]
}

/// The longer keys that share a key's value, each with its own tags and invalid keys.
fn cut_keys(indexes: &Indexes, ns: &Namespace, key: &LogicalKey) -> Cell {
    let row = |whole: &LogicalKey| {
        let mut row: Row = vec![("key", Cell::Name(whole.as_bytes().to_vec()))];
        row.extend(named(indexes, ns, whole));
        object(&row)
    };
    Cell::Json(indexes.cut_keys(ns, key).iter().map(row).collect())
}
