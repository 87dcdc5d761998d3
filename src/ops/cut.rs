//! What is filed under the whole names of keys that the library cuts.

use super::state::Facts;
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use crate::store::{Conn, Control, Flow, Source, Sweep};
use std::collections::HashSet;

/// Marks and computations of keys that the library cuts (`a>b>c`): they are filed under the whole key, while a hash
/// only tells `a>b`. Bounded; a namespace with more of them shows the others as if they were not marked.
#[derive(Debug, Default)]
pub(super) struct CutMarks {
    read: bool,
    marked: HashSet<Vec<u8>>,
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
        for (sets, found) in
            [(ns.deleted_sets(), &mut self.marked), (ns.progress_sets(), &mut self.computing)]
        {
            for key in sets {
                let source = Source::Set { key, pattern: Some(pattern.clone()) };
                Sweep::new(source).each(conn, control, |items| {
                    for key in items.iter().filter_map(|member| ns.key_of_member(member)) {
                        if found.len() < Self::LIMIT {
                            found.insert(LogicalKey::at(key.base(), key.field()).as_bytes().to_vec());
                        }
                    }
                    Ok(Flow::More)
                })?;
            }
        }
        Ok(())
    }

    /// Adds what is filed under longer names.
    pub(super) fn apply(&self, key: &LogicalKey, facts: &mut Facts) {
        facts.marked |= self.marked.contains(key.as_bytes());
        facts.computing |= self.computing.contains(key.as_bytes());
    }
}
