//! A call from a task.

use super::remote::{self, Held};
use crate::memoize::behind::UnderWay;
use crate::memoize::cached::Cached;
use crate::memoize::call_state::{Cause, Event, Purpose, Served, Step};
use crate::memoize::computation::{Computation, Within};
use crate::memoize::error::CallError;
use crate::memoize::owed;
use crate::memoize::session::{GoesOn, Session, Wants};
use crate::memoize::settings::OnError;
use crate::memoize::single_flight::{Flights, Leader, Role};
use std::convert::Infallible;
use std::future::{Future, poll_fn, ready};
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

/// What callers who share a computation get.
pub(super) type Outcome<T, E> = Result<T, Arc<E>>;

/// Leads the computation of a key.
pub(super) type Lead<T, E> = Leader<Outcome<T, E>>;

/// A call that goes on behind another.
pub(super) type Waiting<T, E> = JoinHandle<Result<T, CallError<E>>>;

/// Calls, and computes by `compute` if need be: once at most. `go_on` lets the rest of the call go on behind it, where it can.
pub(super) async fn call<A, T, E, C, F>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    wants: Wants,
    args: &A,
    compute: F,
    go_on: impl FnOnce(&mut Option<F>, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>,
) -> Result<T, CallError<E>>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    F: FnOnce() -> C,
    C: Future<Output = Result<T, E>>,
{
    let session = match Session::open(cached, wants, args).map_err(CallError::Cache)? {
        Some(session) => session,
        None => return compute().await.map_err(|error| CallError::Function(Arc::new(error))),
    };
    let leads = OnceLock::new();
    let mut call = Call::new(flights, session, &leads, compute, go_on);
    within(&leads, call.run()).await
}

/// For a call that cannot go on behind its caller.
pub(super) fn stays<T, E, F>(
    _: &mut Option<F>,
    lead: Lead<T, E>,
    _: GoesOn,
) -> Result<Waiting<T, E>, Lead<T, E>> {
    Err(lead)
}

/// The rest of a call that goes on behind its caller.
pub(super) async fn go_on<A, T, E, C>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    call: GoesOn,
    args: &A,
    (lead, _under_way): (Lead<T, E>, UnderWay),
    compute: impl FnOnce() -> C,
) -> Result<T, CallError<E>>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    C: Future<Output = Result<T, E>>,
{
    let leads = OnceLock::new();
    let mut call = Call::new(flights, Session::behind(cached, call, args), &leads, compute, stays);
    within(&leads, call.run_from(lead)).await
}

/// Whatever thread polls it runs a part of what it leads.
async fn within<R>(leads: &OnceLock<Computation>, run: impl Future<Output = R>) -> R {
    let mut run = pin!(run);
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
    let wants = Wants { purpose: Purpose::Put, on_error: OnError::Fail, tells_timeout: false };
    let Some(session) = Session::open(cached, wants, args)? else { return Ok(false) };
    let (flights, leads) = (Arc::<Flights<Outcome<T, Infallible>>>::default(), OnceLock::new());
    let mut call = Call::new(&flights, session, &leads, || ready(Ok(value)), stays);
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
struct Call<'a, A: ?Sized, T, E, F, B> {
    held: Option<Held>,
    lead: Option<Leading<Outcome<T, E>>>,
    flights: &'a Arc<Flights<Outcome<T, E>>>,
    session: Session<'a, A, T>,
    /// Until it has run.
    compute: Option<F>,
    go_on: Option<B>,
    /// Itself, once it leads: whatever thread polls it from then on runs a part of it.
    leads: &'a OnceLock<Computation>,
}

impl<'a, A, T, E, F, C, B> Call<'a, A, T, E, F, B>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    F: FnOnce() -> C,
    C: Future<Output = Result<T, E>>,
    B: FnOnce(&mut Option<F>, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>,
{
    fn new(
        flights: &'a Arc<Flights<Outcome<T, E>>>,
        session: Session<'a, A, T>,
        leads: &'a OnceLock<Computation>,
        compute: F,
        go_on: B,
    ) -> Self {
        Self { held: None, lead: None, flights, session, compute: Some(compute), go_on: Some(go_on), leads }
    }

    async fn run(&mut self) -> Result<T, CallError<E>> {
        let step = self.session.first();
        self.steps(step).await
    }

    async fn run_from(&mut self, lead: Lead<T, E>) -> Result<T, CallError<E>> {
        let step = self.leading(lead);
        self.steps(step).await
    }

    fn leading(&mut self, lead: Lead<T, E>) -> Step {
        self.leads.get_or_init(|| lead.computation()).go_on();
        self.lead = Some(Leading(Arc::new(lead), self.session.core().link.longest_wait()));
        self.session.on(Event::Leading)
    }

    async fn steps(&mut self, mut step: Step) -> Result<T, CallError<E>> {
        let core = self.session.core();
        let mut outcome: Option<Outcome<T, E>> = None;
        loop {
            step = match step {
                Step::Read => {
                    let read = remote::read(core, &self.session.names, self.session.look()).await;
                    self.session.read(read)
                }
                Step::Lead | Step::Share => match self.session.enter(self.flights) {
                    Role::Leader(lead) => match self.go_on_behind(lead) {
                        Ok(Some(waiting)) => match self.wait_for(waiting).await {
                            Ok(ended) => return ended,
                            Err(then) => then,
                        },
                        // The value at hand is better than a wait.
                        Ok(None) => self.session.timed_out(),
                        Err(lead) => self.leading(lead),
                    },
                    _ if step == Step::Lead => self.session.on(Event::Taken),
                    Role::Circle => return self.uncached().await,
                    Role::Follower(follower) => {
                        match in_time(self.session.deadline(), follower.landed()).await {
                            None => self.session.timed_out(),
                            Some(shared) => {
                                outcome = shared;
                                self.session.on(match outcome {
                                    Some(Ok(_)) => Event::Shared,
                                    Some(Err(_)) => Event::SharedError,
                                    None => Event::Abandoned,
                                })
                            }
                        }
                    }
                },
                Step::Claim { join } => {
                    let want = self.session.want(join);
                    let lead = self.lead.as_ref().map(|lead| Arc::clone(&lead.0) as owed::Lead);
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
                    let event = match &result {
                        Ok(_) => Event::Computed,
                        Err(error) => {
                            self.session.failed(error);
                            Event::Failed
                        }
                    };
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

    /// Lets the rest of the call go on behind it, where that may take longer than the call. Nothing where it cannot any more and a
    /// value is at hand.
    fn go_on_behind(&mut self, lead: Lead<T, E>) -> Result<Option<Waiting<T, E>>, Lead<T, E>> {
        if !self.session.may_outlast() {
            return Err(lead);
        }
        let Some(go_on) = self.go_on.take() else { return Err(lead) };
        match go_on(&mut self.compute, lead, self.session.goes_on()) {
            Ok(waiting) => Ok(Some(waiting)),
            Err(_) if self.session.has_value() => Ok(None),
            Err(lead) => Err(lead),
        }
    }

    /// What came of it, or how to go on where it came to nothing in time.
    async fn wait_for(&mut self, waiting: Waiting<T, E>) -> Result<Result<T, CallError<E>>, Step> {
        match in_time(self.session.deadline(), waiting).await {
            Some(Ok(Err(error))) => self.session.failed_behind(&error).map_or(Ok(Err(error)), Err),
            Some(Ok(ended)) => Ok(ended),
            Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
            // The runtime ends.
            Some(Err(_)) => Err(self.session.on(Event::Abandoned)),
            None => Err(self.session.timed_out()),
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
            (Cause::Timeout, ..) => Err(self.session.timeout()),
            (Cause::Function, Some(Err(error)), _) => {
                self.land(Err(Arc::clone(&error)), true);
                Err(CallError::Function(error))
            }
            _ => self.uncached().await,
        }
    }
}

/// What it comes to, if it does so in time.
async fn in_time<R>(deadline: Option<Instant>, future: impl Future<Output = R>) -> Option<R> {
    match deadline {
        Some(until) => timeout_at(until.into(), future).await.ok(),
        None => Some(future.await),
    }
}
