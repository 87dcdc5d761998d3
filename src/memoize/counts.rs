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
    /// Those of the hits that this process served without asking Redis ([`Settings::local`](super::Settings::local)).
    pub local: u64,
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
    /// Those of the refreshes whose value was valid still
    /// ([`early_refresh`](crate::memoize::sync::Builder::early_refresh)).
    pub early: u64,
    /// Calls that got the old value since the function failed, now or a moment ago
    /// ([`stale_if_error`](crate::memoize::sync::Builder::stale_if_error)).
    pub stale_on_error: u64,
    /// Calls that waited no longer: for the [soft timeout](crate::memoize::sync::Builder::soft_timeout), and got the old
    /// value, or for the [hard one](crate::memoize::sync::Builder::hard_timeout), and got an error.
    pub timed_out: u64,
    /// Values that were stored with a timeout shortened by [`jitter`](crate::memoize::sync::Builder::jitter).
    pub jittered: u64,
}

impl Counts {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            local: self.local + other.local,
            stale: self.stale + other.stale,
            waits: self.waits + other.waits,
            misses: self.misses + other.misses,
            refreshes: self.refreshes + other.refreshes,
            retries: self.retries + other.retries,
            errors: self.errors + other.errors,
            failed: self.failed + other.failed,
            compute_time: self.compute_time + other.compute_time,
            early: self.early + other.early,
            stale_on_error: self.stale_on_error + other.stale_on_error,
            timed_out: self.timed_out + other.timed_out,
            jittered: self.jittered + other.jittered,
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
    early: AtomicU64,
    stale_on_error: AtomicU64,
    timed_out: AtomicU64,
    jittered: AtomicU64,
    #[cfg(feature = "metrics")]
    pub(super) metrics: super::metrics::Metrics,
}

impl Counters {
    /// Those of a function with this tag.
    #[cfg_attr(not(feature = "metrics"), allow(unused_variables))]
    pub(crate) fn of(tag: &str) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            metrics: super::metrics::Metrics::of(tag),
            ..Self::default()
        }
    }

    pub(crate) fn record(&self, event: Event) {
        #[cfg(feature = "metrics")]
        self.metrics.record(event);
        self.recorded.record(event);
    }

    /// The call was served by this process.
    pub(crate) fn record_local(&self) {
        self.record(Event::Hit);
        self.record(Event::Local);
    }

    /// The call waited one interval for another worker.
    pub(crate) fn record_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        self.metrics.retries.increment(1);
    }

    /// Redis was away or refused, or a result could not be stored.
    pub(crate) fn record_error(&self) {
        self.errors.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        self.metrics.redis_errors.increment(1);
        self.record(Event::Error);
    }

    /// The function failed or panicked.
    pub(crate) fn record_failure(&self) {
        self.failed.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        self.metrics.function_errors.increment(1);
        self.record(Event::Error);
    }

    /// It recomputes what is still valid.
    pub(crate) fn record_early(&self) {
        self.early.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        self.metrics.early.increment(1);
    }

    /// The call gets the old value in place of the function's error.
    pub(crate) fn record_stale_on_error(&self) {
        self.stale_on_error.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        self.metrics.stale_on_error.increment(1);
    }

    /// The call waits no longer.
    pub(crate) fn record_timed_out(&self) {
        self.timed_out.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        self.metrics.timed_out.increment(1);
    }

    /// A value is stored with a timeout that was shortened.
    pub(crate) fn record_jittered(&self) {
        self.jittered.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        self.metrics.jittered.increment(1);
    }

    /// How long a computation takes that comes back well; `None` where there was none.
    pub(crate) fn takes(&self) -> Option<Duration> {
        let recorded = self.recorded.counts();
        let runs = (recorded.misses + recorded.refreshes)
            .checked_sub(self.failed.load(Relaxed))
            .filter(|it| *it > 0)?;
        Some(Duration::from_micros(recorded.compute_us / runs))
    }

    pub(crate) fn read(&self) -> Counts {
        let recorded = self.recorded.counts();
        Counts {
            hits: recorded.hits,
            local: recorded.local,
            stale: recorded.stale,
            waits: recorded.waits,
            misses: recorded.misses,
            refreshes: recorded.refreshes,
            retries: self.retries.load(Relaxed),
            errors: self.errors.load(Relaxed),
            failed: self.failed.load(Relaxed),
            compute_time: Duration::from_micros(recorded.compute_us),
            early: self.early.load(Relaxed),
            stale_on_error: self.stale_on_error.load(Relaxed),
            timed_out: self.timed_out.load(Relaxed),
            jittered: self.jittered.load(Relaxed),
        }
    }
}
