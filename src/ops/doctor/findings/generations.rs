//! Two generations of the library on one namespace.

use super::super::Observed;
use super::super::bookkeeping::Set;
use super::{Finding, Severity};
use crate::namespace::{Layout, Namespace};
use crate::text;

fn named(set: &Set) -> String {
    format!("'{}' holds {} of this prefix", text::escape(&set.name), set.ours)
}

fn is_default(observed: &Observed) -> bool {
    observed.ns.prefix() == Namespace::DEFAULT_PREFIX.as_bytes()
}

pub(super) fn two(observed: &Observed) -> Option<Finding> {
    let books = &observed.bookkeeping;
    let evidence = observed.detected.evidence;
    let ours = |sets: &[Set], is_meta| -> u64 {
        sets.iter().filter(|set| set.is_meta == is_meta).map(|set| set.ours).sum()
    };
    // The scripts of 0.1.1 prove nothing: they are the whole server's.
    let used = |is_meta| ours(&books.progress, is_meta) > 0 || ours(&books.deleted, is_meta) > 0;
    (used(false) && used(true)).then(|| {
        let script = if evidence.meta_scripts { "; the server has seen readers of 0.1.1" } else { "" };
        let sets: Vec<_> = books.deleted.iter().chain(&books.progress).filter(|set| set.ours > 0).map(named).collect();
        Finding {
            id: "two-generations",
            severity: Severity::Error,
            title: "two generations of the library share this prefix".to_owned(),
            detail: format!(
                "{}{script}. 0.0.9 and 0.1.0 do not see the marks of 0.1.1, nor it theirs: an invalidation by one is \
                 lost on the other",
                if sets.is_empty() { "both kinds of bookkeeping are there".to_owned() } else { sets.join(", ") }
            ),
            count: 2,
            fix: format!(
                "give one of them a prefix of its own, or move both to one release; meanwhile \
                 `{}`, or another selector than --key, marks for both",
                observed.command_with("--layout", "both", "invalidate --key KEY")
            ),
        }
    })
}

/// Where one was named, only the members of the other's sets are counted.
pub(super) fn other(observed: &Observed) -> Option<Finding> {
    let (other, is_meta) = match observed.ns.layout() {
        Layout::Classic => ("meta", true),
        Layout::Meta => ("classic", false),
        Layout::Both => return None,
    };
    let books = &observed.bookkeeping;
    let sets = books.deleted.iter().chain(&books.progress);
    let used: Vec<_> = sets.filter(|set| set.is_meta == is_meta && set.ours > 0).collect();
    (!used.is_empty()).then(|| Finding {
        id: "other-generation",
        severity: Severity::Info,
        title: "the sets of the generation that --layout leaves out were not checked".to_owned(),
        detail: format!(
            "{}: marks and keys in progress of the other generation, or the tag of a function with this name",
            used.iter().map(|set| named(set)).collect::<Vec<_>>().join(", ")
        ),
        count: used.iter().map(|set| set.ours).sum(),
        fix: format!(
            "nothing, if no worker of the other generation runs; otherwise `{}` checks them",
            observed.command_with("--layout", other, "doctor")
        ),
    })
}

pub(super) fn both_deleted_sets(observed: &Observed) -> Option<Finding> {
    let used: Vec<_> = observed.bookkeeping.deleted.iter().filter(|set| set.ours > 0).collect();
    let sets: Vec<_> = used.iter().map(|set| named(set)).collect();
    (used.len() > 1).then(|| Finding {
        id: "both-deleted-sets",
        severity: Severity::Warning,
        title: "marks wait in the deleted sets of both generations".to_owned(),
        detail: format!(
            "{}: readers of one generation take no mark from the set of the other",
            sets.join(", ")
        ),
        count: observed.bookkeeping.unrecorded,
        fix:
            "if both generations run, see two-generations; if only one does, the marks of the other have no \
             effect, and this tool adds no more of them if --layout names the one that runs"
                .to_owned(),
    })
}

pub(super) fn custom_prefix(observed: &Observed) -> Option<Finding> {
    let books = &observed.bookkeeping;
    let used: Vec<_> =
        books.deleted.iter().chain(&books.progress).filter(|set| set.is_meta && set.ours > 0).collect();
    let ours = used.iter().map(|set| set.ours).sum();
    (!is_default(observed) && !used.is_empty()).then(|| Finding {
        id: "custom-prefix-with-meta",
        severity: Severity::Warning,
        title: "0.1.1 keeps the bookkeeping of this prefix under 'CM:meta:'".to_owned(),
        detail: format!(
            "{ours} members there belong to this prefix. 0.1.1 makes these names before it reads its settings, \
             so all prefixes of this database share them: deleting 'CM:*' deletes the marks of this prefix too"
        ),
        count: ours,
        fix: "give each application of 0.1.1 a database of its own".to_owned(),
    })
}
