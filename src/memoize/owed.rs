//! Give-backs that Redis did not take: it was away, started, or moved the slot. While one is owed the lease stands on the
//! server, and every process serves the old value, so the next call brings it along, in front of what it reads.

use super::flight::lock;
use super::wire::{Lease, Names, Sink, Wire};
use crate::error::{Error, Result};
use crate::store::{Replies, Reply};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// More are not kept: the leases of the oldest run out by themselves.
const MOST: usize = 256;

/// What the server adds to a lease at most.
const ADDED: Duration = Duration::from_secs(1);

/// While the server refuses, calls try no more often: a refusal may cost the connection.
const TRY_EVERY: Duration = Duration::from_millis(100);

/// The give-backs that a cache owes.
pub(crate) struct Owed {
    lease: Duration,
    /// Whether there is one: all that a call looks at while there is none.
    some: AtomicBool,
    debts: Mutex<Unpaid>,
}

#[derive(Default)]
struct Unpaid {
    debts: VecDeque<Debt>,
    /// When what was owed was last tried while the server refuses it: one at a time finds out when it does not any more.
    refused: Option<Instant>,
}

impl Unpaid {
    /// Forgets those whose lease has run out, and with the last of them that it was refused.
    fn forget_old(&mut self, lease: Duration) {
        self.debts.retain(|debt| debt.since.elapsed() < lease);
        if self.debts.is_empty() {
            self.refused = None;
        }
    }
}

struct Debt {
    names: Names,
    lease: Lease,
    since: Instant,
    /// Whether it was owed before.
    again: bool,
    /// Nothing where no answer came.
    paid: Option<bool>,
}

/// Give-backs on their way to Redis. Those that are not paid when it is dropped are owed.
#[derive(Default)]
pub(crate) struct Debts(Option<(Arc<Owed>, Vec<Debt>)>);

impl Owed {
    pub(crate) fn new(lease: Duration) -> Self {
        Self { lease: lease.saturating_add(ADDED), some: AtomicBool::new(false), debts: Mutex::default() }
    }

    /// One that comes up now.
    pub(crate) fn one(self: &Arc<Self>, names: Names, lease: Lease) -> Debts {
        Debts(Some((
            Arc::clone(self),
            vec![Debt { names, lease, since: Instant::now(), again: false, paid: None }],
        )))
    }

    /// What a call brings along: those that are owed, less those whose lease has run out.
    pub(crate) fn take(self: &Arc<Self>) -> Debts {
        self.take_some(|refused| match refused {
            None => usize::MAX,
            Some(at) if at.elapsed() < TRY_EVERY => 0,
            Some(at) => {
                *at = Instant::now();
                1
            }
        })
    }

    /// All that are owed, whatever became of them last time.
    pub(crate) fn take_all(self: &Arc<Self>) -> Debts {
        self.take_some(|_| usize::MAX)
    }

    fn take_some(self: &Arc<Self>, several: impl FnOnce(&mut Option<Instant>) -> usize) -> Debts {
        if !self.some.load(SeqCst) {
            return Debts::default();
        }
        let mut unpaid = lock(&self.debts);
        unpaid.forget_old(self.lease);
        let several = several(&mut unpaid.refused).min(unpaid.debts.len());
        let mut taken: Vec<_> = unpaid.debts.drain(..several).collect();
        for debt in &mut taken {
            (debt.again, debt.paid) = (true, None);
        }
        self.some.store(!unpaid.debts.is_empty(), SeqCst);
        if taken.is_empty() { Debts::default() } else { Debts(Some((Arc::clone(self), taken))) }
    }
}

impl Debts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn pay(&self, wire: &Wire, sink: &mut impl Sink) {
        for debt in self.0.iter().flat_map(|(_, debts)| debts) {
            wire.give_back(&debt.names, &debt.lease, sink);
        }
    }

    /// Reads the answers: what another try cannot change is paid, too.
    ///
    /// # Errors
    /// The first refusal.
    pub(crate) fn take_answers(&mut self, replies: &mut Replies) -> Result<()> {
        let mut refused = Ok(());
        for debt in self.0.iter_mut().flat_map(|(_, debts)| debts) {
            let answer = replies.one().and_then(Reply::ok);
            debt.paid = Some(!answer.as_ref().is_err_and(Error::may_pass));
            refused = refused.and(answer.map(drop));
        }
        refused
    }
}

impl Drop for Debts {
    fn drop(&mut self) {
        let Some((owed, debts)) = self.0.take() else { return };
        let mut unpaid = lock(&owed.debts);
        unpaid.forget_old(owed.lease);
        if debts.iter().any(|debt| debt.again) {
            // Where no answer came, nobody knows what the server says next.
            unpaid.refused = debts.iter().any(|debt| debt.paid == Some(false)).then(Instant::now);
        }
        unpaid.debts.extend(debts.into_iter().filter(|debt| debt.paid != Some(true)));
        while unpaid.debts.len() > MOST {
            unpaid.debts.pop_front();
        }
        owed.some.store(!unpaid.debts.is_empty(), SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memoize::wire::Claim;
    use crate::namespace::{Layout, LogicalKey, Namespace};
    use redis::Value;

    const REFUSED: &str = "READONLY You can't write against a read only replica.";

    fn owed(several: u32) -> Arc<Owed> {
        let owed = Arc::new(Owed::new(Duration::from_secs(3600)));
        add(&owed, several);
        owed
    }

    fn add(owed: &Arc<Owed>, several: u32) {
        let ns = Namespace::new("P:", Layout::Both).unwrap();
        let lost = Err(Error::Unsure);
        for n in 0..several {
            let names = Names::new(&ns, LogicalKey::from(&*format!("k:{n}")), &Arc::from("tag"));
            let (lease, _) = Claim::new(Duration::from_secs(3600), None).lease(&lost).unwrap();
            drop(owed.one(names, lease));
        }
    }

    fn count(debts: &Debts) -> usize {
        debts.0.as_ref().map_or(0, |(_, debts)| debts.len())
    }

    fn is_refused(mut debts: Debts) {
        let count = count(&debts);
        let refusal = redis::parse_redis_value(format!("-{REFUSED}\r\n").as_bytes()).unwrap();
        let values: Vec<Value> = vec![refusal; count];
        let mut replies = Replies::of(values, &vec!["EVAL"; count], &Arc::from("here"), |_| None);
        debts.take_answers(&mut replies).unwrap_err();
    }

    /// As if that time had passed since the last try.
    fn wait(owed: &Owed) {
        let mut unpaid = lock(&owed.debts);
        unpaid.refused = unpaid.refused.and_then(|at| at.checked_sub(TRY_EVERY));
    }

    #[test]
    fn of_many_callers_one_tries() {
        let owed = owed(3);
        is_refused(owed.take());
        assert_eq!(count(&owed.take()), 0);
        wait(&owed);
        let first = owed.take();
        assert_eq!(count(&first), 1);
        assert_eq!(count(&owed.take()), 0, "while the first waits for its answer");
        is_refused(first);
        assert_eq!(count(&owed.take()), 0);
        assert_eq!(count(&owed.take_all()), 3);
    }

    #[test]
    fn a_connection_that_breaks_is_no_refusal() {
        let owed = owed(3);
        drop(owed.take());
        assert_eq!(count(&owed.take()), 3);
        is_refused(owed.take());
        wait(&owed);
        drop(owed.take());
        assert_eq!(count(&owed.take()), 3);
    }

    #[test]
    fn what_was_refused_is_forgotten_with_the_last_debt() {
        let owed = owed(3);
        is_refused(owed.take());
        lock(&owed.debts).debts.iter_mut().for_each(|debt| debt.since -= 2 * owed.lease);
        add(&owed, 2);
        assert_eq!(count(&owed.take()), 2);
    }
}
