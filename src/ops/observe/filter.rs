//! Which events are told.

use super::event::EventKind;
use crate::namespace::glob::KeyGlob;
use crate::namespace::{LogicalKey, Namespace};
use crate::ops::selector::Selector;
use std::collections::HashSet;

/// Which events to tell. As it is by default, all of them.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Only of keys that one of these means; of every key, where it is none.
    pub any: Option<Vec<Selector>>,
    /// Each of these must mean the key, too.
    pub all: Vec<Selector>,
    /// None of these may mean the key.
    pub except: Vec<Selector>,
    /// Only events of these kinds; all where empty.
    pub kinds: Vec<EventKind>,
}

/// Whether an event is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Told,
    LeftOut,
    /// As it looks now; an index may come to say otherwise.
    SoFar {
        told: bool,
    },
}

/// The keys and kinds that somebody asked for.
#[derive(Debug, Default)]
pub(super) struct Filter {
    kinds: HashSet<EventKind>,
    /// Each of these has to mean a key,
    all_of: Vec<AnyOf>,
    /// and this must not.
    except: AnyOf,
    /// Members of the sets are still being read.
    pub(super) is_loading: bool,
}

/// The keys that one of several selectors means.
#[derive(Debug, Default)]
struct AnyOf {
    keys: HashSet<Vec<u8>>,
    globs: Vec<KeyGlob>,
    tags: Vec<Vec<u8>>,
    /// The sets whose members are meant.
    sets: Vec<Vec<u8>>,
    /// The bases of `keys`, for whole hashes that are deleted.
    bases: HashSet<Vec<u8>>,
}

impl Filter {
    pub(super) fn new(ns: &Namespace, query: &EventQuery) -> Self {
        let all_of = query.any.as_deref().into_iter().chain(query.all.chunks(1));
        let mut filter = Self {
            kinds: query.kinds.iter().copied().collect(),
            all_of: all_of.map(|selectors| AnyOf::new(ns, selectors)).collect(),
            except: AnyOf::new(ns, &query.except),
            is_loading: false,
        };
        filter.is_loading = !filter.sets().is_empty();
        filter
    }

    /// The sets whose members are asked about, each once.
    pub(super) fn sets(&self) -> Vec<Vec<u8>> {
        let all = self.all_of.iter().chain([&self.except]);
        let mut sets: Vec<_> = all.flat_map(|any_of| any_of.sets.iter().cloned()).collect();
        sets.sort_unstable();
        sets.dedup();
        sets
    }

    /// A key is a member of a set from here on.
    pub(super) fn add(&mut self, set: &[u8], key: &[u8]) {
        let all = self.all_of.iter_mut().chain([&mut self.except]);
        all.filter(|any_of| any_of.follows(set)).for_each(|any_of| any_of.add(key));
    }

    /// Whether anybody asks for the members of this set.
    pub(super) fn follows(&self, set: &[u8]) -> bool {
        self.all_of.iter().chain([&self.except]).any(|any_of| any_of.follows(set))
    }

    /// Whether something about this key may have to be told.
    pub(super) fn may_want(&self, key: &[u8]) -> bool {
        self.decide(key, None, true) != Decision::LeftOut
    }

    /// Whether an event of this key is told. `whole`: it is of each key of the hash of this base; then it is told unless the
    /// base itself is left out.
    pub(super) fn decide(&self, key: &[u8], tag: Option<&[u8]>, whole: bool) -> Decision {
        if self.except.means(key, tag) {
            return Decision::LeftOut;
        }
        let (mut told, mut may_come) = (true, true);
        for any_of in &self.all_of {
            let is_meant = any_of.means(key, tag) || (whole && any_of.means_hash(key));
            told &= is_meant;
            may_come &= is_meant || any_of.is_by_index();
        }
        match (told, may_come) {
            (true, _) if self.except.is_by_index() => Decision::SoFar { told },
            (true, _) => Decision::Told,
            (false, true) => Decision::SoFar { told },
            (false, false) => Decision::LeftOut,
        }
    }

    pub(super) fn wants_kind(&self, kind: EventKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

impl AnyOf {
    fn new(ns: &Namespace, selectors: &[Selector]) -> Self {
        let mut any_of = Self::default();
        for selector in selectors {
            match selector {
                Selector::Key(key) => any_of.add(key.as_bytes()),
                Selector::Pattern(glob) => any_of.globs.push(glob.clone()),
                Selector::Tag(name) => {
                    any_of.sets.push(ns.tag(name));
                    any_of.tags.push(name.clone());
                }
                Selector::InvalidKey(name) => any_of.sets.push(ns.invalid_key(name)),
            }
        }
        any_of
    }

    fn add(&mut self, key: &[u8]) {
        if self.keys.insert(key.to_vec()) {
            self.bases.insert(LogicalKey::new(key).base().to_vec());
        }
    }

    fn follows(&self, set: &[u8]) -> bool {
        self.sets.iter().any(|it| it == set)
    }

    /// Whether a key may be found to be meant later: an index will name it.
    fn is_by_index(&self) -> bool {
        !self.sets.is_empty()
    }

    fn means(&self, key: &[u8], tag: Option<&[u8]>) -> bool {
        self.keys.contains(key)
            || tag.is_some_and(|tag| self.tags.iter().any(|it| it == tag))
            || self.globs.iter().any(|glob| {
                let key = LogicalKey::new(key);
                glob.matches(key.base(), key.field())
            })
    }

    /// Whether a key of the hash of this base is meant.
    fn means_hash(&self, base: &[u8]) -> bool {
        self.bases.contains(base) || self.globs.iter().any(|glob| glob.matches_base(base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: Decision = Decision::Told;
    const LEFT_OUT: Decision = Decision::LeftOut;
    const MAY_COME: Decision = Decision::SoFar { told: false };
    const MAY_GO: Decision = Decision::SoFar { told: true };

    fn tag(name: &str) -> Selector {
        Selector::Tag(name.into())
    }

    fn glob(text: &str) -> Selector {
        Selector::pattern(text.as_bytes()).unwrap()
    }

    #[track_caller]
    fn decides(filter: &Filter, expected: &[(&str, Decision)]) {
        for (key, decision) in expected {
            assert_eq!(filter.decide(key.as_bytes(), None, false), *decision, "{key}");
            assert_eq!(filter.may_want(key.as_bytes()), *decision != LEFT_OUT, "{key}");
        }
    }

    #[test]
    fn what_an_index_may_still_say_is_waited_for_and_nothing_else() {
        let ns = Namespace::new(b"CM:".to_vec(), crate::namespace::Layout::Meta).unwrap();
        let query = |any: &[Selector], all: &[Selector], except: &[Selector]| EventQuery {
            any: Some(any.to_vec()).filter(|any| !any.is_empty()),
            all: all.to_vec(),
            except: except.to_vec(),
            kinds: Vec::new(),
        };
        decides(&Filter::new(&ns, &query(&[], &[], &[])), &[("a>1", TOLD)]);
        // A file without keys.
        let nothing = EventQuery { any: Some(Vec::new()), ..EventQuery::default() };
        decides(&Filter::new(&ns, &nothing), &[("a>1", LEFT_OUT)]);
        let mut filter = Filter::new(&ns, &query(&[glob("a*>*")], &[tag("t")], &[]));
        assert!(filter.is_loading);
        decides(&filter, &[("a>1", MAY_COME), ("b>1", LEFT_OUT)]);
        filter.add(&ns.tag(b"t"), b"a>1");
        filter.add(&ns.tag(b"t"), b"b>1");
        filter.add(&ns.tag(b"other"), b"a>2");
        decides(&filter, &[("a>1", TOLD), ("a>2", MAY_COME), ("b>1", LEFT_OUT)]);
        let mut filter = Filter::new(&ns, &query(&[], &[], &[tag("t"), Selector::Key("b>1".into())]));
        decides(&filter, &[("a>1", MAY_GO), ("b>1", LEFT_OUT)]);
        filter.add(&ns.tag(b"t"), b"a>1");
        decides(&filter, &[("a>1", LEFT_OUT), ("a>2", MAY_GO)]);
        assert_eq!(filter.decide(b"a>2", Some(b"t"), false), LEFT_OUT);
        // A hash has other keys, too.
        assert_eq!(filter.decide(b"a", None, true), MAY_GO);
        let filter = Filter::new(&ns, &query(&[glob("a*>1")], &[], &[glob("ab")]));
        assert_eq!(
            [b"aa", b"ab", b"bb"].map(|base| filter.decide(base, None, true)),
            [TOLD, LEFT_OUT, LEFT_OUT]
        );
    }
}
