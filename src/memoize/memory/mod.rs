//! A namespace in this process, in place of one on Redis, for tests of code that caches. It answers what
//! [`Core`](super::core::Core) asks of Redis, and knows nothing of calls.

mod invalidate;
mod state;

use super::computation::lock;
use super::protocol::{ClaimReply, ClaimRequest, Entry, Lease, Look, Names, Read, StoreOutcome};
use crate::error::{Error, Result};
use crate::namespace::{Layout, LogicalKey, Namespace};
use crate::ops::{Action, IndexKind, InvalidationReport, Selector};
use state::State;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The namespace of one cache.
pub(crate) struct Memory(Mutex<State>);

impl Memory {
    /// An empty one, whose clock stands at the second that has begun.
    pub(crate) fn new(ns: &Namespace) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Duration::from_secs(now.as_secs());
        Self(Mutex::new(State::new(ns.with_layout(Layout::Meta), now)))
    }

    /// Its time, since 1970: it passes by [`Memory::advance`] alone.
    pub(crate) fn now(&self) -> Duration {
        lock(&self.0).now
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut state = lock(&self.0);
        state.now = state.now.saturating_add(by);
    }

    pub(crate) fn read(&self, names: &Names, look: Look) -> Result<Read> {
        lock(&self.0).read(names, look)
    }

    pub(crate) fn claim(&self, names: &Names, want: &ClaimRequest) -> Result<ClaimReply> {
        lock(&self.0).claim(names, want)
    }

    pub(crate) fn store(&self, names: &Names, lease: &Lease, entry: &Entry) -> Result<StoreOutcome> {
        lock(&self.0).store(names, lease, entry)
    }

    /// Whether the claim still stood.
    pub(crate) fn give_back(&self, names: &Names, lease: &Lease) -> bool {
        lock(&self.0).give_back(names, lease)
    }

    pub(crate) fn invalidate(
        &self,
        selectors: &[Selector],
        action: Option<Action>,
    ) -> Result<InvalidationReport> {
        lock(&self.0).invalidate(selectors, action)
    }

    /// The keys of a tag.
    pub(crate) fn keys_of_tag(&self, tag: &str) -> Result<BTreeSet<LogicalKey>> {
        let state = lock(&self.0);
        let set = IndexKind::Tag.set(&state.ns, tag.as_bytes())?;
        match state.members(&set) {
            Some(members) => Ok(members.iter().filter_map(|it| state.ns.key_of_member(it)).collect()),
            None => Err(Error::WrongType { keys: vec![set] }),
        }
    }
}
