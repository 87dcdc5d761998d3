//! Expired keys that the library cuts (`a>b>c`, `a>base`), by the names their readers ask for.
//!
//! A bucket knows such a key by the name of its value alone (`a>b`, `a`), and a mark on that is not what they look for. Its
//! indexes have its whole name, once it has been stored under it: whoever was only ever served what another of its kind
//! stored is in none, as for any invalidation.

use super::truncated_members::each_cut_member;
use crate::cache::{Expire, PendingReply, Rehearsal, Writer};
use crate::client::command;
use crate::client::{Conn, Control, DedupWindow, End, Queue, Replies, Sweep, Work, work_on};
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use std::ops::ControlFlow;

/// No command names more members than this.
const CHUNK: usize = 100;

/// Marks the keys in all tags and under all invalid keys that the library cuts, and whose entries are due. Counts those that
/// were not marked yet, and tells whether all was walked. It comes before the entries go: afterwards nothing says that these
/// keys have expired.
pub(super) fn mark_whole_names(
    conn: &mut Conn,
    ns: &Namespace,
    writer: &Writer,
    expire: Expire,
    rehearsal: &mut Rehearsal,
    control: &mut Control,
    marked: &mut u64,
) -> Result<bool> {
    let mut work =
        WholeNames { ns, writer, expire, rehearsal, due: Vec::new(), seen: DedupWindow::default(), marked };
    let mut is_whole = true;
    let end = each_cut_member(ns, conn, control, |found, large, conn, control| {
        work_on(conn, found, &mut work)?;
        for source in large {
            is_whole &= Sweep::new(source).run(conn, &mut work, control)? != End::Stopped;
        }
        Ok(())
    })?;
    Ok(is_whole && end == End::Done)
}

struct WholeNames<'a> {
    ns: &'a Namespace,
    writer: &'a Writer,
    expire: Expire,
    /// What a dry run would have done.
    rehearsal: &'a mut Rehearsal,
    due: Vec<Vec<u8>>,
    seen: DedupWindow,
    marked: &'a mut u64,
}

/// What answers are for.
enum Question {
    /// The score of a member's entry.
    Score(Vec<u8>),
    /// Marks, and the members that are recorded once these are there.
    Mark {
        members: Vec<Vec<u8>>,
        pending: PendingReply,
    },
    Recorded(PendingReply),
}

impl Work for WholeNames<'_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        for member in items {
            let Some(key) = self.ns.key_of_member(&member).filter(LogicalKey::is_cut) else { continue };
            if self.seen.is_new(&member) {
                queue.ask(|pipe| {
                    pipe.push(command::ZSCORE, &[&self.ns.bucket(key.base()), &self.ns.bucket_member(&key)]);
                    Question::Score(member)
                });
            }
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
            Question::Score(member) => {
                let reply = replies.one()?;
                let score = if reply.is_wrong_type() { None } else { reply.score()? };
                if score.is_some_and(|score| score <= self.expire.now as f64) {
                    self.due.push(member);
                }
            }
            Question::Mark { members, pending } => {
                pending.count(replies, self.marked)?;
                if self.writer.records_marks() {
                    let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
                    next.ask(|pipe| Question::Recorded(self.writer.record(&members, pipe)));
                }
            }
            Question::Recorded(pending) => pending.count(replies, &mut 0)?,
        }
        Ok(())
    }

    fn settle(&mut self, next: &mut Queue<Question>) -> Result<ControlFlow<()>> {
        for chunk in std::mem::take(&mut self.due).chunks(CHUNK) {
            let mut members: Vec<_> = chunk.iter().map(Vec::as_slice).collect();
            if self.writer.is_dry_run() {
                members.retain(|member| self.rehearsal.mark(member));
            }
            next.ask(|pipe| {
                let pending = self.writer.mark(&members, pipe);
                Question::Mark { members: chunk.to_vec(), pending }
            });
        }
        Ok(ControlFlow::Continue(()))
    }
}
