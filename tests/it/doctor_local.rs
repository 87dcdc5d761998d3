//! Caches that hold values in memory: the command line counts what they served, and says who they are.

use std::time::Duration;

use cacheme::memoize::{Settings, sync};
use serde_json::{Value, json};

use crate::doctor_findings::{AT_ONCE, doctor, finding, ids};
use crate::replicated::Replicated;
use crate::stats_live::Live;
use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
use crate::support::server::Server;
use crate::support::wait_until;

const PATIENCE: Duration = Duration::from_secs(60);

/// A cache of this process, and a function on it whose value for 1 is in memory.
fn holding(settings: Settings) -> (sync::Cache, sync::Memoized<u32, u32>) {
    let cache = sync::Cache::open(settings.local(1 << 20)).unwrap();
    let get = cache.memoize("get_owner", |n: &u32| format!("Book:{n}>owner"), |n: &u32| *n).build();
    wait_until("it is served from memory", PATIENCE, || {
        get.call(&1).unwrap();
        get.counts().local > 0
    });
    (cache, get)
}

fn stats(cli: Cli, args: &[&str]) -> Value {
    cli.args(["stats", "--format", "json"]).args(args).run().ok().json()
}

fn listeners(server: &Server, args: &[&str]) -> Value {
    stats(Cli::new(server), args)["namespace"]["listeners"].clone()
}

#[test]
fn stats_names_the_caches_of_the_namespace_and_no_other() {
    let server = Server::builder().tcp().start();
    let settings = || Settings::new().url(server.tcp_url());
    let both = [holding(settings()), holding(settings())];
    let _other = holding(settings().prefix("CM:X:"));
    let _odd = holding(settings().prefix("my app % ä:"));
    let _elsewhere = holding(Settings::new().url(format!("{}/3", server.tcp_url())));
    let found = stats(Cli::new(&server), &[]);
    assert_eq!(found["namespace"]["listeners"], 2);
    let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut server.connect()).unwrap();
    for listener in found["listeners"].as_array().unwrap() {
        let addr = format!(" addr={} ", listener["client"].as_str().unwrap());
        let line = clients.lines().find(|line| line.contains(&addr)).unwrap();
        assert!(line.contains(" name=cacheme-local:CM: "), "{line}");
        assert!(listener["age_seconds"].is_u64(), "{listener}");
    }
    for (prefix, count) in [("CM:X:", 1), ("my app % ä:", 1), ("my", 0), ("CM", 0)] {
        assert_eq!(listeners(&server, &["--prefix", prefix]), count, "{prefix}");
    }
    assert_eq!(stats(Cli::bare().env("CACHEME_URL", server.url_of_db(3)), &[])["namespace"]["listeners"], 1);
    let plain = Cli::new(&server).args(["stats"]).run();
    assert!(plain.ok().lines().contains(&"namespace\tlisteners\t2"), "{}", plain.transcript());
    let metrics = Cli::new(&server).args(["stats", "--format", "prometheus"]).run();
    assert!(metrics.ok().text().contains("cacheme_namespace_listeners{prefix=\"CM:\""), "{}", metrics.text());
    drop(both);
    wait_until("nobody listens", PATIENCE, || listeners(&server, &[]) == 0);
}

/// A name is no proof: whoever listens has told the server so.
#[test]
fn a_connection_that_is_only_called_so_is_no_listener() {
    let server = Server::start();
    let mut connection = server.connect();
    redis::cmd("CLIENT").arg("SETNAME").arg("cacheme-local:CM:").exec(&mut connection).unwrap();
    let found = stats(Cli::new(&server), &[]);
    assert_eq!((&found["namespace"]["listeners"], &found["listeners"]), (&json!(0), &json!([])));
    assert!(!ids(&doctor(&server, &AT_ONCE).json()).contains("values-in-memory"));
}

#[test]
fn doctor_tells_of_them_and_calls_nothing_wrong() {
    let server = Server::builder().tcp().start();
    let before = doctor(&server, &AT_ONCE);
    assert!(!ids(&before.json()).contains("values-in-memory"));
    let _held = holding(Settings::new().url(server.tcp_url()));
    let output = doctor(&server, &AT_ONCE);
    let found = finding(&output.ok().json(), "values-in-memory");
    assert_eq!((&found["severity"], &found["count"]), (&json!("info"), &json!(1)));
    let listener = stats(Cli::new(&server), &[])["listeners"][0]["client"].clone();
    let detail = found["detail"].as_str().unwrap();
    assert!(detail.contains(listener.as_str().unwrap()) && detail.contains("300 ms"), "{found}");
    let _second = holding(Settings::new().url(server.tcp_url()));
    assert_eq!(finding(&doctor(&server, &AT_ONCE).ok().json(), "values-in-memory")["count"], 2);
}

#[test]
fn where_the_clients_may_not_be_listed_nobody_is_named() {
    let server = Server::start();
    let _held = holding(server.settings());
    let mut acl = redis::cmd("ACL");
    acl.arg("SETUSER").arg("ops").arg("on").arg("nopass").arg("~*").arg("+@all").arg("-client|list");
    acl.exec(&mut server.connect()).unwrap();
    let url = format!("{}?user=ops", server.url());
    let cli = |args: &[&str]| Cli::bare().env("CACHEME_URL", &url).args(args).run();
    let output = cli(&["stats", "--format", "json", "-v"]);
    let found = output.ok().json();
    assert_eq!((&found["namespace"]["listeners"], &found["listeners"]), (&Value::Null, &Value::Null));
    output.says("the server refuses CLIENT LIST");
    cli(&["stats"]).ok().never_says("CLIENT");
    let metrics = cli(&["stats", "--format", "prometheus"]);
    assert!(!metrics.ok().text().contains("cacheme_namespace_listeners{"), "{}", metrics.text());
    let output = cli(&["doctor", "--quick", "--no-monitor", "--format", "json", "-v"]);
    assert!(!ids(&output.ok().json()).contains("values-in-memory"));
    output.says("the server refuses CLIENT LIST");
}

#[test]
fn what_is_served_from_memory_is_counted_and_seen_by_nobody() {
    let server = Server::start();
    let (cache, get) = holding(server.settings());
    let live = Live::start(&server, &[]);
    let events = Cli::new(&server).args(["events", "--for", "50s", "--format", "ndjson"]).spawn();
    wait_until("both watch", PATIENCE, || {
        let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut server.connect()).unwrap();
        clients.matches("cmd=monitor").count() == 2
    });
    let before = get.counts().local;
    (0..1000).for_each(|_| assert_eq!(get.call(&1).unwrap(), 1));
    assert_eq!(get.counts().local - before, 1000);
    // The listener goes on asking whether the server is there: that is no call.
    assert_eq!(live.stop()["tags"], json!([]));
    events.signal("INT");
    assert_eq!(events.wait().code(130).text(), "");

    let counts = get.counts();
    drop((get, cache));
    let recorded = || stats(Cli::new(&server), &[])["counters"][0].clone();
    wait_until("all is recorded", PATIENCE, || recorded()["hits"] == counts.hits);
    assert_eq!((&recorded()["tag"], &recorded()["local"]), (&json!("get_owner"), &json!(counts.local)));
    let plain = Cli::new(&server).args(["stats"]).run();
    let row = format!("counters\tget_owner:local\t{}", counts.local);
    assert!(plain.ok().lines().contains(&row.as_str()), "{}", plain.transcript());
}

#[test]
fn in_a_cluster_the_primary_that_has_them_is_asked() {
    let cluster = Cluster::start();
    let settings = || Settings::new().target(cluster.target()).record(false);
    let prefixes = ["{a}:", "{b}:", "{c}:", "{d}:"];
    let _held = prefixes.map(|prefix| holding(settings().prefix(prefix)));
    for replica in [&[][..], &["--replica"]] {
        for prefix in prefixes {
            let cli = Cli::bare().env("CACHEME_URL", cluster.url()).env("CACHEME_LAYOUT", "classic");
            let found = stats(cli.args(["--cluster", "--prefix", prefix]), replica);
            assert_eq!(found["namespace"]["listeners"], 1, "{prefix} {replica:?}");
        }
    }
}

/// Nobody listens there: that none is found says nothing.
#[test]
fn of_a_replica_it_is_not_known() {
    let set = Replicated::start(1);
    let _held = holding(set.primary.settings());
    assert_eq!(listeners(&set.primary, &[]), 1);
    assert_eq!(listeners(&set.replicas[0], &[]), Value::Null);
    assert!(!ids(&doctor(&set.replicas[0], &AT_ONCE).json()).contains("values-in-memory"));
}
