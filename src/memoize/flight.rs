//! Sharing inside one process: the concurrent callers of one key share one computation.
//!
//! The first caller of a key leads; the others wait for what it hands out. A leader that panics, is cancelled, or
//! has nothing to hand out abandons the flight, and those who waited begin again: one of them leads next. No lock is
//! held while the leader computes.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// The flights of one function, by key. `V` is what a leader hands out.
pub(crate) struct Flights<V>(Mutex<HashMap<Vec<u8>, Arc<Flight<V>>>>);

struct Flight<V> {
    /// Whose computation it is, where that is a thread: it must not wait for itself.
    leader: Option<ThreadId>,
    state: Mutex<State<V>>,
    landed: Condvar,
    #[cfg(feature = "tokio")]
    notify: tokio::sync::Notify,
}

enum State<V> {
    Flying,
    Landed(V),
    Abandoned,
}

/// What a caller of a key becomes.
pub(crate) enum Role<V> {
    Leader(Leader<V>),
    Follower(Follower<V>),
    /// This thread leads already.
    Own,
}

/// Leads one flight, and abandons it when dropped.
pub(crate) struct Leader<V> {
    flights: Arc<Flights<V>>,
    flight: Arc<Flight<V>>,
    key: Vec<u8>,
}

/// Waits for a leader.
pub(crate) struct Follower<V>(Arc<Flight<V>>);

/// A lock that a panic elsewhere cannot take away: what it guards is changed in single assignments.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<V> Default for Flights<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Flights<V> {
    /// Leads, or follows whoever leads. `thread`: the leader is this thread, from here to its end.
    pub(crate) fn enter(self: &Arc<Self>, key: &[u8], thread: bool) -> Role<V> {
        let mut flights = lock(&self.0);
        if let Some(flight) = flights.get(key) {
            if thread && flight.leader == Some(thread::current().id()) {
                return Role::Own;
            }
            return Role::Follower(Follower(Arc::clone(flight)));
        }
        let flight = Arc::new(Flight {
            leader: thread.then(|| thread::current().id()),
            state: Mutex::new(State::Flying),
            landed: Condvar::new(),
            #[cfg(feature = "tokio")]
            notify: tokio::sync::Notify::new(),
        });
        flights.insert(key.to_vec(), Arc::clone(&flight));
        Role::Leader(Leader { flights: Arc::clone(self), flight, key: key.to_vec() })
    }
}

impl<V> Leader<V> {
    /// Hands out the outcome, to be had once this is dropped.
    pub(crate) fn land(&self, outcome: V) {
        *lock(&self.flight.state) = State::Landed(outcome);
    }
}

impl<V> Drop for Leader<V> {
    /// The flight leaves the map before anybody is woken, so that whoever begins again cannot meet it.
    fn drop(&mut self) {
        lock(&self.flights.0).remove(&self.key);
        {
            let mut state = lock(&self.flight.state);
            if matches!(*state, State::Flying) {
                *state = State::Abandoned;
            }
        }
        self.flight.landed.notify_all();
        #[cfg(feature = "tokio")]
        self.flight.notify.notify_waiters();
    }
}

impl<V: Clone> Follower<V> {
    #[cfg(any(test, feature = "tokio"))]
    /// The outcome if there is one: `Some(None)` of an abandoned flight.
    pub(super) fn look(&self) -> Option<Option<V>> {
        match &*lock(&self.0.state) {
            State::Flying => None,
            State::Landed(outcome) => Some(Some(outcome.clone())),
            State::Abandoned => Some(None),
        }
    }

    /// Blocks until the leader is done; `None` where it abandoned the flight.
    pub(crate) fn wait(&self) -> Option<V> {
        let mut state = lock(&self.0.state);
        loop {
            match &*state {
                State::Flying => {
                    state = self.0.landed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                State::Landed(outcome) => return Some(outcome.clone()),
                State::Abandoned => return None,
            }
        }
    }

    /// Waits until the leader is done; `None` where it abandoned the flight.
    #[cfg(feature = "tokio")]
    pub(crate) async fn landed(&self) -> Option<V> {
        loop {
            // Listening begins before the look, so no landing falls between the two.
            let mut notified = std::pin::pin!(self.0.notify.notified());
            notified.as_mut().enable();
            match self.look() {
                Some(outcome) => return outcome,
                None => notified.await,
            }
        }
    }
}
