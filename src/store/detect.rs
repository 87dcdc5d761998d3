//! Which generation of the library a namespace belongs to.

use super::conn::Conn;
use super::pipe::Pipe;
use crate::error::Result;
use crate::namespace::{Layout, Namespace, READER_SCRIPTS};

/// What was found on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// `P` + `delete` or `P` + `progress` is there: somebody of 0.0.9 or 0.1.0 uses this prefix.
    pub classic_sets: bool,
    /// `CM:meta:deleted` or `CM:meta:progress` is there: somebody of 0.1.1 uses this database.
    pub meta_sets: bool,
    /// One of the names of 0.0.9 and 0.1.0 holds something that is no set: they cannot work under this prefix.
    pub classic_taken: bool,
    /// The same for the names of 0.1.1.
    pub meta_taken: bool,
    /// TYPE was refused, so that the names say nothing.
    pub refused: bool,
    /// The server knows a script that readers of 0.1.1 send: somebody of 0.1.1 uses this server.
    pub meta_scripts: bool,
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

/// Finds the layout: the bookkeeping sets first, then the scripts the server remembers.
///
/// The names of `meta` do not follow the prefix, so under a prefix of one's own they only say that *somebody* on
/// the server runs 0.1.1. Then, as where nothing is found or both are, the answer is [`Layout::Both`].
///
/// # Errors
/// Connection errors. A server that refuses TYPE or SCRIPT EXISTS just says less.
pub fn detect(conn: &mut Conn, prefix: &Namespace) -> Result<Detected> {
    let mut pipe = Pipe::new();
    for layout in [Layout::Classic, Layout::Meta] {
        let ns = prefix.with_layout(layout);
        let sets = [ns.deleted_sets(), ns.progress_sets()].concat();
        sets.iter().for_each(|set| pipe.push("TYPE", &[set]));
    }
    pipe.push_all("SCRIPT EXISTS", &[], READER_SCRIPTS.map(str::as_bytes));
    let mut replies = conn.run(&pipe)?;
    let mut kinds = Vec::new();
    let mut refused = false;
    for _ in 0..4 {
        let reply = replies.one()?;
        refused |= reply.is_refused();
        kinds.push(if reply.is_refused() { b"none".to_vec() } else { reply.bytes()?.unwrap_or_default() });
    }
    let has_set = |kinds: &[Vec<u8>]| kinds.iter().any(|kind| kind == b"set");
    let has_other = |kinds: &[Vec<u8>]| kinds.iter().any(|kind| kind != b"set" && kind != b"none");
    let evidence = Evidence {
        classic_sets: has_set(&kinds[..2]),
        meta_sets: has_set(&kinds[2..]),
        classic_taken: has_other(&kinds[..2]),
        meta_taken: has_other(&kinds[2..]),
        refused,
        meta_scripts: replies
            .one()?
            .list()
            .unwrap_or_default()
            .into_iter()
            .any(|known| known.int().is_ok_and(|n| n > 0)),
    };
    Ok(judge(evidence, prefix.prefix() == Namespace::DEFAULT_PREFIX.as_bytes()))
}

fn judge(evidence: Evidence, default_prefix: bool) -> Detected {
    let meta = evidence.meta_sets || evidence.meta_scripts;
    let layout = match (evidence.classic_sets, meta) {
        _ if evidence.classic_taken && !evidence.meta_taken => Layout::Meta,
        _ if evidence.meta_taken && !evidence.classic_taken => Layout::Classic,
        (true, false) => Layout::Classic,
        (false, true) if default_prefix => Layout::Meta,
        _ => Layout::Both,
    };
    Detected { layout, certain: layout != Layout::Both, evidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_evidence_does_not_settle_it_both_layouts_are_acted_on() {
        let evidence = |classic_sets, meta_sets, meta_scripts| Evidence {
            classic_sets,
            meta_sets,
            meta_scripts,
            ..Evidence::default()
        };
        for (found, default_prefix, layout) in [
            (evidence(false, false, false), true, Layout::Both),
            (evidence(true, false, false), true, Layout::Classic),
            (evidence(true, false, false), false, Layout::Classic),
            (evidence(false, true, false), true, Layout::Meta),
            (evidence(false, false, true), true, Layout::Meta),
            (evidence(false, false, true), false, Layout::Both),
            (evidence(false, true, true), false, Layout::Both),
            (evidence(true, true, false), true, Layout::Both),
            (evidence(true, false, true), true, Layout::Both),
        ] {
            assert_eq!(judge(found, default_prefix).layout, layout, "{found:?} {default_prefix}");
        }
        let taken = Evidence { classic_taken: true, ..evidence(false, false, false) };
        assert_eq!(judge(taken, false).layout, Layout::Meta);
        let taken = Evidence { meta_taken: true, ..evidence(true, false, true) };
        assert_eq!(judge(taken, true).layout, Layout::Classic);
    }
}
