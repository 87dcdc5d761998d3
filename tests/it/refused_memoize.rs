//! The decorator on a server that refuses, cuts, or delays any one answer: no call gets another key's value, what is
//! reported as done is done, and afterwards everything works.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use cacheme::client::Timeouts;
use cacheme::memoize::{Invalidate, Settings, sync};
use cacheme::namespace::{Layout, Namespace};
use redis::Commands;

use crate::memoize_calls::assert_clean;
use crate::support::relay::{Fault, Relay, faults, wants_all};
use crate::support::server::Server;
use crate::support::wait_until;

/// How long an answer is waited for; a held one comes once it was given up.
const PATIENCE: Duration = Duration::from_millis(300);
const KEYS: u64 = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    Hit,
    Miss,
    Refresh,
    Key,
    InvalidKey,
    Tag,
    Pattern,
    KeysOfTag,
}

const PATHS: [Path; 8] = [
    Path::Hit,
    Path::Miss,
    Path::Refresh,
    Path::Key,
    Path::InvalidKey,
    Path::Tag,
    Path::Pattern,
    Path::KeysOfTag,
];

/// A cached function of either API: a key's value is its number and the version of the source when it was read.
trait Api {
    fn open(settings: Settings, version: Arc<AtomicU64>) -> Self;
    fn call(&self, n: u64) -> (u64, u64);
    /// Whether it reports that all was done.
    fn invalidate(&self, what: Invalidate) -> bool;
    /// The numbers of the keys of the tag, unless it fails.
    fn keys(&self) -> Option<Vec<u64>>;
}

struct Threads(sync::Cache, sync::Memoized<u64, (u64, u64), std::convert::Infallible>);

fn key(n: &u64) -> String {
    format!("Item:{n}>get")
}

fn number(key: &cacheme::namespace::LogicalKey) -> u64 {
    let base = String::from_utf8(key.base().to_vec()).unwrap();
    base.strip_prefix("Item:").expect("a key of the tag").parse().unwrap()
}

impl Api for Threads {
    fn open(settings: Settings, version: Arc<AtomicU64>) -> Self {
        let cache = sync::Cache::open_with(settings, |_| ()).unwrap();
        let get = cache
            .memoize("get", key, move |n: &u64| (*n, version.load(SeqCst)))
            .invalid_keys(|_, _| "All".to_owned())
            .build();
        Self(cache, get)
    }

    fn call(&self, n: u64) -> (u64, u64) {
        self.1.call(&n).expect("it computes where Redis fails")
    }

    fn invalidate(&self, what: Invalidate) -> bool {
        self.0.invalidate(&what).is_ok_and(|report| report.complete)
    }

    fn keys(&self) -> Option<Vec<u64>> {
        Some(self.0.tag("get").keys().ok()?.iter().map(number).collect())
    }
}

#[cfg(feature = "tokio")]
struct Tasks {
    runtime: tokio::runtime::Runtime,
    cache: cacheme::memoize::future::Cache,
    get: cacheme::memoize::future::Memoized<u64, (u64, u64), std::convert::Infallible>,
}

#[cfg(feature = "tokio")]
impl Api for Tasks {
    fn open(settings: Settings, version: Arc<AtomicU64>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let cache = cacheme::memoize::future::Cache::open_with(settings, |_| ()).unwrap();
        let get = cache
            .memoize("get", key, move |n: u64| {
                let value = (n, version.load(SeqCst));
                async move { value }
            })
            .invalid_keys(|_, _| "All".to_owned())
            .build();
        Self { runtime, cache, get }
    }

    fn call(&self, n: u64) -> (u64, u64) {
        self.runtime.block_on(self.get.call(&n)).expect("it computes where Redis fails")
    }

    fn invalidate(&self, what: Invalidate) -> bool {
        self.runtime.block_on(self.cache.invalidate(&what)).is_ok_and(|report| report.complete)
    }

    fn keys(&self) -> Option<Vec<u64>> {
        let keys = self.runtime.block_on(self.cache.tag("get").keys()).ok()?;
        Some(keys.iter().map(number).collect())
    }
}

fn invalidation(path: Path) -> Option<Invalidate> {
    Some(match path {
        Path::Hit | Path::Miss | Path::KeysOfTag => return None,
        Path::Refresh | Path::Key => Invalidate::key(key(&7)),
        Path::InvalidKey => Invalidate::invalid_key("All"),
        Path::Tag => Invalidate::tag("get"),
        Path::Pattern => Invalidate::pattern("Item:*"),
    })
}

/// What the server holds once every key was asked for, to be put back before each case.
struct Filled(Vec<(Vec<u8>, Vec<u8>)>);

impl Filled {
    fn by<A: Api>(server: &Server, layout: Layout) -> Self {
        let mut it = server.connect();
        redis::cmd("FLUSHALL").exec(&mut it).unwrap();
        let settings = server.settings().layout(layout).record(false);
        let api = A::open(settings, Arc::new(AtomicU64::new(1)));
        for n in 0..KEYS {
            assert_eq!(api.call(n), (n, 1));
        }
        let names: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut it).unwrap();
        let dump = |name: Vec<u8>| {
            let bytes = redis::cmd("DUMP").arg(&name).query(&mut it).unwrap();
            (name, bytes)
        };
        Self(names.into_iter().map(dump).collect())
    }

    fn put_back(&self, it: &mut redis::Connection) {
        let mut pipe = redis::pipe();
        pipe.cmd("FLUSHALL").ignore();
        for (name, bytes) in &self.0 {
            pipe.cmd("RESTORE").arg(name).arg(0).arg(bytes).ignore();
        }
        pipe.exec(it).unwrap();
    }
}

/// One path with a fault at one of its commands. Whether it had so many.
fn with_fault<A: Api>(
    server: &Server,
    filled: &Filled,
    layout: Layout,
    path: Path,
    at: usize,
    fault: Fault,
) -> bool {
    let mut it = server.connect();
    filled.put_back(&mut it);
    let case = format!("{path:?}, {layout:?}, {fault:?} at command {at}");
    let relay = Relay::before(server, |_| None);
    let settings = Settings::new()
        .url(relay.url())
        .layout(layout)
        .record(false)
        .scan_count(20)
        .lease(Duration::from_millis(100))
        .timeouts(Timeouts { connect: PATIENCE, io: PATIENCE })
        .retries(3, Duration::from_millis(5));
    let version = Arc::new(AtomicU64::new(1));
    let api = A::open(settings, version.clone());
    let invalidation = invalidation(path);
    if path == Path::Refresh {
        version.store(2, SeqCst);
        let () = it.sadd(&Namespace::new("CM:", layout).unwrap().deleted_sets()[0], "CM:Item:7>get").unwrap();
    }
    relay.now(move |asked| (asked.before == at).then_some(fault));
    match path {
        Path::Hit => assert_eq!(api.call(7), (7, 1), "{case}"),
        Path::Miss => assert_eq!(api.call(KEYS), (KEYS, 1), "{case}"),
        // Who waits for another's computation is served the old value meanwhile.
        Path::Refresh => assert_eq!(api.call(7).0, 7, "{case}"),
        Path::KeysOfTag => {
            if let Some(keys) = api.keys() {
                assert_eq!(keys.len() as u64, KEYS, "{case}: {keys:?}");
            }
        }
        Path::Key | Path::InvalidKey | Path::Tag | Path::Pattern => {
            version.store(2, SeqCst);
            let is_done = api.invalidate(invalidation.clone().unwrap());
            relay.now(|_| None);
            if is_done {
                assert_eq!(api.call(7), (7, 2), "{case}: said to be done");
            }
        }
    }
    let was_there = relay.faults() > 0;
    relay.now(|_| None);
    // What was held comes now, to whoever reads on.
    relay.release();
    for n in 0..KEYS {
        assert_eq!(api.call(n).0, n, "{case}: another key's value");
    }
    // What was not said to be done is done by doing it again; what a lost answer took comes back with its lease.
    if let Some(what) = invalidation {
        wait_until(&format!("it is done again: {case}"), Duration::from_secs(30), || {
            api.invalidate(what.clone())
        });
    }
    let newest = version.load(SeqCst);
    let mut others = 1000;
    wait_until(&format!("leases run out: {case}"), Duration::from_secs(30), || {
        others += 1;
        assert_eq!(api.call(others).0, others, "{case}");
        !it.exists::<_, bool>("CM:meta:leases").unwrap()
    });
    assert_eq!(api.call(7), (7, newest), "{case}");
    wait_until(&format!("the tag's keys are told: {case}"), Duration::from_secs(30), || {
        let keys = api.keys();
        assert!(keys.iter().all(|keys| keys.contains(&7)), "{case}: {keys:?}");
        keys.is_some()
    });
    assert_clean(server);
    was_there
}

/// Every command of every path, each path on a server of its own; each fault where the environment asks for all, else one
/// of them each, by turns.
fn all<A: Api>() {
    let (all, faults) = (wants_all(), faults());
    let layouts = [Layout::Both, Layout::Classic, Layout::Meta];
    let one = |place: usize, path: Path| {
        let server = Server::start();
        for layout in &layouts[..if all { 3 } else { 1 }] {
            let filled = Filled::by::<A>(&server, *layout);
            for at in 0.. {
                let here = match all {
                    true => faults.clone(),
                    false => vec![faults[(place * 3 + at) % faults.len()]],
                };
                let was_there =
                    here.iter().map(|fault| with_fault::<A>(&server, &filled, *layout, path, at, *fault));
                if !was_there.fold(false, |any, was_there| any | was_there) {
                    assert!(at > 0, "{path:?} asks for nothing");
                    break;
                }
            }
        }
    };
    let one = &one;
    thread::scope(|scope| {
        for (place, path) in PATHS.into_iter().enumerate() {
            scope.spawn(move || one(place, path));
        }
    });
}

#[test]
fn every_answer_to_a_thread() {
    all::<Threads>();
}

#[cfg(feature = "tokio")]
#[test]
fn every_answer_to_a_task() {
    all::<Tasks>();
}
