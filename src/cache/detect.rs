//! Which generation of the library a namespace belongs to.

use crate::client::Conn;
use crate::client::Pipe;
use crate::client::command;
use crate::error::Result;
use crate::namespace::{Layout, Namespace, READER_SCRIPTS};
use std::fmt;

/// What was found on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// `P` + `progress` is there: somebody of 0.0.9 or 0.1.0 uses this prefix.
    pub classic_progress: bool,
    /// `P` + `delete` is there: somebody of 0.0.9 or 0.1.0 uses this prefix, unless the marks in it are our own.
    pub classic_deleted: bool,
    /// `CM:meta:progress` is there: somebody of 0.1.1 uses this database.
    pub meta_progress: bool,
    /// `CM:meta:deleted` is there: somebody of 0.1.1 uses this database, unless the marks in it are our own.
    pub meta_deleted: bool,
    /// One of the names of 0.0.9 and 0.1.0 holds a hash, which are the values of a key that is called so: they cannot work
    /// under this prefix. Of another type, which nobody's values have, it says nothing: it may be gone tomorrow.
    pub classic_taken: bool,
    /// The same for the names of 0.1.1.
    pub meta_taken: bool,
    /// TYPE was refused, so that the names say nothing.
    pub refused: bool,
    /// The server knows a script that readers of 0.1.1 send: somebody of 0.1.1 uses this server.
    pub meta_scripts: bool,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = [
            (self.classic_progress, "keys are in progress as 0.0.9 and 0.1.0 have them"),
            (self.classic_deleted, "keys are marked as 0.0.9 and 0.1.0 have them"),
            (self.meta_progress, "keys are in progress as 0.1.1 has them"),
            (self.meta_deleted, "keys are marked as 0.1.1 has them"),
            (self.classic_taken, "other data lie where 0.0.9 and 0.1.0 have their sets"),
            (self.meta_taken, "other data lie where 0.1.1 has its sets"),
            (self.refused, "the server refuses TYPE"),
            (self.meta_scripts, "the server knows a script of 0.1.1"),
        ];
        let said: Vec<_> = said.into_iter().filter_map(|(holds, text)| holds.then_some(text)).collect();
        f.write_str(if said.is_empty() {
            "nothing shows which generation of the library is in use"
        } else {
            ""
        })?;
        f.write_str(&said.join("; "))
    }
}

/// A layout, and how it was arrived at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detected {
    /// The layout to act on.
    pub layout: Layout,
    /// Whether the evidence settles it. Where it does not, both layouts are acted on.
    pub certain: bool,
    /// The evidence.
    pub evidence: Evidence,
}

/// Finds the layout from the bookkeeping of this prefix.
///
/// Nothing but evidence about this very prefix keeps a mark from a set that one of its readers may look at. The sets of
/// 0.1.1 are the whole database's and its scripts the whole server's: they say that *somebody* runs 0.1.1, perhaps under
/// another prefix. The sets of 0.0.9 say that somebody *ran* it under this prefix: a key that was left in progress stays
/// there for ever, also after the application has moved to 0.1.1. An idle application of either generation has no sets to
/// be seen by. So only what keeps one generation from reading under this prefix settles it: values (a hash) under the
/// name of its deleted set, or a cluster. Otherwise the answer is [`Layout::Both`].
///
/// # Errors
/// Connection errors, and a server that is busy or loading. One that refuses TYPE or SCRIPT EXISTS for good just says less.
pub fn detect(conn: &mut Conn, prefix: &Namespace) -> Result<Detected> {
    let mut pipe = Pipe::new();
    for layout in [Layout::Classic, Layout::Meta] {
        let ns = prefix.with_layout(layout);
        let sets = [ns.deleted_sets(), ns.progress_sets()].concat();
        sets.iter().for_each(|set| pipe.push(command::TYPE, &[set]));
    }
    pipe.push_all(command::SCRIPT_EXISTS, &[], READER_SCRIPTS.map(str::as_bytes));
    let mut replies = conn.run(&pipe)?;
    let mut kinds = Vec::new();
    let mut refused = false;
    for _ in 0..4 {
        let reply = replies.one()?;
        refused |= reply.is_forbidden();
        kinds.push(if reply.is_forbidden() { b"none".to_vec() } else { reply.bytes()?.unwrap_or_default() });
    }
    let sets = |kinds: &[Vec<u8>]| kinds.iter().any(|kind| kind == b"set");
    let values = |kinds: &[Vec<u8>]| kinds.iter().any(|kind| kind == b"hash");
    let evidence = Evidence {
        classic_deleted: sets(&kinds[..1]),
        classic_progress: sets(&kinds[1..2]),
        meta_deleted: sets(&kinds[2..3]),
        meta_progress: sets(&kinds[3..4]),
        // A hit asks the deleted set alone, so what lies under the other name keeps nobody from reading.
        classic_taken: values(&kinds[..1]),
        meta_taken: values(&kinds[2..3]),
        refused,
        meta_scripts: replies
            .one()?
            .list()
            .unwrap_or_default()
            .into_iter()
            .any(|known| known.int().is_ok_and(|n| n > 0)),
    };
    let found = pick_layout(evidence);
    // Readers of 0.1.1 send a script that names keys of two slots: a cluster refuses it to them.
    if conn.is_cluster() && !(evidence.meta_deleted || evidence.meta_progress) {
        return Ok(Detected { layout: Layout::Classic, certain: true, ..found });
    }
    Ok(found)
}

fn pick_layout(evidence: Evidence) -> Detected {
    let layout = match (evidence.classic_taken, evidence.meta_taken) {
        (true, false) => Layout::Meta,
        (false, true) => Layout::Classic,
        _ => Layout::Both,
    };
    Detected { layout, certain: layout != Layout::Both, evidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_keeps_a_generation_from_working_keeps_a_mark_from_its_set() {
        let (classic_deleted, classic_progress, classic_taken) = (true, true, true);
        let (meta_deleted, meta_progress, meta_taken, meta_scripts) = (true, true, true, true);
        let none = Evidence::default();
        for (found, layout) in [
            (none, Layout::Both),
            (Evidence { classic_deleted, classic_progress, ..none }, Layout::Both),
            (Evidence { meta_deleted, meta_progress, meta_scripts, ..none }, Layout::Both),
            (Evidence { classic_progress, meta_scripts, ..none }, Layout::Both),
            (Evidence { classic_taken, meta_taken, ..none }, Layout::Both),
            (Evidence { classic_taken, ..none }, Layout::Meta),
            (Evidence { meta_taken, classic_deleted, meta_scripts, ..none }, Layout::Classic),
        ] {
            assert_eq!(pick_layout(found).layout, layout, "{found:?}");
        }
    }
}
