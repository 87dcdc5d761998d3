//! What was queued by the writer, and how its answers are read.

use crate::client::{Replies, Reply};
use crate::error::Result;

/// What deleting reported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Deleted {
    /// Values that are gone.
    pub(crate) values: u64,
    /// Keys that turned out to be of another type, and were left alone.
    pub(crate) wrong_type: u64,
    /// Their names, as far as the server tells.
    pub(crate) odd: Vec<Vec<u8>>,
}

impl Deleted {
    /// Adds an answer: values that went, or that it was no hash.
    fn add(&mut self, answer: Reply) -> Result<()> {
        if answer.is_wrong_type() {
            self.wrong_type += 1;
            self.odd.extend(answer.key().map(<[u8]>::to_vec));
            return Ok(());
        }
        match answer.int()? {
            -1 => self.wrong_type += 1,
            values => self.values += u64::try_from(values).unwrap_or(0),
        }
        Ok(())
    }
}

/// What expiring reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Purged {
    /// Entries that were still due.
    pub(crate) expired: u64,
    /// Values that were deleted.
    pub(crate) deleted: u64,
    /// Keys that were newly marked.
    pub(crate) marked: u64,
    /// Bytes of the values that were deleted, and of how many it is not known as HSTRLEN is refused.
    pub(crate) bytes: u64,
    pub(crate) unmeasured: u64,
}

impl Purged {
    /// Adds values that went: of each its size was asked for just before. With `applied` a size of 0 is not known: one that was
    /// refused for a moment is asked again, behind the deletion.
    fn add_sized(&mut self, values: usize, applied: bool, replies: &mut Replies) -> Result<()> {
        let (mut deleted, mut told) = (Deleted::default(), Ok(()));
        for _ in 0..values {
            let size = replies.one()?;
            let before = deleted.values;
            told = told.and(deleted.add(replies.one()?));
            let gone = deleted.values - before;
            match size.count() {
                Ok(size) if size > 0 || gone == 0 || !applied => self.bytes += size * gone,
                _ => self.unmeasured += gone,
            }
        }
        self.deleted += deleted.values;
        told
    }
}

/// Answers that are still to come.
#[derive(Debug)]
#[must_use = "the answers tell what was done"]
pub(crate) enum PendingReply {
    /// One integer.
    Count,
    /// Another reply, behind an answer that only has to be no refusal.
    Behind(Box<PendingReply>),
    /// A transaction whose first answer counts; so many commands were queued in it.
    Transaction(usize),
    /// For each member, one answer a set; a member counts when one of them is this.
    PerMember { members: usize, sets: usize, counts_when: i64 },
    /// So many integers to add up; -1 or a refusal stands for another type.
    Sum(usize),
    /// So many lists of such integers.
    Lists(usize),
    /// Four integers, and a refusal where one ended it.
    Expired,
    /// In pieces: so many marks, or sizes of values and whether they went; then one for each bucket of entries that went.
    ExpiredStepwise { pieces: usize, sets: usize, buckets: usize },
    /// For so many entries, whether so many of their members are in each of so many deleted sets, or the sizes of so many of
    /// their values and whether they are there.
    WouldExpire { entries: usize, values: usize, marks: usize, sets: usize },
}

impl PendingReply {
    /// Adds how many were newly marked, or removed: those too that were behind or in front of a refusal.
    ///
    /// # Errors
    /// The first refusal among the answers.
    pub(crate) fn count(self, replies: &mut Replies, count: &mut u64) -> Result<()> {
        match self {
            Self::PerMember { members, sets, counts_when } => {
                let mut failed = None;
                for _ in 0..members {
                    let mut counts = false;
                    for _ in 0..sets {
                        match replies.one()?.int() {
                            Ok(answer) => counts |= answer == counts_when,
                            Err(error) => failed = failed.or(Some(error)),
                        }
                    }
                    *count += u64::from(counts);
                }
                failed.map_or(Ok(()), Err)
            }
            Self::Transaction(commands) => {
                for _ in 0..=commands {
                    replies.one()?.ok()?;
                }
                *count += replies.one()?.list()?.into_iter().next().map_or(Ok(0), Reply::count)?;
                Ok(())
            }
            Self::Behind(pending) => {
                let first = replies.one()?.ok().map(drop);
                let rest = pending.count(replies, count);
                first.and(rest)
            }
            Self::Count => {
                *count += replies.one()?.count()?;
                Ok(())
            }
            other => {
                let mut deleted = Deleted::default();
                let told = other.deleted(replies, &mut deleted);
                *count += deleted.values;
                told
            }
        }
    }

    /// Adds what went, as [`PendingReply::count`] does.
    ///
    /// # Errors
    /// The first refusal among the answers that is not about a key's type.
    pub(crate) fn deleted(self, replies: &mut Replies, deleted: &mut Deleted) -> Result<()> {
        let mut told = Ok(());
        match self {
            Self::Lists(lists) => {
                for _ in 0..lists {
                    match replies.one()?.list() {
                        Ok(list) => {
                            told = list.into_iter().fold(told, |told, answer| told.and(deleted.add(answer)));
                        }
                        Err(error) => told = told.and(Err(error)),
                    }
                }
            }
            Self::Sum(sum) => {
                for _ in 0..sum {
                    told = told.and(deleted.add(replies.one()?));
                }
            }
            Self::Behind(pending) => {
                let first = replies.one()?.ok().map(drop);
                told = first.and(pending.deleted(replies, deleted));
            }
            other => return other.count(replies, &mut deleted.values),
        }
        told
    }

    /// What became of expired entries: that too which is behind or in front of a refusal.
    ///
    /// # Errors
    /// The first refusal among the answers.
    pub(crate) fn expired(self, replies: &mut Replies, purged: &mut Purged) -> Result<()> {
        match self {
            Self::Behind(pending) => {
                let first = replies.one()?.ok().map(drop);
                match *pending {
                    stepwise @ Self::ExpiredStepwise { .. } => {
                        let rest = stepwise.expired(replies, purged);
                        first.and(rest)
                    }
                    // What refuses a dry run leaves nothing to be done.
                    other => first.and_then(|()| other.expired(replies, purged)),
                }
            }
            Self::WouldExpire { entries, values, marks, sets } => {
                purged.expired += entries as u64;
                let members = Self::PerMember { members: marks, sets, counts_when: 0 };
                members.count(replies, &mut purged.marked)?;
                purged.add_sized(values, false, replies)
            }
            Self::ExpiredStepwise { pieces, sets, buckets } => {
                let mut told = match sets {
                    0 => purged.add_sized(pieces, true, replies),
                    _ => Self::PerMember { members: pieces, sets, counts_when: 1 }
                        .count(replies, &mut purged.marked),
                };
                for _ in 0..buckets {
                    let removed = replies.one()?.count();
                    told = told.and(removed.map(|removed| purged.expired += removed));
                }
                told
            }
            _ => {
                let mut numbers = replies.one()?.list()?.into_iter();
                let mut count = || numbers.next().map_or(Ok(0), Reply::count);
                let (expired, deleted, marked) = (count()?, count()?, count()?);
                let bytes = numbers.next().map_or(Ok(0), Reply::int)?;
                let (bytes, unmeasured) = u64::try_from(bytes).map_or((0, deleted), |bytes| (bytes, 0));
                purged.expired += expired;
                purged.deleted += deleted;
                purged.marked += marked;
                purged.bytes += bytes;
                purged.unmeasured += unmeasured;
                numbers.next().map_or(Ok(()), |refusal| refusal.ok().map(drop))
            }
        }
    }
}
