//! Many calls of an async function at once.

use super::many_call;
use super::memoized::{ANY_VALUE, Builder, Compute, Computing, Function, Inner, Memoized, value};
use crate::memoize::cached::Wants;
use crate::memoize::call_state::Purpose;
use crate::memoize::codec::Codec;
use crate::memoize::error::CallError;
use crate::memoize::many::{CONCURRENCY, Computed, split};
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

impl<A: ?Sized, T, E> Function<A, T, E> {
    pub(super) fn new(one: Box<Compute<A, T, E>>) -> Self {
        Self { one, many: None, concurrency: CONCURRENCY, go_on: None }
    }
}

impl<A, T, E, C> Builder<A, T, E, C>
where
    A: Clone + 'static,
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    C: Codec<T> + 'static,
{
    /// Computes what is missing of a [`call_many`](Memoized::call_many) at once, by one query. It gets clones of those arguments
    /// that there is no valid value for, 1,000 at most, and returns one value for each, in their order.
    ///
    /// # Panics
    /// Where it returns another number of values, `call_many` panics: nothing is stored then, and all that was taken is given
    /// back.
    pub fn compute_many<F>(self, compute: impl Fn(Vec<A>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<T>> + Send + 'static,
    {
        self.try_compute_many(move |args| {
            let future = compute(args);
            async move { Ok(future.await) }
        })
    }

    /// As [`compute_many`](Self::compute_many), by what can fail: the error is that of each of them, and nothing is stored.
    ///
    /// # Panics
    /// As [`compute_many`](Self::compute_many).
    pub fn try_compute_many<F>(self, compute: impl Fn(Vec<A>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<T>, E>> + Send + 'static,
    {
        let compute = move |args: &[&A]| {
            Box::pin(compute(args.iter().copied().cloned().collect())) as Computing<Vec<T>, E>
        };
        self.change_function(|function| function.many = Some(Box::new(compute)))
    }

    /// How many futures of the function run side by side in a [`call_many`](Memoized::call_many), where nothing computes
    /// [all at once](Self::compute_many). Default: 8. They run within the task of the caller.
    pub fn concurrency(self, futures: usize) -> Self {
        self.change_function(|function| function.concurrency = futures)
    }
}

impl<A, T, E, F> Inner<A, T, E, F>
where
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    async fn call_many<'a, C: Future<Output = Vec<Computed<T, E>>>>(
        &'a self,
        wants: Wants,
        args: &'a [A],
        compute: impl FnMut(Vec<&'a A>) -> C,
    ) -> Vec<Result<T, CallError<E>>> {
        many_call::call_many(&self.cached, &self.flights, wants, args, compute).await
    }

    fn tag(&self) -> &str {
        &self.cached.options.tag
    }
}

impl<A, T, E> Inner<A, T, E, Function<A, T, E>>
where
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    async fn compute_many(&self, args: Vec<&A>) -> Vec<Computed<T, E>> {
        match &self.function.many {
            Some(many) => {
                let began = Instant::now();
                let result = many(&args).await;
                split(self.tag(), args.len(), began, result)
            }
            None => side_by_side(&self.function, &args).await,
        }
    }
}

async fn side_by_side<A, T, E>(function: &Function<A, T, E>, args: &[&A]) -> Vec<Computed<T, E>> {
    let mut left = args.iter().enumerate();
    let (mut running, mut done) = (Vec::new(), Vec::with_capacity(args.len()));
    poll_fn(|context| {
        loop {
            while running.len() < function.concurrency.max(1)
                && let Some((at, args)) = left.next()
            {
                running.push((at, Instant::now(), (function.one)(args)));
            }
            let before = running.len();
            running.retain_mut(|(at, began, future)| match future.as_mut().poll(context) {
                Poll::Ready(result) => {
                    done.push((*at, result, began.elapsed()));
                    false
                }
                Poll::Pending => true,
            });
            if running.is_empty() && left.len() == 0 {
                return Poll::Ready(());
            }
            // Those that take the places of others have to be polled, too.
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    done.sort_by_key(|(at, ..)| *at);
    done.into_iter().map(|(_, result, took)| (result.map_err(Arc::new), took)).collect()
}

impl<A, T, E> Memoized<A, T, E>
where
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// As [`call`](Memoized::call) for each of the arguments, in a few round trips for all of them; the results come in their
    /// order.
    ///
    /// **Round trips.** One reads all. One claims those that have no valid value, one stores what was computed, and one more
    /// gives back what failed. Those that another process computes are waited for together. Of arguments with the same key
    /// one is called, and the others get its value.
    ///
    /// **What is missing** is computed together: by [`compute_many`](Builder::compute_many), where the builder was told, else by up to
    /// [`concurrency`](Builder::concurrency) futures of the function, within this task. So are arguments that pass the cache by.
    /// What turns out to be missing later, as another who computed it failed, is computed then.
    /// It is claimed together, too, so let the [`lease`](crate::memoize::Settings::lease) be longer than all of it takes.
    ///
    /// **Who waits.** What another task computes is waited for once what is missing here is computed and stored. So two that
    /// need the same in different orders do not wait for each other.
    ///
    /// **Many.** More than 1,000 arguments are done a thousand at a time, so a list of a million needs little memory beyond
    /// its values.
    ///
    /// **Cancelling** it at any await gives back all that was taken, as of a single call.
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
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let title = cache
    ///     .memoize("title", |id: &u64| format!("Book:{id}>title"), |id: u64| async move { format!("Title {id}") })
    ///     .compute_many(|ids: Vec<u64>| async move {
    ///         // SELECT title FROM books WHERE id IN (…)
    ///         ids.iter().map(|id| format!("Title {id}")).collect()
    ///     })
    ///     .build();
    /// title.call(&2).await?;
    /// let titles: Result<Vec<String>, _> = title.call_many(&[1, 2, 3]).await.into_iter().collect(); // 1 and 3 are computed
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
    pub async fn call_many(&self, args: &[A]) -> Vec<Result<T, CallError<E>>> {
        self.0.call_many(self.0.wants(Purpose::Call), args, |args| self.0.compute_many(args)).await
    }
}

impl<A, T> Memoized<A, T>
where
    T: Clone + Send + Sync + 'static,
{
    /// As [`call_many`](Memoized::call_many), for a function that cannot fail: without Redis it computes, as
    /// [`get`](Memoized::get) does.
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
    /// assert_eq!(square.get_many(&[3, 4, 3]).await, [9, 16, 9]);
    /// # drop(redis);
    /// assert_eq!(square.get_many(&[5, 6]).await, [25, 36]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// As [`call_many`](Memoized::call_many).
    pub async fn get_many(&self, args: &[A]) -> Vec<T> {
        let called = self.0.call_many(ANY_VALUE, args, |args| self.0.compute_many(args)).await;
        called.into_iter().map(value).collect()
    }
}

impl<A, T, E, F> Memoized<A, T, E, F>
where
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// As [`call_many`](Memoized::call_many), but what is missing is computed by `compute`, which may borrow what lives on the
    /// stack. It gets 1,000 arguments at most and returns one value for each, in their order. It may run several times: for
    /// each thousand, and for what another was to compute and did not.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, future::Cache};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let titles = vec!["Emma".to_owned(), "Ulysses".to_owned()];
    /// let title = cache.keyed("title", |id: &usize| format!("Book:{id}>title")).build();
    /// let query = async |ids: Vec<&usize>| ids.iter().map(|id| titles[**id].clone()).collect();
    /// let called = title.call_many_with(&[1, 0], |ids| query(ids)).await;
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
    pub async fn call_many_with<'a, R: Future<Output = Vec<T>>>(
        &'a self,
        args: &'a [A],
        mut compute: impl FnMut(Vec<&'a A>) -> R,
    ) -> Vec<Result<T, CallError<E>>> {
        let compute = |args: Vec<&'a A>| {
            let values = compute(args);
            async { Ok(values.await) }
        };
        self.try_call_many_with(args, compute).await
    }

    /// As [`call_many_with`](Memoized::call_many_with), with something to compute that can fail: the error is that of each it was to
    /// compute, and nothing is stored.
    ///
    /// # Errors
    /// Each as of [`call`](Memoized::call).
    ///
    /// # Panics
    /// As [`call_many_with`](Memoized::call_many_with).
    pub async fn try_call_many_with<'a, R: Future<Output = Result<Vec<T>, E>>>(
        &'a self,
        args: &'a [A],
        mut compute: impl FnMut(Vec<&'a A>) -> R,
    ) -> Vec<Result<T, CallError<E>>> {
        let compute = |args: Vec<&'a A>| {
            let (began, several) = (Instant::now(), args.len());
            let values = compute(args);
            async move { split(self.0.tag(), several, began, values.await) }
        };
        self.0.call_many(self.0.wants(Purpose::Call), args, compute).await
    }
}
