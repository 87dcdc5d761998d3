//! Scripts under way, and the workers of this crate.
//!
//! A worker of this crate reads with SISMEMBER and HGET in one pipeline, and computes under a lease that a script takes:
//! what the script calls shows what it decided. Callers of one process that share a computation are seen by their reads
//! alone.

use super::{Infer, Set};
use crate::ops::observe::parse::{Args, Line};
use std::collections::HashSet;

/// A script whose calls are being seen.
#[derive(Debug)]
pub(super) enum Script {
    /// The reader of 0.1.1, of a key and a deleted set. `looked`: it has asked for the mark.
    Reader { key: Vec<u8>, set: u8, looked: bool },
    /// A script of a worker of this crate, about a key.
    Worker { key: Vec<u8>, expired: bool, entered: bool, client: Vec<u8> },
    /// Another. `expires`: it removes entries of TTL buckets.
    Other { expires: bool },
}

/// Callers that wait: client and key.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashSet<(Vec<u8>, Vec<u8>)>);

/// More than this many are forgotten: each look of theirs then counts as a call.
const MOST_WAITING: usize = 10_000;

impl Waiting {
    fn add(&mut self, client: &[u8], key: &[u8]) {
        if self.0.len() < MOST_WAITING {
            self.0.insert((client.to_vec(), key.to_vec()));
        }
    }

    fn take(&mut self, client: &[u8], key: &[u8]) -> bool {
        !self.0.is_empty() && self.0.remove(&(client.to_vec(), key.to_vec()))
    }
}

impl Infer {
    /// EVAL or EVALSHA begins.
    pub(super) fn script_begins(&mut self, line: &Line<'_>, mut args: Args<'_>) {
        self.script = Some(Script::Other { expires: false });
        let _ = args.next();
        let count = args.next().and_then(|count| std::str::from_utf8(&count).ok()?.parse::<usize>().ok());
        let (Some(count), Some(first)) = (count, args.next()) else { return };
        if first == self.leases {
            // Behind the keys: the number of deleted and of progress sets, then the member.
            if let Some(key) =
                count.checked_add(1).and_then(|skip| args.nth(skip)).and_then(|it| self.logical(&it))
            {
                self.script = Some(Script::Worker {
                    key,
                    expired: false,
                    entered: false,
                    client: line.client.to_vec(),
                });
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
            self.forget_check(line.client, &key);
            self.key(&key).called_by_script();
            self.script = Some(Script::Reader { key, set, looked: false });
        }
    }

    /// The script that was seen last has ended.
    pub(super) fn script_ends(&mut self) {
        match self.script.take() {
            // It asked for the mark and then for nothing: so the mark was there.
            Some(Script::Reader { key, set, looked: true }) => self.key(&key).mark_taken(set),
            // Refused because another computes. Where there is an old value, that was served.
            Some(Script::Worker { key, entered: false, client, .. })
                if self.key(&key).has_nothing_to_serve() =>
            {
                self.waiting.add(&client, &key);
            }
            _ => {}
        }
    }

    /// Something that a script calls.
    pub(super) fn script_calls(&mut self, line: &Line<'_>, name: &[u8], args: Args<'_>) {
        let Some(script) = self.script.take() else { return };
        self.script = match script {
            Script::Reader { key, set, looked } => self.reader_calls(name, key, set, looked),
            Script::Worker { key, expired, entered, client } => {
                Some(self.worker_calls(line, name, args, (key, expired, entered, client)))
            }
            Script::Other { expires } => Some(self.other_calls(line, name, args, expires)),
        };
    }

    fn reader_calls(&mut self, name: &[u8], key: Vec<u8>, set: u8, looked: bool) -> Option<Script> {
        match name {
            b"hget" => self.key(&key).unmarked(set),
            b"hdel" => self.key(&key).mark_taken(set),
            _ => return Some(Script::Reader { key, set, looked: looked || name == b"srem" }),
        }
        Some(Script::Other { expires: false })
    }

    fn worker_calls(
        &mut self,
        line: &Line<'_>,
        name: &[u8],
        mut args: Args<'_>,
        script: (Vec<u8>, bool, bool, Vec<u8>),
    ) -> Script {
        let (key, mut expired, mut entered, client) = script;
        let set = args.next().unwrap_or_default();
        if name.eq_ignore_ascii_case(b"hset") {
            self.written(line, &set, args.next().as_deref());
            entered = true;
        } else if name.eq_ignore_ascii_case(b"zrem") && set != self.leases {
            expired = true;
        } else if name.eq_ignore_ascii_case(b"sadd") {
            match self.set(&set) {
                Set::Progress if !entered => {
                    self.key(&key).compute(expired, line.at);
                    entered = true;
                }
                Set::Progress => {}
                // Marks of leases that ran out, or of other keys of the bucket: none is an invalidation.
                Set::Deleted(set) => args.for_each(|member| self.on(&member, |key| key.put_mark(set))),
                Set::Other => self.tagged(&set, args),
            }
        } else if name.eq_ignore_ascii_case(b"srem") {
            match self.set(&set) {
                Set::Progress => {
                    // Leases of other keys that ran out are given back on the way.
                    entered |= args.into_iter().any(|member| self.logical(&member).as_ref() == Some(&key));
                    self.left(line, args);
                }
                Set::Deleted(set) => args.for_each(|member| self.on(&member, |key| key.take_mark(set))),
                Set::Other => {}
            }
        }
        Script::Worker { key, expired, entered, client }
    }

    fn other_calls(&mut self, line: &Line<'_>, name: &[u8], mut args: Args<'_>, expires: bool) -> Script {
        let lower = name.to_ascii_lowercase();
        match &lower[..] {
            b"zrem" | b"zremrangebyscore" => return Script::Other { expires: true },
            b"sadd" => self.added(line, args, expires),
            b"unlink" | b"del" => self.unlinked(args),
            b"hset" => {
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
        Script::Other { expires }
    }

    /// A worker of this crate asks for the mark; the read follows.
    pub(super) fn asked_for_mark(&mut self, line: &Line<'_>, mut args: Args<'_>) {
        let Some(Set::Deleted(_)) = args.next().map(|set| self.set(&set)) else { return };
        if let (Some(member), None) = (args.next(), args.next())
            && let Some(key) = self.logical(&member)
        {
            self.asked = Some((line.client.to_vec(), key));
        }
    }

    /// Whether the read of a key is that of a worker of this crate, which asked for the mark just before.
    pub(super) fn worker_reads(&mut self, client: &[u8], key: &[u8]) -> bool {
        let asked = self.asked.as_ref().is_some_and(|(who, what)| who == client && what == key);
        if !asked {
            return false;
        }
        self.asked = None;
        let waited = self.waiting.take(client, key);
        let state = self.key(key);
        if waited {
            // Another look of a call that is counted already.
            if state.has_nothing_to_serve() {
                self.waiting.add(client, key);
            }
            return true;
        }
        state.read_by_worker();
        true
    }
}
