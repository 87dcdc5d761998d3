//! Knowledge of the Redis namespaces that the Python library `cacheme` leaves, and what can be done with them.
//!
//! - [`namespace`]: every key name, the two generations of the library, logical keys. No I/O.
//! - [`pickle`]: what a cached value says.
//! - [`client`]: Redis: targets, connections, pipelines, sweeps.
//! - [`cache`]: one live namespace: which generation reads it, leases, the one place that writes.
//! - [`ops`]: what an operator does: list, show, dump, invalidate, purge, statistics.
//! - [`mod@memoize`]: a cache in front of a function, on the same keys and at the same time as Python workers.
//! - [`setting`]: what a setting may be written as, wherever it is read.
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
