//! Every way a server fails: exit code, message, `complete`, and nothing lost.

use std::time::Duration;

use cacheme::client::{Command, Conn, Target, Timeouts};
use redis::Connection;
use serde_json::Value;

use crate::support::cli::Cli;
use crate::support::gate::held;
use crate::support::output::Output;
use crate::support::ports::free_port;
use crate::support::proxy::{Proxy, Weather};
use crate::support::relay::{Fault, Relay};
use crate::support::server::Server;
use crate::support::wait_until;

const KEYS: u64 = 3000;

fn fill(connection: &mut Connection) {
    let mut pipe = redis::pipe();
    for n in 0..KEYS {
        let key = format!("CM:Book:{n}>owner");
        pipe.cmd("HSET").arg(format!("CM:Book:{n}")).arg("owner").arg("v").ignore();
        pipe.cmd("SADD").arg("CM:books").arg(&key).ignore();
        pipe.cmd("ZADD").arg(format!("CM:Meta:Expire-Buckets::CM:Book:{n}")).arg(1000).arg(&key).ignore();
    }
    pipe.exec(connection).unwrap();
}

fn full() -> Server {
    let server = Server::builder().tcp().start();
    fill(&mut server.connect());
    server
}

fn cli(url: &str, args: &[&str]) -> Cli {
    Cli::bare()
        .env("CACHEME_URL", url)
        .env("CACHEME_LAYOUT", "meta")
        .env("CACHEME_FORMAT", "json")
        .env("CACHEME_TIMEOUT", "5s")
        .args(args)
}

fn number(server: &Server, command: &str, key: &str) -> u64 {
    redis::cmd(command).arg(key).query(&mut server.connect()).unwrap()
}

fn count(server: &Server, pattern: &str) -> u64 {
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg(pattern).query(&mut server.connect()).unwrap();
    keys.len() as u64
}

const MARK: [&str; 4] = ["invalidate", "--tag", "books", "--yes"];
const DELETE: [&str; 4] = ["invalidate", "--pattern", "Book:*", "--yes"];

/// What a report says was done is never more than what was, and all of it where it says that it is complete.
#[track_caller]
fn is_honest(output: &Output, field: &str, done: u64) {
    let report = output.json();
    let said = report[field].as_u64().unwrap();
    let complete = report["complete"] == Value::Bool(true);
    assert!(said <= done && (!complete || said == done), "{done} were done\n{}", output.transcript());
    assert_eq!(complete, output.code == 0, "{}", output.transcript());
}

#[test]
fn cut_in_mid_pipeline_marks_are_finished() {
    let server = full();
    let proxy =
        Proxy::start(server.port(), Weather { cut_after: Some(60_000), cuts: 3, ..Weather::default() });
    let output = cli(&proxy.url(), &MARK).run();
    assert!(proxy.cuts() > 0 && proxy.connections() > 1);
    assert_eq!(number(&server, "SCARD", "CM:meta:deleted"), KEYS, "{}", output.transcript());
    is_honest(&output, "marked", KEYS);
}

#[test]
fn cut_in_mid_pipeline_deletions_are_finished() {
    let server = full();
    let proxy =
        Proxy::start(server.port(), Weather { cut_after: Some(30_000), cuts: 3, ..Weather::default() });
    let output = cli(&proxy.url(), &DELETE).run();
    assert!(proxy.cuts() > 0);
    assert_eq!(count(&server, "CM:Book:*"), 0, "{}", output.transcript());
    is_honest(&output, "deleted", KEYS);
}

#[test]
fn cut_in_mid_pipeline_purge_is_finished() {
    let server = full();
    let proxy =
        Proxy::start(server.port(), Weather { cut_after: Some(40_000), cuts: 3, ..Weather::default() });
    let output = cli(&proxy.url(), &["purge"]).run();
    assert!(proxy.cuts() > 0);
    assert_eq!(count(&server, "CM:Book:*") + count(&server, "CM:Meta:*"), 0, "{}", output.transcript());
    is_honest(&output, "deleted", KEYS);
}

#[test]
fn cut_in_mid_pipeline_fast_pace_is_finished_too() {
    let server = full();
    let proxy =
        Proxy::start(server.port(), Weather { cut_after: Some(60_000), cuts: 2, ..Weather::default() });
    let output = cli(&proxy.url(), &["--pace", "fast", "purge"]).run();
    assert!(proxy.cuts() > 0);
    assert_eq!(count(&server, "CM:Book:*") + count(&server, "CM:Meta:*"), 0, "{}", output.transcript());
    is_honest(&output, "deleted", KEYS);
}

#[test]
fn cut_in_mid_pipeline_reads_lose_nothing() {
    let server = full();
    let proxy =
        Proxy::start(server.port(), Weather { cut_after: Some(50_000), cuts: 4, ..Weather::default() });
    let output = cli(&proxy.url(), &["keys", "list", "--format", "plain"]).run();
    assert!(proxy.cuts() > 0);
    assert_eq!(output.ok().lines().len() as u64, KEYS);
}

#[test]
fn cut_again_and_again_ends_in_time() {
    let server = full();
    let weather = Weather { cut_after: Some(0), cuts: usize::MAX, ..Weather::default() };
    let proxy = Proxy::start(server.port(), weather);
    let output = cli(&proxy.url(), &["tags", "list"]).run();
    output.code(1);
    assert!(output.elapsed < Duration::from_secs(12), "{}", output.transcript());
}

#[test]
fn late_by_200_ms_everything_works() {
    let server = full();
    let weather = Weather { latency: Duration::from_millis(200), ..Weather::default() };
    let proxy = Proxy::start(server.port(), weather);
    cli(&proxy.url(), &["tags", "show", "books", "--pace", "fast"]).run().ok();
    let output = cli(&proxy.url(), &["invalidate", "--key", "Book:1>owner"]).run();
    assert_eq!(output.ok().json()["marked"], 1);
}

#[test]
fn half_open_is_told_within_the_timeout() {
    let server = full();
    let proxy = Proxy::start(server.port(), Weather { silent_after: Some(40_000), ..Weather::default() });
    let output = cli(&proxy.url(), &["--timeout", "1s", "keys", "list", "--format", "plain"]).run();
    output.code(1).says("did not answer").says("within 1 s");
    assert!(output.elapsed < Duration::from_secs(10), "{}", output.transcript());
}

#[test]
fn frozen_in_mid_run_is_told_with_what_was_done() {
    let server = full();
    let (gate, running) =
        held(&server, cli(&server.tcp_url(), &MARK).args(["--timeout", "1s"]), 3, &["SADD"]);
    server.signal("STOP");
    gate.open();
    let output = running.wait();
    server.signal("CONT");
    output.code(3).says("did not answer");
    is_honest(&output, "marked", number(&server, "SCARD", "CM:meta:deleted"));
}

#[test]
fn frozen_for_less_than_the_timeout_is_waited_for() {
    let server = full();
    let patient = cli(&server.tcp_url(), &MARK).args(["--timeout", "60s"]);
    let (gate, running) = held(&server, patient, 3, &["SADD"]);
    server.signal("STOP");
    gate.open();
    // However long it is, the server is at work again before the timeout is over.
    std::thread::sleep(Duration::from_millis(300));
    server.signal("CONT");
    assert_eq!(running.wait().ok().json()["marked"], KEYS);
}

#[test]
fn killed_in_mid_run_is_told_with_what_was_done() {
    let mut server = full();
    let (gate, running) =
        held(&server, cli(&server.tcp_url(), &MARK).args(["--timeout", "1s"]), 3, &["SADD"]);
    server.stop();
    gate.open();
    let output = running.wait();
    output.code(3).says("cannot connect");
    let report = output.json();
    assert!(report["marked"].as_u64().unwrap() >= 100 && report["complete"] == false);
}

#[test]
fn restarted_in_mid_run_the_scan_begins_again_and_loses_nothing() {
    let mut server = full();
    let (gate, running) =
        held(&server, cli(&server.tcp_url(), &MARK).args(["--timeout", "20s"]), 3, &["SADD"]);
    server.restart();
    gate.open();
    let output = running.wait();
    assert_eq!(number(&server, "SCARD", "CM:meta:deleted"), KEYS, "{}", output.transcript());
    // Marks that were set after its last save went with it and were set, and counted, once more.
    output.code(3).says("took over during the run");
    assert_eq!(output.json()["complete"], false);
}

#[test]
fn nobody_there_is_told_at_once() {
    let url = format!("redis://127.0.0.1:{}", free_port());
    let output = cli(&url, &["tags", "list"]).run();
    output.code(1).says("cannot connect").says("is the server running");
    assert!(output.elapsed < Duration::from_secs(4));
}

#[test]
fn out_of_memory_refuses_marks_and_lets_purge_give_memory_back() {
    let server = full();
    redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("1mb").exec(&mut server.connect()).unwrap();
    let output = cli(&server.tcp_url(), &MARK).run();
    output.code(1).says("OOM").says("purge");
    assert_eq!(output.json()["marked"], 0);
    assert_eq!(cli(&server.tcp_url(), &["purge"]).run().ok().json()["deleted"], KEYS);
}

#[test]
fn a_server_that_cannot_save_refuses_and_is_quoted() {
    let server = Server::builder().tcp().config("dbfilename gone.rdb").start();
    let mut connection = server.connect();
    fill(&mut connection);
    // A folder stands where the file should be: the next save fails, and with it every write.
    for (name, value) in
        [("save", "3600 1"), ("stop-writes-on-bgsave-error", "yes"), ("rdbcompression", "yes")]
    {
        redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec(&mut connection).unwrap();
    }
    let folder: (String, String) = redis::cmd("CONFIG").arg("GET").arg("dir").query(&mut connection).unwrap();
    std::fs::create_dir(std::path::Path::new(&folder.1).join("gone.rdb")).unwrap();
    redis::cmd("BGSAVE").exec(&mut connection).unwrap();
    wait_until("the save has failed", Duration::from_secs(20), || {
        let info: String = redis::cmd("INFO").arg("persistence").query(&mut connection).unwrap();
        info.contains("rdb_last_bgsave_status:err")
    });
    let output = cli(&server.tcp_url(), &MARK).run();
    output.code(1).says("MISCONF").says("cannot save");
    assert_eq!(output.json()["marked"], 0);
    cli(&server.tcp_url(), &["tags", "list"]).run().ok();
    let output = cli(&server.tcp_url(), &["purge"]).run();
    output.code(1).says("MISCONF");
    assert_eq!(count(&server, "CM:Meta:*"), KEYS);
}

#[test]
fn a_server_that_loads_is_waited_for() {
    let server = Server::builder().tcp().config("enable-debug-command yes").start();
    fill(&mut server.connect());
    for (name, value) in [("key-load-delay", "300"), ("loading-process-events-interval-bytes", "1024")] {
        redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec(&mut server.connect()).unwrap();
    }
    let (mut loads, mut asks) = (server.connect(), server.connect());
    std::thread::scope(|scope| {
        // It saves and loads in place: for a while the server only says LOADING.
        scope.spawn(move || redis::cmd("DEBUG").arg("RELOAD").exec(&mut loads));
        wait_until("it loads", Duration::from_secs(10), || {
            let answer = redis::cmd("DBSIZE").exec(&mut asks);
            answer.is_err_and(|error| error.code() == Some("LOADING"))
        });
        let short = cli(&server.tcp_url(), &["--timeout", "100ms", "tags", "list"]).run();
        short.code(1).says("LOADING");
        cli(&server.tcp_url(), &["tags", "list"]).run().ok();
    });
}

#[test]
fn a_server_that_is_back_at_the_second_attempt_is_waited_for() {
    let server = Server::start();
    let relay = Relay::before(&server, |_| None);
    let timeouts = Timeouts { io: Duration::from_secs(60), ..Timeouts::default() };
    let mut conn = Conn::open(&Target::parse(&relay.url()).unwrap(), timeouts).unwrap();
    // An answer is lost, and so is the first on the connection behind it.
    relay.now(|asked| (asked.before < 2).then_some(Fault::CutBefore));
    assert!(conn.one(Command::write("INCR"), &[b"n"]).is_err(), "it is not sent twice");
    assert_eq!(conn.one(Command::write("INCR"), &[b"n"]).unwrap().int().unwrap(), 2, "it was not sent yet");
    assert_eq!((relay.faults(), conn.connection_stats().reconnects), (2, 1));
}
