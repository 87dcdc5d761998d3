//! One call between its decisions and its I/O: what came from Redis is decoded, callbacks are called, and the machine
//! is asked what to do next. Both APIs drive it; it does no I/O itself.

use super::cached::Cached;
use super::call_state::{Call, Claimed, Event, Found, Hold, Purpose, Served, Step};
use super::codec::Codec;
use super::computation::Computation;
use super::core::{Core, shielded};
use super::counts::Counters;
use super::options::Options;
use super::protocol::{
    Claim, ClaimReply, ClaimRequest, Entry, Look, Names, Read, StoreOutcome, app_now, score_in,
};
use super::settings::OnError;
use super::single_flight::{Flights, Origin, Role, Trust};
use crate::cache::Event as Counted;
use crate::error::{Error, Result};
use std::sync::Arc;
use std::time::Instant;

/// One call under way.
pub(crate) struct Session<'a, A: ?Sized, T> {
    core: &'a Arc<Core>,
    options: &'a Options<A, T>,
    codec: &'a dyn Codec<T>,
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
    stored: bool,
    stale: bool,
    value: Option<T>,
    bad: Option<Vec<u8>>,
    failure: Option<Error>,
}

impl<'a, A: ?Sized, T> Session<'a, A, T> {
    /// A call with these arguments; `None` where it passes the cache by.
    ///
    /// # Errors
    /// As [`Options::names`], with [`OnError::Fail`].
    pub(crate) fn open(
        cached: &'a Cached<A, T>,
        purpose: Purpose,
        on_error: OnError,
        args: &'a A,
    ) -> Result<Option<Self>> {
        let Cached { core, options, .. } = cached;
        if options.bypasses(core, args) {
            return Ok(None);
        }
        match Self::new(cached, purpose, on_error, args) {
            Ok(session) => Ok(Some(session)),
            Err(error) => options.refuse(core, on_error, error).map_or(Ok(None), Err),
        }
    }

    fn new(cached: &'a Cached<A, T>, purpose: Purpose, on_error: OnError, args: &'a A) -> Result<Self> {
        let Cached { core, options, codec } = cached;
        let names = options.names(core, args)?;
        let stale = options.stale.unwrap_or(core.settings.stale);
        let compute = on_error == OnError::Compute;
        let machine = Call::new(purpose, stale, core.settings.retry_count, compute);
        Ok(Self {
            core,
            options,
            codec: &**codec,
            args,
            names,
            purpose,
            machine,
            began: Computation::next(),
            trust: if purpose == Purpose::Refresh { Trust::Later } else { Trust::All },
            claimed: false,
            stored: false,
            stale,
            value: None,
            bad: None,
            failure: None,
        })
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
        self.machine.next(event)
    }

    /// Now on the application's clock, where the function has a timeout.
    fn due(&self) -> Option<i64> {
        self.options.timeout.map(|_| app_now(self.core.settings.utc_offset))
    }

    /// What to read.
    pub(crate) fn look(&self) -> Look {
        Look { due: self.due(), again: self.machine.looks_again(), marks: true }
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
        let found = match (self.decode(read.value), read.due) {
            (false, _) => Found::Absent,
            (true, true) => Found::Due,
            (true, false) => Found::Fresh,
        };
        self.on(Event::Read(found))
    }

    /// Leads the computation of this key, or follows whoever does.
    pub(crate) fn enter<V: Clone>(&self, flights: &Arc<Flights<V>>) -> Role<V> {
        flights.enter(&self.names.member, self.began, self.trust)
    }

    pub(crate) fn want(&self, join: bool) -> ClaimRequest {
        ClaimRequest {
            purpose: self.purpose,
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
    pub(crate) fn computing(&self, hold: Hold) -> Option<Run<'a>> {
        let (event, callback) = match (self.purpose, hold) {
            (Purpose::Put, _) => return None,
            (Purpose::Refresh, _) | (Purpose::Call, Hold::Lease { refresh: true }) => {
                (Counted::Refresh, &self.options.on_refresh)
            }
            _ => (Counted::Miss, &self.options.on_miss),
        };
        self.count(event);
        if let Some(callback) = callback {
            shielded("a miss callback", || callback(&self.full_key(), self.args));
        }
        Some(Run { counters: &self.options.counters, started: Instant::now(), well: false })
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
        let score = options.timeout.map(|timeout| score_in(timeout, self.core.settings.utc_offset));
        Ok(Entry { value, score, invalid_keys })
    }

    pub(crate) fn stored(&mut self, kept: Option<Result<StoreOutcome>>) -> Step {
        match kept {
            Some(Err(error)) => self.not_stored(error),
            Some(Ok(StoreOutcome::Stored)) => (self.claimed, self.stored) = (true, true),
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
            shielded("a hit callback", || callback(&self.full_key(), result, self.args));
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
        self.core.report(error);
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
    well: bool,
}

impl Run<'_> {
    pub(crate) fn ended(mut self, well: bool) {
        self.well = well;
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        match self.well {
            true => self.counters.record(Counted::Computed(self.started.elapsed())),
            false => self.counters.record_failure(),
        }
    }
}
