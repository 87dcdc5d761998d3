//! The JSON that commands write is what the schemas say: of odd names, of nothing, in a dry run, cut short and refused. Each
//! schema is held against some. (What other tests read is held against them, too: `support/schemas.rs`.)

use crate::stats_live::wait_for_monitor;
use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::program;
use crate::support::python::Lib;
use crate::support::schemas::{all, check};
use crate::support::seed::{ONE, Seed};
use crate::support::server::Server;
use crate::support::worker::Worker;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

/// The schemas that something was held against.
#[derive(Default)]
struct Seen(BTreeSet<&'static str>);

impl Seen {
    /// What a command wrote, as one document or an object a line.
    #[track_caller]
    fn see(&mut self, output: &Output, is_lines: bool) {
        let values = if is_lines { output.ndjson() } else { vec![output.json()] };
        for value in values {
            let file = check(&output.command, is_lines, &value).unwrap();
            let file = file.unwrap_or_else(|| output.fail("no schema describes this"));
            // An empty list says nothing of its rows.
            if value != json!([]) {
                self.0.insert(file);
            }
        }
    }

    #[track_caller]
    fn run(&mut self, cli: impl Fn() -> Cli, args: &str) -> Output {
        let run = |format: &str| {
            let output = cli().args(args.split_whitespace()).args(["--format", format]).run();
            if ![0, 3, 5].contains(&output.code) {
                output.fail("it failed");
            }
            output
        };
        self.see(&run("json"), false);
        let lines = run("ndjson");
        self.see(&lines, true);
        lines
    }
}

/// Keys in each state, some with names that JSON cannot say.
fn filled() -> Server {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    let odd = b"bad\xff\xfe>name";
    seed.live([&b"a>b"[..], b"old>b", b"marked>b", b"busy>b", odd, b""]).value("c>d", b"no pickle\xff");
    seed.value("a>b>c", ONE).marked(["marked>b", "a>b>c", "gone>b"]).busy(["busy>b"]);
    seed.expires("a>b", 200).expires("old>b", -200);
    seed.tag("t", [&b"a>b"[..], b"a>b>c", b"old>b", b"marked>b", b"busy>b", b"gone>b", odd, b""]);
    seed.invalid("I", [&b"a>b"[..], b"a>b>c", b"gone>b", odd]);
    seed.run("SADD", &[&b"CM:tag\xff"[..], b"CM:a>b"]).run("SADD", &[&b"CM:I\xff:invalid"[..], b"CM:a>b"]);
    let hour = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 3600;
    for hash in ["CM:meta:stats".to_owned(), format!("CM:meta:stats:{hour}")] {
        seed.run("HSET", &[hash.as_bytes(), b"t:hits", b"3", b"tag\xff:misses", b"1", b"idle:waits", b"1"]);
    }
    server
}

/// What tells of a namespace, and changes nothing.
const READING: [&str; 26] = [
    "tags list",
    "tags list --deep",
    "tags list --fields tag",
    "invalid-keys list",
    "invalid-keys list --deep",
    "keys list",
    "keys list --fields key,tags,state",
    "keys list --state missing --tag t",
    "keys top",
    "keys top --by ttl --fields rank,tags",
    "keys dump",
    "keys dump --raw",
    "keys dump --indexes",
    "keys dump --indexes --raw",
    "invalidate --tag t --dry-run",
    "invalidate --pattern * --dry-run",
    "purge --dry-run",
    "purge --tag t --mark --dry-run --time-budget 1ns",
    "gc --dry-run --stuck-after 1h",
    "gc --dry-run --stuck-after 1h --time-budget 1ns",
    "doctor --quick --no-monitor",
    "stats",
    "stats --fields namespace,servers",
    "stats --history 1h",
    "stats --histogram",
    "config show",
];

#[test]
fn every_output_is_as_its_schema_says_and_every_schema_has_one() {
    let mut seen = Seen::default();
    let server = filled();
    let here = || Cli::new(&server);
    for args in READING {
        seen.run(here, args);
        seen.run(|| here().args(["--prefix", "Nothing:"]), args);
    }
    for args in [
        "tags show t",
        r"tags show --escaped tag\xff",
        "invalid-keys show I",
        r"invalid-keys show --escaped I\xff",
        "keys show a>b",
        r"keys show --escaped a>b c>d gone>b bad\xff\xfe>name",
    ] {
        seen.run(here, args);
    }
    refused(&mut seen, &server);
    watched(&mut seen, &server);
    changed(&mut seen, &server);
    let profiles =
        "default_profile = 'p'\n[profiles.p]\nurl = 'redis://h:1'\n[profiles.q]\nprotected = true\n";
    let with_profiles = || Cli::bare().file("c.toml", profiles).env("CACHEME_CONFIG", "c.toml");
    seen.run(with_profiles, "config check");
    let files: BTreeSet<_> = all().iter().map(|schema| schema.file.as_str()).collect();
    assert_eq!(seen.0, files, "nothing was held against some");
}

/// Somebody may not ask for sizes, ages and the like: what they would say is null.
fn refused(seen: &mut Seen, server: &Server) {
    if !program::has_users() {
        return;
    }
    let without = ["-memory", "-object", "-srandmember"];
    let mut user = vec!["SETUSER", "few", "on", "nopass", "~CM:*", "+@all"];
    user.extend(without);
    Seed::classic(server).run("ACL", user);
    let url = format!("{}?user=few", server.url());
    let few = || Cli::bare().args(["--layout", "classic", "--url", &url]);
    for args in ["tags list --deep", "tags show t", "keys list", "keys show a>b", "stats"] {
        seen.run(few, args);
    }
}

/// What happens while somebody calls functions.
fn watched(seen: &mut Seen, server: &Server) {
    let mut worker = Worker::spawn(Lib::V009, server);
    for args in [
        "stats --live 2s --format json",
        "stats --watch 2s --format ndjson",
        "events --limit 3 --for 60s --format ndjson",
    ] {
        let running = Cli::new(server).args(args.split(' ')).spawn();
        wait_for_monitor(server);
        for book in [1, 1, 2] {
            worker.value("get_owner", json!([book]));
        }
        worker.invalidate(json!({"key": "Book:1>owner"}));
        let output = running.wait();
        let output = output.ok();
        let is_lines = args.ends_with("ndjson");
        let has_rows =
            if is_lines { !output.ndjson().is_empty() } else { output.json()["live"]["tags"] != json!([]) };
        assert!(has_rows, "{}", output.transcript());
        seen.see(output, is_lines);
    }
}

/// What commands say that change something, whole and in part.
fn changed(seen: &mut Seen, server: &Server) {
    let here = || Cli::new(server);
    let dump = here().args(["keys", "dump", "--raw", "--indexes"]).run().ok().text().to_owned();
    for args in [
        "invalidate --key a>b",
        "invalidate --tag t --yes --time-budget 1ns",
        "invalidate --pattern marked* --yes",
        "purge --time-budget 1ns",
        "purge --mark",
        "purge",
        "gc --yes --stuck-after 1h",
        "stats --keep 48h",
        "stats --reset --yes",
        "log",
        "log --limit 1 --fields time,command",
    ] {
        seen.run(here, args);
    }
    Seed::classic(server).value("a>b", b"another").live(["new>b"]);
    let with_dump = || here().file("dump", &dump);
    let differences = seen.run(with_dump, "diff dump").ndjson();
    let kinds: BTreeSet<_> = differences.iter().filter_map(|row| row["kind"].as_str()).collect();
    assert!(kinds.is_superset(&BTreeSet::from(["only_a", "only_b", "value"])), "{kinds:?}");
    seen.run(with_dump, "keys restore dump --dry-run");
    let broken = || here().file("dump", format!("{dump}nothing of ours\n"));
    seen.run(broken, "keys restore dump --yes");
    seen.run(with_dump, "keys restore dump --yes --replace");
}

#[test]
fn what_a_schema_does_not_say_is_found() {
    let command = format!("{} keys list", crate::support::cli::binary().display());
    let row = json!({
        "key": "k", "state": "live", "ttl_seconds": null, "size_bytes": 5, "expires_at": "2026-11-30T14:05:10Z", "tags": null,
    });
    let found = |change: &dyn Fn(&mut Value)| {
        let mut row = row.clone();
        change(&mut row);
        check(&command, true, &row).is_err()
    };
    assert!(!found(&|_| {}));
    assert!(found(&|row| row["size_bytes"] = json!("5")));
    assert!(found(&|row| row["size_bytes"] = json!(-5)));
    assert!(found(&|row| row["state"] = json!("alive")));
    assert!(found(&|row| row["expires_at"] = json!("tomorrow")));
    assert!(found(&|row| row["another"] = json!(1)));
    assert!(found(&|row| drop(row.as_object_mut().unwrap().remove("tags"))));
    assert!(check(&format!("{command} --fields key"), true, &json!({"key": "k"})).is_ok());
}

#[test]
fn a_name_that_is_also_a_command_makes_no_other_schema_count() {
    let server = Server::start();
    Seed::classic(&server).live(["a"]).tag("doctor", ["a"]);
    for (args, file) in [
        ("keys list --tag doctor", "keys-list.json"),
        ("--timeout 5s -v keys list --tag doctor", "keys-list.json"),
        ("invalidate --tag doctor --dry-run", "invalidate.json"),
    ] {
        let output = Cli::new(&server).args(args.split(' ')).args(["--format", "ndjson"]).run();
        assert_eq!(check(&output.command, true, &output.ndjson()[0]), Ok(Some(file)), "{args}");
    }
}
