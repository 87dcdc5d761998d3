//! Repeats of a scan, dropped.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Remembers what was seen lately, to drop the repeats that SCAN may return while a table is resized.
///
/// Its window is bounded, so repeats further apart than [`Recent::WINDOW`] items are not noticed.
#[derive(Debug)]
pub struct Recent {
    seen: HashSet<u64, BuildHasherDefault<Hashed>>,
    order: VecDeque<u64>,
    hasher: RandomState,
    overflowed: bool,
}

/// Takes a number that is a keyed hash already as it is.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            seen: HashSet::default(),
            order: VecDeque::new(),
            hasher: RandomState::new(),
            overflowed: false,
        }
    }
}

impl Recent {
    /// How many items the window holds.
    pub const WINDOW: usize = 65_536;

    /// Whether the item is new, as far as the window reaches.
    pub fn is_new(&mut self, item: &[u8]) -> bool {
        let hash = self.hasher.hash_one(item);
        if !self.seen.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > Self::WINDOW
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
            self.overflowed = true;
        }
        true
    }

    /// Whether more passed through than the window holds, so that a repeat may have gone unnoticed.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_dropped_within_the_window() {
        let mut recent = Recent::default();
        assert!(recent.is_new(b"a") && !recent.is_new(b"a"));
        (0..Recent::WINDOW).for_each(|n| assert!(recent.is_new(n.to_string().as_bytes())));
        assert!(recent.overflowed() && recent.is_new(b"a"));
    }
}
