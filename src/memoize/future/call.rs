//! A call from a task.

use super::remote::{self, Held};
use crate::memoize::cached::Cached;
use crate::memoize::call_state::{Cause, Event, Purpose, Served, Step};
use crate::memoize::computation::{Computation, Within};
use crate::memoize::error::CallError;
use crate::memoize::owed::Lead;
use crate::memoize::session::Session;
use crate::memoize::settings::OnError;
use crate::memoize::single_flight::{Flights, Leader, Role};
use std::convert::Infallible;
use std::future::{Future, poll_fn, ready};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What callers who share a computation get.
pub(super) type Outcome<T, E> = Result<T, Arc<E>>;

/// Calls, and computes by `compute` if need be: once at most.
pub(super) async fn call<A, T, E, C>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    purpose: Purpose,
    on_error: OnError,
    args: &A,
    compute: impl FnOnce() -> C,
) -> Result<T, CallError<E>>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    C: Future<Output = Result<T, E>>,
{
    let session = match Session::open(cached, purpose, on_error, args).map_err(CallError::Cache)? {
        Some(session) => session,
        None => return compute().await.map_err(|error| CallError::Function(Arc::new(error))),
    };
    let leads = OnceLock::new();
    let mut call = Call::new(flights, session, &leads, compute);
    let mut run = pin!(call.run());
    poll_fn(|context| {
        let _within = Within::begin(leads.get().copied());
        run.as_mut().poll(context)
    })
    .await
}

/// Stores a value; whether it did.
pub(super) async fn put<A, T>(cached: &Cached<A, T>, args: &A, value: T) -> crate::Result<bool>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
{
    let Some(session) = Session::open(cached, Purpose::Put, OnError::Fail, args)? else { return Ok(false) };
    let (flights, leads) = (Arc::<Flights<Outcome<T, Infallible>>>::default(), OnceLock::new());
    let mut call = Call::new(&flights, session, &leads, || ready(Ok(value)));
    match (call.run().await, call.session.take_failure()) {
        (Err(CallError::Cache(error)), _) | (_, Some(error)) => Err(error),
        _ => Ok(call.session.is_stored()),
    }
}

/// The lead of a call. What is held on the server keeps a part in it, the call's end or not.
struct Leading<V>(Arc<Leader<V>>, Duration);

impl<V> Drop for Leading<V> {
    fn drop(&mut self) {
        self.0.leave(self.1);
    }
}

/// One call under way. Those who wait for this caller begin again when what is held on the server has been given back: it
/// keeps a part in the lead until then.
struct Call<'a, A: ?Sized, T, E, F> {
    held: Option<Held>,
    lead: Option<Leading<Outcome<T, E>>>,
    flights: &'a Arc<Flights<Outcome<T, E>>>,
    session: Session<'a, A, T>,
    /// Until it has run.
    compute: Option<F>,
    /// Itself, once it leads: whatever thread polls it from then on runs a part of it.
    leads: &'a OnceLock<Computation>,
}

impl<'a, A, T, E, F, C> Call<'a, A, T, E, F>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    F: FnOnce() -> C,
    C: Future<Output = Result<T, E>>,
{
    fn new(
        flights: &'a Arc<Flights<Outcome<T, E>>>,
        session: Session<'a, A, T>,
        leads: &'a OnceLock<Computation>,
        compute: F,
    ) -> Self {
        Self { held: None, lead: None, flights, session, compute: Some(compute), leads }
    }

    async fn run(&mut self) -> Result<T, CallError<E>> {
        let core = self.session.core();
        let mut outcome: Option<Outcome<T, E>> = None;
        let mut step = self.session.first();
        loop {
            step = match step {
                Step::Read => {
                    let read = remote::read(core, &self.session.names, self.session.look()).await;
                    self.session.read(read)
                }
                Step::Lead | Step::Share => match self.session.enter(self.flights) {
                    Role::Leader(leader) => {
                        self.leads.get_or_init(|| leader.computation()).go_on();
                        self.lead = Some(Leading(Arc::new(leader), core.link.longest_wait()));
                        self.session.on(Event::Leading)
                    }
                    _ if step == Step::Lead => self.session.on(Event::Taken),
                    Role::Circle => return self.uncached().await,
                    Role::Follower(follower) => {
                        outcome = follower.landed().await;
                        self.session.on(match outcome {
                            Some(Ok(_)) => Event::Shared,
                            Some(Err(_)) => Event::SharedError,
                            None => Event::Abandoned,
                        })
                    }
                },
                Step::Claim { join } => {
                    let want = self.session.want(join);
                    let lead = self.lead.as_ref().map(|lead| Arc::clone(&lead.0) as Lead);
                    let (grant, held) = remote::claim(core, &self.session.names, want, lead).await;
                    self.held = held;
                    self.session.claimed(grant)
                }
                Step::Sleep => {
                    tokio::time::sleep(core.settings.retry_interval).await;
                    self.session.on(Event::Slept)
                }
                Step::Compute(hold) => {
                    let run = self.session.computing(hold);
                    let result = self.compute().await;
                    if let Some(run) = run {
                        run.ended(result.is_ok());
                    }
                    self.lead.iter().for_each(|lead| lead.0.is_computed());
                    let event = if result.is_ok() { Event::Computed } else { Event::Failed };
                    outcome = Some(result.map_err(Arc::new));
                    self.session.on(event)
                }
                Step::Store => self.store(&outcome).await,
                Step::GiveBack => {
                    let stood = match self.held.take() {
                        Some(held) => held.give_back().await,
                        None => false,
                    };
                    self.session.given_back(stood)
                }
                Step::Serve(served) => return self.serve(served, outcome).await,
                Step::Fail(cause) => return self.fail(cause, outcome).await,
            };
        }
    }

    fn compute(&mut self) -> C {
        // `call_state_check` walks all calls there can be.
        self.compute.take().expect("a call computes once at most")()
    }

    /// Without the cache, and without callbacks, which would come back here.
    async fn uncached(&mut self) -> Result<T, CallError<E>> {
        self.compute().await.map_err(|error| CallError::Function(Arc::new(error)))
    }

    async fn store(&mut self, outcome: &Option<Outcome<T, E>>) -> Step {
        let entry =
            outcome.as_ref().and_then(|it| it.as_ref().ok()).and_then(|value| self.session.entry(value));
        let kept = match (entry, self.held.take()) {
            (Some(entry), Some(held)) => Some(held.store(entry).await),
            (None, Some(held)) => {
                held.give_back().await;
                None
            }
            _ => None,
        };
        self.session.stored(kept)
    }

    fn land(&mut self, outcome: Outcome<T, E>, computed: bool) {
        if let Some(lead) = self.lead.take() {
            lead.0.land(outcome, self.session.origin(computed));
        }
    }

    async fn serve(&mut self, served: Served, outcome: Option<Outcome<T, E>>) -> Result<T, CallError<E>> {
        let found = match served {
            Served::Hit | Served::Stale | Served::Waited => self.session.take_value(),
            Served::Shared | Served::Computed => outcome.and_then(Result::ok),
        };
        let Some(value) = found else { return self.uncached().await };
        // An old value is for those who read it; who waits for this caller reads for himself.
        if served != Served::Stale {
            self.land(Ok(value.clone()), served == Served::Computed);
        }
        self.session.serving(served, &value);
        Ok(value)
    }

    async fn fail(&mut self, cause: Cause, outcome: Option<Outcome<T, E>>) -> Result<T, CallError<E>> {
        match (cause, outcome, self.session.take_failure()) {
            (Cause::Cache, _, Some(error)) => Err(CallError::Cache(error)),
            (Cause::Function, Some(Err(error)), _) => {
                self.land(Err(Arc::clone(&error)), true);
                Err(CallError::Function(error))
            }
            _ => self.uncached().await,
        }
    }
}
