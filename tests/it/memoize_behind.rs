//! Between a call and what goes on behind it: who gets what, who is told, and who waits for how long.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cacheme::memoize::{CallError, Codec, CodecError, Invalidate, OnError, future, sync};
use cacheme::namespace::Layout;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::support::server::Server;
use crate::support::wait_until;

const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Holds those who pass, by the names of their threads.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<Threads>, Condvar)>);

/// Those that are held, and whether they have come there.
type Threads = Vec<(&'static str, bool)>;

impl Gate {
    fn hold(&self, name: &'static str) {
        self.0.0.lock().unwrap().push((name, false));
    }

    fn pass(&self) {
        let mut held = self.0.0.lock().unwrap();
        let current = thread::current();
        let name = current.name().unwrap_or_default();
        while let Some((_, is_here)) = held.iter_mut().find(|(it, _)| *it == name) {
            *is_here = true;
            self.0.1.notify_all();
            held = self.0.1.wait(held).unwrap();
        }
    }

    fn wait_for(&self, name: &'static str) {
        let held = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(held, |held| !held.contains(&(name, true))).unwrap());
    }

    fn let_go(&self, name: &'static str) {
        self.0.0.lock().unwrap().retain(|(it, _)| *it != name);
        self.0.1.notify_all();
    }
}

/// Numbers, whose reader is held.
#[derive(Clone, Default)]
struct Held(Gate);

impl Codec<u32> for Held {
    fn encode(&self, value: &u32) -> Result<Vec<u8>, CodecError> {
        Ok(value.to_string().into_bytes())
    }

    fn decode(&self, bytes: &[u8]) -> Result<u32, CodecError> {
        self.0.pass();
        std::str::from_utf8(bytes).unwrap().parse().map_err(CodecError::new)
    }
}

fn key(n: &u32) -> String {
    format!("get:{n}")
}

fn spawn<R: Send + 'static>(name: &str, run: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    thread::Builder::new().name(name.to_owned()).spawn(run).unwrap()
}

/// One reads a valid value, to refresh it early, and fails. Whoever begins after an invalidation in between does not get it, and
/// nothing is computed with it.
#[test]
fn what_was_read_before_an_invalidation_is_not_shared_after_it() {
    let (readers, function) = (Gate::default(), Gate::default());
    let (source, fails) = (Arc::new(AtomicU32::new(1)), Arc::new(AtomicBool::new(false)));
    let cache = sync::Cache::in_memory();
    let get = cache.try_memoize("get", key, {
        let (source, fails, function) = (Arc::clone(&source), Arc::clone(&fails), function.clone());
        move |_: &u32| {
            // An early refresh is for what takes a while.
            thread::sleep(Duration::from_millis(1));
            function.pass();
            if fails.load(SeqCst) { Err("no".to_owned()) } else { Ok(source.load(SeqCst)) }
        }
    });
    let get = get.stale(false).timeout(HOUR).early_refresh(1e15).codec(Held(readers.clone())).build();
    let inner = get.clone();
    let page = cache.try_memoize("page", |n: &u32| format!("page:{n}"), move |n: &u32| inner.call(n));
    let page = page.stale(false).build();
    page.call(&1).unwrap();
    readers.hold("leader");
    readers.hold("follower");
    function.hold("leader");
    let leader = spawn("leader", {
        let get = get.clone();
        move || get.call(&1).ok()
    });
    readers.wait_for("leader");
    source.store(2, SeqCst);
    get.invalidate(&1).unwrap();
    page.invalidate(&1).unwrap();
    let follower = spawn("follower", {
        let page = page.clone();
        move || page.call(&1).ok()
    });
    readers.wait_for("follower");
    fails.store(true, SeqCst);
    readers.let_go("leader");
    function.wait_for("leader");
    readers.let_go("follower");
    // It waits for the leader by then, or will meet nobody.
    thread::sleep(Duration::from_millis(20));
    function.let_go("leader");
    assert_eq!(leader.join().unwrap(), Some(1), "it began before");
    assert_eq!(follower.join().unwrap(), None);
    fails.store(false, SeqCst);
    assert_eq!((get.call(&1).unwrap(), page.call(&1).unwrap()), (2, 2));
}

/// However many functions hang.
#[test]
fn a_hard_timeout_holds_for_any_number_of_calls() {
    let gate = Arc::new(Mutex::new(()));
    let held = gate.lock().unwrap();
    let cache = sync::Cache::in_memory();
    let waits = Arc::clone(&gate);
    let get = cache
        .memoize("get", key, move |n: &u32| {
            drop(waits.lock().unwrap());
            *n
        })
        .hard_timeout(Duration::from_millis(1))
        .build();
    let (tell, told) = channel();
    let calls = thread::spawn({
        let get = get.clone();
        move || (0..300).for_each(|n| tell.send(get.call(&n)).unwrap())
    });
    for n in 0..300 {
        let called = told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("call {n} hangs"));
        assert!(matches!(called, Err(CallError::Timeout { .. })), "{n}: {called:?}");
    }
    calls.join().unwrap();
    drop(held);
    cache.close().unwrap();
    assert_eq!(get.call(&1).unwrap(), 1);
}

static MEMORY: OnceLock<future::Cache> = OnceLock::new();
static HANGS: AtomicBool = AtomicBool::new(false);

#[cacheme::memoize(cache = MEMORY.get_or_init(future::Cache::in_memory), key = "soft:{n}", soft_timeout = "1h")]
async fn soft(n: u32) -> u32 {
    if HANGS.swap(false, SeqCst) {
        std::future::pending::<()>().await;
    }
    n
}

/// A thread drives a call whose runtime is shut down.
#[test]
fn a_call_whose_runtime_ends_gets_the_value_at_hand() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(soft(1));
    runtime.block_on(MEMORY.get().unwrap().invalidate(&Invalidate::key("soft:1"))).unwrap();
    HANGS.store(true, SeqCst);
    let handle = runtime.handle().clone();
    let call = thread::spawn(move || handle.block_on(soft(1)));
    wait_until("it runs", PATIENCE, || !HANGS.load(SeqCst));
    runtime.shutdown_background();
    assert_eq!(call.join().unwrap_or_else(|panic| resume_unwind(panic)), 1);
}

/// The callback of the cache is slow: `close` waits for it. A caller that is cancelled hears nothing, so the callback does.
#[test]
fn who_does_not_wait_any_more_is_told_by_the_callback() {
    for is_cancelled in [false, true] {
        let server = Server::start();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let settings = || server.settings().layout(Layout::Meta).record(false).on_error(OnError::Fail);
        let gate = Gate::default();
        gate.hold("other");
        let (other, waits) = (sync::Cache::open(settings()).unwrap(), gate.clone());
        let other = other.memoize("get", key, move |n: &u32| {
            waits.pass();
            *n
        });
        let other = other.build();
        let told = Arc::<AtomicU32>::default();
        let counter = Arc::clone(&told);
        let cache =
            future::Cache::open_with(settings().retries(1000, Duration::from_millis(20)), move |_| {
                thread::sleep(Duration::from_millis(100));
                counter.fetch_add(1, SeqCst);
            });
        let cache = cache.unwrap();
        let get = cache.memoize("get", key, |n: u32| async move { n });
        let get = match is_cancelled {
            true => get.hard_timeout(HOUR),
            false => get.stale_while_revalidate(true),
        };
        let get = get.build();
        let refuse = |right: &str| {
            redis::cmd("ACL").arg(&["SETUSER", "default", right]).exec(&mut server.connect()).unwrap();
        };
        let other = spawn("other", move || other.call(&2));
        gate.wait_for("other");
        runtime.block_on(async {
            get.call(&1).await.unwrap();
            get.invalidate(&1).await.unwrap();
            if is_cancelled {
                // What goes on behind it waits for the other worker, and looks again and again.
                assert!(tokio::time::timeout(Duration::from_millis(50), get.call(&2)).await.is_err());
                refuse("-hmget");
            } else {
                refuse("-zadd");
                get.call(&1).await.unwrap();
            }
            cache.close().await.unwrap();
        });
        assert_eq!(told.load(SeqCst), 1, "{is_cancelled}");
        refuse("+@all");
        gate.let_go("other");
        other.join().unwrap().unwrap();
    }
}

/// Whichever of the two is first.
#[test]
fn the_time_of_a_call_is_told_once() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    let cache = sync::Cache::in_memory();
    let function = |n: &u32| {
        let began = Instant::now();
        while began.elapsed() < Duration::from_micros(150) {
            thread::yield_now();
        }
        *n
    };
    let get = metrics::with_local_recorder(&recorder, || {
        let get = cache.memoize("get", key, function);
        get.soft_timeout(Duration::from_micros(200)).build()
    });
    get.call(&1).unwrap();
    for _ in 0..3000 {
        get.invalidate(&1).unwrap();
        get.call(&1).unwrap();
    }
    cache.close().unwrap();
    let all = snapshots.snapshot().into_vec();
    let seconds = all.iter().filter(|it| it.0.key().name() == "cacheme_call_seconds");
    let told = seconds.map(|it| if let DebugValue::Histogram(all) = &it.3 { all.len() } else { 0 });
    assert_eq!(told.sum::<usize>(), 3001, "{:?}", get.counts());
}

/// What a test has done to the clock of its runtime before is no part of a call.
#[test]
fn timeouts_go_by_the_clock_of_the_runtime() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let cache = future::Cache::in_memory();
        let get = cache
            .memoize("get", key, |n: u32| async move {
                tokio::time::sleep(Duration::from_secs(n.into())).await;
                n
            })
            .hard_timeout(Duration::from_secs(5))
            .build();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(get.call(&1).await.unwrap(), 1);
        assert!(matches!(get.call(&9).await, Err(CallError::Timeout { .. })));
    });
}

/// What is behind a call meets another worker, and comes to what the call has got already.
#[test]
fn a_call_is_counted_once() {
    for swr in [true, false] {
        let server = Server::start();
        let settings = || server.settings().layout(Layout::Meta).record(false);
        let gate = Gate::default();
        let (other, waits) = (sync::Cache::open(settings()).unwrap(), gate.clone());
        let other = other
            .memoize("get", key, move |n: &u32| {
                waits.pass();
                *n
            })
            .build();
        let cache = sync::Cache::open(settings()).unwrap();
        let told = Arc::<AtomicU32>::default();
        let counter = Arc::clone(&told);
        let get = cache.memoize("get", key, |n: &u32| *n).on_hit(move |_, _, _| {
            counter.fetch_add(1, SeqCst);
        });
        let get = if swr { get.stale_while_revalidate(true) } else { get.soft_timeout(Duration::ZERO) };
        let get = get.build();
        get.call(&1).unwrap();
        get.invalidate(&1).unwrap();
        gate.hold("other");
        let other = spawn("other", move || other.call(&1).unwrap());
        gate.wait_for("other");
        // The mark is set once more: each call finds it, and somebody at it.
        get.invalidate(&1).unwrap();
        for _ in 0..10 {
            assert_eq!(get.call(&1).unwrap(), 1);
        }
        cache.close().unwrap();
        let counts = get.counts();
        assert_eq!((counts.hits, counts.stale, told.load(SeqCst)), (10, 10, 10), "{swr}");
        gate.let_go("other");
        other.join().unwrap();
    }
}
