//! Logical keys: what the application writes, and where its value lives.

use crate::text;
use std::fmt;

/// The field that holds the value of a key without a `>`.
pub const BASE_FIELD: &[u8] = b"base";

/// A key as the application writes it, without the prefix: `Book:100>owner`.
///
/// The library cuts it at every `>` and uses the first two parts: the base, which names the hash, and the field.
/// Source: `split_key` of 0.0.9 to 0.1.1.
///
/// ```
/// use cacheme::namespace::LogicalKey;
/// let key = LogicalKey::from("Book:100>owner");
/// assert_eq!((key.base(), key.field()), (&b"Book:100"[..], &b"owner"[..]));
/// assert_eq!(LogicalKey::from("plain").field(), b"base");
/// assert_eq!(LogicalKey::from("a>b>c").field(), b"b");
/// assert!(LogicalKey::from("a>b>c").is_cut() && LogicalKey::from("a>base").is_cut());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalKey(Vec<u8>);

impl LogicalKey {
    /// A logical key from its bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The key that names the value at a base and field.
    pub fn at(base: &[u8], field: &[u8]) -> Self {
        Self(if field == BASE_FIELD { base.to_vec() } else { [base, b">", field].concat() })
    }

    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The part before the first `>`; the hash is named after it.
    pub fn base(&self) -> &[u8] {
        split(&self.0).0
    }

    /// The field of the hash: the part behind the first `>`, up to a second one; `base` where there is no `>`.
    pub fn field(&self) -> &[u8] {
        split(&self.0).1
    }

    /// The name that its value is known by: that of `a>b>c` is `a>b`, that of `a>base` is `a`.
    pub fn of_value(&self) -> Self {
        Self(self.value_name().to_vec())
    }

    /// Whether its value is known by another name: `a>b>c` shares the value of `a>b`, `a>base` that of `a`. The library
    /// files its timeout under that name, and its marks under its own.
    pub fn is_cut(&self) -> bool {
        self.value_name().len() < self.0.len()
    }

    fn value_name(&self) -> &[u8] {
        value_name(&self.0)
    }
}

/// Base and field of a key's bytes (with or without the prefix in front).
pub fn split(key: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = key.splitn(3, |byte| *byte == b'>');
    let base = parts.next().unwrap_or_default();
    (base, parts.next().unwrap_or(BASE_FIELD))
}

/// The name that the value of a key is known by (with or without the prefix in front). It is as [`LogicalKey::at`] the base
/// and field, which every key begins with.
pub(super) fn value_name(key: &[u8]) -> &[u8] {
    let (base, field) = split(key);
    let end = if field == BASE_FIELD { base.len() } else { base.len() + 1 + field.len() };
    &key[..end]
}

impl From<&str> for LogicalKey {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for LogicalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::escape(&self.0))
    }
}

impl fmt::Debug for LogicalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogicalKey({self})")
    }
}
