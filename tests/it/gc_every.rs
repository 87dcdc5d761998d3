//! `gc --every` and `purge --every`: a sidecar where there is no cron.

use std::time::Duration;

use serde_json::Value;

use crate::gc_removes::{all, does};
use crate::support::cli::Cli;
use crate::support::server::Server;
use crate::support::wait_until;

fn lines(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn it_runs_again_and_again_until_sigterm() {
    for (command, removed) in [("gc", "removed"), ("purge", "expired")] {
        let server = Server::start();
        let cli = Cli::new(&server)
            .args([command, "--every", "150ms", "--format", "ndjson", "--output", "out.prom"]);
        let cli = if command == "gc" { cli.arg("--yes") } else { cli };
        let file = cli.home().join("out.prom");
        let running = cli.spawn();
        for round in 1..=3_usize {
            does(&mut server.connect(), &format!("ZADD CM:Meta:Expire-Buckets::CM:a {round} CM:a>{round}"));
            wait_until("the entry to go", Duration::from_secs(20), || {
                let rows = lines(&running.stdout());
                let gone =
                    |row: &Value| row["expiry"][removed].as_u64().or(row[removed].as_u64()).unwrap_or(0);
                rows.iter().map(gone).sum::<u64>() == round as u64
            });
        }
        wait_until("the file", Duration::from_secs(20), || {
            std::fs::read_to_string(&file).is_ok_and(|text| text.contains(&format!("deed=\"{removed}\"}} 3")))
        });
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(&format!("cacheme_{command}_runs_total ")), "{text}");
        assert!(text.contains(&format!("cacheme_{command}_last_complete_timestamp_seconds ")), "{text}");
        assert!(text.contains("kind=\"expiry\""), "{text}");
        running.signal("TERM");
        running.wait().ok();
        let left: Vec<_> = std::fs::read_dir(cli.home()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".out")), "{left:?}");
        assert!(!server.dump().contains_key(&b"CM:meta:lock"[..]));
    }
}

#[test]
fn sigterm_ends_after_the_batch_in_hand_and_sigint_says_130() {
    for (signal, code) in [("TERM", 0), ("INT", 130)] {
        let server = Server::start();
        let mut pipe = redis::pipe();
        (0..30_000).for_each(|n| {
            pipe.cmd("SADD").arg("CM:tag").arg(format!("CM:k{n}"));
        });
        pipe.query::<redis::Value>(&mut server.connect()).unwrap();
        let args = ["gc", "--yes", "--every", "1h", "--pace", "1%", "--format", "ndjson"];
        let running = Cli::new(&server).args(args).spawn();
        wait_until("the work", Duration::from_secs(20), || {
            server.dump().contains_key(&b"CM:meta:removed"[..])
        });
        running.signal(signal);
        let output = running.wait();
        let rows = output.code(code).ndjson();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["complete"], false);
        assert!(rows[0]["tags"]["removed"].as_u64().unwrap() > 0);
        assert!(output.elapsed < Duration::from_secs(15));
    }
}

#[test]
fn a_sidecar_outlives_its_server_and_other_sweeps() {
    let mut server = Server::start();
    let cli = Cli::new(&server).args([
        "purge",
        "--every",
        "100ms",
        "--format",
        "ndjson",
        "--connect-timeout",
        "1s",
    ]);
    let mut running = cli.spawn();
    wait_until("a run", Duration::from_secs(20), || !lines(&running.stdout()).is_empty());
    server.stop();
    running.wait_for_stderr("cannot connect");
    server.restart();
    all(&mut server.connect(), &["ZADD CM:Meta:Expire-Buckets::CM:a 1 CM:a", "SET CM:meta:lock x PX 1000"]);
    running.wait_for_stderr("another sweep");
    wait_until("the entry to go", Duration::from_secs(20), || {
        lines(&running.stdout()).iter().any(|row| row["expired"] == 1)
    });
    running.signal("TERM");
    running.wait().ok();
}

#[test]
fn what_cannot_go_on_for_ever_is_refused() {
    let server = Server::start();
    let refused = |args: &[&str]| {
        Cli::new(&server).args(["purge", "--every", "1s"]).args(args).run().code(2).stderr.clone()
    };
    assert!(refused(&["--format", "json"]).contains("ndjson"));
    assert!(refused(&["--dry-run"]).contains("cannot be used with"));
    Cli::new(&server).args(["purge", "--output", "x"]).run().code(2);
    Cli::new(&server).args(["gc", "--every", "1s"]).run().code(2).says("--yes");
}
