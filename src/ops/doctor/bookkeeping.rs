//! Marks and keys in progress, looked at twice.

use crate::error::Result;
use crate::namespace::{Layout, Namespace};
use crate::ops::marks::{MarkFinder, each_mark};
use crate::store::{Conn, Control, End, Flow, Pipe, Recent, Replies, Source, Suspect, Sweep};
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
    /// All members: the sets of `meta` are shared by every prefix.
    pub(super) all: u64,
}

/// Marks, keys in progress, and what our own runs left.
#[derive(Debug, Default)]
pub(super) struct Bookkeeping {
    pub(super) deleted: Vec<Set>,
    pub(super) progress: Vec<Set>,
    /// Keys in progress at the first look.
    pub(super) computing: HashSet<Vec<u8>>,
    /// Those of them that were in progress at the second look as well.
    pub(super) still_computing: Vec<Vec<u8>>,
    /// How far apart the two looks were.
    pub(super) apart: Duration,
    /// The longest time since gc first saw one of them, where it did.
    pub(super) seen_for: Option<Duration>,
    /// Marks that were there at the first look, and the first of them.
    pub(super) pending: u64,
    marks: Vec<Vec<u8>>,
    /// Marks that were there at both looks, and how many of their keys have no value and are not being computed.
    pub(super) unread: u64,
    pub(super) dead_marks: super::Sample,
    /// Records of removals that still wait for their second look, though no sweep is at work.
    pub(super) left_by_gc: u64,
    pub(super) complete: bool,
}

impl Bookkeeping {
    pub(super) fn watched_partly(&self) -> Option<String> {
        let watched = self.marks.len();
        (self.pending > watched as u64)
            .then(|| format!("Only {watched} of {} marks were looked at twice.", self.pending))
    }
}

/// The first look.
pub(super) fn look(conn: &mut Conn, ns: &Namespace, control: &mut Control) -> Result<Bookkeeping> {
    // Which generation is in use is one of the questions: both are looked at.
    let both = ns.with_layout(Layout::Both);
    let mut books = Bookkeeping { complete: true, ..Bookkeeping::default() };
    for suspect in [Suspect::Progress, Suspect::Mark] {
        for name in suspect.sets(&both) {
            let is_meta = suspect.sets(&ns.with_layout(Layout::Meta)).contains(&name);
            let all = conn.one("SCARD", &[&name])?;
            if !all.is_wrong_type() {
                let set = Set { name, is_meta, ours: 0, all: all.count()? };
                let sets = if suspect == Suspect::Mark { &mut books.deleted } else { &mut books.progress };
                sets.push(set);
            }
        }
    }
    for set in &mut books.progress {
        let source = Source::Set { key: set.name.clone(), pattern: Some(ns.all_pattern()) };
        let mut recent = Recent::default();
        let end = Sweep::new(source).each(conn, control, |mut items| {
            items.retain(|item| !ns.is_inner(item) && recent.is_new(item));
            set.ours += items.len() as u64;
            let room = REMEMBERED.saturating_sub(books.computing.len());
            books.computing.extend(items.into_iter().take(room));
            Ok(Flow::More)
        })?;
        books.complete &= end == End::Done;
    }
    let names = both.deleted_sets();
    let ends =
        each_mark(&both, &MarkFinder::one_by_one(&both), &ns.all_pattern(), conn, control, &mut |found| {
            let set = books.deleted.iter_mut().find(|set| set.name == names[found.nth]);
            if let Some(set) = set {
                set.ours += u64::from(!found.mark.recorded);
            }
            if found.is_new_mark() {
                books.pending += 1;
                if books.marks.len() < MARKS {
                    books.marks.push(found.member.to_vec());
                }
            }
        })?;
    books.complete &= ends.iter().all(|(_, end)| matches!(end, End::Done | End::WrongType));
    Ok(books)
}

/// The second look.
pub(super) fn look_again(
    conn: &mut Conn,
    ns: &Namespace,
    books: &mut Bookkeeping,
    apart: Duration,
    now_ms: i64,
) -> Result<()> {
    books.apart = apart;
    let computing: Vec<_> = books.computing.iter().cloned().collect();
    for chunk in computing.chunks(500) {
        let mut pipe = Pipe::new();
        for member in chunk {
            books.progress.iter().for_each(|set| pipe.push("SISMEMBER", &[&set.name, member]));
            pipe.push("ZSCORE", &[&ns.suspects(), &[Suspect::Progress.tag(), member].concat()]);
        }
        let mut replies = conn.run(&pipe)?;
        for member in chunk {
            let there = any(books.progress.len(), &mut replies)?;
            let first = replies.one()?;
            let first = if first.is_wrong_type() { None } else { first.score()? };
            let first = first.map(|first| now_ms - first as i64);
            if there {
                books.still_computing.push(member.clone());
                let since = first.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
                books.seen_for = books.seen_for.max(since);
            }
        }
    }
    let still: HashSet<_> = books.still_computing.iter().collect();
    let marks = MarkFinder::one_by_one(&ns.with_layout(Layout::Both));
    for chunk in books.marks.chunks(500) {
        let mut pipe = Pipe::new();
        marks.queue(&chunk.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut pipe);
        for member in chunk {
            let (hash, field) = ns.location(member).unwrap_or((member, member));
            pipe.push("HEXISTS", &[hash, field]);
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
    pipe.push("LLEN", &[&ns.removed()]);
    pipe.push("EXISTS", &[&ns.lock()]);
    let mut replies = conn.run(&pipe)?;
    let left = replies.one()?.count().unwrap_or(0);
    books.left_by_gc = if replies.one()?.int()? == 0 { left } else { 0 };
    Ok(())
}

fn any(sets: usize, replies: &mut Replies) -> Result<bool> {
    let mut found = false;
    for _ in 0..sets {
        let reply = replies.one()?;
        found |= !reply.is_wrong_type() && reply.int()? != 0;
    }
    Ok(found)
}
