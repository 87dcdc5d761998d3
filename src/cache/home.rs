//! Where a namespace lies in a cluster: in one slot, or cross-slot, over all.

use crate::client::slot::{SLOTS, hash_tag, slot};
use crate::client::{Conn, Target};
use crate::namespace::{Layout, Namespace};
use std::sync::LazyLock;

/// For each slot a number that lies in it.
static NUMBERS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let (mut numbers, mut left) = (vec![None; usize::from(SLOTS)], SLOTS);
    for number in 0.. {
        let place = &mut numbers[usize::from(slot(number.to_string().as_bytes()))];
        if place.is_none() {
            *place = Some(number);
            left -= 1;
            if left == 0 {
                break;
            }
        }
    }
    numbers.into_iter().flatten().collect()
});

/// A hash tag that puts a key into the slot of another.
fn tag_beside(key: &[u8]) -> Vec<u8> {
    NUMBERS[usize::from(slot(key))].to_string().into_bytes()
}

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

    /// The same namespace with its leases in the slot of its marks, for a cluster over whose slots the keys lie. Nothing
    /// with a prefix whose brace would choose the slot.
    pub(crate) fn cross_slot(&self) -> Option<Self> {
        let marks = self.with_layout(Layout::Classic).deleted_sets();
        (!self.prefix().contains(&b'{')).then(|| self.with_leases_at(tag_beside(&marks[0])))
    }

    /// Which claim may store the value of a key, in the slot of its hash.
    pub(crate) fn fence(&self, hash: &[u8], member: &[u8]) -> Vec<u8> {
        self.fence_at(&tag_beside(hash), member)
    }
}

impl Target {
    /// Whether the keys of a namespace may lie in several slots there.
    pub(crate) fn is_cross_slot(&self, ns: &Namespace) -> bool {
        self.is_cluster() && !ns.is_in_one_slot()
    }
}

impl Conn {
    /// Whether the keys of a namespace may lie in several slots, on several servers: nothing that touches two of
    /// them happens in one step then. A hash tag in the prefix (`{CM}:`) keeps them together.
    pub fn is_cross_slot(&self, ns: &Namespace) -> bool {
        self.target().is_cross_slot(ns)
    }

    /// The namespace as it lies here.
    pub(crate) fn placed(&self, ns: &Namespace) -> Namespace {
        if self.is_cross_slot(ns) { ns.cross_slot().unwrap_or_else(|| ns.clone()) } else { ns.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_lie_where_the_marks_do_and_a_fence_where_its_value_does() {
        let ns = Namespace::new("CM:", Layout::Classic).unwrap().cross_slot().unwrap();
        assert_eq!(slot(&ns.leases()), slot(b"CM:delete"));
        for hash in ["CM:Book:1", "CM:a}b{c", "CM:{tag}x", "CM:{}", "CM:"] {
            assert_eq!(slot(&ns.fence(hash.as_bytes(), b"CM:{x}>y")), slot(hash.as_bytes()), "{hash}");
        }
        assert_eq!(Namespace::new("{}CM:", Layout::Classic).unwrap().cross_slot(), None);
    }

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
