//! The walk over the structures that leak: small ones are read whole in passing, large ones by SSCAN and ZSCAN.

use super::chunks::Chunk;
use super::{INDEXES, Run, buckets, indexes};
use crate::cache::{Group, Index, PendingGcReply};
use crate::cache::{Place, Position};
use crate::client::command;
use crate::client::{Conn, Control, DedupWindow, End, Queue, Replies, Source, Sweep, Work, work_on};
use crate::error::Result;
use std::collections::VecDeque;
use std::ops::ControlFlow;

/// Structures with more members than this are scanned.
const SMALL: u64 = 200;

/// One look at older records for so many new ones keeps them few.
const RECORDS_A_LOOK: u64 = 3;

/// What entries are counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Index(Index),
    Expiry,
}

const KINDS: [Kind; 3] = [Kind::Index(Index::Tag), Kind::Index(Index::Invalid), Kind::Expiry];

fn place(kind: Kind) -> usize {
    match kind {
        Kind::Index(Index::Tag) => 0,
        Kind::Index(Index::Invalid) => 1,
        Kind::Expiry => 2,
    }
}

impl Run<'_> {
    /// Walks all indexes or all buckets from a position on; gives the position where it stopped.
    pub(super) fn walk(
        &mut self,
        phase: u8,
        from: Option<Position>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Option<Position>> {
        let source = if phase == INDEXES { indexes::source(self.ns) } else { buckets::source(self.ns) };
        let Position { cursor, queue, .. } =
            from.unwrap_or_else(|| Position { cursor: Some(b"0".to_vec()), ..Position::default() });
        let mut sweep = cursor.map(|cursor| Sweep::resume(source, cursor));
        let mut walker = Walker::new(self, phase, queue);
        loop {
            walker.run.let_settle(conn, control)?;
            let at = |sweep: &Option<Sweep>, queue| {
                let cursor = sweep.as_ref().and_then(Sweep::cursor).map(<[u8]>::to_vec);
                Ok(Some(Position { phase, cursor, queue, ..Position::default() }))
            };
            if let Some((key, cursor)) = walker.large.pop_front() {
                if let Some(cursor) = walker.members(&key, cursor, conn, control)? {
                    walker.large.push_front((key, cursor));
                    if control.stopped() {
                        return at(&sweep, walker.large);
                    }
                }
                continue;
            }
            let Some(keys) = &mut sweep else { return Ok(None) };
            let end = keys.run(conn, &mut walker, control)?;
            walker.flush(conn)?;
            match end {
                End::Done => sweep = None,
                End::Paused => {}
                End::Stopped | End::WrongType => return at(&sweep, walker.large),
            }
        }
    }
}

struct Walker<'r, 'a> {
    run: &'r mut Run<'a>,
    phase: u8,
    /// The large structure that is scanned right now, and its members that were seen lately.
    inside: Option<(Vec<u8>, DedupWindow)>,
    large: VecDeque<Place>,
    gathered: [Chunk; KINDS.len()],
    flushing: bool,
    /// Structures with their members, from the answers of this round trip.
    found: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
    /// Records since the last look at older ones.
    records: u64,
    recent: DedupWindow,
}

/// What answers are for.
enum Question {
    Size(Vec<u8>),
    Members(Vec<u8>),
    Swept(Kind, PendingGcReply),
    Rechecked(PendingGcReply),
}

impl<'r, 'a> Walker<'r, 'a> {
    fn new(run: &'r mut Run<'a>, phase: u8, large: VecDeque<Place>) -> Self {
        Self {
            run,
            phase,
            inside: None,
            large,
            gathered: Default::default(),
            flushing: false,
            records: 0,
            recent: DedupWindow::default(),
            found: Vec::new(),
        }
    }

    /// Scans one large structure; gives the cursor where it paused or stopped.
    fn members(
        &mut self,
        key: &[u8],
        cursor: Vec<u8>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Option<Vec<u8>>> {
        let source = if self.phase == INDEXES {
            Source::set(key.to_vec())
        } else {
            Source::SortedSet { key: key.to_vec() }
        };
        let mut sweep = Sweep::resume(source, cursor);
        self.inside = Some((key.to_vec(), DedupWindow::default()));
        let end = sweep.run(conn, self, control);
        self.inside = None;
        let end = end?;
        self.flush(conn)?;
        match end {
            End::Paused | End::Stopped => Ok(sweep.cursor().map(<[u8]>::to_vec)),
            End::Done | End::WrongType => Ok(None),
        }
    }

    fn kind(&self, key: &[u8]) -> Option<Kind> {
        match self.phase {
            INDEXES => indexes::index(self.run.ns, key).map(Kind::Index),
            _ => buckets::is_bucket(self.run.ns, key).then_some(Kind::Expiry),
        }
    }

    /// Asks which entries are dead, of whatever keys, a chunk at a time.
    fn ask_which_are_dead(&mut self, found: Vec<(Vec<u8>, Vec<Vec<u8>>)>, queue: &mut Queue<Question>) {
        for (key, mut members) in found {
            let Some(kind) = self.kind(&key) else { continue };
            self.count_scanned(kind, members.len());
            // What does not begin with the prefix was not put there by the library: nothing can be told of it. Nor is a
            // namespace inside this one asked about its computations.
            let inner = self.run.ns.inner_of(&key).map(|(prefix, _)| prefix);
            members.retain(|member| {
                // A namespace may begin to work while the run is under way: what looks like its marks is left alone.
                self.run.ns.key_of_member(member).is_some()
                    && inner.is_none_or(|prefix| !member.starts_with(prefix))
                    && !self.run.is_shared(member)
            });
            let mut full = Vec::new();
            self.gathered[place(kind)].add(&key, members, &mut |groups| full.push(groups));
            full.iter().for_each(|groups| self.send(kind, groups, queue));
        }
    }

    fn send(&mut self, kind: Kind, groups: &[Group], queue: &mut Queue<Question>) {
        queue.ask(|pipe| {
            let pending = match kind {
                Kind::Index(index) => self.run.remove_members(index, groups, pipe),
                Kind::Expiry => self.run.remove_entries(groups, pipe),
            };
            Question::Swept(kind, pending)
        });
    }

    /// Asks about whatever is gathered.
    fn flush(&mut self, conn: &mut Conn) -> Result<()> {
        self.flushing = true;
        let done = work_on(conn, Vec::new(), self);
        self.flushing = false;
        done
    }

    fn count_scanned(&mut self, kind: Kind, entries: usize) {
        let report = &mut self.run.report;
        let part = match kind {
            Kind::Index(Index::Tag) => &mut report.tags,
            Kind::Index(Index::Invalid) => &mut report.invalid_keys,
            Kind::Expiry => &mut report.expiry,
        };
        part.scanned += entries as u64;
    }

    fn take_size(&mut self, key: Vec<u8>, size: u64, next: &mut Queue<Question>) {
        if size > SMALL {
            self.large.push_back((key, b"0".to_vec()));
        } else if size > 0 {
            next.ask(|pipe| {
                match self.phase {
                    INDEXES => pipe.push(command::SMEMBERS, &[&key]),
                    _ => pipe.push(command::ZRANGE, &[&key, b"0", b"-1"]),
                }
                Question::Members(key)
            });
        }
    }

    fn take_swept(
        &mut self,
        kind: Kind,
        pending: PendingGcReply,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        let ask_on = |pending| Question::Swept(kind, pending);
        let Some(swept) = pending.go_on(replies, next, &mut self.run.rehearsal, ask_on)? else {
            return Ok(());
        };
        match kind {
            Kind::Index(Index::Tag) => self.run.report.tags.count(swept),
            Kind::Index(Index::Invalid) => self.run.report.invalid_keys.count(swept),
            Kind::Expiry => self.run.report.expiry.count_sorted(swept),
        }
        let is_noted = kind != Kind::Expiry || self.run.writer.rechecks_entries();
        if swept.removed > 0 && is_noted && !self.run.writer.is_dry_run() {
            self.records += 1;
            self.run.note_removal();
            if self.run.rechecks_stepwise() {
                return Ok(());
            }
            if self.records >= RECORDS_A_LOOK {
                self.records = 0;
                next.ask(|pipe| Question::Rechecked(self.run.ask_recheck(pipe)));
            }
        }
        Ok(())
    }
}

impl Work for Walker<'_, '_> {
    type Question = Question;

    fn batch(&mut self, mut items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        if self.flushing {
            for kind in KINDS {
                let groups = self.gathered[place(kind)].take();
                if !groups.is_empty() {
                    self.send(kind, &groups, queue);
                }
            }
            return Ok(());
        }
        if let Some((key, recent)) = &mut self.inside {
            items.retain(|item| recent.is_new(item));
            let found = vec![(key.clone(), items)];
            self.ask_which_are_dead(found, queue);
            return Ok(());
        }
        for key in items {
            if self.kind(&key).is_some() && self.recent.is_new(&key) {
                queue.ask(|pipe| {
                    pipe.push(if self.phase == INDEXES { command::SCARD } else { command::ZCARD }, &[&key]);
                    Question::Size(key)
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
            Question::Size(key) => {
                let reply = replies.one()?;
                if !reply.is_wrong_type() {
                    self.take_size(key, reply.count()?, next);
                }
            }
            Question::Members(key) => {
                let reply = replies.one()?;
                if !reply.is_wrong_type() {
                    self.found.push((key, reply.strings()?));
                }
            }
            Question::Swept(kind, pending) => self.take_swept(kind, pending, replies, next)?,
            Question::Rechecked(pending) => {
                let rechecked = pending.rechecked(replies)?;
                self.run.count_rechecked(rechecked);
            }
        }
        Ok(())
    }

    fn settle(&mut self, next: &mut Queue<Question>) -> Result<ControlFlow<()>> {
        let found = std::mem::take(&mut self.found);
        self.ask_which_are_dead(found, next);
        let large = self.inside.is_none() && !self.large.is_empty();
        Ok(if large { ControlFlow::Break(()) } else { self.run.flow() })
    }
}
