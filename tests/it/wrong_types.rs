//! Every key the tool touches, of every type it should not be: what each command says, and that it harms nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheme::memoize::Settings;
use cacheme::namespace::Layout;
use serde_json::json;

use crate::support::cli::Cli;
use crate::support::content::{self, Content};
use crate::support::output::Output;
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::wait_until;

const BUCKET: &str = "CM:Meta:Expire-Buckets::CM:c";

/// How a key becomes one of another type.
const TYPES: [(&str, &[&str]); 6] = [
    ("string", &["SET", "", "CM:a"]),
    ("list", &["RPUSH", "", "CM:a"]),
    ("hash", &["HSET", "", "base", "CM:a"]),
    ("set", &["SADD", "", "CM:a"]),
    ("zset", &["ZADD", "", "1", "CM:a"]),
    ("stream", &["XADD", "", "1-1", "f", "CM:a"]),
];

/// The commands, in the order of the codes below. `FILE` is a dump of the namespace as it should be.
const COMMANDS: [&str; 24] = [
    "tags list",
    "tags list --deep",
    "tags show t",
    "invalid-keys list --deep",
    "keys list",
    "keys list --tag t",
    "keys list --state pending",
    "keys list --state missing",
    "keys show a",
    "keys dump --raw --indexes",
    "stats --format json",
    "stats --history",
    "doctor --no-monitor --apart 0s --format json",
    "invalidate --key a --format json",
    "invalidate --tag t --yes --format json",
    "invalidate --invalid-key n --yes --format json",
    "invalidate --pattern a --yes --format json",
    "invalidate --delete --tag t --yes --format json",
    "purge --format json",
    "purge --time-budget 60s --format json",
    "purge --tag t --format json",
    "gc --yes --stuck-after 1h --format json",
    "gc --yes --time-budget 60s --stuck-after 1h --format json",
    "keys restore --yes --format json FILE",
];

/// A key, its right type, and the exit code of each command where it is of another. A code that is not 0 comes with the
/// key's name; `.` is the command's usual code.
#[rustfmt::skip]
const KEYS: [(&str, &str, &str); 14] = [
    //                             tags    keys    stats inval  purge gc restore
    ("CM:a",             "hash",   ".333 .3.33. .. 5 ....3 ... .. 3"),
    ("CM:t",             "set",    "..4. .3.... .. . .3..3 ..3 .. 3"),
    ("CM:n:invalid",     "set",    ".... ...... .. . ..3.. ... .. 3"),
    (BUCKET,             "zset",   ".... ...... .. 5 ..... ... .. 3"),
    ("CM:delete",        "set",    ".333 333333 3. 5 111.. 11. 33 3"),
    ("CM:progress",      "set",    ".333 333333 3. 5 3..31 ... 33 ."),
    ("CM:meta:stats",    "hash",   ".... ...... 3. 5 ..... ... .. ."),
    ("CM:meta:timeouts", "hash",   ".... ...... .. 5 ..... ... .. ."),
    ("CM:meta:leases",   "zset",   ".... ...... .. 5 ..... ... 11 ."),
    ("CM:meta:lock",     "string", ".... ...... .. 5 ..... 333 33 ."),
    ("CM:meta:cursor",   "hash",   ".... ...... .. 5 ..... .1. .1 ."),
    ("CM:meta:suspects", "zset",   ".... ...... .. 5 ..... ... 11 ."),
    ("CM:meta:removed",  "list",   ".... ...... .. 5 ..... ... 11 ."),
    ("CM:meta:both",     "set",    ".... ...... .. 5 ..... ... .. ."),
];

fn seed(server: &Server) -> Seed {
    let mut seed = Seed::classic(server);
    seed.run("FLUSHALL", &[] as &[&str])
        .live(["a", "b>f", "c", "d", "other"])
        .tag("t", ["a", "b>f"])
        .invalid("n", ["a", "c"])
        .expires("c", -60)
        .expires("d", 600)
        .marked(["c", "marked"])
        .busy(["busy"])
        .run("HSET", &["CM:meta:stats", "t:hits", "3"]);
    seed
}

fn run(server: &Server, command: &str, dump: &str) -> Output {
    let words = command.split(' ').map(|word| if word == "FILE" { "dump.ndjson" } else { word });
    let cli = Cli::new(server).file("dump.ndjson", dump);
    cli.args(["--layout", "classic", "--no-progress"]).args(words).run()
}

/// Whether whoever reads the output learns which key it is, as Redis or the application names it.
fn names(output: &Output, key: &str) -> bool {
    let bare = key.strip_prefix("CM:").unwrap();
    let told = format!("{}{}", output.stderr, output.text());
    told.contains(&format!("'{key}'")) || told.contains(&format!("'{bare}'"))
}

fn without(content: &Content, key: &str) -> Content {
    content
        .iter()
        .filter(|(name, _)| **name != key.as_bytes())
        .map(|(name, it)| (name.clone(), it.clone()))
        .collect()
}

/// Each key with each command and, in turn, one of the types it should not have (`CACHEME_WRONG_TYPES=all`: each).
fn table(commands: std::ops::Range<usize>) {
    let server = Server::start();
    seed(&server);
    let dump = run(&server, "keys dump --raw --indexes", "").ok().text().to_owned();
    let all = std::env::var("CACHEME_WRONG_TYPES").is_ok_and(|which| which == "all");
    let mut faults = Vec::new();
    for at in commands {
        let command = COMMANDS[at];
        seed(&server);
        let usual = run(&server, command, &dump).code;
        for (row, (key, right, codes)) in KEYS.iter().enumerate() {
            let code = codes.chars().filter(|it| *it != ' ').nth(at).unwrap();
            let wrong: Vec<_> = TYPES.iter().filter(|(kind, _)| kind != right).collect();
            let types =
                if all { 0..wrong.len() } else { (row + at) % wrong.len()..(row + at) % wrong.len() + 1 };
            for (kind, words) in &wrong[types] {
                let words: Vec<_> =
                    words[1..].iter().map(|word| if word.is_empty() { key } else { word }).collect();
                let make = TYPES.iter().find(|it| it.0 == *kind).unwrap().1[0];
                seed(&server).run("DEL", &[key]).run(make, &words);
                let before = server.dump();
                let output = run(&server, command, &dump);
                let expected = code.to_digit(10).map_or(usual, |code| code as i32);
                let after = server.dump();
                let said = output.text().contains("\"complete\": true");
                let failed = expected == 1 && !command.starts_with("gc");
                for (wrong, what) in [
                    (output.code != expected, "ends otherwise"),
                    (output.stderr.contains("panicked"), "panicked"),
                    (code != '.' && !names(&output, key), "does not name the key"),
                    (said && !matches!(expected, 0 | 5), "calls it complete"),
                    (after.get(key.as_bytes()) != before.get(key.as_bytes()), "changed the key"),
                    (
                        failed && without(&after, key) != without(&before, key),
                        "failed, and changed something",
                    ),
                ] {
                    if wrong {
                        faults.push(format!("{key} as {kind}, {code}: {what}\n{}", output.transcript()));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A call whose steps are refused computes, says which key it is about, and leaves the mark of a stale value.
fn calls(make: &dyn Fn(Settings, Errors) -> u32) {
    let server = Server::start();
    for (key, right) in [
        ("CM:k", "hash"),
        ("CM:f", "set"),
        ("CM:Meta:Expire-Buckets::CM:k", "zset"),
        ("CM:delete", "set"),
        ("CM:progress", "set"),
        ("CM:meta:leases", "zset"),
    ] {
        for (kind, words) in TYPES.iter().filter(|(kind, _)| *kind != right) {
            let words_for_key: Vec<_> =
                words[1..].iter().map(|word| if word.is_empty() { key } else { word }).collect();
            let mut seed = Seed::classic(&server);
            seed.run("FLUSHALL", &[] as &[&str]).live(["k"]).marked(["k"]).run("DEL", &[key]);
            seed.run(words[0], &words_for_key);
            let before = server.dump();
            let errors = Errors::default();
            let settings = server.settings().layout(Layout::Classic).record(false);
            assert_eq!(make(settings, errors.clone()), 2, "{key} as {kind}");
            // What is given back may be so a moment later.
            wait_until("nothing to be taken or left", Duration::from_secs(30), || server.dump() == before);
            let errors = errors.lock().unwrap();
            assert!(
                !errors.is_empty() && errors.iter().all(|it| it.contains(key)),
                "{key} as {kind}: {errors:?}"
            );
        }
    }
}

type Errors = Arc<Mutex<Vec<String>>>;

#[test]
fn calls_from_threads() {
    calls(&|settings, errors| {
        let told = move |error: &cacheme::Error| errors.lock().unwrap().push(error.to_string());
        let cache = cacheme::memoize::sync::Cache::open_with(settings, told).unwrap();
        let function = cache.memoize("f", |_: &u32| "k".to_owned(), |one: &u32| one * 2);
        function.timeout(Duration::from_secs(60)).build().call(&1).unwrap()
    });
}

#[cfg(feature = "tokio")]
#[test]
fn calls_from_tasks() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    calls(&|settings, errors| {
        let told = move |error: &cacheme::Error| errors.lock().unwrap().push(error.to_string());
        runtime.block_on(async {
            let cache = cacheme::memoize::future::Cache::open_with(settings, told).unwrap();
            let function = cache.memoize("f", |_: &u32| "k".to_owned(), |one: u32| async move { one * 2 });
            function.timeout(Duration::from_secs(60)).build().call(&1).await.unwrap()
        })
    });
}

/// What a dump names that is bookkeeping of either generation, of an inner namespace, or the tool's own.
#[test]
fn a_dump_that_names_bookkeeping_is_refused() {
    let server = Server::start();
    Seed::under(&server, b"CM:X:", false).live(["a"]).expires("a", 600).marked(["a"]);
    let names = [
        "delete",
        "progress",
        "meta:deleted",
        "meta:progress",
        "meta:leases",
        "meta:lock",
        "meta:log",
        "meta:stats:9",
        "meta:timeouts",
        "X:delete",
        "X:a",
    ];
    let row = |key: &str, tag: &str| {
        json!({"key": key, "value_base64": "gARLAS4=", "tags": [tag], "invalid_keys": []}).to_string()
    };
    let lines: Vec<_> = names.iter().flat_map(|name| [row(name, "t"), row("good", name)]).collect();
    let before = server.dump();
    for layout in ["classic", "meta"] {
        let out = Cli::new(&server)
            .args(["--layout", layout, "keys", "restore", "--yes", "--format", "json"])
            .stdin(lines.join("\n"))
            .run();
        out.code(3)
            .says("line 1: 'delete' was not restored: 'CM:delete'")
            .says("line 2: 'good' was not restored");
        assert_eq!(out.json()["refused"], lines.len());
        content::assert_same(&before, &server.dump());
    }
}

#[test]
fn a_lock_that_never_expires_is_named() {
    let server = Server::start();
    seed(&server).run("SET", &["CM:meta:lock", "somebody"]);
    for command in ["purge", "gc --yes"] {
        let out = run(&server, command, "");
        out.code(3)
            .says("'CM:meta:lock' is a string that never expires")
            .says(&format!("redis-cli -s '{}' -n 0 DEL 'CM:meta:lock'", server.socket().display()));
    }
}

#[test]
fn listings() {
    table(0..10);
}

#[test]
fn reports_and_invalidations() {
    table(10..18);
}

#[test]
fn sweeps_and_restores() {
    table(18..24);
}
