//! Cursors that outlive the connection: what another run needs to go on from where this one stopped.
//!
//! A cursor means something only to the process that gave it. In a cluster that of the keyspace stands for one on each primary, and
//! says nothing once slots have moved.

use super::command;
use super::conn::{Backend, Conn};
use crate::error::Result;

impl Conn {
    /// Whose cursors these are: it is another's after a restart, a failover, or where a slot has moved. Nothing where the server does
    /// not tell.
    pub(crate) fn identity(&mut self) -> Result<Option<Vec<u8>>> {
        if let Backend::Cluster(cluster) = &mut self.link {
            return cluster.identity();
        }
        let info = self.one(command::INFO, &[b"server"])?.bytes().ok().flatten().unwrap_or_default();
        let id = info.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"run_id:"));
        Ok(id.map(|id| id.trim_ascii().to_vec()))
    }

    /// A cursor over the keyspace, or over a key, as another run can take it; nothing where it is none of the server that was there
    /// at the beginning.
    pub(crate) fn lasting_cursor(&self, key: Option<&[u8]>, cursor: &[u8]) -> Option<Vec<u8>> {
        match &self.link {
            Backend::Cluster(cluster) => cluster.lasting_cursor(key, cursor),
            _ => is_number(cursor).then(|| cursor.to_vec()),
        }
    }

    /// The cursor that another run made lasting; nothing where it cannot be one, or the server does not take it.
    pub(crate) fn resumed_cursor(&mut self, key: Option<&[u8]>, lasting: &[u8]) -> Result<Option<Vec<u8>>> {
        if let Backend::Cluster(cluster) = &mut self.link {
            return cluster.resumed_cursor(key, lasting);
        }
        if !is_number(lasting) {
            return Ok(None);
        }
        let takes =
            lasting == b"0" || !self.one(command::SCAN, &[lasting, b"COUNT", b"1"])?.is_invalid_cursor();
        Ok(takes.then(|| lasting.to_vec()))
    }
}

/// Whether a server may have given it.
pub(super) fn is_number(cursor: &[u8]) -> bool {
    cursor.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(cursor).is_ok_and(|cursor| cursor.parse::<u64>().is_ok())
}
