//! A refusal inside a script keeps its code and its words, on old servers too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use cacheme::cache::restore_expired;
use cacheme::client::{Conn, Target, Timeouts};
use cacheme::memoize::sync::Cache;
use cacheme::namespace::{Layout, Namespace};
use redis::Commands;

use crate::support::server::Server;

/// What makes a server refuse writes, how it says so, and what makes it take them again.
const REFUSALS: [(&[&str], &str, &[&str]); 3] = [
    (&["CONFIG", "SET", "maxmemory", "1"], "OOM", &["CONFIG", "SET", "maxmemory", "0"]),
    (&["REPLICAOF", "127.0.0.1", "1"], "READONLY", &["REPLICAOF", "NO", "ONE"]),
    (
        &["CONFIG", "SET", "min-replicas-to-write", "1"],
        "NOREPLICAS",
        &["CONFIG", "SET", "min-replicas-to-write", "0"],
    ),
];

fn does(it: &mut redis::Connection, words: &[&str]) {
    redis::cmd(words[0]).arg(&words[1..]).exec(it).unwrap();
}

/// Whether the server refuses writes of scripts so: before 7.0 they need no replicas, and what only removes needs no room.
fn refuses(it: &mut redis::Connection) -> bool {
    let tried: Result<i64, _> =
        redis::cmd("EVAL").arg("return redis.call('SREM', 'x', 'y')").arg(0).query(it);
    tried.is_err()
}

#[test]
fn flush_says_what_is_owed_still() {
    for (refuse, code, allow) in REFUSALS {
        let server = Server::start();
        let (number, in_mid, url) =
            (Arc::new(AtomicU32::new(1)), Arc::new(AtomicBool::new(false)), server.url());
        let (source, fails) = (number.clone(), in_mid.clone());
        let cache = Cache::open_with(server.settings().layout(Layout::Both).record(false), |_| ()).unwrap();
        let function = move |(): &()| {
            if fails.swap(false, SeqCst) {
                does(&mut redis::Client::open(&*url).unwrap().get_connection().unwrap(), refuse);
                return Err("no");
            }
            Ok(source.load(SeqCst))
        };
        let get = cache.try_memoize("get", |(): &()| "n:1>it".to_owned(), function).build();
        assert_eq!(get.call(&()).unwrap(), 1);
        let mut it = server.connect();
        for set in Namespace::new("CM:", Layout::Both).unwrap().deleted_sets() {
            let _: () = it.sadd(set, "CM:n:1>it").unwrap();
        }
        number.store(2, SeqCst);
        in_mid.store(true, SeqCst);
        get.call(&()).unwrap_err();
        let stands = it.exists("CM:meta:leases").unwrap();
        assert_eq!(refuses(&mut it), stands, "{code}: it is given back as soon as it is taken");
        assert!(stands || code != "READONLY");
        for _ in 0..2 {
            match cache.flush() {
                Err(error) if stands => assert_eq!(error.code(), Some(code), "{error}"),
                done => assert!(!stands && done.is_ok(), "{code}: {done:?}"),
            }
        }
        does(&mut it, allow);
        cache.flush().unwrap();
        assert!(!it.exists::<_, bool>("CM:meta:leases").unwrap(), "{code}");
        assert_eq!(get.call(&()).unwrap(), 2, "{code}");
    }
}

#[test]
fn the_words_of_a_refusal_are_one_line() {
    let server = Server::start();
    let ns = Namespace::new("a\r\nb:", Layout::Classic).unwrap();
    let _: () = server.connect().set(ns.leases(), "no sorted set").unwrap();
    let mut conn = Conn::open(&Target::parse(&server.url()).unwrap(), Timeouts::default()).unwrap();
    let error = restore_expired(&mut conn, &ns, 1, 1).unwrap_err();
    assert_eq!(error.code(), Some("WRONGTYPE"), "{error}");
    assert!(error.to_string().ends_with("(ZRANGEBYSCORE 'a b:meta:leases')"), "{error}");
    let _: () = server.connect().del(ns.leases()).unwrap();
    assert_eq!(restore_expired(&mut conn, &ns, 1, 1).unwrap(), 0, "the connection goes on");
}
