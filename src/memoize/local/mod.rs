//! Values that this process holds itself, in front of Redis.
//!
//! A held value is handed out while nothing was heard of its key being written since it was asked for, and the
//! [listener](Listener) hears what is written. So none needs to be looked for when something changes.

mod coherence;
mod listener;
mod tracker;

use moka::sync::Cache;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

pub(crate) use coherence::Version;
pub(crate) use listener::Listener;

/// What an entry takes beside its key and its value.
const OVERHEAD: usize = 280;

type Erased = Arc<dyn Any + Send + Sync>;

/// Values of functions that share a limit, by logical key and function: another function may know of a timeout, or read the bytes
/// in another way.
#[derive(Clone)]
pub(crate) struct Store(Cache<Box<[u8]>, Arc<Held>>);

struct Held {
    value: Erased,
    version: Version,
    /// When it expires, as it stands in Redis.
    score: Option<f64>,
    bytes: u32,
}

impl Store {
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self(Cache::builder().max_capacity(max_bytes).weigher(|_, held: &Arc<Held>| held.bytes).build())
    }

    /// The map tidies up after many insertions or in a while: until then it holds more than it may.
    fn put(&self, key: Vec<u8>, held: Held) {
        let (bytes, most) = (u64::from(held.bytes), self.0.policy().max_capacity().unwrap_or(u64::MAX));
        if bytes > most {
            return;
        }
        self.0.insert(key.into(), Arc::new(held));
        if bytes > most / 1000 {
            self.0.run_pending_tasks();
        }
    }
}

/// Each function has one.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The values of one function.
pub(crate) struct Local<T> {
    function: u64,
    store: Store,
    listener: Arc<Listener>,
    erase: fn(&T) -> Erased,
    of: fn(Erased) -> Option<Arc<T>>,
}

impl<T: Clone + Send + Sync + 'static> Local<T> {
    pub(crate) fn new(store: Store, listener: Arc<Listener>) -> Self {
        let function = NEXT.fetch_add(1, Relaxed);
        Self {
            function,
            store,
            listener,
            erase: |value| Arc::new(value.clone()),
            of: |value| value.downcast().ok(),
        }
    }
}

impl<T> Local<T> {
    /// The value of a logical key, and the score of its timeout.
    pub(crate) fn get(&self, key: &[u8], now: Instant) -> Option<(Arc<T>, Option<f64>)> {
        let coherence = &self.listener.coherence;
        if !coherence.is_trusted(now) {
            return None;
        }
        let held = self.store.0.get(&self.own(key)[..]).filter(|held| coherence.admits(held.version))?;
        (self.of)(Arc::clone(&held.value)).map(|value| (value, held.score))
    }

    /// To be taken before a value of this Redis key is asked for. Listens from now on, where nobody does.
    pub(crate) fn version(&self, hash: &[u8]) -> Option<Version> {
        self.listener.listen();
        self.listener.coherence.version(hash, Instant::now())
    }

    /// Whether it is this process of a server whose writes are heard. What another said may be older than what was heard before, be it
    /// at the same address.
    pub(crate) fn hears(&self, run_id: &str) -> bool {
        self.listener.hears(run_id)
    }

    /// Holds what Redis has answered since the version was taken. `bytes`: of the value as it is stored.
    pub(crate) fn put(&self, key: &[u8], version: Version, value: &T, bytes: usize, score: Option<f64>) {
        let bytes = u32::try_from(bytes + key.len() + OVERHEAD).unwrap_or(u32::MAX);
        self.store.put(self.own(key), Held { value: (self.erase)(value), version, score, bytes });
    }

    fn own(&self, key: &[u8]) -> Vec<u8> {
        [&self.function.to_ne_bytes(), key].concat()
    }
}
