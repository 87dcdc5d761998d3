//! Repeats of a scan, dropped.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Remembers what was seen lately, to drop the repeats that SCAN may return while a table is resized.
///
/// It remembers at least as many of the last items as its window is wide ([`DedupWindow::WINDOW`] unless told otherwise), and at
/// most twice as many, in two generations: the older one is forgotten when the younger is full. Repeats further apart are not
/// noticed. An item takes some 16 bytes.
#[derive(Debug)]
pub struct DedupWindow {
    young: HashSet<u64, BuildHasherDefault<Hashed>>,
    old: HashSet<u64, BuildHasherDefault<Hashed>>,
    hasher: RandomState,
    window: usize,
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

impl Default for DedupWindow {
    fn default() -> Self {
        Self::of(Self::WINDOW)
    }
}

impl DedupWindow {
    /// How many items it remembers at least, unless told otherwise.
    pub const WINDOW: usize = 25_000;

    /// One that remembers at least so many items.
    pub fn of(window: usize) -> Self {
        let (young, old) = (HashSet::default(), HashSet::default());
        Self { young, old, hasher: RandomState::new(), window, overflowed: false }
    }

    /// One that remembers everything.
    pub(crate) fn endless() -> Self {
        Self::of(usize::MAX)
    }

    /// Whether the item is new, as far as the window reaches.
    pub fn is_new(&mut self, item: &[u8]) -> bool {
        let hash = self.hasher.hash_one(item);
        if self.old.contains(&hash) || !self.young.insert(hash) {
            return false;
        }
        if self.young.len() >= self.window {
            self.overflowed |= !self.old.is_empty();
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        true
    }

    /// Whether it was seen, as far as the window reaches.
    pub fn holds(&self, item: &[u8]) -> bool {
        let hash = self.hasher.hash_one(item);
        self.old.contains(&hash) || self.young.contains(&hash)
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
        let mut recent = DedupWindow::default();
        assert!(recent.is_new(b"a") && !recent.is_new(b"a"));
        let pass = |recent: &mut DedupWindow, from: usize, to: usize| {
            (from..to).for_each(|n| assert!(recent.is_new(n.to_string().as_bytes())));
        };
        pass(&mut recent, 0, 2 * DedupWindow::WINDOW - 1);
        assert!(recent.overflowed() && recent.is_new(b"a"));
        pass(&mut recent, 2 * DedupWindow::WINDOW, 3 * DedupWindow::WINDOW - 1);
        assert!(!recent.is_new(b"a"), "it is within the window still");
    }
}
