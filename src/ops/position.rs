//! Where a sweep stopped, kept at the server, so that a small budget every minute still reaches everything.
//!
//! A cursor of SCAN means something only to the process that gave it: with another run id it is dropped.

use crate::error::Result;
use crate::namespace::Namespace;
use crate::store::{Conn, Pipe, Writer};
use std::collections::VecDeque;

/// A Redis key and a cursor in it.
pub(super) type Place = (Vec<u8>, Vec<u8>);

/// Where a sweep stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Position {
    /// What it was at, for sweeps that do one thing after another.
    pub(super) phase: u8,
    /// The cursor over the keyspace; `None` behind its end.
    pub(super) cursor: Option<Vec<u8>>,
    /// Keys that were found and not walked to their end.
    pub(super) queue: VecDeque<Place>,
}

/// The bookmark of one kind of sweep.
#[derive(Debug, Clone)]
pub(super) struct Bookmark {
    key: Vec<u8>,
    /// The server's, since it started; without the right to INFO there is none, and nothing is kept.
    run_id: Option<Vec<u8>>,
    fields: [&'static [u8]; 4],
}

impl Bookmark {
    pub(super) fn gc(conn: &mut Conn, ns: &Namespace) -> Result<Self> {
        Self::new(conn, ns, [b"gc:run_id", b"gc:phase", b"gc:cursor", b"gc:queue"])
    }

    pub(super) fn purge(conn: &mut Conn, ns: &Namespace) -> Result<Self> {
        Self::new(conn, ns, [b"purge:run_id", b"purge:phase", b"purge:cursor", b"purge:queue"])
    }

    fn new(conn: &mut Conn, ns: &Namespace, fields: [&'static [u8]; 4]) -> Result<Self> {
        let info = conn.one("INFO", &[b"server"])?.bytes().ok().flatten().unwrap_or_default();
        let run_id = info
            .split(|byte| *byte == b'\n')
            .find_map(|line| line.strip_prefix(b"run_id:"))
            .map(|id| id.trim_ascii().to_vec())
            // A place in a cluster is one on each of its servers, and means nothing to another run.
            .filter(|_| !conn.is_cluster());
        Ok(Self { key: ns.cursor(), run_id, fields })
    }

    /// Where the last sweep stopped, if it did and the server is still the same.
    pub(super) fn load(&self, conn: &mut Conn) -> Result<Option<Position>> {
        if self.run_id.is_none() {
            return Ok(None);
        }
        let mut pipe = Pipe::new();
        pipe.push_all("HMGET", &[&self.key], self.fields);
        let mut values = conn.run(&pipe)?.one()?.list()?.into_iter().map(|value| value.bytes());
        let mut next = || values.next().unwrap_or(Ok(None));
        let (run_id, phase, cursor, queue) = (next()?, next()?, next()?, next()?);
        if run_id != self.run_id {
            return Ok(None);
        }
        let phase = phase.and_then(|phase| std::str::from_utf8(&phase).ok()?.parse().ok()).unwrap_or(0);
        let cursor = cursor.filter(|cursor| !cursor.is_empty() && cursor.iter().all(u8::is_ascii_digit));
        Ok(Some(Position { phase, cursor, queue: unpack(&queue.unwrap_or_default()) }))
    }

    /// Notes a position, or forgets the last one.
    pub(super) fn save(&self, conn: &mut Conn, writer: &Writer, position: Option<&Position>) -> Result<()> {
        let mut pipe = Pipe::new();
        // Another server took over on the way: its cursor is none of the server that the run began with.
        let is_plain = |cursor: &Vec<u8>| cursor.iter().all(u8::is_ascii_digit);
        let position = position
            .filter(|it| it.cursor.iter().chain(it.queue.iter().map(|(_, cursor)| cursor)).all(is_plain));
        let ticket = match (position, &self.run_id) {
            (Some(position), Some(run_id)) => {
                let values = [
                    run_id.clone(),
                    position.phase.to_string().into_bytes(),
                    position.cursor.clone().unwrap_or_default(),
                    pack(&position.queue),
                ];
                let fields: Vec<_> = self.fields.into_iter().zip(values).collect();
                writer.save_position(&fields, &mut pipe)
            }
            (None, Some(_)) => writer.clear_position(&self.fields, &mut pipe),
            (_, None) => return Ok(()),
        };
        ticket.saved(&mut conn.run(&pipe)?)
    }
}

/// Each string with its length in front: `3:abc`.
fn pack(queue: &VecDeque<Place>) -> Vec<u8> {
    let mut packed = Vec::new();
    for part in queue.iter().flat_map(|(key, cursor)| [key, cursor]) {
        packed.extend_from_slice(part.len().to_string().as_bytes());
        packed.push(b':');
        packed.extend_from_slice(part);
    }
    packed
}

/// The inverse of [`pack`]; stops at what it cannot read.
fn unpack(mut packed: &[u8]) -> VecDeque<Place> {
    let mut next = || {
        let colon = packed.iter().position(|byte| *byte == b':')?;
        let length: usize = std::str::from_utf8(&packed[..colon]).ok()?.parse().ok()?;
        let part = packed.get(colon + 1..)?.get(..length)?.to_vec();
        packed = &packed[colon + 1 + length..];
        Some(part)
    };
    std::iter::from_fn(|| Some((next()?, next()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(queue: VecDeque<(Vec<u8>, Vec<u8>)>, junk: Vec<u8>) {
            prop_assert_eq!(&unpack(&pack(&queue)), &queue);
            unpack(&junk);
        }
    }
}
