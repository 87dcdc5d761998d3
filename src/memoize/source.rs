//! Sources of invalidations: whatever learns that data changed tells the cache.

use super::core::Core;
use super::invalidate::{Invalidate, invalidate};
use crate::error::{Error, Result};
use crate::ops::InvalidationReport;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What another try cannot change is tried so often: a script that others just loaded again, a right just given back.
const TRIES: u32 = 3;

/// A handle with which a source invalidates. Cheap to clone; keeps the cache alive.
#[derive(Clone)]
pub struct Invalidator(Arc<Core>);

impl Invalidator {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self(core)
    }

    /// Invalidates, once. Blocks for as long as Redis takes, at most the timeouts.
    ///
    /// # Errors
    /// Those of Redis: nothing, or only part of it, may be invalidated then. So it is where the report is not
    /// [`complete`](InvalidationReport::complete).
    pub fn invalidate(&self, what: &Invalidate) -> Result<InvalidationReport> {
        invalidate(&self.0, what, 0)
    }

    /// Invalidates, and tries again while that may help, ever more slowly, up to every 5 s: while Redis is away,
    /// starts, is full, has lost its primary, or where the report is not
    /// [`complete`](InvalidationReport::complete). Each failure is reported as the cache reports failures. What another
    /// try cannot change (a right that is missing, a key of another type, a bad pattern) is reported, tried a few
    /// times in case somebody is mending it, and dropped: false, and it may be invalidated in part or not at all.
    ///
    /// Blocks meanwhile.
    pub fn invalidate_with_retry(&self, what: &Invalidate) -> bool {
        let (mut pause, mut lasting) = (FIRST_PAUSE, 0);
        while let Err(error) = self.invalidate(what).and_then(completed) {
            self.0.report(&error);
            if !error.may_pass() {
                lasting += 1;
                if lasting == TRIES || matches!(error, Error::Glob { .. }) {
                    return false;
                }
            }
            thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        true
    }
}

/// What was not completed is a failure.
fn completed(report: InvalidationReport) -> Result<()> {
    if report.complete {
        return Ok(());
    }
    let keys: Vec<_> = report.not_sets.into_iter().chain(report.not_hashes).collect();
    Err(if keys.is_empty() { Error::Unsure } else { Error::WrongType { keys } })
}

/// Something that learns of changes: a channel, a signal handler, a database's change feed.
///
/// `connect` is called once, and must come back soon: it starts whatever passes events on.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
/// use cacheme::memoize::{Invalidate, InvalidationSource, Invalidator, Settings, sync::Cache};
/// use std::time::Duration;
///
/// /// Every hour, on the hour's turn.
/// struct Hourly(&'static str);
///
/// impl InvalidationSource for Hourly {
///     fn connect(self, cache: Invalidator) {
///         std::thread::spawn(move || {
///             loop {
///                 std::thread::sleep(Duration::from_secs(3600));
///                 cache.invalidate_with_retry(&Invalidate::tag(self.0));
///             }
///         });
///     }
/// }
///
/// # fn main() -> cacheme::Result<()> {
/// # let redis = Redis::start();
/// let settings = Settings::from_env()?;
/// # let settings = settings.url(redis.url());
/// let cache = Cache::open(settings)?;
/// # let get = cache.memoize("get_owner", |(): &()| "Book:100>owner".into(), |(): &()| 200);
/// # let get = get.invalid_keys(|_, id| format!("User:{id}")).build();
/// # get.call(&()).unwrap();
/// cache.connect(Hourly("get_owner"));
///
/// // A channel is a source already.
/// let (changed, source) = std::sync::mpsc::channel();
/// cache.connect(source);
/// changed.send(Invalidate::invalid_key("User:200")).unwrap();
/// # while get.counts().refreshes == 0 {
/// #     get.call(&()).unwrap();
/// # }
/// # Ok(())
/// # }
/// ```
pub trait InvalidationSource {
    /// Starts passing events on to the cache.
    fn connect(self, cache: Invalidator);
}

/// A thread passes on what the channel brings, until its senders are gone. While Redis is away, events wait in the
/// channel; what can never be done is reported and makes room for the next ([`Invalidator::invalidate_with_retry`]).
impl InvalidationSource for Receiver<Invalidate> {
    fn connect(self, cache: Invalidator) {
        thread::spawn(move || {
            for what in self {
                cache.invalidate_with_retry(&what);
            }
        });
    }
}

/// As the channel of the standard library.
#[cfg(feature = "tokio")]
impl InvalidationSource for tokio::sync::mpsc::Receiver<Invalidate> {
    fn connect(mut self, cache: Invalidator) {
        thread::spawn(move || {
            while let Some(what) = self.blocking_recv() {
                cache.invalidate_with_retry(&what);
            }
        });
    }
}
