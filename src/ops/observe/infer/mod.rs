//! From commands to calls: a state machine over the lines of MONITOR, without I/O.
//!
//! What each generation sends is told in `tests/it/smoke/traffic.rs`, which holds it against the real library.

mod groups;
mod key;
mod log;
mod ours;
#[cfg(test)]
mod tests;
mod told;

use super::parse::{Args, Line};
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};
pub(super) use groups::Group;
use groups::Groups;
use key::Key;
use ours::{Half, Script};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
pub(super) use told::Sink;

/// What a set is to the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// A deleted set, by its bit.
    Deleted(u8),
    Progress,
    Other,
}

/// Everything inferred so far.
#[derive(Debug)]
pub(super) struct Infer {
    ns: Namespace,
    db: i64,
    /// Its keys lie on several servers, to each of which a process has another connection.
    is_cross_slot: bool,
    deleted: Vec<Vec<u8>>,
    progress: Vec<Vec<u8>>,
    leases: Vec<u8>,
    buckets: Vec<u8>,
    keys: HashMap<Box<[u8]>, Key>,
    /// The deleted sets, as bits, of which it is known that they hold no key that is not among `keys`.
    known: u8,
    groups: Groups,
    /// Clients that asked what has expired of a base, and did not read yet.
    checks: HashSet<(Vec<u8>, Vec<u8>)>,
    /// Keys that the library cuts, by the name they have in their hash.
    cut: HashMap<Vec<u8>, Vec<u8>>,
    script: Option<Script>,
    asked: Option<(Vec<u8>, Vec<u8>)>,
    last: u64,
    lines: u64,
    /// Who is told what happens.
    sink: Option<Sink>,
    /// Keys that workers of this crate have claimed, and not entered into progress yet.
    claimed: HashSet<Vec<u8>>,
    /// By caller and value: half of a look.
    halves: HashMap<(Vec<u8>, Vec<u8>), Half>,
    /// The client of the command under way, where somebody is told.
    who: Arc<[u8]>,
}

/// More than this many unfinished checks, or cut keys, are forgotten.
const MOST_NOTES: usize = 10_000;

impl Infer {
    pub(super) fn new(ns: &Namespace, db: i64, is_cross_slot: bool, most_keys: usize) -> Self {
        Self {
            db,
            is_cross_slot,
            deleted: ns.deleted_sets(),
            progress: ns.progress_sets(),
            leases: ns.leases(),
            buckets: ns.bucket(b""),
            keys: HashMap::new(),
            known: 0,
            groups: Groups::new(most_keys),
            checks: HashSet::new(),
            claimed: HashSet::new(),
            halves: HashMap::new(),
            cut: HashMap::new(),
            script: None,
            asked: None,
            ns: ns.clone(),
            last: 0,
            lines: 0,
            sink: None,
            who: Arc::default(),
        }
    }

    /// A member of a progress set when the observation begins.
    pub(super) fn in_progress(&mut self, member: &[u8]) {
        if let Some(key) = self.logical(member) {
            self.keys.insert(key.into(), Key::in_progress());
        }
    }

    /// By now these are the members of each deleted set.
    pub(super) fn marked_are(&mut self, sets: &[Vec<Vec<u8>>]) {
        self.known = self.deleted.iter().enumerate().fold(0, |known, (at, _)| known | 1 << at);
        self.keys.values_mut().for_each(|state| state.unmarked(self.known));
        for (at, members) in sets.iter().enumerate() {
            for member in members {
                let Some(key) = self.logical(member) else { continue };
                let state = self.keys.entry(key.into()).or_insert_with(|| Key::known(self.known));
                state.put_mark(1 << at);
            }
        }
    }

    /// Takes a line of MONITOR.
    pub(super) fn line(&mut self, line: &[u8]) {
        self.infer_from(line);
        self.tell_certain();
    }

    fn infer_from(&mut self, line: &[u8]) {
        let Some(line) = Line::parse(line) else { return };
        let Some((name, mut args)) = line.command() else { return };
        self.lines += 1;
        self.last = line.at;
        if line.db != self.db {
            return;
        }
        if line.lua {
            return self.script_calls(&line, name, args);
        }
        if self.script.is_some() {
            self.script_ends();
        }
        if self.sink.is_some() && *self.who != *line.client {
            self.who = line.client.into();
        }
        let mut upper = [0; 16];
        let Some(upper) = upper.get_mut(..name.len()) else { return };
        upper.copy_from_slice(name);
        upper.make_ascii_uppercase();
        match &*upper {
            b"HGET" => self.read(&line, args),
            b"SREM" => self.removed(&line, args),
            b"EVAL" | b"EVALSHA" => self.script_begins(&line, args),
            b"SADD" => self.added(&line, args, false),
            b"HSET" => {
                let (hash, field) = (args.next(), args.next());
                self.written(&line, &hash.unwrap_or_default(), field.as_deref());
            }
            b"HMGET" => self.looks_again(&line, args),
            b"ZRANGEBYSCORE" => self.checked(&line, args),
            b"SISMEMBER" => self.asked_for_mark(&line, args),
            b"UNLINK" | b"DEL" => self.unlinked(&line, args),
            b"HDEL" => self.fields_deleted(args),
            b"SMEMBERS" | b"SSCAN" => {
                if let Some(tag) = args.next().and_then(|set| self.tag_name(&set)) {
                    self.groups.tag(&tag);
                }
            }
            _ => {}
        }
    }

    fn set(&self, name: &[u8]) -> Set {
        if let Some(at) = self.deleted.iter().position(|set| set == name) {
            return Set::Deleted(1 << at);
        }
        if self.progress.iter().any(|set| set == name) { Set::Progress } else { Set::Other }
    }

    /// A member without its prefix; `None` where it belongs to another.
    fn logical(&self, member: &[u8]) -> Option<Vec<u8>> {
        member.strip_prefix(self.ns.prefix()).map(<[u8]>::to_vec)
    }

    fn key(&mut self, key: &[u8]) -> &mut Key {
        if !self.keys.contains_key(key) {
            if self.groups.make_room(&mut self.keys, key.len()) {
                self.known = 0;
            }
            let parsed = LogicalKey::new(key);
            if parsed.is_cut() && self.cut.len() < MOST_NOTES {
                let cut = parsed.of_value();
                self.cut.insert(cut.as_bytes().to_vec(), key.to_vec());
            }
        }
        let state = self.keys.entry(key.into()).or_insert_with(|| Key::known(self.known));
        if let Some(sink) = &mut self.sink {
            sink.touch(key, state, self.last, &self.who);
        }
        state
    }

    fn on(&mut self, member: &[u8], then: impl FnOnce(&mut Key)) {
        if let Some(key) = self.logical(member) {
            then(self.key(&key));
        }
    }

    /// The key whose value is at this hash and field.
    fn at(&self, hash: &[u8], field: &[u8]) -> Option<Vec<u8>> {
        let base = self.logical(hash)?;
        let is_ours = base.starts_with(b"meta:") && self.ns.reserved_for(hash).is_some();
        if base.contains(&b'>') || is_ours {
            return None;
        }
        let key = LogicalKey::at(&base, field);
        Some(self.cut.get(key.as_bytes()).cloned().unwrap_or_else(|| key.as_bytes().to_vec()))
    }

    /// What tells the processes apart that send commands, as well as may be: of one that has several connections, its host.
    fn caller<'l>(&self, line: &Line<'l>) -> &'l [u8] {
        let port = line.client.iter().rposition(|byte| *byte == b':').filter(|_| self.is_cross_slot);
        &line.client[..port.unwrap_or(line.client.len())]
    }

    fn forget_check(&mut self, client: &[u8], key: &[u8]) -> bool {
        if self.checks.is_empty() {
            return false;
        }
        let base = LogicalKey::new(key).base().to_vec();
        self.checks.remove(&(client.to_vec(), base))
    }

    /// ZRANGEBYSCORE of a bucket: a caller of a key with a timeout begins.
    fn checked(&mut self, line: &Line<'_>, mut args: Args<'_>) {
        let Some(bucket) = args.next() else { return };
        let inner = bucket.strip_prefix(&self.buckets[..]);
        let Some(base) = inner.map(<[u8]>::to_vec) else { return };
        if self.checks.len() >= MOST_NOTES {
            self.checks.clear();
        }
        self.checks.insert((self.caller(line).to_vec(), base));
    }

    /// HGET: a caller of 0.0.9, one that waits, or a worker of this crate.
    fn read(&mut self, line: &Line<'_>, mut args: Args<'_>) {
        let (Some(hash), Some(field)) = (args.next(), args.next()) else { return };
        let Some(key) = self.at(&hash, &field) else { return };
        if self.worker_reads(self.caller(line), &key) {
            return;
        }
        let timed = self.forget_check(self.caller(line), &key);
        self.key(&key).read(timed, line.at);
    }

    /// SREM: a caller of 0.0.9, or one that leaves progress.
    fn removed(&mut self, line: &Line<'_>, mut args: Args<'_>) {
        let Some(set) = args.next() else { return };
        match self.set(&set) {
            Set::Progress => self.left(line, args),
            Set::Deleted(set) => {
                let mut members = args;
                let (Some(member), None) = (members.next(), members.next()) else {
                    args.for_each(|member| self.on(&member, |key| key.unmarked(set)));
                    return;
                };
                if let Some(key) = self.logical(&member) {
                    self.forget_check(self.caller(line), &key);
                    self.key(&key).called(set, line.at);
                }
            }
            Set::Other => {}
        }
    }

    fn entered(&mut self, line: &Line<'_>, member: &[u8]) {
        let Some(key) = self.logical(member) else { return };
        // A worker of this crate has claimed it in another step.
        if self.claimed.remove(&key) {
            return;
        }
        let deleted = self.keys.get(LogicalKey::new(&key[..]).base()).map_or(0, |base| base.hash_deleted);
        let state = self.key(&key);
        if let Some(log) = &mut state.log {
            log.hash_was_deleted(deleted);
        }
        state.enter(line.at);
    }

    fn left(&mut self, line: &Line<'_>, args: Args<'_>) {
        for member in args {
            let Some(key) = self.logical(&member) else { continue };
            let state = self.key(&key);
            let time = state.leave(line.at);
            let tag = state.tag;
            self.groups.took(tag, &key, time);
        }
    }

    /// SADD: marks, entering progress, or a tag.
    fn added(&mut self, line: &Line<'_>, mut args: Args<'_>, by_sweep: bool) {
        let Some(set) = args.next() else { return };
        match self.set(&set) {
            Set::Progress => args.for_each(|member| self.entered(line, &member)),
            Set::Deleted(set) => {
                for member in args {
                    let Some(key) = self.logical(&member) else { continue };
                    let base = LogicalKey::new(&key[..]).base().to_vec();
                    let expired = by_sweep || self.checks.contains(&(self.caller(line).to_vec(), base));
                    self.key(&key).mark(set, expired, line.at);
                }
            }
            Set::Other => self.tagged(&set, args),
        }
    }

    /// The tag that a set would be the set of.
    fn tag_name(&self, set: &[u8]) -> Option<Vec<u8>> {
        match self.ns.classify(set, RedisType::Set) {
            Entry::Tag { name } => Some(name.to_vec()),
            _ => None,
        }
    }

    fn tagged(&mut self, set: &[u8], args: Args<'_>) {
        if let Some(filter) = self.sink.as_mut().map(|sink| &mut sink.filter).filter(|it| it.follows(set)) {
            let prefix = self.ns.prefix();
            args.for_each(|member| {
                member.strip_prefix(prefix).into_iter().for_each(|key| filter.add(set, key))
            });
        }
        let Some(name) = self.tag_name(set) else { return };
        for member in args {
            let Some(key) = self.logical(&member) else { continue };
            let tag = self.groups.tag(&name);
            self.key(&key).tag = tag;
        }
    }

    /// HSET.
    fn written(&mut self, line: &Line<'_>, hash: &[u8], field: Option<&[u8]>) {
        let Some(key) = field.and_then(|field| self.at(hash, field)) else { return };
        let state = self.key(&key);
        let time = state.write(line.at);
        let tag = state.tag;
        self.groups.took(tag, &key, time);
    }

    /// UNLINK or DEL: of a hash, or of a tag's set (0.0.9 invalidates a tag so).
    fn unlinked(&mut self, line: &Line<'_>, args: Args<'_>) {
        for name in args {
            let Some(base) = self.logical(&name) else { continue };
            let is_value = !base.contains(&b'>')
                && self.tag_name(&name).is_some()
                && !base.starts_with(b"Meta:Expire-Buckets:")
                && !self.groups.has_tag(&base);
            if is_value {
                self.key(&base).hash_deleted(line.at);
            }
        }
    }

    fn fields_deleted(&mut self, mut args: Args<'_>) {
        let Some(hash) = args.next() else { return };
        for field in args {
            if let Some(key) = self.at(&hash, &field) {
                self.key(&key).deleted();
            }
        }
    }
}
