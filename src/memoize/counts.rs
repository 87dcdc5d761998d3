//! What calls came to, counted as they end.

use crate::cache::{Event, TagCounters};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What the calls of one function or tag came to, in this process. A call that returns a value is a hit, a wait, a miss or
/// a refresh. Not counted are callers that were told by `skip` to pass the cache by, and calls that would wait for a call
/// which waits for them: these compute without the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Calls that were served the value that was there.
    pub hits: u64,
    /// Those of the hits that found the value marked or expired, and another at it already. Whoever comes between the
    /// taking of a mark and the new value cannot tell in one round trip that the value is old, and is not among them.
    pub stale: u64,
    /// Calls that were served what another computed meanwhile, in this process or elsewhere.
    pub waits: u64,
    /// Calls that ran the function since there was no value.
    pub misses: u64,
    /// Calls that ran the function since the value was marked or expired.
    pub refreshes: u64,
    /// Intervals spent waiting for another worker.
    pub retries: u64,
    /// Failures of Redis, and results that could not be stored.
    pub errors: u64,
    /// Runs of the function that failed or panicked (or, with async, were cancelled).
    pub failed: u64,
    /// Time spent in runs of the function that came back well.
    pub compute_time: Duration,
}

impl Counts {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            stale: self.stale + other.stale,
            waits: self.waits + other.waits,
            misses: self.misses + other.misses,
            refreshes: self.refreshes + other.refreshes,
            retries: self.retries + other.retries,
            errors: self.errors + other.errors,
            failed: self.failed + other.failed,
            compute_time: self.compute_time + other.compute_time,
        }
    }
}

/// The counters behind [`Counts`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Those that may be recorded in Redis.
    pub(crate) recorded: TagCounters,
    retries: AtomicU64,
    /// Both are errors in Redis.
    errors: AtomicU64,
    failed: AtomicU64,
}

impl Counters {
    pub(crate) fn record(&self, event: Event) {
        self.recorded.record(event);
    }

    /// The call waited one interval for another worker.
    pub(crate) fn record_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    /// Redis was away or refused, or a result could not be stored.
    pub(crate) fn record_error(&self) {
        self.errors.fetch_add(1, Relaxed);
        self.record(Event::Error);
    }

    /// The function failed or panicked.
    pub(crate) fn record_failure(&self) {
        self.failed.fetch_add(1, Relaxed);
        self.record(Event::Error);
    }

    pub(crate) fn read(&self) -> Counts {
        let recorded = self.recorded.counts();
        Counts {
            hits: recorded.hits,
            stale: recorded.stale,
            waits: recorded.waits,
            misses: recorded.misses,
            refreshes: recorded.refreshes,
            retries: self.retries.load(Relaxed),
            errors: self.errors.load(Relaxed),
            failed: self.failed.load(Relaxed),
            compute_time: Duration::from_micros(recorded.compute_us),
        }
    }
}
