//! What the real library asks of Redis, command by command.

use serde_json::{Value, json};

use crate::support::monitor::{Seen, transcript};
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;

/// The commands without pickles and scripts, which are long, and without what a script calls.
fn asked(seen: &[Seen]) -> Vec<String> {
    let sent = seen.iter().filter(|it| !it.lua);
    sent.map(|it| {
        let shown = it.to_string().replace('"', "");
        match it.name().as_str() {
            "EVAL" => format!("EVAL {}", it.rest()[2..].join(" ")),
            "HSET" => it.rest()[..2].iter().fold("HSET".to_owned(), |all, arg| all + " " + arg),
            _ => shown,
        }
    })
    .collect()
}

/// Asks a worker something and gives what Redis was asked for it.
fn asks(server: &Server, worker: &mut Worker, command: &Value) -> Vec<String> {
    let (answer, seen) = server.monitor(|| worker.ask(command));
    assert!(answer.get("error").is_none(), "{answer}\n{}", transcript(&seen));
    asked(&seen)
}

#[test]
fn classic_asks_what_the_trace_says() {
    for lib in [Lib::V009, Lib::V010] {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        let owner = json!({"call": "get_owner", "args": [100]});
        // The first command of a connection may bring its set-up with it.
        worker.call("plain", json!(["warm up"]));
        assert_eq!(
            asks(&server, &mut worker, &owner),
            [
                "SREM CM:delete CM:Book:100>owner",
                "HGET CM:Book:100 owner",
                "SADD CM:progress CM:Book:100>owner",
                "SADD CM:get_owner CM:Book:100>owner",
                "HSET CM:Book:100 owner",
                "SREM CM:progress CM:Book:100>owner",
                "SADD CM:User:200:invalid CM:Book:100>owner",
            ]
        );
        let hit = ["SREM CM:delete CM:Book:100>owner", "HGET CM:Book:100 owner"];
        assert_eq!(asks(&server, &mut worker, &owner), hit);
        let by_key = json!({"invalidate": {"key": "Book:100>owner"}});
        assert_eq!(asks(&server, &mut worker, &by_key), ["SADD CM:delete CM:Book:100>owner"]);
        assert_eq!(
            asks(&server, &mut worker, &owner),
            [
                "SREM CM:delete CM:Book:100>owner",
                "SADD CM:get_owner CM:Book:100>owner",
                "HSET CM:Book:100 owner",
                "SADD CM:User:200:invalid CM:Book:100>owner",
            ]
        );
        let by_name = json!({"invalidate": {"invalid_key": "User:200"}});
        assert_eq!(
            asks(&server, &mut worker, &by_name),
            ["SMEMBERS CM:User:200:invalid", "SADD CM:delete CM:Book:100>owner"]
        );
        let by_tag: &[&str] = match lib {
            Lib::V009 => {
                &["SMEMBERS CM:get_owner", "SADD CM:delete CM:Book:100>owner", "UNLINK CM:get_owner"]
            }
            // The member's name, taken for a Redis key: nothing is there.
            _ => &["SSCAN CM:get_owner 0", "UNLINK CM:Book:100>owner"],
        };
        let tag = json!({"invalidate_tag": "get_owner"});
        assert_eq!(asks(&server, &mut worker, &tag), by_tag);
    }
}

#[test]
fn meta_asks_what_the_trace_says() {
    let server = Server::start();
    // A prefix of its own does not move the bookkeeping sets.
    let mut worker = Worker::builder(Lib::V011, &server).prefix("P:").spawn();
    worker.call("plain", json!(["warm up"]));
    let owner = json!({"call": "get_owner", "args": [100]});
    let hit = "EVAL CM:meta:deleted P:Book:100 P:Book:100>owner owner";
    let miss = [
        hit,
        "SADD CM:meta:progress P:Book:100>owner",
        "MULTI",
        "SADD P:get_owner P:Book:100>owner",
        "HSET P:Book:100 owner",
        "SREM CM:meta:progress P:Book:100>owner",
        "SADD P:User:200:invalid P:Book:100>owner",
        "EXEC",
    ];
    assert_eq!(asks(&server, &mut worker, &owner), miss);
    assert_eq!(asks(&server, &mut worker, &owner), [hit]);
    let by_key = json!({"invalidate": {"key": "Book:100>owner"}});
    let mark = "SADD CM:meta:deleted P:Book:100>owner";
    assert_eq!(asks(&server, &mut worker, &by_key), [mark]);
    assert_eq!(asks(&server, &mut worker, &owner), miss);
    let by_name = json!({"invalidate": {"invalid_key": "User:200"}});
    let scan = "SSCAN P:User:200:invalid 0 COUNT 10";
    assert_eq!(asks(&server, &mut worker, &by_name), [scan, mark]);
    let by_tag = json!({"invalidate_tag": "get_owner"});
    let scan = "SSCAN P:get_owner 0 COUNT 10";
    assert_eq!(asks(&server, &mut worker, &by_tag), [scan, mark]);
    worker.call("fresh", json!([1]));
    let scripts: Vec<bool> = redis::cmd("SCRIPT")
        .arg("EXISTS")
        .arg("de9e2d62a5bb751799ce029363619ae41713ab68")
        .arg("107d25b611537c84fb15069f684e36f4abbe0ff4")
        .query(&mut server.connect())
        .unwrap();
    assert_eq!(scripts, [true, true]);
}
