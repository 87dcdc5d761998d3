//! A value with very many names goes back in steps: the marks, the indexes, the value, each behind the other. One that nobody
//! would read goes before them: later its reader may have made it a live one, of the same bytes, and nothing would tell.
//!
//! Whatever ends it in between leaves indexes without a value, which `gc` takes, and no value without them. What is meant
//! to stand is written once more behind the value, as a reader may have taken a mark meanwhile, and `gc` an index that had
//! no value. Who stores another value meanwhile keeps it: it may have one index too many then, which costs a computation.

use super::Restore;
use crate::cache::{Found, Outcome, PendingReply, PendingRestore, Restored, Writer};
use crate::client::{Conn, Control, Pipe, Replies};
use crate::error::Result;
use std::time::Instant;

/// So many names and indexes go back in one step.
pub(super) const AT_ONCE: usize = 256;

/// Restores one value.
///
/// # Errors
/// Connection errors and refusals of the server.
pub(super) fn restore(
    conn: &mut Conn,
    writer: &Writer,
    mut it: Restored,
    how: Restore,
    due: i64,
    control: &mut Control,
) -> Result<Outcome> {
    // Members of one set are one command.
    it.indexes.sort_unstable();
    let mut steps = Steps { conn, control, writer, it: &it, may_stop: true };
    let found = steps.look()?;
    let outcome = found.outcome(&it.value, it.score, due, how.replace);
    if steps.stops() {
        return Ok(Outcome::Stopped);
    }
    if outcome != Outcome::Restored || writer.is_dry_run() {
        return Ok(outcome);
    }
    if !how.replace && found.holds_another(&it.value) {
        let outcome = steps.one(|pipe| writer.make_room(&it, due, pipe))?;
        if outcome != Outcome::Restored {
            return Ok(outcome);
        }
    }
    steps.mark(it.marks())?;
    steps.index(|_, _| Ok(()))?;
    if steps.stops() {
        return Ok(Outcome::Stopped);
    }
    let outcome = steps.one(|pipe| writer.restore_value(&it, how.replace, due, pipe))?;
    if matches!(outcome, Outcome::Kept | Outcome::WrongType(_)) {
        return Ok(outcome);
    }
    steps.may_stop = false;
    steps.mark(it.marks())?;
    // An invalidation by a set would have missed what was not in it.
    steps.index(|steps, members| steps.mark(members))?;
    Ok(Outcome::Restored)
}

struct Steps<'a> {
    conn: &'a mut Conn,
    control: &'a mut Control,
    writer: &'a Writer,
    it: &'a Restored,
    /// Whether work may end between two steps: not once the value is written.
    may_stop: bool,
}

impl<'a> Steps<'a> {
    fn stops(&self) -> bool {
        self.may_stop && self.control.stopped()
    }

    fn one(&mut self, queue: impl FnOnce(&mut Pipe) -> PendingRestore) -> Result<Outcome> {
        let mut pipe = Pipe::new();
        let pending = queue(&mut pipe);
        pending.outcome(&mut self.run(&pipe)?)
    }

    fn look(&mut self) -> Result<Found> {
        let (it, writer) = (self.it, self.writer);
        let (mut found, mut pipe) = (Found::default(), Pipe::new());
        let marks = writer.ask_value(it, &mut pipe);
        found.read_value(&marks, &mut self.run(&pipe)?)?;
        self.each_part(it.marks(), |steps, marks| {
            let mut pipe = Pipe::new();
            let names = writer.ask_marks(marks, &mut pipe);
            found.read_names(names, &mut steps.run(&pipe)?)
        })?;
        self.each_part(&it.indexes, |steps, indexes| {
            let mut pipe = Pipe::new();
            let names = writer.ask_indexes(indexes, &mut pipe);
            found.read_names(names, &mut steps.run(&pipe)?)
        })?;
        Ok(found)
    }

    fn mark(&mut self, members: &[Vec<u8>]) -> Result<()> {
        self.each_part(members, |steps, members| {
            let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
            steps.put(|writer, pipe| writer.put_marks(&members, pipe))?;
            if steps.writer.records_marks() {
                steps.put(|writer, pipe| vec![writer.record(&members, pipe)])?;
            }
            Ok(())
        })
    }

    /// Puts every member into its set. `added` is told of the parts of which some were not there.
    fn index(&mut self, mut added: impl FnMut(&mut Self, &[Vec<u8>]) -> Result<()>) -> Result<()> {
        self.each_part(&self.it.indexes, |steps, indexes| {
            if steps.put(|writer, pipe| writer.put_indexes(indexes, pipe))? == 0 {
                return Ok(());
            }
            let members: Vec<_> = indexes.iter().map(|(_, member)| member.clone()).collect();
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
