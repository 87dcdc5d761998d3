//! Cursors that outlive the connection: what another run needs to go on from where this one stopped.
//!
//! A cursor means something only to the process that gave it. In a cluster that of the keyspace stands for one on each primary, and
//! says nothing once slots have moved.

use super::command;
use super::conn::{Backend, Conn};
use super::node::field;
use super::pipe::Pipe;
use crate::error::Result;

/// A key, where it is not over the keyspace, and the cursor.
pub(crate) type LastingCursor<'a> = (Option<&'a [u8]>, &'a [u8]);

impl Conn {
    /// Whose cursors these are: it is another's after a restart, a failover, or where a slot has moved. Nothing where the server does
    /// not tell.
    pub(crate) fn identity(&mut self) -> Result<Option<Vec<u8>>> {
        if let Backend::Cluster(cluster) = &mut self.link {
            return cluster.identity();
        }
        let info = self.one(command::INFO, &[b"server"])?.bytes().ok().flatten().unwrap_or_default();
        Ok(field(&String::from_utf8_lossy(&info), "run_id").map(|id| id.as_bytes().to_vec()))
    }

    /// A cursor over the keyspace, or over a key, as another run can take it; nothing where it is none of the server that was there
    /// at the beginning.
    pub(crate) fn lasting_cursor(&self, key: Option<&[u8]>, cursor: &[u8]) -> Option<Vec<u8>> {
        match &self.link {
            Backend::Cluster(cluster) => cluster.lasting_cursor(key, cursor),
            _ => is_number(cursor).then(|| cursor.to_vec()),
        }
    }

    /// The cursors that another run made lasting, each over the keyspace or over a key; nothing where one of them cannot be one, or the
    /// server does not take it.
    pub(crate) fn resumed_cursors(&mut self, lasting: &[LastingCursor<'_>]) -> Result<Option<Vec<Vec<u8>>>> {
        if let Backend::Cluster(cluster) = &mut self.link {
            return cluster.resumed_cursors(lasting);
        }
        if !lasting.iter().all(|(_, cursor)| is_number(cursor)) {
            return Ok(None);
        }
        let mut pipe = Pipe::new();
        for (_, cursor) in lasting.iter().filter(|(_, cursor)| *cursor != b"0") {
            pipe.push(command::SCAN, &[cursor, b"COUNT", b"1"]);
        }
        let takes_all = !self.run(&pipe)?.any(|reply| reply.is_invalid_cursor());
        Ok(takes_all.then(|| lasting.iter().map(|(_, cursor)| cursor.to_vec()).collect()))
    }
}

/// Whether a server may have given it.
pub(super) fn is_number(cursor: &[u8]) -> bool {
    cursor.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(cursor).is_ok_and(|cursor| cursor.parse::<u64>().is_ok())
}
