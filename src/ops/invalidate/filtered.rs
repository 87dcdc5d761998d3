//! Invalidation of those of the selected keys that a filter lets pass: a listing over a second connection finds them, and they
//! are decided on and written batch by batch as keys that were named.
//!
//! What several selectors mean is taken by the first of them: else a run, whose marks change what the next selector finds, would
//! count other keys than its dry run.

use super::super::filter::{Filter, Tests};
use super::super::inner::exclude_inner;
use super::super::select::{Found, FoundBy, Place, Read, Walk, note_odd};
use super::super::selector::{IndexKind, Selector};
use super::super::state::FactFinder;
use super::members::among;
use super::run::{How, Run};
use super::{Action, Invalidation, InvalidationReport};
use crate::cache::{Clock, Session};
use crate::client::{Conn, Control, DedupWindow};
use crate::error::Result;
use crate::namespace::glob::KeyGlob;
use crate::namespace::{LogicalKey, Namespace};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Instant;

/// So many keys are gathered before they are written.
const GATHERED: usize = 10_000;
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
    let selectors = named.len() + usize::from(keys.peek().is_some());
    let mut reading = Reading { conn, clock, filter, decided: Vec::new(), control };
    let began = (writing.begin(how.mode.replicas(reading.control))?, reading.conn.begin(0)?);
    let apart = exclude_inner_for(named, ns, &mut reading)?;
    let mut run = Run::new(ns, how.mode, report, writing, reading.control);
    if how.trusts_names {
        run.apart.trust();
    }
    let patterns =
        named.iter().filter_map(|it| if let Selector::Pattern(glob) = it { Some(glob) } else { None });
    let mut writing = Writing {
        run,
        conn: writing,
        control: reading.control.untimed(),
        patterns: patterns.collect(),
        states_change: !filter.states.is_empty() && selectors > 1,
        in_patterns: false,
        action: how.action,
        recent: DedupWindow::default(),
        batch: Batch::default(),
    };
    writing.all(ns, apart.as_ref().unwrap_or(ns), named, &mut keys, &mut reading)?;
    writing.run.report.rehearsal = Box::new(writing.run.rehearsal);
    let ended = writing.conn.end(&began.0);
    let is_sure = ended.is_sure() && reading.conn.end(&began.1).is_sure();
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
    filter: &'a Filter,
    /// Selectors that were walked: what they mean is taken.
    decided: Vec<Selector>,
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
        let mut filter = self.filter.clone();
        filter.all.extend(also.cloned().map(Selector::Pattern));
        let mut tests = Tests::new(&filter, ns, &self.conn)?.sparing_values();
        // What deletes has taken the values of what was decided on, whatever other keys they have. By a pattern that is so for all
        // that it means: it does not tell keys of one value apart.
        let deletes = match writing.action {
            None => writing.in_patterns,
            Some(action) => action == Action::Delete,
        };
        // Where keys of one value differ in what is asked, one of them may have been left by what another would be taken by.
        let alike = self.filter.states.is_empty() && self.filter.all.is_empty();
        tests = tests.without(&self.decided, ns, deletes && alike)?;
        if !tests.read_cut(ns, &mut self.conn, self.control)? {
            let report = &mut *writing.run.report;
            (report.complete, report.stopped) = (false, true);
            return Ok(false);
        }
        let mut sink = |found| take(writing, found).map(|()| ControlFlow::Continue(()));
        let finder = FactFinder::new(ns, self.clock, &self.conn);
        let mut walk = Walk::new(ns, finder, Read::Presence, &mut sink);
        walk.narrow(tests);
        let walked = walk.run(places, &mut self.conn, self.control)?;
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
        let is_unsure = walked.missed_marks && !self.filter.states.is_empty();
        report.changed_states |= walked.cut_states && writing.states_change;
        report.complete &= walked.complete && !is_unsure;
        let stopped = !walked.complete && self.control.stopped();
        report.stopped |= stopped;
        Ok(!stopped)
    }
}

/// Keys that wait to be written, by what is done to them.
#[derive(Default)]
struct Batch {
    /// To mark: those that were named, and those that were found.
    mark: [Vec<Vec<u8>>; 2],
    /// To delete, the same.
    delete: [Vec<Vec<u8>>; 2],
    /// To mark beside a value that is counted already.
    beside: Vec<Vec<u8>>,
    /// Values that are being computed.
    computing: BTreeSet<Vec<u8>>,
}

/// The invalidation.
struct Writing<'a, 'r> {
    run: Run<'r>,
    conn: &'a mut Conn,
    /// What was gathered is written to its end.
    control: Control,
    patterns: Vec<&'a KeyGlob>,
    /// Whether states are asked for, and several selectors come one after the other: a value may be in another state for the next
    /// one, by what was done, or by a longer name of it.
    states_change: bool,
    /// Whether keys and sets are done, and the patterns are walked.
    in_patterns: bool,
    action: Option<Action>,
    recent: DedupWindow,
    batch: Batch,
}

impl<'a, 'r> Writing<'a, 'r> {
    fn all(
        &mut self,
        ns: &'r Namespace,
        apart: &'r Namespace,
        named: &[Selector],
        keys: &mut dyn Iterator<Item = Result<LogicalKey>>,
        reading: &mut Reading,
    ) -> Result<()> {
        // Whose keys of sets and names lie in namespaces inside, the invalidation tells.
        let open = ns.with_inner([]);
        let is_key = |it: &&Selector| matches!(it, Selector::Key(_));
        let of_files = keys.map(|key| key.map(Selector::Key));
        let mut all =
            named.iter().filter(is_key).cloned().map(Ok).chain(of_files).map(|it| it.map(Place::Selected));
        let mut goes_on = reading.walk(&open, &mut all, None, self, Writing::gather)?;
        reading.decided.extend(named.iter().filter(is_key).cloned());
        for selector in named {
            let set = match selector {
                Selector::Tag(name) => IndexKind::Tag.set(ns, name)?,
                Selector::InvalidKey(name) => IndexKind::InvalidKey.set(ns, name)?,
                Selector::Key(_) | Selector::Pattern(_) => continue,
            };
            if goes_on && !reading.decided.contains(selector) && !self.run.is_apart(&set, self.conn)? {
                let place = || std::iter::once(Ok(Place::Selected(selector.clone())));
                goes_on = reading.walk(&open, &mut place(), None, self, Writing::gather)?;
                reading.decided.push(selector.clone());
            }
        }
        self.write()?;
        self.run.ns = apart;
        self.in_patterns = true;
        for glob in std::mem::take(&mut self.patterns) {
            if goes_on {
                goes_on = self.pattern(glob, apart, reading)?;
                reading.decided.push(Selector::Pattern(glob.clone()));
            }
        }
        Ok(())
    }

    /// As without a filter: what is in progress is marked before values go, and what a hash does not tell the name of once its
    /// value is marked.
    fn pattern(&mut self, glob: &KeyGlob, ns: &Namespace, reading: &mut Reading) -> Result<bool> {
        let once = |place| std::iter::once(Ok(place));
        let in_progress = &mut once(Place::InProgress);
        let mut goes_on = reading.walk(ns, in_progress, Some(glob), self, |writing, found| {
            let member = writing.run.ns.bucket_member(&found.key);
            writing.batch.computing.insert(member);
            Ok(())
        })?;
        let computing = std::mem::take(&mut self.batch.computing);
        if !computing.is_empty() {
            let recent = &mut DedupWindow::default();
            self.run.mark_all_in_progress(&among(&computing), self.conn, &mut self.control, recent)?;
        }
        if goes_on {
            let values = &mut once(Place::Selected(Selector::Pattern(glob.clone())));
            goes_on = reading.walk(ns, values, None, self, Writing::gather)?;
            self.write()?;
        }
        if goes_on && self.action == Some(Action::Mark) {
            goes_on =
                reading.walk(ns, &mut once(Place::WholeNames), Some(glob), self, |writing, found| {
                    writing.batch.beside.push(writing.run.ns.member(&found.key));
                    writing.write_enough()
                })?;
            self.write()?;
        }
        Ok(goes_on)
    }

    fn gather(&mut self, found: Found) -> Result<()> {
        let key = &found.key;
        // What is done to it may change the state in which the next selector finds its value.
        self.run.report.changed_states |= self.states_change && key.is_cut();
        let by_pattern = || self.patterns.iter().any(|glob| glob.matches(key.base(), key.field()));
        let action = self.action.unwrap_or(match found.by {
            FoundBy::Value => Action::Delete,
            _ if by_pattern() => Action::Delete,
            _ => Action::Mark,
        });
        let of_action = match action {
            Action::Mark => &mut self.batch.mark,
            Action::Delete => &mut self.batch.delete,
        };
        of_action[usize::from(found.by != FoundBy::Name)].push(self.run.ns.member(key));
        self.write_enough()
    }

    fn write_enough(&mut self) -> Result<()> {
        let Batch { mark, delete, beside, .. } = &self.batch;
        let gathered: usize = mark.iter().chain(delete).map(Vec::len).sum();
        if gathered + beside.len() >= GATHERED { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        let Batch { mark, delete, beside, .. } = std::mem::take(&mut self.batch);
        self.act(mark, Action::Mark)?;
        let all = delete.concat();
        if !all.is_empty() && self.run.mark_busy(&[], &all, self.conn, &mut self.control)? {
            self.act(delete, Action::Delete)?;
        }
        self.these(beside, How { uncounted: true, ..How::new(Action::Mark) })
    }

    fn act(&mut self, [named, found]: [Vec<Vec<u8>>; 2], action: Action) -> Result<()> {
        self.these(named, How { named: true, ..How::new(action) })?;
        self.these(found, How::new(action))
    }

    fn these(&mut self, members: Vec<Vec<u8>>, how: How) -> Result<()> {
        let mut members = members.into_iter();
        while members.len() > 0 {
            let began = Instant::now();
            let some = members.by_ref().take(WRITTEN_AT_ONCE).collect();
            self.run.these(some, how.clone(), None, self.conn, &mut self.recent)?;
            self.control.rest(began);
        }
        Ok(())
    }
}
