//! What each kind of command does to one namespace, whole or in part.

use std::time::Duration;

use redis::Connection;

use crate::support::builder::Builder;
use crate::support::cli::Cli;
use crate::support::content::{Content, Held, assert_same};
use crate::support::output::Output;
use crate::support::server::Server;
use crate::support::wait_until;

/// Values, each in a tag and with a timeout that is over.
const KEYS: usize = 1500;
/// Members of another tag that have no value.
const DEAD: usize = 1500;

/// A kind of command.
#[derive(Debug)]
pub(super) struct Job(&'static str);

pub(super) fn fill(connection: &mut Connection) {
    let mut pipe = redis::pipe();
    for n in 0..KEYS {
        let key = format!("CM:Book:{n}>owner");
        pipe.cmd("HSET").arg(format!("CM:Book:{n}")).arg("owner").arg("v").ignore();
        pipe.cmd("SADD").arg("CM:books").arg(&key).ignore();
        pipe.cmd("ZADD").arg(format!("CM:Meta:Expire-Buckets::CM:Book:{n}")).arg(1000).arg(&key).ignore();
    }
    for n in 0..DEAD {
        pipe.cmd("SADD").arg("CM:old").arg(format!("CM:Gone:{n}>owner")).ignore();
    }
    // What nobody has a reason to touch.
    pipe.cmd("HSET").arg("CM:Other:1").arg("base").arg("v").ignore();
    pipe.cmd("SADD").arg("CM:others").arg("CM:Other:1").ignore();
    pipe.exec(connection).unwrap();
}

/// A server with the namespace; it counts its commands from here on.
pub(super) fn filled(builder: Builder) -> Server {
    let server = builder.start();
    fill(&mut server.connect());
    server
}

/// Once all is well again, the same command brings the work to its end.
#[track_caller]
pub(super) fn run_again(job: &Job, server: &Server, before: &Content) {
    let again = job.quickly(&server.tcp_url()).run();
    again.ok();
    job.is_done(before, &server.dump(), &again);
}

impl Job {
    pub(super) fn named(name: &'static str) -> Self {
        Self(name)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.0 == name
    }

    pub(super) fn writes(&self) -> bool {
        !matches!(self.0, "list" | "dump")
    }

    fn args(&self) -> &'static [&'static str] {
        match self.0 {
            "list" => &["keys", "list", "--pattern", "Book:*", "--format", "plain"],
            "dump" => &["keys", "dump", "--pattern", "Book:*", "--format", "ndjson", "--raw"],
            "invalidate" => &["invalidate", "--tag", "books", "--yes", "--format", "json"],
            "purge" => &["purge", "--no-lock", "--format", "json"],
            _ => &["gc", "--no-lock", "--yes", "--stuck-after", "0s", "--format", "json"],
        }
    }

    pub(super) fn quickly(&self, url: &str) -> Cli {
        Cli::bare().env("CACHEME_URL", url).env("CACHEME_LAYOUT", "classic").args(self.args())
    }

    /// Slow enough to be caught in the middle.
    pub(super) fn slowly(&self, url: &str) -> Cli {
        self.quickly(url).env("CACHEME_PACE", "2%")
    }

    /// Waits until a part of the work is done.
    #[track_caller]
    pub(super) fn wait_until_begun(&self, server: &Server) {
        let mut connection = server.connect();
        wait_until("the work has begun", Duration::from_secs(30), || match self.0 {
            "list" | "dump" => {
                let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut connection).unwrap();
                let scans = stats.lines().find_map(|line| line.strip_prefix("cmdstat_scan:calls="));
                let calls: u64 = scans.map_or(0, |rest| rest.split(',').next().unwrap().parse().unwrap());
                calls > 5
            }
            "invalidate" => len(&mut connection, "SCARD", "CM:delete") > 100,
            "purge" => {
                let size: usize = redis::cmd("DBSIZE").query(&mut connection).unwrap();
                size < 2 * KEYS - 100
            }
            _ => len(&mut connection, "SCARD", "CM:old") < DEAD - 100,
        });
    }

    /// The namespace as it is when all of the work is done.
    fn wanted(&self, before: &Content) -> Content {
        let mut wanted = before.clone();
        match self.0 {
            "invalidate" => {
                if let Some(tag) = wanted.remove(&b"CM:books"[..]) {
                    wanted.insert(b"CM:delete".to_vec(), tag);
                }
            }
            "purge" => wanted.retain(|name, _| !is_purged(name)),
            "gc" => drop(wanted.remove(&b"CM:old"[..])),
            _ => {}
        }
        wanted
    }

    /// All of it is done, entry by entry, and nothing else.
    #[track_caller]
    pub(super) fn is_done(&self, before: &Content, after: &Content, output: &Output) {
        let (wanted, mut after) = (self.wanted(before), after.clone());
        // A lock or a bookmark of ours may be left by a process that is gone.
        after.retain(|name, _| !name.starts_with(b"CM:meta:"));
        if wanted != after {
            println!("{}", output.transcript());
        }
        assert_same(&wanted, &after);
    }

    /// Each entry is as it was or as it was to become, and none is lost on the way.
    #[track_caller]
    pub(super) fn is_between(&self, before: &Content, after: &Content, output: &Output) {
        let shown = output.transcript();
        let holds = |content: &Content, name: &str, member: &str| match content
            .get(name.as_bytes())
            .map(|entry| &entry.held)
        {
            Some(Held::Set(members)) => members.contains(member.as_bytes()),
            Some(Held::Zset(members)) => members.contains_key(member.as_bytes()),
            Some(Held::Hash(_)) => true,
            _ => false,
        };
        for n in 0..KEYS {
            let key = format!("CM:Book:{n}>owner");
            let (hash, bucket) = (format!("CM:Book:{n}"), format!("CM:Meta:Expire-Buckets::CM:Book:{n}"));
            let in_tag = holds(after, "CM:books", &key);
            assert!(in_tag || holds(after, "CM:delete", &key), "{key} left its tag unmarked\n{shown}");
            let is_there = holds(after, &hash, &key);
            assert!(!is_there || holds(after, &bucket, &key), "{key} lost its timeout\n{shown}");
            assert!(self.is("purge") || is_there, "{key} is gone\n{shown}");
            assert!(self.is("invalidate") || in_tag, "{key} left its tag\n{shown}");
        }
        for name in ["CM:Other:1", "CM:others"] {
            assert_eq!(before.get(name.as_bytes()), after.get(name.as_bytes()), "{shown}");
        }
        if self.writes() && !output.stdout.is_empty() {
            let done = self.done(before, after);
            assert!(self.counted(output) <= done, "{done} were done\n{shown}");
        }
    }

    /// How much of the work the data show.
    fn done(&self, before: &Content, after: &Content) -> u64 {
        let size = |content: &Content, name: &str| match content.get(name.as_bytes()).map(|entry| &entry.held)
        {
            Some(Held::Set(members)) => members.len(),
            _ => 0,
        };
        let done = match self.0 {
            "invalidate" => size(after, "CM:delete"),
            "purge" => before.keys().filter(|name| is_purged(name) && !after.contains_key(*name)).count() / 2,
            _ => size(before, "CM:old") - size(after, "CM:old"),
        };
        // A value may be gone whose entry is not yet: neither is counted.
        done as u64
    }

    /// What the report says was done.
    fn counted(&self, output: &Output) -> u64 {
        let report = output.json();
        let count = match self.0 {
            "invalidate" => &report["marked"],
            "purge" => &report["expired"],
            _ => &report["tags"]["removed"],
        };
        count.as_u64().unwrap()
    }

    /// It ended with this error and without calling itself complete.
    #[track_caller]
    pub(super) fn failed(&self, output: &Output, said: &[&str]) {
        let partly = self.writes() && self.counted(output) > 0;
        let expected = if partly { 3 } else { 1 };
        output.code(expected);
        for text in said {
            output.says(text);
        }
        if self.writes() {
            assert_eq!(output.json()["complete"], false, "{}", output.transcript());
        }
    }

    /// Everything was counted, once, and it says that it is complete.
    #[track_caller]
    pub(super) fn is_exact(&self, output: &Output) {
        output.ok();
        if self.writes() {
            let all = if self.is("gc") { DEAD } else { KEYS };
            assert_eq!(self.counted(output), all as u64, "{}", output.transcript());
            assert_eq!(output.json()["complete"], true);
        } else {
            self.lists_each_once(output);
        }
    }

    #[track_caller]
    fn lists_each_once(&self, output: &Output) {
        let mut lines = output.lines();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!((lines.len(), output.lines().len()), (KEYS, KEYS), "{}", output.transcript());
    }

    /// It says that another process took over; who only reads has read all of it all the same, once.
    #[track_caller]
    pub(super) fn was_taken_over(&self, output: &Output) {
        output.code(3).says("took over during the run");
        if !self.writes() {
            self.lists_each_once(output);
        }
    }

    /// All is done; where not all is counted, it says so.
    #[track_caller]
    pub(super) fn is_honest(&self, output: &Output) {
        if !self.writes() || output.json()["complete"] == true {
            return self.is_exact(output);
        }
        let all = if self.is("gc") { DEAD } else { KEYS } as u64;
        assert!(self.counted(output) <= all, "{}", output.transcript());
        output.code(3).says("the counts leave out");
    }
}

fn is_purged(name: &[u8]) -> bool {
    name.starts_with(b"CM:Book:") || name.starts_with(b"CM:Meta:Expire-Buckets::CM:Book:")
}

fn len(connection: &mut Connection, command: &str, key: &str) -> usize {
    redis::cmd(command).arg(key).query(connection).unwrap_or(0)
}
