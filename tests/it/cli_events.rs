//! `events`: what is told, one by one and in order by key, is what the workers did.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cacheme::memoize::Invalidate;
use cacheme::memoize::sync::{Cache, Memoized};
use cacheme::namespace::Layout;
use redis::Commands;
use serde_json::{Value, json};

use crate::stats_live::wait_for_monitor;
use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::python::Lib;
use crate::support::running::Running;
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use crate::support::wait_until;
use crate::support::worker::Worker;

/// Events under way.
struct Follow(Running);

impl Follow {
    /// Starts `events` and waits until the server is monitored.
    fn start(server: &Server, args: &[&str]) -> Self {
        let running = Cli::new(server).args(["events", "--yes", "--format", "ndjson"]).args(args).spawn();
        wait_for_monitor(server);
        Self(running)
    }

    /// Ends it as Ctrl-C does, and gives what was told.
    fn stop(self) -> Vec<Value> {
        self.0.signal("INT");
        self.0.wait().code(130).ndjson()
    }
}

/// The kinds of the events of a key, in their order.
fn kinds<'a>(events: &'a [Value], key: &str) -> Vec<&'a str> {
    let of_key = events.iter().filter(|event| event["key"] == key);
    of_key.map(|event| event["kind"].as_str().unwrap()).collect()
}

/// The keys of all events, each once.
fn keys(events: &[Value]) -> Vec<&str> {
    let mut keys: Vec<_> = events.iter().map(|event| event["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn micros(event: &Value) -> i64 {
    let time: jiff::Timestamp = event["time"].as_str().unwrap().parse().unwrap();
    time.as_microsecond()
}

/// Times are of now and go up by key, `elapsed_ms` is of computations alone.
fn are_sound(events: &[Value]) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_micros()).unwrap();
    let mut last = BTreeMap::new();
    for event in events {
        let at = micros(event);
        assert!((now - 300_000_000..=now + 1_000_000).contains(&at), "{event}");
        let before = last.insert(event["key"].as_str().unwrap(), at).unwrap_or(at);
        assert!(before <= at, "{events:#?}");
        let time = event["time"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.len() == "2026-11-29T19:25:17.123456Z".len(), "{event}");
        assert!(event["kind"] == "stored" || event["elapsed_ms"].is_null(), "{event}");
    }
}

/// Lets the timeout of a key pass at once.
fn expire(server: &Server, base: &str, ending: &str) {
    let bucket = format!("CM:Meta:Expire-Buckets::CM:{base}");
    let changed: u64 = redis::cmd("ZADD")
        .arg(&[&bucket, "XX", "CH", "1", &format!("CM:{base}{ending}")])
        .query(&mut server.connect())
        .unwrap();
    assert_eq!(changed, 1, "{bucket}");
}

fn cacheme(server: &Server, args: &[&str]) {
    Cli::new(server).args(args).run().ok();
}

/// What the library's workers did is what was told.
fn workers_of_the_library(lib: Lib, server: &Server, url: &str) {
    let patient = json!({"THUNDERING_HERD_RETRY_COUNT": 500});
    let worker = || Worker::builder(lib, server).url(url).settings(&patient).spawn();
    let (mut one, mut two) = (worker(), worker());
    let follow = Follow::start(server, &[]);
    let mut computed = Vec::new();
    let mut owner = |worker: &mut Worker| {
        let answer = worker.call("get_owner", json!([100]));
        computed.push(answer["computed"].as_bool().unwrap());
    };
    owner(&mut one);
    owner(&mut two);
    owner(&mut two);
    cacheme(server, &["invalidate", "--key", "Book:100>owner"]);
    owner(&mut two);
    cacheme(server, &["invalidate", "--pattern", "Book:100>owner", "--yes"]);
    owner(&mut one);
    owner(&mut one);

    one.value("later", json!([1]));
    expire(server, "later:1", "");
    two.value("later", json!([1]));
    one.value("later_field", json!([2]));
    expire(server, "later:2", ">field");
    cacheme(server, &["purge"]);

    // The second waits for the first.
    one.hold("1");
    two.send(&json!({"call": "held", "args": ["1"]}));
    let mut connection = server.connect();
    wait_until("the second looks again and again", Duration::from_secs(60), || {
        let calls: String = redis::cmd("INFO").arg("commandstats").query(&mut connection).unwrap();
        let line = calls.lines().find_map(|line| line.strip_prefix("cmdstat_hget:calls="));
        line.unwrap_or("0").split(',').next().unwrap().parse::<u64>().unwrap() > 30
    });
    one.resume(json!(["v"]));
    assert_eq!(two.receive()["result"], json!(["v"]));
    one.value("held", json!(["1"]));

    let events = follow.stop();
    are_sound(&events);
    assert_eq!(
        kinds(&events, "Book:100>owner"),
        ["miss", "stored", "hit", "hit", "marked", "refresh", "stored", "deleted", "miss", "stored", "hit"],
        "{lib:?} {events:#?}"
    );
    assert_eq!(computed, [true, false, false, true, true, false]);
    assert_eq!(kinds(&events, "later:1"), ["miss", "stored", "expired", "refresh", "stored"], "{events:#?}");
    assert_eq!(kinds(&events, "later:2>field"), ["miss", "stored", "expired"], "{events:#?}");
    let held = keys(&events).into_iter().find(|key| key.starts_with("held")).unwrap();
    assert_eq!(kinds(&events, held), ["miss", "wait", "stored", "hit"], "{events:#?}");
    assert_eq!(keys(&events).len(), 4, "{events:#?}");
    for event in events.iter().filter(|event| event["kind"] == "stored") {
        assert!(event["elapsed_ms"].as_f64().unwrap() > 0.0, "{event}");
        assert!(event["tag"].is_string(), "{event}");
    }
    let stored = events.iter().find(|it| it["kind"] == "stored" && it["key"] == held).unwrap();
    let waited = events.iter().find(|it| it["kind"] == "wait").unwrap();
    // It was held at least for as long as the other waited.
    let least = (micros(stored) - micros(waited)) as f64 / 1000.0;
    assert!(stored["elapsed_ms"].as_f64().unwrap() >= least * 0.9, "{events:#?}");
    let clients: Vec<_> = events
        .iter()
        .filter(|event| event["key"] == "Book:100>owner")
        .map(|event| event["client"].as_str().unwrap())
        .collect();
    match url.starts_with("unix") {
        true => {
            assert!(clients.iter().all(|client| *client == format!("unix:{}", server.socket().display())))
        }
        // One computed, the other was served; the command line marked and deleted.
        false => {
            let (one, two) = (clients[0], clients[2]);
            assert!(one.starts_with("127.0.0.1:") && one != two, "{clients:?}");
            assert_eq!((clients[1], clients[3], clients[5], clients[6]), (one, two, two, two));
            assert_eq!(clients[8..], [one; 3]);
        }
    }
}

#[test]
fn what_is_told_is_what_the_library_did_009() {
    let server = Server::start();
    workers_of_the_library(Lib::V009, &server, &server.url());
}

#[test]
fn what_is_told_is_what_the_library_did_011() {
    let server = Server::start();
    workers_of_the_library(Lib::V011, &server, &server.url());
}

#[test]
fn what_is_told_is_what_the_library_did_over_tcp() {
    for lib in [Lib::V009, Lib::V011] {
        let server = Server::builder().tcp().start();
        workers_of_the_library(lib, &server, &server.tcp_url());
    }
}

#[test]
fn what_is_told_is_what_rust_workers_did() {
    for layout in [Layout::Classic, Layout::Meta] {
        let server = Server::start();
        let follow = Follow::start(&server, &["--layout", &layout.to_string()]);
        let patient = server.settings().prefix("CM:").layout(layout).retries(1000, Duration::from_millis(10));
        let cache = || Cache::open(patient.clone()).unwrap();
        let (one, two) = (cache(), cache());
        let go = Arc::new(AtomicBool::new(false));
        let function = |cache: &Cache| {
            let go = Arc::clone(&go);
            let computed = move |_: &str| {
                std::thread::sleep(Duration::from_millis(150));
                wait_until("it is told to go on", Duration::from_secs(60), || go.load(Relaxed));
                Ok::<u64, ()>(7)
            };
            let slow = cache.try_memoize("slow", |id: &str| format!("slow:{id}"), computed);
            slow.timeout(Duration::from_secs(300)).build()
        };
        let (first, second) = (function(&one), function(&two));
        let in_thread = |function: &Memoized<str, u64, ()>| {
            let function = function.clone();
            std::thread::spawn(move || function.call("1").unwrap())
        };
        let computing = in_thread(&first);
        let mut connection = server.connect();
        wait_until("it computes", Duration::from_secs(20), || {
            connection.zscore::<_, _, Option<f64>>("CM:meta:leases", "CM:slow:1").unwrap().is_some()
        });
        let waiting = in_thread(&second);
        wait_until("the other waits", Duration::from_secs(20), || second.counts().retries > 1);
        go.store(true, Relaxed);
        assert_eq!((computing.join().unwrap(), waiting.join().unwrap()), (7, 7));
        assert_eq!(second.counts().waits, 1);
        first.call("1").unwrap();
        two.invalidate(&Invalidate::key("slow:1")).unwrap();
        second.call("1").unwrap();
        expire(&server, "slow:1", "");
        first.call("1").unwrap();
        second.call("1").unwrap();
        let events = follow.stop();
        are_sound(&events);
        assert_eq!(
            kinds(&events, "slow:1"),
            [
                "miss", "wait", "stored", "hit", "marked", "refresh", "stored", "expired", "refresh",
                "stored", "hit"
            ],
            "{layout} {events:#?}"
        );
        for event in events.iter().filter(|event| event["kind"] == "stored") {
            assert!(event["elapsed_ms"].as_f64().unwrap() >= 150.0, "{event}");
            assert_eq!(event["tag"], "slow");
        }
    }
}

#[test]
fn only_what_was_selected_is_told() {
    for lib in [Lib::V009, Lib::V011] {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        // Known by its index before it begins, and never written again.
        worker.value("get_title", json!([7]));
        worker.value("get_owner", json!([7]));
        const OWNER: &str = "Book:1>owner";
        const TITLE: &str = "Book:1>title";
        const OWNER_7: &str = "Book:7>owner";
        const TITLE_7: &str = "Book:7>title";
        const PLAIN: &str = "plain:1";
        let followed: Vec<(&str, Follow, &[&str])> = [
            ("--key Book:1>owner", &[OWNER][..]),
            ("--key Book:1>owner --key plain:1", &[OWNER, PLAIN]),
            ("--pattern Book:*>owner", &[OWNER, OWNER_7]),
            ("--pattern Book:1", &[OWNER, TITLE]),
            ("--tag get_title", &[TITLE, TITLE_7]),
            ("--tag plain --pattern Book:7", &[OWNER_7, TITLE_7, PLAIN]),
            // The owner of book 1 is user 101, of book 7 user 107.
            ("--invalid-key User:101", &[OWNER]),
            ("--invalid-key User:107", &[OWNER_7]),
            ("--from-file /dev/null", &[]),
            // All of them.
            ("--match all --tag get_owner --pattern Book:7", &[OWNER_7]),
            ("--match all --tag get_owner --invalid-key User:101", &[OWNER]),
            ("--match all --tag get_owner --tag get_title", &[]),
            // Without these.
            ("--except-tag get_owner", &[TITLE, TITLE_7, PLAIN]),
            ("--except-tag nothing --except-key plain:1", &[OWNER, TITLE, OWNER_7, TITLE_7]),
            ("--pattern Book:* --except-invalid-key User:101", &[TITLE, OWNER_7, TITLE_7]),
            ("--tag get_owner --tag plain --except-pattern Book:7", &[OWNER, PLAIN]),
            ("--match all --pattern Book:* --tag get_owner --except-invalid-key User:107", &[OWNER]),
        ]
        .into_iter()
        .map(|(args, expected)| {
            let words: Vec<_> = args.split(' ').collect();
            (args, Follow::start(&server, &words), expected)
        })
        .collect();
        // Each has read the members of its sets and monitors.
        wait_until("all of them monitor", Duration::from_secs(60), || {
            let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut server.connect()).unwrap();
            clients.matches("cmd=monitor").count() == followed.len()
        });
        for book in [1, 7] {
            worker.value("get_title", json!([book]));
            worker.value("get_owner", json!([book]));
        }
        worker.value("plain", json!([1]));
        for (args, follow, expected) in followed {
            let events = follow.stop();
            are_sound(&events);
            assert_eq!(keys(&events), expected, "{args}: {events:#?}");
            for key in expected {
                let all: &[&str] = if key.contains('7') { &["hit"] } else { &["miss", "stored"] };
                assert_eq!(kinds(&events, key), all, "{args}: {events:#?}");
            }
        }
    }
}

#[test]
fn of_a_whole_hash_it_is_told_what_an_exception_leaves() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V011, &server);
    worker.value("get_owner", json!([1]));
    worker.value("plain", json!([1]));
    let words = "--except-tag get_owner --except-key plain:1";
    let follow = Follow::start(&server, &words.split(' ').collect::<Vec<_>>());
    // It may have other fields than the owner; of plain:1 there is nothing else.
    for base in ["Book:1", "plain:1"] {
        worker.invalidate(json!({"pattern": format!("CM:{base}")}));
    }
    let events = follow.stop();
    assert_eq!((keys(&events), kinds(&events, "Book:1")), (vec!["Book:1"], vec!["deleted"]));
}

#[test]
fn what_an_event_does_not_have_is_refused() {
    let server = Server::start();
    for flag in ["--state=live", "--larger-than=5", "--expires-within=1h", "--no-timeout"] {
        Cli::new(&server).args(["events", "--for", "1s", flag]).run().code(2).says("unexpected argument");
    }
}

const CALLS: u64 = 10_000;
const KEYS: usize = 60;
const WORKERS: usize = 3;

/// A key as its callers left it.
#[derive(Clone, Copy, Default)]
struct Left {
    value: bool,
    mark: bool,
    /// Its invalid key names it.
    is_named: bool,
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// What a worker does next with a key, whose base is this, and what is to be told of it.
fn step(
    left: &mut Left,
    key: &str,
    base: &str,
    call: &Value,
    what: u64,
) -> (Value, String, &'static [&'static str]) {
    let id = base.split(':').nth(1).unwrap().parse::<u64>().unwrap();
    let own = key.to_owned();
    match what {
        0 => {
            left.mark = true;
            (json!({"invalidate": {"key": key}}), own, &["marked"])
        }
        1 if left.is_named => {
            left.mark = true;
            (json!({"invalidate": {"invalid_key": format!("User:{}", 100 + id)}}), own, &["marked"])
        }
        2 if left.value => {
            left.value = false;
            (json!({"invalidate": {"pattern": format!("CM:{base}")}}), base.to_owned(), &["deleted"])
        }
        _ => {
            let kinds: &[&str] = match *left {
                Left { mark: true, .. } => &["refresh", "stored"],
                Left { value: false, .. } => &["miss", "stored"],
                _ => &["hit"],
            };
            *left = Left { value: true, mark: false, is_named: key.ends_with(">owner") };
            (call.clone(), own, kinds)
        }
    }
}

/// Three processes call and invalidate the same keys; in a round each has a third of them for itself. What they say of their
/// calls, and what is told, is what was done, in order by key.
fn every_event_of(lib: Lib) {
    let server = Server::start();
    let mut workers: Vec<_> = (0..WORKERS).map(|_| Worker::spawn(lib, &server)).collect();
    let follow = Follow::start(&server, &[]);
    let mut left = [Left::default(); KEYS];
    let mut expected: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let (mut calls, mut round, mut random) = (0, 0, Random(17));
    while calls < CALLS {
        let mut asked = vec![Vec::new(); WORKERS];
        for at in (0..KEYS).cycle().take(8 * KEYS) {
            let (base, function) = match at % 2 {
                0 => (format!("plain:{at}"), "plain"),
                _ => (format!("Book:{at}"), "get_owner"),
            };
            let key = if at % 2 == 0 { base.clone() } else { format!("{base}>owner") };
            let call = json!({"call": function, "args": [at]});
            let (command, of, kinds) = step(&mut left[at], &key, &base, &call, random.below(40));
            calls += u64::from(command == call);
            expected.entry(of).or_default().extend(kinds);
            asked[(at + round) % WORKERS].push((command, kinds.len() == 2));
            if calls == CALLS {
                break;
            }
        }
        round += 1;
        for (worker, asked) in workers.iter_mut().zip(&asked) {
            let commands: Vec<_> = asked.iter().map(|(command, _)| command).collect();
            worker.send(&json!({"each": commands}));
        }
        for (worker, asked) in workers.iter_mut().zip(&asked) {
            let answers = worker.receive();
            let answers = answers["result"].as_array().unwrap_or_else(|| panic!("{answers}"));
            assert_eq!(answers.len(), asked.len());
            for ((command, computes), answer) in asked.iter().zip(answers) {
                if command.get("call").is_some() {
                    assert_eq!(answer["computed"], *computes, "{lib:?} {command} {answer}");
                }
            }
        }
    }
    let events = follow.stop();
    are_sound(&events);
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in &events {
        told.entry(event["key"].as_str().unwrap()).or_default().push(event["kind"].as_str().unwrap());
    }
    assert_eq!(told.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (key, expected) in &expected {
        assert_eq!(&told[key.as_str()], expected, "{lib:?} {key}");
    }
    let called =
        |event: &&Value| ["hit", "miss", "refresh", "wait"].contains(&event["kind"].as_str().unwrap());
    assert_eq!(events.iter().filter(called).count() as u64, CALLS);
}

#[test]
fn of_ten_thousand_calls_of_three_processes_every_event_is_told_009() {
    every_event_of(Lib::V009);
}

#[test]
fn of_ten_thousand_calls_of_three_processes_every_event_is_told_011() {
    every_event_of(Lib::V011);
}

#[test]
fn only_these_kinds_are_told_and_the_limit_ends_it() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V011, &server);
    let running = Cli::new(&server)
        .args(["events", "--kind", "stored,marked", "--limit", "3", "--format", "ndjson"])
        .spawn();
    wait_for_monitor(&server);
    worker.value("plain", json!([1]));
    worker.value("plain", json!([1]));
    worker.invalidate(json!({"key": "plain:1"}));
    worker.value("plain", json!([1]));
    worker.invalidate(json!({"key": "plain:1"}));
    let output = running.wait();
    let events = output.ok().says("MONITOR").ndjson();
    assert_eq!(kinds(&events, "plain:1"), ["stored", "marked", "stored"], "{events:#?}");
    Cli::new(&server).args(["events", "--kind", "read"]).run().code(2).says("refresh");
}

#[test]
fn it_ends_by_itself_in_time() {
    let server = Server::start();
    let run = |args: &[&str]| -> Output { Cli::new(&server).arg("events").args(args).run() };
    let output = run(&["--for", "300ms", "--format", "json"]);
    assert_eq!(output.ok().json(), json!([]));
    assert!(output.elapsed >= Duration::from_millis(300), "{:?}", output.elapsed);
    for (args, hint) in [(&["--for", "61s"][..], "61 s"), (&[], "no end"), (&["--kind", "hit"], "no end")] {
        run(args).code(2).says(hint).says("--yes");
    }
}

#[test]
fn it_asks_on_a_terminal_before_it_begins() {
    let server = Server::start();
    let terminal = Terminal::run(Cli::new(&server).args(["events"]));
    terminal.wait_for("[y/N]");
    assert!(terminal.history().contains("all its clients"), "{}", terminal.history());
    terminal.line("n");
    assert_eq!(terminal.wait_exit(), 2);
    let terminal = Terminal::sized(Cli::new(&server).args(["events"]), 140, 24);
    terminal.wait_for("[y/N]");
    terminal.line("y");
    wait_for_monitor(&server);
    Worker::spawn(Lib::V009, &server).value("plain", json!([1]));
    let screen = terminal.wait_for("stored");
    assert!(screen.contains("elapsed_ms") && screen.contains("plain:1"), "{screen}");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 130);
    // In a narrow one no row is broken: it goes without the client, and without the day.
    let terminal = Terminal::run(Cli::new(&server).args(["events", "--for", "59s", "--limit", "3"]));
    wait_for_monitor(&server);
    let mut worker = Worker::spawn(Lib::V009, &server);
    (0..3).for_each(|id| drop(worker.value("get_owner", json!([id]))));
    assert_eq!(terminal.wait_exit(), 0);
    let screen = terminal.screen();
    let rows = screen.lines().skip_while(|line| !line.starts_with("time"));
    let columns: Vec<_> = rows.take(4).map(|line| line.split_whitespace().count()).collect();
    assert_eq!(columns, [5; 4], "{screen}");
}

#[test]
fn rows_appear_at_once_in_each_format() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V009, &server);
    let formats = ["table", "plain", "csv", "ndjson", "json"];
    for (id, format) in formats.into_iter().enumerate() {
        let mut running = Cli::new(&server).args(["events", "--yes", "--format", format]).spawn();
        wait_for_monitor(&server);
        worker.value("plain", json!([id]));
        // While it runs, and nothing else happens.
        running.wait_for_stdout("stored");
        worker.value("plain", json!([id]));
        running.wait_for_stdout("hit");
        running.signal("INT");
        let output = running.wait();
        output.code(130);
        let (key, lines) = (format!("plain:{id}"), output.lines());
        match format {
            "json" => assert_eq!(kinds(output.json().as_array().unwrap(), &key), ["miss", "stored", "hit"]),
            "ndjson" => assert_eq!(kinds(&output.ndjson(), &key), ["miss", "stored", "hit"]),
            "plain" => {
                let cells: Vec<Vec<_>> = lines.iter().map(|line| line.split('\t').collect()).collect();
                assert_eq!(cells[1][1..4], ["stored", &key, "plain"], "{lines:?}");
                assert_eq!((cells.len(), cells[0][5]), (3, ""), "{lines:?}");
            }
            _ => {
                let header = lines[0].replace(',', " ");
                let header: Vec<_> = header.split_whitespace().collect();
                assert_eq!(header, ["time", "kind", "key", "tag", "client", "elapsed_ms"]);
                assert_eq!(lines.len(), 4, "{lines:?}");
            }
        }
    }
    let running = Cli::new(&server)
        .args(["events", "--limit", "1", "--fields", "kind,key", "--format", "plain"])
        .spawn();
    wait_for_monitor(&server);
    worker.value("plain", json!(["new"]));
    assert_eq!(running.wait().ok().text(), "miss\tplain:new\n");
}

#[test]
fn the_first_hit_of_a_key_with_a_timeout_does_not_wait_for_the_end() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V009, &server);
    worker.value("later", json!([1]));
    worker.value("later", json!([2]));
    cacheme(&server, &["invalidate", "--key", "later:2"]);
    // A doubt would last for a minute.
    let mut running = Cli::new(&server)
        .args(["events", "--yes", "--format", "ndjson"])
        .timeout(Duration::from_secs(45))
        .spawn();
    let mut connection = server.connect();
    wait_until("it has asked what is marked", Duration::from_secs(30), || {
        let calls: String = redis::cmd("INFO").arg("commandstats").query(&mut connection).unwrap();
        calls.contains("cmdstat_echo:")
    });
    worker.value("later", json!([1]));
    running.wait_for_stdout("\"hit\"");
    worker.value("later", json!([2]));
    running.wait_for_stdout("\"refresh\"");
    running.signal("INT");
    let events = running.wait().code(130).ndjson();
    assert_eq!(
        (kinds(&events, "later:1"), kinds(&events, "later:2")),
        (vec!["hit"], vec!["refresh", "stored"])
    );
}

#[test]
fn what_is_left_at_the_end_is_told_in_order_of_time_and_with_its_tags() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V011, &server);
    let calls: Vec<_> = (0..30).map(|id| json!({"call": "get_title", "args": [id]})).collect();
    let mut call_all = || {
        worker.send(&json!({"each": calls}));
        assert_eq!(worker.receive()["result"].as_array().map(Vec::len), Some(calls.len()));
    };
    call_all();
    let follow = Follow::start(&server, &[]);
    call_all();
    let events = follow.stop();
    let told: Vec<_> = events.iter().map(|event| event["key"].as_str().unwrap().to_owned()).collect();
    let called: Vec<_> = (0..30).map(|id| format!("Book:{id}>title")).collect();
    assert_eq!(told, called);
    assert!(events.iter().all(|event| event["tag"] == "get_title"), "{events:#?}");
}

#[test]
fn a_slow_reader_is_told_what_it_missed() {
    let server = Server::start();
    let mut connection = server.connect();
    // It reads nothing until told.
    let script = "cacheme events --for 59s --limit 100000 --format plain | \
                  { until test -e go; do sleep 0.1; done; wc -l; }; exit ${PIPESTATUS[0]}";
    let running = Cli::shell(&server, script);
    let go = running.home().join("go");
    let running = running.spawn();
    wait_for_monitor(&server);
    const MARKS: u64 = 300_000;
    for from in (0..MARKS).step_by(1000) {
        let mut mark = redis::cmd("SADD");
        mark.arg("CM:delete");
        for id in from..from + 1000 {
            mark.arg(format!("CM:marked:{id}"));
        }
        mark.exec(&mut connection).unwrap();
    }
    // All of it is read from the server though nobody reads here.
    wait_until("nothing is held back", Duration::from_secs(50), || {
        let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut connection).unwrap();
        let monitor = clients.lines().find(|client| client.contains(" cmd=monitor"));
        monitor.is_some_and(|client| client.contains(" obl=0 oll=0 "))
    });
    std::fs::write(go, "").unwrap();
    let output = running.wait();
    assert_eq!(output.code(3).text().trim(), "100000");
    // 100,000 wait, and what the sockets hold, where a line has 1000 marks, comes when there is room again.
    let missing = output.stderr.lines().find_map(|line| line.split_once(" events were left out"));
    let missing: u64 = missing.unwrap().0.trim_start_matches("warning: ").replace(',', "").parse().unwrap();
    assert!((MARKS - 150_000..=MARKS - 100_000).contains(&missing), "{missing}");
}

#[test]
fn a_right_that_is_missing_is_named() {
    let server = Server::builder().acl_file_user("app on >pw ~* +@all -monitor").start();
    let url = format!("{}?user=app&pass=pw", server.url());
    let output = Cli::bare().args(["events", "--for", "1s", "--url", &url]).run();
    output.code(1).says("NOPERM").says("MONITOR");
}
