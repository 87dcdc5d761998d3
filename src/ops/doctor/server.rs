//! The server: its limits, and what was slow on it.

use crate::client::command;
use crate::client::{Conn, Replies, Reply, ServerInfo};
use crate::error::Result;
use crate::namespace::Namespace;
use std::sync::Arc;

/// How our own connections are called.
const OWN_NAME: &[u8] = b"cacheme-cli";

/// What a server says of itself.
#[derive(Debug, Default)]
pub(super) struct Server {
    pub(super) addr: Arc<str>,
    pub(super) info: ServerInfo,
    pub(super) slow: Vec<Slow>,
    /// Entries of the slow log, whosever they are; `None` where it may not be read.
    pub(super) slow_entries: Option<u64>,
    /// Commands the library cannot do without that the server does not know: it is too old, or they were renamed.
    pub(super) unknown: Vec<&'static str>,
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

/// In a cluster of each primary.
pub(super) fn read(conn: &mut Conn, ns: &Namespace) -> Vec<Server> {
    let needed = NEEDED.map(str::as_bytes);
    let answers = conn.ask_each(&[
        (command::INFO, &[]),
        (command::DBSIZE, &[]),
        (command::COMMAND_INFO, &needed),
        (command::SLOWLOG_GET, &[b"128"]),
    ]);
    let of = |(addr, answers): (Arc<str>, Result<Replies>)| {
        let told = answers.and_then(|answers| told(answers, ns));
        // Who cannot be asked tells nothing.
        let refused =
            [command::INFO, command::COMMAND_INFO, command::SLOWLOG_GET].map(|it| it.name()).to_vec();
        Server { addr, ..told.unwrap_or_else(|_| Server { refused, ..Server::default() }) }
    };
    answers.into_iter().map(of).collect()
}

fn told(mut answers: Replies, ns: &Namespace) -> Result<Server> {
    let info = ServerInfo::of(answers.one()?, answers.one()?);
    let mut refused: Vec<_> = info.refused().iter().copied().filter(|name| *name == "INFO").collect();
    let unknown = unknown(answers.one()?);
    if unknown.is_none() {
        refused.push(command::COMMAND_INFO.name());
    }
    let unknown = unknown.unwrap_or_default();
    let log = answers.one()?;
    if log.is_refused() {
        refused.push(command::SLOWLOG_GET.name());
        return Ok(Server { info, unknown, refused, ..Server::default() });
    }
    let entries = log.list()?;
    let slow_entries = Some(entries.len() as u64);
    let slow = entries.into_iter().filter_map(|entry| slow(entry, ns)).collect();
    Ok(Server { info, slow, slow_entries, unknown, refused, ..Server::default() })
}

/// `None` where the server refuses to say.
fn unknown(answer: Reply) -> Option<Vec<&'static str>> {
    let known = answer.list().ok()?;
    let unknown = NEEDED.into_iter().zip(known).filter(|(_, about)| about.is_nil());
    Some(unknown.map(|(name, _)| name).collect())
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
