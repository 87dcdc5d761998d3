//! A call from a thread.

use super::held::Held;
use crate::memoize::behind::UnderWay;
use crate::memoize::cached::{Cached, Wants};
use crate::memoize::call_state::{Event, Purpose, Step};
use crate::memoize::caller::{Caller, Outcome};
use crate::memoize::computation::Within;
use crate::memoize::core::Core;
use crate::memoize::error::CallError;
use crate::memoize::handover::LogsPanic;
use crate::memoize::session::{GoesOn, Session};
use crate::memoize::settings::OnError;
use crate::memoize::single_flight::{Flights, Leader, Role};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Instant;

/// Leads the computation of a key.
pub(super) type Lead<T, E> = Leader<Outcome<T, E>>;

/// What comes of a call that goes on behind another, a panic of the function included.
pub(super) type Waiting<T, E> = Receiver<thread::Result<Result<T, CallError<E>>>>;

/// Calls, and computes by `compute` if need be: once at most. `go_on` lets the rest of the call go on behind it, where it can.
pub(super) fn call<A: ?Sized, T: Clone, E: 'static, F: FnOnce() -> Result<T, E>>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    mut wants: Wants,
    args: &A,
    compute: F,
    go_on: Option<impl FnOnce(&mut Option<F>, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>>,
) -> Result<T, CallError<E>> {
    if let Some(value) = cached.local(&mut wants, args) {
        return Ok(T::clone(&value));
    }
    match Session::open(cached, wants, args).map_err(CallError::Cache)? {
        Some(session) => Call::new(flights, session, compute, go_on).run(),
        None => compute().map_err(|error| CallError::Function(Arc::new(error))),
    }
}

/// How the rest of a call goes on behind it.
pub(super) type GoOn<T, E, F> = fn(&mut Option<F>, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>;

/// Of a call that cannot.
pub(super) fn stays<T, E, F>() -> Option<GoOn<T, E, F>> {
    None
}

/// Runs the rest of a call on a thread of its own.
pub(super) fn on_a_thread<T: Send + 'static, E: Send + Sync + 'static>(
    core: &Arc<Core>,
    under_way: UnderWay,
    call: GoesOn,
    rest: impl FnOnce(GoesOn) -> Result<T, CallError<E>> + Send + 'static,
) -> Waiting<T, E> {
    let (tell, told) = sync_channel(1);
    let (reports, detached) = (Arc::clone(core), Arc::clone(&call.detached));
    core.behind.run(move || {
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let _logs = LogsPanic(Arc::clone(&detached));
            rest(call)
        }));
        if let Ok(Err(CallError::Cache(error))) = &ended {
            detached.error(&reports, error);
        }
        // Who has left needs no answer.
        let _ = tell.send(ended);
        drop(under_way);
    });
    told
}

/// The rest of a call that goes on behind its caller.
pub(super) fn go_on<A: ?Sized, T: Clone, E: 'static>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    call: GoesOn,
    args: &A,
    lead: Lead<T, E>,
    compute: impl FnOnce() -> Result<T, E>,
) -> Result<T, CallError<E>> {
    Call::new(flights, Session::behind(cached, call, args), compute, stays()).run_from(lead)
}

/// Stores a value; whether it did.
pub(super) fn put<A: ?Sized, T: Clone>(cached: &Cached<A, T>, args: &A, value: T) -> crate::Result<bool> {
    let wants = Wants { purpose: Purpose::Put, on_error: OnError::Fail, tells_timeout: false, early: false };
    let Some(session) = Session::open(cached, wants, args)? else { return Ok(false) };
    let flights = Arc::<Flights<Outcome<T, Infallible>>>::default();
    let mut call = Call::new(&flights, session, || Ok(value), stays());
    match (call.run(), call.caller.session.take_failure()) {
        (Err(CallError::Cache(error)), _) | (_, Some(error)) => Err(error),
        _ => Ok(call.caller.session.is_stored()),
    }
}

/// One call under way. Its fields are dropped in order: what is held on the server is given back before those who
/// wait for this caller begin again, and whoever is told that it could not be is told within the call.
struct Call<'a, A: ?Sized, T, E, F, B> {
    held: Option<Held<'a>>,
    _within: Option<Within>,
    caller: Caller<'a, A, T, E, Leader<Outcome<T, E>>>,
    flights: &'a Arc<Flights<Outcome<T, E>>>,
    /// Until it has run.
    compute: Option<F>,
    go_on: Option<B>,
}

impl<'a, A, T, E, F, B> Call<'a, A, T, E, F, B>
where
    A: ?Sized,
    T: Clone,
    E: 'static,
    F: FnOnce() -> Result<T, E>,
    B: FnOnce(&mut Option<F>, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>,
{
    fn new(
        flights: &'a Arc<Flights<Outcome<T, E>>>,
        session: Session<'a, A, T>,
        compute: F,
        go_on: Option<B>,
    ) -> Self {
        Self {
            held: None,
            _within: None,
            caller: Caller::new(session),
            flights,
            compute: Some(compute),
            go_on,
        }
    }

    fn run(&mut self) -> Result<T, CallError<E>> {
        self.steps(self.caller.session.first())
    }

    fn run_from(&mut self, lead: Lead<T, E>) -> Result<T, CallError<E>> {
        let step = self.leading(lead);
        self.steps(step)
    }

    fn leading(&mut self, lead: Lead<T, E>) -> Step {
        self._within = Some(lead.computation().enter());
        self.caller.leads(lead)
    }

    fn steps(&mut self, mut step: Step) -> Result<T, CallError<E>> {
        let core = self.caller.session.core();
        loop {
            let session = &mut self.caller.session;
            step = match step {
                Step::Read => {
                    let (names, look) = session.look();
                    let read = core.read(names, look);
                    session.read(read)
                }
                Step::Lead | Step::Share => match session.enter(self.flights) {
                    Role::Leader(lead) => match self.go_on_behind(lead) {
                        Ok(Some(waiting)) => match self.wait_for(&waiting) {
                            Ok(ended) => return ended,
                            Err(then) => then,
                        },
                        Ok(None) => self.caller.session.timed_out(),
                        Err(lead) => self.leading(lead),
                    },
                    _ if step == Step::Lead => session.on(Event::Taken),
                    Role::Circle => return self.uncached(),
                    Role::Follower(follower) => match follower.wait(session.deadline()) {
                        None => session.timed_out(),
                        Some(outcome) => self.caller.followed(outcome),
                    },
                },
                Step::Claim { join } => {
                    let want = session.want(join);
                    let grant = core.claim(&session.names, &want);
                    self.held = Held::of(core, &session.names, want.claim, &grant);
                    session.claimed(grant)
                }
                Step::Sleep => {
                    thread::sleep(core.settings.retry_interval);
                    session.on(Event::Slept)
                }
                Step::Compute(hold) => {
                    let run = session.computing(hold);
                    let result = self.compute();
                    if let Some(run) = run {
                        run.ended(result.is_ok());
                    }
                    self.caller.computed(result.map_err(Arc::new))
                }
                Step::Store => self.store(),
                Step::GiveBack => {
                    let stood = self.held.take().is_some_and(|mut held| held.give_back());
                    session.given_back(stood)
                }
                Step::Serve(_) | Step::Fail(_) => {
                    self.held = None;
                    return self.caller.end(step).unwrap_or_else(|| self.uncached());
                }
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
            Err(lead) if !self.caller.session.has_value() && !self.caller.session.may_time_out() => Err(lead),
            _ => Ok(None),
        }
    }

    /// What came of it, or how to go on where it came to nothing in time.
    fn wait_for(&mut self, waiting: &Waiting<T, E>) -> Result<Result<T, CallError<E>>, Step> {
        let ended = match self.caller.session.deadline() {
            Some(until) => waiting.recv_timeout(until.saturating_duration_since(Instant::now())),
            None => waiting.recv().map_err(RecvTimeoutError::from),
        };
        if ended.is_ok() {
            self.caller.session.heard();
        }
        match ended {
            Ok(Ok(Err(error))) => self.caller.session.failed_behind(&error).map_or(Ok(Err(error)), Err),
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Timeout) => Err(self.caller.session.timed_out()),
            Err(RecvTimeoutError::Disconnected) => Err(self.caller.session.on(Event::Abandoned)),
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

    fn store(&mut self) -> Step {
        let kept = self.caller.entry().zip(self.held.as_mut()).map(|(entry, held)| held.store(&entry));
        self.held = None;
        self.caller.session.stored(kept)
    }
}
