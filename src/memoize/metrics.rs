//! What a function counts and times, for whatever recorder of the crate `metrics` the program has installed.

use crate::cache::Event;
use metrics::{Counter, Histogram, Label, Unit};
use std::time::Duration;

/// A counter or a histogram, taken from the recorder once.
trait Handle {
    fn register(name: &'static str, labels: Vec<Label>, what: &'static str) -> Self;
    fn noop() -> Self;
}

impl Handle for Counter {
    fn register(name: &'static str, labels: Vec<Label>, what: &'static str) -> Self {
        metrics::describe_counter!(name, Unit::Count, what);
        metrics::counter!(name, labels)
    }

    fn noop() -> Self {
        Self::noop()
    }
}

impl Handle for Histogram {
    fn register(name: &'static str, labels: Vec<Label>, what: &'static str) -> Self {
        metrics::describe_histogram!(name, Unit::Seconds, what);
        metrics::histogram!(name, labels)
    }

    fn noop() -> Self {
        Self::noop()
    }
}

/// One line for each: field, kind, name, label, what it is. The label `tag` comes by itself.
macro_rules! measures {
    ($($field:ident: $kind:ty = $name:literal $({$label:literal = $value:literal})?, $what:literal;)+) => {
        /// What one function measures.
        #[derive(Debug)]
        pub(crate) struct Metrics {
            $(pub(super) $field: $kind,)+
        }

        impl Metrics {
            /// Those of a function with this tag.
            pub(super) fn of(tag: &str) -> Self {
                let tag = || Label::new("tag", tag.to_owned());
                Self {
                    $($field: Handle::register(
                        $name,
                        vec![tag(), $(Label::from_static_parts($label, $value))?],
                        $what,
                    ),)+
                }
            }
        }

        /// Those that nobody reads.
        impl Default for Metrics {
            fn default() -> Self {
                Self { $($field: Handle::noop(),)+ }
            }
        }
    };
}

measures! {
    hits: Counter = "cacheme_calls_total" {"result" = "hit"}, "Calls in this process, by what they came to";
    waits: Counter = "cacheme_calls_total" {"result" = "wait"}, "Calls in this process, by what they came to";
    misses: Counter = "cacheme_calls_total" {"result" = "miss"}, "Calls in this process, by what they came to";
    refreshes: Counter = "cacheme_calls_total" {"result" = "refresh"}, "Calls in this process, by what they came to";
    stale: Counter = "cacheme_calls_stale_total", "Hits that were served a marked or expired value";
    local: Counter = "cacheme_calls_local_total", "Hits that were served without asking Redis";
    redis_errors: Counter = "cacheme_call_errors_total" {"kind" = "redis"}, "What failed in calls";
    function_errors: Counter = "cacheme_call_errors_total" {"kind" = "function"}, "What failed in calls";
    early: Counter = "cacheme_calls_early_total", "Refreshes of values that were valid still";
    stale_on_error: Counter = "cacheme_calls_stale_on_error_total", "Calls that got the old value since the function failed";
    timed_out: Counter = "cacheme_calls_timed_out_total", "Calls that waited no longer for a soft or a hard timeout";
    jittered: Counter = "cacheme_calls_jittered_total", "Values stored with a timeout that was shortened";
    retries: Counter = "cacheme_call_retries_total", "Intervals spent waiting for another worker";
    hit_seconds: Histogram = "cacheme_call_seconds" {"result" = "hit"}, "How long calls took that returned a value";
    wait_seconds: Histogram = "cacheme_call_seconds" {"result" = "wait"}, "How long calls took that returned a value";
    miss_seconds: Histogram = "cacheme_call_seconds" {"result" = "miss"}, "How long calls took that returned a value";
    refresh_seconds: Histogram = "cacheme_call_seconds" {"result" = "refresh"}, "How long calls took that returned a value";
    compute_seconds: Histogram = "cacheme_call_compute_seconds", "How long the function ran where it came back well";
}

impl Metrics {
    pub(super) fn record(&self, event: Event) {
        match event {
            Event::Hit => self.hits.increment(1),
            Event::Wait => self.waits.increment(1),
            Event::Miss => self.misses.increment(1),
            Event::Refresh => self.refreshes.increment(1),
            Event::Stale => self.stale.increment(1),
            Event::Local => self.local.increment(1),
            Event::Computed(time) => self.compute_seconds.record(time),
            // Counted by what failed.
            Event::Error => {}
        }
    }

    /// A call returned a value, and counts as this.
    pub(super) fn returned(&self, event: Event, after: Duration) {
        match event {
            Event::Hit => self.hit_seconds.record(after),
            Event::Wait => self.wait_seconds.record(after),
            Event::Miss => self.miss_seconds.record(after),
            Event::Refresh => self.refresh_seconds.record(after),
            Event::Stale | Event::Local | Event::Computed(_) | Event::Error => {}
        }
    }
}
