//! Where the whole names of keys stand that the library cuts (`a>b>c`, `a>base`): in tags and under invalid keys.

use crate::client::command;
use crate::client::{Conn, Control, End, Queue, Replies, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::{Namespace, RedisType};
use std::ops::ControlFlow;

/// So many members are handed on at once, and what else came with them.
const ENOUGH: usize = 100;

/// Walks all tags and invalid keys. `take` gets members, of which some may be no such keys, and what is left to walk of
/// large sets. Tells how the walk over the sets ended.
pub(super) fn each_cut_member(
    ns: &Namespace,
    conn: &mut Conn,
    control: &mut Control,
    mut take: impl FnMut(Vec<Vec<u8>>, Vec<Source>, &mut Conn, &mut Control) -> Result<()>,
) -> Result<End> {
    let source = Source::Keyspace { pattern: ns.all_pattern(), kind: Some(RedisType::Set.name()) };
    let mut sets = Sweep::new(source);
    loop {
        let mut cut = CutMembers::new(ns);
        let end = sets.run(conn, &mut cut, control)?;
        let large = cut.large.into_iter().map(|key| Source::Set { key, pattern: Some(ns.cut_pattern()) });
        take(cut.found, large.collect(), conn, control)?;
        if end != End::Paused {
            return Ok(end);
        }
    }
}

/// Members that may be keys which the library cuts, from a look at each tag and invalid key; the rest of the large ones is
/// left.
struct CutMembers<'a> {
    ns: &'a Namespace,
    found: Vec<Vec<u8>>,
    large: Vec<Vec<u8>>,
}

impl<'a> CutMembers<'a> {
    fn new(ns: &'a Namespace) -> Self {
        Self { ns, found: Vec::new(), large: Vec::new() }
    }
}

impl Work for CutMembers<'_> {
    /// The set that was looked at.
    type Question = Vec<u8>;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Vec<u8>>) -> Result<()> {
        let pattern = self.ns.cut_pattern();
        for set in items.into_iter().filter(|set| self.ns.is_index(set)) {
            queue.ask(|pipe| {
                pipe.push(command::SSCAN, &[&set, b"0", b"MATCH", &pattern, b"COUNT", b"100"]);
                set
            });
        }
        Ok(())
    }

    fn answer(&mut self, set: Vec<u8>, replies: &mut Replies, _next: &mut Queue<Vec<u8>>) -> Result<()> {
        let reply = replies.one()?;
        if reply.is_wrong_type() {
            return Ok(());
        }
        let (cursor, members) = reply.scan()?;
        if cursor == b"0" {
            self.found.extend(members.strings()?);
        } else {
            self.large.push(set);
        }
        Ok(())
    }

    fn settle(&mut self, _next: &mut Queue<Vec<u8>>) -> Result<ControlFlow<()>> {
        let has_enough = self.found.len() >= ENOUGH || !self.large.is_empty();
        Ok(if has_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
