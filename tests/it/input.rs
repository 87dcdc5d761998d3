//! What comes from outside - flags, files, a server - is taken as it is meant, or refused before anything is done.

use crate::support::cli::Cli;
use crate::support::server::Server;
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn lengths_of_time_beyond_every_clock_are_refused() {
    let server = Server::start();
    for length in ["18446744073709551615", "5000000000s", "99999999999999999999999", "40000d"] {
        for command in [
            &["--timeout", length, "tags", "list"][..],
            &["--connect-timeout", length, "tags", "list"],
            &["purge", "--grace", length],
            &["purge", "--time-budget", length],
            &["purge", "--every", length],
            &["gc", "--stuck-after", length],
            &["gc", "--time-budget", length],
            &["stats", "--live", length],
            &["stats", &format!("--watch={length}")],
            &["doctor", "--apart", length],
            &["doctor", "--time-budget", length],
        ] {
            let out = Cli::new(&server).args(command).run();
            out.code(2).says(&format!("'{length}'")).says("is longer than a hundred years");
        }
    }
    let most = Cli::new(&server).args(["--timeout", "36525d", "--connect-timeout", "5000w"]);
    most.args(["purge", "--grace", "36525d", "--time-budget", "36525d", "--format", "json"]).run().ok();
}

/// A server that answers a command with this, again and again without an end.
fn endless(start: &'static [u8], more: u8) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(start);
                while stream.write_all(&[more; 65_536]).is_ok() {}
            });
        }
    });
    format!("redis://127.0.0.1:{port}")
}

#[test]
fn an_answer_without_an_end_takes_no_memory() {
    for start in [&b"+"[..], b"-ERR ", b":1", b"$1", b"*2\r\n$3\r\nabc\r\n+", b"$9000000000\r\n"] {
        // 400 MB of addresses hold the program and a line, not what this server sends.
        let limited = "ulimit -v 400000; exec cacheme tags list --timeout 20s";
        let out = Cli::shell(&Server::start(), limited).env("CACHEME_URL", endless(start, b'1')).run();
        out.code(1).says("not the protocol of Redis");
    }
}
