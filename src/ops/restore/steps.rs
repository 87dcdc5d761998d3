//! A value with very many names goes back in steps: the marks, the indexes, the value, each behind the other.
//!
//! Whatever ends it in between leaves indexes without a value, which `gc` takes, and no value without them. What is meant
//! to stand is written once more behind the value, as a reader may have taken a mark meanwhile, and `gc` an index that had
//! no value. Who stores another value meanwhile keeps it: it may have one index too many then, which costs a computation.

use super::Restore;
use crate::error::Result;
use crate::store::{Conn, Control, Found, Outcome, Over, Pipe, Replies, Restored, Ticket, Writer};
use std::time::Instant;

/// So many marks and indexes go back in one step.
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
    control: &mut Control,
) -> Result<Outcome> {
    // Members of one set are one command.
    it.indexes.sort_unstable();
    let due = how.clock.due();
    let mut steps = Steps { conn, control, writer, it: &it };
    let found = steps.look()?;
    let outcome = found.outcome(&it.value, it.score, due, how.replace);
    if outcome != Outcome::Restored || writer.is_dry_run() {
        return Ok(outcome);
    }
    steps.mark(&it.marks)?;
    steps.index(|_, _| Ok(()))?;
    // The marks were looked at: they are ours by now, and tell no more whether a value is alive.
    let over = if how.replace { Over::Any } else { Over::Seen(found.held.as_deref()) };
    let mut pipe = Pipe::new();
    let value = writer.restore_value(&it, over, due, &mut pipe);
    let outcome = value.outcome(&mut steps.run(&pipe)?)?;
    if matches!(outcome, Outcome::Kept | Outcome::WrongType(_)) {
        return Ok(outcome);
    }
    steps.mark(&it.marks)?;
    // An invalidation by a set would have missed what was not in it.
    steps.index(|steps, members| steps.mark(members))?;
    Ok(Outcome::Restored)
}

struct Steps<'a> {
    conn: &'a mut Conn,
    control: &'a mut Control,
    writer: &'a Writer,
    it: &'a Restored,
}

impl<'a> Steps<'a> {
    fn look(&mut self) -> Result<Found> {
        let (it, writer) = (self.it, self.writer);
        let (mut found, mut pipe) = (Found::default(), Pipe::new());
        let sets = writer.ask_value(it, &mut pipe);
        found.read_value(sets, &mut self.run(&pipe)?)?;
        self.each_part(&it.marks, |steps, marks| {
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
    fn put(&mut self, queue: impl FnOnce(&Writer, &mut Pipe) -> Vec<Ticket>) -> Result<u64> {
        let (mut pipe, mut added) = (Pipe::new(), 0);
        let tickets = queue(self.writer, &mut pipe);
        let mut replies = self.run(&pipe)?;
        tickets.into_iter().try_for_each(|ticket| ticket.count(&mut replies, &mut added))?;
        Ok(added)
    }

    /// Parts of what is to be written, as large as the pace lets them be.
    fn each_part<T>(
        &mut self,
        mut items: &[T],
        mut each: impl FnMut(&mut Self, &[T]) -> Result<()>,
    ) -> Result<()> {
        while !items.is_empty() {
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
        std::thread::sleep(self.control.pace.rest());
        Ok(replies)
    }
}
