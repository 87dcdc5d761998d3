//! The library's own meaning of a pattern: Redis keys, whatever they are.

use super::run::{Run, Waiting};
use super::{CHUNK, InvalidationReport};
use crate::error::Result;
use crate::namespace::glob::Glob;
use crate::namespace::{Entry, Namespace, RedisType};
use crate::store::{Conn, Control, Flow, Mode, Pipe, Recent, Replies, Source, Sweep, Work};
use std::collections::VecDeque;

/// What a raw pattern reaches, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Hashes of values.
    pub values: u64,
    /// Tag sets.
    pub tags: u64,
    /// Invalid sets.
    pub invalid_keys: u64,
    /// TTL buckets.
    pub buckets: u64,
    /// Keys that do not belong to the namespace.
    pub foreign: u64,
    /// Bookkeeping that is left alone: dropping it would lose invalidations.
    pub left_alone: u64,
}

/// Counts what a raw pattern reaches.
///
/// # Errors
/// Connection errors and refusals.
pub fn survey_raw(conn: &mut Conn, ns: &Namespace, glob: &Glob, control: &mut Control) -> Result<Reach> {
    let mut survey =
        Survey { ns, reach: Reach::default(), recent: Recent::default(), waiting: VecDeque::new() };
    let source = Source::Keyspace { pattern: glob.source().to_vec(), kind: None };
    Sweep::new(source).run(conn, &mut survey, control)?;
    Ok(survey.reach)
}

/// Removes the Redis keys that a raw pattern reaches, whatever they are: the library's own meaning of a pattern.
///
/// Marks, keys in progress and this crate's own keys stay: without them invalidations would be lost.
///
/// # Errors
/// Connection errors and refusals.
pub fn invalidate_raw(
    conn: &mut Conn,
    ns: &Namespace,
    glob: &Glob,
    mode: Mode,
    control: &mut Control,
    report: &mut InvalidationReport,
) -> Result<()> {
    let complete = report.complete;
    let before = conn.journal();
    let mut run = Run::new(ns, mode, report, conn, control);
    run.report.complete &= complete;
    run.mark_in_progress(&|hash, _| glob.matches(hash), conn, control)?;
    let source = Source::Keyspace { pattern: glob.source().to_vec(), kind: None };
    let work = &mut RawDelete { run: &mut run, recent: Recent::default() };
    let end = Sweep::new(source).run(conn, work, control)?;
    run.ended(end);
    report.complete &= conn.is_exact_since(before);
    Ok(())
}

struct RawDelete<'a, 'r> {
    run: &'a mut Run<'r>,
    recent: Recent,
}

impl Work for RawDelete<'_, '_> {
    fn batch(&mut self, items: Vec<Vec<u8>>, pipe: &mut Pipe) -> Result<()> {
        let keys: Vec<_> = items
            .iter()
            .filter(|key| !is_left_alone(self.run.ns, key) && self.recent.is_new(key))
            .map(Vec::as_slice)
            .collect();
        for chunk in keys.chunks(CHUNK) {
            let ticket = self.run.writer.unlink(chunk, pipe);
            self.run.waiting.push_back(Waiting::DeleteMatched(ticket));
        }
        Ok(())
    }

    fn answers(&mut self, replies: &mut Replies, next: &mut Pipe) -> Result<Flow> {
        self.run.answers(replies, next)?;
        Ok(Flow::More)
    }
}

fn is_left_alone(ns: &Namespace, redis_key: &[u8]) -> bool {
    matches!(ns.classify(redis_key, RedisType::Set), Entry::Bookkeeping | Entry::Reserved)
}

struct Survey<'a> {
    ns: &'a Namespace,
    reach: Reach,
    recent: Recent,
    waiting: VecDeque<Vec<u8>>,
}

impl Work for Survey<'_> {
    fn batch(&mut self, items: Vec<Vec<u8>>, pipe: &mut Pipe) -> Result<()> {
        for key in items {
            if self.recent.is_new(&key) {
                pipe.push("TYPE", &[&key]);
                self.waiting.push_back(key);
            }
        }
        Ok(())
    }

    fn answers(&mut self, replies: &mut Replies, _next: &mut Pipe) -> Result<Flow> {
        for reply in replies {
            let Some(key) = self.waiting.pop_front() else { break };
            let kind = RedisType::from_reply(&reply.bytes()?.unwrap_or_default());
            *match self.ns.classify(&key, kind) {
                Entry::Values { .. } => &mut self.reach.values,
                Entry::Tag { .. } => &mut self.reach.tags,
                Entry::InvalidKey { .. } => &mut self.reach.invalid_keys,
                Entry::Bucket { .. } => &mut self.reach.buckets,
                Entry::Bookkeeping | Entry::Reserved => &mut self.reach.left_alone,
                Entry::Foreign => &mut self.reach.foreign,
            } += 1;
        }
        Ok(Flow::More)
    }
}
