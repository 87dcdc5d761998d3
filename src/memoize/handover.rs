//! The error of what goes on behind a call goes to its caller or, if the caller has left, to the error callback of the cache.

use super::computation::lock;
use super::core::Core;
use crate::error::Error;
use std::sync::{Arc, Mutex};

/// Between a caller and what goes on behind it: either of them may end first.
#[derive(Debug, Default)]
struct Between {
    /// The caller waits no longer.
    is_left: bool,
    /// How it ended, where somebody has to know, until the caller does.
    error: Option<Error>,
    /// It panicked, and the caller does not know.
    panicked: bool,
    /// What the call came to is counted already, with the time it took.
    is_counted: bool,
}

/// The end of what goes on behind a caller.
pub(crate) struct DetachedSide(Arc<Mutex<Between>>);

impl DetachedSide {
    /// It has ended so: the caller hears of it, or where it has left the callback of the cache.
    pub(crate) fn error(&self, core: &Core, error: &Error) {
        let mut between = lock(&self.0);
        if !between.is_left {
            between.error = Some(error.clone());
            return;
        }
        drop(between);
        core.report(error);
    }

    /// It has panicked.
    fn panicked(&self) {
        let mut between = lock(&self.0);
        match between.is_left {
            true => log_panic(),
            false => between.panicked = true,
        }
    }

    /// Whether it counts what the call came to, and not the caller.
    pub(crate) fn counts(&self) -> bool {
        let mut between = lock(&self.0);
        between.is_counted |= !between.is_left;
        between.is_counted
    }
}

/// Where the caller has left, nobody else says so.
fn log_panic() {
    log::error!(target: "cacheme", "a function panicked behind the call that began it");
}

/// Dropped by a panic of what goes on behind a caller, it says so where the caller cannot.
pub(crate) struct LogsPanic(pub(crate) Arc<DetachedSide>);

impl Drop for LogsPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked();
        }
    }
}

/// That of the caller; it leaves as this is dropped.
pub(crate) struct CallerSide<'a>(Arc<Mutex<Between>>, &'a Core);

impl<'a> CallerSide<'a> {
    /// Both ends. `waits`: whether the caller waits at all.
    pub(crate) fn new(core: &'a Core, waits: bool) -> (Self, DetachedSide) {
        let between = Arc::new(Mutex::new(Between { is_left: !waits, ..Between::default() }));
        (Self(Arc::clone(&between), core), DetachedSide(between))
    }

    /// The caller has heard how it ended.
    pub(crate) fn heard(&self) {
        let mut between = lock(&self.0);
        (between.error, between.panicked) = (None, false);
    }

    /// The caller leaves; whether what the call came to is counted already.
    pub(crate) fn leave(&self) -> bool {
        let mut between = lock(&self.0);
        between.is_left = true;
        between.is_counted
    }
}

impl Drop for CallerSide<'_> {
    fn drop(&mut self) {
        let (error, panicked) = {
            let mut between = lock(&self.0);
            between.is_left = true;
            (between.error.take(), std::mem::take(&mut between.panicked))
        };
        if panicked {
            log_panic();
        }
        if let Some(error) = error {
            self.1.report(&error);
        }
    }
}
