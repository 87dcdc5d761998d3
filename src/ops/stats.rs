//! What a namespace holds, counted in one sweep.

use super::in_progress::each_in_progress;
use super::inner::{self, Signs};
use super::marks::{MarkFinder, each_mark};
use crate::cache::Session;
use crate::client::command;
use crate::client::{Control, DedupWindow, End, Pipe, Queue, Replies, Source, Sweep, Work, work_on};
use crate::error::Result;
use crate::namespace::{Entry, Namespace, RedisType};

/// Counts of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamespaceStats {
    /// Logical keys with a value.
    pub keys: u64,
    /// Hashes that hold the values, one a base.
    pub hashes: u64,
    /// Tag sets.
    pub tags: u64,
    /// Invalid sets.
    pub invalid_keys: u64,
    /// TTL buckets.
    pub buckets: u64,
    /// Entries of TTL buckets that have expired.
    pub expired: u64,
    /// Marks of this prefix.
    pub pending: u64,
    /// Keys of this prefix in progress.
    pub in_progress: u64,
    /// Keys under the prefix that are nothing the library writes.
    pub foreign: u64,
    /// How much memory all this takes; none where that was not asked for, or MEMORY USAGE is refused.
    pub bytes: Option<NamespaceBytes>,
    /// Whether everything was counted.
    pub complete: bool,
    /// Bookkeeping that should have been sets, is something else, and was left out.
    pub not_sets: Vec<Vec<u8>>,
    /// Prefixes of namespaces inside this one that were counted along, as [`Namespace::with_inner`] was not told of them.
    pub inner: Vec<Vec<u8>>,
}

/// Memory in bytes: Redis keys with their names and contents, as MEMORY USAGE estimates it from a few samples each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NamespaceBytes {
    /// Of the hashes that hold the values.
    pub values: u64,
    /// Of tag sets and invalid sets.
    pub indexes: u64,
    /// Of TTL buckets.
    pub buckets: u64,
    /// Of marks, keys in progress, and this crate's own keys. Sets that prefixes share are counted whole.
    pub bookkeeping: u64,
    /// What a purge would give back: of each hash and its bucket the share that their entries which have expired have in
    /// their number, as if they were of one size.
    pub reclaimable: u64,
}

/// Counts everything under the prefix; with `measures` also how much memory it takes, for a command more a Redis key.
///
/// # Errors
/// Connection errors and refusals.
pub fn count_namespace(
    session: &mut Session,
    measures: bool,
    control: &mut Control,
) -> Result<NamespaceStats> {
    let (conn, ns, clock) = session.parts();
    let bytes = measures.then(NamespaceBytes::default);
    let stats = NamespaceStats { complete: true, bytes, ..NamespaceStats::default() };
    let mut counter =
        Counter { ns, due: clock.due(), stats, recent: DedupWindow::default(), signs: Signs::new(ns) };
    let end = Sweep::new(Source::Keyspace { pattern: ns.all_pattern(), kind: None }).run(
        conn,
        &mut counter,
        control,
    )?;
    let shared = ns.deleted_sets().into_iter().chain(ns.progress_sets());
    let shared = shared.filter(|key| !key.starts_with(ns.prefix())).collect();
    work_on(conn, shared, &mut Shared(&mut counter))?;
    let mut stats = counter.stats;
    if measures && stats.bytes.is_none() {
        conn.do_without_unsaid("MEMORY USAGE", "how many bytes the namespace takes is not known");
    }
    stats.inner = ns.with_inner(counter.signs.found).inner().to_vec();
    stats.complete &= end == End::Done;
    let mut pending = 0;
    let mut ends =
        each_mark(ns, &MarkFinder::one_by_one(ns), &ns.all_pattern(), conn, control, &mut |found| {
            pending += u64::from(found.is_new_mark());
        })?;
    stats.pending = pending;
    ends.extend(each_in_progress(ns, &ns.all_pattern(), conn, control, &mut |found| {
        stats.in_progress += u64::from(found.is_new);
    })?);
    for (key, end) in ends {
        stats.complete &= end == End::Done;
        if end == End::WrongType {
            stats.not_sets.push(key);
        }
    }
    Ok(stats)
}

struct Counter<'a> {
    ns: &'a Namespace,
    due: i64,
    stats: NamespaceStats,
    recent: DedupWindow,
    signs: Signs<'a>,
}

enum Question {
    Inner(inner::Question),
    Type(Vec<u8>),
    Keys,
    Expired { bucket: Vec<u8>, hash: Vec<u8> },
    Memory(Part),
    Reclaimable { expired: u64 },
}

/// What a Redis key is a part of, to be added to.
type Part = fn(&mut NamespaceBytes) -> &mut u64;

impl Counter<'_> {
    /// Counts a Redis key by its type, and asks what is in it.
    fn count_key(&mut self, key: &[u8], kind: &[u8], next: &mut Queue<Question>) {
        if kind == b"none" {
            return;
        }
        let stats = &mut self.stats;
        let part: Part = match self.ns.classify(key, RedisType::from_reply(kind)) {
            Entry::Values { .. } => {
                stats.hashes += 1;
                next.ask(|pipe| {
                    pipe.push(command::HLEN, &[key]);
                    Question::Keys
                });
                |bytes| &mut bytes.values
            }
            Entry::Bucket { base } => {
                stats.buckets += 1;
                let due = self.due.to_string();
                next.ask(|pipe| {
                    pipe.push(command::ZCOUNT, &[key, b"-inf", due.as_bytes()]);
                    Question::Expired { bucket: key.to_vec(), hash: self.ns.values(base) }
                });
                |bytes| &mut bytes.buckets
            }
            Entry::Tag { .. } => {
                stats.tags += 1;
                |bytes| &mut bytes.indexes
            }
            Entry::InvalidKey { .. } => {
                stats.invalid_keys += 1;
                |bytes| &mut bytes.indexes
            }
            Entry::Foreign => {
                stats.foreign += 1;
                return;
            }
            Entry::Inner => return,
            Entry::Bookkeeping | Entry::Reserved => |bytes| &mut bytes.bookkeeping,
        };
        self.measure(key, part, next);
    }

    fn measure(&self, key: &[u8], part: Part, queue: &mut Queue<Question>) {
        if self.stats.bytes.is_some() {
            queue.ask(|pipe| {
                ask_memory(key, pipe);
                Question::Memory(part)
            });
        }
    }

    /// A number that the bytes are made of; none of a key that is gone or of another type. Where it is refused once, no
    /// more is asked.
    fn measured(&mut self, replies: &mut Replies) -> Result<u64> {
        let reply = replies.one()?;
        if reply.is_nil() || reply.is_wrong_type() {
            return Ok(0);
        }
        if reply.is_refused() {
            self.stats.bytes = None;
            return Ok(0);
        }
        reply.count()
    }
}

fn ask_memory(key: &[u8], pipe: &mut Pipe) {
    pipe.push(command::MEMORY_USAGE, &[key, b"SAMPLES", b"5"]);
}

/// Of the bytes of some entries those of a part of them.
fn share(bytes: u64, part: u64, entries: u64) -> u64 {
    (bytes as f64 * part.min(entries) as f64 / entries.max(1) as f64) as u64
}

/// Measures bookkeeping that lies outside the prefix.
struct Shared<'c, 'n>(&'c mut Counter<'n>);

impl Work for Shared<'_, '_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        items.iter().for_each(|key| self.0.measure(key, |bytes| &mut bytes.bookkeeping, queue));
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        self.0.answer(question, replies, next)
    }
}

impl Work for Counter<'_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        for key in items {
            if self.recent.is_new(&key) {
                if !self.ns.is_inner(&key) {
                    self.signs.take(&key, queue, Question::Inner);
                }
                queue.ask(|pipe| {
                    pipe.push(command::TYPE, &[&key]);
                    Question::Type(key)
                });
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
        match question {
            Question::Inner(question) => {
                return self.signs.go_on(question, replies, next, Question::Inner);
            }
            Question::Type(key) => {
                let kind = replies.one()?.bytes()?.unwrap_or_default();
                self.count_key(&key, &kind, next);
            }
            Question::Keys => self.stats.keys += counted(replies)?,
            Question::Expired { bucket, hash } => {
                let expired = counted(replies)?;
                self.stats.expired += expired;
                if expired > 0 && self.stats.bytes.is_some() {
                    next.ask(|pipe| {
                        pipe.push(command::ZCARD, &[&bucket]);
                        pipe.push(command::HLEN, &[&hash]);
                        ask_memory(&bucket, pipe);
                        ask_memory(&hash, pipe);
                        Question::Reclaimable { expired }
                    });
                }
            }
            Question::Memory(part) => {
                let bytes = self.measured(replies)?;
                if let Some(total) = &mut self.stats.bytes {
                    *part(total) += bytes;
                }
            }
            Question::Reclaimable { expired } => {
                let (entries, fields) = (self.measured(replies)?, self.measured(replies)?);
                let (bucket, hash) = (self.measured(replies)?, self.measured(replies)?);
                if let Some(total) = &mut self.stats.bytes {
                    total.reclaimable += share(bucket, expired, entries) + share(hash, expired, fields);
                }
            }
        }
        Ok(())
    }
}

/// A number of entries; none of what has become another type.
fn counted(replies: &mut Replies) -> Result<u64> {
    let reply = replies.one()?;
    if reply.is_wrong_type() { Ok(0) } else { reply.count() }
}
