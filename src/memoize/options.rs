//! What one function was told about its cache.

use super::core::Core;
use super::counts::Counters;
use super::invalid_keys::InvalidKeys;
use super::protocol::Names;
use super::resilience::Resilience;
use super::settings::OnError;
use crate::error::{Error, Result};
use crate::namespace::LogicalKey;
use crate::ops::{IndexKind, refuse_reserved};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

pub(crate) type KeyOf<A> = Box<dyn Fn(&A) -> String + Send + Sync>;
type InvalidKeysOf<A, T> = Box<dyn Fn(&A, &T) -> InvalidKeys + Send + Sync>;
type OnHit<A, T> = Box<dyn Fn(&str, &T, &A) + Send + Sync>;
type OnCompute<A> = Box<dyn Fn(&str, &A) + Send + Sync>;
/// With the function's error, which is of the type that the builder knows.
type OnFailure<A> = Box<dyn Fn(&str, &dyn Any, &A) + Send + Sync>;
type Skip<A> = Box<dyn Fn(&A) -> bool + Send + Sync>;

/// A key, a tag or an invalid key has no more bytes.
const MOST_BYTES: usize = 64 * 1024;

/// Redis takes longer ones; but each index, mark and bucket holds a copy.
fn refuse_long(name: &[u8]) -> Result<()> {
    match name.len() {
        bytes if bytes > MOST_BYTES => {
            Err(Error::TooLong { begins: name[..40].to_vec(), bytes, most: MOST_BYTES })
        }
        _ => Ok(()),
    }
}

/// Refuses to keep a value where one of its own indexes stands.
fn refuse_same(names: &Names, index: &[u8], what: &'static str) -> Result<()> {
    match names.hash() == index {
        true => Err(Error::Reserved { name: names.key.as_bytes().to_vec(), redis_key: index.to_vec(), what }),
        false => Ok(()),
    }
}

/// The options of one function, and what it counts.
pub(crate) struct Options<A: ?Sized, T> {
    pub(crate) tag: Arc<str>,
    /// Its set, or why there is none.
    tag_set: Result<Vec<u8>>,
    pub(crate) key: KeyOf<A>,
    pub(crate) invalid_keys: Option<InvalidKeysOf<A, T>>,
    pub(crate) skip: Option<Skip<A>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) stale: Option<bool>,
    pub(crate) on_hit: Option<OnHit<A, T>>,
    pub(crate) on_wait: Option<OnHit<A, T>>,
    pub(crate) on_miss: Option<OnCompute<A>>,
    pub(crate) on_refresh: Option<OnCompute<A>>,
    pub(crate) on_failure: Option<OnFailure<A>>,
    pub(crate) resilience: Resilience,
    pub(crate) local: Option<u64>,
    pub(crate) record: bool,
    pub(crate) counters: Arc<Counters>,
}

impl<A: ?Sized, T> Options<A, T> {
    pub(crate) fn new(tag: &str, key: KeyOf<A>) -> Self {
        Self {
            tag: tag.into(),
            tag_set: Ok(Vec::new()),
            key,
            invalid_keys: None,
            skip: None,
            timeout: None,
            stale: None,
            on_hit: None,
            on_wait: None,
            on_miss: None,
            on_refresh: None,
            on_failure: None,
            resilience: Resilience::default(),
            local: None,
            record: true,
            counters: Arc::default(),
        }
    }

    /// Once all is said: checks the tag, and counts under it.
    pub(crate) fn settle(&mut self, core: &Core) {
        let timeouts = self.timeout.map(|timeout| [self.resilience.shortest(timeout), timeout]);
        self.counters = core.register(&self.tag, timeouts, self.record);
        self.tag_set =
            refuse_long(self.tag.as_bytes()).and_then(|()| IndexKind::Tag.set(&core.ns, self.tag.as_bytes()));
        if let Some(error) = self.tag_set.as_ref().err().filter(|_| core.settings.enabled) {
            core.report(error);
        }
    }

    /// The names of a call.
    ///
    /// # Errors
    /// [`Error::Reserved`]: what is stored there would be taken for marks, keys in progress or records of this crate, or
    /// take their place, or that of the tag. [`Error::TooLong`].
    pub(crate) fn names(&self, core: &Core, args: &A) -> Result<Names> {
        let tag_set = self.tag_set.as_ref().map_err(Clone::clone)?;
        let key = (self.key)(args);
        refuse_long(key.as_bytes())?;
        let names = Names::new(&core.ns, LogicalKey::new(key), &self.tag);
        refuse_reserved(&core.ns, names.key.as_bytes(), names.hash())?;
        refuse_same(&names, tag_set, "is the set of its tag")?;
        Ok(names)
    }

    /// The invalid keys of a result.
    ///
    /// # Errors
    /// As [`Options::names`].
    pub(crate) fn invalid_keys(
        &self,
        core: &Core,
        names: &Names,
        args: &A,
        result: &T,
    ) -> Result<Vec<String>> {
        let Some(keys) = &self.invalid_keys else { return Ok(Vec::new()) };
        let invalid_keys = keys(args, result).into_names();
        for name in &invalid_keys {
            refuse_long(name.as_bytes())?;
            let set = IndexKind::InvalidKey.set(&core.ns, name.as_bytes())?;
            refuse_same(names, &set, "is the set of its invalid key")?;
        }
        Ok(invalid_keys)
    }

    /// A call that may not use the cache: its error, where the settings say to tell.
    pub(crate) fn refuse(&self, core: &Core, on_error: OnError, error: Error) -> Option<Error> {
        self.counters.record_error();
        match on_error {
            OnError::Fail => Some(error),
            OnError::Compute => {
                core.report(&error);
                None
            }
        }
    }

    /// Whether a value that has so long to live is to be recomputed already.
    pub(crate) fn is_time(&self, left: Duration) -> bool {
        self.resilience.early_refresh > 0.0
            && self.counters.takes().is_some_and(|takes| self.resilience.is_time(left, takes))
    }

    /// Whether a call with these arguments passes the cache by.
    pub(crate) fn bypasses(&self, core: &Core, args: &A) -> bool {
        !core.settings.enabled || self.skip.as_ref().is_some_and(|skip| skip(args))
    }
}
