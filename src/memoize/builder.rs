//! What a function is told about its cache, step by step.

use super::cached::Cached;
use super::codec::{Codec, Pickle};
use super::core::Core;
use super::invalid_keys::InvalidKeys;
use super::options::{KeyOf, Options};
use super::source::{InvalidationSource, Invalidator};
use std::sync::Arc;
use std::time::Duration;

/// Makes a memoized function, for threads ([`sync::Builder`](super::sync::Builder)) or for tasks.
///
/// Its results are written by [`Pickle`], which asks serde of them when the function is built, or by the
/// [`codec`](Self::codec) that is named before.
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<A: ?Sized, T, F, C = Pickle> {
    core: Arc<Core>,
    options: Options<A, T>,
    codec: C,
    function: F,
}

impl<A: ?Sized + 'static, T: 'static, F> Builder<A, T, F> {
    pub(super) fn new(core: Arc<Core>, name: &str, key: KeyOf<A>, function: F) -> Self {
        Self { core, options: Options::new(name, key), codec: Pickle::default(), function }
    }
}

impl<A: ?Sized + 'static, T: 'static, F, C> Builder<A, T, F, C> {
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

    /// How long a value lives, in whole seconds as the library counts them. Default: until it is invalidated. What lives
    /// less than a second may be over at once, and with zero it is: each call finds it expired, so one recomputes, and with
    /// stale reads the others get the old value.
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

    /// How results become bytes. Default: [`Pickle`]. With another they need no serde.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Codec, CodecError, Settings, sync::Cache};
    ///
    /// #[derive(Clone, Debug, PartialEq)]
    /// struct Celsius(f64);
    ///
    /// struct Text;
    ///
    /// impl Codec<Celsius> for Text {
    ///     fn encode(&self, value: &Celsius) -> Result<Vec<u8>, CodecError> {
    ///         Ok(value.0.to_string().into_bytes())
    ///     }
    ///     fn decode(&self, bytes: &[u8]) -> Result<Celsius, CodecError> {
    ///         let text = std::str::from_utf8(bytes).map_err(CodecError::new)?;
    ///         text.parse().map(Celsius).map_err(CodecError::new)
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let outside = cache
    ///     .memoize("outside", |town: &str| format!("outside:{town}"), |_: &str| Celsius(21.5))
    ///     .codec(Text)
    ///     .build();
    /// assert_eq!(outside.call("Oslo")?, Celsius(21.5));
    /// assert_eq!(outside.peek("Oslo")?, Some(Celsius(21.5)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn codec<D: Codec<T> + 'static>(self, codec: D) -> Builder<A, T, F, D> {
        let Self { core, options, function, .. } = self;
        Builder { core, options, codec, function }
    }

    /// Connects a source of invalidations, as [`connect`](super::sync::Cache::connect) of the cache.
    pub fn invalid_source(self, source: impl InvalidationSource) -> Self {
        source.connect(Invalidator::new(Arc::clone(&self.core)));
        self
    }

    /// What a memoized function is made of.
    pub(super) fn into_parts(mut self) -> (Cached<A, T>, F)
    where
        C: Codec<T> + 'static,
    {
        self.options.settle(&self.core);
        let cached = Cached { core: self.core, options: self.options, codec: Box::new(self.codec) };
        (cached, self.function)
    }
}
