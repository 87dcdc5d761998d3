//! A read, a claim, a store and what gives a claim back, in a cluster where the keys of a call lie in several slots: step by step,
//! each answered before the next.
//!
//! **One slot holds the marks and the leases**, so a mark is taken in one step with a look at the lease, once, and comes back when
//! that runs out. **The value's slot holds a fence**: a string, gone by itself, that names the claim which may store: the last one. A
//! result is written in one step with a look at the fence and at the value that was there at the claim; so neither a worker that was
//! overtaken nor one that slept stores anything. The timeout is renewed behind the value: an old one gets none that ends behind the lease.
//!
//! **The lease comes first, then the fence, and the mark goes last**: by then the old value has been gone for a [`MOMENT`], where none
//! is to be served, and nobody but who has the lease could store another. A put brings a value that is older than its claim: an invalidation is kept
//! that comes once it has the lease, or, where the key was marked, the mark; a deletion once the key is in progress (on one server
//! all from the same moment).
//!
//! What is left are the progress set and the indexes. The key is in progress before anything is computed, and indexed before it is
//! stored; who finds it out of progress once it has stored marks the key. The lease goes last, so that whatever dies in between has
//! the key marked, and computed once more.

use super::call_state::{Claimed, Purpose};
use super::protocol::{
    ClaimReply, ClaimRequest, Entry, Lease, Look, Names, Protocol, Read, SEVERAL, StoreOutcome, flag,
};
use crate::cache::MOMENT;
use crate::cache::scripts::{
    CHECK_CLAIM, CLAIM_LEASE, END_CLAIM, FENCE, LOOK_VALUE, RESTORE_RUN_OUT, STORE_VALUE, SWAP_SCORE,
    TAKE_MARK, UNFENCE,
};
use crate::client::{Pipe, Replies, Reply, Script, command};
use crate::error::{Error, Result};
use std::time::{Duration, Instant, SystemTime};

/// So often a claim gives back what has run out, before it takes the key for busy.
const MOST_RESTORES: u32 = 4;

/// What takes several steps.
pub(crate) trait Steps {
    type Outcome;

    /// The commands of the next step.
    fn queue(&self, protocol: &Protocol, sink: &mut Pipe);

    /// The next step waits so long.
    fn waits(&self) -> Duration {
        Duration::ZERO
    }

    /// Takes their answers; the outcome, where that was the last step.
    fn take(&mut self, replies: &mut Replies) -> Result<Option<Self::Outcome>>;
}

/// Takes steps of several at once, each in one round trip for all of them.
pub(crate) struct InStep<S: Steps>(Vec<One<S>>);

struct One<S: Steps> {
    steps: S,
    /// How many commands its step has.
    commands: usize,
    outcome: Option<Result<S::Outcome>>,
}

impl<S: Steps> InStep<S> {
    pub(crate) fn new(all: impl IntoIterator<Item = S>) -> Self {
        Self(all.into_iter().map(|steps| One { steps, commands: 0, outcome: None }).collect())
    }

    fn unfinished(&mut self) -> impl Iterator<Item = &mut One<S>> {
        self.0.iter_mut().filter(|one| one.outcome.is_none())
    }

    /// So long the next step waits.
    pub(crate) fn waits(&mut self) -> Duration {
        self.unfinished().map(|one| one.steps.waits()).max().unwrap_or_default()
    }

    /// The commands of the next step; nothing once all are done.
    pub(crate) fn queue(&mut self, protocol: &Protocol) -> Option<Pipe> {
        let mut pipe = Pipe::new();
        pipe.separately();
        for one in self.unfinished() {
            let before = pipe.len();
            one.steps.queue(protocol, &mut pipe);
            one.commands = pipe.len() - before;
        }
        (!pipe.is_empty()).then_some(pipe)
    }

    pub(crate) fn take(&mut self, replies: &mut Replies) {
        for one in self.unfinished() {
            one.outcome = replies.part(one.commands, |replies| one.steps.take(replies)).transpose();
        }
    }

    pub(crate) fn outcomes(self) -> Vec<Result<S::Outcome>> {
        self.0.into_iter().map(|one| one.outcome.unwrap_or(Err(Error::Unsure))).collect()
    }
}

/// What a hit reads: the value, and whether that is due, side by side. Of two questions to two servers the one about the value may be
/// carried out first; if somebody replaces that value then, and takes its mark, the other finds none. But where no old value is
/// served, a mark is taken a [`MOMENT`] after that has gone. So where the answers took half as long, the value is read again, behind
/// the other. Where a timeout is missing, somebody may have marked the key and taken it away: all is asked again, the value last.
pub(crate) struct Reading<'a> {
    names: &'a Names,
    look: Look,
    began: (Instant, SystemTime),
    ask: Ask,
}

enum Ask {
    All,
    /// Whether it is due.
    Due,
    /// The value; whether it is due, and its score, are known.
    Value((bool, Option<f64>)),
}

impl<'a> Reading<'a> {
    pub(crate) fn new(names: &'a Names, look: Look) -> Self {
        let asks_due = look.marks || look.due.is_some();
        let ask = if asks_due { Ask::All } else { Ask::Value((false, None)) };
        Self { names, look, began: (Instant::now(), SystemTime::now()), ask }
    }

    fn is_of_one_moment(&self) -> bool {
        let most = MOMENT / 2;
        // The first stands still on a machine that sleeps.
        self.began.0.elapsed() < most && self.began.1.elapsed().is_ok_and(|took| took < most)
    }
}

impl Steps for Reading<'_> {
    type Outcome = Read;

    fn queue(&self, protocol: &Protocol, sink: &mut Pipe) {
        if matches!(self.ask, Ask::All | Ask::Due) {
            protocol.ask_due(self.names, self.look, sink);
        }
        if matches!(self.ask, Ask::All | Ask::Value(_)) {
            protocol.ask_value(self.names, self.look, sink);
        }
    }

    fn take(&mut self, replies: &mut Replies) -> Result<Option<Read>> {
        // The layout that a cluster can have keeps its marks in one set.
        let mut due = || self.look.take_due(usize::from(self.look.marks), replies);
        self.ask = match self.ask {
            Ask::All => {
                let due = due()?;
                let read = self.look.take_value(due, replies)?;
                if read.due || read.value.is_none() {
                    return Ok(Some(read));
                } else if self.look.due.is_some() && read.score.is_none() {
                    Ask::Due
                } else if self.is_of_one_moment() {
                    return Ok(Some(read));
                } else {
                    Ask::Value(due)
                }
            }
            Ask::Due => Ask::Value(due()?),
            Ask::Value(due) => return self.look.take_value(due, replies).map(Some),
        };
        Ok(None)
    }
}

/// A claim.
pub(crate) struct Claiming<'a> {
    names: &'a Names,
    want: &'a ClaimRequest,
    at: Claim,
    seen: Seen,
    /// How often a lease had run out, of another or its own.
    restores: u32,
    /// It had the lease before its answer came: what it has done since, nobody knows.
    came_before: bool,
    /// It has put the key in progress.
    entered: bool,
}

enum Claim {
    Look,
    /// The value, where no old one is served: behind the answer about its mark.
    Value,
    Lease,
    /// What has run out: first out of progress, then marked.
    Restore {
        members: Vec<Vec<u8>>,
        left: bool,
    },
    /// Nobody else stores from here on; the old value goes, where none is served.
    Enter {
        lease: Vec<u8>,
        marked: bool,
    },
    /// The mark, and the timeout that had run out.
    Take {
        lease: Lease,
        marked: bool,
        /// Since when the old value has gone, where none is served.
        since: Option<Instant>,
    },
    /// The lease is gone: the key leaves progress.
    Leave,
    Join {
        lease: Vec<u8>,
    },
    Undo(GivingBack, Option<Vec<u8>>),
}

/// What was read before the claim.
#[derive(Default)]
struct Seen {
    value: Option<Vec<u8>>,
    score: Option<f64>,
    computing: bool,
}

impl<'a> Claiming<'a> {
    pub(crate) fn new(names: &'a Names, want: &'a ClaimRequest) -> Self {
        let (at, seen) = (Claim::Look, Seen::default());
        let mut this = Self { names, want, at, seen, restores: 0, came_before: false, entered: false };
        this.begin();
        this
    }

    /// What is put is as old as the call: a mark that comes meanwhile is not to be taken for it. So nothing is looked for first, and
    /// whoever has the lease computes, as far as that is known.
    fn begin(&mut self) {
        self.seen = Seen { computing: self.want.purpose == Purpose::Put, ..Seen::default() };
        self.at = match self.want.purpose {
            Purpose::Put => Claim::Lease,
            Purpose::Call | Purpose::Refresh => Claim::Look,
        };
    }

    fn expired(&self) -> Option<f64> {
        self.seen.score.zip(self.want.claim.due).filter(|(score, due)| *score <= *due as f64).map(|it| it.0)
    }

    /// The value, where it decodes.
    fn readable(&self, value: Option<Vec<u8>>) -> Option<Vec<u8>> {
        value.filter(|value| self.want.bad.as_ref() != Some(value))
    }

    fn lease(&self, deadline: Vec<u8>, digest: Vec<u8>, before: &[u8]) -> Lease {
        let (took_mark, before) = (self.came_before, before.to_vec());
        Lease { claim: self.want.claim, deadline, digest, took_mark, before, joined: false }
    }

    /// Whether the mark that is there is this claim's to take: one may have come since a put began, by younger data.
    fn takes(&self, marked: bool) -> bool {
        marked && (self.want.purpose != Purpose::Put || self.restores == 0 && !self.came_before)
    }

    fn looked(&mut self, replies: &mut Replies) -> Result<()> {
        let value = replies.one()?.list()?.into_iter().nth(2).map_or(Ok(None), Reply::bytes)?;
        self.seen.value = self.readable(value);
        Ok(())
    }

    fn leased(&mut self, replies: &mut Replies) -> Result<Option<ClaimReply>> {
        let mut parts = replies.one()?.list()?.into_iter();
        let word = parts.next().map_or(Ok(None), Reply::bytes)?.unwrap_or_default();
        let rest = parts.map(|part| Ok(part.bytes()?.unwrap_or_default())).collect::<Result<Vec<_>>>()?;
        let lease = || rest.first().cloned().unwrap_or_default();
        let value = self.seen.value.take();
        match &word[..] {
            b"out" if self.restores < MOST_RESTORES => {
                self.restores += 1;
                self.at = Claim::Restore { members: rest, left: false };
                self.seen.value = value;
                Ok(None)
            }
            b"mine" => {
                let is_set = |at: usize| rest.get(at).is_some_and(|flag| flag == b"1");
                let marked = is_set(1);
                self.came_before |= is_set(2);
                let lease = if self.takes(marked) { once_taken(lease()) } else { lease() };
                self.at = Claim::Enter { lease, marked };
                Ok(None)
            }
            b"joined" => {
                self.at = Claim::Join { lease: lease() };
                Ok(None)
            }
            b"valid" => Ok(Some(ClaimReply { claimed: Claimed::Valid, value, lease: None })),
            b"beside" => Ok(Some(ClaimReply { claimed: Claimed::Beside, value: None, lease: None })),
            _ => Ok(Some(busy(value))),
        }
    }

    fn entered(
        &mut self,
        deadline: Vec<u8>,
        marked: bool,
        replies: &mut Replies,
    ) -> Result<Option<ClaimReply>> {
        let mut fenced = replies.one()?.list()?.into_iter();
        self.entered |= replies.one()?.int()? == 1;
        if marked {
            replies.one()?.int()?;
        }
        let digest = fenced.next().map_or(Ok(None), Reply::bytes)?.unwrap_or_default();
        self.seen.value = self.readable(fenced.next().map_or(Ok(None), Reply::bytes)?);
        let before: &[u8] = match self.entered {
            _ if self.came_before => b"",
            true => b"0",
            false if self.seen.computing => b"1",
            // It has entered without an answer, or somebody else has.
            false => b"",
        };
        let lease = self.lease(deadline, digest, before);
        if self.takes(marked) || self.expired().is_some() {
            let since = (!self.want.stale).then(Instant::now);
            self.at = Claim::Take { lease, marked, since };
            return Ok(None);
        }
        Ok(self.granted(lease))
    }

    fn took(&mut self, mut lease: Lease, marked: bool, replies: &mut Replies) -> Result<Option<ClaimReply>> {
        let stands = !self.takes(marked) || replies.one()?.int()? == 1;
        lease.took_mark |= self.takes(marked);
        if let Some(expired) = self.expired() {
            let was = replies.one()?.score()?;
            // Sent twice, it finds what it had put there.
            lease.took_mark |= was == Some(expired) || was == Some(self.want.claim.put_off() as f64);
        }
        if stands {
            return Ok(self.granted(lease));
        }
        // It has run out meanwhile.
        self.restores += 1;
        if self.entered {
            self.at = Claim::Leave;
            return Ok(None);
        }
        Ok(self.begin_again())
    }

    fn begin_again(&mut self) -> Option<ClaimReply> {
        if self.restores > MOST_RESTORES {
            return Some(busy(None));
        }
        self.begin();
        None
    }

    fn granted(&mut self, lease: Lease) -> Option<ClaimReply> {
        let refresh = lease.took_mark;
        let value = self.seen.value.take();
        if value.is_some() && !refresh && self.want.purpose == Purpose::Call {
            // Somebody has stored it since it was read.
            self.at = Claim::Undo(GivingBack::new(self.names.clone(), lease), value);
            return None;
        }
        Some(ClaimReply { claimed: Claimed::Mine { refresh }, value: None, lease: Some(lease) })
    }
}

fn number(bytes: &[u8]) -> Option<f64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// The deadline of a lease once it has taken a mark: with the same rest.
fn once_taken(lease: Vec<u8>) -> Vec<u8> {
    number(&lease).map_or(lease, |deadline| (deadline + 512.0).to_string().into_bytes())
}

fn busy(value: Option<Vec<u8>>) -> ClaimReply {
    ClaimReply { claimed: Claimed::Busy { value: value.is_some() }, value, lease: None }
}

impl Steps for Claiming<'_> {
    type Outcome = ClaimReply;

    fn waits(&self) -> Duration {
        match self.at {
            Claim::Take { since: Some(since), .. } => MOMENT.saturating_sub(since.elapsed()),
            _ => Duration::ZERO,
        }
    }

    fn queue(&self, protocol: &Protocol, sink: &mut Pipe) {
        let (names, want) = (self.names, self.want);
        let on = On { protocol, names };
        let [_, span] = want.claim.words();
        match &self.at {
            Claim::Look => {
                on.in_progress(sink);
                if want.claim.due.is_some() {
                    sink.push(command::ZSCORE, &[&on.bucket(), &on.in_bucket()]);
                }
                if want.stale {
                    on.look_value(sink);
                } else {
                    on.marks().iter().for_each(|set| sink.push(command::SISMEMBER, &[set, &names.member]));
                }
            }
            Claim::Value => on.look_value(sink),
            Claim::Lease => on.lease_script(
                &CLAIM_LEASE,
                &[
                    span.as_bytes(),
                    want.for_whom(),
                    // Those of other keys are given back once, on the way.
                    if self.restores == 0 && want.purpose != Purpose::Put { SEVERAL } else { b"0" },
                    flag(self.seen.value.is_some()),
                    flag(self.expired().is_some()),
                    flag(self.seen.computing),
                ],
                sink,
            ),
            Claim::Restore { members, left: false } => {
                let members = members.iter().map(Vec::as_slice);
                sink.push_all(command::SREM, &[on.progress()], members.collect::<Vec<_>>());
            }
            Claim::Restore { members, left: true } => {
                let keys = on.lease_keys();
                sink.script(
                    &RESTORE_RUN_OUT,
                    keys.iter().map(Vec::as_slice),
                    members.iter().map(Vec::as_slice),
                );
            }
            Claim::Enter { lease, marked } => {
                let ms = (want.claim.span as u64 + 1024).to_string();
                let drops = !want.stale && (*marked || self.expired().is_some());
                on.value_script(&FENCE, &[names.key.field(), lease, ms.as_bytes(), flag(drops)], sink);
                if want.purpose == Purpose::Put {
                    // Nobody has looked yet whether it is a hash.
                    sink.barrier();
                }
                sink.push(command::SADD, &[on.progress(), &names.member]);
                if *marked {
                    sink.push(command::SADD, &[&protocol.ns().tag(names.tag.as_bytes()), &names.member]);
                }
            }
            Claim::Take { lease, marked, .. } => {
                if self.takes(*marked) {
                    on.lease_script(&TAKE_MARK, &[&lease.deadline], sink);
                }
                if let Some(expired) = self.expired() {
                    on.swap_score(&want.claim.put_off().to_string(), &expired.to_string(), sink);
                }
            }
            Claim::Leave => sink.push(command::SREM, &[on.progress(), &names.member]),
            Claim::Join { .. } => on.value_script(&LOOK_VALUE, &[names.key.field()], sink),
            Claim::Undo(undo, _) => undo.queue(protocol, sink),
        }
    }

    fn take(&mut self, replies: &mut Replies) -> Result<Option<ClaimReply>> {
        match &mut self.at {
            Claim::Look => {
                self.seen.computing = replies.one()?.int()? > 0 && !self.entered;
                self.seen.score = match self.want.claim.due {
                    Some(_) => replies.one()?.score()?,
                    None => None,
                };
                if self.want.stale {
                    self.looked(replies)?;
                    self.at = Claim::Lease;
                    return Ok(None);
                }
                let mut is_due = self.expired().is_some();
                for reply in replies.by_ref() {
                    is_due |= reply.int()? > 0;
                }
                self.at = if is_due { Claim::Lease } else { Claim::Value };
                Ok(None)
            }
            Claim::Value => {
                self.looked(replies)?;
                self.at = Claim::Lease;
                Ok(None)
            }
            Claim::Lease => self.leased(replies),
            Claim::Restore { left: left @ false, .. } => {
                replies.one()?.int()?;
                *left = true;
                Ok(None)
            }
            Claim::Restore { left: true, .. } => {
                replies.one()?.int()?;
                self.begin();
                Ok(None)
            }
            Claim::Enter { lease, marked } => {
                let (lease, marked) = (std::mem::take(lease), *marked);
                self.entered(lease, marked, replies)
            }
            Claim::Take { lease, marked, .. } => {
                let (lease, marked) = (lease.clone(), *marked);
                self.took(lease, marked, replies)
            }
            Claim::Leave => {
                replies.one()?.int()?;
                self.entered = false;
                Ok(self.begin_again())
            }
            Claim::Join { lease } => {
                let lease = std::mem::take(lease);
                let digest = replies.one()?.list()?.into_iter().next().map_or(Ok(None), Reply::bytes)?;
                let lease = self.lease(lease, digest.unwrap_or_default(), b"1");
                let lease = Lease { joined: true, ..lease };
                Ok(Some(ClaimReply { claimed: Claimed::Joined, value: None, lease: Some(lease) }))
            }
            Claim::Undo(undo, value) => {
                let undone = undo.take(replies)?;
                Ok(undone.map(|_| ClaimReply { claimed: Claimed::Valid, value: value.take(), lease: None }))
            }
        }
    }
}

/// A store.
pub(crate) struct Storing<'a> {
    names: &'a Names,
    lease: &'a Lease,
    entry: &'a Entry,
    at: Store,
    in_progress: bool,
    /// Nobody has stored, deleted or claimed it since, as far as was seen before anything is written.
    stands: bool,
}

enum Store {
    Look,
    Check,
    Index,
    Value,
    /// The lease is gone, and with it what keeps the key in progress.
    Lost,
    Leave {
        stored: bool,
    },
    End {
        outcome: StoreOutcome,
    },
}

impl<'a> Storing<'a> {
    pub(crate) fn new(names: &'a Names, lease: &'a Lease, entry: &'a Entry) -> Self {
        Self { names, lease, entry, at: Store::Look, in_progress: false, stands: false }
    }

    /// It does not stand. Who has joined leaves lease and progress to whoever has them.
    fn fails(&self) -> Store {
        match self.lease.joined {
            true => Store::End { outcome: StoreOutcome::Changed },
            false => Store::Leave { stored: false },
        }
    }
}

impl Steps for Storing<'_> {
    type Outcome = StoreOutcome;

    fn queue(&self, protocol: &Protocol, sink: &mut Pipe) {
        let Self { names, lease, entry, .. } = *self;
        let on = On { protocol, names };
        match &self.at {
            Store::Look => {
                on.in_progress(sink);
                on.value_script(&LOOK_VALUE, &[names.key.field()], sink);
            }
            Store::Check => {
                let further = [&lease.deadline[..], flag(entry.replaces), flag(self.in_progress)];
                on.lease_script(&CHECK_CLAIM, &further, sink);
            }
            Store::Index => {
                let invalid =
                    entry.invalid_keys.iter().map(|name| protocol.ns().invalid_key(name.as_bytes()));
                for set in [protocol.ns().tag(names.tag.as_bytes())].into_iter().chain(invalid) {
                    sink.push(command::SADD, &[&set, &names.member]);
                }
                if let Some(score) = entry.score {
                    // The lease, or the timeout, whichever ends first: who dies behind the value leaves no longer one.
                    let put_off = lease.claim.put_off();
                    let until = score.min(put_off).to_string();
                    sink.push(command::ZADD, &[&on.bucket(), b"NX", until.as_bytes(), &on.in_bucket()]);
                    if score < put_off {
                        on.swap_score(&until, &put_off.to_string(), sink);
                    }
                }
            }
            Store::Value => {
                let further = [names.key.field(), &lease.deadline[..], &lease.digest, &entry.value];
                on.value_script(&STORE_VALUE, &further, sink);
            }
            Store::Lost => sink.push(command::SREM, &[on.progress(), &names.member]),
            Store::Leave { stored } => {
                sink.push(command::SREM, &[on.progress(), &names.member]);
                if let Some(score) = entry.score.filter(|_| *stored) {
                    sink.push(command::ZADD, &[&on.bucket(), score.to_string().as_bytes(), &on.in_bucket()]);
                }
            }
            Store::End { outcome } => {
                let marks = *outcome != StoreOutcome::Stored;
                let ends: &[u8] = if marks && lease.joined { b"-1" } else { &lease.deadline };
                on.lease_script(&END_CLAIM, &[ends, flag(marks)], sink);
            }
        }
    }

    fn take(&mut self, replies: &mut Replies) -> Result<Option<StoreOutcome>> {
        self.at = match self.at {
            Store::Look => {
                self.in_progress = replies.one()?.int()? > 0;
                let mut fenced = replies.one()?.list()?.into_iter();
                let mut next = || fenced.next().map_or(Ok(None), Reply::bytes);
                let (digest, fence) = (next()?, next()?);
                self.stands = self.in_progress
                    && digest.is_some_and(|it| it == self.lease.digest)
                    && fence.is_some_and(|it| number(&it) == number(&self.lease.deadline));
                Store::Check
            }
            Store::Check => match (replies.one()?.int()?, self.stands) {
                (0, _) if self.lease.before == b"1" => return Ok(Some(StoreOutcome::Lost)),
                (0, _) => Store::Lost,
                (1, true) => Store::Index,
                _ => self.fails(),
            },
            Store::Lost => {
                replies.one()?.int()?;
                return Ok(Some(StoreOutcome::Lost));
            }
            Store::Index => {
                for reply in replies.by_ref() {
                    reply.ok()?;
                }
                Store::Value
            }
            Store::Value if replies.one()?.int()? == 1 => Store::Leave { stored: true },
            Store::Value => self.fails(),
            Store::Leave { stored } => {
                // Whoever took it out has stored an older value, or a younger: nobody knows.
                let stood = replies.one()?.int()? == 1 && stored;
                for reply in replies.by_ref() {
                    reply.ok()?;
                }
                Store::End { outcome: if stood { StoreOutcome::Stored } else { StoreOutcome::Changed } }
            }
            Store::End { outcome } => {
                let stood = replies.one()?.int()? == 1;
                return Ok(Some(if stood { outcome } else { StoreOutcome::Changed }));
            }
        };
        Ok(None)
    }
}

/// What gives a claim back; whether it still stood.
pub(crate) struct GivingBack {
    names: Names,
    lease: Lease,
    at: GiveBack,
}

enum GiveBack {
    Look,
    /// Before the key leaves the progress set: a deletion behind that finds nobody who could still store.
    Unfence,
    Clean,
    /// The lease is gone, and with it what keeps the key in progress.
    Leave,
    End {
        mark: bool,
    },
}

impl GivingBack {
    pub(crate) fn new(names: Names, lease: Lease) -> Self {
        Self { names, lease, at: GiveBack::Look }
    }
}

impl Steps for GivingBack {
    type Outcome = bool;

    fn queue(&self, protocol: &Protocol, sink: &mut Pipe) {
        let Self { names, lease, .. } = self;
        let on = On { protocol, names };
        match self.at {
            GiveBack::Look => {
                sink.push(command::ZSCORE, &[&protocol.ns().leases(), &names.member]);
                on.in_progress(sink);
            }
            GiveBack::Unfence => {
                let fence = on.fence();
                sink.script(&UNFENCE, [&fence[..]], [&lease.deadline[..]]);
            }
            GiveBack::Clean => {
                if lease.before != b"1" {
                    sink.push(command::SREM, &[on.progress(), &names.member]);
                }
                if let Some(due) = lease.claim.due.filter(|_| lease.took_mark) {
                    on.swap_score(&due.to_string(), &lease.claim.put_off().to_string(), sink);
                }
            }
            GiveBack::Leave => sink.push(command::SREM, &[on.progress(), &names.member]),
            GiveBack::End { mark } => on.lease_script(&END_CLAIM, &[&lease.deadline, flag(mark)], sink),
        }
    }

    fn take(&mut self, replies: &mut Replies) -> Result<Option<bool>> {
        let lease = &mut self.lease;
        self.at = match self.at {
            GiveBack::Look => {
                let held = replies.one()?.bytes()?;
                let in_progress = replies.one()?.int()? > 0;
                let given = number(&lease.deadline).unwrap_or(-1.0);
                let standing = held.as_deref().and_then(number);
                match held {
                    Some(held) if standing.is_some_and(|it| it == given || it % 512.0 == given) => {
                        lease.deadline = held;
                        GiveBack::Unfence
                    }
                    // It may have been evicted, and with it what is known of the mark.
                    None if given >= 512.0 && lease.took_mark && in_progress => GiveBack::End { mark: true },
                    None if in_progress && lease.before == b"0" => GiveBack::Leave,
                    _ => return Ok(Some(false)),
                }
            }
            GiveBack::Unfence => {
                // A result that was stored, and not told of, has neither its timeout nor the look whether it stood.
                lease.took_mark |= replies.one()?.int()? == 0;
                let is_clean = lease.before == b"1" && !(lease.took_mark && lease.claim.due.is_some());
                if is_clean { GiveBack::End { mark: lease.took_mark } } else { GiveBack::Clean }
            }
            GiveBack::Clean => {
                for reply in replies.by_ref() {
                    reply.ok()?;
                }
                GiveBack::End { mark: lease.took_mark }
            }
            GiveBack::Leave => {
                replies.one()?.int()?;
                return Ok(Some(false));
            }
            GiveBack::End { .. } => return Ok(Some(replies.one()?.int()? == 1)),
        };
        Ok(None)
    }
}

/// The names that steps of one key use.
struct On<'a> {
    protocol: &'a Protocol,
    names: &'a Names,
}

impl On<'_> {
    fn bucket(&self) -> Vec<u8> {
        self.protocol.ns().bucket(self.names.key.base())
    }

    fn in_bucket(&self) -> Vec<u8> {
        self.protocol.ns().bucket_member(&self.names.key)
    }

    fn progress(&self) -> &[u8] {
        self.protocol.progress()
    }

    /// That of the value, whatever name it is claimed by.
    fn fence(&self) -> Vec<u8> {
        self.protocol.ns().fence(self.names.hash(), &self.in_bucket())
    }

    fn marks(&self) -> Vec<Vec<u8>> {
        self.protocol.ns().mark_sets()
    }

    fn lease_keys(&self) -> Vec<Vec<u8>> {
        let ns = self.protocol.ns();
        [ns.leases()].into_iter().chain(self.marks()).collect()
    }

    /// The digest of the value, its fence, and the value. A script: a plain read is a call's, to whoever watches the server.
    fn look_value(&self, sink: &mut Pipe) {
        self.value_script(&LOOK_VALUE, &[self.names.key.field(), b"1"], sink);
    }

    fn in_progress(&self, sink: &mut Pipe) {
        sink.push(command::SISMEMBER, &[self.progress(), &self.names.member]);
    }

    /// A script where the marks and the leases lie.
    fn lease_script(&self, script: &'static Script, further: &[&[u8]], sink: &mut Pipe) {
        let (keys, in_bucket) = (self.lease_keys(), self.in_bucket());
        let args = [&self.names.member[..], &in_bucket].into_iter().chain(further.iter().copied());
        sink.script(script, keys.iter().map(Vec::as_slice), args);
    }

    /// A script where the value lies.
    fn value_script(&self, script: &'static Script, args: &[&[u8]], sink: &mut Pipe) {
        let fence = self.fence();
        sink.script(script, [self.names.hash(), &fence], args.iter().copied());
    }

    /// Another score, where the entry has this one.
    fn swap_score(&self, score: &str, only: &str, sink: &mut Pipe) {
        let args = [&self.in_bucket()[..], score.as_bytes(), only.as_bytes()].map(<[u8]>::to_vec);
        sink.script(&SWAP_SCORE, [&self.bucket()[..]], args.iter().map(Vec::as_slice));
    }
}
