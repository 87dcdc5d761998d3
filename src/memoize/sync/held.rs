//! What a thread's call holds on the server, and the steps of a call of many that reach it, in one round trip each.

use crate::error::Result;
use crate::memoize::core::Core;
use crate::memoize::protocol::{Claim, ClaimReply, Entry, Lease, Names, StoreOutcome};

/// A claim on the server, given back when dropped: by an error, by a panic of the function or of a callback.
pub(super) struct Held<'a> {
    core: &'a Core,
    names: Names,
    lease: Lease,
    /// Whether it is ours to give back, and not the lease of another whom we joined.
    ours: bool,
}

impl<'a> Held<'a> {
    /// What a claim came to hold.
    pub(super) fn of(
        core: &'a Core,
        names: &Names,
        claim: Claim,
        grant: &Result<ClaimReply>,
    ) -> Option<Self> {
        claim.lease(grant).map(|(lease, ours)| Self { core, names: names.clone(), lease, ours })
    }

    pub(super) fn store(&mut self, entry: &Entry) -> Result<StoreOutcome> {
        let kept = self.core.store(&self.names, &self.lease, entry);
        self.ours &= kept.is_err();
        kept
    }

    /// Whether it was ours and still stood.
    pub(super) fn give_back(&mut self) -> bool {
        give_back_many(self.core, [self])
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Gives back those that are ours. Whether there were any, and all still stood.
pub(super) fn give_back_many<'h, 'a: 'h>(
    core: &Core,
    held: impl IntoIterator<Item = &'h mut Held<'a>>,
) -> bool {
    let ours = held.into_iter().filter_map(|held| std::mem::take(&mut held.ours).then_some(held));
    let numbers: Vec<u64> =
        ours.map(|held| core.owed.owe(held.names.clone(), held.lease.clone(), None)).collect();
    if numbers.is_empty() {
        return false;
    }
    let given = core.give_back(core.owed.take_these(&numbers)).inspect_err(|error| core.report(error));
    given.unwrap_or(false)
}

pub(super) fn store_many(core: &Core, entries: &mut [(&mut Held<'_>, Entry)]) -> Vec<Result<StoreOutcome>> {
    let all: Vec<_> = entries.iter().map(|(held, entry)| (&held.names, &held.lease, entry)).collect();
    let kept = core.store_many(&all);
    for ((held, _), kept) in entries.iter_mut().zip(&kept) {
        held.ours &= kept.is_err();
    }
    kept
}
