//! The record of marks that we have put into both deleted sets, kept to what is still in one of them.

use super::Run;
use crate::cache::PendingGcReply;
use crate::client::{Conn, Control, DedupWindow, End, Queue, Replies, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::Layout;
use crate::ops::marks::MarkFinder;
use std::ops::Range;

impl Run<'_> {
    /// Forgets members whose marks were taken from both sets. Where the layout is named and its readers took a mark, what is
    /// left of it in the set that nobody reads goes too; otherwise it stays until its value goes, since nothing tells it
    /// from a mark that a reader of the other generation set since. A mark that stands in both sets was read by nobody: the
    /// layout may be named wrongly. Gives the cursor where it stopped.
    pub(super) fn tidy_record(
        &mut self,
        cursor: Vec<u8>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Option<Vec<u8>>> {
        let both = self.ns.with_layout(Layout::Both);
        let [classic, meta] = both.deleted_sets().try_into().unwrap_or_default();
        let (read, unread) = match self.ns.layout() {
            Layout::Classic => (0..1, Some(meta)),
            Layout::Meta => (1..2, Some(classic)),
            Layout::Both => (0..2, None),
        };
        let mut sweep = Sweep::resume(Source::set(both.both_marked()), cursor);
        let marks = MarkFinder::one_by_one(&both);
        let mut tidier = Tidier { run: self, marks, read, unread, recent: DedupWindow::default() };
        match sweep.run(conn, &mut tidier, control)? {
            End::Stopped => Ok(sweep.cursor().map(<[u8]>::to_vec)),
            End::Done | End::Paused | End::WrongType => Ok(None),
        }
    }
}

struct Tidier<'r, 'a> {
    run: &'r mut Run<'a>,
    marks: MarkFinder,
    /// Which of the deleted sets are read.
    read: Range<usize>,
    /// The deleted set that nobody reads.
    unread: Option<Vec<u8>>,
    recent: DedupWindow,
}

enum Question {
    Where(Vec<Vec<u8>>),
    Left(PendingGcReply),
    Forgotten(PendingGcReply),
}

impl Work for Tidier<'_, '_> {
    type Question = Question;

    fn batch(&mut self, mut items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        items.retain(|item| self.recent.is_new(item));
        if !items.is_empty() {
            queue.ask(|pipe| {
                self.marks.queue(&items.iter().map(Vec::as_slice).collect::<Vec<_>>(), pipe);
                Question::Where(items)
            });
        }
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        match question {
            Question::Where(members) => {
                let found = self.marks.read(members.len(), replies, &mut Vec::new())?;
                let writer = &self.run.writer;
                let mut gone = Vec::new();
                for (member, mark) in members.into_iter().zip(found) {
                    if !mark.is_in[self.read.clone()].contains(&true) {
                        gone.push(member);
                    }
                }
                if gone.is_empty() {
                    return Ok(());
                }
                let Some(set) = &self.unread else {
                    next.ask(|pipe| Question::Forgotten(writer.forget_taken(&gone, pipe)));
                    return Ok(());
                };
                next.ask(|pipe| Question::Left(writer.take_out(set, &gone, pipe)));
                let record = self.run.ns.both_marked();
                next.ask(|pipe| Question::Forgotten(writer.take_out(&record, &gone, pipe)));
            }
            Question::Left(pending) => {
                let swept = pending
                    .go_on(replies, next, &mut self.run.rehearsal, Question::Left)?
                    .unwrap_or_default();
                self.run.report.pending.scanned += swept.removed;
                self.run.report.pending.count(swept);
            }
            Question::Forgotten(pending) => {
                pending.go_on(replies, next, &mut self.run.rehearsal, Question::Forgotten)?;
            }
        }
        Ok(())
    }
}
