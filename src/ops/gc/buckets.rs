//! TTL buckets: entries whose value is gone.

use super::Run;
use crate::namespace::{Entry, Namespace, RedisType};
use crate::store::{Group, Pipe, Source, SweptTicket};

/// Every TTL bucket.
pub(super) fn source(ns: &Namespace) -> Source {
    Source::Keyspace { pattern: ns.buckets_pattern(), kind: Some(RedisType::Zset) }
}

/// Whether a sorted set is one.
pub(super) fn is_bucket(ns: &Namespace, key: &[u8]) -> bool {
    matches!(ns.classify(key, RedisType::Zset), Entry::Bucket { .. })
}

impl Run<'_> {
    pub(super) fn remove_entries(&self, groups: &[Group], pipe: &mut Pipe) -> SweptTicket {
        self.writer.remove_entries(groups, self.clock.now_ms(), pipe)
    }
}
