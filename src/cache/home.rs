//! Where a namespace lies in a cluster: in one slot, or spread over all.

use crate::client::Conn;
use crate::client::slot::{hash_tag, slot};
use crate::namespace::Namespace;

impl Namespace {
    /// Whether every key of the namespace lies in one slot of a cluster, by a hash tag in its prefix. The sets of
    /// `meta` have names of their own, which lie elsewhere.
    pub fn is_in_one_slot(&self) -> bool {
        self.home().is_some()
    }

    /// A key in the slot that holds the whole namespace, where one does.
    pub(crate) fn home(&self) -> Option<&[u8]> {
        hash_tag(self.prefix())?;
        let home = slot(self.prefix());
        let sets = [self.deleted_sets(), self.progress_sets()].concat();
        sets.iter().all(|set| slot(set) == home).then_some(self.prefix())
    }
}

impl Conn {
    /// Whether the keys of a namespace may lie in several slots, on several servers: nothing that touches two of
    /// them happens in one step then. A hash tag in the prefix (`{CM}:`) keeps them together.
    pub fn is_cross_slot(&self, ns: &Namespace) -> bool {
        self.is_cluster() && !ns.is_in_one_slot()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::Layout;

    #[test]
    fn a_hash_tag_in_the_prefix_keeps_a_namespace_together() {
        for (prefix, layout, together) in [
            ("{CM}:", Layout::Classic, true),
            ("CM:", Layout::Classic, false),
            ("{}CM:", Layout::Classic, false),
            ("a{b}", Layout::Classic, true),
            ("{CM}:", Layout::Meta, false),
            ("{CM}:", Layout::Both, false),
        ] {
            let ns = Namespace::new(prefix, layout).unwrap();
            assert_eq!(ns.is_in_one_slot(), together, "{prefix} {layout}");
        }
    }
}
