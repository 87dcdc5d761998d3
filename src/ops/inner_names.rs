//! Namespaces inside a namespace that show by names which were given, or which a set holds: without a walk.

use super::inner::{Question, Signs};
use super::select::NAMED_AT_ONCE;
use super::selector::Selector;
use crate::cache::Session;
use crate::client::command;
use crate::client::{Conn, Pipe, Replies};
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use std::collections::{HashMap, HashSet};

/// No EXISTS names more keys than this.
const CHUNK: usize = 500;
/// Below the first part of a name, so many prefixes that begin alike are asked about in vain: what differs from key to key
/// is no prefix.
const FRUITLESS: usize = 1_000;
/// About so many prefixes are remembered.
const REMEMBERED: usize = 50_000;

/// The namespace without those inside it that keys, tags or invalid keys belong to which were named. Each part of a name
/// that ends with a colon is taken for the end of a prefix; what speaks for a namespace is what [`find_inner`] looks for,
/// with the TTL buckets of these keys alone.
///
/// [`find_inner`]: super::find_inner
///
/// # Errors
/// Connection errors and refusals.
pub fn exclude_named_inner(session: &mut Session, selectors: &[Selector]) -> Result<Namespace> {
    let (conn, ns, _) = session.parts();
    let mut inner = InnerByName::new(ns, conn);
    for selectors in selectors.chunks(NAMED_AT_ONCE) {
        let names: Vec<_> = selectors.iter().filter_map(|it| it.name_in(ns)).collect();
        inner.look_at(&names, conn)?;
    }
    Ok(ns.with_some_inner(inner.found()))
}

/// What names tell of namespaces inside.
pub(super) struct InnerByName<'a> {
    signs: Signs<'a>,
    /// Prefixes that do not have to be asked about again.
    asked: HashSet<Vec<u8>>,
    /// Prefixes of which members of a set were looked up in their buckets.
    sampled: HashSet<Vec<u8>>,
    /// How many were asked about in vain that begin with this one and have a part more.
    fruitless: HashMap<Vec<u8>, usize>,
    /// How many keys one command may name.
    together: usize,
    /// Whether anything is to be found out.
    looks: bool,
}

/// Names that may belong to namespaces inside.
pub(super) struct Doubt {
    prefixes: HashSet<Vec<u8>>,
    samples: HashSet<Vec<u8>>,
    /// The keys that would tell.
    signs: Vec<Vec<u8>>,
    asked: Asked,
}

enum Asked {
    /// Whether any of them is there: seldom.
    Presence,
    Each(Vec<Question>),
}

impl<'a> InnerByName<'a> {
    pub(super) fn new(ns: &'a Namespace, conn: &Conn) -> Self {
        let together = if conn.is_cluster() { 1 } else { CHUNK };
        Self {
            signs: Signs::new(ns),
            asked: HashSet::new(),
            sampled: HashSet::new(),
            fruitless: HashMap::new(),
            together,
            looks: !ns.knows_inner(),
        }
    }

    /// Takes all names for this namespace's own from here on, but for what it was told.
    pub(super) fn trust(&mut self) {
        self.looks = false;
    }

    /// The prefixes of those that were found.
    pub(super) fn found(&self) -> Vec<Vec<u8>> {
        let mut found: Vec<_> = self.signs.found.iter().cloned().collect();
        found.sort();
        found
    }

    /// The prefix of the namespace inside that a Redis key or a member of a set lies in, as far as is known.
    pub(super) fn prefix_of<'n>(&'n self, name: &'n [u8]) -> Option<&'n [u8]> {
        let Signs { ns, found } = &self.signs;
        let by_name = || ns.may_be_prefixes(name).find(|it| found.contains(*it));
        ns.inner_prefix_of(name).or_else(|| if found.is_empty() { None } else { by_name() })
    }

    /// Whether it lies in one.
    pub(super) fn is_inner(&self, name: &[u8]) -> bool {
        self.prefix_of(name).is_some()
    }

    /// What names are judged by: of those that are trusted, what a walk has found says nothing.
    pub(super) fn namespace_of_names<'n>(&self, walked: &'n Namespace) -> &'n Namespace
    where
        'a: 'n,
    {
        if self.looks { walked } else { self.signs.ns }
    }

    /// Whether a name lies in a namespace inside, as far as is known here and by `ns`; its prefix is noted.
    pub(super) fn leaves_alone(&self, ns: &Namespace, name: &[u8], noted: &mut Vec<Vec<u8>>) -> bool {
        let Some(prefix) = ns.inner_prefix_of(name).or_else(|| self.prefix_of(name)) else { return false };
        if !noted.iter().any(|known| known == prefix) {
            noted.push(prefix.to_vec());
        }
        true
    }

    /// What has to be asked before it is known of these names; with `each` the bucket of each of them, otherwise those of
    /// the first names with a prefix.
    pub(super) fn doubt(&self, names: &[Vec<u8>], each: bool) -> Option<Doubt> {
        if !self.looks {
            return None;
        }
        let ns = self.signs.ns;
        let (mut prefixes, mut samples, mut signs) = (HashSet::new(), HashSet::new(), Vec::new());
        for name in names.iter().filter(|name| !self.is_inner(name)) {
            let mut has_room = true;
            for prefix in ns.may_be_prefixes(name) {
                has_room &= self.fruitless.get(parent(prefix)).is_none_or(|count| *count < FRUITLESS);
                if has_room && !self.asked.contains(prefix) && prefixes.insert(prefix.to_vec()) {
                    signs.extend(ns.signs_of(prefix));
                }
                if each || (has_room && !self.sampled.contains(prefix)) {
                    let base = LogicalKey::new(&name[prefix.len()..]);
                    signs.extend(ns.bucket_under(prefix, base.base()));
                    samples.insert(prefix.to_vec());
                }
            }
        }
        if each {
            // The buckets of a set's members are still to be asked about.
            samples.clear();
        }
        (!signs.is_empty()).then_some(Doubt { prefixes, samples, signs, asked: Asked::Presence })
    }

    /// Asks, in one round trip.
    pub(super) fn ask(&self, doubt: &Doubt, pipe: &mut Pipe) {
        match &doubt.asked {
            Asked::Presence => {
                for keys in doubt.signs.chunks(self.together) {
                    pipe.push_all(command::EXISTS, &[], keys.iter().map(Vec::as_slice));
                }
            }
            Asked::Each(questions) => questions.iter().for_each(|it| it.ask(self.signs.ns, pipe)),
        }
    }

    /// Takes the answers. Where some of the keys are there, each has to be asked about.
    pub(super) fn answer(&mut self, doubt: Doubt, replies: &mut Replies) -> Result<Option<Doubt>> {
        match doubt.asked {
            Asked::Presence => {
                let mut there = 0;
                for _ in doubt.signs.chunks(self.together) {
                    there += replies.one()?.count()?;
                }
                if there > 0 {
                    let signs = doubt.signs.iter().filter_map(|key| {
                        let (prefix, sign) = self.signs.ns.inner_of(key)?;
                        Some(Question::Key { prefix: prefix.to_vec(), sign, key: key.clone() })
                    });
                    return Ok(Some(Doubt { asked: Asked::Each(signs.collect()), ..doubt }));
                }
            }
            Asked::Each(questions) => {
                let mut next = Vec::new();
                for question in questions {
                    next.extend(self.signs.answer(question, replies)?);
                }
                if !next.is_empty() {
                    return Ok(Some(Doubt { asked: Asked::Each(next), ..doubt }));
                }
            }
        }
        if self.asked.len() > REMEMBERED {
            self.asked.clear();
            self.sampled.clear();
        }
        for prefix in doubt.prefixes {
            let parent = parent(&prefix);
            if parent.len() > self.signs.ns.prefix().len() && !self.signs.found.contains(&prefix) {
                *self.fruitless.entry(parent.to_vec()).or_default() += 1;
            }
            self.asked.insert(prefix);
        }
        self.sampled.extend(doubt.samples);
        Ok(None)
    }

    /// Asks about names, until it is known of all of them.
    pub(super) fn look_at(&mut self, names: &[Vec<u8>], conn: &mut Conn) -> Result<()> {
        let mut doubt = self.doubt(names, true);
        while let Some(it) = doubt {
            let mut pipe = Pipe::new();
            self.ask(&it, &mut pipe);
            doubt = self.answer(it, &mut conn.run(&pipe)?)?;
        }
        Ok(())
    }
}

/// The prefix without its last part.
fn parent(prefix: &[u8]) -> &[u8] {
    let inner = prefix.strip_suffix(b":").unwrap_or(prefix);
    let end = inner.iter().rposition(|byte| *byte == b':').map_or(0, |at| at + 1);
    &prefix[..end]
}
