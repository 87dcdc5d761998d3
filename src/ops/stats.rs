//! What a namespace holds, counted in one sweep.

use super::in_progress::Computing;
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
    pub reclaimable_by_purge: u64,
    /// What `gc` would give back of tag sets and invalid sets: of each the share that members without a value, which nobody
    /// computes, have among a few of it that are picked at random. None where SRANDMEMBER or HEXISTS is refused. What has a
    /// value that expired has a value.
    pub reclaimable_by_gc: Option<u64>,
}

impl NamespaceBytes {
    /// What a purge and `gc` would give back together: nothing is in both. None where one of them is not known.
    pub fn reclaimable(&self) -> Option<u64> {
        Some(self.reclaimable_by_purge + self.reclaimable_by_gc?)
    }
}

/// Counts everything under the prefix; with `measures` also how much memory it takes, for a command more a Redis key, a few more each
/// index, and four more each bucket with entries that have expired. Holds a dozen bytes for each key in progress.
///
/// # Errors
/// Connection errors and refusals.
pub fn count_namespace(
    session: &mut Session,
    measures: bool,
    control: &mut Control,
) -> Result<NamespaceStats> {
    let (conn, ns, clock) = session.parts();
    let bytes = NamespaceBytes { reclaimable_by_gc: Some(0), ..NamespaceBytes::default() };
    let computing = Computing::read(ns, &ns.all_pattern(), |_| true, conn, control)?;
    let stats = NamespaceStats {
        in_progress: computing.names(),
        bytes: measures.then_some(bytes),
        complete: !computing.is_partial() && computing.not_sets().is_empty(),
        ..NamespaceStats::default()
    };
    let mut counter = Counter {
        ns,
        due: clock.due(),
        stats,
        recent: DedupWindow::default(),
        signs: Signs::new(ns),
        computing: &computing,
        refused: None,
    };
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
        conn.do_without_unsaid("MEMORY USAGE", "it is not known how many bytes the namespace takes");
    } else if let Some(refused) = counter.refused {
        conn.do_without_unsaid(refused, "it is not known how many bytes gc would free");
    }
    stats.inner = ns.with_inner(counter.signs.found).inner().to_vec();
    stats.complete &= end == End::Done;
    let mut pending = 0;
    let ends = each_mark(ns, &MarkFinder::one_by_one(ns), &ns.all_pattern(), conn, control, &mut |found| {
        pending += u64::from(found.is_new_mark());
    })?;
    stats.pending = pending;
    for (key, end) in ends {
        stats.complete &= end == End::Done;
        if end == End::WrongType {
            stats.not_sets.push(key);
        }
    }
    stats.not_sets.extend_from_slice(computing.not_sets());
    Ok(stats)
}

struct Counter<'a> {
    ns: &'a Namespace,
    due: i64,
    stats: NamespaceStats,
    recent: DedupWindow,
    signs: Signs<'a>,
    computing: &'a Computing,
    /// The command that the server refuses of those by which dead members are known.
    refused: Option<&'static str>,
}

enum Question {
    Inner(inner::Question),
    Type(Vec<u8>),
    Keys,
    Expired {
        bucket: Vec<u8>,
        hash: Vec<u8>,
    },
    Memory(Part),
    Index(Vec<u8>),
    /// Some members of an index of so many bytes.
    Members {
        bytes: u64,
    },
    /// Which of them have a value; of how many they are.
    Values {
        bytes: u64,
        asked: u64,
        of: u64,
    },
    Reclaimable {
        expired: u64,
    },
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
                return self.measure_index(key, next);
            }
            Entry::InvalidKey { .. } => {
                stats.invalid_keys += 1;
                return self.measure_index(key, next);
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

    fn measure_index(&self, key: &[u8], queue: &mut Queue<Question>) {
        if self.stats.bytes.is_some() {
            queue.ask(|pipe| {
                ask_memory(key, pipe);
                Question::Index(key.to_vec())
            });
        }
    }

    /// Asks for some members of an index, more of a large one. Of many small ones one each tells enough.
    fn ask_members(&self, index: &[u8], bytes: u64, next: &mut Queue<Question>) {
        if bytes > 0 && self.refused.is_none() {
            let fewest = if self.stats.tags + self.stats.invalid_keys > MANY { 1 } else { FEWEST };
            let some = (bytes / BYTES_A_MEMBER).clamp(fewest, MOST).to_string();
            next.ask(|pipe| {
                pipe.push(command::SRANDMEMBER, &[index, some.as_bytes()]);
                Question::Members { bytes }
            });
        }
    }

    /// Asks which of the members have a value. `gc` leaves alone what does not begin with the prefix, and what is computed.
    fn ask_values(&self, bytes: u64, mut members: Vec<Vec<u8>>, next: &mut Queue<Question>) {
        let of = members.len() as u64;
        members.retain(|member| {
            self.ns.key_of_member(member).is_some() && !self.computing.holds(self.ns, member)
        });
        next.ask(|pipe| {
            for (hash, field) in members.iter().filter_map(|member| self.ns.location(member)) {
                pipe.push(command::HEXISTS, &[hash, field]);
            }
            Question::Values { bytes, asked: members.len() as u64, of }
        });
    }

    /// Notes that dead members cannot be known, as this command is refused.
    fn refuse(&mut self, command: &'static str) {
        self.refused.get_or_insert(command);
        if let Some(total) = &mut self.stats.bytes {
            total.reclaimable_by_gc = None;
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

/// So many members of an index are asked about at least and at most, and one for so many bytes in between; beyond so many
/// indexes one at least.
const FEWEST: u64 = 5;
const MOST: u64 = 100;
const BYTES_A_MEMBER: u64 = 512;
const MANY: u64 = 1000;

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
            Question::Index(index) => {
                let bytes = self.measured(replies)?;
                if let Some(total) = &mut self.stats.bytes {
                    total.indexes += bytes;
                    self.ask_members(&index, bytes, next);
                }
            }
            Question::Members { bytes } => {
                let reply = replies.one()?;
                if reply.is_wrong_type() {
                    return Ok(());
                }
                if reply.is_refused() {
                    self.refuse("SRANDMEMBER");
                    return Ok(());
                }
                self.ask_values(bytes, reply.strings()?, next);
            }
            Question::Values { bytes, asked, of } => {
                let mut dead = 0;
                for _ in 0..asked {
                    let reply = replies.one()?;
                    if reply.is_wrong_type() {
                        continue;
                    }
                    if reply.is_refused() {
                        self.refuse("HEXISTS");
                        continue;
                    }
                    dead += u64::from(reply.int()? == 0);
                }
                if let Some(by_gc) = self.stats.bytes.as_mut().and_then(|it| it.reclaimable_by_gc.as_mut()) {
                    *by_gc += share(bytes, dead, of);
                }
            }
            Question::Reclaimable { expired } => {
                let (entries, fields) = (self.measured(replies)?, self.measured(replies)?);
                let (bucket, hash) = (self.measured(replies)?, self.measured(replies)?);
                if let Some(total) = &mut self.stats.bytes {
                    // Entries that have not expired stand for fields that stay.
                    let values = expired.min(fields.saturating_sub(entries.saturating_sub(expired)));
                    total.reclaimable_by_purge +=
                        share(bucket, expired, entries) + share(hash, values, fields);
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
