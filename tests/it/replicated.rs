//! Done means replicated: what is called complete is on a replica, so that no failover undoes it.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use cacheme::client::Timeouts;
use cacheme::memoize::{Invalidate, sync};
use serde_json::{Value, json};

use crate::support::builder::Builder;
use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
use crate::support::output::Output;
use crate::support::relay::{Asked, Fault, Relay};
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::wait_until;

/// How long who is at work is waited for, and who is frozen.
const LONG: &str = "60s";
const SHORT: [&str; 2] = ["--timeout", "3s"];

/// A primary and its replicas, in step.
pub(crate) struct Replicated {
    pub(crate) primary: Server,
    pub(crate) replicas: Vec<Server>,
}

impl Replicated {
    pub(crate) fn start(replicas: usize) -> Self {
        Self::of(Server::builder(), replicas)
    }

    pub(crate) fn of(primary: Builder, count: usize) -> Self {
        let primary = primary.tcp().config("repl-diskless-sync-delay 0").start();
        let replicaof = format!("replicaof 127.0.0.1 {}", primary.port());
        let replicas: Vec<_> =
            (0..count).map(|_| Server::builder().tcp().config(&replicaof).start()).collect();
        wait_until("the replicas are in step", Duration::from_secs(30), || {
            let info: String = redis::cmd("INFO").arg("replication").query(&mut primary.connect()).unwrap();
            info.matches("state=online").count() == count
        });
        let set = Self { primary, replicas };
        set.fill();
        set
    }

    /// One of everything that the commands work on.
    fn fill(&self) {
        redis::cmd("FLUSHALL").exec(&mut self.primary.connect()).unwrap();
        Seed::classic(&self.primary)
            .live(["Book:1>owner", "Book:2>owner"])
            .tag("books", ["Book:1>owner", "Gone:1>x"])
            .expires("Book:2>owner", -60);
        self.in_step();
    }

    /// Waits until the replicas have everything.
    fn in_step(&self) {
        let count = self.replicas.len();
        if count == 0 {
            return;
        }
        let confirmed: usize =
            redis::cmd("WAIT").arg(count).arg(30_000).query(&mut self.primary.connect()).unwrap();
        assert_eq!(confirmed, count);
    }

    /// Stops a replica, which then lacks something: with all of it, it would have confirmed a run that changes nothing.
    fn freeze(&self, replica: usize) {
        freeze(&self.primary, &self.replicas[replica]);
    }

    fn cli(&self, args: &[&str]) -> Cli {
        Cli::new(&self.primary)
            .env("CACHEME_LAYOUT", "classic")
            .args(["--format", "json", "--timeout", LONG])
            .args(args)
    }
}

fn freeze(primary: &Server, replica: &Server) {
    replica.signal("STOP");
    // In a cluster the key has to be in one of the primary's slots.
    let write = |n| redis::cmd("SET").arg(format!("other:{n}")).arg(1).exec(&mut primary.connect());
    assert!((0..100).any(|n| write(n).is_ok()), "a write that the replica lacks");
}

/// What writes, each beside what it does to [`Replicated::fill`].
const WRITING: [&[&str]; 5] = [
    &["invalidate", "--tag", "books", "--yes"],
    &["invalidate", "--raw-pattern", "CM:Book:*", "--yes"],
    &["purge", "--no-lock"],
    &["gc", "--yes", "--no-lock"],
    &["keys", "restore", "--yes", "--replace"],
];

const DUMPED: &str =
    r#"{"key":"Book:3>owner","value_base64":"gAN9cQAu","ttl_seconds":null,"tags":[],"invalid_keys":[]}"#;

fn run(set: &Replicated, args: &[&str]) -> Output {
    let dump = if args.contains(&"restore") { DUMPED } else { "" };
    set.cli(args).stdin(dump).run()
}

fn outcome(output: &Output) -> Value {
    let report = output.json();
    json!([report["complete"], report["replicated"]])
}

#[test]
fn what_the_replica_has_is_complete() {
    let set = Replicated::start(1);
    for args in WRITING {
        set.fill();
        let (output, seen) = set.primary.monitor(|| run(&set, args));
        assert_eq!(outcome(output.ok()), json!([true, 1]), "{}", output.transcript());
        assert_eq!(seen.iter().filter(|it| it.name() == "WAIT").count(), 1, "{}", output.transcript());
        let off = run(&set, &[args, &["--wait-replicas", "0"]].concat());
        assert_eq!(outcome(off.ok()), json!([true, null]), "{}", off.transcript());
        let (output, seen) = set.primary.monitor(|| run(&set, &[args, &["--dry-run"]].concat()));
        assert_eq!(output.ok().json()["replicated"], Value::Null);
        assert!(seen.iter().all(|it| it.name() != "WAIT"), "{}", output.transcript());
    }
}

#[test]
fn what_no_replica_confirms_is_not_complete_until_one_does() {
    let one = |args: &[&str]| {
        let set = Replicated::start(1);
        set.freeze(0);
        // What was written the first time is not written again, and still is nowhere else.
        for _ in 0..2 {
            let output = run(&set, &[args, &SHORT].concat());
            assert_eq!(outcome(output.code(3)), json!([false, 0]), "{}", output.transcript());
            output.says("0 of 1 replicas confirmed").says("Run this again").says("--wait-replicas");
        }
        set.replicas[0].signal("CONT");
        let output = run(&set, args);
        assert_eq!(outcome(output.ok()), json!([true, 1]), "{}", output.transcript());
    };
    // They mostly wait.
    std::thread::scope(|scope| {
        for args in WRITING {
            scope.spawn(move || one(args));
        }
    });
}

#[test]
fn as_many_as_were_promised_have_to_confirm() {
    let set = Replicated::start(2);
    // Long enough for the replica that answers, however busy the machine.
    let args = ["invalidate", "--key", "Book:1>owner", "--timeout", "4s"];
    let two = |cli: Cli| outcome(&cli.run());
    assert_eq!(two(set.cli(&args).args(["--wait-replicas", "2"])), json!([true, 2]));
    set.freeze(1);
    assert_eq!(outcome(set.cli(&args).run().ok()), json!([true, 1]));
    assert_eq!(two(set.cli(&args).args(["--wait-replicas", "2"])), json!([false, 1]));
    assert_eq!(two(set.cli(&args).env("CACHEME_WAIT_REPLICAS", "2")), json!([false, 1]));
    let profile = "default_profile = 'p'\n[profiles.p]\nwait_replicas = 2\n";
    let by_profile = || {
        set.cli(&args)
            .env_remove("CACHEME_URL")
            .file(".config/cacheme/config.toml", format!("{profile}url = '{}'\n", set.primary.url()))
    };
    assert_eq!(two(by_profile()), json!([false, 1]));
    assert_eq!(two(by_profile().args(["--wait-replicas", "1"])), json!([true, 1]));
    set.replicas[1].signal("CONT");
}

#[test]
fn no_replica_is_waited_for_where_there_is_none() {
    let set = Replicated::start(0);
    for args in WRITING {
        set.fill();
        let (output, seen) = set.primary.monitor(|| run(&set, args));
        assert_eq!(outcome(output.ok()), json!([true, null]), "{}", output.transcript());
        assert!(seen.iter().all(|it| it.name() != "WAIT"), "{}", output.transcript());
    }
}

#[test]
fn where_wait_is_refused_it_is_done_without() {
    let denied = Replicated::of(Server::builder().config("user default on nopass ~* &* +@all -wait"), 1);
    let renamed = Replicated::of(Server::builder().config("rename-command WAIT \"\""), 0);
    let replica = Server::builder().tcp().config(&format!("replicaof 127.0.0.1 {}", renamed.primary.port()));
    let _replica = replica.start();
    wait_until("the replica is there", Duration::from_secs(30), || {
        let role: (String, i64, Vec<Value3>) =
            redis::cmd("ROLE").query(&mut renamed.primary.connect()).unwrap();
        !role.2.is_empty()
    });
    for set in [&denied, &renamed] {
        let args = ["invalidate", "--tag", "books", "--yes"];
        let output = set.cli(&args).run();
        assert_eq!(outcome(output.ok()), json!([true, null]), "{}", output.transcript());
        output.never_says("WAIT");
        let output = set.cli(&args).arg("-v").run();
        assert_eq!(output.ok().stderr.matches("refuses WAIT").count(), 1, "{}", output.transcript());
    }
}

/// An address, a port and an offset, as ROLE has them.
type Value3 = (String, String, String);

#[test]
fn without_info_the_replicas_are_known_by_role() {
    let set = Replicated::of(Server::builder().config("user default on nopass ~* &* +@all -info"), 1);
    let args = ["invalidate", "--tag", "books", "--yes"];
    assert_eq!(outcome(set.cli(&args).run().ok()), json!([true, 1]));
    set.freeze(0);
    assert_eq!(outcome(set.cli(&args).args(SHORT).run().code(3)), json!([false, 0]));
    set.replicas[0].signal("CONT");
}

#[test]
fn each_primary_of_a_cluster_waits_for_its_replica() {
    let cluster = Cluster::start();
    let cli = |args: &[&str], timeout: &[&str]| {
        let cli = Cli::bare().env("CACHEME_URL", cluster.url()).env("CACHEME_CLUSTER", "yes");
        cli.args(["--layout", "classic", "--format", "json"]).args(timeout).args(args).run()
    };
    let member = |n| ["SADD".to_owned(), "CM:books".to_owned(), format!("CM:Book:{n}>owner")].into();
    cluster.query(&(0..30).map(member).collect::<Vec<_>>());
    let args = ["invalidate", "--tag", "books", "--mark", "--yes"];
    assert_eq!(outcome(cli(&args, &["--timeout", LONG]).ok()), json!([true, 1]));
    let replica = &cluster.nodes[cluster.replica_of(0)];
    freeze(&cluster.nodes[0], replica);
    let output = cli(&args, &SHORT);
    assert_eq!(outcome(output.code(3)), json!([false, 0]), "{}", output.transcript());
    replica.signal("CONT");
}

/// What the end of a run meets once, where nothing is lost by asking again.
const PASSING: [(&str, Fault); 3] = [
    ("ROLE", Fault::CutBefore),
    ("WAIT", Fault::CutBefore),
    ("WAIT", Fault::Refuse("LOADING Redis is loading the dataset in memory")),
];

/// Such a fault, the first time that this is asked.
fn once(command: &'static str, fault: Fault) -> impl Fn(&Asked<'_>) -> Option<Fault> {
    let met = AtomicBool::new(false);
    move |asked| (asked.is(command) && !met.swap(true, SeqCst)).then_some(fault)
}

#[test]
fn a_primary_that_cannot_be_asked_for_a_moment_is_asked_again() {
    let set = Replicated::start(1);
    let relay = Relay::before(&set.primary, |_| None);
    let mut cluster = Cluster::alone();
    let in_front = Relay::before(&cluster.nodes[0], |_| None);
    cluster.announce(&in_front.url());
    let replica = cluster.add();
    cluster.replicate(replica);
    for (relay, is_cluster) in [(&relay, "no"), (&in_front, "yes")] {
        let cli = || {
            let cli = Cli::bare().env("CACHEME_URL", relay.url()).env("CACHEME_CLUSTER", is_cluster);
            cli.args(["--layout", "classic", "--format", "json", "-v", "--timeout", LONG])
        };
        for (at, (command, fault)) in PASSING.into_iter().enumerate() {
            relay.now(once(command, fault));
            let before = relay.faults();
            let output = cli().args(["invalidate", "--yes", "--pattern", &format!("{at}*"), "--mark"]).run();
            assert_eq!(outcome(&output), json!([true, 1]), "{command} {fault:?}\n{}", output.transcript());
            assert_eq!(relay.faults() - before, 1, "{}", output.transcript());
            output.ok().never_says("refuses WAIT");
        }
    }
}

#[test]
fn a_replica_that_the_cluster_knows_counts_although_it_is_not_connected() {
    let mut cluster = Cluster::alone();
    let replica = cluster.add();
    cluster.replicate(replica);
    // It is not called failed for as long as this test takes.
    let mut patience = redis::cmd("CONFIG");
    patience.arg("SET").arg("cluster-node-timeout").arg(600_000);
    patience.exec(&mut cluster.nodes[0].connect()).unwrap();
    cluster.nodes[replica].signal("STOP");
    redis::cmd("CLIENT")
        .arg("KILL")
        .arg("TYPE")
        .arg("REPLICA")
        .exec(&mut cluster.nodes[0].connect())
        .unwrap();
    let cli = Cli::bare().env("CACHEME_URL", cluster.url()).env("CACHEME_CLUSTER", "yes");
    let args =
        ["--layout", "classic", "--format", "json", "invalidate", "--yes", "--pattern", "a*", "--mark"];
    let output = cli.args(args).args(SHORT).run();
    assert_eq!(outcome(output.code(3)), json!([false, 0]), "{}", output.transcript());
    output.says("The cluster knows 1 of this service");
    cluster.nodes[replica].signal("CONT");
}

#[test]
fn who_was_made_a_replica_has_confirmed_nothing() {
    let set = Replicated::start(1);
    let (socket, port) = (set.primary.url(), set.replicas[0].port());
    let relay = Relay::before(&set.primary, move |asked| {
        if asked.is("WAIT") {
            let mut primary = redis::Client::open(&*socket).unwrap().get_connection().unwrap();
            redis::cmd("REPLICAOF").arg("127.0.0.1").arg(port).exec(&mut primary).unwrap();
        }
        None
    });
    let args = ["invalidate", "--tag", "books", "--yes", "-v"];
    let output = set.cli(&args).env("CACHEME_URL", relay.url()).args(SHORT).run();
    assert_eq!(outcome(output.code(3)), json!([false, 0]), "{}", output.transcript());
    output.never_says("refuses WAIT");
}

#[test]
fn memoize_tells_what_a_failover_would_undo() {
    let set = Replicated::start(1);
    let settings = |seconds| {
        let patience = Duration::from_secs(seconds);
        let settings = set.primary.settings().layout(cacheme::namespace::Layout::Classic);
        settings.timeouts(Timeouts { connect: patience, io: patience })
    };
    let what = Invalidate::tag("books");
    let patient = sync::Cache::open(settings(60)).unwrap();
    let outcome = |report: &cacheme::ops::InvalidationReport| (report.complete, report.replicated);
    assert_eq!(outcome(&patient.invalidate_replicated(&what, 1).unwrap()), (true, Some(1)));
    set.freeze(0);
    let cache = sync::Cache::open(settings(3)).unwrap();
    assert_eq!(outcome(&cache.invalidate(&what).unwrap()), (true, None));
    assert_eq!(outcome(&cache.invalidate_replicated(&what, 1).unwrap()), (false, Some(0)));
    #[cfg(feature = "tokio")]
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let cache = cacheme::memoize::future::Cache::open(settings(3)).unwrap();
            let report = cache.invalidate_replicated(&what.clone(), 1).await.unwrap();
            assert_eq!(outcome(&report), (false, Some(0)));
            let report = cache.invalidate_replicated(&what.clone(), 0).await.unwrap();
            assert_eq!(outcome(&report), (true, None));
        });
    }
    set.replicas[0].signal("CONT");
    assert_eq!(outcome(&patient.invalidate_replicated(&what, 1).unwrap()), (true, Some(1)));
}
