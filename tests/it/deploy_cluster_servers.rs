//! What `stats` and `doctor` tell of the servers, where there are several.

use serde_json::{Value, json};

use crate::deploy_cluster::cli;
use crate::support::cluster::Cluster;

fn configure(cluster: &Cluster, at: usize, words: &[&str]) {
    redis::cmd("CONFIG").arg("SET").arg(words).exec(&mut cluster.nodes[at].connect()).unwrap();
}

fn addr(cluster: &Cluster, at: usize) -> String {
    format!("redis://127.0.0.1:{}", cluster.nodes[at].port())
}

/// The facts of each primary, by its address.
fn facts<'a>(stats: &'a Value, cluster: &Cluster, at: usize) -> &'a Value {
    let servers = stats["servers"].as_array().unwrap();
    let of = |it: &&Value| it["addr"].as_str().unwrap().starts_with(&addr(cluster, at));
    servers.iter().find(of).unwrap_or_else(|| panic!("no {} in {servers:#?}", addr(cluster, at)))
}

#[test]
fn each_primary_has_its_facts() {
    let cluster = Cluster::start();
    configure(&cluster, 0, &["maxmemory", "100mb"]);
    configure(&cluster, 1, &["maxmemory", "200mb"]);
    cluster.query(
        &(0..30)
            .map(|n| vec!["HSET".to_owned(), format!("CM:k{n}"), "f".into(), "v".into()])
            .collect::<Vec<_>>(),
    );
    let output = cli(&cluster, &["stats"]).run();
    let stats = output.ok().json();
    assert_eq!(stats["servers"].as_array().unwrap().len(), 3);
    let of = |at: usize, name: &str| facts(&stats, &cluster, at)[name].as_u64().unwrap();
    assert_eq!([0, 1, 2].map(|at| of(at, "maxmemory")), [100 << 20, 200 << 20, 0]);
    for name in ["maxmemory", "used_memory", "database_keys"] {
        let sum: u64 = (0..3).map(|at| of(at, name)).sum();
        assert_eq!(stats["server"][name], sum, "{name}");
    }
    assert_eq!(stats["server"]["database_keys"], 30);
    let rows = cli(&cluster, &["stats", "--format", "plain"]).run();
    let row = format!("servers\t{}", addr(&cluster, 1));
    assert_eq!(
        rows.ok().lines().iter().filter(|line| line.starts_with(&row)).count(),
        21,
        "{}",
        rows.transcript()
    );
}

#[test]
fn a_primary_that_refuses_is_said_and_the_others_are_told() {
    let cluster = Cluster::start();
    let mut user = redis::cmd("ACL");
    user.arg(&["SETUSER", "default", "-info"]).exec(&mut cluster.nodes[1].connect()).unwrap();
    let stats = cli(&cluster, &["stats"]).run().ok().json();
    assert_eq!(facts(&stats, &cluster, 1)["used_memory"], Value::Null);
    assert!(facts(&stats, &cluster, 0)["used_memory"].is_u64());
    let output = cli(&cluster, &["doctor", "--no-monitor"]).run();
    let found = output.json()["findings"].as_array().unwrap().clone();
    let unseen = found.iter().find(|it| it["id"] == "server-not-looked-at").unwrap();
    assert!(unseen["title"].as_str().unwrap().starts_with("1 of 3 primaries: "), "{unseen}");
    assert!(unseen["detail"].as_str().unwrap().contains(&addr(&cluster, 1)), "{unseen}");
}

#[test]
fn what_is_found_on_some_primaries_is_one_finding_that_names_them() {
    let cluster = Cluster::start();
    for at in [0, 2] {
        configure(&cluster, at, &["maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"]);
    }
    let found =
        cli(&cluster, &["doctor", "--no-monitor"]).run().json()["findings"].as_array().unwrap().clone();
    let of =
        |id: &str| found.iter().find(|it| it["id"] == id).unwrap_or_else(|| panic!("no {id} in {found:#?}"));
    let marks = of("evictable-marks");
    assert_eq!(
        (&marks["title"], &marks["count"]),
        (&json!("2 of 3 primaries: allkeys-lru may evict tags and pending invalidations"), &json!(2))
    );
    let detail = marks["detail"].as_str().unwrap();
    assert!(detail.contains(&addr(&cluster, 0)) && detail.contains(&addr(&cluster, 2)), "{detail}");
    assert!(!detail.contains(&addr(&cluster, 1)), "{detail}");
    assert_eq!(of("no-maxmemory")["count"], 1);
}
