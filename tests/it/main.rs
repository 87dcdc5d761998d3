//! Integration tests: one binary, a file for each command or promise. See `tests/README.md`.

// A test says what it expects by unwrapping; the failure carries the transcript.
#![allow(clippy::unwrap_used)]

mod doctor_clocks;
mod doctor_findings;
mod gc_every;
mod gc_removes;
mod gc_safety;
mod gc_torture;
mod smoke;
mod support;
