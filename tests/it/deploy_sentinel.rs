//! Sentinels: found past dead and silent ones, believed only when the server agrees, asked again after a failover.

use std::sync::Arc;
use std::time::Duration;

use redis::Connection;

use crate::replicated::Replicated;
use crate::support::cli::Cli;
use crate::support::gate::Gate;
use crate::support::ports::{free_port, listen};
use crate::support::running::Running;
use crate::support::sentinels::{Sentinels, knowing, naming};
use crate::support::server::Server;
use crate::support::wait_until;

fn fill(connection: &mut Connection, keys: u32) {
    let mut pipe = redis::pipe();
    for n in 0..keys {
        pipe.cmd("HSET").arg(format!("CM:Book:{n}")).arg("owner").arg("v").ignore();
        pipe.cmd("SADD").arg("CM:books").arg(format!("CM:Book:{n}>owner")).ignore();
    }
    pipe.exec(connection).unwrap();
    // Nobody loses what the replica has.
    let _: i64 = redis::cmd("WAIT").arg(1).arg(5000).query(connection).unwrap();
}

fn cli(url: &str, args: &[&str]) -> Cli {
    Cli::bare().env("CACHEME_URL", url).env("CACHEME_LAYOUT", "classic").args(args)
}

/// Whoever changes its role closes its connections on the way.
fn is_replica(connection: &mut Connection) -> bool {
    let Ok(role) = redis::cmd("ROLE").query::<Vec<redis::Value>>(connection) else { return false };
    redis::from_redis_value::<String>(role[0].clone()).unwrap() == "slave"
}

#[test]
fn dead_and_silent_sentinels_are_skipped_in_time() {
    let sentinels = Sentinels::start(None);
    fill(&mut sentinels.servers[0].connect(), 10);
    let silent = listen();
    let before = [free_port(), silent.local_addr().unwrap().port()];
    let output = cli(&sentinels.url(&before), &["tags", "list"]).run();
    assert_eq!(output.ok().lines(), ["books\t10"]);
    assert!(output.elapsed < Duration::from_secs(6), "{:?}", output.elapsed);
    sentinels.signal(0, "STOP");
    cli(&sentinels.url(&[]), &["tags", "list"]).run().ok();
    sentinels.signal(0, "CONT");
    let url = sentinels.url(&[]).replace("/books/", "/films/");
    cli(&url, &["tags", "list", "--timeout", "1s"])
        .run()
        .code(1)
        .says("knows no such service")
        .says("SENTINEL MASTERS");
    let nobody = format!("redis+sentinel://127.0.0.1:{}/books/0", before[0]);
    cli(&nobody, &["tags", "list", "--timeout", "1s"]).run().code(1).says("leads to no server");
}

#[test]
fn sentinels_have_a_login_of_their_own() {
    let sentinels = Sentinels::start(Some("s3same-of-sentinels"));
    fill(&mut sentinels.servers[0].connect(), 3);
    let url = sentinels.url(&[]);
    let refused = cli(&url, &["tags", "list"]).run();
    refused.code(1).says("NOAUTH").says("CACHEME_SENTINEL_PASSWORD");
    let by_env = cli(&url, &["tags", "list", "-v"]).env("CACHEME_SENTINEL_PASSWORD", "s3same-of-sentinels");
    by_env.run().ok().never_says("s3same");
    let by_url = cli(&format!("{url}?sentinel_password=s3same-of-sentinels"), &["tags", "list", "-v"]);
    by_url.run().ok().never_says("s3same");
    let wrong = cli(&url, &["tags", "list"]).env("CACHEME_SENTINEL_PASSWORD", "wr0ng").run();
    wrong.code(1).says("WRONGPASS").never_says("wr0ng");
}

#[test]
fn replicas_are_read_and_not_written() {
    let sentinels = Sentinels::start(None);
    fill(&mut sentinels.servers[0].connect(), 5);
    let [primary, replica] = &sentinels.servers;
    let url = sentinels.url(&[]);
    let output = cli(&url, &["tags", "list", "--replica", "-v"]).run();
    output.ok().says(&format!("127.0.0.1:{}", replica.port()));
    let before = primary.dump();
    let named = format!("is a replica of 127.0.0.1:{}", primary.port());
    for url in [url.as_str(), &replica.tcp_url()] {
        let output = cli(url, &["invalidate", "--key", "Book:1>owner", "--replica"]).run();
        output.code(1).says(&named);
        cli(url, &["purge", "--replica"]).run().code(1).says(&named);
        cli(url, &["purge", "--replica", "--dry-run"]).run().ok();
    }
    // Without --replica a replica's own address is read from, and still not written to.
    cli(&replica.tcp_url(), &["tags", "list"]).run().ok();
    cli(&replica.tcp_url(), &["purge"]).run().code(1).says(&named);
    crate::support::content::assert_same(&before, &primary.dump());
}

const MARK: [&str; 9] =
    ["invalidate", "--tag", "books", "--mark", "--yes", "--format", "json", "--layout", "meta"];

fn marks(server: &Server) -> u32 {
    redis::cmd("SCARD").arg("CM:meta:deleted").query(&mut server.connect()).unwrap()
}

/// A run through sentinels that is held as its third command of marks is on its way.
fn held_in_mid_run(sentinels: &Arc<Sentinels>) -> (Gate<()>, Running) {
    let gate = Gate::new(&sentinels.servers[0]);
    gate.close();
    let (watched, primary, gated) = (Arc::clone(sentinels), sentinels.servers[0].port(), gate.port());
    // Who asks for the primary is led through the gate.
    let url = naming(move || match watched.named() {
        Some(named) if named != primary => named,
        _ => gated,
    });
    let running = cli(&url, &MARK).args(["--timeout", "40s"]).spawn();
    gate.hold_at_nth(2, |words| words[0] == "SADD");
    assert!((1..KEYS).contains(&marks(&sentinels.servers[0])));
    (gate, running)
}

const KEYS: u32 = 1000;

#[test]
fn a_failover_in_mid_run_loses_nothing() {
    let sentinels = Arc::new(Sentinels::start(None));
    fill(&mut sentinels.servers[0].connect(), KEYS);
    let (gate, running) = held_in_mid_run(&sentinels);
    let [first, second] = &sentinels.servers;
    sentinels.fail_over();
    wait_until("the sentinels name the other and the first knows", Duration::from_secs(60), || {
        sentinels.named() == Some(second.port()) && is_replica(&mut first.connect())
    });
    gate.open();
    let output = running.wait();
    // The work went on, from the beginning, on the server that is the primary now; what the first took with it is said.
    output.code(3).says("took over during the run").says("run this again");
    assert_eq!((&output.json()["complete"], marks(second)), (&false.into(), KEYS), "{}", output.transcript());
    wait_until("the first copies from the second", Duration::from_secs(60), || {
        redis::cmd("WAIT").arg(1).arg(1000).query::<u32>(&mut second.connect()) == Ok(1)
    });
    let output = cli(&sentinels.url(&[]), &MARK).run();
    assert_eq!(output.ok().json()["replicated"], 1);
}

#[test]
fn a_replica_that_was_promised_the_primarys_place_confirms_nothing() {
    let set = Replicated::start(1);
    fill(&mut set.primary.connect(), KEYS);
    let gate = Gate::<()>::new(&set.primary);
    gate.close();
    let port = gate.port();
    // No sentinel knows of it yet.
    let url = naming(move || port);
    let running = cli(&url, &MARK).args(["--timeout", "2s"]).spawn();
    gate.hold_at_nth(2, |words| words[0] == "SADD");
    redis::cmd("REPLICAOF").arg("NO").arg("ONE").exec(&mut set.replicas[0].connect()).unwrap();
    gate.open();
    let output = running.wait();
    output.code(3).says("0 of 1 replicas confirmed").says("Run this again");
    let report = output.json();
    assert_eq!((&report["complete"], &report["replicated"]), (&false.into(), &0.into()));
    assert!(marks(&set.replicas[0]) < marks(&set.primary));
}

#[test]
fn a_primary_without_the_replicas_that_sentinels_know_is_not_all_there_is() {
    let set = Replicated::start(0);
    let port = set.primary.port();
    let writes: [&[&str]; 3] = [&MARK, &["purge", "--format", "json"], &["gc", "--yes", "--format", "json"]];
    let (one, none) = (knowing(1, move || port), naming(move || port));
    for args in writes {
        let outcome = |url: &str, more: &[&str]| {
            let output = cli(url, args).args(["--timeout", "2s"]).args(more).run();
            let report = output.json();
            ((output.code, report["complete"].clone(), report["replicated"].clone()), output)
        };
        let (unsure, output) = outcome(&one, &[]);
        assert_eq!(unsure, (3, false.into(), 0.into()), "{}", output.transcript());
        output.says("0 of 1 replicas confirmed").says("The sentinels know 1 of this service");
        let sure = (0, true.into(), serde_json::Value::Null);
        for (url, more) in [(&one, &["--wait-replicas", "0"][..]), (&one, &["--dry-run"]), (&none, &[])] {
            let (outcome, output) = outcome(url, more);
            assert_eq!(outcome, sure, "{more:?}: {}", output.transcript());
            output.never_says("replicas");
        }
    }
}

#[test]
fn a_replica_that_comes_back_while_a_run_waits_confirms() {
    let set = Replicated::start(0);
    let gate = Gate::<()>::new(&set.primary);
    gate.close();
    let port = gate.port();
    let running = cli(&knowing(1, move || port), &MARK).args(["--timeout", "60s"]).spawn();
    gate.hold_at(|words| words[0] == "WAIT");
    let replica =
        Server::builder().tcp().config(&format!("replicaof 127.0.0.1 {}", set.primary.port())).start();
    wait_until("the replica has everything", Duration::from_secs(30), || {
        marks(&replica) == marks(&set.primary) && marks(&replica) > 0
    });
    gate.open();
    let output = running.wait();
    assert_eq!(output.ok().json()["replicated"], 1, "{}", output.transcript());
}

#[test]
fn a_run_right_after_a_promotion_is_not_complete_until_a_replica_is_back() {
    let sentinels = Sentinels::start(None);
    let [first, second] = &sentinels.servers;
    fill(&mut first.connect(), KEYS);
    first.signal("STOP");
    sentinels.fail_over();
    wait_until("the sentinels name the other", Duration::from_secs(60), || {
        sentinels.named() == Some(second.port())
    });
    let output = cli(&sentinels.url(&[]), &MARK).args(["--timeout", "2s"]).run();
    output.code(3).says("The sentinels know 1 of this service");
    assert_eq!(marks(second), KEYS);
    first.signal("CONT");
    wait_until("the first copies from the second", Duration::from_secs(60), || {
        redis::cmd("WAIT").arg(1).arg(1000).query::<u32>(&mut second.connect()) == Ok(1)
    });
    let output = cli(&sentinels.url(&[]), &MARK).args(["--timeout", "30s"]).run();
    assert_eq!(output.ok().json()["replicated"], 1, "{}", output.transcript());
}

#[test]
fn a_primary_that_dies_in_mid_run_is_replaced_and_the_work_goes_on() {
    let sentinels = Arc::new(Sentinels::start(None));
    fill(&mut sentinels.servers[0].connect(), KEYS);
    let (gate, running) = held_in_mid_run(&sentinels);
    let [first, second] = &sentinels.servers;
    first.signal("KILL");
    gate.open();
    let output = running.wait();
    // The scan began again on the new primary, so all are marked there; that acknowledged marks may be lost is said.
    output.code(3).says("took over during the run");
    assert_eq!(marks(second), KEYS, "{}", output.transcript());
}
