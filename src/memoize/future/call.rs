//! A call from a task.

use super::remote::{self, Held};
use crate::memoize::behind::UnderWay;
use crate::memoize::cached::{Cached, Wants};
use crate::memoize::call_state::{Event, Purpose, Step};
use crate::memoize::caller::{Caller, Outcome};
use crate::memoize::computation::{Computation, Within};
use crate::memoize::core::Core;
use crate::memoize::error::CallError;
use crate::memoize::handover::LogsPanic;
use crate::memoize::owed;
use crate::memoize::session::{GoesOn, Session};
use crate::memoize::settings::OnError;
use crate::memoize::shared_connection::stopping;
use crate::memoize::single_flight::{Flights, Leader, Role};
use std::borrow::Borrow;
use std::convert::Infallible;
use std::future::{Future, poll_fn, ready};
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Leads the computation of a key.
pub(super) type Lead<T, E> = Leader<Outcome<T, E>>;

/// A call that goes on behind another.
pub(super) type Waiting<T, E> = JoinHandle<Result<T, CallError<E>>>;

/// Calls, and computes by `compute` if need be: once at most. `go_on` lets the rest of the call go on behind it, where it can.
pub(super) async fn call<A, T, E, C, F>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    mut wants: Wants,
    args: &A,
    compute: F,
    go_on: Option<impl FnOnce(&mut Option<F>, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>>,
) -> Result<T, CallError<E>>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    F: FnOnce() -> C,
    C: Future<Output = Result<T, E>>,
{
    if let Some(value) = cached.local(&mut wants, args) {
        return Ok(T::clone(&value));
    }
    let session = match Session::open(cached, wants, args).map_err(CallError::Cache)? {
        Some(session) => session,
        None => return compute().await.map_err(|error| CallError::Function(Arc::new(error))),
    };
    let leads = OnceLock::new();
    let mut call = Call::new(flights, session, &leads, compute, go_on);
    within(&leads, call.run()).await
}

/// How the rest of a call goes on behind it.
pub(super) type GoOn<T, E, F> = fn(&mut Option<F>, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>;

/// Of a call that cannot.
pub(super) fn stays<T, E, F>() -> Option<GoOn<T, E, F>> {
    None
}

/// Runs the rest of a call as a task of its own.
pub(super) fn as_a_task<T, E, R>(
    core: &Arc<Core>,
    under_way: UnderWay,
    (lead, call): (Lead<T, E>, GoesOn),
    rest: impl FnOnce(Lead<T, E>, GoesOn) -> R,
) -> Waiting<T, E>
where
    T: Send + 'static,
    E: Send + Sync + 'static,
    R: Future<Output = Result<T, CallError<E>>> + Send + 'static,
{
    lead.leave(core.settings.lease);
    let (reports, detached) = (Arc::clone(core), Arc::clone(&call.detached));
    let rest = rest(lead, call);
    tokio::spawn(async move {
        let _logs = LogsPanic(Arc::clone(&detached));
        let ended = rest.await;
        if let Err(CallError::Cache(error)) = &ended {
            detached.error(&reports, error);
        }
        drop(under_way);
        ended
    })
}

/// The rest of a call that goes on behind its caller.
pub(super) async fn go_on<A, T, E, C>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    call: GoesOn,
    args: &A,
    lead: Lead<T, E>,
    compute: impl FnOnce() -> C,
) -> Result<T, CallError<E>>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    C: Future<Output = Result<T, E>>,
{
    let leads = OnceLock::new();
    let mut call = Call::new(flights, Session::behind(cached, call, args), &leads, compute, stays());
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
    let wants = Wants { purpose: Purpose::Put, on_error: OnError::Fail, tells_timeout: false, early: false };
    let Some(session) = Session::open(cached, wants, args)? else { return Ok(false) };
    let (flights, leads) = (Arc::<Flights<Outcome<T, Infallible>>>::default(), OnceLock::new());
    let mut call = Call::new(&flights, session, &leads, || ready(Ok(value)), stays());
    match (call.run().await, call.caller.session.take_failure()) {
        (Err(CallError::Cache(error)), _) | (_, Some(error)) => Err(error),
        _ => Ok(call.caller.session.is_stored()),
    }
}

/// The lead of a call. What is held on the server keeps a part in it, the call's end or not.
pub(super) struct Leading<V>(Arc<Leader<V>>, Duration);

impl<V: Send + Sync + 'static> Leading<V> {
    pub(super) fn new(leader: Leader<V>, core: &Core) -> Self {
        Self(Arc::new(leader), core.link.longest_wait())
    }

    /// The part in it that something held keeps.
    pub(super) fn part(&self) -> owed::Lead {
        Arc::clone(&self.0) as owed::Lead
    }
}

impl<V> Borrow<Leader<V>> for Leading<V> {
    fn borrow(&self) -> &Leader<V> {
        &self.0
    }
}

impl<V> Drop for Leading<V> {
    fn drop(&mut self) {
        self.0.leave(self.1);
    }
}

/// One call under way. Those who wait for this caller begin again when what is held on the server has been given back: it
/// keeps a part in the lead until then.
struct Call<'a, A: ?Sized, T, E, F, B> {
    held: Option<Held>,
    caller: Caller<'a, A, T, E, Leading<Outcome<T, E>>>,
    flights: &'a Arc<Flights<Outcome<T, E>>>,
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
        go_on: Option<B>,
    ) -> Self {
        Self { held: None, caller: Caller::new(session), flights, compute: Some(compute), go_on, leads }
    }

    async fn run(&mut self) -> Result<T, CallError<E>> {
        let step = self.caller.session.first();
        self.steps(step).await
    }

    async fn run_from(&mut self, lead: Lead<T, E>) -> Result<T, CallError<E>> {
        let step = self.leading(lead);
        self.steps(step).await
    }

    fn leading(&mut self, lead: Lead<T, E>) -> Step {
        self.leads.get_or_init(|| lead.computation()).go_on();
        let core = self.caller.session.core();
        self.caller.leads(Leading::new(lead, core))
    }

    async fn steps(&mut self, mut step: Step) -> Result<T, CallError<E>> {
        let core = self.caller.session.core();
        loop {
            let session = &mut self.caller.session;
            step = match step {
                Step::Read => {
                    let (names, look) = session.look();
                    let read = remote::read(core, names, look).await;
                    session.read(read)
                }
                Step::Lead | Step::Share => match session.enter(self.flights) {
                    Role::Leader(lead) => match self.go_on_behind(lead) {
                        Ok(Some(waiting)) => match self.wait_for(waiting).await {
                            Ok(ended) => return ended,
                            Err(then) => then,
                        },
                        Ok(None) => self.caller.session.timed_out(),
                        Err(lead) => self.leading(lead),
                    },
                    _ if step == Step::Lead => session.on(Event::Taken),
                    Role::Circle => return self.uncached().await,
                    Role::Follower(follower) => match in_time(session.deadline(), follower.landed()).await {
                        None => session.timed_out(),
                        Some(outcome) => self.caller.followed(outcome),
                    },
                },
                Step::Claim { join } => {
                    let (names, want) = (session.names.clone(), session.want(join));
                    let lead = self.caller.lead.as_ref().map(Leading::part);
                    let granted = remote::claim_many(core, vec![(names, want, lead)]).await.pop();
                    let (grant, held) = granted.unwrap_or_else(|| (Err(stopping()), None));
                    self.held = held;
                    self.caller.session.claimed(grant)
                }
                Step::Sleep => {
                    tokio::time::sleep(core.settings.retry_interval).await;
                    session.on(Event::Slept)
                }
                Step::Compute(hold) => {
                    let run = session.computing(hold);
                    let result = self.compute().await;
                    if let Some(run) = run {
                        run.ended(result.is_ok());
                    }
                    self.caller.computed(result.map_err(Arc::new))
                }
                Step::Store => self.store(core).await,
                Step::GiveBack => {
                    let stood = remote::give_back_many(self.held.take().into_iter().collect()).await;
                    self.caller.session.given_back(stood)
                }
                Step::Serve(_) | Step::Fail(_) => match self.caller.end(step) {
                    Some(result) => return result,
                    None => return self.uncached().await,
                },
            };
        }
    }

    /// Lets the rest of the call go on behind it, where that may take longer than the call. Nothing where the value at hand is not to
    /// wait for it, or it cannot go on there.
    fn go_on_behind(&mut self, lead: Lead<T, E>) -> Result<Option<Waiting<T, E>>, Lead<T, E>> {
        if !self.caller.session.may_outlast() || self.caller.session.core().behind.is_closed() {
            return Err(lead);
        }
        let Some(go_on) = self.go_on.take() else { return Err(lead) };
        let call = self.caller.session.goes_on();
        let waits = call.waits;
        match go_on(&mut self.compute, lead, call) {
            Ok(waiting) if waits => Ok(Some(waiting)),
            Err(lead) if !self.caller.session.has_value() => Err(lead),
            _ => Ok(None),
        }
    }

    /// What came of it, or how to go on where it came to nothing in time.
    async fn wait_for(&mut self, waiting: Waiting<T, E>) -> Result<Result<T, CallError<E>>, Step> {
        let ended = in_time(self.caller.session.deadline(), waiting).await;
        if ended.is_some() {
            self.caller.session.heard();
        }
        match ended {
            Some(Ok(Err(error))) => self.caller.session.failed_behind(&error).map_or(Ok(Err(error)), Err),
            Some(Ok(ended)) => Ok(ended),
            Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
            // The runtime ends.
            Some(Err(_)) => self.begin_again(),
            None => Err(self.caller.session.timed_out()),
        }
    }

    /// Where what went on behind it came to nothing.
    fn begin_again(&mut self) -> Result<Result<T, CallError<E>>, Step> {
        if self.caller.session.has_value() {
            return Err(self.caller.session.timed_out());
        }
        match self.compute {
            Some(_) => Err(self.caller.session.on(Event::Abandoned)),
            None => Ok(Err(CallError::Cache(stopping()))),
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

    async fn store(&mut self, core: &Arc<Core>) -> Step {
        let kept = match (self.caller.entry(), self.held.take()) {
            (Some(entry), Some(held)) => remote::store_many(core, vec![(held, entry)]).await.pop(),
            (None, Some(held)) => {
                remote::give_back_many(vec![held]).await;
                None
            }
            _ => None,
        };
        self.caller.session.stored(kept)
    }
}

/// What it comes to, if it does so in time.
async fn in_time<R>(deadline: Option<Instant>, future: impl Future<Output = R>) -> Option<R> {
    match deadline {
        // Of the runtime's clock, which a test may have stopped.
        Some(until) => timeout(until.saturating_duration_since(Instant::now()), future).await.ok(),
        None => Some(future.await),
    }
}
