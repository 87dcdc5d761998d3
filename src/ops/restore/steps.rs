//! Values go back in steps where no single one is to be had: those with very many names, and in a cluster those whose marks, indexes,
//! timeout and bytes lie in several slots. The marks, the indexes, the timeout, the value, each behind the other. A value that nobody
//! would read goes before them: later its reader may have made it a live one, of the same bytes, and nothing would tell.
//!
//! Whatever ends it in between leaves indexes without a value, which `gc` takes, and no value without them. What is meant
//! to stand is written once more behind the value, as a reader may have taken a mark meanwhile, and `gc` an index that had
//! no value. Who stores another value meanwhile keeps it: it may have one index too many then, which costs a computation.

use super::Restore;
use crate::cache::{Found, Outcome, PendingReply, Restored, Writer};
use crate::client::{Conn, Control, Pipe, Replies};
use crate::error::Result;
use std::time::Instant;

/// So many names and indexes go back in one step.
pub(super) const AT_ONCE: usize = 256;

/// Restores values, all of them step by step.
///
/// # Errors
/// Connection errors and refusals of the server.
pub(super) fn restore(
    conn: &mut Conn,
    writer: &Writer,
    all: &[Restored],
    how: Restore,
    due: i64,
    control: &mut Control,
) -> Result<Vec<Outcome>> {
    let mut steps = Steps { conn, control, writer, all, replace: how.replace, due, may_stop: true };
    let found = steps.look()?;
    if steps.stops() {
        return Ok(vec![Outcome::Stopped; all.len()]);
    }
    let outcome = |(it, found): (&Restored, &Found)| found.outcome(&it.value, it.score, due, how.replace);
    let mut outcomes: Vec<Outcome> = all.iter().zip(&found).map(outcome).collect();
    if writer.is_dry_run() {
        return Ok(outcomes);
    }
    if !how.replace {
        steps.make_room(&found, &mut outcomes)?;
    }
    let open = steps.open(&outcomes);
    steps.mark(&steps.marks(&open))?;
    steps.index(&open, |_, _| Ok(()))?;
    let done = steps.put_values(&found, &mut outcomes)?;
    steps.may_stop = false;
    steps.mark(&steps.marks(&done))?;
    // An invalidation by a set would have missed what was not in it.
    steps.index(&done, |steps, members| steps.mark(members))?;
    Ok(outcomes)
}

struct Steps<'a> {
    conn: &'a mut Conn,
    control: &'a mut Control,
    writer: &'a Writer,
    all: &'a [Restored],
    replace: bool,
    due: i64,
    /// Whether work may end between two steps: not once values are written.
    may_stop: bool,
}

/// What is asked about a value.
enum Question<'a> {
    Value,
    Mark(&'a Vec<u8>),
    Index(&'a (Vec<u8>, Vec<u8>)),
}

impl<'a> Steps<'a> {
    fn stops(&self) -> bool {
        self.may_stop && self.control.stopped()
    }

    /// Which of them are to be written.
    fn open(&self, outcomes: &[Outcome]) -> Vec<usize> {
        (0..self.all.len()).filter(|at| outcomes[*at] == Outcome::Restored).collect()
    }

    fn marks(&self, of: &[usize]) -> Vec<&'a [u8]> {
        let all = self.all;
        of.iter().flat_map(|at| all[*at].marks()).map(Vec::as_slice).collect()
    }

    fn look(&mut self) -> Result<Vec<Found>> {
        let (all, writer) = (self.all, self.writer);
        let questions = |(at, it): (usize, &'a Restored)| {
            let names = it.marks().iter().map(Question::Mark).chain(it.indexes.iter().map(Question::Index));
            std::iter::once(Question::Value).chain(names).map(move |question| (at, question))
        };
        let questions: Vec<_> = all.iter().enumerate().flat_map(questions).collect();
        let mut found: Vec<Found> = all.iter().map(|_| Found::default()).collect();
        self.each_part(&questions, |steps, part| {
            let mut pipe = Pipe::new();
            let ask = |(at, question): &(usize, Question<'_>)| match question {
                Question::Value => writer.ask_value(&all[*at], &mut pipe),
                Question::Mark(mark) => vec![writer.ask_marks(std::slice::from_ref(*mark), &mut pipe)],
                Question::Index(index) => vec![writer.ask_indexes(std::slice::from_ref(*index), &mut pipe)],
            };
            let asked: Vec<_> = part.iter().map(ask).collect();
            let mut replies = steps.run(&pipe)?;
            for ((at, question), asked) in part.iter().zip(asked) {
                match question {
                    Question::Value => found[*at].read_value(&asked, &mut replies)?,
                    _ => found[*at].read_names(asked[0], &mut replies)?,
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Takes values away that nobody would read.
    fn make_room(&mut self, found: &[Found], outcomes: &mut [Outcome]) -> Result<()> {
        let (all, writer, due) = (self.all, self.writer, self.due);
        let mut old = self.open(outcomes);
        old.retain(|at| found[*at].holds_another(&all[*at].value));
        self.each_part(&old, |steps, part| {
            let mut pipe = Pipe::new();
            let pending: Vec<_> =
                part.iter().map(|at| writer.make_room(&all[*at], &found[*at], due, &mut pipe)).collect();
            let mut replies = steps.run(&pipe)?;
            for (at, pending) in part.iter().zip(pending) {
                outcomes[*at] = pending.outcome(&mut replies)?;
            }
            if !writer.acts_in_one_step() {
                steps.recheck(part, outcomes)?;
            }
            Ok(())
        })?;
        // Nothing is left where another has taken it away already.
        for at in old {
            if outcomes[at] == Outcome::Unchanged {
                outcomes[at] = Outcome::Restored;
            }
        }
        Ok(())
    }

    /// Who took a mark before its value went will store another, of which the mark told nothing any more.
    fn recheck(&mut self, part: &[usize], outcomes: &mut [Outcome]) -> Result<()> {
        let (all, writer, due) = (self.all, self.writer, self.due);
        let mut pipe = Pipe::new();
        let asked: Vec<_> = part.iter().map(|at| writer.ask_value(&all[*at], &mut pipe)).collect();
        let mut replies = self.run(&pipe)?;
        for (at, asked) in part.iter().zip(asked) {
            let mut found = Found::default();
            found.read_value(&asked, &mut replies)?;
            if outcomes[*at] != Outcome::Kept && !found.is_dead(due) {
                outcomes[*at] = Outcome::Kept;
            }
        }
        Ok(())
    }

    /// Puts values back whose marks and indexes stand; gives those of which that is true.
    fn put_values(&mut self, found: &[Found], outcomes: &mut [Outcome]) -> Result<Vec<usize>> {
        let (all, writer, due, replace) = (self.all, self.writer, self.due, self.replace);
        let (open, mut done) = (self.open(outcomes), Vec::new());
        open.iter().for_each(|at| outcomes[*at] = Outcome::Stopped);
        self.each_part(&open, |steps, part| {
            let (mut pipe, mut undo) = (Pipe::new(), Pipe::new());
            let pending: Vec<_> = part
                .iter()
                .map(|at| writer.restore_value(&all[*at], &found[*at], replace, due, &mut pipe))
                .collect();
            let mut replies = steps.run(&pipe)?;
            for (at, pending) in part.iter().zip(pending) {
                let (outcome, score) = pending.outcome(&mut replies)?;
                match outcome {
                    Outcome::Kept | Outcome::WrongType(_) => {
                        score.iter().for_each(|score| writer.put_score_back(&all[*at], score, &mut undo));
                        outcomes[*at] = outcome;
                    }
                    _ => {
                        outcomes[*at] = Outcome::Restored;
                        done.push(*at);
                    }
                }
            }
            steps.run(&undo)?.try_for_each(|reply| reply.ok().map(drop))
        })?;
        Ok(done)
    }

    fn mark(&mut self, members: &[&[u8]]) -> Result<()> {
        self.each_part(members, |steps, members| {
            steps.put(|writer, pipe| writer.put_marks(members, pipe))?;
            if steps.writer.records_marks() {
                steps.put(|writer, pipe| vec![writer.record(members, pipe)])?;
            }
            Ok(())
        })
    }

    /// Puts every member into its set. `added` is told of the parts of which some were not there.
    fn index(
        &mut self,
        of: &[usize],
        mut added: impl FnMut(&mut Self, &[&[u8]]) -> Result<()>,
    ) -> Result<()> {
        let all = self.all;
        let mut indexes: Vec<_> = of.iter().flat_map(|at| &all[*at].indexes).collect();
        // Members of one set are one command.
        indexes.sort_unstable();
        self.each_part(&indexes, |steps, indexes| {
            if steps.put(|writer, pipe| writer.put_indexes(indexes, pipe))? == 0 {
                return Ok(());
            }
            let members: Vec<_> = indexes.iter().map(|(_, member)| member.as_slice()).collect();
            added(steps, &members)
        })
    }

    /// Writes, and tells how much was not there.
    fn put(&mut self, queue: impl FnOnce(&Writer, &mut Pipe) -> Vec<PendingReply>) -> Result<u64> {
        let (mut pipe, mut added) = (Pipe::new(), 0);
        let all_pending = queue(self.writer, &mut pipe);
        let mut replies = self.run(&pipe)?;
        all_pending.into_iter().try_for_each(|pending| pending.count(&mut replies, &mut added))?;
        Ok(added)
    }

    /// Parts of what is to be written, as large as the pace lets them be.
    fn each_part<T>(
        &mut self,
        mut items: &[T],
        mut each: impl FnMut(&mut Self, &[T]) -> Result<()>,
    ) -> Result<()> {
        while !items.is_empty() && !self.stops() {
            let (part, rest) = items.split_at(self.control.pace.count().min(AT_ONCE).min(items.len()));
            each(self, part)?;
            items = rest;
        }
        Ok(())
    }

    fn run(&mut self, pipe: &Pipe) -> Result<Replies> {
        let start = Instant::now();
        let replies = self.conn.run(pipe)?;
        self.control.pace.observe(start.elapsed());
        self.control.sleep_until(Instant::now() + self.control.pace.rest());
        Ok(replies)
    }
}
