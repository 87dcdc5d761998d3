//! What the library leaks, found and taken away: plan with reads, apply in short scripts that look again.
//!
//! Nothing is judged by age alone. A member of a tag or an invalid set goes when its value is gone and nobody is
//! computing it, both seen by the server in the step that removes it. As 0.0.9 names a key in its tag before it
//! writes the value, what was removed is remembered at the server and looked at again when it had time to settle;
//! what has a value by then goes back. Marks and keys in progress carry no time, so they go only when two looks
//! found them.

mod buckets;
mod chunks;
mod indexes;
mod leases;
mod recheck;
mod record;
mod report;
mod shared;
mod suspects;
mod walk;

use super::inner::exclude_inner;
use crate::cache::{
    Bookmark, LockOutcome, Mode, Position, Rehearsal, ServerClock, Session, Writer, under_lock,
};
use crate::client::{Conn, Control, DedupWindow};
use crate::error::Result;
use crate::namespace::{Layout, Namespace};
pub use report::{GcPart, GcReport};
use shared::Shared;
use std::iter;
use std::time::{Duration, Instant};

/// How to collect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gc {
    /// How far apart the two looks at a mark or a key in progress are, at least. Longer than the slowest function
    /// takes; with zero the first look decides.
    pub stuck_after: Duration,
    /// Wait for the second look instead of leaving it to a later run.
    pub wait: bool,
    /// Whether to write.
    pub mode: Mode,
    /// Take the lock of the namespace, so that one sweep works at a time. A dry run needs none.
    pub lock: bool,
}

/// The parts of a run, in their order.
const SUSPECTS: u8 = 0;
const INDEXES: u8 = 1;
const BUCKETS: u8 = 2;
const PHASES: u8 = 3;

/// Collects what the library leaked. The report is kept up to date, so that after an error it tells what was done.
///
/// With a deadline in `control` the run goes on where the last one that takes the same stopped, and notes where it stops itself;
/// a dry run goes on there, too, and notes nothing. Whichever run comes to the end forgets what was noted.
/// Unless the layout of the session was named, what both generations have is looked at.
/// A run that is killed at any moment loses nothing: what it removed is remembered at the server, and looked at
/// again by the next run.
///
/// # Errors
/// Connection errors and refusals.
pub fn gc(session: &mut Session, how: Gc, control: &mut Control, report: &mut GcReport) -> Result<()> {
    let mut lock = LockOutcome::default();
    let wanted = how.lock && how.mode == Mode::Apply;
    let done = under_lock(session, wanted, control, &mut lock, |session, control| {
        collect_all(session, how, control, report)
    });
    report.complete &= lock != LockOutcome::Lost;
    report.lock = lock;
    done
}

fn collect_all(session: &mut Session, how: Gc, control: &mut Control, report: &mut GcReport) -> Result<()> {
    session.mind_both_layouts();
    let in_use = session.in_use;
    let (conn, ns, _) = session.parts();
    let ns = &*exclude_inner(conn, ns, control)?;
    let began = conn.begin(how.mode.replicas(control))?;
    let writer = Writer::new(ns.clone(), how.mode).on(conn).knowing_what_scripts_may(conn)?;
    let clock = ServerClock::read(conn)?;
    let choice = format!("layout {} stuck_after {:?}", ns.layout(), how.stuck_after).into_bytes();
    let choice: Vec<&[u8]> = iter::once(&choice).chain(ns.inner()).map(Vec::as_slice).collect();
    let bookmark = Bookmark::new(conn, ns, control, ("gc", PHASES), &choice)?;
    let from = bookmark.load(conn, &mut report.position_dropped)?;
    report.resumed = from.is_some();
    report.skipped_before = from.as_ref().is_some_and(|from| from.skipped);
    let mut run = Run {
        ns,
        in_use,
        writer,
        how,
        clock,
        report,
        rehearsal: Rehearsal::default(),
        scanned: Default::default(),
        records: 0,
        removed: None,
        looked: Instant::now(),
        shared: Shared::default(),
    };
    let position = run.all(from, conn, control)?;
    let reached = position.is_none();
    let report = &run.report;
    let skipped = report.skipped_before || !report.not_sets.is_empty() || report.unnoted > 0;
    let position = position.map(|position| Position { skipped, ..position });
    bookmark.save(conn, &run.writer, position.as_ref())?;
    let settled = run.settle(conn, control)?;
    let ended = conn.end(&began);
    run.report.complete = reached && settled && ended.is_sure() && !skipped;
    run.report.replicated = ended.replicated;
    Ok(())
}

/// One run under way.
struct Run<'a> {
    ns: &'a Namespace,
    /// Which generation reads the marks that are put back.
    in_use: Layout,
    writer: Writer,
    how: Gc,
    clock: ServerClock,
    report: &'a mut GcReport,
    /// What a dry run would have done.
    rehearsal: Rehearsal,
    /// The keys in progress and the marks that were counted as scanned: what stands in the sets of both generations is one.
    scanned: [DedupWindow; 2],
    /// Records at the server that wait for a second look.
    records: u64,
    /// When the last of them was written.
    removed: Option<Instant>,
    /// When the first look at marks and keys in progress was over.
    looked: Instant,
    shared: Shared,
}

impl Run<'_> {
    /// Does everything from a position on; gives the position where it stopped.
    fn all(
        &mut self,
        from: Option<Position>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Option<Position>> {
        let from = from.unwrap_or_default();
        if !self.catch_up(conn, control)? || !self.leases(conn, control)? {
            return Ok(Some(from));
        }
        let begins = |phase| if from.phase == phase { Some(from.clone()) } else { None };
        if from.phase == SUSPECTS {
            let stopped = self.check_suspects(begins(SUSPECTS), conn, control)?;
            self.looked = Instant::now();
            if stopped.is_some() {
                self.count_suspects(conn)?;
                return Ok(stopped);
            }
        }
        self.count_suspects(conn)?;
        if self.how.wait && self.report.suspects > 0 && control.sleep_until(self.recheck_at()) {
            self.recheck_suspects(conn, control)?;
        }
        if from.phase <= INDEXES
            && let Some(position) = self.walk(INDEXES, begins(INDEXES), conn, control)?
        {
            return Ok(Some(position));
        }
        if let Some(position) = self.walk(BUCKETS, begins(BUCKETS), conn, control)? {
            return Ok(Some(position));
        }
        if self.report.suspects > 0 && Instant::now() >= self.recheck_at() {
            self.recheck_suspects(conn, control)?;
        }
        Ok(None)
    }

    /// When whatever is suspect now may be judged: no earlier run looked later than this one.
    fn recheck_at(&self) -> Instant {
        // The server counts in whole milliseconds.
        self.looked + self.how.stuck_after + Duration::from_millis(2)
    }
}
