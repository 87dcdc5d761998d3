//! Whether a field is stored under any of many bases.

use crate::cache::Session;
use crate::client::{Control, Queue, Replies, Source, Sweep, Work, command};
use crate::error::Result;
use crate::namespace::glob::Glob;
use crate::namespace::{Entry, Namespace, RedisType};
use std::ops::ControlFlow;

/// Whether a value is stored at this field of any base that the glob matches, as far as that is found before the deadline in
/// `control`.
///
/// # Errors
/// Connection errors and refusals.
pub fn holds_field(session: &mut Session, bases: &Glob, field: &[u8], control: &mut Control) -> Result<bool> {
    let (conn, ns, _) = session.parts();
    let source = Source::Keyspace { pattern: ns.pattern(bases.source()), kind: Some(RedisType::Hash.name()) };
    let mut search = Search { ns, bases, field, found: false };
    Sweep::new(source).run(conn, &mut search, control)?;
    Ok(search.found)
}

struct Search<'a> {
    ns: &'a Namespace,
    bases: &'a Glob,
    field: &'a [u8],
    found: bool,
}

impl Work for Search<'_> {
    /// Of so many hashes.
    type Question = usize;

    fn batch(&mut self, mut items: Vec<Vec<u8>>, queue: &mut Queue<usize>) -> Result<()> {
        items.retain(|hash| match self.ns.classify(hash, RedisType::Hash) {
            Entry::Values { base } => self.bases.matches(base),
            _ => false,
        });
        if !items.is_empty() {
            queue.ask(|pipe| {
                items.iter().for_each(|hash| pipe.push(command::HEXISTS, &[hash, self.field]));
                items.len()
            });
        }
        Ok(())
    }

    fn answer(&mut self, hashes: usize, replies: &mut Replies, _: &mut Queue<usize>) -> Result<()> {
        for _ in 0..hashes {
            let reply = replies.one()?;
            self.found |= !reply.is_wrong_type() && reply.int()? > 0;
        }
        Ok(())
    }

    fn settle(&mut self, _: &mut Queue<usize>) -> Result<ControlFlow<()>> {
        Ok(if self.found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
