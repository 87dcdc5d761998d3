//! Which keys in progress share their value with keys of other names.

use crate::namespace::Namespace;
use std::collections::{BTreeSet, HashMap};

/// Members of progress sets that the library cuts (`a>b>c`, `a>base`), by the member that their value is known by (`a>b`,
/// `a`). Whoever computes a value does so for every name that it is read by; the names that are not here are a member's own
/// and that one, which the server can be asked about.
#[derive(Debug, Default)]
pub(crate) struct CutInProgress {
    names: HashMap<Vec<u8>, BTreeSet<Vec<u8>>>,
    len: usize,
    missed: bool,
}

impl CutInProgress {
    /// More are not kept.
    const LIMIT: usize = 100_000;

    /// Adds a member of a progress set, if the library cuts its key.
    pub(crate) fn add(&mut self, ns: &Namespace, member: &[u8]) {
        let Some(value) = ns.value_name(member) else { return };
        if self.len == Self::LIMIT {
            return self.miss();
        }
        let is_new = self.names.entry(value.to_vec()).or_default().insert(member.to_vec());
        self.len += usize::from(is_new);
    }

    /// Notes that not all of them are here.
    pub(crate) fn miss(&mut self) {
        self.missed = true;
    }

    /// Whether some are not here: then every value may be computed by another name.
    pub(crate) fn has_missed(&self) -> bool {
        self.missed
    }

    /// Those that share the value of a member, perhaps the member among them.
    pub(crate) fn of<'a>(
        &'a self,
        ns: &Namespace,
        member: &[u8],
    ) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let names = self.names.get(ns.value_name(member).unwrap_or(member));
        names.into_iter().flatten().map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::Layout;

    #[test]
    fn names_of_one_value_are_found_by_each_of_them() {
        let ns = Namespace::new("CM:", Layout::Classic).expect("a prefix");
        let mut computed = CutInProgress::default();
        ["CM:a>b", "CM:a>b>c", "CM:a>b>c", "CM:a>base", "other"]
            .iter()
            .for_each(|it| computed.add(&ns, it.as_bytes()));
        let of = |member: &str| computed.of(&ns, member.as_bytes()).collect::<Vec<_>>();
        assert_eq!(of("CM:a>b"), [b"CM:a>b>c"]);
        assert_eq!(of("CM:a>b>x"), of("CM:a>b"));
        assert_eq!(of("CM:a"), [b"CM:a>base"]);
        assert!(of("CM:c").is_empty() && of("other").is_empty() && !computed.has_missed());
    }

    #[test]
    fn what_has_no_room_is_told() {
        let ns = Namespace::new("CM:", Layout::Classic).expect("a prefix");
        let mut computed = CutInProgress::default();
        (0..CutInProgress::LIMIT).for_each(|n| computed.add(&ns, format!("CM:a>b>{n}").as_bytes()));
        assert!(!computed.has_missed());
        computed.add(&ns, b"CM:a>b>more");
        assert!(computed.has_missed());
    }
}
