//! Where a sweep stopped, kept at the server, so that a small budget every minute still reaches everything.
//!
//! A cursor of SCAN means something only to the process that gave it, and what lies before it is done only for a run that takes
//! the same: a position of another process, or of a run that chose differently, is left alone. In a cluster it is one of all its
//! primaries, as long as no slot moves.

use super::write::Writer;
use crate::client::command;
use crate::client::{Conn, Control, LastingCursor, Pipe};
use crate::error::Result;
use crate::namespace::Namespace;
use std::collections::VecDeque;

/// A Redis key and a cursor in it.
pub(crate) type Place = (Vec<u8>, Vec<u8>);

/// Where a sweep stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// What it was at, for sweeps that do one thing after another.
    pub(crate) phase: u8,
    /// The cursor over the keyspace; `None` behind its end.
    pub(crate) cursor: Option<Vec<u8>>,
    /// Keys that were found and not walked to their end.
    pub(crate) queue: VecDeque<Place>,
    /// Whether something that was meant was left alone on the way here: no run that goes on from here is complete.
    pub(crate) skipped: bool,
}

/// The bookmark of one kind of sweep.
#[derive(Debug, Clone)]
pub(crate) struct Bookmark {
    key: Vec<u8>,
    /// Whose positions these are: those of the server process, and of runs that choose alike what they take. Without a time
    /// budget, or the right to INFO, there is none, and nothing is kept.
    owner: Option<Vec<u8>>,
    fields: [Vec<u8>; 5],
    phases: u8,
}

impl Bookmark {
    /// That of a sweep which does so many things one after another. `choice` is everything by which a run chooses what it
    /// takes.
    pub(crate) fn new(
        conn: &mut Conn,
        ns: &Namespace,
        control: &Control,
        (sweep, phases): (&str, u8),
        choice: &[&[u8]],
    ) -> Result<Self> {
        let fields = ["run_id", "phase", "cursor", "queue", "skipped"];
        let fields = fields.map(|field| format!("{sweep}:{field}").into_bytes());
        let mut owner = if control.deadline.is_some() { conn.identity()? } else { None };
        if let Some(owner) = &mut owner {
            owner.push(b' ');
            choice.iter().for_each(|part| pack(part, owner));
        }
        Ok(Self { key: ns.cursor(), owner, fields, phases })
    }

    fn fields(&self) -> [&[u8]; 5] {
        self.fields.each_ref().map(Vec::as_slice)
    }

    /// Where the last sweep stopped, if it did and the server is still the same. What cannot be a position, or one that the
    /// server takes, is dropped, and `dropped` tells.
    pub(crate) fn load(&self, conn: &mut Conn, dropped: &mut bool) -> Result<Option<Position>> {
        if self.owner.is_none() {
            return Ok(None);
        }
        let mut pipe = Pipe::new();
        pipe.push_all(command::HMGET, &[&self.key], self.fields());
        let mut values = conn.run(&pipe)?.one()?.list()?.into_iter().map(|value| value.bytes());
        let mut next = || values.next().unwrap_or(Ok(None));
        let (owner, phase, cursor, queue, skipped) = (next()?, next()?, next()?, next()?, next()?);
        if owner != self.owner {
            return Ok(None);
        }
        let position = match self.read(phase, cursor, queue, skipped) {
            Some(position) => position.with_cursors(|all| conn.resumed_cursors(all))?,
            None => None,
        };
        *dropped = position.is_none();
        Ok(position)
    }

    fn read(
        &self,
        phase: Option<Vec<u8>>,
        cursor: Option<Vec<u8>>,
        queue: Option<Vec<u8>>,
        skipped: Option<Vec<u8>>,
    ) -> Option<Position> {
        let phase = std::str::from_utf8(&phase?).ok()?.parse().ok().filter(|phase| *phase < self.phases)?;
        let cursor = Some(cursor?).filter(|cursor| !cursor.is_empty());
        Some(Position { phase, cursor, queue: unpack(&queue?)?, skipped: skipped? == b"1" })
    }

    /// Notes a position, or forgets the last one, whoever noted it: the sweep came to its end.
    pub(crate) fn save(&self, conn: &mut Conn, writer: &Writer, position: Option<&Position>) -> Result<()> {
        let mut pipe = Pipe::new();
        // Where another server took over on the way, its cursor is none of the server that the run began with.
        let lasting = |all: &[LastingCursor<'_>]| {
            Ok(all.iter().map(|(key, cursor)| conn.lasting_cursor(*key, cursor)).collect())
        };
        let lasting = |it: &Position| it.clone().with_cursors(lasting);
        let position = position.map(lasting).transpose()?.flatten();
        let pending = match (&position, &self.owner) {
            (Some(position), Some(owner)) => {
                let mut queue = Vec::new();
                for (key, cursor) in &position.queue {
                    pack(key, &mut queue);
                    pack(cursor, &mut queue);
                }
                let values = [
                    owner.clone(),
                    position.phase.to_string().into_bytes(),
                    position.cursor.clone().unwrap_or_default(),
                    queue,
                    vec![b'0' + u8::from(position.skipped)],
                ];
                let fields: Vec<_> = self.fields().into_iter().zip(values).collect();
                writer.save_position(&fields, &mut pipe)
            }
            (None, _) => writer.clear_position(&self.fields(), &mut pipe),
            (Some(_), None) => return Ok(()),
        };
        pending.saved(&mut conn.run(&pipe)?)
    }
}

impl Position {
    /// The same with each cursor as `change` has it; nothing where it has none, or nothing is left behind it.
    fn with_cursors(
        mut self,
        change: impl FnOnce(&[LastingCursor<'_>]) -> Result<Option<Vec<Vec<u8>>>>,
    ) -> Result<Option<Self>> {
        let of_keys = self.queue.iter().map(|(key, cursor)| (Some(&key[..]), &cursor[..]));
        let all: Vec<_> = self.cursor.iter().map(|cursor| (None, &cursor[..])).chain(of_keys).collect();
        if all.is_empty() {
            return Ok(None);
        }
        let Some(changed) = change(&all)? else { return Ok(None) };
        let cursors = self.cursor.iter_mut().chain(self.queue.iter_mut().map(|(_, cursor)| cursor));
        cursors.zip(changed).for_each(|(cursor, changed)| *cursor = changed);
        Ok(Some(self))
    }
}

/// A string with its length in front: `3:abc`.
fn pack(part: &[u8], packed: &mut Vec<u8>) {
    packed.extend_from_slice(part.len().to_string().as_bytes());
    packed.push(b':');
    packed.extend_from_slice(part);
}

/// Keys and cursors, each as [`pack`] has it; nothing where there is anything else.
fn unpack(mut packed: &[u8]) -> Option<VecDeque<Place>> {
    let mut queue = VecDeque::new();
    while !packed.is_empty() {
        queue.push_back((unpack_part(&mut packed)?, unpack_part(&mut packed)?));
    }
    Some(queue)
}

fn unpack_part(packed: &mut &[u8]) -> Option<Vec<u8>> {
    let colon = packed.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&packed[..colon]).ok()?.parse().ok()?;
    let (part, rest) = packed[colon + 1..].split_at_checked(length)?;
    *packed = rest;
    Some(part.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(queue: VecDeque<(Vec<u8>, Vec<u8>)>, junk: Vec<u8>) {
            let mut packed = Vec::new();
            for part in queue.iter().flat_map(|(key, cursor)| [key, cursor]) {
                pack(part, &mut packed);
            }
            prop_assert_eq!(unpack(&packed), Some(queue));
            packed.push(b'1');
            prop_assert_eq!(unpack(&packed), None);
            unpack(&junk);
        }
    }
}
