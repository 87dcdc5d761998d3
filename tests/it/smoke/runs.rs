use std::time::Duration;

use serde_json::json;

use super::panic_of;
use crate::support::cli::Cli;
use crate::support::server::Server;

fn sh(script: &str) -> Cli {
    Cli::of("/bin/sh").args(["-c", script])
}

#[test]
fn the_binary_runs() {
    let output = Cli::bare().arg("-V").run();
    assert_eq!(output.ok().text(), concat!("cacheme ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn nothing_of_the_callers_environment_gets_through() {
    let server = Server::start();
    let cli = Cli::of("/usr/bin/env").env("EXTRA", "1").env_remove("TZ");
    let output = cli.run();
    let mut names: Vec<&str> = output.ok().lines();
    names.sort_unstable();
    let names: Vec<&str> = names.iter().map(|it| it.split('=').next().unwrap()).collect();
    let expected = [
        "COLUMNS",
        "EXTRA",
        "HOME",
        "LC_ALL",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
    ];
    assert_eq!(names, expected);
    let seen = sh("pwd; cat .config/x; test -t 0 || echo no; (: </dev/tty) 2>/dev/null || echo tty")
        .file(".config/x", "file\n");
    let home = seen.home();
    assert_eq!(seen.run().lines(), [home.to_str().unwrap(), "file", "no", "tty"]);
    let output = Cli::shell(&server, "echo $CACHEME_URL; command -v cacheme | wc -l").run();
    assert_eq!(output.lines(), [server.url().as_str(), "1"]);
}

#[test]
fn what_it_said_is_read_as_it_was_meant() {
    let output = sh(r#"cat; printf '{"b":1}\n{"a":2}\n'; echo oops >&2; exit 3"#).run();
    assert_eq!(output.code(3).says("oops").ndjson(), [json!({"b": 1}), json!({"a": 2})]);
    let large = "x".repeat(1 << 20);
    let output = sh("cat; cat >&2 /dev/null").stdin(format!("\"{large}\"")).run();
    assert_eq!(output.ok().json(), json!(large));
    assert_eq!(sh("kill -TERM $$").run().code, 128 + 15);
}

#[test]
fn a_failure_shows_the_whole_transcript() {
    let run = || sh("echo out; echo err >&2; exit 7").env("GREETING", "good day").run();
    for said in [
        panic_of(|| drop(run().ok().clone())),
        panic_of(|| drop(run().json())),
        panic_of(|| drop(run().says("nothing of the kind").clone())),
        panic_of(|| drop(run().never_says("out").clone())),
    ] {
        for part in ["GREETING='good day'", "/bin/sh -c", "exit code: 7", "out", "err"] {
            assert!(said.contains(part), "no {part:?} in {said}");
        }
    }
}

#[test]
fn one_that_hangs_is_killed_with_its_children() {
    let started = std::time::Instant::now();
    let cli = sh("echo begun; sleep 50 & sleep 50; :").timeout(Duration::from_millis(300));
    let said = panic_of(|| drop(cli.run()));
    assert!(said.contains("killed: it had not ended after 300ms"), "{said}");
    assert!(said.contains("begun"), "{said}");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn one_under_way_is_watched_fed_and_signalled() {
    let script = "trap 'echo stopped; exit 130' INT; echo ready; read line; echo got $line >&2; while :; do sleep 0.01; done";
    let mut running = sh(script).spawn();
    running.wait_for_stdout("ready");
    running.write(b"a line\n");
    running.wait_for_stderr("got a line");
    running.signal("INT");
    let output = running.wait();
    assert_eq!(output.code(130).lines(), ["ready", "stopped"]);
    let said = panic_of(|| sh("echo one; exit 4").spawn().wait_for_stdout("two"));
    assert!(said.contains("it ended") && said.contains("exit code: 4"), "{said}");
}
