//! Numbers of a tag: counts, and how long computing took.

use super::event::EventKind;

/// What happened to the calls of a key, or of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Calls of the cached function.
    pub calls: u64,
    /// Calls that found no value and computed one.
    pub misses: u64,
    /// Calls that took a mark and recomputed.
    pub refreshes: u64,
    /// Calls that were served while another computed.
    pub waits: u64,
    /// Marks and deletions by others than readers.
    pub invalidations: u64,
    /// Timeouts that a reader, or a purge, found passed.
    pub expiries: u64,
    /// Values stored.
    pub writes: u64,
}

impl Totals {
    /// Calls that found a value: all that are nothing else.
    pub fn hits(&self) -> u64 {
        self.calls.saturating_sub(self.misses + self.refreshes + self.waits)
    }

    /// The share of hits among the calls that found a value or had to compute one; `None` without any.
    pub fn hit_ratio(&self) -> Option<f64> {
        crate::cache::hit_ratio(self.hits(), self.misses + self.refreshes)
    }

    /// Adds another's numbers.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.misses += other.misses;
        self.refreshes += other.refreshes;
        self.waits += other.waits;
        self.invalidations += other.invalidations;
        self.expiries += other.expiries;
        self.writes += other.writes;
    }

    /// What came since `earlier`; nothing where the earlier numbers are the greater ones.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(earlier.calls),
            misses: self.misses.saturating_sub(earlier.misses),
            refreshes: self.refreshes.saturating_sub(earlier.refreshes),
            waits: self.waits.saturating_sub(earlier.waits),
            invalidations: self.invalidations.saturating_sub(earlier.invalidations),
            expiries: self.expiries.saturating_sub(earlier.expiries),
            writes: self.writes.saturating_sub(earlier.writes),
        }
    }

    /// One more of a kind; a hit is a call that is nothing else.
    pub(super) fn count(&mut self, kind: EventKind) {
        let counter = match kind {
            EventKind::Hit => &mut self.calls,
            EventKind::Miss => &mut self.misses,
            EventKind::Refresh => &mut self.refreshes,
            EventKind::Wait => &mut self.waits,
            EventKind::Stored => &mut self.writes,
            EventKind::Marked | EventKind::Deleted => &mut self.invalidations,
            EventKind::Expired => &mut self.expiries,
        };
        *counter += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Steps within each doubling: a quantile is off by 1/32 at most.
const STEPS: usize = 16;

/// A histogram of times, in bounded memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    steps: Vec<u32>,
    count: u64,
}

impl Times {
    pub(super) fn record(&mut self, micros: u64) {
        let at = step(micros);
        if self.steps.len() <= at {
            self.steps.resize(at + 1, 0);
        }
        self.steps[at] = self.steps[at].saturating_add(1);
        self.count += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        if self.steps.len() < other.steps.len() {
            self.steps.resize(other.steps.len(), 0);
        }
        self.steps.iter_mut().zip(&other.steps).for_each(|(own, more)| *own = own.saturating_add(*more));
        self.count += other.count;
    }

    /// The time that this share of all did not exceed, in milliseconds.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let wanted = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let at = self.steps.iter().position(|step| {
            seen += u64::from(*step);
            seen >= wanted
        })?;
        Some(middle(at) / 1000.0)
    }
}

fn step(micros: u64) -> usize {
    let steps = STEPS as u64;
    if micros < steps {
        return usize::try_from(micros).unwrap_or(0);
    }
    let doubling = micros.ilog2() - STEPS.ilog2();
    let within = usize::try_from((micros >> doubling) - steps).unwrap_or(0);
    STEPS * (doubling as usize + 1) + within
}

fn middle(at: usize) -> f64 {
    if at < STEPS {
        return at as f64;
    }
    let width = 2f64.powi(i32::try_from(at / STEPS - 1).unwrap_or(0));
    ((STEPS + at % STEPS) as f64 + 0.5) * width
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_of_a_known_lot() {
        let mut times = Times::default();
        assert_eq!(times.quantile(0.5), None);
        (1..=100).for_each(|ms| times.record(ms * 1000));
        let near = |share, ms: f64| (times.quantile(share).unwrap() - ms).abs() <= ms / 25.0;
        assert!(near(0.5, 50.0) && near(0.99, 99.0), "{:?} {:?}", times.quantile(0.5), times.quantile(0.99));
    }

    proptest! {
        #[test]
        fn a_step_is_narrow(micros in 0u64..1 << 50) {
            let middle = middle(step(micros));
            prop_assert!((middle - micros as f64).abs() <= micros as f64 / 32.0 + 1.0);
        }
    }
}
