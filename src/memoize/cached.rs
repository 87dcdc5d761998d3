//! One function's place in the cache, whatever computes it: what both APIs share of it.

use super::call_state::Purpose;
use super::codec::Codec;
use super::computation::Computation;
use super::core::{Core, shielded};
use super::invalidate::{Invalidate, invalidate, remove};
use super::local::Local;
use super::options::Options;
use super::protocol::Names;
use super::settings::OnError;
#[cfg(feature = "metrics")]
use crate::cache::Event;
use crate::error::Result;
use crate::ops::InvalidationReport;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a caller wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wants {
    pub(crate) purpose: Purpose,
    pub(crate) on_error: OnError,
    /// Whether it can tell that there was no value in time.
    pub(crate) tells_timeout: bool,
    /// A valid value is to be recomputed: who saw it in this process has decided so.
    pub(crate) early: bool,
}

/// What a memoized function is made of, but for the function.
pub(crate) struct Cached<A: ?Sized, T> {
    pub(crate) core: Arc<Core>,
    pub(crate) options: Options<A, T>,
    pub(crate) codec: Box<dyn Codec<T>>,
    /// The values that this process holds itself.
    pub(crate) local: Option<Local<T>>,
}

impl<A: ?Sized, T> Cached<A, T> {
    pub(crate) fn key(&self, args: &A) -> String {
        (self.options.key)(args)
    }

    /// The value of these arguments, where this process holds it: a hit. Where it is to be recomputed, `wants` says so.
    pub(crate) fn local(&self, wants: &mut Wants, args: &A) -> Option<Arc<T>> {
        if wants.purpose != Purpose::Call || wants.early {
            return None;
        }
        self.held(args, |left| {
            wants.early = self.options.is_time(left);
            wants.early
        })
    }

    /// The value that this process holds, unless it has so long to live that somebody does not want it.
    pub(crate) fn held(&self, args: &A, is_early: impl FnOnce(Duration) -> bool) -> Option<Arc<T>> {
        let Self { core, options, local, .. } = self;
        let local = local.as_ref()?;
        // What a function computes with is asked for: it may be stored for good.
        if options.bypasses(core, args) || Computation::here().is_some() {
            return None;
        }
        let now = Instant::now();
        let key = (options.key)(args);
        let (value, score) = local.get(key.as_bytes(), now)?;
        let left = score.map(|score| core.left_until(score));
        if left.is_some_and(|left| left.is_zero() || is_early(left)) {
            return None;
        }
        options.counters.record_local();
        #[cfg(feature = "metrics")]
        options.counters.metrics.returned(Event::Hit, now.elapsed());
        if let Some(callback) = &options.on_hit {
            let full = String::from_utf8_lossy(core.ns.prefix()).into_owned() + &key;
            shielded("a hit callback", || callback(&full, &value, args));
        }
        Some(value)
    }

    /// Where the value of these arguments may be found; `None` where calls pass the cache by.
    pub(crate) fn place(&self, args: &A) -> Result<Option<Names>> {
        match self.options.bypasses(&self.core, args) {
            true => Ok(None),
            false => self.options.names(&self.core, args).map(Some),
        }
    }

    /// What bytes stand for: nothing, where they do not decode.
    pub(crate) fn decoded(&self, bytes: Option<Vec<u8>>) -> Option<T> {
        bytes.and_then(|bytes| self.codec.decode(&bytes).ok())
    }

    /// The key of these arguments, to be invalidated on any thread.
    pub(crate) fn named(&self, args: &A) -> Result<Named> {
        if self.core.settings.enabled {
            self.options.names(&self.core, args)?;
        }
        Ok(Named { core: Arc::clone(&self.core), key: self.key(args) })
    }
}

/// A key of a cache.
pub(crate) struct Named {
    core: Arc<Core>,
    key: String,
}

impl Named {
    pub(crate) fn invalidate(self) -> Result<InvalidationReport> {
        invalidate(&self.core, &Invalidate::key(self.key), 0)
    }

    pub(crate) fn remove(self) -> Result<InvalidationReport> {
        remove(&self.core, self.key)
    }
}
