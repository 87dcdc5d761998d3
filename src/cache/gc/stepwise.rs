//! gc where the keys of a namespace lie on several servers of a cluster: what is one script elsewhere is steps here.
//!
//! Their order keeps the promises. What is about to be removed is written down first, so that the second look finds it
//! whatever ends the run in between; marks are set before a key leaves progress; an entry of a TTL bucket goes only
//! with the score it was seen with, and comes back with it at the second look when its value did. Each step is answered
//! before the next begins. A dry run is these steps up to the first that writes.

use super::members::{Swept, ask_computing, ask_value, has_value};
use super::{Group, Suspect};
use crate::cache::MOMENT;
use crate::cache::rehearsal::Rehearsal;
use crate::cache::scripts::{NOTE_REMOVED, REMOVE_SAME_SCORES};
use crate::cache::write::{Mode, Writer};
use crate::client::Pipe;
use crate::client::Replies;
use crate::client::{Command, command};
use crate::error::Result;
use crate::namespace::{Layout, Namespace};
use std::collections::HashSet;

/// The kind of a record of entries of TTL buckets: behind each member stands its score.
pub(super) const ENTRIES: &[u8] = b"entries";

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Members of tags or invalid sets.
    Members(&'static [u8]),
    /// Entries of TTL buckets.
    Entries,
    /// Marks or keys in progress, suspicious for so many milliseconds before they go.
    Looks(Suspect, u64),
}

/// What was answered so far, and what is awaited.
#[derive(Debug)]
pub(crate) struct Stepwise {
    ns: Namespace,
    mode: Mode,
    /// No suspects, whatever the server says.
    innocent: HashSet<Vec<u8>>,
    what: What,
    now_ms: i64,
    swept: Swept,
    step: Step,
}

#[derive(Debug)]
enum Step {
    /// What is known of each member.
    Look(Vec<Group>),
    /// What is being removed and what goes with it, one answer each.
    Remove(Vec<Awaited>),
}

/// What an answer is for.
#[derive(Debug)]
enum Awaited {
    /// It only has to be no refusal.
    Done,
    /// Whether a suspect is noted: a server at maxmemory has no room for it.
    Noted,
    /// How many keys were newly marked.
    Marked,
    /// How many of so many members went, and the bytes of their names.
    Removed { members: usize, bytes: u64 },
    /// Members that went from another set too, and are counted there.
    AlsoRemoved,
    /// Which members went.
    Gone,
}

/// What is queued behind the removals, with what each answer is for.
#[derive(Default)]
struct Other {
    pipe: Pipe,
    awaited: Vec<Awaited>,
}

impl Other {
    fn push(&mut self, command: Command, args: &[&[u8]], answer: Awaited) {
        self.pipe.push(command, args);
        self.pipe.may_repeat();
        self.awaited.push(answer);
    }
}

/// What becomes of a suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Goes,
    /// For another look; none where this was the first.
    Waits {
        first_ms: Option<i64>,
    },
    Innocent,
}

/// What is known of a member.
struct Known {
    member: Vec<u8>,
    has_value: bool,
    progress: Vec<bool>,
    deleted: Vec<bool>,
    /// Its score in its bucket, or when it was seen to be suspect first.
    score: Option<Vec<u8>>,
    leased: bool,
    /// Whether its value is computed by another name, as far as that is known.
    is_shared: bool,
}

impl Stepwise {
    /// Queues the first look.
    pub(super) fn ask(writer: &Writer, what: What, groups: &[Group], now_ms: i64, pipe: &mut Pipe) -> Self {
        let Writer { ns, mode, .. } = writer;
        for group in groups {
            for member in &group.members {
                ask_value(ns, member, pipe);
                ask_computing(ns, member, pipe);
                match what {
                    What::Members(_) => {}
                    What::Entries => pipe.push(command::ZSCORE, &[&group.key, member]),
                    What::Looks(suspect, _) => {
                        ns.deleted_sets()
                            .iter()
                            .for_each(|set| pipe.push(command::SISMEMBER, &[set, member]));
                        pipe.push(
                            command::ZSCORE,
                            &[&ns.suspects(), &[suspect.member_prefix(), member].concat()],
                        );
                        pipe.push(command::ZSCORE, &[&ns.leases(), member]);
                    }
                }
            }
        }
        let (swept, step) = (Swept::default(), Step::Look(groups.to_vec()));
        let innocent = HashSet::new();
        let steps = Self { ns: ns.clone(), mode: *mode, innocent, what, now_ms, swept, step };
        if steps.would_touch_record() {
            pipe.push(command::SCARD, &[&ns.both_marked()]);
        }
        steps
    }

    /// The same, but these are no suspects.
    pub(super) fn sparing(self, innocent: HashSet<Vec<u8>>) -> Self {
        Self { innocent, ..self }
    }

    /// Reads the answers of a step and queues the next; the outcome when there is none.
    pub(super) fn go_on(
        mut self,
        replies: &mut Replies,
        next: &mut Pipe,
        rehearsal: &mut Rehearsal,
    ) -> Result<Result<Swept, Self>> {
        let step = match std::mem::replace(&mut self.step, Step::Remove(Vec::new())) {
            Step::Look(groups) => {
                let mut known = Vec::with_capacity(groups.len());
                for group in groups {
                    let members: Result<Vec<_>> = group
                        .members
                        .into_iter()
                        .map(|member| self.read(member, replies, rehearsal))
                        .collect();
                    known.push((group.key, members?));
                }
                if self.mode == Mode::DryRun {
                    known
                        .iter_mut()
                        .flat_map(|(_, members)| members)
                        .for_each(|it| self.rehearsed(it, rehearsal));
                    let record =
                        if self.would_touch_record() { replies.one()?.ok().map(drop) } else { Ok(()) };
                    self.rehearse(&known, record, rehearsal)?;
                    return Ok(Ok(self.swept));
                }
                match self.what {
                    What::Members(kind) => self.remove_members(kind, &known, next),
                    What::Entries => self.remove_entries(known, next),
                    What::Looks(Suspect::Mark, after) => self.remove_marks(after, known, next),
                    What::Looks(Suspect::Progress, after) => self.remove_progress(after, known, next),
                }
            }
            Step::Remove(awaited) => {
                for answer in awaited {
                    self.take(answer, replies)?;
                }
                None
            }
        };
        Ok(match step {
            Some(step) => Err(Self { step, ..self }),
            None => Ok(self.swept),
        })
    }

    fn read(&self, member: Vec<u8>, replies: &mut Replies, rehearsal: &Rehearsal) -> Result<Known> {
        let is_in = |replies: &mut Replies, where_no_set: bool| -> Result<bool> {
            let reply = replies.one()?;
            if reply.is_wrong_type() { Ok(where_no_set) } else { Ok(reply.int()? != 0) }
        };
        let has_value = has_value(replies.one()?)?;
        let sets = self.ns.progress_sets().len();
        let progress = (0..sets).map(|_| is_in(replies, false)).collect::<Result<Vec<_>>>()?;
        let mut is_shared = self.innocent.contains(&member);
        if let Some(value) = self.ns.value_name(&member) {
            for _ in 0..sets {
                is_shared |= is_in(replies, false)? && !rehearsal.is_free(value);
            }
        }
        let mut known =
            Known { has_value, progress, deleted: Vec::new(), score: None, leased: false, is_shared, member };
        match self.what {
            What::Members(_) => {}
            What::Entries => {
                let reply = replies.one()?;
                known.score = if reply.is_wrong_type() { None } else { reply.bytes()? };
            }
            What::Looks(suspect, _) => {
                // A key in progress is not marked where that cannot be done.
                let unmarkable = suspect == Suspect::Progress;
                known.deleted = (0..sets).map(|_| is_in(replies, unmarkable)).collect::<Result<Vec<_>>>()?;
                known.score = replies.one()?.bytes()?;
                known.leased = replies.one()?.bytes()?.is_some();
            }
        }
        Ok(known)
    }

    /// What would be known of a member if all that was counted so far had been done.
    fn rehearsed(&self, it: &mut Known, rehearsal: &Rehearsal) {
        if rehearsal.is_free(&it.member) {
            it.progress.fill(false);
        }
        if let What::Looks(suspect, _) = self.what {
            if rehearsal.is_marked(&it.member) {
                it.deleted.fill(true);
            }
            let first = rehearsal.suspects.get(&[suspect.member_prefix(), &it.member].concat());
            it.score = first.map(|first| first.to_string().into_bytes()).or(it.score.take());
        }
    }

    /// Whether this is the dry run of what takes members out of the record of marks in both sets: it may be refused there.
    fn would_touch_record(&self) -> bool {
        let of_progress = matches!(self.what, What::Looks(Suspect::Progress, _));
        of_progress && self.mode == Mode::DryRun && self.ns.layout() == Layout::Both
    }

    /// Counts what would go, and remembers what that leaves to the steps behind; `record` tells whether the record would
    /// refuse.
    fn rehearse(
        &mut self,
        known: &[(Vec<u8>, Vec<Known>)],
        record: Result<()>,
        rehearsal: &mut Rehearsal,
    ) -> Result<()> {
        let all = known.iter().flat_map(|(_, members)| members);
        let gone: Vec<_> = match self.what {
            What::Members(_) => all.filter(|it| it.is_dead()).collect(),
            What::Entries => all.filter(|it| it.is_dead() && it.score.is_some()).collect(),
            What::Looks(suspect, after) => {
                let (mut gone, mut waiting) = (Vec::new(), Vec::new());
                for it in all {
                    let key = [suspect.member_prefix(), &it.member].concat();
                    rehearsal.suspects.remove(&key);
                    match it.verdict(&self.ns, suspect, after, self.now_ms) {
                        Verdict::Goes => gone.push(it),
                        Verdict::Waits { first_ms } => waiting.push((key, first_ms.unwrap_or(self.now_ms))),
                        Verdict::Innocent => {}
                    }
                }
                self.swept.suspects += waiting.len() as u64;
                waiting.into_iter().for_each(|(key, first_ms)| rehearsal.note(key, first_ms));
                gone
            }
        };
        self.swept.removed += gone.len() as u64;
        self.swept.name_bytes += gone.iter().map(|it| it.member.len() as u64).sum::<u64>();
        if let What::Looks(Suspect::Progress, _) = self.what {
            if gone.iter().any(|it| it.has_value) {
                record?;
            }
            for it in gone {
                rehearsal.free(&it.member);
                let mut sets = it.progress.iter().zip(&it.deleted);
                if it.has_value && sets.any(|(computing, marked)| *computing && !marked) {
                    rehearsal.mark(&it.member);
                    self.swept.restored += 1;
                }
            }
        }
        Ok(())
    }

    fn remove_members(&self, kind: &[u8], known: &[(Vec<u8>, Vec<Known>)], next: &mut Pipe) -> Option<Step> {
        let dead: Vec<_> = known
            .iter()
            .map(|(key, members)| (key, members.iter().filter(|it| it.is_dead()).collect::<Vec<_>>()))
            .filter(|(_, members)| !members.is_empty())
            .collect();
        if dead.is_empty() {
            return None;
        }
        let groups: Vec<_> = dead.iter().map(|(key, members)| (key.as_slice(), names(members))).collect();
        note(&self.ns, self.now_ms, kind, &groups, next);
        next.barrier();
        let mut awaited = vec![Awaited::Done];
        awaited.extend(groups.iter().map(|(key, members)| remove(key, members, next)));
        Some(Step::Remove(awaited))
    }

    fn remove_entries(&self, known: Vec<(Vec<u8>, Vec<Known>)>, next: &mut Pipe) -> Option<Step> {
        let mut buckets = Vec::new();
        for (key, members) in &known {
            let dead = members.iter().filter(|it| it.is_dead());
            let scored = dead.filter_map(|it| Some([it.member.as_slice(), it.score.as_deref()?]));
            let words: Vec<_> = scored.flatten().collect();
            if !words.is_empty() {
                buckets.push((key.as_slice(), words));
            }
        }
        if buckets.is_empty() {
            return None;
        }
        note(&self.ns, self.now_ms, ENTRIES, &buckets, next);
        next.barrier();
        let mut awaited = vec![Awaited::Done];
        for (key, words) in buckets {
            next.script(&REMOVE_SAME_SCORES, [key], words);
            awaited.push(Awaited::Gone);
        }
        Some(Step::Remove(awaited))
    }

    /// Sorts what was looked at into what goes and what is suspicious from now on; what is not suspicious any more is
    /// forgotten. Queues the latter two.
    fn sort_suspects<'k>(
        &self,
        suspect: Suspect,
        after: u64,
        known: &'k [(Vec<u8>, Vec<Known>)],
    ) -> (Vec<&'k Known>, Other) {
        let (mut gone, mut other) = (Vec::new(), Other::default());
        let now = self.now_ms.to_string();
        for it in known.iter().flat_map(|(_, members)| members) {
            let key = [suspect.member_prefix(), &it.member].concat();
            let verdict = it.verdict(&self.ns, suspect, after, self.now_ms);
            match verdict {
                Verdict::Goes => gone.push(it),
                Verdict::Waits { first_ms: None } => {
                    other.push(command::ZADD, &[&self.ns.suspects(), now.as_bytes(), &key], Awaited::Noted);
                }
                Verdict::Waits { .. } | Verdict::Innocent => {}
            }
            if it.score.is_some() && !matches!(verdict, Verdict::Waits { .. }) {
                other.push(command::ZREM, &[&self.ns.suspects(), &key], Awaited::Done);
            }
        }
        (gone, other)
    }

    fn remove_marks(
        &mut self,
        after: u64,
        known: Vec<(Vec<u8>, Vec<Known>)>,
        next: &mut Pipe,
    ) -> Option<Step> {
        let (gone, other) = self.sort_suspects(Suspect::Mark, after, &known);
        let sets = self.ns.deleted_sets();
        let held = |n: usize| -> Vec<&Known> { gone.iter().filter(|it| it.deleted[n]).copied().collect() };
        let groups: Vec<_> = sets
            .iter()
            .enumerate()
            .map(|(n, set)| (set.as_slice(), names(&held(n))))
            .filter(|(_, members)| !members.is_empty())
            .collect();
        let mut awaited = Vec::new();
        if !groups.is_empty() {
            // Who read the value just before it went has asked for its mark by then.
            std::thread::sleep(MOMENT);
            note(&self.ns, self.now_ms, b"mark", &groups, next);
            next.barrier();
            awaited.push(Awaited::Done);
        }
        for_each_once(&groups, |set, members, counts| {
            let removed = remove(set, members, next);
            awaited.push(if counts { removed } else { Awaited::AlsoRemoved });
        });
        awaited.extend(self.forget_both(&gone, next));
        self.finish(awaited, other, next)
    }

    fn remove_progress(
        &mut self,
        after: u64,
        known: Vec<(Vec<u8>, Vec<Known>)>,
        next: &mut Pipe,
    ) -> Option<Step> {
        let (gone, other) = self.sort_suspects(Suspect::Progress, after, &known);
        let (progress, deleted) = (self.ns.progress_sets(), self.ns.deleted_sets());
        let held = |n: usize| gone.iter().filter(move |it| it.progress[n]).copied();
        let mut awaited = Vec::new();
        // The generation that computed it is the one that reads the mark.
        let stale = |n: usize| names(&held(n).filter(|it| it.has_value).collect::<Vec<_>>());
        let marks: Vec<_> = deleted.iter().enumerate().map(|(n, set)| (set.as_slice(), stale(n))).collect();
        for_each_once(&marks, |set, members, counts| {
            next.push_all(command::SADD, &[set], members.iter().copied());
            next.may_repeat();
            awaited.push(if counts { Awaited::Marked } else { Awaited::Done });
        });
        let alone: Vec<_> = gone.iter().filter(|it| it.has_value).copied().collect();
        awaited.extend(self.forget_both(&alone, next));
        next.barrier();
        let in_progress = |n: usize| names(&held(n).collect::<Vec<_>>());
        let sets: Vec<_> =
            progress.iter().enumerate().map(|(n, set)| (set.as_slice(), in_progress(n))).collect();
        for_each_once(&sets, |set, members, counts| {
            let removed = remove(set, members, next);
            awaited.push(if counts { removed } else { Awaited::AlsoRemoved });
        });
        self.finish(awaited, other, next)
    }

    /// Takes members whose marks stand in one set only, or in none, out of the record of what is in both.
    fn forget_both(&self, known: &[&Known], next: &mut Pipe) -> Option<Awaited> {
        if known.is_empty() || self.ns.layout() != Layout::Both {
            return None;
        }
        next.push_all(command::SREM, &[&self.ns.both_marked()], names(known));
        next.may_repeat();
        Some(Awaited::Done)
    }

    /// What is suspicious, or is not any more, is noted when what had to go has gone.
    fn finish(&self, mut awaited: Vec<Awaited>, other: Other, next: &mut Pipe) -> Option<Step> {
        if !other.awaited.is_empty() {
            next.barrier();
            next.append(&other.pipe);
            awaited.extend(other.awaited);
        }
        (!awaited.is_empty()).then_some(Step::Remove(awaited))
    }

    fn take(&mut self, answer: Awaited, replies: &mut Replies) -> Result<()> {
        let reply = replies.one()?;
        match answer {
            Awaited::Done => drop(reply.ok()?),
            Awaited::Noted => match reply.ok() {
                Ok(_) => self.swept.suspects += 1,
                Err(error) if error.code() == Some("OOM") => self.swept.unnoted += 1,
                Err(error) => return Err(error),
            },
            Awaited::Marked => self.swept.restored += reply.count()?,
            Awaited::Removed { .. } | Awaited::AlsoRemoved if reply.is_wrong_type() => {}
            Awaited::Removed { members, bytes } => {
                let gone = reply.count()?;
                self.swept.removed += gone;
                self.swept.name_bytes += bytes * gone / (members.max(1) as u64);
            }
            Awaited::AlsoRemoved => drop(reply.ok()?),
            Awaited::Gone => {
                let gone = reply.strings()?;
                self.swept.removed += gone.len() as u64;
                self.swept.name_bytes += gone.iter().map(|member| member.len() as u64).sum::<u64>();
            }
        }
        Ok(())
    }
}

impl Known {
    fn is_dead(&self) -> bool {
        !self.has_value && !self.progress.contains(&true) && !self.is_shared
    }

    /// What becomes of a mark or a key in progress that was perhaps seen to be suspect before.
    fn verdict(&self, ns: &Namespace, suspect: Suspect, after: u64, now_ms: i64) -> Verdict {
        let suspicious = match suspect {
            // Nothing of this namespace.
            _ if ns.location(&self.member).is_none() => false,
            Suspect::Mark => self.is_dead() && self.deleted.contains(&true),
            Suspect::Progress => self.progress.contains(&true) && !self.leased,
        };
        let first =
            self.score.as_ref().and_then(|score| std::str::from_utf8(score).ok()?.parse::<f64>().ok());
        // A clock that was set back since tells nothing.
        let first_ms = first.map(|first| first as i64).filter(|first| *first <= now_ms);
        let waited = first_ms.and_then(|first| u64::try_from(now_ms.saturating_sub(first)).ok());
        match suspicious {
            false => Verdict::Innocent,
            true if after == 0 || waited.is_some_and(|ms| ms >= after) => Verdict::Goes,
            true => Verdict::Waits { first_ms },
        }
    }
}

fn names<'k>(members: &[&'k Known]) -> Vec<&'k [u8]> {
    members.iter().map(|it| it.member.as_slice()).collect()
}

/// A key in several sets is one key: hands over the members of each set in two parts, those that no set before it
/// holds, which count, and the others.
fn for_each_once(sets: &[(&[u8], Vec<&[u8]>)], mut part: impl FnMut(&[u8], &[&[u8]], bool)) {
    let mut seen = HashSet::new();
    for (set, members) in sets {
        let (new, known): (Vec<_>, Vec<_>) = members.iter().partition(|member| seen.insert(**member));
        for (members, counts) in [(new, true), (known, false)] {
            if !members.is_empty() {
                part(set, &members, counts);
            }
        }
    }
}

/// Takes members out of a set.
fn remove(set: &[u8], members: &[&[u8]], next: &mut Pipe) -> Awaited {
    next.push_all(command::SREM, &[set], members.iter().copied());
    next.may_repeat();
    next.may_find_any_type();
    Awaited::Removed { members: members.len(), bytes: members.iter().map(|member| member.len() as u64).sum() }
}

/// Writes down what is going to be removed.
pub(super) fn note(
    ns: &Namespace,
    now_ms: i64,
    kind: &[u8],
    groups: &[(&[u8], Vec<&[u8]>)],
    pipe: &mut Pipe,
) {
    let (now, removed) = (now_ms.to_string(), ns.removed());
    let counts: Vec<String> = groups.iter().map(|(_, members)| members.len().to_string()).collect();
    let mut args: Vec<&[u8]> = vec![now.as_bytes(), kind];
    for ((key, members), count) in groups.iter().zip(&counts) {
        args.extend([key, count.as_bytes()]);
        args.extend(members);
    }
    pipe.script(&NOTE_REMOVED, [&removed[..]], args);
}
