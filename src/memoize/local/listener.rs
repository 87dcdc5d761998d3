//! The thread that hears what is written in the namespace.
//!
//! A write to a hash or to its TTL bucket is told by its name. Of marks only the name of the deleted set is told: the set is
//! read then, and until it has been nothing held is handed out. One too large to be read at once makes all that is held old.
//!
//! Between two looks at the set lies a multiple of the time that one takes, so that marks by the hundred thousand do not become as
//! many looks.

use super::coherence::Coherence;
use crate::client::{Heard, Target, Timeouts, Tracking};
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

/// The sentinels are asked so often whether it still is the primary.
const CONFIRM: Duration = Duration::from_secs(1);

/// Pauses between attempts to connect: they double.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// So many times as long as a look at the marks took, none is made again.
const REST: u32 = 4;

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
        let started = thread::Builder::new().name("cacheme-local".to_owned()).spawn(move || this.run());
        if let Err(error) = started {
            self.process.store(0, SeqCst);
            log::error!(target: "cacheme", "no thread to hear what is written: {error}");
        }
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
                (pause, is_told) = (PAUSE, false);
                Hearing::new(self, tracking).run()
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
        let deleted = self.ns.deleted_sets();
        let key = deleted[0].clone();
        let prefixes = shortest(std::iter::once(self.ns.prefix().to_vec()).chain(deleted));
        Tracking::start(&self.target, self.timeouts, &key, &prefixes, BEAT)
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
struct Hearing<'a> {
    listener: &'a Listener,
    tracking: Tracking,
    deleted: Vec<Vec<u8>>,
    buckets: Vec<u8>,
    /// When it was asked whether the server is there, where it has not answered.
    beat: Option<Instant>,
    next_beat: Instant,
    answered: Instant,
    confirmed: Instant,
    marks: Marks,
    /// The marks are not read before.
    rest_until: Instant,
}

/// What is known of the deleted sets.
#[derive(Clone, Copy)]
enum Marks {
    Known,
    /// They were written.
    Unread,
    /// They are being read, since then: so many answers are missing. `again`: they were written meanwhile.
    Reading {
        since: Instant,
        missing: usize,
        again: bool,
    },
}

impl<'a> Hearing<'a> {
    fn new(listener: &'a Listener, tracking: Tracking) -> Self {
        let now = Instant::now();
        let ns = &listener.ns;
        Self {
            listener,
            tracking,
            deleted: ns.deleted_sets(),
            buckets: ns.bucket(b""),
            beat: None,
            next_beat: now,
            answered: now,
            confirmed: now,
            marks: Marks::Known,
            rest_until: now,
        }
    }

    /// Until the connection ends, or the listener does.
    fn run(mut self) -> Result<()> {
        let coherence = &self.listener.coherence;
        // Nothing that was asked for before this connection is handed out, nor what is asked for before the first beat.
        coherence.forget();
        log::debug!(target: "cacheme", "{} tells what is written", self.tracking.addr());
        while !self.listener.is_ended() {
            let wait = self.ask()?;
            match self.tracking.next(wait)? {
                Some(heard) => self.take(heard)?,
                None if self.answered.elapsed() > SILENCE => {
                    let (addr, command) = (self.tracking.addr().to_owned(), "CLIENT TRACKING".to_owned());
                    return Err(Error::Timeout { addr, command, after: SILENCE });
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Asks what is to be asked now; how long it is until something is again.
    fn ask(&mut self) -> Result<Duration> {
        let now = Instant::now();
        if self.beat.is_none() && self.next_beat <= now {
            self.tracking.beat()?;
            (self.beat, self.next_beat) = (Some(now), now + BEAT);
        }
        let mut wait = BEAT;
        if let Marks::Unread = self.marks {
            wait = wait.min(self.rest_until.saturating_duration_since(now));
        }
        if wait.is_zero() {
            wait = BEAT;
            for set in &self.deleted {
                self.tracking.ask_members(set)?;
            }
            self.marks = Marks::Reading { since: now, missing: self.deleted.len(), again: false };
        }
        if now - self.confirmed >= CONFIRM {
            if self.tracking.is_replaced() {
                let (addr, command) = (self.tracking.addr().to_owned(), "CLIENT TRACKING".to_owned());
                let reason = "the sentinels name another primary".to_owned();
                return Err(Error::Lost { addr, command, reason });
            }
            self.confirmed = Instant::now();
        }
        Ok(wait)
    }

    fn take(&mut self, heard: Heard) -> Result<()> {
        let coherence = &self.listener.coherence;
        match heard {
            Heard::Written(keys) => keys.iter().for_each(|key| self.written(key)),
            Heard::Flushed => coherence.forget(),
            Heard::Alive => {
                self.answered = Instant::now();
                if let Some(asked) = self.beat.take()
                    && matches!(self.marks, Marks::Known)
                {
                    coherence.trust_since(asked);
                }
            }
            Heard::Members(members) => self.marked(members),
        }
        Ok(())
    }

    fn written(&mut self, key: &[u8]) {
        let coherence = &self.listener.coherence;
        if self.deleted.iter().any(|set| set == key) {
            coherence.distrust();
            self.marks = match self.marks {
                Marks::Known | Marks::Unread => Marks::Unread,
                Marks::Reading { since, missing, .. } => Marks::Reading { since, missing, again: true },
            };
            return;
        }
        coherence.written(key);
        if let Some(base) = key.strip_prefix(&self.buckets[..]) {
            coherence.written(&[self.listener.ns.prefix(), base].concat());
        }
    }

    fn marked(&mut self, members: Option<Vec<Vec<u8>>>) {
        let coherence = &self.listener.coherence;
        match members {
            Some(members) => {
                let keys = members.iter().filter_map(|member| self.listener.ns.location(member));
                keys.for_each(|(hash, _)| coherence.written(hash));
            }
            None => coherence.forget(),
        }
        let Marks::Reading { since, missing, again } = self.marks else { return };
        if missing > 1 {
            self.marks = Marks::Reading { since, missing: missing - 1, again };
            return;
        }
        self.rest_until = Instant::now() + since.elapsed() * REST;
        self.marks = if again { Marks::Unread } else { Marks::Known };
        if !again {
            coherence.trust_since(since);
        }
    }
}
