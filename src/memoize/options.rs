//! What one function was told about its cache.

use super::codec::Codec;
use super::core::Core;
use super::counts::{Counters, Event};
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
        self.counters = core.register(&self.tag, self.record);
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
        self.counters.record(Event::Error);
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

/// Setters that both builders have; `$to` is where they keep their options.
macro_rules! option_setters {
    ($($to:tt)+) => {
        /// The invalid keys a result is listed under, from the arguments and the result.
        ///
        /// Nested lists are flattened, duplicates and `None` dropped: see [`InvalidKeys`](crate::memoize::InvalidKeys).
        pub fn invalid_keys<K: Into<$crate::memoize::InvalidKeys>>(
            mut self,
            keys: impl Fn(&A, &T) -> K + Send + Sync + 'static,
        ) -> Self {
            self.$($to)+.invalid_keys = Some(Box::new(move |args, result| keys(args, result).into()));
            self
        }

        /// The tag that lists the keys of this function. Default: the name it was given.
        pub fn tag(mut self, tag: impl AsRef<str>) -> Self {
            self.$($to)+.tag = tag.as_ref().into();
            self
        }

        /// Whether calls pass the cache by, always or never. Default: never.
        pub fn skip(mut self, skip: bool) -> Self {
            self.$($to)+.skip = Some(Box::new(move |_| skip));
            self
        }

        /// Whether a call passes the cache by, from its arguments.
        pub fn skip_if(mut self, skip: impl Fn(&A) -> bool + Send + Sync + 'static) -> Self {
            self.$($to)+.skip = Some(Box::new(skip));
            self
        }

        /// How long a value lives, in whole seconds as the library counts them. Default: until it is invalidated.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$($to)+.timeout = Some(timeout);
            self
        }

        /// Whether readers get the old value while one recomputes it; what `false` promises, and what it does not, says
        /// [`Settings::stale`](crate::memoize::Settings::stale). Default: the cache's setting.
        pub fn stale(mut self, stale: bool) -> Self {
            self.$($to)+.stale = Some(stale);
            self
        }

        /// Whether its calls are counted in Redis, for `cacheme stats`. Default: the cache's setting; `true` does not
        /// turn on what that turns off.
        pub fn record(mut self, record: bool) -> Self {
            self.$($to)+.record = record;
            self
        }

        /// Called with the key (with its prefix), the result and the arguments, when the value that was there is served,
        /// be it an old one. A panic in it is logged and does not break the call. It must not call this function, be it
        /// by way of others: the hit would call it again, without end.
        pub fn on_hit(mut self, callback: impl Fn(&str, &T, &A) + Send + Sync + 'static) -> Self {
            self.$($to)+.on_hit = Some(Box::new(callback));
            self
        }

        /// As `on_hit`, for a value that another computed while the call waited. (The library calls nothing then.)
        pub fn on_wait(mut self, callback: impl Fn(&str, &T, &A) + Send + Sync + 'static) -> Self {
            self.$($to)+.on_wait = Some(Box::new(callback));
            self
        }

        /// Called with the key (with its prefix) and the arguments before the function runs because there is no value.
        pub fn on_miss(mut self, callback: impl Fn(&str, &A) + Send + Sync + 'static) -> Self {
            self.$($to)+.on_miss = Some(Box::new(callback));
            self
        }

        /// Called with the key (with its prefix) and the arguments before the function runs because the value is
        /// marked or expired. (In the library, 0.1.1 calls `miss` then and 0.0.9 nothing.)
        pub fn on_refresh(mut self, callback: impl Fn(&str, &A) + Send + Sync + 'static) -> Self {
            self.$($to)+.on_refresh = Some(Box::new(callback));
            self
        }

        /// How results become bytes. Default: [`Pickle`](crate::memoize::Pickle).
        pub fn codec(mut self, codec: impl $crate::memoize::Codec<T> + 'static) -> Self {
            self.$($to)+.codec = Box::new(codec);
            self
        }
    };
}
pub(crate) use option_setters;
