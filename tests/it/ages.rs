//! How old values are: when they were stored, how long nobody has used them, what time they have left.

use std::thread::sleep;
use std::time::Duration;

use cacheme::memoize::{Settings, sync::Cache};
use cacheme::namespace::Layout;
use jiff::Timestamp;
use redis::Commands;
use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::monitor::transcript;
use crate::support::python::Lib;
use crate::support::seed::{Seed, now};
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use crate::support::worker::Worker;

const TIMEOUTS: &str = "CM:meta:timeouts";

fn settings(server: &Server) -> Settings {
    server.settings().layout(Layout::Classic).record_interval(Duration::from_secs(3600))
}

/// A worker whose function has a timeout, and that stores some keys and ends.
fn store(server: &Server, settings: Settings, timeout: Option<u64>, keys: &[u32]) {
    let cache = Cache::open(settings.url(server.url())).unwrap();
    let mut get = cache.memoize("get", |n: &u32| format!("n:{n}"), |n: &u32| n * 2);
    if let Some(timeout) = timeout {
        get = get.timeout(Duration::from_secs(timeout));
    }
    let get = get.build();
    keys.iter().for_each(|key| assert_eq!(get.call(key).unwrap(), key * 2));
}

fn show(server: &Server, key: &str) -> Value {
    Cli::new(server).args(["keys", "show", key, "--format", "json"]).run().ok().json()
}

/// When the value of a key was stored, in epoch seconds.
fn stored_at(server: &Server, key: &str) -> Option<i64> {
    seconds(&show(server, key)["stored_at"])
}

fn seconds(time: &Value) -> Option<i64> {
    time.as_str().map(|time| time.parse::<Timestamp>().unwrap().as_second())
}

#[track_caller]
fn is_now(time: Option<i64>, before: i64) {
    let time = time.expect("a time");
    assert!((before - 1..=now() + 1).contains(&time), "{time} is not between {before} and {}", now());
}

#[test]
fn a_thread_that_stores_leaves_when() {
    for layout in [Layout::Classic, Layout::Meta] {
        let server = Server::start();
        let before = now();
        store(&server, settings(&server).layout(layout), Some(600), &[1, 2]);
        is_now(stored_at(&server, "n:1"), before);
        let tag = Cli::new(&server).args(["tags", "show", "get", "--format", "json"]).run().ok().json();
        is_now(seconds(&tag["oldest_at"]), before);
        is_now(seconds(&tag["newest_at"]), before);
        // As if it had been stored an hour ago.
        let bucket = "CM:Meta:Expire-Buckets::CM:n:1";
        let _: () = server.connect().zincr(bucket, "CM:n:1", -3600).unwrap();
        is_now(stored_at(&server, "n:1").map(|at| at + 3600), before);
        let listed = Cli::new(&server).args(["tags", "list", "--deep", "--format", "ndjson"]).run();
        let row = &listed.ok().ndjson()[0];
        is_now(seconds(&row["oldest_at"]).map(|at| at + 3600), before);
        is_now(seconds(&row["newest_at"]), before);
    }
}

#[cfg(feature = "tokio")]
#[test]
fn a_task_that_stores_leaves_when() {
    let server = Server::start();
    let before = now();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cache = cacheme::memoize::future::Cache::open(settings(&server)).unwrap();
        let get = cache.memoize("get:all", |n: &u32| format!("n:{n}>x"), |n: u32| async move { n * 2 });
        let get = get.timeout(Duration::from_secs(60)).build();
        assert_eq!(get.call(&1).await.unwrap(), 2);
        cache.flush().await.unwrap();
    });
    is_now(stored_at(&server, "n:1>x"), before);
}

#[test]
fn hosts_off_utc_are_told_by_their_offset() {
    let server = Server::start();
    let before = now();
    store(&server, settings(&server).utc_offset(8 * 3600), Some(600), &[1]);
    let show = |offset: &str| {
        let shown =
            Cli::new(&server).args(["keys", "show", "n:1", "--format", "json", "--utc-offset", offset]);
        seconds(&shown.run().ok().json()["stored_at"])
    };
    is_now(show("+08:00"), before);
    assert_eq!(show("+14:00"), None, "nothing was stored in the future");
}

#[test]
fn two_timeouts_tell_nothing_until_the_older_cannot_have_been_used() {
    let server = Server::start();
    let before = now();
    store(&server, settings(&server), Some(300), &[1]);
    store(&server, settings(&server), Some(600), &[2]);
    assert_eq!((stored_at(&server, "n:1"), stored_at(&server, "n:2")), (None, None));
    let mut connection = server.connect();
    let fields: Vec<String> = connection.hkeys(TIMEOUTS).unwrap();
    assert_eq!(fields.len(), 2, "{fields:?}");
    let _: () = connection.hset(TIMEOUTS, "get:300", now() - 3600 - 400).unwrap();
    is_now(stored_at(&server, "n:2"), before);
    // No counter, so it stays.
    Cli::new(&server).args(["stats", "--reset", "--yes"]).run().ok();
    is_now(stored_at(&server, "n:2"), before);
}

#[test]
fn what_was_not_recorded_is_not_known() {
    let server = Server::start();
    store(&server, settings(&server).record(false), Some(600), &[1]);
    store(&server, settings(&server), None, &[2]);
    assert_eq!((stored_at(&server, "n:1"), stored_at(&server, "n:2")), (None, None));
    assert!(!server.connect().exists::<_, bool>(TIMEOUTS).unwrap());
    // Stored for 600 s, by whoever: a tag of which nothing is recorded may be of another function.
    store(&server, settings(&server), Some(600), &[3]);
    assert!(stored_at(&server, "n:3").is_some());
    Seed::classic(&server).tag("other", ["n:3"]);
    assert_eq!(stored_at(&server, "n:3"), None);
    // A worker that died while it computed an expired value leaves a mark, and the entry put off.
    Seed::classic(&server).marked(["n:1"]);
    assert_eq!(stored_at(&server, "n:1"), None);
}

/// `a>b>c` has the value and the entry of `a>b`, which may have been stored with the timeout of another tag.
#[test]
fn a_key_that_shares_its_entry_tells_no_age() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["a>b"]).expires("a>b", 250).tag("t", ["a>b>c"]).tag("u", ["a>b"]);
    for tag in ["t", "u"] {
        seed.run("HSET", &[TIMEOUTS, &format!("{tag}:600"), &now().to_string()]);
    }
    assert!(stored_at(&server, "a>b").is_some());
    assert_eq!(stored_at(&server, "a>b>c"), None);
    let deep = Cli::new(&server).args(["tags", "list", "--deep", "--format", "ndjson"]).run();
    let ages = ["oldest_at", "newest_at"];
    for row in deep.ok().ndjson() {
        let tag = row["tag"].as_str().unwrap();
        let shown = Cli::new(&server).args(["tags", "show", tag, "--format", "json"]).run().ok().json();
        for row in [&row, &shown] {
            assert_eq!(ages.map(|age| row[age].is_null()), [tag == "t"; 2], "{row}");
            assert!(row["ttl_min"].is_i64(), "{row}");
        }
    }
}

#[test]
fn what_a_python_worker_stores_is_not_known() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V011, &server);
    worker.value("later", json!([1]));
    let shown = show(&server, "later:1");
    assert!(shown["ttl_seconds"].as_i64().unwrap() > 0, "{shown}");
    assert_eq!(shown["stored_at"], Value::Null);
}

#[test]
fn a_hit_asks_for_nothing_more_and_a_flush_for_one_command() {
    let server = Server::start();
    let cache = Cache::open(settings(&server)).unwrap();
    let build = |tag: &str, base: &'static str, timeout| {
        let get = cache.memoize(tag, move |n: &u32| format!("{base}:{n}"), |n: &u32| n * 2);
        get.timeout(Duration::from_secs(timeout)).build()
    };
    let (one, two) = (build("one", "a", 60), build("two", "b", 90));
    one.call(&1).unwrap();
    two.call(&1).unwrap();
    let recorded = |run: &dyn Fn()| {
        let ((), seen) = server.monitor(run);
        let names: Vec<_> = seen.iter().map(|it| it.name()).filter(|it| it != "AUTH").collect();
        (names, transcript(&seen))
    };
    let (names, seen) = recorded(&|| cache.flush().unwrap());
    assert_eq!(names.iter().filter(|it| *it == "HSET").count(), 1, "{seen}");
    assert!(seen.contains("one:60") && seen.contains("two:90"), "{seen}");
    let (names, seen) = recorded(&|| assert_eq!(one.call(&1).unwrap(), 2));
    assert_eq!(names, ["SISMEMBER", "ZSCORE", "HGET"], "{seen}");
    let (names, seen) = recorded(&|| cache.flush().unwrap());
    assert!(!names.contains(&"HSET".to_owned()) && names.contains(&"HINCRBY".to_owned()), "{seen}");
    // What cannot be recorded keeps no counts from being so, and comes with the next flush.
    let mut connection = server.connect();
    let _: () = redis::pipe().del(TIMEOUTS).set(TIMEOUTS, "no hash").query(&mut connection).unwrap();
    one.call(&2).unwrap();
    cache.flush().unwrap();
    let misses: u32 = connection.hget("CM:meta:stats", "one:misses").unwrap();
    assert_eq!((misses, stored_at(&server, "a:2")), (2, None));
    let _: () = connection.del(TIMEOUTS).unwrap();
    one.call(&2).unwrap();
    cache.flush().unwrap();
    assert!(stored_at(&server, "a:2").is_some());
}

#[test]
fn nothing_but_show_knows_the_record() {
    for prefix in ["CM:", "app:"] {
        let server = Server::start();
        store(&server, settings(&server).prefix(prefix), Some(600), &[1]);
        let cli = |args: &[&str]| Cli::new(&server).env("CACHEME_PREFIX", prefix).args(args).run();
        let listed = cli(&["keys", "list", "--format", "plain", "--fields", "key"]);
        assert_eq!(listed.ok().lines(), ["n:1"]);
        let dump = cli(&["keys", "dump", "--raw", "--indexes"]);
        assert!(!dump.ok().text().contains("timeouts"));
        assert_eq!(cli(&["invalidate", "--key", "meta:timeouts>get:600"]).code, 0);
        let before = server.dump();
        for args in [
            &["gc", "--yes", "--stuck-after", "0s"][..],
            &["purge"],
            &["doctor", "--no-monitor", "--apart", "0s"],
        ] {
            let output = cli(args);
            assert!([0, 5].contains(&output.code), "{}", output.transcript());
        }
        let content = |dump: &crate::support::content::Content| {
            let mut dump = dump.clone();
            dump.retain(|name, _| name.ends_with(b"meta:timeouts"));
            dump
        };
        assert_same(&content(&before), &content(&server.dump()));
        cli(&["invalidate", "--pattern", "*", "--confirm", prefix]).ok();
        assert!(server.connect().exists::<_, bool>(format!("{prefix}meta:timeouts")).unwrap());
    }
}

#[test]
fn how_long_nobody_used_a_value() {
    let server = Server::start();
    Seed::classic(&server).live(["a>1", "a>2", "b", "read", "unread"]).tag("t", ["gone>x"]);
    let idle = |keys: &[&str]| -> Vec<_> {
        let cli = Cli::new(&server).args(["keys", "show", "--format", "ndjson"]).args(keys);
        cli.run().ok().ndjson().iter().map(|row| row["idle_seconds"].as_u64()).collect()
    };
    sleep(Duration::from_secs(2));
    // The second is asked about before the first, which has the same hash, is read.
    let of = idle(&["a>1", "a>2", "gone>x"]);
    assert!(of[0] >= Some(1) && of[1] >= Some(1) && of[2].is_none(), "{of:?}");
    let _: Vec<u8> = server.connect().hget("CM:read", "base").unwrap();
    let of = idle(&["read", "unread"]);
    assert!(of[0].is_some() && of[0] < of[1], "a read of the application counts: {of:?}");
    let (_, seen) = server.monitor(|| show(&server, "b"));
    let of_hash: Vec<_> =
        seen.iter().filter(|it| it.to_string().contains("\"CM:b\"")).map(|it| it.name()).collect();
    assert_eq!(of_hash.first().map(String::as_str), Some("OBJECT"), "{}", transcript(&seen));
}

#[test]
fn a_server_that_evicts_by_frequency_does_not_tell() {
    let server = Server::builder().config("maxmemory-policy allkeys-lfu").start();
    Seed::classic(&server).live(["a"]);
    let output = Cli::new(&server).args(["keys", "show", "a", "--format", "json"]).run();
    assert_eq!(output.ok().json()["idle_seconds"], Value::Null);
    assert_eq!(output.stderr, "");
}

#[test]
fn without_the_rights_the_rest_is_shown() {
    let server = Server::start();
    store(&server, settings(&server), Some(600), &[1]);
    let rules = ["reset", "on", ">pw", "~CM:*", "+@all", "-object", "-hgetall"];
    redis::cmd("ACL").arg("SETUSER").arg("ops").arg(&rules).exec(&mut server.connect()).unwrap();
    let cli = |args: &[&str]| {
        let cli = Cli::bare().env("CACHEME_URL", format!("{}?user=ops", server.url()));
        cli.env("REDISCLI_AUTH", "pw").args(args).run()
    };
    let output = cli(&["keys", "show", "n:1", "n:1", "-v", "--format", "ndjson"]);
    let row = &output.ok().ndjson()[0];
    assert_eq!(
        (&row["value"], &row["stored_at"], &row["idle_seconds"]),
        (&json!(2), &Value::Null, &Value::Null)
    );
    for refused in ["refuses OBJECT IDLETIME", "refuses HGETALL"] {
        assert_eq!(output.stderr.matches(refused).count(), 1, "{}", output.transcript());
    }
    let output = cli(&["tags", "list", "--deep", "--format", "json"]);
    assert_eq!(output.ok().json()[0]["oldest_at"], Value::Null);
    assert!(output.json()[0]["ttl_min"].as_i64() > Some(590));
    assert!(!output.stderr.contains("HGETALL"), "{}", output.transcript());
}

#[test]
fn ages_of_an_index_are_those_of_its_keys() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    let mut random = 11_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    for n in 0..120 {
        let key = format!("k{}>f{n}", n / 4);
        if next(5) > 0 {
            seed.live([&key]);
        }
        if next(3) > 0 {
            seed.expires(&key, 5_000 - i64::try_from(next(10_000)).unwrap());
        }
        if next(6) == 0 {
            seed.marked([&key]);
        }
        let (tag, name) = (format!("t{}", next(6)), format!("n{}", next(6)));
        seed.tag(&tag, [&key]).invalid(&name, [&key]);
    }
    seed.live(["plain"]).tag("without", ["plain"]);
    let run = |args: &[&str]| Cli::new(&server).args(args).args(["--format", "ndjson"]).run().ok().ndjson();
    for (list, flag, name) in [("tags", "--tag", "tag"), ("invalid-keys", "--invalid-key", "invalid_key")] {
        for row in run(&[list, "list", "--deep"]) {
            let keys = run(&["keys", "list", flag, row[name].as_str().unwrap()]);
            let ttls: Vec<_> = keys.iter().filter_map(|key| key["ttl_seconds"].as_i64()).collect();
            for (end, expected) in [("ttl_min", ttls.iter().min()), ("ttl_max", ttls.iter().max())] {
                // The clock goes on from one command to the next.
                let (found, expected) = (row[end].as_i64(), expected.copied());
                let near =
                    found.zip(expected).is_none_or(|(found, expected)| (0..60).contains(&(found - expected)));
                assert!(found.is_some() == expected.is_some() && near, "{end} {expected:?}: {row}");
            }
            assert_eq!(row.get("oldest_at").is_some(), list == "tags");
        }
    }
}

/// What a terminal of this width shows.
fn screen(server: &Server, args: &[&str], columns: u16) -> String {
    let terminal = Terminal::sized(Cli::new(server).args(args), columns, 100);
    assert_eq!(terminal.wait_exit(), 0);
    terminal.history()
}

#[test]
fn a_table_has_the_state_before_the_value_and_ends_a_long_one() {
    let server = Server::start();
    let long = format!("{}\u{1b}[31m\u{202e}{}", "本".repeat(1990), "z".repeat(50_000));
    let mut seed = Seed::classic(&server);
    seed.value("long", long.as_bytes()).value("lines", &pickled_numbers(500)).value("short", b"a few words");
    seed.tag("t", ["long"]);
    let shown = screen(&server, &["keys", "show", "long"], 80);
    let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("no {text} on\n{shown}"));
    assert!(at("key") < at("state") && at("state") < at("refresh") && at("refresh") < at("本"), "{shown}");
    assert_eq!(shown.matches('本').count(), 1990);
    // 1990 characters and an escape of four; the next one has twelve and is left out whole.
    assert!(shown.contains(r"\x1b[31m") && !shown.contains(r"\xe2") && !shown.contains("zz"), "{shown}");
    assert!(shown.contains("… 50,012 more characters; --full shows them"), "{shown}");
    let whole = screen(&server, &["keys", "show", "long", "--full"], 80);
    assert!(whole.matches('z').count() > 50_000 && !whole.contains("--full"));

    let shown = screen(&server, &["keys", "show", "lines"], 80);
    assert!(
        shown.contains("  18,") && !shown.contains("  19,") && shown.contains("more characters"),
        "{shown}"
    );
    let shown = screen(&server, &["keys", "show", "short"], 80);
    assert!(shown.contains("a few words") && !shown.contains("--full"), "{shown}");

    for format in ["table", "plain", "csv", "ndjson", "json"] {
        let output = Cli::new(&server).args(["keys", "show", "long", "--format", format]).run();
        assert!(output.ok().text().contains(&"z".repeat(50_000)), "{format}");
    }
    let output = Cli::new(&server).args(["keys", "show", "long", "--format", "json"]).run();
    assert_eq!(output.ok().json()["value"], long);
}

/// A pickle of protocol 0: a list of numbers.
fn pickled_numbers(many: u32) -> Vec<u8> {
    let numbers: String = (0..many).map(|n| format!("I{n}\n")).collect();
    format!("({numbers}l.").into_bytes()
}

#[test]
fn a_narrow_table_of_tags_leaves_out_ages() {
    let server = Server::start();
    store(&server, settings(&server), Some(600), &[1]);
    let shows = |columns, fields: &[&str]| {
        let screen = screen(&server, &[&["tags", "list", "--deep"], fields].concat(), columns);
        assert!(screen.lines().all(|line| line.chars().count() <= columns.into()), "{screen}");
        ["value size", "ttl_min", "newest_at"].map(|column| screen.contains(column))
    };
    assert_eq!(shows(80, &[]), [true, false, false]);
    assert_eq!(shows(120, &[]), [true, true, false]);
    assert_eq!(shows(150, &[]), [true, true, true]);
    assert_eq!(shows(80, &["--fields", "tag,newest_at"]), [false, false, true]);
}
