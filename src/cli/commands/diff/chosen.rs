//! Which keys are compared.

use super::row::Row;
use crate::cli::args::{Narrowing, Selectors};
use crate::cli::commands::absent::Absent;
use crate::cli::commands::absent_names::AbsentNames;
use crate::cli::commands::selection::{Selection, warn_of_not_sets};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use cacheme::cache::Session;
use cacheme::namespace::LogicalKey;
use cacheme::ops::{DumpedKey, Filter, KeyState, Selector, Ttl, find_not_sets};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The keys that are meant.
pub struct Chosen {
    any: Vec<Selector>,
    filter: Filter,
    /// By the names of their values, as rows are.
    of_files: BTreeSet<LogicalKey>,
    everything: bool,
    /// Whether the names of keys alone tell which ones the selectors that find them mean.
    by_name: bool,
    /// Both sides are looked at as of this moment, in epoch seconds: the same timeout is judged alike on both.
    now: i64,
}

impl Chosen {
    pub fn new(context: &Context, selectors: &Selectors, narrowing: &Narrowing) -> Result<Self, Failure> {
        let selection = Selection::new(context, selectors, narrowing)?;
        selection.check()?;
        let mut of_files = BTreeSet::new();
        for file in selection.files() {
            for key in file.keys()? {
                of_files.insert(key?.of_value());
            }
        }
        let any = selection.walked().to_vec();
        let by_name = any.iter().all(|it| matches!(it, Selector::Key(_) | Selector::Pattern(_)));
        Ok(Self {
            any,
            filter: selection.filter().clone(),
            of_files,
            everything: selection.is_empty(),
            by_name: by_name && selection.files().is_empty(),
            now: Timestamp::now().as_second(),
        })
    }

    /// Which of the names that were given match nothing on a server.
    pub fn absent_names(
        &self,
        context: &Context,
        session: &mut Session,
        strict: bool,
    ) -> Result<AbsentNames, Failure> {
        AbsentNames::find(context, session, &self.named(), &self.filter.except, strict)
    }

    /// Warns of what was named and is no set, and tells whether there is any.
    ///
    /// # Errors
    /// What something else would leave out that is no set cannot be told.
    pub fn warn_of_not_sets(&self, context: &Context, session: &mut Session) -> Result<bool, Failure> {
        let Filter { all, except, .. } = &self.filter;
        let keys = find_not_sets(session, &[all.as_slice(), except].concat())?;
        if !keys.is_empty() {
            return Err(cacheme::Error::WrongType { keys }.into());
        }
        let not_sets = find_not_sets(session, &self.any)?;
        warn_of_not_sets(context, &not_sets, &[], 0);
        Ok(!not_sets.is_empty())
    }

    /// All that was named to be meant.
    fn named(&self) -> Vec<Selector> {
        self.any.iter().chain(&self.filter.all).cloned().collect()
    }

    /// Whether tags or invalid keys decide which keys are meant.
    pub fn asks_indexes(&self) -> bool {
        let by_index = |selector: &Selector| matches!(selector, Selector::Tag(_) | Selector::InvalidKey(_));
        self.named().iter().any(by_index) || self.filter.except.iter().any(by_index)
    }

    /// What to read of a side that is no dump; everything, where it is none.
    pub fn to_read(&self) -> Vec<Selector> {
        let of_value = |selector: &Selector| match selector {
            Selector::Key(key) => Selector::Key(key.of_value()),
            selector => selector.clone(),
        };
        if self.by_name { self.any.iter().map(of_value).collect() } else { Vec::new() }
    }

    /// Whether a key is meant as it is on one side.
    pub fn takes(&self, row: &Row) -> bool {
        self.is_like(row) && self.is_named(&row.key)
    }

    fn is_like(&self, row: &Row) -> bool {
        let of_time = |at: i64| Ttl { seconds: at.saturating_sub(self.now), expires_at: at };
        let ttl = row.key.expires_at.map(of_time);
        let state = match row.state {
            KeyState::Live | KeyState::Expired => match ttl {
                Some(ttl) if ttl.seconds <= 0 => KeyState::Expired,
                _ => KeyState::Live,
            },
            state => state,
        };
        self.filter.accepts(state, ttl, Some(row.key.value.len() as u64))
    }

    fn is_named(&self, row: &DumpedKey) -> bool {
        let key = LogicalKey::new(row.key.clone());
        let is_meant = |selector: &Selector| means(selector, row, &key);
        let is_selected = self.everything || self.of_files.contains(&key) || self.any.iter().any(is_meant);
        let Filter { all, except, .. } = &self.filter;
        is_selected && all.iter().all(is_meant) && !except.iter().any(is_meant)
    }
}

fn means(selector: &Selector, row: &DumpedKey, key: &LogicalKey) -> bool {
    let cut = &row.cut_keys;
    match selector {
        Selector::Key(it) => it.of_value() == *key,
        Selector::Pattern(glob) => glob.matches(key.base(), key.field()),
        Selector::Tag(name) => row.tags.contains(name) || cut.iter().any(|cut| cut.tags.contains(name)),
        Selector::InvalidKey(name) => {
            row.invalid_keys.contains(name) || cut.iter().any(|cut| cut.invalid_keys.contains(name))
        }
    }
}

/// Names of which no row of a dump was seen to have one. What a pattern means, nobody named.
#[derive(Default)]
pub struct Unseen {
    named: Vec<Selector>,
    excepted: Vec<Selector>,
}

impl Unseen {
    pub fn new(chosen: &Chosen) -> Self {
        let names = |selectors: Vec<Selector>| {
            selectors.into_iter().filter(|it| !matches!(it, Selector::Pattern(_))).collect()
        };
        Self { named: names(chosen.named()), excepted: names(chosen.filter.except.clone()) }
    }

    /// Takes note of a row.
    pub fn see(&mut self, row: &DumpedKey) {
        if self.named.is_empty() && self.excepted.is_empty() {
            return;
        }
        let key = LogicalKey::new(row.key.clone());
        self.named.retain(|selector| !means(selector, row, &key));
        self.excepted.retain(|selector| !means(selector, row, &key));
    }

    /// Those that the dump does not have.
    pub fn absent(self) -> AbsentNames {
        let absent = |selectors: Vec<Selector>| selectors.into_iter().map(Absent::unlike_any).collect();
        AbsentNames { named: absent(self.named), excepted: absent(self.excepted), ..AbsentNames::default() }
    }
}
