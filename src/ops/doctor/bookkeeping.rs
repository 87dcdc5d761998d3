//! Marks and keys in progress, looked at twice.

use crate::cache::Suspect;
use crate::client::command;
use crate::client::{Conn, Control, End, Pipe, Replies};
use crate::error::Result;
use crate::namespace::{Layout, Namespace};
use crate::ops::in_progress::each_in_progress;
use crate::ops::marks::{MarkFinder, each_mark};
use std::collections::HashSet;
use std::time::Duration;

/// More keys in progress than this are counted, not remembered.
const REMEMBERED: usize = 100_000;

/// So many marks are looked at one by one.
const MARKS: usize = 5_000;

/// What is known of one bookkeeping set.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) name: Vec<u8>,
    pub(super) is_meta: bool,
    /// Members of this prefix, without marks that we have put into both deleted sets.
    pub(super) ours: u64,
}

/// Marks, keys in progress, and what our own runs left.
#[derive(Debug, Default)]
pub(super) struct Bookkeeping {
    pub(super) deleted: Vec<Set>,
    pub(super) progress: Vec<Set>,
    /// Keys in progress at the first look: these and the marks below only of the generations that the layout has.
    pub(super) computing: HashSet<Vec<u8>>,
    /// How many more there were.
    not_remembered: u64,
    /// Those of them that were in progress at the second look as well.
    pub(super) still_computing: Vec<Vec<u8>>,
    /// How far apart the two looks were.
    pub(super) apart: Duration,
    /// The longest time since gc first saw one of them, where it did.
    pub(super) seen_for: Option<Duration>,
    /// Marks that were there at the first look, those of them that we have not put into both deleted sets, and the first.
    pub(super) pending: u64,
    pub(super) unrecorded: u64,
    marks: Vec<Vec<u8>>,
    /// Marks that were there at both looks, and how many of their keys have no value and are not being computed.
    pub(super) unread: u64,
    pub(super) dead_marks: super::Sample,
    /// Records of removals that still wait for their second look, though no sweep is at work.
    pub(super) left_by_gc: u64,
    pub(super) complete: bool,
}

impl Bookkeeping {
    pub(super) fn remembered_partly(&self) -> Option<String> {
        let remembered = self.computing.len() as u64;
        (self.not_remembered > 0).then(|| {
            format!(
                "Only {remembered} of {} keys in progress were checked twice; in tags and invalid keys the \
                 others count as members without a value.",
                remembered + self.not_remembered
            )
        })
    }

    pub(super) fn watched_partly(&self) -> Option<String> {
        let watched = self.marks.len();
        (self.pending > watched as u64)
            .then(|| format!("Only {watched} of {} marks were checked twice.", self.pending))
    }
}

/// The first look.
pub(super) fn look(conn: &mut Conn, ns: &Namespace, control: &mut Control) -> Result<Bookkeeping> {
    // Which generation is in use is one of the questions: the members of both are counted. But where one was named, what
    // stands in the other's sets may be the tag of a function that is called so.
    let both = ns.with_layout(Layout::Both);
    let pattern = both.all_pattern();
    let sets = |names: Vec<Vec<u8>>| {
        names.into_iter().zip([false, true]).map(|(name, is_meta)| Set { name, is_meta, ours: 0 }).collect()
    };
    let (deleted, progress) = (sets(both.deleted_sets()), sets(both.progress_sets()));
    let layout = ns.layout();
    let is_looked_at = |nth: usize| if nth == 0 { layout.has_classic() } else { layout.has_meta() };
    let mut books = Bookkeeping { deleted, progress, ..Bookkeeping::default() };
    let mut ends = each_in_progress(&both, &pattern, conn, control, &mut |found| {
        books.progress[found.nth].ours += 1;
        if is_looked_at(found.nth) && !books.computing.contains(found.member) {
            if books.computing.len() < REMEMBERED {
                books.computing.insert(found.member.to_vec());
            } else {
                books.not_remembered += 1;
            }
        }
    })?;
    ends.extend(each_mark(&both, &MarkFinder::one_by_one(&both), &pattern, conn, control, &mut |found| {
        books.deleted[found.nth].ours += u64::from(!found.mark.recorded);
        let is_both = layout == Layout::Both;
        if (is_both && found.is_new_mark()) || (!is_both && is_looked_at(found.nth)) {
            books.pending += 1;
            books.unrecorded += u64::from(!found.mark.recorded);
            if books.marks.len() < MARKS {
                books.marks.push(found.member.to_vec());
            }
        }
    })?);
    books.complete = ends.iter().all(|(_, end)| matches!(end, End::Done | End::WrongType));
    Ok(books)
}

/// The second look.
pub(super) fn recheck(
    conn: &mut Conn,
    ns: &Namespace,
    books: &mut Bookkeeping,
    apart: Duration,
    now_ms: i64,
) -> Result<()> {
    books.apart = apart;
    let progress = ns.progress_sets();
    let computing: Vec<_> = books.computing.iter().cloned().collect();
    for chunk in computing.chunks(500) {
        let mut pipe = Pipe::new();
        for member in chunk {
            progress.iter().for_each(|set| pipe.push(command::SISMEMBER, &[set, member]));
            pipe.push(
                command::ZSCORE,
                &[&ns.suspects(), &[Suspect::Progress.member_prefix(), member].concat()],
            );
        }
        let mut replies = conn.run(&pipe)?;
        for member in chunk {
            let mut is_in = false;
            for _ in &progress {
                is_in |= is_member(&mut replies)?;
            }
            let first = replies.one()?;
            let first = if first.is_wrong_type() { None } else { first.score()? };
            let first = first.map(|first| now_ms.saturating_sub(first as i64));
            if is_in {
                books.still_computing.push(member.clone());
                let since = first.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
                books.seen_for = books.seen_for.max(since);
            }
        }
    }
    let still: HashSet<_> = books.still_computing.iter().collect();
    let marks = MarkFinder::one_by_one(ns);
    for chunk in books.marks.chunks(500) {
        let mut pipe = Pipe::new();
        marks.queue(&chunk.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut pipe);
        for member in chunk {
            let (hash, field) = ns.location(member).unwrap_or((member, member));
            pipe.push(command::HEXISTS, &[hash, field]);
        }
        let mut replies = conn.run(&pipe)?;
        for (member, mark) in chunk.iter().zip(marks.read(chunk.len(), &mut replies, &mut Vec::new())?) {
            let there = mark.is_pending();
            let value = replies.one()?;
            let dead = !value.is_wrong_type() && value.int()? == 0;
            books.unread += u64::from(there);
            if there && dead && !still.contains(member) {
                books.dead_marks.add(member.strip_prefix(ns.prefix()).unwrap_or(member));
            }
        }
    }
    let mut pipe = Pipe::new();
    pipe.push(command::LLEN, &[&ns.removed()]);
    pipe.push(command::EXISTS, &[&ns.lock()]);
    let mut replies = conn.run(&pipe)?;
    let left = replies.one()?.count().unwrap_or(0);
    books.left_by_gc = if replies.one()?.int()? == 0 { left } else { 0 };
    Ok(())
}

fn is_member(replies: &mut Replies) -> Result<bool> {
    let reply = replies.one()?;
    Ok(!reply.is_wrong_type() && reply.int()? != 0)
}
