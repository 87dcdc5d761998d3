//! How keys are named: one by one, by an index that lists them, by a pattern.

use crate::error::{Error, Result};
use crate::namespace::glob::{GlobError, KeyGlob};
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};

/// One way to say which keys are meant. Names are given without the prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// A logical key.
    Key(LogicalKey),
    /// The keys that depend on an invalid key, by its name without `:invalid`.
    InvalidKey(Vec<u8>),
    /// The keys with a tag.
    Tag(Vec<u8>),
    /// The values whose base (and field, where the glob has a `>`) match.
    Pattern(KeyGlob),
}

impl Selector {
    /// A pattern over logical keys.
    ///
    /// # Errors
    /// [`Error::Glob`] for a glob that Redis would misread.
    pub fn pattern(glob: &[u8]) -> Result<Self> {
        let reason = |reason: GlobError| Error::Glob { glob: glob.to_vec(), reason };
        KeyGlob::parse(glob).map(Self::Pattern).map_err(reason)
    }

    /// The Redis key of its set, or the member that stands for its key; none of a pattern.
    pub fn name_in(&self, ns: &Namespace) -> Option<Vec<u8>> {
        match self {
            Self::Key(key) => Some(ns.member(key)),
            Self::Tag(name) => Some(ns.tag(name)),
            Self::InvalidKey(name) => Some(ns.invalid_key(name)),
            Self::Pattern(_) => None,
        }
    }
}

/// Which kind of index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexKind {
    /// `P` + tag.
    Tag,
    /// `P` + name + `:invalid`.
    InvalidKey,
}

impl IndexKind {
    pub(super) fn name_in<'a>(self, ns: &Namespace, redis_key: &'a [u8]) -> Option<&'a [u8]> {
        match (self, ns.classify(redis_key, RedisType::Set)) {
            (Self::Tag, Entry::Tag { name }) | (Self::InvalidKey, Entry::InvalidKey { name }) => Some(name),
            _ => None,
        }
    }

    /// Its set, to be read or changed.
    ///
    /// # Errors
    /// [`Error::Reserved`] where marks, keys in progress or records of this crate stand under that name: what is done to the
    /// members of a tag would lose invalidations.
    pub(crate) fn set(self, ns: &Namespace, name: &[u8]) -> Result<Vec<u8>> {
        let redis_key = match self {
            Self::Tag => ns.tag(name),
            Self::InvalidKey => ns.invalid_key(name),
        };
        refuse_reserved(ns, name, &redis_key)?;
        Ok(redis_key)
    }

    /// The index that a selector walks, by its name; none where it walks none.
    pub fn of(selector: &Selector) -> Option<(Self, Vec<u8>)> {
        match selector {
            Selector::Tag(name) => Some((Self::Tag, name.clone())),
            Selector::InvalidKey(name) => Some((Self::InvalidKey, name.clone())),
            Selector::Key(_) | Selector::Pattern(_) => None,
        }
    }

    /// The selector of the keys with a tag, or of those that depend on an invalid key.
    pub fn selector(self, name: &[u8]) -> Selector {
        match self {
            Self::Tag => Selector::Tag(name.to_vec()),
            Self::InvalidKey => Selector::InvalidKey(name.to_vec()),
        }
    }
}

/// Refuses to keep what is called `name` under a Redis key that is taken.
///
/// # Errors
/// [`Error::Reserved`].
pub(crate) fn refuse_reserved(ns: &Namespace, name: &[u8], redis_key: &[u8]) -> Result<()> {
    match ns.reserved_for(redis_key) {
        Some(what) => Err(Error::Reserved { name: name.to_vec(), redis_key: redis_key.to_vec(), what }),
        None => Ok(()),
    }
}
