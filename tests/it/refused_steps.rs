//! Where the server refuses a step, what depends on it is not done, what was done is counted, and another run finds the rest.

use serde_json::json;

use crate::gc_removes::{all, does, members};
use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::seed::set;
use crate::support::server::Server;
use crate::support::strict::Strict;

fn run(url: &str, args: &[&str]) -> Output {
    Cli::bare().env("CACHEME_URL", url).args(args).args(["--format", "json"]).run()
}

fn count(server: &Server, command: &str, key: &str) -> i64 {
    redis::cmd(command).arg(key).query(&mut server.connect()).unwrap()
}

#[test]
fn what_is_being_computed_is_not_deleted_without_its_mark() {
    // Who computes `a>b>c` does so for the readers of `a>b`, too.
    for (key, marks) in [("k", 1), ("a>b", 2)] {
        for layout in ["classic", "both"] {
            let server = Server::start();
            let mut it = server.connect();
            all(&mut it, &["HSET CM:k base old", "HSET CM:a b old", "SADD CM:progress CM:k CM:a>b>c"]);
            does(&mut it, "CONFIG SET maxmemory 1");
            let args = ["invalidate", "--layout", layout, "--key", key, "--delete"];
            let refused = run(&server.url(), &args);
            assert_ne!(refused.code, 0);
            let report = refused.says("OOM").json();
            assert_eq!([&report["deleted"], &report["marked"]], [0, 0], "{report}");
            assert_eq!(report["complete"], false);
            assert_eq!(count(&server, "EXISTS", "CM:k") + count(&server, "EXISTS", "CM:a"), 2);
            does(&mut it, "CONFIG SET maxmemory 0");
            let report = run(&server.url(), &args).ok().json();
            assert_eq!([&report["deleted"], &report["marked"]], [1, marks], "{report}");
        }
    }
}

#[test]
fn marks_beside_a_refusal_are_counted() {
    let server = Server::start();
    all(
        &mut server.connect(),
        &["HSET CM:a f v g v", "SADD CM:t CM:a>f CM:a>g CM:b", "SET CM:meta:deleted x"],
    );
    let out = run(&server.url(), &["invalidate", "--layout", "both", "--tag", "t", "--yes"]);
    let report = out.code(3).says("CM:meta:deleted").json();
    assert_eq!((&report["marked"], &report["complete"]), (&json!(3), &json!(false)), "{report}");
    assert_eq!(members(&server, "CM:delete"), set(&["CM:a>f", "CM:a>g", "CM:b"]));
}

#[test]
fn a_purge_that_failed_is_not_complete() {
    let server = Server::start();
    let mut it = server.connect();
    all(&mut it, &["HSET CM:a f v", "SADD CM:t CM:a>f", "SADD CM:i:invalid CM:a>f"]);
    does(&mut it, "ZADD CM:Meta:Expire-Buckets::CM:a 5 CM:a>f");
    does(&mut it, "ACL SETUSER default -eval");
    for selection in [&["--tag", "t"][..], &["--invalid-key", "i"], &[]] {
        let out = run(&server.url(), &[&["purge", "--no-lock"], selection].concat());
        assert_eq!(out.code(1).json()["complete"], false, "{}", out.transcript());
    }
}

/// What was taken out of a tag, and is remembered because its value may appear.
fn removed(server: &Server) {
    let script = "return redis.call('RPUSH',KEYS[1],cmsgpack.pack({1,'tag','CM:tag',{'CM:slow'}}))";
    let mut it = server.connect();
    redis::cmd("EVAL").arg(script).arg(1).arg("CM:meta:removed").exec(&mut it).unwrap();
    does(&mut it, "HSET CM:slow base v");
}

fn goes_back(server: &Server, url: &str) {
    assert_eq!(run(url, &["gc", "--yes", "--no-lock"]).ok().json()["tags"]["restored"], 1);
    assert_eq!(members(server, "CM:tag"), set(&["CM:slow"]));
    assert_eq!(count(server, "EXISTS", "CM:meta:removed"), 0);
}

#[test]
fn what_gc_could_not_put_back_stays_remembered() {
    // In steps, at maxmemory: what is put back comes behind what makes room.
    let server = Server::start();
    let strict = Strict::before(&server);
    removed(&server);
    does(&mut server.connect(), "CONFIG SET maxmemory 1");
    goes_back(&server, &strict.url());
    // In steps, as somebody computes a key of three parts, without a right.
    let server = Server::start();
    removed(&server);
    all(&mut server.connect(), &["SADD CM:progress CM:a>b>c", "ACL SETUSER default -sadd"]);
    run(&server.url(), &["gc", "--yes", "--no-lock"]).code(1).says("SADD");
    assert_eq!(count(&server, "LLEN", "CM:meta:removed"), 1);
    does(&mut server.connect(), "ACL SETUSER default +sadd");
    goes_back(&server, &server.url());
    // In a script, at maxmemory and without a right.
    let server = Server::start();
    removed(&server);
    does(&mut server.connect(), "ACL SETUSER default -hexists");
    run(&server.url(), &["gc", "--yes", "--no-lock"]).code(1).says("HEXISTS");
    assert_eq!(count(&server, "LLEN", "CM:meta:removed"), 1);
    all(&mut server.connect(), &["ACL SETUSER default +hexists", "CONFIG SET maxmemory 1"]);
    goes_back(&server, &server.url());
}

#[test]
fn a_dry_run_of_gc_finds_what_the_run_does_with_leases() {
    let server = Server::start();
    all(
        &mut server.connect(),
        &["HSET CM:a base v", "SADD CM:meta:progress CM:a", "ZADD CM:meta:leases 1 CM:a"],
    );
    let gc = ["gc", "--yes", "--no-lock", "--stuck-after", "0s"];
    let dry = run(&server.url(), &[&gc[..], &["--dry-run"]].concat()).ok().json();
    let done = run(&server.url(), &gc).ok().json();
    for part in ["pending", "progress"] {
        for what in ["removed", "restored"] {
            assert_eq!(dry[part][what], done[part][what], "{part} {what}: {dry} {done}");
        }
    }
    assert_eq!(done["pending"]["restored"], 1);
}
