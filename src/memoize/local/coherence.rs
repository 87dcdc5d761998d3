//! Which held values may be handed out: what was heard of the server's writes, free of I/O.

use super::super::computation::lock;
use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Release};
use std::time::{Duration, Instant, SystemTime};

/// Writes are counted in so many places, by a hash of the Redis key: 4 MB. Keys that share one drop each other's values: at 10,000
/// writes a second a value is dropped once in two minutes by others'.
const PLACES: usize = 1 << 20;

/// What was heard stands for so long after it was asked whether the server is still there.
pub(super) const TRUST: Duration = Duration::from_millis(300);

/// What the clock of the system shows at the beginning, in nanoseconds: a hundred years.
const WALL_BASE: u64 = 100 * 365 * 86_400 * 1_000_000_000;

pub(crate) struct Coherence {
    base: Instant,
    /// The same moment on the clock of the system, which goes on while the machine is suspended.
    wall_base: SystemTime,
    /// Until when what was heard stands, in nanoseconds since `base`; 0 where it does not.
    trusted_until: AtomicU64,
    /// The same on that clock.
    wall_until: AtomicU64,
    /// Counts what makes all that is held old: a new connection, a flush, marks that were not looked at one by one.
    epoch: AtomicU64,
    writes: Box<[AtomicU32]>,
    hasher: RandomState,
    /// What tells the process of the server whose writes are heard from others.
    server: Mutex<(Box<str>, Instant)>,
    /// Another server is meant by now.
    has_moved: AtomicBool,
    /// It was seen that this one is meant.
    is_confirmed: AtomicBool,
}

/// Who has answered, beside the server that is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    Itself,
    /// Over a connection that is older.
    Former,
    /// Over one that is newer: the address has moved.
    Later,
}

/// When a value was asked for, as far as what was heard tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    epoch: u64,
    place: u32,
    /// It may come round, after four billion writes.
    writes: u32,
}

impl Coherence {
    pub(super) fn new() -> Self {
        Self::of(PLACES)
    }

    pub(super) fn of(places: usize) -> Self {
        Self {
            base: Instant::now(),
            wall_base: SystemTime::now(),
            trusted_until: AtomicU64::new(0),
            wall_until: AtomicU64::new(0),
            epoch: AtomicU64::new(0),
            writes: (0..places).map(|_| AtomicU32::new(0)).collect(),
            hasher: RandomState::new(),
            server: Mutex::new((Box::default(), Instant::now())),
            has_moved: AtomicBool::new(false),
            is_confirmed: AtomicBool::new(true),
        }
    }

    pub(super) fn is_trusted(&self, now: Instant) -> bool {
        self.nanos(now) < self.trusted_until.load(Acquire)
            && !self.has_moved()
            && self.is_confirmed.load(Acquire)
            && self.wall_nanos() < self.wall_until.load(Acquire)
    }

    /// Whether nothing was heard since that makes the value old.
    pub(super) fn admits(&self, version: Version) -> bool {
        self.epoch.load(Acquire) == version.epoch
            && self.writes[version.place as usize].load(Acquire) == version.writes
    }

    /// `None` where nobody listens.
    pub(super) fn version(&self, redis_key: &[u8], now: Instant) -> Option<Version> {
        if !self.is_trusted(now) {
            return None;
        }
        let place = self.place(redis_key);
        let writes = self.writes[place].load(Acquire);
        Some(Version { epoch: self.epoch.load(Acquire), place: place as u32, writes })
    }

    /// What is heard from now on are the writes of this process of a server, over a connection that was made then. To be followed by
    /// [`Self::forget`].
    pub(super) fn listen_to(&self, run_id: &str, since: Instant) {
        let mut server = lock(&self.server);
        *server = (run_id.into(), since);
        self.is_confirmed.store(false, Release);
        self.has_moved.store(false, Release);
    }

    /// The server that is listened to is the one that is meant: until that was seen, nothing is handed out.
    pub(super) fn confirm(&self) {
        self.is_confirmed.store(true, Release);
    }

    pub(super) fn hears(&self, run_id: &str) -> bool {
        *lock(&self.server).0 == *run_id
    }

    /// Whose answer it is that came over a connection which was made then. Where a later one leads to another server, nothing that is
    /// heard stands any more.
    pub(super) fn judge(&self, run_id: &str, since: Instant) -> Answered {
        let server = lock(&self.server);
        match server.0.is_empty() || *server.0 == *run_id {
            true => Answered::Itself,
            false if since <= server.1 => Answered::Former,
            false => {
                self.has_moved.store(true, Release);
                Answered::Later
            }
        }
    }

    pub(super) fn has_moved(&self) -> bool {
        self.has_moved.load(Acquire)
    }

    /// A key was written.
    pub(super) fn written(&self, redis_key: &[u8]) {
        self.writes[self.place(redis_key)].fetch_add(1, Release);
    }

    /// Nothing that is held may be handed out any more.
    pub(super) fn forget(&self) {
        self.epoch.fetch_add(1, Release);
    }

    /// All that was written before `asked` has been heard.
    pub(super) fn trust_since(&self, asked: Instant) {
        let left = (asked + TRUST).saturating_duration_since(Instant::now());
        self.wall_until.store(self.wall_nanos().saturating_add(in_nanos(left)), Release);
        self.trusted_until.store(self.nanos(asked + TRUST), Release);
    }

    /// Something was written of which it is not known yet what.
    pub(super) fn distrust(&self) {
        self.trusted_until.store(0, Release);
    }

    fn nanos(&self, at: Instant) -> u64 {
        in_nanos(at.saturating_duration_since(self.base))
    }

    /// The clock of the system may be set back behind the beginning.
    fn wall_nanos(&self) -> u64 {
        match self.wall_base.elapsed() {
            Ok(since) => WALL_BASE.saturating_add(in_nanos(since)),
            Err(before) => WALL_BASE.saturating_sub(in_nanos(before.duration())),
        }
    }

    fn place(&self, redis_key: &[u8]) -> usize {
        self.hasher.hash_one(redis_key) as usize % self.writes.len()
    }
}

fn in_nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_behind_the_beginning_is_a_clock() {
        let ahead = SystemTime::now() + Duration::from_secs(7200);
        let it = Coherence { wall_base: ahead, ..Coherence::of(64) };
        it.trust_since(Instant::now());
        assert!(it.is_trusted(Instant::now()));
    }
}
