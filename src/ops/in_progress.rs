//! Keys in progress: a worker says that it computes them.

use crate::error::Result;
use crate::namespace::Namespace;
use crate::store::{Conn, Control, CutInProgress, End, Flow, Recent, Source, Sweep};

/// A member of a progress set.
#[derive(Debug)]
pub(super) struct InProgress<'a> {
    pub(super) member: &'a [u8],
    /// Which of the progress sets it was found in.
    pub(super) nth: usize,
    /// Whether no earlier set holds it, as far as the window reaches: a key that stands in both is one key.
    pub(super) is_new: bool,
}

/// Reads which of the keys that the library cuts are in progress. What begins later computes from new data.
pub(super) fn read_cut(ns: &Namespace, conn: &mut Conn, control: &mut Control) -> Result<CutInProgress> {
    let mut computed = CutInProgress::default();
    let ends = each_in_progress(ns, &ns.cut_pattern(), conn, control, &mut |found| {
        computed.add(ns, found.member);
    })?;
    if ends.iter().any(|(_, end)| *end == End::Stopped) {
        computed.miss();
    }
    Ok(computed)
}

/// Goes through those members of the progress sets that match a pattern, and tells how each set ended. The sets of `meta`
/// are shared by every prefix on the database.
pub(super) fn each_in_progress(
    ns: &Namespace,
    pattern: &[u8],
    conn: &mut Conn,
    control: &mut Control,
    found: &mut dyn FnMut(InProgress<'_>),
) -> Result<Vec<(Vec<u8>, End)>> {
    let (mut ends, mut known) = (Vec::new(), Recent::default());
    for (nth, key) in ns.progress_sets().into_iter().enumerate() {
        let source = Source::Set { key: key.clone(), pattern: Some(pattern.to_vec()) };
        let mut recent = Recent::default();
        let end = Sweep::new(source).each(conn, control, |mut items| {
            items.retain(|item| !ns.is_inner(item) && recent.is_new(item));
            for member in &items {
                found(InProgress { member, nth, is_new: known.is_new(member) });
            }
            Ok(Flow::More)
        })?;
        ends.push((key, end));
    }
    Ok(ends)
}
