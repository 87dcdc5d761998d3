//! The one scanning engine: SCAN, SSCAN, HSCAN and ZSCAN in batches, with the work of a batch on the same wire.
//!
//! In lock step the next SCAN travels with a batch's work in one round trip, and the answers of the round trip before
//! are worked on meanwhile: the server never has more than one batch of ours. Overlapped (`fast`), the SCAN is sent before
//! the batch in hand is worked on, so the server never waits for this client.

use super::conn::Conn;
use super::control::{Control, fraction};
use super::pipe::Pipe;
use super::reply::{Replies, Reply};
use crate::error::Result;
use crate::namespace::RedisType;
use std::time::Instant;

/// What is walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The keys of the database that match a glob and are of a type.
    Keyspace {
        /// A Redis glob over whole key names.
        pattern: Vec<u8>,
        /// The only type wanted, where there is one.
        kind: Option<RedisType>,
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
///
/// Answers arrive in the order in which commands were queued, over `batch` and `answers` together: keep a queue of
/// what is awaited and pop from its front until the answers at hand are used up.
pub trait Work {
    /// Queues the commands for a batch of keys or members.
    ///
    /// # Errors
    /// Whatever ends the sweep.
    fn batch(&mut self, items: Vec<Vec<u8>>, pipe: &mut Pipe) -> Result<()>;

    /// Takes answers, and may queue commands that follow from them. Work that queues nothing has none to take.
    ///
    /// # Errors
    /// Whatever ends the sweep.
    fn answers(&mut self, _replies: &mut Replies, _next: &mut Pipe) -> Result<Flow> {
        Ok(Flow::More)
    }
}

/// Does the work on items at hand, to the last of its answers.
///
/// # Errors
/// As [`Sweep::run`].
pub fn work_on(conn: &mut Conn, items: Vec<Vec<u8>>, work: &mut dyn Work) -> Result<()> {
    let (mut pipe, mut next) = (Pipe::new(), Pipe::new());
    work.batch(items, &mut pipe)?;
    while !pipe.is_empty() {
        work.answers(&mut conn.run(&pipe)?, &mut next)?;
        pipe.clear();
        std::mem::swap(&mut pipe, &mut next);
    }
    Ok(())
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    More,
    /// Finish what is queued and return; the sweep can be run again from there.
    Pause,
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
    pub fn run(&mut self, conn: &mut Conn, work: &mut dyn Work, control: &mut Control) -> Result<End> {
        if control.pace.overlaps() {
            self.overlapped(conn, work, control)
        } else {
            self.lock_step(conn, work, control)
        }
    }

    fn lock_step(&mut self, conn: &mut Conn, work: &mut dyn Work, control: &mut Control) -> Result<End> {
        let (mut pipe, mut next) = (Pipe::new(), Pipe::new());
        let mut held = Replies::default();
        let mut end = End::Done;
        loop {
            if end == End::Done && control.stopped() && self.cursor.is_some() {
                end = End::Stopped;
            }
            let scanning = end == End::Done && self.queue_scan(conn, control, &mut pipe);
            if pipe.is_empty() && held.is_empty() {
                return Ok(end);
            }
            let start = Instant::now();
            conn.send(&pipe)?;
            if work.answers(&mut held, &mut next)? == Flow::Pause && end == End::Done {
                end = if self.cursor.is_some() { End::Paused } else { End::Done };
            }
            held = conn.receive(&pipe)?;
            if !pipe.is_empty() {
                // It holds what was done here meanwhile: where that takes longer, a larger batch would gain nothing.
                control.pace.observe(start.elapsed());
                control.pace.weigh(held.bytes());
            }
            if control.pace.asks() {
                control.pace.forking(conn.is_forking()?);
            }
            pipe.clear();
            let scan = if scanning { held.take_last() } else { None };
            // After a pause a batch is dropped; the cursor still stands before it.
            if let Some(scan) = scan.filter(|_| end != End::Paused) {
                match self.read_scan(conn, scan)? {
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
        }
    }

    fn overlapped(&mut self, conn: &mut Conn, work: &mut dyn Work, control: &mut Control) -> Result<End> {
        let (mut pipe, mut scan) = (Pipe::new(), Pipe::new());
        let mut flying = Pipe::new();
        let mut end = End::Done;
        let mut scanning = self.queue_scan(conn, control, &mut scan);
        conn.send(&scan)?;
        while scanning {
            let reply = conn.receive(&scan)?.one()?;
            let Some(batch) = self.read_scan(conn, reply)? else {
                end = End::WrongType;
                break;
            };
            if control.stopped() && self.cursor.is_some() {
                end = End::Stopped;
            }
            scan.clear();
            scanning = end == End::Done && self.queue_scan(conn, control, &mut scan);
            conn.send(&scan)?;
            control.progress.walked(batch.walked, batch.fraction);
            work.batch(batch.items, &mut pipe)?;
            conn.send(&pipe)?;
            let start = Instant::now();
            let mut replies = conn.receive(&flying)?;
            control.pace.observe(start.elapsed());
            control.pace.weigh(replies.bytes());
            flying.clear();
            std::mem::swap(&mut flying, &mut pipe);
            if work.answers(&mut replies, &mut pipe)? == Flow::Pause && end == End::Done {
                end = if self.cursor.is_some() { End::Paused } else { End::Done };
                if scanning {
                    // The batch of the SCAN on the wire is dropped; the cursor still stands before it.
                    conn.receive(&scan)?;
                    scanning = false;
                }
            }
        }
        loop {
            let mut replies = conn.receive(&flying)?;
            work.answers(&mut replies, &mut pipe)?;
            if pipe.is_empty() {
                return Ok(end);
            }
            conn.send(&pipe)?;
            flying.clear();
            std::mem::swap(&mut flying, &mut pipe);
        }
    }

    fn queue_scan(&self, conn: &Conn, control: &Control, pipe: &mut Pipe) -> bool {
        let Some(cursor) = &self.cursor else { return false };
        let count = control.pace.count().to_string();
        let count = count.as_bytes();
        match &self.source {
            Source::Keyspace { pattern, kind: Some(kind) } if conn.has_type_filter() => {
                let kind = kind.name().as_bytes();
                pipe.push("SCAN", &[cursor, b"MATCH", pattern, b"COUNT", count, b"TYPE", kind]);
            }
            Source::Keyspace { pattern, .. } => {
                pipe.push("SCAN", &[cursor, b"MATCH", pattern, b"COUNT", count])
            }
            Source::Set { key, pattern: Some(pattern) } => {
                pipe.push("SSCAN", &[key, cursor, b"MATCH", pattern, b"COUNT", count]);
            }
            Source::Set { key, pattern: None } => pipe.push("SSCAN", &[key, cursor, b"COUNT", count]),
            Source::SortedSet { key } => pipe.push("ZSCAN", &[key, cursor, b"COUNT", count]),
        }
        true
    }

    /// The batch of an answer, `None` where the key is of another type.
    fn read_scan(&mut self, conn: &mut Conn, reply: Reply) -> Result<Option<Batch>> {
        if reply.is_wrong_type() {
            return Ok(None);
        }
        if matches!(self.source, Source::Keyspace { kind: Some(_), .. })
            && reply.is_refused()
            && conn.has_type_filter()
            && reply.refusal().is_some_and(|said| said.contains("syntax error"))
        {
            // What stands there knows no TYPE, whatever its version says: the same batch again, without.
            conn.drop_type_filter();
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
            && !conn.has_type_filter()
        {
            items = of_type(conn, items, kind)?;
        }
        // What fits one batch says nothing of how far the work is that it is a part of.
        let whole = cursor == b"0" && self.cursor.as_deref() == Some(b"0");
        let fraction = if whole { None } else { fraction(&cursor) };
        self.cursor = (cursor != b"0").then_some(cursor);
        Ok(Some(Batch { items, walked, fraction }))
    }
}

/// Before Redis 6, SCAN has no TYPE: ask for each key.
fn of_type(conn: &mut Conn, items: Vec<Vec<u8>>, kind: RedisType) -> Result<Vec<Vec<u8>>> {
    let mut pipe = Pipe::new();
    items.iter().for_each(|item| pipe.push("TYPE", &[item]));
    let mut wanted = Vec::with_capacity(items.len());
    for (item, reply) in items.into_iter().zip(conn.run(&pipe)?) {
        if RedisType::from_reply(&reply.bytes()?.unwrap_or_default()) == kind {
            wanted.push(item);
        }
    }
    Ok(wanted)
}
