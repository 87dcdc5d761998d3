//! Integration tests: one binary, a file for each command or promise. See `tests/README.md`.

// A test says what it expects by unwrapping; the failure carries the transcript.
#![allow(clippy::unwrap_used)]

mod memoize_leases;
mod memoize_python;
mod smoke;
mod support;
