//! What is filed under the whole names of keys that the library cuts.

use super::in_progress::each_in_progress;
use super::marks::{MarkFinder, each_mark};
use super::state::Facts;
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use crate::store::{Conn, Control, End, Flow, Source, Sweep};
use std::collections::HashSet;

/// Marks and computations of keys that the library cuts (`a>b>c`, `a>base`): they are filed under the whole key, while a
/// hash only tells `a>b` (`a`). Bounded; a namespace with more of them shows the others as if they were not marked.
#[derive(Debug, Default)]
pub(super) struct CutMarks {
    read: bool,
    marked: HashSet<LogicalKey>,
    may_be_marked: HashSet<LogicalKey>,
    computing: HashSet<LogicalKey>,
    /// Whether some were not read.
    pub(super) missed: bool,
}

impl CutMarks {
    const LIMIT: usize = 100_000;

    /// Reads them, once.
    pub(super) fn read(&mut self, ns: &Namespace, conn: &mut Conn, control: &mut Control) -> Result<()> {
        if std::mem::replace(&mut self.read, true) {
            return Ok(());
        }
        let pattern = ns.cut_pattern();
        let mut missed = false;
        let mut keep = |known: &mut HashSet<_>, member: &[u8]| missed |= !Self::keep(ns, known, member);
        let mut ends = each_mark(ns, &MarkFinder::new(ns, conn), &pattern, conn, control, &mut |found| {
            keep(&mut self.may_be_marked, found.member);
            if found.mark.is_pending() {
                keep(&mut self.marked, found.member);
            }
        })?;
        ends.extend(each_in_progress(ns, &pattern, conn, control, &mut |found| {
            keep(&mut self.computing, found.member);
        })?);
        self.missed |= missed || ends.iter().any(|(_, end)| *end == End::Stopped);
        Ok(())
    }

    /// Reads whose marks workers of this crate have taken, which are then those of keys that may be marked. Marks are read
    /// after this: whoever gives up a lease may put the mark back.
    pub(super) fn read_leases(
        &mut self,
        ns: &Namespace,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<()> {
        let end = Sweep::new(Source::SortedSet { key: ns.leases() }).each(conn, control, |members| {
            for member in members {
                self.missed |= !Self::keep(ns, &mut self.may_be_marked, &member);
            }
            Ok(Flow::More)
        })?;
        self.missed |= end == End::Stopped;
        Ok(())
    }

    /// Keeps the member of a key that is cut; false where there are too many.
    fn keep(ns: &Namespace, known: &mut HashSet<LogicalKey>, member: &[u8]) -> bool {
        let Some(key) = ns.key_of_member(member).filter(LogicalKey::is_cut) else { return true };
        let has_room = known.len() < Self::LIMIT;
        if has_room {
            known.insert(key.of_value());
        }
        has_room
    }

    /// Whether the mark of a longer name of this value may be pending.
    pub(super) fn may_mark(&self, value: &LogicalKey) -> bool {
        let known = [&self.marked, &self.may_be_marked, &self.computing];
        self.missed || known.iter().any(|known| known.contains(value))
    }

    /// Adds what is filed under longer names.
    pub(super) fn apply(&self, key: &LogicalKey, facts: &mut Facts) {
        facts.marked |= self.marked.contains(key);
        facts.may_be_marked |= self.may_be_marked.contains(key);
        facts.computing |= self.computing.contains(key);
    }
}
