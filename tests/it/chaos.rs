//! Threads and tasks on one namespace while the server refuses, cuts, delays, forgets its scripts, kills and pauses: no
//! call gets another key's value, no invalidation is lost, nothing stays in progress once the leases ran out. The functions of
//! one tag are told all there is for when they are slow or fail; some calls are of many keys.
//!
//! What the decorator promises, and what is checked: a value is its own key's, and never newer than its source. While
//! answers get lost, a value may be served that an acknowledged invalidation has outdated, for as long as a lease whose
//! answer was lost; when the leases have run out, every call gives what its source has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use cacheme::client::Timeouts;
use cacheme::memoize::{Builder, CallError, Invalidate, OutlastsCalls, Settings, sync};
use cacheme::namespace::{Layout, LogicalKey};
use redis::Commands;

use crate::memoize_calls::assert_clean;
use crate::support::relay::{Fault, REFUSALS, Relay};
use crate::support::server::Server;
use crate::support::wait_until;

const KEYS: u64 = 60;
const THREADS: u64 = 4;
#[cfg(feature = "tokio")]
const TASKS: u64 = 16;
const TAGS: [&str; 2] = ["even", "odd"];

/// A value says whose it is: the key's number, and the version of its source when it was read.
type Value = (u64, u64);

/// Numbers that anybody can repeat.
fn random(state: &AtomicU64) -> u64 {
    let seed = state.fetch_add(0x9e37_79b9_7f4a_7c15, SeqCst);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |value| value.parse().expect("a number"))
}

fn key(n: &u64) -> String {
    format!("{}:{n}>it", TAGS[(n % 2) as usize])
}

struct World {
    server: Server,
    source: Vec<AtomicU64>,
    random: AtomicU64,
    calls: AtomicU64,
    over: AtomicBool,
}

impl World {
    fn now(&self, n: u64) -> u64 {
        self.source[n as usize].load(SeqCst)
    }

    /// Every so often the function fails.
    fn compute(&self, n: u64) -> Result<Value, &'static str> {
        let value = (n, self.now(n));
        if n % 2 == 1 && random(&self.random).is_multiple_of(20) {
            thread::sleep(Duration::from_millis(2));
        }
        if random(&self.random).is_multiple_of(50) { Err("told to fail") } else { Ok(value) }
    }

    fn pick(&self) -> u64 {
        random(&self.random) % KEYS
    }

    #[track_caller]
    fn check(&self, n: u64, answer: Result<Value, CallError<&'static str>>) {
        self.calls.fetch_add(1, SeqCst);
        match answer {
            Ok((whose, version)) => {
                assert_eq!(whose, n, "another key's value");
                assert!(version <= self.now(n), "a value from nowhere");
            }
            Err(CallError::Function(why)) => assert_eq!(*why, "told to fail"),
            Err(CallError::Timeout { .. }) => assert_eq!(n % 2, 1),
            Err(error) => panic!("it computes where Redis fails: {error}"),
        }
    }
}

#[track_caller]
fn check_tag(tag: usize, keys: cacheme::Result<std::collections::BTreeSet<LogicalKey>>) {
    for key in keys.into_iter().flatten() {
        assert!(key.base().starts_with(format!("{}:", TAGS[tag]).as_bytes()), "another tag's key: {key:?}");
    }
}

fn settings(url: &str) -> Settings {
    let short = Duration::from_millis(100);
    Settings::new()
        .url(url)
        .layout(Layout::Both)
        .lease(Duration::from_millis(300))
        .timeouts(Timeouts { connect: short, io: short })
        .retries(3, Duration::from_millis(5))
}

/// The odd ones are slow now and then, and told what to do then.
fn told<F: OutlastsCalls>(builder: Builder<u64, Value, F>, tag: &str) -> Builder<u64, Value, F> {
    let builder = builder.invalid_keys(|n: &u64, _: &Value| format!("Some:{}", n % 5));
    if tag == "even" {
        return builder;
    }
    builder
        .timeout(Duration::from_secs(2))
        .jitter(0.5)
        .early_refresh(5.0)
        .stale_if_error(Duration::from_millis(20))
        .stale_while_revalidate(true)
        .soft_timeout(Duration::from_millis(1))
        .hard_timeout(Duration::from_millis(60))
}

/// Several keys of one tag.
fn some_of(n: u64) -> Vec<u64> {
    (0..5).map(|step| (n + 6 * step) % KEYS).collect()
}

type Get = sync::Memoized<u64, Value, &'static str>;

type Plain = Builder<u64, Value, sync::Function<u64, Value, &'static str>>;

fn functions(cache: &sync::Cache, world: &Arc<World>, told: impl Fn(Plain, &str) -> Plain) -> [Get; 2] {
    TAGS.map(|tag| {
        let world = world.clone();
        told(cache.try_memoize(tag, key, move |n: &u64| world.compute(*n)), tag).build()
    })
}

fn invalidation(kind: u64, n: u64) -> (Vec<u64>, Invalidate) {
    match kind % 4 {
        0 => (
            (0..KEYS).filter(|k| k % 5 == n % 5).collect(),
            Invalidate::invalid_key(format!("Some:{}", n % 5)),
        ),
        1 => {
            let tag = n % 2;
            ((0..KEYS).filter(|k| k % 2 == tag).collect(), Invalidate::tag(TAGS[tag as usize]))
        }
        _ => (vec![n], Invalidate::key(key(&n))),
    }
}

#[cfg(feature = "tokio")]
fn tasks(url: &str, world: &Arc<World>) {
    use cacheme::memoize::future;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let cache = future::Cache::open_with(settings(url), |_| ()).unwrap();
        let functions = TAGS.map(|tag| {
            let world = world.clone();
            let get = cache.try_memoize(tag, key, move |n: u64| {
                let value = world.compute(n);
                async move { value }
            });
            told(get, tag).build()
        });
        let mut tasks = Vec::new();
        for _ in 0..TASKS {
            let (functions, cache, world) = (functions.clone(), cache.clone(), world.clone());
            tasks.push(tokio::spawn(async move {
                while !world.over.load(SeqCst) {
                    let n = world.pick();
                    let call = functions[(n % 2) as usize].call(&n);
                    match random(&world.random) % 200 {
                        0 => check_tag(n as usize % 2, cache.tag(TAGS[n as usize % 2]).keys().await),
                        // Cancelled wherever it is.
                        1..10 => drop(tokio::time::timeout(Duration::from_micros(n * 20), call).await),
                        10..30 => {
                            let some = some_of(n);
                            let called = functions[(n % 2) as usize].call_many(&some).await;
                            some.iter().zip(called).for_each(|(n, answer)| world.check(*n, answer));
                        }
                        _ => world.check(n, call.await),
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        // It is flushed by others, too.
        let _ = cache.close().await;
    });
}

#[test]
fn nothing_wrong_is_served_and_no_invalidation_is_lost() {
    let seconds = Duration::from_secs(number("CACHEME_CHAOS_SECONDS", 20));
    let calls = number("CACHEME_CHAOS_CALLS", 0);
    let world = Arc::new(World {
        server: Server::start(),
        source: (0..KEYS).map(|_| AtomicU64::new(1)).collect(),
        random: AtomicU64::new(number("CACHEME_CHAOS_SEED", 1)),
        calls: AtomicU64::new(0),
        over: AtomicBool::new(false),
    });
    let dice = AtomicU64::new(7);
    let relay = Relay::before(&world.server, move |_| match random(&dice) % 4000 {
        n @ 0..28 => Some(Fault::Refuse(REFUSALS[n as usize % REFUSALS.len()])),
        28..32 => Some(Fault::CutBefore),
        32..36 => Some(Fault::CutAfter),
        36 => Some(Fault::Late(Duration::from_millis(150))),
        _ => None,
    });
    let cache = sync::Cache::open_with(settings(&relay.url()), |_| ()).unwrap();
    let functions = functions(&cache, &world, told);
    let mut invalidations = 0_u64;
    let start = Instant::now();
    thread::scope(|scope| {
        // Whatever fails ends the others too.
        struct Ends<'a>(&'a World);
        impl Drop for Ends<'_> {
            fn drop(&mut self) {
                self.0.over.store(true, SeqCst);
            }
        }
        for _ in 0..THREADS {
            scope.spawn(|| {
                let _ends = Ends(&world);
                while !world.over.load(SeqCst) {
                    let n = world.pick();
                    if random(&world.random).is_multiple_of(200) {
                        check_tag(n as usize % 2, cache.tag(TAGS[n as usize % 2]).keys());
                    }
                    let get = &functions[(n % 2) as usize];
                    if random(&world.random).is_multiple_of(10) {
                        let some = some_of(n);
                        some.iter().zip(get.call_many(&some)).for_each(|(n, answer)| world.check(*n, answer));
                    } else {
                        world.check(n, get.call(&n));
                    }
                }
            });
        }
        #[cfg(feature = "tokio")]
        scope.spawn(|| {
            let _ends = Ends(&world);
            tasks(&relay.url(), &world);
        });
        scope.spawn(|| {
            let _ends = Ends(&world);
            let mut it = world.server.connect();
            while !world.over.load(SeqCst) {
                let command = match random(&world.random) % 3 {
                    0 => "SCRIPT FLUSH",
                    1 => "CLIENT KILL TYPE normal",
                    _ => "CLIENT PAUSE 20 ALL",
                };
                let mut words = command.split(' ');
                let _ = redis::cmd(words.next().unwrap()).arg(words.collect::<Vec<_>>()).exec(&mut it);
                thread::sleep(Duration::from_millis(100));
            }
        });
        let _ends = Ends(&world);
        while !world.over.load(SeqCst) && (start.elapsed() < seconds || world.calls.load(SeqCst) < calls) {
            let (keys, what) = invalidation(random(&world.random), world.pick());
            for n in &keys {
                world.source[*n as usize].fetch_add(1, SeqCst);
            }
            while !world.over.load(SeqCst) && !cache.invalidate(&what).is_ok_and(|report| report.complete) {
                thread::yield_now();
            }
            invalidations += 1;
            thread::sleep(Duration::from_millis(5));
        }
    });
    relay.now(|_| None);
    let close = || cache.close().is_ok();
    wait_until("what goes on behind calls has ended", Duration::from_secs(30), close);
    let (made, faults) = (world.calls.load(SeqCst), relay.faults());
    println!("{made} calls, {invalidations} invalidations, {faults} faults in {:?}", start.elapsed());
    assert!(made > 1000 && invalidations > 10 && faults > 10, "{made} {invalidations} {faults}");
    let other = cache.memoize("other", |n: &u64| format!("other:{n}"), |n: &u64| *n).build();
    let (mut it, mut others) = (world.server.connect(), 0);
    wait_until("the leases run out", Duration::from_secs(30), || {
        others += 1;
        assert_eq!(other.call(&others).unwrap(), others);
        !it.exists::<_, bool>("CM:meta:leases").unwrap()
    });
    // These wait for what is new.
    let functions = self::functions(&cache, &world, |builder, _| builder.stale(false));
    let wrong: Vec<_> = (0..KEYS)
        .filter(|n| {
            loop {
                match functions[(n % 2) as usize].call(n) {
                    Ok(value) => break value != (*n, world.now(*n)),
                    // It was told to fail.
                    Err(_) => continue,
                }
            }
        })
        .collect();
    assert_eq!(wrong, [0_u64; 0], "keys whose invalidation was lost, of {invalidations}");
    assert_clean(&world.server);
}
