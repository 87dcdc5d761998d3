//! One key under observation: what is known of its marks and computations, and what follows for its calls.
//!
//! No answer is seen, only commands; and on a Unix socket, or with a pool of connections, the client's address does not
//! tell callers apart. So everything is inferred from the state of the key alone, which the commands determine: a hit is a
//! call that turned out to be nothing else.

use super::super::event::EventKind;
use super::super::totals::Totals;
use super::log::{CERTAIN, Circumstances, Log};

/// A waiting caller that has not looked for so long has gone: the library looks again every 20 ms unless told otherwise.
pub(super) const LAST_LOOK: u64 = 250_000;
/// One invalidation marks both generations' sets within so many microseconds.
const ONE_MARK: u64 = 50_000;

/// A key that was seen.
#[derive(Debug, Default)]
pub(super) struct Key {
    pub(super) totals: Totals,
    /// The tag's number; 0 where none is known.
    pub(super) tag: u32,
    /// The tag sets were asked about it, and none holds it.
    pub(super) asked: bool,
    /// For each deleted set a bit: whether the key is in it, and whether that is known.
    marked: u8,
    known: u8,
    marked_at: u64,
    /// Whether it is in progress.
    pub(super) computing: bool,
    /// Callers that entered progress and have not left.
    computations: u16,
    started: u64,
    /// Callers of 0.0.9 that took a mark and have not written.
    refreshing: u16,
    /// When the last of them began, or the caller whose mark is in doubt.
    refresh_started: u64,
    /// The first caller seen may have taken a mark that was there before.
    in_doubt: bool,
    /// Callers of 0.1.1 that took a mark and have not entered progress.
    taken: u16,
    /// When a value was stored last since the last computation began; 0 where none was.
    written: u64,
    /// The last computation that began, began without a value, and none was stored since.
    missing: bool,
    /// A worker of this crate took a mark in the script under way.
    took_mark: bool,
    /// When the hash of this base was deleted last; 0 where it was not.
    pub(super) hash_deleted: u64,
    /// Calls of workers of this crate that count as waiting for having looked while it was computed, and did not ask for
    /// it since: either they will, or another caller of their process has.
    looking: u16,
    /// Reads that callers still owe (0.0.9 without a timeout), and reads that came ahead of their calls (with one).
    owed: u16,
    ahead: u16,
    contest: Option<Box<Contest>>,
    /// What is not told yet, where somebody is told.
    pub(super) log: Option<Box<Log>>,
}

/// What happens while a caller waits for another: whether it was served or gave up shows only afterwards.
#[derive(Debug, Default)]
struct Contest {
    waiters: u16,
    /// Waiters that an old value is there for: their first look serves them.
    stale: u16,
    computations: u16,
    writes: u16,
    /// Looks since the first write.
    looks: u16,
    last_look: u64,
    last_write: u64,
    first_out: u64,
}

impl Key {
    /// A key that was in progress when the observation began.
    pub(super) fn in_progress() -> Self {
        Self { computing: true, computations: 1, ..Self::default() }
    }

    /// A key that is in none of these deleted sets.
    pub(super) fn known(sets: u8) -> Self {
        Self { known: sets, ..Self::default() }
    }

    /// Whether nothing is going on, so that only the numbers matter.
    pub(super) fn is_quiet(&self) -> bool {
        !self.computing
            && self.computations == 0
            && self.refreshing == 0
            && self.taken == 0
            && self.contest.is_none()
            && self.log.is_none()
    }

    /// What its events depend on.
    pub(super) fn circumstances(&self) -> Circumstances {
        let (contested, in_doubt) = (self.contest.is_some(), self.in_doubt);
        Circumstances { computing: self.computing, contested, in_doubt }
    }

    /// A call begins.
    fn call(&mut self) {
        self.totals.count(EventKind::Hit);
        if let Some(log) = &mut self.log {
            log.call();
        }
    }

    /// What the call that just began is, instead of a hit.
    fn call_is(&mut self, kind: EventKind) {
        self.totals.count(kind);
        if let Some(log) = &mut self.log {
            log.turn_last(kind);
        }
    }

    /// What a call of before turned out to be, instead of a hit.
    fn turned_out(&mut self, kind: EventKind) {
        self.totals.count(kind);
        if let Some(log) = &mut self.log {
            log.turn(EventKind::Hit, kind);
        }
    }

    /// A call that counted as waiting does not: it counts as a hit until it turns out to be something else.
    fn waits_no_more(&mut self) {
        if self.totals.waits > 0 {
            self.totals.waits -= 1;
            if let Some(log) = &mut self.log {
                log.turn(EventKind::Wait, EventKind::Hit);
            }
        }
    }

    /// A call that counted as waiting has given up, and computed.
    fn gave_up(&mut self) {
        if self.totals.waits == 0 {
            return self.turned_out(EventKind::Miss);
        }
        self.totals.waits -= 1;
        self.totals.count(EventKind::Miss);
        if let Some(log) = &mut self.log {
            log.turn(EventKind::Wait, EventKind::Miss);
        }
    }

    /// Something happened that is no call.
    fn happened(&mut self, kind: EventKind) {
        self.totals.count(kind);
        if let Some(log) = &mut self.log {
            log.record(kind, false);
        }
    }

    /// How long it took to compute what was stored.
    fn took(&mut self, time: Option<u64>) -> Option<u64> {
        if let Some(log) = &mut self.log {
            log.took(time);
        }
        time
    }

    /// Its value is deleted.
    pub(super) fn deleted(&mut self) {
        self.happened(EventKind::Deleted);
    }

    /// Its hash is deleted, and so the value of each key with this base.
    pub(super) fn hash_deleted(&mut self, at: u64) {
        self.hash_deleted = at;
        self.totals.count(EventKind::Deleted);
        if let Some(log) = &mut self.log {
            log.record_whole(EventKind::Deleted);
        }
    }

    /// A purge found its timeout passed, and deleted its value.
    pub(super) fn purged(&mut self) {
        self.happened(EventKind::Expired);
    }

    pub(super) fn is_marked(&self) -> bool {
        self.marked != 0
    }

    /// A caller of 0.0.9 asks whether it is marked, and takes the mark if it is.
    pub(super) fn called(&mut self, set: u8, at: u64) {
        self.call();
        let came_ahead = self.ahead > 0;
        if came_ahead {
            self.ahead -= 1;
            // Its read was no look of one that waits.
            if let Some(contest) = &mut self.contest {
                contest.looks = contest.looks.saturating_sub(1);
            }
        }
        let (marked, known) = (self.marked & set != 0, self.known & set != 0);
        self.unmarked(set);
        if marked {
            self.call_is(EventKind::Refresh);
            self.refreshing += 1;
            self.refresh_started = at;
            return;
        }
        if !came_ahead {
            self.owed = self.owed.saturating_add(1);
        }
        if !known {
            self.in_doubt = true;
            self.refresh_started = at;
        }
    }

    /// A caller of 0.1.1.
    pub(super) fn called_by_script(&mut self) {
        self.call();
    }

    /// A script took the mark; its caller enters progress next.
    pub(super) fn mark_taken(&mut self, set: u8) {
        self.unmarked(set);
        self.taken = self.taken.saturating_add(1);
    }

    /// The mark is gone, or was not there.
    pub(super) fn unmarked(&mut self, set: u8) {
        self.marked &= !set;
        self.known |= set;
    }

    /// A script of a worker of this crate takes the mark, if there is one.
    pub(super) fn take_mark(&mut self, set: u8) {
        self.took_mark |= self.marked & set != 0;
        self.unmarked(set);
    }

    /// A worker of this crate has the lease, and takes the mark later, if there is one.
    pub(super) fn will_take_mark(&mut self) {
        self.took_mark |= self.marked != 0;
    }

    /// Somebody marks it: a reader that found the timeout passed, or whoever invalidates.
    pub(super) fn mark(&mut self, set: u8, expired: bool, at: u64) {
        let again = self.marked & !set != 0 && at.saturating_sub(self.marked_at) < ONE_MARK;
        match expired {
            true => self.happened(EventKind::Expired),
            // The same invalidation, in the other generation's set.
            false if again => {}
            false => self.happened(EventKind::Marked),
        }
        self.put_mark(set);
        self.marked_at = at;
    }

    /// It is marked, and that counts for nothing.
    pub(super) fn put_mark(&mut self, set: u8) {
        self.marked |= set;
        self.known |= set;
    }

    /// Its value is read, by a caller or by one that waits. `timed`: the caller looked for expired keys before.
    pub(super) fn read(&mut self, timed: bool, at: u64) {
        if timed {
            self.ahead = self.ahead.saturating_add(1);
        } else if self.owed > 0 {
            self.owed -= 1;
            self.in_doubt = false;
            return;
        }
        if let Some(contest) = &mut self.contest {
            if contest.stale > 0 {
                contest.stale -= 1;
                contest.waiters = contest.waiters.saturating_sub(1);
            } else if contest.writes > 0 {
                contest.looks = contest.looks.saturating_add(1);
            } else {
                contest.last_look = at;
            }
        }
    }

    /// A caller enters progress: it computes, or waits where another does.
    pub(super) fn enter(&mut self, at: u64) {
        let stale = self.taken > 0;
        self.taken = self.taken.saturating_sub(1);
        self.in_doubt = false;
        // One that called before the observation began counts for nothing.
        let counts = self.totals.hits() > 0;
        if self.computing {
            if counts {
                self.turned_out(EventKind::Wait);
            }
            let (computations, last_write) = (self.computations, self.written);
            let contest = self.contest.get_or_insert_with(|| {
                // It may be stored already, by one that has not left yet.
                let writes = u16::from(last_write > 0);
                Box::new(Contest { computations, writes, last_write, last_look: at, ..Contest::default() })
            });
            if counts {
                contest.waiters = contest.waiters.saturating_add(1);
                contest.stale += u16::from(stale);
            }
            return;
        }
        self.settle(u64::MAX);
        self.computing = true;
        self.computations += 1;
        self.started = at;
        self.written = 0;
        self.missing = !stale;
        match stale {
            _ if !counts => {}
            true => self.turned_out(EventKind::Refresh),
            false => self.turned_out(EventKind::Miss),
        }
    }

    /// A worker of this crate computes, for a mark that its script took, or because the timeout passed. `again`: it had
    /// waited before; `dropped`: it removed the old value.
    pub(super) fn compute(&mut self, again: bool, expired: bool, dropped: bool, at: u64) {
        if std::mem::take(&mut self.took_mark) || expired {
            self.taken = self.taken.saturating_add(1);
        }
        let counts_as_waiting = again || self.looking > 0 || self.totals.hits() == 0;
        self.looking = 0;
        if counts_as_waiting {
            self.waits_no_more();
            if let Some(log) = &mut self.log {
                log.next_is_whoever_waited();
            }
        }
        if expired {
            self.totals.count(EventKind::Expired);
            if let Some(log) = &mut self.log {
                log.expired();
            }
        }
        self.computing = false;
        self.enter(at);
        self.missing |= dropped;
    }

    /// A worker of this crate computes although there may be a valid value: from then on, or beside another.
    pub(super) fn refresh(&mut self, entered: Option<u64>, dropped: bool) {
        self.call();
        let Some(at) = entered else { return self.call_is(EventKind::Refresh) };
        self.took_mark = false;
        self.taken = self.taken.saturating_add(1);
        self.computing = false;
        self.enter(at);
        self.missing |= dropped;
    }

    /// A worker of this crate stores what its caller has: that is no call.
    pub(super) fn put(&mut self) {
        self.took_mark = false;
    }

    /// A worker of this crate that waited in vain computes beside another.
    pub(super) fn join(&mut self) {
        self.gave_up();
    }

    /// A worker of this crate asked to compute and was not let, because another does (`busy`) or has by now.
    pub(super) fn refused(&mut self, busy: bool) {
        let waits = busy && self.has_nothing_to_serve();
        let counts_as_waiting = self.looking > 0;
        self.looking = self.looking.saturating_sub(1);
        match (counts_as_waiting, waits) {
            (true, false) => self.waits_no_more(),
            (false, true) => self.turned_out(EventKind::Wait),
            _ => {}
        }
    }

    /// Whether it is being computed, and no old value is there.
    fn has_nothing_to_serve(&self) -> bool {
        self.computing && self.missing
    }

    /// A worker of this crate reads. One that finds nothing while another computes waits.
    pub(super) fn read_by_worker(&mut self) {
        self.call();
        if self.has_nothing_to_serve() {
            self.call_is(EventKind::Wait);
            self.looking = self.looking.saturating_add(1);
        }
    }

    /// A value is stored. Gives the time it took, where this ends a computation that entered no progress.
    pub(super) fn write(&mut self, at: u64) -> Option<u64> {
        self.missing = false;
        self.written = at;
        let in_doubt = std::mem::take(&mut self.in_doubt);
        let is_alone = self.contest.is_none() && self.computations == 0;
        let began = match is_alone {
            true if self.refreshing > 0 => {
                self.refreshing -= 1;
                Some(self.refresh_started)
            }
            true if in_doubt && self.totals.hits() > 0 => {
                self.turned_out(EventKind::Refresh);
                self.owed = self.owed.saturating_sub(1);
                Some(self.refresh_started)
            }
            _ => None,
        };
        if let Some(contest) = &mut self.contest {
            contest.writes = contest.writes.saturating_add(1);
            contest.last_write = at;
            // Whoever took a mark writes, too, and did not give up waiting.
            if self.refreshing > 0 {
                self.refreshing -= 1;
                contest.computations = contest.computations.saturating_add(1);
            }
        }
        self.totals.count(EventKind::Stored);
        if let Some(log) = &mut self.log {
            log.record(EventKind::Stored, !is_alone || began.is_some());
        }
        let time = began.map(|began| at.saturating_sub(began))?;
        self.took(Some(time))
    }

    /// A caller leaves progress. Gives the time it was in it.
    pub(super) fn leave(&mut self, at: u64) -> Option<u64> {
        self.computing = false;
        self.looking = 0;
        if let Some(log) = &mut self.log {
            log.left(at);
        }
        if let Some(contest) = &mut self.contest {
            if contest.first_out == 0 {
                contest.first_out = at;
            }
            return None;
        }
        let one = self.computations > 0;
        self.computations = self.computations.saturating_sub(1);
        let time = (one && self.started > 0).then(|| at.saturating_sub(self.started));
        self.took(time)
    }

    /// Whether what was contested shows by now.
    pub(super) fn is_settled(&self, now: u64) -> bool {
        let is_over = |contest: &Contest| {
            contest.writes > 0 && now.saturating_sub(contest.last_write) > CERTAIN.max(LAST_LOOK)
        };
        !self.computing && self.contest.as_deref().is_some_and(is_over)
    }

    /// Whether somebody waited whose fate shows only in a moment.
    pub(super) fn is_open(&self, now: u64) -> bool {
        self.contest.as_ref().is_some_and(|contest| {
            contest.writes > 0
                && contest.waiters > contest.looks
                && now.saturating_sub(contest.last_write) <= LAST_LOOK
        })
    }

    /// Settles who was served and who gave up waiting and computed. Gives the time the computation took.
    ///
    /// Whoever is served looks once more after the write, and whoever gives up does not; a write more than there
    /// were computations is that of one who gave up.
    pub(super) fn settle(&mut self, now: u64) -> Option<u64> {
        let contest = *self.contest.take()?;
        self.computations = 0;
        if contest.writes == 0 {
            return None;
        }
        let own = contest.writes.saturating_sub(contest.computations);
        let silent = contest.waiters.saturating_sub(contest.looks);
        let is_over = now.saturating_sub(contest.last_write) > LAST_LOOK;
        let gave_up = if is_over { own.max(silent.min(contest.writes)) } else { own }.min(contest.waiters);
        (0..gave_up).for_each(|_| self.gave_up());
        let began = if gave_up > 0 { contest.last_look } else { self.started };
        let time = (began > 0 && contest.first_out > 0).then(|| contest.first_out.saturating_sub(began));
        self.took(time)
    }
}
