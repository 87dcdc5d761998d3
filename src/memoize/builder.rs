//! What a function is told about its cache, step by step.

use super::codec::Codec;
use super::core::Core;
use super::invalid_keys::InvalidKeys;
use super::options::{KeyOf, Options};
use super::source::{InvalidationSource, Invalidator};
use std::sync::Arc;
use std::time::Duration;

/// Makes a memoized function, for threads ([`sync::Builder`](super::sync::Builder)) or for tasks.
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<A: ?Sized, T, F> {
    core: Arc<Core>,
    options: Options<A, T>,
    function: F,
}

impl<A: ?Sized + 'static, T: 'static, F> Builder<A, T, F> {
    pub(super) fn new(
        core: Arc<Core>,
        name: &str,
        key: KeyOf<A>,
        codec: Box<dyn Codec<T>>,
        function: F,
    ) -> Self {
        Self { core, options: Options::new(name, key, codec), function }
    }

    /// The invalid keys a result is listed under, from the arguments and the result.
    ///
    /// Nested lists are flattened, duplicates and `None` dropped: see [`InvalidKeys`].
    pub fn invalid_keys<K: Into<InvalidKeys>>(
        mut self,
        keys: impl Fn(&A, &T) -> K + Send + Sync + 'static,
    ) -> Self {
        self.options.invalid_keys = Some(Box::new(move |args, result| keys(args, result).into()));
        self
    }

    /// The tag that lists the keys of this function. Default: the name it was given.
    pub fn tag(mut self, tag: impl AsRef<str>) -> Self {
        self.options.tag = tag.as_ref().into();
        self
    }

    /// Whether calls pass the cache by, always or never. Default: never.
    pub fn skip(mut self, skip: bool) -> Self {
        self.options.skip = Some(Box::new(move |_| skip));
        self
    }

    /// Whether a call passes the cache by, from its arguments.
    pub fn skip_if(mut self, skip: impl Fn(&A) -> bool + Send + Sync + 'static) -> Self {
        self.options.skip = Some(Box::new(skip));
        self
    }

    /// How long a value lives, in whole seconds as the library counts them. Default: until it is invalidated.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Whether readers get the old value while one recomputes it; what `false` promises, and what it does not, says
    /// [`Settings::stale`](super::Settings::stale). Default: the cache's setting.
    pub fn stale(mut self, stale: bool) -> Self {
        self.options.stale = Some(stale);
        self
    }

    /// Whether its calls are counted in Redis, for `cacheme stats`. Default: the cache's setting; `true` does not
    /// turn on what that turns off.
    pub fn record(mut self, record: bool) -> Self {
        self.options.record = record;
        self
    }

    /// Called with the key (with its prefix), the result and the arguments, when the value that was there is served,
    /// be it an old one. A panic in it is logged and does not break the call. It must not call this function, be it
    /// by way of others: the hit would call it again, without end.
    pub fn on_hit(mut self, callback: impl Fn(&str, &T, &A) + Send + Sync + 'static) -> Self {
        self.options.on_hit = Some(Box::new(callback));
        self
    }

    /// As `on_hit`, for a value that another computed while the call waited. (The library calls nothing then.)
    pub fn on_wait(mut self, callback: impl Fn(&str, &T, &A) + Send + Sync + 'static) -> Self {
        self.options.on_wait = Some(Box::new(callback));
        self
    }

    /// Called with the key (with its prefix) and the arguments before the function runs because there is no value.
    pub fn on_miss(mut self, callback: impl Fn(&str, &A) + Send + Sync + 'static) -> Self {
        self.options.on_miss = Some(Box::new(callback));
        self
    }

    /// Called with the key (with its prefix) and the arguments before the function runs because the value is
    /// marked or expired. (In the library, 0.1.1 calls `miss` then and 0.0.9 nothing.)
    pub fn on_refresh(mut self, callback: impl Fn(&str, &A) + Send + Sync + 'static) -> Self {
        self.options.on_refresh = Some(Box::new(callback));
        self
    }

    /// How results become bytes. Default: [`Pickle`](super::Pickle).
    pub fn codec(mut self, codec: impl Codec<T> + 'static) -> Self {
        self.options.codec = Box::new(codec);
        self
    }

    /// Connects a source of invalidations, as [`connect`](super::sync::Cache::connect) of the cache.
    pub fn invalid_source(self, source: impl InvalidationSource) -> Self {
        source.connect(Invalidator::new(Arc::clone(&self.core)));
        self
    }

    /// What a memoized function is made of.
    pub(super) fn into_parts(mut self) -> (Arc<Core>, Options<A, T>, F) {
        self.options.settle(&self.core);
        (self.core, self.options, self.function)
    }
}
