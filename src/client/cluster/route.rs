//! Commands on their way to the owners of their slots.

use super::map::{Addr, redirection};
use super::{Cluster, Error, Result};
use crate::client::command::{self, Command, Reach, Repeat};
use crate::client::cursor::{encoded, tagged};
use crate::client::flight::Answer;
use crate::client::pipe::{Pipe, Sent};
use crate::client::reconnecting::start_of_unit;
use crate::client::reply::Reply;
use crate::client::retry::{Backoff, mends, passes};
use redis::Value;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Part of a pipeline under way.
struct Run<'a> {
    pipe: &'a Pipe,
    /// Commands that are not answered for good.
    pending: Vec<usize>,
    answers: HashMap<usize, Answer>,
    /// Where ASK sent a command.
    asked: HashMap<usize, Addr>,
    /// What went wrong on the way of those that are not answered.
    errors: BTreeMap<usize, Error>,
}

impl Run<'_> {
    fn failed(&mut self, places: &[usize], error: &Error) {
        self.errors.extend(places.iter().map(|at| (*at, error.clone())));
    }

    /// Whether ASKING goes in front of a command. In front of a transaction it is said once: it holds until EXEC, and
    /// inside it would be one of the commands.
    fn is_asked_for(&self, at: usize) -> bool {
        self.asked.contains_key(&at) && start_of_unit(self.pipe.commands(), at) == at
    }

    /// A transaction of which a part has to be sent again is sent again whole, to where ASK sent a part of it.
    fn whole_transactions(&mut self, places: &[usize]) {
        let commands = self.pipe.commands();
        let mut start = None;
        for at in places {
            match (commands[*at].command, start) {
                (command::MULTI, _) => start = Some(*at),
                (command::EXEC, Some(from)) => {
                    start = None;
                    let parts = from..=*at;
                    if !parts.clone().any(|part| self.pending.contains(&part)) {
                        continue;
                    }
                    self.pending.retain(|pending| !parts.contains(pending));
                    self.pending.extend(parts.clone());
                    if let Some(to) = parts.clone().find_map(|part| self.asked.get(&part).cloned()) {
                        self.asked.extend(parts.map(|part| (part, to.clone())));
                    }
                }
                _ => {}
            }
        }
        self.pending.sort_unstable();
    }
}

impl Cluster {
    /// Carries a pipeline out and gives the answers in its order.
    pub(in crate::client) fn run(&mut self, pipe: &Pipe) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(pipe.len());
        let ends = pipe.barriers().iter().copied().chain([pipe.len()]);
        let mut from = 0;
        for end in ends {
            let mut answered = pipe.commands().iter().zip(&answers);
            let refused = answered.any(|(sent, (answer, _)): (&Sent, &Answer)| sent.holds_back(answer));
            if refused {
                let unsent = || redis::parse_redis_value(b"-ABORTED an earlier step was refused\r\n");
                let unsent = unsent().unwrap_or(Value::Nil);
                answers.extend((from..end).map(|_| (Ok(unsent.clone()), Arc::from(self.shown.as_str()))));
            } else {
                answers.extend(self.segment(pipe, from..end)?);
            }
            from = end;
        }
        Ok(answers)
    }

    fn segment(&mut self, pipe: &Pipe, places: Range<usize>) -> Result<Vec<Answer>> {
        let (mut answers, mut pending) = (HashMap::new(), Vec::new());
        for at in places.clone() {
            let sent = &pipe.commands()[at];
            match sent.command {
                command::SCAN => {
                    answers.insert(at, (Ok(self.scan(pipe, sent)?), Arc::from(self.shown.as_str())));
                }
                Command { reach: Reach::EachPrimary, .. } => {
                    answers.insert(at, (Ok(self.everywhere(pipe, at)?), Arc::from(self.shown.as_str())));
                }
                _ => pending.push(at),
            }
        }
        let mut run = Run { pipe, pending, answers, asked: HashMap::new(), errors: BTreeMap::new() };
        let mut backoff = Backoff::new(self.timeouts.io);
        loop {
            self.pass(&mut run)?;
            if run.pending.is_empty() {
                break;
            }
            if !backoff.pause() {
                let unanswered: Vec<usize> = run.errors.keys().copied().collect();
                self.settle(&mut run, &unanswered)?;
                break;
            }
            if !run.errors.is_empty() {
                // Whoever owns what the lost node owned is known to the others, sooner or later.
                if let Err(error) = self.refresh()
                    && !mends(&error)
                {
                    return Err(error);
                }
            }
        }
        let unsure = || (Err(Error::Unsure), Arc::from(self.shown.as_str()));
        Ok(places.map(|at| run.answers.remove(&at).unwrap_or_else(unsure)).collect())
    }

    /// Asks all primaries and puts the answers together.
    fn everywhere(&mut self, pipe: &Pipe, at: usize) -> Result<Value> {
        let sent = &pipe.commands()[at];
        let answers = self.each(Self::reader, |node| {
            node.write(&pipe.bytes()[sent.bytes.clone()], 1, sent.name())?;
            let value = node.read(sent.name())?;
            match &value {
                Value::ServerError(refusal) if passes(refusal.code()) => {
                    Reply::new(value, sent.name(), node.addr.clone()).ok().map(|it| it.value)
                }
                _ => Ok(value),
            }
        });
        let mut total: Option<Value> = None;
        for (_, answer) in answers {
            let value = answer?;
            total = Some(match (total, value) {
                (Some(Value::Int(one)), Value::Int(other)) => Value::Int(one + other),
                (Some(Value::Array(one)), Value::Array(other)) => Value::Array(
                    one.into_iter()
                        .zip(other)
                        .map(|(one, other)| if one == Value::Int(1) { one } else { other })
                        .collect(),
                ),
                (_, value) => value,
            });
        }
        Ok(total.unwrap_or(Value::Nil))
    }

    /// Where a command goes.
    fn place(&self, pipe: &Pipe, sent: &Sent) -> Option<Addr> {
        let primary = match pipe.slot_of(sent) {
            Some(slot) => self.map.owner(slot)?,
            None => self.map.primaries.first()?,
        };
        Some(self.reader(primary))
    }

    /// Sends what is pending to all nodes, then reads all their answers.
    fn pass(&mut self, run: &mut Run) -> Result<()> {
        run.errors.clear();
        let mut groups: BTreeMap<Addr, Vec<usize>> = BTreeMap::new();
        for at in &run.pending {
            let asked = run.asked.get(at).cloned();
            match asked.or_else(|| self.place(run.pipe, &run.pipe.commands()[*at])) {
                Some(addr) => groups.entry(addr).or_default().push(*at),
                None => {
                    run.errors.insert(*at, self.unowned());
                }
            }
        }
        let mut flying = Vec::new();
        for (addr, places) in groups {
            match self.send(run, &addr, &places) {
                Ok(()) => flying.push((addr, places)),
                Err(error) => {
                    self.nodes.remove(&addr);
                    let (mends, written) = (mends(&error), !matches!(error, Error::Connect { .. }));
                    run.failed(&places, &error);
                    if !mends {
                        self.settle(run, &places)?;
                    } else if written {
                        self.unsure(run, &places)?;
                    }
                }
            }
        }
        for (addr, places) in flying {
            self.receive(run, &addr, &places)?;
        }
        Ok(())
    }

    fn send(&mut self, run: &Run, addr: &Addr, places: &[usize]) -> Result<()> {
        let io = self.timeouts.io;
        // Another node may stand in for a frozen one: half the time is for finding out.
        let member = self.member(addr)?;
        member.node.set_io_timeout(io / 2)?;
        let (mut bytes, mut commands) = (Vec::new(), places.len());
        for at in places {
            let sent = &run.pipe.commands()[*at];
            if run.is_asked_for(*at) {
                commands += 1;
                bytes.extend_from_slice(b"*1\r\n$6\r\nASKING\r\n");
            }
            bytes.extend_from_slice(&encoded(run.pipe, std::slice::from_ref(sent), member.identity).0);
        }
        let first = run.pipe.commands()[places[0]].name();
        member.node.write(&bytes, commands, first)
    }

    fn receive(&mut self, run: &mut Run, addr: &Addr, places: &[usize]) -> Result<()> {
        for (done, at) in places.iter().enumerate() {
            let sent = &run.pipe.commands()[*at];
            let was_asked = run.is_asked_for(*at);
            let Some(member) = self.nodes.get_mut(addr) else { return Ok(()) };
            let read = match was_asked {
                true => member.node.read("ASKING").and_then(|_| member.node.read(sent.name())),
                false => member.node.read(sent.name()),
            };
            let (identity, shown) = (member.identity, member.node.addr.clone());
            match read {
                Ok(value) => {
                    let value =
                        if run.pipe.cursor_of(sent).is_some() { tagged(value, identity) } else { value };
                    self.take_answer(run, *at, value, shown, addr);
                }
                Err(error) => {
                    self.nodes.remove(addr);
                    self.connection_stats.reconnects += 1;
                    run.failed(&places[done..], &error);
                    self.unsure(run, &places[done..])?;
                    break;
                }
            }
        }
        run.whole_transactions(places);
        Ok(())
    }

    /// Takes an answer for good, or follows where it leads.
    fn take_answer(&mut self, run: &mut Run, at: usize, value: Value, shown: Arc<str>, addr: &Addr) {
        run.asked.remove(&at);
        let mut settled = true;
        if let Value::ServerError(refusal) = &value {
            let lead = || redirection(refusal.details().unwrap_or_default(), addr);
            match refusal.code() {
                "MOVED" => {
                    if let Some((slot, to)) = lead() {
                        self.map.assign(slot, &to);
                    }
                    settled = false;
                }
                "ASK" => {
                    run.asked.extend(lead().map(|(_, to)| (at, to)));
                    settled = false;
                }
                code => settled = !passes(code) && code != "READONLY",
            }
        }
        if settled {
            run.pending.retain(|pending| *pending != at);
        }
        run.answers.insert(at, (Ok(value), shown));
    }

    /// Commands that may have been carried out, their answers lost.
    fn unsure(&mut self, run: &mut Run, places: &[usize]) -> Result<()> {
        for at in places {
            match run.pipe.commands()[*at].repeat {
                Repeat::Freely => {}
                Repeat::Recount => self.connection_stats.recounted += 1,
                Repeat::Never => self.settle(run, &[*at])?,
            }
        }
        Ok(())
    }

    /// Takes what went wrong with commands for their answers; for that of all, where these are not separate.
    fn settle(&mut self, run: &mut Run, places: &[usize]) -> Result<()> {
        for at in places {
            let Some(error) = run.errors.remove(at) else { continue };
            if !run.pipe.is_separate {
                self.nodes.clear();
                return Err(error);
            }
            run.pending.retain(|pending| pending != at);
            run.answers.insert(*at, (Err(error), Arc::from(self.shown.as_str())));
        }
        Ok(())
    }
}
