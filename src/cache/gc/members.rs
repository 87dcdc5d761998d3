//! What gc asks the server about members, and what becomes of them.

use crate::client::command;
use crate::client::{Pipe, Replies, Reply};
use crate::error::Result;
use crate::namespace::Namespace;

/// What became of entries that were asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Swept {
    /// Entries that are gone.
    pub(crate) removed: u64,
    /// Bytes of their names.
    pub(crate) name_bytes: u64,
    /// Entries that were seen to be suspect for the first time.
    pub(crate) suspects: u64,
    /// Entries of which that could not be noted: the server has no room.
    pub(crate) unnoted: u64,
    /// Keys that were newly marked, since an invalidation may have been lost with their worker.
    pub(crate) restored: u64,
}

/// What a second look at removed entries found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rechecked {
    /// Members that went back into their tags.
    pub(crate) tags: u64,
    /// Members that went back into their invalid sets.
    pub(crate) invalid_keys: u64,
    /// Marks that were put back.
    pub(crate) marks: u64,
    /// Entries that went back into their TTL buckets.
    pub(crate) entries: u64,
    /// Records that are left.
    pub(crate) left: u64,
    /// When the oldest of them was removed, in true epoch milliseconds; 0 where none is left.
    pub(crate) oldest_ms: i64,
}

/// Asks whether a member has a value; [`has_value`] reads it.
pub(super) fn ask_value(ns: &Namespace, member: &[u8], pipe: &mut Pipe) {
    let (hash, field) = ns.location(member).unwrap_or((member, member));
    pipe.push(command::HEXISTS, &[hash, field]);
}

/// Asks each progress set for a member, and then for the one that its value is known by where that is another;
/// [`is_in`] reads it. Tells how many answers that gives.
pub(super) fn ask_computing(ns: &Namespace, member: &[u8], pipe: &mut Pipe) -> usize {
    let before = pipe.len();
    for name in [member].into_iter().chain(ns.value_name(member)) {
        ns.progress_sets().iter().for_each(|set| pipe.push(command::SISMEMBER, &[set, name]));
    }
    pipe.len() - before
}

pub(super) fn has_value(reply: Reply) -> Result<bool> {
    Ok(reply.is_wrong_type() || reply.int()? != 0)
}

pub(super) fn is_in(sets: usize, replies: &mut Replies) -> Result<bool> {
    let mut found = false;
    for _ in 0..sets {
        let reply = replies.one()?;
        found |= !reply.is_wrong_type() && reply.int()? != 0;
    }
    Ok(found)
}
