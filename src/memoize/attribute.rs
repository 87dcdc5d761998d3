//! The attribute `memoize`, and what its functions are called by.

use std::fmt;

#[doc = include_str!("attribute.md")]
pub use cacheme_macros::memoize;

/// What the key and the invalid keys of one call of a `#[memoize]` function are made of. Beside a function `get_owner`, an own
/// `get_owner_args` makes it of the arguments that the templates name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Arguments {
    key: String,
    parts: Vec<String>,
}

impl Arguments {
    #[doc(hidden)]
    #[must_use]
    pub fn new(key: String, parts: Vec<String>) -> Self {
        Self { key, parts }
    }

    /// The logical key, without the prefix.
    pub fn key(&self) -> &str {
        &self.key
    }

    #[doc(hidden)]
    pub fn part(&self, at: usize) -> &str {
        &self.parts[at]
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Arguments").field(&self.key).finish()
    }
}
