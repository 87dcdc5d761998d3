//! Recording from an application: counted in the process, flushed in batches by a thread of its own.

use super::{Event, NAMES, field, hour_now};
use crate::error::Result;
use crate::namespace::Namespace;
use crate::store::{Conn, Mode, Pipe, Target, Timeouts, Writer};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// Records events of calls without a round trip of theirs.
///
/// Counts are kept in the process and added to the server's every `interval`, and once more when the recorder is dropped.
/// What could not be sent is sent with the next batch; what a process had counted when it was killed is lost.
///
/// ```no_run
/// use cacheme::namespace::{Layout, Namespace};
/// use cacheme::ops::{Event, Recorder};
/// use cacheme::store::{Target, Timeouts};
/// use std::time::Duration;
/// # fn main() -> cacheme::Result<()> {
/// let target = Target::parse("redis://127.0.0.1/0")?;
/// let ns = Namespace::new("CM:", Layout::Meta).expect("a prefix without '>'");
/// let recorder = Recorder::start(target, Timeouts::default(), ns, Duration::from_secs(5));
/// recorder.record("get_owner", Event::Hit);
/// let owner = recorder.tally("get_owner"); // for a hot path: no look-up for each event
/// owner.record(Event::Miss);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Recorder {
    shared: Option<Arc<Shared>>,
    worker: Option<(Sender<()>, JoinHandle<()>)>,
}

/// The counters of one tag in this process. Cheap to clone and to count with.
#[derive(Debug, Clone, Default)]
pub struct Tally(Option<Arc<Counters>>);

type Counters = [AtomicU64; NAMES.len()];

#[derive(Debug)]
struct Shared {
    target: Target,
    timeouts: Timeouts,
    writer: Writer,
    tags: RwLock<HashMap<Vec<u8>, Arc<Counters>>>,
    link: Mutex<Option<Conn>>,
}

impl Recorder {
    /// A recorder that flushes at this interval. It connects when there is something to flush.
    pub fn start(target: Target, timeouts: Timeouts, ns: Namespace, interval: Duration) -> Self {
        let writer = Writer::new(ns, Mode::Apply);
        let shared =
            Arc::new(Shared { target, timeouts, writer, tags: RwLock::default(), link: Mutex::default() });
        let (quit, quitting) = channel();
        let flushing = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("cacheme-counters".to_owned()).spawn(move || {
            while quitting.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let _ = flushing.flush();
            }
        });
        // Without a thread, what is counted is flushed at the end.
        Self { shared: Some(shared), worker: thread.ok().map(|thread| (quit, thread)) }
    }

    /// A recorder that records nothing.
    pub fn off() -> Self {
        Self { shared: None, worker: None }
    }

    /// Counts one event of a tag.
    pub fn record(&self, tag: &str, event: Event) {
        self.tally(tag).record(event);
    }

    /// The counters of a tag.
    pub fn tally(&self, tag: &str) -> Tally {
        Tally(self.shared.as_ref().map(|shared| shared.counters(tag.as_bytes())))
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
            let _ = thread.join();
        }
        // Nobody is left to be told.
        let _ = self.flush();
    }
}

impl Tally {
    /// Counts one event.
    pub fn record(&self, event: Event) {
        let Some(counters) = &self.0 else { return };
        let (at, by) = match event {
            Event::Hit => (0, 1),
            Event::Miss => (1, 1),
            Event::Stale => (2, 1),
            Event::Refresh => (3, 1),
            Event::Wait => (4, 1),
            Event::Error => (5, 1),
            Event::Computed(time) => (6, u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
        };
        counters[at].fetch_add(by, Ordering::Relaxed);
    }
}

impl Shared {
    fn counters(&self, tag: &[u8]) -> Arc<Counters> {
        let known = self.tags.read().unwrap_or_else(PoisonError::into_inner).get(tag).cloned();
        known.unwrap_or_else(|| {
            let mut tags = self.tags.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tags.entry(tag.to_vec()).or_default())
        })
    }

    fn flush(&self) -> Result<()> {
        // Held throughout, so that two flushes do not meet on the connection.
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        for (tag, counters) in self.tags.read().unwrap_or_else(PoisonError::into_inner).iter() {
            for (counter, name) in counters.iter().zip(NAMES) {
                let by = counter.swap(0, Ordering::Relaxed);
                if by > 0 {
                    taken.push((field(tag, name), by, Arc::clone(counters)));
                }
            }
        }
        if taken.is_empty() {
            return Ok(());
        }
        let fields: Vec<_> = taken.iter().map(|(field, by, _)| (field.clone(), *by)).collect();
        let sent = self.send(&mut link, &fields);
        if sent.is_err() {
            *link = None;
            for (field, by, counters) in taken {
                if let Some(at) = NAMES.iter().position(|name| field.ends_with(name.as_bytes())) {
                    counters[at].fetch_add(by, Ordering::Relaxed);
                }
            }
        }
        sent
    }

    /// One pipeline. Where it breaks in the middle the server may have counted part of it: then it is counted twice.
    fn send(&self, link: &mut Option<Conn>, fields: &[(Vec<u8>, u64)]) -> Result<()> {
        let conn = match link {
            Some(conn) => conn,
            None => link.insert(Conn::open(&self.target, self.timeouts)?),
        };
        let mut pipe = Pipe::new();
        self.writer.add_counts(hour_now(), fields, &mut pipe);
        for reply in conn.run(&pipe)? {
            reply.ok()?;
        }
        Ok(())
    }
}
