//! What comes from outside - flags, files, a server - is taken as it is meant, or refused before anything is done.

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::ports::listen;
use crate::support::seed::{Seed, names, set};
use crate::support::server::Server;
use std::io::{Read, Write};

#[test]
fn lengths_of_time_beyond_every_clock_are_refused() {
    let server = Server::start();
    for length in ["18446744073709551615", "5000000000s", "99999999999999999999999", "40000d"] {
        for command in [
            &["--timeout", length, "tags", "list"][..],
            &["--connect-timeout", length, "tags", "list"],
            &["purge", "--grace", length],
            &["purge", "--time-budget", length],
            &["purge", "--every", length],
            &["gc", "--stuck-after", length],
            &["gc", "--time-budget", length],
            &["stats", "--live", length],
            &["stats", &format!("--watch={length}")],
            &["doctor", "--apart", length],
            &["doctor", "--time-budget", length],
        ] {
            let out = Cli::new(&server).args(command).run();
            out.code(2).says(&format!("'{length}'")).says("is longer than a hundred years");
        }
    }
    let most = Cli::new(&server).args(["--timeout", "36525d", "--connect-timeout", "5000w"]);
    most.args(["purge", "--grace", "36525d", "--time-budget", "36525d", "--format", "json"]).run().ok();
}

/// A server that answers a command with this, again and again without an end.
fn endless(start: &'static [u8], more: u8) -> String {
    let listener = listen();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(start);
                while stream.write_all(&[more; 65_536]).is_ok() {}
            });
        }
    });
    format!("redis://127.0.0.1:{port}")
}

#[test]
fn an_answer_without_an_end_takes_no_memory() {
    for start in [&b"+"[..], b"-ERR ", b":1", b"$1", b"*2\r\n$3\r\nabc\r\n+", b"$9000000000\r\n"] {
        // 400 MB of addresses hold the program and a line, not what this server sends.
        let limited = "ulimit -v 400000; exec cacheme tags list --timeout 20s";
        let out = Cli::shell(&Server::start(), limited).env("CACHEME_URL", endless(start, b'1')).run();
        out.code(1).says("not the protocol of Redis");
    }
}

const KEYS: [&str; 4] = ["Book:1>owner", "plain", "-x", "tab\tkey"];

fn stored() -> Server {
    let server = Server::start();
    Seed::classic(&server).live(KEYS).tag("t", KEYS).marked(["other"]);
    server
}

fn from_file<'a>(server: &Server, args: impl IntoIterator<Item = &'a str>) -> Cli {
    let base = ["invalidate", "--layout", "classic", "--yes", "--format", "json", "--from-file"];
    Cli::new(server).args(base.into_iter().chain(args))
}

#[test]
fn a_file_of_keys_may_come_from_windows_or_from_this_tool() {
    let all = set(&["CM:Book:1>owner", "CM:plain", "CM:-x", "CM:tab\tkey", "CM:other"]);
    let rows = |args: &[&str]| Cli::new(&stored()).args(args).run().ok().stdout.clone();
    let lines = KEYS[..3].join("\n");
    let without_tab = set(&["CM:Book:1>owner", "CM:plain", "CM:-x", "CM:other"]);
    for (what, file) in [
        ("lines", lines.clone().into_bytes()),
        ("CRLF lines", lines.replace('\n', "\r\n").into_bytes()),
        ("BOM and lines", format!("\u{feff}{lines}").into_bytes()),
        ("lines with both", format!("\u{feff}{}\r\n\r\n", lines.replace('\n', "\r\n")).into_bytes()),
        ("plain rows", rows(&["keys", "list", "--format", "plain"])),
        (
            "plain rows with tags",
            rows(&["keys", "list", "--format", "plain", "--fields", "key,state,ttl_seconds,tags"]),
        ),
        ("ndjson rows", rows(&["keys", "list", "--format", "ndjson"])),
        ("ndjson keys", rows(&["keys", "list", "--format", "ndjson", "--fields", "key"])),
        ("dump", rows(&["keys", "dump", "--indexes", "--raw"])),
        ("dump plain", rows(&["keys", "dump", "--format", "plain"])),
    ] {
        for stdin in [true, false] {
            let server = stored();
            let cli = if stdin {
                from_file(&server, ["-"]).stdin(&*file)
            } else {
                from_file(&server, ["f"]).file("f", &file)
            };
            let out = cli.run();
            let marked = if what.contains("lines") { &without_tab } else { &all };
            assert_eq!(out.ok().json()["matched"], marked.len() - 1, "{what}: {}", out.transcript());
            assert_eq!(names(&server, "CM:delete"), *marked, "{what}");
            assert_eq!(out.stderr, "", "{what}");
        }
    }
    // With -0 everything stands as it is.
    let server = stored();
    let out = from_file(&server, ["-", "-0"]).stdin("\u{feff}plain\0plain\r\0plain\tlive\t\0-x").run();
    out.ok().says("3 of 4 keys in standard input are not there: '\\xef\\xbb\\xbfplain', 'plain\\x0d'");
    assert!(names(&server, "CM:delete").contains("CM:plain\r"));
    // A FIFO is read once, and only once.
    let script = "mkfifo f; printf 'plain\\n-x\\n' >f & cacheme invalidate --layout classic --yes --from-file f --format json";
    assert_eq!(Cli::shell(&stored(), script).run().ok().json()["matched"], 2);
    let script = "cacheme keys list --format plain | cacheme invalidate --layout classic --yes --from-file - --format json";
    assert_eq!(Cli::shell(&stored(), script).run().ok().json()["matched"], 4);
}

#[test]
fn what_is_no_list_of_keys_is_refused_before_anything_is_done() {
    let server = stored();
    let before = server.dump();
    let rows = |args: &[&str]| Cli::new(&server).args(args).run().stdout.clone();
    let lines: Vec<String> = (0..3_000).map(|n| format!("k:{n}")).collect();
    let late = [lines.join("\n").into_bytes(), b"\nget_owner\t12\n".to_vec()].concat();
    for (file, line) in [
        (rows(&["tags", "list", "--format", "plain"]), 1),
        (rows(&["tags", "list", "--deep", "--format", "plain"]), 1),
        (rows(&["tags", "list", "--format", "ndjson"]), 1),
        (rows(&["keys", "list", "--format", "csv"]), 1),
        (rows(&["keys", "list", "--format", "csv", "--fields", "key,size_bytes"]), 1),
        (rows(&["keys", "list", "--format", "table", "--fields", "key,size_bytes"]), 1),
        (rows(&["keys", "list", "--format", "plain", "--fields", "key,size_bytes"]), 1),
        (rows(&["keys", "list", "--format", "plain", "--fields", "key,tags"]), 1),
        (rows(&["keys", "list", "--format", "plain", "--fields", "tags,key"]), 1),
        (rows(&["keys", "dump", "--format", "csv"]), 1),
        (rows(&["keys", "dump", "--format", "csv", "--indexes", "--raw"]), 1),
        (rows(&["tags", "list", "--format", "csv"]), 1),
        (rows(&["tags", "list", "--deep", "--format", "table"]), 1),
        (rows(&["invalid-keys", "list", "--deep", "--format", "csv"]), 1),
        (b"key,expires_at\n".to_vec(), 1),
        (rows(&["keys", "list", "--format", "table"]), 1),
        (rows(&["keys", "list", "--format", "json"]), 1),
        (rows(&["stats", "--format", "ndjson"]), 1),
        (late, 3_001),
        (b"\xff\xfek\0\n\0".to_vec(), 1),
    ] {
        for stdin in [true, false] {
            let args = if stdin { ["-", "--tag", "t"] } else { ["f", "--tag", "t"] };
            let out = from_file(&server, args).stdin(&*file).file("f", &file).run();
            out.code(2).says(&format!("line {line} of ")).says("nothing was done").says("--fields key");
            let listed = Cli::new(&server)
                .args(["keys", "list", "--from-file", args[0]])
                .stdin(&*file)
                .file("f", &file);
            listed.run().code(2);
        }
    }
    let limited = Cli::shell(&server, "head -c 20000000 /dev/zero >f; cacheme keys list --from-file f");
    limited.run().code(1).says("line 1 is longer than any key");
    for endless in ["--from-file /dev/full", "--from-file - </dev/zero"] {
        let limited = format!("ulimit -v 400000; exec cacheme invalidate --yes {endless}");
        Cli::shell(&server, &limited).run().code(1).says("line 1 is longer than any key");
    }
    let second =
        Cli::shell(&server, "(echo plain; cat /dev/zero) | exec cacheme invalidate --yes --from-file -");
    second.run().code(1).says("line 2 is longer than any key");
    assert_same(&before, &server.dump());
}

#[test]
fn no_document_table_or_sentence_of_any_command_is_a_list_of_keys() {
    let server = stored();
    Seed::classic(&server)
        .run("HSET", &["CM:meta:stats", "t:hits", "3"])
        .busy(["stuck"])
        .run("ZADD", &["CM:Meta:Expire-Buckets::CM:plain", "100", "CM:plain"])
        .invalid("User:1", ["plain"]);
    let before = server.dump();
    let commands = [
        ("keys show", "plain"),
        ("keys show", "-- plain -x"),
        ("keys list", ""),
        ("keys dump", "--indexes"),
        ("tags list", ""),
        ("tags show", "t"),
        ("invalid-keys list", "--deep"),
        ("invalid-keys show", "User:1"),
        ("stats", ""),
        ("stats", "--live 50ms"),
        ("doctor", "--quick --no-monitor --apart 1ms"),
        ("gc", "--dry-run"),
        ("purge", "--dry-run"),
        ("invalidate", "--tag t --dry-run"),
        ("config show", ""),
    ];
    for (name, args) in commands {
        for format in ["json", "csv", "table"] {
            let command = format!("{name} --format {format} {args}");
            let file = Cli::new(&server).args(command.split_whitespace()).run();
            assert!(!file.stdout.is_empty(), "{}", file.transcript());
            let out = from_file(&server, ["-"]).stdin(&*file.stdout).run();
            assert_eq!(out.code, 2, "{command}: {}{}", file.text(), out.transcript());
            out.says("nothing was done").says("--fields key");
        }
    }
    let sentence = Cli::new(&server).args(["purge", "--dry-run"]).run();
    from_file(&server, ["-"]).stdin(&*sentence.stdout).run().code(2).says("is a report or a message");
    // A listing of nothing is a list of none.
    let none = Cli::new(&server).args(["keys", "list", "--limit", "0", "--format", "json"]).run();
    assert_eq!(none.text(), "[]\n");
    assert_eq!(from_file(&server, ["-"]).stdin(&*none.stdout).run().ok().json()["matched"], 0);
    assert_same(&before, &server.dump());
    // What only begins like a document is a name.
    let names_like_it = "{CM}:x\n[x]\n{\"id\": 1}>f\n";
    from_file(&server, ["-"]).stdin(names_like_it).run().ok();
    assert!(names(&server, "CM:delete").is_superset(&set(&["CM:{CM}:x", "CM:[x]", "CM:{\"id\": 1}>f"])));
}

#[test]
fn keys_of_a_file_that_are_not_there_are_said() {
    let server = stored();
    let file = "CM:plain\nplain\nCM:Book:1>owner\nnowhere\nelse\n";
    let before = server.dump();
    let strict = from_file(&server, ["-", "--strict"]).stdin(file).run();
    strict.code(4).says("4 of 5 keys in standard input are not there").says("did you mean 'plain'?");
    assert_same(&before, &server.dump());
    let out = from_file(&server, ["-"]).stdin(file).run();
    out.ok().says(
        "4 of 5 keys in standard input are not there: 'CM:plain', 'CM:Book:1>owner', 'nowhere' and 1 more",
    );
    out.says("leave out the prefix: did you mean 'plain'?");
    assert_eq!(out.json()["matched"], 1);
    from_file(&server, ["-", "--strict"]).stdin("plain\n-x\n").run().ok();
}
