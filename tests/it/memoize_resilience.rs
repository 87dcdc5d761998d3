//! A function that is slow or fails while an old value is there, and values that are recomputed before they expire: in both
//! APIs, beside Python.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use cacheme::memoize::{Builder, CallError, Counts, OnError, Settings, future, sync};
use redis::Commands;
use serde_json::{Value, json};

use crate::memoize_calls::assert_clean;
use crate::memoize_python::{LIBS, settings};
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const BUCKET: &str = "CM:Meta:Expire-Buckets::CM:Book:1";

type Called = Result<Value, CallError<String>>;
type Function = Arc<dyn Fn() -> Result<Value, String> + Send + Sync>;

/// What the builder is told.
#[derive(Clone, Default)]
struct Told {
    timeout: Option<Duration>,
    stale: bool,
    stale_if_error: Option<Duration>,
    stale_while_revalidate: bool,
    soft_timeout: Option<Duration>,
    hard_timeout: Option<Duration>,
    jitter: f64,
    early_refresh: f64,
    failures: Arc<AtomicU32>,
}

impl Told {
    fn new() -> Self {
        Self { stale: true, ..Self::default() }
    }

    fn tell<F>(self, builder: Builder<u32, Value, F>) -> Builder<u32, Value, F>
    where
        F: cacheme::memoize::OutlastsCalls + cacheme::memoize::CanFail<Error = String>,
    {
        let failures = self.failures;
        let mut builder = builder
            .stale(self.stale)
            .stale_while_revalidate(self.stale_while_revalidate)
            .jitter(self.jitter)
            .early_refresh(self.early_refresh)
            .on_failure(move |key, error, id| {
                assert_eq!((key, &**error), (&*format!("CM:Book:{id}>owner"), "no"));
                failures.fetch_add(1, SeqCst);
            });
        if let Some(it) = self.timeout {
            builder = builder.timeout(it);
        }
        if let Some(it) = self.stale_if_error {
            builder = builder.stale_if_error(it);
        }
        if let Some(it) = self.soft_timeout {
            builder = builder.soft_timeout(it);
        }
        if let Some(it) = self.hard_timeout {
            builder = builder.hard_timeout(it);
        }
        builder
    }
}

fn key(id: &u32) -> String {
    format!("Book:{id}>owner")
}

/// How often a callback was called, and the callback.
fn errors() -> (Arc<AtomicU32>, impl Fn(&cacheme::Error) + Send + Sync + 'static) {
    let errors = Arc::<AtomicU32>::default();
    let counter = Arc::clone(&errors);
    (errors, move |_| {
        counter.fetch_add(1, SeqCst);
    })
}

/// A cached function of either API.
trait Api: Sized + Clone + Send + 'static {
    fn new(settings: Settings, told: Told, function: Function) -> Self;
    fn call(&self, id: u32) -> Called;
    fn call_with(&self, id: u32, value: Value) -> Called;
    fn refresh(&self, id: u32) -> Called;
    fn invalidate(&self, id: u32);
    fn close(&self) -> cacheme::Result<()>;
    fn counts(&self) -> Counts;
    /// How often the callback of the cache was called.
    fn told(&self) -> u32;
}

#[derive(Clone)]
struct Threads(sync::Cache, sync::Memoized<u32, Value, String>, Arc<AtomicU32>);

impl Api for Threads {
    fn new(settings: Settings, told: Told, function: Function) -> Self {
        let (errors, on_error) = errors();
        let cache = sync::Cache::open_with(settings, on_error).unwrap();
        let get = told.tell(cache.try_memoize("get_owner", key, move |_: &u32| function())).build();
        Self(cache, get, errors)
    }

    fn call(&self, id: u32) -> Called {
        self.1.call(&id)
    }

    fn call_with(&self, id: u32, value: Value) -> Called {
        self.1.try_call_with(&id, || Ok(value))
    }

    fn refresh(&self, id: u32) -> Called {
        self.1.refresh(&id)
    }

    fn invalidate(&self, id: u32) {
        self.1.invalidate(&id).unwrap();
    }

    fn close(&self) -> cacheme::Result<()> {
        self.0.close()
    }

    fn counts(&self) -> Counts {
        self.1.counts()
    }

    fn told(&self) -> u32 {
        self.2.load(SeqCst)
    }
}

#[derive(Clone)]
struct Tasks(
    Arc<tokio::runtime::Runtime>,
    future::Cache,
    future::Memoized<u32, Value, String>,
    Arc<AtomicU32>,
);

impl Api for Tasks {
    fn new(settings: Settings, told: Told, function: Function) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let (errors, on_error) = errors();
        let cache = future::Cache::open_with(settings, on_error).unwrap();
        let get = cache.try_memoize("get_owner", key, move |_: u32| {
            let function = Arc::clone(&function);
            async move {
                let ran = tokio::task::spawn_blocking(move || function()).await;
                ran.unwrap_or_else(|error| resume_unwind(error.into_panic()))
            }
        });
        Self(Arc::new(runtime), cache, told.tell(get).build(), errors)
    }

    fn call(&self, id: u32) -> Called {
        self.0.block_on(self.2.call(&id))
    }

    fn call_with(&self, id: u32, value: Value) -> Called {
        self.0.block_on(self.2.try_call_with(&id, || async { Ok(value) }))
    }

    fn refresh(&self, id: u32) -> Called {
        self.0.block_on(self.2.refresh(&id))
    }

    fn invalidate(&self, id: u32) {
        self.0.block_on(self.2.invalidate(&id)).unwrap();
    }

    fn close(&self) -> cacheme::Result<()> {
        self.0.block_on(self.1.close())
    }

    fn counts(&self) -> Counts {
        self.2.counts()
    }

    fn told(&self) -> u32 {
        self.3.load(SeqCst)
    }
}

/// The same test of either API.
macro_rules! both {
    ($($threads:ident, $tasks:ident => $test:ident;)*) => {$(
        #[test]
        fn $threads() {
            $test::<Threads>();
        }

        #[test]
        fn $tasks() {
            $test::<Tasks>();
        }
    )*};
}

both! {
    threads_get_the_old_value_of_a_function_that_fails, tasks_get_the_old_value_of_a_function_that_fails => fails;
    threads_try_what_failed_as_often_as_the_back_off_says, tasks_try_what_failed_as_often_as_the_back_off_says => backs_off;
    threads_wait_no_longer_than_the_soft_timeout, tasks_wait_no_longer_than_the_soft_timeout => soft;
    threads_wait_no_longer_than_the_hard_timeout, tasks_wait_no_longer_than_the_hard_timeout => hard;
    threads_do_not_wait_while_one_revalidates, tasks_do_not_wait_while_one_revalidates => revalidates;
    threads_that_bring_a_function_wait_for_it, tasks_that_bring_a_function_wait_for_it => brings;
    threads_without_redis_are_told_of_what_is_behind_them, tasks_without_redis_are_told_of_what_is_behind_them => refused;
    threads_hear_of_a_panic_behind_them, tasks_hear_of_a_panic_behind_them => panics;
    one_thread_refreshes_early, one_task_refreshes_early => early;
    threads_spread_expiry, tasks_spread_expiry => jitters;
}

/// A function that returns what it is told, once it is let go, and how often it ran.
struct Source {
    says: Mutex<Result<Value, String>>,
    is_held: Mutex<bool>,
    let_go: Condvar,
    panics: AtomicBool,
    begun: AtomicU32,
}

impl Source {
    fn new() -> (Arc<Self>, Function) {
        let source = Arc::new(Self {
            says: Mutex::new(Ok(json!(0))),
            is_held: Mutex::new(false),
            let_go: Condvar::new(),
            panics: AtomicBool::new(false),
            begun: AtomicU32::new(0),
        });
        let it = Arc::clone(&source);
        let function = move || {
            it.begun.fetch_add(1, SeqCst);
            drop(it.let_go.wait_while(it.is_held.lock().unwrap(), |held| *held).unwrap());
            assert!(!it.panics.load(SeqCst), "the function panics");
            it.says.lock().unwrap().clone()
        };
        (source, Arc::new(function))
    }

    fn says(&self, what: Result<Value, &str>) {
        *self.says.lock().unwrap() = what.map_err(str::to_owned);
    }

    /// From now on each run waits until it is let go.
    fn hold(&self) {
        *self.is_held.lock().unwrap() = true;
    }

    fn let_go(&self) {
        *self.is_held.lock().unwrap() = false;
        self.let_go.notify_all();
    }

    /// Waits until one runs: a call may be back before the thread of what is behind it began.
    fn wait_until_it_runs(&self) {
        wait_until("it runs", PATIENCE, || self.begun.load(SeqCst) == 1);
    }

    fn runs(&self) -> u32 {
        self.begun.swap(0, SeqCst)
    }
}

fn is_marked(lib: Lib, server: &Server) -> bool {
    let set = if lib.is_meta() { "CM:meta:deleted" } else { "CM:delete" };
    server.connect().sismember(set, "CM:Book:1>owner").unwrap()
}

fn fails<A: Api>() {
    for (lib, stale) in LIBS.into_iter().flat_map(|lib| [(lib, true), (lib, false)]) {
        let server = Server::start();
        let (source, function) = Source::new();
        let told = Told { stale, stale_if_error: Some(HOUR), ..Told::new() };
        let failures = Arc::clone(&told.failures);
        let get = A::new(settings(lib, &server), told, function);
        source.says(Err("no"));
        assert_eq!(get.call(1).unwrap_err().to_string(), "no", "without an old value it is an error");
        source.says(Ok(json!("old")));
        assert_eq!(get.call(1).unwrap(), json!("old"));
        get.invalidate(1);
        source.says(Err("no"));
        assert_eq!(get.call(1).unwrap(), json!("old"));
        assert!(is_marked(lib, &server), "it is given back");
        assert_eq!((source.runs(), failures.load(SeqCst)), (3, 2));
        if stale {
            for _ in 0..1000 {
                assert_eq!(get.call(1).unwrap(), json!("old"));
            }
            assert_eq!((source.runs(), get.counts().stale_on_error), (0, 1001));
            assert_eq!(get.refresh(1).unwrap_err().to_string(), "no", "who asks for a new one hears of it");
            assert_eq!(source.runs(), 1);

            // Another worker stores; when that is marked, it is another value, and nothing is known against it.
            let mut python = Worker::spawn(lib, &server);
            let owner = python.value("get_owner", json!([1]));
            assert_eq!((get.call(1).unwrap(), source.runs()), (owner.clone(), 0));
            get.invalidate(1);
            assert_eq!((get.call(1).unwrap(), source.runs()), (owner, 1));
            source.says(Ok(json!("new")));
            let theirs = python.value("get_owner", json!([1]));
            assert_eq!(get.call(1).unwrap(), theirs, "and they take the mark");
        } else {
            source.says(Ok(json!("new")));
            assert_eq!(get.call(1).unwrap(), json!("new"), "the old one has left Redis");
        }
        assert_clean(&server);
    }
}

fn backs_off<A: Api>() {
    let server = Server::start();
    let (source, function) = Source::new();
    let told = Told { stale_if_error: Some(Duration::ZERO), ..Told::new() };
    let get = A::new(settings(Lib::V011, &server), told, function);
    get.call(1).unwrap();
    get.invalidate(1);
    source.says(Err("no"));
    source.runs();
    for _ in 0..1000 {
        assert_eq!(get.call(1).unwrap(), json!(0));
    }
    assert_eq!((source.runs(), get.counts().failed), (1000, 1000), "with no back-off, each call tries");
    source.says(Ok(json!(1)));
    assert_eq!((get.call(1).unwrap(), source.runs()), (json!(1), 1));
    assert_clean(&server);
}

fn soft<A: Api>() {
    for lib in LIBS {
        let server = Server::start();
        let (source, function) = Source::new();
        let told = Told { soft_timeout: Some(Duration::from_millis(20)), ..Told::new() };
        let get = A::new(settings(lib, &server), told, Arc::clone(&function));
        source.hold();
        let first = thread::spawn({
            let get = get.clone();
            move || get.call(1)
        });
        source.wait_until_it_runs();
        source.let_go();
        assert_eq!(first.join().unwrap().unwrap(), json!(0), "without an old value it waits");
        let patient = Told { soft_timeout: Some(HOUR), ..Told::new() };
        let patient = A::new(settings(lib, &server), patient, Arc::clone(&function));
        patient.invalidate(1);
        source.says(Ok(json!(1)));
        assert_eq!(patient.call(1).unwrap(), json!(1), "what comes in time is taken");

        get.invalidate(1);
        source.runs();
        source.hold();
        source.says(Ok(json!(2)));
        assert_eq!(get.call(1).unwrap(), json!(1), "while the function runs");
        source.wait_until_it_runs();
        assert_eq!((get.call(1).unwrap(), source.runs()), (json!(1), 1));
        assert_eq!(get.counts().timed_out, 1);
        let closing = thread::spawn({
            let get = get.clone();
            move || get.close()
        });
        source.let_go();
        closing.join().unwrap().unwrap();
        assert_eq!((get.call(1).unwrap(), source.runs()), (json!(2), 0), "it was stored");

        // Closed: nothing goes on behind a call any more.
        get.invalidate(1);
        source.says(Ok(json!(3)));
        assert_eq!((get.call(1).unwrap(), source.runs()), (json!(3), 1));
        assert_clean(&server);
    }
}

fn hard<A: Api>() {
    for lib in LIBS {
        let server = Server::start();
        let (source, function) = Source::new();
        let told = Told { stale: false, hard_timeout: Some(Duration::from_millis(20)), ..Told::new() };
        let get = A::new(settings(lib, &server), told, function);
        // With stale reads off an invalidated value is none.
        let mut python = Worker::spawn(lib, &server);
        python.value("get_owner", json!([1]));
        get.invalidate(1);
        source.hold();
        for _ in 0..2 {
            match get.call(1) {
                Err(error @ CallError::Timeout { .. }) => {
                    let said = error.to_string();
                    assert!(said.starts_with("CM:Book:1>owner: no value within 20ms"), "{said}");
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(get.refresh(1), Err(CallError::Timeout { .. })));
        source.wait_until_it_runs();
        assert_eq!(get.counts().timed_out, 3, "one run for all");
        source.let_go();
        wait_until("it is stored", PATIENCE, || get.call(1).is_ok());
        get.close().unwrap();
        assert_eq!(get.call(1).unwrap(), json!(0));
        assert_clean(&server);
    }
}

fn revalidates<A: Api>() {
    for lib in LIBS {
        let server = Server::start();
        let (source, function) = Source::new();
        let told = Told { stale: false, stale_while_revalidate: true, timeout: Some(HOUR), ..Told::new() };
        let failures = Arc::clone(&told.failures);
        let get = A::new(settings(lib, &server), told, function);
        get.call(1).unwrap();
        source.runs();
        for expired in [false, true] {
            if expired {
                server.connect().zadd::<_, _, _, ()>(BUCKET, "CM:Book:1>owner", 1000).unwrap();
            } else {
                get.invalidate(1);
            }
            source.hold();
            let new = json!(format!("new {expired}"));
            source.says(Ok(new.clone()));
            let old = get.call(1).unwrap();
            assert_ne!(old, new);
            source.wait_until_it_runs();
            for _ in 0..100 {
                assert_eq!(get.call(1).unwrap(), old);
            }
            assert_eq!(source.runs(), 1);
            source.let_go();
            wait_until("it is stored", PATIENCE, || get.call(1).unwrap() == new);
            assert_eq!(source.runs(), 0);
        }
        assert_eq!((get.counts().refreshes, get.counts().timed_out), (2, 0));

        // A failure behind the call leaves the mark, and is told.
        get.invalidate(1);
        source.says(Err("no"));
        get.call(1).unwrap();
        wait_until("it has failed", PATIENCE, || failures.load(SeqCst) == 1);
        wait_until("it is given back", PATIENCE, || is_marked(lib, &server));
        get.close().unwrap();
        assert_clean(&server);
    }
}

/// What borrows cannot go on behind the call, nor anything once the cache is closed.
fn brings<A: Api>() {
    for (swr, closes) in [(true, false), (false, false), (true, true), (false, true)] {
        let server = Server::start();
        let (source, function) = Source::new();
        let soft_timeout = (!swr).then_some(Duration::ZERO);
        let told = Told { stale_while_revalidate: swr, soft_timeout, ..Told::new() };
        let get = A::new(settings(Lib::V011, &server), told, function);
        get.call(1).unwrap();
        get.invalidate(1);
        if closes {
            get.close().unwrap();
            source.says(Ok(json!("new")));
            assert_eq!(get.call(1).unwrap(), json!("new"));
        } else {
            assert_eq!(get.call_with(1, json!("new")).unwrap(), json!("new"));
        }
        assert_eq!((get.call(1).unwrap(), get.counts().refreshes), (json!("new"), 1));
        assert_clean(&server);
    }
}

/// Where Redis refuses behind a call, its caller hears of it or, where it has left, the callback of the cache: nobody twice, and
/// never nobody, whoever is first.
fn refused<A: Api>() {
    let patient = Told { soft_timeout: Some(Duration::from_micros(300)), ..Told::new() };
    let impatient = Told { stale_while_revalidate: true, ..Told::new() };
    for (told, waits) in [(impatient, false), (patient, true)] {
        let server = Server::start();
        let (_, function) = Source::new();
        let get = A::new(settings(Lib::V011, &server).on_error(OnError::Fail), told, function);
        let ids = 0..300;
        for id in ids.clone() {
            get.call(id).unwrap();
            get.invalidate(id);
        }
        redis::cmd("ACL").arg(&["SETUSER", "default", "-zadd"]).exec(&mut server.connect()).unwrap();
        let mut heard = 0;
        for id in ids {
            match get.call(id) {
                Ok(value) => assert_eq!(value, json!(0)),
                Err(error) => {
                    assert!(waits && matches!(error, CallError::Cache(_)), "{error}");
                    heard += 1;
                }
            }
            wait_until("somebody hears of it", PATIENCE, || get.told() + heard > id);
        }
        get.close().unwrap();
        assert_eq!(get.told() + heard, 300);
        assert!(is_marked(Lib::V011, &server));
    }
}

fn panics<A: Api>() {
    let server = Server::start();
    let (source, function) = Source::new();
    let told = Told { hard_timeout: Some(HOUR), soft_timeout: Some(HOUR), ..Told::new() };
    let get = A::new(settings(Lib::V011, &server), told, function);
    source.panics.store(true, SeqCst);
    let panic = catch_unwind(AssertUnwindSafe(|| get.call(1))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the function panics"));
    source.panics.store(false, SeqCst);
    assert_eq!(get.call(1).unwrap(), json!(0));
    get.invalidate(1);
    source.panics.store(true, SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| get.call(1))).is_err());
    wait_until("it is given back", PATIENCE, || is_marked(Lib::V011, &server));
    get.close().unwrap();
    assert_clean(&server);
}

fn early<A: Api>() {
    for lib in LIBS {
        let server = Server::start();
        let (source, function) = Source::new();
        // So eager that it is always time.
        let told = Told { stale: false, timeout: Some(HOUR), early_refresh: 1e15, ..Told::new() };
        let get = A::new(settings(lib, &server), told, function);
        source.hold();
        let first = thread::spawn({
            let get = get.clone();
            move || get.call(1)
        });
        source.wait_until_it_runs();
        thread::sleep(Duration::from_millis(1));
        source.let_go();
        assert_eq!(first.join().unwrap().unwrap(), json!(0));
        source.runs();
        source.says(Ok(json!(1)));
        assert_eq!(get.call(1).unwrap(), json!(1), "whoever refreshes gets what is new");
        assert_eq!((source.runs(), get.counts().early, get.counts().refreshes), (1, 1, 1));

        source.hold();
        source.says(Ok(json!(2)));
        let refreshing = thread::spawn({
            let get = get.clone();
            move || get.call(1)
        });
        source.wait_until_it_runs();
        for _ in 0..100 {
            assert_eq!(get.call(1).unwrap(), json!(1), "all others get the valid one");
        }
        let counts = get.counts();
        assert_eq!((source.runs(), counts.hits, counts.stale), (1, 100, 0));
        get.invalidate(1);
        source.let_go();
        assert_eq!(refreshing.join().unwrap().unwrap(), json!(2));
        assert!(is_marked(lib, &server), "what was marked meanwhile stays so");
        source.says(Ok(json!(3)));
        assert_eq!(get.call(1).unwrap(), json!(3));

        source.says(Err("no"));
        assert_eq!(get.call(1).unwrap(), json!(3), "a failure leaves the valid value");
        assert!(!is_marked(lib, &server));
        let mut python = Worker::spawn(lib, &server);
        assert_eq!(python.call("get_owner", json!([1]))["runs"], json!(0));
        assert_clean(&server);
    }
}

fn jitters<A: Api>() {
    let server = Server::start();
    let (_, function) = Source::new();
    let told = Told { timeout: Some(1000 * HOUR), jitter: 0.5, ..Told::new() };
    let get = A::new(settings(Lib::V011, &server), told, function);
    let mut scores = HashSet::new();
    for id in 0..100 {
        get.call(id).unwrap();
        let bucket = format!("CM:Meta:Expire-Buckets::CM:Book:{id}");
        let score: u64 = server.connect().zscore(bucket, format!("CM:Book:{id}>owner")).unwrap();
        scores.insert(score);
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let long = (1000 * HOUR).as_secs();
    let [least, most] = [scores.iter().min(), scores.iter().max()].map(|it| it.unwrap() - now);
    assert!(least >= long / 2 - 60 && most <= long && most - least > long / 4, "{least} to {most} of {long}");
    assert!(scores.len() > 90 && get.counts().jittered > 90, "{}", scores.len());
}
