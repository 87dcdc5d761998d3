//! What a namespace holds, counted in one sweep.

use super::clock::Clock;
use super::in_progress::each_in_progress;
use super::inner::{self, Signs};
use super::marks::{MarkFinder, each_mark};
use crate::error::Result;
use crate::namespace::{Entry, Namespace, RedisType};
use crate::store::{Conn, Control, End, Queue, Recent, Replies, Source, Sweep, Work};

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
    /// Whether everything was counted.
    pub complete: bool,
    /// Bookkeeping that should have been sets, is something else, and was left out.
    pub not_sets: Vec<Vec<u8>>,
    /// Prefixes of namespaces inside this one that were counted along, as [`Namespace::with_inner`] was not told of them.
    pub inner: Vec<Vec<u8>>,
}

/// Counts everything under the prefix.
///
/// # Errors
/// Connection errors and refusals.
pub fn count_namespace(
    conn: &mut Conn,
    ns: &Namespace,
    clock: Clock,
    control: &mut Control,
) -> Result<NamespaceStats> {
    let stats = NamespaceStats { complete: true, ..NamespaceStats::default() };
    let mut counter =
        Counter { ns, due: clock.due(), stats, recent: Recent::default(), signs: Signs::new(ns) };
    let end = Sweep::new(Source::Keyspace { pattern: ns.all_pattern(), kind: None }).run(
        conn,
        &mut counter,
        control,
    )?;
    let mut stats = counter.stats;
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
    recent: Recent,
    signs: Signs<'a>,
}

enum Question {
    Inner(inner::Question),
    Type(Vec<u8>),
    Keys,
    Expired,
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
                    pipe.push("TYPE", &[&key]);
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
        if let Question::Inner(question) = question {
            return self.signs.answer(question, replies);
        }
        let reply = replies.one()?;
        let stats = &mut self.stats;
        match question {
            Question::Inner(_) => {}
            Question::Type(key) => {
                let kind = reply.bytes()?.unwrap_or_default();
                if kind == b"none" {
                    return Ok(());
                }
                match self.ns.classify(&key, RedisType::from_reply(&kind)) {
                    Entry::Values { .. } => {
                        stats.hashes += 1;
                        next.ask(|pipe| {
                            pipe.push("HLEN", &[&key]);
                            Question::Keys
                        });
                    }
                    Entry::Bucket { .. } => {
                        stats.buckets += 1;
                        let due = self.due.to_string();
                        next.ask(|pipe| {
                            pipe.push("ZCOUNT", &[&key, b"-inf", due.as_bytes()]);
                            Question::Expired
                        });
                    }
                    Entry::Tag { .. } => stats.tags += 1,
                    Entry::InvalidKey { .. } => stats.invalid_keys += 1,
                    Entry::Foreign => stats.foreign += 1,
                    Entry::Bookkeeping | Entry::Reserved | Entry::Inner => {}
                }
            }
            _ if reply.is_wrong_type() => {}
            Question::Keys => stats.keys += reply.count()?,
            Question::Expired => stats.expired += reply.count()?,
        }
        Ok(())
    }
}
