//! When a member of the deleted sets is a mark.

/// Where a member stands among the deleted sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    /// Whether it is in each of the sets.
    pub(crate) is_in: [bool; 2],
    /// We have put it into both.
    pub(crate) recorded: bool,
}

impl Mark {
    /// Of whether each of [`Namespace::mark_sets`](super::Namespace::mark_sets) holds it.
    pub(crate) fn of(held: &[bool]) -> Self {
        let is_in = |n: usize| held.get(n).copied().unwrap_or(false);
        Self { is_in: [is_in(0), is_in(1)], recorded: is_in(2) }
    }

    /// Whether the next reader recomputes. What we have put into both sets is a mark as long as it is in both: its reader
    /// takes it out of one. (The script that puts a value back decides the same inside the server.)
    pub(crate) fn is_pending(self) -> bool {
        let sets = self.is_in.iter().filter(|is_in| **is_in).count();
        sets > usize::from(self.recorded)
    }

    /// Whether it may be a mark: the library may have put one over what was left, or after both were taken. To carry one
    /// too many into a copy costs a computation, one too few an invalidation.
    pub(crate) fn may_be_pending(self) -> bool {
        self.is_in.contains(&true)
    }
}
