//! The steps of a call that reach Redis, each safe to abandon.
//!
//! A step that changes something runs in a task of its own: when the caller is cancelled, the task goes on, and what it
//! brings is given back by [`Held`] as it is dropped.

use crate::client::Replies;
use crate::error::Result;
use crate::memoize::core::{Core, for_each};
use crate::memoize::owed::{Debts, Lead, OnItsWay};
use crate::memoize::protocol::{
    ClaimReply, ClaimRequest, Entry, Lease, Look, Names, Protocol, Queue, Read, StoreOutcome,
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
        drop_many([self]);
    }
}

impl Held {
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
}

/// Several, given back together.
struct Hold(Vec<Option<Held>>);

impl Hold {
    fn iter(&self) -> impl Iterator<Item = &Held> {
        self.0.iter().flatten()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        drop_many(self.0.iter_mut().flatten());
    }
}

/// From now on those of them that are ours are owed.
fn owe_many<'h>(held: impl IntoIterator<Item = &'h mut Held>) -> Option<(Arc<Core>, Vec<u64>)> {
    let (mut core, mut numbers) = (None, Vec::new());
    for held in held {
        if std::mem::take(&mut held.ours) {
            numbers.push(held.owe());
            core.get_or_insert_with(|| Arc::clone(&held.core));
        }
    }
    core.map(|core| (core, numbers))
}

/// Gives back several in one round trip, and does not wait for it.
pub(super) fn drop_many<'h>(held: impl IntoIterator<Item = &'h mut Held>) {
    let Some((core, numbers)) = owe_many(held) else { return };
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(pay(core, numbers))),
        Err(_) => {
            let given = core.give_back(core.owed.take_these(&numbers));
            told(&core, given);
        }
    }
}

/// Gives back several in one round trip and waits for it. Whether there were any of ours, and all are known to have stood.
pub(super) async fn give_back_many(mut held: Vec<Held>) -> bool {
    match owe_many(&mut held) {
        Some((core, numbers)) => tokio::spawn(pay(core, numbers)).await.unwrap_or(false),
        None => false,
    }
}

/// Stores several in one round trip, and ends each claim one way or the other.
pub(super) async fn store_many(core: &Arc<Core>, entries: Vec<(Held, Entry)>) -> Vec<Result<StoreOutcome>> {
    let (core, several) = (Arc::clone(core), entries.len());
    let on_its_way = |(mut held, entry): (Held, Entry)| {
        held.on_its_way = Some(core.owed.on_its_way());
        (Some(held), entry)
    };
    let (held, entries): (Vec<_>, Vec<Entry>) = entries.into_iter().map(on_its_way).unzip();
    let mut held = Hold(held);
    let task = tokio::spawn(async move {
        let kept = match core.is_by_threads() {
            true => {
                let all = held.iter().zip(entries);
                let all = all.map(|(held, entry)| (held.names.clone(), held.lease.clone(), entry));
                let all: Vec<_> = all.collect();
                in_thread(&core, several, move |core| {
                    let all: Vec<_> = all.iter().map(|(names, lease, entry)| (names, lease, entry)).collect();
                    core.store_many(&all)
                })
                .await
            }
            false => {
                let queue = |protocol: &Protocol, batch: &mut Queue<Batch>| {
                    for (held, entry) in held.iter().zip(&entries) {
                        protocol.store(&held.names, &held.lease, entry, batch);
                    }
                };
                let take = |protocol: &Protocol, replies: &mut Replies| {
                    (0..several).map(|_| protocol.take_store(replies)).collect()
                };
                ask_many(&core, several, false, queue, take).await
            }
        };
        let ended = held.0.iter_mut().flatten().zip(&kept).filter(|(_, kept)| kept.is_ok());
        ended.for_each(|(held, _)| held.gone());
        kept
    });
    for_each(several, task.await.map_err(|_| stopping()))
}

/// Reads, and gives back what is owed in front of it.
pub(super) async fn read(core: &Arc<Core>, names: &Names, look: Look) -> Result<Read> {
    if core.is_by_threads() {
        let (core, names) = (Arc::clone(core), names.clone());
        return Arc::clone(&core).blocking(move || core.read(&names, look)).await;
    }
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

/// The same for several in one round trip.
pub(super) async fn read_many(core: &Arc<Core>, asked: &[(&Names, Look)]) -> Vec<Result<Read>> {
    if core.is_by_threads() {
        let all: Vec<(Names, Look)> = asked.iter().map(|(names, look)| ((*names).clone(), *look)).collect();
        return in_thread(core, all.len(), move |core| {
            core.read_many(&all.iter().map(|(names, look)| (names, *look)).collect::<Vec<_>>())
        })
        .await;
    }
    let queue = |protocol: &Protocol, batch: &mut Queue<Batch>| {
        asked.iter().for_each(|(names, look)| protocol.read(names, *look, batch));
    };
    let take = |protocol: &Protocol, replies: &mut Replies| {
        protocol.take_reads(asked.iter().map(|(_, look)| *look), replies)
    };
    ask_many(core, asked.len(), true, queue, take).await
}

/// A grant, and what is held with it.
pub(super) type Granted = (Result<ClaimReply>, Option<Held>);

/// Claims several in one round trip, and gives back what is owed in front of it: what replaces a value has not read before. Each
/// keeps a part in its lead.
pub(super) async fn claim_many(
    core: &Arc<Core>,
    wants: Vec<(Names, ClaimRequest, Option<Lead>)>,
) -> Vec<Granted> {
    let (core, several) = (Arc::clone(core), wants.len());
    let claim = |(names, want, lead): (Names, ClaimRequest, Option<Lead>)| {
        // Where the runtime ends before the answer comes, it is given back as one whose answer was lost.
        let (lease, on_its_way) = (want.claim.unanswered(), Some(core.owed.on_its_way()));
        (Some(Held { core: Arc::clone(&core), names, lease, ours: true, lead, on_its_way }), want)
    };
    let (held, wants): (Vec<_>, Vec<_>) = wants.into_iter().map(claim).unzip();
    let mut held = Hold(held);
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let (wants, grants) = match core.is_by_threads() {
            true => {
                let names: Vec<Names> = held.iter().map(|held| held.names.clone()).collect();
                let wants = Arc::new(wants);
                let theirs = Arc::clone(&wants);
                let grants = in_thread(&core, several, move |core| {
                    core.claim_many(&names.iter().zip(&*theirs).collect::<Vec<_>>())
                });
                let grants = grants.await;
                (wants, grants)
            }
            false => {
                let queue = |protocol: &Protocol, batch: &mut Queue<Batch>| {
                    for (held, want) in held.iter().zip(&wants) {
                        protocol.claim(&held.names, want, batch);
                    }
                };
                let take = |protocol: &Protocol, replies: &mut Replies| {
                    wants.iter().map(|want| protocol.take_claim(want.claim, replies)).collect()
                };
                let grants = ask_many(&core, several, true, queue, take).await;
                (Arc::new(wants), grants)
            }
        };
        let mut ways = Vec::with_capacity(several);
        for (place, (want, grant)) in held.0.iter_mut().zip(wants.iter().zip(&grants)) {
            ways.push(place.as_mut().and_then(|held| held.on_its_way.take()));
            match (want.claim.lease(grant), place.as_mut()) {
                (Some((lease, ours)), Some(held)) => (held.lease, held.ours) = (lease, ours),
                (_, Some(held)) => {
                    held.gone();
                    *place = None;
                }
                (_, None) => {}
            }
        }
        // The call has them from here on, polled or not; where it is gone, they are owed since they were sent.
        if let Err((_, mut held)) = tell.send((grants, held)) {
            for (held, way) in held.0.iter_mut().zip(ways) {
                if let Some(held) = held {
                    held.on_its_way = way;
                }
            }
        }
    });
    match told.await {
        Ok((grants, mut held)) => grants.into_iter().zip(std::mem::take(&mut held.0)).collect(),
        Err(_) => (0..several).map(|_| (Err(stopping()), None)).collect(),
    }
}

/// Pays what is owed for claims, unless another has sent it. Whether all are known to have stood.
async fn pay(core: Arc<Core>, numbers: Vec<u64>) -> bool {
    let debts = core.owed.take_these(&numbers);
    if debts.is_empty() {
        return false;
    }
    // Whoever is told of a failure may call the function: those who wait for this caller are free by then.
    let given = give_back(&core, debts).await;
    told(&core, given)
}

async fn give_back(core: &Arc<Core>, mut debt: Debts) -> Result<bool> {
    if core.is_by_threads() {
        let core = Arc::clone(core);
        return Arc::clone(&core).blocking(move || core.give_back(debt)).await;
    }
    // Whoever holds a lease has asked for it, so the layout is known.
    let Some(protocol) = core.known_protocol() else { return Ok(false) };
    let replies = send(core, protocol, |batch| debt.pay(protocol, batch)).await;
    let mut replies = debt.met(replies)?;
    debt.take_answers(protocol, &mut replies)
}

/// Asks for the like of several keys in one round trip; with `pays`, gives back what is owed in front of it. Each has its
/// answer, or all of them why there is none.
async fn ask_many<R>(
    core: &Arc<Core>,
    several: usize,
    pays: bool,
    mut queue: impl FnMut(&Protocol, &mut Queue<Batch>),
    mut take: impl FnMut(&Protocol, &mut Replies) -> Vec<Result<R>>,
) -> Vec<Result<R>> {
    let answers = async {
        let protocol = protocol(core).await?;
        let mut debts = if pays { core.owed.take() } else { Debts::default() };
        let replies = send(core, protocol, |batch| {
            debts.pay(protocol, batch);
            queue(protocol, batch);
        });
        let replies = replies.await;
        let mut replies = debts.met(replies)?;
        // A read does not fail with them.
        let _ = debts.take_answers(protocol, &mut replies);
        Ok(take(protocol, &mut replies))
    };
    for_each(several, answers.await)
}

/// Sends what is queued; anew, where the server did not have a script, and again only if it lost another one meanwhile.
async fn send(core: &Core, protocol: &Protocol, mut queue: impl FnMut(&mut Queue<Batch>)) -> Result<Replies> {
    let mut batch = Queue::new(Batch::default());
    loop {
        queue(&mut batch);
        let (replies, connection) = core.link.run(&batch.sink, batch.asks_run_id).await?;
        if core.leads_elsewhere(&replies) {
            core.link.drop_connection(connection).await;
        }
        if !protocol.forget_lost_scripts(&replies) {
            return Ok(replies);
        }
        batch.begin_again(Batch::default());
    }
}

/// Does what the sync API does, on a thread that may block.
async fn in_thread<R: Send + 'static>(
    core: &Arc<Core>,
    several: usize,
    work: impl FnOnce(&Core) -> Vec<Result<R>> + Send + 'static,
) -> Vec<Result<R>> {
    let theirs = Arc::clone(core);
    for_each(several, core.blocking(move || Ok(work(&theirs))).await)
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
