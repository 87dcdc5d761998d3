//! Members of tags, invalid sets and progress sets, and keys named one by one.

use super::super::in_progress::Computing;
use super::super::inner_names::Doubt;
use super::Action;
use super::run::{Counting, How, Question, Run};
use crate::client::command;
use crate::client::{Conn, Control, DedupWindow, End, Queue, Replies, Source, Sweep, Work, work_on};
use crate::error::{Error, Result};
use crate::namespace::LogicalKey;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Whether the value at a hash and field is meant.
pub(super) type Meant<'a> = dyn Fn(&[u8], &[u8]) -> bool + 'a;

impl Run<'_> {
    pub(super) fn members(
        &mut self,
        source: Source,
        how: How,
        filter: Option<&Meant>,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut DedupWindow,
    ) -> Result<End> {
        let name = source.key().to_vec();
        let leaves = how.tag.as_ref().is_some_and(|tag| how.action == Action::Mark && self.leaves_tag(tag));
        let end = Sweep::new(source).run(conn, &mut OnMembers { run: self, how, filter, recent }, control)?;
        if end == End::Done && leaves && self.writer.is_dry_run() && self.report.inner.is_empty() {
            self.rehearsal.empty(&name);
        }
        if end == End::WrongType {
            if self.report.not_sets.contains(&name) {
                return Ok(end);
            }
            self.report.not_sets.push(name);
        }
        self.ended(end);
        Ok(end)
    }

    /// Members that were found already.
    pub(super) fn these(
        &mut self,
        members: Vec<Vec<u8>>,
        how: How,
        filter: Option<&Meant>,
        conn: &mut Conn,
        recent: &mut DedupWindow,
    ) -> Result<()> {
        work_on(conn, members, &mut OnMembers { run: self, how, filter, recent })
    }

    /// Takes keys that were named one by one, and sets whose values are to be deleted.
    pub(super) fn take(
        &mut self,
        sets: Vec<Vec<u8>>,
        named: Vec<Vec<u8>>,
        action: Option<Action>,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut DedupWindow,
    ) -> Result<()> {
        if sets.is_empty() && named.is_empty() {
            return Ok(());
        }
        let action = action.unwrap_or(Action::Mark);
        if action == Action::Delete && !self.mark_busy(&sets, &named, conn, control)? {
            return Ok(());
        }
        for (n, set) in sets.into_iter().enumerate() {
            if n > 0 && control.stopped() {
                self.ended(End::Stopped);
                return Ok(());
            }
            self.members(Source::set(set), How::new(action), None, conn, control, recent)?;
        }
        self.these(named, How { counting: Counting::IfCached, ..How::new(action) }, None, conn, recent)
    }

    /// Marks those whose values are being computed, by every name that these are read by: without that, what comes out would
    /// settle, as it is from old data. Tells whether all of them are marked: nothing is to be deleted before.
    pub(super) fn mark_busy(
        &mut self,
        sets: &[Vec<u8>],
        named: &[Vec<u8>],
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<bool> {
        let ns = self.ns;
        let computing = Computing::read(ns, &ns.all_pattern(), |_| true, conn, &mut control.untimed())?;
        if !computing.not_sets().is_empty() {
            return Err(Error::WrongType { keys: computing.not_sets().to_vec() });
        }
        if computing.is_partial() {
            self.ended(End::Stopped);
            return Ok(false);
        }
        if computing.is_empty() {
            return Ok(true);
        }
        let busy = RefCell::new(BTreeSet::new());
        let is_busy = |hash: &[u8], field: &[u8]| computing.holds(ns, LogicalKey::at(hash, field).as_bytes());
        let note = noting(&is_busy, &busy);
        let how = How::beside();
        let mut recent = DedupWindow::default();
        for set in sets {
            let end =
                self.members(Source::set(set.clone()), how.clone(), Some(&note), conn, control, &mut recent)?;
            if end == End::Stopped {
                return Ok(false);
            }
        }
        self.these(named.to_vec(), how, Some(&note), conn, &mut recent)?;
        let busy = busy.take();
        if busy.is_empty() {
            return Ok(true);
        }
        // Whatever was stopped before says nothing of this.
        let earlier = std::mem::take(&mut self.report.stopped);
        let marked = self.mark_all_in_progress(&among(&busy), conn, control, &mut recent);
        let goes_on = !self.report.stopped;
        self.report.stopped |= earlier;
        marked.map(|()| goes_on)
    }

    /// Marks whatever is in progress and meant, by every name that its value is read by, before values are looked for.
    pub(super) fn mark_all_in_progress(
        &mut self,
        meant: &Meant,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut DedupWindow,
    ) -> Result<()> {
        let values = self.mark_in_progress(meant, conn, control, recent)?;
        if values.is_empty() {
            return Ok(());
        }
        self.mark_cut(&among(&values), conn, control, recent)
    }

    /// The same, but for the names that only indexes know. Gives the names of the values.
    pub(super) fn mark_in_progress(
        &mut self,
        meant: &Meant,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut DedupWindow,
    ) -> Result<BTreeSet<Vec<u8>>> {
        let values = RefCell::new(BTreeSet::new());
        let note = noting(meant, &values);
        let how = How::beside();
        for set in self.ns.progress_sets() {
            self.members(Source::set(set), how.clone(), Some(&note), conn, control, recent)?;
        }
        let values = values.take();
        self.these(values.iter().cloned().collect(), how, None, conn, recent)?;
        Ok(values)
    }

    /// Whether a set that was named is left alone, as it belongs to a namespace inside.
    pub(super) fn is_apart(&mut self, set: &[u8], conn: &mut Conn) -> Result<bool> {
        self.apart.look_at(&[set.to_vec()], conn)?;
        Ok(self.misses(set))
    }

    /// Whether a name that was meant lies in a namespace inside. It is left alone, so not everything is done.
    fn misses(&mut self, name: &[u8]) -> bool {
        let ns = self.apart.namespace_of_names(self.ns);
        let is_inner = self.apart.leaves_alone(ns, name, &mut self.report.inner);
        self.report.complete &= !is_inner;
        is_inner
    }

    /// Whether a name lies in a namespace inside, which the report then has.
    pub(super) fn leaves_alone(&mut self, name: &[u8]) -> bool {
        self.apart.leaves_alone(self.ns, name, &mut self.report.inner)
    }

    /// Takes members, those of namespaces inside left out, once nothing is left to ask of these.
    pub(super) fn ask_or_take(
        &mut self,
        doubt: Option<Doubt>,
        mut members: Vec<Vec<u8>>,
        how: How,
        queue: &mut Queue<Question>,
    ) {
        if let Some(doubt) = doubt {
            return queue.ask(|pipe| {
                self.apart.ask(&doubt, pipe);
                Question::Doubtful { doubt, members, how }
            });
        }
        members.retain(|member| {
            let is_apart = match how.counting {
                Counting::Not => self.apart.is_inner(member),
                _ => self.misses(member),
            };
            !is_apart
        });
        self.take_members(members, &how, queue);
    }

    fn take_members(&mut self, members: Vec<Vec<u8>>, how: &How, queue: &mut Queue<Question>) {
        let progress = self.ns.progress_sets();
        match how.counting {
            Counting::EachOnce => self.count_matched(&members),
            Counting::Decided { counts: true, .. } => self.report.matched += members.len() as u64,
            Counting::Decided { counts: false, .. } | Counting::Not => {}
            Counting::IfCached => queue.ask(|pipe| {
                let mut asked = Vec::with_capacity(members.len());
                for member in &members {
                    let Some((hash, field)) = self.ns.location(member) else { continue };
                    pipe.push(command::HEXISTS, &[hash, field]);
                    progress.iter().for_each(|set| pipe.push(command::SISMEMBER, &[set, member]));
                    asked.push((member.clone(), self.rehearsal.is_deleted(hash, field)));
                }
                Question::Cached { members: asked, sets: progress.len() }
            }),
        }
        match how.action {
            Action::Mark => {
                let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
                self.queue_mark(&members, how.tag.as_deref(), queue);
            }
            Action::Delete => self.delete_values(&members, queue),
        }
    }

    /// Deletes the values of members.
    fn delete_values(&mut self, members: &[Vec<u8>], next: &mut Queue<Question>) {
        for member in members {
            if let Some((hash, field)) = self.ns.location(member)
                && (!self.writer.is_dry_run() || self.rehearsal.delete(hash, field))
            {
                next.ask(|pipe| Question::Delete(self.writer.delete_fields(hash, &[field], pipe)));
            }
        }
    }
}

/// What is meant, by the names of its values, which are noted.
fn noting<'a>(
    meant: &'a Meant<'a>,
    values: &'a RefCell<BTreeSet<Vec<u8>>>,
) -> impl Fn(&[u8], &[u8]) -> bool + use<'a> {
    move |hash, field| {
        let is_meant = meant(hash, field);
        if is_meant {
            values.borrow_mut().insert(LogicalKey::at(hash, field).as_bytes().to_vec());
        }
        is_meant
    }
}

/// Whether a value is one of these.
pub(super) fn among(values: &BTreeSet<Vec<u8>>) -> impl Fn(&[u8], &[u8]) -> bool {
    |hash, field| values.contains(LogicalKey::at(hash, field).as_bytes())
}

struct OnMembers<'a, 'r> {
    run: &'a mut Run<'r>,
    how: How,
    /// Only those whose hash and field this accepts.
    filter: Option<&'a Meant<'a>>,
    recent: &'a mut DedupWindow,
}

impl Work for OnMembers<'_, '_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        let (run, how) = (&mut *self.run, &self.how);
        let meant = |member: &[u8]| {
            let is_cut = || run.ns.key_of_member(member).is_some_and(|key| key.is_cut());
            let accepts = self.filter.is_none_or(|accepts| {
                run.ns.location(member).is_some_and(|(hash, field)| accepts(hash, field))
            });
            accepts && (!how.cut || is_cut())
        };
        // Members leave each tag that was named, whatever another selector did with them before.
        let leaves_tag = how.tag.is_some() && !run.writer.is_dry_run() && how.action == Action::Mark;
        let members: Vec<_> = items
            .into_iter()
            .filter(|member| meant(member) && (self.recent.is_new(member) || leaves_tag))
            .collect();
        let doubt = run.apart.doubt(&members, how.is_named());
        run.ask_or_take(doubt, members, how.clone(), queue);
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        self.run.answer(question, replies, next).map(drop)
    }
}
