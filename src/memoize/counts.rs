//! What calls came to, counted as they end.

use crate::cache::{Event as Recorded, TagCounters};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What happened in a call. Whatever keeps statistics is fed from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The value that was there was served.
    Hit,
    /// That value was marked or expired, and another is at it.
    Stale,
    /// The value of another, who was computing it, was served.
    Wait,
    /// The function ran since no value was there.
    Miss,
    /// The function ran since the value was marked or expired.
    Refresh,
    /// The call waited one interval for another worker.
    Retry,
    /// Redis was away or refused, or a result could not be stored.
    Error,
    /// The function came back, after this long.
    Computed(Duration),
    /// The function failed or panicked.
    Failed,
}

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

/// The counters behind [`Counts`], and those of the tag that are recorded in Redis.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: AtomicU64,
    stale: AtomicU64,
    waits: AtomicU64,
    misses: AtomicU64,
    refreshes: AtomicU64,
    retries: AtomicU64,
    errors: AtomicU64,
    failed: AtomicU64,
    compute_micros: AtomicU64,
    recorded: TagCounters,
}

impl Counters {
    pub(crate) fn new(recorded: TagCounters) -> Self {
        Self { recorded, ..Self::default() }
    }

    pub(crate) fn record(&self, event: Event) {
        let (counter, by, recorded) = match event {
            Event::Hit => (&self.hits, 1, Some(Recorded::Hit)),
            Event::Stale => (&self.stale, 1, Some(Recorded::Stale)),
            Event::Wait => (&self.waits, 1, Some(Recorded::Wait)),
            Event::Miss => (&self.misses, 1, Some(Recorded::Miss)),
            Event::Refresh => (&self.refreshes, 1, Some(Recorded::Refresh)),
            Event::Retry => (&self.retries, 1, None),
            Event::Error => (&self.errors, 1, Some(Recorded::Error)),
            Event::Failed => (&self.failed, 1, Some(Recorded::Error)),
            Event::Computed(time) => {
                let micros = u64::try_from(time.as_micros()).unwrap_or(0);
                (&self.compute_micros, micros, Some(Recorded::Computed(time)))
            }
        };
        counter.fetch_add(by, Relaxed);
        if let Some(event) = recorded {
            self.recorded.record(event);
        }
    }

    pub(crate) fn read(&self) -> Counts {
        Counts {
            hits: self.hits.load(Relaxed),
            stale: self.stale.load(Relaxed),
            waits: self.waits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            refreshes: self.refreshes.load(Relaxed),
            retries: self.retries.load(Relaxed),
            errors: self.errors.load(Relaxed),
            failed: self.failed.load(Relaxed),
            compute_time: Duration::from_micros(self.compute_micros.load(Relaxed)),
        }
    }
}
