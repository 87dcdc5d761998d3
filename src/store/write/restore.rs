//! Putting a value back with its timeout, its indexes and its mark, as one step for each value.

use super::{Mode, Writer};
use crate::error::Result;
use crate::namespace::Mark;
use crate::store::pipe::Pipe;
use crate::store::reply::{Replies, Reply};
use crate::store::script::script;

/// KEYS: hash, bucket, sets of marks, index sets. ARGV: field, value, member of the bucket, score or nothing, replace,
/// due, number of sets of marks, number of members to mark, the key's own member, members to mark, then for each index
/// set its member. What is a mark, `Mark::is_pending` says. Answers 1 restored, 0 nothing to do, -1 a live value is in the way, or with the key of another type.
const RESTORE: &str = script!(
    "\
local hash, bucket, field, value, entry, score = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local sets, marks, own = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]
for i, key in ipairs(KEYS) do
  local kind = call('TYPE', key)['ok']
  local wanted = i == 1 and 'hash' or i == 2 and 'zset' or 'set'
  if kind ~= 'none' and kind ~= wanted then return {key} end
end
local old, changed = call('HGET', hash, field), 0
local same, due = old == value, call('ZSCORE', bucket, entry)
local expired = due and tonumber(due) <= tonumber(ARGV[6])
if old and not same and ARGV[5] == '0' then
  local marked = 0
  for i = 1, sets do
    marked = marked + (i == 3 and -1 or 1) * call('SISMEMBER', KEYS[2 + i], own)
  end
  if not expired and marked <= 0 then return -1 end
end
for i = 3 + sets, #KEYS do
  changed = changed + call('SADD', KEYS[i], ARGV[9 + marks + i - 2 - sets])
end
for i = 1, marks do
  for set = 1, sets do
    local added = call('SADD', KEYS[2 + set], ARGV[9 + i])
    -- The record of what is in both sets is no mark.
    if set < 3 then changed = changed + added end
  end
end
if not same or expired or ARGV[5] == '1' then
  if score == '' then
    changed = changed + call('ZREM', bucket, entry)
  elseif tonumber(due or 'nan') ~= tonumber(score) then
    call('ZADD', bucket, score, entry)
    changed = changed + 1
  end
end
if not same then
  call('HSET', hash, field, value)
  changed = changed + 1
end
return changed > 0 and 1 or 0"
);

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
    /// The member of tags and bookkeeping.
    pub(crate) member: Vec<u8>,
    /// Members to mark.
    pub(crate) marks: Vec<Vec<u8>>,
    /// Sets, and what has to be in them.
    pub(crate) indexes: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Restored,
    Unchanged,
    Kept,
    /// This Redis key is of another type.
    WrongType(Vec<u8>),
}

/// Answers that are still to come.
#[derive(Debug)]
#[must_use = "the answers tell what was done"]
pub(crate) enum RestoreTicket {
    Done,
    WouldDo {
        value: Vec<u8>,
        score: Option<i64>,
        due: i64,
        replace: bool,
        sets: usize,
        marks: usize,
        indexes: usize,
    },
}

impl Writer {
    /// Puts a value back. Over one that is live only with `replace`; `due` tells which have expired.
    pub(crate) fn restore(&self, it: &Restored, replace: bool, due: i64, pipe: &mut Pipe) -> RestoreTicket {
        if self.mode == Mode::DryRun {
            let deleted = self.ns.deleted_sets();
            pipe.push("HGET", &[&it.hash, &it.field]);
            pipe.push("ZSCORE", &[&it.bucket, &it.entry]);
            self.ns.mark_sets().iter().for_each(|set| pipe.push("SISMEMBER", &[set, &it.member]));
            for member in &it.marks {
                deleted.iter().for_each(|set| pipe.push("SISMEMBER", &[set, member]));
            }
            it.indexes.iter().for_each(|(set, member)| pipe.push("SISMEMBER", &[set, member]));
            return RestoreTicket::WouldDo {
                value: it.value.clone(),
                score: it.score,
                due,
                replace,
                sets: self.ns.mark_sets().len(),
                marks: it.marks.len() * deleted.len(),
                indexes: it.indexes.len(),
            };
        }
        let marked = self.ns.mark_sets();
        let score = it.score.map(|score| score.to_string()).unwrap_or_default();
        let numbers = [
            (2 + marked.len() + it.indexes.len()).to_string(),
            due.to_string(),
            marked.len().to_string(),
            it.marks.len().to_string(),
        ];
        let [keys, due, sets, marks] = numbers.each_ref().map(|number| number.as_bytes());
        let mut args: Vec<&[u8]> = vec![RESTORE.as_bytes(), keys, &it.hash, &it.bucket];
        args.extend(marked.iter().map(Vec::as_slice));
        args.extend(it.indexes.iter().map(|(set, _)| set.as_slice()));
        let replace: &[u8] = if replace { b"1" } else { b"0" };
        args.extend([
            &it.field[..],
            &it.value,
            &it.entry,
            score.as_bytes(),
            replace,
            due,
            sets,
            marks,
            &it.member,
        ]);
        args.extend(it.marks.iter().map(Vec::as_slice));
        args.extend(it.indexes.iter().map(|(_, member)| member.as_slice()));
        pipe.push("EVAL", &args);
        pipe.may_repeat();
        RestoreTicket::Done
    }
}

impl RestoreTicket {
    /// What was done, or would be.
    ///
    /// # Errors
    /// The first refusal among the answers that is not about a key's type.
    pub(crate) fn outcome(self, replies: &mut Replies) -> Result<Outcome> {
        let Self::WouldDo { value, score, due, replace, sets, marks, indexes } = self else {
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
        let (held, entry) = (replies.one()?, replies.one()?);
        let mut wrong = None;
        let mut right = |reply: Reply| {
            let is_wrong = reply.is_wrong_type();
            if is_wrong {
                wrong = wrong.take().or_else(|| reply.key().map(<[u8]>::to_vec));
            }
            (!is_wrong).then_some(reply)
        };
        let held: Option<Vec<u8>> = right(held).map_or(Ok(None), Reply::bytes)?;
        let entry: Option<f64> = right(entry).map_or(Ok(None), Reply::score)?;
        let mut is_in = || -> Result<bool> { Ok(right(replies.one()?).map_or(Ok(0), Reply::int)? > 0) };
        let mark = Mark::of(&(0..sets).map(|_| is_in()).collect::<Result<Vec<_>>>()?);
        let expired = entry.is_some_and(|entry| entry <= due as f64);
        let mut adds = false;
        for _ in 0..marks + indexes {
            adds |= !is_in()?;
        }
        let same = held.as_ref() == Some(&value);
        if let Some(key) = wrong {
            return Ok(Outcome::WrongType(key));
        }
        Ok(match held {
            Some(_) if !same && !replace && !expired && !mark.is_pending() => Outcome::Kept,
            _ if !same || adds => Outcome::Restored,
            _ if (replace || expired) && entry != score.map(|score| score as f64) => Outcome::Restored,
            _ => Outcome::Unchanged,
        })
    }
}
