//! `gc --every` and `purge --every`: a sidecar where there is no cron.

use std::time::Duration;

use serde_json::Value;

use crate::gc_removes::{all, does, gc};
use crate::stats_prometheus::samples;
use crate::support::cli::Cli;
use crate::support::gate::held_once;
use crate::support::running::Running;
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
            std::fs::read_to_string(&file).is_ok_and(|text| {
                text.contains(&format!("kind=\"expiry\",deed=\"{removed}\",server="))
                    && text.contains("} 3.0\n")
            })
        });
        let text = std::fs::read_to_string(&file).unwrap();
        let samples = samples(&text);
        let sample =
            |name: &str, more: &str| samples[&format!("cacheme_{command}_{name}{{prefix=\"CM:\"{more}}}")];
        assert!(sample("runs_total", "") >= 3.0, "{text}");
        assert!(sample("last_complete_timestamp_seconds", "") > 1e9, "{text}");
        assert_eq!(sample("entries_total", &format!(",kind=\"expiry\",deed=\"{removed}\"")), 3.0, "{text}");
        running.signal("TERM");
        running.wait().ok();
        let left: Vec<_> = std::fs::read_dir(cli.home()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".out")), "{left:?}");
        assert!(!server.dump().contains_key(&b"CM:meta:lock"[..]));
    }
}

#[test]
fn sigterm_ends_after_the_batch_in_hand_and_other_signals_say_130() {
    for (signal, code) in [("TERM", 0), ("INT", 130), ("HUP", 130)] {
        let server = Server::start();
        let mut pipe = redis::pipe();
        (0..30_000).for_each(|n| {
            pipe.cmd("SADD").arg("CM:tag").arg(format!("CM:k{n}"));
        });
        pipe.query::<redis::Value>(&mut server.connect()).unwrap();
        let args = ["gc", "--yes", "--every", "1h", "--pace", "1%", "--format", "ndjson"];
        let has_begun = || redis::cmd("EXISTS").arg("CM:meta:removed").query(&mut server.connect()).unwrap();
        let (gate, running) = held_once(&server, Cli::bare().args(args), has_begun);
        running.signal(signal);
        gate.open();
        let output = running.wait();
        let rows = output.code(code).ndjson();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["complete"], false);
        assert!(rows[0]["tags"]["removed"].as_u64().unwrap() > 0);
        assert!(!server.dump().contains_key(&b"CM:meta:lock"[..]), "{signal}");
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
    all(&mut server.connect(), &["ZADD CM:Meta:Expire-Buckets::CM:a 1 CM:a", "SET CM:meta:lock x PX 600000"]);
    running.wait_for_stderr("another purge or gc");
    does(&mut server.connect(), "DEL CM:meta:lock");
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
    Cli::new(&server).args(["purge", "--dry-run", "--output", "x"]).run().code(2).says("cannot be used with");
    Cli::new(&server).args(["gc", "--every", "1s"]).run().code(2).says("--yes");
}

/// A purge as a sidecar, and what it did.
struct Sidecar {
    running: Running,
    entries: u64,
}

impl Sidecar {
    fn purged(&self) -> u64 {
        lines(&self.running.stdout()).iter().filter_map(|row| row["expired"].as_u64()).sum()
    }

    fn failures(&self) -> usize {
        self.running.stderr().matches("error: ").count()
    }

    /// It does what there is to do, if need be once the lock has run out that a run could not give back (30 s).
    fn is_at_work(&mut self, server: &Server, after: &str) {
        self.entries += 1;
        does(&mut server.connect(), &format!("ZADD CM:Meta:Expire-Buckets::CM:a 1 CM:a>{}", self.entries));
        wait_until(&format!("work after {after}"), Duration::from_secs(90), || self.purged() >= self.entries);
    }

    /// It meets a fault twice, and is at work when that is over.
    fn outlives(
        &mut self,
        server: &mut Server,
        fault: &str,
        begin: impl Fn(&mut Server),
        end: impl Fn(&mut Server),
    ) {
        let before = self.failures();
        begin(server);
        wait_until(&format!("failures by {fault}"), Duration::from_secs(30), || {
            self.failures() >= before + 2
        });
        end(server);
        self.is_at_work(server, fault);
    }
}

#[test]
fn hours_of_faults_do_not_end_a_sidecar() {
    let mut server = Server::builder().password("one").start();
    let args =
        ["purge", "--every", "20ms", "--format", "ndjson", "--password-file", "secret", "--timeout", "2s"];
    let cli = Cli::new(&server).file("secret", "one\n").args(args);
    let secret = cli.home().join("secret");
    let write = |text: &str| std::fs::write(&secret, text).unwrap();
    let config = |name: &'static str, value: &'static str| {
        move |server: &mut Server| {
            redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec(&mut server.connect()).unwrap();
        }
    };
    let does_all =
        |commands: &'static [&str]| move |server: &mut Server| all(&mut server.connect(), commands);
    let mut sidecar = Sidecar { running: cli.spawn(), entries: 0 };
    sidecar.is_at_work(&server, "its start");
    for _ in 0..3 {
        sidecar.outlives(&mut server, "a server that is away", Server::stop, Server::restart);
        sidecar.outlives(&mut server, "another password", config("requirepass", "two"), |_| write("two"));
        let away = |_: &mut Server| std::fs::remove_file(&secret).unwrap();
        sidecar.outlives(&mut server, "a password file that is away", away, |_| write("two"));
        sidecar.outlives(&mut server, "an empty password file", |_| write(""), |_| write("two"));
        sidecar.outlives(&mut server, "a password of before", config("requirepass", "one"), |_| write("one"));
        let taken = does_all(&["ACL SETUSER default -scan"]);
        sidecar.outlives(
            &mut server,
            "a right that is taken",
            taken,
            does_all(&["ACL SETUSER default +scan"]),
        );
        let full = config("min-replicas-to-write", "1");
        sidecar.outlives(&mut server, "replicas that are away", full, config("min-replicas-to-write", "0"));
        all(&mut server.connect(), &["SCRIPT FLUSH", "CLIENT KILL TYPE normal"]);
        sidecar.is_at_work(&server, "forgotten scripts");
    }
    assert!(sidecar.running.stderr().contains("the next run tries again, in about 20ms"));
    sidecar.running.signal("TERM");
    sidecar.running.wait().ok();
    assert!(!server.dump().contains_key(&b"CM:meta:lock"[..]));
}

#[test]
fn a_password_command_that_fails_once_does_not_end_it() {
    let mut server = Server::builder().password("one").start();
    let url = server.url();
    let config = format!("[profiles.p]\nurl = \"{url}\"\npassword_command = [\"cat\", \"secret\"]\n");
    let cli = Cli::bare().file("config.toml", config).file("secret", "one\n").args([
        "--config",
        "config.toml",
        "--profile",
        "p",
        "purge",
        "--every",
        "20ms",
        "--format",
        "ndjson",
    ]);
    let secret = cli.home().join("secret");
    let mut sidecar = Sidecar { running: cli.spawn(), entries: 0 };
    sidecar.is_at_work(&server, "its start");
    let away = |_: &mut Server| std::fs::remove_file(&secret).unwrap();
    sidecar.outlives(&mut server, "a command that fails", away, |_| std::fs::write(&secret, "one").unwrap());
    sidecar.running.signal("TERM");
    sidecar.running.wait().ok();
}

#[test]
fn a_password_command_that_hangs_ends_with_the_sidecar() {
    let server = Server::builder().password("one").start();
    let script = "if [ -e hang ]; then echo $$ >pid; exec sleep 1000; fi; echo one";
    let config =
        format!("[profiles.p]\nurl = '{}'\npassword_command = ['sh', '-c', '{script}']\n", server.url());
    let sweep =
        ["--config", "config.toml", "--profile", "p", "purge", "--every", "20ms", "--format", "ndjson"];
    let cli = Cli::bare().file("config.toml", config).args(sweep);
    let mut sidecar = Sidecar { running: cli.spawn(), entries: 0 };
    sidecar.is_at_work(&server, "its start");
    std::fs::write(cli.home().join("hang"), "").unwrap();
    let pid = || std::fs::read_to_string(cli.home().join("pid")).unwrap_or_default();
    wait_until("the command hangs", Duration::from_secs(60), || pid().ends_with('\n'));
    sidecar.running.signal("TERM");
    sidecar.running.wait().ok();
    assert!(!std::path::Path::new(&format!("/proc/{}", pid().trim())).exists(), "the command lives on");
}

#[test]
fn a_password_command_does_not_outlive_a_listing() {
    let server = Server::builder().password("one").start();
    let script = "sleep 1000 & echo $$ $! >pids; wait";
    let config =
        format!("[profiles.p]\nurl = '{}'\npassword_command = ['sh', '-c', '{script}']\n", server.url());
    for name in ["TERM", "HUP", "INT"] {
        let cli = Cli::bare().file("config.toml", &config);
        let cli = cli.args(["--config", "config.toml", "--profile", "p", "tags", "list"]);
        let running = cli.spawn();
        let pids = || std::fs::read_to_string(cli.home().join("pids")).unwrap_or_default();
        wait_until("the command hangs", Duration::from_secs(60), || pids().ends_with('\n'));
        running.signal(name);
        assert!(running.wait().code > 128, "the signal ends it as it ends any program");
        for pid in pids().split_whitespace() {
            wait_until("the command has ended, and all it started", Duration::from_secs(60), || {
                let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
                status.is_empty() || status.contains("(zombie)")
            });
        }
    }
}

#[test]
fn a_lock_that_is_lost_makes_it_3() {
    let server = Server::start();
    does(&mut server.connect(), "SADD CM:tag CM:gone");
    let cli = Cli::bare().args(["gc", "--yes", "--format", "json", "-q"]);
    let (gate, running) = held_once(&server, cli, || server.dump().contains_key(&b"CM:meta:removed"[..]));
    does(&mut server.connect(), "SET CM:meta:lock other");
    gate.open();
    let output = running.wait();
    assert_eq!(output.code(3).says("the lock was lost").json()["complete"], false);
    assert!(server.dump().contains_key(&b"CM:meta:lock"[..]), "the other's lock stays");
}

#[test]
fn gc_waits_for_what_an_earlier_run_suspects() {
    let server = Server::start();
    all(&mut server.connect(), &["SADD CM:progress CM:stuck", "SADD CM:delete CM:forgotten"]);
    for _ in 0..2 {
        let report = gc(&server, &["--stuck-after", "1h"]).ok().json();
        assert_eq!(report["suspects"], 2, "{report}");
    }
    let report = gc(&server, &["--stuck-after", "3s", "--wait"]).ok().json();
    assert_eq!([&report["progress"]["removed"], &report["pending"]["removed"]], [1, 1], "{report}");
    assert_eq!(report["suspects"], 0, "{report}");
}

#[test]
fn single_runs_count_on_in_one_file_each_and_do_not_contradict_each_other() {
    let mut server = Server::start();
    let cli = Cli::new(&server);
    let home = cli.home();
    let file = |name: &str| home.join(name).display().to_string();
    let purge = |server: &Server, prefix: &str, name: &str| {
        Cli::new(server).args(["--prefix", prefix, "purge", "--output", &file(name)]).run()
    };
    for n in 1..=2 {
        all(
            &mut server.connect(),
            &[
                &format!("ZADD CM:Meta:Expire-Buckets::CM:a 1 CM:a>{n}"),
                "ZADD X:Meta:Expire-Buckets::X:a 1 X:a",
            ],
        );
        purge(&server, "CM:", "one.prom").ok();
        purge(&server, "X:", "two.prom").ok();
    }
    let both = || {
        let [one, two] = ["one.prom", "two.prom"].map(|name| std::fs::read_to_string(file(name)).unwrap());
        let declared =
            |text: &str| text.lines().filter(|it| it.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(declared(&one), declared(&two));
        let mut all = samples(&one);
        let count = all.len();
        all.extend(samples(&two));
        assert_eq!(all.len(), 2 * count, "every sample has its namespace");
        all
    };
    let of =
        |name: &str, prefix: &str, more: &str| format!("cacheme_purge_{name}{{prefix=\"{prefix}\"{more}}}");
    let before = both();
    for prefix in ["CM:", "X:"] {
        assert_eq!(before[&of("runs_total", prefix, "")], 2.0);
        assert_eq!(before[&of("entries_total", prefix, ",kind=\"expiry\",deed=\"expired\"")], 2.0);
    }
    server.stop();
    purge(&server, "CM:", "one.prom").code(1);
    let after = both();
    assert_eq!((after[&of("runs_total", "CM:", "")], after[&of("failures_total", "CM:", "")]), (3.0, 1.0));
    let last = of("last_complete_timestamp_seconds", "CM:", "");
    assert_eq!(after[&last], before[&last], "a failure does not make it look as if it had never worked");
    purge(&server, "Y:", "three.prom").code(1);
    let third = samples(&std::fs::read_to_string(file("three.prom")).unwrap());
    assert_eq!(third[&of("last_complete_timestamp_seconds", "Y:", "")], 0.0, "an alert on it rings");
}
