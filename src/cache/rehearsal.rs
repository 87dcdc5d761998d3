//! What a dry run would have done by now: later steps of a run find what the earlier ones left.

use std::collections::{HashMap, HashSet};

/// More of a kind is counted, and not recognised a second time.
const REMEMBERED: usize = 100_000;

/// All empty in a run that writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Rehearsal {
    /// Keys that would be out of progress.
    freed: HashSet<Vec<u8>>,
    /// Marks that would be set.
    marked: HashSet<Vec<u8>>,
    /// The fields that would be gone, by their hashes.
    deleted: HashMap<Vec<u8>, HashSet<Vec<u8>>>,
    /// How many of them are remembered.
    fields: usize,
    /// Redis keys that would be gone with all that is in them.
    emptied: HashSet<Vec<u8>>,
    /// Suspects as they would be noted, with the time.
    pub(super) suspects: HashMap<Vec<u8>, i64>,
}

impl Rehearsal {
    /// Marks a member; whether that is the first time.
    pub(crate) fn mark(&mut self, member: &[u8]) -> bool {
        remember(&mut self.marked, member.to_vec())
    }

    pub(crate) fn is_marked(&self, member: &[u8]) -> bool {
        self.marked.contains(member)
    }

    pub(crate) fn marked(&self) -> Vec<Vec<u8>> {
        self.marked.iter().cloned().collect()
    }

    /// Takes a key out of progress.
    pub(crate) fn free(&mut self, member: &[u8]) {
        remember(&mut self.freed, member.to_vec());
    }

    pub(crate) fn freed(&self) -> impl Iterator<Item = &[u8]> {
        self.freed.iter().map(Vec::as_slice)
    }

    pub(crate) fn is_free(&self, member: &[u8]) -> bool {
        self.freed.contains(member)
    }

    /// Deletes a value; whether that is the first time.
    pub(crate) fn delete(&mut self, hash: &[u8], field: &[u8]) -> bool {
        if self.is_deleted(hash, field) {
            return false;
        }
        if self.fields < REMEMBERED {
            self.fields += 1;
            self.deleted.entry(hash.to_vec()).or_default().insert(field.to_vec());
        }
        true
    }

    pub(crate) fn is_deleted(&self, hash: &[u8], field: &[u8]) -> bool {
        self.is_emptied(hash) || self.deleted.get(hash).is_some_and(|fields| fields.contains(field))
    }

    /// Whether any of its values would be gone.
    pub(crate) fn is_touched(&self, hash: &[u8]) -> bool {
        self.deleted.contains_key(hash)
    }

    /// Takes a Redis key away, with all that is in it.
    pub(crate) fn empty(&mut self, key: &[u8]) {
        remember(&mut self.emptied, key.to_vec());
    }

    pub(crate) fn is_emptied(&self, key: &[u8]) -> bool {
        self.emptied.contains(key)
    }

    /// The suspects that would have been noted.
    pub(crate) fn suspects(&self) -> Vec<Vec<u8>> {
        self.suspects.keys().cloned().collect()
    }

    pub(super) fn note(&mut self, suspect: Vec<u8>, first_ms: i64) {
        if self.suspects.len() < REMEMBERED {
            self.suspects.insert(suspect, first_ms);
        }
    }
}

fn remember(set: &mut HashSet<Vec<u8>>, item: Vec<u8>) -> bool {
    if set.len() < REMEMBERED { set.insert(item) } else { !set.contains(&item) }
}
