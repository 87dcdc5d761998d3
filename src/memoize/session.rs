//! One call between its decisions and its I/O: what came from Redis is decoded, callbacks are called, and the machine
//! is asked what to do next. Both APIs drive it; it does no I/O itself.

use super::cached::{Cached, Wants};
use super::call_state::{Call, Claimed, Event, Found, Hold, Purpose, Served, Step};
use super::codec::Codec;
use super::computation::Computation;
use super::core::{Core, shielded};
use super::counts::Counters;
use super::error::CallError;
use super::handover::{CallerSide, DetachedSide};
use super::local::{Local, Version};
use super::options::Options;
use super::protocol::{Claim, ClaimReply, ClaimRequest, Entry, Look, Names, Read, StoreOutcome};
use super::settings::OnError;
use super::single_flight::{Flights, Origin, Role, Trust};
use crate::cache::Event as Counted;
use crate::error::{Error, Result};
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One call under way.
pub(crate) struct Session<'a, A: ?Sized, T> {
    core: &'a Arc<Core>,
    options: &'a Options<A, T>,
    codec: &'a dyn Codec<T>,
    local: Option<&'a Local<T>>,
    /// Of the value that is being read.
    version: Option<Version>,
    /// A valid value is to be recomputed.
    pub(crate) early: bool,
    args: &'a A,
    pub(crate) names: Names,
    purpose: Purpose,
    machine: Call,
    /// When the call began.
    began: Computation,
    /// In computations that began before.
    trust: Trust,
    /// Its claim stood until the result was stored, or until it was given back.
    claimed: bool,
    /// It computes beside another, under the lease of that one.
    joined: bool,
    stored: bool,
    stale: bool,
    /// The error that comes next was told of already: it is that of several keys.
    pub(crate) is_told: bool,
    value: Option<T>,
    /// Of the old value that was read.
    digest: Option<u64>,
    bad: Option<Vec<u8>>,
    failure: Option<Error>,
    /// For a function with a soft or a hard timeout.
    began_at: Option<Instant>,
    hard_timeout: Option<Duration>,
    /// What went on behind this call is to know when it waits no longer.
    caller_side: Option<CallerSide<'a>>,
    /// It goes on behind a call: what that is told.
    detached: Option<Arc<DetachedSide>>,
    /// What the call came to was counted behind it.
    is_counted: bool,
    #[cfg(feature = "metrics")]
    timed: Timed,
}

/// A call that goes on behind its caller: all of it but the arguments and the function.
pub(crate) struct GoesOn {
    names: Names,
    purpose: Purpose,
    machine: Call,
    began: Computation,
    trust: Trust,
    stale: bool,
    digest: Option<u64>,
    bad: Option<Vec<u8>>,
    /// Whether the caller waits for it, if only for a while.
    pub(crate) waits: bool,
    /// Until when it waits for a thread that can do it.
    pub(crate) until: Option<Instant>,
    /// What the caller is told.
    pub(crate) detached: Arc<DetachedSide>,
    #[cfg(feature = "metrics")]
    began_at: Instant,
}

/// Since when a call runs, and what it counts as where it runs the function.
#[cfg(feature = "metrics")]
struct Timed(Instant, Option<Counted>);

impl<'a, A: ?Sized, T> Session<'a, A, T> {
    /// A call with these arguments; `None` where it passes the cache by.
    ///
    /// # Errors
    /// As [`Options::names`], with [`OnError::Fail`].
    pub(crate) fn open(cached: &'a Cached<A, T>, wants: Wants, args: &'a A) -> Result<Option<Self>> {
        let Cached { core, options, .. } = cached;
        if options.bypasses(core, args) {
            return Ok(None);
        }
        match Self::new(cached, wants, args) {
            Ok(session) => Ok(Some(session)),
            Err(error) => options.refuse(core, wants.on_error, error).map_or(Ok(None), Err),
        }
    }

    fn new(cached: &'a Cached<A, T>, wants: Wants, args: &'a A) -> Result<Self> {
        let Cached { core, options, codec, local } = cached;
        let Wants { purpose, on_error, tells_timeout, early } = wants;
        #[cfg(feature = "metrics")]
        let timed = Timed(Instant::now(), None);
        let names = options.names(core, args)?;
        let told = &options.resilience;
        let stale = told.stale_while_revalidate || options.stale.unwrap_or(core.settings.stale);
        let compute = on_error == OnError::Compute;
        let machine = Call::new(purpose, stale, core.settings.retry_count, compute)
            .stale_if_error(told.stale_if_error.is_some());
        let hard_timeout = told.hard_timeout.filter(|_| tells_timeout);
        let is_timed = hard_timeout.is_some() || told.soft_timeout.is_some();
        Ok(Self {
            core,
            options,
            codec: &**codec,
            local: local.as_ref(),
            version: None,
            early,
            args,
            names,
            purpose,
            machine,
            began: Computation::next(),
            trust: if purpose == Purpose::Refresh { Trust::Later } else { Trust::All },
            claimed: false,
            joined: false,
            stored: false,
            stale,
            is_told: false,
            value: None,
            digest: None,
            bad: None,
            failure: None,
            began_at: is_timed.then(Instant::now),
            hard_timeout,
            caller_side: None,
            detached: None,
            is_counted: false,
            #[cfg(feature = "metrics")]
            timed,
        })
    }

    /// What goes on behind this call, to begin with its lead.
    pub(crate) fn goes_on(&mut self) -> GoesOn {
        let Self { purpose, began, trust, stale, digest, .. } = *self;
        let (names, bad) = (self.names.clone(), self.bad.clone());
        let waits = !(self.options.resilience.stale_while_revalidate && self.machine.has_value());
        let until = if waits { self.deadline() } else { None };
        let (caller_side, detached) = CallerSide::new(self.core, waits);
        self.caller_side = Some(caller_side);
        GoesOn {
            names,
            purpose,
            machine: self.machine.behind(),
            began,
            trust,
            stale,
            digest,
            bad,
            waits,
            until,
            detached: Arc::new(detached),
            #[cfg(feature = "metrics")]
            began_at: self.timed.0,
        }
    }

    /// A call behind its caller, of the same arguments.
    pub(crate) fn behind(cached: &'a Cached<A, T>, call: GoesOn, args: &'a A) -> Self {
        let Cached { core, options, codec, local } = cached;
        #[cfg(feature = "metrics")]
        let timed = Timed(call.began_at, None);
        let GoesOn { names, purpose, machine, began, trust, stale, digest, bad, .. } = call;
        Self {
            core,
            options,
            codec: &**codec,
            local: local.as_ref(),
            version: None,
            early: false,
            args,
            names,
            purpose,
            machine,
            began,
            trust,
            claimed: false,
            joined: false,
            stored: false,
            stale,
            is_told: false,
            value: None,
            digest,
            bad,
            failure: None,
            began_at: None,
            hard_timeout: None,
            caller_side: None,
            detached: Some(call.detached),
            is_counted: false,
            #[cfg(feature = "metrics")]
            timed,
        }
    }

    /// Whether the computation may outlast the call: then it goes on behind it.
    pub(crate) fn may_outlast(&self) -> bool {
        let told = &self.options.resilience;
        let old = self.machine.has_value() && (told.stale_while_revalidate || told.soft_timeout.is_some());
        old || self.hard_timeout.is_some()
    }

    /// Until when the call waits for a value; `None` where it waits until there is one.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let told = &self.options.resilience;
        let soft = match told.stale_while_revalidate {
            true => Some(Duration::ZERO),
            false => told.soft_timeout,
        };
        let soft = soft.filter(|_| self.machine.has_value());
        let began = self.began_at.unwrap_or_else(Instant::now);
        soft.into_iter().chain(self.hard_timeout).min().and_then(|timeout| began.checked_add(timeout))
    }

    /// What went on behind the call has told it how it ended.
    pub(crate) fn heard(&self) {
        self.caller_side.iter().for_each(CallerSide::heard);
    }

    /// The call waits no longer for a value.
    pub(crate) fn timed_out(&mut self) -> Step {
        self.is_counted = self.caller_side.as_ref().is_some_and(CallerSide::leave);
        self.caller_side = None;
        if !self.stale && self.options.resilience.soft_timeout.is_none() {
            self.machine.forget_old();
        }
        if !self.options.resilience.stale_while_revalidate || !self.machine.has_value() {
            self.options.counters.record_timed_out();
        }
        self.on(Event::TimedOut)
    }

    /// How to go on, where the call that went on behind this one ended with an error and a value at hand is better than that.
    pub(crate) fn failed_behind<E>(&mut self, error: &CallError<E>) -> Option<Step> {
        let step = match error {
            CallError::Function(_) => self.on(Event::SharedError),
            CallError::Cache(error) if self.machine.is_early() => {
                self.core.report(error);
                self.on(Event::Unavailable)
            }
            _ => return None,
        };
        matches!(step, Step::Serve(_)).then_some(step)
    }

    /// That there was no value within the hard timeout.
    pub(crate) fn timeout<E>(&self) -> CallError<E> {
        CallError::Timeout { key: self.full_key(), after: self.hard_timeout.unwrap_or_default() }
    }

    /// Whether it replaces a value that is valid, and was read before.
    pub(crate) fn refreshes_early(&self) -> bool {
        self.machine.is_early()
    }

    /// Whether it may end with no value, as its time is over.
    pub(crate) fn may_time_out(&self) -> bool {
        self.hard_timeout.is_some()
    }

    /// Whether a value is at hand.
    pub(crate) fn has_value(&self) -> bool {
        self.machine.has_value()
    }

    pub(crate) fn core(&self) -> &'a Arc<Core> {
        self.core
    }

    pub(crate) fn first(&self) -> Step {
        self.machine.first()
    }

    pub(crate) fn on(&mut self, event: Event) -> Step {
        if event == Event::Slept {
            self.options.counters.record_retry();
        }
        let step = self.machine.next(event);
        let failed = matches!(event, Event::Failed | Event::GivenBack | Event::SharedError);
        if failed && let Step::Serve(served) = step {
            // It was read before the claim.
            self.claimed = false;
            if served == Served::Stale {
                self.options.counters.record_stale_on_error();
            }
        }
        step
    }

    /// The function failed: whoever wants to know is told, and it is left alone for a while.
    pub(crate) fn failed(&self, error: &dyn Any) {
        if let Some(callback) = &self.options.on_failure {
            shielded("a failure callback", || callback(&self.full_key(), error, self.args));
        }
        if let Some(old) = self.digest {
            self.options.resilience.note_failure(&self.names.member, old, self.core.elapsed());
        }
    }

    /// Now on the application's clock, where the function has a timeout.
    fn due(&self) -> Option<i64> {
        self.options.timeout.map(|_| self.core.app_now())
    }

    /// What to read.
    pub(crate) fn look(&mut self) -> (&Names, Look) {
        self.version = self.local.and_then(|local| local.version(self.names.hash()));
        let (again, holds) = (self.machine.looks_again(), self.version.is_some());
        (&self.names, Look { due: self.due(), again, marks: true, holds })
    }

    pub(crate) fn read(&mut self, read: Result<Read>) -> Step {
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                self.trust = Trust::All;
                return self.unavailable(error);
            }
        };
        self.trust = if read.due { Trust::Nothing } else { Trust::Claimed };
        let told = &self.options.resilience;
        self.digest = read.value.as_deref().filter(|_| read.due).and_then(|old| told.digest(old));
        let bytes = read.value.as_ref().map_or(0, Vec::len);
        let found = match (self.decode(read.value), read.due) {
            (false, _) => Found::Absent,
            (true, true) if self.backs_off() => Found::Failing,
            (true, true) => Found::Due,
            (true, false) if self.is_early(read.score) => Found::Early,
            (true, false) => Found::Fresh,
        };
        if let (Found::Fresh, Some(local), Some(version)) = (found, self.local, self.version)
            && let (Some(value), Some(run_id)) = (&self.value, &read.run_id)
            && local.hears(run_id)
        {
            local.put(self.names.key.as_bytes(), version, value, bytes, read.score);
        }
        let step = self.on(Event::Read(found));
        if found == Found::Failing {
            self.options.counters.record_stale_on_error();
        }
        step
    }

    fn backs_off(&self) -> bool {
        self.digest.is_some_and(|old| {
            self.options.resilience.backs_off(&self.names.member, old, self.core.elapsed())
        })
    }

    /// Whether a valid value is to be recomputed already.
    fn is_early(&self, score: Option<f64>) -> bool {
        !self.machine.looks_again()
            && score.is_some_and(|score| self.early || self.options.is_time(self.core.left_until(score)))
    }

    /// Leads the computation of this key, or follows whoever does.
    pub(crate) fn enter<V: Clone>(&self, flights: &Arc<Flights<V>>) -> Role<V> {
        flights.enter(&self.names.member, self.began, self.trust)
    }

    /// The same, as a part of a computation that leads for other keys, too.
    pub(crate) fn enter_with<V: Clone>(
        &self,
        flights: &Arc<Flights<V>>,
        with: Option<Computation>,
    ) -> Role<V> {
        flights.enter_with(&self.names.member, self.began, self.trust, with)
    }

    pub(crate) fn want(&self, join: bool) -> ClaimRequest {
        ClaimRequest {
            purpose: if self.machine.is_early() { Purpose::Refresh } else { self.purpose },
            stale: self.stale,
            join,
            again: self.machine.looks_again(),
            bad: self.bad.clone(),
            claim: Claim::new(self.core.settings.lease, self.due()),
        }
    }

    pub(crate) fn claimed(&mut self, grant: Result<ClaimReply>) -> Step {
        let grant = match grant {
            Ok(grant) => grant,
            Err(error) => return self.unavailable(error),
        };
        let event = match grant.claimed {
            Claimed::Valid => match self.decode(grant.value) {
                true => Event::Claimed(Claimed::Valid),
                false => Event::Unreadable,
            },
            Claimed::Busy { .. } => Event::Claimed(Claimed::Busy { value: self.decode(grant.value) }),
            other => Event::Claimed(other),
        };
        self.on(event)
    }

    /// Before the function runs, where one does.
    pub(crate) fn computing(&mut self, hold: Hold) -> Option<Run<'a>> {
        self.joined = hold == Hold::Joined;
        let (event, callback) = match (self.purpose, hold) {
            (Purpose::Put, _) => return None,
            (Purpose::Refresh, _) | (Purpose::Call, Hold::Lease { refresh: true }) => {
                (Counted::Refresh, &self.options.on_refresh)
            }
            (Purpose::Call, _) if self.machine.is_early() => {
                self.options.counters.record_early();
                (Counted::Refresh, &self.options.on_refresh)
            }
            _ => (Counted::Miss, &self.options.on_miss),
        };
        self.count(event);
        #[cfg(feature = "metrics")]
        {
            self.timed.1 = Some(event);
        }
        if let Some(callback) = callback {
            shielded("a miss or refresh callback", || callback(&self.full_key(), self.args));
        }
        Some(Run { counters: &self.options.counters, started: Instant::now(), took: None })
    }

    /// What to store, `None` where the result cannot be written.
    pub(crate) fn entry(&mut self, result: &T) -> Option<Entry> {
        self.try_entry(result).map_err(|error| self.not_stored(error)).ok()
    }

    /// A put has nothing else to tell; to a call the value is what counts.
    fn not_stored(&mut self, error: Error) {
        if self.purpose == Purpose::Put {
            self.options.counters.record_error();
            self.failure = Some(error);
        } else {
            self.report(&error);
        }
    }

    fn try_entry(&self, result: &T) -> Result<Entry> {
        let options = self.options;
        let invalid_keys = options.invalid_keys(self.core, &self.names, self.args, result)?;
        let value = self
            .codec
            .encode(result)
            .map_err(|reason| Error::Encode { key: self.full_key(), reason: reason.to_string() })?;
        let score = options.timeout.map(|timeout| {
            let shortened = options.resilience.jittered(timeout);
            if shortened < timeout {
                options.counters.record_jittered();
            }
            self.core.score_in(shortened)
        });
        // Who joined a lease began later than who has it.
        let replaces = self.purpose != Purpose::Call && self.joined;
        Ok(Entry { value, score, invalid_keys, replaces })
    }

    pub(crate) fn stored(&mut self, kept: Option<Result<StoreOutcome>>) -> Step {
        match kept {
            Some(Err(error)) => self.not_stored(error),
            Some(Ok(StoreOutcome::Stored)) => {
                self.core.wrote(self.names.hash());
                (self.claimed, self.stored) = (true, true);
                self.options.resilience.note_success(&self.names.member);
            }
            Some(Ok(kept)) => {
                log::debug!(target: "cacheme", "{}: another worker was there first ({kept:?})", self.full_key());
            }
            None => {}
        }
        self.on(Event::Stored)
    }

    /// The function failed, and what was taken was given back. `stood`: whether the server still had the claim.
    pub(crate) fn given_back(&mut self, stood: bool) -> Step {
        self.claimed = stood;
        self.on(Event::GivenBack)
    }

    /// Where the outcome comes from that is handed out.
    pub(crate) fn origin(&self, computed: bool) -> Origin {
        match (self.claimed, computed) {
            (true, _) => Origin::Claimed,
            (false, true) => Origin::Computed,
            (false, false) => Origin::Read,
        }
    }

    /// Whether the value was stored by this call.
    pub(crate) fn is_stored(&self) -> bool {
        self.stored
    }

    /// The value that was read, for a call that ends with it.
    pub(crate) fn take_value(&mut self) -> Option<T> {
        self.value.take()
    }

    /// The error of Redis, for a call that ends with it.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// As a call ends with a value.
    pub(crate) fn serving(&self, served: Served, result: &T) {
        if self.is_counted || self.detached.as_ref().is_some_and(|detached| !detached.counts()) {
            return;
        }
        #[cfg(feature = "metrics")]
        self.measure(served);
        let (event, callback) = match served {
            Served::Computed => return,
            Served::Hit | Served::Stale => (Counted::Hit, &self.options.on_hit),
            Served::Waited | Served::Shared => (Counted::Wait, &self.options.on_wait),
        };
        self.count(event);
        if served == Served::Stale {
            self.count(Counted::Stale);
        }
        if let Some(callback) = callback {
            shielded("a hit or wait callback", || callback(&self.full_key(), result, self.args));
        }
    }

    #[cfg(feature = "metrics")]
    fn measure(&self, served: Served) {
        let Timed(began, ran) = self.timed;
        let event = match served {
            // A put runs nothing.
            Served::Computed => ran,
            Served::Hit | Served::Stale => Some(Counted::Hit),
            Served::Waited | Served::Shared => Some(Counted::Wait),
        };
        if let Some(event) = event {
            self.options.counters.metrics.returned(event, began.elapsed());
        }
    }

    /// The key as callbacks get it: with the prefix.
    fn full_key(&self) -> String {
        String::from_utf8_lossy(&self.names.member).into_owned()
    }

    fn unavailable(&mut self, error: Error) -> Step {
        let step = self.on(Event::Unavailable);
        match step {
            Step::Fail(_) => {
                self.options.counters.record_error();
                self.failure = Some(error);
            }
            _ => self.report(&error),
        }
        step
    }

    fn report(&self, error: &Error) {
        self.options.counters.record_error();
        if !self.is_told {
            self.core.report(error);
        }
    }

    fn count(&self, event: Counted) {
        self.options.counters.record(event);
    }

    /// Keeps what bytes stand for; bytes that stand for nothing are remembered, since the server takes them for a value.
    fn decode(&mut self, bytes: Option<Vec<u8>>) -> bool {
        self.value = None;
        let Some(bytes) = bytes else { return false };
        match self.codec.decode(&bytes) {
            Ok(value) => {
                self.value = Some(value);
                true
            }
            Err(reason) => {
                log::debug!(target: "cacheme", "{}: the stored value is taken for none: {reason}", self.full_key());
                self.bad = Some(bytes);
                false
            }
        }
    }
}

/// A run of the function. One that does not come back (a panic, a cancelled task) counts as failed.
pub(crate) struct Run<'a> {
    counters: &'a Counters,
    started: Instant,
    /// Where it came back well.
    took: Option<Duration>,
}

impl Run<'_> {
    pub(crate) fn ended(self, well: bool) {
        let took = self.started.elapsed();
        self.ended_after(took, well);
    }

    /// The same of one that ran beside others, or was computed with them.
    pub(crate) fn ended_after(mut self, took: Duration, well: bool) {
        self.took = well.then_some(took);
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        match self.took {
            Some(took) => self.counters.record(Counted::Computed(took)),
            None => self.counters.record_failure(),
        }
    }
}
