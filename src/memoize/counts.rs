//! What calls came to, counted as they end.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What happened in a call. Whatever keeps statistics is fed from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A value was served that this call did not compute.
    Hit,
    /// That value was an old one, while another computes a new one.
    Stale,
    /// The function ran since no value was there.
    Miss,
    /// The function ran since the value was marked or expired.
    Refresh,
    /// The call waited one interval for another worker.
    Wait,
    /// Redis was away or refused, or a result could not be stored.
    Error,
    /// The function came back, after this long.
    Computed(Duration),
    /// The function failed or panicked.
    Failed,
}

/// What the calls of one function or tag came to, in this process. Callers that were told by `skip` to pass the cache
/// by are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Calls that were served a value they did not compute: from Redis, or shared inside the process.
    pub hits: u64,
    /// Those of the hits that were served an old value, while another computed a new one.
    pub stale: u64,
    /// Calls that ran the function since there was no value.
    pub misses: u64,
    /// Calls that ran the function since the value was marked or expired.
    pub refreshes: u64,
    /// Intervals spent waiting for another worker.
    pub waits: u64,
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
            misses: self.misses + other.misses,
            refreshes: self.refreshes + other.refreshes,
            waits: self.waits + other.waits,
            errors: self.errors + other.errors,
            failed: self.failed + other.failed,
            compute_time: self.compute_time + other.compute_time,
        }
    }
}

/// The counters behind [`Counts`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: AtomicU64,
    stale: AtomicU64,
    misses: AtomicU64,
    refreshes: AtomicU64,
    waits: AtomicU64,
    errors: AtomicU64,
    failed: AtomicU64,
    compute_micros: AtomicU64,
}

impl Counters {
    pub(crate) fn record(&self, event: Event) {
        let (counter, by) = match event {
            Event::Hit => (&self.hits, 1),
            Event::Stale => (&self.stale, 1),
            Event::Miss => (&self.misses, 1),
            Event::Refresh => (&self.refreshes, 1),
            Event::Wait => (&self.waits, 1),
            Event::Error => (&self.errors, 1),
            Event::Failed => (&self.failed, 1),
            Event::Computed(time) => (&self.compute_micros, u64::try_from(time.as_micros()).unwrap_or(0)),
        };
        counter.fetch_add(by, Relaxed);
    }

    pub(crate) fn read(&self) -> Counts {
        Counts {
            hits: self.hits.load(Relaxed),
            stale: self.stale.load(Relaxed),
            misses: self.misses.load(Relaxed),
            refreshes: self.refreshes.load(Relaxed),
            waits: self.waits.load(Relaxed),
            errors: self.errors.load(Relaxed),
            failed: self.failed.load(Relaxed),
            compute_time: Duration::from_micros(self.compute_micros.load(Relaxed)),
        }
    }
}
