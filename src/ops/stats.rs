//! What a namespace holds, counted in one sweep.

use super::clock::Clock;
use crate::error::Result;
use crate::namespace::{Entry, Namespace, RedisType};
use crate::store::{Conn, Control, End, Flow, Pipe, Recent, Replies, Source, Sweep, Work};
use std::collections::VecDeque;

/// Counts of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamespaceStats {
    /// Hashes of values, one a base.
    pub keys: u64,
    /// Values in them: logical keys.
    pub fields: u64,
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
    let (recent, waiting) = (Recent::default(), VecDeque::new());
    let mut counter = Counter { ns, due: clock.due(), stats, recent, waiting };
    let end = Sweep::new(Source::Keyspace { pattern: ns.all_pattern(), kind: None }).run(
        conn,
        &mut counter,
        control,
    )?;
    let mut stats = counter.stats;
    stats.complete &= end == End::Done;
    for (sets, progress) in [(ns.deleted_sets(), false), (ns.progress_sets(), true)] {
        let mut members = Members::default();
        for key in sets {
            // The sets of `meta` are shared by every prefix on the database.
            let source = Source::Set { key, pattern: Some(ns.all_pattern()) };
            let name = source.key().to_vec();
            let end = Sweep::new(source).run(conn, &mut members, control)?;
            stats.complete &= end == End::Done;
            if end == End::WrongType {
                stats.not_sets.push(name);
            }
        }
        *if progress { &mut stats.in_progress } else { &mut stats.pending } = members.count;
    }
    Ok(stats)
}

struct Counter<'a> {
    ns: &'a Namespace,
    due: i64,
    stats: NamespaceStats,
    recent: Recent,
    waiting: VecDeque<Waiting>,
}

enum Waiting {
    Type(Vec<u8>),
    Fields,
    Expired,
}

impl Work for Counter<'_> {
    fn batch(&mut self, items: Vec<Vec<u8>>, pipe: &mut Pipe) -> Result<()> {
        for key in items {
            if self.recent.is_new(&key) {
                pipe.push("TYPE", &[&key]);
                self.waiting.push_back(Waiting::Type(key));
            }
        }
        Ok(())
    }

    fn answers(&mut self, replies: &mut Replies, next: &mut Pipe) -> Result<Flow> {
        for reply in replies {
            let stats = &mut self.stats;
            match self.waiting.pop_front() {
                Some(Waiting::Type(key)) => {
                    let kind = reply.bytes()?.unwrap_or_default();
                    if kind == b"none" {
                        continue;
                    }
                    match self.ns.classify(&key, RedisType::from_reply(&kind)) {
                        Entry::Values { .. } => {
                            stats.keys += 1;
                            next.push("HLEN", &[&key]);
                            self.waiting.push_back(Waiting::Fields);
                        }
                        Entry::Bucket { .. } => {
                            stats.buckets += 1;
                            next.push("ZCOUNT", &[&key, b"-inf", self.due.to_string().as_bytes()]);
                            self.waiting.push_back(Waiting::Expired);
                        }
                        Entry::Tag { .. } => stats.tags += 1,
                        Entry::InvalidKey { .. } => stats.invalid_keys += 1,
                        Entry::Foreign => stats.foreign += 1,
                        Entry::Bookkeeping | Entry::Reserved => {}
                    }
                }
                Some(Waiting::Fields) if !reply.is_wrong_type() => stats.fields += reply.count()?,
                Some(Waiting::Expired) if !reply.is_wrong_type() => stats.expired += reply.count()?,
                Some(_) => {}
                None => break,
            }
        }
        Ok(Flow::More)
    }
}

#[derive(Default)]
struct Members {
    count: u64,
    recent: Recent,
}

impl Work for Members {
    fn batch(&mut self, items: Vec<Vec<u8>>, _pipe: &mut Pipe) -> Result<()> {
        self.count += items.iter().filter(|member| self.recent.is_new(member)).count() as u64;
        Ok(())
    }
}
