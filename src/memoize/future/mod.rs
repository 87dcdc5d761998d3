//! The async API, for tasks of tokio: the same calls, with `.await`.
//!
//! It needs a runtime whose I/O and time drivers are on (`enable_all`). The calls of a runtime share one connection; sweeps
//! over tags and invalidations run on threads of the runtime's blocking pool, and so does what is done once: looking for the
//! layout, asking sentinels or a cluster where the data are. Such a thread is waited for no longer than the
//! [`timeouts`](Settings::timeouts): behind that it fails as without Redis. A call that
//! `Handle::block_on` drives from outside of the runtime panics where the runtime is shut down meanwhile, as all timers of tokio do.

mod call;
mod many;
mod many_call;
mod memoized;
mod remote;

#[cfg(feature = "macros")]
#[doc(hidden)]
pub use memoized::Written;
pub use memoized::{Builder, Function, Keyed, KeyedBuilder, Memoized, NoFunction};

use super::core::Core;
use super::counts::Counts;
use super::invalidate::{Invalidate, invalidate, keys_of_tag};
use super::settings::Settings;
use super::source::{InvalidationSource, Invalidator};
use crate::error::{Error, Result};
use crate::namespace::LogicalKey;
use crate::ops::InvalidationReport;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// A namespace on one Redis, and the async functions cached in it. Cheap to clone.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
/// use cacheme::memoize::{Invalidate, Settings, future::Cache};
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let redis = Redis::start();
/// let settings = Settings::from_env()?;
/// # let settings = settings.url(redis.url());
/// let cache = Cache::open(settings)?;
/// let square = cache
///     .memoize("square", |n: &u64| format!("square:{n}"), |n: u64| async move { n * n })
///     .build();
/// assert_eq!(square.call(&12).await?, 144);
/// cache.invalidate(&Invalidate::tag("square")).await?;
/// # assert_eq!((square.call(&12).await?, square.counts().refreshes), (144, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Cache(Arc<Core>);

impl Cache {
    /// A cache by its settings. Connects at the first call.
    ///
    /// # Errors
    /// [`Error::Url`] and [`Error::Prefix`].
    pub fn open(settings: Settings) -> Result<Self> {
        Core::new(settings, None).map(|core| Self(Arc::new(core)))
    }

    /// As [`Cache::open`], with a callback for failures that callers do not see: Redis away while the settings say to
    /// compute, results that could not be stored. It may come from any thread; its panics are logged. It must not call
    /// functions of this cache: without Redis that fails, too, and calls it again, without end.
    ///
    /// # Errors
    /// As [`Cache::open`].
    pub fn open_with(settings: Settings, on_error: impl Fn(&Error) + Send + Sync + 'static) -> Result<Self> {
        Core::new(settings, Some(Box::new(on_error))).map(|core| Self(Arc::new(core)))
    }

    /// A cache in this process, empty and of its own, with the default settings: for [tests](super#testing-without-redis).
    /// Nothing connects, and nothing is recorded. [`Settings::in_memory`] makes one with other settings.
    ///
    /// ```
    /// use cacheme::memoize::{Invalidate, future::Cache};
    /// use std::time::Duration;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::in_memory();
    /// let double = cache.memoize("double", |id: &u32| format!("double:{id}"), |id: u32| async move { id * 2 });
    /// let double = double.timeout(Duration::from_secs(600)).build();
    /// assert_eq!((double.call(&1).await?, double.call(&1).await?), (2, 2));
    /// assert_eq!((double.counts().misses, double.counts().hits), (1, 1));
    /// cache.advance(Duration::from_secs(600)); // or cache.invalidate(&Invalidate::tag("double")).await?
    /// double.call(&1).await?;
    /// assert_eq!(double.counts().refreshes, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_memory() -> Self {
        Self::open(Settings::new().in_memory()).expect("the default prefix is one")
    }

    /// Lets time pass for a cache in memory, whose clock stands still otherwise: values expire at their second, and leases run
    /// out.
    ///
    /// # Panics
    /// Where the cache is on Redis.
    pub fn advance(&self, by: Duration) {
        self.0.advance(by);
    }

    /// Puts the cache in front of an async function. `key` makes the logical key from the arguments; `name` is the
    /// tag, unless the builder is told another. The function gets a clone of the arguments.
    /// In Redis a tag and the base of a key share their names (`get_owner`, `Book:100`): a tag must not be the base of any
    /// key.
    ///
    /// **Keys.** The value stands at the first two parts of a key, as in the library: `p>1`, `p>1>2` and `p>1>3` share one
    /// value, and so do `a` and `a>base`. See [the module](mod@crate::memoize#keys).
    pub fn memoize<A, T, F>(
        &self,
        name: &str,
        key: impl Fn(&A) -> String + Send + Sync + 'static,
        function: impl Fn(A) -> F + Send + Sync + 'static,
    ) -> Builder<A, T, Infallible>
    where
        A: Clone + Send + Sync + 'static,
        T: Clone + Send + Sync + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.try_memoize(name, key, move |args| {
            let future = function(args);
            async move { Ok(future.await) }
        })
    }

    /// As [`Cache::memoize`] for a function that can fail. A failure is returned, and nothing is stored.
    pub fn try_memoize<A, T, E, F>(
        &self,
        name: &str,
        key: impl Fn(&A) -> String + Send + Sync + 'static,
        function: impl Fn(A) -> F + Send + Sync + 'static,
    ) -> Builder<A, T, E>
    where
        A: Clone + Send + Sync + 'static,
        T: Clone + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let function = Function::new(Box::new(move |args: &A| Box::pin(function(args.clone()))));
        Builder::new(Arc::clone(&self.0), name, Box::new(key), function)
    }

    /// As [`Cache::memoize`] without a function: each call brings what it computes with, which may borrow what lives on the
    /// stack ([`Memoized::call_with`]).
    pub fn keyed<A, T>(
        &self,
        name: &str,
        key: impl Fn(&A) -> String + Send + Sync + 'static,
    ) -> KeyedBuilder<A, T>
    where
        A: ?Sized + 'static,
        T: Clone + Send + Sync + 'static,
    {
        self.try_keyed(name, key)
    }

    /// As [`Cache::keyed`], for computations that can fail ([`Memoized::try_call_with`]).
    pub fn try_keyed<A, T, E>(
        &self,
        name: &str,
        key: impl Fn(&A) -> String + Send + Sync + 'static,
    ) -> KeyedBuilder<A, T, E>
    where
        A: ?Sized + 'static,
        T: Clone + Send + Sync + 'static,
        E: Send + Sync + 'static,
    {
        KeyedBuilder::new(Arc::clone(&self.0), name, Box::new(key), NoFunction(PhantomData))
    }

    /// Invalidates: see [`Invalidate`].
    ///
    /// # Errors
    /// Connection errors, refusals, and a pattern Redis would misread.
    pub async fn invalidate(&self, what: &Invalidate) -> Result<InvalidationReport> {
        let (core, what) = (Arc::clone(&self.0), what.clone());
        self.0.blocking(move || invalidate(&core, &what, 0)).await
    }

    /// As [`Cache::invalidate`], and waits until so many replicas have the marks, so that no failover undoes them. Where the
    /// primary has replicas and fewer confirmed within one answer's time, the report is not
    /// [`complete`](InvalidationReport::complete) and [`replicated`](InvalidationReport::replicated) tells how many did:
    /// invalidate again. A server without replicas, or one that refuses WAIT, is not waited for.
    ///
    /// # Errors
    /// As [`Cache::invalidate`].
    pub async fn invalidate_replicated(
        &self,
        what: &Invalidate,
        replicas: u32,
    ) -> Result<InvalidationReport> {
        let (core, what) = (Arc::clone(&self.0), what.clone());
        self.0.blocking(move || invalidate(&core, &what, replicas)).await
    }

    /// The library's `create_invalidation`: what is given is invalidated, all of it.
    ///
    /// # Errors
    /// As [`Cache::invalidate`].
    pub async fn create_invalidation(
        &self,
        key: Option<&str>,
        invalid_key: Option<&str>,
        pattern: Option<&str>,
    ) -> Result<InvalidationReport> {
        let [key, invalid_key, pattern] = [key, invalid_key, pattern].map(|it| it.map(str::to_owned));
        self.invalidate(&Invalidate { key, invalid_key, pattern, tag: None }).await
    }

    /// A tag by its name, whoever filled it: a function of this cache, of another process, of Python.
    pub fn tag(&self, name: impl Into<String>) -> Tag {
        Tag { core: Arc::clone(&self.0), name: name.into() }
    }

    /// The tags of the functions this cache was put in front of.
    pub fn tags(&self) -> Vec<Tag> {
        self.counts().into_keys().map(|name| self.tag(name)).collect()
    }

    /// Connects a source of invalidations.
    pub fn connect(&self, source: impl InvalidationSource) {
        source.connect(Invalidator::new(Arc::clone(&self.0)));
    }

    /// Sends to Redis now what was counted and not recorded yet, and gives back every claim that is owed; what calls that ended
    /// still claim or store is waited for. It happens by itself every
    /// [`record_interval`](Settings::record_interval) and when the cache, its functions and sources are dropped. A
    /// service calls this before it ends: a cache in a static is never dropped, and dropping blocks, for no longer than
    /// the timeouts.
    ///
    /// # Errors
    /// Connection errors and refusals, and [`Error::Timeout`] where a claim or a store on its way does not come to its end
    /// within the timeouts; what was not sent is kept.
    pub async fn flush(&self) -> Result<()> {
        let core = Arc::clone(&self.0);
        self.0.blocking(move || core.flush()).await
    }

    /// Lets nothing more go on behind the calls ([`stale_while_revalidate`](Builder::stale_while_revalidate) and the timeouts),
    /// waits for what does, for no longer than a [lease](Settings::lease), and then [flushes](Self::flush). For the end of a
    /// service: the calls that still come compute for themselves.
    ///
    /// # Errors
    /// As [`Cache::flush`], and [`Error::Timeout`] where a function has not come back in time.
    pub async fn close(&self) -> Result<()> {
        let core = Arc::clone(&self.0);
        self.0.link.blocking(move || core.close()).await
    }

    /// What calls came to in this process, by tag.
    pub fn counts(&self) -> BTreeMap<String, Counts> {
        self.0.counts()
    }
}

/// A tag: the keys one function stored.
#[derive(Clone)]
pub struct Tag {
    core: Arc<Core>,
    name: String,
}

impl Tag {
    /// The tag's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The keys listed under the tag, without the prefix. Keys whose value is gone may be among them.
    ///
    /// # Errors
    /// Connection errors and refusals.
    pub async fn keys(&self) -> Result<BTreeSet<LogicalKey>> {
        let Self { core, name } = self.clone();
        self.core.blocking(move || keys_of_tag(&core, &name)).await
    }

    /// Marks all keys of the tag: the next reader of each recomputes it.
    ///
    /// # Errors
    /// Connection errors and refusals.
    pub async fn invalidate_all(&self) -> Result<InvalidationReport> {
        let Self { core, name } = self.clone();
        self.core.blocking(move || invalidate(&core, &Invalidate::tag(name), 0)).await
    }
}
