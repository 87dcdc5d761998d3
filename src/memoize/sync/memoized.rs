//! A function with the cache in front of it, as threads call it.

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
use std::borrow::Borrow;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

/// A function as a builder holds it.
pub struct Function<A: ?Sized, T, E> {
    pub(super) one: Box<Compute<A, T, E>>,
    pub(super) many: Option<Box<ComputeMany<A, T, E>>>,
    pub(super) concurrency: usize,
    /// Where it can go on behind a call.
    pub(super) go_on: Option<GoOn<A, T, E>>,
}

pub(super) type Compute<A, T, E> = dyn Fn(&A) -> Result<T, E> + Send + Sync;
type ComputeMany<A, T, E> = dyn Fn(&[&A]) -> Result<Vec<T>, E> + Send + Sync;

type GoOn<A, T, E> = fn(&Memoized<A, T, E>, &A, Lead<T, E>, GoesOn) -> Result<Waiting<T, E>, Lead<T, E>>;

impl<A: ?Sized, T, E: 'static> CanFail for Function<A, T, E> {
    type Error = E;
}

impl<E: 'static> CanFail for NoFunction<E> {
    type Error = E;
}

impl<A, T, E> OutlastsCalls for Function<A, T, E>
where
    A: ?Sized + ToOwned<Owned: Send> + 'static,
    T: Clone + Send + 'static,
    E: Send + Sync + 'static,
{
    fn outlast_calls(&mut self) {
        self.go_on = Some(|memoized, args, lead, call| {
            let core = &memoized.0.cached.core;
            let (this, args) = (memoized.clone(), args.to_owned());
            let under_way = core.behind.begin_on_a_thread(call.waits, call.until);
            let Some(under_way) = under_way else { return Err(lead) };
            Ok(call::on_a_thread(core, under_way, call, move |call| {
                let Inner { cached, function, flights } = &*this.0;
                let args = args.borrow();
                call::go_on(cached, flights, call, args, lead, || (function.one)(args))
            }))
        });
    }
}

/// In place of a function, where each call brings what it computes with.
pub struct NoFunction<E>(pub(super) PhantomData<fn() -> E>);

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

/// A function with the cache in front of it. Cheap to clone; all clones are one function.
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

impl<A: ?Sized + 'static, T: Clone + Send + Sync + 'static, E: 'static, C: Codec<T> + 'static>
    Builder<A, T, E, C>
{
    /// The function with the cache in front of it. Build it once and keep it: its counters stay with the cache
    /// ([`Cache::counts`](super::Cache::counts)), so that one built for each request leaves its own there each time, and
    /// callers share a computation only where they call clones of one.
    pub fn build(self) -> Memoized<A, T, E> {
        Memoized::new(self.into_parts())
    }
}

impl<A: ?Sized + 'static, T: Clone + Send + Sync + 'static, E: 'static, C: Codec<T> + 'static>
    KeyedBuilder<A, T, E, C>
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

impl<A: ?Sized, T: Clone, E: 'static, F> Inner<A, T, E, F> {
    /// What a caller wants who can be told of any error.
    pub(super) fn wants(&self, purpose: Purpose) -> Wants {
        Wants { purpose, on_error: self.cached.core.settings.on_error, tells_timeout: true, early: false }
    }

    fn call(
        &self,
        wants: Wants,
        args: &A,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CallError<E>> {
        call::call(&self.cached, &self.flights, wants, args, compute, stays())
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

impl<A: ?Sized, T: Clone, E: 'static> Memoized<A, T, E> {
    /// The value for these arguments: from the cache, from another caller, or computed.
    ///
    /// **Who computes, who waits.** Of the threads that find no value, one computes; the others wait until it is done
    /// and get its value, or its error. When a value is there but marked or expired, and stale reads are on, one
    /// thread recomputes and nobody waits. Other processes see a key in progress: they wait as the settings say, look
    /// again, and compute at last themselves; whoever is done first stores.
    ///
    /// **A panic** in the function goes to the caller whose thread ran it. Whatever was taken on the server is given
    /// back, and of those who waited one recomputes. **An error** of the function is given back the same way, and
    /// shared by those who waited.
    ///
    /// **Other processes** never see half a result: value, tag, invalid keys and expiry appear in one step; over the
    /// [slots of a cluster](super::super#in-a-cluster) the value comes behind its indexes and before its expiry.
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
        self.run(self.0.wants(Purpose::Call), args)
    }

    /// As [`Memoized::call`], without a clone of the value where this process [holds](crate::memoize::Settings::local) it.
    ///
    /// # Errors
    /// As [`Memoized::call`].
    pub fn call_arc(&self, args: &A) -> Result<Arc<T>, CallError<E>> {
        let mut wants = self.0.wants(Purpose::Call);
        match self.0.cached.local(&mut wants, args) {
            Some(value) => Ok(value),
            None => self.run(wants, args).map(Arc::new),
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
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: &u64| n * n)
    ///     .build();
    /// square.put(&12, 0)?;
    /// assert_eq!(square.call(&12)?, 0);
    /// assert_eq!(square.refresh(&12)?, 144);
    /// assert_eq!(square.call(&12)?, 144);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Memoized::call`].
    pub fn refresh(&self, args: &A) -> Result<T, CallError<E>> {
        self.run(self.0.wants(Purpose::Refresh), args)
    }

    fn run(&self, wants: Wants, args: &A) -> Result<T, CallError<E>> {
        let Inner { cached, function, flights } = &*self.0;
        let go_on =
            function.go_on.map(|go_on| move |_: &mut Option<_>, lead, call| go_on(self, args, lead, call));
        call::call(cached, flights, wants, args, || (function.one)(args), go_on)
    }
}

impl<A: ?Sized, T: Clone> Memoized<A, T> {
    /// As [`Memoized::call`], for a function that cannot fail: without Redis it computes, whatever
    /// [`on_error`](crate::memoize::Settings::on_error) says, and the error goes to the error callback alone.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: &u64| n * n)
    ///     .build();
    /// # drop(redis);
    /// assert_eq!(square.get(&12), 144);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, args: &A) -> T {
        value(self.run(ANY_VALUE, args))
    }
}

impl<A: ?Sized, T: Clone, E: 'static, F> Memoized<A, T, E, F> {
    /// As [`Memoized::call`], but the value is computed by `compute`, which may borrow what lives on the stack: `self`, a pool
    /// of connections. It runs once at most. What it returns must depend on the arguments alone: others get its value.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// struct Books { titles: Vec<String> }
    ///
    /// impl Books {
    ///     fn title(&self, id: usize) -> String {
    ///         self.titles[id].clone()
    ///     }
    /// }
    ///
    /// let books = Books { titles: vec!["Emma".into(), "Ulysses".into()] };
    /// let title = cache.keyed("title", |id: &usize| format!("Book:{id}>title")).build();
    /// let ulysses = title.call_with(&1, || books.title(1))?; // `books` is borrowed
    /// assert_eq!(ulysses, "Ulysses");
    /// assert_eq!(title.call_with(&1, || unreachable!("a hit"))?, "Ulysses");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CallError::Cache`], where the settings say to tell; [`CallError::Function`] of another caller who shared its
    /// computation.
    pub fn call_with(&self, args: &A, compute: impl FnOnce() -> T) -> Result<T, CallError<E>> {
        self.try_call_with(args, || Ok(compute()))
    }

    /// As [`Memoized::call_with`], with something to compute that can fail. A failure is returned, and nothing is stored.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let lines = vec!["1", "x"];
    /// let number = cache
    ///     .try_keyed::<usize, u32, std::num::ParseIntError>("number", |line| format!("line:{line}>number"))
    ///     .build();
    /// assert_eq!(number.try_call_with(&0, || lines[0].parse())?, 1);
    /// assert!(number.try_call_with(&1, || lines[1].parse()).is_err()); // nothing is stored
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Memoized::call`].
    pub fn try_call_with(&self, args: &A, compute: impl FnOnce() -> Result<T, E>) -> Result<T, CallError<E>> {
        self.0.call(self.0.wants(Purpose::Call), args, compute)
    }

    /// What is stored for these arguments, be it marked or expired; `None` where nothing is, or nothing that decodes, and
    /// where calls pass the cache by. It never computes, waits, counts, or takes a mark: one round trip. (`objects.get` of
    /// the library's 0.1.1.)
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: &u64| n * n)
    ///     .build();
    /// assert_eq!(square.peek(&12)?, None);
    /// square.call(&12)?;
    /// square.invalidate(&12)?;
    /// assert_eq!(square.peek(&12)?, Some(144));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Connection errors, refusals, and names that nothing is stored under, whatever `on_error` says.
    pub fn peek(&self, args: &A) -> CacheResult<Option<T>> {
        let cached = &self.0.cached;
        let Some(names) = cached.place(args)? else { return Ok(None) };
        let read = cached.core.read(&names, Look::VALUE)?;
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
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: &u64| n * n)
    ///     .build();
    /// assert!(square.put(&12, 0)?);
    /// assert_eq!(square.call(&12)?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Connection errors, refusals, values that cannot be written, and names that nothing is stored under, whatever
    /// `on_error` says. Nothing is stored then, or, where the answer is lost, all of it.
    pub fn put(&self, args: &A, value: T) -> CacheResult<bool> {
        call::put(&self.0.cached, args, value)
    }

    /// Marks the value of these arguments, as [`Invalidate::key`](crate::memoize::Invalidate::key) does: the next call
    /// computes. (`objects.invalid` of the library's 0.1.1.)
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: &u64| n * n)
    ///     .build();
    /// square.put(&12, 0)?;
    /// assert_eq!(square.invalidate(&12)?.marked, 1);
    /// assert_eq!(square.call(&12)?, 144);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Connection errors, refusals, and names that nothing is stored under.
    pub fn invalidate(&self, args: &A) -> CacheResult<InvalidationReport> {
        self.0.cached.named(args)?.invalidate()
    }

    /// Deletes the value of these arguments; where it is being computed, it is marked as well, so that what was read before
    /// is not stored for good.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let square = cache
    ///     .memoize("square", |n: &u64| format!("square:{n}"), |n: &u64| n * n)
    ///     .build();
    /// square.call(&12)?;
    /// assert_eq!(square.remove(&12)?.deleted, 1);
    /// assert_eq!(square.peek(&12)?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Memoized::invalidate`].
    pub fn remove(&self, args: &A) -> CacheResult<InvalidationReport> {
        self.0.cached.named(args)?.remove()
    }
}

impl<A: ?Sized, T: Clone, F> Memoized<A, T, Infallible, F> {
    /// As [`Memoized::get`], computed by what it is given, as [`Memoized::call_with`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let title = cache.keyed("title", |id: &usize| format!("Book:{id}>title")).build();
    /// # drop(redis);
    /// assert_eq!(title.get_with(&1, || "Ulysses".to_owned()), "Ulysses");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_with(&self, args: &A, compute: impl FnOnce() -> T) -> T {
        value(self.0.call(ANY_VALUE, args, || Ok(compute())))
    }
}

#[cfg(feature = "macros")]
impl<A: ?Sized + 'static, T: Clone + 'static, E: 'static, C: Codec<T> + 'static> KeyedBuilder<A, T, E, C> {
    /// For a function that `#[memoize]` wrote.
    #[doc(hidden)]
    pub fn written(self) -> builder::Builder<A, T, Written<E>, C> {
        self.with_function(Written(PhantomData))
    }
}

#[cfg(feature = "macros")]
impl<A: ?Sized + 'static, T: Clone + Send + Sync + 'static, E: 'static, C: Codec<T> + 'static>
    builder::Builder<A, T, Written<E>, C>
{
    #[doc(hidden)]
    pub fn build(self) -> Memoized<A, T, E, Written<E>> {
        Memoized::new(self.into_parts())
    }
}

#[cfg(feature = "macros")]
impl<A: ?Sized, T: Clone, E: 'static> Memoized<A, T, E, Written<E>> {
    /// A call or a refresh as `#[memoize]` makes it: what the function returned comes back as it was.
    #[doc(hidden)]
    pub fn returned<H: HowErrors<E>>(
        &self,
        _how: H,
        refresh: bool,
        args: &A,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.call(self.wants_returned::<H>(refresh), args, compute).map_err(H::error)
    }

    /// The same, which can go on behind the call.
    #[doc(hidden)]
    pub fn returned_or_behind<H: HowErrors<E>>(
        &self,
        _how: H,
        refresh: bool,
        args: &A,
        compute: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        A: Clone + Send + 'static,
        T: Send + 'static,
        E: Send + Sync,
    {
        let Inner { cached, flights, .. } = &*self.0;
        let go_on = |compute: &mut Option<_>, lead, call: GoesOn| {
            let core = &cached.core;
            let under_way = core.behind.begin_on_a_thread(call.waits, call.until);
            let Some(under_way) = under_way else { return Err(lead) };
            let Some(compute) = compute.take() else { return Err(lead) };
            let (this, args) = (self.clone(), args.clone());
            Ok(call::on_a_thread(core, under_way, call, move |call| {
                call::go_on(&this.0.cached, &this.0.flights, call, &args, lead, compute)
            }))
        };
        let wants = self.wants_returned::<H>(refresh);
        call::call(cached, flights, wants, args, compute, Some(go_on)).map_err(H::error)
    }

    fn wants_returned<H: HowErrors<E>>(&self, refresh: bool) -> Wants {
        let purpose = if refresh { Purpose::Refresh } else { Purpose::Call };
        if H::TELLS { self.0.wants(purpose) } else { Wants { purpose, ..ANY_VALUE } }
    }
}
