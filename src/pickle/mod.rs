//! What a cached value says: Python pickles, zlib around them or not, read as data and shown as JSON.
//!
//! Cacheme stores what Python's `pickle` writes (protocol 4 from Python 3.8 on, 3 before), and some versions
//! put zlib around it. [`decode`] reads all protocols, 0 to 5, and never runs anything: the classes and
//! functions a pickle names are recorded, not imported. Input is not trusted; every size it could blow up is
//! held by [`Limits`], and what cannot be read is shown raw, with the reason.
//!
//! # The notation
//!
//! | Python | JSON |
//! |---|---|
//! | `None`, `True`, `False` | `null`, `true`, `false` |
//! | `int` of at most 64 bits | `7` |
//! | larger `int` | `{"$int": "18446744073709551616"}`, above 1024 bits in hex: `{"$int": "0x1f…"}` |
//! | `float` | `1.0`, always with a point or exponent |
//! | `nan`, `inf`, `-inf` | `{"$float": "nan"}`, `{"$float": "inf"}`, `{"$float": "-inf"}` |
//! | `str` | `"text"` |
//! | `str` with lone surrogates | `{"$str": "caf\\udce9"}`: each of them `\udXXX`, and a backslash twice: `\\` |
//! | `bytes`, `bytearray` | `{"$bytes": "base64"}`, `{"$bytearray": "base64"}` |
//! | `list` | `[1, 2]` |
//! | `tuple`, `set`, `frozenset` | `{"$tuple": [1, 2]}`, `{"$set": […]}`, `{"$frozenset": […]}` |
//! | `dict`, all keys `str` and none beginning with `$` | `{"key": 1}`, in order |
//! | any other `dict` | `{"$dict": [[1, "one"], [2, "two"]]}` |
//! | `datetime`, `date`, `time` | `{"$datetime": "2026-11-22T10:00:00.000001+01:00"}`, `{"$date": "2026-11-22"}`, `{"$time": "10:00:00"}`, as `isoformat()`; `"fold": 1` beside it if set |
//! | `timedelta` | `{"$timedelta": "-1 day, 23:59:59.000001"}`, as `str()` |
//! | `Decimal`, `UUID` | `{"$decimal": "1.10"}`, `{"$uuid": "12345678-…"}` |
//! | an instance | `{"$object": "app.Book", "state": {"title": "Dune"}}` |
//! | an instance with `__slots__` | `{"$object": "app.Point", "slots": {"x": 1}}` |
//! | an instance made by a call | `{"$object": "app.Color", "args": [1]}`, or `"kwargs": {…}` |
//! | an instance filled as a container | `{"$object": "collections.OrderedDict", "items": {"a": 1}}` |
//! | a class or function itself | `{"$global": "builtins.len"}`, nested ones, and what else is asked of a class, `"app:Outer.Inner"` |
//! | a value inside itself | `{"$ref": 0}`: the enclosing value at that level, 0 the outermost |
//!
//! Except for what is not shown (below), two different values never read the same, and the notation can be
//! turned back. Identity is not part of it: a list held twice is shown twice. A level of `$ref` is one Python
//! value; the `args`, `items` or `state` of an instance belong to its level. A pickle that would run a
//! command reads `{"$object": "posix.system", "args": ["…"]}`, and nothing runs.
//!
//! # What is not shown
//!
//! Of an instance one thing is shown: its items, else its state, else its arguments. So
//! a `defaultdict` with entries does not show its factory, nor a `deque` its `maxlen`; an exception or a
//! subclass of `str` with attributes of its own shows the attributes alone, and a `list` or `dict` subclass
//! its items alone. A state that is one instance cannot be told from a tuple of that instance, nor, in
//! protocols 0 and 1, a tuple subclass from a call with one tuple.
//!
//! Shown raw, because it is not read at all: what calls anything but a class or function, such as a bound method of
//! an instance.

mod error;
mod imports;
mod inflate;
mod int;
mod machine;
mod notation;
mod opcode;
mod read;
mod stdlib;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod unfold;
mod write;

use serde_json::Value;

pub use error::{DecodeError, EncodeError};
pub(crate) use inflate::inflate;
pub use int::{BigInt, NotAnInteger};
pub use tree::{Form, Global, PyObject, PyValue};

/// The deepest nesting of containers that is read or written, whatever [`Limits::depth`] says.
///
/// JSON spends up to three levels on one of Python's, and is written and dropped by recursion: this much fits
/// the 2 MiB stack of a thread.
pub const MAX_DEPTH: usize = 500;

/// How much a value may take to read. What exceeds a limit is shown raw.
///
/// ```
/// use cacheme::pickle::{decode, Limits};
///
/// let limits = Limits { depth: 1, ..Limits::default() };
/// let nested = decode(b"\x80\x04]]a.", &limits); // [[]]
/// assert_eq!(nested.reason.as_deref(), Some("nested deeper than 1 levels"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the value as stored. Default 64 MiB.
    pub input: usize,
    /// Bytes zlib data may inflate to. Default 64 MiB.
    pub inflated: usize,
    /// Values in the tree, a value that appears twice counted twice. Default 1,000,000.
    pub nodes: usize,
    /// Bytes of text, bytes and class names in the tree, repeated ones counted each time. Default 64 MiB.
    pub output: usize,
    /// Containers within each other, at most [`MAX_DEPTH`]. Default 200.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { input: 64 << 20, inflated: 64 << 20, nodes: 1_000_000, output: 64 << 20, depth: 200 }
    }
}

/// How a value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// A pickle.
    Pickle,
    /// A pickle in zlib data.
    PickleZlib,
    /// Anything else, or a pickle that was not read.
    Raw,
}

impl Encoding {
    /// How a stored value is encoded, and of a raw one why it was not read: what [`decode`] says, without its notation.
    pub fn of(bytes: &[u8], limits: &Limits) -> (Self, Option<String>) {
        match decode_py(bytes, limits) {
            Ok(_) => (Self::of_pickle(bytes), None),
            Err(reason) => (Self::Raw, Some(reason.to_string())),
        }
    }

    fn of_pickle(bytes: &[u8]) -> Self {
        if inflate::is_zlib(bytes) { Self::PickleZlib } else { Self::Pickle }
    }

    /// The name of the encoding: `pickle`, `pickle+zlib` or `raw`.
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Pickle => "pickle",
            Encoding::PickleZlib => "pickle+zlib",
            Encoding::Raw => "raw",
        }
    }
}

/// A stored value made readable.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// How it is stored.
    pub encoding: Encoding,
    /// What it says, in the [notation](self). A raw value is complete: a JSON string if its bytes are UTF-8,
    /// `{"$bytes": "base64"}` if not.
    pub value: Value,
    /// Why a raw value was not read.
    pub reason: Option<String>,
}

/// Reads a stored value as JSON; never fails, never panics.
///
/// ```
/// use cacheme::pickle::{decode, Encoding, Limits};
/// use serde_json::json;
///
/// let decoded = decode(b"\x80\x04K\x01\x8c\x01a\x86.", &Limits::default());
/// assert_eq!(decoded.encoding, Encoding::Pickle);
/// assert_eq!(decoded.value, json!({"$tuple": [1, "a"]}));
///
/// let decoded = decode(b"\x80\x04K", &Limits::default());
/// assert_eq!(decoded.encoding.as_str(), "raw");
/// assert_eq!(decoded.value, json!({"$bytes": "gARL"}));
/// let reason = "truncated pickle: unexpected end of input at byte 3";
/// assert_eq!(decoded.reason.as_deref(), Some(reason));
/// ```
pub fn decode(bytes: &[u8], limits: &Limits) -> Decoded {
    match decode_py(bytes, limits) {
        Ok(value) => Decoded { encoding: Encoding::of_pickle(bytes), value: value.into_json(), reason: None },
        Err(reason) => Decoded {
            encoding: Encoding::Raw,
            value: match std::str::from_utf8(bytes) {
                Ok(text) => Value::from(text),
                Err(_) => notation::base64("$bytes", bytes),
            },
            reason: Some(reason.to_string()),
        },
    }
}

/// Whether Python might read a stored value, be it one that [`decode`] does not: `false` only where it is certain that
/// the library raises. Nothing and what begins like zlib data counts as readable.
///
/// ```
/// use cacheme::pickle::may_be_read_by_python;
///
/// assert!(may_be_read_by_python(b"N.B. Python reads this as None"));
/// assert!(!may_be_read_by_python(b"\x80\x04K"));
/// ```
pub fn may_be_read_by_python(bytes: &[u8]) -> bool {
    bytes.is_empty() || inflate::is_zlib(bytes) || opcode::reaches_stop(bytes)
}

/// Reads a stored value as Python's.
///
/// # Errors
///
/// Fails for what is no pickle (in zlib data or bare), is cut short or broken, needs the program that wrote
/// it, or exceeds a limit.
///
/// ```
/// use cacheme::pickle::{decode_py, DecodeError, Limits, PyValue};
///
/// assert_eq!(decode_py(b"\x80\x04N.", &Limits::default()), Ok(PyValue::None));
/// let error = decode_py(b"plain text", &Limits::default()).unwrap_err();
/// assert!(matches!(error, DecodeError::NotPickle { .. }));
/// ```
pub fn decode_py(bytes: &[u8], limits: &Limits) -> Result<PyValue, DecodeError> {
    if bytes.len() > limits.input {
        return Err(DecodeError::TooLarge { limit: limits.input });
    }
    if !inflate::is_zlib(bytes) {
        return read::read(bytes, limits);
    }
    let inflated = inflate::inflate(bytes, limits.inflated)?;
    read::read(&inflated, limits).map_err(|err| DecodeError::Inflated(Box::new(err)))
}
