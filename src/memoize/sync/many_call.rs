//! A call of many from a thread.

use super::held::{self, Held};
use crate::memoize::cached::{Cached, Wants};
use crate::memoize::caller::Outcome;
use crate::memoize::computation::Within;
use crate::memoize::core::Core;
use crate::memoize::error::CallError;
use crate::memoize::many::{AT_ONCE, Computed, Many};
use crate::memoize::single_flight::{Flights, Leader};
use std::sync::Arc;
use std::thread;

/// Calls for each of the arguments, and computes what is missing by `compute`.
pub(super) fn call_many<A, T: Clone, E: 'static>(
    cached: &Cached<A, T>,
    flights: &Arc<Flights<Outcome<T, E>>>,
    wants: Wants,
    args: &[A],
    mut compute: impl FnMut(&[&A]) -> Vec<Computed<T, E>>,
) -> Vec<Result<T, CallError<E>>> {
    let mut all = Vec::with_capacity(args.len());
    for args in args.chunks(AT_ONCE) {
        let many = Many::open(cached, wants, args);
        let mut call = Call { core: &cached.core, flights, many, within: None };
        call.run(&mut compute);
        all.extend(call.into_results());
    }
    all
}

type Led<T, E> = Leader<Outcome<T, E>>;

struct Call<'a, A, T: Clone, E: 'static> {
    core: &'a Core,
    flights: &'a Arc<Flights<Outcome<T, E>>>,
    many: Many<'a, A, T, E, Led<T, E>, Held<'a>>,
    within: Option<Within>,
}

impl<A, T: Clone, E: 'static> Drop for Call<'_, A, T, E> {
    /// In one round trip, before those who wait for this caller begin again, and as a part of the call.
    fn drop(&mut self) {
        let mut held: Vec<_> = self.many.all.iter_mut().filter_map(|one| one.held.take()).collect();
        held::give_back_many(self.core, &mut held);
    }
}

impl<A, T: Clone, E: 'static> Call<'_, A, T, E> {
    fn run(&mut self, compute: &mut impl FnMut(&[&A]) -> Vec<Computed<T, E>>) {
        while !self.many.is_done() {
            self.read();
            let entered = self.many.enter(self.flights, |leader| leader);
            if let Some(computation) = entered.computation {
                drop(entered.others);
                self.within = Some(computation.enter());
                self.lead_on(compute);
                self.within = None;
                continue;
            }
            for (place, follower) in entered.others {
                self.many.followed(place, follower.map(|it| it.wait(None).flatten()));
            }
            self.end();
            self.compute(compute);
        }
    }

    /// Until nothing is led any more.
    fn lead_on(&mut self, compute: &mut impl FnMut(&[&A]) -> Vec<Computed<T, E>>) {
        while self.many.leads() {
            self.claim(false);
            self.compute(compute);
            self.store();
            self.end();
            if self.many.sleeps() {
                thread::sleep(self.core.settings.retry_interval);
                self.many.slept();
                self.read();
            }
            self.claim(true);
        }
    }

    fn read(&mut self) {
        let (places, asked) = self.many.reads();
        if !places.is_empty() {
            let answers = self.core.read_many(&asked);
            self.many.read(&places, answers);
        }
        self.end();
    }

    fn claim(&mut self, join: bool) {
        let (places, wants) = self.many.claims(join);
        if places.is_empty() {
            return;
        }
        let all: Vec<_> = wants.iter().map(|(names, want)| (*names, want)).collect();
        let grants = self.core.claim_many(&all);
        let held = wants.iter().zip(&grants);
        let held: Vec<_> =
            held.map(|((names, want), grant)| Held::of(self.core, names, want.claim, grant)).collect();
        for (place, (grant, held)) in places.into_iter().zip(grants.into_iter().zip(held)) {
            self.many.claimed(place, grant, held);
        }
    }

    fn compute(&mut self, compute: &mut impl FnMut(&[&A]) -> Vec<Computed<T, E>>) {
        let computing = self.many.computing();
        if !computing.args.is_empty() {
            let results = compute(&computing.args);
            self.many.computed(computing, results);
        }
    }

    fn store(&mut self) {
        let mut entries = self.many.entries().into_iter().peekable();
        if entries.peek().is_none() {
            return;
        }
        let (mut places, mut holding) = (Vec::new(), Vec::new());
        for (place, one) in self.many.all.iter_mut().enumerate() {
            if let Some(held) = one.held.as_mut()
                && let Some((_, entry)) = entries.next_if(|(at, _)| *at == place)
            {
                places.push(place);
                holding.push((held, entry));
            }
        }
        let kept = held::store_many(self.core, &mut holding);
        for (place, kept) in places.into_iter().zip(kept) {
            self.many.stored(place, kept);
        }
    }

    /// Ends those at their end.
    fn end(&mut self) {
        let stood = held::give_back_many(self.core, &mut self.many.taken_back());
        self.many.end(stood);
    }

    fn into_results(mut self) -> Vec<Result<T, CallError<E>>> {
        self.many.take_results()
    }
}
