//! Everything at once on a namespace over three primaries and three replicas: workers of both languages, invalidations of all
//! kinds, gc and purge, slots that move, primaries that change and die, workers that are killed.
//!
//! **The truth** of a key is a number on a server of its own, which only rises, and which every function returns. Whoever
//! invalidates raises it first, and writes down what is acknowledged. A call reads that before it begins: it must not return less.
//!
//! | keys | who calls | what counts as their invalidation, and what happens besides |
//! |---|---|---|
//! | `own` | Rust | all kinds, by the binary, the library and Python; their values are never deleted |
//! | `timed` | Rust | the key and patterns, which delete; they expire and are purged, so gc takes what lists them, and an invalidation by a tag or an invalid key reaches those alone that are listed |
//! | `old` | Rust, with stale values | as `own`; old values may be served while one computes, so only the end is judged |
//! | `both` | Rust and Python 0.0.9 | the key, and patterns that mark; by the tag, the invalid key and Python's patterns besides |
//!
//! Of `both` the library itself loses some, see [`excuse`]; nothing else is let pass. Nobody invalidates anew before the end is judged.
//!
//! A primary is killed once its replica has all that it did (its writes wait meanwhile): what else it had acknowledged would be
//! gone with it, with any client. No slot is on its way while a primary changes: a replica of Redis 7 does not know of that.

// The counts are what a person wants to see of it (--nocapture).
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use cacheme::client::slot::slot;
use cacheme::client::{Target, Timeouts};
use cacheme::memoize::{Invalidate, Settings, future, sync};
use cacheme::namespace::Layout;
use cacheme::ops::InvalidationReport;
use redis::{Client, Commands, Connection};
use serde_json::{Value, json};

use crate::memoize_load::{Helper, say};
use crate::memoize_spread::assert_clean;
use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
use crate::support::content::{Content, Held};
use crate::support::output::Output;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

const FAMILIES: [&str; 4] = ["own", "timed", "old", "both"];
const KEYS: u64 = 6;
const LEASE: Duration = Duration::from_secs(3);
/// It goes on until there were so many invalidations of each family, each kind of them once, and whole sweeps.
const ENOUGH: u64 = 24;
const TIMEOUT: Duration = Duration::from_secs(1);

/// `CACHEME_CROSS_SLOT_STORM_SECONDS` makes it longer.
fn how_long() -> Duration {
    let seconds = std::env::var("CACHEME_CROSS_SLOT_STORM_SECONDS").ok().and_then(|it| it.parse().ok());
    Duration::from_secs(seconds.unwrap_or(20))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap()
}

fn logical(family: &str, n: u64) -> String {
    format!("{family}:{n}>it")
}

/// Listed under this, with a capital as its function is not.
fn invalid_key(family: &str, n: u64) -> String {
    let (first, rest) = family.split_at(1);
    format!("{}{rest}:{n}", first.to_uppercase())
}

fn settings(url: &str, seeds: &str) -> Settings {
    let target = Target::parse(url).unwrap().with_cluster(seeds).unwrap();
    let patience = Duration::from_secs(5);
    let timeouts = Timeouts { connect: patience, io: patience };
    Settings::new().target(target).layout(Layout::Classic).stale(false).lease(LEASE).timeouts(timeouts)
}

/// The server with the truth.
struct Truth {
    it: Connection,
}

impl Truth {
    fn at(url: &str) -> Self {
        Self { it: Client::open(url).unwrap().get_connection().unwrap() }
    }

    fn get(&mut self, family: &str, n: u64) -> u64 {
        self.it.get(format!("truth:{family}:{n}")).unwrap()
    }

    /// What was acknowledged of the keys of a family.
    fn acknowledged(&mut self, family: &str) -> Vec<u64> {
        self.it.mget((0..KEYS).map(|n| format!("acknowledged:{family}:{n}")).collect::<Vec<_>>()).unwrap()
    }

    fn is_over(&mut self) -> bool {
        self.it.exists("over").unwrap()
    }
}

/// A call that returned less than was acknowledged before it began.
#[derive(Debug, Clone, Copy)]
struct Older {
    family: usize,
    n: u64,
    value: u64,
    least: u64,
    start: u64,
    end: u64,
}

impl Older {
    fn json(&self) -> Value {
        json!([self.family, self.n, self.value, self.least, self.start, self.end])
    }

    fn of(json: &Value) -> Self {
        let at = |place: usize| json[place].as_u64().unwrap();
        let family = usize::try_from(at(0)).unwrap();
        Self { family, n: at(1), value: at(2), least: at(3), start: at(4), end: at(5) }
    }

    /// Of all that a process said.
    fn all(said: &[Value]) -> impl Iterator<Item = Self> {
        said.iter().filter_map(|it| it.get("older")).map(Self::of)
    }
}

/// What calls returned. What is older is said at once: who is killed has no end to say it at.
#[derive(Default)]
struct Seen {
    /// By family.
    calls: [AtomicU64; 4],
    errors: AtomicU64,
}

impl Seen {
    fn take(
        &self,
        family: usize,
        least: &[u64],
        start: u64,
        values: impl Iterator<Item = (u64, Option<u64>)>,
    ) {
        let end = now();
        for (n, value) in values {
            self.calls[family].fetch_add(1, SeqCst);
            let least = least[n as usize];
            match value {
                None => drop(self.errors.fetch_add(1, SeqCst)),
                Some(value) if value < least => {
                    say(&json!({"older": Older { family, n, value, least, start, end }.json()}));
                }
                Some(_) => {}
            }
        }
    }
}

/// What the turns of a caller are.
#[derive(Clone, Copy)]
enum Turn {
    One(u64),
    Refresh(u64),
    All,
}

fn turn(n: u64) -> (usize, Turn) {
    let key = n / 4 % KEYS;
    let turn = match n % 23 {
        3 => Turn::Refresh(key),
        7 | 13 => Turn::All,
        _ => Turn::One(key),
    };
    ((n % 4) as usize, turn)
}

type Function = sync::Memoized<u64, u64>;
type AsyncFunction = future::Memoized<u64, u64>;

/// A function whose value is the truth, and that takes some time.
fn compute(
    url: &str,
    family: &'static str,
    longer: Duration,
) -> impl Fn(u64) -> (u64, Duration) + Send + Sync + 'static {
    let (truth, turns) = (Mutex::new(Truth::at(url)), AtomicU64::new(0));
    move |n| {
        let value = truth.lock().unwrap().get(family, n);
        (value, longer + Duration::from_millis(turns.fetch_add(1, SeqCst) % 5))
    }
}

fn functions(cache: &sync::Cache, url: &str, longer: Duration) -> Vec<Function> {
    let function = |family: &'static str| {
        let compute = compute(url, family, longer);
        let get = cache.memoize(
            family,
            move |n: &u64| logical(family, *n),
            move |n: &u64| {
                let (value, takes) = compute(*n);
                thread::sleep(takes);
                value
            },
        );
        let get = get.invalid_keys(move |n, _| invalid_key(family, *n)).stale(family == "old");
        if family == "timed" { get.timeout(TIMEOUT).build() } else { get.build() }
    };
    FAMILIES.map(function).into()
}

fn async_functions(cache: &future::Cache, url: &str) -> Vec<AsyncFunction> {
    let function = |family: &'static str| {
        let compute = Arc::new(compute(url, family, Duration::ZERO));
        let get = cache.memoize(
            family,
            move |n: &u64| logical(family, *n),
            move |n: u64| {
                let compute = Arc::clone(&compute);
                async move {
                    let (value, takes) = compute(n);
                    tokio::time::sleep(takes).await;
                    value
                }
            },
        );
        let get = get.invalid_keys(move |n, _| invalid_key(family, *n)).stale(family == "old");
        if family == "timed" { get.timeout(TIMEOUT).build() } else { get.build() }
    };
    FAMILIES.map(function).into()
}

/// Calls from some threads until all is over.
fn work(functions: &[Function], url: &str, seed: u64, seen: &Seen) {
    thread::scope(|scope| {
        for caller in 0..3 {
            scope.spawn(move || {
                let (mut truth, mut n) = (Truth::at(url), seed + caller * 11);
                while !truth.is_over() {
                    n += 7;
                    let (family, turn) = turn(n);
                    let (get, least) = (&functions[family], truth.acknowledged(FAMILIES[family]));
                    let start = now();
                    let got: Vec<_> = match turn {
                        Turn::One(key) => vec![(key, get.call(&key).ok())],
                        Turn::Refresh(key) => vec![(key, get.refresh(&key).ok())],
                        Turn::All => {
                            let values = get.call_many(&(0..KEYS).collect::<Vec<_>>());
                            (0..).zip(values.into_iter().map(Result::ok)).collect()
                        }
                    };
                    seen.take(family, &least, start, got.into_iter());
                    thread::sleep(Duration::from_millis(2));
                }
            });
        }
    });
}

/// The same, by tasks.
async fn work_async(functions: Vec<AsyncFunction>, url: String, seed: u64, seen: Arc<Seen>) {
    let functions = Arc::new(functions);
    let tasks = (0..3).map(|caller| {
        let (functions, seen, mut truth) = (Arc::clone(&functions), Arc::clone(&seen), Truth::at(&url));
        let mut n = seed + caller * 11;
        tokio::spawn(async move {
            while !truth.is_over() {
                n += 7;
                let (family, turn) = turn(n);
                let (get, least) = (&functions[family], truth.acknowledged(FAMILIES[family]));
                let start = now();
                let got: Vec<_> = match turn {
                    Turn::One(key) => vec![(key, get.call(&key).await.ok())],
                    Turn::Refresh(key) => vec![(key, get.refresh(&key).await.ok())],
                    Turn::All => {
                        let values = get.call_many(&(0..KEYS).collect::<Vec<_>>()).await;
                        (0..).zip(values.into_iter().map(Result::ok)).collect()
                    }
                };
                seen.take(family, &least, start, got.into_iter());
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// A process of the storm.
pub(crate) fn helper(orders: &Value) {
    let text = |name: &str| orders[name].as_str().unwrap();
    let (url, seed, seen) = (text("url"), orders["seed"].as_u64().unwrap(), Arc::<Seen>::default());
    let settings = settings(text("cluster"), text("seeds"));
    let told = Arc::new(AtomicU64::new(0));
    let tells = Arc::clone(&told);
    let tell = move |_: &cacheme::Error| {
        tells.fetch_add(1, SeqCst);
    };
    let counts = if orders["api"] == "async" {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let cache = future::Cache::open_with(settings, tell).unwrap();
        let functions = async_functions(&cache, url);
        say(&json!({"ready": true}));
        runtime.block_on(async {
            work_async(functions, url.to_owned(), seed, Arc::clone(&seen)).await;
            cache.close().await.unwrap();
        });
        cache.counts()
    } else {
        let cache = sync::Cache::open_with(settings, tell).unwrap();
        // Whoever is to be killed is found in the middle of a computation then.
        let longer = Duration::from_millis(if orders["api"] == "killed" { 300 } else { 0 });
        let functions = functions(&cache, url, longer);
        say(&json!({"ready": true}));
        work(&functions, url, seed, &seen);
        cache.close().unwrap();
        cache.counts()
    };
    let sum = |what: fn(&cacheme::memoize::Counts) -> u64| counts.values().map(what).sum::<u64>();
    say(&json!({
        "api": orders["api"], "calls": seen.calls.each_ref().map(|it| it.load(SeqCst)),
        "errors": seen.errors.load(SeqCst),
        "told": told.load(SeqCst), "hits": sum(|it| it.hits), "refreshes": sum(|it| it.refreshes),
        "misses": sum(|it| it.misses),
    }));
}

/// A call of Python's.
#[derive(Debug, Clone, Copy)]
struct PythonCall {
    n: u64,
    start: u64,
    end: u64,
    /// What its function returned; nothing where the call failed, or was killed.
    computed: Option<u64>,
    is_whole: bool,
}

/// A raise of the truth of a key, and its invalidation.
#[derive(Debug, Clone, Copy)]
struct Raise {
    family: usize,
    n: u64,
    value: u64,
    start: u64,
}

/// What of the library let a call return an old value:
///
/// - **computing**: a worker of it was under way with the key at the same time. It may have taken the mark; whoever reads then
///   gets the old value, as the library means it.
/// - **overwritten**: one that had read this very value before the invalidation stored it after that, without a look.
/// - **lost**: one that was under way after the invalidation began failed, was killed, or was cut off by a primary that died (its
///   client sends SREM again, which then finds no mark): the mark that it had taken is gone.
fn excuse(older: &Older, raises: &[Raise], python: &[PythonCall]) -> Option<&'static str> {
    let raised = raises
        .iter()
        .filter(|it| (it.family, it.n) == (older.family, older.n) && it.value > older.value)
        .map(|it| it.start)
        .min()?;
    let of_key = || python.iter().filter(|it| it.n == older.n);
    if of_key().any(|it| it.start <= older.end && it.end >= older.start) {
        Some("computing")
    } else if of_key().any(|it| it.computed == Some(older.value) && it.end >= raised) {
        Some("overwritten")
    } else if of_key().any(|it| !it.is_whole && it.end >= raised && it.start <= older.end) {
        Some("lost")
    } else {
        None
    }
}

/// What all that goes on in the test shares.
struct Storm {
    truth: String,
    url: String,
    seeds: String,
    over: AtomicBool,
    raises: Mutex<Vec<Raise>>,
    /// By family.
    invalidated: [AtomicU64; 4],
    again: AtomicU64,
    /// How many runs of each of [`SWEEPS`] were whole.
    swept: [AtomicU64; 2],
    /// Held while a primary is down: a worker of Python that starts knows one node.
    standing: Mutex<()>,
}

impl Storm {
    fn cli(&self, args: &[&str]) -> Output {
        Cli::bare()
            .env("CACHEME_URL", &self.url)
            .env("CACHEME_CLUSTER", &self.seeds)
            .env("CACHEME_LAYOUT", "classic")
            .env("CACHEME_FORMAT", "json")
            .args(args)
            .args(["--timeout", "30s"])
            .timeout(Duration::from_secs(180))
            .run()
    }

    /// Runs something until it is done without a doubt.
    fn until_done(&self, what: &str, mut done: impl FnMut() -> Result<(), String>) {
        let end = Instant::now() + Duration::from_secs(120);
        while let Err(why) = done() {
            assert!(Instant::now() < end, "not done: {what}: {why}");
            self.again.fetch_add(1, SeqCst);
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn binary(&self, args: &[&str]) {
        self.until_done("the binary", || {
            let output = self.cli(args);
            let is_whole = output.code == 0 && output.json()["complete"] == true;
            if is_whole { Ok(()) } else { Err(output.transcript()) }
        });
    }

    /// Raises the truth of keys, invalidates, and says that it is acknowledged.
    fn invalidate(&self, truth: &mut Truth, family: usize, keys: &[u64], how: impl FnOnce()) {
        let name = FAMILIES[family];
        let mut raised = Vec::new();
        for n in keys {
            let start = now();
            let value: u64 = truth.it.incr(format!("truth:{name}:{n}"), 1).unwrap();
            raised.push(Raise { family, n: *n, value, start });
        }
        self.raises.lock().unwrap().extend(&raised);
        how();
        for Raise { n, value, .. } in raised {
            let _: () = truth.it.set(format!("acknowledged:{name}:{n}"), value).unwrap();
        }
    }
}

/// Invalidates keys of a family until all is over.
fn invalidates(
    storm: &Storm,
    cache: &sync::Cache,
    functions: &[Function],
    family: usize,
    python: &Mutex<Worker>,
) {
    let (_ends, name, get) = (Ends(storm), FAMILIES[family], &functions[family]);
    // Each begins with another kind.
    let (mut truth, mut n) = (Truth::at(&storm.truth), family as u64 * 5);
    let (is_listed, is_timed) = (matches!(name, "own" | "old"), name == "timed");
    let binary = |args: &[&str]| storm.binary(args);
    let library = |how: &dyn Fn() -> cacheme::Result<InvalidationReport>| {
        storm.until_done("the library", || match how() {
            Ok(report) if report.complete => Ok(()),
            other => Err(format!("{other:?}")),
        });
    };
    let replicated = |what: Invalidate| library(&|| cache.invalidate_replicated(&what, 1));
    let ask = |what: Value| {
        storm.until_done("Python", || {
            let answer = python.lock().unwrap().ask(&what);
            if answer.get("error").is_none() { Ok(()) } else { Err(answer.to_string()) }
        });
    };
    while !storm.over.load(SeqCst) {
        n += 1;
        // Each kind meets each key.
        let key = (n + n / 24) % KEYS;
        let (logical, listed) = (&*logical(name, key), &*invalid_key(name, key));
        let (one, all) = ([key], (0..KEYS).collect::<Vec<_>>());
        let mut does = |keys: &[u64], how: &dyn Fn()| storm.invalidate(&mut truth, family, keys, how);
        // Every fourth is the binary's, which takes longest.
        match (n % 4, n / 4 % 6) {
            (1, _) => does(&one, &|| replicated(Invalidate::key(logical))),
            (2, 5) => does(&one, &|| ask(json!({"invalidate": {"key": logical}}))),
            (2, 0) if is_listed => does(&all, &|| replicated(Invalidate::tag(name))),
            (2, 1) if is_listed => does(&one, &|| ask(json!({"invalidate": {"invalid_key": listed}}))),
            (2, _) if is_listed => does(&one, &|| replicated(Invalidate::invalid_key(listed))),
            (2, 0 | 1) if is_timed => does(&one, &|| library(&|| get.remove(&key))),
            (2, 2) if is_timed => does(&one, &|| replicated(Invalidate::pattern(format!("{name}:{key}>*")))),
            (2, _) if is_timed => library(&|| cache.invalidate(&Invalidate::tag(name))),
            (2, 0) => ask(json!({"invalidate_tag": name})),
            (2, 1) => ask(json!({"invalidate": {"pattern": format!("CM:{name}:{key}*")}})),
            (2, 2) => library(&|| cache.invalidate(&Invalidate::tag(name))),
            (2, _) => does(&one, &|| ask(json!({"invalidate": {"key": logical}}))),
            (3, _) => does(&one, &|| library(&|| get.invalidate(&key))),
            (_, 0) if is_listed => {
                does(&all, &|| binary(&["invalidate", "--tag", name, "--yes", "--wait-replicas", "1"]));
            }
            (_, 1) if is_listed => does(&one, &|| binary(&["invalidate", "--invalid-key", listed, "--yes"])),
            (_, 0) if is_timed => does(&one, &|| binary(&["invalidate", "--key", logical, "--delete"])),
            (_, 1) if is_timed => {
                does(&all, &|| binary(&["invalidate", "--pattern", &format!("{name}:*"), "--yes"]));
            }
            (_, 0) => binary(&["invalidate", "--tag", name, "--yes"]),
            (_, 1) => binary(&["invalidate", "--invalid-key", listed, "--yes"]),
            (_, 2) => {
                does(&all, &|| binary(&["invalidate", "--pattern", &format!("{name}:*"), "--mark", "--yes"]));
            }
            _ => does(&one, &|| binary(&["invalidate", "--key", logical])),
        }
        storm.invalidated[family].fetch_add(1, SeqCst);
        thread::sleep(Duration::from_millis(15));
    }
}

/// Calls the function that both languages have; its process is killed now and then.
fn calls_of_python(
    storm: &Storm,
    mut spawn: impl FnMut() -> Worker,
    seed: u64,
) -> (Vec<PythonCall>, Vec<Older>) {
    let (mut truth, mut worker, mut n) = (Truth::at(&storm.truth), spawn(), seed);
    let (mut calls, mut older, _ends) = (Vec::new(), Vec::new(), Ends(storm));
    while !storm.over.load(SeqCst) {
        n += 5;
        let key = n % KEYS;
        let least = truth.acknowledged("both")[key as usize];
        let start = now();
        let what = json!({"call": "both", "args": [key, storm.truth]});
        if seed == 0 && calls.len() % 300 == 299 {
            worker.send(&what);
            thread::sleep(Duration::from_millis(n % 4));
            worker.kill();
            calls.push(PythonCall { n: key, start, end: now(), computed: None, is_whole: false });
            worker = spawn();
            continue;
        }
        let answer = worker.ask(&what);
        let (end, value) = (now(), answer["result"].as_u64());
        let computed = value.filter(|_| answer["computed"] == true);
        calls.push(PythonCall { n: key, start, end, computed, is_whole: value.is_some() });
        if let Some(value) = value.filter(|value| *value < least) {
            older.push(Older { family: 3, n: key, value, least, start, end });
        }
        thread::sleep(Duration::from_millis(4));
    }
    worker.quit();
    (calls, older)
}

const SWEEPS: [&[&str]; 2] = [&["gc", "--yes"], &["purge"]];

/// Sweeps until all is over.
fn sweeps(storm: &Storm) {
    let _ends = Ends(storm);
    while !storm.over.load(SeqCst) {
        for (args, whole) in SWEEPS.iter().zip(&storm.swept) {
            let output = storm.cli(args);
            assert!([0, 1, 3].contains(&output.code), "{}", output.transcript());
            whole.fetch_add(u64::from(output.code == 0), SeqCst);
        }
    }
}

/// Ends all that goes on: each thread has one, should it fail in between.
struct Ends<'a>(&'a Storm);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, SeqCst);
        let _: redis::RedisResult<()> = Truth::at(&self.0.truth).it.set("over", 1);
    }
}

/// When a primary was killed, until its replica had taken over.
type Killed = Vec<(u64, u64)>;

/// Moves slots, and makes other nodes the primaries, until it is time; what was done.
fn moves(storm: &Storm, cluster: &mut Cluster) -> (BTreeMap<&'static str, u64>, Killed) {
    let (mut done, mut killed) = (BTreeMap::new(), Vec::new());
    let leases = slot(b"CM:delete");
    let names =
        ["CM:delete", "CM:own:0", "CM:progress", "CM:both:1", "CM:own", "CM:Own:1:invalid", "CM:timed:2"];
    let (end, mut n) = (Instant::now() + how_long(), 0);
    let are_few = || {
        storm.invalidated.iter().any(|it| it.load(SeqCst) < ENOUGH)
            || storm.swept.iter().any(|it| it.load(SeqCst) == 0)
    };
    while !storm.over.load(SeqCst) && (Instant::now() < end || n < 12 || are_few()) {
        let one = names[n / 2 % names.len()];
        let at = if n % 4 == 0 { leases } else { slot(one.as_bytes()) };
        let from = cluster.owner(at);
        // Then runs of the binary come to an end.
        let calm = Duration::from_millis(if n % 4 == 0 { 1500 } else { 300 });
        thread::sleep(calm);
        let what = match n % 12 {
            3 | 11 => {
                cluster.fail_over(cluster.replica_of(from));
                cluster.settle();
                "failovers"
            }
            7 => {
                let (_down, start) = (storm.standing.lock().unwrap(), now());
                cluster.kill_confirmed(from);
                killed.push((start, now()));
                "kills"
            }
            _ => {
                let ids: Vec<usize> = (0..cluster.nodes.len()).filter(|at| cluster.is_primary(*at)).collect();
                let to = ids.iter().copied().filter(|id| *id != from).nth(n % 2).unwrap();
                cluster.move_slot(at, to);
                "slots moved"
            }
        };
        *done.entry(what).or_default() += 1;
        n += 1;
    }
    storm.over.store(true, SeqCst);
    (done, killed)
}

/// A worker of Rust, killed and started anew: how often, and what they had seen.
fn killed_workers(storm: &Storm, spawn: impl Fn(u64) -> Helper) -> (u64, Vec<Older>) {
    let (mut n, mut older, _ends) = (0, Vec::new(), Ends(storm));
    while !storm.over.load(SeqCst) {
        n += 1;
        let mut helper = spawn(1000 + n);
        helper.says();
        thread::sleep(Duration::from_millis(1000 + n * 137 % 800));
        older.extend(Older::all(&helper.kill()));
    }
    (n, older)
}

/// Live values that are not where an invalidation would look for them.
fn unlisted(content: &Content, families: &[&str]) -> Vec<String> {
    let is_in = |set: String, member: &str| match content.get(set.as_bytes()).map(|it| &it.held) {
        Some(Held::Set(members)) => members.contains(member.as_bytes()),
        Some(Held::Zset(members)) => members.contains_key(member.as_bytes()),
        _ => false,
    };
    let mut missing = Vec::new();
    for family in families {
        for n in (0..KEYS).filter(|n| content.contains_key(format!("CM:{family}:{n}").as_bytes())) {
            let member = format!("CM:{}", logical(family, n));
            let mut sets = vec![format!("CM:{family}"), format!("CM:{}:invalid", invalid_key(family, n))];
            if *family == "timed" {
                sets.push(format!("CM:Meta:Expire-Buckets::CM:{family}:{n}"));
            }
            missing.extend(
                sets.into_iter()
                    .filter(|set| !is_in(set.clone(), &member))
                    .map(|set| format!("{member} in {set}")),
            );
        }
    }
    missing
}

/// The keys whose value is not the truth.
fn untrue(functions: &[Function], truth: &mut Truth, families: &[usize]) -> Vec<String> {
    let each = families.iter().flat_map(|family| (0..KEYS).map(move |n| (*family, n)));
    each.filter_map(|(family, n)| {
        let (is, true_value) = (functions[family].call(&n).unwrap(), truth.get(FAMILIES[family], n));
        (is != true_value).then(|| format!("{} is {is}, truly {true_value}", logical(FAMILIES[family], n)))
    })
    .collect()
}

#[test]
fn nothing_older_than_acknowledged_is_served_and_nothing_is_left_whatever_happens_to_the_cluster() {
    let (server, mut cluster) = (Server::start(), Cluster::start());
    let seeds: Vec<_> = cluster.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
    let storm = &Storm {
        truth: server.url(),
        url: cluster.url(),
        seeds: seeds.join(","),
        over: AtomicBool::new(false),
        raises: Mutex::default(),
        invalidated: Default::default(),
        again: AtomicU64::new(0),
        swept: Default::default(),
        standing: Mutex::new(()),
    };
    let mut truth = Truth::at(&storm.truth);
    for (family, n) in FAMILIES.iter().flat_map(|family| (0..KEYS).map(move |n| (family, n))) {
        let one = [format!("truth:{family}:{n}"), format!("acknowledged:{family}:{n}")].map(|name| (name, 1));
        let _: () = truth.it.mset(&one).unwrap();
    }
    let cache = &sync::Cache::open_with(settings(&storm.url, &storm.seeds), |_| ()).unwrap();
    let functions = &functions(cache, &storm.truth, Duration::ZERO);
    // Each is listed from the beginning.
    assert_eq!(untrue(functions, &mut truth, &[0, 1, 2, 3]), Vec::<String>::new());

    let spawn = |api: &str, seed: u64| {
        let orders = json!({"do": "cross-slot storm", "api": api, "seed": seed, "cluster": storm.url, "seeds": storm.seeds});
        Helper::spawn(&server, orders)
    };
    let mut helpers: Vec<_> = [("sync", 0), ("async", 100)].map(|(api, seed)| spawn(api, seed)).into();
    helpers.iter_mut().for_each(|helper| assert_eq!(helper.says(), json!({"ready": true})));
    let python = || {
        let _standing = storm.standing.lock().unwrap();
        let url = storm.url.replace("redis:", "redis+cluster:");
        Worker::builder(Lib::V009, &server).url(&url).settings(&json!({})).spawn()
    };
    let invalidating = &Mutex::new(python());
    let (done, killed, processes, said) = thread::scope(|scope| {
        let processes: Vec<_> = helpers.iter_mut().map(|it| scope.spawn(|| it.rest())).collect();
        let callers = [0, 3].map(|seed| scope.spawn(move || calls_of_python(storm, python, seed)));
        let families = [0, 1, 2, 3]
            .map(|family| scope.spawn(move || invalidates(storm, cache, functions, family, invalidating)));
        let swept = scope.spawn(|| sweeps(storm));
        let workers = scope.spawn(|| killed_workers(storm, |seed| spawn("killed", seed)));
        let ends = Ends(storm);
        let (done, killed) = moves(storm, &mut cluster);
        families.into_iter().for_each(|it| it.join().unwrap());
        let callers = callers.map(|caller| caller.join().unwrap());
        swept.join().unwrap();
        let workers = workers.join().unwrap();
        drop(ends);
        let processes = processes.into_iter().map(|it| it.join().unwrap());
        (done, killed, processes.collect::<Vec<_>>(), (callers, workers))
    });
    let (callers, (workers, older_of_killed)) = said;
    let counts: Vec<_> = processes.iter().map(|said| said.last().unwrap()).collect();

    let is_cut = |call: &PythonCall| killed.iter().any(|(from, to)| call.start <= *to && call.end >= *from);
    let mut python: Vec<_> = callers.iter().flat_map(|(calls, _)| calls.clone()).collect();
    python.iter_mut().for_each(|call| call.is_whole &= !is_cut(call));
    let older = processes.iter().flat_map(|said| Older::all(said)).chain(older_of_killed);
    let older: Vec<_> = older.chain(callers.iter().flat_map(|(_, older)| older.clone())).collect();
    let raises = storm.raises.lock().unwrap().clone();
    let (mut excused, mut wrong) = (BTreeMap::<_, u64>::new(), Vec::new());
    for it in &older {
        match FAMILIES[it.family] {
            "old" => *excused.entry("stale").or_default() += 1,
            "both" if let Some(why) = excuse(it, &raises, &python) => *excused.entry(why).or_default() += 1,
            _ => wrong.push(it),
        }
    }
    let number = |value: &Value| value.as_u64().unwrap();
    let calls_of = |it: &Value| it["calls"].as_array().unwrap().iter().map(number).sum::<u64>();
    let of_both = python.len() as u64 + counts.iter().map(|it| number(&it["calls"][3])).sum::<u64>();
    let computing = excused.get("computing").copied().unwrap_or_default();
    let told = format!(
        "{done:?}; {:?} invalidations, of {} keys in all, {} tries again; {workers} workers killed; whole sweeps {:?}; \
         {} calls of Python; {counts:?}; excused {excused:?}, of {of_both} calls of `both` {:.2} % for \"computing\"",
        storm.invalidated,
        raises.len(),
        storm.again.load(SeqCst),
        storm.swept,
        python.len(),
        100. * computing as f64 / of_both as f64,
    );
    println!("{told}");
    assert!(wrong.is_empty(), "older than acknowledged: {wrong:#?}\n{told}");
    // One in a thousand is usual.
    assert!(computing * 50 < of_both, "{told}");
    for it in &counts {
        let is_alive = number(&it["hits"]) > 0 && number(&it["misses"]) > 0;
        assert!(is_alive && number(&it["errors"]) * 2 < calls_of(it), "{it}\n{told}");
    }

    // The leases of the killed run out; any miss gives back what they held.
    let other = cache.memoize("other", |n: &u64| format!("other:{n}"), |n: &u64| *n).build();
    let mut n = 0;
    wait_until("the leases run out", Duration::from_secs(60), || {
        n += 1;
        other.call(&n).unwrap();
        let content = cluster.content();
        !content.keys().any(|name| name.starts_with(b"CM:meta:leases") || name.starts_with(b"CM:meta:fence"))
    });
    // The library leaves the keys of a worker that was killed in progress.
    if let Some(Held::Set(left)) = cluster.content().get(&b"CM:progress"[..]).map(|it| &it.held) {
        assert!(left.iter().all(|it| it.starts_with(b"CM:both:")), "{left:?}");
    }
    assert_eq!(untrue(functions, &mut truth, &[0, 1, 2]), Vec::<String>::new(), "{told}");
    let missing = unlisted(&cluster.content(), &["own", "timed", "old"]);
    assert!(missing.is_empty(), "{missing:?}\n{told}");
    for n in 0..KEYS {
        storm.binary(&["invalidate", "--key", &logical("both", n)]);
    }
    storm.binary(&["purge"]);
    storm.binary(&["gc", "--yes", "--stuck-after", "1s", "--wait"]);
    assert_eq!(untrue(functions, &mut truth, &[3]), Vec::<String>::new(), "{told}");
    let missing = unlisted(&cluster.content(), &FAMILIES);
    assert!(missing.is_empty(), "{missing:?}\n{told}");
    assert_clean(&cluster);
    let doctor = storm.cli(&["doctor", "--no-monitor", "--apart", "1s"]);
    assert_eq!(doctor.code, 0, "{}", doctor.transcript());
}
