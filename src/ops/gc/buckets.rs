//! TTL buckets: entries whose value is gone.

use super::Run;
use crate::cache::{Group, PendingGcReply};
use crate::client::{Pipe, Source};
use crate::namespace::{Entry, Namespace, RedisType};

/// Every TTL bucket.
pub(super) fn source(ns: &Namespace) -> Source {
    Source::Keyspace { pattern: ns.buckets_pattern(), kind: Some(RedisType::Zset.name()) }
}

/// Whether a sorted set is one.
pub(super) fn is_bucket(ns: &Namespace, key: &[u8]) -> bool {
    matches!(ns.classify(key, RedisType::Zset), Entry::Bucket { .. })
}

impl Run<'_> {
    pub(super) fn remove_entries(&self, groups: &[Group], pipe: &mut Pipe) -> PendingGcReply {
        self.writer.remove_entries(groups, self.clock.now_ms(), pipe)
    }
}
