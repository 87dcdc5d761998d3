//! Which events are told.

use super::event::EventKind;
use crate::namespace::glob::KeyGlob;
use crate::namespace::{LogicalKey, Namespace};
use crate::ops::selector::Selector;
use std::collections::HashSet;

/// The keys and kinds that somebody asked for.
#[derive(Debug, Default)]
pub(super) struct Filter {
    kinds: HashSet<EventKind>,
    /// Nothing was selected: every key is meant.
    all: bool,
    keys: HashSet<Vec<u8>>,
    globs: Vec<KeyGlob>,
    tags: Vec<Vec<u8>>,
    /// The sets whose members are meant.
    sets: Vec<Vec<u8>>,
    /// The bases of `keys`, for whole hashes that are deleted.
    bases: HashSet<Vec<u8>>,
    /// Members of the sets are still being read.
    pub(super) is_loading: bool,
}

impl Filter {
    pub(super) fn new(ns: &Namespace, selectors: &[Selector], kinds: &[EventKind]) -> Self {
        let mut filter =
            Self { kinds: kinds.iter().copied().collect(), all: selectors.is_empty(), ..Self::default() };
        for selector in selectors {
            match selector {
                Selector::Key(key) => filter.add(key.as_bytes()),
                Selector::Pattern(glob) => filter.globs.push(glob.clone()),
                Selector::Tag(name) => {
                    filter.sets.push(ns.tag(name));
                    filter.tags.push(name.clone());
                }
                Selector::InvalidKey(name) => filter.sets.push(ns.invalid_key(name)),
            }
        }
        filter.is_loading = filter.is_by_index();
        filter
    }

    /// The sets whose members are meant.
    pub(super) fn sets(&self) -> &[Vec<u8>] {
        &self.sets
    }

    /// A key is meant from here on.
    pub(super) fn add(&mut self, key: &[u8]) {
        if self.keys.insert(key.to_vec()) {
            self.bases.insert(LogicalKey::new(key).base().to_vec());
        }
    }

    /// Whether the members of this set are meant.
    pub(super) fn follows(&self, set: &[u8]) -> bool {
        self.sets.iter().any(|it| it == set)
    }

    /// Whether a key may be found to be meant later: an index will name it.
    pub(super) fn is_by_index(&self) -> bool {
        !self.sets.is_empty()
    }

    /// Whether something about this key may have to be told.
    pub(super) fn may_want(&self, key: &[u8]) -> bool {
        self.is_by_index() || self.wants(key, None) || self.wants_hash(key)
    }

    pub(super) fn wants(&self, key: &[u8], tag: Option<&[u8]>) -> bool {
        self.all
            || self.keys.contains(key)
            || tag.is_some_and(|tag| self.tags.iter().any(|it| it == tag))
            || self.globs.iter().any(|glob| {
                let key = LogicalKey::new(key);
                glob.matches(key.base(), key.field())
            })
    }

    /// Whether a key of the hash of this base is meant.
    pub(super) fn wants_hash(&self, base: &[u8]) -> bool {
        self.all || self.bases.contains(base) || self.globs.iter().any(|glob| glob.matches_base(base))
    }

    pub(super) fn wants_kind(&self, kind: EventKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}
