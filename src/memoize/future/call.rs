//! A call from a task.

use super::remote::{self, Held};
use crate::memoize::builder;
use crate::memoize::call_state::{Cause, Event, Served, Step};
use crate::memoize::computation::{Computation, Within};
use crate::memoize::core::Core;
use crate::memoize::counts::Counts;
use crate::memoize::error::CallError;
use crate::memoize::options::Options;
use crate::memoize::owed::Lead;
use crate::memoize::session::Session;
use crate::memoize::single_flight::{Flights, Leader, Role};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A computation under way.
pub(super) type Computing<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// An async function as a builder holds it.
pub struct Function<A, T, E>(pub(super) Box<dyn Fn(A) -> Computing<T, E> + Send + Sync>);

/// Makes a [`Memoized`] function: see [`Cache::memoize`](super::Cache::memoize).
pub type Builder<A, T, E = Infallible> = builder::Builder<A, T, Function<A, T, E>>;

/// What callers who share a computation get.
type Outcome<T, E> = Result<T, Arc<E>>;

/// An async function with the cache in front of it. Cheap to clone; all clones are one function.
pub struct Memoized<A, T, E = Infallible>(Arc<Inner<A, T, E>>);

struct Inner<A, T, E> {
    core: Arc<Core>,
    options: Options<A, T>,
    function: Function<A, T, E>,
    flights: Arc<Flights<Outcome<T, E>>>,
}

impl<A, T, E> Clone for Memoized<A, T, E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A, T, E> Builder<A, T, E>
where
    A: Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// The function with the cache in front of it: build it once and keep it, as
    /// [`sync::Builder::build`](crate::memoize::sync::Builder::build) says.
    pub fn build(self) -> Memoized<A, T, E> {
        let (core, options, function) = self.into_parts();
        Memoized(Arc::new(Inner { core, options, function, flights: Arc::default() }))
    }
}

impl<A, T, E> Memoized<A, T, E>
where
    A: Clone + Send + Sync,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// The value for these arguments: from the cache, from another caller, or computed.
    ///
    /// Who computes, who waits, what a panic or an error does, and what other processes see is as
    /// [`sync::Memoized::call`](crate::memoize::sync::Memoized::call) says it, with tasks for threads. (What a function
    /// spawns as a task of its own is not known as its part; what it awaits or joins is. A call that nobody polls, as one
    /// of a `buffered` stream, cannot hand out its value: whoever waits for it in between waits for ever.)
    ///
    /// **Cancelling** (dropping the future, at any await) loses nothing. Steps that change something in Redis run to
    /// their end in a task of their own. The function's own future is dropped; then the mark is given back, and of
    /// those who waited for this caller one computes anew. Where nobody drives the runtime of the cancelled call any
    /// more, they wait for that no longer than the [`timeouts`](crate::memoize::Settings::timeouts).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// let settings = Settings::new();
    /// # let settings = settings.url(redis.url());
    /// let cache = Cache::open(settings)?;
    /// let slow = cache
    ///     .memoize("slow", |id: &u32| format!("slow:{id}"), |id: u32| async move {
    ///         tokio::time::sleep(Duration::from_millis(50)).await;
    ///         id * 2
    ///     })
    ///     .build();
    /// // Given up after 10 ms: the key is not stuck, the next call computes.
    /// let _ = tokio::time::timeout(Duration::from_millis(10), slow.call(&21)).await;
    /// assert_eq!(slow.call(&21).await?, 42);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CallError::Function`] where the function failed; [`CallError::Cache`] where Redis did and the settings say
    /// to tell.
    pub async fn call(&self, args: &A) -> Result<T, CallError<E>> {
        let inner = &*self.0;
        if inner.options.bypasses(&inner.core, args) {
            return call_uncached(inner, args).await;
        }
        let session = match Session::new(&inner.core, &inner.options, args) {
            Ok(session) => session,
            Err(error) => match inner.options.refuse(&inner.core, error) {
                Some(error) => return Err(CallError::Cache(error)),
                None => return call_uncached(inner, args).await,
            },
        };
        let leads = OnceLock::new();
        let mut run = pin!(Call { held: None, lead: None, inner, session, args, leads: &leads }.run());
        poll_fn(|context| {
            let _within = Within::begin(leads.get().copied());
            run.as_mut().poll(context)
        })
        .await
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
async fn call_uncached<A: Clone, T, E>(inner: &Inner<A, T, E>, args: &A) -> Result<T, CallError<E>> {
    (inner.function.0)(args.clone()).await.map_err(|error| CallError::Function(Arc::new(error)))
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
struct Call<'a, A, T, E> {
    held: Option<Held>,
    lead: Option<Leading<Outcome<T, E>>>,
    inner: &'a Inner<A, T, E>,
    session: Session<'a, A, T>,
    args: &'a A,
    /// Itself, once it leads: whatever thread polls it from then on runs a part of it.
    leads: &'a OnceLock<Computation>,
}

impl<A, T, E> Call<'_, A, T, E>
where
    A: Clone,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    async fn run(mut self) -> Result<T, CallError<E>> {
        let core = &self.inner.core;
        let mut outcome: Option<Outcome<T, E>> = None;
        let mut step = self.session.first();
        loop {
            step = match step {
                Step::Read => {
                    let read = remote::read(core, &self.session.names, self.session.look()).await;
                    self.session.read(read)
                }
                Step::Lead | Step::Share => match self.session.enter(&self.inner.flights) {
                    Role::Leader(leader) => {
                        self.leads.get_or_init(|| leader.computation()).go_on();
                        self.lead = Some(Leading(Arc::new(leader), core.link.longest_wait()));
                        self.session.on(Event::Leading)
                    }
                    _ if step == Step::Lead => self.session.on(Event::Taken),
                    Role::Circle => return call_uncached(self.inner, self.args).await,
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
                    let result = (self.inner.function.0)(self.args.clone()).await;
                    run.ended(result.is_ok());
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

    fn land(&mut self, outcome: Outcome<T, E>) {
        if let Some(lead) = self.lead.take() {
            lead.0.land(outcome, self.session.claimed_throughout());
        }
    }

    async fn serve(mut self, served: Served, outcome: Option<Outcome<T, E>>) -> Result<T, CallError<E>> {
        let found = match served {
            Served::Hit | Served::Stale | Served::Waited => self.session.take_value(),
            Served::Shared | Served::Computed => outcome.and_then(Result::ok),
        };
        let Some(value) = found else { return call_uncached(self.inner, self.args).await };
        // An old value is for those who read it; who waits for this caller reads for himself.
        if served != Served::Stale {
            self.land(Ok(value.clone()));
        }
        self.session.serving(served, &value);
        Ok(value)
    }

    async fn fail(mut self, cause: Cause, outcome: Option<Outcome<T, E>>) -> Result<T, CallError<E>> {
        match (cause, outcome, self.session.take_failure()) {
            (Cause::Cache, _, Some(error)) => Err(CallError::Cache(error)),
            (Cause::Function, Some(Err(error)), _) => {
                self.land(Err(Arc::clone(&error)));
                Err(CallError::Function(error))
            }
            _ => call_uncached(self.inner, self.args).await,
        }
    }
}
