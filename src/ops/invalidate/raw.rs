//! The library's own meaning of a pattern: Redis keys, whatever they are.

use super::super::fields::FieldsOf;
use super::super::inner::exclude_inner;
use super::run::{Question, Run};
use super::{CHUNK, InvalidationReport};
use crate::cache::Mode;
use crate::cache::Session;
use crate::client::command;
use crate::client::{Control, DedupWindow, Queue, Replies, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::glob::Glob;
use crate::namespace::{Entry, Namespace, RedisType};

/// What a raw pattern reaches, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
    /// What is left alone: marks and computations, keys of this crate's own, and what belongs to namespaces inside.
    pub left_alone: u64,
    /// The first few of the keys that are not left alone.
    pub sample: Vec<Vec<u8>>,
}

impl Reach {
    /// So many keys are named.
    const SAMPLE: usize = 10;
}

/// Counts what a raw pattern reaches.
///
/// # Errors
/// Connection errors and refusals.
pub fn survey_raw(session: &mut Session, glob: &Glob, control: &mut Control) -> Result<Reach> {
    let (conn, ns, _) = session.parts();
    let ns = &*exclude_inner(conn, ns, control)?;
    let mut survey = Survey { ns, reach: Reach::default(), recent: DedupWindow::default() };
    let source = Source::Keyspace { pattern: glob.source().to_vec(), kind: None };
    Sweep::new(source).run(conn, &mut survey, control)?;
    Ok(survey.reach)
}

/// Removes the Redis keys that a raw pattern reaches, whatever they are: the library's own meaning of a pattern.
///
/// Marks, keys in progress and this crate's own keys stay: without them invalidations would be lost. So does what belongs
/// to namespaces inside this one, as with [`invalidate`](super::invalidate()).
///
/// # Errors
/// Connection errors and refusals.
pub fn invalidate_raw(
    session: &mut Session,
    glob: &Glob,
    mode: Mode,
    control: &mut Control,
    report: &mut InvalidationReport,
) -> Result<()> {
    let (conn, ns, _) = session.parts();
    let complete = report.complete;
    let began = conn.begin(mode.replicas(control))?;
    let ns = &*exclude_inner(conn, ns, control)?;
    let mut run = Run::new(ns, mode, report, conn, control);
    run.report.complete &= complete;
    run.mark_all_in_progress(&|hash, _| glob.matches(hash), conn, control, &mut DedupWindow::default())?;
    let source = Source::Keyspace { pattern: glob.source().to_vec(), kind: None };
    let work = &mut RawDelete { run: &mut run, recent: DedupWindow::default(), left: DedupWindow::default() };
    let end = Sweep::new(source).run(conn, work, control)?;
    run.ended(end);
    run.report.rehearsal = Box::new(run.rehearsal);
    let ended = conn.end(&began);
    report.complete &= ended.is_sure();
    report.replicated = ended.replicated.into_iter().chain(report.replicated).min();
    Ok(())
}

struct RawDelete<'a, 'r> {
    run: &'a mut Run<'r>,
    recent: DedupWindow,
    /// Hashes that a dry run would have left something in.
    left: DedupWindow,
}

impl Work for RawDelete<'_, '_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        let mut keys = Vec::new();
        for key in &items {
            let is_alone = self.run.leaves_alone(key) || is_left_alone(self.run.ns, key);
            if is_alone || self.run.rehearsal.is_emptied(key) || !self.recent.is_new(key) {
                continue;
            }
            if self.run.rehearsal.is_touched(key) {
                queue.ask(|pipe| Question::Fields(FieldsOf::ask(key.clone(), pipe)));
            } else {
                keys.push(key.as_slice());
            }
        }
        for chunk in keys.chunks(CHUNK) {
            queue.ask(|pipe| Question::DeleteMatched(self.run.writer.unlink(chunk, pipe)));
        }
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        if let Some(found) = self.run.answer(question, replies, next)? {
            let is_left = |field: &Vec<u8>| !self.run.rehearsal.is_deleted(&found.hash, field);
            if found.fields.iter().any(is_left) && self.left.is_new(&found.hash) {
                self.run.report.matched += 1;
                self.run.report.deleted += 1;
            }
        }
        Ok(())
    }
}

fn is_left_alone(ns: &Namespace, redis_key: &[u8]) -> bool {
    let entry = ns.classify(redis_key, RedisType::Set);
    matches!(entry, Entry::Bookkeeping | Entry::Reserved | Entry::Inner)
        || ns.is_bookkeeping_inside(redis_key)
}

struct Survey<'a> {
    ns: &'a Namespace,
    reach: Reach,
    recent: DedupWindow,
}

impl Work for Survey<'_> {
    /// A key, for its type.
    type Question = Vec<u8>;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Vec<u8>>) -> Result<()> {
        for key in items {
            if self.recent.is_new(&key) {
                queue.ask(|pipe| {
                    pipe.push(command::TYPE, &[&key]);
                    key
                });
            }
        }
        Ok(())
    }

    fn answer(&mut self, key: Vec<u8>, replies: &mut Replies, _next: &mut Queue<Vec<u8>>) -> Result<()> {
        let kind = RedisType::from_reply(&replies.one()?.bytes()?.unwrap_or_default());
        if is_left_alone(self.ns, &key) {
            self.reach.left_alone += 1;
            return Ok(());
        }
        if self.reach.sample.len() < Reach::SAMPLE {
            self.reach.sample.push(key.clone());
        }
        *match self.ns.classify(&key, kind) {
            Entry::Values { .. } => &mut self.reach.values,
            Entry::Tag { .. } => &mut self.reach.tags,
            Entry::InvalidKey { .. } => &mut self.reach.invalid_keys,
            Entry::Bucket { .. } => &mut self.reach.buckets,
            Entry::Bookkeeping | Entry::Reserved | Entry::Inner => &mut self.reach.left_alone,
            Entry::Foreign => &mut self.reach.foreign,
        } += 1;
        Ok(())
    }
}
