//! The server: its limits, what was slow on it, and who listens.

use crate::client::command;
use crate::client::{Conn, ConnectedClient, Reply, ServerInfo};
use crate::error::Result;
use crate::namespace::Namespace;
use crate::ops::find_listeners;

/// How our own connections are called.
const OWN_NAME: &[u8] = b"cacheme-cli";

/// What the server says of itself.
#[derive(Debug, Default)]
pub(super) struct Server {
    pub(super) info: ServerInfo,
    pub(super) slow: Vec<Slow>,
    /// Entries of the slow log, whosever they are; `None` where it may not be read.
    pub(super) slow_entries: Option<u64>,
    /// Commands the library cannot do without that the server does not know: it is too old, or they were renamed.
    pub(super) unknown: Vec<&'static str>,
    /// It has replicas, and does not tell whether they have what was written.
    pub(super) refuses_wait: bool,
    /// Who hears what is written in the namespace, where that is told.
    pub(super) listeners: Vec<ConnectedClient>,
    /// What it refused to tell.
    pub(super) refused: Vec<&'static str>,
}

/// What the library's invalidations and the readers of 0.1.1 send.
const NEEDED: [&str; 2] = ["UNLINK", "EVAL"];

/// One slow command on keys of the namespace.
#[derive(Debug)]
pub(super) struct Slow {
    pub(super) micros: u64,
    pub(super) command: Vec<u8>,
    pub(super) key: Vec<u8>,
}

pub(super) fn read(conn: &mut Conn, ns: &Namespace) -> Result<Server> {
    let info = conn.server_info()?;
    let mut refused: Vec<_> = info.refused().iter().copied().filter(|name| *name == "INFO").collect();
    let unknown = unknown(conn)?;
    if unknown.is_none() {
        refused.push(command::COMMAND_INFO.name());
    }
    let unknown = unknown.unwrap_or_default();
    let refuses_wait = !conn.waits_for_replicas()?;
    let listeners = find_listeners(conn, ns)?.unwrap_or_default();
    let log = conn.one(command::SLOWLOG_GET, &[b"128"])?;
    if log.is_refused() {
        refused.push(command::SLOWLOG_GET.name());
        return Ok(Server { info, unknown, refuses_wait, listeners, refused, ..Server::default() });
    }
    let entries = log.list()?;
    let slow_entries = Some(entries.len() as u64);
    let slow = entries.into_iter().filter_map(|entry| slow(entry, ns)).collect();
    Ok(Server { info, slow, slow_entries, unknown, refuses_wait, listeners, refused })
}

/// `None` where the server refuses to say.
fn unknown(conn: &mut Conn) -> Result<Option<Vec<&'static str>>> {
    let answer = conn.one(command::COMMAND_INFO, &NEEDED.map(str::as_bytes))?;
    let Ok(known) = answer.list() else { return Ok(None) };
    let unknown = NEEDED.into_iter().zip(known).filter(|(_, about)| about.is_nil());
    Ok(Some(unknown.map(|(name, _)| name).collect()))
}

/// An entry is: number, time, microseconds, arguments, and from 4.0 on the client's address and name.
fn slow(entry: Reply, ns: &Namespace) -> Option<Slow> {
    let mut parts = entry.list().ok()?.into_iter().skip(2);
    let micros = parts.next()?.count().ok()?;
    let args = parts.next()?.strings().ok()?;
    let name = parts.nth(1).and_then(|name| name.bytes().ok().flatten());
    if name.as_deref() == Some(OWN_NAME) {
        return None;
    }
    let command = args.first()?.clone();
    let ours = |arg: &&Vec<u8>| arg.starts_with(ns.prefix()) && !ns.prefix().is_empty();
    let key = args.iter().skip(1).find(ours)?.clone();
    Some(Slow { micros, command, key })
}
