//! Where a sweep stopped, kept at the server, so that a small budget every minute still reaches everything.
//!
//! A cursor of SCAN means something only to the process that gave it, and what lies before it is done only for a run that takes
//! the same: a position of another process, or of a run that chose differently, is left alone.

use super::write::Writer;
use crate::client::command;
use crate::client::{Conn, Control, Pipe};
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
        // A place in a cluster is one on each of its servers, and means nothing to another run.
        let keeps = control.deadline.is_some() && !conn.is_cluster();
        let mut owner = if keeps { run_id(conn)? } else { None };
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
        let mut position = self.read(phase, cursor, queue, skipped);
        if let Some(it) = &position
            && !it.is_taken(conn)?
        {
            position = None;
        }
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
        let position = Position { phase, cursor, queue: unpack(&queue?)?, skipped: skipped? == b"1" };
        position.is_one().then_some(position)
    }

    /// Notes a position, or forgets the last one, whoever noted it: the sweep came to its end.
    pub(crate) fn save(&self, conn: &mut Conn, writer: &Writer, position: Option<&Position>) -> Result<()> {
        let mut pipe = Pipe::new();
        // Another server took over on the way: its cursor is none of the server that the run began with.
        let position = position.filter(|position| position.is_one());
        let pending = match (position, &self.owner) {
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
    fn cursors(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.cursor.iter().chain(self.queue.iter().map(|(_, cursor)| cursor))
    }

    /// Whether something is left behind it, and each cursor can be one of this server.
    fn is_one(&self) -> bool {
        let is_cursor = |cursor: &Vec<u8>| {
            cursor.iter().all(u8::is_ascii_digit)
                && std::str::from_utf8(cursor).is_ok_and(|cursor| cursor.parse::<u64>().is_ok())
        };
        self.cursors().next().is_some() && self.cursors().all(is_cursor)
    }

    /// Whether the server takes the cursors for its own.
    fn is_taken(&self, conn: &mut Conn) -> Result<bool> {
        let mut pipe = Pipe::new();
        for cursor in self.cursors().filter(|cursor| *cursor != b"0") {
            pipe.push(command::SCAN, &[cursor, b"COUNT", b"1"]);
        }
        Ok(!conn.run(&pipe)?.any(|reply| reply.is_invalid_cursor()))
    }
}

/// What tells the process of a server from others, where it may be asked.
fn run_id(conn: &mut Conn) -> Result<Option<Vec<u8>>> {
    let info = conn.one(command::INFO, &[b"server"])?.bytes().ok().flatten().unwrap_or_default();
    let id = info.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"run_id:"));
    Ok(id.map(|id| id.trim_ascii().to_vec()))
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
