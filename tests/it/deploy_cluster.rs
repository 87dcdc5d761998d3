//! A Redis Cluster: nothing is missed, done twice or lost, whatever moves meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use cacheme::memoize::{Settings, sync};

use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
use crate::support::content::{Content, Held, assert_same};
use crate::support::output::Output;
use crate::support::sentinels::Sentinels;
use crate::support::server::Server;
use crate::support::wait_until;

pub(crate) const KEYS: usize = 2000;

pub(crate) fn commands(prefix: &str, keys: usize) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for n in 0..keys {
        let key = format!("{prefix}Book:{n}>owner");
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        commands.push(words(&["HSET", &format!("{prefix}Book:{n}"), "owner", "v"]));
        commands.push(words(&["SADD", &format!("{prefix}books"), &key]));
        commands.push(words(&["SADD", &format!("{prefix}User:{}:invalid", n % 10), &key]));
        let bucket = format!("{prefix}Meta:Expire-Buckets::{prefix}Book:{n}");
        commands.push(words(&["ZADD", &bucket, "1000", &key]));
    }
    commands
}

pub(crate) fn full(prefix: &str) -> Cluster {
    let cluster = Cluster::start();
    cluster.query(&commands(prefix, KEYS));
    cluster
}

pub(crate) fn cli(cluster: &Cluster, args: &[&str]) -> Cli {
    Cli::bare()
        .env("CACHEME_URL", cluster.url())
        .env("CACHEME_CLUSTER", "yes")
        .env("CACHEME_LAYOUT", "classic")
        .env("CACHEME_FORMAT", "json")
        .args(args)
}

pub(crate) fn with(content: &Content, part: &str) -> usize {
    content.keys().filter(|name| String::from_utf8_lossy(name).contains(part)).count()
}

pub(crate) fn members(content: &Content, name: &str) -> BTreeSet<Vec<u8>> {
    match content.get(name.as_bytes()).map(|entry| &entry.held) {
        Some(Held::Set(members)) => members.clone(),
        _ => BTreeSet::new(),
    }
}

pub(crate) fn all(prefix: &str) -> BTreeSet<Vec<u8>> {
    (0..KEYS).map(|n| format!("{prefix}Book:{n}>owner").into_bytes()).collect()
}

/// All of it was done, and counted once.
#[track_caller]
pub(crate) fn is_exact(output: &Output, field: &str, count: usize) {
    let report = output.ok().json();
    assert_eq!(
        (&report[field], &report["complete"]),
        (&count.into(), &true.into()),
        "{}",
        output.transcript()
    );
}

/// The work was done, but another process took over: what the earlier one acknowledged last may be lost, so it is not
/// called complete, and never counted too high.
#[track_caller]
pub(crate) fn was_taken_over(output: &Output, field: &str, count: usize) {
    let report = output.code(3).says("took over during the run").json();
    let counted = usize::try_from(report[field].as_u64().unwrap()).unwrap();
    assert!(counted <= count && report["complete"] == false, "{}", output.transcript());
}

#[test]
fn its_replicas_are_read_and_not_written_to() {
    let cluster = full("CM:");
    let before = cluster.content();
    let output = cli(&cluster, &["stats", "--replica"]).run();
    assert_eq!(output.ok().json()["namespace"]["fields"], KEYS);
    let output = cli(&cluster, &["purge", "--replica"]).run();
    output.code(1).says("is read from its replicas").says("leave out --replica");
    assert_same(&before, &cluster.content());
}

#[test]
fn a_node_without_the_flag_says_what_it_is() {
    let cluster = Cluster::start();
    let ask = |at: usize| {
        let cli = Cli::bare().env("CACHEME_URL", cluster.nodes[at].tcp_url());
        cli.args(["tags", "show", "books", "--layout", "classic"]).run()
    };
    let said: Vec<Output> =
        (0..3).map(ask).filter(|output| output.stderr.contains("add --cluster")).collect();
    // One of the three owns the slot.
    assert_eq!(said.len(), 2);
    said.iter().for_each(|output| drop(output.code(1).says("MOVED").clone()));
}

#[test]
fn seeds_that_are_dead_are_passed_over() {
    let mut cluster = Cluster::start();
    cluster.query(&commands("CM:", 20));
    let seeds = format!("--cluster=127.0.0.1:1,127.0.0.1:{}", cluster.nodes[1].port());
    let run = |url: &str| Cli::bare().env("CACHEME_URL", url).args(["tags", "list", &seeds]).run();
    assert_eq!(run("redis://127.0.0.1:1").ok().lines(), ["books\t20"]);
    // A primary that died is replaced; whoever asks meanwhile waits for that.
    let url = cluster.nodes[2].tcp_url();
    let replica = cluster.replica_of(0);
    wait_until("the replica has all of it", Duration::from_secs(30), || {
        cluster.nodes[replica].dbsize() == cluster.nodes[0].dbsize()
    });
    cluster.nodes[0].stop();
    let args = ["keys", "list", "--format", "plain", "--timeout", "40s", "--url", &url];
    let output = cli(&cluster, &args).run();
    output.code(3).says("took over during the run");
    assert_eq!(output.lines().len(), 20, "{}", output.transcript());
    assert_eq!(run(&url).ok().lines(), ["books\t20"]);
}

#[test]
fn a_reshard_while_marking_and_listing_loses_nothing() {
    let cluster = full("CM:");
    let before = cluster.dbsize();
    let marking =
        cli(&cluster, &["invalidate", "--pattern", "Book:*", "--mark", "--yes", "--pace", "10%"]).spawn();
    let reshard = cluster.reshard_under(&marking, || cluster.dbsize() > before);
    let listing = cli(&cluster, &["keys", "list", "--format", "plain", "--pace", "10%"]).spawn();
    let listing = listing.wait();
    let listed: BTreeSet<&str> =
        listing.ok().lines().iter().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(listed.len(), KEYS);
    let output = marking.wait();
    reshard.wait().ok();
    assert_eq!(members(&cluster.content(), "CM:delete"), all("CM:"), "{}", output.transcript());
    is_exact(&output, "marked", KEYS);
    assert!(cluster.errors("MOVED") > 0, "nothing moved under the run");
}

#[test]
fn a_reshard_while_purging_loses_nothing() {
    let cluster = full("CM:");
    let before = cluster.dbsize();
    let purging = cli(&cluster, &["purge", "--pace", "10%"]).spawn();
    let reshard = cluster.reshard_under(&purging, || cluster.dbsize() < before);
    let output = purging.wait();
    reshard.wait().ok();
    let after = cluster.content();
    assert_eq!((with(&after, "Meta:Expire"), with(&after, "CM:Book:")), (0, 0), "{}", output.transcript());
    assert_eq!(members(&after, "CM:books"), all("CM:"));
    is_exact(&output, "deleted", KEYS);
    assert_eq!(output.json()["expired"], KEYS);
}

#[test]
fn a_failover_while_purging_and_marking_loses_nothing() {
    let cluster = full("CM:");
    let replica = cluster.replica_of(0);
    // Each is stopped as soon as it has begun, whatever the other does by then.
    let stopped = |args: &[&str], begins: &str, has_begun: &dyn Fn() -> bool| {
        let run = cli(&cluster, args).args(["--pace", "3%", "--timeout", "20s"]).spawn();
        wait_until(begins, Duration::from_secs(60), has_begun);
        run.signal("STOP");
        run
    };
    let mark = ["invalidate", "--tag", "books", "--mark", "--yes"];
    let before = cluster.dbsize();
    let marking = stopped(&mark, "the set of the marks is there", &|| cluster.dbsize() > before);
    let before = cluster.dbsize();
    let purging = stopped(&["purge"], "the purge has begun", &|| cluster.dbsize() < before);
    cluster.fail_over(replica);
    [&marking, &purging].iter().for_each(|run| run.signal("CONT"));
    let (purged, marked) = (purging.wait(), marking.wait());
    let after = cluster.content();
    assert_eq!((with(&after, "Meta:Expire"), with(&after, "CM:Book:")), (0, 0), "{}", purged.transcript());
    assert_eq!(members(&after, "CM:delete"), all("CM:"), "{}", marked.transcript());
    was_taken_over(&purged, "deleted", KEYS);
    was_taken_over(&marked, "marked", KEYS);
}

/// CLIENT NO-TOUCH hides reads from the eviction policy: right for the tool, wrong for a service. It goes with our name,
/// which every server shows.
#[test]
fn the_eviction_policy_sees_what_a_service_reads() {
    let cluster = Cluster::start();
    let settings = Settings::new().target(cluster.target()).prefix("{CM}:").record(false);
    let cache = sync::Cache::open_with(settings, |_| ()).unwrap();
    let function = cache.memoize("get", |n: &u32| format!("Item:{n}>get"), |n: &u32| *n).build();
    assert_eq!((function.call(&1).unwrap(), function.call(&1).unwrap()), (1, 1));
    let clients = || -> Vec<String> {
        let list = |node: &&Server| -> String {
            redis::cmd("CLIENT").arg("LIST").arg("TYPE").arg("normal").query(&mut node.connect()).unwrap()
        };
        cluster
            .primaries()
            .iter()
            .flat_map(|node| list(node).lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    let read = |client: &String| client.contains(" cmd=hget ");
    assert!(clients().iter().any(read), "{:?}", clients());
    // What asked about the cluster when the cache was opened goes.
    wait_until("nobody is the tool", Duration::from_secs(20), || {
        let flags = |client: &String| {
            client.split(" flags=").nth(1).map(|it| it.split(' ').next().unwrap().to_owned())
        };
        let is_tool = |client: &String| {
            client.contains(" name=cacheme-cli ") || flags(client).is_some_and(|flags| flags.contains('T'))
        };
        !clients().iter().any(is_tool)
    });
    assert!(clients().iter().any(read), "{:?}", clients());
}

/// What is read of a spread cluster is what is read of one server that holds the same, and so behind sentinels.
#[test]
fn top_histogram_diff_and_log_tell_the_same_wherever_the_keys_are() {
    let mut commands = Vec::new();
    for n in 0..300 {
        let key = format!("CM:k{n}>f");
        let mut command = |words: &[&str]| commands.push(words.iter().map(|it| (*it).to_owned()).collect());
        command(&["HSET", &format!("CM:k{n}"), "f", &"x".repeat(n * 7 % 311 + 1)]);
        command(&["SADD", &format!("CM:tag{}", n % 3), &key]);
        let bucket = format!("CM:Meta:Expire-Buckets::CM:k{n}");
        // The first have expired; no two have the same.
        let score = if n < 40 { 1000 + n } else { 4_000_000_000 + n };
        command(&["ZADD", &bucket, &score.to_string(), &key]);
    }
    let (cluster, server, sentinels) = (Cluster::start(), Server::start(), Sentinels::start(None));
    cluster.query(&commands);
    for connection in [&mut server.connect(), &mut sentinels.servers[0].connect()] {
        let mut pipe = redis::pipe();
        for words in &commands {
            let mut command = redis::cmd(&words[0]);
            command.arg(&words[1..]);
            pipe.add_command(command);
        }
        pipe.exec(connection).unwrap();
    }
    let places = [
        vec!["--url".to_owned(), server.url()],
        vec!["--url".to_owned(), cluster.url(), "--cluster".to_owned()],
        vec!["--url".to_owned(), sentinels.url(&[])],
    ];
    let run = |place: &[String], args: &[&str]| {
        Cli::bare().args(["--layout", "classic", "--format", "ndjson"]).args(place).args(args).run()
    };
    for args in [
        &["keys", "top", "-n", "25", "--fields", "rank,key,size_bytes"][..],
        &["keys", "top", "--by", "ttl", "-n", "60", "--fields", "rank,key,expires_at"],
        &["keys", "top", "--except-tag", "tag0", "--larger-than", "100", "--fields", "rank,key,size_bytes"],
    ] {
        let told: Vec<_> = places.iter().map(|place| run(place, args).ok().ndjson()).collect();
        assert!(told[0].len() >= 10 && told.iter().all(|it| *it == told[0]), "{args:?} {told:?}");
    }
    let histograms: Vec<_> =
        places.iter().map(|it| run(it, &["stats", "--histogram"]).ok().text().to_owned()).collect();
    assert!(
        histograms[0].contains("tag2") && histograms.iter().all(|it| *it == histograms[0]),
        "{histograms:?}"
    );
    let dump = run(&places[0], &["keys", "dump", "--raw", "--indexes"]).ok().text().to_owned();
    for place in &places {
        let args = ["--layout", "classic", "--format", "ndjson", "diff", "dump"];
        let same = Cli::bare().file("dump", &dump).args(place).args(args).run();
        assert_eq!(same.ok().says("300 the same").lines(), Vec::<&str>::new());
    }
    for place in &places {
        let purged = run(place, &["purge", "--except-tag", "tag1"]).ok().json();
        assert_eq!((&purged["deleted"], &purged["complete"]), (&27.into(), &true.into()));
        let log = run(place, &["log", "--fields", "command,deleted,complete"]).ok().ndjson();
        assert_eq!((log.len(), &log[0]["deleted"], &log[0]["complete"]), (1, &27.into(), &true.into()));
    }
}
