//! A call from a thread.

use crate::memoize::builder;
use crate::memoize::call_state::{Cause, Event, Served, Step};
use crate::memoize::computation::Within;
use crate::memoize::core::Core;
use crate::memoize::counts::Counts;
use crate::memoize::error::CallError;
use crate::memoize::options::Options;
use crate::memoize::protocol::{Lease, Names};
use crate::memoize::session::Session;
use crate::memoize::single_flight::{Flights, Leader, Role};
use std::convert::Infallible;
use std::sync::Arc;
use std::thread;

/// A function as a builder holds it.
pub struct Function<A: ?Sized, T, E>(pub(super) Box<Compute<A, T, E>>);

type Compute<A, T, E> = dyn Fn(&A) -> Result<T, E> + Send + Sync;

/// Makes a [`Memoized`] function: see [`Cache::memoize`](super::Cache::memoize).
pub type Builder<A, T, E = Infallible> = builder::Builder<A, T, Function<A, T, E>>;

/// What callers who share a computation get.
type Outcome<T, E> = Result<T, Arc<E>>;

/// A function with the cache in front of it. Cheap to clone; all clones are one function.
pub struct Memoized<A: ?Sized, T, E = Infallible>(Arc<Inner<A, T, E>>);

struct Inner<A: ?Sized, T, E> {
    core: Arc<Core>,
    options: Options<A, T>,
    function: Function<A, T, E>,
    flights: Arc<Flights<Outcome<T, E>>>,
}

impl<A: ?Sized, T, E> Clone for Memoized<A, T, E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: ?Sized + 'static, T: Clone + 'static, E: 'static> Builder<A, T, E> {
    /// The function with the cache in front of it. Build it once and keep it: its counters stay with the cache
    /// ([`Cache::counts`](super::Cache::counts)), so that one built for each request leaves its own there each time, and
    /// callers share a computation only where they call clones of one.
    pub fn build(self) -> Memoized<A, T, E> {
        let (core, options, function) = self.into_parts();
        Memoized(Arc::new(Inner { core, options, function, flights: Arc::default() }))
    }
}

impl<A: ?Sized, T: Clone, E> Memoized<A, T, E> {
    /// The value for these arguments: from the cache, from another caller, or computed.
    ///
    /// **Who computes, who waits.** Of the threads that find no value, one computes; the others wait until it is done
    /// and get its value, or its error. When a value is there but marked or expired, and stale reads are on, one
    /// thread recomputes and nobody waits. Other processes see a key in progress: they wait as the settings say, look
    /// again, and compute at last themselves; whoever is done first stores.
    ///
    /// **A panic** in the function goes to the caller whose thread ran it. Whatever was taken on the server is given
    /// back, and of those who waited one computes anew. **An error** of the function is given back the same way, and
    /// shared by those who waited.
    ///
    /// **Other processes** never see half a result: value, tag, invalid keys and expiry appear in one step.
    ///
    /// The function, `on_miss` and `on_refresh` may call memoized functions, this one included. `on_hit` and `on_wait` may call
    /// others, but nothing that comes back to this function: its hit would call them again, until the stack overflows. For
    /// the same reason the error callback of a cache calls no function of that cache. A call that would wait for a call
    /// which waits for it computes without the cache and without callbacks: the function asks for the key it is
    /// computing, or two need each other's values. (What a function hands to other threads is not known as its part.)
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// let settings = Settings::new();
    /// # let settings = settings.url(redis.url());
    /// let cache = Cache::open(settings)?;
    /// let runs = Arc::new(AtomicU32::new(0));
    /// let counter = Arc::clone(&runs);
    /// let slow = cache
    ///     .memoize("slow", |id: &u32| format!("slow:{id}"), move |id: &u32| {
    ///         counter.fetch_add(1, Ordering::Relaxed);
    ///         std::thread::sleep(std::time::Duration::from_millis(50));
    ///         id * 2
    ///     })
    ///     .build();
    /// std::thread::scope(|scope| {
    ///     for _ in 0..4 {
    ///         scope.spawn(|| assert_eq!(slow.call(&21).unwrap(), 42));
    ///     }
    /// });
    /// assert_eq!(runs.load(Ordering::Relaxed), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CallError::Function`] where the function failed; [`CallError::Cache`] where Redis did and the settings say
    /// to tell.
    pub fn call(&self, args: &A) -> Result<T, CallError<E>> {
        let inner = &*self.0;
        if inner.options.bypasses(&inner.core, args) {
            return call_uncached(inner, args);
        }
        match Session::new(&inner.core, &inner.options, args) {
            Ok(session) => Call { inner, session, held: None, _within: None, lead: None, args }.run(),
            Err(error) => match inner.options.refuse(&inner.core, error) {
                Some(error) => Err(CallError::Cache(error)),
                None => call_uncached(inner, args),
            },
        }
    }

    /// The logical key of these arguments, without the prefix.
    pub fn key(&self, args: &A) -> String {
        (self.0.options.key)(args)
    }

    /// What calls of this function came to in this process.
    pub fn counts(&self) -> Counts {
        self.0.options.counters.read()
    }
}

/// Without the cache, and without callbacks, which would come back here.
fn call_uncached<A: ?Sized, T, E>(inner: &Inner<A, T, E>, args: &A) -> Result<T, CallError<E>> {
    (inner.function.0)(args).map_err(|error| CallError::Function(Arc::new(error)))
}

/// One call under way. Its fields are dropped in order: what is held on the server is given back before those who
/// wait for this caller begin again, and whoever is told that it could not be is told within the call.
struct Call<'a, A: ?Sized, T, E> {
    held: Option<Held<'a>>,
    _within: Option<Within>,
    lead: Option<Leader<Outcome<T, E>>>,
    inner: &'a Inner<A, T, E>,
    session: Session<'a, A, T>,
    args: &'a A,
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

impl<A: ?Sized, T: Clone, E> Call<'_, A, T, E> {
    fn run(mut self) -> Result<T, CallError<E>> {
        let core = &*self.inner.core;
        let mut outcome: Option<Outcome<T, E>> = None;
        let mut step = self.session.first();
        loop {
            step = match step {
                Step::Read => {
                    let read = core.read(&self.session.names, self.session.look());
                    self.session.read(read)
                }
                Step::Lead | Step::Share => match self.session.enter(&self.inner.flights) {
                    Role::Leader(leader) => {
                        self._within = Some(leader.computation().enter());
                        self.lead = Some(leader);
                        self.session.on(Event::Leading)
                    }
                    _ if step == Step::Lead => self.session.on(Event::Taken),
                    Role::Circle => return call_uncached(self.inner, self.args),
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
                    let result = (self.inner.function.0)(self.args);
                    run.ended(result.is_ok());
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

    fn land(&mut self, outcome: Outcome<T, E>) {
        self.held = None;
        if let Some(lead) = self.lead.take() {
            lead.land(outcome, self.session.claimed_throughout());
        }
    }

    fn serve(mut self, served: Served, outcome: Option<Outcome<T, E>>) -> Result<T, CallError<E>> {
        let found = match served {
            Served::Hit | Served::Stale | Served::Waited => self.session.take_value(),
            Served::Shared | Served::Computed => outcome.and_then(Result::ok),
        };
        let Some(value) = found else { return call_uncached(self.inner, self.args) };
        // An old value is for those who read it; who waits for this caller reads for himself.
        if served != Served::Stale {
            self.land(Ok(value.clone()));
        }
        self.session.serving(served, &value);
        Ok(value)
    }

    fn fail(mut self, cause: Cause, outcome: Option<Outcome<T, E>>) -> Result<T, CallError<E>> {
        match (cause, outcome, self.session.take_failure()) {
            (Cause::Cache, _, Some(error)) => Err(CallError::Cache(error)),
            (Cause::Function, Some(Err(error)), _) => {
                self.land(Err(Arc::clone(&error)));
                Err(CallError::Function(error))
            }
            _ => call_uncached(self.inner, self.args),
        }
    }
}
