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

/// The give-backs that a cache owes.
pub(crate) struct Owed {
    lease: Duration,
    /// Whether there is one: all that a call looks at while there is none.
    some: AtomicBool,
    /// Whether the server refused again what was owed: one at a time finds out when it does not any more.
    refused: AtomicBool,
    debts: Mutex<VecDeque<Debt>>,
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
        Self {
            lease: lease.saturating_add(ADDED),
            some: AtomicBool::new(false),
            refused: AtomicBool::new(false),
            debts: Mutex::default(),
        }
    }

    /// One that comes up now.
    pub(crate) fn one(self: &Arc<Self>, names: Names, lease: Lease) -> Debts {
        Debts(Some((
            Arc::clone(self),
            vec![Debt { names, lease, since: Instant::now(), again: false, paid: false }],
        )))
    }

    /// Those that are owed, less those whose lease has run out.
    pub(crate) fn take(self: &Arc<Self>) -> Debts {
        if !self.some.load(SeqCst) {
            return Debts::default();
        }
        let mut debts = lock(&self.debts);
        debts.retain(|debt| debt.since.elapsed() < self.lease);
        let several = if self.refused.load(SeqCst) { debts.len().min(1) } else { debts.len() };
        let mut taken: Vec<_> = debts.drain(..several).collect();
        taken.iter_mut().for_each(|debt| debt.again = true);
        self.some.store(!debts.is_empty(), SeqCst);
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
        if debts.iter().any(|debt| debt.again) {
            owed.refused.store(debts.iter().any(|debt| !debt.paid), SeqCst);
        }
        let mut kept = lock(&owed.debts);
        kept.extend(debts.into_iter().filter(|debt| !debt.paid));
        while kept.len() > MOST {
            kept.pop_front();
        }
        owed.some.store(!kept.is_empty(), SeqCst);
    }
}
