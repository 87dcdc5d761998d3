//! What is filed under the whole names of keys that the library cuts.

use super::state::Facts;
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use crate::store::{Conn, Control, Pipe, Source, Sweep, Work};
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
                Sweep::new(source).run(conn, &mut CutReader { ns, found }, control)?;
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

struct CutReader<'a> {
    ns: &'a Namespace,
    found: &'a mut HashSet<Vec<u8>>,
}

impl Work for CutReader<'_> {
    fn batch(&mut self, items: Vec<Vec<u8>>, _pipe: &mut Pipe) -> Result<()> {
        for key in items.iter().filter_map(|member| self.ns.key_of_member(member)) {
            if self.found.len() < CutMarks::LIMIT {
                self.found.insert(LogicalKey::at(key.base(), key.field()).as_bytes().to_vec());
            }
        }
        Ok(())
    }
}
