//! The first of many keys, by size or the like, without holding all.

use cacheme::namespace::LogicalKey;
use cacheme::ops::KeyRow;
use std::collections::{BTreeMap, HashMap};

/// What keys are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankBy {
    Name,
    /// The largest values first.
    Bytes,
    /// The keys that expire soonest first.
    Ttl,
}

impl RankBy {
    /// The smallest comes first.
    fn value(self, row: &KeyRow) -> Option<i128> {
        match self {
            Self::Name => Some(0),
            Self::Bytes => row.size.map(|bytes| -i128::from(bytes)),
            Self::Ttl => row.ttl.map(|ttl| i128::from(ttl.expires_at)),
        }
    }

    /// Whether a row has what it is ranked by; one that has not comes last.
    pub fn has(self, row: &KeyRow) -> bool {
        self.value(row).is_some()
    }
}

/// The first of all rows, no more than a number of them.
pub struct Ranking {
    by: RankBy,
    most: u64,
    rows: BTreeMap<Rank, KeyRow>,
    /// Where each of their keys stands: SCAN may name a key twice.
    ranks: HashMap<LogicalKey, Rank>,
}

/// By what rows are ranked, the smallest first; behind that by name.
type Rank = (i128, LogicalKey);

impl Ranking {
    pub fn new(by: RankBy, most: u64) -> Self {
        Self { by, most, rows: BTreeMap::new(), ranks: HashMap::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first rows, in their order.
    pub fn rows(&self) -> impl Iterator<Item = &KeyRow> {
        self.rows.values()
    }

    /// The same, to keep.
    pub fn into_rows(self) -> impl Iterator<Item = KeyRow> {
        self.rows.into_values()
    }

    pub fn add(&mut self, row: KeyRow) {
        let rank = (self.by.value(&row).unwrap_or(i128::MAX), row.key.clone());
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

    fn ranked(by: RankBy, most: u64, rows: &[(&str, u64, Option<i64>)]) -> Vec<String> {
        let mut ranking = Ranking::new(by, most);
        rows.iter().for_each(|(key, size, at)| ranking.add(row(key, *size, *at)));
        assert_eq!(ranking.rows.len(), ranking.ranks.len());
        ranking.rows.keys().map(|(_, key)| key.to_string()).collect()
    }

    #[test]
    fn the_first_stay_and_ties_are_broken_by_name() {
        let rows =
            [("b", 5, None), ("a", 5, Some(9)), ("c", 7, Some(3)), ("d", 5, Some(3)), ("e", 1, Some(1))];
        assert_eq!(ranked(RankBy::Bytes, 3, &rows), ["c", "a", "b"]);
        assert_eq!(ranked(RankBy::Ttl, 3, &rows), ["e", "c", "d"]);
        assert_eq!(ranked(RankBy::Bytes, 10, &rows), ["c", "a", "b", "d", "e"]);
    }

    #[test]
    fn a_key_that_comes_twice_stands_once_as_it_was_last() {
        let rows = [("a", 5, None), ("b", 4, None), ("a", 3, None), ("c", 2, None)];
        assert_eq!(ranked(RankBy::Bytes, 3, &rows), ["b", "a", "c"]);
    }
}
