//! Namespaces inside a namespace that show by names which were given, or which a set holds: without a walk.

use super::inner::{Question, Signs, ask};
use super::select::{NAMED_AT_ONCE, Selector};
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use crate::store::{Conn, Pipe, Replies};
use std::collections::HashSet;

/// No EXISTS names more keys than this.
const CHUNK: usize = 500;
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
pub fn set_named_apart(conn: &mut Conn, ns: &Namespace, selectors: &[Selector]) -> Result<Namespace> {
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
    /// Prefixes that do not have to be asked about again, whatever name of a set's members they stand in.
    asked: HashSet<Vec<u8>>,
    /// How many keys one command may name.
    together: usize,
    /// Whether anything is to be found out.
    looks: bool,
}

/// Names that may belong to namespaces inside.
pub(super) struct Doubt {
    prefixes: HashSet<Vec<u8>>,
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
        Self { signs: Signs::new(ns), asked: HashSet::new(), together, looks: !ns.knows_inner() }
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

    /// Whether a Redis key or a member of a set lies in a namespace inside, as far as is known.
    pub(super) fn is_inner(&self, name: &[u8]) -> bool {
        let Signs { ns, found } = &self.signs;
        ns.is_inner(name) || (!found.is_empty() && ns.may_be_prefixes(name).any(|it| found.contains(it)))
    }

    /// What has to be asked before it is known of these names; with `each` the bucket of each of them, otherwise those of
    /// the first names with a prefix.
    pub(super) fn doubt(&self, names: &[Vec<u8>], each: bool) -> Option<Doubt> {
        if !self.looks {
            return None;
        }
        let ns = self.signs.ns;
        let (mut prefixes, mut signs) = (HashSet::new(), Vec::new());
        for name in names.iter().filter(|name| !self.is_inner(name)) {
            for prefix in ns.may_be_prefixes(name) {
                let is_new = !self.asked.contains(prefix);
                if is_new && prefixes.insert(prefix.to_vec()) {
                    signs.extend(ns.signs_of(prefix));
                }
                if is_new || each {
                    let base = LogicalKey::new(&name[prefix.len()..]);
                    signs.extend(ns.bucket_under(prefix, base.base()));
                }
            }
        }
        if each {
            // The buckets of other names with these prefixes are still to be asked about.
            prefixes.clear();
        }
        (!signs.is_empty()).then_some(Doubt { prefixes, signs, asked: Asked::Presence })
    }

    /// Asks, in one round trip.
    pub(super) fn ask(&self, doubt: &mut Doubt, pipe: &mut Pipe) {
        match &mut doubt.asked {
            Asked::Presence => {
                for keys in doubt.signs.chunks(self.together) {
                    pipe.push_all("EXISTS", &[], keys.iter().map(Vec::as_slice));
                }
            }
            Asked::Each(questions) => {
                let signs = doubt.signs.iter().filter_map(|key| Some((key, self.signs.ns.inner_of(key)?)));
                questions.extend(signs.map(|(key, sign)| ask(sign, key, pipe)));
            }
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
                    return Ok(Some(Doubt { asked: Asked::Each(Vec::new()), ..doubt }));
                }
            }
            Asked::Each(questions) => {
                for question in questions {
                    self.signs.answer(question, replies)?;
                }
            }
        }
        if self.asked.len() > REMEMBERED {
            self.asked.clear();
        }
        self.asked.extend(doubt.prefixes);
        Ok(None)
    }

    /// Asks about names, until it is known of all of them.
    pub(super) fn look_at(&mut self, names: &[Vec<u8>], conn: &mut Conn) -> Result<()> {
        let mut doubt = self.doubt(names, true);
        while let Some(mut it) = doubt {
            let mut pipe = Pipe::new();
            self.ask(&mut it, &mut pipe);
            doubt = self.answer(it, &mut conn.run(&pipe)?)?;
        }
        Ok(())
    }
}
