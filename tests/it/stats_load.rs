//! `stats --live` beside a busy application: nothing is lost, and memory stays small.
//!
//! The calls are those of the recorded traces of either generation, byte for byte but for the names in them, as fast as
//! the server takes them. `benches/monitor.py` measures what MONITOR costs.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use crate::stats_live::{counts, wait_for_monitor};
use crate::support::cli::Cli;
use crate::support::monitor::Seen;
use crate::support::server::Server;

const CALLS: u64 = 100_000;
/// A run that has not ended by then hangs.
const HANGS: Duration = Duration::from_secs(590);
/// Calls under way at a time.
const BATCH: u64 = 200;

const CLASSIC: &str = include_str!("../traces/cacheme-0.0.9.monitor");
const META: &str = include_str!("../traces/cacheme-0.1.1.monitor");

/// The calls of a release, as they go over the wire.
struct Calls {
    miss: Vec<u8>,
    hit: Vec<u8>,
}

impl Calls {
    fn of(trace: &str) -> Self {
        let section = |name: &str| {
            let lines =
                trace.lines().skip_while(move |line| *line != format!("\"ECHO\" \"--- {name} owner\""));
            let lines = lines.skip(1).take_while(|line| !line.starts_with("\"ECHO\"") && !line.is_empty());
            let sent = lines.filter(|line| !line.starts_with("lua "));
            let sent = sent.map(|line| Seen::parse(format!("1.0 [0 c] {line}").as_bytes()).unwrap().args);
            sent.flat_map(|args| encoded(&args)).collect::<Vec<u8>>()
        };
        let calls = Self { miss: section("miss"), hit: section("hit") };
        assert!(!calls.hit.is_empty() && calls.miss.starts_with(&calls.hit), "a call begins with a look");
        calls
    }

    /// The calls with these numbers, each of the key that its number says, and a word to know their end by.
    fn batch(&self, numbers: std::ops::Range<u64>, keys: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in numbers {
            let call = if number < keys { &self.miss } else { &self.hit };
            // Six digits, so that no length changes.
            bytes.extend(renamed(call, &format!("{:06}", number % keys)));
        }
        bytes.extend(encoded(&[b"ECHO".to_vec(), END.to_vec()]));
        bytes
    }
}

const END: &[u8] = b"that was all of them";

fn encoded(args: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        // The names of the trace make room for those of the test.
        let arg = replaced(&replaced(arg, b"Book:100", b"busy:000000"), b"get_owner", b"busy");
        bytes.extend(format!("${}\r\n", arg.len()).bytes());
        bytes.extend(arg);
        bytes.extend(b"\r\n");
    }
    bytes
}

fn renamed(call: &[u8], id: &str) -> Vec<u8> {
    replaced(call, b"busy:000000", format!("busy:{id}").as_bytes())
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut all, mut at) = (Vec::with_capacity(text.len()), 0);
    while at < text.len() {
        if text[at..].starts_with(from) {
            all.extend(to);
            at += from.len();
        } else {
            all.push(text[at]);
            at += 1;
        }
    }
    all
}

/// Sends a batch and reads until its last answer.
fn play(stream: &mut UnixStream, batch: &[u8]) {
    stream.write_all(batch).unwrap();
    let mut tail = Vec::new();
    let mut buffer = [0; 1 << 16];
    while !tail.ends_with(&[END, b"\r\n"].concat()) {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the server closed the connection");
        let kept = tail.len().saturating_sub(100);
        tail.drain(..kept);
        tail.extend(&buffer[..read]);
        assert!(!tail.starts_with(b"-ERR"), "{}", tail.escape_ascii());
    }
}

/// Follows the most memory a process ever held, in KiB, until it has ended.
fn peak_memory(pid: i64) -> JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut peak = 0;
        while let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) {
            let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
            peak = line.trim().trim_end_matches(" kB").parse().unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
        peak
    })
}

fn nothing_is_lost(trace: &str, all: u64, keys: u64) {
    let server = Server::start();
    let mut stream = UnixStream::connect(server.socket()).unwrap();
    let running = Cli::new(&server)
        .args(["stats", "--live", "10m", "--yes", "--timeout", "590s", "--format", "json"])
        .timeout(HANGS)
        .spawn();
    wait_for_monitor(&server);
    let peak = peak_memory(running.pid());
    let calls = Calls::of(trace);
    let round = keys.min(all);
    let mut ready: Vec<Vec<u8>> = Vec::new();
    for from in (0..all).step_by(usize::try_from(BATCH).unwrap()) {
        // Hits come again and again; they are encoded once.
        let again = usize::try_from(from % round / BATCH).unwrap();
        let batch = match from < round {
            true => calls.batch(from..from + BATCH, keys),
            false if from < 2 * round => {
                ready.push(calls.batch(from..from + BATCH, keys));
                ready[again].clone()
            }
            false => ready[again].clone(),
        };
        play(&mut stream, &batch);
    }
    running.signal("INT");
    let output = running.wait();
    let live = &output.code(130).json()["live"];
    let misses = all.min(keys);
    assert_eq!(counts(live, "busy"), [all, all - misses, misses, 0, 0], "{live}");
    assert_eq!(live["tags"].as_array().unwrap().len(), 1, "{live}");
    assert_small(peak);
}

fn assert_small(peak: JoinHandle<u64>) {
    let peak = peak.join().unwrap();
    assert!((1..64 * 1024).contains(&peak), "{peak} KiB");
}

#[test]
fn nothing_is_lost_classic() {
    nothing_is_lost(CLASSIC, CALLS, 1000);
}

#[test]
fn nothing_is_lost_meta() {
    nothing_is_lost(META, CALLS, 1000);
}

#[test]
fn memory_stays_small_with_more_keys_than_are_followed() {
    nothing_is_lost(CLASSIC, 110_000, u64::MAX);
}

#[test]
fn keys_whose_tag_cannot_be_asked_about_any_more_are_said() {
    // Keys that are only read, more than are followed: their tag cannot be asked about any more, and that is said.
    let server = Server::start();
    let mut connection = server.connect();
    let running = Cli::new(&server)
        .args(["stats", "--live", "10m", "--yes", "--timeout", "590s", "--format", "json"])
        .timeout(HANGS)
        .spawn();
    wait_for_monitor(&server);
    let peak = peak_memory(running.pid());
    for from in (0..120_000u64).step_by(1000) {
        let mut pipe = redis::pipe();
        for id in from..from + 1000 {
            pipe.cmd("SREM").arg("CM:delete").arg(format!("CM:read:{id}"));
            pipe.cmd("HGET").arg(format!("CM:read:{id}")).arg("base");
        }
        pipe.exec(&mut connection).unwrap();
    }
    running.signal("INT");
    let output = running.wait();
    let live = &output.code(130).says("too many keys to follow").json()["live"];
    assert_eq!((counts(live, "read:*"), &live["complete"]), ([120_000, 120_000, 0, 0, 0], &json!(false)));
    assert_small(peak);
}
