//! One key in full, and which indexes name it.

use super::selector::Selector;
use super::{KeyRow, Listing, Query, Read, list_keys};
use crate::cache::Session;
use crate::client::command;
use crate::client::{Control, End, Queue, Replies, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};

/// One key with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDetail {
    /// State, timeout, stored bytes.
    pub row: KeyRow,
    /// The tags whose sets hold it.
    pub tags: Vec<Vec<u8>>,
    /// The invalid keys whose sets hold it.
    pub invalid_keys: Vec<Vec<u8>>,
    /// Whether every index was asked, and nothing of another type stood in the way.
    pub complete: bool,
    /// The names of bookkeeping that should have been sets.
    pub not_sets: Vec<Vec<u8>>,
    /// The name of what should have been the hash with the value.
    pub not_hashes: Vec<Vec<u8>>,
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
pub fn show_key(session: &mut Session, key: &LogicalKey, control: &mut Control) -> Result<KeyDetail> {
    let mut found = None;
    let query = Query { read: Read::Value, ..Query::default() };
    let mut selectors = std::iter::once(Ok(Selector::Key(key.clone())));
    let Listing { complete, not_sets, not_hashes, .. } =
        list_keys(session, Some(&mut selectors), &query, control, &mut |row| {
            found = Some(row);
            Ok(())
        })?;
    let (conn, ns, _) = session.parts();
    let row = found.unwrap_or(KeyRow {
        key: key.clone(),
        state: super::KeyState::Missing,
        marked: false,
        may_be_stale: false,
        others: Vec::new(),
        ttl: None,
        size: None,
        value: None,
    });
    let mut asker = Asker { ns, member: ns.member(key), tags: vec![], invalid_keys: vec![] };
    let complete = Sweep::new(sets(ns)).run(conn, &mut asker, control)? == End::Done && complete;
    let Asker { mut tags, mut invalid_keys, .. } = asker;
    for names in [&mut tags, &mut invalid_keys] {
        names.sort();
        names.dedup();
    }
    Ok(KeyDetail { row, tags, invalid_keys, complete, not_sets, not_hashes })
}

fn sets(ns: &Namespace) -> Source {
    Source::Keyspace { pattern: ns.all_pattern(), kind: Some(RedisType::Set.name()) }
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
                pipe.push(command::SISMEMBER, &[&set, &self.member]);
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
