//! Pipelines under way over a connection. The connection is theirs until they end, so no answer can be taken for another
//! question's: whoever ends them early closes it.

use super::command::{self, Command};
use super::conn::Conn;
use super::flight::{Answered, Flight};
use super::info::ServerInfo;
use super::pipe::Pipe;
use super::reply::{Replies, Reply};
use crate::error::Result;
use redis::Value;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

/// Sends pipelines and hands their answers out in the same order.
pub(super) struct InFlight<'c, 'p> {
    conn: &'c mut Conn,
    flights: VecDeque<Flight<'p>>,
    /// Answered, and not taken yet.
    answered: VecDeque<Answered<'p>>,
}

impl<'c, 'p> InFlight<'c, 'p> {
    pub(super) fn new(conn: &'c mut Conn) -> Self {
        Self { conn, flights: VecDeque::new(), answered: VecDeque::new() }
    }

    /// Sends a pipeline without waiting. A cluster is sent it when its answers are waited for.
    ///
    /// # Errors
    /// [`crate::Error::Timeout`] or [`crate::Error::Lost`].
    pub(super) fn send(&mut self, pipe: impl Into<Cow<'p, Pipe>>, scans: bool) -> Result<()> {
        let pipe = pipe.into();
        let is_empty = pipe.is_empty();
        self.flights.push_back(Flight { pipe, answers: Vec::new(), written: false, scans });
        if is_empty { Ok(()) } else { self.conn.send(&mut self.flights) }
    }

    /// Waits for the answers of the pipeline that was sent first, and gives it back with them.
    ///
    /// # Errors
    /// As [`InFlight::send`]; refusals are answers.
    pub(super) fn receive(&mut self) -> Result<Answered<'p>> {
        match self.answered.pop_front() {
            Some(answered) => Ok(answered),
            None => self.next(),
        }
    }

    /// Sends a pipeline and waits for its answers, whatever is under way. What is answered on the way is kept for
    /// [`InFlight::receive`].
    ///
    /// # Errors
    /// As [`InFlight::receive`].
    pub(super) fn run(&mut self, pipe: impl Into<Cow<'p, Pipe>>) -> Result<Replies> {
        self.send(pipe, false)?;
        while self.flights.len() > 1 {
            let answered = self.next()?;
            self.answered.push_back(answered);
        }
        Ok(self.next()?.replies)
    }

    /// Whether answers are still to be taken.
    pub(super) fn is_waiting(&self) -> bool {
        !self.flights.is_empty() || !self.answered.is_empty()
    }

    /// Whether SCAN tells types apart.
    pub(super) fn has_type_filter(&self) -> bool {
        self.conn.has_type_filter()
    }

    /// SCAN turned out to know no TYPE.
    pub(super) fn drop_type_filter(&mut self) {
        self.conn.drop_type_filter();
    }

    fn next(&mut self) -> Result<Answered<'p>> {
        let answers = match self.flights.front() {
            Some(flight) if !flight.pipe.is_empty() => self.conn.receive(&mut self.flights)?,
            _ => Vec::new(),
        };
        let Some(Flight { pipe, scans, .. }) = self.flights.pop_front() else {
            let pipe = Pipe::new().into();
            return Ok(Answered { pipe, replies: Replies::default(), scans: false });
        };
        let replies = pipe.commands().iter().zip(answers).map(|(command, (answer, addr))| {
            let key = match answer {
                Ok(Value::ServerError(_)) => pipe.key_of(command).map(<[u8]>::to_vec),
                _ => None,
            };
            Reply::about(key, answer, command.name(), addr)
        });
        let replies = Replies::new(replies.collect());
        Ok(Answered { pipe, replies, scans })
    }
}

impl Drop for InFlight<'_, '_> {
    fn drop(&mut self) {
        if !self.flights.is_empty() {
            self.conn.close();
        }
    }
}

impl Conn {
    /// For pipelines that are sent before the answers of others were read.
    pub(super) fn in_flight<'p>(&mut self) -> InFlight<'_, 'p> {
        InFlight::new(self)
    }

    /// Sends a pipeline and waits for all its answers.
    ///
    /// # Errors
    /// [`crate::Error::Timeout`] or [`crate::Error::Lost`]; refusals are answers.
    pub fn run(&mut self, pipe: &Pipe) -> Result<Replies> {
        self.in_flight().run(pipe)
    }

    /// Sends one command and waits for its answer.
    ///
    /// # Errors
    /// As [`Conn::run`].
    pub fn one(&mut self, command: Command, args: &[&[u8]]) -> Result<Reply> {
        let mut pipe = Pipe::new();
        pipe.push(command, args);
        self.run(&pipe)?.one()
    }

    /// Whether the server runs scripts for us; asked once.
    ///
    /// # Errors
    /// Connection errors.
    pub fn runs_scripts(&mut self) -> Result<bool> {
        if let Some(known) = self.scripts {
            return Ok(known);
        }
        let reply = self.one(command::EVAL, &[b"return 1", b"0"])?;
        let known = match reply.ok() {
            Ok(_) => true,
            Err(error) => !error.is_unknown_command() && error.code() != Some("NOPERM"),
        };
        if !known {
            self.do_without("EVAL", "values are deleted field by field");
        }
        Ok(*self.scripts.insert(known))
    }

    /// The server's account of itself (INFO, DBSIZE); in a cluster that of each primary, in the order of their addresses, or why one
    /// gives none. A server that refuses INFO or DBSIZE leaves the fields empty.
    pub fn server_infos(&mut self) -> Vec<(Arc<str>, Result<ServerInfo>)> {
        let answers = self.ask_each(&[(command::INFO, &[]), (command::DBSIZE, &[])]);
        let info = |mut replies: Replies| Ok(ServerInfo::of(replies.one()?, replies.one()?));
        answers.into_iter().map(|(addr, replies)| (addr, replies.and_then(info))).collect()
    }

    /// Asks the server, or each primary of a cluster, the same.
    pub(crate) fn ask_each(&mut self, questions: &[(Command, &[&[u8]])]) -> Vec<(Arc<str>, Result<Replies>)> {
        let mut answers = self.each_primary(|node| {
            let ask = |(command, args): &(Command, &[&[u8]])| {
                let reply = node.one(*command, args)?;
                // It is asked again in a moment.
                if reply.is_passing() { reply.ok() } else { Ok(reply) }
            };
            questions.iter().map(ask).collect::<Result<Vec<_>>>().map(Replies::new)
        });
        answers.sort_by(|(one, _), (other, _)| one.cmp(other));
        answers
    }
}
