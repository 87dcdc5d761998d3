//! `gc`: what is leaked goes, and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use redis::Connection;
use serde_json::{Value, json};

use crate::cli_invalidate::SHARED;
use crate::support::cli::Cli;
use crate::support::content::{self, Held};
use crate::support::output::Output;
use crate::support::python::{self, Lib};
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::worker::Worker;

pub(crate) fn does(connection: &mut Connection, line: &str) {
    let mut words = line.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    words.for_each(|word| {
        command.arg(word);
    });
    command.query::<redis::Value>(connection).unwrap_or_else(|error| panic!("{line}: {error}"));
}

pub(crate) fn all(connection: &mut Connection, lines: &[&str]) {
    lines.iter().for_each(|line| does(connection, line));
}

pub(crate) fn members(server: &Server, name: &str) -> BTreeSet<String> {
    let content = server.dump();
    let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
    match content.get(name.as_bytes()).map(|entry| &entry.held) {
        None => BTreeSet::new(),
        Some(Held::Set(members)) => members.iter().map(text).collect(),
        Some(Held::Zset(members)) => members.keys().map(text).collect(),
        Some(other) => panic!("no members in {other:?}"),
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A run that does not wait for anybody, answering with JSON.
pub(crate) fn gc(server: &Server, args: &[&str]) -> Output {
    let cli = Cli::new(server).args(["gc", "--yes", "--format", "json"]).args(args);
    cli.timeout(Duration::from_secs(120)).run()
}

fn counts(report: &Value, part: &str) -> [u64; 3] {
    ["scanned", "removed", "restored"].map(|name| report[part][name].as_u64().unwrap())
}

fn leaked(layout: &str) -> [String; 2] {
    let (deleted, progress) = match layout {
        "classic" => ("CM:delete", "CM:progress"),
        _ => ("CM:meta:deleted", "CM:meta:progress"),
    };
    [deleted.to_owned(), progress.to_owned()]
}

fn seed(server: &Server, [deleted, progress]: &[String; 2]) {
    all(
        &mut server.connect(),
        &[
            "HSET CM:a f v base w",
            "HSET CM:three b v",
            "SADD CM:tag CM:a>f CM:a CM:a>gone CM:gone CM:three>b>c CM:three>x>c other:a CM:busy>x CM:lonely",
            "SADD CM:dead CM:gone CM:gone>too",
            "SADD CM:User:1:invalid CM:a>f CM:gone>too CM:busy>x",
            "ZADD CM:Meta:Expire-Buckets::CM:a 99999999999 CM:a>f 99999999999 CM:a>gone 5 CM:a",
            "ZADD CM:Meta:Expire-Buckets::CM:busy 99999999999 CM:busy>x",
            "ZADD CM:Meta:Expire-Buckets::CM:three 99999999999 CM:three>b",
            "SADD other:tag CM:gone",
            "SET CM:string x",
            "ZADD CM:zset 1 CM:gone",
        ],
    );
    does(&mut server.connect(), &format!("SADD {progress} CM:busy>x"));
    does(&mut server.connect(), &format!("SADD {deleted} CM:a>f CM:forgotten CM:busy>x other:gone"));
}

#[test]
fn what_is_computed_by_whatever_name_keeps_its_place_in_every_index() {
    std::thread::scope(|scope| {
        for (computed, read) in SHARED {
            scope.spawn(move || [0, 1500].map(|others| keeps_its_place(computed, read, others)));
        }
    });
}

fn keeps_its_place(computed: &str, read: &str, others: usize) {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.busy([computed]).busy((0..others).map(|n| format!("other {n}")));
    seed.tag("t", [read, "dead>x", "dead>x>y"]).invalid("I", [read]).marked([read]);
    let run = |more: &[&str]| {
        let args = ["--layout", "classic", "gc", "--yes", "--format", "json"];
        Cli::new(&server).args(args).args(more).run().ok().json()
    };
    for more in [&["--dry-run"][..], &[]] {
        let report = run(&[&["--stuck-after", "1h"], more].concat());
        let removed = [&report["tags"]["removed"], &report["invalid_keys"]["removed"]];
        assert_eq!(removed, [2, 0], "{computed} is computed, {read} read: {report}");
    }
    assert_eq!(members(&server, "CM:t"), set(&[&format!("CM:{read}")]));
    run(&["--wait", "--stuck-after", "1s"]);
    // Once it is known to be stuck, nothing protects what names it.
    let gone = !server.dump().contains_key(&b"CM:t"[..]);
    assert!(gone, "{computed} {read} {others}");
}

#[test]
fn dead_members_and_entries_go_and_nothing_else() {
    for layout in ["classic", "meta"] {
        let server = Server::start();
        let sets = leaked(layout);
        seed(&server, &sets);
        let report = gc(&server, &[]).ok().json();
        assert_eq!(
            members(&server, "CM:tag"),
            set(&["CM:a>f", "CM:a", "CM:three>b>c", "other:a", "CM:busy>x"])
        );
        assert_eq!(members(&server, "CM:dead"), set(&[]));
        assert_eq!(members(&server, "CM:User:1:invalid"), set(&["CM:a>f", "CM:busy>x"]));
        assert_eq!(members(&server, "CM:Meta:Expire-Buckets::CM:a"), set(&["CM:a>f", "CM:a"]));
        assert_eq!(members(&server, "CM:Meta:Expire-Buckets::CM:busy"), set(&["CM:busy>x"]));
        assert_eq!(members(&server, "CM:Meta:Expire-Buckets::CM:three"), set(&["CM:three>b"]));
        assert_eq!(members(&server, "other:tag"), set(&["CM:gone"]));
        assert_eq!(members(&server, "CM:zset"), set(&["CM:gone"]));
        // Marks and keys in progress wait for their second look.
        assert_eq!(members(&server, &sets[0]), set(&["CM:a>f", "CM:forgotten", "CM:busy>x", "other:gone"]));
        assert_eq!(members(&server, &sets[1]), set(&["CM:busy>x"]));
        assert_eq!(members(&server, "CM:meta:suspects"), set(&["mark:CM:forgotten", "progress:CM:busy>x"]));
        assert_eq!(counts(&report, "tags"), [11, 6, 0]);
        assert_eq!(counts(&report, "invalid_keys"), [3, 1, 0]);
        assert_eq!(counts(&report, "expiry"), [5, 1, 0]);
        assert_eq!(counts(&report, "pending"), [3, 0, 0]);
        assert_eq!(counts(&report, "progress"), [1, 0, 0]);
        assert_eq!(report["suspects"], 2);
        assert_eq!(report["complete"], true);
        assert!(report["tags"]["bytes"].as_u64().unwrap() > 200);
        // Nothing of ours is left behind but what the next run needs.
        let own: Vec<_> = server.dump().into_keys().filter(|key| key.starts_with(b"CM:meta:")).collect();
        let own: Vec<_> = own.iter().map(|key| String::from_utf8_lossy(key)).collect();
        assert!(!own.iter().any(|key| key.ends_with("lock") || key.ends_with("removed")), "{own:?}");
    }
}

#[test]
fn two_looks_remove_marks_and_stuck_keys() {
    for layout in ["classic", "meta"] {
        let server = Server::start();
        let sets = leaked(layout);
        seed(&server, &sets);
        let report = gc(&server, &["--stuck-after", "300ms", "--wait"]).ok().json();
        assert_eq!(counts(&report, "pending"), [3, 1, 0], "{report}");
        assert_eq!(counts(&report, "progress"), [1, 1, 0]);
        assert_eq!(report["suspects"], 0);
        assert_eq!(members(&server, &sets[1]), set(&[]));
        // Its mark goes as well, once it is seen to be of a key that is gone.
        assert_eq!(members(&server, &sets[0]), set(&["CM:a>f", "CM:busy>x", "other:gone"]));
        // What the stuck key kept back goes in the same run.
        assert_eq!(members(&server, "CM:User:1:invalid"), set(&["CM:a>f"]));
        let report = gc(&server, &["--stuck-after", "0s"]).ok().json();
        assert_eq!(counts(&report, "pending"), [2, 1, 0]);
        assert_eq!(members(&server, &sets[0]), set(&["CM:a>f", "other:gone"]));
        assert_eq!(members(&server, "CM:meta:suspects"), set(&[]));
    }
}

#[test]
fn a_later_run_has_the_second_look_and_what_recovered_is_no_suspect() {
    let server = Server::start();
    let mut connection = server.connect();
    all(
        &mut connection,
        &[
            "SADD CM:progress CM:stuck CM:slow CM:again",
            "SADD CM:delete CM:forgotten CM:read CM:written",
            "HSET CM:stuck base stale",
        ],
    );
    assert_eq!(gc(&server, &["--stuck-after", "1s"]).ok().json()["suspects"], 6);
    all(
        &mut connection,
        &["SREM CM:progress CM:slow CM:again", "SREM CM:delete CM:read", "HSET CM:written base v"],
    );
    // A look that does not see it forgets it, even when it comes back.
    gc(&server, &["--stuck-after", "1h"]).ok();
    does(&mut connection, "SADD CM:progress CM:again");
    assert_eq!(members(&server, "CM:meta:suspects"), set(&["progress:CM:stuck", "mark:CM:forgotten"]));
    std::thread::sleep(Duration::from_millis(1100));
    let report = gc(&server, &["--stuck-after", "1s"]).ok().json();
    assert_eq!(counts(&report, "progress"), [2, 1, 1], "{report}");
    assert_eq!(members(&server, "CM:progress"), set(&["CM:again"]));
    // Its worker may have taken a mark with it: the stale value is recomputed, by the generation that computed it.
    assert_eq!(members(&server, "CM:delete"), set(&["CM:stuck", "CM:written"]));
    assert_eq!(members(&server, "CM:meta:deleted"), set(&[]));
}

#[test]
fn leases_that_ran_out_give_their_marks_back() {
    let server = Server::start();
    all(
        &mut server.connect(),
        &[
            "HSET CM:a base v",
            "ZADD CM:meta:leases 1000 CM:a 99999999999999 CM:b",
            "SADD CM:meta:progress CM:a CM:b",
        ],
    );
    let dry = gc(&server, &["--dry-run", "--layout", "meta"]).ok().json();
    let report = gc(&server, &["--layout", "meta", "--stuck-after", "0s"]).ok().json();
    for said in [&dry, &report] {
        assert_eq!(counts(said, "pending"), [1, 0, 1], "{said}");
    }
    assert_eq!(members(&server, "CM:meta:deleted"), set(&["CM:a"]));
    // A lease that holds has a worker that answers for it.
    assert_eq!(members(&server, "CM:meta:progress"), set(&["CM:b"]));
    assert_eq!(members(&server, "CM:meta:leases"), set(&["CM:b"]));
}

#[test]
fn what_the_real_library_wrote_stays() {
    for lib in Lib::ALL {
        let server = Server::start();
        python::fill(lib, &server, "CM:");
        let before = server.dump();
        let report = gc(&server, &["--stuck-after", "0s"]).ok().json();
        content::assert_same(&before, &server.dump());
        assert_eq!(counts(&report, "tags")[1], 0);
        assert!(counts(&report, "tags")[0] > 20);
    }
}

#[test]
fn what_the_real_library_leaks_goes() {
    for lib in Lib::ALL {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        worker.call("fails", json!(["x"]));
        worker.value("get_owner", json!([100]));
        worker.value("get_owner", json!([101]));
        // A function that failed is in progress for ever; a pattern leaves every index behind.
        worker.invalidate(json!({"pattern": "CM:Book:100*"}));
        worker.invalidate(json!({"key": "Book:100>owner"}));
        let report = gc(&server, &["--stuck-after", "0s"]).ok().json();
        assert_eq!(counts(&report, "tags")[1], 1, "{report}");
        assert_eq!(counts(&report, "invalid_keys")[1], 1);
        assert_eq!(counts(&report, "pending")[1], 1);
        assert_eq!(counts(&report, "progress")[1], 1);
        assert_eq!(members(&server, "CM:get_owner"), set(&["CM:Book:101>owner"]));
        assert_eq!(
            gc(&server, &["--dry-run", "--exit-code", "--stuck-after", "0s"]).ok().json()["suspects"],
            0
        );
        assert_eq!(worker.call("get_owner", json!([101]))["computed"], false);
    }
}

#[test]
fn large_structures_are_scanned() {
    let server = Server::start();
    let mut pipe = redis::pipe();
    for n in 0..5000 {
        let key = format!("CM:k{n}");
        if n % 10 == 0 {
            pipe.cmd("HSET").arg(&key).arg("base").arg("v");
        }
        pipe.cmd("SADD").arg("CM:large").arg(&key);
        pipe.cmd("SADD").arg(format!("CM:small{}:invalid", n / 3)).arg(&key);
        pipe.cmd("ZADD").arg("CM:Meta:Expire-Buckets::CM:all").arg(9e9).arg(&key);
    }
    pipe.query::<redis::Value>(&mut server.connect()).unwrap();
    let dry = gc(&server, &["--dry-run"]).ok().json();
    for pace in ["gentle", "fast"] {
        let report = gc(&server, &["--pace", pace]).ok().json();
        for part in ["tags", "invalid_keys", "expiry"] {
            let removed = if pace == "gentle" { 4500 } else { 0 };
            assert_eq!(counts(&report, part), [if removed > 0 { 5000 } else { 500 }, removed, 0], "{report}");
            assert_eq!(counts(&dry, part), [5000, 4500, 0], "{dry}");
        }
    }
}
