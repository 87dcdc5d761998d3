//! The timeouts that functions store with, recorded beside their counters. An entry of a TTL bucket says when a value expires:
//! whoever knows the timeout knows when the value was stored.
//!
//! `P` + `meta:timeouts` is a hash with a field `tag:seconds` for each timeout of each tag (the seconds are behind the last
//! colon), which holds the epoch second when it was last in use. It does not expire, and no reset takes it away: without a
//! timeout that was in use before, values that were stored with it would seem to be older or newer than they are.

use crate::cache::Writer;
use crate::client::{Pipe, command};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A number that changes with each computation of a function.
pub(super) type Computed = Box<dyn Fn() -> u64 + Send + Sync>;

/// The timeouts of the functions in this process.
#[derive(Default)]
pub(super) struct TimeoutsInUse(Mutex<Vec<Arc<TimeoutInUse>>>);

/// The timeout of one function.
pub(super) struct TimeoutInUse {
    field: Vec<u8>,
    computed: Computed,
    /// What that was when it was last recorded.
    recorded: AtomicU64,
}

/// A timeout that is to be recorded, and what has been computed by now.
pub(super) type Use = (Arc<TimeoutInUse>, u64);

impl TimeoutsInUse {
    /// Timeouts of more than a century are left out: scores are doubles.
    pub(super) fn adopt(&self, tag: &[u8], timeout: Duration, computed: Computed) {
        let Ok(seconds) = u32::try_from(timeout.as_secs()) else { return };
        let field = [tag, b":", seconds.to_string().as_bytes()].concat();
        let one = TimeoutInUse { field, computed, recorded: AtomicU64::new(0) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(one));
    }

    /// Those of functions that have computed since they were last recorded.
    pub(super) fn unrecorded(&self) -> Vec<Use> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let computed = all.iter().map(|it| (Arc::clone(it), (it.computed)()));
        computed.filter(|(it, computed)| *computed != it.recorded.load(Relaxed)).collect()
    }

    /// Notes that they stand in Redis.
    pub(super) fn are_recorded(uses: &[Use]) {
        uses.iter().for_each(|(it, computed)| it.recorded.store(*computed, Relaxed));
    }
}

impl Writer {
    /// Records that timeouts are in use: one command, and none where there are none.
    pub(super) fn record_timeouts(&self, uses: &[Use], pipe: &mut Pipe) {
        if uses.is_empty() || self.is_dry_run() {
            return;
        }
        let now = super::seconds_now().to_string();
        let key = self.ns().timeouts();
        let fields: BTreeSet<_> = uses.iter().map(|(it, _)| &it.field[..]).collect();
        let mut args = vec![&key[..]];
        args.extend(fields.into_iter().flat_map(|field| [field, now.as_bytes()]));
        pipe.push(command::HSET, &args);
    }
}
