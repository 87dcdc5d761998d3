//! Whether a field is stored under any of many bases.

use super::fields::FieldsOf;
use crate::cache::Session;
use crate::client::{CancelToken, Control, Queue, Replies, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::glob::Glob;
use crate::namespace::{Entry, Namespace, RedisType};
use std::ops::ControlFlow;

/// The nearest field of any base that the glob matches, as far as it is found before the deadline in `control`. `distance` says how far a
/// field is from what is looked for, where it may be meant at all; one at distance 0 ends the search.
///
/// # Errors
/// Connection errors and refusals.
pub fn nearest_field(
    session: &mut Session,
    bases: &Glob,
    distance: &dyn Fn(&[u8]) -> Option<usize>,
    control: &mut Control,
) -> Result<Option<Vec<u8>>> {
    let (conn, ns, _) = session.parts();
    let source = Source::Keyspace { pattern: ns.pattern(bases.source()), kind: Some(RedisType::Hash.name()) };
    let mut search = Search { ns, bases, distance, limit: control.cancel_token(), found: None };
    Sweep::new(source).run(conn, &mut search, control)?;
    Ok(search.found.map(|(_, field)| field))
}

struct Search<'a> {
    ns: &'a Namespace,
    bases: &'a Glob,
    distance: &'a dyn Fn(&[u8]) -> Option<usize>,
    limit: CancelToken,
    found: Option<(usize, Vec<u8>)>,
}

impl Search<'_> {
    fn has_found_it(&self) -> bool {
        matches!(self.found, Some((0, _)))
    }
}

impl Work for Search<'_> {
    type Question = FieldsOf;

    fn batch(&mut self, mut items: Vec<Vec<u8>>, queue: &mut Queue<FieldsOf>) -> Result<()> {
        items.retain(|hash| match self.ns.classify(hash, RedisType::Hash) {
            Entry::Values { base } => self.bases.matches(base),
            _ => false,
        });
        items.into_iter().for_each(|hash| queue.ask(|pipe| FieldsOf::ask(hash, pipe)));
        Ok(())
    }

    fn answer(
        &mut self,
        question: FieldsOf,
        replies: &mut Replies,
        next: &mut Queue<FieldsOf>,
    ) -> Result<()> {
        for field in question.read(replies.one()?, &self.limit, next, |question| question)?.fields {
            if self.has_found_it() {
                break;
            }
            if let Some(distance) = (self.distance)(&field)
                && self.found.as_ref().is_none_or(|(least, _)| distance < *least)
            {
                self.found = Some((distance, field));
            }
        }
        Ok(())
    }

    fn settle(&mut self, _: &mut Queue<FieldsOf>) -> Result<ControlFlow<()>> {
        Ok(if self.has_found_it() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
