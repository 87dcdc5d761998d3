//! Integration tests: one binary, a file for each command or promise. See `tests/README.md`.

// A test says what it expects by unwrapping; the failure carries the transcript.
#![allow(clippy::unwrap_used)]

mod smoke;
mod stats_counters;
mod stats_live;
mod stats_load;
mod stats_prometheus;
mod stats_watch;
mod support;
