//! What a dry run of gc would have done to bookkeeping by now: later steps of a run find what the earlier ones left.

use std::collections::{HashMap, HashSet};

/// More suspects than this are counted, and not looked at a second time.
const REMEMBERED: usize = 100_000;

/// Keys that would be out of progress, and marks that would be set; all empty in a run that writes.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal {
    pub(crate) freed: HashSet<Vec<u8>>,
    pub(crate) marked: HashSet<Vec<u8>>,
    /// Suspects as they would be noted, with the time.
    pub(super) suspects: HashMap<Vec<u8>, i64>,
}

impl Rehearsal {
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
