//! What a function is told about its cache, step by step.

use super::cached::Cached;
use super::codec::{Codec, Pickle};
use super::core::Core;
use super::invalid_keys::InvalidKeys;
use super::local::{Local, Store};
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

/// A function whose error is known by its type: each that a builder holds.
pub trait CanFail {
    /// The error.
    type Error: 'static;
}

/// A function that can go on behind the call that began it: one of the async API, and one of the sync API whose values and
/// errors may be sent to other threads and whose arguments have an owned form.
pub trait OutlastsCalls {
    #[doc(hidden)]
    fn outlast_calls(&mut self);
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

    /// Holds so many bytes of its values in this process, too, in room of its own: see
    /// [the module](super#values-in-this-process). 0: none. Default: the cache's [setting](super::Settings::local).
    pub fn local(mut self, max_bytes: u64) -> Self {
        self.options.local = Some(max_bytes);
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

    /// Called with the key (with its prefix), the function's error and the arguments whenever the function failed, be an old
    /// value served or not, by whoever ran it: a call, or what goes on behind one.
    pub fn on_failure(mut self, callback: impl Fn(&str, &F::Error, &A) + Send + Sync + 'static) -> Self
    where
        F: CanFail,
    {
        self.options.on_failure = Some(Box::new(move |key, error, args| {
            if let Some(error) = error.downcast_ref() {
                callback(key, error, args);
            }
        }));
        self
    }

    /// When the function fails and an old value is there (marked or expired), calls get the old value. For `back_off` from then
    /// on this process does not try the function for that key and that value again; the key stays marked or expired, so others
    /// may. Who is to know of the error: [`on_failure`](Self::on_failure). Default: calls get the error.
    ///
    /// With [`stale`](Self::stale) reads off the old value leaves Redis when a recomputation begins, so those get it who had
    /// read it before.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{Settings, sync::Cache};
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let down = Arc::new(AtomicBool::new(false));
    /// let database = Arc::clone(&down);
    /// let title = cache
    ///     .try_memoize("title", |id: &u64| format!("Book:{id}>title"), move |id: &u64| {
    ///         if database.load(Ordering::Relaxed) { Err("no database") } else { Ok(format!("Book {id}")) }
    ///     })
    ///     .stale_if_error(Duration::from_secs(30))
    ///     .on_failure(|key, error, _| eprintln!("{key}: {error}"))
    ///     .build();
    /// title.call(&1)?;
    /// down.store(true, Ordering::Relaxed);
    /// title.invalidate(&1)?;
    /// assert_eq!(title.call(&1)?, "Book 1"); // the function failed
    /// assert_eq!(title.call(&1)?, "Book 1"); // and is left alone for 30 seconds
    /// assert_eq!((title.counts().failed, title.counts().stale_on_error), (1, 2));
    /// # Ok(())
    /// # }
    /// ```
    pub fn stale_if_error(mut self, back_off: Duration) -> Self {
        self.options.resilience.stale_if_error = Some(back_off);
        self
    }

    /// Whoever finds the value marked or expired gets the old one at once, the caller too who would have to recompute it: that
    /// goes on behind it (a task; with the sync API a thread: there are eight, and what they have no room for is left to a later caller). It turns stale reads on. Default: `false`, one
    /// caller recomputes.
    ///
    /// What goes on so is counted as a refresh of its own, and not cancelled with the call. [`close`](super::sync::Cache::close)
    /// waits for it.
    pub fn stale_while_revalidate(mut self, stale_while_revalidate: bool) -> Self
    where
        F: OutlastsCalls,
    {
        self.options.resilience.stale_while_revalidate = stale_while_revalidate;
        self.function.outlast_calls();
        self
    }

    /// A call that has an old value at hand (marked or expired) waits so long for the new one, then gets the old one; the
    /// computation goes on behind it and stores, as with
    /// [`stale_while_revalidate`](Self::stale_while_revalidate). Without an old value it waits. Default: it waits.
    pub fn soft_timeout(mut self, timeout: Duration) -> Self
    where
        F: OutlastsCalls,
    {
        self.options.resilience.soft_timeout = Some(timeout);
        self.function.outlast_calls();
        self
    }

    /// A call that has no value after so long ends with [`CallError::Timeout`](super::CallError::Timeout); the computation goes
    /// on behind it and stores. Redis has its own [`timeouts`](super::Settings::timeouts). Where an old value is at hand
    /// by then, and stale reads are on or a [soft timeout](Self::soft_timeout) is set, the call gets that. `get` ignores it, as it
    /// cannot return an error. Default: it waits.
    ///
    /// The sync API has 256 threads for what goes on behind calls. While functions that hang have all of them, the function is not
    /// begun for other keys, and their calls end with the same error.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
    /// use cacheme::memoize::{CallError, Settings, sync::Cache};
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let redis = Redis::start();
    /// # let cache = Cache::open(Settings::new().url(redis.url()))?;
    /// let slow = cache
    ///     .memoize("slow", |id: &u64| format!("slow:{id}"), |id: &u64| {
    ///         std::thread::sleep(Duration::from_millis(200));
    ///         id * 2
    ///     })
    ///     .hard_timeout(Duration::from_millis(10))
    ///     .build();
    /// assert!(matches!(slow.call(&21), Err(CallError::Timeout { .. })));
    /// cache.close()?; // waits for the function
    /// assert_eq!(slow.call(&21)?, 42);
    /// # Ok(())
    /// # }
    /// ```
    pub fn hard_timeout(mut self, timeout: Duration) -> Self
    where
        F: OutlastsCalls,
    {
        self.options.resilience.hard_timeout = Some(timeout);
        self.function.outlast_calls();
        self
    }

    /// By what share of itself a [`timeout`](Self::timeout) is shortened at most, by chance: with `0.1` a value that lives ten
    /// minutes lives nine to ten, and what was stored together does not expire together. From 0 to 1; default: 0.
    pub fn jitter(mut self, share: f64) -> Self {
        self.options.resilience.jitter = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self
    }

    /// Lets single calls recompute a value before it expires, while all others get the valid one: the more likely, the sooner
    /// it expires and the longer a computation takes (as this process has measured it: one that has computed nothing
    /// refreshes nothing early). So a hot key's expiry is met by one caller and nobody waits. 1 is what the paper proves best
    /// (["Optimal Probabilistic Cache Stampede Prevention"](https://www.vldb.org/pvldb/vol8/p886-vattani.pdf)), more is
    /// earlier. For functions with a timeout; default: 0, never.
    ///
    /// Where that computation fails, the call gets the valid value.
    pub fn early_refresh(mut self, beta: f64) -> Self {
        self.options.resilience.early_refresh = if beta.is_nan() { 0.0 } else { beta.max(0.0) };
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

    /// The same of another function.
    #[cfg(feature = "macros")]
    pub(super) fn with_function<G>(self, function: G) -> Builder<A, T, G, C> {
        let Self { core, options, codec, .. } = self;
        Builder { core, options, codec, function }
    }

    pub(super) fn change_function(mut self, change: impl FnOnce(&mut F)) -> Self {
        change(&mut self.function);
        self
    }

    /// What a memoized function is made of.
    pub(super) fn into_parts(mut self) -> (Cached<A, T>, F)
    where
        T: Clone + Send + Sync,
        C: Codec<T> + 'static,
    {
        self.options.settle(&self.core);
        let store = match self.options.local {
            Some(max_bytes) => (max_bytes > 0).then(|| Store::new(max_bytes)),
            None => self.core.store.clone(),
        };
        let asks = self.core.settings.enabled && !self.core.is_in_memory();
        let local = store.filter(|_| asks).map(|store| Local::new(store, self.core.listener()));
        let cached = Cached { core: self.core, options: self.options, codec: Box::new(self.codec), local };
        (cached, self.function)
    }
}
