//! The second look at what was removed.

use super::Run;
use crate::cache::{PendingGcReply, Rechecked};
use crate::client::{Conn, Control, Pipe};
use crate::error::Result;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How long a writer may take from naming its key in a tag to storing the value (0.0.9: the time of one pickle).
pub(super) const SETTLE: Duration = Duration::from_secs(2);

/// No script looks at more records; each holds up to a [chunk](super::chunks::CHUNK) of members.
const AT_ONCE: usize = 3;

/// So many looks travel in one round trip where nothing else is left to do: a way to the server may be long.
const SCRIPTS: usize = 4;

/// So many records make a run wait for the oldest to settle. They take less memory than what was removed.
const TOO_MANY: u64 = 30_000;

impl Run<'_> {
    /// Queues a look at the oldest records.
    pub(super) fn ask_recheck(&self, pipe: &mut Pipe) -> PendingGcReply {
        let now = self.clock.now_ms();
        self.writer.recheck(self.in_use, self.settled_until(now), AT_ONCE, now, pipe)
    }

    /// What was noted up to then has settled.
    fn settled_until(&self, now: i64) -> i64 {
        let settle = i64::try_from(SETTLE.as_millis()).unwrap_or(i64::MAX);
        self.shared.covers_until().min(now - settle)
    }

    /// Counts what such a look found.
    pub(super) fn count_rechecked(&mut self, again: Rechecked) {
        self.report.tags.restored += again.tags;
        self.report.invalid_keys.restored += again.invalid_keys;
        self.report.pending.restored += again.marks;
        self.report.expiry.restored += again.entries;
        self.records = again.left;
    }

    /// Whether so much waits for its second look that the run should wait as well, or who computes what has to be read anew
    /// for these looks.
    pub(super) fn flow(&self) -> ControlFlow<()> {
        let pauses = self.records > TOO_MANY || (self.records > 0 && self.shared_is_old());
        if pauses { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Looks at what has settled by now: at the beginning, what an earlier run left. Whether it came to the end.
    pub(super) fn catch_up(&mut self, conn: &mut Conn, control: &mut Control) -> Result<bool> {
        while self.recheck_once(conn, control)?.is_some_and(|again| self.due_at(&again) <= Instant::now()) {
            if control.stopped() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits until less is waiting for its second look.
    pub(super) fn let_settle(&mut self, conn: &mut Conn, control: &mut Control) -> Result<()> {
        self.keep_shared_fresh(conn, control)?;
        while self.records > TOO_MANY / 2 {
            let Some(again) = self.recheck_once(conn, control)? else { break };
            if !control.sleep_until(self.due_at(&again)) {
                break;
            }
        }
        Ok(())
    }

    /// Waits until everything that was removed up to now had its second look; whether it came to that. What another run removes
    /// meanwhile is left to that one.
    pub(super) fn settle(&mut self, conn: &mut Conn, control: &mut Control) -> Result<bool> {
        let until = self.clock.now_ms();
        while let Some(again) = self.recheck_once(conn, control)? {
            if again.oldest_ms > until {
                break;
            }
            if !control.sleep_until(self.due_at(&again)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// One look, and a rest; `None` where nothing is left.
    fn recheck_once(&mut self, conn: &mut Conn, control: &mut Control) -> Result<Option<Rechecked>> {
        let began = Instant::now();
        self.keep_shared_fresh(conn, control)?;
        let rechecked = if self.rechecks_stepwise() {
            vec![self.recheck_stepwise(conn)?]
        } else {
            let mut pipe = Pipe::new();
            let all: Vec<_> = (0..SCRIPTS).map(|_| self.ask_recheck(&mut pipe)).collect();
            let mut replies = conn.run(&pipe)?;
            all.into_iter().map(|pending| pending.rechecked(&mut replies)).collect::<Result<_>>()?
        };
        rechecked.iter().for_each(|again| self.count_rechecked(*again));
        let last = rechecked.into_iter().next_back().filter(|again| again.left > 0);
        if last.is_some() {
            control.rest(began);
        }
        Ok(last)
    }

    /// The same in steps. What was removed last may have been noted long before it went, on a server that was slow to
    /// answer: it has to settle from then on.
    fn recheck_stepwise(&self, conn: &mut Conn) -> Result<Rechecked> {
        let (now, mut again) = (self.clock.now_ms(), Rechecked::default());
        if self.removed.is_some_and(|at| at.elapsed() < SETTLE) {
            self.writer.count_left(conn, &mut again)?;
            return Ok(again);
        }
        let (before, is_shared) = (self.settled_until(now), |member: &[u8]| self.is_shared(member));
        self.writer.recheck_stepwise(conn, self.in_use, before, AT_ONCE * SCRIPTS, now, &is_shared)
    }

    /// Whether second looks go in steps: a script does not know by which other names a value is computed.
    pub(super) fn rechecks_stepwise(&self) -> bool {
        self.writer.rechecks_stepwise() || !self.shared.is_empty()
    }

    /// Something was removed that is to be looked at once more.
    pub(super) fn note_removal(&mut self) {
        self.removed = Some(Instant::now());
        self.records += 1;
    }

    fn due_at(&self, again: &Rechecked) -> Instant {
        let age = u64::try_from(self.clock.now_ms().saturating_sub(again.oldest_ms)).unwrap_or(0);
        let due = Instant::now() + SETTLE.saturating_sub(Duration::from_millis(age));
        let last = self.removed.filter(|_| self.rechecks_stepwise()).map(|last| last + SETTLE);
        let covered = (again.oldest_ms > self.shared.covers_until()).then(|| self.shared.due());
        [last, covered].into_iter().flatten().fold(due, Instant::max)
    }
}
