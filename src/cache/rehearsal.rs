//! What a dry run would have done by now: later steps of a run find what the earlier ones left.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::LazyLock;

/// So many of a kind are remembered by their names.
const NAMED: usize = 100_000;
/// So many more by keyed hashes of these, of which one takes some 16 bytes. What is more than that is counted, and not recognised a
/// second time.
const HASHED: usize = 1_000_000;

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// All empty in a run that writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Rehearsal {
    /// Keys that would be out of progress.
    freed: HashSet<Vec<u8>>,
    /// Marks that would be set.
    marked: Remembered,
    /// The fields that would be gone, by their hashes.
    deleted: HashMap<Vec<u8>, HashSet<Vec<u8>>>,
    /// How many of them are remembered by their names, and the others.
    fields: usize,
    more_deleted: Hashes,
    more_touched: Hashes,
    /// Redis keys that would be gone with all that is in them.
    emptied: Remembered,
    /// Suspects as they would be noted, with the time.
    pub(super) suspects: HashMap<Vec<u8>, i64>,
}

impl Rehearsal {
    /// Marks a member; whether that is the first time.
    pub(crate) fn mark(&mut self, member: &[u8]) -> bool {
        self.marked.insert(member)
    }

    pub(crate) fn is_marked(&self, member: &[u8]) -> bool {
        self.marked.holds(member)
    }

    pub(crate) fn marked(&self) -> Vec<Vec<u8>> {
        self.marked.named.iter().cloned().collect()
    }

    /// Takes a key out of progress.
    pub(crate) fn free(&mut self, member: &[u8]) {
        if self.freed.len() < NAMED {
            self.freed.insert(member.to_vec());
        }
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
        if self.fields >= NAMED {
            self.more_touched.insert(hash);
            return self.more_deleted.insert((hash, field));
        }
        self.fields += 1;
        self.deleted.entry(hash.to_vec()).or_default().insert(field.to_vec())
    }

    pub(crate) fn is_deleted(&self, hash: &[u8], field: &[u8]) -> bool {
        self.is_emptied(hash)
            || self.deleted.get(hash).is_some_and(|fields| fields.contains(field))
            || self.more_deleted.holds((hash, field))
    }

    /// Whether any of its values would be gone.
    pub(crate) fn is_touched(&self, hash: &[u8]) -> bool {
        self.deleted.contains_key(hash) || self.more_touched.holds(hash)
    }

    /// Takes a Redis key away, with all that is in it.
    pub(crate) fn empty(&mut self, key: &[u8]) {
        self.emptied.insert(key);
    }

    pub(crate) fn is_emptied(&self, key: &[u8]) -> bool {
        self.emptied.holds(key)
    }

    /// The suspects that would have been noted.
    pub(crate) fn suspects(&self) -> Vec<Vec<u8>> {
        self.suspects.keys().cloned().collect()
    }

    pub(super) fn note(&mut self, suspect: Vec<u8>, first_ms: i64) {
        if self.suspects.len() < NAMED {
            self.suspects.insert(suspect, first_ms);
        }
    }
}

/// The first by their names, more by their hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Remembered {
    named: HashSet<Vec<u8>>,
    more: Hashes,
}

impl Remembered {
    /// Whether it is new.
    fn insert(&mut self, item: &[u8]) -> bool {
        if self.named.contains(item) {
            return false;
        }
        if self.named.len() < NAMED { self.named.insert(item.to_vec()) } else { self.more.insert(item) }
    }

    fn holds(&self, item: &[u8]) -> bool {
        self.named.contains(item) || self.more.holds(item)
    }
}

/// What is remembered by its hash alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Hashes(HashSet<u64>);

impl Hashes {
    /// Whether it is new.
    fn insert(&mut self, item: impl Hash) -> bool {
        let hash = HASHER.hash_one(item);
        if self.0.len() < HASHED { self.0.insert(hash) } else { !self.0.contains(&hash) }
    }

    fn holds(&self, item: impl Hash) -> bool {
        !self.0.is_empty() && self.0.contains(&HASHER.hash_one(item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_known_beyond_what_is_remembered_by_name() {
        let mut rehearsal = Rehearsal::default();
        let name = |n: usize| n.to_string().into_bytes();
        for _ in 0..2 {
            for n in 0..NAMED + 10 {
                let is_new = !rehearsal.is_marked(&name(n));
                assert_eq!(rehearsal.mark(&name(n)), is_new);
                assert_eq!(rehearsal.delete(&name(n), b"base"), is_new);
                assert!(rehearsal.is_marked(&name(n)) && rehearsal.is_deleted(&name(n), b"base"));
            }
        }
        assert!(!rehearsal.is_marked(b"x") && !rehearsal.is_deleted(b"1", b"x"));
        assert!(rehearsal.is_touched(&name(NAMED + 5)) && !rehearsal.is_touched(b"x"));
        for n in 0..NAMED + 10 {
            rehearsal.empty(&name(n));
        }
        assert!(rehearsal.is_emptied(&name(NAMED + 5)) && !rehearsal.is_emptied(b"x"));
        assert_eq!(rehearsal.marked().len(), NAMED);
    }
}
