//! What is filed under the whole names of keys that the library cuts.

use super::in_progress::each_in_progress;
use super::marks::{MarkFinder, each_mark};
use super::state::Facts;
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use crate::store::{Conn, Control};
use std::collections::HashSet;

/// Marks and computations of keys that the library cuts (`a>b>c`): they are filed under the whole key, while a hash
/// only tells `a>b`. Bounded; a namespace with more of them shows the others as if they were not marked.
#[derive(Debug, Default)]
pub(super) struct CutMarks {
    read: bool,
    marked: HashSet<Vec<u8>>,
    may_be_marked: HashSet<Vec<u8>>,
    computing: HashSet<Vec<u8>>,
}

impl CutMarks {
    const LIMIT: usize = 100_000;

    /// Reads them, once.
    pub(super) fn read(&mut self, ns: &Namespace, conn: &mut Conn, control: &mut Control) -> Result<()> {
        if std::mem::replace(&mut self.read, true) {
            return Ok(());
        }
        let pattern = ns.pattern(b"*>*>*");
        let whole = |member: &[u8]| {
            let key = ns.key_of_member(member)?;
            Some(LogicalKey::at(key.base(), key.field()).as_bytes().to_vec())
        };
        each_mark(ns, &MarkFinder::new(ns, conn), &pattern, conn, control, &mut |found| {
            let of = [(found.mark.is_pending(), &mut self.marked), (true, &mut self.may_be_marked)];
            for (_, members) in
                of.into_iter().filter(|(is_one, members)| *is_one && members.len() < Self::LIMIT)
            {
                members.extend(whole(found.member));
            }
        })?;
        each_in_progress(ns, &pattern, conn, control, &mut |found| {
            if self.computing.len() < Self::LIMIT {
                self.computing.extend(whole(found.member));
            }
        })?;
        Ok(())
    }

    /// Adds what is filed under longer names.
    pub(super) fn apply(&self, key: &LogicalKey, facts: &mut Facts) {
        facts.marked |= self.marked.contains(key.as_bytes());
        facts.may_be_marked |= self.may_be_marked.contains(key.as_bytes());
        facts.computing |= self.computing.contains(key.as_bytes());
    }
}
