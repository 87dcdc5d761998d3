//! `stats --live` beside a busy application: nothing is lost, and memory stays small.
//!
//! The calls are paced at 20,000 a second at most; a busy machine gives fewer, and the rate is printed, not asserted.
//! `benches/monitor.py` takes the measure of ten seconds, says when the rate was not reached, and what MONITOR costs.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use redis::{Connection, Pipeline};
use serde_json::json;

use crate::stats_live::{counts, wait_for_monitor};
use crate::support::cli::Cli;
use crate::support::server::Server;

const SECONDS: u64 = 3;
const PER_SECOND: u64 = 20_000;
const BATCH: u64 = 200;

/// Calls of the library as they look to the server: the first call of a key misses, every other one hits.
fn calls(connection: &mut Connection, from: u64, keys: u64, meta: bool) {
    let mut pipe: Pipeline = redis::pipe();
    for call in from..from + BATCH {
        let (id, first) = (call % keys, call < keys);
        let (member, hash) = (format!("CM:busy:{id}>f"), format!("CM:busy:{id}"));
        if meta {
            let script = "if redis.call('srem',KEYS[1], ARGV[1]) == 0 then return {'valid', redis.call('hget', KEYS[2], ARGV[2])} else return {'deleted', 0} end";
            pipe.cmd("EVAL").arg(script).arg(2).arg("CM:meta:deleted").arg(&hash).arg(&member).arg("f");
        } else {
            pipe.cmd("SREM").arg("CM:delete").arg(&member);
            pipe.cmd("HGET").arg(&hash).arg("f");
        }
        if first {
            let progress = if meta { "CM:meta:progress" } else { "CM:progress" };
            pipe.cmd("SADD").arg(progress).arg(&member);
            pipe.cmd("SADD").arg("CM:busy").arg(&member);
            pipe.cmd("HSET").arg(&hash).arg("f").arg("\u{80}value of some length");
            pipe.cmd("SREM").arg(progress).arg(&member);
        }
    }
    pipe.exec(connection).unwrap();
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

fn nothing_is_lost(keys: u64, meta: bool) {
    let server = Server::start();
    let mut connection = server.connect();
    let running = Cli::new(&server).args(["stats", "--live", "50s", "--format", "json"]).spawn();
    wait_for_monitor(&server);
    let peak = peak_memory(running.pid());
    let begin = Instant::now();
    let all = SECONDS * PER_SECOND;
    for from in (0..all).step_by(usize::try_from(BATCH).unwrap()) {
        calls(&mut connection, from, keys, meta);
        let due = Duration::from_secs_f64((from + BATCH) as f64 / PER_SECOND as f64);
        std::thread::sleep(due.saturating_sub(begin.elapsed()));
    }
    println!("{:.0} calls a second", all as f64 / begin.elapsed().as_secs_f64());
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
fn nothing_is_lost_of_60_000_calls_classic() {
    nothing_is_lost(1000, false);
}

#[test]
fn nothing_is_lost_of_60_000_calls_meta() {
    nothing_is_lost(1000, true);
}

#[test]
fn memory_stays_small_with_more_keys_than_are_followed() {
    nothing_is_lost(u64::MAX, false);
    // Keys that are only read, more than are followed: their tag cannot be asked about any more, and that is said.
    let server = Server::start();
    let mut connection = server.connect();
    let running = Cli::new(&server).args(["stats", "--live", "50s", "--format", "json"]).spawn();
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
    let live = &output.code(130).says("more keys").json()["live"];
    assert_eq!((counts(live, "read:*"), &live["complete"]), ([120_000, 120_000, 0, 0, 0], &json!(false)));
    assert_small(peak);
}
