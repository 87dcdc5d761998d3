//! Keys of this crate's own, under `P` + `meta:` in both generations: never values, tags or matches of a pattern.

use super::names::Namespace;
use super::names::RESERVED;

impl Namespace {
    /// Leases of marks taken by workers of this crate (sorted set, score in epoch milliseconds).
    pub fn leases(&self) -> Vec<u8> {
        match &self.leases_tag {
            Some(tag) => self.named(&[b"meta:leases:{", tag, b"}"]),
            None => self.named(&[b"meta:leases"]),
        }
    }

    /// Whether it is that of a cluster over whose slots its keys lie.
    pub(crate) fn is_cross_slot(&self) -> bool {
        self.leases_tag.is_some()
    }

    /// Which claim of a key may store, in the slot of this hash tag (string: the lease; expires by itself).
    pub(crate) fn fence_at(&self, tag: &[u8], member: &[u8]) -> Vec<u8> {
        self.named(&[b"meta:fence:{", tag, b"}:", member])
    }

    /// Counters of hits and misses since they were last reset (hash).
    pub fn stats(&self) -> Vec<u8> {
        self.named(&[b"meta:stats"])
    }

    /// Counters of one hour (hash, with an expiry): the hour is epoch seconds / 3600.
    pub fn stats_hour(&self, hour: u64) -> Vec<u8> {
        self.named(&[b"meta:stats:", hour.to_string().as_bytes()])
    }

    /// For how many seconds the counters of hours are kept (hash, field `seconds`); not there where nobody chose.
    pub fn stats_kept(&self) -> Vec<u8> {
        self.named(&[b"meta:stats:keep"])
    }

    /// Who changed what through the command line (stream, capped).
    pub fn log(&self) -> Vec<u8> {
        self.named(&[b"meta:log"])
    }

    /// With what timeouts Rust workers store, by tag (hash).
    pub(crate) fn timeouts(&self) -> Vec<u8> {
        self.named(&[b"meta:timeouts"])
    }

    /// One sweep at a time (string: who holds it; expires by itself).
    pub fn lock(&self) -> Vec<u8> {
        self.named(&[b"meta:lock"])
    }

    /// Where a sweep stopped (hash).
    pub fn cursor(&self) -> Vec<u8> {
        self.named(&[b"meta:cursor"])
    }

    /// Computations and marks that looked abandoned (sorted set, score = when that was seen first, in true epoch
    /// milliseconds). Members: `progress:` or `mark:`, then the key with its prefix.
    pub fn suspects(&self) -> Vec<u8> {
        self.named(&[b"meta:suspects"])
    }

    /// What was removed and is to be looked at once more (list of MessagePack records, oldest first). Without it,
    /// what a killed run removed too early would stay removed.
    pub fn removed(&self) -> Vec<u8> {
        self.named(&[b"meta:removed"])
    }

    /// Every key of this crate's own with its Redis type, but for the counters of hours and the lock.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = (Vec<u8>, &'static str)> {
        let keys = RESERVED.into_iter().filter(|(name, _)| *name != b"meta:lock");
        keys.map(|(name, kind)| (self.named(&[name]), kind))
    }
}
