//! A cluster with more databases than one, which Valkey has from 9.0 on, and one without.

use cacheme::client::Target;
use cacheme::memoize::{Invalidate, Settings, sync};
use serde_json::json;

use crate::deploy_cluster::{cli, commands};
use crate::support::cluster::Cluster;
use crate::support::program;

const KEYS: usize = 50;

#[track_caller]
fn of_four_databases() -> Cluster {
    let knows = program::is_valkey() && program::version() >= (9, 0);
    assert!(
        knows,
        "{} has no cluster-databases: `make test-servers` runs this on Valkey 9",
        program::product()
    );
    Cluster::start_with(&["cluster-databases 4"])
}

#[test]
#[ignore = "needs cluster-databases: `make test-servers` runs it on Valkey 9"]
fn the_database_that_is_named_is_the_one() {
    let cluster = of_four_databases();
    cluster.query_db(2, &commands("CM:", KEYS));
    let here = format!("{}/2", cluster.url());
    let run = |url: &str, args: &[&str]| cli(&cluster, args).env("CACHEME_URL", url).run();

    let listed = run(&here, &["keys", "list", "--format", "plain"]);
    assert_eq!(listed.ok().lines().len(), KEYS);
    let mine = |url: &str| run(url, &["stats"]).ok().json()["namespace"]["keys"].clone();
    assert_eq!((mine(&here), mine(&cluster.url())), (json!(KEYS), json!(0)));
    let report = run(&here, &["invalidate", "--tag", "books", "--yes"]).ok().json();
    assert_eq!((&report["marked"], &report["complete"]), (&json!(KEYS), &json!(true)));
    assert_eq!(run(&here, &["gc", "--yes", "--wait"]).ok().json()["complete"], true);
    let report = run(&here, &["purge"]).ok().json();
    assert_eq!((&report["deleted"], &report["complete"]), (&json!(KEYS), &json!(true)));
    assert_eq!(mine(&here), 0);
    let refused = run(&format!("{}/7", cluster.url()), &["stats"]);
    refused.code(1).says("SELECT").says("cluster-databases");
}

#[test]
#[ignore = "needs cluster-databases: `make test-servers` runs it on Valkey 9"]
fn memoize_and_the_tool_meet_in_the_database_that_is_named() {
    let cluster = of_four_databases();
    let here = format!("{}/3", cluster.url());
    let target = Target::parse(&here).unwrap().with_cluster("").unwrap();
    let settings = Settings::new().target(target).prefix("{CM}:");
    let cache = sync::Cache::open_with(settings, |error| panic!("Redis: {error}")).unwrap();
    let get = cache.memoize("get", |n: &u32| format!("Item:{n}>get"), |n: &u32| *n).build();
    assert_eq!((get.call(&1).unwrap(), get.call(&1).unwrap(), get.counts().hits), (1, 1, 1));
    let run = |url: &str, args: &[&str]| {
        cli(&cluster, args).env("CACHEME_URL", url).args(["--prefix", "{CM}:"]).run()
    };
    let list = ["keys", "list", "--tag", "get", "--format", "plain"];
    assert_eq!(run(&here, &list).ok().lines().len(), 1);
    assert_eq!(run(&cluster.url(), &list).ok().lines().len(), 0);
    assert_eq!(run(&here, &["invalidate", "--key", "Item:1>get"]).ok().json()["marked"], 1);
    assert_eq!((get.call(&1).unwrap(), get.counts().refreshes), (1, 1));
    assert!(cache.invalidate(&Invalidate::tag("get")).unwrap().complete);
    assert_eq!((get.call(&1).unwrap(), get.counts().refreshes), (1, 2));
    drop((get, cache));
    let recorded = run(&here, &["stats", "--history"]).ok().text().to_owned();
    assert!(recorded.contains("get"), "{recorded}");
}

#[test]
fn a_cluster_of_one_database_refuses_the_others_itself() {
    let cluster = Cluster::start();
    let out = cli(&cluster, &["stats"]).env("CACHEME_URL", format!("{}/2", cluster.url())).run();
    out.code(1).says("refused SELECT").says("cluster-databases");
}
