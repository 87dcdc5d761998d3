//! Integration tests: one binary, a file for each command or promise. See `tests/README.md`.

// A test says what it expects by unwrapping; the failure carries the transcript.
#![allow(clippy::unwrap_used)]

mod engine;
mod interleavings;
mod interop_invalidation;
mod interop_listing;
mod races;
mod smoke;
mod stepping;
mod support;
