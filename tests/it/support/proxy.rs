//! A bad network between the binary and a server.

use super::ports::listen;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// What the network does.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Weather {
    /// Each piece that the server sends is this late.
    pub(crate) latency: Duration,
    /// Every so many pieces one is late by what a retransmission takes.
    pub(crate) stall_every: Option<usize>,
    /// A connection is cut once it has carried this many bytes from the server.
    pub(crate) cut_after: Option<usize>,
    /// Only so many connections are cut; the others live.
    pub(crate) cuts: usize,
    /// Nothing comes back any more once this many bytes did, and nobody is told: a half-open connection.
    pub(crate) silent_after: Option<usize>,
}

/// A proxy on a port of its own, in front of a server's port.
pub(crate) struct Proxy {
    port: u16,
    over: Arc<AtomicBool>,
    cuts: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    #[track_caller]
    pub(crate) fn start(to: u16, weather: Weather) -> Self {
        let listener = listen();
        let port = listener.local_addr().expect("the proxy's address").port();
        let over = Arc::new(AtomicBool::new(false));
        let cuts = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(AtomicUsize::new(0));
        let proxy = Self { port, over, cuts, connections };
        let (over, cuts, connections) = (proxy.over.clone(), proxy.cuts.clone(), proxy.connections.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { break };
                if over.load(Ordering::Relaxed) {
                    break;
                }
                connections.fetch_add(1, Ordering::Relaxed);
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let (Ok(from), Ok(into)) = (client.try_clone(), server.try_clone()) else { continue };
                std::thread::spawn(move || forward(from, into));
                let cuts = cuts.clone();
                std::thread::spawn(move || back(server, client, weather, &cuts));
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// How many connections were cut.
    pub(crate) fn cuts(&self) -> usize {
        self.cuts.load(Ordering::Relaxed)
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn forward(mut from: TcpStream, mut into: TcpStream) {
    let _ = std::io::copy(&mut from, &mut into);
    let _ = into.shutdown(Shutdown::Both);
}

fn back(mut server: TcpStream, mut client: TcpStream, weather: Weather, cuts: &AtomicUsize) {
    let (mut carried, mut pieces, mut chunk) = (0, 0, [0; 65_536]);
    while let Ok(read) = server.read(&mut chunk) {
        if read == 0 {
            break;
        }
        pieces += 1;
        std::thread::sleep(weather.latency);
        if weather.stall_every.is_some_and(|every| pieces % every == 0) {
            std::thread::sleep(Duration::from_millis(250));
        }
        carried += read;
        if weather.silent_after.is_some_and(|limit| carried > limit) {
            continue;
        }
        if weather.cut_after.is_some_and(|limit| carried > limit)
            && cuts
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < weather.cuts).then_some(n + 1))
                .is_ok()
        {
            break;
        }
        if client.write_all(&chunk[..read]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
