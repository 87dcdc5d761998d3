//! `keys top`.

use crate::cli::args::{TopArgs, TopBy};
use crate::cli::commands::is_same_server;
use crate::cli::commands::keys::{each_key, fields, listed, tags_wanted};
use crate::cli::commands::read_code;
use crate::cli::commands::selection::Selection;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Flat, Record as _, Shape};
use crate::cli::ranking::{RankBy, Ranking};
use crate::cli::rows::keys::Ranked;
use cacheme::ops::{InnerSearch, Query, Read};

pub fn top(context: &Context, args: &TopArgs) -> Result<Code, Failure> {
    let selection = Selection::new(context, &args.selectors, &args.narrowing)?;
    let format = context.format(None);
    let columns = Ranked::columns();
    let fields = fields(context, format, &columns);
    let mut output = context.output_with(format, &columns, &fields, Shape::Rows)?;
    selection.check()?;
    let mut session = context.session()?;
    if selection.walks() {
        context.exclude_inner(&mut session, InnerSearch::Sample)?;
    }
    context.catch_signals()?;
    let asks_size = args.by == TopBy::Bytes || context.shows("size_bytes");
    let read = if asks_size { Read::Size } else { Read::Presence };
    let query = Query { filter: selection.filter().clone(), read, ..Query::default() };
    let by = match args.by {
        TopBy::Bytes => RankBy::Bytes,
        TopBy::Ttl => RankBy::Ttl,
    };
    let mut ranking = Ranking::new(by, args.number);
    // Nothing is written before the end.
    let bar = Some("ranking");
    let listing = each_key(context, &mut session, &selection, &query, bar, &mut |row| {
        if by.has(&row) {
            ranking.add(row);
        }
        Ok(())
    })?;
    let indexes = if ranking.is_empty() { None } else { tags_wanted(context, &mut session)? };
    for (rank, row) in (1_u64..).zip(ranking.rows()) {
        output.row(Ranked { rank, listed: Flat(listed(row, indexes.as_ref())) }.row())?;
    }
    output.finish()?;
    let complete = listing.complete && indexes.is_none_or(|indexes| indexes.is_complete());
    Ok(read_code(context, is_same_server(context, &session.conn) && complete))
}
