//! Putting a value back with its timeout, its indexes and its mark: as one step for each value, unless it has very many
//! names.

use super::{Mode, Writer};
use crate::cache::pending_reply::PendingReply;
use crate::cache::scripts::{RESTORE, SWAP_SCORE, SWAP_VALUE};
use crate::client::Pipe;
use crate::client::command;
use crate::client::{Replies, Reply};
use crate::error::Result;
use crate::namespace::Mark;

/// A value of more names is one that somebody reads, as long as it has not expired: to ask whether all of them are marked
/// would hold up the server.
const ASKED: usize = 256;

/// A value to put back.
#[derive(Debug, Clone)]
pub(crate) struct Restored {
    pub(crate) hash: Vec<u8>,
    pub(crate) field: Vec<u8>,
    pub(crate) value: Vec<u8>,
    pub(crate) bucket: Vec<u8>,
    /// The member of the bucket.
    pub(crate) entry: Vec<u8>,
    pub(crate) score: Option<i64>,
    /// The names that it is read by, as they stand in tags and bookkeeping: its own, and those that the library cuts.
    pub(crate) names: Vec<Vec<u8>>,
    /// Whether all of them are to be marked.
    pub(crate) marked: bool,
    /// Sets, and what has to be in them.
    pub(crate) indexes: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Restored,
    Unchanged,
    Kept,
    /// Work was to end before its value was written.
    Stopped,
    /// This Redis key is of another type.
    WrongType(Vec<u8>),
}

/// Over what a value is put back.
#[derive(Debug, Clone, Copy)]
enum Over {
    /// What nobody would read: it has expired, or is marked by each of its names.
    Dead,
    /// The same, and it is only taken away.
    MakeRoom,
    /// Nothing.
    Nothing,
    /// Anything.
    Any,
}

impl Over {
    /// As the scripts have it.
    fn word(self) -> &'static [u8] {
        match self {
            Self::Dead => b"dead",
            Self::MakeRoom => b"make room",
            Self::Nothing => b"nothing",
            Self::Any => b"any",
        }
    }
}

/// The answer about a value, behind that about its timeout.
#[derive(Debug)]
#[must_use = "the answers tell what was done"]
pub(crate) struct PendingValue {
    swaps_score: bool,
    value: PendingRestore,
}

impl PendingValue {
    /// What was done, and the score that it had before, where that was a step of its own.
    ///
    /// # Errors
    /// As [`PendingRestore::outcome`].
    pub(crate) fn outcome(self, replies: &mut Replies) -> Result<(Outcome, Option<Vec<u8>>)> {
        let score = if self.swaps_score { Some(replies.one()?) } else { None };
        let outcome = self.value.outcome(replies)?;
        Ok(match score {
            Some(score) if score.is_list() => {
                (Outcome::WrongType(score.strings()?.pop().unwrap_or_default()), None)
            }
            score => (outcome, score.map(Reply::bytes).transpose()?.flatten()),
        })
    }
}

/// Answers that are still to come.
#[derive(Debug)]
#[must_use = "the answers tell what was done"]
pub(crate) enum PendingRestore {
    Done,
    WouldDo { value: Vec<u8>, score: Option<i64>, due: i64, replace: bool, marks: Vec<usize>, names: usize },
}

/// What there is of a value that is to be put back, as far as the answers were read.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The value that stands there.
    held: Option<Vec<u8>>,
    entry: Option<f64>,
    /// Each of its names is marked.
    marked: bool,
    /// A mark or an index is missing.
    lacks: bool,
    /// A Redis key of another type.
    wrong: Option<Vec<u8>>,
}

impl Restored {
    /// How many names and indexes it has.
    pub(crate) fn size(&self) -> usize {
        self.names.len() + self.indexes.len()
    }

    /// The score as a word of a script; empty without.
    fn score(&self) -> Vec<u8> {
        self.score.map(|score| score.to_string()).unwrap_or_default().into_bytes()
    }

    /// Members to mark.
    pub(crate) fn marks(&self) -> &[Vec<u8>] {
        if self.marked { &self.names } else { &[] }
    }

    /// Names that all have to be marked where nobody reads it.
    fn asked(&self) -> &[Vec<u8>] {
        if self.names.len() > ASKED { &[] } else { &self.names }
    }
}

impl Writer {
    /// Puts a value back in one step. Over one that is live only with `replace`; `due` tells which have expired.
    pub(crate) fn restore(&self, it: &Restored, replace: bool, due: i64, pipe: &mut Pipe) -> PendingRestore {
        if self.mode == Mode::DryRun {
            let marks = self.ask_value(it, pipe);
            let names = self.ask_marks(it.marks(), pipe) + self.ask_indexes(&it.indexes, pipe);
            return PendingRestore::WouldDo {
                value: it.value.clone(),
                score: it.score,
                due,
                replace,
                marks,
                names,
            };
        }
        let over = if replace { Over::Any } else { Over::Dead };
        self.put(it, it.marks(), &it.indexes, over, due, pipe)
    }

    /// Whether a value goes back in one step with all that belongs to it.
    pub(crate) fn acts_in_one_step(&self) -> bool {
        !self.cross_slot
    }

    /// Takes a value away that nobody would read, before marks and indexes of another are put back: they would not tell any
    /// more whether it is alive. Where that is not one step, it is the value that was found.
    pub(crate) fn make_room(
        &self,
        it: &Restored,
        found: &Found,
        due: i64,
        pipe: &mut Pipe,
    ) -> PendingRestore {
        if self.acts_in_one_step() {
            return self.put(it, &[], &[], Over::MakeRoom, due, pipe);
        }
        self.swap_value(it, Over::MakeRoom, found.held.as_deref(), pipe);
        PendingRestore::Done
    }

    /// Puts back a value whose marks and indexes stand, where there is none by now, or with `replace` over any. Where that is not one
    /// step, its timeout goes first: no value stands without.
    pub(crate) fn restore_value(
        &self,
        it: &Restored,
        found: &Found,
        replace: bool,
        due: i64,
        pipe: &mut Pipe,
    ) -> PendingValue {
        let over = if replace { Over::Any } else { Over::Nothing };
        if self.acts_in_one_step() {
            return PendingValue { swaps_score: false, value: self.put(it, &[], &[], over, due, pipe) };
        }
        let swaps_score = found.sets_score(&it.value, due, replace);
        if swaps_score {
            self.swap_score(it, &it.score(), None, pipe);
            pipe.barrier();
        }
        self.swap_value(it, over, None, pipe);
        PendingValue { swaps_score, value: PendingRestore::Done }
    }

    /// Gives the timeout back to whoever's value stands, unless he has set one since.
    pub(crate) fn put_score_back(&self, it: &Restored, score: &[u8], pipe: &mut Pipe) {
        self.swap_score(it, score, Some(&it.score()), pipe);
    }

    fn swap_value(&self, it: &Restored, over: Over, old: Option<&[u8]>, pipe: &mut Pipe) {
        let args = [&it.field[..], &it.value, over.word(), old.unwrap_or_default()];
        pipe.script(&SWAP_VALUE, [&it.hash[..]], args);
    }

    fn swap_score(&self, it: &Restored, score: &[u8], only: Option<&[u8]>, pipe: &mut Pipe) {
        let args = [&it.entry[..], score].into_iter().chain(only);
        pipe.script(&SWAP_SCORE, [&it.bucket[..]], args);
    }

    /// Asks for a value, its timeout and the marks of its names, and tells in how many sets each of these may be.
    pub(crate) fn ask_value(&self, it: &Restored, pipe: &mut Pipe) -> Vec<usize> {
        let sets = self.ns.mark_sets();
        pipe.push(command::HGET, &[&it.hash, &it.field]);
        pipe.push(command::ZSCORE, &[&it.bucket, &it.entry]);
        for name in it.asked() {
            sets.iter().for_each(|set| pipe.push(command::SISMEMBER, &[set, name]));
        }
        vec![sets.len(); it.asked().len()]
    }

    /// Asks whether members are marked, and tells how many answers come.
    pub(crate) fn ask_marks(&self, marks: &[Vec<u8>], pipe: &mut Pipe) -> usize {
        let deleted = self.ns.deleted_sets();
        for member in marks {
            deleted.iter().for_each(|set| pipe.push(command::SISMEMBER, &[set, member]));
        }
        marks.len() * deleted.len()
    }

    /// Asks whether members are in sets, and tells how many answers come.
    pub(crate) fn ask_indexes(&self, indexes: &[(Vec<u8>, Vec<u8>)], pipe: &mut Pipe) -> usize {
        indexes.iter().for_each(|(set, member)| pipe.push(command::SISMEMBER, &[set, member]));
        indexes.len()
    }

    /// Marks members. Where [both generations](Writer::records_marks) have marks, this is to be recorded behind it.
    pub(crate) fn put_marks(&self, members: &[&[u8]], pipe: &mut Pipe) -> Vec<PendingReply> {
        self.ns.deleted_sets().iter().map(|set| add(set, members.iter().copied(), pipe)).collect()
    }

    /// Puts members into sets, those of a set that follow each other at once.
    pub(crate) fn put_indexes(&self, indexes: &[&(Vec<u8>, Vec<u8>)], pipe: &mut Pipe) -> Vec<PendingReply> {
        let of_one_set = indexes.chunk_by(|one, other| one.0 == other.0);
        of_one_set
            .map(|indexes| add(&indexes[0].0, indexes.iter().map(|(_, member)| member.as_slice()), pipe))
            .collect()
    }

    fn put(
        &self,
        it: &Restored,
        marks: &[Vec<u8>],
        indexes: &[(Vec<u8>, Vec<u8>)],
        over: Over,
        due: i64,
        pipe: &mut Pipe,
    ) -> PendingRestore {
        let marked = self.ns.mark_sets();
        let score = it.score();
        let numbers = [marked.len(), marks.len(), it.asked().len()].map(|number| number.to_string());
        let ([sets, number_of_marks, names], due) =
            (numbers.each_ref().map(|number| number.as_bytes()), due.to_string());
        let keys =
            [&it.hash, &it.bucket].into_iter().chain(&marked).chain(indexes.iter().map(|(set, _)| set));
        let mut args = vec![
            &it.field[..],
            &it.value,
            &it.entry,
            &score,
            over.word(),
            due.as_bytes(),
            sets,
            number_of_marks,
            names,
        ];
        args.extend(it.asked().iter().map(Vec::as_slice));
        args.extend(marks.iter().map(Vec::as_slice));
        args.extend(indexes.iter().map(|(_, member)| member.as_slice()));
        pipe.script(&RESTORE, keys.map(Vec::as_slice), args);
        PendingRestore::Done
    }
}

fn add<'a>(set: &'a [u8], members: impl ExactSizeIterator<Item = &'a [u8]>, pipe: &mut Pipe) -> PendingReply {
    pipe.push_all(command::SADD, &[set], members);
    pipe.may_repeat();
    PendingReply::Count
}

impl PendingRestore {
    /// What was done, or would be.
    ///
    /// # Errors
    /// The first refusal among the answers that is not about a key's type.
    pub(crate) fn outcome(self, replies: &mut Replies) -> Result<Outcome> {
        let Self::WouldDo { value, score, due, replace, marks, names } = self else {
            let answer = replies.one()?;
            if answer.is_list() {
                return Ok(Outcome::WrongType(answer.strings()?.pop().unwrap_or_default()));
            }
            return Ok(match answer.int()? {
                -1 => Outcome::Kept,
                0 => Outcome::Unchanged,
                _ => Outcome::Restored,
            });
        };
        let mut found = Found::default();
        found.read_value(&marks, replies)?;
        found.read_names(names, replies)?;
        Ok(found.outcome(&value, score, due, replace))
    }
}

impl Found {
    /// Reads the answers to [`Writer::ask_value`].
    ///
    /// # Errors
    /// The first refusal among the answers that is not about a key's type.
    pub(crate) fn read_value(&mut self, marks: &[usize], replies: &mut Replies) -> Result<()> {
        let (held, entry) = (replies.one()?, replies.one()?);
        self.held = self.right(held).map_or(Ok(None), Reply::bytes)?;
        self.entry = self.right(entry).map_or(Ok(None), Reply::score)?;
        self.marked = !marks.is_empty();
        for sets in marks {
            let mark = Mark::of(&(0..*sets).map(|_| self.is_in(replies)).collect::<Result<Vec<_>>>()?);
            self.marked &= mark.is_pending();
        }
        Ok(())
    }

    /// Reads answers to [`Writer::ask_marks`] and [`Writer::ask_indexes`].
    ///
    /// # Errors
    /// As [`Found::read_value`].
    pub(crate) fn read_names(&mut self, names: usize, replies: &mut Replies) -> Result<()> {
        for _ in 0..names {
            self.lacks |= !self.is_in(replies)?;
        }
        Ok(())
    }

    /// Whether another value stands there.
    pub(crate) fn holds_another(&self, value: &[u8]) -> bool {
        self.held.as_ref().is_some_and(|held| held != value)
    }

    /// Whether nobody reads the value that stands there, or stood.
    pub(crate) fn is_dead(&self, due: i64) -> bool {
        self.marked || self.has_expired(due)
    }

    fn has_expired(&self, due: i64) -> bool {
        self.entry.is_some_and(|entry| entry <= due as f64)
    }

    /// Whether the timeout is to be that of the value that goes back.
    fn sets_score(&self, value: &[u8], due: i64, replace: bool) -> bool {
        replace || self.held.as_deref() != Some(value) || self.has_expired(due)
    }

    /// What putting the value back comes to.
    pub(crate) fn outcome(&self, value: &[u8], score: Option<i64>, due: i64, replace: bool) -> Outcome {
        if let Some(key) = &self.wrong {
            return Outcome::WrongType(key.clone());
        }
        let expired = self.has_expired(due);
        let same = self.held.as_deref() == Some(value);
        match self.held {
            Some(_) if !same && !replace && !expired && !self.marked => Outcome::Kept,
            _ if !same || self.lacks => Outcome::Restored,
            _ if (replace || expired) && self.entry != score.map(|score| score as f64) => Outcome::Restored,
            _ => Outcome::Unchanged,
        }
    }

    fn is_in(&mut self, replies: &mut Replies) -> Result<bool> {
        Ok(self.right(replies.one()?).map_or(Ok(0), Reply::int)? > 0)
    }

    /// The answer, unless it is about a key's type.
    fn right(&mut self, reply: Reply) -> Option<Reply> {
        if !reply.is_wrong_type() {
            return Some(reply);
        }
        self.wrong = self.wrong.take().or_else(|| reply.key().map(<[u8]>::to_vec));
        None
    }
}
