//! Keys in progress: a worker says that it computes them.

use crate::client::{Conn, Control, DedupWindow, End, Source, Sweep};
use crate::error::Result;
use crate::namespace::Namespace;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;

/// A member of a progress set.
#[derive(Debug)]
pub(super) struct InProgress<'a> {
    pub(super) member: &'a [u8],
    /// Which of the progress sets it was found in.
    pub(super) nth: usize,
    /// Whether no earlier set holds it, as far as the window reaches: a key that stands in both is one key.
    pub(super) is_new: bool,
}

/// The values that are being computed, each by a hash of the member that it is known by: a dozen bytes each. Names such as
/// `a>b` and `a>b>c` share a value, and whoever computes it does so for all of them.
#[derive(Debug, Default)]
pub(super) struct Computing {
    /// How many names each is computed by.
    values: HashMap<u64, u32>,
    hasher: RandomState,
    /// Whether there may be others.
    is_partial: bool,
    /// The names of progress sets that are of another type.
    not_sets: Vec<Vec<u8>>,
}

impl Computing {
    /// Those that are computed by names which match a pattern, and are meant.
    pub(super) fn read(
        ns: &Namespace,
        pattern: &[u8],
        meant: impl Fn(&[u8]) -> bool,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Self> {
        let mut computing = Self::default();
        let ends = each_in_progress(ns, pattern, conn, control, &mut |found| {
            if meant(found.member) {
                let value = computing.hash(ns, found.member);
                *computing.values.entry(value).or_default() += u32::from(found.is_new);
            }
        })?;
        computing.is_partial = ends.iter().any(|(_, end)| *end == End::Stopped);
        let not_sets = ends.into_iter().filter(|(_, end)| *end == End::WrongType);
        computing.not_sets = not_sets.map(|(set, _)| set).collect();
        Ok(computing)
    }

    /// The names of progress sets that are of another type.
    pub(super) fn not_sets(&self) -> &[Vec<u8>] {
        &self.not_sets
    }

    /// How many names they are computed by.
    pub(super) fn names(&self) -> u64 {
        self.values.values().map(|names| u64::from(*names)).sum()
    }

    /// Whether they were not all read: then every value may be one.
    pub(super) fn is_partial(&self) -> bool {
        self.is_partial
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty() && !self.is_partial
    }

    /// Whether the value of a member is one of them.
    pub(super) fn holds(&self, ns: &Namespace, member: &[u8]) -> bool {
        self.is_partial || (!self.values.is_empty() && self.values.contains_key(&self.hash(ns, member)))
    }

    /// One name less computes the value of a member.
    pub(super) fn forget(&mut self, ns: &Namespace, member: &[u8]) {
        let value = self.hash(ns, member);
        if let Some(names) = self.values.get_mut(&value) {
            *names -= 1;
            if *names == 0 {
                self.values.remove(&value);
            }
        }
    }

    fn hash(&self, ns: &Namespace, member: &[u8]) -> u64 {
        self.hasher.hash_one(ns.value_name(member).unwrap_or(member))
    }
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
    let (mut ends, mut known) = (Vec::new(), DedupWindow::default());
    for (nth, key) in ns.progress_sets().into_iter().enumerate() {
        let source = Source::Set { key: key.clone(), pattern: Some(pattern.to_vec()) };
        let mut recent = DedupWindow::default();
        let end = Sweep::new(source).each(conn, control, |mut items| {
            items.retain(|item| !ns.is_inner(item) && recent.is_new(item));
            for member in &items {
                found(InProgress { member, nth, is_new: known.is_new(member) });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        ends.push((key, end));
    }
    Ok(ends)
}
