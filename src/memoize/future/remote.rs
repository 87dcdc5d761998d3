//! The steps of a call that reach Redis, each safe to abandon.
//!
//! A step that changes something runs in a task of its own: when the caller is cancelled, the task goes on, and what it
//! brings is given back by [`Held`] as it is dropped.

use crate::client::Replies;
use crate::error::Result;
use crate::memoize::core::Core;
use crate::memoize::owed::{Debts, Lead, OnItsWay};
use crate::memoize::protocol::{
    ClaimReply, ClaimRequest, Entry, Lease, Look, Names, Protocol, Read, StoreOutcome,
};
use crate::memoize::shared_connection::{Batch, stopping};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// A claim on the server, given back when dropped: by an error, by a panic, by the end of a cancelled call.
///
/// From then on it is owed. A task of the runtime pays it; where nobody drives that any more, the next call does, over
/// another runtime or as a thread. Outside of a runtime dropping blocks, for no longer than the timeouts.
pub(super) struct Held {
    core: Arc<Core>,
    names: Names,
    lease: Lease,
    /// Whether it is still to be given back: not when stored, nor the lease of another whom we joined.
    ours: bool,
    /// Kept until the claim is given back.
    lead: Option<Lead>,
    /// While a task has it: its call may be cancelled meanwhile, and who flushes waits for what becomes of it.
    on_its_way: Option<OnItsWay>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.ours {
            return;
        }
        let number = self.owe();
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(pay(Arc::clone(&self.core), number))),
            Err(_) => {
                let given = self.core.give_back(self.core.owed.take_one(number));
                told(&self.core, given);
            }
        }
    }
}

impl Held {
    /// Gives back and waits for it. Whether it was ours and is known to have stood.
    pub(super) async fn give_back(mut self) -> bool {
        if !std::mem::take(&mut self.ours) {
            return false;
        }
        let number = self.owe();
        tokio::spawn(pay(Arc::clone(&self.core), number)).await.unwrap_or(false)
    }

    fn gone(&mut self) {
        self.ours = false;
        self.lead = None;
    }

    fn owe(&mut self) -> u64 {
        let (names, lease, lead) = (self.names.clone(), self.lease.clone(), self.lead.take());
        match self.on_its_way.take() {
            Some(on_its_way) => on_its_way.owe(names, lease, lead),
            None => self.core.owed.owe(names, lease, lead),
        }
    }

    /// Stores, and ends the claim one way or the other.
    pub(super) async fn store(self, entry: Entry) -> Result<StoreOutcome> {
        let mut held = self;
        held.on_its_way = Some(held.core.owed.on_its_way());
        let task = tokio::spawn(async move {
            let protocol = protocol(&held.core).await?;
            let queue = |batch: &mut _| protocol.store(&held.names, &held.lease, &entry, batch);
            let kept = protocol.take_store(&mut send(&held.core, protocol, queue).await?)?;
            held.gone();
            Ok(kept)
        });
        task.await.unwrap_or_else(|_| Err(stopping()))
    }
}

/// Reads, and gives back what is owed in front of it.
pub(super) async fn read(core: &Arc<Core>, names: &Names, look: Look) -> Result<Read> {
    let protocol = protocol(core).await?;
    let mut debts = core.owed.take();
    let replies = send(core, protocol, |batch| {
        debts.pay(protocol, batch);
        protocol.read(names, look, batch);
    });
    let replies = replies.await;
    let mut replies = debts.met(replies)?;
    // A read does not fail with them.
    let _ = debts.take_answers(protocol, &mut replies);
    protocol.take_read(look, &mut replies)
}

/// The grant, and what is held with it. Gives back what is owed in front of it: what replaces a value has not read before.
pub(super) async fn claim(
    core: &Arc<Core>,
    names: &Names,
    want: ClaimRequest,
    lead: Option<Lead>,
) -> (Result<ClaimReply>, Option<Held>) {
    let (core, names) = (Arc::clone(core), names.clone());
    // Where the runtime ends before the answer comes, it is given back as one whose answer was lost.
    let on_its_way = Some(core.owed.on_its_way());
    let mut held = Held { core, names, lease: want.claim.unanswered(), ours: true, lead, on_its_way };
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let grant = async {
            let protocol = protocol(&held.core).await?;
            let mut debts = held.core.owed.take();
            let replies = send(&held.core, protocol, |batch| {
                debts.pay(protocol, batch);
                protocol.claim(&held.names, &want, batch);
            });
            let replies = replies.await;
            let mut replies = debts.met(replies)?;
            // A claim does not fail with them.
            let _ = debts.take_answers(protocol, &mut replies);
            protocol.take_claim(want.claim, &mut replies)
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

/// Pays what is owed for a claim, unless another has sent it. Whether the claim is known to have stood.
async fn pay(core: Arc<Core>, number: u64) -> bool {
    let debt = core.owed.take_one(number);
    if debt.is_empty() {
        return false;
    }
    // Whoever is told of a failure may call the function: those who wait for this caller are free by then.
    let given = give_back(&core, debt).await;
    told(&core, given)
}

async fn give_back(core: &Core, mut debt: Debts) -> Result<bool> {
    // Whoever holds a lease has asked for it, so the layout is known.
    let Some(protocol) = core.known_protocol() else { return Ok(false) };
    let replies = send(core, protocol, |batch| debt.pay(protocol, batch)).await;
    let mut replies = debt.met(replies)?;
    debt.take_answers(protocol, &mut replies)
}

/// Sends what is queued; anew, where the server did not have a script, and again only if it lost another one meanwhile.
async fn send(core: &Core, protocol: &Protocol, mut queue: impl FnMut(&mut Batch)) -> Result<Replies> {
    loop {
        let mut batch = Batch::default();
        queue(&mut batch);
        let replies = core.link.run(&batch).await?;
        if !protocol.forget_lost_scripts(&replies) {
            return Ok(replies);
        }
    }
}

fn told(core: &Core, given: Result<bool>) -> bool {
    given.inspect_err(|error| core.report(error)).unwrap_or(false)
}

async fn protocol(core: &Arc<Core>) -> Result<&Protocol> {
    if core.known_protocol().is_none() {
        let asked = Instant::now();
        // Held while one looks: each look takes one of the runtime's threads for blocking work.
        let mut failure = core.link.locked(&core.detecting).await?;
        failure.since(asked)?;
        if core.known_protocol().is_none() {
            let looking = Arc::clone(core);
            let found = core.link.blocking(move || looking.protocol().map(drop)).await;
            found.inspect_err(|error| failure.note(error))?;
        }
    }
    core.known_protocol().ok_or_else(stopping)
}
