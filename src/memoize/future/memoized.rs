//! A function with the cache in front of it, as tasks call it.

use super::call::{self, Lead, Waiting, stays};
use crate::error::Result as CacheResult;
use crate::memoize::builder::{self, CanFail, OutlastsCalls};
use crate::memoize::cached::{Cached, Wants};
use crate::memoize::call_state::Purpose;
use crate::memoize::caller::Outcome;
use crate::memoize::codec::{Codec, Pickle};
use crate::memoize::counts::Counts;
use crate::memoize::error::CallError;
use crate::memoize::protocol::Look;
#[cfg(feature = "macros")]
use crate::memoize::returned::HowErrors;
use crate::memoize::session::GoesOn;
use crate::memoize::settings::OnError;
use crate::memoize::single_flight::Flights;
use crate::ops::InvalidationReport;
use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

/// A computation under way.
pub(super) type Computing<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// An async function as a builder holds it.
pub struct Function<A: ?Sized, T, E> {
    pub(super) one: Box<Compute<A, T, E>>,
    pub(super) many: Option<Box<ComputeMany<A, T, E>>>,
    pub(super) concurrency: usize,
    /// Where it can go on behind a call.
    pub(super) go_on: Option<GoOn<A, T, E>>,
}

pub(super) type Compute<A, T, E> = dyn Fn(&A) -> Computing<T, E> + Send + Sync;
type ComputeMany<A, T, E> = dyn Fn(&[&A]) -> Computing<Vec<T>, E> + Send + Sync;

/// In place of a function, where each call brings what it computes with.
pub struct NoFunction<E>(pub(super) PhantomData<fn() -> E>);

type GoOn<A, T, E> = fn(&Memoized<A, T, E>, &A, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>;

impl<A: ?Sized, T, E: 'static> CanFail for Function<A, T, E> {
    type Error = E;
}

impl<E: 'static> CanFail for NoFunction<E> {
    type Error = E;
}

impl<A, T, E> OutlastsCalls for Function<A, T, E>
where
    A: Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    fn outlast_calls(&mut self) {
        self.go_on = Some(|memoized, args, lead, call| {
            let core = &memoized.0.cached.core;
            let Some(under_way) = core.behind.begin() else { return Err(lead) };
            let (this, args) = (memoized.clone(), args.clone());
            Ok(call::as_a_task(core, under_way, (lead, call), |lead, call| async move {
                let Inner { cached, function, flights } = &*this.0;
                call::go_on(cached, flights, call, &args, lead, || (function.one)(&args)).await
            }))
        });
    }
}

/// In place of a function that `#[memoize]` wrote: each call brings itself.
#[cfg(feature = "macros")]
pub struct Written<E>(PhantomData<fn() -> E>);

#[cfg(feature = "macros")]
impl<E: 'static> CanFail for Written<E> {
    type Error = E;
}

#[cfg(feature = "macros")]
impl<E> OutlastsCalls for Written<E> {
    fn outlast_calls(&mut self) {}
}

/// Makes a [`Memoized`] function: see [`Cache::memoize`](super::Cache::memoize).
pub type Builder<A, T, E = Infallible, C = Pickle> = builder::Builder<A, T, Function<A, T, E>, C>;

/// Makes a [`Keyed`]: see [`Cache::keyed`](super::Cache::keyed).
pub type KeyedBuilder<A, T, E = Infallible, C = Pickle> = builder::Builder<A, T, NoFunction<E>, C>;

/// Keys with the cache in front of them and no function: each call brings its own.
pub type Keyed<A, T, E = Infallible> = Memoized<A, T, E, NoFunction<E>>;

/// An async function with the cache in front of it. Cheap to clone; all clones are one function.
pub struct Memoized<A: ?Sized, T, E = Infallible, F = Function<A, T, E>>(pub(super) Arc<Inner<A, T, E, F>>);

pub(super) struct Inner<A: ?Sized, T, E, F> {
    pub(super) cached: Cached<A, T>,
    pub(super) function: F,
    pub(super) flights: Arc<Flights<Outcome<T, E>>>,
}

impl<A: ?Sized, T, E, F> Clone for Memoized<A, T, E, F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A, T, E, C> Builder<A, T, E, C>
where
    A: ?Sized + 'static,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    C: Codec<T> + 'static,
{
    /// The function with the cache in front of it: build it once and keep it, as
    /// [`sync::Builder::build`](crate::memoize::sync::Builder::build) says.
    pub fn build(self) -> Memoized<A, T, E> {
        Memoized::new(self.into_parts())
    }
}

impl<A, T, E, C> KeyedBuilder<A, T, E, C>
where
    A: ?Sized + 'static,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    C: Codec<T> + 'static,
{
    /// The keys with the cache in front of them: build them once, as a function.
    pub fn build(self) -> Keyed<A, T, E> {
        Memoized::new(self.into_parts())
    }
}

impl<A: ?Sized, T, E, F> Memoized<A, T, E, F> {
    fn new((cached, function): (Cached<A, T>, F)) -> Self {
        Self(Arc::new(Inner { cached, function, flights: Arc::default() }))
    }

    /// The logical key of these arguments, without the prefix.
    pub fn key(&self, args: &A) -> String {
        self.0.cached.key(args)
    }

    /// The value of these arguments, where this process [holds](crate::memoize::Settings::local) it: a hit, for which nobody is
    /// asked. Nothing where it does not, or the value there may be old.
    pub fn local(&self, args: &A) -> Option<Arc<T>> {
        self.0.cached.held(args, |_| false)
    }

    /// What calls of this function came to in this process.
    pub fn counts(&self) -> Counts {
        self.0.cached.options.counters.read()
    }
}

impl<A, T, E, F> Inner<A, T, E, F>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// What a caller wants who can be told of any error.
    pub(super) fn wants(&self, purpose: Purpose) -> Wants {
        Wants { purpose, on_error: self.cached.core.settings.on_error, tells_timeout: true, early: false }
    }

    async fn call<C: Future<Output = Result<T, E>>>(
        &self,
        wants: Wants,
        args: &A,
        compute: impl FnOnce() -> C,
    ) -> Result<T, CallError<E>> {
        call::call(&self.cached, &self.flights, wants, args, compute, stays()).await
    }
}

/// A value, whatever happens to Redis, and however long it takes.
pub(super) const ANY_VALUE: Wants =
    Wants { purpose: Purpose::Call, on_error: OnError::Compute, tells_timeout: false, early: false };

/// The value of such a call.
pub(super) fn value<T>(called: Result<T, CallError>) -> T {
    match called {
        Ok(value) => value,
        Err(CallError::Function(never)) => match *never {},
        Err(error) => unreachable!("it computes instead: {error}"),
    }
}

impl<A, T, E> Memoized<A, T, E>
where
    A: ?Sized,
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
    /// those who waited for this caller one recomputes. Where nobody drives the runtime of the cancelled call any
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
        self.run(self.0.wants(Purpose::Call), args).await
    }

    /// As [`Memoized::call`], without a clone of the value where this process [holds](crate::memoize::Settings::local) it.
    ///
    /// # Errors
    /// As [`Memoized::call`].
    pub async fn call_arc(&self, args: &A) -> Result<Arc<T>, CallError<E>> {
        let mut wants = self.0.wants(Purpose::Call);
        match self.0.cached.local(&mut wants, args) {
            Some(value) => Ok(value),
            None => self.run(wants, args).await.map(Arc::new),
        }
    }

    /// Computes the value for these arguments now and stores it, be there a valid one or not; the value that is there stays
    /// valid meanwhile, and where the function fails.
    ///
    /// It takes no result of a computation that began before it: those who refresh a key at the same time share one that
    /// began behind them. While another process computes the key, it waits as a call does, and computes at last beside it;
    /// whoever is done first stores. An invalidation that comes meanwhile stays: the next call computes once more. It is
    /// counted as a refresh, and calls `on_refresh`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: u64| async move { n * n })
    ///     .build();
    /// square.put(&12, 0).await?;
    /// assert_eq!(square.call(&12).await?, 0);
    /// assert_eq!(square.refresh(&12).await?, 144);
    /// assert_eq!(square.call(&12).await?, 144);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Memoized::call`].
    pub async fn refresh(&self, args: &A) -> Result<T, CallError<E>> {
        self.run(self.0.wants(Purpose::Refresh), args).await
    }

    async fn run(&self, wants: Wants, args: &A) -> Result<T, CallError<E>> {
        let Inner { cached, function, flights } = &*self.0;
        let go_on =
            function.go_on.map(|go_on| move |_: &mut Option<_>, lead, call| go_on(self, args, lead, call));
        call::call(cached, flights, wants, args, || (function.one)(args), go_on).await
    }
}

impl<A, T> Memoized<A, T>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
{
    /// As [`Memoized::call`], for a function that cannot fail: without Redis it computes, whatever
    /// [`on_error`](crate::memoize::Settings::on_error) says, and the error goes to the error callback alone.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: u64| async move { n * n })
    ///     .build();
    /// # drop(redis);
    /// assert_eq!(square.get(&12).await, 144);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get(&self, args: &A) -> T {
        value(self.run(ANY_VALUE, args).await)
    }
}

impl<A, T, E, F> Memoized<A, T, E, F>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// As [`Memoized::call`], but the value is computed by `compute`, which may borrow what lives on the stack: `self`, a pool
    /// of connections. It runs once at most. What it returns must depend on the arguments alone: others get its value.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// struct Books { titles: Vec<String> }
    ///
    /// impl Books {
    ///     async fn title(&self, id: usize) -> String {
    ///         self.titles[id].clone()
    ///     }
    /// }
    ///
    /// let books = Books { titles: vec!["Emma".into(), "Ulysses".into()] };
    /// let title = cache.keyed("title", |id: &usize| format!("Book:{id}>title")).build();
    /// let ulysses = title.call_with(&1, || books.title(1)).await?; // `books` is borrowed
    /// assert_eq!(ulysses, "Ulysses");
    /// assert_eq!(title.call_with(&1, || async { unreachable!("a hit") }).await?, "Ulysses");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CallError::Cache`], where the settings say to tell; [`CallError::Function`] of another caller who shared its
    /// computation.
    pub async fn call_with<R: Future<Output = T>>(
        &self,
        args: &A,
        compute: impl FnOnce() -> R,
    ) -> Result<T, CallError<E>> {
        self.try_call_with(args, || async { Ok(compute().await) }).await
    }

    /// As [`Memoized::call_with`], with something to compute that can fail. A failure is returned, and nothing is stored.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let lines = vec!["1", "x"];
    /// let number = cache
    ///     .try_keyed::<usize, u32, std::num::ParseIntError>("number", |line| format!("line:{line}>number"))
    ///     .build();
    /// assert_eq!(number.try_call_with(&0, || async { lines[0].parse() }).await?, 1);
    /// assert!(number.try_call_with(&1, || async { lines[1].parse() }).await.is_err()); // nothing is stored
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Memoized::call`].
    pub async fn try_call_with<R: Future<Output = Result<T, E>>>(
        &self,
        args: &A,
        compute: impl FnOnce() -> R,
    ) -> Result<T, CallError<E>> {
        self.0.call(self.0.wants(Purpose::Call), args, compute).await
    }

    /// What is stored for these arguments, be it marked or expired; `None` where nothing is, or nothing that decodes, and
    /// where calls pass the cache by. It never computes, waits, counts, or takes a mark: one round trip. (`objects.get` of
    /// the library's 0.1.1.)
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: u64| async move { n * n })
    ///     .build();
    /// assert_eq!(square.peek(&12).await?, None);
    /// square.call(&12).await?;
    /// square.invalidate(&12).await?;
    /// assert_eq!(square.peek(&12).await?, Some(144));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Connection errors, refusals, and names that nothing is stored under, whatever `on_error` says.
    pub async fn peek(&self, args: &A) -> CacheResult<Option<T>> {
        let cached = &self.0.cached;
        let Some(names) = cached.place(args)? else { return Ok(None) };
        let read = super::remote::read(&cached.core, &names, Look::VALUE).await?;
        Ok(cached.decoded(read.value))
    }

    /// Stores a value for these arguments, with tag, invalid keys and timeout, as if the function had returned it just now,
    /// be there a valid one or not. It waits for nobody. Whether it did: `false` where calls pass the cache by, where an
    /// invalidation or another writer came in between (the key is marked then, or theirs stays; over a connection that broke
    /// behind the write it may be this very value), and while another name of the same value is being computed.
    ///
    /// To the cache it is the newest there is: it takes the mark of an invalidation that came before, even of one that came
    /// after you read what you put. So put what you have just written yourself; for what is read, there is
    /// `refresh`. A Python worker that computes the key meanwhile may overwrite it. Where the keys of a call lie in several slots of a
    /// cluster, a deletion in its first round trips counts as one before it, and so does another invalidation of a key that is
    /// marked.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: u64| async move { n * n })
    ///     .build();
    /// assert!(square.put(&12, 0).await?);
    /// assert_eq!(square.call(&12).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Connection errors, refusals, values that cannot be written, and names that nothing is stored under, whatever
    /// `on_error` says. Nothing is stored then, or, where the answer is lost, all of it.
    pub async fn put(&self, args: &A, value: T) -> CacheResult<bool> {
        call::put(&self.0.cached, args, value).await
    }

    /// Marks the value of these arguments, as [`Invalidate::key`](crate::memoize::Invalidate::key) does: the next call
    /// computes. (`objects.invalid` of the library's 0.1.1.)
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: u64| async move { n * n })
    ///     .build();
    /// square.put(&12, 0).await?;
    /// assert_eq!(square.invalidate(&12).await?.marked, 1);
    /// assert_eq!(square.call(&12).await?, 144);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Connection errors, refusals, and names that nothing is stored under.
    pub async fn invalidate(&self, args: &A) -> CacheResult<InvalidationReport> {
        let named = self.0.cached.named(args)?;
        self.0.cached.core.blocking(move || named.invalidate()).await
    }

    /// Deletes the value of these arguments; where it is being computed, it is marked as well, so that what was read before
    /// is not stored for good.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: u64| async move { n * n })
    ///     .build();
    /// square.call(&12).await?;
    /// assert_eq!(square.remove(&12).await?.deleted, 1);
    /// assert_eq!(square.peek(&12).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Memoized::invalidate`].
    pub async fn remove(&self, args: &A) -> CacheResult<InvalidationReport> {
        let named = self.0.cached.named(args)?;
        self.0.cached.core.blocking(move || named.remove()).await
    }
}

impl<A, T, F> Memoized<A, T, Infallible, F>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
{
    /// As [`Memoized::get`], computed by what it is given, as [`Memoized::call_with`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let title = cache.keyed("title", |id: &usize| format!("Book:{id}>title")).build();
    /// # drop(redis);
    /// assert_eq!(title.get_with(&1, || async { "Ulysses".to_owned() }).await, "Ulysses");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_with<R: Future<Output = T>>(&self, args: &A, compute: impl FnOnce() -> R) -> T {
        let compute = || async { Ok(compute().await) };
        value(self.0.call(ANY_VALUE, args, compute).await)
    }
}

#[cfg(feature = "macros")]
impl<A, T, E, C> KeyedBuilder<A, T, E, C>
where
    A: ?Sized + 'static,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    C: Codec<T> + 'static,
{
    /// For a function that `#[memoize]` wrote.
    #[doc(hidden)]
    pub fn written(self) -> builder::Builder<A, T, Written<E>, C> {
        self.with_function(Written(PhantomData))
    }
}

#[cfg(feature = "macros")]
impl<A, T, E, C> builder::Builder<A, T, Written<E>, C>
where
    A: ?Sized + 'static,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    C: Codec<T> + 'static,
{
    #[doc(hidden)]
    pub fn build(self) -> Memoized<A, T, E, Written<E>> {
        Memoized::new(self.into_parts())
    }
}

#[cfg(feature = "macros")]
impl<A, T, E> Memoized<A, T, E, Written<E>>
where
    A: ?Sized,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// A call or a refresh as `#[memoize]` makes it: what the function returned comes back as it was.
    #[doc(hidden)]
    pub async fn returned<H: HowErrors<E>, R: Future<Output = Result<T, E>>>(
        &self,
        _how: H,
        refresh: bool,
        args: &A,
        compute: impl FnOnce() -> R,
    ) -> Result<T, E> {
        self.0.call(self.wants_returned::<H>(refresh), args, compute).await.map_err(H::error)
    }

    /// The same, which can go on behind the call.
    #[doc(hidden)]
    pub async fn returned_or_behind<H: HowErrors<E>, R: Future<Output = Result<T, E>> + Send>(
        &self,
        _how: H,
        refresh: bool,
        args: &A,
        compute: impl FnOnce() -> R + Send + 'static,
    ) -> Result<T, E>
    where
        A: Clone + Send + Sync + 'static,
    {
        let Inner { cached, flights, .. } = &*self.0;
        let go_on = |compute: &mut Option<_>, lead: Lead<T, E>, call| {
            let Some(under_way) = cached.core.behind.begin() else { return Err(lead) };
            let Some(compute) = compute.take() else { return Err(lead) };
            let (this, args) = (self.clone(), args.clone());
            Ok(call::as_a_task(&cached.core, under_way, (lead, call), |lead, call| async move {
                call::go_on(&this.0.cached, &this.0.flights, call, &args, lead, compute).await
            }))
        };
        let wants = self.wants_returned::<H>(refresh);
        call::call(cached, flights, wants, args, compute, Some(go_on)).await.map_err(H::error)
    }

    fn wants_returned<H: HowErrors<E>>(&self, refresh: bool) -> Wants {
        let purpose = if refresh { Purpose::Refresh } else { Purpose::Call };
        if H::TELLS { self.0.wants(purpose) } else { Wants { purpose, ..ANY_VALUE } }
    }
}
