//! Who hears how that ends which goes on behind a call: its caller, or where that has left the callback of the cache.

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
    /// How long the call took is told already.
    #[cfg(feature = "metrics")]
    is_measured: bool,
}

/// The end of what goes on behind a caller.
pub(crate) struct Telling(Arc<Mutex<Between>>);

impl Telling {
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

    /// Whether the caller has left.
    pub(crate) fn is_left(&self) -> bool {
        lock(&self.0).is_left
    }

    /// Whether it tells how long the call took, and not the caller.
    #[cfg(feature = "metrics")]
    pub(crate) fn measures(&self) -> bool {
        let mut between = lock(&self.0);
        between.is_measured |= !between.is_left;
        between.is_measured
    }
}

/// That of the caller; it leaves as this is dropped.
pub(crate) struct Hearing<'a>(Arc<Mutex<Between>>, &'a Core);

impl<'a> Hearing<'a> {
    /// Both ends. `waits`: whether the caller waits at all.
    pub(crate) fn new(core: &'a Core, waits: bool) -> (Self, Telling) {
        let between = Arc::new(Mutex::new(Between { is_left: !waits, ..Between::default() }));
        (Self(Arc::clone(&between), core), Telling(between))
    }

    /// The caller has heard how it ended.
    pub(crate) fn heard(&self) {
        lock(&self.0).error = None;
    }

    /// The caller leaves; whether how long the call took is told already.
    #[cfg(feature = "metrics")]
    pub(crate) fn leave(&self) -> bool {
        let mut between = lock(&self.0);
        between.is_left = true;
        between.is_measured
    }
}

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        let unheard = {
            let mut between = lock(&self.0);
            between.is_left = true;
            between.error.take()
        };
        if let Some(error) = unheard {
            self.1.report(&error);
        }
    }
}
