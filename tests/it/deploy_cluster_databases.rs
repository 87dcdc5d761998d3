//! A cluster with more databases than one, which Valkey has from 9.0 on, and one without.

use serde_json::json;

use crate::deploy_cluster::{cli, commands};
use crate::support::cluster::Cluster;
use crate::support::program;

const KEYS: usize = 50;

#[test]
fn the_database_that_is_named_is_the_one() {
    if !program::is_valkey() || program::version() < (9, 0) {
        return;
    }
    let cluster = Cluster::start_with(&["cluster-databases 4"]);
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
fn a_cluster_of_one_database_refuses_the_others_itself() {
    let cluster = Cluster::start();
    let out = cli(&cluster, &["stats"]).env("CACHEME_URL", format!("{}/2", cluster.url())).run();
    out.code(1).says("refused SELECT").says("cluster-databases");
}
