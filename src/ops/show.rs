//! One key in full, and which indexes name it.

use super::clock::Clock;
use super::collect::collect;
use super::select::Selector;
use super::{KeyRow, Query, list_keys};
use crate::error::Result;
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};
use crate::store::{Conn, Control, End, Queue, Replies, Source, Sweep, Work};
use std::collections::{BTreeSet, HashMap};

/// One key with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDetail {
    /// State, timeout, stored bytes.
    pub row: KeyRow,
    /// The tags whose sets hold it.
    pub tags: Vec<Vec<u8>>,
    /// The invalid keys whose sets hold it.
    pub invalid_keys: Vec<Vec<u8>>,
}

impl KeyDetail {
    /// Whether nothing in Redis knows this key: no value, no index, no mark, no computation.
    pub fn is_unknown(&self) -> bool {
        use super::KeyState::Missing;
        let named = self.row.marked || self.row.ttl.is_some();
        self.row.state == Missing && !named && self.tags.is_empty() && self.invalid_keys.is_empty()
    }
}

/// Reads one key, and asks every tag and invalid set of the namespace about it.
///
/// # Errors
/// Connection errors and refusals.
pub fn show_key(
    conn: &mut Conn,
    ns: &Namespace,
    clock: Clock,
    key: &LogicalKey,
    control: &mut Control,
) -> Result<KeyDetail> {
    let mut found = None;
    let query = Query { values: true, ..Query::default() };
    let mut selectors = std::iter::once(Ok(Selector::Key(key.clone())));
    list_keys(conn, ns, clock, Some(&mut selectors), &query, control, &mut |row| {
        found = Some(row);
        Ok(())
    })?;
    let row = found.unwrap_or(KeyRow {
        key: key.clone(),
        state: super::KeyState::Missing,
        marked: false,
        ttl: None,
        value: None,
    });
    let mut asker = Asker { ns, member: ns.member(key), tags: vec![], invalid_keys: vec![] };
    Sweep::new(sets(ns)).run(conn, &mut asker, control)?;
    let Asker { mut tags, mut invalid_keys, .. } = asker;
    for names in [&mut tags, &mut invalid_keys] {
        names.sort();
        names.dedup();
    }
    Ok(KeyDetail { row, tags, invalid_keys })
}

fn sets(ns: &Namespace) -> Source {
    Source::Keyspace { pattern: ns.all_pattern(), kind: Some(RedisType::Set) }
}

/// Asks each set whether it holds a member.
struct Asker<'a> {
    ns: &'a Namespace,
    member: Vec<u8>,
    tags: Vec<Vec<u8>>,
    invalid_keys: Vec<Vec<u8>>,
}

impl Work for Asker<'_> {
    /// A set that may hold the member.
    type Question = Vec<u8>;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Vec<u8>>) -> Result<()> {
        for set in items {
            queue.ask(|pipe| {
                pipe.push("SISMEMBER", &[&set, &self.member]);
                set
            });
        }
        Ok(())
    }

    fn answer(&mut self, set: Vec<u8>, replies: &mut Replies, _next: &mut Queue<Vec<u8>>) -> Result<()> {
        let reply = replies.one()?;
        if reply.is_wrong_type() || reply.int()? == 0 {
            return Ok(());
        }
        match self.ns.classify(&set, RedisType::Set) {
            Entry::Tag { name } => self.tags.push(name.to_vec()),
            Entry::InvalidKey { name } => self.invalid_keys.push(name.to_vec()),
            _ => {}
        }
        Ok(())
    }
}

/// Every tag and invalid key of every member, held in memory: for a dump that carries the indexes.
#[derive(Debug, Default)]
pub struct Indexes {
    tags: Names,
    invalid_keys: Names,
    /// Members of more than two segments, by what the library cuts them to.
    cut: HashMap<Vec<u8>, BTreeSet<Vec<u8>>>,
    /// Whether every set was walked to its end.
    pub complete: bool,
}

#[derive(Debug, Default)]
struct Names {
    names: Vec<Vec<u8>>,
    of: HashMap<Vec<u8>, Vec<u32>>,
}

impl Names {
    fn get(&self, member: &[u8]) -> Vec<&[u8]> {
        let ids = self.of.get(member).map(Vec::as_slice).unwrap_or_default();
        let mut names: Vec<_> =
            ids.iter().filter_map(|id| self.names.get(*id as usize)).map(Vec::as_slice).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Indexes {
    /// The tags of a key.
    pub fn tags(&self, ns: &Namespace, key: &LogicalKey) -> Vec<&[u8]> {
        self.tags.get(&ns.member(key))
    }

    /// The longer keys (`a>b>c`) that share a key's value, and that the indexes name whole.
    pub fn cut_keys(&self, ns: &Namespace, key: &LogicalKey) -> Vec<LogicalKey> {
        let cut = self.cut.get(&ns.bucket_member(key)).into_iter().flatten();
        cut.filter_map(|member| ns.key_of_member(member)).filter(|whole| whole != key).collect()
    }

    /// The invalid keys of a key.
    pub fn invalid_keys(&self, ns: &Namespace, key: &LogicalKey) -> Vec<&[u8]> {
        self.invalid_keys.get(&ns.member(key))
    }
}

/// Reads all tag and invalid sets into memory.
///
/// # Errors
/// Connection errors and refusals.
pub fn read_indexes(conn: &mut Conn, ns: &Namespace, control: &mut Control) -> Result<Indexes> {
    let mut indexes = Indexes { complete: true, ..Indexes::default() };
    let (names, end) = collect(conn, sets(ns), control)?;
    indexes.complete &= end == End::Done;
    for set in names {
        let (index, name) = match ns.classify(&set, RedisType::Set) {
            Entry::Tag { name } => (&mut indexes.tags, name),
            Entry::InvalidKey { name } => (&mut indexes.invalid_keys, name),
            _ => continue,
        };
        let id = u32::try_from(index.names.len()).unwrap_or(u32::MAX);
        index.names.push(name.to_vec());
        let (members, end) = collect(conn, Source::set(set.clone()), control)?;
        indexes.complete &= end == End::Done;
        for member in members {
            if let Some(key) = ns.key_of_member(&member).filter(LogicalKey::is_cut) {
                indexes.cut.entry(ns.bucket_member(&key)).or_default().insert(member.clone());
            }
            index.of.entry(member).or_default().push(id);
        }
    }
    Ok(indexes)
}
