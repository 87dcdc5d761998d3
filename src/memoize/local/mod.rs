//! Values that this process holds itself, in front of Redis.
//!
//! A held value is handed out while nothing was heard of its key being written since it was asked for, and the
//! [listener](Listener) hears what is written. So none needs to be looked for when something changes.

mod coherence;
mod hearing;
mod listener;

use moka::sync::Cache;
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use coherence::Ticket;
pub(crate) use listener::Listener;

/// What an entry takes beside its key and its value.
const OVERHEAD: usize = 200;

type Erased = Arc<dyn Any + Send + Sync>;

/// Values of functions that share a limit, by their logical keys.
#[derive(Clone)]
pub(crate) struct Store(Cache<Box<[u8]>, Arc<Held>>);

struct Held {
    value: Erased,
    ticket: Ticket,
    /// When it expires.
    until: Option<Instant>,
    bytes: u32,
}

impl Store {
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self(Cache::builder().max_capacity(max_bytes).weigher(|_, held: &Arc<Held>| held.bytes).build())
    }
}

/// The values of one function.
pub(crate) struct Local<T> {
    store: Store,
    listener: Arc<Listener>,
    erase: fn(&T) -> Erased,
    of: fn(Erased) -> Option<Arc<T>>,
}

impl<T: Clone + Send + Sync + 'static> Local<T> {
    pub(crate) fn new(store: Store, listener: Arc<Listener>) -> Self {
        Self { store, listener, erase: |value| Arc::new(value.clone()), of: |value| value.downcast().ok() }
    }
}

impl<T> Local<T> {
    /// The value of a logical key, and how long it lives, where that is known.
    pub(crate) fn get(&self, key: &[u8], now: Instant) -> Option<(Arc<T>, Option<Duration>)> {
        let coherence = &self.listener.coherence;
        if !coherence.is_trusted(now) {
            return None;
        }
        let held = self.store.0.get(key)?;
        let left = held.until.map(|until| until.saturating_duration_since(now));
        if !coherence.admits(held.ticket) || left.is_some_and(|left| left.is_zero()) {
            return None;
        }
        (self.of)(Arc::clone(&held.value)).map(|value| (value, left))
    }

    /// To be taken before a value of this Redis key is asked for. Listens from now on, where nobody does.
    pub(crate) fn ticket(&self, hash: &[u8]) -> Option<Ticket> {
        self.listener.listen();
        self.listener.coherence.ticket(hash, Instant::now())
    }

    /// Whether it is this server whose writes are heard. What another said may be older than what was heard before.
    pub(crate) fn hears(&self, server: &str) -> bool {
        self.listener.coherence.hears(server)
    }

    /// Holds what Redis has answered since the ticket was taken. `bytes`: of the value as it is stored; `left`: how long it lives.
    pub(crate) fn put(&self, key: &[u8], ticket: Ticket, value: &T, bytes: usize, left: Option<Duration>) {
        let until = match left.map(|left| Instant::now().checked_add(left)) {
            Some(None) | None => None,
            Some(until) => until,
        };
        let bytes = u32::try_from(bytes + key.len() + OVERHEAD).unwrap_or(u32::MAX);
        // The cache would hold it until it is tidied up.
        if self.store.0.policy().max_capacity().is_some_and(|most| u64::from(bytes) > most) {
            return;
        }
        let held = Held { value: (self.erase)(value), ticket, until, bytes };
        self.store.0.insert(key.into(), Arc::new(held));
    }
}
