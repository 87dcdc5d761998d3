//! What the namespace holds, and the steps of a call on it: those of `claim.lua`, `store.lua` and `give_back.lua`, which say why.
//! Left out is what only workers of the library bring about, evictions, and answers that are lost on their way.

use crate::error::{Error, Result};
use crate::memoize::call_state::{Claimed, Purpose};
use crate::memoize::protocol::{
    Claim, ClaimReply, ClaimRequest, Entry, Lease, Look, Names, Read, StoreOutcome,
};
use crate::namespace::Namespace;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Redis keys and members are called as on Redis.
pub(super) struct State {
    pub(super) ns: Namespace,
    /// Since 1970.
    pub(super) now: Duration,
    pub(super) hashes: BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>>,
    /// Tags and invalid keys.
    pub(super) sets: BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>,
    pub(super) marks: BTreeSet<Vec<u8>>,
    pub(super) progress: BTreeSet<Vec<u8>>,
    /// When values expire, by the members that buckets have for them.
    scores: BTreeMap<Vec<u8>, i64>,
    leases: BTreeMap<Vec<u8>, f64>,
}

/// What tells a value from others. The scripts take its hash, which may be sent to and fro.
fn digest(value: Option<&Vec<u8>>) -> Vec<u8> {
    value.map_or_else(Vec::new, |value| [b"=", &value[..]].concat())
}

fn number(deadline: &[u8]) -> Option<f64> {
    std::str::from_utf8(deadline).ok()?.parse().ok()
}

impl State {
    pub(super) fn new(ns: Namespace, now: Duration) -> Self {
        Self {
            ns,
            now,
            hashes: BTreeMap::new(),
            sets: BTreeMap::new(),
            marks: BTreeSet::new(),
            progress: BTreeSet::new(),
            scores: BTreeMap::new(),
            leases: BTreeMap::new(),
        }
    }

    /// The members of a tag or an invalid key; `None` where values have its name.
    pub(super) fn members(&self, set: &[u8]) -> Option<Vec<Vec<u8>>> {
        let members = || self.sets.get(set).into_iter().flatten().cloned().collect();
        (!self.hashes.contains_key(set)).then(members)
    }

    /// # Errors
    /// [`Error::WrongType`] where a tag or an invalid key has the name of the hash.
    fn value(&self, names: &Names) -> Result<Option<&Vec<u8>>> {
        match self.sets.contains_key(names.hash()) {
            true => Err(Error::WrongType { keys: vec![names.hash().to_vec()] }),
            false => Ok(self.hashes.get(names.hash()).and_then(|hash| hash.get(names.key.field()))),
        }
    }

    /// Deletes a value. Whether there was one.
    pub(super) fn delete(&mut self, hash: &[u8], field: &[u8]) -> bool {
        let Some(fields) = self.hashes.get_mut(hash) else { return false };
        let was_there = fields.remove(field).is_some();
        if fields.is_empty() {
            self.hashes.remove(hash);
        }
        was_there
    }

    fn list(&mut self, set: Vec<u8>, member: &[u8]) -> Result<()> {
        if self.hashes.contains_key(&set) {
            return Err(Error::WrongType { keys: vec![set] });
        }
        self.sets.entry(set).or_default().insert(member.to_vec());
        Ok(())
    }

    fn has_expired(&self, value_name: &[u8], due: Option<i64>) -> bool {
        due.is_some_and(|due| self.scores.get(value_name).is_some_and(|score| *score <= due))
    }

    pub(super) fn read(&self, names: &Names, look: Look) -> Result<Read> {
        let value = self.value(names)?.cloned();
        let is_marked = look.marks && self.marks.contains(&names.member);
        let value_name = self.ns.bucket_member(&names.key);
        let due = is_marked || self.has_expired(&value_name, look.due);
        let score = look.due.and_then(|_| self.scores.get(&value_name)).map(|score| *score as f64);
        Ok(Read { value, due, score, run_id: None })
    }

    pub(super) fn claim(&mut self, names: &Names, want: &ClaimRequest) -> Result<ClaimReply> {
        let (member, value_name) = (&names.member, self.ns.bucket_member(&names.key));
        self.restore();
        let of = |name: &[u8]| self.leases.get(name).copied();
        let (lease, own) = (of(&value_name), of(member));
        let stored = self.value(names)?.cloned();
        let (marked, expired) = (self.marks.contains(member), self.has_expired(&value_name, want.claim.due));
        let value = stored.clone().filter(|it| want.bad.as_ref() != Some(it));
        let reply = |claimed, value, lease| Ok(ClaimReply { claimed, value, lease });
        if value.is_some() && !marked && !expired && want.purpose == Purpose::Call {
            return reply(Claimed::Valid, value, None);
        }
        if lease.is_some() || own.is_some() {
            if !want.join {
                return reply(Claimed::Busy { value: value.is_some() }, value, None);
            }
            let Some(deadline) = lease.filter(|_| lease == own && !self.is_note(member)) else {
                if want.purpose != Purpose::Call {
                    self.marks.insert(member.clone());
                }
                return reply(Claimed::Beside, None, None);
            };
            let lease = held(want.claim, deadline, stored.as_ref(), false);
            return reply(Claimed::Joined, None, Some(lease));
        }
        if marked {
            self.list(self.ns.tag(names.tag.as_bytes()), member)?;
        }
        let deadline = (self.now_ms() / 512.0).ceil() * 512.0 + want.claim.span;
        self.leases.insert(member.clone(), deadline);
        self.leases.insert(value_name.clone(), deadline);
        self.progress.insert(member.clone());
        if want.claim.due.is_some() && expired {
            self.scores.insert(value_name, want.claim.put_off());
        }
        self.marks.remove(member);
        let took_mark = marked || expired;
        let keeps = want.stale || !took_mark;
        if !keeps {
            self.delete(names.hash(), names.key.field());
        }
        let lease = held(want.claim, deadline, stored.as_ref().filter(|_| keeps), took_mark);
        reply(Claimed::Mine { refresh: took_mark }, None, Some(lease))
    }

    pub(super) fn store(&mut self, names: &Names, lease: &Lease, entry: &Entry) -> Result<StoreOutcome> {
        let (member, value_name) = (&names.member, self.ns.bucket_member(&names.key));
        let given = number(&lease.deadline);
        if [member, &value_name].into_iter().any(|name| self.leases.get(name).copied() != given) {
            if entry.replaces {
                self.marks.insert(member.clone());
            }
            return Ok(StoreOutcome::Lost);
        }
        if digest(self.value(names)?) != lease.digest {
            self.marks.insert(member.clone());
            self.end(member, &value_name);
            return Ok(StoreOutcome::Changed);
        }
        self.list(self.ns.tag(names.tag.as_bytes()), member)?;
        for name in &entry.invalid_keys {
            self.list(self.ns.invalid_key(name.as_bytes()), member)?;
        }
        if let Some(score) = entry.score {
            self.scores.insert(value_name.clone(), score);
        }
        let fields = self.hashes.entry(names.hash().to_vec()).or_default();
        fields.insert(names.key.field().to_vec(), entry.value.clone());
        self.end(member, &value_name);
        Ok(StoreOutcome::Stored)
    }

    fn end(&mut self, member: &[u8], value_name: &[u8]) {
        self.progress.remove(member);
        self.leases.remove(member);
        self.leases.remove(value_name);
    }

    /// Whether the claim still stood.
    pub(super) fn give_back(&mut self, names: &Names, lease: &Lease) -> bool {
        let (member, value_name) = (&names.member, self.ns.bucket_member(&names.key));
        if self.leases.get(member).copied() != number(&lease.deadline) {
            return false;
        }
        if lease.took_mark {
            self.marks.insert(member.clone());
        }
        if let Some(due) = lease.claim.due.filter(|_| lease.took_mark)
            && let Some(score) = self.scores.get_mut(&value_name)
            && *score == lease.claim.put_off()
        {
            *score = due;
        }
        self.end(member, &value_name);
        true
    }

    fn now_ms(&self) -> f64 {
        self.now.as_millis() as f64
    }

    /// Gives back what leases hold that ran out.
    fn restore(&mut self) {
        let now = self.now_ms();
        let out = self.leases.iter().filter(|(_, deadline)| **deadline <= now);
        let out: Vec<_> = out.map(|(name, _)| name.clone()).collect();
        out.iter().for_each(|name| self.restore_one(name));
    }

    fn restore_one(&mut self, name: &[u8]) {
        if !self.is_note(name) {
            self.progress.remove(name);
            self.marks.insert(name.to_vec());
        }
        self.leases.remove(name);
    }

    /// Whether it stands there for a claim by a name that the library cuts.
    fn is_note(&self, name: &[u8]) -> bool {
        let Some(deadline) = self.leases.get(name) else { return false };
        let cut = [name, b">"].concat();
        let longer = self.leases.range(cut.clone()..).take_while(|(other, _)| other.starts_with(&cut));
        longer.map(|(_, other)| other).any(|other| other == deadline)
    }
}

fn held(claim: Claim, deadline: f64, stored: Option<&Vec<u8>>, took_mark: bool) -> Lease {
    let deadline = deadline.to_string().into_bytes();
    Lease { claim, deadline, digest: digest(stored), took_mark, before: Vec::new(), joined: false }
}
