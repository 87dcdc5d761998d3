//! Servers that refuse scripts which touch keys they do not declare (Dragonfly, some serverless offerings): everything
//! works there as elsewhere.

use std::time::Duration;

use cacheme::memoize::{Invalidate, sync::Cache};
use cacheme::namespace::Layout;
use serde_json::{Value, json};

use crate::gc_removes::{all, members};
use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::output::Output;
use crate::support::server::Server;
use crate::support::strict::Strict;

/// How the one script ends that finds out which kind of server it is.
const QUESTION: &str = "return call('EXISTS', ARGV[1])";

fn cli(url: &str, layout: &str, args: &[&str]) -> Cli {
    Cli::bare().env("CACHEME_URL", url).env("CACHEME_LAYOUT", layout).args(args)
}

/// Whether a script was refused, but for the question.
#[track_caller]
fn assert_declared(strict: &Strict) {
    let refused = strict.refused();
    assert!(refused.iter().all(|script| script.contains(QUESTION)), "refused: {refused:#?}");
    assert!(strict.scripts() > refused.len(), "no script came");
}

#[test]
fn the_relay_refuses_what_is_not_declared() {
    let server = Server::start();
    let strict = Strict::before(&server);
    let mut connection = redis::Client::open(strict.url()).unwrap().get_connection().unwrap();
    let mut eval = |keys: usize| -> redis::RedisResult<i64> {
        redis::cmd("EVAL")
            .arg("return redis.call('SADD', 'a*b', 'x')")
            .arg(keys)
            .arg("a*b")
            .query(&mut connection)
    };
    let refusal = eval(0).unwrap_err();
    assert!(format!("{refusal:?}").contains("undeclared key"), "{refusal:?}");
    assert_eq!(eval(1).unwrap(), 1);
    assert_eq!(strict.refused().len(), 1);
    // What is no script goes as ever, before and behind.
    let held: Vec<String> = redis::cmd("SMEMBERS").arg("a*b").query(&mut connection).unwrap();
    assert_eq!(held, ["x"]);
}

fn seed(server: &Server, layout: &str) {
    let mut connection = server.connect();
    all(
        &mut connection,
        &[
            "HSET CM:a f v base w",
            "HSET CM:due f v g w base x",
            "HSET CM:three b v",
            "HSET CM:Book:1 owner v title v",
            "HSET CM:Book:2 owner v",
            "SADD CM:tag CM:a>f CM:a CM:a>gone CM:gone CM:three>b>c CM:three>x>c CM:busy>x CM:due>f",
            "SADD CM:books CM:Book:1>owner CM:Book:2>owner",
            "SADD CM:User:1:invalid CM:a>f CM:gone>too CM:busy>x CM:Book:1>title",
            "ZADD CM:Meta:Expire-Buckets::CM:a 99999999999 CM:a>f 99999999999 CM:a>gone 5 CM:lost",
            "ZADD CM:Meta:Expire-Buckets::CM:due 5 CM:due>f 6 CM:due>g 99999999999 CM:due",
            "ZADD CM:Meta:Expire-Buckets::CM:three 99999999999 CM:three>b 5 CM:three>gone",
            "ZADD CM:meta:leases 1000 CM:a>f",
        ],
    );
    for meta in [false, true] {
        if layout == "auto" || (layout == "meta") == meta {
            let [deleted, progress] =
                if meta { ["CM:meta:deleted", "CM:meta:progress"] } else { ["CM:delete", "CM:progress"] };
            all(
                &mut connection,
                &[
                    &format!("SADD {deleted} CM:due>f CM:due>g CM:forgotten"),
                    &format!("SADD {progress} CM:busy>x CM:stuck CM:due>g"),
                ],
            );
        }
    }
}

#[test]
fn every_command_does_there_what_it_does_elsewhere() {
    for layout in ["classic", "meta", "auto"] {
        let (plain, other) = (Server::builder().tcp().start(), Server::start());
        let strict = Strict::before(&other);
        let dump = {
            seed(&plain, layout);
            let dump =
                cli(&plain.tcp_url(), layout, &["keys", "dump", "--raw", "--indexes", "--format", "ndjson"]);
            dump.run().ok().stdout.clone()
        };
        seed(&other, layout);
        let jobs: &[&[&str]] = &[
            &["purge", "--mark", "--grace", "300h"],
            &["purge"],
            &["gc", "--yes", "--stuck-after", "0s"],
            &["invalidate", "--yes", "--tag", "books", "--delete"],
            &["invalidate", "--yes", "--invalid-key", "User:1"],
            &["invalidate", "--yes", "--pattern", "a*"],
            &["invalidate", "--yes", "--pattern", "three", "--mark"],
            &["keys", "restore", "--yes", "--replace"],
            &["gc", "--yes", "--stuck-after", "0s"],
            &["stats"],
        ];
        for job in jobs {
            let run = |url: &str| -> Value {
                let mut report = cli(url, layout, job)
                    .args(["--format", "json"])
                    .stdin(if job[0] == "keys" { dump.clone() } else { Vec::new() })
                    .run()
                    .ok()
                    .json();
                // MEMORY USAGE estimates a set by a few members that it picks at random.
                let differs = ["elapsed_ms", "server", "servers", "bytes"];
                report.as_object_mut().unwrap().retain(|name, _| !differs.contains(&name.as_str()));
                report
            };
            assert_eq!(run(&plain.tcp_url()), run(&strict.url()), "{layout} {job:?}");
            assert_same(&plain.dump(), &other.dump());
        }
        assert_declared(&strict);
    }
}

#[test]
fn gc_looks_again_in_steps_there_and_says_so() {
    let server = Server::start();
    let strict = Strict::before(&server);
    let mut connection = server.connect();
    all(&mut connection, &["SADD CM:tag CM:slow CM:gone", "HSET CM:a base v", "SADD CM:tag CM:a"]);
    // A writer of 0.0.9 names its key first and stores the value later: gc comes in between.
    let gc = || -> Output { cli(&strict.url(), "classic", &["gc", "--yes", "--format", "json"]).run() };
    let running = cli(&strict.url(), "classic", &["gc", "--yes", "--format", "json"]).spawn();
    crate::support::wait_until("it is removed", Duration::from_secs(30), || {
        !members(&server, "CM:tag").contains("CM:slow")
    });
    all(&mut connection, &["HSET CM:slow base v"]);
    let out = running.wait();
    let report = out.ok().json();
    assert_eq!((&report["tags"]["removed"], &report["tags"]["restored"]), (&json!(2), &json!(1)), "{report}");
    assert!(members(&server, "CM:tag").contains("CM:slow"));
    assert!(members(&server, "CM:delete").contains("CM:slow"));
    out.says("refuses scripts that touch keys they do not declare: gc checks again");
    gc().ok();
    assert_declared(&strict);
    assert!(!server.dump().contains_key(&b"CM:meta:removed"[..]));
}

#[test]
fn memoize_declares_what_its_scripts_touch() {
    for layout in [Layout::Classic, Layout::Meta, Layout::Both] {
        let server = Server::start();
        let strict = Strict::before(&server);
        all(&mut server.connect(), &["ZADD CM:meta:leases 1000 CM:run>out"]);
        let settings = server.settings().url(strict.url()).layout(layout);
        let cache = Cache::open_with(settings, |error| panic!("Redis: {error}")).unwrap();
        let get = cache
            .memoize("get", |id: &u32| format!("Book:{id}>owner>x"), |id: &u32| *id)
            .invalid_keys(|_, id| [format!("User:{id}"), "All".to_owned()])
            .timeout(Duration::from_secs(60))
            .build();
        let fails = cache
            .memoize("fails", |id: &u32| format!("Bad:{id}"), |_: &u32| -> u32 { panic!("as it does") })
            .build();
        for id in [1, 2, 1] {
            assert_eq!(get.call(&id).unwrap(), id);
        }
        cache.invalidate(&Invalidate::tag("get")).unwrap();
        assert_eq!(get.call(&1).unwrap(), 1);
        all(
            &mut server.connect(),
            &["ZADD CM:Meta:Expire-Buckets::CM:Book:2 5 CM:Book:2>owner 6 CM:Book:2>other"],
        );
        assert_eq!(get.call(&2).unwrap(), 2);
        cache.invalidate(&Invalidate::invalid_key("All")).unwrap();
        assert_eq!(get.call(&2).unwrap(), 2);
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fails.call(&1))).is_err());
        assert_eq!((get.counts().hits, get.counts().misses + get.counts().refreshes), (1, 5));
        crate::memoize_calls::assert_clean(&server);
        assert_eq!(strict.refused(), Vec::<String>::new());
        assert!(strict.scripts() > 10);
    }
}

#[test]
fn what_was_noted_before_all_time_is_looked_at() {
    let server = Server::start();
    let noted = "for n = 1, 9 do
        redis.call('RPUSH', 'CM:meta:removed', cmsgpack.pack({-9223372036854775808, 'tag', 'CM:tag', {'CM:a' .. n}}))
    end";
    redis::cmd("EVAL").arg(noted).arg(0).exec(&mut server.connect()).unwrap();
    let seen = "ZADD CM:meta:suspects -inf progress:CM:stuck";
    all(&mut server.connect(), &["HSET CM:a1 base v", "SADD CM:progress CM:stuck", seen]);
    let strict = Strict::before(&server);
    cli(&strict.url(), "classic", &["gc", "--yes", "--stuck-after", "1h"]).run().ok();
    assert_eq!(members(&server, "CM:tag"), ["CM:a1".to_owned()].into());
    assert!(members(&server, "CM:progress").is_empty());
    assert!(!server.dump().contains_key(&b"CM:meta:removed"[..]));
}
