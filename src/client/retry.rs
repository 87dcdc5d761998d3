//! How often and for how long something is tried again. Which commands may be sent twice, `command.rs` says.
//!
//! A command whose answer was lost may have been carried out. One that only reads is sent again. A write is sent
//! again where whoever queued it said that twice does no more than once ([`Recount`](super::command::Repeat::Recount)); what its first answer
//! counted is lost then, so the [`ConnectionStats`] takes note and reports are not called complete. Any other write is never
//! sent twice. A command that was *refused* for a passing reason was not carried out, so it always may be repeated.
//!
//! Everything ends with the time one answer may take (`--timeout`), counted from when the command was first sent.

use crate::error::{Error, Result};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Refusals that pass by themselves: the command was not carried out.
pub(super) fn passes(code: &str) -> bool {
    matches!(code, "LOADING" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN")
}

/// Whether a new connection may mend it.
pub(super) fn mends(error: &Error) -> bool {
    error.is_unanswered() || error.code().is_some_and(passes)
}

/// The same of an answer.
pub(super) fn may_mend<R>(answer: &Result<R>) -> bool {
    answer.as_ref().is_err_and(mends)
}

/// What became of a connection on the way: nothing of it is an error, all of it is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectionStats {
    /// Connections that were made anew in mid-work.
    pub reconnects: u64,
    /// Writes whose answers were lost and which were sent again: they are done, but what they counted the first time
    /// is not known.
    pub recounted: u64,
    /// Times another server process answered where one had answered before (a restart, a failover): what the earlier
    /// one acknowledged last, the later one may never have got.
    pub replaced: u64,
    /// Times a connection was made anew to a server that does not tell (INFO is refused) whether it is the same process.
    pub unidentified: u64,
    /// Scans that began again, as another server or process answered: entries may have been counted twice.
    pub rescans: u64,
    /// Times slots moved in mid-scan and were looked through again where they had gone.
    pub moved: u64,
}

impl ConnectionStats {
    /// Notes whose `run_id` answers where another's, or the same, answered before; whether it is known to be the same.
    pub(super) fn note_process(&mut self, earlier: Option<&str>, now: Option<&str>) -> bool {
        match (earlier, now) {
            (Some(earlier), Some(now)) if earlier == now => return true,
            (Some(_), Some(_)) => self.replaced += 1,
            _ => self.unidentified += 1,
        }
        false
    }

    /// Whether since an earlier state nothing was missed and no count lost.
    pub fn is_exact_since(&self, earlier: Self) -> bool {
        let Self { recounted, replaced, unidentified, .. } = *self;
        (recounted, replaced, unidentified) == (earlier.recounted, earlier.replaced, earlier.unidentified)
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Ever longer pauses, a random part of each, until the time is up.
#[derive(Debug)]
pub(super) struct Backoff {
    end: Instant,
    pause: Duration,
    random: RandomState,
}

impl Backoff {
    pub(super) fn new(limit: Duration) -> Self {
        Self { end: Instant::now() + limit, pause: FIRST_PAUSE, random: RandomState::new() }
    }

    /// What is left of the time.
    pub(super) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Pauses, unless the time would be up behind it.
    pub(super) fn pause(&mut self) -> bool {
        let pause = self.next(self.left());
        if let Some(pause) = pause {
            std::thread::sleep(pause);
        }
        pause.is_some()
    }

    /// How long to pause with so much time left, if there is enough.
    fn next(&mut self, left: Duration) -> Option<Duration> {
        let share = 0.5 + (self.random.hash_one(self.pause) >> 11) as f64 / (1_u64 << 54) as f64;
        let pause = self.pause.mul_f64(share);
        if pause >= left {
            return None;
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_end_with_the_time() {
        let limit = Duration::from_secs(3);
        let (mut backoff, mut left) = (Backoff::new(limit), limit);
        let mut pauses = Vec::new();
        while let Some(pause) = backoff.next(left) {
            left -= pause;
            pauses.push(pause);
        }
        assert!((8..24).contains(&pauses.len()), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= LONGEST_PAUSE), "{pauses:?}");
        assert!(pauses[0] <= FIRST_PAUSE && left <= LONGEST_PAUSE, "{pauses:?}");
    }
}
