//! What steers a run and what ends it.

use super::pace::Pace;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// Set when the right to go on was lost (the lock), to stop after the batch in hand.
    pub revoked: Arc<AtomicBool>,
    /// When the time budget runs out.
    pub deadline: Option<Instant>,
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
            revoked: Arc::default(),
            deadline: None,
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
        self.limit().stopped()
    }

    /// What ends work, for those who do not have the rest.
    pub(crate) fn limit(&self) -> Limit {
        Limit { stop: self.stop.clone(), revoked: self.revoked.clone(), deadline: self.deadline }
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

/// What ends work after the batch in hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limit {
    stop: Arc<AtomicBool>,
    revoked: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Limit {
    /// Whether it should end.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.revoked.load(Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
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
    fn a_cursor_tells_how_much_is_behind() {
        assert_eq!(fraction(b"0"), Some(1.0));
        assert_eq!(fraction(b"1"), Some(0.5));
        assert_eq!(fraction(b"3"), Some(0.75));
        assert_eq!(fraction(b"2"), Some(0.25));
    }
}
