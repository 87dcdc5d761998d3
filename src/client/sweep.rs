//! The one scanning engine: SCAN, SSCAN, HSCAN and ZSCAN in batches, with the work of a batch on the same wire.
//!
//! In lock step the next SCAN travels with a batch's work in one round trip, and the answers of the round trip before
//! are worked on meanwhile: the server never has more than one batch of ours. Overlapped (`fast`), the SCAN is sent before
//! the batch in hand is worked on, so the server never waits for this client.

use super::command;
use super::conn::Conn;
use super::control::{Control, fraction};
use super::in_flight::InFlight;
use super::pipe::Pipe;
use super::reply::{Replies, Reply};
use crate::error::Result;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Instant;

/// What is walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The keys of the database that match a glob and are of a type.
    Keyspace {
        /// A Redis glob over whole key names.
        pattern: Vec<u8>,
        /// The only type wanted, where there is one, as TYPE names it.
        kind: Option<&'static str>,
    },
    /// The members of a set, perhaps only those that match a glob.
    Set {
        /// The set.
        key: Vec<u8>,
        /// A Redis glob over members.
        pattern: Option<Vec<u8>>,
    },
    /// The members of a sorted set.
    SortedSet {
        /// The sorted set.
        key: Vec<u8>,
    },
}

impl Source {
    /// All members of a set.
    pub fn set(key: Vec<u8>) -> Self {
        Self::Set { key, pattern: None }
    }

    /// The Redis key that is walked, or the glob over several.
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Set { key, .. } | Self::SortedSet { key } => key,
            Self::Keyspace { pattern, .. } => pattern,
        }
    }
}

/// What a sweep does with each batch.
pub trait Work {
    /// What answers are for: it comes back with them.
    type Question;

    /// Queues the commands for a batch of keys or members.
    ///
    /// # Errors
    /// Whatever ends the sweep.
    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Self::Question>) -> Result<()>;

    /// Takes the answers to a question, and may queue commands that follow from them.
    ///
    /// # Errors
    /// Whatever ends the sweep. What was sent before is still answered: those answers come, and nothing new is sent.
    fn answer(
        &mut self,
        question: Self::Question,
        replies: &mut Replies,
        next: &mut Queue<Self::Question>,
    ) -> Result<()>;

    /// After all answers of a round trip: queues what was gathered from them, and says whether to go on. After a break
    /// what is queued is finished; the sweep can be run again from there.
    ///
    /// # Errors
    /// Whatever ends the sweep.
    fn settle(&mut self, _next: &mut Queue<Self::Question>) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}

/// Commands to send, each group with the question that its answers are for.
pub struct Queue<'q, Q> {
    pipe: &'q mut Pipe,
    asked: &'q mut Asked<Q>,
}

/// Questions in the order of their answers, each with the number of these. What nobody asked about is passed over.
type Asked<Q> = VecDeque<(Option<Q>, usize)>;

impl<Q> Queue<'_, Q> {
    /// Queues the commands of a question. One without commands is answered with nothing.
    pub fn ask(&mut self, queue: impl FnOnce(&mut Pipe) -> Q) {
        self.go_on(|pipe| ((), Some(queue(pipe))));
    }

    /// Queues the commands of a question, if there is another.
    pub fn go_on<R>(&mut self, queue: impl FnOnce(&mut Pipe) -> (R, Option<Q>)) -> R {
        let before = self.pipe.len();
        let (result, question) = queue(self.pipe);
        let commands = self.pipe.len() - before;
        if commands > 0 || question.is_some() {
            self.asked.push_back((question, commands));
        }
        result
    }

    /// Whether no question is to be answered.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }
}

/// Some work, and which of its questions are under way: what the engine sees of it.
trait Asking {
    fn batch(&mut self, items: Vec<Vec<u8>>, pipe: &mut Pipe) -> Result<()>;
    fn answers(&mut self, replies: &mut Replies, next: &mut Pipe) -> Result<ControlFlow<()>>;
    /// Whether questions are to be answered.
    fn is_waiting(&self) -> bool;
}

struct Questions<'w, W: Work> {
    work: &'w mut W,
    asked: Asked<W::Question>,
}

impl<'w, W: Work> Questions<'w, W> {
    fn of(work: &'w mut W) -> Self {
        Self { work, asked: VecDeque::new() }
    }
}

impl<W: Work> Asking for Questions<'_, W> {
    fn batch(&mut self, items: Vec<Vec<u8>>, pipe: &mut Pipe) -> Result<()> {
        self.work.batch(items, &mut Queue { pipe, asked: &mut self.asked })
    }

    /// Hands all answers out, those behind an error too: they tell what was done.
    fn answers(&mut self, replies: &mut Replies, next: &mut Pipe) -> Result<ControlFlow<()>> {
        let mut failed = None;
        while let Some((_, commands)) = self.asked.front()
            && (*commands == 0 || !replies.is_empty())
            && let Some((question, commands)) = self.asked.pop_front()
        {
            let mut queue = Queue { pipe: next, asked: &mut self.asked };
            let answered = replies.part(commands, |replies| match question {
                Some(question) => self.work.answer(question, replies, &mut queue),
                None => Ok(()),
            });
            if let Err(error) = answered {
                failed.get_or_insert(error);
            }
        }
        match failed {
            Some(error) => Err(error),
            None => self.work.settle(&mut Queue { pipe: next, asked: &mut self.asked }),
        }
    }

    fn is_waiting(&self) -> bool {
        !self.asked.is_empty()
    }
}

/// Does the work on items at hand, to the last of its answers.
///
/// # Errors
/// As [`Sweep::run`].
pub fn work_on<W: Work>(conn: &mut Conn, items: Vec<Vec<u8>>, work: &mut W) -> Result<()> {
    let mut work = Questions::of(work);
    let (mut pipe, mut next) = (Pipe::new(), Pipe::new());
    work.batch(items, &mut pipe)?;
    while !pipe.is_empty() || work.is_waiting() {
        let _ = work.answers(&mut conn.run(&pipe)?, &mut next)?;
        pipe.clear();
        std::mem::swap(&mut pipe, &mut next);
    }
    Ok(())
}

/// How a sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Everything was walked.
    Done,
    /// The work asked for a pause.
    Paused,
    /// A signal or the time budget stopped it. The batch in hand was finished.
    Stopped,
    /// The key to walk is not of the type that was expected.
    WrongType,
}

/// A walk over a [`Source`] that remembers where it is.
#[derive(Debug)]
pub struct Sweep {
    source: Source,
    cursor: Option<Vec<u8>>,
}

struct Batch {
    items: Vec<Vec<u8>>,
    walked: usize,
    fraction: Option<f64>,
}

impl Sweep {
    /// A walk from the beginning.
    pub fn new(source: Source) -> Self {
        Self { source, cursor: Some(b"0".to_vec()) }
    }

    /// A walk from where another one was: a cursor of [`Sweep::cursor`], of the same server since it started.
    pub fn resume(source: Source, cursor: Vec<u8>) -> Self {
        Self { source, cursor: Some(cursor) }
    }

    /// Where the walk is; `None` at its end.
    pub fn cursor(&self) -> Option<&[u8]> {
        self.cursor.as_deref()
    }

    /// Walks on until the end, a pause or a stop.
    ///
    /// # Errors
    /// Connection errors, a refusal of the scan itself, and whatever the work returns.
    pub fn run<W: Work>(&mut self, conn: &mut Conn, work: &mut W, control: &mut Control) -> Result<End> {
        if self.cursor.is_some() && control.forbids() {
            return Ok(End::Stopped);
        }
        let mut questions = Questions::of(work);
        let mut in_flight = conn.in_flight();
        let mut held = Replies::default();
        let end = if control.pace.overlaps() {
            self.overlapped(&mut in_flight, &mut questions, control)
        } else {
            self.lock_step(&mut in_flight, &mut held, &mut questions, control)
        };
        if end.is_err() {
            drain(&mut in_flight, held, &mut questions);
        }
        end
    }

    /// Walks on with nothing to ask: each batch goes to `take`.
    ///
    /// # Errors
    /// As [`Sweep::run`].
    pub fn each(
        &mut self,
        conn: &mut Conn,
        control: &mut Control,
        take: impl FnMut(Vec<Vec<u8>>) -> Result<ControlFlow<()>>,
    ) -> Result<End> {
        self.run(conn, &mut Each { take, flow: ControlFlow::Continue(()) }, control)
    }

    fn lock_step(
        &mut self,
        in_flight: &mut InFlight,
        held: &mut Replies,
        work: &mut dyn Asking,
        control: &mut Control,
    ) -> Result<End> {
        let (mut pipe, mut next) = (Pipe::new(), Pipe::new());
        let mut end = End::Done;
        loop {
            let scanning = end == End::Done && self.queue_scan(in_flight, control, &mut pipe);
            if pipe.is_empty() && held.is_empty() && !work.is_waiting() {
                return Ok(end);
            }
            let start = Instant::now();
            in_flight.send(pipe, scanning)?;
            if work.answers(held, &mut next)? == ControlFlow::Break(()) && end == End::Done {
                end = if self.cursor.is_some() { End::Paused } else { End::Done };
            }
            let mut answered = in_flight.receive()?;
            let scan = answered.take_scan();
            (pipe, *held) = (answered.pipe.into_owned(), answered.replies);
            if !pipe.is_empty() {
                // It holds what was done here meanwhile: where that takes longer, a larger batch would gain nothing.
                control.pace.observe(start.elapsed());
                control.pace.weigh(held.bytes());
            }
            if control.pace.asks() {
                control.pace.forking(is_forking(in_flight)?);
            }
            pipe.clear();
            // After a pause a batch is dropped; the cursor still stands before it.
            if let Some(scan) = scan.filter(|_| end != End::Paused) {
                match self.read_scan(in_flight, scan)? {
                    Some(batch) => {
                        control.progress.walked(batch.walked, batch.fraction);
                        work.batch(batch.items, &mut next)?;
                    }
                    None => end = End::WrongType,
                }
            }
            std::mem::swap(&mut pipe, &mut next);
            let rest = control.pace.rest();
            if !rest.is_zero() {
                control.sleep_until(Instant::now() + rest);
            }
            if end == End::Done && control.stopped() && self.cursor.is_some() {
                end = End::Stopped;
            }
        }
    }

    /// Under way are, in this order, the SCAN for the next batch and the work on the batch before.
    fn overlapped(
        &mut self,
        in_flight: &mut InFlight,
        work: &mut dyn Asking,
        control: &mut Control,
    ) -> Result<End> {
        let (mut pipe, mut scan) = (Pipe::new(), Pipe::new());
        let mut end = End::Done;
        let mut scanning = self.queue_scan(in_flight, control, &mut scan);
        if scanning {
            in_flight.send(scan, true)?;
        }
        in_flight.send(Pipe::new(), false)?;
        while scanning {
            let mut answered = in_flight.receive()?;
            let Some(reply) = answered.take_scan() else { break };
            let Some(batch) = self.read_scan(in_flight, reply)? else {
                end = End::WrongType;
                break;
            };
            if control.stopped() && self.cursor.is_some() {
                end = End::Stopped;
            }
            scan = answered.pipe.into_owned();
            scan.clear();
            scanning = end == End::Done && self.queue_scan(in_flight, control, &mut scan);
            if scanning {
                in_flight.send(scan, true)?;
            }
            control.progress.walked(batch.walked, batch.fraction);
            work.batch(batch.items, &mut pipe)?;
            in_flight.send(pipe, false)?;
            let start = Instant::now();
            let mut answered = in_flight.receive()?;
            control.pace.observe(start.elapsed());
            control.pace.weigh(answered.replies.bytes());
            pipe = answered.pipe.into_owned();
            pipe.clear();
            if work.answers(&mut answered.replies, &mut pipe)? == ControlFlow::Break(()) && end == End::Done {
                end = if self.cursor.is_some() { End::Paused } else { End::Done };
                if scanning {
                    // The batch of the SCAN on the wire is dropped; the cursor still stands before it.
                    in_flight.receive()?;
                    scanning = false;
                }
            }
        }
        loop {
            let mut answered = in_flight.receive()?;
            let _ = work.answers(&mut answered.replies, &mut pipe)?;
            if pipe.is_empty() && !work.is_waiting() {
                return Ok(end);
            }
            in_flight.send(pipe, false)?;
            pipe = answered.pipe.into_owned();
            pipe.clear();
        }
    }

    fn queue_scan(&self, in_flight: &InFlight, control: &Control, pipe: &mut Pipe) -> bool {
        let Some(cursor) = &self.cursor else { return false };
        let count = control.pace.count().to_string();
        let count = count.as_bytes();
        match &self.source {
            Source::Keyspace { pattern, kind: Some(kind) } if in_flight.has_type_filter() => {
                pipe.push(
                    command::SCAN,
                    &[cursor, b"MATCH", pattern, b"COUNT", count, b"TYPE", kind.as_bytes()],
                );
            }
            Source::Keyspace { pattern, .. } => {
                pipe.push(command::SCAN, &[cursor, b"MATCH", pattern, b"COUNT", count])
            }
            Source::Set { key, pattern: Some(pattern) } => {
                pipe.push(command::SSCAN, &[key, cursor, b"MATCH", pattern, b"COUNT", count]);
            }
            Source::Set { key, pattern: None } => pipe.push(command::SSCAN, &[key, cursor, b"COUNT", count]),
            Source::SortedSet { key } => pipe.push(command::ZSCAN, &[key, cursor, b"COUNT", count]),
        }
        true
    }

    /// The batch of an answer, `None` where the key is of another type.
    fn read_scan(&mut self, in_flight: &mut InFlight, reply: Reply) -> Result<Option<Batch>> {
        if reply.is_wrong_type() {
            return Ok(None);
        }
        if matches!(self.source, Source::Keyspace { kind: Some(_), .. })
            && reply.is_refused()
            && in_flight.has_type_filter()
            && reply.refusal().is_some_and(|said| said.contains("syntax error"))
        {
            // What stands there knows no TYPE, whatever its version says: the same batch again, without.
            in_flight.drop_type_filter();
            return Ok(Some(Batch { items: Vec::new(), walked: 0, fraction: None }));
        }
        let (cursor, items) = reply.scan()?;
        let mut items = items.strings()?;
        if matches!(self.source, Source::SortedSet { .. }) {
            // Scores stand between the members.
            items = items.into_iter().step_by(2).collect();
        }
        let walked = items.len();
        if let Source::Keyspace { kind: Some(kind), .. } = self.source
            && !in_flight.has_type_filter()
        {
            items = of_type(in_flight, items, kind)?;
        }
        // What fits one batch says nothing of how far the work is that it is a part of.
        let whole = cursor == b"0" && self.cursor.as_deref() == Some(b"0");
        let fraction = if whole { None } else { fraction(&cursor) };
        self.cursor = (cursor != b"0").then_some(cursor);
        Ok(Some(Batch { items, walked, fraction }))
    }
}

struct Each<F> {
    take: F,
    flow: ControlFlow<()>,
}

impl<F: FnMut(Vec<Vec<u8>>) -> Result<ControlFlow<()>>> Work for Each<F> {
    type Question = Infallible;

    fn batch(&mut self, items: Vec<Vec<u8>>, _queue: &mut Queue<Infallible>) -> Result<()> {
        self.flow = (self.take)(items)?;
        Ok(())
    }

    fn answer(&mut self, it: Infallible, _: &mut Replies, _: &mut Queue<Infallible>) -> Result<()> {
        match it {}
    }

    fn settle(&mut self, _next: &mut Queue<Infallible>) -> Result<ControlFlow<()>> {
        Ok(self.flow)
    }
}

/// Takes the answers to what was sent before an error, which tell what was done.
fn drain(in_flight: &mut InFlight, mut held: Replies, work: &mut dyn Asking) {
    let mut unsent = Pipe::new();
    loop {
        // The error that ended the sweep is the one to tell.
        let _ = work.answers(&mut held, &mut unsent);
        if !in_flight.is_waiting() {
            return;
        }
        let Ok(mut answered) = in_flight.receive() else { return };
        answered.take_scan();
        held = answered.replies;
    }
}

/// Whether a child of the server is at work, so that every page a write touches is copied. One that does not tell is
/// taken to have none.
fn is_forking(in_flight: &mut InFlight) -> Result<bool> {
    let mut pipe = Pipe::new();
    pipe.push(command::INFO, &[b"persistence"]);
    let reply = in_flight.run(pipe)?.one()?;
    let info = if reply.is_refused() { None } else { reply.bytes()? }.unwrap_or_default();
    let info = String::from_utf8_lossy(&info);
    Ok(info.contains("rdb_bgsave_in_progress:1") || info.contains("aof_rewrite_in_progress:1"))
}

/// Before Redis 6, SCAN has no TYPE: ask for each key.
fn of_type(in_flight: &mut InFlight, items: Vec<Vec<u8>>, kind: &str) -> Result<Vec<Vec<u8>>> {
    let mut pipe = Pipe::new();
    items.iter().for_each(|item| pipe.push(command::TYPE, &[item]));
    let mut wanted = Vec::with_capacity(items.len());
    for (item, reply) in items.into_iter().zip(in_flight.run(pipe)?) {
        if reply.bytes()?.unwrap_or_default() == kind.as_bytes() {
            wanted.push(item);
        }
    }
    Ok(wanted)
}
