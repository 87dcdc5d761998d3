//! The steps of a call that reach Redis, each safe to abandon.
//!
//! A step that changes something runs in a task of its own: when the caller is cancelled, the task goes on, and what it
//! brings is given back by [`Held`] as it is dropped.

use crate::error::Result;
use crate::memoize::core::Core;
use crate::memoize::link::{Batch, stopping};
use crate::memoize::owed::Debts;
use crate::memoize::wire::{Entry, Grant, Kept, Lease, Look, Names, Read, Want, Wire};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// What those wait for who wait for a caller: they begin again when the last of it is dropped.
pub(super) type Lead = Arc<dyn Send + Sync>;

/// A claim on the server, given back when dropped: by an error, by a panic, by the end of a cancelled call.
///
/// Dropping cannot wait, so the giving back is a task of the runtime; outside of one, it blocks, for no longer than the
/// timeouts. Where neither comes to pass, as in a runtime that is shutting down, it is owed.
pub(super) struct Held {
    core: Arc<Core>,
    names: Names,
    lease: Lease,
    /// Whether it is still to be given back: not when stored, nor the lease of another whom we joined.
    ours: bool,
    /// Kept until the claim is given back.
    lead: Option<Lead>,
    /// While a task has it: its call may be cancelled meanwhile, and who flushes waits for what becomes of it.
    on_its_way: Option<Debts>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.ours {
            return;
        }
        let debt = self.debt();
        let (core, lead) = (Arc::clone(&self.core), self.lead.take());
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(give_back(debt, core, lead))),
            Err(_) => {
                let given = core.give_back(debt);
                drop(lead);
                told(&core, given);
            }
        }
    }
}

impl Held {
    /// Gives back and waits for it. Whether it was ours and still stood.
    pub(super) async fn give_back(mut self) -> bool {
        if !self.ours {
            return false;
        }
        self.ours = false;
        let (debt, core, lead) = (self.debt(), Arc::clone(&self.core), self.lead.take());
        tokio::spawn(give_back(debt, core, lead)).await.unwrap_or(false)
    }

    fn gone(&mut self) {
        self.ours = false;
        self.lead = None;
    }

    fn debt(&mut self) -> Debts {
        let (names, lease) = (self.names.clone(), self.lease.clone());
        match self.on_its_way.take() {
            Some(mut debts) => {
                debts.owe(names, lease);
                debts
            }
            None => self.core.owed.one(names, lease),
        }
    }

    /// Stores, and ends the claim one way or the other.
    pub(super) async fn store(self, entry: Entry) -> Result<Kept> {
        let mut held = self;
        held.on_its_way = Some(held.core.owed.none_yet());
        let task = tokio::spawn(async move {
            let wire = wire(&held.core).await?;
            let mut batch = Batch::default();
            wire.store(&held.names, &held.lease, &entry, &mut batch);
            let kept = wire.take_store(&mut held.core.link.run(&batch).await?)?;
            held.gone();
            Ok(kept)
        });
        task.await.unwrap_or_else(|_| Err(stopping()))
    }
}

/// Reads, and gives back what is owed in front of it.
pub(super) async fn read(core: &Arc<Core>, names: &Names, look: Look) -> Result<Read> {
    let debts = core.owed.take();
    if debts.is_empty() {
        return read_after(debts, core, names, look).await;
    }
    let (core, names) = (Arc::clone(core), names.clone());
    tokio::spawn(async move { read_after(debts, &core, &names, look).await })
        .await
        .unwrap_or_else(|_| Err(stopping()))
}

async fn read_after(mut debts: Debts, core: &Arc<Core>, names: &Names, look: Look) -> Result<Read> {
    let wire = wire(core).await?;
    let mut batch = Batch::default();
    debts.pay(wire, &mut batch);
    wire.read(names, look, &mut batch);
    let mut replies = core.link.run(&batch).await?;
    // A read does not fail with them.
    let _ = debts.take_answers(&mut replies);
    wire.take_read(look, &mut replies)
}

/// The grant, and what is held with it.
pub(super) async fn claim(
    core: &Arc<Core>,
    names: &Names,
    want: Want,
    lead: Option<Lead>,
) -> (Result<Grant>, Option<Held>) {
    let (core, names) = (Arc::clone(core), names.clone());
    // Where the runtime ends before the answer comes, it is given back as one whose answer was lost.
    let on_its_way = Some(core.owed.none_yet());
    let mut held = Held { core, names, lease: want.claim.unanswered(), ours: true, lead, on_its_way };
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let grant = async {
            let wire = wire(&held.core).await?;
            let mut batch = Batch::default();
            wire.claim(&held.names, &want, &mut batch);
            wire.take_claim(want.claim, &mut held.core.link.run(&batch).await?)
        }
        .await;
        let on_its_way = held.on_its_way.take();
        let held = match want.claim.lease(&grant) {
            Some((lease, ours)) => {
                (held.lease, held.ours) = (lease, ours);
                Some(held)
            }
            None => {
                held.gone();
                None
            }
        };
        // The call has it from here on, polled or not; where it is gone, it is owed since it was sent.
        if let Err((_, Some(mut held))) = tell.send((grant, held)) {
            held.on_its_way = on_its_way;
        }
    });
    told.await.unwrap_or_else(|_| (Err(stopping()), None))
}

/// Where it never runs, what it holds is dropped in this order: the debt is owed before the last handle pays what is owed.
async fn give_back(debt: Debts, core: Arc<Core>, lead: Option<Lead>) -> bool {
    let given = send(&core, debt).await;
    // Whoever is told of a failure may call the function.
    drop(lead);
    told(&core, given)
}

async fn send(core: &Core, mut debt: Debts) -> Result<bool> {
    // Whoever holds a lease has asked for it, so the layout is known.
    let Some(wire) = core.known_wire() else { return Ok(false) };
    let mut batch = Batch::default();
    debt.pay(wire, &mut batch);
    debt.take_answers(&mut core.link.run(&batch).await?)
}

fn told(core: &Core, given: Result<bool>) -> bool {
    given.inspect_err(|error| core.report(error)).unwrap_or(false)
}

async fn wire(core: &Arc<Core>) -> Result<&Wire> {
    if core.known_wire().is_none() {
        let asked = Instant::now();
        // Held while one looks: each look takes one of the runtime's threads for blocking work.
        let mut failure = core.link.locked(&core.detecting).await?;
        failure.since(asked)?;
        if core.known_wire().is_none() {
            let looking = Arc::clone(core);
            let found = core.link.blocking(move || looking.wire().map(drop)).await;
            found.inspect_err(|error| failure.note(error))?;
        }
    }
    core.known_wire().ok_or_else(stopping)
}
