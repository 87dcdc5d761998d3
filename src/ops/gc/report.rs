//! What a run did, or would do.

use crate::cache::{LockOutcome, Swept};

/// What was done to entries of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GcPart {
    /// Entries that were looked at.
    pub scanned: u64,
    /// Entries that were removed.
    pub removed: u64,
    /// Entries that were put back: index members, and in a cluster entries of TTL buckets, whose value appeared right after
    /// their removal; marks of run-out leases; marks that a worker took with it when it got stuck.
    pub restored: u64,
    /// Bytes given back, estimated from the lengths of names and what Redis 7 was measured to spend on an entry beside them.
    pub bytes: u64,
}

/// What a run did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GcReport {
    /// Members of tags.
    pub tags: GcPart,
    /// Members of invalid sets.
    pub invalid_keys: GcPart,
    /// Entries of TTL buckets.
    pub expiry: GcPart,
    /// Marks.
    pub pending: GcPart,
    /// Keys in progress.
    pub progress: GcPart,
    /// Marks and keys in progress that wait for a second look, whichever run had the first.
    pub suspects: u64,
    /// Marks and keys in progress that could not be noted for a second look, as the server is at maxmemory.
    pub unnoted: u64,
    /// Bookkeeping in use that should have been sets and is something else: nothing in it was looked at.
    pub not_sets: Vec<Vec<u8>>,
    /// Whether the run went on where an earlier one had stopped.
    pub resumed: bool,
    /// Whether what was noted of an earlier run's end was no position, so that the run began at the front.
    pub position_dropped: bool,
    /// Whether the runs that this one goes on from left something alone that was meant; their reports say what.
    pub skipped_before: bool,
    /// Whether everything was reached, by this run and the ones it goes on from, and is where a failover does not undo
    /// it.
    pub complete: bool,
    /// How many replicas confirmed that they have it, in a cluster of the primary with the fewest that has any; none where
    /// there are none, or none was waited for.
    pub replicated: Option<u64>,
    /// What became of the lock. Where it was not to be had, nothing was done.
    pub lock: LockOutcome,
}

/// What an entry of a set takes beside its name: dictEntry, its share of the table, header and rounding of the name.
const SET_ENTRY: u64 = 42;
/// The same in a sorted set, with the node of the skip list.
const ZSET_ENTRY: u64 = 90;

impl GcPart {
    pub(super) fn count(&mut self, swept: Swept) {
        self.count_by(swept, SET_ENTRY);
    }

    pub(super) fn count_sorted(&mut self, swept: Swept) {
        self.count_by(swept, ZSET_ENTRY);
    }

    fn count_by(&mut self, swept: Swept, beside: u64) {
        self.removed += swept.removed;
        self.restored += swept.restored;
        self.bytes += swept.name_bytes + swept.removed * beside;
    }
}

impl GcReport {
    /// Whether anything was changed, or would be.
    pub fn changes(&self) -> bool {
        [self.tags, self.invalid_keys, self.expiry, self.pending, self.progress]
            .iter()
            .any(|part| part.removed + part.restored > 0)
    }
}
