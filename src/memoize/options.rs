//! What one function was told about its cache.

use super::codec::Codec;
use super::core::Core;
use super::counts::Counters;
use super::invalid_keys::InvalidKeys;
use super::protocol::Names;
use super::settings::OnError;
use crate::error::{Error, Result};
use crate::namespace::LogicalKey;
use crate::ops::{IndexKind, refuse_reserved};
use std::sync::Arc;
use std::time::Duration;

pub(crate) type KeyOf<A> = Box<dyn Fn(&A) -> String + Send + Sync>;
type InvalidKeysOf<A, T> = Box<dyn Fn(&A, &T) -> InvalidKeys + Send + Sync>;
type OnHit<A, T> = Box<dyn Fn(&str, &T, &A) + Send + Sync>;
type OnCompute<A> = Box<dyn Fn(&str, &A) + Send + Sync>;
type Skip<A> = Box<dyn Fn(&A) -> bool + Send + Sync>;

/// The options of one function, and what it counts.
pub(crate) struct Options<A: ?Sized, T> {
    pub(crate) tag: Arc<str>,
    /// Why no tag may be called so.
    refused: Option<Error>,
    pub(crate) key: KeyOf<A>,
    pub(crate) codec: Box<dyn Codec<T>>,
    pub(crate) invalid_keys: Option<InvalidKeysOf<A, T>>,
    pub(crate) skip: Option<Skip<A>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) stale: Option<bool>,
    pub(crate) on_hit: Option<OnHit<A, T>>,
    pub(crate) on_wait: Option<OnHit<A, T>>,
    pub(crate) on_miss: Option<OnCompute<A>>,
    pub(crate) on_refresh: Option<OnCompute<A>>,
    pub(crate) record: bool,
    pub(crate) counters: Arc<Counters>,
}

impl<A: ?Sized, T> Options<A, T> {
    pub(crate) fn new(tag: &str, key: KeyOf<A>, codec: Box<dyn Codec<T>>) -> Self {
        Self {
            tag: tag.into(),
            refused: None,
            key,
            codec,
            invalid_keys: None,
            skip: None,
            timeout: None,
            stale: None,
            on_hit: None,
            on_wait: None,
            on_miss: None,
            on_refresh: None,
            record: true,
            counters: Arc::default(),
        }
    }

    /// Once all is said: checks the tag, and counts under it.
    pub(crate) fn settle(&mut self, core: &Core) {
        self.counters = core.register(&self.tag, self.timeout, self.record);
        self.refused = IndexKind::Tag.set(&core.ns, self.tag.as_bytes()).err();
        if let Some(error) = self.refused.as_ref().filter(|_| core.settings.enabled) {
            core.report(error);
        }
    }

    /// The names of a call.
    ///
    /// # Errors
    /// [`Error::Reserved`]: what is stored there would be taken for marks, keys in progress or records of this crate, or
    /// take their place.
    pub(crate) fn names(&self, core: &Core, args: &A) -> Result<Names> {
        if let Some(error) = &self.refused {
            return Err(error.clone());
        }
        let names = Names::new(&core.ns, LogicalKey::new((self.key)(args)), &self.tag);
        refuse_reserved(&core.ns, names.key.as_bytes(), names.hash())?;
        Ok(names)
    }

    /// A call that may not use the cache: its error, where the settings say to tell.
    pub(crate) fn refuse(&self, core: &Core, error: Error) -> Option<Error> {
        self.counters.record_error();
        match core.settings.on_error {
            OnError::Fail => Some(error),
            OnError::Compute => {
                core.report(&error);
                None
            }
        }
    }

    /// Whether a call with these arguments passes the cache by.
    pub(crate) fn bypasses(&self, core: &Core, args: &A) -> bool {
        !core.settings.enabled || self.skip.as_ref().is_some_and(|skip| skip(args))
    }
}
