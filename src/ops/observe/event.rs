//! What happened to a key, one by one.

use std::str::FromStr;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A call found a value.
    Hit,
    /// A call found no value and computed one.
    Miss,
    /// A call was served by another's computation.
    Wait,
    /// A call took a mark, or found the timeout passed, and recomputed.
    Refresh,
    /// A value was stored.
    Stored,
    /// Somebody marked the key.
    Marked,
    /// Somebody deleted the value.
    Deleted,
    /// The timeout had passed: a reader found that, or a purge.
    Expired,
}

impl EventKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Hit,
        Self::Miss,
        Self::Wait,
        Self::Refresh,
        Self::Stored,
        Self::Marked,
        Self::Deleted,
        Self::Expired,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Wait => "wait",
            Self::Refresh => "refresh",
            Self::Stored => "stored",
            Self::Marked => "marked",
            Self::Deleted => "deleted",
            Self::Expired => "expired",
        }
    }

    /// Whether it is what became of a call.
    pub(super) fn is_call(self) -> bool {
        matches!(self, Self::Hit | Self::Miss | Self::Wait | Self::Refresh)
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        kind.ok_or_else(|| format!("'{text}' is no kind of event"))
    }
}

/// Something that happened to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, by the server's clock, in microseconds since the epoch: the time of the command that began it.
    pub at: u64,
    /// What.
    pub kind: EventKind,
    /// The logical key; of a whole hash that was deleted, its base.
    pub key: Vec<u8>,
    /// The key's tag, where it is known by then.
    pub tag: Option<Vec<u8>>,
    /// The address of the client as MONITOR tells it; over a Unix socket it is the same for every client.
    pub client: Vec<u8>,
    /// Of a value that was stored: how long its computation took, in microseconds, where it was seen from its beginning.
    pub elapsed: Option<u64>,
}
