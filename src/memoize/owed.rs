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
    /// When the server last refused again what was owed: one at a time finds out when it does not any more.
    refused: Option<Instant>,
}

struct Debt {
    names: Names,
    lease: Lease,
    since: Instant,
    /// Whether it was owed before.
    again: bool,
    paid: bool,
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
            vec![Debt { names, lease, since: Instant::now(), again: false, paid: false }],
        )))
    }

    /// What a call brings along: those that are owed, less those whose lease has run out.
    pub(crate) fn take(self: &Arc<Self>) -> Debts {
        self.take_some(|refused| match refused {
            None => usize::MAX,
            Some(at) => usize::from(at.elapsed() >= TRY_EVERY),
        })
    }

    /// All that are owed, whatever became of them last time.
    pub(crate) fn take_all(self: &Arc<Self>) -> Debts {
        self.take_some(|_| usize::MAX)
    }

    fn take_some(self: &Arc<Self>, several: impl FnOnce(Option<Instant>) -> usize) -> Debts {
        if !self.some.load(SeqCst) {
            return Debts::default();
        }
        let mut unpaid = lock(&self.debts);
        unpaid.debts.retain(|debt| debt.since.elapsed() < self.lease);
        let several = several(unpaid.refused).min(unpaid.debts.len());
        let mut taken: Vec<_> = unpaid.debts.drain(..several).collect();
        taken.iter_mut().for_each(|debt| debt.again = true);
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
            debt.paid = !answer.as_ref().is_err_and(Error::may_pass);
            refused = refused.and(answer.map(drop));
        }
        refused
    }
}

impl Drop for Debts {
    fn drop(&mut self) {
        let Some((owed, debts)) = self.0.take() else { return };
        let mut unpaid = lock(&owed.debts);
        if debts.iter().any(|debt| debt.again) {
            unpaid.refused = debts.iter().any(|debt| !debt.paid).then(Instant::now);
        }
        unpaid.debts.extend(debts.into_iter().filter(|debt| !debt.paid));
        while unpaid.debts.len() > MOST {
            unpaid.debts.pop_front();
        }
        owed.some.store(!unpaid.debts.is_empty(), SeqCst);
    }
}
