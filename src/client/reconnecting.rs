//! One server at a time: pipelines on the wire, and another connection when it breaks.

use super::command::{self, Repeat};
use super::cursor::{encoded, tagged};
use super::flight::Flight;
use super::node::{Handshake, Node};
use super::pipe::{Pipe, Sent};
use super::retry::{Backoff, ConnectionStats, may_mend, mends, passes};
use super::sentinel;
use super::target::{Kind, Target, Timeouts};
use crate::error::{Error, Result};
use redis::Value;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const TOOL: Handshake = Handshake::Tool { replica: false };
/// How often sentinels are asked whether the primary still is one.
const CONFIRM_EVERY: Duration = Duration::from_secs(1);

pub(super) struct ReconnectingConnection {
    target: Target,
    timeouts: Timeouts,
    pub(super) node: Node,
    /// Counts the server processes that were talked to.
    identity: u32,
    /// When the sentinels were last asked whether this still is the primary.
    confirmed: Instant,
    pub(super) connection_stats: ConnectionStats,
}

impl ReconnectingConnection {
    pub(super) fn open(target: &Target, timeouts: Timeouts) -> Result<Self> {
        let mut backoff = Backoff::new(timeouts.io);
        let node = loop {
            match open_node(target, timeouts, TOOL) {
                // Only what passes by itself is waited for: a wrong address shall be told at once.
                Err(error @ (Error::Server { .. } | Error::NoPrimary { .. }))
                    if mends(&error) && backoff.pause() => {}
                node => break node?,
            }
        };
        Ok(Self {
            target: target.clone(),
            timeouts,
            node,
            identity: 0,
            confirmed: Instant::now(),
            connection_stats: ConnectionStats::default(),
        })
    }

    /// Sends the pipeline at the back. What goes wrong is told, or mended, when its answers are waited for; so is a
    /// connection that is closed.
    pub(super) fn send(&mut self, flights: &mut VecDeque<Flight>) {
        if self.confirmed.elapsed() > CONFIRM_EVERY {
            self.confirm();
        }
        if let Some(flight) = flights.back_mut().filter(|_| !self.node.is_closed()) {
            flight.written = true;
            // What fails here fails again, and is dealt with, as the answers are waited for.
            let _ = self.write(&flight.pipe, 0);
        }
    }

    /// Asks the server something; where it is being replaced, loads, or the connection broke, again, within the time of
    /// one answer.
    pub(super) fn ask<R>(&mut self, mut ask: impl FnMut(&mut Node) -> Result<R>) -> Result<R> {
        let mut backoff = Backoff::new(self.timeouts.io);
        loop {
            let open = if self.node.is_idle() { Ok(()) } else { self.reopen(self.timeouts) };
            let answer = open.and_then(|()| ask(&mut self.node));
            if !may_mend(&answer) || !backoff.pause() {
                return answer;
            }
            self.confirm();
        }
    }

    /// Asks the sentinels whether this still is the primary.
    pub(super) fn confirm(&mut self) {
        self.confirmed = Instant::now();
        if is_replaced(&self.target, self.timeouts, &self.node.addr) {
            self.node.close();
        }
    }

    /// The same at the end of the work: writes that went to one that was replaced are not called done.
    pub(super) fn confirm_at_end(&mut self) {
        self.confirm();
        if self.node.is_closed() {
            self.connection_stats.replaced += 1;
        }
    }

    /// Waits for the answers of the pipeline at the front.
    pub(super) fn receive(&mut self, flights: &mut VecDeque<Flight>) -> Result<()> {
        let mut backoff = Backoff::new(self.timeouts.io);
        self.fill(flights, &mut backoff).map_err(|error| match error {
            // What was tried again had less time; all of it together had this much.
            Error::Timeout { addr, command, .. } if command != "the connection" => {
                Error::Timeout { addr, command, after: self.timeouts.io }
            }
            other => other,
        })
    }

    fn fill(&mut self, flights: &mut VecDeque<Flight>, backoff: &mut Backoff) -> Result<()> {
        loop {
            let mut done = self.read_answers(flights);
            while let Err(error) = done {
                done = self.recover(flights, error, backoff)?;
            }
            let Some(flight) = flights.front() else { return Ok(()) };
            if flight.answers.len() < flight.pipe.len() {
                continue;
            }
            match self.refused_for_now(flight) {
                // What was refused for a passing reason was not done; what follows it in the pipeline is done again.
                Some(from) if may_repeat(flights, from) && backoff.pause() => {
                    if let Some(flight) = flights.front_mut() {
                        let repeated =
                            flight.pipe.commands()[from..].iter().zip(flight.answers.drain(from..));
                        let done = repeated.filter(|(sent, answer)| {
                            sent.repeat == Repeat::Recount && !matches!(answer.0, Ok(Value::ServerError(_)))
                        });
                        self.connection_stats.recounted += done.count() as u64;
                        flight.written = false;
                    }
                    self.node.close();
                }
                _ => return self.node.set_io_timeout(self.timeouts.io),
            }
        }
    }

    /// Where in a pipeline a passing refusal stands.
    fn refused_for_now(&self, flight: &Flight) -> Option<usize> {
        let at = flight.answers.iter().position(|(answer, _)| match answer {
            Ok(Value::ServerError(refusal)) => {
                passes(refusal.code()) || (refusal.code() == "READONLY" && self.target.has_sentinels())
            }
            _ => false,
        })?;
        Some(start_of_unit(flight.pipe.commands(), at))
    }

    fn read_answers(&mut self, flights: &mut VecDeque<Flight>) -> Result<()> {
        let Some(Flight { pipe, answers, .. }) = flights.front_mut() else { return Ok(()) };
        answers.reserve(pipe.len().saturating_sub(answers.len()));
        while let Some(command) = pipe.commands().get(answers.len()) {
            let value = self.node.read(command.name())?;
            let scans = pipe.cursor_of(command).is_some();
            let value = if scans { tagged(value, self.identity) } else { value };
            answers.push((Ok(value), self.node.addr.clone()));
        }
        Ok(())
    }

    /// Makes another connection and sends everything again that was not answered. What comes back inside is worth
    /// another try.
    fn recover(
        &mut self,
        flights: &mut VecDeque<Flight>,
        error: Error,
        backoff: &mut Backoff,
    ) -> Result<Result<()>> {
        let front =
            flights.front().map_or(0, |flight| start_of_unit(flight.pipe.commands(), flight.answers.len()));
        if !mends(&error) || !may_repeat(flights, front) || !backoff.pause() {
            return Err(error);
        }
        for (at, flight) in flights.iter_mut().enumerate() {
            let from = if at == 0 { front } else { 0 };
            if std::mem::take(&mut flight.written) {
                let commands = &flight.pipe.commands()[from..];
                let unsure = commands.iter().filter(|sent| sent.repeat == Repeat::Recount);
                self.connection_stats.recounted += unsure.count() as u64;
            }
            flight.answers.truncate(from);
        }
        let left = backoff.left();
        let timeouts = Timeouts { connect: self.timeouts.connect.min(left), io: left };
        if let Err(error) = self.reopen(timeouts) {
            return if mends(&error) { Ok(Err(error)) } else { Err(error) };
        }
        for flight in flights.iter_mut() {
            flight.written = true;
            if let Err(error) = self.write(&flight.pipe, flight.answers.len()) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    fn reopen(&mut self, timeouts: Timeouts) -> Result<()> {
        let node = open_node(&self.target, timeouts, TOOL)?;
        let (earlier, now) = (self.node.run_id.as_deref(), node.run_id.as_deref());
        if !self.connection_stats.note_process(earlier, now) {
            self.identity += 1;
        }
        self.node = node;
        self.confirmed = Instant::now();
        self.connection_stats.reconnects += 1;
        Ok(())
    }

    fn write(&mut self, pipe: &Pipe, from: usize) -> Result<()> {
        let commands = &pipe.commands()[from..];
        let Some(first) = commands.first() else { return Ok(()) };
        let (bytes, restarted) = encoded(pipe, commands, self.identity);
        self.connection_stats.rescans += restarted;
        self.node.write(&bytes, commands.len(), first.name())
    }
}

/// Whether everything that was written and not answered may be sent again, the pipeline at the front from a place on.
fn may_repeat(flights: &VecDeque<Flight>, front: usize) -> bool {
    let written = flights.iter().enumerate().filter(|(_, flight)| flight.written);
    let mut unanswered =
        written.flat_map(|(at, flight)| &flight.pipe.commands()[if at == 0 { front } else { 0 }..]);
    !flights.is_empty() && unanswered.all(|sent| sent.repeat != Repeat::Never)
}

/// Connects to the one server that a target without a cluster means.
pub(super) fn open_node(target: &Target, timeouts: Timeouts, handshake: Handshake) -> Result<Node> {
    match target.kind() {
        Kind::Sentinel(sentinels) => sentinel::open(target, sentinels, timeouts, handshake),
        Kind::Single | Kind::Cluster { .. } => {
            Node::connect(target.first(), &target.to_string(), timeouts, handshake)
        }
    }
}

/// Whether the sentinels name another primary than this server. One that was replaced goes on taking writes for a while,
/// and forgets them when it hears of it.
pub(super) fn is_replaced(target: &Target, timeouts: Timeouts, addr: &str) -> bool {
    let Kind::Sentinel(sentinels) = target.kind() else { return false };
    !target.prefers_replica()
        && sentinel::named(target, sentinels, timeouts).is_some_and(|named| named != addr)
}

/// The beginning of the transaction around a place in a pipeline, or the place itself.
pub(super) fn start_of_unit(commands: &[Sent], at: usize) -> usize {
    let before = &commands[..at.min(commands.len())];
    match before.iter().rposition(|sent| [command::MULTI, command::EXEC].contains(&sent.command)) {
        Some(place) if before[place].command == command::MULTI => place,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_repeated_whole() {
        let mut pipe = Pipe::new();
        [command::HLEN, command::MULTI, command::SADD, command::EXEC, command::HLEN]
            .into_iter()
            .for_each(|command| pipe.push(command, &[]));
        let starts: Vec<_> = (0..=5).map(|at| start_of_unit(pipe.commands(), at)).collect();
        assert_eq!(starts, [0, 1, 1, 1, 4, 5]);
    }
}
