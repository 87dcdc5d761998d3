//! What a dry run would have done by now: later steps of a run find what the earlier ones left.

use std::collections::{HashMap, HashSet};

/// More of a kind is counted, and not recognised a second time.
const REMEMBERED: usize = 100_000;

/// All empty in a run that writes.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal {
    /// Keys that would be out of progress.
    freed: HashSet<Vec<u8>>,
    /// Marks that would be set.
    marked: HashSet<Vec<u8>>,
    /// Values that would be gone: hash, `>`, field.
    deleted: HashSet<Vec<u8>>,
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
        remember(&mut self.deleted, value(hash, field))
    }

    pub(crate) fn is_deleted(&self, hash: &[u8], field: &[u8]) -> bool {
        !self.deleted.is_empty() && self.deleted.contains(&value(hash, field))
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

fn value(hash: &[u8], field: &[u8]) -> Vec<u8> {
    [hash, b">", field].concat()
}

fn remember(set: &mut HashSet<Vec<u8>>, item: Vec<u8>) -> bool {
    if set.len() < REMEMBERED { set.insert(item) } else { !set.contains(&item) }
}
