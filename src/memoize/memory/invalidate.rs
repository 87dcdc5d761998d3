//! Invalidations: what `ops::invalidate` does on Redis, in its order and with its counts.

use super::state::State;
use crate::error::Result;
use crate::namespace::LogicalKey;
use crate::namespace::glob::KeyGlob;
use crate::ops::{Action, IndexKind, InvalidationReport, Selector};
use std::collections::BTreeSet;

/// One invalidation under way.
struct Run<'a> {
    state: &'a mut State,
    report: InvalidationReport,
    /// Members that were counted as meant.
    seen: BTreeSet<Vec<u8>>,
}

impl State {
    pub(super) fn invalidate(
        &mut self,
        selectors: &[Selector],
        action: Option<Action>,
    ) -> Result<InvalidationReport> {
        let report = InvalidationReport { complete: true, ..InvalidationReport::default() };
        let mut run = Run { state: self, report, seen: BTreeSet::new() };
        let mut named = Vec::new();
        for selector in selectors {
            match selector {
                Selector::Key(key) => named.push(run.state.ns.member(key)),
                Selector::Tag(name) => run.mark_set(&IndexKind::Tag.set(&run.state.ns, name)?),
                Selector::InvalidKey(name) => run.mark_set(&IndexKind::InvalidKey.set(&run.state.ns, name)?),
                Selector::Pattern(glob) => run.delete_matching(glob),
            }
        }
        for member in named {
            match action {
                Some(Action::Delete) => run.delete_named(member),
                _ => run.mark_named(member),
            }
        }
        Ok(run.report)
    }
}

/// The member that the value of a member is known by.
fn value_name(member: &[u8]) -> Vec<u8> {
    LogicalKey::new(member).of_value().as_bytes().to_vec()
}

impl Run<'_> {
    fn count(&mut self, member: &[u8]) {
        self.report.matched += u64::from(self.seen.insert(member.to_vec()));
    }

    fn mark(&mut self, member: &[u8]) {
        self.report.marked += u64::from(self.state.marks.insert(member.to_vec()));
    }

    fn mark_set(&mut self, set: &[u8]) {
        let Some(members) = self.state.members(set) else {
            self.report.wrong_type += 1;
            self.report.not_sets.push(set.to_vec());
            self.report.complete = false;
            return;
        };
        for member in members {
            self.count(&member);
            self.mark(&member);
        }
    }

    /// Counts a key that is cached or being computed.
    fn count_named(&mut self, member: &[u8]) {
        let key = LogicalKey::new(member);
        let is_cached = self.state.hashes.get(key.base()).is_some_and(|it| it.contains_key(key.field()));
        if is_cached || self.state.progress.contains(member) {
            self.count(member);
        }
    }

    fn mark_named(&mut self, member: Vec<u8>) {
        self.count_named(&member);
        self.mark(&member);
    }

    fn delete_named(&mut self, member: Vec<u8>) {
        let (key, value) = (LogicalKey::new(&*member), value_name(&member));
        if self.state.progress.iter().any(|it| value_name(it) == value) {
            self.mark(&member);
            self.mark_in_progress(|it| it == value);
        }
        self.count_named(&member);
        if self.state.sets.contains_key(key.base()) {
            self.report.wrong_type += 1;
            self.report.not_hashes.push(key.base().to_vec());
            self.report.complete = false;
        }
        self.report.deleted += u64::from(self.state.delete(key.base(), key.field()));
    }

    fn delete_matching(&mut self, glob: &KeyGlob) {
        let prefix = self.state.ns.prefix().to_vec();
        let base_of = |hash: &[u8]| hash.strip_prefix(&prefix[..]).map(<[u8]>::to_vec);
        self.mark_in_progress(|value| {
            let key = LogicalKey::new(value);
            base_of(key.base()).is_some_and(|base| glob.matches(&base, key.field()))
        });
        let mut meant = Vec::new();
        for (hash, fields) in &self.state.hashes {
            let Some(base) = base_of(hash) else { continue };
            meant.extend(
                fields.keys().filter(|it| glob.matches(&base, it)).map(|it| (hash.clone(), it.clone())),
            );
        }
        for (hash, field) in meant {
            self.count(LogicalKey::at(&hash, &field).as_bytes());
            self.report.deleted += u64::from(self.state.delete(&hash, &field));
        }
    }

    /// Marks what is computed and meant, told by the names of the values, by every name that it is read by.
    fn mark_in_progress(&mut self, meant: impl Fn(&[u8]) -> bool) {
        let state = &self.state;
        let computing = state.progress.iter().filter(|it| meant(&value_name(it)));
        let mut names: BTreeSet<_> = computing.cloned().collect();
        let values: BTreeSet<_> = names.iter().map(|it| value_name(it)).collect();
        let listed = state.sets.values().flatten();
        names.extend(listed.filter(|it| values.contains(&value_name(it))).cloned());
        names.extend(values);
        names.iter().for_each(|name| self.mark(name));
    }
}
