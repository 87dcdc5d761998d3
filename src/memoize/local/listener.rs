//! The thread that hears what is written in the namespace, over a connection of its own.
//!
//! Where that breaks, or says nothing for a while, nothing is handed out any more, until another is made. Such a server is asked
//! ten times a second whether it is there, and still the primary.

use super::coherence::{Answered, Coherence, TRUST};
use super::tracker::Tracker;
use crate::client::{Answerer, Heard, Target, Timeouts, Tracking};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

/// The server is asked so often whether it is there.
const BEAT: Duration = Duration::from_millis(100);

/// One that says nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(1);

/// One whose every answer comes too late to be trusted is reported after so long.
const SLOWNESS: Duration = Duration::from_secs(3);

/// It is looked so often whether it still is the server that is meant.
const CONFIRM: Duration = Duration::from_secs(1);

/// Pauses between attempts to connect: they double.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Is told that nothing is heard any more: once, until something is again.
pub(crate) type OnLoss = Box<dyn Fn(&Error) + Send + Sync>;

pub(crate) struct Listener {
    pub(super) coherence: Coherence,
    target: Target,
    timeouts: Timeouts,
    ns: Namespace,
    on_loss: OnLoss,
    /// That whose thread listens; 0 where none does.
    process: AtomicU32,
    ended: AtomicBool,
}

impl Listener {
    pub(crate) fn new(target: Target, timeouts: Timeouts, ns: Namespace, on_loss: OnLoss) -> Self {
        let (process, ended) = (AtomicU32::new(0), AtomicBool::new(false));
        Self { coherence: Coherence::new(), target, timeouts, ns, on_loss, process, ended }
    }

    /// Starts the thread, where this process has none: a fork has not that of its parent.
    pub(super) fn listen(self: &Arc<Self>) {
        let (known, own) = (self.process.load(SeqCst), std::process::id());
        if known == own || self.process.compare_exchange(known, own, SeqCst, SeqCst).is_err() {
            return;
        }
        let this = Arc::clone(self);
        let started = thread::Builder::new().name("cacheme-local".to_owned()).spawn(move || {
            let _ends = Ends(&this);
            this.run();
        });
        if let Err(error) = started {
            self.process.store(0, SeqCst);
            log::error!(target: "cacheme", "no thread to hear what is written: {error}");
        }
    }

    /// Whether it is this process of a server whose writes are heard.
    pub(crate) fn hears(&self, run_id: &str) -> bool {
        self.coherence.hears(run_id)
    }

    /// Whether an answer came over a connection that leads to another server than it would by now.
    pub(crate) fn has_left(&self, answerer: &Answerer) -> bool {
        self.coherence.judge(&answerer.run_id, answerer.since) == Answered::Former
    }

    pub(crate) fn wrote(&self, hash: &[u8]) {
        self.coherence.written(hash);
    }

    pub(crate) fn invalidated(&self) {
        self.coherence.forget();
    }

    /// The thread ends in a moment.
    pub(crate) fn end(&self) {
        self.ended.store(true, SeqCst);
    }

    fn is_ended(&self) -> bool {
        self.ended.load(SeqCst)
    }

    fn run(&self) {
        let (mut pause, mut is_told) = (PAUSE, false);
        while !self.is_ended() {
            let ended = self.connect().and_then(|tracking| {
                Connected::new(self, tracking).run(|| (pause, is_told) = (PAUSE, false))
            });
            self.coherence.distrust();
            let Err(error) = ended else { continue };
            if !std::mem::replace(&mut is_told, true) && !self.is_ended() {
                (self.on_loss)(&Error::Untold { reason: Box::new(error) });
            }
            let until = Instant::now() + pause;
            while Instant::now() < until && !self.is_ended() {
                thread::sleep(BEAT.min(pause));
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn connect(&self) -> Result<Tracking> {
        if self.ns.is_cross_slot() {
            // One primary tells of its own slots alone.
            return Err(Error::CrossSlot { what: "hearing what is written".to_owned() });
        }
        let deleted = self.ns.deleted_sets();
        let key = deleted[0].clone();
        let prefixes = shortest(std::iter::once(self.ns.prefix().to_vec()).chain(deleted));
        Tracking::start(&self.target, self.timeouts, &self.ns.listener_name(), &key, &prefixes, SILENCE)
    }
}

/// Where the thread ends by a panic, another is started by the next call.
struct Ends<'a>(&'a Listener);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.coherence.distrust();
        self.0.process.store(0, SeqCst);
    }
}

/// Those that begin with no other.
fn shortest(prefixes: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut prefixes: Vec<_> = prefixes.collect();
    prefixes.sort();
    prefixes.dedup_by(|longer, shorter| longer.starts_with(shorter));
    prefixes
}

/// A connection as long as it lasts.
struct Connected<'a> {
    listener: &'a Listener,
    tracking: Tracking,
    tracker: Tracker<'a>,
    /// When it was asked whether the server is there, where it has not answered.
    beat: Option<Instant>,
    next_beat: Instant,
    answered: Instant,
    /// When it last answered so soon that it can be trusted.
    in_time: Instant,
}

impl<'a> Connected<'a> {
    fn new(listener: &'a Listener, tracking: Tracking) -> Self {
        log::debug!(target: "cacheme", "{} tells what is written", tracking.addr());
        let now = Instant::now();
        listener.coherence.listen_to(tracking.run_id(), tracking.since());
        let tracker = Tracker::begin(&listener.coherence, &listener.ns, now);
        Self { listener, tracking, tracker, beat: None, next_beat: now, answered: now, in_time: now }
    }

    /// Until the connection ends, or the listener does. `on_trust`: while what is held may be handed out.
    fn run(mut self, mut on_trust: impl FnMut()) -> Result<()> {
        while !self.listener.is_ended() {
            if self.listener.coherence.has_moved() {
                return Err(self.tracking.moved());
            }
            let wait = self.ask(Instant::now())?;
            if self.tracking.is_confirmed() {
                self.listener.coherence.confirm();
            }
            match self.tracking.next(wait)? {
                Some(Heard::Alive) => {
                    self.answered = Instant::now();
                    if let Some(asked) = self.beat.take() {
                        if asked.elapsed() <= TRUST {
                            self.in_time = Instant::now();
                        } else if self.in_time.elapsed() > SLOWNESS {
                            return Err(self.late(TRUST));
                        }
                        self.tracker.is_there(asked);
                    }
                }
                Some(Heard::Written(keys)) => keys.iter().for_each(|key| self.tracker.written(key)),
                Some(Heard::Flushed) => self.tracker.flushed(),
                Some(Heard::Members(members)) => self.tracker.marked(members, Instant::now()),
                None if self.answered.elapsed() > SILENCE => return Err(self.late(SILENCE)),
                None => {}
            }
            if self.listener.coherence.is_trusted(Instant::now()) {
                on_trust();
            }
        }
        Ok(())
    }

    fn late(&self, after: Duration) -> Error {
        let (addr, command) = (self.tracking.addr().to_owned(), "whether it is there".to_owned());
        Error::Timeout { addr, command, after }
    }

    /// Asks what is to be asked now; how long it may be until something is again.
    fn ask(&mut self, now: Instant) -> Result<Duration> {
        if self.beat.is_none() && self.next_beat <= now {
            self.tracking.beat()?;
            (self.beat, self.next_beat) = (Some(now), now + BEAT);
        }
        if self.tracker.reads_marks(now) {
            for set in self.tracker.deleted() {
                self.tracking.ask_members(set)?;
            }
        }
        self.tracking.confirm(now, CONFIRM)?;
        Ok(self.tracker.rest(now).map_or(BEAT, |rest| rest.min(BEAT)))
    }
}
