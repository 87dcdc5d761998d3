//! A cache in front of functions, on Redis, that Rust and Python services share: keys, tags, invalidation and values are those of the
//! Python library `cacheme`. It also holds the parts of the command line `cacheme`, which shows and operates such a cache.
//!
//! # The five common uses
//!
//! All begin with a cache: one for a service, in a static or in its state ([`Settings::from_env`](memoize::Settings::from_env)
//! reads `CACHEME_URL` and the like). See [`mod@memoize`] for what a call does and for the
//! other options.
//!
//! **A function or a method.** The template names what the key is made of; what it does not name (such as a database handle) is not part of
//! it.
//!
#![cfg_attr(feature = "macros", doc = "```")]
#![cfg_attr(not(feature = "macros"), doc = "```ignore")]
//! # use cacheme::memoize::{Settings, sync::Cache};
//! # use std::sync::LazyLock;
//! # struct Pool;
//! static CACHE: LazyLock<Cache> = LazyLock::new(|| Cache::open(Settings::from_env().unwrap()).unwrap());
//!
//! #[cacheme::memoize(cache = CACHE, key = "Book:{book}>title", invalid_keys = ["Book:{book}"], timeout = "10m")]
//! fn title(pool: &Pool, book: u64) -> Result<String, String> {
//!     Ok(format!("Book {book}")) // the slow part: a query
//! }
//!
//! struct Shop { name: String }
//!
//! impl Shop {
//!     #[cacheme::memoize(cache = CACHE, key = "{self.name}:{book}>price")]
//!     fn price(&self, book: u64) -> u64 { book * 2 }
//! }
//! ```
//!
//! **An async function** with a pool (feature `tokio`), that never makes a caller wait while an old value exists. It needs a
//! [`future::Cache`](memoize::sync::Cache):
//!
#![cfg_attr(all(feature = "macros", feature = "tokio"), doc = "```")]
#![cfg_attr(not(all(feature = "macros", feature = "tokio")), doc = "```ignore")]
//! # use cacheme::memoize::{Settings, future};
//! # use std::sync::{Arc, LazyLock};
//! # struct Pool;
//! static CACHE: LazyLock<future::Cache> = LazyLock::new(|| future::Cache::open(Settings::from_env().unwrap()).unwrap());
//!
//! #[cacheme::memoize(
//!     cache = CACHE, key = "Book:{book}>stock", timeout = "1m", jitter = "10%",
//!     stale_while_revalidate = true, stale_if_error = "30s"
//! )]
//! async fn stock(pool: Arc<Pool>, book: u64) -> anyhow::Result<u64> {
//!     Ok(book) // the slow part: a request
//! }
//! ```
//!
//! **An error type of one's own.** No error is stored. Callers that wait for the same computation get the same error, so your error
//! type must implement `Clone` or `From<CallError<Self>>`:
//!
//! ```
//! # use cacheme::memoize::CallError;
//! # use std::sync::Arc;
//! #[derive(Debug, Clone)]
//! enum Failed { NoSuchBook, Cache(String) }
//!
//! impl From<CallError<Failed>> for Failed {
//!     fn from(error: CallError<Failed>) -> Self {
//!         match error {
//!             CallError::Function(error) => Arc::unwrap_or_clone(error),
//!             other => Self::Cache(match other {
//!                 CallError::Cache(error) => error.to_string(),
//!                 _ => "it takes too long".to_owned(),
//!             }),
//!         }
//!     }
//! }
//! ```
//!
//! **Invalidation from elsewhere:** the code that changes a book names it, in Rust, in Python (`cacheme.create_invalidation`) or on the command
//! line (`cacheme invalidate --invalid-key 'Book:7' --yes`). The next call recomputes, wherever it comes from.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
//! # use cacheme::memoize::{Settings, sync::Cache};
//! use cacheme::memoize::Invalidate;
//! # fn main() -> cacheme::Result<()> {
//! # let redis = Redis::start();
//! # let cache = Cache::open(Settings::new().url(redis.url()))?;
//! let report = cache.invalidate(&Invalidate::invalid_key("Book:7"))?;
//! println!("{} to be recomputed", report.marked);
//! # Ok(())
//! # }
//! ```
//!
//! **Tests without Redis:** a cache in memory with the same keys, marks and expiry, whose clock the test moves.
//!
//! ```
//! use cacheme::memoize::sync::Cache;
//! use std::time::Duration;
//!
//! let cache = Cache::in_memory();
//! let square = cache
//!     .memoize("square", |n: &u64| format!("square:{n}"), |n: &u64| n * n)
//!     .timeout(Duration::from_secs(60))
//!     .build();
//! assert_eq!((square.get(&12), square.get(&12)), (144, 144));
//! cache.advance(Duration::from_secs(61));
//! square.get(&12);
//! assert_eq!((square.counts().misses, square.counts().hits, square.counts().refreshes), (1, 1, 1));
//! ```
//!
//! # The modules
//!
//! - [`namespace`]: every key name, the two generations of the library, logical keys. No I/O.
//! - [`pickle`]: what a cached value says.
//! - [`client`]: Redis: targets, connections, pipelines, sweeps.
//! - [`cache`]: one live namespace: which generation reads it, leases, the one place that writes.
//! - [`ops`]: what an operator does: list, show, dump, invalidate, purge, statistics.
//! - [`mod@memoize`]: a cache in front of a function, on the same keys and at the same time as Python workers.
//! - [`setting`]: how each setting may be written, wherever it is read.
//! - [`text`]: bytes as text a person can read, and back.
//!
//! The command line `cacheme` is built from these and nothing else.

#![deny(missing_docs)]

pub mod cache;
pub mod client;
pub mod error;
pub mod memoize;
pub mod namespace;
pub mod ops;
pub mod pickle;
pub mod setting;
pub mod text;

pub use error::{Error, Result};
#[cfg(feature = "macros")]
pub use memoize::attribute::memoize;

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So do those of the page for Rust.
#[cfg(doctest)]
#[doc = include_str!("../docs/rust.md")]
struct RustPage;
