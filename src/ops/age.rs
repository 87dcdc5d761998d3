//! How old values are: when they were stored, and how long nobody has used them.

use super::state::{Facts, Ttl};
use super::{KeyDetail, KeyState};
use crate::cache::{RecordedTimeouts, Session};
use crate::client::{Pipe, command};
use crate::error::Result;
use crate::namespace::LogicalKey;

/// No claim puts an expired entry off by more seconds than this.
const LONGEST_LEASE: i64 = 3600;

/// For how many seconds nobody has read or written the hash of each key, as the server counts them: by any field, and from its
/// start at the earliest. `None` where the hash is gone and where the server does not tell (its eviction is by LFU, or OBJECT is
/// refused). Ask before anything else: before Redis 7.2 reading the value counts as use.
///
/// # Errors
/// Connection errors.
pub fn idle_seconds(session: &mut Session, keys: &[LogicalKey]) -> Result<Vec<Option<u64>>> {
    let (conn, ns, _) = session.parts();
    let mut pipe = Pipe::new();
    for key in keys {
        pipe.push(command::OBJECT_IDLETIME, &[&ns.values(key.base())]);
    }
    let mut replies = conn.run(&pipe)?;
    keys.iter()
        .map(|_| {
            let reply = replies.one()?;
            if reply.is_refused() {
                conn.do_without_unsaid(
                    "OBJECT IDLETIME",
                    "it is not known how long a value has not been used",
                );
                return Ok(None);
            }
            if reply.is_nil() { Ok(None) } else { reply.count().map(Some) }
        })
        .collect()
}

/// The timeouts that tell when values were stored; none where HGETALL is refused.
///
/// # Errors
/// Connection errors.
pub fn recorded_timeouts(session: &mut Session) -> Result<RecordedTimeouts> {
    let (conn, ns, clock) = session.parts();
    RecordedTimeouts::read(conn, ns, clock.now())
}

impl KeyDetail {
    /// When the value was stored, in true epoch seconds; `None` where that is not known: it has no timeout, its tags are not of
    /// Rust workers that record, it may have been stored with one of several timeouts or by another name, as the library cuts this
    /// one, or it is marked or being computed with an hour or less left.
    pub fn stored_at(&self, timeouts: &RecordedTimeouts) -> Option<i64> {
        let row = &self.row;
        let ttl = row.ttl.filter(|_| self.complete && row.size.is_some() && !row.key.is_cut())?;
        if may_be_put_off(ttl, row.marked || row.state == KeyState::Computing) {
            return None;
        }
        timeouts.stored_at(self.tags.iter().map(Vec::as_slice), ttl.expires_at)
    }
}

/// A claim of an expired value puts its entry off, and a worker that dies leaves it so with the mark: then it does not tell
/// when the value was stored.
fn may_be_put_off(ttl: Ttl, is_claimed: bool) -> bool {
    is_claimed && ttl.seconds <= LONGEST_LEASE
}

/// How old the members of an index are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ages {
    /// The least seconds left of those with a timeout; negative once expired.
    pub ttl_min: Option<i64>,
    /// The most.
    pub ttl_max: Option<i64>,
    stored: Stored,
}

/// When the values with a timeout were stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stored {
    #[default]
    Nothing,
    Between(i64, i64),
    /// Of one of them it is not known.
    Unknown,
}

impl Ages {
    /// When the oldest of the values with a timeout was stored, in true epoch seconds; `None` where that is not known of each of
    /// them, as by [`KeyDetail::stored_at`].
    pub fn oldest_at(&self) -> Option<i64> {
        self.stored().map(|(oldest, _)| oldest)
    }

    /// When the newest was.
    pub fn newest_at(&self) -> Option<i64> {
        self.stored().map(|(_, newest)| newest)
    }

    fn stored(&self) -> Option<(i64, i64)> {
        if let Stored::Between(oldest, newest) = self.stored { Some((oldest, newest)) } else { None }
    }

    /// Adds a member; `tag` has the timeouts of its tag, where it was found by one that may tell when it was stored.
    pub(super) fn add(&mut self, facts: Facts, has_value: bool, tag: Option<(&[u8], &RecordedTimeouts)>) {
        let Some(ttl) = facts.ttl else { return };
        self.ttl_min = Some(self.ttl_min.map_or(ttl.seconds, |least| least.min(ttl.seconds)));
        self.ttl_max = Some(self.ttl_max.map_or(ttl.seconds, |most| most.max(ttl.seconds)));
        if !has_value {
            return;
        }
        let tag = tag.filter(|_| !may_be_put_off(ttl, facts.marked || facts.computing));
        let stored_at =
            tag.and_then(|(name, timeouts)| timeouts.stored_at(std::iter::once(name), ttl.expires_at));
        self.stored = match (self.stored, stored_at) {
            (Stored::Unknown, _) | (_, None) => Stored::Unknown,
            (Stored::Nothing, Some(at)) => Stored::Between(at, at),
            (Stored::Between(oldest, newest), Some(at)) => Stored::Between(oldest.min(at), newest.max(at)),
        };
    }
}
