//! Expired keys that the library cuts (`a>b>c`, `a>base`), by the names their readers ask for.
//!
//! A bucket knows such a key by the name of its value alone (`a>b`, `a`), and a mark on that is not what they look for. Its
//! indexes have its whole name, once it has been stored under it: whoever was only ever served what another of its kind
//! stored is in none, as for any invalidation.

use super::filter::Tests;
use super::truncated_members::each_cut_member;
use crate::cache::{Expire, PendingReply, Rehearsal, Writer};
use crate::client::command;
use crate::client::{Conn, Control, DedupWindow, End, Queue, Replies, Sweep, Work, work_on};
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use std::ops::ControlFlow;

/// No command names more members than this.
const CHUNK: usize = 100;

/// The keys in all tags and under all invalid keys that the library cuts, and whose entries are due.
pub(super) struct WholeNames<'a> {
    pub(super) ns: &'a Namespace,
    pub(super) writer: &'a Writer,
    pub(super) expire: Expire,
    pub(super) which: Which<'a>,
    /// What a dry run would have done.
    pub(super) rehearsal: &'a mut Rehearsal,
    /// The entries of those that do not pass.
    pub(super) refused: &'a mut DedupWindow,
    /// Counts those that were not marked yet.
    pub(super) marked: &'a mut u64,
}

/// Which of them are meant.
#[derive(Clone, Copy)]
pub(super) enum Which<'a> {
    /// Those that pass.
    Passing(&'a Tests),
    /// All keys of these entries, by their members: whoever asks for one of them asks for the value that goes.
    Of(&'a DedupWindow),
}

impl WholeNames<'_> {
    /// Marks them, and tells whether all was walked. It comes before the entries go: afterwards nothing says that these keys
    /// have expired.
    pub(super) fn mark(self, conn: &mut Conn, control: &mut Control) -> Result<bool> {
        let ns = self.ns;
        let mut work =
            Marking { whole: self, due: Vec::new(), meant: Vec::new(), seen: DedupWindow::default() };
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
}

struct Marking<'a> {
    whole: WholeNames<'a>,
    /// Members whose entries are due.
    due: Vec<Vec<u8>>,
    /// Those of them that are to be marked.
    meant: Vec<Vec<u8>>,
    seen: DedupWindow,
}

/// What answers are for.
enum Question<'a> {
    /// The score of a member's entry.
    Score(Vec<u8>),
    /// Whether these are meant.
    Meant(&'a Tests, Vec<Vec<u8>>),
    /// Marks, and the members that are recorded once these are there.
    Mark {
        members: Vec<Vec<u8>>,
        pending: PendingReply,
    },
    Recorded(PendingReply),
}

impl<'a> Work for Marking<'a> {
    type Question = Question<'a>;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question<'a>>) -> Result<()> {
        let WholeNames { ns, which, .. } = self.whole;
        for member in items {
            let Some(key) = ns.key_of_member(&member).filter(LogicalKey::is_cut) else { continue };
            let entry = ns.bucket_member(&key);
            let may_be_meant = match which {
                Which::Passing(tests) => tests.accepts_name(&key, false),
                Which::Of(entries) => entries.holds(&entry),
            };
            if may_be_meant && self.seen.is_new(&member) {
                queue.ask(|pipe| {
                    pipe.push(command::ZSCORE, &[&ns.bucket(key.base()), &entry]);
                    Question::Score(member)
                });
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question<'a>,
        replies: &mut Replies,
        next: &mut Queue<Question<'a>>,
    ) -> Result<()> {
        match question {
            Question::Score(member) => {
                let reply = replies.one()?;
                let score = if reply.is_wrong_type() { None } else { reply.score()? };
                if score.is_some_and(|score| score <= self.whole.expire.now as f64) {
                    self.due.push(member);
                }
            }
            Question::Meant(tests, members) => {
                let pass = tests.read_all(members.len(), replies)?;
                for (member, passes) in members.into_iter().zip(pass) {
                    if passes {
                        self.meant.push(member);
                    } else if let Some(key) = self.whole.ns.key_of_member(&member) {
                        self.whole.refused.is_new(&self.whole.ns.bucket_member(&key));
                    }
                }
            }
            Question::Mark { members, pending } => {
                pending.count(replies, self.whole.marked)?;
                let writer = self.whole.writer;
                if writer.records_marks() {
                    let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
                    next.ask(|pipe| Question::Recorded(writer.record(&members, pipe)));
                }
            }
            Question::Recorded(pending) => pending.count(replies, &mut 0)?,
        }
        Ok(())
    }

    fn settle(&mut self, next: &mut Queue<Question<'a>>) -> Result<ControlFlow<()>> {
        let WholeNames { ns, writer, which, rehearsal, .. } = &mut self.whole;
        let mut due = std::mem::take(&mut self.due);
        match *which {
            Which::Passing(tests) if !tests.is_empty() => {
                for chunk in due.chunks(CHUNK) {
                    next.ask(|pipe| {
                        tests.queue_all(ns, chunk, pipe);
                        Question::Meant(tests, chunk.to_vec())
                    });
                }
            }
            _ => self.meant.append(&mut due),
        }
        for chunk in std::mem::take(&mut self.meant).chunks(CHUNK) {
            let mut members: Vec<_> = chunk.iter().map(Vec::as_slice).collect();
            if writer.is_dry_run() {
                members.retain(|member| rehearsal.mark(member));
            }
            next.ask(|pipe| {
                let pending = writer.mark(&members, pipe);
                Question::Mark { members: chunk.to_vec(), pending }
            });
        }
        Ok(ControlFlow::Continue(()))
    }
}
