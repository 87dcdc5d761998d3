//! A call from a thread.

use crate::memoize::behind::{Behind, UnderWay};
use crate::memoize::cached::Cached;
use crate::memoize::call_state::{Cause, Event, Purpose, Served, Step};
use crate::memoize::computation::Within;
use crate::memoize::core::Core;
use crate::memoize::error::CallError;
use crate::memoize::protocol::{Lease, Names};
use crate::memoize::session::{GoesOn, Session, Wants};
use crate::memoize::settings::OnError;
use crate::memoize::single_flight::{Flights, Leader, Role};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Instant;

/// What callers who share a computation get.
pub(super) type Outcome<T, E> = Result<T, Arc<E>>;

/// Leads the computation of a key.
pub(super) type Lead<T, E> = Leader<Outcome<T, E>>;

/// What comes of a call that goes on behind another, a panic of the function included.
pub(super) type Waiting<T, E> = Receiver<thread::Result<Result<T, CallError<E>>>>;

/// Calls, and computes by `compute` if need be: once at most. `go_on` lets the rest of the call go on behind it, where it can.
pub(super) fn call<A: ?Sized, T: Clone, E: 'static, F: FnOnce() -> Result<T, E>>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    wants: Wants,
    args: &A,
    compute: F,
    go_on: impl FnOnce(&mut Option<F>, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>,
) -> Result<T, CallError<E>> {
    match Session::open(cached, wants, args).map_err(CallError::Cache)? {
        Some(session) => Call::new(flights, session, compute, go_on).run(),
        None => compute().map_err(|error| CallError::Function(Arc::new(error))),
    }
}

/// For a call that cannot go on behind its caller.
pub(super) fn stays<T, E, F>(
    _: &mut Option<F>,
    lead: Lead<T, E>,
    _: GoesOn,
) -> Result<Waiting<T, E>, Lead<T, E>> {
    Err(lead)
}

/// Runs the rest of a call on a thread of its own.
pub(super) fn on_a_thread<T: Send + 'static, E: Send + Sync + 'static>(
    behind: &Behind,
    (under_way, waits): (UnderWay, bool),
    rest: impl FnOnce() -> Result<T, CallError<E>> + Send + 'static,
) -> Waiting<T, E> {
    let (tell, told) = sync_channel(1);
    behind.run(waits, move || {
        let ended = catch_unwind(AssertUnwindSafe(rest));
        if let Err(unheard) = tell.send(ended)
            && unheard.0.is_err()
        {
            log::error!(target: "cacheme", "a function panicked behind the call that began it");
        }
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
    Call::new(flights, Session::behind(cached, call, args), compute, stays).run_from(lead)
}

/// Stores a value; whether it did.
pub(super) fn put<A: ?Sized, T: Clone>(cached: &Cached<A, T>, args: &A, value: T) -> crate::Result<bool> {
    let wants = Wants { purpose: Purpose::Put, on_error: OnError::Fail, tells_timeout: false };
    let Some(session) = Session::open(cached, wants, args)? else { return Ok(false) };
    let flights = Arc::<Flights<Outcome<T, Infallible>>>::default();
    let mut call = Call::new(&flights, session, || Ok(value), stays);
    match (call.run(), call.session.take_failure()) {
        (Err(CallError::Cache(error)), _) | (_, Some(error)) => Err(error),
        _ => Ok(call.session.is_stored()),
    }
}

/// One call under way. Its fields are dropped in order: what is held on the server is given back before those who
/// wait for this caller begin again, and whoever is told that it could not be is told within the call.
struct Call<'a, A: ?Sized, T, E, F, B> {
    held: Option<Held<'a>>,
    _within: Option<Within>,
    lead: Option<Leader<Outcome<T, E>>>,
    flights: &'a Arc<Flights<Outcome<T, E>>>,
    session: Session<'a, A, T>,
    /// Until it has run.
    compute: Option<F>,
    go_on: Option<B>,
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
        go_on: B,
    ) -> Self {
        Self {
            held: None,
            _within: None,
            lead: None,
            flights,
            session,
            compute: Some(compute),
            go_on: Some(go_on),
        }
    }

    fn run(&mut self) -> Result<T, CallError<E>> {
        self.steps(self.session.first())
    }

    fn run_from(&mut self, lead: Lead<T, E>) -> Result<T, CallError<E>> {
        let step = self.leading(lead);
        self.steps(step)
    }

    fn leading(&mut self, lead: Lead<T, E>) -> Step {
        self._within = Some(lead.computation().enter());
        self.lead = Some(lead);
        self.session.on(Event::Leading)
    }

    fn steps(&mut self, mut step: Step) -> Result<T, CallError<E>> {
        let core = self.session.core();
        let mut outcome: Option<Outcome<T, E>> = None;
        loop {
            step = match step {
                Step::Read => {
                    let read = core.read(&self.session.names, self.session.look());
                    self.session.read(read)
                }
                Step::Lead | Step::Share => match self.session.enter(self.flights) {
                    Role::Leader(lead) => match self.go_on_behind(lead) {
                        Ok(Some(waiting)) => match self.wait_for(&waiting) {
                            Ok(ended) => return ended,
                            Err(then) => then,
                        },
                        // The value at hand is better than a wait.
                        Ok(None) => self.session.timed_out(),
                        Err(lead) => self.leading(lead),
                    },
                    _ if step == Step::Lead => self.session.on(Event::Taken),
                    Role::Circle => return self.uncached(),
                    Role::Follower(follower) => match follower.wait(self.session.deadline()) {
                        None => self.session.timed_out(),
                        Some(shared) => {
                            outcome = shared;
                            self.session.on(match outcome {
                                Some(Ok(_)) => Event::Shared,
                                Some(Err(_)) => Event::SharedError,
                                None => Event::Abandoned,
                            })
                        }
                    },
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

    /// Lets the rest of the call go on behind it, where that may take longer than the call. Nothing where there is no room for it and
    /// a value is at hand.
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
    fn wait_for(&mut self, waiting: &Waiting<T, E>) -> Result<Result<T, CallError<E>>, Step> {
        let ended = match self.session.deadline() {
            Some(until) => waiting.recv_timeout(until.saturating_duration_since(Instant::now())),
            None => waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match ended {
            Ok(Ok(Err(error))) => self.session.failed_behind(&error).map_or(Ok(Err(error)), Err),
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Timeout) => Err(self.session.timed_out()),
            Err(RecvTimeoutError::Disconnected) => Err(self.session.on(Event::Abandoned)),
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
            (Cause::Timeout, ..) => Err(self.session.timeout()),
            (Cause::Function, Some(Err(error)), _) => {
                self.land(Err(Arc::clone(&error)), true);
                Err(CallError::Function(error))
            }
            _ => self.uncached(),
        }
    }
}
