//! Why a value could not be read or written.

use thiserror::Error;

/// Why bytes could not be read as a pickle.
///
/// The message is the `reason` shown beside a raw value: it says what is wrong and where, not what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes do not begin like a pickle of protocol 2 to 5 and do not run as an older one.
    #[error("not a pickle: {message} at byte {offset}")]
    NotPickle {
        /// What stopped the reading.
        message: String,
        /// Where, in bytes from the start.
        offset: usize,
    },
    /// The pickle ends before its end.
    #[error("truncated pickle: unexpected end of input at byte {offset}")]
    Truncated {
        /// Where the input ends, in bytes from the start.
        offset: usize,
    },
    /// The pickle breaks the rules of its format, or holds text that is no Unicode.
    #[error("broken pickle: {message} at byte {offset}")]
    Broken {
        /// What is wrong.
        message: String,
        /// Where, in bytes from the start.
        offset: usize,
    },
    /// The pickle needs help from the program that wrote it.
    #[error("unsupported pickle: {message} at byte {offset}")]
    Unsupported {
        /// What is needed.
        message: String,
        /// Where, in bytes from the start.
        offset: usize,
    },
    /// There are no bytes.
    #[error("empty value")]
    Empty,
    /// The input is larger than [`Limits::input`](super::Limits::input).
    #[error("larger than {} to read", size(*limit))]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Containers are nested deeper than [`Limits::depth`](super::Limits::depth).
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The limit in levels.
        limit: usize,
    },
    /// The pickle makes more values than [`Limits::nodes`](super::Limits::nodes), repeated ones counted each
    /// time.
    #[error("holds more than {limit} values")]
    TooManyValues {
        /// The limit in values.
        limit: usize,
    },
    /// The text and bytes in the value exceed [`Limits::output`](super::Limits::output), repeated ones
    /// counted each time.
    #[error("expands to more than {}", size(*limit))]
    ExpandsTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The pickle is built to use up memory or time.
    #[error("would take too much memory or time: {message} at byte {offset}")]
    Bomb {
        /// What it does.
        message: String,
        /// Where, in bytes from the start.
        offset: usize,
    },
    /// The zlib data is broken.
    #[error("corrupt zlib data: {message}")]
    Zlib {
        /// What is wrong.
        message: String,
    },
    /// The zlib data inflates to more than [`Limits::inflated`](super::Limits::inflated).
    #[error("inflates to more than {}", size(*limit))]
    InflatesTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The zlib data is sound, but what it holds is not.
    #[error("inflated zlib data: {0}")]
    Inflated(Box<DecodeError>),
}

/// Why a value could not be written as a pickle.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A key of a `dict` or member of a `set` that Python cannot hash.
    #[error("a {kind} cannot be the key of a dict or a member of a set")]
    Unhashable {
        /// The Python type.
        kind: &'static str,
    },
    /// The value refers to a value that contains it.
    #[error("a value that contains itself cannot be written")]
    Cycle,
    /// Containers are nested too deep to be read back.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The limit in levels.
        limit: usize,
    },
}

/// Limits are set in whole units; a limit that is not is better told exactly than rounded.
fn size(bytes: usize) -> String {
    const MIB: usize = 1 << 20;
    if bytes >= MIB && bytes.is_multiple_of(MIB) {
        format!("{} MiB", bytes / MIB)
    } else {
        format!("{bytes} bytes")
    }
}
