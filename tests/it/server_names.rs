//! A server is named by what it is, wherever it is named.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheme::memoize::sync;
use cacheme::namespace::Layout;
use serde_json::json;

use crate::support::cli::Cli;
use crate::support::program;
use crate::support::server::Server;
use crate::support::wait_until;

#[test]
fn in_stats_and_with_v() {
    let server = Server::start();
    let product = program::product();
    let (name, version) = product.split_once(' ').unwrap();
    let stats = Cli::new(&server).args(["stats", "-v", "--format", "json"]).run();
    let told = &stats.ok().says(&format!(" is {product}")).json()["server"];
    assert_eq!(told["server_name"], json!(name.to_lowercase()));
    assert_eq!(told["server_version"], json!(version));
    assert_eq!(told["server_mode"], json!("standalone"));
}

#[test]
fn in_what_doctor_finds() {
    let server = Server::builder().config("rename-command UNLINK \"\"").start();
    let report =
        Cli::new(&server).args(["doctor", "--no-monitor", "--apart", "0s", "--format", "json"]).run();
    let report = report.code(5).json();
    let mut findings = report["findings"].as_array().unwrap().iter();
    let old = findings.find(|it| it["id"] == "old-server").unwrap();
    assert_eq!(old["title"], format!("{} does not know UNLINK", program::product()));
}

#[test]
#[ignore = "needs a server without users: `make test-servers` runs it on Redis 5"]
fn a_user_where_servers_know_none() {
    assert!(!program::has_users(), "{} knows users", program::product());
    let server = Server::builder().tcp().password("secret").start();
    let url = format!("redis://app:secret@127.0.0.1:{}", server.port());
    Cli::bare().env("CACHEME_URL", url).args(["stats"]).run().code(1).says("leave the user out of --url");
}

/// It works as without values in the process, and says so once.
#[test]
#[ignore = "needs a server without CLIENT TRACKING: `make test-servers` runs it on Redis 5"]
fn a_listener_where_servers_know_none() {
    assert!(program::version() < (6, 0), "{} tells what is written", program::product());
    let server = Server::start();
    let told = Arc::<Mutex<Vec<String>>>::default();
    let all = Arc::clone(&told);
    let settings = server.settings().layout(Layout::Classic).local(1 << 20);
    let cache = sync::Cache::open_with(settings, move |error| all.lock().unwrap().push(error.to_string()));
    let get = cache.unwrap().memoize("get", |n: &u32| format!("k:{n}"), |n: &u32| *n).build();
    let calls = || (0..100).for_each(|_| assert_eq!(get.call(&1).unwrap(), 1));
    calls();
    wait_until("it is said", Duration::from_secs(60), || !told.lock().unwrap().is_empty());
    calls();
    let told = told.lock().unwrap().clone();
    assert!(told.len() == 1 && told[0].contains("unknown command"), "{told:?}");
    assert_eq!((get.counts().hits, get.counts().local), (199, 0));
}
