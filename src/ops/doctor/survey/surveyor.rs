//! What each key under the prefix is asked, and what its answers say.

use super::{LARGE_VALUE, LONG_AGO, Leak, MANY_FIELDS, MANY_MEMBERS, Survey, kind, scaled};
use crate::cache::Clock;
use crate::client::{Command, command};
use crate::client::{DedupWindow, Queue, Replies, Reply, Work};
use crate::error::Result;
use crate::namespace::{Entry, LogicalKey, Namespace};
use crate::pickle::{Encoding, Limits, decode, may_be_read_by_python};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

/// Sets with more members than this are scanned, or sampled in a quick look.
const SMALL: u64 = 512;
/// Members of each set that a quick look takes.
const QUICK_MEMBERS: &[u8] = b"50";
/// Keys that a quick look takes.
const QUICK_KEYS: u64 = 20_000;
/// Values whose size is asked for, and values that are decoded.
const SIZED: u64 = 200_000;
const DECODED: u64 = 500;
/// What a member of a set takes beside its name, about.
const BESIDE: u64 = 42;

/// A set whose members are being looked at.
struct Open {
    members: u64,
    /// Members that were looked at, and how many of them have no value.
    looked: u64,
    leaked: u64,
    name_bytes: u64,
    /// Answers about it that are still to come. A scan that is to come, or under way, counts as one.
    awaited: u64,
}

impl Open {
    /// What it leaks, where those of its members that were looked at are like the others.
    fn leak(self, key: Vec<u8>) -> Leak {
        let of_all = |part| scaled(part, self.looked, self.members);
        let leaked = of_all(self.leaked);
        let bytes = of_all(self.name_bytes).saturating_add(leaked.saturating_mul(BESIDE));
        Leak { key, members: self.members, leaked, bytes }
    }
}

pub(super) struct Surveyor<'a> {
    ns: &'a Namespace,
    due: i64,
    computing: &'a HashSet<Vec<u8>>,
    quick: bool,
    recent: DedupWindow,
    /// Keys that the library cuts; each stands in more than one set.
    cut: DedupWindow,
    keys: u64,
    sized: u64,
    /// By name.
    open: HashMap<Vec<u8>, Open>,
    large: Vec<Vec<u8>>,
    inside: Option<Vec<u8>>,
    pub(super) survey: Survey,
}

/// What answers are for.
pub(in crate::ops) enum Question {
    Type(Vec<u8>),
    Fields(Vec<u8>),
    FieldNames(Vec<u8>, bool),
    Size(Vec<u8>, Vec<u8>),
    Value(LogicalKey),
    Card(Vec<u8>),
    Members(Vec<u8>),
    Exists(Vec<u8>, Vec<u8>),
    CutScore(LogicalKey),
    Entries,
    LongExpired(Vec<u8>),
    Newest,
}

impl<'a> Surveyor<'a> {
    pub(super) fn new(ns: &'a Namespace, clock: Clock, computing: &'a HashSet<Vec<u8>>, quick: bool) -> Self {
        Self {
            ns,
            due: clock.due(),
            computing,
            quick,
            recent: DedupWindow::default(),
            cut: DedupWindow::default(),
            keys: 0,
            sized: 0,
            open: HashMap::new(),
            large: Vec::new(),
            inside: None,
            survey: Survey::default(),
        }
    }

    /// The next set to be scanned: its members come to [`Work::batch`] until [`Surveyor::leave`].
    pub(super) fn next_large(&mut self) -> Option<Vec<u8>> {
        self.inside = self.large.pop();
        self.inside.clone()
    }

    /// The set that was scanned is done.
    pub(super) fn leave(&mut self) {
        if let Some(key) = self.inside.take() {
            self.answered(&key);
        }
    }

    /// Whether no set is waited for.
    pub(super) fn holds_nothing(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether a quick look has seen what it wants.
    pub(super) fn has_enough(&self) -> bool {
        self.quick && self.keys >= QUICK_KEYS
    }

    fn take_type(&mut self, key: Vec<u8>, reply: Reply, next: &mut Queue<Question>) -> Result<()> {
        let name = reply.bytes()?.unwrap_or_default();
        let bucket_of = key.strip_prefix(&self.ns.bucket(b"")[..]);
        match self.ns.classify(&key, kind(&name)) {
            _ if name == b"none" => {}
            Entry::Values { .. } | Entry::Tag { .. } | Entry::InvalidKey { .. } | Entry::Foreign
                if bucket_of.is_some() =>
            {
                self.survey.wrong_buckets.add(&key);
            }
            Entry::Values { .. } => ask(next, command::HLEN, &[&key.clone()], Question::Fields(key)),
            Entry::Tag { .. } | Entry::InvalidKey { .. } => {
                ask(next, command::SCARD, &[&key.clone()], Question::Card(key));
            }
            Entry::Bucket { base } => {
                let long_ago = (self.due - LONG_AGO).to_string();
                ask(next, command::ZCARD, &[&key], Question::Entries);
                let waiting = Question::LongExpired(base.to_vec());
                ask(next, command::ZCOUNT, &[&key, b"-inf", long_ago.as_bytes()], waiting);
                ask(next, command::ZRANGE, &[&key, b"-1", b"-1", b"WITHSCORES"], Question::Newest);
            }
            // What is wrong with its type is told elsewhere.
            Entry::Foreign if self.ns.is_bookkeeping(&key) => {}
            Entry::Foreign => {
                self.survey.foreign.add(&key);
                self.survey.foreign_strings += u64::from(name == b"string");
            }
            Entry::Bookkeeping | Entry::Reserved | Entry::Inner => {}
        }
        Ok(())
    }

    fn take_fields(&mut self, key: Vec<u8>, fields: u64, next: &mut Queue<Question>) {
        let base = key.get(self.ns.prefix().len()..).unwrap_or_default();
        if fields > MANY_FIELDS {
            self.survey.large_bases.add(base);
        }
        if self.sized > SIZED || (self.quick && self.sized > SIZED / 40) {
            self.survey.sampled = true;
        } else if fields <= SMALL {
            ask(next, command::HKEYS, &[&key.clone()], Question::FieldNames(key, false));
        } else {
            ask(
                next,
                command::HSCAN,
                &[&key.clone(), b"0", b"COUNT", b"100"],
                Question::FieldNames(key, true),
            );
        }
    }

    fn take_size(&mut self, key: Vec<u8>, field: &[u8], size: u64, next: &mut Queue<Question>) {
        let base = key.get(self.ns.prefix().len()..).unwrap_or_default();
        let logical = LogicalKey::at(base, field);
        if size >= LARGE_VALUE {
            self.survey.large_values.add(logical.as_bytes());
            self.survey.largest_value = self.survey.largest_value.max(size);
        } else if self.survey.decoded < DECODED {
            self.survey.decoded += 1;
            ask(next, command::HGET, &[&key, field], Question::Value(logical));
        } else {
            self.survey.not_decoded += 1;
        }
    }

    fn take_value(&mut self, key: &LogicalKey, value: Option<Vec<u8>>) {
        let Some(value) = value else { return };
        let decoded = decode(&value, &Limits { inflated: 8 << 20, ..Limits::default() });
        if decoded.encoding == Encoding::Raw {
            let is_lost = !may_be_read_by_python(&value);
            let found = if is_lost { &mut self.survey.undecodable } else { &mut self.survey.undecoded };
            found.keys.add(key.as_bytes());
            found.reason = found.reason.take().or(decoded.reason);
        }
    }

    fn take_card(&mut self, key: Vec<u8>, members: u64, next: &mut Queue<Question>) {
        if members == 0 {
            return;
        }
        self.survey.members += members;
        if members > MANY_MEMBERS {
            self.survey.large_tags.add(key.get(self.ns.prefix().len()..).unwrap_or_default());
        }
        self.open.insert(key.clone(), Open { members, looked: 0, leaked: 0, name_bytes: 0, awaited: 1 });
        if members <= SMALL && !self.quick {
            ask(next, command::SMEMBERS, &[&key.clone()], Question::Members(key));
        } else if self.quick {
            self.survey.sampled = true;
            ask(next, command::SRANDMEMBER, &[&key.clone(), QUICK_MEMBERS], Question::Members(key));
        } else {
            self.large.push(key);
        }
    }

    fn take_members(&mut self, set: &[u8], members: Vec<Vec<u8>>, next: &mut Queue<Question>) {
        let (looked, mut asked) = (members.len() as u64, 0);
        for member in members {
            if self.ns.is_inner(&member) {
                continue;
            }
            let Some((hash, field)) = self.ns.location(&member) else { continue };
            ask(next, command::HEXISTS, &[hash, field], Question::Exists(set.to_vec(), member.clone()));
            asked += 1;
            let key = self.ns.key_of_member(&member);
            if let Some(key) = key.filter(LogicalKey::is_cut)
                && self.cut.is_new(&member)
            {
                let (bucket, cut) = (self.ns.bucket(key.base()), self.ns.bucket_member(&key));
                ask(next, command::ZSCORE, &[&bucket, &cut], Question::CutScore(key));
            }
        }
        if let Some(open) = self.open.get_mut(set) {
            open.looked += looked;
            open.awaited += asked;
        }
    }

    fn take_exists(&mut self, set: &[u8], member: &[u8], reply: Reply) -> Result<()> {
        if reply.is_wrong_type() {
            self.survey.wrong_type.add(member.get(self.ns.prefix().len()..).unwrap_or_default());
            return Ok(());
        }
        let dead = reply.int()? == 0 && !self.computing.contains(member);
        if let Some(open) = self.open.get_mut(set) {
            open.leaked += u64::from(dead);
            open.name_bytes += if dead { member.len() as u64 } else { 0 };
        }
        Ok(())
    }

    /// One answer about a set came. The last one tells what it leaks.
    fn answered(&mut self, set: &[u8]) {
        let Some(open) = self.open.get_mut(set) else { return };
        open.awaited -= 1;
        if open.awaited == 0
            && let Some((key, open)) = self.open.remove_entry(set)
            && open.leaked > 0
        {
            self.survey.leaks.add(open.leak(key));
        }
    }
}

fn ask(queue: &mut Queue<Question>, command: Command, args: &[&[u8]], question: Question) {
    queue.ask(|pipe| {
        pipe.push(command, args);
        question
    });
}

impl Work for Surveyor<'_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        if let Some(set) = self.inside.clone() {
            self.take_members(&set, items, queue);
            return Ok(());
        }
        for key in items {
            if self.recent.is_new(&key) {
                self.keys += 1;
                ask(queue, command::TYPE, &[&key.clone()], Question::Type(key));
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        let reply = replies.one()?;
        if reply.is_wrong_type() && !matches!(question, Question::Exists(..) | Question::Members(_)) {
            return Ok(());
        }
        match question {
            Question::Type(key) => self.take_type(key, reply, next)?,
            Question::Fields(key) => self.take_fields(key, reply.count()?, next),
            Question::FieldNames(key, scanned) => {
                let fields = if scanned {
                    self.survey.sampled = true;
                    reply.scan()?.1.strings()?.into_iter().step_by(2).collect()
                } else {
                    reply.strings()?
                };
                self.sized += fields.len() as u64;
                for field in fields {
                    ask(next, command::HSTRLEN, &[&key, &field.clone()], Question::Size(key.clone(), field));
                }
            }
            Question::Size(key, field) => self.take_size(key, &field, reply.count()?, next),
            Question::Value(key) => self.take_value(&key, reply.bytes()?),
            Question::Card(key) => self.take_card(key, reply.count()?, next),
            Question::Members(set) => {
                if !reply.is_wrong_type() {
                    self.take_members(&set, reply.strings()?, next);
                }
                self.answered(&set);
            }
            Question::Exists(set, member) => {
                self.take_exists(&set, &member, reply)?;
                self.answered(&set);
            }
            Question::CutScore(key) => {
                if reply.score()?.is_some() {
                    self.survey.cut_with_timeout.add(key.as_bytes());
                }
            }
            Question::Entries => self.survey.entries += reply.count()?,
            Question::LongExpired(base) => {
                let expired = reply.count()?;
                if expired > 0 {
                    self.survey.long_expired += expired;
                    self.survey.unswept.add(&base);
                }
            }
            Question::Newest => {
                let score = reply.list()?.into_iter().nth(1).map_or(Ok(None), Reply::score)?;
                let newest = self.survey.newest_score.into_iter().chain(score);
                self.survey.newest_score = newest.reduce(f64::max);
            }
        }
        Ok(())
    }

    fn settle(&mut self, _next: &mut Queue<Question>) -> Result<ControlFlow<()>> {
        let pauses = self.inside.is_none() && (!self.large.is_empty() || self.has_enough());
        Ok(if pauses { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
