//! Many threads and processes, some of them killed, on a Redis that comes and goes. Everything is counted.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use cacheme::client::Timeouts;
use cacheme::memoize::{Invalidate, Settings, sync::Cache};
use cacheme::namespace::Layout;
use redis::Commands;
use serde_json::{Value, json};

use crate::memoize_calls::assert_clean;
use crate::support::process;
use crate::support::server::Server;
use crate::support::wait_until;

/// What a process of these tests is told, as JSON in this variable.
const ORDERS: &str = "CACHEME_TEST_ORDERS";
pub(crate) const KEYS: u64 = 12;

/// A process that runs [`helper`] of this very test binary.
pub(crate) struct Helper {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Helper {
    pub(crate) fn spawn(server: &Server, orders: Value) -> Self {
        let mut orders = orders;
        orders["url"] = server.url().into();
        let mut command = process::guarded(std::env::current_exe().unwrap());
        command
            .args(["--exact", "memoize_load::helper", "--ignored", "--nocapture", "--test-threads=1"])
            .env(ORDERS, orders.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = process::spawn(command).unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line that is JSON; the test harness says other things in between.
    #[track_caller]
    pub(crate) fn says(&mut self) -> Value {
        self.all().next().unwrap_or_else(|| panic!("the process ended without a word"))
    }

    /// All that it says until it ends.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        self.all().collect()
    }

    fn all(&mut self) -> impl Iterator<Item = Value> {
        self.lines.by_ref().lines().filter_map(|line| {
            let line = line.unwrap();
            serde_json::from_str(&line[line.find('{')?..]).ok()
        })
    }

    /// Kills it, and gives what it had said until then.
    pub(crate) fn kill(mut self) -> Vec<Value> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.rest()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[allow(clippy::print_stdout)]
pub(crate) fn say(value: &Value) {
    println!("\n{value}");
}

/// Another process of the tests below.
#[test]
#[ignore = "a process of other tests, started by them"]
fn helper() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let orders: Value = serde_json::from_str(&orders).unwrap();
    if orders["do"] == "storm" {
        return crate::memoize_local_storm::helper(&orders);
    }
    #[cfg(feature = "tokio")]
    if orders["do"] == "cross-slot storm" {
        return crate::memoize_spread_storm::helper(&orders);
    }
    let url = orders["url"].as_str().unwrap();
    let number = |name: &str| orders[name].as_u64().unwrap();
    let settings = Settings::new()
        .url(url)
        .layout(Layout::Meta)
        .lease(Duration::from_millis(number("lease")))
        .retries(u32::try_from(number("retries")).unwrap(), Duration::from_millis(20));
    let cache = Cache::open_with(settings, |error| say(&json!({"error": error.to_string()}))).unwrap();
    match orders["do"].as_str().unwrap() {
        "herd" => herd(&cache, url, number("takes")),
        "work" => work(&cache, url, number("seed"), orders["resilient"] == true),
        other => panic!("{other}"),
    }
}

/// 64 threads on one cold key, let go all at once by a key in Redis.
fn herd(cache: &Cache, url: &str, takes: u64) {
    let runs = std::sync::Arc::new(AtomicU64::new(0));
    let counter = std::sync::Arc::clone(&runs);
    let get = cache
        .memoize(
            "herds",
            |(): &()| "herd>it".to_owned(),
            move |(): &()| {
                counter.fetch_add(1, Relaxed);
                thread::sleep(Duration::from_millis(takes));
                7
            },
        )
        .build();
    let mut it = redis::Client::open(url).unwrap().get_connection().unwrap();
    let barrier = Barrier::new(64);
    say(&json!({"ready": true}));
    while !it.exists::<_, bool>("go").unwrap() {
        thread::sleep(Duration::from_millis(1));
    }
    let right = thread::scope(|scope| {
        let call = || {
            barrier.wait();
            get.call(&()).unwrap()
        };
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(call)).collect();
        threads.into_iter().map(|it| it.join().unwrap()).filter(|value| *value == 7).count()
    });
    let waits = get.counts().retries;
    say(&json!({"runs": runs.load(Relaxed), "right": right, "waits": waits}));
}

/// Threads that read keys over and over; the truth is in Redis, where the function looks it up. Now and then it fails.
fn work(cache: &Cache, url: &str, seed: u64, resilient: bool) {
    let client = redis::Client::open(url).unwrap();
    let turn = AtomicU64::new(seed);
    let mine = Mutex::new(client.get_connection().unwrap());
    let turns = AtomicU64::new(0);
    let get = cache
        .try_memoize(
            "work",
            |k: &u64| format!("work:{k}>it"),
            move |k: &u64| {
                let truth: u64 = mine.lock().unwrap().get(format!("truth:{k}")).unwrap();
                let turn = turns.fetch_add(1, Relaxed);
                thread::sleep(Duration::from_millis(turn % 4));
                if turn.is_multiple_of(7) { Err("told to fail") } else { Ok(truth) }
            },
        )
        .invalid_keys(|k: &u64, _: &u64| format!("work{k}"));
    // With all that a function can be told for when it is slow or fails, or without.
    let get = match resilient {
        true => get
            .timeout(Duration::from_secs(2))
            .jitter(0.5)
            .early_refresh(20.0)
            .stale_if_error(Duration::from_millis(5))
            .stale_while_revalidate(seed % 3 == 1)
            .soft_timeout(Duration::from_millis(if seed % 3 == 2 { 1 } else { 60_000 }))
            .hard_timeout(Duration::from_millis(3)),
        false => get,
    };
    let get = get.build();
    say(&json!({"ready": true}));
    let mut it = client.get_connection().unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    let k = turn.fetch_add(7, Relaxed) % KEYS;
                    let _ = get.call(&k);
                }
            });
        }
        while !it.exists::<_, bool>("stop").unwrap() {
            thread::sleep(Duration::from_millis(5));
        }
        stop.store(true, Relaxed);
    });
    cache.close().unwrap();
    let counts = get.counts();
    let [stale_on_error, timed_out, early] = [counts.stale_on_error, counts.timed_out, counts.early];
    say(&json!({
        "hits": counts.hits, "refreshes": counts.refreshes, "failed": counts.failed,
        "stale_on_error": stale_on_error, "timed_out": timed_out, "early": early,
    }));
}

#[test]
fn four_processes_of_64_threads_on_one_cold_key() {
    // What ends within the wait runs once in all; what takes longer, once a process at most.
    for (takes, retries, most) in [(50, 200, 1), (700, 5, 4)] {
        let server = Server::start();
        let orders = json!({"do": "herd", "takes": takes, "retries": retries, "lease": 60_000});
        let mut helpers: Vec<_> = (0..4).map(|_| Helper::spawn(&server, orders.clone())).collect();
        helpers.iter_mut().for_each(|helper| drop(helper.says()));
        let _: () = server.connect().set("go", 1).unwrap();
        let answers: Vec<_> = helpers.iter_mut().map(Helper::says).collect();
        assert!(answers.iter().all(|it| it.get("runs").is_some()), "{answers:?}");
        let runs: Vec<_> = answers.iter().map(|it| it["runs"].as_u64().unwrap()).collect();
        assert!(answers.iter().all(|it| it["right"] == 64), "{answers:?}");
        assert!(runs.iter().all(|runs| *runs <= 1), "once a process: {runs:?}");
        let all = runs.iter().sum::<u64>();
        assert!((1..=most).contains(&all), "{all} runs of what takes {takes} ms: {answers:?}");
        assert_clean(&server);
    }
}

#[test]
fn workers_killed_in_the_middle_lose_no_invalidation() {
    killed(false);
}

#[test]
fn resilient_workers_killed_in_the_middle_lose_no_invalidation() {
    killed(true);
}

fn killed(resilient: bool) {
    let server = Server::start();
    let mut it = server.connect();
    for k in 0..KEYS {
        let _: () = it.set(format!("truth:{k}"), 0).unwrap();
    }
    let lease = 200;
    let mut seed = 0;
    let mut spawn = || {
        seed += 1;
        Helper::spawn(
            &server,
            json!({"do": "work", "seed": seed, "retries": 5, "lease": lease, "resilient": resilient}),
        )
    };
    let mut helpers: Vec<_> = (0..3).map(|_| spawn()).collect();
    helpers.iter_mut().for_each(|helper| drop(helper.says()));
    let settings = server.settings().layout(Layout::Meta).lease(Duration::from_millis(lease));
    let cache = Cache::open(settings).unwrap();
    let (mut invalidations, mut kills) = (0_u64, 0);
    let end = Instant::now() + Duration::from_secs(6);
    let mut next_kill = Instant::now();
    while Instant::now() < end {
        let k = invalidations * 5 % KEYS;
        let _: () = it.incr(format!("truth:{k}"), 1).unwrap();
        cache.invalidate(&Invalidate::key(format!("work:{k}>it"))).unwrap();
        invalidations += 1;
        thread::sleep(Duration::from_millis(2));
        if Instant::now() >= next_kill {
            helpers.remove(0).kill();
            helpers.push(spawn());
            kills += 1;
            next_kill = Instant::now() + Duration::from_millis(300);
        }
    }
    let _: () = it.set("stop", 1).unwrap();
    let mut worked = BTreeMap::new();
    for helper in &mut helpers {
        let mut said = helper.says();
        if said["ready"] == true {
            said = helper.says();
        }
        for (name, count) in said.as_object().unwrap() {
            *worked.entry(name.clone()).or_insert(0) += count.as_u64().unwrap();
        }
    }
    drop(helpers);
    assert!(kills >= 5 && invalidations > 50, "{kills} kills, {invalidations} invalidations");
    assert!(worked["hits"] > 0 && worked["refreshes"] > 0 && worked["failed"] > 0, "{worked:?}");
    let old = ["stale_on_error", "timed_out", "early"].iter().map(|name| worked[*name]).sum::<u64>();
    assert_eq!(old > 0, resilient, "{worked:?}");

    // Who was killed is owed a lease each at most; they run out, and any miss puts back what they held.
    let fresh = server.connect();
    let fresh = Mutex::new(fresh);
    let read = cache
        .memoize(
            "work",
            |k: &u64| format!("work:{k}>it"),
            move |k: &u64| fresh.lock().unwrap().get::<_, u64>(format!("truth:{k}")).unwrap(),
        )
        .build();
    let other = cache.memoize("other", |n: &u64| format!("other:{n}"), |n: &u64| *n).build();
    let mut n = 0;
    wait_until("the leases run out", Duration::from_secs(10), || {
        n += 1;
        other.call(&n).unwrap();
        it.zcard::<_, u64>("CM:meta:leases").unwrap() == 0
    });
    let wrong: Vec<_> = (0..KEYS)
        .filter(|k| {
            let truth: u64 = it.get(format!("truth:{k}")).unwrap();
            read.call(k).unwrap() != truth
        })
        .collect();
    assert_eq!(wrong, [0_u64; 0], "keys with a lost invalidation, of {invalidations} with {kills} kills");
    assert_clean(&server);
}

#[test]
fn redis_that_freezes_dies_and_comes_back_under_load() {
    let mut server = Server::start();
    let truth: Vec<AtomicU64> = (0..KEYS).map(|_| AtomicU64::new(0)).collect();
    let truth = std::sync::Arc::new(truth);
    let source = std::sync::Arc::clone(&truth);
    let short = Timeouts { connect: Duration::from_millis(100), io: Duration::from_millis(100) };
    let settings =
        server.settings().layout(Layout::Classic).timeouts(short).lease(Duration::from_millis(300));
    let cache = Cache::open_with(settings, |_| ()).unwrap();
    let get = cache
        .memoize(
            "get",
            |k: &u64| format!("k:{k}>it"),
            move |k: &u64| {
                let value = source[*k as usize].load(SeqCst);
                thread::sleep(Duration::from_millis(1));
                value
            },
        )
        .build();
    let stop = AtomicBool::new(false);
    // No invalidation is under way while Redis is taken down: what it loses then is between Redis and its disk.
    let quiet = Mutex::new(());
    let (calls, slowest, invalidated) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for thread in 0..6 {
            let (get, stop, calls, slowest, truth) = (&get, &stop, &calls, &slowest, &truth);
            scope.spawn(move || {
                let mut n = thread;
                while !stop.load(Relaxed) {
                    n += 5;
                    let k = n % KEYS;
                    let start = Instant::now();
                    let value = get.call(&k).expect("it computes when Redis is away");
                    assert!(value <= truth[k as usize].load(SeqCst), "a value from nowhere");
                    calls.fetch_add(1, Relaxed);
                    slowest.fetch_max(u64::try_from(start.elapsed().as_millis()).unwrap(), Relaxed);
                }
            });
        }
        scope.spawn(|| {
            let mut n = 0;
            while !stop.load(Relaxed) {
                n += 1;
                let guard = quiet.lock().unwrap();
                let k = n % KEYS;
                truth[k as usize].fetch_add(1, SeqCst);
                while cache.invalidate(&Invalidate::key(format!("k:{k}>it"))).is_err() {}
                invalidated.fetch_add(1, Relaxed);
                drop(guard);
                thread::sleep(Duration::from_millis(3));
            }
        });
        for round in 0..4 {
            thread::sleep(Duration::from_millis(400));
            match round {
                0 | 2 => {
                    server.signal("STOP");
                    thread::sleep(Duration::from_millis(350));
                    server.signal("CONT");
                }
                1 => {
                    let _quiet = quiet.lock().unwrap();
                    server.restart();
                }
                _ => {
                    let _quiet = quiet.lock().unwrap();
                    server.stop();
                    thread::sleep(Duration::from_millis(200));
                    server.restart();
                }
            }
        }
        thread::sleep(Duration::from_millis(400));
        stop.store(true, Relaxed);
    });
    let counts = get.counts();
    let told =
        format!("{calls:?} calls, {invalidated:?} invalidations, the slowest {slowest:?} ms, {counts:?}");
    assert!(calls.load(Relaxed) > 500 && counts.errors > 0 && counts.hits > 100, "{told}");
    // Several steps of a call may each wait for a timeout; none waits for ever.
    assert!(slowest.load(Relaxed) < 3000, "{told}");
    let other = cache.memoize("other", |n: &u64| format!("other:{n}"), |n: &u64| *n).build();
    let mut it = server.connect();
    let mut n = 0;
    wait_until("the leases run out", Duration::from_secs(10), || {
        n += 1;
        other.call(&n).unwrap();
        it.zcard::<_, u64>("CM:meta:leases").unwrap() == 0
    });
    let wrong = (0..KEYS).filter(|k| get.call(k).unwrap() != truth[*k as usize].load(SeqCst)).count();
    assert_eq!(wrong, 0, "lost invalidations: {told}");
    assert_clean(&server);
}
