//! What can go wrong, each message naming the key, tag or address it is about.

use crate::text;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// An error of this crate. Whoever waited for the same thing gets the same error.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A URL that names no server this crate can reach.
    #[error("{} is not a usable Redis URL: {reason}", shown_url(url))]
    Url {
        /// The URL, without its password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection could be made.
    #[error("cannot connect to {addr}: {reason}")]
    Connect {
        /// The server's address, without secrets.
        addr: String,
        /// What the system or the server said.
        reason: String,
    },
    /// The server accepted the connection but did not answer in time.
    #[error("{addr} did not answer {command} within {}", seconds(*.after))]
    Timeout {
        /// The server's address.
        addr: String,
        /// The command that was waited for.
        command: String,
        /// How long was waited.
        after: Duration,
    },
    /// The connection broke in the middle of the work.
    #[error("the connection to {addr} was lost during {command}: {reason}")]
    Lost {
        /// The server's address.
        addr: String,
        /// The command in flight.
        command: String,
        /// What the system said.
        reason: String,
    },
    /// Certificates or a key that cannot be used.
    #[error("the certificates for {addr} cannot be used: {reason}")]
    Certificates {
        /// The server's address, without secrets.
        addr: String,
        /// Why.
        reason: String,
    },
    /// No sentinel led to a server of the role that was wanted.
    #[error("{addr} leads to no server: {reason}")]
    NoPrimary {
        /// The sentinels and the service, without secrets.
        addr: String,
        /// What each of them said.
        reason: String,
    },
    /// A write was asked of a replica.
    #[error("{addr} is a replica of {primary}: nothing was written")]
    Replica {
        /// The replica's address.
        addr: String,
        /// Its primary's.
        primary: String,
    },
    /// A write was asked of a cluster that is to be read from its replicas.
    #[error("{addr} is read from its replicas here: nothing was written")]
    ReplicasOnly {
        /// The cluster's address.
        addr: String,
    },
    /// A cache hears no more of what is written.
    #[error("nothing is served from memory, each call asks Redis: {reason}")]
    Untold {
        /// Why not.
        reason: Box<Error>,
    },
    /// The namespace lies on several servers of a cluster, and what was asked for needs it on one.
    #[error("{what} needs the whole namespace in one slot of the cluster: nothing was done")]
    CrossSlot {
        /// What was asked for.
        what: String,
    },
    /// Slots of a cluster kept moving while they were looked through.
    #[error("{addr}: {slots} slots kept moving between servers, so that keys in them may have been missed")]
    Unsettled {
        /// The cluster's address.
        addr: String,
        /// How many.
        slots: usize,
    },
    /// The server refused a command.
    #[error("{addr} refused {command}: {code} {message}")]
    Server {
        /// The server's address.
        addr: String,
        /// The command that was refused.
        command: String,
        /// The error's code, such as `NOPERM` or `LOADING`.
        code: String,
        /// The rest of the server's message.
        message: String,
    },
    /// An answer of a shape the command does not have.
    #[error("{addr} answered {command} with something unexpected: {reply}")]
    Reply {
        /// The server's address.
        addr: String,
        /// The command.
        command: String,
        /// What came, shortened.
        reply: String,
    },
    /// A file of keys could not be read.
    #[error("cannot read the keys in {path}: {source}")]
    Input {
        /// The file.
        path: String,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// What was found could not be handed on.
    #[error("cannot write the output: {0}")]
    Output(#[source] Arc<io::Error>),
    /// A prefix that cannot be one.
    #[error("the prefix '{}' cannot be used: {reason}", text::escape(.prefix))]
    Prefix {
        /// The prefix.
        prefix: Vec<u8>,
        /// Why.
        reason: PrefixError,
    },
    /// A glob that Redis would misread.
    #[error("the pattern '{}' cannot be used: {reason}", text::escape(.glob))]
    Glob {
        /// The glob.
        glob: Vec<u8>,
        /// Why.
        reason: GlobError,
    },
    /// A tag, an invalid key or a key that is called as something else is.
    #[error("'{}' is a reserved name, use another: '{}' {what}", text::escape(.name), text::escape(.redis_key))]
    Reserved {
        /// The name.
        name: Vec<u8>,
        /// The Redis key that would be its set, or the hash of its value.
        redis_key: Vec<u8>,
        /// What that is.
        what: &'static str,
    },
    /// A key, a tag or an invalid key that is too long to be stored under.
    #[error("'{}…' is too long for a key, a tag or an invalid key: {bytes} bytes, {most} at most", text::escape(.begins))]
    TooLong {
        /// Its first bytes.
        begins: Vec<u8>,
        /// How long it is.
        bytes: usize,
        /// How long one may be.
        most: usize,
    },
    /// A setting of the environment that cannot be read.
    #[error("{name} cannot be used: {reason}")]
    Setting {
        /// The variable.
        name: String,
        /// Why.
        reason: String,
    },
    /// Counts of hits and misses that never reached the server.
    #[error("{counted} that were counted under '{}' could not be recorded: {reason}", text::escape(.key))]
    Unrecorded {
        /// How many hits, misses and other events.
        counted: String,
        /// The key of the counters.
        key: Vec<u8>,
        /// What the server or the connection said last.
        reason: String,
    },
    /// Keys that hold another type than the library gives them.
    #[error("{} not of the type that the library expects: left alone", named(.keys))]
    WrongType {
        /// Their names, some of them where they are many.
        keys: Vec<Vec<u8>>,
    },
    /// An invalidation was carried out, and nobody knows whether all of it stays.
    #[error(
        "the invalidation may not be complete: the connection broke meanwhile, or another server has become the \
         primary"
    )]
    Unsure,
    /// A result that cannot be stored.
    #[error("the result for '{key}' cannot be stored: {reason}")]
    Encode {
        /// The key, with its prefix.
        key: String,
        /// Why.
        reason: String,
    },
}

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(Arc::new(error))
    }
}

/// A URL of which nothing may be shown stands for itself.
fn shown_url(url: &str) -> String {
    if url == "…" { "what was given".to_owned() } else { format!("'{url}'") }
}

impl Error {
    /// The server's error code (`NOPERM`, `LOADING`, `READONLY`, …), where the server refused something.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Server { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether a key held another type than the command expects.
    pub(crate) fn is_wrong_type(&self) -> bool {
        self.code() == Some("WRONGTYPE")
    }

    /// Whether the server does not know the command: it is too old, or the command was renamed.
    pub(crate) fn is_unknown_command(&self) -> bool {
        matches!(self, Self::Server { code, message, .. } if code == "ERR" && message.contains("unknown command"))
    }

    /// Whether no server has answered.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Lost { .. } | Self::Timeout { .. } | Self::NoPrimary { .. }
        )
    }

    /// Whether the connection leads nowhere any more: it broke, or its server has handed the data over to another.
    pub(crate) fn leads_nowhere(&self) -> bool {
        matches!(self, Self::Lost { .. }) || self.code().is_some_and(hands_over)
    }

    /// Whether the same may work later though nothing is changed on our side: the server is away, starts, is full, has
    /// lost its primary, or its passwords are being changed. Not so a right that is missing, a key of another type, a
    /// bad pattern.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Lost { .. }
            | Self::NoPrimary { .. }
            | Self::Replica { .. }
            | Self::Unsettled { .. }
            | Self::Reply { .. }
            | Self::Untold { .. }
            | Self::Unsure
            | Self::Unrecorded { .. } => true,
            Self::Server { code, message, .. } => refusal_may_pass(code, message),
            Self::Url { .. }
            | Self::ReplicasOnly { .. }
            | Self::Certificates { .. }
            | Self::CrossSlot { .. }
            | Self::Input { .. }
            | Self::Output(_)
            | Self::Prefix { .. }
            | Self::Glob { .. }
            | Self::Reserved { .. }
            | Self::TooLong { .. }
            | Self::Setting { .. }
            | Self::WrongType { .. }
            | Self::Encode { .. } => false,
        }
    }
}

/// Refusals of a server that has handed the data over to another.
pub(crate) fn hands_over(code: &str) -> bool {
    matches!(code, "READONLY" | "MOVED")
}

fn named(keys: &[Vec<u8>]) -> String {
    let names: Vec<_> = keys.iter().map(|key| format!("'{}'", text::escape(key))).collect();
    format!("{} {}", names.join(", "), if keys.len() == 1 { "is" } else { "are" })
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// Whether what the server refuses may be granted later.
pub(crate) fn refusal_may_pass(code: &str, message: &str) -> bool {
    !matches!(code, "NOPERM" | "WRONGTYPE" | "CROSSSLOT" | "ERR")
        // What the server says of itself with no code of its own, in words that have not changed since 2.6.
        || (code == "ERR" && message.contains("max number of clients"))
}

/// Why a glob was refused. Redis itself would take it and match something nobody meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GlobError {
    /// A `[` that no `]` closes.
    #[error("a '[' is never closed (write '\\[' for the character itself)")]
    UnclosedClass,
    /// A backslash with nothing behind it.
    #[error("it ends in a lone backslash (write '\\\\' for the character itself)")]
    TrailingBackslash,
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
}

/// Why a prefix was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrefixError {
    /// It holds a `>`, at which the library cuts every key.
    #[error("it holds '>', at which the library splits every key")]
    Arrow,
}
