//! The commands on a server that refuses, cuts, or delays any one answer: what is reported as done is done, and a second
//! run finishes the work.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::support::cli::Cli;
use crate::support::content::{Content, Held, diff};
use crate::support::output::Output;
use crate::support::relay::{Fault, Relay, faults, wants_all};
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use crate::support::wait_until;

/// How long an answer is waited for; a held one comes when the command has ended.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a listing, a count or a judgement says where the server refused it something.
const UNSEEN: [&str; 4] = ["refuse", "traffic-not-watched", "\"values\":null", "\"listeners\":null"];

/// PING, INFO twice, CLIENT twice: the same for every command.
const HANDSHAKE: usize = 5;

/// A time that is the same for every filling.
fn now() -> i64 {
    static NOW: OnceLock<i64> = OnceLock::new();
    *NOW.get_or_init(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap())
}

/// A small namespace with one of everything.
fn fill(server: &Server) {
    let expires = |seed: &mut Seed, base: &str, field: &str, seconds: i64| {
        let (bucket, member) = (format!("CM:Meta:Expire-Buckets::CM:{base}"), format!("CM:{base}>{field}"));
        seed.run("ZADD", &[bucket, (now() + seconds).to_string(), member]);
    };
    let keys = ["Book:1>owner", "Book:2>owner", "Book:3>owner", "Book:3>likes", "Author:1"];
    let mut seed = Seed::classic(server);
    seed.run("FLUSHALL", &[] as &[&str])
        .live(keys)
        .tag("books", &keys[..4])
        .tag("books", ["Book:8>gone", "Book:9>gone"])
        .invalid("User:1", &keys[1..3])
        .busy(["Book:3>owner"])
        .run("HSET", &["CM:meta:stats", "books:hits", "5"]);
    expires(&mut seed, "Book:1", "owner", -100);
    expires(&mut seed, "Book:3", "likes", -100);
    expires(&mut seed, "Book:2", "owner", 100_000);
}

/// What a run is meant to leave: all but what sweeps note for themselves.
fn content(server: &Server) -> Content {
    let mut content = server.dump();
    content.retain(|name, _| !name.starts_with(b"CM:meta:") || name.starts_with(b"CM:meta:stats"));
    // When counters began: each reset is another moment, and does without where that is refused.
    content.retain(|_, it| match &mut it.held {
        Held::Hash(fields) => fields.remove(&b"since"[..]).is_none() || !fields.is_empty(),
        _ => true,
    });
    content
}

fn cli(url: &str, args: &[&str], input: &[u8]) -> Cli {
    Cli::bare()
        .env("CACHEME_URL", url)
        .env("CACHEME_LAYOUT", "classic")
        .env("CACHEME_FORMAT", "ndjson")
        .args(args)
        .stdin(input)
}

/// What a run says, in any order, without what differs between two runs of the same.
pub(crate) fn said(output: &Output) -> BTreeSet<String> {
    let of = |line: &str| match serde_json::from_str::<Value>(line) {
        // Which troubles it has; how long they have been there differs.
        Ok(value) if value["severity"].is_string() => format!("{}: {}", value["id"], value["count"]),
        Ok(mut value) => {
            forget_times(&mut value);
            value.to_string()
        }
        Err(_) => line.to_owned(),
    };
    output.text().lines().map(of).collect()
}

fn forget_times(value: &mut Value) {
    match value {
        Value::Object(object) => {
            // What gc would give back is told by members that are picked at random.
            let times = ["elapsed_ms", "ttl_seconds", "ttl_min", "ttl_max", "idle_seconds"];
            for name in times.into_iter().chain(["server", "servers", "reclaimable", "reclaimable_by_gc"]) {
                object.shift_remove(name);
            }
            object.values_mut().for_each(forget_times);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// Names, one a line.
const FILE: &[u8] = b"Book:1>owner\nBook:3>owner\nBook:9>gone\n";

fn members(content: &Content, name: &str) -> BTreeSet<Vec<u8>> {
    match content.get(name.as_bytes()).map(|entry| &entry.held) {
        Some(Held::Set(members)) => members.clone(),
        _ => BTreeSet::new(),
    }
}

fn fields(content: &Content) -> usize {
    content.values().map(|entry| if let Held::Hash(fields) = &entry.held { fields.len() } else { 0 }).sum()
}

/// What a command is held against.
struct Case<'a> {
    server: &'a Server,
    args: &'a [&'a str],
    input: &'a [u8],
    pace: &'a str,
    reads: bool,
    wanted: Output,
    end: Content,
}

impl<'a> Case<'a> {
    fn new(server: &'a Server, args: &'a [&'a str], input: &'a [u8], pace: &'a str, reads: bool) -> Self {
        fill(server);
        let wanted = cli(&server.url(), args, input).args(["--pace", pace]).run();
        assert!(matches!(wanted.code, 0 | 5), "{}", wanted.transcript());
        Self { server, args, input, pace, reads, wanted, end: content(server) }
    }

    /// One run with a fault at one of its commands. Whether it had so many.
    fn with_fault(&self, at: usize, fault: Fault) -> bool {
        if !self.reads {
            fill(self.server);
        }
        let before = content(self.server);
        let relay = Relay::before(self.server, move |asked| (asked.before == at).then_some(fault));
        let patience = format!("{}ms", PATIENCE.as_millis());
        let output = cli(&relay.url(), self.args, self.input)
            .args(["--pace", self.pace, "--timeout", &patience])
            .run();
        relay.release();
        relay.settle();
        let was_there = relay.faults() > 0;
        let after = content(self.server);
        let case = || format!("{fault:?} at command {at}\n{}", output.transcript());
        let is_same = said(&output) == said(&self.wanted);
        if self.reads {
            let is_told = UNSEEN.iter().any(|it| output.text().contains(it) || output.stderr.contains(it));
            match output.code {
                1 | 3 => assert_ne!(output.stderr, "", "{}", case()),
                code => {
                    assert!(code == self.wanted.code || is_told, "{}", case());
                    assert!(is_same || is_told, "not all is told: {}", case());
                }
            }
            // What is told of one key is true, however early the telling ended.
            if self.args.starts_with(&["keys", "list"]) || self.args.starts_with(&["keys", "dump"]) {
                assert!(is_told || said(&output).is_subset(&said(&self.wanted)), "{}", case());
            }
            assert_eq!(diff(&before, &after), "", "{}", case());
            return was_there;
        }
        match output.code {
            0 => {
                assert!(is_same, "another report: {}\n{}", case(), self.wanted.transcript());
                assert_eq!(diff(&self.end, &after), "", "said to be done: {}", case());
            }
            1 | 3 => {
                let report = output.text().lines().last().and_then(|line| serde_json::from_str(line).ok());
                if let Some(report @ Value::Object(_)) = report {
                    assert_ne!(report["complete"], true, "{}", case());
                    let told = |name: &str| report[name].as_u64().unwrap_or(0) as usize;
                    let marks = |content| members(content, "CM:delete");
                    let marked = marks(&after).difference(&marks(&before)).count();
                    let deleted = fields(&before).saturating_sub(fields(&after));
                    assert!(told("marked") <= marked, "{marked} are marked: {}", case());
                    assert!(told("deleted") <= deleted, "{deleted} are deleted: {}", case());
                    let left = members(&before, "CM:books").difference(&members(&after, "CM:books")).count();
                    let removed = report["tags"]["removed"].as_u64().unwrap_or(0) as usize;
                    assert!(removed <= left, "{left} left their tag: {}", case());
                }
            }
            _ => panic!("{}", case()),
        }
        // As if the lock of a run that was cut off had expired.
        redis::cmd("DEL").arg("CM:meta:lock").exec(&mut self.server.connect()).unwrap();
        let again = cli(&self.server.url(), self.args, self.input).args(["--pace", self.pace]).run();
        again.ok();
        let left = diff(&self.end, &content(self.server));
        assert_eq!(left, "", "after a second run: {}\n{}", case(), again.transcript());
        was_there
    }
}

/// Each command of each run met by a fault: by every fault at both paces where the environment asks for all, else by one
/// of them at one pace, by turns that bring every fault to either pace.
fn all(commands: &[&[&str]], reads: bool) {
    some(commands, reads, 0, 1);
}

/// Every n-th of these commands from one on: for several at once that mostly wait.
fn some(commands: &[&[&str]], reads: bool, first: usize, step: usize) {
    let all = wants_all();
    // Nothing that depends on the machine's speed.
    let server = Server::start();
    let faults = faults();
    fill(&server);
    let dump = cli(&server.url(), &["keys", "dump", "--raw", "--indexes"], b"").run().ok().stdout.clone();
    for (place, args) in commands.iter().enumerate() {
        let input = match args {
            args if args.contains(&"restore") => &dump[..],
            args if args.contains(&"--from-file") => FILE,
            _ => b"",
        };
        let cases = ["fast", "gentle"].map(|pace| Case::new(&server, args, input, pace, reads));
        if reads {
            fill(&server);
        }
        // The handshake of one command stands for that of all.
        let from = if place == 0 || all { 0 } else { HANDSHAKE };
        for at in (from + first..).step_by(step) {
            let turn = at + place;
            let was_there = match all {
                true => cases
                    .iter()
                    .flat_map(|case| faults.iter().map(move |fault| case.with_fault(at, *fault)))
                    .fold(false, |any, was_there| any | was_there),
                false => {
                    cases[(turn / faults.len() + turn) % 2].with_fault(at, faults[turn * 3 % faults.len()])
                }
            };
            if !was_there {
                assert!(at > HANDSHAKE, "{args:?} asks for nothing");
                break;
            }
        }
    }
}

#[test]
fn every_answer_to_a_listing() {
    let commands: [&[&str]; 7] = [
        &["tags", "list"],
        &["tags", "list", "--deep"],
        &["tags", "show", "books"],
        &["invalid-keys", "list", "--deep"],
        &["invalid-keys", "show", "User:1"],
        &["keys", "list"],
        &["keys", "show", "Book:1>owner", "Author:1"],
    ];
    all(&commands, true);
}

#[test]
fn every_answer_to_a_dump_or_a_count() {
    let commands: [&[&str]; 3] = [&["keys", "dump"], &["keys", "dump", "--indexes", "--raw"], &["stats"]];
    all(&commands, true);
}

#[test]
fn every_answer_to_a_mark() {
    let commands: [&[&str]; 5] = [
        &["invalidate", "--key", "Book:2>owner", "--mark"],
        &["invalidate", "--invalid-key", "User:1", "--mark", "--yes"],
        &["invalidate", "--tag", "books", "--mark", "--yes"],
        &["invalidate", "--pattern", "Book:*", "--mark", "--yes"],
        &["invalidate", "--from-file", "-", "--mark", "--yes"],
    ];
    all(&commands, false);
}

#[test]
fn every_answer_to_a_deletion() {
    let commands: [&[&str]; 6] = [
        &["invalidate", "--key", "Book:2>owner", "--delete"],
        &["invalidate", "--invalid-key", "User:1", "--delete", "--yes"],
        &["invalidate", "--tag", "books", "--delete", "--yes"],
        &["invalidate", "--pattern", "Book:*", "--delete", "--yes"],
        &["invalidate", "--raw-pattern", "CM:Book:*", "--delete", "--yes"],
        &["invalidate", "--from-file", "-", "--delete", "--yes"],
    ];
    all(&commands, false);
}

#[test]
fn every_answer_to_a_sweep() {
    let commands: [&[&str]; 4] = [
        &["purge"],
        &["purge", "--mark"],
        &["keys", "restore", "-", "--replace", "--yes"],
        &["stats", "--reset", "--yes"],
    ];
    all(&commands, false);
}

/// A run that removes something waits two seconds for writers, so several run side by side.
#[test]
fn every_answer_to_gc() {
    const SIDE_BY_SIDE: usize = 8;
    thread::scope(|scope| {
        for first in 0..SIDE_BY_SIDE {
            scope.spawn(move || some(&[&["gc", "--yes", "--stuck-after", "0s"]], false, first, SIDE_BY_SIDE));
        }
    });
}

#[test]
fn every_answer_to_a_doctor() {
    all(&[&["doctor", "--quick", "--no-monitor", "--apart", "0s"]], true);
}

/// After any fault the full screen is still there, and what is read again is right.
#[test]
fn every_answer_to_a_full_screen() {
    let server = Server::start();
    fill(&server);
    let before = content(&server);
    let one = |at: usize, fault: Fault| {
        let relay = Relay::before(&server, |_| None);
        let browse = Cli::bare().env("CACHEME_URL", relay.url()).env("CACHEME_LAYOUT", "classic");
        // Only who is to give up an answer is impatient.
        let patience = if fault == Fault::Held { "4s" } else { "60s" };
        let terminal = Terminal::run(browse.args(["browse", "--timeout", patience]));
        terminal.wait_for("books");
        relay.now(move |asked| (asked.before == at).then_some(fault));
        // All keys.
        terminal.press(&["Enter"]);
        wait_until("it asks", Duration::from_secs(60), || {
            relay.faults() > 0 || terminal.screen().contains("Author:1")
        });
        if fault == Fault::Held {
            terminal.wait_for("did not answer");
        }
        relay.now(|_| None);
        relay.release();
        terminal.press(&["C-r"]);
        terminal.wait_until("every key", |screen| {
            let keys = ["Author:1", "Book:1>owner", "Book:2>owner", "Book:3>likes", "Book:3>owner"];
            keys.iter().all(|key| screen.matches(key).count() == 1)
        });
        terminal.press(&["C-c"]);
        terminal.wait_exit();
    };
    thread::scope(|scope| {
        let one = &one;
        for (at, fault) in faults().into_iter().enumerate() {
            scope.spawn(move || one(at % 5, fault));
        }
    });
    assert_eq!(diff(&before, &content(&server)), "");
}
