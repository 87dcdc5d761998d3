//! Caches in memory: what they answer is what Redis answers, in any sequence; nothing is connected to; one computation a key.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex, OnceLock, Weak};
use std::thread;
use std::time::Duration;

use cacheme::memoize::{CallError, Counts, Invalidate, InvalidationSource, Invalidator, OnError, Settings};
use cacheme::memoize::{future, sync};
use cacheme::namespace::Layout;
use cacheme::ops::InvalidationReport;
use redis::Commands;

use crate::memoize_calls::assert_clean;
use crate::support::cluster::Cluster;
use crate::support::server::Server;
use crate::support::wait_until;

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// Tag, key (with the id for `#`), timeout in seconds, stale reads. Some share values; one has the name of a tag.
const FUNCTIONS: [(&str, &str, u64, bool); 9] = [
    ("plain", "plain:#", 0, true),
    ("owner", "Book:#>owner", 350, true),
    ("owner_of", "Book:#>owner>of", 0, true),
    ("owner_by", "Book:#>owner>by", 150, false),
    ("title", "Book:#>title", 250, false),
    ("n", "n:#", 350, false),
    ("n_base", "n:#>base", 0, true),
    ("n_long", "n:#>base>long", 150, true),
    ("odd", "plain", 150, true),
];
const IDS: u64 = 3;
const PATTERNS: [&str; 8] =
    ["*", "Book:*", "Book:1>*", "*>owner", "n:?", "n:*>base", "[n-p]*:[^2]", "Book:1>title"];

#[derive(Debug, Clone)]
enum Op {
    Call(usize, u32),
    Refresh(usize, u32),
    Put(usize, u32),
    Peek(usize, u32),
    Mark(usize, u32),
    Remove(usize, u32),
    Invalidate(Invalidate),
    Keys(usize),
    /// Leases as well, which have a second then.
    Lapse,
}

/// An operation; what runs of functions do in its course.
#[derive(Debug)]
struct Step {
    advance: u64,
    op: Op,
    fails: bool,
    meanwhile: Vec<Op>,
    meanwhile_fails: bool,
}

impl Op {
    fn random(random: &mut Random) -> Self {
        let (function, id) = (random.below(9) as usize, random.below(IDS) as u32);
        let tag = FUNCTIONS[function].0;
        match random.below(24) {
            0..12 => Self::Call(function, id),
            12..14 => Self::Refresh(function, id),
            14..16 => Self::Put(function, id),
            16 => Self::Peek(function, id),
            17 | 18 => Self::Mark(function, id),
            19 => Self::Remove(function, id),
            20 => Self::Keys(function),
            _ => {
                let pattern = *random.one(&PATTERNS);
                let mut some = |text: String| (random.below(3) == 0).then_some(text);
                Self::Invalidate(Invalidate {
                    key: some(key(function, id)),
                    invalid_key: some(format!("User:{id}")),
                    tag: some(tag.to_owned()),
                    pattern: some(pattern.to_owned()),
                })
            }
        }
    }
}

fn key(function: usize, id: u32) -> String {
    FUNCTIONS[function].1.replace('#', &id.to_string())
}

/// What functions do next.
#[derive(Default)]
struct Script {
    runs: u32,
    fails: Vec<bool>,
    meanwhile: Vec<Op>,
}

/// A cache and the functions that it is in front of.
struct Side {
    cache: sync::Cache,
    server: Option<Arc<Server>>,
    functions: OnceLock<Vec<sync::Memoized<u32, String, String>>>,
    script: Mutex<Script>,
}

fn told<T: std::fmt::Debug, E: std::fmt::Debug>(called: Result<T, CallError<E>>) -> String {
    match called {
        Ok(value) => format!("{value:?}"),
        Err(CallError::Function(error)) => format!("failed: {error:?}"),
        Err(CallError::Cache(error)) => format!("refused, may pass: {}", error.may_pass()),
        Err(CallError::Timeout { key, .. }) => format!("{key} timed out"),
    }
}

fn report(report: cacheme::Result<InvalidationReport>) -> String {
    report.map_or_else(
        |error| format!("refused, may pass: {}", error.may_pass()),
        |it| {
            let counts = (it.matched, it.marked, it.deleted, it.wrong_type);
            format!("{counts:?} {:?} {:?} {}", it.not_sets, it.not_hashes, it.complete)
        },
    )
}

impl Side {
    fn new(settings: Settings, server: Option<Arc<Server>>) -> Arc<Self> {
        let cache = sync::Cache::open(settings.retries(1, Duration::from_millis(1))).unwrap();
        let side = Arc::new(Self { cache, server, functions: OnceLock::new(), script: Mutex::default() });
        let functions = (0..FUNCTIONS.len()).map(|n| side.function(n)).collect();
        assert!(side.functions.set(functions).is_ok());
        side
    }

    fn function(self: &Arc<Self>, n: usize) -> sync::Memoized<u32, String, String> {
        let (tag, _, timeout, stale) = FUNCTIONS[n];
        let side = Arc::downgrade(self);
        let compute = move |_: &u32| Weak::upgrade(&side).unwrap().compute();
        let builder = self.cache.try_memoize(tag, move |id: &u32| key(n, *id), compute).stale(stale);
        let builder = builder.invalid_keys(|id, value| {
            (value.len() % 2 == 0).then(|| format!("User:{id}")).into_iter().collect::<Vec<_>>()
        });
        match timeout {
            0 => builder.build(),
            _ => builder.timeout(Duration::from_secs(timeout)).build(),
        }
    }

    fn compute(&self) -> Result<String, String> {
        let (run, fails, meanwhile) = {
            let mut script = self.script.lock().unwrap();
            script.runs += 1;
            let fails = script.fails.pop().unwrap_or_default();
            (script.runs, fails, std::mem::take(&mut script.meanwhile))
        };
        let mut value = run.to_string();
        for op in meanwhile {
            value += &format!(" [{op:?}: {}]", self.apply(&op));
        }
        if fails { Err(value) } else { Ok(value) }
    }

    fn apply(&self, op: &Op) -> String {
        let functions = self.functions.get().unwrap();
        match op {
            Op::Call(n, id) => told(functions[*n].call(id)),
            Op::Refresh(n, id) => told(functions[*n].refresh(id)),
            Op::Put(n, id) => told::<_, ()>(functions[*n].put(id, "put".into()).map_err(CallError::Cache)),
            Op::Peek(n, id) => told::<_, ()>(functions[*n].peek(id).map_err(CallError::Cache)),
            Op::Mark(n, id) => report(functions[*n].invalidate(id)),
            Op::Remove(n, id) => report(functions[*n].remove(id)),
            Op::Invalidate(what) => report(self.cache.invalidate(what)),
            Op::Keys(n) => told::<_, ()>(self.cache.tag(FUNCTIONS[*n].0).keys().map_err(CallError::Cache)),
            Op::Lapse => {
                // With what the server adds to a lease of a second.
                let lapse = Duration::from_millis(2_300);
                match self.server {
                    Some(_) => thread::sleep(lapse),
                    None => self.cache.advance(lapse),
                }
                String::new()
            }
        }
    }

    fn step(&self, step: &Step) -> String {
        if step.advance > 0 {
            self.advance(step.advance);
        }
        {
            let mut script = self.script.lock().unwrap();
            script.fails = vec![step.meanwhile_fails, step.fails];
            script.meanwhile.clone_from(&step.meanwhile);
        }
        self.apply(&step.op)
    }

    /// On Redis everything expires as much earlier.
    fn advance(&self, seconds: u64) {
        let Some(server) = &self.server else { return self.cache.advance(Duration::from_secs(seconds)) };
        let mut redis = server.connect();
        let buckets: Vec<String> = redis.keys("*Expire-Buckets*").unwrap();
        for bucket in buckets {
            let scores: Vec<(String, i64)> = redis.zrange_withscores(&bucket, 0, -1).unwrap();
            for (member, score) in scores {
                let _: () = redis.zadd(&bucket, member, score - i64::try_from(seconds).unwrap()).unwrap();
            }
        }
    }

    /// What can be seen of it, times aside.
    fn seen(&self) -> Vec<String> {
        let functions = self.functions.get().unwrap().iter();
        let peeked = functions.flat_map(|it| (0..IDS).map(|id| format!("{:?}", it.peek(&(id as u32)).ok())));
        let keys = (0..FUNCTIONS.len()).map(|n| self.apply(&Op::Keys(n)));
        let counts = self.cache.counts().into_iter();
        let counts = counts.map(|(tag, it)| (tag, Counts { compute_time: Duration::ZERO, ..it }));
        peeked.chain(keys).chain([format!("{:?}", counts.collect::<BTreeMap<_, _>>())]).collect()
    }
}

/// The same steps on both.
fn same(
    settings: impl Fn(Settings) -> Settings,
    seed: u64,
    steps: usize,
    random_step: fn(&mut Random) -> Step,
) {
    let server = Arc::new(Server::start());
    let on_redis = server.settings().layout(Layout::Meta);
    same_as(on_redis, &server, settings, seed, steps, random_step);
}

/// The same in a cluster over whose slots the namespace is spread.
fn same_over_slots(settings: impl Fn(Settings) -> Settings, seed: u64, steps: usize) {
    let mut cluster = Cluster::alone();
    let target = cluster.target();
    let server = Arc::new(cluster.nodes.remove(0));
    let on_redis = server.settings().target(target).layout(Layout::Classic);
    same_as(on_redis, &server, settings, seed, steps, any_step);
}

fn same_as(
    on_redis: Settings,
    server: &Arc<Server>,
    settings: impl Fn(Settings) -> Settings,
    seed: u64,
    steps: usize,
    random_step: fn(&mut Random) -> Step,
) {
    println!("seed {seed}");
    let redis = Side::new(settings(on_redis.record(false)), Some(Arc::clone(server)));
    let memory = Side::new(settings(Settings::new().in_memory()), None);
    let (mut random, mut log) = (Random(seed), Vec::new());
    for n in 0..steps {
        let step = random_step(&mut random);
        let (expected, found) = (redis.step(&step), memory.step(&step));
        log.push(format!("{step:?} -> {expected}"));
        let last = || log[log.len().saturating_sub(40)..].join("\n");
        assert_eq!(found, expected, "seed {seed}, step {n}:\n{}", last());
        for (found, expected) in memory.seen().into_iter().zip(redis.seen()) {
            assert_eq!(found, expected, "seed {seed}, step {n}:\n{}", last());
        }
    }
    assert_clean(server);
    for n in 0..FUNCTIONS.len() {
        for id in 0..IDS as u32 {
            let call = Op::Call(n, id);
            assert_eq!(memory.apply(&call), redis.apply(&call), "seed {seed}: {call:?} at the end");
        }
    }
}

fn any_step(random: &mut Random) -> Step {
    let op = Op::random(random);
    let advance = if random.below(12) == 0 { 100 * (1 + random.below(4)) } else { 0 };
    let fails = random.below(6) == 0;
    let several = if random.below(3) == 0 { 1 + random.below(2) } else { 0 };
    let meanwhile = (0..several).map(|_| Op::random(random)).collect();
    Step { advance, op, fails, meanwhile, meanwhile_fails: random.below(4) == 0 }
}

/// A call in whose course its lease runs out, with something before and behind.
fn lapsing_step(random: &mut Random) -> Step {
    let mut step = any_step(random);
    (step.advance, step.meanwhile) = (0, Vec::new());
    if random.below(3) == 0 {
        step.op = Op::Call(random.below(8) as usize, random.below(IDS) as u32);
        step.meanwhile = vec![Op::random(random), Op::Lapse, Op::random(random), Op::random(random)];
    }
    step
}

/// Thousands of steps; more by `CACHEME_MEMORY_STEPS`.
#[test]
fn any_sequence_comes_to_the_same_as_on_redis() {
    let steps = std::env::var("CACHEME_MEMORY_STEPS").map_or(700, |it| it.parse().unwrap());
    thread::scope(|scope| {
        for seed in 1..=4 {
            let on_error = if seed % 2 == 0 { OnError::Fail } else { OnError::Compute };
            scope.spawn(move || same(|it| it.on_error(on_error), seed, steps, any_step));
        }
    });
}

#[test]
fn any_sequence_comes_to_the_same_over_the_slots_of_a_cluster() {
    let steps = std::env::var("CACHEME_MEMORY_STEPS").map_or(120, |it| it.parse().unwrap());
    thread::scope(|scope| {
        for seed in 11..=14 {
            let on_error = if seed % 2 == 0 { OnError::Fail } else { OnError::Compute };
            scope.spawn(move || same_over_slots(|it| it.on_error(on_error), seed, steps));
        }
    });
}

#[test]
fn leases_run_out_as_on_redis() {
    thread::scope(|scope| {
        for seed in 101..=106 {
            scope.spawn(move || same(|it| it.lease(Duration::from_secs(1)), seed, 30, lapsing_step));
        }
    });
}

const NOWHERE: &str = "redis://256.0.0.1:99999/0";

#[test]
fn nothing_is_connected_to_and_caches_are_independent() {
    assert!(sync::Cache::open(Settings::new().url(NOWHERE)).is_err());
    let open = || {
        let settings = Settings::new().url(NOWHERE).in_memory().on_error(OnError::Fail);
        sync::Cache::open_with(settings, |error| panic!("{error}")).unwrap()
    };
    let function = |cache: &sync::Cache| cache.memoize("f", |n: &u32| format!("f:{n}"), |n: &u32| *n).build();
    let (one, other) = (open(), open());
    let clone = one.clone();
    let functions = [&one, &clone, &other].map(function);
    for get in &functions {
        assert_eq!(get.call(&7).unwrap(), 7);
    }
    assert_eq!(functions.map(|it| it.counts().hits), [0, 1, 0]);
    assert_eq!(one.tag("f").keys().unwrap().len(), 1);
    assert!(one.create_invalidation(None, None, Some("f:*")).unwrap().deleted == 1);
    assert!(one.flush().is_ok() && other.tag("f").invalidate_all().unwrap().marked == 1);
    assert!(one.invalidate_replicated(&Invalidate::tag("f"), 3).unwrap().complete);
}

#[test]
fn sources_reach_a_cache_in_memory() {
    struct Direct(Arc<OnceLock<Invalidator>>);
    impl InvalidationSource for Direct {
        fn connect(self, cache: Invalidator) {
            assert!(self.0.set(cache).is_ok());
        }
    }
    let cache = sync::Cache::in_memory();
    let get = cache.memoize("f", |n: &u32| format!("f:{n}"), |n: &u32| *n).build();
    let (changed, source) = channel();
    let direct = Arc::new(OnceLock::new());
    cache.connect(source);
    cache.connect(Direct(Arc::clone(&direct)));
    get.call(&1).unwrap();
    changed.send(Invalidate::tag("f")).unwrap();
    wait_until("a refresh", Duration::from_secs(60), || {
        get.call(&1).unwrap();
        get.counts().refreshes == 1
    });
    assert_eq!(direct.get().unwrap().invalidate(&Invalidate::tag("f")).unwrap().marked, 1);
    get.call(&1).unwrap();
    assert_eq!(get.counts().refreshes, 2);
}

#[test]
#[should_panic(expected = "time passes by itself")]
fn nobody_moves_the_clock_of_redis() {
    sync::Cache::open(Settings::new()).unwrap().advance(Duration::from_secs(1));
}

#[test]
fn a_value_expires_at_its_second_and_not_before() {
    let cache = sync::Cache::in_memory();
    let get = cache.memoize("f", |n: &u32| format!("f:{n}"), |n: &u32| *n);
    let get = get.timeout(Duration::from_secs(10)).build();
    get.call(&1).unwrap();
    cache.advance(Duration::from_millis(9_999));
    get.call(&1).unwrap();
    assert_eq!(get.counts().hits, 1);
    cache.advance(Duration::from_millis(1));
    get.call(&1).unwrap();
    assert_eq!((get.counts().hits, get.counts().refreshes), (1, 1));
}

/// Nothing is left in progress: what is deleted would be marked.
#[test]
fn of_many_threads_one_computes_and_nothing_is_left() {
    let cache = sync::Cache::in_memory();
    let (runs, barrier) = (Arc::new(AtomicU32::new(0)), Barrier::new(16));
    let counter = Arc::clone(&runs);
    let compute = move |n: &u32| {
        counter.fetch_add(1, SeqCst);
        thread::sleep(Duration::from_millis(5));
        match n {
            0..50 => Ok(*n),
            50..60 => Err("as it is told"),
            _ => panic!("as it is told"),
        }
    };
    let get = cache.try_memoize("f", |n: &u32| format!("f:{n}"), compute).build();
    let calls = |keys: std::ops::Range<u32>, check: fn(u32, Result<u32, CallError<&str>>)| {
        thread::scope(|scope| {
            for _ in 0..16 {
                let (keys, get, barrier) = (keys.clone(), &get, &barrier);
                scope.spawn(move || {
                    for n in keys {
                        barrier.wait();
                        check(n, get.call(&n));
                    }
                });
            }
        });
    };
    calls(0..50, |n, called| assert_eq!(called.unwrap(), n));
    assert_eq!((runs.load(SeqCst), get.counts().misses), (50, 50));
    calls(50..60, |_, called| assert!(matches!(called, Err(CallError::Function(_)))));
    assert!(catch_unwind(AssertUnwindSafe(|| get.call(&60))).is_err());
    let report = cache.invalidate(&Invalidate::pattern("*")).unwrap();
    assert_eq!((report.deleted, report.marked), (50, 0));
    assert_eq!(cache.tag("f").keys().unwrap().len(), 50);
}

#[test]
fn of_many_tasks_one_computes_and_a_cancelled_call_gives_back() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let cache = future::Cache::in_memory();
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let get = cache.memoize(
        "f",
        |n: &u32| format!("f:{n}"),
        move |n: u32| {
            counter.fetch_add(1, SeqCst);
            // Those from 100 on are cancelled, however late that is.
            let takes = Duration::from_millis(if n < 100 { 5 } else { 3_600_000 });
            async move {
                tokio::time::sleep(takes).await;
                n
            }
        },
    );
    let get = get.timeout(Duration::from_secs(60)).build();
    let calls = async |n: u32| {
        let calls: Vec<_> = (0..16)
            .map(|_| {
                let get = get.clone();
                tokio::spawn(async move { get.call(&n).await.unwrap() })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), n);
        }
    };
    runtime.block_on(async {
        for n in 0..50 {
            calls(n).await;
        }
        assert_eq!(runs.load(SeqCst), 50);
        for n in 100..110 {
            let cancelled = tokio::time::timeout(Duration::from_millis(1), get.call(&n)).await;
            assert!(cancelled.is_err());
        }
        cache.flush().await.unwrap();
        assert_eq!(
            cache.invalidate(&Invalidate::pattern("*")).await.unwrap().marked,
            0,
            "none is in progress"
        );
        assert_eq!(cache.tag("f").keys().await.unwrap().len(), 50);
        assert_eq!((get.peek(&1).await.unwrap(), get.put(&1, 9).await.unwrap()), (None, true));
        assert_eq!((get.call(&1).await.unwrap(), get.refresh(&1).await.unwrap()), (9, 1));
        cache.advance(Duration::from_secs(60));
        calls(1).await;
        assert_eq!(get.invalidate(&1).await.unwrap().marked, 1);
        assert_eq!(get.remove(&1).await.unwrap().deleted, 1);
    });
}
