//! What every test stands on: a Redis of its own, the binary run hermetically, a real terminal, the real Python library.
//!
//! Everything here panics with a whole transcript when it is not as expected, and nothing is ever skipped: a test that
//! cannot have what it needs fails and says which command mends that.

// Each file of tests uses its own part of this; a helper may be waiting for its first test.
#![allow(dead_code)]

pub(crate) mod builder;
pub(crate) mod certs;
pub(crate) mod cli;
pub(crate) mod cluster;
pub(crate) mod consoles;
pub(crate) mod content;
pub(crate) mod gate;
pub(crate) mod monitor;
pub(crate) mod output;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod python;
pub(crate) mod reader;
pub(crate) mod relay;
pub(crate) mod resp;
pub(crate) mod running;
pub(crate) mod schemas;
pub(crate) mod seed;
pub(crate) mod sentinels;
pub(crate) mod server;
pub(crate) mod strict;
pub(crate) mod terminal;
pub(crate) mod worker;

use std::time::{Duration, Instant};

/// Asks `done` every few milliseconds until it answers, or panics with `what` once `limit` has passed.
#[track_caller]
pub(crate) fn wait_until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + limit;
    while !done() {
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
