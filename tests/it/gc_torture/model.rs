//! The keys of the torture, what must be true of them, and what the library itself may lose.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

/// Which generation a key's application is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    Classic,
    Meta,
}

impl Generation {
    pub(super) fn deleted(self) -> &'static str {
        match self {
            Self::Classic => "CM:delete",
            Self::Meta => "CM:meta:deleted",
        }
    }

    /// The first of its keys.
    pub(super) fn first(self) -> usize {
        if self == Self::Meta { KEYS } else { 0 }
    }
}

/// Keys of each generation, and what they are computed from.
pub(super) const KEYS: usize = 600;
/// The first of them are asked for as often as all others.
pub(super) const HOT: usize = 60;
pub(super) const SOURCES: usize = 12;

/// One key, with what is known of it beside Redis.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) generation: Generation,
    pub(super) member: String,
    pub(super) hash: String,
    pub(super) field: &'static str,
    pub(super) bucket: Option<String>,
    pub(super) tag: &'static str,
    pub(super) index: String,
    pub(super) source: usize,
    /// Writers between the begin of their computation and their last command.
    pub(super) writing: AtomicU64,
    pub(super) written: AtomicU64,
    /// The newest version anybody computed.
    pub(super) newest: AtomicU64,
    /// The version up to which the library lost an invalidation by itself.
    pub(super) excused: AtomicU64,
    /// A writer died after it stored the value and before it named it in the index.
    pub(super) unindexed: AtomicBool,
}

/// All keys, and the versions of what they are computed from.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) keys: Vec<Key>,
    versions: Vec<AtomicU64>,
    pub(super) stop: AtomicBool,
    pub(super) reads: AtomicU64,
    pub(super) writes: AtomicU64,
    pub(super) invalidations: AtomicU64,
    pub(super) deletions: AtomicU64,
    pub(super) crashes: AtomicU64,
    /// Calls of Rust workers, and their processes that were killed.
    pub(super) rust: AtomicU64,
    pub(super) killed: AtomicU64,
    /// Keys that were invalidated while somebody computed them.
    pub(super) overtaken: AtomicU64,
    /// Keys that were written once.
    pub(super) refreshed: AtomicU64,
}

impl Model {
    pub(super) fn new() -> Self {
        let count = || AtomicU64::new(0);
        let mut keys = Vec::new();
        for generation in [Generation::Classic, Generation::Meta] {
            let (letter, tag) = match generation {
                Generation::Classic => ("c", "CM:classic_tag"),
                Generation::Meta => ("m", "CM:meta_tag"),
            };
            for n in 0..KEYS {
                let hash = format!("CM:{letter}:{n}");
                let (ending, field) = match n % 6 {
                    0 => (">f>third", "f"),
                    1 | 2 => ("", "base"),
                    _ => (">f", "f"),
                };
                // A key that is cut never expires by itself: it has no timeout here.
                let bucket = (n % 4 == 1 || n % 4 == 3).then(|| format!("CM:Meta:Expire-Buckets::{hash}"));
                let source = (n % SOURCES) + if generation == Generation::Meta { SOURCES } else { 0 };
                keys.push(Key {
                    generation,
                    member: format!("{hash}{ending}"),
                    field,
                    bucket: bucket.filter(|_| ending != ">f>third"),
                    tag,
                    index: format!("CM:I{source}:invalid"),
                    source,
                    writing: count(),
                    written: count(),
                    newest: count(),
                    excused: count(),
                    unindexed: AtomicBool::new(false),
                    hash,
                });
            }
        }
        Self {
            keys,
            versions: (0..2 * SOURCES).map(|_| AtomicU64::new(1)).collect(),
            stop: AtomicBool::new(false),
            reads: count(),
            writes: count(),
            invalidations: count(),
            deletions: count(),
            crashes: count(),
            rust: count(),
            killed: count(),
            overtaken: count(),
            refreshed: count(),
        }
    }

    pub(super) fn stopped(&self) -> bool {
        self.stop.load(SeqCst)
    }

    pub(super) fn version(&self, source: usize) -> u64 {
        self.versions[source].load(SeqCst)
    }

    pub(super) fn bump(&self, source: usize) -> u64 {
        self.versions[source].fetch_add(1, SeqCst) + 1
    }

    /// A worker of the library stored a version. Where it is not the newest, it wrote over the result of an invalidation
    /// that came meanwhile.
    pub(super) fn stored(&self, key: &Key, version: u64) {
        self.writes.fetch_add(1, SeqCst);
        let newest = key.newest.load(SeqCst);
        if version < newest {
            key.excused.fetch_max(newest, SeqCst);
        }
    }

    /// The library lost whatever invalidation there was of this key up to now.
    pub(super) fn excuse(&self, key: &Key) {
        key.excused.fetch_max(self.version(key.source), SeqCst);
    }
}

/// Numbers that are random enough.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}
