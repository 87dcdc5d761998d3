//! One function's place in the cache, whatever computes it: what both APIs share of it.

use super::codec::Codec;
use super::core::Core;
use super::invalidate::{Invalidate, invalidate, remove};
use super::options::Options;
use super::protocol::Names;
use crate::error::Result;
use crate::ops::InvalidationReport;
use std::sync::Arc;

/// What a memoized function is made of, but for the function.
pub(crate) struct Cached<A: ?Sized, T> {
    pub(crate) core: Arc<Core>,
    pub(crate) options: Options<A, T>,
    pub(crate) codec: Box<dyn Codec<T>>,
}

impl<A: ?Sized, T> Cached<A, T> {
    pub(crate) fn key(&self, args: &A) -> String {
        (self.options.key)(args)
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
