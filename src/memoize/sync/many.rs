//! Many calls of a function at once.

use super::many_call;
use super::memoized::{ANY_VALUE, Builder, Compute, Function, Inner, Memoized, value};
use crate::memoize::cached::Wants;
use crate::memoize::call_state::Purpose;
use crate::memoize::codec::Codec;
use crate::memoize::computation::{Computation, Within};
use crate::memoize::error::CallError;
use crate::memoize::many::{CONCURRENCY, Computed, split};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

impl<A: ?Sized, T, E> Function<A, T, E> {
    pub(super) fn new(one: Box<Compute<A, T, E>>) -> Self {
        Self { one, many: None, concurrency: CONCURRENCY, go_on: None }
    }
}

impl<A: ?Sized + 'static, T: Clone + 'static, E: 'static, C: Codec<T> + 'static> Builder<A, T, E, C> {
    /// Computes what is missing of a [`call_many`](Memoized::call_many) at once, by one query. It gets those arguments that there
    /// is no valid value for, 1,000 at most, and returns one value for each, in their order.
    ///
    /// # Panics
    /// Where it returns another number of values, `call_many` panics: nothing is stored then, and all that was taken is given
    /// back.
    pub fn compute_many(self, compute: impl Fn(&[&A]) -> Vec<T> + Send + Sync + 'static) -> Self {
        self.try_compute_many(move |args| Ok(compute(args)))
    }

    /// As [`compute_many`](Self::compute_many), by what can fail: the error is that of each of them, and nothing is stored.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let number = cache
    ///     .try_memoize("number", |text: &String| format!("text:{text}"), |text: &String| text.parse::<u32>())
    ///     .try_compute_many(|texts: &[&String]| texts.iter().map(|text| text.parse()).collect())
    ///     .build();
    /// let mut called = number.call_many(&["1".to_owned(), "2".to_owned()]).into_iter();
    /// assert_eq!((called.next().unwrap()?, called.next().unwrap()?), (1, 2));
    /// let called = number.call_many(&["1".to_owned(), "x".to_owned(), "3".to_owned()]);
    /// let failed: Vec<bool> = called.iter().map(Result::is_err).collect();
    /// assert_eq!(failed, [false, true, true]); // 1 was there; the others were computed together
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// As [`compute_many`](Self::compute_many).
    pub fn try_compute_many(
        self,
        compute: impl Fn(&[&A]) -> Result<Vec<T>, E> + Send + Sync + 'static,
    ) -> Self {
        self.change_function(|function| function.many = Some(Box::new(compute)))
    }

    /// How many threads run the function side by side in a [`call_many`](Memoized::call_many), where nothing computes
    /// [all at once](Self::compute_many). Default: 8; with 1 it runs on the caller's thread alone.
    pub fn concurrency(self, threads: usize) -> Self {
        self.change_function(|function| function.concurrency = threads)
    }
}

impl<A, T: Clone, E: 'static, F> Inner<A, T, E, F> {
    fn call_many(
        &self,
        wants: Wants,
        args: &[A],
        compute: impl FnMut(&[&A]) -> Vec<Computed<T, E>>,
    ) -> Vec<Result<T, CallError<E>>> {
        many_call::call_many(&self.cached, &self.flights, wants, args, compute)
    }

    fn tag(&self) -> &str {
        &self.cached.options.tag
    }
}

impl<A: Sync, T: Clone + Send, E: Send + 'static> Inner<A, T, E, Function<A, T, E>> {
    fn compute_many(&self, args: &[&A]) -> Vec<Computed<T, E>> {
        match &self.function.many {
            Some(many) => {
                let began = Instant::now();
                split(self.tag(), args.len(), began, many(args))
            }
            None => side_by_side(&self.function, args),
        }
    }
}

fn side_by_side<A: Sync, T: Send, E: Send>(function: &Function<A, T, E>, args: &[&A]) -> Vec<Computed<T, E>> {
    let (next, here) = (AtomicUsize::new(0), Computation::here());
    let work = || {
        let _within = Within::begin(here);
        let _last = LastWherePanicking(&next);
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Relaxed);
            let Some(args) = args.get(at) else { return done };
            let began = Instant::now();
            let result = (function.one)(args);
            done.push((at, result, began.elapsed()));
        }
    };
    let threads = function.concurrency.min(args.len());
    let mut all = thread::scope(|scope| {
        // Where no more threads are to be had, fewer do it.
        let others = (1..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok());
        let others: Vec<_> = others.collect();
        let mut all = work();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        all
    });
    all.sort_by_key(|(at, ..)| *at);
    all.into_iter().map(|(_, result, took)| (result.map_err(Arc::new), took)).collect()
}

/// Of those that run side by side none begins behind one that panicked.
struct LastWherePanicking<'a>(&'a AtomicUsize);

impl Drop for LastWherePanicking<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(usize::MAX / 2, Relaxed);
        }
    }
}

impl<A: Sync, T: Clone + Send, E: Send + 'static> Memoized<A, T, E> {
    /// As [`call`](Memoized::call) for each of the arguments, in a few round trips for all of them; the results come in their
    /// order.
    ///
    /// **Round trips.** One reads all. One claims those that have no valid value, one stores what was computed, and one more
    /// gives back what failed. Those that another process computes are waited for together. Of arguments with the same key
    /// one is called, and the others get its value.
    ///
    /// **What is missing** is computed together: by [`compute_many`](Builder::compute_many), where the builder was told, else by the
    /// function on up to [`concurrency`](Builder::concurrency) threads. So are arguments that pass the cache by. What turns out
    /// to be missing later, as another who computed it failed, is computed then.
    /// It is claimed together, too, so let the [`lease`](crate::memoize::Settings::lease) be longer than all of it takes.
    ///
    /// **Who waits.** What another thread computes is waited for once what is missing here is computed and stored. So two that
    /// need the same in different orders do not wait for each other.
    ///
    /// **Many.** More than 1,000 arguments are done a thousand at a time, so a list of a million needs little memory beyond
    /// its values.
    ///
    /// **It waits** for all: [`soft_timeout`](Builder::soft_timeout), [`hard_timeout`](Builder::hard_timeout) and
    /// [`stale_while_revalidate`](Builder::stale_while_revalidate) let nothing go on behind it. The rest of what a function is told for
    /// when it fails or is slow holds here as well.
    ///
    /// Each key counts as one call, in counters and callbacks. In everything else each is as a call of its own: an error of one
    /// is none of the others, but for one of [`try_compute_many`](Builder::try_compute_many).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let title = cache
    ///     .memoize("title", |id: &u64| format!("Book:{id}>title"), |id: &u64| format!("Title {id}"))
    ///     .compute_many(|ids: &[&u64]| {
    ///         // SELECT title FROM books WHERE id IN (…)
    ///         ids.iter().map(|id| format!("Title {id}")).collect()
    ///     })
    ///     .build();
    /// title.call(&2)?;
    /// let titles: Result<Vec<String>, _> = title.call_many(&[1, 2, 3]).into_iter().collect(); // 1 and 3 are computed
    /// assert_eq!(titles?, ["Title 1", "Title 2", "Title 3"]);
    /// assert_eq!((title.counts().hits, title.counts().misses), (1, 3));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Each as of [`call`](Memoized::call).
    ///
    /// # Panics
    /// Where the function does, or `compute_many` returns another number of values than it got arguments. All that was taken on
    /// the server is given back, and of what was computed together nothing is stored.
    pub fn call_many(&self, args: &[A]) -> Vec<Result<T, CallError<E>>> {
        self.0.call_many(self.0.wants(Purpose::Call), args, |args| self.0.compute_many(args))
    }
}

impl<A: Sync, T: Clone + Send> Memoized<A, T> {
    /// As [`call_many`](Memoized::call_many), for a function that cannot fail: without Redis it computes, as
    /// [`get`](Memoized::get) does.
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
    /// assert_eq!(square.get_many(&[3, 4, 3]), [9, 16, 9]);
    /// # drop(redis);
    /// assert_eq!(square.get_many(&[5, 6]), [25, 36]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// As [`call_many`](Memoized::call_many).
    pub fn get_many(&self, args: &[A]) -> Vec<T> {
        let called = self.0.call_many(ANY_VALUE, args, |args| self.0.compute_many(args));
        called.into_iter().map(value).collect()
    }
}

impl<A, T: Clone, E: 'static, F> Memoized<A, T, E, F> {
    /// As [`call_many`](Memoized::call_many), but what is missing is computed by `compute`, which may borrow what lives on the
    /// stack. It gets 1,000 arguments at most and returns one value for each, in their order. It may run several times: for
    /// each thousand, and for what another was to compute and did not.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let titles = vec!["Emma".to_owned(), "Ulysses".to_owned()];
    /// let title = cache.keyed("title", |id: &usize| format!("Book:{id}>title")).build();
    /// let called = title.call_many_with(&[1, 0], |ids| ids.iter().map(|id| titles[**id].clone()).collect());
    /// let called: Result<Vec<String>, _> = called.into_iter().collect();
    /// assert_eq!(called?, ["Ulysses", "Emma"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Each as of [`call_with`](Memoized::call_with).
    ///
    /// # Panics
    /// Where `compute` does, or returns another number of values: as [`call_many`](Memoized::call_many).
    pub fn call_many_with(
        &self,
        args: &[A],
        mut compute: impl FnMut(&[&A]) -> Vec<T>,
    ) -> Vec<Result<T, CallError<E>>> {
        self.try_call_many_with(args, |args| Ok(compute(args)))
    }

    /// As [`call_many_with`](Memoized::call_many_with), with something to compute that can fail: the error is that of each it was to
    /// compute, and nothing is stored.
    ///
    /// # Errors
    /// Each as of [`call`](Memoized::call).
    ///
    /// # Panics
    /// As [`call_many_with`](Memoized::call_many_with).
    pub fn try_call_many_with(
        &self,
        args: &[A],
        mut compute: impl FnMut(&[&A]) -> Result<Vec<T>, E>,
    ) -> Vec<Result<T, CallError<E>>> {
        self.0.call_many(self.0.wants(Purpose::Call), args, |args| {
            let began = Instant::now();
            split(self.0.tag(), args.len(), began, compute(args))
        })
    }
}
