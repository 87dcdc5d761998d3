//! Ports of 127.0.0.1 for what tests listen with, none of them twice.
//!
//! Sentinels, replicas and cluster nodes go on calling a server that is gone, and a sentinel makes a replica of whoever
//! listens there, and ends its connections. So no port comes from the range that the system gives out again.

use std::net::TcpListener;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Below what the system gives out.
const PORTS: Range<u16> = 10_000..32_000;
/// Test processes that run at once begin so far from each other.
const APART: u32 = 64;

/// A listener on a port that none of this process had before.
#[track_caller]
pub(crate) fn listen() -> TcpListener {
    static NEXT: OnceLock<AtomicU32> = OnceLock::new();
    let next = NEXT.get_or_init(|| AtomicU32::new(std::process::id() % PORTS.len() as u32 * APART));
    let port = || PORTS.start + (next.fetch_add(1, Relaxed) % PORTS.len() as u32) as u16;
    let mut tried = PORTS.map(|_| TcpListener::bind(("127.0.0.1", port())));
    tried.find_map(Result::ok).expect("a free port on 127.0.0.1")
}

/// A port that nobody listens on, at this moment.
#[track_caller]
pub(crate) fn free_port() -> u16 {
    listen().local_addr().expect("the address of a listener").port()
}

#[test]
fn no_port_is_given_out_twice() {
    let ports: std::collections::BTreeSet<_> = (0..500).map(|_| free_port()).collect();
    assert!(ports.len() == 500 && ports.iter().all(|port| PORTS.contains(port)));
}
