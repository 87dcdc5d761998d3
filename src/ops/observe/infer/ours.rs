//! Scripts under way, and the workers of this crate.
//!
//! A worker of this crate reads with SISMEMBER and HGET in one pipeline, and computes under a lease that a script takes:
//! what the script calls shows what it decided. Callers of one process that share a computation are seen by their reads
//! alone.

use super::{Infer, MOST_NOTES, Set};
use crate::namespace::LogicalKey;
use crate::ops::observe::parse::{Args, Line};
use std::borrow::Cow;

/// A script whose calls are being seen.
#[derive(Debug)]
pub(super) enum Script {
    /// The reader of 0.1.1, of a key and a deleted set. `looked`: it has asked for the mark.
    Reader { key: Vec<u8>, set: u8, looked: bool },
    /// A script of a worker of this crate.
    Worker(Worker),
    /// Another. `expires`: it removes entries of TTL buckets. `dropped`: the key whose value it deleted last.
    Other { expires: bool, dropped: Option<Vec<u8>> },
}

impl Script {
    const OTHER: Self = Self::Other { expires: false, dropped: None };
}

/// A script of a worker of this crate, about a key.
#[derive(Debug, Default)]
pub(super) struct Worker {
    key: Vec<u8>,
    claim: Option<Claim>,
    /// It found no valid value, and asked whether another computes.
    asked: bool,
    /// The timeout had passed.
    expired: bool,
    /// It removed the old value, so that nobody is served it meanwhile.
    dropped: bool,
    /// It entered progress, or left it.
    entered: bool,
    /// It claimed its key, at this time. What it took, a mark or an expired entry, may be seen behind that.
    claimed: Option<u64>,
}

/// What a script that claims a key says of its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It has looked once.
    First,
    /// It has waited and looked again.
    Rechecked,
    /// It has waited in vain, and computes beside another if need be.
    Joins,
    /// It computes whatever is there; with `true`, beside another if need be.
    Refreshes(bool),
    /// It stores what its caller has.
    Puts,
}

/// What has come of a look, of which the other half lies on another server.
#[derive(Debug)]
pub(super) enum Half {
    /// Whether this key is marked.
    Asked(Vec<u8>),
    /// The value.
    Read,
    /// The same, by a call that has read before.
    Again,
}

impl Claim {
    fn of(word: &[u8]) -> Self {
        match word {
            b"0" => Self::First,
            b"1" => Self::Joins,
            b"refresh" => Self::Refreshes(false),
            b"refresh1" => Self::Refreshes(true),
            b"put" | b"put1" => Self::Puts,
            _ => Self::Rechecked,
        }
    }
}

/// Where a claim says so, and how many words it has behind the keys.
const JOIN: usize = 7;
const CLAIM_WORDS: usize = 12;

/// The same, and where it says that the entry has expired, of a claim in steps.
const STEP_JOIN: usize = 3;
const STEP_EXPIRED: usize = 6;
const STEP_WORDS: usize = 8;

impl Infer {
    /// EVAL or EVALSHA begins.
    pub(super) fn script_begins(&mut self, line: &Line<'_>, mut args: Args<'_>) {
        self.script = Some(Script::OTHER);
        let _ = args.next();
        let count = args.next().and_then(|count| std::str::from_utf8(&count).ok()?.parse::<usize>().ok());
        let (Some(count), Some(first)) = (count, args.next()) else { return };
        if first == self.leases && self.ns.is_cross_slot() {
            return self.step_begins(args.skip(count.saturating_sub(1)));
        }
        if first == self.leases {
            // Behind the keys: the number of deleted and of progress sets, then the member.
            let words: Vec<_> = args.skip(count.saturating_sub(1)).take(CLAIM_WORDS + 1).collect();
            if let Some(key) = words.get(2).and_then(|member| self.logical(member)) {
                let claim = (words.len() == CLAIM_WORDS).then(|| Claim::of(&words[JOIN]));
                self.script = Some(Script::Worker(Worker { key, claim, ..Worker::default() }));
            }
            return;
        }
        let Set::Deleted(set) = self.set(&first) else { return };
        let (Some(hash), Some(member), Some(_field), None) =
            (args.next(), args.next(), args.next(), args.next())
        else {
            return;
        };
        if count != 2 || !member.starts_with(&hash) {
            return;
        }
        if let Some(key) = self.logical(&member) {
            self.forget_check(self.caller(line), &key);
            self.key(&key).called_by_script();
            self.script = Some(Script::Reader { key, set, looked: false });
        }
    }

    /// A step of a call of this crate whose keys lie in several slots, where the marks and the leases are.
    fn step_begins<'a>(&mut self, words: impl Iterator<Item = Cow<'a, [u8]>>) {
        let words: Vec<_> = words.take(STEP_WORDS + 1).collect();
        let Some(key) = words.first().and_then(|member| self.logical(member)) else { return };
        let is_claim = words.len() == STEP_WORDS;
        let claim = is_claim.then(|| Claim::of(&words[STEP_JOIN]));
        let expired = is_claim && *words[STEP_EXPIRED] == *b"1";
        self.script = Some(Script::Worker(Worker { key, claim, expired, ..Worker::default() }));
    }

    /// The script that was seen last has ended.
    pub(super) fn script_ends(&mut self) {
        match self.script.take() {
            // It asked for the mark and then for nothing: so the mark was there.
            Some(Script::Reader { key, set, looked: true }) => self.key(&key).mark_taken(set),
            Some(Script::Worker(Worker { key, claim, expired, dropped, claimed: Some(at), .. })) => {
                if self.ns.is_cross_slot() {
                    // The mark goes one step later.
                    self.key(&key).will_take_mark();
                    if self.claimed.len() < MOST_NOTES {
                        self.claimed.insert(key.clone());
                    }
                }
                match claim {
                    Some(Claim::Refreshes(_)) => self.key(&key).refresh(Some(at), dropped),
                    Some(Claim::Puts) => self.key(&key).put(),
                    _ => self.key(&key).compute(claim != Some(Claim::First), expired, dropped, at),
                }
            }
            Some(Script::Worker(it)) if !it.entered => match it.claim {
                Some(Claim::First) => self.key(&it.key).refused(it.asked),
                Some(Claim::Joins) if it.asked => self.key(&it.key).join(),
                Some(Claim::Refreshes(true)) if it.asked => self.key(&it.key).refresh(None, false),
                _ => {}
            },
            _ => {}
        }
    }

    /// Something that a script calls.
    pub(super) fn script_calls(&mut self, line: &Line<'_>, name: &[u8], args: Args<'_>) {
        let Some(script) = self.script.take() else { return };
        self.script = match script {
            Script::Reader { key, set, looked } => self.reader_calls(name, key, set, looked),
            Script::Worker(worker) => Some(Script::Worker(self.worker_calls(line, name, args, worker))),
            Script::Other { expires, dropped } => Some(self.other_calls(line, name, args, expires, dropped)),
        };
    }

    fn reader_calls(&mut self, name: &[u8], key: Vec<u8>, set: u8, looked: bool) -> Option<Script> {
        match name {
            b"hget" => self.key(&key).unmarked(set),
            b"hdel" => self.key(&key).mark_taken(set),
            _ => return Some(Script::Reader { key, set, looked: looked || name == b"srem" }),
        }
        Some(Script::OTHER)
    }

    fn worker_calls(&mut self, line: &Line<'_>, name: &[u8], mut args: Args<'_>, mut it: Worker) -> Worker {
        let set = args.next().unwrap_or_default();
        if name.eq_ignore_ascii_case(b"hset") {
            self.written(line, &set, args.next().as_deref());
            it.entered = true;
        } else if name.eq_ignore_ascii_case(b"zscore") {
            it.asked |= set == self.leases;
        } else if name.eq_ignore_ascii_case(b"hdel") {
            it.dropped = true;
        } else if name.eq_ignore_ascii_case(b"zadd") && set == self.leases && self.ns.is_cross_slot() {
            // Who takes the mark renews the lease.
            it.claimed = it.claim.map(|_| line.at);
        } else if (name.eq_ignore_ascii_case(b"zadd") || name.eq_ignore_ascii_case(b"zrem"))
            && set != self.leases
        {
            it.expired = true;
        } else if name.eq_ignore_ascii_case(b"sadd") {
            match self.set(&set) {
                Set::Progress if it.claim.is_some() => it.claimed = Some(line.at),
                Set::Progress => {}
                // Marks of leases that ran out, or (of an older release) of other keys of the bucket: none is an invalidation.
                Set::Deleted(set) => args.for_each(|member| self.on(&member, |key| key.put_mark(set))),
                Set::Other => self.tagged(&set, args),
            }
        } else if name.eq_ignore_ascii_case(b"srem") {
            match self.set(&set) {
                Set::Progress => {
                    // Leases of other keys that ran out are given back on the way.
                    let is_own =
                        args.into_iter().any(|member| self.logical(&member).as_ref() == Some(&it.key));
                    // A claim tries whether it may, before it enters.
                    if is_own && it.claim.is_some() && !it.entered {
                        return it;
                    }
                    it.entered |= is_own;
                    self.left(line, args);
                }
                // Behind its claim, which counted it.
                Set::Deleted(set) if it.claim.is_none() => {
                    args.for_each(|member| self.on(&member, |key| key.unmarked(set)));
                }
                Set::Deleted(set) => args.for_each(|member| self.on(&member, |key| key.take_mark(set))),
                Set::Other => {}
            }
        }
        it
    }

    fn other_calls(
        &mut self,
        line: &Line<'_>,
        name: &[u8],
        mut args: Args<'_>,
        expires: bool,
        mut dropped: Option<Vec<u8>>,
    ) -> Script {
        let lower = name.to_ascii_lowercase();
        match &lower[..] {
            b"zrem" | b"zremrangebyscore" => {
                // A purge deletes the value, then the entry.
                if let Some(key) = dropped {
                    self.key(&key).purged();
                }
                return Script::Other { expires: true, dropped: None };
            }
            b"hdel" => {
                let (hash, field) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
                dropped = self.at(&hash, &field);
            }
            b"sadd" => self.added(line, args, expires),
            b"unlink" | b"del" => self.unlinked(line, args),
            b"hset" => {
                dropped = None;
                let (hash, field) = (args.next(), args.next());
                self.written(line, &hash.unwrap_or_default(), field.as_deref());
            }
            b"srem" => {
                let set = args.next().unwrap_or_default();
                match self.set(&set) {
                    Set::Progress => self.left(line, args),
                    Set::Deleted(set) => args.for_each(|member| self.on(&member, |key| key.unmarked(set))),
                    Set::Other => {}
                }
            }
            _ => {}
        }
        Script::Other { expires, dropped }
    }

    /// A worker of this crate asks for the mark; the read follows.
    pub(super) fn asked_for_mark(&mut self, line: &Line<'_>, mut args: Args<'_>) {
        let Some(Set::Deleted(_)) = args.next().map(|set| self.set(&set)) else { return };
        if let (Some(member), None) = (args.next(), args.next())
            && let Some(key) = self.logical(&member)
        {
            let caller = self.caller(line).to_vec();
            if self.ns.is_cross_slot() {
                return self.asks_over_slots(caller, key);
            }
            self.asked = Some((caller, key));
        }
    }

    /// Where marks and values lie on different servers, either half of a look may come first.
    fn asks_over_slots(&mut self, caller: Vec<u8>, key: Vec<u8>) {
        let value = LogicalKey::new(&key[..]).of_value().as_bytes().to_vec();
        match self.halves.remove(&(caller.clone(), value.clone())) {
            Some(Half::Read) => self.key(&key).read_by_worker(),
            Some(Half::Again) => {}
            Some(Half::Asked(_)) | None => self.note_half(caller, value, Half::Asked(key)),
        }
    }

    fn reads_over_slots(&mut self, caller: &[u8], key: &[u8], again: bool) -> bool {
        let (caller, value) = (caller.to_vec(), LogicalKey::new(key).of_value().as_bytes().to_vec());
        match (self.halves.remove(&(caller.clone(), value.clone())), again) {
            (Some(Half::Asked(key)), false) => self.key(&key).read_by_worker(),
            (Some(Half::Asked(_)), true) => {}
            (_, false) => {
                self.note_half(caller, value, Half::Read);
                return false;
            }
            (_, true) => self.note_half(caller, value, Half::Again),
        }
        true
    }

    fn note_half(&mut self, caller: Vec<u8>, value: Vec<u8>, half: Half) {
        if self.halves.len() >= MOST_NOTES {
            self.halves.clear();
        }
        self.halves.insert((caller, value), half);
    }

    /// A worker of this crate looks again.
    pub(super) fn looks_again(&mut self, line: &Line<'_>, mut args: Args<'_>) {
        self.asked = None;
        if self.ns.is_cross_slot()
            && let (Some(hash), Some(field)) = (args.next(), args.next())
            && let Some(key) = self.at(&hash, &field)
        {
            self.reads_over_slots(self.caller(line), &key, true);
        }
    }

    /// Whether the read of a key is that of a worker of this crate, which asked just before for its mark, or for that of a
    /// key that it is cut from.
    pub(super) fn worker_reads(&mut self, client: &[u8], key: &[u8]) -> bool {
        if self.ns.is_cross_slot() {
            return self.reads_over_slots(client, key, false);
        }
        let value = |key: &[u8]| LogicalKey::new(key).of_value();
        let is_its = |(who, what): &mut (Vec<u8>, Vec<u8>)| who == client && value(what) == value(key);
        let Some((_, asked)) = self.asked.take_if(is_its) else { return false };
        self.key(&asked).read_by_worker();
        true
    }
}
