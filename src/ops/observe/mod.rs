//! Live traffic, seen by MONITOR: calls, hits and misses by tag, with nothing to change in the application.
//!
//! MONITOR makes the server write every command it carries out to this connection as well: that costs the
//! application a part of its throughput for as long as it lasts.

mod event;
mod events;
mod filter;
mod infer;
mod parse;
mod shape;
mod tags;
mod totals;

pub use event::{Event, EventKind};
pub use events::Events;
pub use filter::EventQuery;
pub(in crate::ops) use parse::Line;
pub use tags::TagFinder;
pub use totals::Totals;

use crate::client::command;
use crate::client::{Conn, Monitor, Pipe, Seen};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use infer::{Group, Infer, Sink};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Distinct keys that are followed at a time; numbers of others stay, what is known of them is forgotten.
const MOST_KEYS: usize = 100_000;
/// Keys in progress that are asked for when an observation begins.
const MOST_IN_PROGRESS: u64 = 10_000;
/// Marks that are asked for, of each deleted set.
const MOST_MARKS: u64 = 10_000;
/// How long is waited for what the server has still to say when an observation ends.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// An observation under way: a thread reads and infers until it is told to stop.
#[derive(Debug)]
pub struct Observer {
    ns: Namespace,
    infer: Arc<Mutex<Infer>>,
    ended: Receiver<Result<()>>,
    has_ended: Arc<AtomicBool>,
    servers: BTreeSet<Arc<str>>,
    lost: Lost,
    farewell: String,
    started: Instant,
}

/// What is marked when this word is heard: so it is known of the first call of a key whether it takes a mark.
struct Marks {
    word: Vec<u8>,
    members: Receiver<Vec<Vec<Vec<u8>>>>,
}

/// Why commands of a server of a cluster were not seen.
type Lost = Arc<Mutex<Vec<Error>>>;

/// What was observed.
#[derive(Debug, Clone)]
pub struct Observation {
    /// How long it took.
    pub seconds: f64,
    /// Commands that the server carried out meanwhile, in all databases; in a cluster those of all primaries.
    pub commands: u64,
    /// A row a tag, busiest first.
    pub rows: Vec<Observed>,
    /// There were more distinct keys than are followed: some calls are counted by shape though a tag has them.
    pub capped: bool,
    /// Keys being computed at the end.
    pub computing: usize,
    /// Why what a primary of a cluster carried out is missing, or a part of it.
    pub lost: Vec<Error>,
}

/// What was observed of a tag.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// The tag, or the shape of keys whose tag is not known, such as `Book:*>owner`.
    pub name: Vec<u8>,
    /// Whether the name is a tag's.
    pub is_tag: bool,
    /// What happened.
    pub totals: Totals,
    /// Milliseconds that half of the computations did not exceed.
    pub p50_ms: Option<f64>,
    /// Milliseconds that 99 of 100 computations did not exceed.
    pub p99_ms: Option<f64>,
}

impl Observer {
    /// Begins. `conn` is asked for what is in progress; MONITOR runs on a second connection, or in a cluster on one to each primary.
    /// What these carry out is put in order by their clocks.
    ///
    /// # Errors
    /// Connection errors, and [`Error::Server`] where MONITOR is not allowed; of a cluster where no primary lets us.
    pub fn start(conn: &mut Conn, ns: &Namespace) -> Result<Self> {
        Self::telling(conn, ns, None)
    }

    /// The same, with somebody who is told each event.
    fn telling(conn: &mut Conn, ns: &Namespace, sink: Option<Sink>) -> Result<Self> {
        let mut infer = Infer::new(ns, conn.db(), conn.is_cross_slot(ns), MOST_KEYS);
        sink.into_iter().for_each(|sink| infer.tell(sink));
        for set in ns.progress_sets() {
            let size = conn.one(command::SCARD, &[&set])?;
            if !size.is_wrong_type() && size.count()? <= MOST_IN_PROGRESS {
                let members = conn.one(command::SMEMBERS, &[&set])?.strings()?;
                members.iter().for_each(|member| infer.in_progress(member));
            }
        }
        let monitor = Monitor::start(conn, ns.home())?;
        let (word, (answer, members)) = (Monitor::unheard_words(), channel());
        let marks = Marks { word: format!("{word}\"").into_bytes(), members };
        let (servers, farewell) = (monitor.servers().clone(), monitor.last_words());
        let infer = Arc::new(Mutex::new(infer));
        let (sender, ended) = channel();
        let (has_ended, lost) = (Arc::new(AtomicBool::new(false)), Lost::default());
        let (into, done, losing) = (Arc::clone(&infer), Arc::clone(&has_ended), Arc::clone(&lost));
        let thread = std::thread::Builder::new().name("cacheme-monitor".to_owned()).spawn(move || {
            let outcome = follow(monitor, &into, &losing, marks);
            done.store(true, Ordering::Release);
            let _ = sender.send(outcome);
        });
        thread?;
        // Whoever hears the word waits for what comes of this. Where nothing does, doubts last longer.
        let marked = marked(conn, ns, &word).ok().flatten();
        drop(marked.map(|members| answer.send(members)));
        let (ns, started) = (ns.clone(), Instant::now());
        Ok(Self { ns, infer, ended, has_ended, servers, lost, farewell, started })
    }

    /// Why what a primary of a cluster carries out is missing, or a part of it.
    pub fn lost(&self) -> Vec<Error> {
        locked(&self.lost).clone()
    }

    /// Whether the connection is gone, so that nothing more comes.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// What was observed so far; what is going on counts as it looks now.
    pub fn so_far(&self) -> Observation {
        self.report()
    }

    /// The keys with the most calls.
    pub fn busiest(&self, most: usize) -> Vec<(Vec<u8>, u64)> {
        self.infer().busiest(most)
    }

    /// Ends it, when everything that the server has carried out so far is counted, and finds the tags that are missing.
    /// The second part is whether nothing was lost.
    pub fn stop(self, conn: &mut Conn) -> (Observation, Result<()>) {
        let mut outcome = self.end(conn);
        let seconds = self.started.elapsed().as_secs_f64();
        self.infer().finish();
        if outcome.is_ok() {
            outcome = TagFinder::default().place(conn, &self, MOST_KEYS, Duration::from_secs(5));
        }
        (Observation { seconds, ..self.report() }, outcome)
    }

    /// Waits until everything that the server has carried out so far is read.
    fn end(&self, conn: &mut Conn) -> Result<()> {
        let moment = self.infer().open_for();
        std::thread::sleep(moment);
        // The last line that counts is one of our own.
        if !self.has_ended() {
            self.note_others(Monitor::say(conn, &self.farewell)?);
        }
        match self.ended.recv_timeout(LAST_WORDS) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(Error::Timeout {
                addr: conn.addr().to_owned(),
                command: "MONITOR".to_owned(),
                after: LAST_WORDS,
            }),
        }
    }

    /// Of a cluster some may have become primaries meanwhile.
    fn note_others(&self, primaries: Vec<Arc<str>>) {
        let watches_all = self.ns.home().is_some() || self.servers.len() < 2 && primaries.len() < 2;
        let others = primaries.into_iter().filter(|addr| !watches_all && !self.servers.contains(addr));
        locked(&self.lost).extend(others.map(|addr| Error::Lost {
            addr: addr.to_string(),
            command: "MONITOR".to_owned(),
            reason: "it was no primary with slots when the observation began".to_owned(),
        }));
    }

    fn report(&self) -> Observation {
        let (seconds, infer) = (self.started.elapsed().as_secs_f64(), self.infer());
        let mut rows: Vec<Observed> = infer
            .numbers()
            .into_iter()
            .map(|(group, numbers)| {
                let (name, is_tag) = match group {
                    Group::Tag(name) => (name, true),
                    Group::Shape(shape) => (shape, false),
                };
                let quantile = |share| numbers.times.quantile(share);
                Observed {
                    name,
                    is_tag,
                    totals: numbers.totals,
                    p50_ms: quantile(0.5),
                    p99_ms: quantile(0.99),
                }
            })
            .collect();
        rows.sort_unstable_by(|a, b| b.totals.calls.cmp(&a.totals.calls).then_with(|| a.name.cmp(&b.name)));
        let computing = infer.computing();
        let (commands, capped) = (infer.commands(), infer.is_capped());
        Observation { seconds, commands, rows, capped, computing, lost: self.lost() }
    }

    fn ns(&self) -> &Namespace {
        &self.ns
    }

    fn infer(&self) -> MutexGuard<'_, Infer> {
        locked(&self.infer)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The members of the deleted sets as they are when a word is heard; none where there are too many to ask for, or where they
/// are on another server than what is heard.
fn marked(conn: &mut Conn, ns: &Namespace, word: &str) -> Result<Option<Vec<Vec<Vec<u8>>>>> {
    if conn.is_cluster() {
        return Ok(None);
    }
    let sets = ns.deleted_sets();
    for set in &sets {
        let size = conn.one(command::SCARD, &[set])?;
        if !size.is_wrong_type() && size.count()? > MOST_MARKS {
            return Ok(None);
        }
    }
    // The server carries them out one after another.
    let mut pipe = Pipe::new();
    pipe.push(command::ECHO, &[word.as_bytes()]);
    sets.iter().for_each(|set| pipe.push(command::SMEMBERS, &[set]));
    let mut replies = conn.run(&pipe)?;
    replies.one()?.ok()?;
    let members = replies.map(|reply| if reply.is_wrong_type() { Ok(Vec::new()) } else { reply.strings() });
    members.collect::<Result<_>>().map(Some)
}

/// Reads until the farewell.
fn follow(mut monitor: Monitor, infer: &Mutex<Infer>, lost: &Mutex<Vec<Error>>, marks: Marks) -> Result<()> {
    let mut marks = Some(marks);
    loop {
        match monitor.line()? {
            Seen::Line(line) => {
                let heard = marks.take_if(|marks| line.ends_with(&marks.word));
                let members = heard.and_then(|marks| marks.members.recv().ok());
                let mut infer = locked(infer);
                infer.line(&line);
                members.into_iter().for_each(|members| infer.marked_are(&members));
            }
            Seen::Lost(error) => locked(lost).push(error),
            Seen::End(line) => {
                locked(infer).until(&line);
                return Ok(());
            }
        }
    }
}
