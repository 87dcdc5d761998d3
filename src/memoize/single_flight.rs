//! Sharing inside one process: the concurrent callers of one key share one computation.
//!
//! A computation that was under way when a call began may have read what was invalidated before that. What the call found
//! on the server tells ([`Trust`]): then it waits, but does not take the result.
//!
//! The first caller of a key leads; the others wait for what it hands out. A leader that panics, is cancelled, or
//! has nothing to hand out abandons the flight, and those who waited begin again: one of them leads next. No lock is
//! held while the leader computes. Nobody waits for a leader who waits for him.
//!
//! A call of a task that ends before its flight leaves it to tasks that put right what it took on the server. They may
//! be those of a runtime that nobody drives any more, so who waits for them does not do so for ever.

use super::computation::{Computation, Wait, lock};
use std::collections::HashMap;
#[cfg(feature = "tokio")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The flights of one function, by key. `V` is what a leader hands out.
pub(crate) struct Flights<V>(Mutex<HashMap<Vec<u8>, Arc<Flight<V>>>>);

struct Flight<V> {
    computation: Computation,
    /// A process that was forked off has nobody who lands it.
    process: u32,
    /// The function has come back: its claim may have ended.
    is_computed: AtomicBool,
    state: Mutex<State<V>>,
    landed: Condvar,
    #[cfg(feature = "tokio")]
    notify: tokio::sync::Notify,
    /// Set once the call has ended: until when the rest of it is waited for.
    #[cfg(feature = "tokio")]
    until: OnceLock<Instant>,
}

enum State<V> {
    /// With what is handed out at the end, if it is known.
    Flying(Option<Outcome<V>>),
    Landed(Outcome<V>),
    Abandoned,
}

struct Outcome<V> {
    value: V,
    origin: Origin,
}

/// Where what a leader hands out comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The server.
    Read,
    Computed,
    /// Computed under a claim that stood until it was stored.
    Claimed,
}

/// What a call may take from a computation that began before the call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Anything: the server could not be asked.
    All,
    /// What was claimed on the server, and was when the call read: an invalidation would have left a mark, and the call found
    /// none.
    Claimed,
    /// Nothing: the key was marked, or expired.
    Nothing,
    /// Nothing, and of one that began after the call only what it computed.
    Later,
}

/// What a caller of a key becomes.
pub(crate) enum Role<V> {
    Leader(Leader<V>),
    Follower(Follower<V>),
    /// Somebody leads who waits for this caller: the function calls itself, or two need each other's values.
    Circle,
}

/// Leads one flight, and abandons it when dropped.
pub(crate) struct Leader<V> {
    flights: Arc<Flights<V>>,
    flight: Arc<Flight<V>>,
    key: Vec<u8>,
    /// The computation that calls this one waits for it.
    _outer: Option<Wait>,
}

/// Waits for a leader.
pub(crate) struct Follower<V> {
    flight: Arc<Flight<V>>,
    trust: Trust,
    _wait: Wait,
}

impl<V> Default for Flights<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Flights<V> {
    /// Leads, or follows whoever leads. `began`: when the call did; `trust`: in what began before.
    pub(crate) fn enter(self: &Arc<Self>, key: &[u8], began: Computation, trust: Trust) -> Role<V> {
        self.enter_with(key, began, trust, None)
    }

    /// As a part of a computation that leads for other keys, too.
    pub(crate) fn enter_with(
        self: &Arc<Self>,
        key: &[u8],
        began: Computation,
        trust: Trust,
        computation: Option<Computation>,
    ) -> Role<V> {
        let mut flights = lock(&self.0);
        if let Some(flight) = flights.get(key).filter(|it| it.is_under_way()) {
            let trust = match trust {
                Trust::Later if flight.computation >= began => Trust::Later,
                Trust::Later => Trust::Nothing,
                _ if flight.computation >= began => Trust::All,
                // A deletion leaves no mark of what was stored already.
                Trust::Claimed if flight.is_computed.load(SeqCst) => Trust::Nothing,
                trust => trust,
            };
            return match flight.computation.wait_for() {
                Some(wait) => Role::Follower(Follower { flight: Arc::clone(flight), trust, _wait: wait }),
                None => Role::Circle,
            };
        }
        let computation = computation.unwrap_or_else(Computation::new);
        let flight = Arc::new(Flight {
            computation,
            process: std::process::id(),
            is_computed: AtomicBool::new(false),
            state: Mutex::new(State::Flying(None)),
            landed: Condvar::new(),
            #[cfg(feature = "tokio")]
            notify: tokio::sync::Notify::new(),
            #[cfg(feature = "tokio")]
            until: OnceLock::new(),
        });
        flights.insert(key.to_vec(), Arc::clone(&flight));
        Role::Leader(Leader {
            flights: Arc::clone(self),
            flight,
            key: key.to_vec(),
            _outer: computation.wait_for(),
        })
    }
}

impl<V> Leader<V> {
    /// The function has come back, and what was claimed is about to be stored or given back.
    pub(crate) fn is_computed(&self) {
        self.flight.is_computed.store(true, SeqCst);
    }

    /// Hands out the outcome, to be had once this is dropped.
    pub(crate) fn land(&self, value: V, origin: Origin) {
        *lock(&self.flight.state) = State::Flying(Some(Outcome { value, origin }));
    }

    /// Tells those who wait that the call has ended, or goes on in a task that may be driven no more; what is left of it is waited for
    /// no longer than `patience`.
    #[cfg(feature = "tokio")]
    pub(super) fn leave(&self, patience: Duration) {
        let _ = self.flight.until.set(Instant::now() + patience);
        self.flight.notify.notify_waiters();
    }

    pub(super) fn computation(&self) -> Computation {
        self.flight.computation
    }
}

impl<V> Drop for Leader<V> {
    /// The flight leaves the map before anybody is woken, so that whoever begins again cannot meet it.
    fn drop(&mut self) {
        {
            let mut flights = lock(&self.flights.0);
            // Those who gave up waiting have made another.
            if flights.get(&self.key).is_some_and(|it| Arc::ptr_eq(it, &self.flight)) {
                flights.remove(&self.key);
            }
        }
        self.flight.end();
    }
}

impl<V> Flight<V> {
    fn is_under_way(&self) -> bool {
        #[cfg(feature = "tokio")]
        if self.until.get().is_some_and(|until| *until <= Instant::now()) {
            return false;
        }
        self.process == std::process::id() && matches!(*lock(&self.state), State::Flying(_))
    }

    /// Wakes those who wait; where nothing was handed out, they begin again.
    fn end(&self) {
        {
            let mut state = lock(&self.state);
            if let State::Flying(outcome) = &mut *state {
                *state = outcome.take().map_or(State::Abandoned, State::Landed);
            }
        }
        self.landed.notify_all();
        #[cfg(feature = "tokio")]
        self.notify.notify_waiters();
    }
}

impl<V: Clone> Follower<V> {
    /// The outcome if there is one: `Some(None)` of a flight that was abandoned, or is not trusted.
    #[cfg(any(test, feature = "tokio"))]
    pub(super) fn look(&self) -> Option<Option<V>> {
        self.taken(&lock(&self.flight.state))
    }

    fn taken(&self, state: &State<V>) -> Option<Option<V>> {
        match state {
            State::Flying(_) => None,
            State::Landed(outcome) => {
                let takes = match self.trust {
                    Trust::All => true,
                    Trust::Claimed => outcome.origin == Origin::Claimed,
                    Trust::Later => outcome.origin != Origin::Read,
                    Trust::Nothing => false,
                };
                Some(takes.then(|| outcome.value.clone()))
            }
            State::Abandoned => Some(None),
        }
    }

    /// Blocks until the leader is done: `Some(None)` where it abandoned the flight, or is not trusted; `None` where it is not done
    /// in time.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Option<Option<V>> {
        let mut state = lock(&self.flight.state);
        loop {
            if let Some(outcome) = self.taken(&state) {
                return Some(outcome);
            }
            let landed = &self.flight.landed;
            state = match deadline.map(|until| until.saturating_duration_since(Instant::now())) {
                None => landed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return None,
                Some(left) => landed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    /// Waits until the leader is done; `None` where it abandoned the flight, is not trusted, or has left it and does not come
    /// to its end.
    #[cfg(feature = "tokio")]
    pub(crate) async fn landed(&self) -> Option<V> {
        loop {
            // Listening begins before the look, so no landing falls between the two.
            let mut notified = std::pin::pin!(self.flight.notify.notified());
            notified.as_mut().enable();
            if let Some(outcome) = self.look() {
                return outcome;
            }
            match self.flight.until.get() {
                None => notified.await,
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if tokio::time::timeout(left, notified).await.is_err() {
                        self.flight.end();
                    }
                }
            }
        }
    }
}
