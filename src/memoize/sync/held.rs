//! What a thread's call holds on the server, and the steps of a call of many that reach it, in one round trip each.

use crate::client::{Pipe, Replies};
use crate::error::Result;
use crate::memoize::core::Core;
use crate::memoize::owed::Debts;
use crate::memoize::protocol::{
    Claim, ClaimReply, ClaimRequest, Entry, Lease, Look, Names, Protocol, Queue, Read, StoreOutcome,
};

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

/// Reads, and gives back what is owed in front of it.
pub(super) fn read_many(core: &Core, asked: &[(&Names, Look)]) -> Vec<Result<Read>> {
    if core.is_in_memory() {
        return asked.iter().map(|(names, look)| core.read(names, *look)).collect();
    }
    core.ask_many(
        asked.len(),
        &mut core.owed.take(),
        |protocol, pipe| asked.iter().for_each(|(names, look)| protocol.read(names, *look, pipe)),
        |protocol, replies| protocol.take_reads(asked.iter().map(|(_, look)| *look), replies),
    )
}

pub(super) fn claim_many(core: &Core, wants: &[(&Names, ClaimRequest)]) -> Vec<Result<ClaimReply>> {
    if core.is_in_memory() {
        return wants.iter().map(|(names, want)| core.claim(names, want)).collect();
    }
    core.ask_many(
        wants.len(),
        &mut core.owed.take(),
        |protocol, pipe| wants.iter().for_each(|(names, want)| protocol.claim(names, want, pipe)),
        |protocol, replies| wants.iter().map(|(_, want)| protocol.take_claim(want.claim, replies)).collect(),
    )
}

pub(super) fn store_many(core: &Core, entries: &mut [(&mut Held<'_>, Entry)]) -> Vec<Result<StoreOutcome>> {
    if core.is_in_memory() {
        return entries.iter_mut().map(|(held, entry)| held.store(entry)).collect();
    }
    let queue = |protocol: &Protocol, pipe: &mut Queue<Pipe>| {
        entries.iter().for_each(|(held, entry)| protocol.store(&held.names, &held.lease, entry, pipe));
    };
    let take = |protocol: &Protocol, replies: &mut Replies| {
        entries.iter().map(|_| protocol.take_store(replies)).collect()
    };
    let kept = core.ask_many(entries.len(), &mut Debts::default(), queue, take);
    for ((held, _), kept) in entries.iter_mut().zip(&kept) {
        held.ours &= kept.is_err();
    }
    kept
}
