//! Counters that applications record: totals by tag, and the last day, or as long as the operator keeps them, by the hour.
//!
//! `P` + `meta:stats` is a hash with a field `tag:counter` for each counter of each tag (the counter's name is behind the
//! last colon, so that a tag may hold colons); `P` + `meta:stats:<hour>` holds the same for one hour and expires. The field
//! `since` of the totals says when they began (epoch seconds), and that of `P` + `meta:stats:keep`, `seconds`, how long hours are kept.

mod forget;
mod kept;
mod read;
mod recorded_timeouts;
mod recorder;
#[cfg(test)]
mod tests;
mod timeouts;
mod writes;

pub use forget::{ForgottenCounters, forget_counters};
pub use kept::{KeptHours, LEAST_KEPT, MOST_KEPT, keep_counters, read_kept};
pub use read::{CountersByHour, RecordedCounters, read_counters, read_history};
pub use recorded_timeouts::RecordedTimeouts;
pub use recorder::{Recorder, TagCounters};

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One thing that happened to one call of a cached function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A valid value was found.
    Hit,
    /// No value was found, and the function ran.
    Miss,
    /// A value was served although it is marked, because another caller refreshes it. Counts beside a hit.
    Stale,
    /// The mark was taken, and the function ran.
    Refresh,
    /// The value came from another caller that was waited for.
    Wait,
    /// The function failed, or the server did.
    Error,
    /// A value was served that the process held itself. Counts beside a hit.
    Local,
    /// The function ran for so long. Counts beside a miss or a refresh.
    Computed(Duration),
}

/// The counters of one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Calls that found a valid value.
    pub hits: u64,
    /// Calls that found none and computed it.
    pub misses: u64,
    /// Calls that were served a marked value.
    pub stale: u64,
    /// Calls that took a mark and recomputed.
    pub refreshes: u64,
    /// Calls that were served while another computed.
    pub waits: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Those of the hits that their process served without asking Redis.
    pub local: u64,
    /// Microseconds spent computing.
    pub compute_us: u64,
}

/// The names of the counters, as they are stored.
const NAMES: [&str; 8] = ["hits", "misses", "stale", "refreshes", "waits", "errors", "local", "compute_us"];

impl Counts {
    /// The share of hits among the calls that found a value or had to compute one. Callers that waited for another's
    /// result are in neither, as the library calls them back about neither. `None` without any such call.
    ///
    /// ```
    /// use cacheme::cache::Counts;
    /// let counts = Counts { hits: 3, misses: 1, waits: 7, ..Counts::default() };
    /// assert_eq!(counts.hit_ratio(), Some(0.75));
    /// assert_eq!(Counts::default().hit_ratio(), None);
    /// ```
    pub fn hit_ratio(&self) -> Option<f64> {
        hit_ratio(self.hits, self.misses.saturating_add(self.refreshes))
    }

    /// Adds another's numbers.
    pub fn add(&mut self, other: &Self) {
        for (name, number) in other.named() {
            self.add_to(name, number);
        }
    }

    /// The counters with their names.
    pub fn named(&self) -> [(&'static str, u64); 8] {
        let Self { hits, misses, stale, refreshes, waits, errors, local, compute_us } = *self;
        let numbers = [hits, misses, stale, refreshes, waits, errors, local, compute_us];
        std::array::from_fn(|at| (NAMES[at], numbers[at]))
    }

    fn add_to(&mut self, name: &str, by: u64) -> bool {
        let counter = match name {
            "hits" => &mut self.hits,
            "misses" => &mut self.misses,
            "stale" => &mut self.stale,
            "refreshes" => &mut self.refreshes,
            "waits" => &mut self.waits,
            "errors" => &mut self.errors,
            "local" => &mut self.local,
            "compute_us" => &mut self.compute_us,
            _ => return false,
        };
        *counter = counter.saturating_add(by);
        true
    }
}

/// The counters of every tag, by name.
pub type CountsByTag = BTreeMap<Vec<u8>, Counts>;

/// The share of `hits` among hits and computations, `None` where there are none.
pub(crate) fn hit_ratio(hits: u64, computed: u64) -> Option<f64> {
    let all = hits as f64 + computed as f64;
    (all > 0.0).then(|| hits as f64 / all)
}

/// The last so many hours, the one that runs included, oldest first.
pub(crate) fn last_hours(hours: u64) -> impl Iterator<Item = u64> + Clone {
    let now = hour_now();
    now.saturating_sub(hours.saturating_sub(1))..=now
}

/// The field of the totals that says when they began. It has no colon, so that it is no counter.
const SINCE: &[u8] = b"since";

/// The field that says for how many seconds hours are kept.
const SECONDS: &[u8] = b"seconds";

/// The hour that now belongs to: epoch seconds / 3600.
fn hour_now() -> u64 {
    seconds_now() / 3600
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn field(tag: &[u8], name: &str) -> Vec<u8> {
    [tag, b":", name.as_bytes()].concat()
}

/// A field's tag and counter; `None` for one that is not ours.
fn split(field: &[u8]) -> Option<(&[u8], &str)> {
    let colon = field.iter().rposition(|byte| *byte == b':')?;
    let name = std::str::from_utf8(&field[colon + 1..]).ok()?;
    NAMES.contains(&name).then_some((&field[..colon], name))
}
