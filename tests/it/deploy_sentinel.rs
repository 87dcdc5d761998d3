//! Sentinels: found past dead and silent ones, believed only when the server agrees, asked again after a failover.

use std::net::TcpListener;
use std::time::Duration;

use redis::Connection;

use crate::support::cli::Cli;
use crate::support::sentinels::Sentinels;
use crate::support::server::free_port;
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

fn is_primary(connection: &mut Connection) -> bool {
    let role: Vec<redis::Value> = redis::cmd("ROLE").query(connection).unwrap();
    redis::from_redis_value::<String>(role[0].clone()).unwrap() == "master"
}

#[test]
fn dead_and_silent_sentinels_are_skipped_in_time() {
    let sentinels = Sentinels::start(None);
    fill(&mut sentinels.servers[0].connect(), 10);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
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

#[test]
fn a_failover_in_mid_run_loses_nothing() {
    const KEYS: u32 = 5000;
    let sentinels = Sentinels::start(None);
    fill(&mut sentinels.servers[0].connect(), KEYS);
    let args = [
        "invalidate",
        "--tag",
        "books",
        "--mark",
        "--yes",
        "--format",
        "json",
        "--pace",
        "3%",
        "--timeout",
        "30s",
    ];
    let running = cli(&sentinels.url(&[]), &args).env("CACHEME_LAYOUT", "meta").spawn();
    let [first, second] = &sentinels.servers;
    let marks = |connection: &mut Connection| -> u32 {
        redis::cmd("SCARD").arg("CM:meta:deleted").query(connection).unwrap()
    };
    wait_until("some are marked", Duration::from_secs(20), || marks(&mut first.connect()) > 200);
    sentinels.fail_over();
    let output = running.wait();
    assert!(is_primary(&mut second.connect()), "{}", output.transcript());
    let (marked, complete) = (output.json()["marked"].as_u64().unwrap(), output.json()["complete"] == true);
    assert_eq!(output.code, if complete { 0 } else { 3 }, "{}", output.transcript());
    // What is reported as complete is there, on the server that is the primary now.
    assert!(!complete || marks(&mut second.connect()) == KEYS, "{}", output.transcript());
    // Marks that the replaced primary took with it were set, and counted, once more on the next.
    assert!(if complete { marked == u64::from(KEYS) } else { marked > 0 }, "{}", output.transcript());
    if !complete {
        output.says("run this again");
        cli(&sentinels.url(&[]), &args).env("CACHEME_LAYOUT", "meta").run().ok();
    }
    assert_eq!(marks(&mut second.connect()), KEYS);
}

#[test]
fn a_primary_that_dies_in_mid_run_is_replaced_and_the_work_goes_on() {
    const KEYS: u32 = 3000;
    let mut sentinels = Sentinels::start(None);
    fill(&mut sentinels.servers[0].connect(), KEYS);
    let args = [
        "invalidate",
        "--tag",
        "books",
        "--mark",
        "--yes",
        "--format",
        "json",
        "--pace",
        "5%",
        "--timeout",
        "40s",
    ];
    let running = cli(&sentinels.url(&[]), &args).env("CACHEME_LAYOUT", "meta").spawn();
    let marks = |connection: &mut Connection| -> u32 {
        redis::cmd("SCARD").arg("CM:meta:deleted").query(connection).unwrap()
    };
    wait_until("some are marked", Duration::from_secs(20), || {
        marks(&mut sentinels.servers[0].connect()) > 100
    });
    sentinels.servers[0].stop();
    let output = running.wait();
    // The scan began again on the new primary, so all are marked there; that acknowledged marks may be lost is said.
    output.code(3).says("took over in mid-run");
    assert_eq!(marks(&mut sentinels.servers[1].connect()), KEYS, "{}", output.transcript());
}
