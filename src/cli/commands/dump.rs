//! `keys dump`.

use crate::cli::args::{DumpArgs, Format, Narrowing, Selectors};
use crate::cli::commands::dump_file::Packed;
use crate::cli::commands::is_same_server;
use crate::cli::commands::keys::{Full, each_key, full};
use crate::cli::commands::read_code;
use crate::cli::commands::restore::refusal;
use crate::cli::commands::selection::Selection;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{
    Any, Base64, Column, Flat, Maybe, Name, Names, Output, Place, Record as _, Shape, Style, measured,
};
use crate::cli::rows::keys::{CutKey, Dumped};
use cacheme::Result as CoreResult;
use cacheme::cache::Session;
use cacheme::namespace::LogicalKey;
use cacheme::ops::{InnerSearch, KeyRow, Memberships, Query, Read, Reread, Selector, SharedMarks, list_keys};
use cacheme::text::counted;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// As many bytes of name and value no restore refuses, however they are written: the name stands there up to three times, as
/// key, Redis key and field.
const ALWAYS_TAKEN: usize = 1 << 20;

pub fn dump(context: &Context, args: &DumpArgs) -> Result<Code, Failure> {
    // A file is there to be restored from, whatever format environment or profile like to see.
    let told = context.settings.is_flag("format") && context.global.format != Some(Format::Ndjson);
    if args.output.is_some() && told {
        return Err(Failure::usage("--output writes ndjson, which `keys restore` reads")
            .with_hint("for another format, redirect standard output to a file"));
    }
    // Fail on bad --fields before a file is begun.
    drop(context.output_as(&columns(args), Shape::Rows, Some(Format::Ndjson))?);
    let selection = Selection::new(context, &args.selectors, &args.narrowing)?;
    let place = place_of(args)?;
    selection.check()?;
    let fields = &context.global.fields;
    write_rows(context, &mut context.session()?, args, &selection, place, fields, "dumping")
}

/// All that `keys restore` takes, into a file; `bar` is what is done meanwhile.
pub fn dump_whole(
    context: &Context,
    session: &mut Session,
    selection: &Selection,
    path: &Path,
    bar: &'static str,
) -> Result<Code, Failure> {
    let (selectors, narrowing) = (Selectors::default(), Narrowing::default());
    let args = DumpArgs { selectors, narrowing, raw: true, indexes: true, output: Some(path.to_owned()) };
    let place = place_of(&args)?;
    write_rows(context, session, &args, selection, place, &[], bar)
}

fn columns(args: &DumpArgs) -> Vec<Column> {
    let mut columns = Dumped::columns();
    columns.retain(|column| match *column {
        "value" | "undecoded" => !args.raw,
        "value_base64" => args.raw,
        "tags" | "invalid_keys" | "marked" | "cut_keys" => args.indexes,
        _ => true,
    });
    columns
}

/// Where rows go that go into a file. Nothing is read for a place where nothing can be written.
fn place_of(args: &DumpArgs) -> Result<Option<Place>, Failure> {
    let find = |path| Place::find(path).map_err(|error| cannot_write(path, &error));
    args.output.as_deref().map(find).transpose()
}

fn write_rows(
    context: &Context,
    session: &mut Session,
    args: &DumpArgs,
    selection: &Selection,
    place: Option<Place>,
    fields: &[String],
    bar: &'static str,
) -> Result<Code, Failure> {
    let columns = columns(args);
    if selection.walks() {
        context.exclude_inner(session, InnerSearch::Whole)?;
    }
    context.catch_signals()?;
    let file = match (place, args.output.as_deref()) {
        (Some(place), Some(path)) => {
            Some(Packed::begin(place, path).map_err(|error| cannot_write(path, &error))?)
        }
        _ => None,
    };
    let mut output = match &file {
        Some(file) => {
            let style = Style { format: Format::Ndjson, raw_numbers: true, color: false };
            Output::to(file.clone(), style, &columns, fields, Shape::Rows)?
        }
        None => context.output_as(&columns, Shape::Records, Some(Format::Ndjson))?,
    };
    let mut indexes = match args.indexes {
        true => {
            let mut control = context.control(None, Some("indexes"));
            Some(Memberships::read(&mut session.conn, &session.ns, &mut control)?)
        }
        false => None,
    };
    let ns = session.ns.clone();
    let shared = match (args.indexes, args.raw) {
        (true, _) => SharedMarks::Together,
        (false, true) => SharedMarks::Told,
        (false, false) => SharedMarks::Apart,
    };
    let whole_names = indexes.as_ref().map_or_else(Vec::new, Memberships::whole_names);
    let filter = selection.filter().clone();
    let query = Query { filter, read: Read::Value, shared, whole_names, ..Query::default() };
    let bar = context.bar_of_rows(bar, file.is_some());
    let (mut rows, mut refused) = (0, 0);
    let mut write = |row: &KeyRow, indexes: Option<&Memberships>| -> CoreResult<()> {
        rows += 1;
        let Full { stored, value: decoded, undecoded } = full(&ns, row, args.raw, context);
        let dumped = Dumped {
            stored: Flat(stored),
            value: Maybe((!args.raw).then_some(Any(decoded))),
            value_base64: Maybe(row.value.as_ref().filter(|_| args.raw).map(|bytes| Base64::of(bytes))),
            tags: Maybe(indexes.map(|indexes| Names::of(indexes.tags(&row.key)))),
            invalid_keys: Maybe(indexes.map(|indexes| Names::of(indexes.invalid_keys(&row.key)))),
            undecoded: Maybe((!args.raw).then_some(undecoded)),
            marked: Maybe(indexes.map(|_| row.may_be_stale)),
            cut_keys: Maybe(indexes.map(|indexes| cut_keys(indexes, row))),
        };
        let cells = dumped.row();
        let value = row.value.as_ref().map_or(0, Vec::len);
        // Without indexes only the value and the key's own name can make a row long.
        if args.raw && (indexes.is_some() || value + 3 * row.key.as_bytes().len() > ALWAYS_TAKEN) {
            let (bytes, commas) = measured(&cells);
            if let Some(why) = refusal(bytes, commas, value) {
                refused += 1;
                context.ui.warning(&format!("`keys restore` will refuse the row of '{}': {why}", row.key));
            }
        }
        Ok(output.row(cells)?)
    };
    let listing = each_key(context, session, selection, &query, bar, &mut |row| {
        if row.value.is_none() || indexes.as_mut().is_some_and(|indexes| !indexes.is_to_be_written(&row.key))
        {
            return Ok(());
        }
        write(&row, indexes.as_ref())
    });
    let listing = listing.and_then(|listing| {
        let indexes_complete = match indexes.as_mut() {
            Some(indexes) => write_late(context, session, indexes, &query, &mut write)?,
            None => true,
        };
        if listing.cut_marked {
            context.ui.warning(
                "keys of three segments (a>b>c) are or may be marked, and this dump does not hold their marks: \
                 after a restore their stale values would be valid; dump with --indexes to keep the marks",
            );
        }
        Ok(listing.complete && indexes_complete && !listing.cut_marked)
    });
    let complete = listing.inspect_err(|failure| {
        if let Some(file) = file.as_ref().filter(|_| !failure.is_output()) {
            context.ui.warning(&format!("the dump was not finished; {}", file.remains));
        }
    })?;
    let complete = is_same_server(context, &session.conn) && complete && refused == 0;
    output.finish()?;
    if let Some(file) = file {
        if context.cut_short(complete) {
            context.ui.warning(&format!("the dump was interrupted; {}", file.remains));
            return Ok(Code::Interrupted);
        }
        let path = file.finish(complete)?;
        context.ui.verbose(&format!("wrote {} to {}", counted(rows, "key", "keys"), path.display()));
        if !complete {
            context.ui.warning(&format!("the dump is not complete; it was written to {}", path.display()));
        }
    }
    Ok(read_code(context, complete))
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot write {}: {error}", path.display()))
}

/// Reads the indexes again, and writes the rows that waited for that. Whether the dump has every index of its keys.
fn write_late(
    context: &Context,
    session: &mut Session,
    indexes: &mut Memberships,
    query: &Query,
    write: &mut dyn FnMut(&KeyRow, Option<&Memberships>) -> CoreResult<()>,
) -> Result<bool, Failure> {
    let mut control = context.control(None, Some("indexes"));
    let mut reread = indexes.read_again(&mut session.conn, &mut control)?;
    let waited = indexes.waited();
    let mut complete = true;
    if !waited.is_empty() {
        let mut keys = waited.into_iter().map(|key| Ok(Selector::Key(key)));
        let listing = list_keys(session, Some(&mut keys), query, &mut control, &mut |row| {
            if row.value.is_some() { write(&row, Some(indexes)) } else { Ok(()) }
        })?;
        complete = listing.complete;
        // Their values are newer than what was just read.
        let last = indexes.read_again(&mut session.conn, &mut control)?;
        reread = Reread { complete: reread.complete && last.complete, ..last };
    }
    drop(control);
    if reread.late > 0 {
        let (keys, its) = match reread.late {
            1 => ("1 key".to_owned(), "its row was"),
            late => (format!("{late} keys"), "their rows were"),
        };
        context.ui.warning(&format!(
            "{keys} got another tag or invalid key after {its} written: after a restore, an invalidation by it \
             would not reach them; dump again while less is written"
        ));
    }
    Ok(reread.complete && reread.late == 0 && complete)
}

/// The other keys that share a key's value, each with its own tags and invalid keys. One that may be marked can be in none.
fn cut_keys(indexes: &Memberships, row: &KeyRow) -> Vec<CutKey> {
    let cut_key = |whole: &LogicalKey| CutKey {
        key: Name(whole.as_bytes().to_vec()),
        tags: Names::of(indexes.tags(whole)),
        invalid_keys: Names::of(indexes.invalid_keys(whole)),
    };
    let mut keys = BTreeSet::from_iter(indexes.cut_keys(&row.key));
    keys.extend(row.others.iter().filter(|other| **other != row.key).cloned());
    keys.iter().map(cut_key).collect()
}
