//! Expired keys that the library cuts (`a>b>c`, `a>base`), by the names their readers ask for.
//!
//! A bucket knows such a key by the name of its value alone (`a>b`, `a`), and a mark on that is not what they look for. Its
//! tag has its whole name, once it has been stored under it: whoever was only ever served what another of its kind stored is
//! in none, as for any invalidation.

use super::collect::collect;
use crate::error::Result;
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};
use crate::store::{
    Conn, Control, End, Expire, Flow, Queue, Recent, Replies, Source, Sweep, Ticket, Work, Writer,
};

/// No command names more members than this.
const CHUNK: usize = 100;

/// Marks the keys in all tags that the library cuts, and whose entries are due. Tells how many were not marked yet, and
/// whether all tags were walked. It comes before the entries go: afterwards nothing says that these keys have expired.
pub(super) fn mark_whole_names(
    conn: &mut Conn,
    ns: &Namespace,
    writer: &Writer,
    expire: Expire,
    control: &mut Control,
    marked: &mut u64,
) -> Result<bool> {
    let source = Source::Keyspace { pattern: ns.all_pattern(), kind: Some(RedisType::Set) };
    let (mut sets, end) = collect(conn, source, control)?;
    if end != End::Done {
        return Ok(false);
    }
    sets.retain(|set| matches!(ns.classify(set, RedisType::Set), Entry::Tag { .. }));
    let mut work = WholeNames { ns, writer, expire, due: Vec::new(), seen: Recent::default(), marked };
    for key in sets {
        let source = Source::Set { key, pattern: Some(ns.cut_pattern()) };
        // What is no set by now is no tag either.
        if !matches!(Sweep::new(source).run(conn, &mut work, control)?, End::Done | End::WrongType) {
            return Ok(false);
        }
    }
    Ok(true)
}

struct WholeNames<'a> {
    ns: &'a Namespace,
    writer: &'a Writer,
    expire: Expire,
    due: Vec<Vec<u8>>,
    seen: Recent,
    marked: &'a mut u64,
}

/// What answers are for.
enum Question {
    /// The score of a member's entry.
    Score(Vec<u8>),
    /// Marks, and the members that are recorded once these are there.
    Mark {
        members: Vec<Vec<u8>>,
        ticket: Ticket,
    },
    Recorded(Ticket),
}

impl Work for WholeNames<'_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        for member in items {
            let Some(key) = self.ns.key_of_member(&member).filter(LogicalKey::is_cut) else { continue };
            if self.seen.is_new(&member) {
                queue.ask(|pipe| {
                    pipe.push("ZSCORE", &[&self.ns.bucket(key.base()), &self.ns.bucket_member(&key)]);
                    Question::Score(member)
                });
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        match question {
            Question::Score(member) => {
                let reply = replies.one()?;
                let score = if reply.is_wrong_type() { None } else { reply.score()? };
                if score.is_some_and(|score| score <= self.expire.now as f64) {
                    self.due.push(member);
                }
            }
            Question::Mark { members, ticket } => {
                ticket.count(replies, self.marked)?;
                if self.writer.records_marks() {
                    let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
                    next.ask(|pipe| Question::Recorded(self.writer.record(&members, pipe)));
                }
            }
            Question::Recorded(ticket) => ticket.count(replies, &mut 0)?,
        }
        Ok(())
    }

    fn settle(&mut self, next: &mut Queue<Question>) -> Result<Flow> {
        for chunk in std::mem::take(&mut self.due).chunks(CHUNK) {
            let members: Vec<_> = chunk.iter().map(Vec::as_slice).collect();
            next.ask(|pipe| {
                let ticket = self.writer.mark(&members, pipe);
                Question::Mark { members: chunk.to_vec(), ticket }
            });
        }
        Ok(Flow::More)
    }
}
