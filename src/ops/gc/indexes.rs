//! Tag and invalid sets: which of the sets under the prefix they are, and how their dead members go.

use super::Run;
use crate::cache::{Group, Index, PendingGcReply};
use crate::client::{Pipe, Source};
use crate::namespace::{Entry, Namespace, RedisType};

/// Every set under the prefix.
pub(super) fn source(ns: &Namespace) -> Source {
    Source::Keyspace { pattern: ns.all_pattern(), kind: Some(RedisType::Set.name()) }
}

/// Which index a set is.
pub(super) fn index(ns: &Namespace, key: &[u8]) -> Option<Index> {
    match ns.classify(key, RedisType::Set) {
        Entry::Tag { .. } => Some(Index::Tag),
        Entry::InvalidKey { .. } => Some(Index::Invalid),
        _ => None,
    }
}

impl Run<'_> {
    pub(super) fn remove_members(&self, index: Index, groups: &[Group], pipe: &mut Pipe) -> PendingGcReply {
        self.writer.remove_members(index, groups, self.clock.now_ms(), pipe)
    }
}
