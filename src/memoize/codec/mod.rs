//! How results become the bytes in Redis, and back.

mod de;
mod ser;
#[cfg(test)]
mod tests;

use crate::pickle::{DecodeError, EncodeError, Limits, MAX_DEPTH, PyValue, decode_py};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// Writes and reads the results of one function.
///
/// [`Pickle`] is the one Python shares; another codec makes sense only where no Python worker reads the values.
///
/// ```
/// use cacheme::memoize::{Codec, CodecError};
///
/// struct Text;
///
/// impl Codec<String> for Text {
///     fn encode(&self, value: &String) -> Result<Vec<u8>, CodecError> {
///         Ok(value.clone().into_bytes())
///     }
///     fn decode(&self, bytes: &[u8]) -> Result<String, CodecError> {
///         String::from_utf8(bytes.to_vec()).map_err(CodecError::new)
///     }
/// }
/// # assert_eq!(Text.decode(&Text.encode(&"é".to_owned()).unwrap()).unwrap(), "é");
/// ```
pub trait Codec<T>: Send + Sync {
    /// The bytes to store. The library never stores none at all, so an empty result is no value.
    ///
    /// # Errors
    /// Where the value cannot be stored: the caller gets it all the same, and nothing is written.
    fn encode(&self, value: &T) -> Result<Vec<u8>, CodecError>;

    /// The value that bytes stand for.
    ///
    /// # Errors
    /// Where they stand for none: the call takes that as a miss and computes.
    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError>;
}

/// Why a value could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodecError(String);

impl CodecError {
    /// An error by its reason.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CodecError {}

impl From<DecodeError> for CodecError {
    fn from(error: DecodeError) -> Self {
        Self::new(error)
    }
}

impl From<EncodeError> for CodecError {
    fn from(error: EncodeError) -> Self {
        Self::new(error)
    }
}

/// Python's pickles, through serde.
///
/// | Rust | Python |
/// |---|---|
/// | `None`, `()`, a unit struct | `None` |
/// | `bool`, integers up to 128 bits, floats | `bool`, `int`, `float` |
/// | `&str`, `String`, `char` | `str` |
/// | bytes (`serde_bytes`) | `bytes` |
/// | `Vec`, slices, sets | `list` |
/// | arrays, tuples and tuple structs | `tuple` |
/// | maps, structs | `dict` |
/// | an enum's variant: unit, with content | `"Variant"`, `{"Variant": content}` |
///
/// Reading takes more: any of `list`, `tuple`, `set` and `frozenset` for a sequence, `bytes` and `bytearray` for
/// a sequence of numbers, an instance's attributes or a `dict` subclass for a map or struct, and `datetime`, `date`,
/// `time`, `timedelta`, `Decimal` and `UUID` as text in the [notation](crate::pickle). `Some(None)` is
/// written as `None`, and read back as such.
///
/// What it writes it reads, however many items there are: one of a `Vec<u8>` is two bytes in Redis, and some hundred in
/// memory while it is written or read (`serde_bytes` takes one). Containers within each other are
/// [`MAX_DEPTH`](crate::pickle::MAX_DEPTH) at most; a result that is nested deeper is not stored, and reported.
///
/// ```
/// use cacheme::memoize::{Codec, Pickle};
///
/// let value = vec![("one".to_owned(), Some(1_u128 << 100)), ("none".to_owned(), None)];
/// let pickle = Pickle::default().encode(&value).unwrap();
/// let back: Vec<(String, Option<u128>)> = Pickle::default().decode(&pickle).unwrap();
/// assert_eq!(back, value);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Pickle {
    limits: Option<Limits>,
}

impl Pickle {
    /// Reads within these limits, and writes nothing that exceeds them.
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits: Some(limits) }
    }

    /// What is written names nothing twice, so that each value and each byte of text is a byte of its own here. Only what
    /// names values twice, and zlib data, can make more of it.
    fn limits_for(&self, bytes: &[u8]) -> Limits {
        self.limits.unwrap_or_else(|| {
            let least = Limits::default();
            let (nodes, output) = (least.nodes.max(bytes.len()), least.output.max(bytes.len()));
            Limits { input: usize::MAX, nodes, output, depth: MAX_DEPTH, ..least }
        })
    }
}

impl<T: Serialize + DeserializeOwned> Codec<T> for Pickle {
    fn encode(&self, value: &T) -> Result<Vec<u8>, CodecError> {
        let bytes = to_py(value)?.to_pickle()?;
        if let Some(limits) = &self.limits {
            decode_py(&bytes, limits)?;
        }
        Ok(bytes)
    }

    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError> {
        from_py(decode_py(bytes, &self.limits_for(bytes))?)
    }
}

/// What Python would hold for a value.
///
/// # Errors
/// What the value's own `Serialize` refuses.
pub(crate) fn to_py<T: Serialize + ?Sized>(value: &T) -> Result<PyValue, CodecError> {
    value.serialize(ser::ToPy)
}

/// The Rust value of what Python holds.
///
/// # Errors
/// Where the type does not take it.
pub(crate) fn from_py<T: DeserializeOwned>(value: PyValue) -> Result<T, CodecError> {
    T::deserialize(de::FromPy(value))
}

impl serde::ser::Error for CodecError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::new(reason)
    }
}

impl serde::de::Error for CodecError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::new(reason)
    }
}
