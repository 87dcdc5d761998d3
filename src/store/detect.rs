//! Which generation of the library a namespace belongs to.

use super::conn::Conn;
use super::pipe::Pipe;
use crate::error::Result;
use crate::namespace::{Layout, Namespace, READER_SCRIPTS};

/// What was found on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// `P` + `progress` is there: somebody of 0.0.9 or 0.1.0 uses this prefix.
    pub classic_sets: bool,
    /// `CM:meta:progress` is there: somebody of 0.1.1 uses this database.
    pub meta_sets: bool,
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

/// Finds the layout: the sets of keys in progress first, then the scripts the server remembers.
///
/// The deleted sets prove nothing: what is in them may be our own marks. Under [`Layout::Both`] a mark goes to two sets,
/// its reader takes it from one, and what stays in the other would say the opposite of what is true.
///
/// The names of `meta` do not follow the prefix, so under a prefix of one's own they only say that *somebody* on
/// the server runs 0.1.1. Then, as where nothing is found or both are, the answer is [`Layout::Both`].
///
/// # Errors
/// Connection errors, and a server that refuses EXISTS. One that refuses SCRIPT EXISTS just says less.
pub fn detect(conn: &mut Conn, prefix: &Namespace) -> Result<Detected> {
    let mut pipe = Pipe::new();
    for layout in [Layout::Classic, Layout::Meta] {
        let ns = prefix.with_layout(layout);
        pipe.push_all("EXISTS", &[], ns.progress_sets().iter().map(Vec::as_slice));
    }
    pipe.push_all("SCRIPT EXISTS", &[], READER_SCRIPTS.map(str::as_bytes));
    let mut replies = conn.run(&pipe)?;
    let evidence = Evidence {
        classic_sets: replies.one()?.int()? > 0,
        meta_sets: replies.one()?.int()? > 0,
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
        let evidence =
            |classic_sets, meta_sets, meta_scripts| Evidence { classic_sets, meta_sets, meta_scripts };
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
    }
}
