//! How the answers of gc's writes are read, or of the reads that stand in for them.

use super::apart::Apart;
use crate::error::Result;
use crate::namespace::Namespace;
use crate::store::Queue;
use crate::store::pipe::Pipe;
use crate::store::rehearsal::Rehearsal;
use crate::store::reply::{Replies, Reply};

/// What became of entries that were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Swept {
    /// Entries that are gone.
    pub(crate) removed: u64,
    /// Bytes of their names.
    pub(crate) name_bytes: u64,
    /// Entries that were seen to be suspect for the first time.
    pub(crate) suspects: u64,
    /// Entries of which that could not be noted: the server has no room.
    pub(crate) unnoted: u64,
    /// Keys that were newly marked, since an invalidation may have been lost with their worker.
    pub(crate) restored: u64,
}

/// What a second look at removed entries found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Again {
    /// Members that went back into their tags.
    pub(crate) tags: u64,
    /// Members that went back into their invalid sets.
    pub(crate) invalid_keys: u64,
    /// Marks that were put back.
    pub(crate) marks: u64,
    /// Entries that went back into their TTL buckets.
    pub(crate) entries: u64,
    /// Records that are left.
    pub(crate) left: u64,
    /// When the oldest of them was removed, in true epoch milliseconds; 0 where none is left.
    pub(crate) oldest_ms: i64,
}

/// Answers that are still to come.
#[derive(Debug)]
#[must_use = "the answers tell what was done"]
pub(crate) enum SweptTicket {
    /// The answer of one command.
    Script,
    /// Steps, one after another.
    Apart(Box<Apart>),
    /// No command was queued.
    Nothing,
    /// For each member whether it was in its set.
    TakenOut { names: Vec<u64> },
}

impl SweptTicket {
    /// What became of the entries; `None` where the next step was queued, as a question of its own. A dry run knows by
    /// `rehearsal` what its earlier steps would have done.
    ///
    /// # Errors
    /// The first refusal among the answers.
    pub(crate) fn go_on<Q>(
        self,
        replies: &mut Replies,
        next: &mut Queue<Q>,
        rehearsal: &mut Rehearsal,
        question: impl FnOnce(Self) -> Q,
    ) -> Result<Option<Swept>> {
        let Self::Apart(steps) = self else { return self.swept(replies).map(Some) };
        next.go_on(|pipe| match steps.go_on(replies, pipe, rehearsal) {
            Ok(Ok(swept)) => (Ok(Some(swept)), None),
            Ok(Err(steps)) => (Ok(None), Some(question(Self::Apart(Box::new(steps))))),
            Err(error) => (Err(error), None),
        })
    }

    fn swept(self, replies: &mut Replies) -> Result<Swept> {
        let mut swept = Swept::default();
        match self {
            Self::Nothing | Self::Apart(_) => {}
            Self::Script => {
                let mut numbers = numbers(replies.one()?)?;
                swept = Swept {
                    removed: numbers.next(),
                    name_bytes: numbers.next(),
                    suspects: numbers.next(),
                    unnoted: numbers.next(),
                    restored: numbers.next(),
                };
            }
            Self::TakenOut { names } => {
                for name in names {
                    if is_in(1, replies)? {
                        swept.removed += 1;
                        swept.name_bytes += name;
                    }
                }
            }
        }
        Ok(swept)
    }

    /// What the second look found.
    ///
    /// # Errors
    /// A refusal.
    pub(crate) fn again(self, replies: &mut Replies) -> Result<Again> {
        if !matches!(self, Self::Script) {
            return Ok(Again::default());
        }
        let mut numbers = numbers(replies.one()?)?;
        Ok(Again {
            tags: numbers.next(),
            invalid_keys: numbers.next(),
            marks: numbers.next(),
            entries: numbers.next(),
            left: numbers.next(),
            oldest_ms: i64::try_from(numbers.next()).unwrap_or(i64::MAX),
        })
    }

    /// Takes the answer of a bookmark. A server at maxmemory has no room for one, and in a key of another type is none to be
    /// forgotten.
    ///
    /// # Errors
    /// Any other refusal.
    pub(crate) fn saved(self, replies: &mut Replies) -> Result<()> {
        match self {
            Self::Nothing => Ok(()),
            _ => match replies.one()?.ok() {
                Err(error) if !matches!(error.code(), Some("OOM" | "WRONGTYPE")) => Err(error),
                _ => Ok(()),
            },
        }
    }
}

/// Asks whether a member has a value; [`has_value`] reads it.
pub(super) fn ask_value(ns: &Namespace, member: &[u8], pipe: &mut Pipe) {
    let (hash, field) = ns.location(member).unwrap_or((member, member));
    pipe.push("HEXISTS", &[hash, field]);
}

/// Asks each progress set for a member, and then for the one that its value is known by where that is another;
/// [`is_in`] reads it. Tells how many answers that gives.
pub(super) fn ask_computing(ns: &Namespace, member: &[u8], pipe: &mut Pipe) -> usize {
    let before = pipe.len();
    for name in [member].into_iter().chain(ns.value_name(member)) {
        ns.progress_sets().iter().for_each(|set| pipe.push("SISMEMBER", &[set, name]));
    }
    pipe.len() - before
}

pub(super) fn has_value(reply: Reply) -> Result<bool> {
    Ok(reply.is_wrong_type() || reply.int()? != 0)
}

pub(super) fn is_in(sets: usize, replies: &mut Replies) -> Result<bool> {
    let mut found = false;
    for _ in 0..sets {
        let reply = replies.one()?;
        found |= !reply.is_wrong_type() && reply.int()? != 0;
    }
    Ok(found)
}

/// The integers of an answer; what is missing is 0.
struct Numbers(std::vec::IntoIter<u64>);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0.next().unwrap_or(0)
    }
}

fn numbers(reply: Reply) -> Result<Numbers> {
    let numbers: Result<Vec<u64>> = reply.list()?.into_iter().map(Reply::count).collect();
    Ok(Numbers(numbers?.into_iter()))
}
