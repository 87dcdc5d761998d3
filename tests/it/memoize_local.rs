//! Values that a process holds itself: served without a question, and dropped by whatever anybody changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use cacheme::memoize::{Codec, CodecError, Counts, Settings, future, sync};
use cacheme::namespace::Layout;
use redis::Commands;
use serde_json::{Value, json};

use crate::gc_safety::calls;
use crate::memoize_calls::assert_clean;
use crate::memoize_python::{LIBS, settings};
use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Longer than anything held is handed out, whatever happens to the connection that hears of changes.
pub(crate) const BOUND: Duration = Duration::from_millis(400);

/// `get_owner` of either API, which counts its runs.
trait Api {
    fn new(settings: Settings, runs: Arc<AtomicU32>) -> Self;
    fn call(&self, book: u32) -> u32;
    fn counts(&self) -> Counts;
    /// How often the callback of the cache was called.
    fn told(&self) -> u32;
}

pub(crate) fn key(book: &u32) -> String {
    format!("Book:{book}>owner")
}

fn callback() -> (Arc<AtomicU32>, impl Fn(&cacheme::Error) + Send + Sync + 'static) {
    let told = Arc::<AtomicU32>::default();
    let counter = Arc::clone(&told);
    (told, move |error| {
        assert!(error.to_string().starts_with("nothing is served from memory"), "{error}");
        counter.fetch_add(1, SeqCst);
    })
}

struct Threads(sync::Memoized<u32, u32>, Arc<AtomicU32>);

impl Api for Threads {
    fn new(settings: Settings, runs: Arc<AtomicU32>) -> Self {
        let (told, callback) = callback();
        let cache = sync::Cache::open_with(settings, callback).unwrap();
        let get = cache.memoize("get_owner", key, move |_: &u32| runs.fetch_add(1, SeqCst));
        Self(get.timeout(HOUR).invalid_keys(|book, _| format!("User:{book}")).build(), told)
    }

    fn call(&self, book: u32) -> u32 {
        self.0.call(&book).unwrap()
    }

    fn counts(&self) -> Counts {
        self.0.counts()
    }

    fn told(&self) -> u32 {
        self.1.load(SeqCst)
    }
}

struct Tasks(tokio::runtime::Runtime, future::Memoized<u32, u32>, Arc<AtomicU32>);

impl Api for Tasks {
    fn new(settings: Settings, runs: Arc<AtomicU32>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let (told, callback) = callback();
        let cache = future::Cache::open_with(settings, callback).unwrap();
        let get = cache.memoize("get_owner", key, move |_: u32| {
            let run = runs.fetch_add(1, SeqCst);
            async move { run }
        });
        let get = get.timeout(HOUR).invalid_keys(|book, _| format!("User:{book}")).build();
        Self(runtime, get, told)
    }

    fn call(&self, book: u32) -> u32 {
        self.0.block_on(self.1.call(&book)).unwrap()
    }

    fn counts(&self) -> Counts {
        self.1.counts()
    }

    fn told(&self) -> u32 {
        self.2.load(SeqCst)
    }
}

/// Calls until the value comes from memory.
fn settle<A: Api>(get: &A, book: u32) -> u32 {
    let mut value = 0;
    wait_until("it is served from memory", PATIENCE, || {
        let before = get.counts().local;
        value = get.call(book);
        get.counts().local > before
    });
    value
}

/// What somebody does, and how.
type Change = (&'static str, Box<dyn Fn(&Server)>);

fn changes(lib: Lib) -> Vec<Change> {
    let cli = |words: &'static str| {
        let run = move |server: &Server| {
            let layout = if lib.is_meta() { "meta" } else { "classic" };
            let args: Vec<_> = words.split(' ').collect();
            Cli::new(server).args(args).args(["--layout", layout]).run().ok();
        };
        (words, Box::new(run) as Box<dyn Fn(&Server)>)
    };
    let redis = |words: &'static str| {
        let run = move |server: &Server| {
            let words: Vec<_> = words.split(' ').collect();
            redis::cmd(words[0]).arg(&words[1..]).exec(&mut server.connect()).unwrap();
        };
        (words, Box::new(run) as Box<dyn Fn(&Server)>)
    };
    let python = |name: &'static str, args: Value| {
        let run = move |server: &Server| {
            let mut worker = Worker::spawn(lib, server);
            match args.get("tag") {
                Some(tag) => worker.invalidate_tag(tag.as_str().unwrap()),
                None => worker.invalidate(args.clone()),
            }
        };
        (name, Box::new(run) as Box<dyn Fn(&Server)>)
    };
    vec![
        cli("invalidate --key Book:1>owner"),
        cli("invalidate --invalid-key User:1 --yes"),
        cli("invalidate --tag get_owner --yes"),
        cli("invalidate --pattern Book:1* --yes"),
        cli("invalidate --pattern Book:1* --mark --yes"),
        cli("invalidate --key Book:1>owner --delete"),
        redis("FLUSHALL"),
        redis("FLUSHDB"),
        redis("UNLINK CM:Book:1"),
        redis("HDEL CM:Book:1 owner"),
        redis("RENAME CM:Book:1 CM:elsewhere"),
        redis("PEXPIRE CM:Book:1 1"),
        redis("ZADD CM:Meta:Expire-Buckets::CM:Book:1 1000 CM:Book:1>owner"),
        python("Python: a key", json!({"key": "Book:1>owner"})),
        python("Python: an invalid key", json!({"invalid_key": "User:1"})),
        python("Python: a tag", json!({"tag": "get_owner"})),
    ]
}

fn is_woken<A: Api>() {
    for lib in LIBS {
        for (name, change) in changes(lib) {
            let server = Server::start();
            let runs = Arc::<AtomicU32>::default();
            let get = A::new(settings(lib, &server).local(1 << 20), Arc::clone(&runs));
            let old = settle(&get, 1);
            settle(&get, 2);
            let before = (calls(&server, "sismember"), calls(&server, "hget"), get.counts());
            for _ in 0..1000 {
                assert_eq!(get.call(1), old);
            }
            let after = get.counts();
            assert_eq!((after.local - before.2.local, after.hits - before.2.hits), (1000, 1000));
            assert_eq!(calls(&server, "hget"), before.1, "{lib:?} {name}");
            change(&server);
            thread::sleep(BOUND);
            let new = get.call(1);
            assert!(new > old, "{lib:?} {name}: {new}");
            assert_eq!(settle(&get, 1), new);
            assert_eq!(get.told(), 0);
            assert_clean(&server);
        }
    }
}

#[test]
fn threads_are_woken_by_whatever_changes() {
    is_woken::<Threads>();
}

#[test]
fn tasks_are_woken_by_whatever_changes() {
    is_woken::<Tasks>();
}

/// No round trip tells of it.
#[test]
fn a_value_expires_in_memory() {
    let server = Server::start();
    let cache = sync::Cache::open(server.settings().local(1 << 20)).unwrap();
    let runs = AtomicU32::new(0);
    let get = cache
        .memoize("f", key, move |_: &u32| runs.fetch_add(1, SeqCst))
        .timeout(Duration::from_secs(2))
        .build();
    let old = get.call(&1).unwrap();
    let mut value = old;
    wait_until("it expires", PATIENCE, || {
        value = get.call(&1).unwrap();
        value != old
    });
    assert!(get.counts().local > 0);
    let bucket = "CM:Meta:Expire-Buckets::CM:Book:1";
    let _: f64 = server.connect().zscore(bucket, "CM:Book:1>owner").unwrap();
}

/// A function without a timeout asks for none, so what it was told of a value is for itself.
#[test]
fn a_timeout_is_kept_beside_a_function_without_one() {
    let server = Server::start();
    let cache = sync::Cache::open(server.settings().layout(Layout::Meta).local(1 << 20)).unwrap();
    let runs = Arc::<AtomicU32>::default();
    let function = |name| {
        let runs = Arc::clone(&runs);
        cache.memoize(name, key, move |_: &u32| runs.fetch_add(1, SeqCst))
    };
    let (with, without) =
        (function("with").timeout(Duration::from_secs(2)).build(), function("without").build());
    let old = with.call(&1).unwrap();
    wait_until("it is held", PATIENCE, || (without.call(&1).unwrap(), without.counts().local > 0).1);
    wait_until("it expires", PATIENCE, || with.call(&1).unwrap() != old);
}

/// Before anybody tells.
#[test]
fn what_this_process_changes_it_sees_at_once() {
    let server = Server::start();
    let runs = Arc::<AtomicU32>::default();
    let counter = Arc::clone(&runs);
    let cache = sync::Cache::open(server.settings().layout(Layout::Meta).local(1 << 20)).unwrap();
    let get = cache.memoize("get_owner", key, move |_: &u32| counter.fetch_add(1, SeqCst)).build();
    let get = Threads(get, Arc::default());
    for turn in 0..200 {
        let old = settle(&get, 1);
        let new = match turn % 4 {
            0 => get.0.refresh(&1).unwrap(),
            1 => {
                assert!(get.0.put(&1, 1_000_000 + turn).unwrap());
                1_000_000 + turn
            }
            2 => (get.0.invalidate(&1).unwrap(), runs.load(SeqCst)).1,
            _ => (get.0.remove(&1).unwrap(), runs.load(SeqCst)).1,
        };
        assert_ne!(old, new);
        assert_eq!(get.call(1), new, "{turn}");
    }
}

static LIVING: AtomicU32 = AtomicU32::new(0);

/// A value that counts how many there are.
#[derive(Debug)]
struct Large;

impl Clone for Large {
    fn clone(&self) -> Self {
        LIVING.fetch_add(1, SeqCst);
        Self
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, SeqCst);
    }
}

struct Megabyte;

impl Codec<Large> for Megabyte {
    fn encode(&self, _: &Large) -> Result<Vec<u8>, CodecError> {
        Ok(vec![0; 1_000_000])
    }

    fn decode(&self, _: &[u8]) -> Result<Large, CodecError> {
        LIVING.fetch_add(1, SeqCst);
        Ok(Large)
    }
}

#[test]
fn no_more_is_held_than_there_is_room() {
    let server = Server::start();
    let cache = sync::Cache::open(server.settings().layout(Layout::Meta).local(10_500_000)).unwrap();
    let function = |_: &u32| {
        LIVING.fetch_add(1, SeqCst);
        Large
    };
    let get = cache.memoize("large", key, function).codec(Megabyte).build();
    wait_until("some are held", PATIENCE, || (get.call(&0).unwrap(), get.counts().local > 0).1);
    for book in 0..50 {
        get.call(&book).unwrap();
        get.call(&book).unwrap();
        assert!(LIVING.load(SeqCst) <= 11, "{book}: {LIVING:?}");
    }
    assert!(LIVING.load(SeqCst) >= 5, "{LIVING:?}");
}

/// Whoever sees in memory that a value is to be recomputed before it expires does so: it is not decided once more.
#[test]
fn what_is_refreshed_early_is_decided_once() {
    let server = Server::start();
    let cache = sync::Cache::open(server.settings().layout(Layout::Classic).local(1 << 20)).unwrap();
    let get = cache.memoize("get_owner", key, |book: &u32| {
        thread::sleep(Duration::from_millis(5));
        *book
    });
    // One call in three or so.
    let get = get.timeout(HOUR).early_refresh(HOUR.as_secs_f64() / 0.005).build();
    let (mut asked, mut early) = (0, 0);
    while asked < 30 {
        wait_until("it is held", PATIENCE, || get.call(&1).unwrap() == 1 && get.local(&1).is_some());
        let before = get.counts();
        get.call(&1).unwrap();
        let after = get.counts();
        if after.local == before.local {
            asked += 1;
            early += after.early - before.early;
        }
    }
    assert!(early >= 20, "{early} of {asked}");
}
