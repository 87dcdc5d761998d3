//! `stats --live`: what MONITOR shows is what the library's own callbacks counted.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::python::Lib;
use crate::support::running::Running;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

/// An observation under way.
pub(crate) struct Live(Running);

impl Live {
    /// Starts `stats --live` and waits until the server is monitored.
    pub(crate) fn start(server: &Server, args: &[&str]) -> Self {
        let cli = Cli::new(server).args(["stats", "--live", "50s", "--format", "json"]).args(args);
        let running = cli.spawn();
        wait_for_monitor(server);
        Self(running)
    }

    /// Ends it as Ctrl-C does, and gives its rows.
    pub(crate) fn stop(self) -> Value {
        self.0.signal("INT");
        self.0.wait().code(130).json()["live"].take()
    }
}

/// Waits until somebody monitors the server.
pub(crate) fn wait_for_monitor(server: &Server) {
    let mut connection = server.connect();
    wait_until("somebody monitors the server", Duration::from_secs(20), || {
        let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut connection).unwrap();
        clients.contains("cmd=monitor")
    });
}

/// The row of a tag, or of a shape.
pub(crate) fn row<'a>(live: &'a Value, tag: &str) -> &'a Value {
    let rows = live["tags"].as_array().unwrap();
    rows.iter().find(|row| row["tag"] == tag).unwrap_or_else(|| panic!("no {tag} in {live:#}"))
}

/// Calls, hits, misses, refreshes, waits of a tag.
pub(crate) fn counts(live: &Value, tag: &str) -> [u64; 5] {
    let row = row(live, tag);
    ["calls", "hits", "misses", "refreshes", "waits"].map(|name| row[name].as_u64().unwrap())
}

fn times(worker: &mut Worker, count: usize, function: &str, args: &Value) {
    (0..count).for_each(|_| drop(worker.value(function, args.clone())));
}

/// Lets the timeout of a key pass at once.
fn expire(server: &Server, hash: &str, ending: &str) {
    let prefix = hash.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix("later:").unwrap();
    let bucket = format!("{prefix}Meta:Expire-Buckets::{hash}");
    let changed: u64 = redis::cmd("ZADD")
        .arg(&[&bucket, "XX", "CH", "1", &format!("{hash}{ending}")])
        .query(&mut server.connect())
        .unwrap();
    assert_eq!(changed, 1, "{bucket}");
}

/// How many commands the server has carried out.
fn commands(connection: &mut redis::Connection) -> u64 {
    let info: String = redis::cmd("INFO").arg("stats").query(connection).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("total_commands_processed:"));
    line.unwrap().parse().unwrap()
}

/// A known script of calls. Gives by tag: calls, hits, misses, refreshes, waits.
fn script(server: &Server, url: &str, prefix: &str, lib: Lib) -> Vec<(&'static str, [u64; 5])> {
    let patient = json!({"THUNDERING_HERD_RETRY_COUNT": 500});
    let worker = || Worker::builder(lib, server).url(url).prefix(prefix).settings(&patient).spawn();
    let (mut one, mut two) = (worker(), worker());
    // A key that is only read while it is observed: the tag set alone knows its tag.
    let other = |url: &str, prefix: &str| Worker::builder(lib, server).url(url).prefix(prefix).spawn();
    let (mut next_db, mut next_prefix) = (other(&server.url_of_db(1), prefix), other(url, "Other:"));
    one.value("plain", json!([7]));
    let before = one.counters();
    let live = Live::start(server, &["--prefix", prefix]);

    times(&mut next_db, 3, "get_owner", &json!([100]));
    times(&mut next_prefix, 3, "get_owner", &json!([100]));
    times(&mut one, 5, "plain", &json!([7]));

    times(&mut one, 3, "get_owner", &json!([100]));
    two.value("get_owner", json!([100]));
    one.invalidate(json!({"key": "Book:100>owner"}));
    times(&mut two, 2, "get_owner", &json!([100]));
    one.invalidate(json!({"invalid_key": "User:200"}));
    times(&mut one, 2, "get_owner", &json!([100]));

    times(&mut one, 2, "tagged", &json!([1]));
    times(&mut two, 2, "three", &json!([1]));

    times(&mut one, 2, "later", &json!([1]));
    times(&mut two, 3, "later_field", &json!([2]));
    expire(server, &format!("{prefix}later:1"), "");
    expire(server, &format!("{prefix}later:2"), ">field");
    times(&mut two, 2, "later", &json!([1]));
    times(&mut one, 2, "later_field", &json!([2]));

    // The second waits for the first and gets its value.
    let begun = Instant::now();
    one.hold("1");
    let computing = Instant::now();
    two.send(&json!({"call": "held", "args": ["1"]}));
    let mut connection = server.connect();
    let (done, mut looked) = (commands(&mut connection), 0);
    wait_until("the second looks again and again", Duration::from_secs(60), || {
        looked += 1;
        commands(&mut connection) >= done + 20 + looked
    });
    let held_for = computing.elapsed();
    one.resume(json!(["v"]));
    assert_eq!(two.receive()["result"], json!(["v"]));
    let at_most = begun.elapsed();
    two.value("held", json!(["1"]));

    // The first fails and leaves the key in progress; the second waits in vain and computes.
    let mut hasty = Worker::builder(lib, server).url(url).prefix(prefix).spawn();
    one.call("fails", json!(["x"]));
    assert_eq!(hasty.call("fails", json!(["x", false]))["misses"], 1);
    hasty.value("fails", json!(["x", false]));

    let mut told = live.stop();
    let script = vec![
        ("plain", [5, 5, 0, 0, 0]),
        ("get_owner", [8, 5, 1, 2, 0]),
        ("books_by_hand", [2, 1, 1, 0, 0]),
        ("three", [2, 1, 1, 0, 0]),
        ("later", [4, 2, 1, 1, 0]),
        ("later_field", [5, 3, 1, 1, 0]),
        ("held", [3, 1, 1, 0, 1]),
        ("fails", [3, 1, 2, 0, 0]),
    ];
    for (tag, expected) in &script {
        assert_eq!(counts(&told, tag), *expected, "{lib:?} {tag}: {told:#}");
    }
    assert_eq!(told["tags"].as_array_mut().unwrap().len(), script.len(), "{told:#}");
    assert!(told["tags"].as_array().unwrap().iter().all(|row| row["grouped_by"] == "tag"));
    let owner = row(&told, "get_owner");
    assert_eq!((&owner["invalidations"], &owner["writes"]), (&json!(2), &json!(3)));
    assert_eq!(owner["hit_ratio"], json!(0.625));
    assert_eq!(row(&told, "later")["expiries"], 1);
    let held = row(&told, "held")["p50_ms"].as_f64().unwrap();
    // The quantile is of a histogram, whose steps are a few percent wide.
    let (least, most) = (held_for.as_secs_f64() * 900.0, at_most.as_secs_f64() * 1100.0);
    assert!((least..most).contains(&held), "{held} of {least} to {most}");

    // What the library called back about: no refresh under classic, a miss for each under meta.
    let after = [one.counters(), two.counters(), hasty.counters()];
    let sum = |what: &str, tag: &str| -> u64 {
        let all: u64 = after.iter().map(|counters| counters[what][tag].as_u64().unwrap_or(0)).sum();
        all - before[what][tag].as_u64().unwrap_or(0)
    };
    for (tag, [_, hits, misses, refreshes, _]) in &script {
        let misses = if lib.is_meta() { misses + refreshes } else { *misses };
        assert_eq!((sum("hits", tag), sum("misses", tag)), (*hits, misses), "{lib:?} {tag}");
    }
    script
}

#[test]
fn what_is_seen_is_what_the_library_counted_009() {
    let server = Server::start();
    script(&server, &server.url(), "CM:", Lib::V009);
}

#[test]
fn what_is_seen_is_what_the_library_counted_010() {
    let server = Server::start();
    script(&server, &server.url(), "app*[x]:", Lib::V010);
}

#[test]
fn what_is_seen_is_what_the_library_counted_011() {
    let server = Server::start();
    script(&server, &server.url(), "CM:", Lib::V011);
}

#[test]
fn what_is_seen_is_what_the_library_counted_over_tcp() {
    for (lib, prefix) in [(Lib::V009, "CM:"), (Lib::V011, "P:")] {
        let server = Server::builder().tcp().start();
        script(&server, &server.tcp_url(), prefix, lib);
    }
}

#[test]
fn it_ends_by_itself_and_says_what_monitor_costs() {
    let server = Server::start();
    let output = Cli::new(&server).args(["stats", "--live", "300ms", "--format", "json"]).run();
    let live = &output.ok().says("MONITOR").json()["live"];
    assert_eq!((&live["complete"], &live["tags"]), (&json!(true), &json!([])));
    assert!(live["seconds"].as_f64().unwrap() >= 0.3, "{live}");
}

#[test]
fn more_than_a_minute_is_refused_without_yes() {
    let server = Server::start();
    let refused = Cli::new(&server).args(["stats", "--live", "61s"]).run();
    refused.code(2).says("--yes");
    let running = Cli::new(&server).args(["stats", "--live", "61s", "--yes"]).spawn();
    wait_for_monitor(&server);
    running.signal("TERM");
    running.wait().code(130);
}

#[test]
fn a_server_that_goes_away_leaves_what_was_seen() {
    let mut server = Server::start();
    let mut worker = Worker::spawn(Lib::V011, &server);
    let live = Live::start(&server, &[]);
    times(&mut worker, 2, "get_owner", &json!([1]));
    // All that MONITOR tells is on its way before the server dies.
    wait_until("nothing is held back", Duration::from_secs(20), || {
        let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut server.connect()).unwrap();
        let monitors: Vec<_> = clients.lines().filter(|client| client.contains(" cmd=monitor ")).collect();
        !monitors.is_empty() && monitors.iter().all(|client| client.contains(" obl=0 oll=0 "))
    });
    server.stop();
    let output: Output = live.0.wait();
    let told = &output.code(3).says("lost").json()["live"];
    assert_eq!((counts(told, "get_owner"), &told["complete"]), ([2, 1, 1, 0, 0], &json!(false)));
}

#[test]
fn a_user_without_the_right_is_told() {
    let server = Server::builder().acl_file_user("app on >pw ~* +@all -monitor").start();
    let url = format!("{}?user=app&pass=pw", server.url());
    let output = Cli::bare().args(["stats", "--live", "1s", "--url", &url]).run();
    output.code(1).says("NOPERM").says("MONITOR");
}

#[test]
fn a_table_for_a_person_and_rows_for_a_pipe() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V009, &server);
    for (format, expected) in [("table", "ratio"), ("plain", "get_title\t2\t1\t1\t0\t0\t0.5\t")] {
        let running = Cli::new(&server).args(["stats", "--live", "50s", "--format", format]).spawn();
        wait_for_monitor(&server);
        times(&mut worker, 2, "get_title", &json!([format]));
        running.signal("INT");
        let output = running.wait();
        let text = output.code(130).text();
        assert!(text.contains(expected) && text.contains("get_title"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
