//! A call from a thread.

use crate::memoize::cached::Cached;
use crate::memoize::call_state::{Cause, Event, Purpose, Served, Step};
use crate::memoize::computation::Within;
use crate::memoize::core::Core;
use crate::memoize::error::CallError;
use crate::memoize::protocol::{Lease, Names};
use crate::memoize::session::Session;
use crate::memoize::settings::OnError;
use crate::memoize::single_flight::{Flights, Leader, Role};
use std::convert::Infallible;
use std::sync::Arc;
use std::thread;

/// What callers who share a computation get.
pub(super) type Outcome<T, E> = Result<T, Arc<E>>;

/// Calls, and computes by `compute` if need be: once at most.
pub(super) fn call<A: ?Sized, T: Clone, E>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    purpose: Purpose,
    on_error: OnError,
    args: &A,
    compute: impl FnOnce() -> Result<T, E>,
) -> Result<T, CallError<E>> {
    match Session::open(cached, purpose, on_error, args).map_err(CallError::Cache)? {
        Some(session) => Call::new(flights, session, compute).run(),
        None => compute().map_err(|error| CallError::Function(Arc::new(error))),
    }
}

/// Stores a value; whether it did.
pub(super) fn put<A: ?Sized, T: Clone>(cached: &Cached<A, T>, args: &A, value: T) -> crate::Result<bool> {
    let Some(session) = Session::open(cached, Purpose::Put, OnError::Fail, args)? else { return Ok(false) };
    let flights = Arc::<Flights<Outcome<T, Infallible>>>::default();
    let mut call = Call::new(&flights, session, || Ok(value));
    match (call.run(), call.session.take_failure()) {
        (Err(CallError::Cache(error)), _) | (_, Some(error)) => Err(error),
        _ => Ok(call.session.is_stored()),
    }
}

/// One call under way. Its fields are dropped in order: what is held on the server is given back before those who
/// wait for this caller begin again, and whoever is told that it could not be is told within the call.
struct Call<'a, A: ?Sized, T, E, F> {
    held: Option<Held<'a>>,
    _within: Option<Within>,
    lead: Option<Leader<Outcome<T, E>>>,
    flights: &'a Arc<Flights<Outcome<T, E>>>,
    session: Session<'a, A, T>,
    /// Until it has run.
    compute: Option<F>,
}

/// A claim on the server, given back when dropped: by an error, by a panic of the function or of a callback.
struct Held<'a> {
    core: &'a Core,
    names: Names,
    lease: Lease,
    /// Whether it is ours to give back, and not the lease of another whom we joined.
    ours: bool,
}

impl Held<'_> {
    /// Whether it was ours and still stood.
    fn give_back(&mut self) -> bool {
        if !std::mem::take(&mut self.ours) {
            return false;
        }
        let owed = &self.core.owed;
        let number = owed.owe(self.names.clone(), self.lease.clone(), None);
        let given = self.core.give_back(owed.take_one(number)).inspect_err(|error| self.core.report(error));
        given.unwrap_or(false)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl<'a, A: ?Sized, T: Clone, E, F: FnOnce() -> Result<T, E>> Call<'a, A, T, E, F> {
    fn new(flights: &'a Arc<Flights<Outcome<T, E>>>, session: Session<'a, A, T>, compute: F) -> Self {
        Self { held: None, _within: None, lead: None, flights, session, compute: Some(compute) }
    }

    fn run(&mut self) -> Result<T, CallError<E>> {
        let core = self.session.core();
        let mut outcome: Option<Outcome<T, E>> = None;
        let mut step = self.session.first();
        loop {
            step = match step {
                Step::Read => {
                    let read = core.read(&self.session.names, self.session.look());
                    self.session.read(read)
                }
                Step::Lead | Step::Share => match self.session.enter(self.flights) {
                    Role::Leader(leader) => {
                        self._within = Some(leader.computation().enter());
                        self.lead = Some(leader);
                        self.session.on(Event::Leading)
                    }
                    _ if step == Step::Lead => self.session.on(Event::Taken),
                    Role::Circle => return self.uncached(),
                    Role::Follower(follower) => {
                        outcome = follower.wait();
                        self.session.on(match outcome {
                            Some(Ok(_)) => Event::Shared,
                            Some(Err(_)) => Event::SharedError,
                            None => Event::Abandoned,
                        })
                    }
                },
                Step::Claim { join } => {
                    let want = self.session.want(join);
                    let grant = core.claim(&self.session.names, &want);
                    let names = self.session.names.clone();
                    self.held =
                        want.claim.lease(&grant).map(|(lease, ours)| Held { core, names, lease, ours });
                    self.session.claimed(grant)
                }
                Step::Sleep => {
                    thread::sleep(core.settings.retry_interval);
                    self.session.on(Event::Slept)
                }
                Step::Compute(hold) => {
                    let run = self.session.computing(hold);
                    let result = self.compute();
                    if let Some(run) = run {
                        run.ended(result.is_ok());
                    }
                    self.lead.iter().for_each(Leader::is_computed);
                    let event = if result.is_ok() { Event::Computed } else { Event::Failed };
                    outcome = Some(result.map_err(Arc::new));
                    self.session.on(event)
                }
                Step::Store => self.store(&outcome),
                Step::GiveBack => {
                    let stood = self.held.take().is_some_and(|mut held| held.give_back());
                    self.session.given_back(stood)
                }
                Step::Serve(served) => return self.serve(served, outcome),
                Step::Fail(cause) => return self.fail(cause, outcome),
            };
        }
    }

    fn compute(&mut self) -> Result<T, E> {
        // `call_state_check` walks all calls there can be.
        self.compute.take().expect("a call computes once at most")()
    }

    /// Without the cache, and without callbacks, which would come back here.
    fn uncached(&mut self) -> Result<T, CallError<E>> {
        self.compute().map_err(|error| CallError::Function(Arc::new(error)))
    }

    fn store(&mut self, outcome: &Option<Outcome<T, E>>) -> Step {
        let entry =
            outcome.as_ref().and_then(|it| it.as_ref().ok()).and_then(|value| self.session.entry(value));
        let kept = entry.zip(self.held.as_mut()).map(|(entry, held)| {
            let kept = held.core.store(&held.names, &held.lease, &entry);
            held.ours &= kept.is_err();
            kept
        });
        self.held = None;
        self.session.stored(kept)
    }

    fn land(&mut self, outcome: Outcome<T, E>, computed: bool) {
        self.held = None;
        if let Some(lead) = self.lead.take() {
            lead.land(outcome, self.session.origin(computed));
        }
    }

    fn serve(&mut self, served: Served, outcome: Option<Outcome<T, E>>) -> Result<T, CallError<E>> {
        let found = match served {
            Served::Hit | Served::Stale | Served::Waited => self.session.take_value(),
            Served::Shared | Served::Computed => outcome.and_then(Result::ok),
        };
        let Some(value) = found else { return self.uncached() };
        // An old value is for those who read it; who waits for this caller reads for himself.
        if served != Served::Stale {
            self.land(Ok(value.clone()), served == Served::Computed);
        }
        self.session.serving(served, &value);
        Ok(value)
    }

    fn fail(&mut self, cause: Cause, outcome: Option<Outcome<T, E>>) -> Result<T, CallError<E>> {
        match (cause, outcome, self.session.take_failure()) {
            (Cause::Cache, _, Some(error)) => Err(CallError::Cache(error)),
            (Cause::Function, Some(Err(error)), _) => {
                self.land(Err(Arc::clone(&error)), true);
                Err(CallError::Function(error))
            }
            _ => self.uncached(),
        }
    }
}
