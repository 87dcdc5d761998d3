//! Invalidation by key, invalid key, tag or pattern: mark or delete, by the rules of the library.
//!
//! A mark makes the next reader recompute while the others keep getting the stale value. Deleting a value is not
//! enough while its key is being computed: the worker would store what it computed from old data. So whatever is
//! deleted is first looked up among the keys in progress, and marked when it is there. In that order: a worker that
//! left progress before the look had stored its value before the deletion; one that came later computed from new data.

use super::collect::Collect;
use super::fields::{FieldsFound, FieldsOf};
use super::select::{NAMED_AT_ONCE, Selector};
use crate::error::Result;
use crate::namespace::glob::{FieldGlob, Glob, KeyGlob};
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};
use crate::store::{
    Conn, Control, End, Flow, Mode, Pipe, Recent, Replies, Source, Sweep, Ticket, Work, Writer, work_on,
};
use std::collections::{HashMap, VecDeque};

/// No command names more keys than this.
const CHUNK: usize = 100;

/// What to do with what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Mark as pending invalidation.
    Mark,
    /// Delete the value.
    Delete,
}

/// How to invalidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalidation {
    /// For all selectors; otherwise keys, tags and invalid keys are marked and patterns delete, as in the library.
    pub action: Option<Action>,
    /// Whether to write.
    pub mode: Mode,
}

/// What an invalidation did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InvalidationReport {
    /// Keys that were meant: members of sets, values under patterns, named keys that are cached or being computed.
    pub matched: u64,
    /// Keys that were not marked before and are now.
    pub marked: u64,
    /// Values that were deleted. For a raw pattern: Redis keys.
    pub deleted: u64,
    /// Redis keys of another type than was expected, which were left alone.
    pub wrong_type: u64,
    /// The names of those of them that should have been sets.
    pub not_sets: Vec<Vec<u8>>,
    /// Whether everything that was asked for was reached.
    pub complete: bool,
}

/// Invalidates what the selectors mean. The report is kept up to date, so that after an error it tells what was done.
///
/// # Errors
/// Connection errors, refusals, bad selectors.
pub fn invalidate(
    conn: &mut Conn,
    ns: &Namespace,
    selectors: &mut dyn Iterator<Item = Result<Selector>>,
    how: Invalidation,
    control: &mut Control,
    report: &mut InvalidationReport,
) -> Result<()> {
    let mut run = Run::new(ns, how.mode, report);
    if how.action == Some(Action::Delete) {
        run.read_cut_in_progress(conn, control)?;
    }
    let mut recent = Recent::default();
    let mut named = Vec::new();
    let mut selectors = selectors.peekable();
    let mut first = true;
    while let Some(selector) = selectors.next() {
        let selector = selector?;
        run.several |= !std::mem::take(&mut first) || selectors.peek().is_some();
        if control.stopped() {
            run.report.complete = false;
            break;
        }
        let action = how.action.unwrap_or(match selector {
            Selector::Pattern(_) => Action::Delete,
            _ => Action::Mark,
        });
        match selector {
            Selector::Key(key) => {
                named.push(ns.member(&key));
                if named.len() >= NAMED_AT_ONCE {
                    run.named(std::mem::take(&mut named), how.action, conn, &mut recent)?;
                }
            }
            Selector::Tag(name) => {
                let source = Source::set(ns.tag(&name));
                run.members(
                    source,
                    Members { tag: Some(name), ..Members::new(action) },
                    conn,
                    control,
                    &mut recent,
                )?;
            }
            Selector::InvalidKey(name) => {
                let source = Source::set(ns.invalid_key(&name));
                run.members(source, Members::new(action), conn, control, &mut recent)?;
            }
            Selector::Pattern(glob) => match action {
                Action::Delete => run.delete_matching(&glob, conn, control)?,
                Action::Mark => run.mark_matching(&glob, conn, control, &mut recent)?,
            },
        }
    }
    run.named(named, how.action, conn, &mut recent)
}

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
    let mut run = Run::new(ns, mode, report);
    run.report.complete &= complete;
    run.mark_in_progress(&|hash, _| glob.matches(hash), conn, control)?;
    let source = Source::Keyspace { pattern: glob.source().to_vec(), kind: None };
    let work = &mut RawDelete { run: &mut run, recent: Recent::default() };
    let end = Sweep::new(source).run(conn, work, control)?;
    run.ended(end);
    Ok(())
}

/// One invalidation under way.
struct Run<'a> {
    ns: &'a Namespace,
    writer: Writer,
    report: &'a mut InvalidationReport,
    waiting: VecDeque<Waiting>,
    /// Members that were counted as meant.
    seen: Recent,
    /// Values that a dry run would have deleted: what really was deleted is not found again.
    gone: Recent,
    /// Whether there is more than one selector, so that one key may be meant twice.
    several: bool,
    /// Keys in progress that the library cuts (`a>b>c`), by the key they are cut to: they compute the same value.
    cut_in_progress: HashMap<Vec<u8>, Vec<Vec<u8>>>,
}

/// Answers that are still to come.
enum Waiting {
    Mark(Ticket),
    Delete(Ticket),
    /// A deletion that also tells how many were meant.
    DeleteMatched(Ticket),
    Fields(FieldsOf),
    /// For each member, whether each progress set holds it.
    Busy {
        members: Vec<Vec<u8>>,
        sets: usize,
    },
    /// For each named key, whether a value is there, then whether each progress set holds it.
    Cached {
        members: Vec<Vec<u8>>,
        sets: usize,
    },
}

impl<'a> Run<'a> {
    fn new(ns: &'a Namespace, mode: Mode, report: &'a mut InvalidationReport) -> Self {
        report.complete = true;
        let writer = Writer::new(ns.clone(), mode);
        let (waiting, seen, gone) = (VecDeque::new(), Recent::default(), Recent::default());
        Self { ns, writer, report, waiting, seen, gone, several: false, cut_in_progress: HashMap::new() }
    }

    /// Once, at the start: what begins later computes from new data.
    fn read_cut_in_progress(&mut self, conn: &mut Conn, control: &mut Control) -> Result<()> {
        for key in self.ns.progress_sets() {
            let mut found = Collect::default();
            let source = Source::Set { key, pattern: Some(self.ns.pattern(b"*>*>*")) };
            Sweep::new(source).run(conn, &mut found, control)?;
            for member in found.0 {
                if let Some(cut) = self.cut(&member).filter(|cut| *cut != member) {
                    let whole = self.cut_in_progress.entry(cut).or_default();
                    if !whole.contains(&member) {
                        whole.push(member);
                    }
                }
            }
        }
        Ok(())
    }

    /// The member of the key that a member's key is cut to.
    fn cut(&self, member: &[u8]) -> Option<Vec<u8>> {
        self.ns.key_of_member(member).map(|key| self.ns.bucket_member(&key))
    }

    /// Counts members as meant, each once however many selectors mean it.
    fn count_matched(&mut self, members: &[Vec<u8>]) {
        let new = members.iter().filter(|member| self.seen.is_new(member)).count();
        self.report.matched += new as u64;
    }

    fn ended(&mut self, end: End) {
        if end == End::WrongType {
            self.report.wrong_type += 1;
        }
        if end != End::Done {
            self.report.complete = false;
        }
    }

    fn members(
        &mut self,
        source: Source,
        members: Members,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut Recent,
    ) -> Result<()> {
        let name = source.key().to_vec();
        let end = Sweep::new(source).run(conn, &mut OnMembers { run: self, members, recent }, control)?;
        if end == End::WrongType {
            self.report.not_sets.push(name);
        }
        self.ended(end);
        Ok(())
    }

    fn named(
        &mut self,
        named: Vec<Vec<u8>>,
        action: Option<Action>,
        conn: &mut Conn,
        recent: &mut Recent,
    ) -> Result<()> {
        let members = Members { named: true, ..Members::new(action.unwrap_or(Action::Mark)) };
        work_on(conn, named, &mut OnMembers { run: self, members, recent })
    }

    /// Marks whatever is in progress and meant, before values are looked for.
    fn mark_in_progress(&mut self, meant: &Meant, conn: &mut Conn, control: &mut Control) -> Result<()> {
        for set in self.ns.progress_sets() {
            let mut recent = Recent::default();
            let members = Members { filter: Some(meant), uncounted: true, ..Members::new(Action::Mark) };
            self.members(Source::set(set), members, conn, control, &mut recent)?;
        }
        Ok(())
    }

    fn delete_matching(&mut self, glob: &KeyGlob, conn: &mut Conn, control: &mut Control) -> Result<()> {
        let ns = self.ns;
        let meant = |hash: &[u8], field: &[u8]| {
            hash.strip_prefix(ns.prefix()).is_some_and(|base| glob.matches(base, field))
        };
        self.mark_in_progress(&meant, conn, control)?;
        self.on_hashes(glob, Action::Delete, conn, control, &mut Recent::default())
    }

    fn mark_matching(
        &mut self,
        glob: &KeyGlob,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut Recent,
    ) -> Result<()> {
        let ns = self.ns;
        let meant = |hash: &[u8], field: &[u8]| {
            hash.strip_prefix(ns.prefix()).is_some_and(|base| glob.matches(base, field))
        };
        // A key that is computed for the first time is in no hash yet, and will be stored from old data.
        self.mark_in_progress(&meant, conn, control)?;
        self.on_hashes(glob, Action::Mark, conn, control, recent)?;
        // A hash tells only `a>b` of a key `a>b>c`; its whole name, which its reader asks for, stands in its tag.
        let mut tags = TagSets { ns, sets: Vec::new() };
        let source = Source::Keyspace { pattern: ns.all_pattern(), kind: Some(RedisType::Set) };
        let end = Sweep::new(source).run(conn, &mut tags, control)?;
        self.ended(end);
        for key in tags.sets {
            let source = Source::Set { key, pattern: Some(ns.pattern(b"*>*>*")) };
            let members = Members { filter: Some(&meant), uncounted: true, ..Members::new(Action::Mark) };
            self.members(source, members, conn, control, recent)?;
        }
        Ok(())
    }

    fn on_hashes(
        &mut self,
        glob: &KeyGlob,
        action: Action,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut Recent,
    ) -> Result<()> {
        let pattern = self.ns.pattern(glob.base_source());
        let source = Source::Keyspace { pattern, kind: Some(RedisType::Hash) };
        let end = Sweep::new(source).run(conn, &mut OnHashes { run: self, glob, action, recent }, control)?;
        self.ended(end);
        Ok(())
    }

    fn queue_mark(&mut self, members: &[&[u8]], tag: Option<&[u8]>, pipe: &mut Pipe) {
        for chunk in members.chunks(CHUNK) {
            let ticket = match tag {
                Some(tag) => self.writer.mark_tagged(tag, chunk, pipe),
                None => self.writer.mark(chunk, pipe),
            };
            self.waiting.push_back(Waiting::Mark(ticket));
        }
    }

    fn answers(&mut self, replies: &mut Replies, next: &mut Pipe) -> Result<Vec<FieldsFound>> {
        let mut fields = Vec::new();
        while !replies.is_empty() {
            match self.waiting.pop_front() {
                Some(Waiting::Mark(ticket)) => self.report.marked += ticket.count(replies)?,
                Some(Waiting::Delete(ticket)) => self.deleted(ticket, replies, false)?,
                Some(Waiting::DeleteMatched(ticket)) => self.deleted(ticket, replies, true)?,
                Some(Waiting::Fields(question)) => {
                    let mut found = question.read(replies.one()?, next)?;
                    self.waiting.extend(found.then.take().map(Waiting::Fields));
                    fields.push(found);
                }
                Some(Waiting::Busy { members, sets }) => {
                    self.delete_members(&members, sets, replies, next)?
                }
                Some(Waiting::Cached { members, sets }) => {
                    for member in members {
                        let value = replies.one()?;
                        let mut known = !value.is_wrong_type() && value.int()? > 0;
                        for _ in 0..sets {
                            known |= replies.one()?.int()? > 0;
                        }
                        if known {
                            self.count_matched(&[member]);
                        }
                    }
                }
                None => break,
            }
        }
        Ok(fields)
    }

    fn deleted(&mut self, ticket: Ticket, replies: &mut Replies, matched: bool) -> Result<()> {
        let deleted = ticket.deleted(replies)?;
        self.report.deleted += deleted.values;
        self.report.wrong_type += deleted.wrong_type;
        self.report.complete &= deleted.wrong_type == 0;
        if matched {
            self.report.matched += deleted.values;
        }
        Ok(())
    }

    /// Marks those members that are in progress and deletes the values of all, in this order.
    fn delete_members(
        &mut self,
        members: &[Vec<u8>],
        sets: usize,
        replies: &mut Replies,
        next: &mut Pipe,
    ) -> Result<()> {
        let mut others = Vec::new();
        for member in members {
            let whole = self.cut(member).and_then(|cut| self.cut_in_progress.remove(&cut));
            others.extend(whole.unwrap_or_default());
        }
        let mut busy = Vec::new();
        for member in members {
            let mut in_progress = false;
            for _ in 0..sets {
                in_progress |= replies.one()?.int()? > 0;
            }
            if in_progress {
                busy.push(&member[..]);
            }
        }
        busy.extend(others.iter().filter(|other| !members.contains(other)).map(Vec::as_slice));
        self.queue_mark(&busy, None, next);
        for member in members {
            if self.writer.is_dry_run() && self.cut(member).is_some_and(|cut| !self.gone.is_new(&cut)) {
                continue;
            }
            if let Some((hash, field)) = self.ns.location(member) {
                let ticket = self.writer.delete_fields(hash, &[field], next);
                self.waiting.push_back(Waiting::Delete(ticket));
            }
        }
        Ok(())
    }
}

/// Whether the value at a hash and field is meant.
type Meant<'a> = dyn Fn(&[u8], &[u8]) -> bool + 'a;

/// What to do with members of a set, or with keys that were named.
struct Members<'a> {
    action: Action,
    /// The tag they come from.
    tag: Option<Vec<u8>>,
    /// Only those whose hash and field this accepts.
    filter: Option<&'a Meant<'a>>,
    /// They were named one by one, so nothing says yet that they are cached.
    named: bool,
    /// They are marked beside something that is counted already.
    uncounted: bool,
}

impl Members<'_> {
    fn new(action: Action) -> Self {
        Self { action, tag: None, filter: None, named: false, uncounted: false }
    }
}

struct OnMembers<'a, 'r> {
    run: &'a mut Run<'r>,
    members: Members<'a>,
    recent: &'a mut Recent,
}

impl Work for OnMembers<'_, '_> {
    fn batch(&mut self, items: Vec<Vec<u8>>, pipe: &mut Pipe) -> Result<()> {
        let (run, how) = (&mut *self.run, &self.members);
        let meant = |member: &[u8]| {
            how.filter.is_none_or(|accepts| {
                run.ns.location(member).is_some_and(|(hash, field)| accepts(hash, field))
            })
        };
        // Members leave each tag that was named, whatever another selector did with them before.
        let leaves_tag = how.tag.is_some() && !run.writer.is_dry_run() && how.action == Action::Mark;
        let members: Vec<_> = items
            .into_iter()
            .filter(|member| meant(member) && (self.recent.is_new(member) || leaves_tag))
            .collect();
        let progress = run.ns.progress_sets();
        if how.named {
            for member in &members {
                if let Some((hash, field)) = run.ns.location(member) {
                    pipe.push("HEXISTS", &[hash, field]);
                }
                progress.iter().for_each(|set| pipe.push("SISMEMBER", &[set, member]));
            }
            run.waiting.push_back(Waiting::Cached { members: members.clone(), sets: progress.len() });
        } else if !how.uncounted {
            run.count_matched(&members);
        }
        match how.action {
            Action::Mark => {
                let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
                run.queue_mark(&members, how.tag.as_deref(), pipe);
            }
            Action::Delete if members.is_empty() => {}
            Action::Delete => {
                for member in &members {
                    progress.iter().for_each(|set| pipe.push("SISMEMBER", &[set, member]));
                }
                run.waiting.push_back(Waiting::Busy { members, sets: progress.len() });
            }
        }
        Ok(())
    }

    fn answers(&mut self, replies: &mut Replies, next: &mut Pipe) -> Result<Flow> {
        self.run.answers(replies, next)?;
        Ok(Flow::More)
    }
}

struct OnHashes<'a, 'r> {
    run: &'a mut Run<'r>,
    glob: &'a KeyGlob,
    action: Action,
    recent: &'a mut Recent,
}

impl OnHashes<'_, '_> {
    fn on_fields(&mut self, hash: &[u8], fields: &[Vec<u8>], next: &mut Pipe) {
        let Entry::Values { base } = self.run.ns.classify(hash, RedisType::Hash) else { return };
        let meant = fields.iter().filter(|field| self.glob.matches(base, field));
        let (members, fields): (Vec<_>, Vec<_>) = meant
            .map(|field| (self.run.ns.member(&LogicalKey::at(base, field)), field.as_slice()))
            .filter(|(member, _)| match self.action {
                Action::Mark => self.recent.is_new(member),
                Action::Delete => !self.run.writer.is_dry_run() || self.run.gone.is_new(member),
            })
            .unzip();
        self.run.count_matched(&members);
        match self.action {
            Action::Delete => {
                for chunk in fields.chunks(CHUNK) {
                    let ticket = self.run.writer.delete_fields(hash, chunk, next);
                    self.run.waiting.push_back(Waiting::Delete(ticket));
                }
            }
            Action::Mark => {
                let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
                self.run.queue_mark(&members, None, next);
            }
        }
    }
}

impl Work for OnHashes<'_, '_> {
    fn batch(&mut self, items: Vec<Vec<u8>>, pipe: &mut Pipe) -> Result<()> {
        let mut whole = Vec::new();
        for hash in items {
            let Entry::Values { base } = self.run.ns.classify(&hash, RedisType::Hash) else { continue };
            if !self.glob.matches_base(base) {
                continue;
            }
            match (&self.glob.field, self.action) {
                // Which of the values were meant by another selector too, only their names tell.
                _ if self.run.several => {
                    self.run.waiting.push_back(Waiting::Fields(FieldsOf::ask(hash, pipe)))
                }
                (None, Action::Delete) => whole.push(hash),
                (Some(FieldGlob::Name(_)), Action::Delete)
                    if self.run.writer.is_dry_run() && !self.recent.is_new(&hash) => {}
                (Some(FieldGlob::Name(field)), Action::Delete) => {
                    let ticket = self.run.writer.delete_fields(&hash, &[field], pipe);
                    self.run.waiting.push_back(Waiting::DeleteMatched(ticket));
                }
                _ => self.run.waiting.push_back(Waiting::Fields(FieldsOf::ask(hash, pipe))),
            }
        }
        if self.run.writer.is_dry_run() {
            whole.retain(|hash| self.recent.is_new(hash));
        }
        let whole: Vec<_> = whole.iter().map(Vec::as_slice).collect();
        for chunk in whole.chunks(CHUNK) {
            let ticket = self.run.writer.delete_hashes(chunk, pipe);
            self.run.waiting.push_back(Waiting::DeleteMatched(ticket));
        }
        Ok(())
    }

    fn answers(&mut self, replies: &mut Replies, next: &mut Pipe) -> Result<Flow> {
        for found in self.run.answers(replies, next)? {
            self.on_fields(&found.hash, &found.fields, next);
        }
        Ok(Flow::More)
    }
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

struct TagSets<'a> {
    ns: &'a Namespace,
    sets: Vec<Vec<u8>>,
}

impl Work for TagSets<'_> {
    fn batch(&mut self, items: Vec<Vec<u8>>, _pipe: &mut Pipe) -> Result<()> {
        let ns = self.ns;
        self.sets.extend(
            items.into_iter().filter(|set| matches!(ns.classify(set, RedisType::Set), Entry::Tag { .. })),
        );
        Ok(())
    }
}
