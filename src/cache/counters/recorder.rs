//! Recording from an application: counted in the process, flushed in batches by a thread of its own.

use super::timeouts::{TimeoutsInUse, Use};
use super::{Counts, Event, NAMES, field, hour_now, kept, seconds_now};
use crate::cache::{Mode, Writer};
use crate::client::{Conn, Pipe, Replies, Reply, Target, Timeouts};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use crate::text::counted;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// Records events of calls without a round trip of theirs.
///
/// Counts are kept in the process and added to the server's every `interval`, and once more when the recorder is dropped.
/// What could not be sent is sent with the next batch; a few numbers a tag are kept, however long that takes. What a process
/// had counted when it was killed is lost. What it had when it ended without Redis is lost, too, and reported. A fork sends when
/// told to and when the recorder is dropped there; what its parent had not sent by then both send.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
/// use cacheme::namespace::{Layout, Namespace};
/// use cacheme::cache::{Event, Recorder};
/// use cacheme::client::{Target, Timeouts};
/// use std::time::Duration;
/// # fn main() -> cacheme::Result<()> {
/// # let redis = Redis::start();
/// let target = Target::parse("redis://127.0.0.1/0")?;
/// # let target = Target::parse(&redis.url())?;
/// let ns = Namespace::new("CM:", Layout::Meta).expect("a prefix without '>'");
/// let recorder = Recorder::start(target, Timeouts::default(), ns, Duration::from_secs(5));
/// recorder.record("get_owner", Event::Hit);
/// let owner = recorder.counters("get_owner"); // for a hot path: no look-up for each event
/// owner.record(Event::Miss);
/// recorder.flush()?; // it does so by itself, too
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Recorder {
    shared: Option<Arc<Shared>>,
    worker: Option<(Sender<()>, JoinHandle<()>)>,
    process: u32,
}

/// Is told that counts could not be sent.
pub(crate) type OnUnrecorded = Box<dyn Fn(&Error) + Send + Sync>;

/// Where the time spent computing stands among the counters.
const COMPUTE: usize = 7;

/// No computation counts for more microseconds, some 36 years: Redis adds up to 63 bits.
const LONGEST: u64 = 1 << 50;

/// However short an interval is asked for, the thread rests so long.
const LEAST_REST: Duration = Duration::from_millis(10);

/// Counters of one tag in this process. Cheap to clone and to count with.
#[derive(Debug, Clone, Default)]
pub struct TagCounters(Arc<Counters>);

/// In the order of their names.
#[derive(Debug, Default)]
struct Counters {
    counted: [AtomicU64; NAMES.len()],
    /// How much of it was sent.
    sent: [AtomicU64; NAMES.len()],
}

struct Shared {
    target: Target,
    timeouts: Timeouts,
    writer: Writer,
    stats: Vec<u8>,
    tags: RwLock<HashMap<Vec<u8>, Vec<TagCounters>>>,
    timeouts_in_use: TimeoutsInUse,
    link: Mutex<Option<Conn>>,
    /// How long the hour stays that was written to, in seconds; 0 before the server was asked.
    expiry: AtomicU64,
    on_failure: OnUnrecorded,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared({})", self.target)
    }
}

/// Counts on their way to the server.
struct Taken {
    field: Vec<u8>,
    by: u64,
    /// Whose they are.
    parts: Vec<(TagCounters, u64)>,
    at: usize,
}

impl Taken {
    fn put_back(&self) {
        for (counters, by) in &self.parts {
            counters.0.sent[self.at].fetch_sub(*by, Ordering::Relaxed);
        }
    }
}

impl Recorder {
    /// A recorder that flushes at this interval. It connects when there is something to flush; failures go to `log`.
    pub fn start(target: Target, timeouts: Timeouts, ns: Namespace, interval: Duration) -> Self {
        let on_failure = Box::new(|error: &Error| log::warn!(target: "cacheme", "{error}"));
        Self::start_telling(target, timeouts, ns, interval, on_failure)
    }

    /// As [`Recorder::start`]; `on_failure` is told when sending begins to fail, and what is lost in the end.
    pub(crate) fn start_telling(
        target: Target,
        timeouts: Timeouts,
        ns: Namespace,
        interval: Duration,
        on_failure: OnUnrecorded,
    ) -> Self {
        let shared = Arc::new(Shared {
            target,
            timeouts,
            stats: ns.stats(),
            writer: Writer::new(ns, Mode::Apply),
            tags: RwLock::default(),
            timeouts_in_use: TimeoutsInUse::default(),
            link: Mutex::default(),
            expiry: AtomicU64::new(0),
            on_failure,
        });
        let (quit, quitting) = channel();
        let flushing = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("cacheme-counters".to_owned()).spawn(move || {
            let mut well = true;
            while quitting.recv_timeout(interval.max(LEAST_REST)) == Err(RecvTimeoutError::Timeout) {
                let flushed = flushing.flush();
                if let (Err(error), true) = (&flushed, well) {
                    (flushing.on_failure)(error);
                }
                well = flushed.is_ok();
            }
        });
        // Without a thread, what is counted is flushed at the end.
        let worker = thread.ok().map(|thread| (quit, thread));
        Self { shared: Some(shared), worker, process: std::process::id() }
    }

    /// A recorder that records nothing.
    pub fn off() -> Self {
        Self { shared: None, worker: None, process: std::process::id() }
    }

    /// Counts one event of a tag.
    pub fn record(&self, tag: &str, event: Event) {
        if self.shared.is_some() {
            self.counters(tag).record(event);
        }
    }

    /// The counters of a tag.
    pub fn counters(&self, tag: &str) -> TagCounters {
        self.shared.as_ref().map(|shared| shared.counters(tag.as_bytes())).unwrap_or_default()
    }

    /// Sends from now on what these count, too, for a tag.
    pub(crate) fn adopt(&self, tag: &str, counters: &TagCounters) {
        if let Some(shared) = &self.shared {
            let mut tags = shared.tags.write().unwrap_or_else(PoisonError::into_inner);
            tags.entry(tag.as_bytes().to_vec()).or_default().push(counters.clone());
        }
    }

    /// Records from now on with what timeout a function stores that counts by these.
    pub(crate) fn adopt_timeout(&self, tag: &str, timeout: Duration, counters: &TagCounters) {
        if let Some(shared) = &self.shared {
            let counters = counters.clone();
            // Misses and refreshes change when a computation begins, its time when it ends: with any change a value may have
            // been stored.
            let computed = move || {
                let counts = counters.counts();
                counts.misses.wrapping_add(counts.refreshes).wrapping_add(counts.compute_us)
            };
            shared.timeouts_in_use.adopt(tag.as_bytes(), timeout, Box::new(computed));
        }
    }

    /// Sends now what was counted.
    ///
    /// # Errors
    /// Connection errors and refusals; what was not sent is kept.
    pub fn flush(&self) -> Result<()> {
        self.shared.as_ref().map_or(Ok(()), |shared| shared.flush())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some((quit, thread)) = self.worker.take() {
            drop(quit);
            // A fork has no thread to wait for. And the thread itself may drop the recorder, in the callback.
            if self.process == std::process::id() && thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
        let Some(shared) = &self.shared else { return };
        if let Err(error) = shared.flush() {
            // Nobody is left to send these.
            let events: u64 = shared.take().iter().filter(|it| it.at != COMPUTE).map(|it| it.by).sum();
            (shared.on_failure)(&Error::Unrecorded {
                counted: counted(events, "event", "events"),
                key: shared.stats.clone(),
                reason: error.to_string(),
            });
        }
    }
}

impl TagCounters {
    /// Counts one event.
    pub fn record(&self, event: Event) {
        let (at, by) = match event {
            Event::Hit => (0, 1),
            Event::Miss => (1, 1),
            Event::Stale => (2, 1),
            Event::Refresh => (3, 1),
            Event::Wait => (4, 1),
            Event::Error => (5, 1),
            Event::Local => (6, 1),
            Event::Computed(time) => {
                (COMPUTE, u64::try_from(time.as_micros()).map_or(LONGEST, |us| us.min(LONGEST)))
            }
        };
        self.0.counted[at].fetch_add(by, Ordering::Relaxed);
    }

    /// What was counted and not sent yet; it is taken for sent from now on.
    fn take(&self, at: usize) -> u64 {
        let counted = self.0.counted[at].load(Ordering::Relaxed);
        counted.wrapping_sub(self.0.sent[at].swap(counted, Ordering::Relaxed))
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (name, counted) in NAMES.into_iter().zip(&self.0.counted) {
            counts.add_to(name, counted.load(Ordering::Relaxed));
        }
        counts
    }
}

impl Shared {
    fn counters(&self, tag: &[u8]) -> TagCounters {
        let tags = self.tags.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tags.get(tag).and_then(|all| all.first()) {
            return known.clone();
        }
        drop(tags);
        let mut tags = self.tags.write().unwrap_or_else(PoisonError::into_inner);
        let all = tags.entry(tag.to_vec()).or_default();
        if all.is_empty() {
            all.push(TagCounters::default());
        }
        all[0].clone()
    }

    /// Takes what was counted.
    fn take(&self) -> Vec<Taken> {
        let tags = self.tags.read().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        for (tag, all) in tags.iter() {
            for (at, name) in NAMES.into_iter().enumerate() {
                let taken_of = |counters: &TagCounters| {
                    let by = counters.take(at);
                    (by > 0).then(|| (counters.clone(), by))
                };
                let parts: Vec<_> = all.iter().filter_map(taken_of).collect();
                if !parts.is_empty() {
                    let by = parts.iter().map(|(_, by)| by).sum();
                    taken.push(Taken { field: field(tag, name), by, parts, at });
                }
            }
        }
        taken
    }

    fn flush(&self) -> Result<()> {
        // Held throughout, so that two flushes do not meet on the connection. Nobody who counts waits for it.
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        link.take_if(|conn| !conn.is_ours());
        let mut earlier = None;
        loop {
            let taken = self.take();
            if taken.is_empty() {
                return earlier.map_or(Ok(()), Err);
            }
            let was_idle = link.is_some();
            let Err(error) = self.send(&mut link, &taken) else { return Ok(()) };
            if !matches!(error, Error::Server { .. }) || error.leads_nowhere() {
                *link = None;
            }
            // While the connection had nothing to do the server was restarted, or became a replica.
            if !(was_idle && error.leads_nowhere()) {
                return Err(error);
            }
            earlier = Some(error);
        }
    }

    /// One pipeline; what was not counted is put back. Where the connection breaks in the middle the server may have counted
    /// some of it: then it is counted twice.
    fn send(&self, link: &mut Option<Conn>, taken: &[Taken]) -> Result<()> {
        let timeouts = self.timeouts_in_use.unrecorded();
        let hour = hour_now();
        let asked = self.ask(link, hour, taken, &timeouts);
        let mut replies = asked.inspect_err(|_| taken.iter().for_each(Taken::put_back))?;
        let (mut refused, mut is_counted, mut too_much) = (Ok(()), false, Vec::new());
        // Where they cannot be recorded, counts are all the same.
        if !timeouts.is_empty() && replies.one().is_ok_and(|reply| !reply.is_refused()) {
            TimeoutsInUse::are_recorded(&timeouts);
        }
        let (known, kept) = (replies.one()?, replies.one()?);
        for it in taken {
            let total = replies.one().and_then(Reply::ok);
            let of_the_hour = replies.one().and_then(Reply::ok);
            // The totals are what must not be lost.
            is_counted |= total.is_ok();
            if total.is_err() {
                it.put_back();
                too_much.extend(of_the_hour.is_ok().then_some((&it.field[..], it.by)));
            }
            refused = refused.and(total.and(of_the_hour).map(drop));
        }
        if is_counted {
            self.follow_up(link, hour, known.int().is_ok_and(|known| known == 0), kept::parse(kept).ok());
        }
        if let Some(conn) = link.as_mut().filter(|_| !too_much.is_empty()) {
            // It comes again with the totals.
            let mut pipe = Pipe::new();
            self.writer.take_from_hour(hour, too_much.into_iter(), &mut pipe);
            let _ = conn.run(&pipe);
        }
        refused
    }

    /// Notes when the totals began, where they just did, and keeps the hours that were written to as long as was chosen, where
    /// that is news. Whatever goes wrong here is no failure: what was counted is there.
    fn follow_up(&self, link: &mut Option<Conn>, hour: u64, began: bool, kept: Option<u64>) {
        let mut pipe = Pipe::new();
        if began {
            self.writer.begin_counts(seconds_now(), &mut pipe);
        }
        if let Some(expiry) = kept.map(kept::expiry)
            && self.expiry.swap(expiry, Ordering::Relaxed) != expiry
        {
            self.writer.expire_two_hours(hour, expiry, &mut pipe);
        }
        if let Some(conn) = link.as_mut().filter(|_| !pipe.is_empty()) {
            let _ = conn.run(&pipe);
        }
    }

    fn ask(&self, link: &mut Option<Conn>, hour: u64, taken: &[Taken], timeouts: &[Use]) -> Result<Replies> {
        let conn = match link {
            Some(conn) => conn,
            None => link.insert(Conn::open_without_handshake(&self.target, self.timeouts)?),
        };
        let expiry = match self.expiry.load(Ordering::Relaxed) {
            0 => self.read_expiry(conn)?,
            known => known,
        };
        let mut pipe = Pipe::new();
        self.writer.record_timeouts(timeouts, &mut pipe);
        self.writer.add_counts(hour, expiry, taken.iter().map(|it| (&it.field[..], it.by)), &mut pipe);
        conn.run(&pipe)
    }

    /// Asks before the first batch, so that it takes no time from hours that are kept for longer.
    fn read_expiry(&self, conn: &mut Conn) -> Result<u64> {
        let mut pipe = Pipe::new();
        self.writer.ask_kept(&mut pipe);
        // Where it is refused, hours are kept as where nothing was noted.
        let kept = kept::parse(conn.run(&pipe)?.one()?).unwrap_or(kept::LEAST_KEPT.as_secs());
        let expiry = kept::expiry(kept);
        self.expiry.store(expiry, Ordering::Relaxed);
        Ok(expiry)
    }
}
