//! How the answers of gc's writes are read, or of the reads that stand in for them.

use super::members::{Rechecked, Swept, is_in};
use super::stepwise::Stepwise;
use crate::cache::rehearsal::Rehearsal;
use crate::client::Queue;
use crate::client::{Replies, Reply};
use crate::error::Result;

/// Answers that are still to come.
#[derive(Debug)]
#[must_use = "the answers tell what was done"]
pub(crate) enum PendingGcReply {
    /// The answer of one command.
    Script,
    /// Steps, one after another.
    Stepwise(Box<Stepwise>),
    /// No command was queued.
    Nothing,
    /// For each member whether it was in its set.
    TakenOut { names: Vec<u64> },
}

impl PendingGcReply {
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
        let Self::Stepwise(steps) = self else { return self.swept(replies).map(Some) };
        next.go_on(|pipe| match steps.go_on(replies, pipe, rehearsal) {
            Ok(Ok(swept)) => (Ok(Some(swept)), None),
            Ok(Err(steps)) => (Ok(None), Some(question(Self::Stepwise(Box::new(steps))))),
            Err(error) => (Err(error), None),
        })
    }

    fn swept(self, replies: &mut Replies) -> Result<Swept> {
        let mut swept = Swept::default();
        match self {
            Self::Nothing | Self::Stepwise(_) => {}
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
    pub(crate) fn rechecked(self, replies: &mut Replies) -> Result<Rechecked> {
        if !matches!(self, Self::Script) {
            return Ok(Rechecked::default());
        }
        let mut numbers = numbers(replies.one()?)?;
        Ok(Rechecked {
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
