//! A call of many between its decisions and its I/O: one [`Caller`] for each distinct key, driven in rounds by both APIs.
//!
//! All that read do so in one round trip, and so do all that claim, store or give back; those that compute do it together.
//! What another leads is waited for only when nothing is led here any more, or two that lead for each other would wait for
//! ever. All that is led at a time is one computation, so whatever its function calls cannot wait for it.

use super::cached::{Cached, Wants};
use super::call_state::{Event, Step};
use super::caller::{Caller, Outcome};
use super::computation::Computation;
use super::error::CallError;
use super::protocol::{ClaimReply, ClaimRequest, Entry, Look, Names, Read, StoreOutcome};
use super::session::{Run, Session};
use super::single_flight::{Flights, Follower, Leader, Role};
use crate::error::Result as CacheResult;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// More arguments are done one part after another.
pub(crate) const AT_ONCE: usize = 1000;

/// How often a function runs side by side with itself, unless the builder is told.
pub(crate) const CONCURRENCY: usize = 8;

/// What the function came to for one key, and how long that took.
pub(crate) type Computed<T, E> = (Outcome<T, E>, Duration);

type Called<T, E> = Result<T, CallError<E>>;

/// What a function that computes all of them at once has come to.
///
/// # Panics
/// Where it returned another number of values.
pub(crate) fn split<T, E>(
    tag: &str,
    several: usize,
    began: Instant,
    result: Result<Vec<T>, E>,
) -> Vec<Computed<T, E>> {
    let took = began.elapsed() / u32::try_from(several).unwrap_or(u32::MAX).max(1);
    match result {
        Ok(values) => {
            let count = values.len();
            assert!(
                count == several,
                "'{tag}' returned {count} values for {several} arguments: return one for each, in their order"
            );
            values.into_iter().map(|value| (Ok(value), took)).collect()
        }
        Err(error) => {
            let error = Arc::new(error);
            (0..several).map(|_| (Err(Arc::clone(&error)), took)).collect()
        }
    }
}

/// The calls of one key each. `L` leads, `H` is held on the server, as the API needs them.
pub(crate) struct Many<'a, A, T, E, L, H> {
    pub(crate) all: Vec<One<'a, A, T, E, L, H>>,
    /// For each argument which of them is its own.
    places: Vec<usize>,
    /// The error that was told of last: that of a pipeline is that of each key.
    told: Option<String>,
}

pub(crate) struct One<'a, A, T, E, L, H> {
    pub(crate) held: Option<H>,
    caller: Option<Caller<'a, A, T, E, L>>,
    args: &'a A,
    at: At<T, E>,
    /// How many arguments it is for.
    times: usize,
}

enum At<T, E> {
    Step(Step),
    /// It is computed without the cache, and without callbacks.
    Uncached,
    Done(Called<T, E>),
}

/// What came of asking who leads.
pub(crate) struct Entered<V> {
    /// That of all that are led here, where there are any.
    pub(crate) computation: Option<Computation>,
    /// Those whom another leads.
    pub(crate) others: Vec<(usize, Option<Follower<V>>)>,
}

/// Those that compute.
pub(crate) struct Computing<'a, A> {
    of: Vec<(usize, Option<Run<'a>>)>,
    pub(crate) args: Vec<&'a A>,
}

impl<'a, A, T: Clone, E: 'static, L: Borrow<Leader<Outcome<T, E>>>, H> Many<'a, A, T, E, L, H> {
    pub(crate) fn open(cached: &'a Cached<A, T>, wants: Wants, args: &'a [A]) -> Self {
        let (all, places) = (Vec::with_capacity(args.len()), Vec::with_capacity(args.len()));
        let mut many = Self { all, places, told: None };
        let mut known: HashMap<Vec<u8>, usize> = HashMap::with_capacity(args.len());
        for args in args {
            let (place, mut wants) = (many.all.len(), wants);
            let (caller, at) = match Session::open(cached, wants, args) {
                Ok(Some(mut session)) => {
                    let place = *known.entry(session.names.member.clone()).or_insert(place);
                    if let Some(same) = many.all.get_mut(place) {
                        same.times += 1;
                        many.places.push(place);
                        continue;
                    }
                    let first = session.first();
                    let local = cached.local(&mut wants, args);
                    session.early = wants.early;
                    match local {
                        Some(value) => (None, At::Done(Ok(T::clone(&value)))),
                        None => (Some(Caller::new(session)), At::Step(first)),
                    }
                }
                Ok(None) => (None, At::Uncached),
                Err(error) => (None, At::Done(Err(CallError::Cache(error)))),
            };
            many.places.push(place);
            many.all.push(One { held: None, caller, args, at, times: 1 });
        }
        many
    }

    /// What each argument came to.
    pub(crate) fn take_results(&mut self) -> Vec<Called<T, E>> {
        let result = |place: &usize| {
            let One { at, times, .. } = &mut self.all[*place];
            *times -= 1;
            match if *times == 0 { std::mem::replace(at, At::Uncached) } else { at.again() } {
                At::Done(called) => called,
                _ => unreachable!("a call of many ends when each of them has"),
            }
        };
        self.places.iter().map(result).collect()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.all.iter().all(|one| matches!(one.at, At::Done(_)))
    }

    /// Whether any is led here.
    pub(crate) fn leads(&self) -> bool {
        self.all.iter().any(|one| one.caller.as_ref().is_some_and(|caller| caller.lead.is_some()))
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn lead(&self, place: usize) -> Option<&L> {
        self.all[place].caller.as_ref()?.lead.as_ref()
    }

    /// Those that are at such a step.
    fn at(
        &mut self,
        is_meant: impl Fn(Step) -> bool,
    ) -> impl Iterator<Item = (usize, Step, &mut Caller<'a, A, T, E, L>)> {
        self.all.iter_mut().enumerate().filter_map(move |(place, one)| match (&one.at, &mut one.caller) {
            (At::Step(step), Some(caller)) if is_meant(*step) => Some((place, *step, caller)),
            _ => None,
        })
    }

    fn set(&mut self, place: usize, next: impl FnOnce(&mut Caller<'a, A, T, E, L>) -> Step) {
        let one = &mut self.all[place];
        if let Some(caller) = &mut one.caller {
            one.at = At::Step(next(caller));
        }
    }

    /// What to read.
    pub(crate) fn reads(&mut self) -> (Vec<usize>, Vec<(&Names, Look)>) {
        let reads = self.at(|step| step == Step::Read);
        reads.map(|(place, _, caller)| (place, caller.session.look())).unzip()
    }

    pub(crate) fn read(&mut self, places: &[usize], answers: Vec<CacheResult<Read>>) {
        for (place, read) in places.iter().zip(answers) {
            self.answered(*place, read, Session::read);
        }
    }

    fn answered<R>(
        &mut self,
        place: usize,
        answer: CacheResult<R>,
        next: impl FnOnce(&mut Session<'a, A, T>, CacheResult<R>) -> Step,
    ) {
        let error = answer.as_ref().err().map(ToString::to_string);
        let is_told = error.is_some() && error == self.told;
        self.told = error.or(self.told.take());
        self.set(place, |caller| {
            caller.session.is_told = is_told;
            next(&mut caller.session, answer)
        });
    }

    /// Leads those that nobody else leads.
    pub(crate) fn enter(
        &mut self,
        flights: &Arc<Flights<Outcome<T, E>>>,
        lead: impl Fn(Leader<Outcome<T, E>>) -> L,
    ) -> Entered<Outcome<T, E>> {
        let mut entered = Entered { computation: None, others: Vec::new() };
        for (place, one) in self.all.iter_mut().enumerate() {
            let (At::Step(step @ (Step::Lead | Step::Share)), Some(caller)) = (&one.at, &mut one.caller)
            else {
                continue;
            };
            one.at = At::Step(match caller.session.enter_with(flights, entered.computation) {
                Role::Leader(leader) => {
                    entered.computation = Some(leader.computation());
                    caller.leads(lead(leader))
                }
                _ if *step == Step::Lead => caller.session.on(Event::Taken),
                role => {
                    let follower = if let Role::Follower(it) = role { Some(it) } else { None };
                    entered.others.push((place, follower));
                    continue;
                }
            });
        }
        entered
    }

    /// Whoever led one is done; nothing, where that one waits for this.
    pub(crate) fn followed(&mut self, place: usize, outcome: Option<Option<Outcome<T, E>>>) {
        match outcome {
            Some(outcome) => self.set(place, |caller| caller.followed(outcome)),
            None => self.all[place].at = At::Uncached,
        }
    }

    /// What to claim. Those that join come last: who is asked to do without waiting waits for what is computed here.
    pub(crate) fn claims(&mut self, join: bool) -> (Vec<usize>, Vec<(&Names, ClaimRequest)>) {
        let claims = self.at(|step| step == Step::Claim { join });
        claims.map(|(place, _, caller)| (place, (&caller.session.names, caller.session.want(join)))).unzip()
    }

    pub(crate) fn claimed(&mut self, place: usize, grant: CacheResult<ClaimReply>, held: Option<H>) {
        self.all[place].held = held;
        self.answered(place, grant, Session::claimed);
    }

    /// Those to compute, about to be.
    pub(crate) fn computing(&mut self) -> Computing<'a, A> {
        let mut computing = Computing { of: Vec::new(), args: Vec::new() };
        for (place, one) in self.all.iter_mut().enumerate() {
            let run = match (&one.at, &mut one.caller) {
                (At::Step(Step::Compute(hold)), Some(caller)) => caller.session.computing(*hold),
                (At::Uncached, _) => None,
                _ => continue,
            };
            computing.of.push((place, run));
            computing.args.push(one.args);
        }
        computing
    }

    pub(crate) fn computed(&mut self, computing: Computing<'a, A>, results: Vec<Computed<T, E>>) {
        for ((place, run), (outcome, took)) in computing.of.into_iter().zip(results) {
            if let Some(run) = run {
                run.ended_after(took, outcome.is_ok());
            }
            match self.all[place].at {
                At::Uncached => self.all[place].at = At::Done(outcome.map_err(CallError::Function)),
                _ => self.set(place, |caller| caller.computed(outcome)),
            }
        }
    }

    /// What to store, with what is held; those whose results cannot be written are at their end.
    pub(crate) fn entries(&mut self) -> Vec<(usize, Entry)> {
        let all: Vec<usize> = self.at(|step| step == Step::Store).map(|(place, ..)| place).collect();
        let mut entries = Vec::new();
        for place in all {
            let one = &mut self.all[place];
            let entry = one.caller.as_mut().and_then(Caller::entry);
            match entry.filter(|_| one.held.is_some()) {
                Some(entry) => entries.push((place, entry)),
                None => self.set(place, |caller| caller.session.stored(None)),
            }
        }
        entries
    }

    pub(crate) fn stored(&mut self, place: usize, kept: CacheResult<StoreOutcome>) {
        self.answered(place, kept, |session, kept| session.stored(Some(kept)));
    }

    /// Takes what is held by those whose function failed, and by those at their end: to be given back.
    pub(crate) fn taken_back(&mut self) -> Vec<H> {
        let ends = |one: &&mut One<'_, A, T, E, L, H>| {
            matches!(one.at, At::Step(Step::GiveBack | Step::Serve(_) | Step::Fail(_)) | At::Uncached)
        };
        self.all.iter_mut().filter(ends).filter_map(|one| one.held.take()).collect()
    }

    /// Ends those that are at their end, once what they held is given back. `stood`: all of it did.
    pub(crate) fn end(&mut self, stood: bool) {
        for one in &mut self.all {
            let (At::Step(step), Some(caller)) = (&one.at, &mut one.caller) else { continue };
            let step = if *step == Step::GiveBack { caller.session.given_back(stood) } else { *step };
            if matches!(step, Step::Serve(_) | Step::Fail(_)) {
                one.at = caller.end(step).map_or(At::Uncached, At::Done);
                one.caller = None;
            }
        }
    }

    /// Whether any waits for another process.
    pub(crate) fn sleeps(&mut self) -> bool {
        self.at(|step| step == Step::Sleep).next().is_some()
    }

    pub(crate) fn slept(&mut self) {
        for one in &mut self.all {
            if let (At::Step(Step::Sleep), Some(caller)) = (&one.at, &mut one.caller) {
                one.at = At::Step(caller.session.on(Event::Slept));
            }
        }
    }
}

impl<T: Clone, E> At<T, E> {
    fn again(&self) -> Self {
        match self {
            Self::Step(step) => Self::Step(*step),
            Self::Uncached => Self::Uncached,
            Self::Done(called) => Self::Done(match called {
                Ok(value) => Ok(value.clone()),
                Err(CallError::Function(error)) => Err(CallError::Function(Arc::clone(error))),
                Err(CallError::Cache(error)) => Err(CallError::Cache(error.clone())),
                Err(CallError::Timeout { key, after }) => {
                    Err(CallError::Timeout { key: key.clone(), after: *after })
                }
            }),
        }
    }
}
