//! What a Rust worker writes, held against the recorded traces of the library: the same, but for differences that are
//! listed here and told in the documentation of `memoize`.

use std::collections::BTreeSet;
use std::time::Duration;

use cacheme::memoize::Invalidate;
use redis::Commands;

use crate::memoize_python::{LIBS, cache};
use crate::support::monitor::{Seen, transcript};
use crate::support::python::Lib;
use crate::support::server::Server;

/// The commands of a section of a trace.
fn section(lib: Lib, name: &str) -> Vec<Seen> {
    let trace = match lib.is_meta() {
        false => include_str!("../traces/cacheme-0.0.9.monitor"),
        true => include_str!("../traces/cacheme-0.1.1.monitor"),
    };
    let heading = format!("\"ECHO\" \"--- {name}\"");
    let lines = trace.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("\"ECHO\"") && !line.is_empty());
    let seen: Vec<Seen> = lines
        .map(|line| match line.strip_prefix("lua ") {
            Some(called) => format!("1.0 [0 lua] {called}"),
            None => format!("1.0 [0 unix:s] {line}"),
        })
        .map(|line| Seen::parse(line.as_bytes()).unwrap())
        .collect();
    assert!(!seen.is_empty(), "the trace has no {name}");
    seen
}

/// What was written, by clients or scripts: without values, scores and their order, which differs.
fn writes(seen: &[Seen]) -> BTreeSet<String> {
    let effect = |it: &Seen| {
        let (name, rest) = (it.name().to_ascii_uppercase(), it.rest());
        Some(match name.as_str() {
            "SADD" | "SREM" => format!("{name} {} {}", rest[0], rest[1]),
            "HSET" => format!("HSET {} {}", rest[0], rest[1]),
            "ZADD" => format!("ZADD {} {}", rest[0], rest[2]),
            "ZREMRANGEBYSCORE" => format!("sweep {}", rest[0]),
            "ZREM" if rest[0].contains("Expire-Buckets") => format!("sweep {}", rest[0]),
            "ZREM" => format!("ZREM {} {}", rest[0], rest[1]),
            "EVAL" | "EVALSHA" | "MULTI" | "EXEC" | "HGET" | "SISMEMBER" | "ZSCORE" | "ZRANGEBYSCORE"
            | "TIME" => {
                return None;
            }
            other => panic!("{other} is not known here"),
        })
    };
    seen.iter().filter_map(effect).collect()
}

/// Compares a call with its section: `without` is what only the library writes, `with` what only we do.
#[track_caller]
fn compare(lib: Lib, name: &str, ours: &[Seen], without: &[String], with: &[String]) {
    let (theirs, said) = (writes(&section(lib, name)), transcript(ours));
    let ours = writes(ours);
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> BTreeSet<String> {
        one.difference(other).cloned().collect()
    };
    let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(only(&theirs, &ours), set(without), "{lib:?} {name}, only the library:\n{said}");
    assert_eq!(only(&ours, &theirs), set(with), "{lib:?} {name}, only we:\n{said}");
}

#[test]
fn a_miss_a_hit_a_refresh_and_an_expiry_write_what_the_traces_say() {
    for lib in LIBS {
        let server = Server::start();
        let cache = cache(lib, &server);
        let owner = cache
            .memoize("get_owner", |book: &u32| format!("Book:{book}>owner"), |book: &u32| book + 100)
            .invalid_keys(|_, id| format!("User:{id}"))
            .build();
        let plain = cache
            .memoize("ttl_tag", |id: &u32| format!("plain:{id}"), |id: &u32| *id)
            .timeout(Duration::from_secs(2))
            .build();
        owner.call(&1).unwrap();
        let (deleted, progress) = (lib.deleted_set("CM:"), lib.progress_set("CM:"));
        let lease = |key: &str| [format!("ZADD CM:meta:leases {key}"), format!("ZREM CM:meta:leases {key}")];
        let book = "CM:Book:100>owner";
        let asks = |key: &str| format!("SREM {deleted} {key}");
        // 0.0.9 refreshes without entering progress.
        let refresh = |key: &str| {
            let progress = [format!("SADD {progress} {key}"), format!("SREM {progress} {key}")];
            let progress = progress.into_iter().filter(|_| !lib.is_meta());
            progress.chain(lease(key)).collect::<Vec<_>>()
        };
        let sweep = "sweep CM:Meta:Expire-Buckets::CM:plain:1".to_owned();

        // A lease beside the library's own bookkeeping.
        let (_, seen) = server.monitor(|| owner.call(&100).unwrap());
        compare(lib, "miss owner", &seen, &[], &lease(book));
        // The library asks for the mark by taking it; a hit here writes nothing.
        let (_, seen) = server.monitor(|| owner.call(&100).unwrap());
        compare(lib, "hit owner", &seen, &[asks(book)], &[]);
        assert!(writes(&seen).is_empty());
        // The library sweeps the bucket at each read; here each key looks at its own entry.
        let (_, seen) = server.monitor(|| plain.call(&1).unwrap());
        compare(lib, "miss ttl plain", &seen, std::slice::from_ref(&sweep), &lease("CM:plain:1"));
        let (_, seen) = server.monitor(|| plain.call(&1).unwrap());
        compare(lib, "hit ttl plain", &seen, &[asks("CM:plain:1"), sweep.clone()], &[]);
        assert!(writes(&seen).is_empty());
        cache.invalidate(&Invalidate::key("Book:100>owner")).unwrap();
        let (_, seen) = server.monitor(|| owner.call(&100).unwrap());
        compare(lib, "after invalid", &seen, &[], &refresh(book));
        // An expired key is taken at once, not marked first, and its entry is there until it has another score.
        let _: () = server.connect().zadd("CM:Meta:Expire-Buckets::CM:plain:1", "CM:plain:1", 1).unwrap();
        let (_, seen) = server.monitor(|| plain.call(&1).unwrap());
        let without = [format!("SADD {deleted} CM:plain:1"), sweep];
        compare(lib, "expired plain", &seen, &without, &refresh("CM:plain:1"));
    }
}
