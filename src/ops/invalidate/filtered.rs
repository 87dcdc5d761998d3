//! Invalidation of those of the selected keys that a filter lets pass: a listing over a second connection finds them, and they
//! are decided on and written as keys that were named.
//!
//! They are found before the first of them is written, since what is written changes what would be found later: the states of
//! other keys of a value, and whether it is there. Memory has a bound: of more keys each batch is written before the next is
//! gathered, and what was taken is remembered.

use super::super::filter::{Filter, Tests};
use super::super::inner::exclude_inner;
use super::super::select::{Found, FoundBy, Place, Read, Walk, note_odd};
use super::super::selector::{IndexKind, Selector};
use super::super::state::FactFinder;
use super::members::among;
use super::run::{Counting, How, REMEMBERED, Run};
use super::{Action, Invalidation, InvalidationReport};
use crate::cache::{Clock, Session};
use crate::client::{Conn, Control, DedupWindow, End};
use crate::error::Result;
use crate::namespace::glob::KeyGlob;
use crate::namespace::{LogicalKey, Namespace};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Instant;

/// So many keys are gathered before they are written.
const GATHERED: usize = 100_000;
/// So many of them are written in one round trip.
const WRITTEN_AT_ONCE: usize = 500;

/// Invalidates those keys that one of the selectors means and the filter lets pass, as [`invalidate`](super::invalidate()) does.
/// `keys` are further selectors, read as they are needed.
///
/// By a pattern or not tells how, where [`Invalidation::action`] does not: a key that a pattern means, whatever else means it,
/// is deleted, others are marked. A key may change between the look at it and the write.
///
/// # Errors
/// Connection errors, refusals, bad selectors.
pub fn invalidate_filtered(
    session: &mut Session,
    named: &[Selector],
    keys: &mut dyn Iterator<Item = Result<LogicalKey>>,
    filter: &Filter,
    how: Invalidation,
    control: &mut Control,
    report: &mut InvalidationReport,
) -> Result<()> {
    let conn = session.conn.open_another()?;
    let (writing, ns, clock) = session.parts();
    let mut keys = keys.peekable();
    let several = named.len() + usize::from(keys.peek().is_some()) > 1;
    let taken = RefCell::new(DedupWindow::of(REMEMBERED));
    let tests = Tests::new(filter, ns, &conn)?.sparing_values();
    let mut reading = Reading { conn, clock, tests, taken: &taken, control };
    let began = (writing.begin(how.mode.replicas(reading.control))?, reading.conn.begin(0)?);
    let apart = exclude_inner_for(named, ns, &mut reading)?;
    let mut run = Run::new(ns, how.mode, report, writing, reading.control);
    if how.trusts_names {
        run.apart.trust();
    }
    run.ns = apart.as_ref().unwrap_or(ns);
    run.seen = DedupWindow::of(REMEMBERED);
    let patterns =
        named.iter().filter_map(|it| if let Selector::Pattern(glob) = it { Some(glob) } else { None });
    let mut writing = Writing {
        run,
        conn: writing,
        control: reading.control.untimed(),
        patterns: patterns.collect(),
        action: how.action,
        taken: &taken,
        batch: Batch::default(),
        found_cut: false,
        has_written: false,
        found_after_writing: false,
    };
    writing.all(ns, named, &mut keys, &mut reading)?;
    let Writing { run, conn: writing, found_cut, found_after_writing, .. } = writing;
    run.report.rehearsal = Box::new(run.rehearsal);
    let ended = writing.end(&began.0);
    let is_sure = ended.is_sure() && reading.conn.end(&began.1).is_sure();
    report.changed_states |= found_after_writing && found_cut && several && !filter.states.is_empty();
    report.complete &= is_sure && !report.changed_states;
    report.replicated = ended.replicated;
    Ok(())
}

/// Patterns reach no namespaces inside this one.
fn exclude_inner_for(named: &[Selector], ns: &Namespace, reading: &mut Reading) -> Result<Option<Namespace>> {
    if ns.knows_inner() || !named.iter().any(|it| matches!(it, Selector::Pattern(_))) {
        return Ok(None);
    }
    Ok(Some(exclude_inner(&mut reading.conn, ns, reading.control)?.into_owned()))
}

/// The listing.
struct Reading<'a> {
    conn: Conn,
    clock: Clock,
    /// The filter; what it takes away is read once.
    tests: Tests,
    /// Values that were deleted on the way.
    taken: &'a RefCell<DedupWindow>,
    control: &'a mut Control,
}

impl Reading<'_> {
    /// Hands on what is found in these places, as far as it is meant; with `also` only what that means, too. `false` where it
    /// was stopped.
    fn walk<'w, 'r>(
        &mut self,
        ns: &Namespace,
        places: &mut dyn Iterator<Item = Result<Place>>,
        also: Option<&KeyGlob>,
        writing: &mut Writing<'w, 'r>,
        take: impl Fn(&mut Writing<'w, 'r>, Found) -> Result<()>,
    ) -> Result<bool> {
        if !self.tests.read_cut(ns, &mut self.conn, self.control)? {
            let report = &mut *writing.run.report;
            (report.complete, report.stopped) = (false, true);
            return Ok(false);
        }
        let mut sink = |found| take(writing, found).map(|()| ControlFlow::Continue(()));
        let finder = FactFinder::new(ns, self.clock, &self.conn);
        let mut walk = Walk::new(ns, finder, Read::Presence, &mut sink);
        walk.taken = Some(self.taken);
        walk.narrow(self.tests.and(also));
        let walked = walk.run(places, &mut self.conn, self.control)?;
        writing.found_cut |= walked.cut_states;
        let report = &mut *writing.run.report;
        report.wrong_type += walked.wrong_type.saturating_sub(walked.not_sets.len() as u64);
        for set in walked.not_sets {
            if !report.not_sets.contains(&set) {
                report.wrong_type += 1;
                report.not_sets.push(set);
            }
        }
        walked.not_hashes.iter().for_each(|key| note_odd(&mut report.not_hashes, Some(key)));
        // A state that cannot be told may be another than the one that was asked for.
        let is_unsure = walked.missed_marks && !self.tests.filter().states.is_empty();
        report.complete &= walked.complete && !is_unsure;
        let stopped = !walked.complete && self.control.stopped();
        report.stopped |= stopped;
        Ok(!stopped)
    }
}

/// Keys that wait to be written, by what is done to them.
#[derive(Default)]
struct Batch {
    mark: Members,
    delete: Members,
    /// To mark beside a value that is counted already.
    beside: Vec<Vec<u8>>,
    /// Values that were being computed when the run began, and the keys that they were computed by.
    computing: BTreeSet<Vec<u8>>,
    computing_names: Vec<Vec<u8>>,
    /// How many there are of all these.
    len: usize,
}

/// Members, by how they were found.
#[derive(Default)]
struct Members {
    named: Vec<Vec<u8>>,
    /// Those that were named and are neither cached nor computed.
    uncached: Vec<Vec<u8>>,
    listed: Vec<Vec<u8>>,
}

/// The invalidation.
struct Writing<'a, 'r> {
    run: Run<'r>,
    conn: &'a mut Conn,
    /// What was gathered in time is written, however long that takes.
    control: Control,
    patterns: Vec<&'a KeyGlob>,
    action: Option<Action>,
    taken: &'a RefCell<DedupWindow>,
    batch: Batch,
    /// Whether keys came by that share values, whose states one of them may change for the others.
    found_cut: bool,
    has_written: bool,
    /// Whether a key was found when others were written already.
    found_after_writing: bool,
}

impl Writing<'_, '_> {
    /// Patterns come first: of values that are gone no row tells, but their other names do.
    fn all(
        &mut self,
        ns: &Namespace,
        named: &[Selector],
        keys: &mut dyn Iterator<Item = Result<LogicalKey>>,
        reading: &mut Reading,
    ) -> Result<()> {
        let mut goes_on = true;
        for glob in self.patterns.clone() {
            goes_on = goes_on && self.pattern(glob, reading)?;
        }
        // Whose keys of sets and names lie in namespaces inside, the invalidation tells.
        let open = ns.with_inner([]);
        for (n, selector) in named.iter().enumerate() {
            let set = match selector {
                Selector::Tag(name) => IndexKind::Tag.set(ns, name)?,
                Selector::InvalidKey(name) => IndexKind::InvalidKey.set(ns, name)?,
                Selector::Key(_) | Selector::Pattern(_) => continue,
            };
            if goes_on && !named[..n].contains(selector) && !self.run.is_apart(&set, self.conn)? {
                let place = || std::iter::once(Ok(Place::Selected(selector.clone())));
                goes_on = reading.walk(&open, &mut place(), None, self, Writing::gather)?;
            }
        }
        if goes_on {
            let of_files = keys.map(|key| key.map(Selector::Key));
            let of_args = named.iter().filter(|it| matches!(it, Selector::Key(_))).cloned().map(Ok);
            let mut all = of_args.chain(of_files).map(|key| key.map(Place::Selected));
            reading.walk(&open, &mut all, None, self, Writing::gather)?;
        }
        self.write()
    }

    /// As without a filter: what is in progress is found before values are looked for and marked before they go, and what a hash does
    /// not tell the name of once its value is marked.
    fn pattern(&mut self, glob: &KeyGlob, reading: &mut Reading) -> Result<bool> {
        let ns = self.run.ns;
        let once = |place| std::iter::once(Ok(place));
        let in_progress = &mut once(Place::InProgress);
        let mut goes_on = reading.walk(ns, in_progress, Some(glob), self, |writing, found| {
            let ns = writing.run.ns;
            writing.batch.computing.insert(ns.bucket_member(&found.key));
            writing.batch.computing_names.push(ns.member(&found.key));
            writing.write_enough()
        })?;
        if goes_on {
            let values = &mut once(Place::Selected(Selector::Pattern(glob.clone())));
            goes_on = reading.walk(ns, values, None, self, Writing::gather)?;
        }
        if goes_on && self.action == Some(Action::Mark) {
            let names = &mut once(Place::WholeNames);
            goes_on = reading.walk(ns, names, Some(glob), self, |writing, found| {
                writing.batch.beside.push(writing.run.ns.member(&found.key));
                writing.write_enough()
            })?;
        }
        Ok(goes_on)
    }

    /// Takes a key that is meant, once.
    fn gather(&mut self, found: Found) -> Result<()> {
        let key = &found.key;
        let member = self.run.ns.member(key);
        if !self.run.seen.is_new(&member) {
            return Ok(());
        }
        self.found_cut |= key.is_cut();
        self.found_after_writing |= self.has_written;
        let by_pattern = || self.patterns.iter().any(|glob| glob.matches(key.base(), key.field()));
        let action = self.action.unwrap_or(match found.by {
            FoundBy::Value => Action::Delete,
            _ if by_pattern() => Action::Delete,
            _ => Action::Mark,
        });
        let members = match action {
            Action::Mark => &mut self.batch.mark,
            Action::Delete => &mut self.batch.delete,
        };
        let members = match found.by {
            FoundBy::Name if found.has_value || found.facts.computing => &mut members.named,
            FoundBy::Name => &mut members.uncached,
            FoundBy::Set | FoundBy::Value => &mut members.listed,
        };
        members.push(member);
        self.write_enough()
    }

    fn write_enough(&mut self) -> Result<()> {
        self.batch.len += 1;
        if self.batch.len < GATHERED {
            return Ok(());
        }
        self.has_written = true;
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        let Batch { mark, delete, beside, computing, computing_names, .. } = std::mem::take(&mut self.batch);
        if !computing.is_empty() {
            self.mark_computing(&computing, computing_names)?;
        }
        self.act(mark, Action::Mark)?;
        let all = [&delete.named[..], &delete.uncached, &delete.listed].concat();
        if !all.is_empty() && self.run.mark_busy(&[], &all, self.conn, &mut self.control)? {
            let keys = all.iter().filter_map(|member| self.run.ns.key_of_member(member));
            keys.for_each(|key| _ = self.taken.borrow_mut().is_new(key.of_value().as_bytes()));
            self.act(delete, Action::Delete)?;
        }
        self.these(beside, How::beside())
    }

    /// Marks what was being computed by every name that it is read by. Whoever did may have stored it since: what came out is from
    /// old data, and stands where nothing is looked for any more.
    fn mark_computing(&mut self, values: &BTreeSet<Vec<u8>>, names: Vec<Vec<u8>>) -> Result<()> {
        let recent = &mut DedupWindow::default();
        self.run.mark_in_progress(&among(values), self.conn, &mut self.control, recent)?;
        let how = How::beside();
        self.these(names, how.clone())?;
        self.these(values.iter().cloned().collect(), how)?;
        self.run.mark_cut(&among(values), self.conn, &mut self.control, recent)
    }

    fn act(&mut self, members: Members, action: Action) -> Result<()> {
        let Members { named, uncached, listed } = members;
        for (members, named, counts) in [(named, true, true), (uncached, true, false), (listed, false, true)]
        {
            self.these(members, How { counting: Counting::Decided { named, counts }, ..How::new(action) })?;
        }
        Ok(())
    }

    fn these(&mut self, members: Vec<Vec<u8>>, how: How) -> Result<()> {
        let (mut members, mut recent) = (members.into_iter(), DedupWindow::default());
        while members.len() > 0 {
            if self.control.stopped() {
                self.run.ended(End::Stopped);
                return Ok(());
            }
            let began = Instant::now();
            let some = members.by_ref().take(WRITTEN_AT_ONCE).collect();
            self.run.these(some, how.clone(), None, self.conn, &mut recent)?;
            self.control.rest(began);
        }
        Ok(())
    }
}
