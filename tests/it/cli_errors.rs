//! What goes wrong: one clear line, the right code, nothing secret, nothing half done that is not reported.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::gate::held;
use crate::support::output::Output;
use crate::support::ports::{free_port, listen};
use crate::support::seed::{Seed, names};
use crate::support::server::Server;
use crate::support::wait_until;

const PASSWORD: &str = "hunter2-never-shown";

/// One line for the error, at most one for the hint, and all parts named.
#[track_caller]
fn one_clear_line(output: &Output, code: i32, parts: &[&str]) {
    output.code(code).never_says(PASSWORD);
    let errors = output.stderr.lines().filter(|it| it.starts_with("error: ")).count();
    let others =
        output.stderr.lines().filter(|it| !it.starts_with("error: ") && !it.starts_with("hint: ")).count();
    if errors != 1 || others != 0 {
        output.fail("not one clear line");
    }
    for part in parts {
        output.says(part);
    }
}

fn at(url: &str, args: &[&str]) -> Output {
    Cli::bare().env("CACHEME_URL", url).args(args).run()
}

#[test]
fn commands_of_other_programs_get_a_tip_and_hidden_ones_are_none() {
    for (typed, tip) in [
        (&["delete", "--tag", "x"][..], "to delete values: `cacheme invalidate --tag NAME --delete`"),
        (&["get", "x"], "to show a value: `cacheme keys show KEY`"),
        (&["show", "x"], "to show a value: `cacheme keys show KEY`"),
        (&["list"], "to list keys: `cacheme keys list`"),
        (&["invalidat"], "'invalidate'"),
    ] {
        Cli::bare().args(typed).run().code(2).says(tip).never_says("generate");
    }
    Cli::bare().args(["genrate"]).run().code(2).never_says("'generate'").never_says("tip:");
    Cli::bare().args(["tags", "delete"]).run().code(2).never_says("tip:");
}

#[test]
fn nobody_is_there() {
    let port = free_port();
    let url = format!("redis://ops:{PASSWORD}@127.0.0.1:{port}/2");
    for args in
        [&["tags", "list"][..], &["keys", "show", "x"], &["invalidate", "--key", "x"], &["purge"], &["stats"]]
    {
        let output = at(&url, args);
        one_clear_line(&output, 1, &[&format!("redis://127.0.0.1:{port}/2"), "refused", "hint: "]);
        assert_eq!(output.text(), "");
    }
    one_clear_line(
        &at("unix:///nonexistent/r.sock", &["tags", "list"]),
        1,
        &["/nonexistent/r.sock", "No such file"],
    );
    let output = at(&format!("redis://:{PASSWORD}@no-such-host.invalid"), &["tags", "list"]);
    one_clear_line(&output, 1, &["no-such-host.invalid"]);
}

#[test]
fn urls_that_cannot_be() {
    for (url, says) in [
        (PASSWORD.to_owned(), "what was given is not a usable Redis URL"),
        (format!("{PASSWORD}:6379/0"), "what was given is not a usable Redis URL"),
        (format!("http://u:{PASSWORD}@h"), "redis://"),
        (
            format!("redis://u:{PASSWORD}@h/notadb"),
            "'redis://…' is not a usable Redis URL: the database is not a number",
        ),
        (format!("redis://u:{PASSWORD}h:6379/0"), "'redis://…' is not a usable"),
        (format!("redis://u:{PASSWORD}"), "usable"),
        (format!("{PASSWORD}@h"), "redis://"),
        (String::new(), "redis://"),
    ] {
        let output = at(&url, &["tags", "list"]);
        one_clear_line(&output, 2, &[says]);
        let flag = Cli::bare().args(["tags", "list", "-v", "--url", &url]).run();
        one_clear_line(&flag, 2, &[says]);
    }
}

#[test]
fn a_url_that_is_given_for_something_else_is_shown_without_its_login() {
    let url = format!("redis://u:{PASSWORD}@h");
    for flag in ["--profile", "--config", "--password-file", "--layout", "--timeout", "--tls-ca"] {
        for args in [vec![format!("{flag}={url}")], vec![flag.to_owned(), url.clone()]] {
            let output = Cli::bare().args(["tags", "list", "-v"]).args(args).run();
            output.never_says(PASSWORD).says("redis://…@h");
        }
        let variable = format!("CACHEME_{}", flag[2..].to_uppercase().replace('-', "_"));
        Cli::bare().env(&variable, &url).args(["tags", "list", "-v"]).run().never_says(PASSWORD);
    }
    for url in [
        format!("redis://h/0?password={PASSWORD}"),
        format!("redis://u:a' {PASSWORD}@h"),
        format!("redis://u:{PASSWORD}@h\x1b1"),
    ] {
        Cli::bare().args(["tags", "list", "--profile", &url]).run().code(2).never_says(PASSWORD);
    }
    let list = format!("key,unix://:{PASSWORD},@h");
    Cli::bare().args(["keys", "list", "--fields", &list]).run().code(2).never_says(PASSWORD).says("no field");
    // Names may look like anything.
    let server = Server::start();
    for key in ["é://a@b", "(://@)", "-://@", "éredis://a@b>c", "http://u@h>x"] {
        Cli::new(&server).args(["keys", "show", "--", key]).run().code(4).says(key);
    }
    let file = format!("default_profile = '{url}'\n");
    let output = Cli::bare().file("c.toml", file).args(["--config", "c.toml", "config", "check"]).run();
    output.code(2).never_says(PASSWORD).says("names 'redis://h:6379/0', which is not a profile here");
}

/// A listener that does with each connection what it is told.
fn listener(serve: impl Fn(std::net::TcpStream) + Send + 'static) -> u16 {
    let listener = listen();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap());
        }
    });
    port
}

#[test]
fn a_port_that_never_answers_is_given_up() {
    let port = listener(std::mem::forget);
    for (url, waits) in [
        (format!("redis://127.0.0.1:{port}"), ["--timeout", "300ms"]),
        (format!("redis://:{PASSWORD}@127.0.0.1:{port}"), ["--connect-timeout", "300ms"]),
        (format!("redis://127.0.0.1:{port}/5"), ["--connect-timeout", "300ms"]),
    ] {
        let start = Instant::now();
        let output = at(&url, &["keys", "list", waits[0], waits[1]]);
        assert!(start.elapsed() < Duration::from_secs(30), "{}", output.transcript());
        one_clear_line(&output, 1, &[&format!("127.0.0.1:{port}"), "did not answer", "0.3 s", waits[0]]);
    }
    let env = Cli::bare()
        .env("CACHEME_URL", format!("redis://127.0.0.1:{port}"))
        .env("CACHEME_TIMEOUT", "200ms")
        .args(["stats"])
        .run();
    one_clear_line(&env, 1, &["within 0.2 s"]);
}

#[test]
fn one_that_is_no_redis() {
    for reply in ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9\r\n", ""] {
        let port = listener(move |mut stream| {
            let mut some = [0; 64];
            let _ = stream.read(&mut some);
            let _ = stream.write_all(reply.as_bytes());
        });
        let output = at(&format!("redis://127.0.0.1:{port}"), &["keys", "list", "--timeout", "2s"]);
        one_clear_line(&output, 1, &[&format!("127.0.0.1:{port}")]);
    }
}

#[test]
fn a_frozen_server_is_given_up() {
    let server = Server::start();
    server.signal("STOP");
    let output = Cli::new(&server).args(["tags", "list", "--timeout", "300ms"]).run();
    server.signal("CONT");
    one_clear_line(&output, 1, &["did not answer", "0.3 s"]);
}

#[test]
fn the_password_comes_from_many_places_and_is_never_shown() {
    let server = Server::builder().tcp().password(PASSWORD).start();
    let port = server.port();
    let cli = || Cli::bare().args(["tags", "list", "-v"]).env("CACHEME_URL", server.tcp_url());
    let output = cli().run();
    one_clear_line_verbose(&output, 1, &["NOAUTH", "REDISCLI_AUTH", "--password-file"]);
    for good in [
        cli().env("REDISCLI_AUTH", PASSWORD),
        cli().file("secret", format!("{PASSWORD}\nmore\n")).args(["--password-file", "secret"]),
        cli().file("secret", PASSWORD).env("CACHEME_PASSWORD_FILE", "secret"),
        cli().env("CACHEME_URL", format!("redis://:{PASSWORD}@127.0.0.1:{port}")),
        cli().args(["--url", &format!("redis://default:{PASSWORD}@127.0.0.1:{port}")]),
        cli().env("CACHEME_URL", format!("{}?pass={PASSWORD}", server.url())),
        // The URL's own password is nearer than the environment's.
        cli()
            .env("CACHEME_URL", format!("redis://:{PASSWORD}@127.0.0.1:{port}"))
            .env("REDISCLI_AUTH", "wrong"),
    ] {
        good.run().ok().never_says(PASSWORD);
    }
    let wrong = format!("{PASSWORD}-wrong");
    for bad in [
        cli().env("REDISCLI_AUTH", &wrong),
        cli().env("CACHEME_URL", format!("redis://:{wrong}@127.0.0.1:{port}")),
        cli().env("CACHEME_URL", format!("redis://nobody:{wrong}@127.0.0.1:{port}")),
        cli().file("secret", &wrong).args(["--password-file", "secret"]),
    ] {
        one_clear_line_verbose(&bad.run(), 1, &["WRONGPASS", "hint: "]);
    }
    let output = cli().args(["--password-file", "nowhere"]).run();
    output.code(2).says("nowhere").says("No such file");
    for args in [
        &["--help"][..],
        &["help", "keys"],
        &["keys", "list", "--help"],
        &["--version"],
        &["completions", "bash"],
    ] {
        let help = Cli::bare()
            .env("CACHEME_URL", format!("redis://:{PASSWORD}@h"))
            .env("REDISCLI_AUTH", PASSWORD)
            .args(args)
            .run();
        help.ok().never_says(PASSWORD);
    }
    for misplaced in [
        &["tags", "list", &format!("redis://:{PASSWORD}@h")][..],
        &["tags", "list", &format!("--ulr=redis://:{PASSWORD}@h")],
        &[&format!("redis://:{PASSWORD}@h"), "tags"],
        &["tags", "list", &format!("--format=redis://:{PASSWORD}@h")],
        &["tags", "list", "--pace", &format!("redis://:{PASSWORD}")],
    ] {
        Cli::bare().args(misplaced).run().code(2).never_says(PASSWORD);
    }
}

/// With -v, notes may stand between.
#[track_caller]
fn one_clear_line_verbose(output: &Output, code: i32, parts: &[&str]) {
    output.code(code).never_says(PASSWORD);
    assert_eq!(output.stderr.matches("error: ").count(), 1, "{}", output.transcript());
    for part in parts {
        output.says(part);
    }
}

#[test]
fn a_password_nobody_wants_and_a_database_that_is_not_there() {
    let server = Server::builder().tcp().start();
    // A server without a password takes any for the default user only where none is set: it says so.
    let output = Cli::bare()
        .env("CACHEME_URL", server.tcp_url())
        .env("REDISCLI_AUTH", PASSWORD)
        .args(["tags", "list"])
        .run();
    one_clear_line(&output, 1, &["AUTH", "hint: "]);
    one_clear_line(&at(&format!("{}/99", server.tcp_url()), &["tags", "list"]), 1, &["/99", "hint: "]);
}

/// The rights of the user who only reads, as docs/permissions.md gives them.
fn reader() -> &'static str {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md"));
    let rights = page.lines().find_map(|line| line.strip_prefix("ACL SETUSER reader on >PASSWORD "));
    rights.expect("a user who only reads")
}

#[test]
fn an_acl_user_with_the_least_rights_and_one_without() {
    let reader = format!("user reader on >pw {}", reader());
    let server = Server::builder().config(&reader).start();
    Seed::classic(&server).live(["a>1"]).tag("t", ["a>1"]).invalid("i", ["a>1"]).expires("a>1", -5);
    let cli = || Cli::bare().env("CACHEME_URL", format!("{}?user=reader&pass=pw", server.url()));
    for args in [
        &["tags", "list", "--deep"][..],
        &["tags", "show", "t"],
        &["keys", "list"],
        &["keys", "list", "--tag", "t"],
        &["keys", "show", "a>1"],
        &["keys", "dump", "--indexes"],
        &["stats"],
        &["invalidate", "--tag", "t", "--dry-run"],
        &["invalidate", "--pattern", "*", "--dry-run"],
        &["purge", "--dry-run"],
    ] {
        cli().args(args).run().ok();
    }
    let before = server.dump();
    for (args, command) in [
        (&["invalidate", "--key", "a>1"][..], "SADD"),
        (&["invalidate", "--pattern", "a", "--yes"], "HDEL"),
        (&["invalidate", "--pattern", "a>1", "--yes"], "HDEL"),
        (&["invalidate", "--raw-pattern", "CM:a", "--yes"], "UNLINK"),
        (&["purge", "--no-lock"], "EVAL"),
    ] {
        let output = cli().args(args).args(["--layout", "classic", "-q"]).run();
        output.code(1).says("NOPERM").says(&format!("refused {command}"));
        let said = output.text();
        let is_said = said.contains("\tfalse\t") || said.ends_with("; not complete\n");
        assert!(is_said, "the report says it: {}", output.transcript());
    }
    assert_same(&before, &server.dump());
    let blind = Server::builder().config("user blind on >pw ~CM:* -@all +ping").start();
    let output = at(&format!("{}?user=blind&pass=pw", blind.url()), &["keys", "list"]);
    output.code(1).says("NOPERM").says("refused ").says("docs/permissions.md");
}

#[test]
fn commands_that_were_renamed_away() {
    for (renamed, args) in [
        ("EVAL", &["purge", "--no-lock"][..]),
        ("SADD", &["invalidate", "--key", "a"]),
        ("HLEN", &["keys", "list"]),
    ] {
        let server = Server::builder().config(&format!("rename-command {renamed} \"\"")).start();
        let mut seed = Seed::meta(&server);
        seed.live(["a"]);
        if renamed != "SADD" {
            seed.expires("a", -5);
        }
        let before = server.dump();
        let output = Cli::new(&server).args(args).args(["--layout", "meta"]).run();
        one_clear_line(&output, 1, &[&format!("refused {renamed}"), "unknown command"]);
        assert_same(&before, &server.dump());
    }
    // What is only nice to have may be missing.
    let server = Server::builder()
        .config("rename-command MEMORY \"\"")
        .config("rename-command INFO \"\"")
        .config("rename-command SCRIPT \"\"")
        .config("rename-command CLIENT \"\"")
        .config("rename-command TIME \"\"")
        .start();
    Seed::meta(&server).live(["a"]).tag("t", ["a"]);
    for args in [&["tags", "show", "t"][..], &["stats"], &["keys", "list"], &["invalidate", "--key", "a"]] {
        Cli::new(&server).args(args).run().ok();
    }
}

#[test]
fn a_replica_says_it_is_one() {
    let server = Server::start();
    Seed::meta(&server).live(["a"]).marked(["x"]).expires("a", -5);
    Seed::meta(&server).run("REPLICAOF", &["127.0.0.1", &free_port().to_string()]);
    for args in [&["invalidate", "--key", "a"][..], &["invalidate", "--pattern", "a", "--yes"], &["purge"]] {
        let output = Cli::new(&server).args(args).run();
        one_clear_line(&output, 1, &["is a replica of 127.0.0.1:", "nothing was written", "primary"]);
    }
    Cli::new(&server).args(["keys", "list"]).run().ok();
}

#[test]
fn a_server_that_cannot_save() {
    let server = Server::builder().config("enable-protected-configs yes").start();
    let mut seed = Seed::meta(&server);
    seed.live(["a"]).expires("a", -5).marked(["x"]).run("CONFIG", &["SET", "dir", "/proc"]);
    seed.run("CONFIG", &["SET", "save", "3600 1"]);
    let _ = redis::cmd("BGSAVE").exec(&mut server.connect());
    crate::support::wait_until("the save failed", Duration::from_secs(20), || {
        let info: String = redis::cmd("INFO").arg("persistence").query(&mut server.connect()).unwrap();
        info.contains("rdb_last_bgsave_status:err")
    });
    for args in [&["invalidate", "--key", "a"][..], &["purge"]] {
        one_clear_line(&Cli::new(&server).args(args).run(), 1, &["MISCONF", "disk"]);
    }
}

#[test]
fn a_server_that_is_full() {
    let server = Server::builder().config("maxmemory-policy noeviction").start();
    let mut seed = Seed::meta(&server);
    seed.live(["a"]).expires("a", -5).marked(["x"]).run("CONFIG", &["SET", "maxmemory", "1"]);
    let output = Cli::new(&server).args(["invalidate", "--key", "a"]).run();
    one_clear_line(&output, 1, &["OOM", "cacheme purge"]);
    Cli::new(&server).args(["keys", "list"]).run().ok();
    // What the hint recommends has to work.
    Cli::new(&server).args(["invalidate", "--key", "a", "--delete"]).run().ok();
    seed.run("CONFIG", &["SET", "maxmemory", "0"]).live(["a"]).run("CONFIG", &["SET", "maxmemory", "1"]);
    let purge = Cli::new(&server).args(["purge"]).run();
    purge.ok();
    assert_eq!(names(&server, "CM:a").len(), 0, "{}", purge.transcript());
}

#[test]
fn a_server_that_is_loading() {
    let mut server = Server::builder()
        .tcp()
        .config("key-load-delay 1000")
        .config("loading-process-events-interval-bytes 1024")
        .start();
    let script = "for i = 1, 3000 do redis.call('SET', 'CM:s' .. i, string.rep('x', 100)) end";
    Seed::meta(&server).run("EVAL", &[script, "0"]);
    let url = server.url();
    // It waits for PONG, and the harness takes LOADING for a refusal: meanwhile another asks.
    let asking = std::thread::spawn(move || {
        let end = Instant::now() + Duration::from_secs(20);
        let mut last = None;
        while Instant::now() < end {
            let output = at(&url, &["tags", "list", "--timeout", "1s"]);
            if output.stderr.contains("LOADING") {
                return Ok(output);
            }
            last = Some(output);
        }
        Err(last)
    });
    server.restart();
    match asking.join().unwrap() {
        Ok(output) => one_clear_line(&output, 1, &["LOADING", "try again"]),
        Err(last) => panic!("it never said LOADING: {}", last.unwrap().transcript()),
    }
}

#[test]
fn a_script_that_holds_the_server() {
    let server = Server::builder().tcp().config("busy-reply-threshold 50").start();
    let socket = server.socket();
    let holder = std::thread::spawn(move || {
        let client =
            redis::Client::open(format!("unix://{}?user=harness&pass=harness", socket.display())).unwrap();
        let mut connection = client.get_connection().unwrap();
        let _ = redis::cmd("EVAL").arg("while true do end").arg(0).exec(&mut connection);
    });
    let end = Instant::now() + Duration::from_secs(20);
    let output = loop {
        let output = Cli::new(&server).args(["tags", "list", "--timeout", "2s"]).run();
        if output.code != 0 || Instant::now() > end {
            break output;
        }
    };
    redis::cmd("SCRIPT").arg("KILL").exec(&mut server.connect()).unwrap();
    holder.join().unwrap();
    one_clear_line(&output, 1, &["BUSY", "SCRIPT KILL"]);
}

fn large(keys: u32) -> Server {
    let server = Server::start();
    let script = "for i = 1, ARGV[1] do redis.call('HSET', 'CM:k' .. i, 'base', 'N.') redis.call('SADD', 'CM:t', 'CM:k' .. i) end";
    Seed::meta(&server).run("EVAL", &[script, "0", &keys.to_string()]).marked(["x"]);
    server
}

#[test]
fn a_server_that_dies_in_the_middle() {
    let mut server = large(20_000);
    let reading = Cli::new(&server).args(["keys", "list", "--timeout", "15s"]);
    let deleting = Cli::new(&server).args([
        "invalidate",
        "--pattern",
        "k*",
        "--yes",
        "--format",
        "json",
        "--timeout",
        "15s",
    ]);
    let (first, reading) = held(&server, reading, 2000, &["HLEN", "HKEYS"]);
    let (second, deleting) = held(&server, deleting, 2000, &["HDEL", "EVAL"]);
    server.stop();
    first.open();
    second.open();
    let output = reading.wait();
    one_clear_line(&output, 1, &["cannot connect to"]);
    let output = deleting.wait();
    output.code(3).says("cannot connect to");
    let report = output.json();
    assert_eq!(report["complete"], false);
    assert!(report["deleted"].as_u64().unwrap() > 0, "{report}");
}

#[test]
fn a_server_that_restarts_in_the_middle() {
    let mut server = large(5_000);
    let (gate, running) =
        held(&server, Cli::new(&server).args(["keys", "list", "--tag", "t"]), 4, &["SSCAN"]);
    server.restart();
    gate.open();
    // The set is scanned from its beginning, as cursors mean nothing to another process.
    assert_eq!(running.wait().code(3).says("took over during the run").lines().len(), 5_000);
    Cli::new(&server).args(["keys", "list"]).run().ok();
}

#[test]
fn a_connection_that_breaks_is_no_other_process() {
    for tells in [true, false] {
        let server = large(5_000);
        let mut redis = server.connect();
        if !tells {
            redis::cmd("ACL").arg("SETUSER").arg("default").arg("-info").exec(&mut redis).unwrap();
        }
        let (gate, running) =
            held(&server, Cli::new(&server).args(["keys", "list", "--tag", "t"]), 4, &["SSCAN"]);
        redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").exec(&mut redis).unwrap();
        gate.open();
        let output = running.wait();
        output.code(if tells { 0 } else { 3 });
        assert_eq!(output.lines().len(), 5_000, "{}", output.transcript());
        assert!(!output.stderr.contains("took over"), "{}", output.transcript());
        assert!(!output.stderr.contains("another server"), "{}", output.transcript());
        assert_eq!(
            output.stderr.contains("not known whether it restarted"),
            !tells,
            "{}",
            output.transcript()
        );
    }
}

#[test]
fn an_interrupted_sweep_reports_what_it_did() {
    const KEYS: u32 = 10_000;
    for (args, count) in [
        (&["invalidate", "--pattern", "k*", "--yes"][..], "deleted"),
        (&["invalidate", "--tag", "t", "--yes"], "marked"),
        (&["invalidate", "--raw-pattern", "CM:k*", "--yes", "-q"], "deleted"),
    ] {
        for signal in ["INT", "TERM"] {
            let server = large(KEYS);
            let cli = Cli::new(&server).args(args).args(["--format", "json", "--layout", "meta"]);
            let (gate, running) = held(&server, cli, 4, &["HDEL", "EVAL", "SADD", "UNLINK"]);
            let done = |server: &Server| {
                let marks: u64 =
                    redis::cmd("SCARD").arg("CM:meta:deleted").query(&mut server.connect()).unwrap();
                (marks - 1, u64::from(KEYS) + 2 - server.dbsize())
            };
            running.signal(signal);
            gate.open();
            let output = running.wait();
            let report = output.code(130).json();
            let (marks, gone) = done(&server);
            assert_eq!(report["complete"], false, "{}", output.transcript());
            let expected = if count == "marked" { marks } else { gone };
            assert_eq!(report[count], expected, "{}", output.transcript());
            assert!((1..u64::from(KEYS)).contains(&expected), "{}", output.transcript());
        }
    }
}

#[test]
fn a_closing_terminal_and_sigterm_are_one_request_to_stop() {
    // `timeout` sends SIGTERM to its child, and then to its group.
    for signals in [&["HUP", "TERM"][..], &["HUP", "HUP", "INT"], &["TERM", "HUP"], &["TERM", "TERM", "TERM"]]
    {
        let server = large(1_000);
        let cli = Cli::new(&server).args(["invalidate", "--pattern", "k*", "--yes", "--layout", "classic"]);
        let (gate, running) = held(&server, cli, 1, &["HDEL", "EVAL"]);
        signals.iter().for_each(|signal| running.signal(signal));
        gate.open();
        let output = running.wait();
        assert!(output.code(130).text().contains("\tfalse\t"), "{signals:?}: {}", output.transcript());
    }
    let server = large(1_000);
    let cli = Cli::new(&server).args(["invalidate", "--pattern", "k*", "--yes", "--layout", "classic"]);
    let (gate, mut running) = held(&server, cli, 1, &["HDEL", "EVAL"]);
    running.signal("HUP");
    // It waits for a server that does not answer. Two signals that come at once may be one.
    wait_until("it ends at once", Duration::from_secs(30), || {
        running.signal("INT");
        running.has_ended()
    });
    assert_eq!(running.wait().text(), "");
    drop(gate);
}

#[test]
fn an_interrupted_listing() {
    let server = large(20_000);
    let (gate, running) = held(&server, Cli::new(&server).args(["keys", "list"]), 2000, &["HLEN", "HKEYS"]);
    running.signal("INT");
    gate.open();
    let output = running.wait();
    output.code(130).says("stopped before the end");
    assert!(output.lines().len() < 20_000 && output.text().ends_with('\n'), "whole lines only");
}

#[test]
fn usage() {
    for args in [
        &["tags"][..],
        &["bogus"],
        &["keys", "list", "--bogus"],
        &["purge", "--time-budget", "soon"],
        &["keys", "list", "--timeout", "0s"],
        &["keys", "list", "--timeout", "banana"],
        &["keys", "list", "--format", "yaml"],
        &["keys", "list", "--layout", "old"],
        &["invalidate", "--key"],
    ] {
        let output = Cli::bare().args(args).run();
        output.code(2);
        assert!(!output.stderr.is_empty() && output.text().is_empty(), "{}", output.transcript());
    }
    for args in [&["--help"][..], &["-h"], &["help"], &["--version"], &["invalidate", "--help"]] {
        assert!(!Cli::bare().args(args).run().ok().text().is_empty());
    }
    let help = Cli::bare().arg("--help").run();
    for word in ["130", "CACHEME_URL", "REDISCLI_AUTH", "invalidate", "--read-only"] {
        assert!(help.ok().text().contains(word), "{word}");
    }
}

#[test]
fn messages_hold_nothing_a_terminal_obeys() {
    let server = Server::start();
    Seed::meta(&server)
        .value("evil", b"\x80\x04c\x1b]0;owned\x07\nx\x1b[2J\n.")
        .value("worse", b"c\x1b[31m\nq\x9b1m\n(tR.");
    for args in [
        &["keys", "dump", "-v"][..],
        &["keys", "show", "evil", "-v"],
        &["keys", "show", "worse", "-v", "--format", "table"],
    ] {
        let output = Cli::new(&server).args(args).run();
        output.ok().never_says("\u{1b}").never_says("\u{7}").never_says("\u{9b}");
    }
}

#[test]
fn a_signal_that_comes_as_the_last_of_the_work_ends_interrupts_nothing() {
    let server = Server::start();
    for (args, last) in [
        (&["purge", "--no-lock"][..], "HDEL"),
        (&["gc", "--yes", "--no-lock"], "HDEL"),
        (&["invalidate", "--yes", "--key", "a"], "SADD"),
        (&["tags", "list"], "SCARD"),
    ] {
        Seed::classic(&server).live(["a"]).tag("t", ["a"]);
        let cli = Cli::bare().args(args).args(["--format", "json"]);
        let (gate, running) = held(&server, cli, 0, &[last]);
        running.signal("INT");
        gate.open();
        let report = running.wait().ok().json();
        assert!(args == ["tags", "list"] || report["complete"] == true, "{args:?}: {report}");
    }
}

#[test]
fn what_another_command_does_is_told() {
    let sort = Cli::bare().args(["keys", "list", "--sort", "bytes"]).run();
    sort.code(2)
        .says("tip: to list the largest values")
        .says("`cacheme keys top --by bytes|ttl`")
        .never_says("'--format'");
    let older = Cli::bare().args(["purge", "--older", "5m"]).run();
    older.code(2).says("`cacheme purge --grace DUR`").never_says("--color");
    Cli::bare().args(["keys", "list", "Book:1"]).run().code(2).says("tip: to name a key, write --key");
}
