//! What a function is told about its cache, step by step.

use super::call::{Function, Memoized};
use crate::memoize::codec::Codec;
use crate::memoize::core::Core;
use crate::memoize::options::{KeyOf, Options, option_setters};
use crate::memoize::source::{InvalidationSource, Invalidator};
use std::sync::Arc;

/// Makes a [`Memoized`] function: see [`Cache::memoize`](super::Cache::memoize).
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<A: ?Sized, T, E> {
    core: Arc<Core>,
    options: Options<A, T>,
    function: Function<A, T, E>,
}

impl<A: ?Sized + 'static, T: Clone + 'static, E: 'static> Builder<A, T, E> {
    pub(super) fn new(
        core: Arc<Core>,
        name: &str,
        key: KeyOf<A>,
        codec: Box<dyn Codec<T>>,
        function: Function<A, T, E>,
    ) -> Self {
        Self { core, options: Options::new(name, key, codec), function }
    }

    option_setters!(options);

    /// Connects a source of invalidations, as [`Cache::connect`](super::Cache::connect).
    pub fn invalid_source(self, source: impl InvalidationSource) -> Self {
        source.connect(Invalidator::new(Arc::clone(&self.core)));
        self
    }

    /// The function with the cache in front of it. Build it once and keep it: its counters stay with the cache
    /// ([`Cache::counts`](super::Cache::counts)), so that one built for each request leaves its own there each time, and
    /// callers share a computation only where they call clones of one.
    pub fn build(mut self) -> Memoized<A, T, E> {
        self.options.settle(&self.core);
        Memoized::new(self.core, self.options, self.function)
    }
}
