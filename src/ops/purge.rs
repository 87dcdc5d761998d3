//! Expired entries of the TTL buckets: plan with reads, apply in short scripts that look again.

use super::filter::{Filter, Tests};
use super::inner_names::{Doubt, InnerByName};
use super::selector::IndexKind;
use super::whole_names::{Which, WholeNames};
use crate::cache::{
    Bookmark, Clock, Expire, LockOutcome, Mode, PendingReply, Place, Position, Purged, Rehearsal, Session,
    Writer, under_lock,
};
use crate::client::command;
use crate::client::{
    CancelToken, Conn, Control, DedupWindow, End, Page, Queue, Replies, Source, Sweep, Work, work_on,
};
use crate::error::Result;
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Instant;

/// No script touches more entries than this: well under a millisecond on the server.
const CHUNK: usize = 100;
/// So many entries are looked for, and then marked and taken, at once: for each such step all tags and invalid keys are walked. A
/// name takes some 100 bytes.
const AHEAD: usize = 200_000;
/// So many entries are known again in runs over indexes: several of their members may share one.
const SHARED: usize = 1_000_000;

/// How to purge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// What expired less than this many seconds ago is left alone.
    pub grace: i64,
    /// Mark instead of deleting, as the library does at the next read. A key that the library cuts is marked by its whole
    /// name, too, as its reader asks for it, with every key that shares its value: only indexes have that, so all of them are
    /// walked first, in each run; where indexes are named, only if some of their members are due.
    pub mark: bool,
    /// Whether to write.
    pub mode: Mode,
    /// Take the lock of the namespace, so that one sweep works at a time. A dry run needs none.
    pub lock: bool,
    /// Which of the entries are meant, by name, index and size: what is purged has expired, whatever else its state is, so that
    /// states and times are not asked for. An entry without a value has no bytes.
    pub filter: Filter,
}

impl Purge {
    fn expire(&self, clock: Clock) -> Expire {
        Expire { now: clock.due() - self.grace, mark: self.mark }
    }

    /// Everything here by which a run chooses what it takes. In each layout that is all that is due.
    fn choice(&self, clock: Clock) -> Vec<u8> {
        let mut choice = format!("offset {} grace {} mark {}", clock.offset(), self.grace, self.mark);
        if !self.filter.is_empty() {
            choice += &format!(" {:?}", self.filter);
        }
        choice.into_bytes()
    }
}

/// What a purge did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PurgeReport {
    /// TTL buckets that were visited.
    pub buckets: u64,
    /// Entries in them.
    pub scanned: u64,
    /// Entries that were due, and are gone from their buckets.
    pub expired: u64,
    /// Values that were deleted.
    pub deleted: u64,
    /// Keys that were newly marked.
    pub marked: u64,
    /// Bytes of the values that were deleted, without their names and what Redis needs to keep them.
    pub bytes: u64,
    /// How many of the values that were deleted are not in `bytes`, as the server refuses HSTRLEN.
    pub unmeasured: u64,
    /// Whether what was noted of an earlier run's end was no position, so that the run began at the front.
    pub position_dropped: bool,
    /// Whether the runs that this one goes on from left something alone that was meant; their reports say what.
    pub skipped_before: bool,
    /// The prefixes of namespaces inside that something belonged to which was named. It was left alone.
    pub inner: Vec<Vec<u8>>,
    /// Whether every bucket was visited, and what was done is where a failover does not undo it.
    pub complete: bool,
    /// How many seconds ago the latest of all expiry times passed, where a whole namespace was visited in which none lies ahead, and
    /// that may be so because the application's hosts are east of UTC.
    pub all_past: Option<u64>,
    /// How many replicas confirmed that they have it, in a cluster of the primary with the fewest that has any; none where
    /// there are none, or none was waited for.
    pub replicated: Option<u64>,
    /// What became of the lock. Where it was not to be had, nothing was done.
    pub lock: LockOutcome,
}

impl PurgeReport {
    /// Whether anything was changed, or would be.
    pub fn changes(&self) -> bool {
        self.expired + self.deleted + self.marked > 0
    }
}

/// Whether so many entries, none of which expires later than in so many seconds, may have been written by hosts east of UTC.
pub(super) fn is_in_doubt(entries: u64, seconds_left: i64) -> bool {
    entries >= 10 && (-14 * 3600..-900).contains(&seconds_left)
}

/// Purges the whole namespace. The report is kept up to date, so that after an error it tells what was done.
///
/// Entries are judged by the score in their bucket, so a key that the library cuts (`a>b>c`), which it can never
/// expire itself, is purged too. Each entry is looked at again on the server in the step that removes it: a value
/// that was refreshed meanwhile survives.
///
/// With a deadline in `control` the run goes on where the last one that takes the same stopped, and notes where it stops itself;
/// a dry run goes on there, too, and notes nothing. Whichever run comes to the end forgets what was noted.
///
/// # Errors
/// Connection errors and refusals.
pub fn purge(
    session: &mut Session,
    how: Purge,
    control: &mut Control,
    report: &mut PurgeReport,
) -> Result<()> {
    locked(session, how, control, report, purge_all)
}

/// Does it under the lock, and notes where sizes were refused.
fn locked<R: Default>(
    session: &mut Session,
    how: Purge,
    control: &mut Control,
    report: &mut PurgeReport,
    purge: impl FnOnce(&mut Session, Purge, &mut Control, &mut PurgeReport) -> Result<R>,
) -> Result<R> {
    let (mut lock, mut result) = (LockOutcome::default(), R::default());
    let wanted = how.lock && how.mode == Mode::Apply;
    let done = under_lock(session, wanted, control, &mut lock, |session, control| {
        let purged = purge(session, how, control, report);
        if report.unmeasured > 0 {
            session.conn.do_without_unsaid("HSTRLEN", "it is not known how many bytes the values had");
        }
        result = purged?;
        Ok(())
    });
    report.complete &= lock != LockOutcome::Lost;
    report.lock = lock;
    done.map(|()| result)
}

fn purge_all(
    session: &mut Session,
    how: Purge,
    control: &mut Control,
    report: &mut PurgeReport,
) -> Result<()> {
    let (conn, ns, clock) = session.parts();
    let writer = Writer::new(ns.clone(), how.mode).on(conn);
    let began = conn.begin(how.mode.replicas(control))?;
    let bookmark = Bookmark::new(conn, ns, control, ("purge", 1), &[&how.choice(clock)])?;
    let from = bookmark.load(conn, &mut report.position_dropped)?;
    let is_whole = from.is_none() && how.filter.is_empty();
    let Position { cursor, mut queue, .. } =
        from.unwrap_or_else(|| Position { cursor: Some(b"0".to_vec()), ..Position::default() });
    let source = Source::Keyspace { pattern: ns.buckets_pattern(), kind: Some(RedisType::Zset.name()) };
    let mut sweep = cursor.map(|cursor| Sweep::resume(source, cursor));
    let mut tests = Tests::new(&how.filter, ns, conn)?.sparing_values();
    let is_ready = tests.read_cut(ns, conn, control)?;
    let tests = (&tests, true);
    let mut work = Purging::new(ns, how.expire(clock), tests, writer.clone(), control.cancel_token(), report);
    let done = is_ready && work.mark_whole_names(Which::Passing(tests.0), conn, &mut control.untimed())? && {
        work_on(conn, queue.drain(..).map(|(bucket, _)| bucket).collect(), &mut work)?;
        sweep.as_mut().map_or(Ok(End::Done), |sweep| sweep.run(conn, &mut work, control))? == End::Done
    };
    queue.append(&mut work.unfinished);
    let done = done && queue.is_empty();
    if let Some(newest) = work.newest_due.filter(|_| done && is_whole) {
        let report = &mut *work.report;
        let doubted = is_in_doubt(report.scanned, clock.seconds_left(newest) + how.grace);
        report.all_past =
            (doubted && report.expired == report.scanned).then(|| clock.seconds_left(newest).unsigned_abs());
    }
    let cursor = sweep.as_ref().and_then(Sweep::cursor).map(<[u8]>::to_vec);
    let position = (!done).then_some(Position { cursor, queue, ..Position::default() });
    bookmark.save(conn, &writer, position.as_ref())?;
    let ended = conn.end(&began);
    report.complete = done && ended.is_sure();
    report.replicated = ended.replicated;
    Ok(())
}

/// Purges the expired entries of the keys in some indexes.
///
/// It walks these sets instead of the keyspace, for less than half of the cost. It does not see entries whose key is in none
/// of them. Like [`invalidate`](super::invalidate()) it leaves namespaces inside this one alone, and is not complete where an
/// index that was named, or a member of one, belongs to one. Returns the names of indexes
/// that are no sets.
///
/// With a deadline in `control` the run goes on where the last one of the same indexes stopped, as [`purge`] does.
///
/// # Errors
/// Connection errors and refusals.
pub fn purge_indexed(
    session: &mut Session,
    indexes: &[(IndexKind, Vec<u8>)],
    how: Purge,
    control: &mut Control,
    report: &mut PurgeReport,
) -> Result<Vec<Vec<u8>>> {
    locked(session, how, control, report, |session, how, control, report| {
        purge_listed(session, indexes, how, control, report)
    })
}

fn purge_listed(
    session: &mut Session,
    indexes: &[(IndexKind, Vec<u8>)],
    how: Purge,
    control: &mut Control,
    report: &mut PurgeReport,
) -> Result<Vec<Vec<u8>>> {
    let (conn, ns, clock) = session.parts();
    let mut sets = indexes.iter().map(|(kind, name)| kind.set(ns, name)).collect::<Result<Vec<_>>>()?;
    let mut inner = InnerByName::new(ns, conn);
    inner.look_at(&sets, conn)?;
    sets.retain(|set| !inner.leaves_alone(ns, set, &mut report.inner));
    sets.sort();
    sets.dedup();
    let writer = Writer::new(ns.clone(), how.mode).on(conn);
    let began = conn.begin(how.mode.replicas(control))?;
    let (choice, names_are_ours) = (how.choice(clock), [u8::from(ns.knows_inner())]);
    let mut choice: Vec<&[u8]> = vec![&choice, &names_are_ours];
    choice.extend(sets.iter().map(Vec::as_slice));
    let bookmark = Bookmark::new(conn, ns, control, ("indexed", 1), &choice)?;
    let from = bookmark.load(conn, &mut report.position_dropped)?;
    report.skipped_before = from.as_ref().is_some_and(|from| from.skipped);
    let places = match from {
        Some(position) if !position.queue.is_empty() => position.queue,
        _ => sets.into_iter().map(|set| (set, b"0".to_vec())).collect(),
    };
    let mut tests = Tests::new(&how.filter, ns, conn)?.sparing_values();
    let is_ready = tests.read_cut(ns, conn, control)?;
    let tests = (&tests, false);
    let mut work = Purging::new(ns, how.expire(clock), tests, writer.clone(), control.cancel_token(), report);
    let mut members = Members { purging: &mut work, inner: &mut inner, not_sets: Vec::new() };
    let left = match (is_ready, how.mark) {
        (false, _) => places,
        (true, false) => members.walk(places, conn, control)?.left,
        (true, true) => members.mark_and_take(places, conn, control)?,
    };
    let not_sets = members.not_sets;
    let skipped = report.skipped_before || !report.inner.is_empty() || !not_sets.is_empty();
    let done = left.is_empty();
    let position = Position { queue: left, skipped, ..Position::default() };
    bookmark.save(conn, &writer, Some(&position))?;
    let ended = conn.end(&began);
    report.complete = done && !skipped && ended.is_sure();
    report.replicated = ended.replicated;
    Ok(not_sets)
}

struct Purging<'a> {
    ns: &'a Namespace,
    cancel: CancelToken,
    writer: Writer,
    expire: Expire,
    /// What a dry run would have done.
    rehearsal: Rehearsal,
    /// Which of the entries are meant.
    tests: &'a Tests,
    /// Members whose entries were found to be taken later, where that is all there is to do yet.
    ahead: Option<Vec<Vec<u8>>>,
    /// The time that is left then is for taking them.
    ahead_until: Option<Instant>,
    /// Entries of keys that the library cuts, which did not pass when keys were marked by their whole names. They are not taken,
    /// whatever the sets hold by then: nobody has marked these keys.
    refused: DedupWindow,
    /// Whether an entry stands for its value, whatever its keys are called: those of buckets do.
    is_value: bool,
    /// Due entries of which it is not known yet whether they are meant, and their pages where these were full.
    found: Vec<Doubtful>,
    /// Entries that were due when they were read, for the next script.
    due: Vec<(Vec<u8>, Vec<u8>)>,
    /// The next pages of buckets that have more due entries.
    more: Vec<Page>,
    /// Buckets, or members of indexes, that were looked at.
    recent: DedupWindow,
    /// Entries that were counted by one of their keys.
    scanned: DedupWindow,
    /// Entries that were taken by one of their keys.
    taken: DedupWindow,
    /// Buckets of members that were looked at.
    buckets: DedupWindow,
    /// Buckets with more due entries than the time allowed for.
    unfinished: VecDeque<Place>,
    /// The highest score of those that were due in their buckets.
    newest_due: Option<f64>,
    report: &'a mut PurgeReport,
}

/// A due entry, and the member by which sets are asked about its key.
struct Due {
    bucket: Vec<u8>,
    entry: Vec<u8>,
    member: Vec<u8>,
}

impl Due {
    fn of(ns: &Namespace, key: &LogicalKey, member: Vec<u8>) -> Self {
        Self { bucket: ns.bucket(key.base()), entry: ns.bucket_member(key), member }
    }
}

/// Due entries, and the page that they were on where there may be more behind it.
struct Doubtful {
    entries: Vec<Due>,
    page: Option<Page>,
}

/// What answers are for.
enum Question {
    Size,
    /// Due entries of a bucket.
    Due(Page),
    /// The score of one entry.
    Score(Due),
    /// Whether these are meant.
    Meant(Doubtful),
    Expired(PendingReply),
}

impl<'a> Purging<'a> {
    fn new(
        ns: &'a Namespace,
        expire: Expire,
        (tests, is_value): (&'a Tests, bool),
        writer: Writer,
        cancel: CancelToken,
        report: &'a mut PurgeReport,
    ) -> Self {
        Self {
            ns,
            cancel,
            writer,
            expire,
            rehearsal: Rehearsal::default(),
            tests,
            ahead: None,
            ahead_until: None,
            refused: DedupWindow::endless(),
            is_value,
            found: Vec::new(),
            due: Vec::new(),
            more: Vec::new(),
            recent: DedupWindow::default(),
            scanned: DedupWindow::of(SHARED),
            taken: DedupWindow::of(SHARED),
            buckets: DedupWindow::of(SHARED),
            unfinished: VecDeque::new(),
            newest_due: None,
            report,
        }
    }

    /// Whether it has found as much as is looked for at once.
    fn has_enough(&self) -> bool {
        let is_late = || self.ahead_until.is_some_and(|until| Instant::now() >= until);
        self.ahead.as_ref().is_some_and(|found| found.len() >= AHEAD || !found.is_empty() && is_late())
    }

    /// Whether to stop. A time budget does not count until something was taken: the next run would come to the same spared entries
    /// first, for ever.
    fn is_over(&self) -> bool {
        self.cancel.stopped() && (self.report.expired > 0 || self.cancel.is_told())
    }

    /// Marks keys by their whole names, where the run marks; whether it came to its end.
    fn mark_whole_names(&mut self, which: Which, conn: &mut Conn, control: &mut Control) -> Result<bool> {
        let Self { ns, writer, expire, rehearsal, refused, report, .. } = self;
        let marked = &mut report.marked;
        let names = WholeNames { ns, writer, expire: *expire, which, rehearsal, refused, marked };
        if expire.mark { names.mark(conn, control) } else { Ok(true) }
    }

    fn ask_due(page: Page, queue: &mut Queue<Question>) {
        queue.ask(|pipe| {
            page.ask(pipe);
            Question::Due(page)
        });
    }

    /// Due entries: those that are meant go with the next script.
    fn take_due(&mut self, entries: impl Iterator<Item = Due>, page: Option<Page>) {
        if !self.tests.is_empty() {
            return self.found.push(Doubtful { entries: entries.collect(), page });
        }
        entries.for_each(|due| self.take(due));
        // What is due leaves the bucket, so the next look starts at its front again.
        self.look_behind(page, CHUNK);
    }

    /// It goes with the next script, or later.
    fn take(&mut self, due: Due) {
        match &mut self.ahead {
            Some(found) => found.push(due.member),
            None => self.due.push((due.bucket, due.entry)),
        }
    }

    /// Looks at what is behind a full page, of which so many entries would be gone; those that are not stay in front of it.
    fn look_behind(&mut self, page: Option<Page>, gone: usize) {
        let Some(page) = page else { return };
        if self.is_over() {
            self.unfinished.push_back((page.key, b"0".to_vec()));
        } else {
            let gone = if self.writer.is_dry_run() { 0 } else { gone };
            self.more.push(Page { rank: page.rank + CHUNK - gone, ..page });
        }
    }

    /// Asks which of the due entries are meant.
    fn ask_meant<Q>(&mut self, next: &mut Queue<Q>, ask_on: impl Fn(Question) -> Q) {
        for mut found in std::mem::take(&mut self.found) {
            let ns = self.ns;
            found.entries.retain(|due| {
                let key = ns.key_of_member(&due.member);
                key.is_some_and(|key| self.tests.accepts_name(&key, self.is_value))
            });
            let members: Vec<_> = found.entries.iter().map(|due| due.member.clone()).collect();
            next.ask(|pipe| {
                self.tests.queue_all(ns, &members, pipe);
                ask_on(Question::Meant(found))
            });
        }
    }

    fn expire_due<Q>(&mut self, next: &mut Queue<Q>, ask_on: impl Fn(Question) -> Q) {
        if !self.is_value {
            // Of keys that share an entry one takes it.
            self.due.retain(|(_, entry)| self.taken.is_new(entry));
        }
        for chunk in std::mem::take(&mut self.due).chunks(CHUNK) {
            let entries: Vec<_> = chunk.iter().map(|(bucket, member)| (&bucket[..], &member[..])).collect();
            let (writer, rehearsal) = (&self.writer, &mut self.rehearsal);
            next.ask(|pipe| ask_on(Question::Expired(writer.expire(&entries, self.expire, rehearsal, pipe))));
        }
    }

    fn take_answer(&mut self, question: Question, replies: &mut Replies) -> Result<()> {
        match question {
            Question::Expired(pending) => {
                let mut purged = Purged::default();
                let told = pending.expired(replies, &mut purged);
                self.report.expired += purged.expired;
                self.report.deleted += purged.deleted;
                self.report.marked += purged.marked;
                self.report.bytes += purged.bytes;
                self.report.unmeasured += purged.unmeasured;
                told?;
            }
            Question::Size => {
                let reply = replies.one()?;
                if !reply.is_wrong_type() {
                    let entries = reply.count()?;
                    self.report.scanned += entries;
                    self.report.buckets += u64::from(entries > 0);
                }
            }
            Question::Due(page) => {
                let reply = replies.one()?;
                if reply.is_wrong_type() {
                    return Ok(());
                }
                let members = page.read_scored(reply)?;
                let newest = members.last().map(|(_, score)| *score);
                self.newest_due = self.newest_due.into_iter().chain(newest).reduce(f64::max);
                let bucket = page.key.clone();
                let full = (members.len() == CHUNK).then_some(page);
                let due = |entry: Vec<u8>| Due { bucket: bucket.clone(), member: entry.clone(), entry };
                self.take_due(members.into_iter().map(|(entry, _)| due(entry)), full);
            }
            Question::Meant(Doubtful { entries, page }) => {
                let pass = self.tests.read_all(entries.len(), replies)?;
                let before = self.due.len();
                for (due, passes) in entries.into_iter().zip(pass) {
                    if passes && !self.refused.holds(&due.entry) {
                        self.take(due);
                    }
                }
                self.look_behind(page, self.due.len() - before);
            }
            Question::Score(due) => {
                let reply = replies.one()?;
                let score = if reply.is_wrong_type() { None } else { reply.score()? };
                self.report.scanned += u64::from(score.is_some() && self.scanned.is_new(&due.entry));
                self.report.buckets += u64::from(score.is_some() && self.buckets.is_new(&due.bucket));
                if score.is_some_and(|score| score <= self.expire.now as f64) {
                    self.take_due(std::iter::once(due), None);
                }
            }
        }
        Ok(())
    }
}

impl Work for Purging<'_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        for bucket in items {
            let is_bucket = matches!(self.ns.classify(&bucket, RedisType::Zset), Entry::Bucket { .. });
            if !is_bucket || !self.recent.is_new(&bucket) {
                continue;
            }
            queue.ask(|pipe| {
                pipe.push(command::ZCARD, &[&bucket]);
                Question::Size
            });
            let up_to = self.expire.now;
            Self::ask_due(Page { key: bucket, up_to, rank: 0, count: CHUNK }, queue);
        }
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        _next: &mut Queue<Question>,
    ) -> Result<()> {
        self.take_answer(question, replies)
    }

    fn settle(&mut self, next: &mut Queue<Question>) -> Result<ControlFlow<()>> {
        self.ask_meant(next, |question| question);
        self.expire_due(next, |question| question);
        std::mem::take(&mut self.more).into_iter().for_each(|page| Self::ask_due(page, next));
        Ok(ControlFlow::Continue(()))
    }
}

/// The members of an index, each with its entry.
struct Members<'a, 'p, 'n> {
    purging: &'a mut Purging<'p>,
    inner: &'a mut InnerByName<'n>,
    /// Keys that are named as an index and are none.
    not_sets: Vec<Vec<u8>>,
}

/// How a walk over some indexes ended, and what is left to walk.
struct Walked {
    end: End,
    left: VecDeque<Place>,
}

enum OfMembers {
    /// Of some it is not known yet whether they belong to namespaces inside.
    Doubtful {
        doubt: Doubt,
        members: Vec<Vec<u8>>,
    },
    Purging(Question),
}

/// Due entries that were found before, by their members: whether they are meant is asked again.
struct Found<'a, 'p>(&'a mut Purging<'p>);

impl Work for Found<'_, '_> {
    type Question = Question;

    fn batch(&mut self, members: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        let ns = self.0.ns;
        let due = members.into_iter().filter_map(|member| {
            let key = ns.key_of_member(&member)?;
            Some(Due::of(ns, &key, member))
        });
        self.0.take_due(due, None);
        self.0.settle(queue).map(drop)
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        self.0.answer(question, replies, next)
    }

    fn settle(&mut self, next: &mut Queue<Question>) -> Result<ControlFlow<()>> {
        self.0.settle(next)
    }
}

impl Members<'_, '_, '_> {
    fn walk(
        &mut self,
        mut places: VecDeque<Place>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Walked> {
        while let Some((set, cursor)) = places.pop_front() {
            let mut sweep = Sweep::resume(Source::set(set.clone()), cursor);
            let end = sweep.run(conn, self, control)?;
            match (end, sweep.cursor()) {
                (End::WrongType, _) => self.not_sets.push(set),
                (_, Some(cursor)) => {
                    places.push_front((set, cursor.to_vec()));
                    return Ok(Walked { end, left: places });
                }
                (_, None) => {}
            }
        }
        Ok(Walked { end: End::Done, left: places })
    }

    /// Looks ahead for some entries that are to be taken, marks every key of theirs by its whole name, and takes them; and so on.
    /// What is left to walk.
    fn mark_and_take(
        &mut self,
        mut places: VecDeque<Place>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<VecDeque<Place>> {
        while !places.is_empty() {
            self.purging.ahead = Some(Vec::new());
            self.purging.ahead_until = self.purging.cancel.half_time();
            let ahead = self.walk(places.clone(), conn, control)?;
            let found = self.purging.ahead.take().unwrap_or_default();
            let is_told = ahead.end == End::Stopped && self.purging.cancel.is_told();
            if !found.is_empty() && (is_told || !self.take_marked(found, conn, control)?) {
                // Those that are left are found again.
                places.retain(|(set, _)| !self.not_sets.contains(set));
                return Ok(places);
            }
            places = ahead.left;
            if ahead.end == End::Stopped {
                break;
            }
        }
        Ok(places)
    }

    /// Whether it came to its end.
    fn take_marked(&mut self, members: Vec<Vec<u8>>, conn: &mut Conn, control: &mut Control) -> Result<bool> {
        let ns = self.purging.ns;
        let mut entries = DedupWindow::endless();
        for key in members.iter().filter_map(|member| ns.key_of_member(member)) {
            entries.is_new(&ns.bucket_member(&key));
        }
        // Without their marks nothing could be taken, however often such a run came; and for as long as these took, some is.
        let marking = Instant::now();
        if !self.purging.mark_whole_names(Which::Of(&entries), conn, &mut control.untimed())? {
            return Ok(false);
        }
        let until = Instant::now() + marking.elapsed();
        for chunk in members.chunks(CHUNK) {
            let began = Instant::now();
            work_on(conn, chunk.to_vec(), &mut Found(self.purging))?;
            let may_end = self.purging.cancel.is_told() || Instant::now() >= until;
            if !control.rest(began) && self.purging.is_over() && may_end {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take(&mut self, members: Vec<Vec<u8>>, doubt: Option<Doubt>, queue: &mut Queue<OfMembers>) {
        if let Some(doubt) = doubt {
            return queue.ask(|pipe| {
                self.inner.ask(&doubt, pipe);
                OfMembers::Doubtful { doubt, members }
            });
        }
        let purging = &mut *self.purging;
        for member in members {
            if self.inner.leaves_alone(purging.ns, &member, &mut purging.report.inner) {
                continue;
            }
            let Some(key) = purging.ns.key_of_member(&member) else { continue };
            let due = Due::of(purging.ns, &key, member);
            // Of keys that share an entry another one may be meant.
            let seen = if purging.tests.is_empty() { &due.entry } else { &due.member };
            if purging.tests.accepts_name(&key, false) && purging.recent.is_new(seen) {
                queue.ask(|pipe| {
                    pipe.push(command::ZSCORE, &[&due.bucket, &due.entry]);
                    OfMembers::Purging(Question::Score(due))
                });
            }
        }
    }
}

impl Work for Members<'_, '_, '_> {
    type Question = OfMembers;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<OfMembers>) -> Result<()> {
        let doubt = self.inner.doubt(&items, false);
        self.take(items, doubt, queue);
        Ok(())
    }

    fn answer(
        &mut self,
        question: OfMembers,
        replies: &mut Replies,
        next: &mut Queue<OfMembers>,
    ) -> Result<()> {
        match question {
            OfMembers::Doubtful { doubt, members } => {
                let doubt = self.inner.answer(doubt, replies)?;
                self.take(members, doubt, next);
            }
            OfMembers::Purging(question) => self.purging.take_answer(question, replies)?,
        }
        Ok(())
    }

    fn settle(&mut self, next: &mut Queue<OfMembers>) -> Result<ControlFlow<()>> {
        self.purging.ask_meant(next, OfMembers::Purging);
        self.purging.expire_due(next, OfMembers::Purging);
        Ok(if self.purging.has_enough() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
