//! One invalidation under way: what it asked, what came back, what it counts.

use super::super::fields::{FieldsFound, FieldsOf};
use super::super::inner_names::{Doubt, InnerByName};
use super::super::select::note_odd;
use super::common::CommonFields;
use super::{Action, CHUNK, InvalidationReport};
use crate::cache::{Deleted, Mode, PendingReply, Rehearsal, Writer};
use crate::client::command;
use crate::client::{CancelToken, Conn, Control, DedupWindow, End, Pipe, Queue, Replies};
use crate::error::Result;
use crate::namespace::Namespace;

/// What to do with members of a set, or with keys that were named.
#[derive(Clone)]
pub(super) struct How {
    pub(super) action: Action,
    /// The tag they come from.
    pub(super) tag: Option<Vec<u8>>,
    pub(super) counting: Counting,
    /// Only keys that the library cuts are meant.
    pub(super) cut: bool,
}

impl How {
    pub(super) fn new(action: Action) -> Self {
        Self { action, tag: None, counting: Counting::EachOnce, cut: false }
    }

    /// Marks them beside something that is counted already.
    pub(super) fn beside() -> Self {
        Self { counting: Counting::Not, ..Self::new(Action::Mark) }
    }

    /// Whether they were named one by one: no set that lists them is looked at.
    pub(super) fn is_named(&self) -> bool {
        matches!(self.counting, Counting::IfCached | Counting::Decided { named: true, .. })
    }
}

/// Which of the members count as matched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// Each does, however many selectors mean it.
    EachOnce,
    /// They were named one by one, so nothing says yet that they are cached.
    IfCached,
    /// As was decided before.
    Decided { named: bool, counts: bool },
    /// They belong to something that is counted already.
    Not,
}

/// So many members are remembered where several selectors may mean the same. One takes some 16 bytes.
pub(super) const REMEMBERED: usize = 500_000;

/// One invalidation under way.
pub(super) struct Run<'a> {
    pub(super) ns: &'a Namespace,
    pub(super) writer: Writer,
    /// What is known of namespaces inside by the names that came by.
    pub(super) apart: InnerByName<'a>,
    cancel: CancelToken,
    /// Whether whole hashes can be removed by a script.
    pub(super) scripts: bool,
    pub(super) report: &'a mut InvalidationReport,
    /// Members that were counted as meant.
    pub(super) seen: DedupWindow,
    /// What a dry run would have done.
    pub(super) rehearsal: Rehearsal,
    /// Whether there is more than one selector, so that one key may be meant twice.
    pub(super) several: bool,
    /// What the hashes under the pattern are tried to be emptied with.
    pub(super) common: CommonFields,
}

/// What answers are for.
pub(super) enum Question {
    /// Marks, and the members that are recorded once these are there.
    Mark {
        recorded: Vec<Vec<u8>>,
        pending: PendingReply,
    },
    Recorded(PendingReply),
    /// Marks of members that leave their tag once these are there.
    MarkTagged {
        tag: Vec<u8>,
        members: Vec<Vec<u8>>,
        pending: PendingReply,
    },
    LeaveTag(PendingReply),
    Delete(PendingReply),
    /// A deletion by common field names, and how many of the hashes are still there.
    Emptied {
        hashes: Vec<Vec<u8>>,
        pending: PendingReply,
    },
    /// Names of fields of some hash.
    FieldNames,
    /// A deletion that also tells how many were meant.
    DeleteMatched(PendingReply),
    Fields(FieldsOf),
    /// For each named key, whether a value is there, then whether each progress set holds it. A dry run knows of some
    /// that no value is there any more.
    Cached {
        members: Vec<(Vec<u8>, bool)>,
        sets: usize,
    },
    /// Members of which some may belong to namespaces inside.
    Doubtful {
        doubt: Doubt,
        members: Vec<Vec<u8>>,
        how: How,
    },
}

impl<'a> Run<'a> {
    pub(super) fn new(
        ns: &'a Namespace,
        mode: Mode,
        report: &'a mut InvalidationReport,
        conn: &Conn,
        control: &Control,
    ) -> Self {
        report.complete = true;
        let writer = Writer::new(ns.clone(), mode).on(conn);
        let rehearsal = *std::mem::take(&mut report.rehearsal);
        Self {
            ns,
            writer,
            apart: InnerByName::new(ns, conn),
            cancel: control.cancel_token(),
            scripts: true,
            report,
            seen: DedupWindow::default(),
            rehearsal,
            several: false,
            common: CommonFields::default(),
        }
    }

    /// From here on one key may be meant twice.
    pub(super) fn expect_several(&mut self) {
        if !std::mem::replace(&mut self.several, true) {
            self.seen = DedupWindow::of(REMEMBERED);
        }
    }

    /// Counts members as meant, each once however many selectors mean it.
    pub(super) fn count_matched(&mut self, members: &[Vec<u8>]) {
        let new = members.iter().filter(|member| self.seen.is_new(member)).count();
        self.report.matched += new as u64;
    }

    pub(super) fn ended(&mut self, end: End) {
        if end == End::WrongType {
            self.report.wrong_type += 1;
        }
        self.report.stopped |= end == End::Stopped;
        self.report.complete &= end == End::Done;
    }

    /// Queues marks; a dry run asks once about each.
    pub(super) fn mark(&mut self, members: &[&[u8]], pipe: &mut Pipe) -> PendingReply {
        if !self.writer.is_dry_run() {
            return self.writer.mark(members, pipe);
        }
        let new: Vec<_> = members.iter().copied().filter(|member| self.rehearsal.mark(member)).collect();
        self.writer.mark(&new, pipe)
    }

    pub(super) fn queue_mark_inside(&self, members: &[&[u8]], queue: &mut Queue<Question>) {
        queue.go_on(|pipe| ((), self.writer.mark_inside(members, pipe).map(Question::Recorded)));
    }

    pub(super) fn queue_mark(&mut self, members: &[&[u8]], tag: Option<&[u8]>, queue: &mut Queue<Question>) {
        for chunk in members.chunks(CHUNK) {
            self.queue_mark_inside(chunk, queue);
            queue.ask(|pipe| {
                let pending = self.mark(chunk, pipe);
                match tag.filter(|tag| !self.writer.is_dry_run() && self.leaves_tag(tag)) {
                    Some(tag) => {
                        let members = chunk.iter().map(|member| member.to_vec()).collect();
                        Question::MarkTagged { tag: tag.to_vec(), members, pending }
                    }
                    None => Question::Mark { recorded: self.to_record(chunk), pending },
                }
            });
        }
    }

    /// Whether members that are marked leave this tag.
    pub(super) fn leaves_tag(&self, tag: &[u8]) -> bool {
        self.writer.empties_tags() && !self.ns.is_bookkeeping_inside(&self.ns.tag(tag))
    }

    /// Of members that are marked, those to record.
    pub(super) fn to_record(&self, members: &[&[u8]]) -> Vec<Vec<u8>> {
        let members = if self.writer.records_marks() { members } else { &[] };
        members.iter().map(|member| member.to_vec()).collect()
    }

    fn record(&self, members: &[Vec<u8>], next: &mut Queue<Question>) {
        if !members.is_empty() {
            let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
            next.ask(|pipe| Question::Recorded(self.writer.record(&members, pipe)));
        }
    }

    /// Takes the answers to a question; fields of a hash that were asked for are given back.
    pub(super) fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<Option<FieldsFound>> {
        match question {
            Question::Mark { recorded, pending } => {
                pending.count(replies, &mut self.report.marked)?;
                self.record(&recorded, next);
            }
            Question::Recorded(pending) => pending.count(replies, &mut 0)?,
            Question::MarkTagged { tag, members, pending } => {
                pending.count(replies, &mut self.report.marked)?;
                let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
                next.ask(|pipe| Question::LeaveTag(self.writer.take_out_of_tag(&tag, &members, pipe)));
            }
            Question::LeaveTag(pending) => pending.count(replies, &mut 0)?,
            Question::Delete(pending) => self.deleted(pending, replies, false)?,
            Question::DeleteMatched(pending) => self.deleted(pending, replies, true)?,
            Question::Emptied { hashes, pending } => {
                let mut deleted = Deleted::default();
                let told = pending.deleted(replies, &mut deleted);
                self.report.matched += deleted.values;
                self.report.deleted += deleted.values;
                told?;
                self.common.forget_unless_they_help(hashes.len(), deleted.values);
                if replies.one()?.count()? > 0 {
                    self.delete_whole(&hashes, next);
                }
            }
            Question::FieldNames => {
                let reply = replies.one()?;
                if !reply.is_wrong_type() {
                    self.common.learn(reply.scan()?.1.strings()?.into_iter().step_by(2));
                }
            }
            Question::Fields(fields) => {
                let found = fields.read(replies.one()?, &self.cancel, next, Question::Fields)?;
                if found.cut_short {
                    self.ended(End::Stopped);
                }
                return Ok(Some(found));
            }
            Question::Doubtful { doubt, members, how } => {
                let doubt = self.apart.answer(doubt, replies)?;
                self.ask_or_take(doubt, members, how, next);
            }
            Question::Cached { members, sets } => {
                for (member, is_gone) in members {
                    let value = replies.one()?;
                    let mut known = !value.is_wrong_type() && value.int()? > 0 && !is_gone;
                    for _ in 0..sets {
                        known |= replies.one()?.int()? > 0;
                    }
                    if known {
                        self.count_matched(&[member]);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Deletes hashes with all that is in them.
    pub(super) fn delete_hashes(&mut self, hashes: Vec<Vec<u8>>, queue: &mut Queue<Question>) {
        let mut hashes = hashes.into_iter();
        while hashes.len() > 0 {
            let chunk: Vec<_> = hashes.by_ref().take(CHUNK).collect();
            let left =
                queue.go_on(|pipe| match self.writer.delete_common(&chunk, self.common.names(), pipe) {
                    Some(pending) => (None, Some(Question::Emptied { hashes: chunk, pending })),
                    None => (Some(chunk), None),
                });
            if let Some(chunk) = left {
                self.delete_whole(&chunk, queue);
            }
        }
    }

    /// Deletes a chunk of hashes, however many fields are left in them, and learns what their fields are called.
    fn delete_whole(&mut self, hashes: &[Vec<u8>], queue: &mut Queue<Question>) {
        if let Some(first) = hashes.first().filter(|_| self.common.has_room() && !self.writer.is_dry_run()) {
            queue.ask(|pipe| {
                pipe.push(command::HSCAN, &[first, b"0", b"COUNT", b"1"]);
                Question::FieldNames
            });
        }
        queue.ask(|pipe| Question::DeleteMatched(self.writer.delete_hashes(hashes, pipe)));
    }

    pub(super) fn deleted(
        &mut self,
        pending: PendingReply,
        replies: &mut Replies,
        matched: bool,
    ) -> Result<()> {
        let mut deleted = Deleted::default();
        let told = pending.deleted(replies, &mut deleted);
        self.report.deleted += deleted.values;
        self.report.wrong_type += deleted.wrong_type;
        deleted.odd.iter().for_each(|key| note_odd(&mut self.report.not_hashes, Some(key)));
        self.report.complete &= deleted.wrong_type == 0;
        if matched {
            self.report.matched += deleted.values;
        }
        told
    }
}
