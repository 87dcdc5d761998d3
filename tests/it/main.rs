//! Integration tests: one binary, a file for each command or promise. See `tests/README.md`.

// A test says what it expects by unwrapping; the failure carries the transcript.
#![allow(clippy::unwrap_used)]

mod browse;
mod complete;
mod config;
mod docs;
mod generated;
mod packages;
mod readme;
mod restore;
mod smoke;
mod support;
mod values;
