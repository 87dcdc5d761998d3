//! A call of many from a task.

use super::call::Leading;
use super::remote::{self, Held};
use crate::memoize::cached::{Cached, Wants};
use crate::memoize::caller::Outcome;
use crate::memoize::core::Core;
use crate::memoize::error::CallError;
use crate::memoize::many::{AT_ONCE, Computed, Many};
use crate::memoize::single_flight::Flights;
use std::future::Future;
use std::sync::Arc;

/// Calls for each of the arguments, and computes what is missing by `compute`.
pub(super) async fn call_many<'a, A, T, E, F, C>(
    cached: &'a Cached<A, T>,
    flights: &'a Arc<Flights<Outcome<T, E>>>,
    wants: Wants,
    args: &'a [A],
    mut compute: F,
) -> Vec<Result<T, CallError<E>>>
where
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
    F: FnMut(Vec<&'a A>) -> C,
    C: Future<Output = Vec<Computed<T, E>>>,
{
    let mut all = Vec::with_capacity(args.len());
    for args in args.chunks(AT_ONCE) {
        let many = Many::open(cached, wants, args);
        let mut call = Call { core: &cached.core, flights, many };
        call.run(&mut compute).await;
        all.extend(call.many.take_results());
    }
    all
}

struct Call<'a, A, T, E> {
    core: &'a Arc<Core>,
    flights: &'a Arc<Flights<Outcome<T, E>>>,
    many: Many<'a, A, T, E, Leading<Outcome<T, E>>, Held>,
}

impl<A, T, E> Drop for Call<'_, A, T, E> {
    /// In one round trip. Each keeps a part in its lead until then.
    fn drop(&mut self) {
        remote::drop_many(self.many.all.iter_mut().filter_map(|one| one.held.as_mut()));
    }
}

impl<'a, A, T, E> Call<'a, A, T, E>
where
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    async fn run<F, C>(&mut self, compute: &mut F)
    where
        F: FnMut(Vec<&'a A>) -> C,
        C: Future<Output = Vec<Computed<T, E>>>,
    {
        while !self.many.is_done() {
            self.read().await;
            let entered = self.many.enter(self.flights, |leader| Leading::new(leader, self.core));
            if let Some(computation) = entered.computation {
                drop(entered.others);
                computation.around(self.lead_on(compute)).await;
                continue;
            }
            for (place, follower) in entered.others {
                let outcome = match &follower {
                    Some(follower) => Some(follower.landed().await),
                    None => None,
                };
                self.many.followed(place, outcome);
            }
            self.end().await;
            self.compute(compute).await;
        }
    }

    /// Until nothing is led any more.
    async fn lead_on<F, C>(&mut self, compute: &mut F)
    where
        F: FnMut(Vec<&'a A>) -> C,
        C: Future<Output = Vec<Computed<T, E>>>,
    {
        while self.many.leads() {
            self.claim(false).await;
            self.compute(compute).await;
            self.store().await;
            self.end().await;
            if self.many.sleeps() {
                tokio::time::sleep(self.core.settings.retry_interval).await;
                self.many.slept();
                self.read().await;
            }
            self.claim(true).await;
        }
    }

    async fn read(&mut self) {
        let (places, asked) = self.many.reads();
        if !places.is_empty() {
            let answers = remote::read_many(self.core, &asked).await;
            self.many.read(&places, answers);
        }
        self.end().await;
    }

    async fn claim(&mut self, join: bool) {
        let (places, wants) = self.many.claims(join);
        if places.is_empty() {
            return;
        }
        let wants: Vec<_> = wants.into_iter().map(|(names, want)| (names.clone(), want)).collect();
        let leads = places.iter().map(|place| self.many.lead(*place).map(Leading::part));
        let wants = wants.into_iter().zip(leads).map(|((names, want), lead)| (names, want, lead)).collect();
        let granted = remote::claim_many(self.core, wants).await;
        for (place, (grant, held)) in places.into_iter().zip(granted) {
            self.many.claimed(place, grant, held);
        }
    }

    async fn compute<F, C>(&mut self, compute: &mut F)
    where
        F: FnMut(Vec<&'a A>) -> C,
        C: Future<Output = Vec<Computed<T, E>>>,
    {
        let mut computing = self.many.computing();
        if !computing.args.is_empty() {
            let results = compute(std::mem::take(&mut computing.args)).await;
            self.many.computed(computing, results);
        }
    }

    async fn store(&mut self) {
        let (mut places, mut entries) = (Vec::new(), Vec::new());
        for (place, entry) in self.many.entries() {
            if let Some(held) = self.many.all[place].held.take() {
                places.push(place);
                entries.push((held, entry));
            }
        }
        if places.is_empty() {
            return;
        }
        let kept = remote::store_many(self.core, entries).await;
        for (place, kept) in places.into_iter().zip(kept) {
            self.many.stored(place, kept);
        }
    }

    /// Ends those at their end.
    async fn end(&mut self) {
        let back = self.many.taken_back();
        let stood = !back.is_empty() && remote::give_back_many(back).await;
        self.many.end(stood);
    }
}
