//! Marks and keys in progress: nothing tells how old they are, so two looks have to find them.

use super::{GcPart, Run, SUSPECTS};
use crate::cache::Position;
use crate::cache::{PendingGcReply, Suspect};
use crate::client::command;
use crate::client::{Conn, Control, DedupWindow, End, Pipe, Queue, Replies, Source, Sweep, Work, work_on};
use crate::error::Result;
use std::collections::VecDeque;

/// No script looks at more keys than this.
const CHUNK: usize = 100;

impl Run<'_> {
    /// Looks at all keys in progress, at the suspects of earlier runs, at all marks, and at the record of marks in both sets.
    /// What leaves progress is out of it before anything is judged by that.
    pub(super) fn check_suspects(
        &mut self,
        from: Option<Position>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Option<Position>> {
        let start = || b"0".to_vec();
        let mut queue = from.map_or_else(VecDeque::new, |from| from.queue);
        if queue.is_empty() {
            let suspects = (!self.writer.is_dry_run()).then(|| self.ns.suspects());
            let all = Suspect::Progress.sets(self.ns).into_iter().chain(suspects);
            let all = all.chain(Suspect::Mark.sets(self.ns)).chain([self.ns.both_marked()]);
            queue = all.map(|key| (key, start())).collect();
        }
        while let Some((key, cursor)) = queue.pop_front() {
            self.keep_shared_fresh(conn, control)?;
            let stopped = if key == self.ns.both_marked() {
                self.tidy_record(cursor, conn, control)?
            } else {
                self.look_through(&key, cursor, conn, control)?
            };
            if let Some(cursor) = stopped {
                queue.push_front((key, cursor));
                return Ok(Some(Position { phase: SUSPECTS, queue, ..Position::default() }));
            }
        }
        // Marks that would stand in these sets by now.
        let marked = self.rehearsal.marked();
        self.check_these(marked, Some(Suspect::Mark), conn)?;
        Ok(None)
    }

    fn check_these(&mut self, items: Vec<Vec<u8>>, of: Option<Suspect>, conn: &mut Conn) -> Result<()> {
        items.chunks(CHUNK).try_for_each(|chunk| work_on(conn, chunk.to_vec(), &mut Looker { run: self, of }))
    }

    /// The second look of this run: whatever is still suspect is in one place.
    pub(super) fn recheck_suspects(&mut self, conn: &mut Conn, control: &mut Control) -> Result<()> {
        self.keep_shared_fresh(conn, control)?;
        if self.writer.is_dry_run() {
            let suspects = self.rehearsal.suspects();
            self.report.suspects -= suspects.len() as u64;
            return self.check_these(suspects, None, conn);
        }
        self.look_through(&self.ns.suspects(), b"0".to_vec(), conn, control)?;
        self.count_suspects(conn)
    }

    /// Counts what waits for a second look, whichever run looked first; a dry run notes nothing and has counted its own.
    pub(super) fn count_suspects(&mut self, conn: &mut Conn) -> Result<()> {
        if self.writer.is_dry_run() {
            return Ok(());
        }
        let reply = conn.one(command::ZCARD, &[&self.ns.suspects()])?;
        if !reply.is_wrong_type() {
            self.report.suspects = reply.count()?;
        }
        Ok(())
    }

    /// Looks at the members of one key; gives the cursor where it stopped.
    fn look_through(
        &mut self,
        key: &[u8],
        cursor: Vec<u8>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Option<Vec<u8>>> {
        let of = [Suspect::Progress, Suspect::Mark]
            .into_iter()
            .find(|it| it.sets(self.ns).iter().any(|set| set == key));
        let source = match of {
            // The sets of `meta` are shared by every prefix on the database.
            Some(_) => Source::Set { key: key.to_vec(), pattern: Some(self.ns.all_pattern()) },
            None => Source::SortedSet { key: key.to_vec() },
        };
        let mut sweep = Sweep::resume(source, cursor);
        let mut looker = Looker { run: self, of };
        match sweep.run(conn, &mut looker, control)? {
            End::Stopped => Ok(sweep.cursor().map(<[u8]>::to_vec)),
            End::WrongType => {
                // Where the other generation has its sets, this one may have a key or a tag.
                let in_use = self.ns.with_layout(self.in_use);
                if of.is_some_and(|of| of.sets(&in_use).iter().any(|set| set == key)) {
                    self.report.not_sets.push(key.to_vec());
                }
                Ok(None)
            }
            End::Done | End::Paused => Ok(None),
        }
    }
}

/// What was looked at, whether it was counted as scanned, and how the answers are read.
type Question = (Suspect, bool, PendingGcReply);

struct Looker<'r, 'a> {
    run: &'r mut Run<'a>,
    /// What the members are; `None` where each tells by itself.
    of: Option<Suspect>,
}

impl Looker<'_, '_> {
    fn check(&mut self, suspect: Suspect, scanned: bool, members: &[Vec<u8>], queue: &mut Queue<Question>) {
        let now = self.run.clock.now_ms();
        let stuck_after = u64::try_from(self.run.how.stuck_after.as_millis()).unwrap_or(u64::MAX);
        for chunk in members.chunks(CHUNK) {
            let innocent = |member: &[u8]| suspect == Suspect::Mark && self.run.is_shared(member);
            let check =
                |pipe: &mut Pipe| self.run.writer.check(suspect, chunk, &innocent, now, stuck_after, pipe);
            queue.ask(|pipe| (suspect, scanned, check(pipe)));
        }
    }

    fn part(&mut self, suspect: Suspect) -> &mut GcPart {
        match suspect {
            Suspect::Mark => &mut self.run.report.pending,
            Suspect::Progress => &mut self.run.report.progress,
        }
    }

    fn scanned(&mut self, suspect: Suspect) -> &mut DedupWindow {
        let [progress, marks] = &mut self.run.scanned;
        if suspect == Suspect::Mark { marks } else { progress }
    }
}

impl Work for Looker<'_, '_> {
    type Question = Question;

    fn batch(&mut self, mut items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        match self.of {
            Some(suspect) => {
                items.retain(|member| {
                    let freed = suspect == Suspect::Progress && self.run.rehearsal.is_free(member);
                    !freed && !self.run.ns.is_inner(member) && self.scanned(suspect).is_new(member)
                });
                self.part(suspect).scanned += items.len() as u64;
                self.check(suspect, true, &items, queue);
            }
            None => {
                for suspect in [Suspect::Progress, Suspect::Mark] {
                    let tagged = items.iter().filter_map(|item| item.strip_prefix(suspect.member_prefix()));
                    let ours = tagged.filter(|member| !self.run.ns.is_inner(member)).map(<[u8]>::to_vec);
                    let (scanned, others): (Vec<_>, Vec<_>) =
                        ours.partition(|member| self.scanned(suspect).holds(member));
                    self.check(suspect, true, &scanned, queue);
                    self.check(suspect, false, &others, queue);
                }
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
        let (suspect, scanned, pending) = question;
        let ask_on = |pending| (suspect, scanned, pending);
        let swept = pending.go_on(replies, next, &mut self.run.rehearsal, ask_on)?;
        let Some(swept) = swept else { return Ok(()) };
        match suspect {
            Suspect::Mark if swept.removed > 0 && !self.run.writer.is_dry_run() => self.run.note_removal(),
            Suspect::Progress if swept.removed > 0 => self.run.shared.outdate(),
            _ => {}
        }
        self.run.report.suspects += swept.suspects;
        self.run.report.unnoted += swept.unnoted;
        let part = self.part(suspect);
        // What goes before its set was scanned, or where an earlier run did that, will not be found there.
        part.scanned += if scanned { 0 } else { swept.removed };
        part.count(swept);
        Ok(())
    }
}
