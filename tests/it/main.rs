//! Integration tests: one binary, a file for each command or promise. See `tests/README.md`.

// A test says what it expects by unwrapping; the failure carries the transcript.
#![allow(clippy::unwrap_used)]

#[cfg(feature = "tokio")]
mod memoize_async;
mod memoize_bookstore;
mod memoize_calls;
mod memoize_leases;
mod memoize_load;
mod memoize_python;
mod smoke;
mod support;
