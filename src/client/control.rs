//! What steers a run and what ends it.

use super::pace::Pace;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Is told how far a sweep is.
pub trait Progress {
    /// So many more items were walked; `fraction` of the whole is behind, where that can be told.
    fn walked(&mut self, items: usize, fraction: Option<f64>);
}

impl Progress for () {
    fn walked(&mut self, _items: usize, _fraction: Option<f64>) {}
}

/// What steers a run: the pace, what stops it, who is told.
pub struct Control {
    /// The pace.
    pub pace: Pace,
    /// Set by a signal handler to stop after the batch in hand.
    pub stop: Arc<AtomicBool>,
    /// The right to go on, where a lock gives it: when it ends, work stops after the batch in hand.
    pub right: Arc<Right>,
    /// When the time budget runs out.
    pub deadline: Option<Instant>,
    /// Whether a sweep began with it. A time budget that is over has room for one batch: else a small one never gets
    /// anywhere.
    pub begun: bool,
    /// How many replicas have to confirm what a run wrote before it is called complete, where the primary has any when
    /// it begins; with 0 none is waited for.
    pub wait_replicas: u32,
    /// Who is told.
    pub progress: Box<dyn Progress>,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            pace: Pace::default(),
            stop: Arc::default(),
            right: Arc::default(),
            deadline: None,
            begun: false,
            wait_replicas: Self::WAIT_REPLICAS,
            progress: Box::new(()),
        }
    }
}

impl Control {
    /// How many replicas have to confirm unless it is said otherwise.
    pub const WAIT_REPLICAS: u32 = 1;

    /// Whether work should end after the batch in hand.
    pub fn stopped(&self) -> bool {
        self.cancel_token().stopped()
    }

    /// Whether not even a first batch is to be begun.
    pub(crate) fn forbids(&mut self) -> bool {
        let deadline = self.deadline.filter(|_| std::mem::replace(&mut self.begun, true));
        CancelToken { deadline, ..self.cancel_token() }.stopped()
    }

    /// The same pace, and what ends it at once, without a time budget: for a look that work cannot begin without.
    pub(crate) fn untimed(&self) -> Self {
        Self {
            pace: self.pace.clone(),
            stop: self.stop.clone(),
            right: self.right.clone(),
            ..Self::default()
        }
    }

    /// What ends work, for those who do not have the rest.
    pub(crate) fn cancel_token(&self) -> CancelToken {
        CancelToken { stop: self.stop.clone(), right: self.right.clone(), deadline: self.deadline }
    }

    /// Rests as the pace has it behind a round trip that began then; whether to go on.
    pub(crate) fn rest(&self, began: Instant) -> bool {
        self.rest_behind(began.elapsed())
    }

    /// The same behind a round trip that took so long.
    pub(crate) fn rest_behind(&self, round_trip: Duration) -> bool {
        self.sleep_until(Instant::now() + self.pace.rest_behind(round_trip))
    }

    /// Sleeps until then, or until work should end; whether the time was slept through.
    pub fn sleep_until(&self, then: Instant) -> bool {
        loop {
            if self.stopped() {
                return false;
            }
            let left = then.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(Duration::from_millis(20)));
        }
    }
}

/// The right to go on. Where it is for a time, it ends by itself: nobody has to be awake to take it away. What ended does
/// not begin again.
#[derive(Debug, Default)]
pub struct Right {
    ends: Mutex<Option<Instant>>,
}

impl Right {
    /// Whether it ended.
    pub fn is_over(&self) -> bool {
        self.ends().is_some_and(|end| Instant::now() >= end)
    }

    /// It ends then, unless it did already; with none it has no end of its own.
    pub(crate) fn end_at(&self, then: Option<Instant>) {
        let mut ends = self.ends();
        if ends.is_none_or(|end| Instant::now() < end) {
            *ends = then;
        }
    }

    fn ends(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What ends work after the batch in hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct CancelToken {
    stop: Arc<AtomicBool>,
    right: Arc<Right>,
    deadline: Option<Instant>,
}

impl CancelToken {
    /// When half of the time that is left will be over.
    pub(crate) fn half_time(&self) -> Option<Instant> {
        let now = Instant::now();
        self.deadline.map(|deadline| now + deadline.saturating_duration_since(now) / 2)
    }

    /// Whether it was told to end, be its time over or not.
    pub(crate) fn is_told(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.right.is_over()
    }

    /// Whether it should end.
    pub(crate) fn stopped(&self) -> bool {
        self.is_told() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// A SCAN cursor counts up with its bits reversed, so reversed again it is the share of the table that is behind.
pub(super) fn fraction(cursor: &[u8]) -> Option<f64> {
    let cursor = cursor.split(|byte| *byte == b'@').next()?;
    let cursor: u64 = std::str::from_utf8(cursor).ok()?.parse().ok()?;
    if cursor == 0 { Some(1.0) } else { Some(cursor.reverse_bits() as f64 / 2f64.powi(64)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_ends_by_itself_and_for_good() {
        let control = Control::default();
        let now = Instant::now();
        for then in [None, Some(now + Duration::from_secs(600)), Some(now + Duration::from_secs(900)), None] {
            control.right.end_at(then);
            assert!(!control.stopped(), "{then:?}");
        }
        control.right.end_at(Some(now));
        assert!(control.stopped());
        control.right.end_at(Some(now + Duration::from_secs(600)));
        control.right.end_at(None);
        assert!(control.stopped());
    }

    #[test]
    fn a_cursor_tells_how_much_is_behind() {
        assert_eq!(fraction(b"0"), Some(1.0));
        assert_eq!(fraction(b"1"), Some(0.5));
        assert_eq!(fraction(b"3"), Some(0.75));
        assert_eq!(fraction(b"2"), Some(0.25));
    }
}
