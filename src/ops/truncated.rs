//! What is filed under the whole names of keys that the library cuts.

use super::in_progress::each_in_progress;
use super::marks::{MarkFinder, each_mark};
use super::state::Facts;
use crate::client::{Conn, Control, End, Source, Sweep};
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

/// Marks and computations of keys that the library cuts (`a>b>c`, `a>base`): they are filed under the whole key, while a
/// hash only tells `a>b` (`a`). Bounded; a namespace with more of them shows the others as if they were not marked.
#[derive(Debug, Default)]
pub(super) struct CutMarks {
    read: bool,
    marked: HashSet<LogicalKey>,
    may_be_marked: HashSet<LogicalKey>,
    computing: HashSet<LogicalKey>,
    /// The whole names of all these, by what the library cuts them to.
    names: HashMap<LogicalKey, BTreeSet<LogicalKey>>,
    kept: usize,
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
        let mut ends = each_mark(ns, &MarkFinder::new(ns, conn), &pattern, conn, control, &mut |found| {
            if let Some(value) = self.keep(ns, found.member) {
                if found.mark.is_pending() {
                    self.marked.insert(value.clone());
                }
                self.may_be_marked.insert(value);
            }
        })?;
        ends.extend(each_in_progress(ns, &pattern, conn, control, &mut |found| {
            let value = self.keep(ns, found.member);
            self.computing.extend(value);
        })?);
        self.missed |= ends.iter().any(|(_, end)| *end == End::Stopped);
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
                let value = self.keep(ns, &member);
                self.may_be_marked.extend(value);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.missed |= end == End::Stopped;
        Ok(())
    }

    /// Adds what was asked about a key that is cut.
    pub(super) fn learn(&mut self, ns: &Namespace, key: &LogicalKey, facts: Facts) {
        if !facts.may_be_stale() {
            return;
        }
        let Some(value) = self.keep(ns, &ns.member(key)) else { return };
        for (fact, of) in [
            (facts.marked, &mut self.marked),
            (facts.may_be_marked, &mut self.may_be_marked),
            (facts.computing, &mut self.computing),
        ] {
            if fact {
                of.insert(value.clone());
            }
        }
    }

    /// Keeps the member of a key that is cut, and gives what it is cut to; not where there are too many.
    fn keep(&mut self, ns: &Namespace, member: &[u8]) -> Option<LogicalKey> {
        let key = ns.key_of_member(member).filter(LogicalKey::is_cut)?;
        let value = key.of_value();
        if self.names.get(&value).is_some_and(|names| names.contains(&key)) {
            return Some(value);
        }
        if self.kept == Self::LIMIT {
            self.missed = true;
            return None;
        }
        self.kept += 1;
        self.names.entry(value.clone()).or_default().insert(key);
        Some(value)
    }

    /// The whole names of keys with this value that are marked, or may be.
    pub(super) fn names(&self, value: &LogicalKey) -> Vec<LogicalKey> {
        self.names.get(value).into_iter().flatten().cloned().collect()
    }

    /// Whether a longer name changes the state of any value.
    pub(super) fn changes_states(&self) -> bool {
        !(self.marked.is_empty() && self.may_be_marked.is_empty() && self.computing.is_empty())
    }

    /// Whether the mark of a longer name of this value may be pending.
    pub(super) fn may_mark(&self, value: &LogicalKey) -> bool {
        self.missed || self.names.contains_key(value)
    }

    /// Adds what is filed under longer names.
    pub(super) fn apply(&self, key: &LogicalKey, facts: &mut Facts) {
        facts.marked |= self.marked.contains(key);
        facts.may_be_marked |= self.may_be_marked.contains(key);
        facts.computing |= self.computing.contains(key);
    }
}
