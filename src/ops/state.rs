//! The state of a logical key, asked for many keys in one round trip.

use super::marks::{MarkFinder, ask_members, read_members};
use crate::cache::Clock;
use crate::client::command;
use crate::client::{Conn, Pipe, Replies};
use crate::error::Result;
use crate::namespace::{BASE_FIELD, LogicalKey, Namespace};
use std::fmt;
use std::str::FromStr;

/// What a logical key is right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyState {
    /// A value is there and valid.
    Live,
    /// Its timeout has passed; the next reader recomputes.
    Expired,
    /// It is marked: the next reader recomputes, the others meanwhile get the stale value.
    Pending,
    /// Some worker says it computes it.
    Computing,
    /// Something names it, but no value is there.
    Missing,
}

impl KeyState {
    /// All states, in the order they are documented.
    pub const ALL: [Self; 5] = [Self::Live, Self::Expired, Self::Pending, Self::Computing, Self::Missing];

    /// The name in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Pending => "pending",
            Self::Computing => "computing",
            Self::Missing => "missing",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| format!("'{text}' is not a state: live, expired, pending, computing or missing"))
    }
}

/// When a value expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttl {
    /// Seconds left; negative once it has expired.
    pub seconds: i64,
    /// True epoch seconds.
    pub expires_at: i64,
}

/// What the server says about one key beside its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub(super) marked: bool,
    /// As [`Mark::may_be_pending`](crate::namespace::Mark::may_be_pending), or a worker of this crate has taken the mark.
    pub(super) may_be_marked: bool,
    pub(super) computing: bool,
    pub(super) ttl: Option<Ttl>,
}

impl Facts {
    /// Whether the value may be one that was invalidated: 0.1.1 takes the mark of a key before it computes it.
    pub(super) fn may_be_stale(self) -> bool {
        self.may_be_marked || self.computing
    }

    /// Adds the mark and the computation of another key with the same value.
    pub(super) fn take_over(&mut self, other: Self) {
        self.marked |= other.marked;
        self.may_be_marked |= other.may_be_marked;
        self.computing |= other.computing;
    }

    pub(super) fn state(self, has_value: bool) -> KeyState {
        match self {
            Self { computing: true, .. } => KeyState::Computing,
            _ if !has_value => KeyState::Missing,
            Self { marked: true, .. } => KeyState::Pending,
            Self { ttl: Some(ttl), .. } if ttl.seconds <= 0 => KeyState::Expired,
            _ => KeyState::Live,
        }
    }
}

/// Asks for the facts of a batch of members.
#[derive(Debug, Clone)]
pub(super) struct FactFinder {
    ns: Namespace,
    clock: Clock,
    many: bool,
    /// Whether the names lie on several servers, which nothing but an answer keeps in order.
    cross_slot: bool,
    marks: MarkFinder,
    progress: Vec<Vec<u8>>,
    /// Whether a lease makes a key one that may be marked: it may stand when the key is not in progress any more, as a
    /// worker of the library has computed it, too.
    pub(super) asks_leases: bool,
}

impl FactFinder {
    pub(super) fn new(ns: &Namespace, clock: Clock, conn: &Conn) -> Self {
        let (marks, progress) = (MarkFinder::new(ns, conn), ns.progress_sets());
        let (many, cross_slot) = (conn.at_least(6, 2), conn.is_cross_slot(ns));
        Self { ns: ns.clone(), clock, many, cross_slot, marks, progress, asks_leases: false }
    }

    /// Queues the questions about a batch; [`FactFinder::read`] takes the answers. Whatever passes from one place to the next
    /// is asked for in that order, so that it is seen in one of them: an entry that is swept becomes a mark, a mark that is
    /// taken a computation, and that a value, which is asked for behind all these ([`FactFinder::then`]).
    pub(super) fn queue<'k>(&self, keys: impl Iterator<Item = &'k LogicalKey> + Clone, pipe: &mut Pipe) {
        let members: Vec<_> = keys.clone().map(|key| self.ns.member(key)).collect();
        if members.is_empty() {
            return;
        }
        for (key, member) in keys.zip(&members) {
            let bucket = self.ns.bucket(key.base());
            match self.ns.location(member) {
                // Most names are whole in their bucket too: hash, `>`, field.
                Some((hash, field))
                    if hash.len() + 1 + field.len() == member.len() && field != BASE_FIELD =>
                {
                    pipe.push(command::ZSCORE, &[&bucket, member]);
                }
                _ => pipe.push(command::ZSCORE, &[&bucket, &self.ns.bucket_member(key)]),
            }
        }
        self.then(pipe);
        let named: Vec<_> = members.iter().map(Vec::as_slice).collect();
        if self.asks_leases {
            // Whoever gives up a lease may put the mark back.
            let leases = self.ns.leases();
            named.iter().for_each(|member| pipe.push(command::ZSCORE, &[&leases, member]));
        }
        self.marks.queue(&named, pipe);
        self.progress.iter().for_each(|set| ask_members(self.many, set, &named, pipe));
    }

    /// What is queued from here on is asked for later than what was queued before.
    pub(super) fn then(&self, pipe: &mut Pipe) {
        if self.cross_slot {
            pipe.barrier();
        }
    }

    /// Reads the facts of as many keys as were queued. `not_sets` gets the names of bookkeeping of another type.
    pub(super) fn read(
        &self,
        keys: usize,
        replies: &mut Replies,
        not_sets: &mut Vec<Vec<u8>>,
    ) -> Result<Vec<Facts>> {
        if keys == 0 {
            return Ok(Vec::new());
        }
        let mut ttls = Vec::with_capacity(keys);
        for _ in 0..keys {
            let reply = replies.one()?;
            let score = if reply.is_wrong_type() { None } else { reply.score()? };
            ttls.push(score.map(|score| Ttl {
                seconds: self.clock.seconds_left(score),
                expires_at: self.clock.expires_at(score),
            }));
        }
        let mut leased = vec![false; keys];
        if self.asks_leases {
            for leased in &mut leased {
                let reply = replies.one()?;
                *leased = !reply.is_wrong_type() && reply.score()?.is_some();
            }
        }
        let marks = self.marks.read(keys, replies, not_sets)?;
        let mut computing = vec![false; keys];
        for _ in &self.progress {
            let held = read_members(self.many, keys, replies, not_sets)?;
            computing.iter_mut().zip(held).for_each(|(computing, held)| *computing |= held);
        }
        let held = marks.into_iter().zip(leased).zip(computing);
        let facts = held.zip(ttls).map(|(((mark, leased), computing), ttl)| {
            let may_be_marked = mark.may_be_pending() || leased;
            Facts { marked: mark.is_pending(), may_be_marked, computing, ttl }
        });
        Ok(facts.collect())
    }
}
