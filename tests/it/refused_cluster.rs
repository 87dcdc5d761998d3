//! The commands on a cluster of which any one answer is refused, cut, or late: two nodes, a relay before each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use serde_json::Value;

use crate::refused_commands::said;
use crate::support::cli::Cli;
use crate::support::content::{Content, diff};
use crate::support::output::Output;
use crate::support::ports::free_port;
use crate::support::relay::{Fault, Relay, faults, wants_all};
use crate::support::server::Server;
use crate::support::wait_until;

/// How long an answer is waited for; a held one comes when the command has ended.
const PATIENCE: &str = "500ms";
const LONG: &str = "60s";

/// Two primaries without replicas; whoever asks the cluster for its nodes is sent to the relays.
struct Nodes {
    servers: [Server; 2],
    relays: [Relay; 2],
}

/// Carries out a line of words on this node.
fn ask(server: &Server, line: &str) -> redis::RedisResult<redis::Value> {
    let mut words = line.split(' ');
    redis::cmd(words.next().unwrap_or_default()).arg(words.collect::<Vec<_>>()).query(&mut server.connect())
}

impl Nodes {
    fn start() -> Self {
        let bus = [free_port(), free_port()];
        let servers = bus.map(|bus| {
            let node = Server::builder()
                .tcp()
                .config("cluster-enabled yes")
                .config("cluster-config-file nodes.conf");
            node.config(&format!("cluster-port {bus}")).start()
        });
        let relays = [0, 1].map(|n| Relay::before(&servers[n], |_| None));
        let nodes = Self { servers, relays };
        for (n, (server, slots)) in nodes.servers.iter().zip(["0 8191", "8192 16383"]).enumerate() {
            let relay = nodes.relays[n].url();
            let port = relay.rsplit(':').next().unwrap();
            ask(server, "CONFIG SET cluster-announce-ip 127.0.0.1").unwrap();
            ask(server, &format!("CONFIG SET cluster-announce-port {port}")).unwrap();
            ask(server, &format!("CLUSTER SET-CONFIG-EPOCH {}", n + 1)).unwrap();
            ask(server, &format!("CLUSTER ADDSLOTSRANGE {slots}")).unwrap();
        }
        let other = &nodes.servers[1];
        ask(&nodes.servers[0], &format!("CLUSTER MEET 127.0.0.1 {} {}", other.port(), bus[1])).unwrap();
        wait_until("both agree", Duration::from_secs(60), || {
            nodes.servers.iter().all(|node| {
                let info: String =
                    redis::cmd("CLUSTER").arg("INFO").query(&mut node.connect()).unwrap_or_default();
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:2")
            })
        });
        nodes
    }

    /// Keys, a tag, an invalid key and expiries, spread over both.
    fn fill(&self) {
        self.servers.iter().for_each(|server| drop(ask(server, "FLUSHALL").unwrap()));
        let mut lines = vec!["SADD CM:progress CM:Book:3>owner".to_owned()];
        for n in 0..6 {
            lines.push(format!("HSET CM:Book:{n} owner v"));
            lines.push(format!("SADD CM:books CM:Book:{n}>owner"));
            let bucket = format!("CM:Meta:Expire-Buckets::CM:Book:{n}");
            lines.push(format!("ZADD {bucket} {} CM:Book:{n}>owner", 1000 * n + 1));
        }
        for line in lines {
            // Where it does not belong it is refused.
            let done = self.servers.iter().filter(|server| ask(server, &line).is_ok()).count();
            assert_eq!(done, 1, "{line}");
        }
    }

    fn content(&self) -> Content {
        let mut content: Content = self.servers.iter().flat_map(Server::dump).collect();
        content.retain(|name, _| !name.starts_with(b"CM:meta:"));
        content
    }

    /// A run that is to meet a fault waits [`PATIENCE`] for an answer, any other one as long as a busy machine needs.
    fn run(&self, args: &[&str], pace: &str, patience: &str) -> Output {
        let output = Cli::bare()
            .env("CACHEME_URL", self.relays[0].url())
            .env("CACHEME_CLUSTER", "yes")
            .env("CACHEME_LAYOUT", "classic")
            .env("CACHEME_FORMAT", "ndjson")
            .args(args)
            .args(["--pace", pace, "--timeout", patience])
            .run();
        self.relays.iter().for_each(Relay::release);
        self.relays.iter().for_each(Relay::settle);
        output
    }

    fn meet(&self, at: usize, fault: Fault) {
        let asked = Arc::new(AtomicUsize::new(0));
        for relay in &self.relays {
            let asked = asked.clone();
            relay.hold();
            relay.now(move |_| (asked.fetch_add(1, SeqCst) == at).then_some(fault));
        }
    }
}

fn every_answer_to(args: &[&str]) {
    let nodes = Nodes::start();
    nodes.fill();
    let wanted = nodes.run(args, "fast", LONG);
    wanted.ok();
    let (end, faults) = (nodes.content(), faults());
    for turn in 0.. {
        let (at, which) = if wants_all() { (turn / faults.len(), turn) } else { (turn, turn * 3) };
        let pace = ["fast", "gentle"][(turn / faults.len() + turn) % 2];
        let fault = faults[which % faults.len()];
        nodes.fill();
        let met = nodes.relays.iter().map(Relay::faults).sum::<usize>();
        nodes.meet(at, fault);
        let output = nodes.run(args, pace, PATIENCE);
        nodes.relays.iter().for_each(|relay| relay.now(|_| None));
        let case = || format!("{fault:?} at command {at}\n{}", output.transcript());
        match output.code {
            0 => {
                // Where one size is refused the values go all the same, and how many bytes they had is not known.
                let unknown = |text: String| text.replace("\"bytes\":6", "\"bytes\":null");
                let mut wanted = said(&wanted);
                if output.text().contains("\"bytes\":null") {
                    assert!(matches!(fault, Fault::Refuse(_)), "no size: {}", case());
                    wanted = wanted.into_iter().map(unknown).collect();
                }
                assert_eq!(said(&output), wanted, "another report: {}", case());
                assert_eq!(diff(&end, &nodes.content()), "", "said to be done: {}", case());
            }
            1 | 3 => {
                let report =
                    output.text().lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok());
                assert!(report.is_none_or(|report| report["complete"] != true), "{}", case());
            }
            _ => panic!("{}", case()),
        }
        // As if the lock of a run that was cut off had expired.
        nodes.servers.iter().for_each(|server| drop(ask(server, "DEL CM:meta:lock")));
        let again = nodes.run(args, pace, LONG);
        again.ok();
        assert_eq!(diff(&end, &nodes.content()), "", "after a second run: {}", case());
        // One that a busy machine ended before it came to its fault is not the last.
        if output.code == 0 && nodes.relays.iter().map(Relay::faults).sum::<usize>() == met {
            assert!(at > 10, "{args:?} asks for nothing");
            break;
        }
    }
}

#[test]
fn every_answer_to_a_mark() {
    every_answer_to(&["invalidate", "--tag", "books", "--mark", "--yes"]);
}

#[test]
fn every_answer_to_a_deletion() {
    every_answer_to(&["invalidate", "--pattern", "Book:*", "--delete", "--yes"]);
}

#[test]
fn every_answer_to_a_purge() {
    every_answer_to(&["purge"]);
}

#[test]
fn a_value_is_asked_for_when_it_is_known_whether_it_is_marked() {
    let nodes = Nodes::start();
    // Some of them are not on the node of the marks.
    let for_each = |lines: [&str; 2]| {
        for line in (0..6).flat_map(|n| lines.map(|line| line.replace('#', &n.to_string()))) {
            let done = nodes.servers.iter().filter(|server| ask(server, &line).is_ok()).count();
            assert_eq!(done, 1, "{line}");
        }
    };
    for args in [&["--indexes"][..], &[]] {
        nodes.fill();
        for_each(["HSET CM:Book:# owner old", "SADD CM:delete CM:Book:#>owner"]);
        for relay in &nodes.relays {
            relay.hold();
            relay.now(|asked| asked.is("SMISMEMBER").then_some(Fault::Held));
        }
        let met = || nodes.relays.iter().map(Relay::faults).sum::<usize>();
        let before = met();
        let dump = Cli::bare()
            .env("CACHEME_URL", nodes.relays[0].url())
            .args(["keys", "dump", "--raw", "--cluster", "--layout", "classic", "--timeout", LONG])
            .args(args)
            .spawn();
        wait_until("marks are asked for", Duration::from_secs(60), || met() > before);
        // Readers take the marks and recompute.
        for_each(["SREM CM:delete CM:Book:#>owner", "HSET CM:Book:# owner new"]);
        for relay in &nodes.relays {
            relay.now(|_| None);
            relay.release();
        }
        let out = dump.wait();
        let rows = out.ok().ndjson();
        let is_right =
            |row: &Value| row["value_base64"] == "bmV3" || row["state"] == "pending" || row["marked"] == true;
        assert!(rows.len() == 6 && rows.iter().all(is_right), "{args:?}: {}", out.transcript());
    }
}
