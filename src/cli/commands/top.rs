//! `keys top`.

use crate::cli::args::{TopArgs, TopBy};
use crate::cli::commands::is_same_server;
use crate::cli::commands::key_columns::TOP;
use crate::cli::commands::keys::{cells, each_key, fields, tags_wanted};
use crate::cli::commands::read_code;
use crate::cli::commands::selection::Selection;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Output, Shape};
use cacheme::namespace::LogicalKey;
use cacheme::ops::{InnerSearch, KeyRow, Query, Read};
use std::collections::{BTreeMap, HashMap};

pub fn top(context: &Context, args: &TopArgs) -> Result<Code, Failure> {
    let selection = Selection::new(context, &args.selectors, &args.narrowing)?;
    let format = context.format(None);
    let mut output = Output::new(format, &TOP, &fields(context, format, &TOP), Shape::Rows)?;
    selection.check()?;
    let mut session = context.session()?;
    if selection.walks() {
        context.exclude_inner(&mut session, InnerSearch::Sample)?;
    }
    context.catch_signals()?;
    let asks_size = args.by == TopBy::Bytes || context.shows("size_bytes");
    let read = if asks_size { Read::Size } else { Read::Presence };
    let query = Query { filter: selection.filter().clone(), read, ..Query::default() };
    let mut ranking = Ranking::new(args.by, args.number);
    // Nothing is written before the end.
    let bar = Some("ranking");
    let listing = each_key(context, &mut session, &selection, &query, bar, &mut |row| {
        ranking.add(row);
        Ok(())
    })?;
    let indexes = if ranking.rows.is_empty() { None } else { tags_wanted(context, &mut session)? };
    for (rank, row) in (1_u64..).zip(ranking.rows.values()) {
        let mut row = cells(row, indexes.as_ref());
        row.insert(0, ("rank", rank.into()));
        output.row(row)?;
    }
    output.finish()?;
    let complete = listing.complete && indexes.is_none_or(|indexes| indexes.is_complete());
    Ok(read_code(context, is_same_server(context, &session.conn) && complete))
}

/// The first of all rows, no more than a number of them.
struct Ranking {
    by: TopBy,
    most: u64,
    rows: BTreeMap<Rank, KeyRow>,
    /// Where each of their keys stands: SCAN may name a key twice.
    ranks: HashMap<LogicalKey, Rank>,
}

/// By what rows are ranked, the smallest first; behind that by name.
type Rank = (i128, LogicalKey);

impl Ranking {
    fn new(by: TopBy, most: u64) -> Self {
        Self { by, most, rows: BTreeMap::new(), ranks: HashMap::new() }
    }

    fn add(&mut self, row: KeyRow) {
        let value = match self.by {
            TopBy::Bytes => row.size.map(|bytes| -i128::from(bytes)),
            TopBy::Ttl => row.ttl.map(|ttl| i128::from(ttl.expires_at)),
        };
        let Some(value) = value else { return };
        let rank = (value, row.key.clone());
        // What was seen last is what it is now.
        if let Some(before) = self.ranks.remove(&row.key) {
            self.rows.remove(&before);
        }
        let is_full = self.rows.len() as u64 >= self.most;
        if is_full && self.rows.last_key_value().is_none_or(|(last, _)| rank > *last) {
            return;
        }
        self.ranks.insert(row.key.clone(), rank.clone());
        self.rows.insert(rank, row);
        if is_full && let Some(((_, key), _)) = self.rows.pop_last() {
            self.ranks.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cacheme::ops::{KeyState, Ttl};

    fn row(key: &str, size: u64, expires_at: Option<i64>) -> KeyRow {
        KeyRow {
            key: key.into(),
            state: KeyState::Live,
            marked: false,
            may_be_stale: false,
            others: Vec::new(),
            ttl: expires_at.map(|expires_at| Ttl { seconds: 0, expires_at }),
            size: Some(size),
            value: None,
        }
    }

    fn ranked(by: TopBy, most: u64, rows: &[(&str, u64, Option<i64>)]) -> Vec<String> {
        let mut ranking = Ranking::new(by, most);
        rows.iter().for_each(|(key, size, at)| ranking.add(row(key, *size, *at)));
        assert_eq!(ranking.rows.len(), ranking.ranks.len());
        ranking.rows.keys().map(|(_, key)| key.to_string()).collect()
    }

    #[test]
    fn the_first_stay_and_ties_are_broken_by_name() {
        let rows =
            [("b", 5, None), ("a", 5, Some(9)), ("c", 7, Some(3)), ("d", 5, Some(3)), ("e", 1, Some(1))];
        assert_eq!(ranked(TopBy::Bytes, 3, &rows), ["c", "a", "b"]);
        assert_eq!(ranked(TopBy::Ttl, 3, &rows), ["e", "c", "d"]);
        assert_eq!(ranked(TopBy::Bytes, 10, &rows), ["c", "a", "b", "d", "e"]);
    }

    #[test]
    fn a_key_that_comes_twice_stands_once_as_it_was_last() {
        let rows = [("a", 5, None), ("b", 4, None), ("a", 3, None), ("c", 2, None)];
        assert_eq!(ranked(TopBy::Bytes, 3, &rows), ["b", "a", "c"]);
    }
}
