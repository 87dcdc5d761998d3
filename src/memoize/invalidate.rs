//! Invalidation from an application: by key, invalid key, pattern and tag, through the same code as the command line.

use super::core::Core;
use crate::cache::Mode;
use crate::client::{Control, End, Pace, Source};
use crate::error::{Error, Result};
use crate::namespace::LogicalKey;
use crate::ops::collect;
use crate::ops::{self, Action, Invalidation, InvalidationReport, Selector};
use std::collections::BTreeSet;

/// What to invalidate. Names are given without the prefix; all that are set are invalidated.
///
/// Keys, invalid keys and tags are marked: the next reader recomputes. A pattern deletes the values it matches, and
/// marks those being computed. Unlike the library's, a pattern is about keys under the prefix (`Book:*>owner`), never
/// about other Redis keys, nor about namespaces inside this one (`CM:X:` in `CM:`), which it looks for first. A key, tag or
/// invalid key is always one of this namespace: who names it knows.
///
/// ```
/// use cacheme::memoize::Invalidate;
/// let both = Invalidate { pattern: Some("Book:1*".into()), ..Invalidate::invalid_key("User:200") };
/// assert_eq!(both.invalid_key.as_deref(), Some("User:200"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invalidate {
    /// A logical key: `Book:100>owner`.
    pub key: Option<String>,
    /// An invalid key: `User:200`.
    pub invalid_key: Option<String>,
    /// A glob over logical keys: `Book:*`, `Book:*>owner`.
    pub pattern: Option<String>,
    /// A tag: `get_owner`.
    pub tag: Option<String>,
}

impl Invalidate {
    /// One logical key.
    pub fn key(key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..Self::default() }
    }

    /// The keys listed under an invalid key.
    pub fn invalid_key(name: impl Into<String>) -> Self {
        Self { invalid_key: Some(name.into()), ..Self::default() }
    }

    /// The values under a pattern.
    pub fn pattern(glob: impl Into<String>) -> Self {
        Self { pattern: Some(glob.into()), ..Self::default() }
    }

    /// All keys of a tag.
    pub fn tag(name: impl Into<String>) -> Self {
        Self { tag: Some(name.into()), ..Self::default() }
    }

    fn selectors(&self) -> Result<Vec<Selector>> {
        let mut all = Vec::new();
        all.extend(self.key.as_ref().map(|key| Selector::Key(LogicalKey::from(key.as_str()))));
        all.extend(self.invalid_key.as_ref().map(|name| Selector::InvalidKey(name.as_bytes().to_vec())));
        all.extend(self.tag.as_ref().map(|name| Selector::Tag(name.as_bytes().to_vec())));
        if let Some(glob) = &self.pattern {
            all.push(Selector::pattern(glob.as_bytes())?);
        }
        Ok(all)
    }
}

fn control(core: &Core, wait_replicas: u32) -> Control {
    Control { pace: Pace::steady(core.settings.scan_count), wait_replicas, ..Control::default() }
}

/// Invalidates, and waits for so many replicas. Where it was done again as a connection broke, the report adds both up: a
/// key may be counted twice as matched, and it is not complete.
pub(crate) fn invalidate(core: &Core, what: &Invalidate, wait_replicas: u32) -> Result<InvalidationReport> {
    invalidate_all(core, &what.selectors()?, None, wait_replicas)
}

/// Deletes the value of a key, and marks it where it is being computed.
pub(crate) fn remove(core: &Core, key: String) -> Result<InvalidationReport> {
    invalidate_all(core, &[Selector::Key(LogicalKey::from(&*key))], Some(Action::Delete), 0)
}

fn invalidate_all(
    core: &Core,
    selectors: &[Selector],
    action: Option<Action>,
    wait_replicas: u32,
) -> Result<InvalidationReport> {
    if !core.settings.enabled {
        return Ok(InvalidationReport { complete: true, ..InvalidationReport::default() });
    }
    if let Some(memory) = core.memory() {
        return memory.invalidate(selectors, action);
    }
    let mut report = InvalidationReport::default();
    let mut is_again = false;
    core.with_conn(|conn, ns| {
        let earlier = std::mem::take(&mut report);
        let how = Invalidation { action, mode: Mode::Apply, trusts_names: true };
        let mut each = selectors.iter().cloned().map(Ok);
        let done =
            ops::invalidate_over(conn, ns, &mut each, how, &mut control(core, wait_replicas), &mut report);
        report.matched += earlier.matched;
        report.marked += earlier.marked;
        report.deleted += earlier.deleted;
        // What was under way when the earlier connection broke is done, and in no count.
        report.complete &= !std::mem::replace(&mut is_again, true);
        done
    })
    .inspect(|()| core.invalidated())?;
    Ok(report)
}

/// The keys of a tag.
pub(crate) fn keys_of_tag(core: &Core, tag: &str) -> Result<BTreeSet<LogicalKey>> {
    if let Some(memory) = core.memory() {
        return memory.keys_of_tag(tag);
    }
    core.with_conn(|conn, ns| {
        let set = ops::IndexKind::Tag.set(ns, tag.as_bytes())?;
        let (members, end) = collect(conn, Source::set(set.clone()), &mut control(core, 0))?;
        if end == End::WrongType {
            return Err(Error::WrongType { keys: vec![set] });
        }
        Ok(members.iter().filter_map(|member| ns.key_of_member(member)).collect())
    })
}
