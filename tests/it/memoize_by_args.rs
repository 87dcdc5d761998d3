//! What a function's cache does by arguments beside calling: peek, put, refresh, invalidate, remove, and calls that bring
//! what they compute with; in both APIs, beside Python.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cacheme::memoize::{CallError, Counts, OnError, Settings, future, sync};
use cacheme::ops::InvalidationReport;
use redis::Commands;
use serde_json::{Value, json};

use crate::memoize_calls::assert_clean;
use crate::memoize_python::{LIBS, settings};
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

const PATIENCE: Duration = Duration::from_secs(60);

type Called = Result<Value, CallError<String>>;
type Function = Arc<dyn Fn() -> Result<Value, String> + Send + Sync>;

/// A cached function of either API.
trait Api: Sized + Clone + Send + 'static {
    fn named(settings: Settings, tag: &str, key: fn(&u32) -> String, timed: bool, function: Function)
    -> Self;
    fn call(&self, id: u32) -> Called;
    fn call_with(&self, id: u32, value: &Value) -> Called;
    fn refresh(&self, id: u32) -> Called;
    fn peek(&self, id: u32) -> cacheme::Result<Option<Value>>;
    fn put(&self, id: u32, value: Value) -> cacheme::Result<bool>;
    fn invalidate(&self, id: u32) -> InvalidationReport;
    fn remove(&self, id: u32) -> InvalidationReport;
    fn counts(&self) -> Counts;

    fn new(settings: Settings, function: Function) -> Self {
        Self::named(settings, "given", |id| format!("given:{id}"), false, function)
    }
}

#[derive(Clone)]
struct Threads(sync::Memoized<u32, Value, String>);

impl Api for Threads {
    fn named(
        settings: Settings,
        tag: &str,
        key: fn(&u32) -> String,
        timed: bool,
        function: Function,
    ) -> Self {
        let cache = sync::Cache::open(settings).unwrap();
        let get = cache.try_memoize(tag, key, move |_: &u32| function());
        Self(if timed { get.timeout(Duration::from_secs(300)).build() } else { get.build() })
    }

    fn call(&self, id: u32) -> Called {
        self.0.call(&id)
    }

    fn call_with(&self, id: u32, value: &Value) -> Called {
        self.0.call_with(&id, || value.clone())
    }

    fn refresh(&self, id: u32) -> Called {
        self.0.refresh(&id)
    }

    fn peek(&self, id: u32) -> cacheme::Result<Option<Value>> {
        self.0.peek(&id)
    }

    fn put(&self, id: u32, value: Value) -> cacheme::Result<bool> {
        self.0.put(&id, value)
    }

    fn invalidate(&self, id: u32) -> InvalidationReport {
        self.0.invalidate(&id).unwrap()
    }

    fn remove(&self, id: u32) -> InvalidationReport {
        self.0.remove(&id).unwrap()
    }

    fn counts(&self) -> Counts {
        self.0.counts()
    }
}

#[derive(Clone)]
struct Tasks(Arc<tokio::runtime::Runtime>, future::Memoized<u32, Value, String>);

impl Api for Tasks {
    fn named(
        settings: Settings,
        tag: &str,
        key: fn(&u32) -> String,
        timed: bool,
        function: Function,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let cache = future::Cache::open(settings).unwrap();
        let get = cache.try_memoize(tag, key, move |_: u32| {
            let function = Arc::clone(&function);
            async move { function() }
        });
        let get = if timed { get.timeout(Duration::from_secs(300)).build() } else { get.build() };
        Self(Arc::new(runtime), get)
    }

    fn call(&self, id: u32) -> Called {
        self.0.block_on(self.1.call(&id))
    }

    fn call_with(&self, id: u32, value: &Value) -> Called {
        self.0.block_on(self.1.call_with(&id, || async { value.clone() }))
    }

    fn refresh(&self, id: u32) -> Called {
        self.0.block_on(self.1.refresh(&id))
    }

    fn peek(&self, id: u32) -> cacheme::Result<Option<Value>> {
        self.0.block_on(self.1.peek(&id))
    }

    fn put(&self, id: u32, value: Value) -> cacheme::Result<bool> {
        self.0.block_on(self.1.put(&id, value))
    }

    fn invalidate(&self, id: u32) -> InvalidationReport {
        self.0.block_on(self.1.invalidate(&id)).unwrap()
    }

    fn remove(&self, id: u32) -> InvalidationReport {
        self.0.block_on(self.1.remove(&id)).unwrap()
    }

    fn counts(&self) -> Counts {
        self.1.counts()
    }
}

/// A function that returns what it is told, and how often it ran since the last look.
struct Source {
    says: Mutex<Result<Value, String>>,
    runs: AtomicU32,
}

impl Source {
    fn new() -> (Arc<Self>, Function) {
        let source = Arc::new(Self { says: Mutex::new(Ok(json!(0))), runs: AtomicU32::new(0) });
        let it = Arc::clone(&source);
        let function = move || {
            it.runs.fetch_add(1, SeqCst);
            it.says.lock().unwrap().clone()
        };
        (source, Arc::new(function))
    }

    fn says(&self, what: Result<Value, String>) {
        *self.says.lock().unwrap() = what;
    }

    fn runs(&self) -> u32 {
        self.runs.swap(0, SeqCst)
    }
}

fn by_arguments<A: Api>() {
    for lib in LIBS {
        let server = Server::start();
        let (source, function) = Source::new();
        let get = A::new(settings(lib, &server), function);
        assert_eq!(get.peek(1).unwrap(), None);
        assert!(get.put(1, json!(1)).unwrap());
        assert_eq!((get.peek(1).unwrap(), get.call(1).unwrap()), (Some(json!(1)), json!(1)));
        assert_eq!(source.runs(), 0, "what was put is there");

        source.says(Ok(json!(2)));
        assert_eq!((get.refresh(1).unwrap(), get.call(1).unwrap(), source.runs()), (json!(2), json!(2), 1));
        source.says(Err("no".to_owned()));
        assert_eq!(get.refresh(1).unwrap_err().to_string(), "no");
        assert_eq!((get.call(1).unwrap(), source.runs()), (json!(2), 1), "the value that was there is valid");
        assert_eq!(get.call_with(1, &json!("another")).unwrap(), json!(2));

        assert_eq!(get.invalidate(1).marked, 1);
        assert_eq!(get.peek(1).unwrap(), Some(json!(2)), "the old value");
        assert!(get.put(1, json!(3)).unwrap());
        assert_eq!((get.call(1).unwrap(), source.runs()), (json!(3), 0), "what is put takes the mark");
        get.invalidate(1);
        source.says(Ok(json!(4)));
        assert_eq!((get.call(1).unwrap(), source.runs()), (json!(4), 1));

        assert_eq!(get.remove(1).deleted, 1);
        assert_eq!(get.peek(1).unwrap(), None);
        assert_eq!(get.call_with(1, &json!(5)).unwrap(), json!(5));
        assert_eq!((get.call(1).unwrap(), source.runs()), (json!(5), 0));
        let counts = get.counts();
        assert_eq!((counts.hits, counts.misses, counts.refreshes, counts.failed), (6, 1, 3, 1));
        assert_clean(&server);

        let (_, seen) = server.monitor(|| get.peek(1).unwrap());
        let asked: Vec<_> = seen.iter().map(|it| it.name()).collect();
        assert_eq!(asked, ["HMGET"]);
    }
}

#[test]
fn threads_do_it_by_arguments() {
    by_arguments::<Threads>();
}

#[test]
fn tasks_do_it_by_arguments() {
    by_arguments::<Tasks>();
}

fn expires<A: Api>() {
    let server = Server::start();
    let (source, function) = Source::new();
    let get = A::named(settings(Lib::V011, &server), "t", |id| format!("n:{id}>it"), true, function);
    let entry =
        || server.connect().zscore::<_, _, u64>("CM:Meta:Expire-Buckets::CM:n:1", "CM:n:1>it").unwrap();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let expire =
        || server.connect().zadd::<_, _, _, ()>("CM:Meta:Expire-Buckets::CM:n:1", "CM:n:1>it", 1000).unwrap();
    get.put(1, json!("put")).unwrap();
    assert!(entry() > now(), "with the timeout of the function");
    expire();
    assert_eq!(get.peek(1).unwrap(), Some(json!("put")));
    get.put(1, json!("again")).unwrap();
    assert_eq!((get.call(1).unwrap(), source.runs()), (json!("again"), 0));
    expire();
    source.says(Err("no".to_owned()));
    get.refresh(1).unwrap_err();
    assert!(entry() <= now(), "a failure leaves it expired");
    source.says(Ok(json!("new")));
    assert_eq!((get.refresh(1).unwrap(), get.call(1).unwrap()), (json!("new"), json!("new")));
    assert!(entry() > now() && source.runs() == 2);
    assert_clean(&server);
}

#[test]
fn what_expired_is_peeked_at_put_over_and_refreshed() {
    expires::<Threads>();
    expires::<Tasks>();
}

/// A function that computes what it is sent.
fn told() -> (std::sync::mpsc::Sender<Value>, Function) {
    let (say, told) = channel();
    let told = Mutex::new(told);
    (say, Arc::new(move || Ok(told.lock().unwrap().recv().unwrap())))
}

fn computes(server: &Server) {
    let mut it = server.connect();
    wait_until("it computes", PATIENCE, || it.zcard::<_, u32>("CM:meta:leases").unwrap() == 1);
}

fn beside_a_computation<A: Api>() {
    for lib in LIBS {
        let server = Server::start();
        let (say, function) = told();
        let hasty = settings(lib, &server).retries(2, Duration::from_millis(1));
        let get = A::new(hasty.clone(), function);
        let start = |refresh: bool, id: u32| {
            let get = get.clone();
            let call = thread::spawn(move || if refresh { get.refresh(id) } else { get.call(id) }.unwrap());
            computes(&server);
            call
        };
        // What is put meanwhile is younger than what is computed.
        for refresh in [false, true] {
            let call = start(refresh, 1);
            assert!(get.put(1, json!("put")).unwrap());
            say.send(json!("old")).unwrap();
            assert_eq!(call.join().unwrap(), json!("old"));
            assert_eq!(get.call(1).unwrap(), json!("put"), "nothing is computed");
        }
        // What is removed or invalidated meanwhile does not come back.
        for (id, refresh, removes) in [(2, false, true), (3, true, true), (4, true, false)] {
            get.put(id, json!("first")).unwrap();
            if !refresh {
                get.remove(id);
            }
            let call = start(refresh, id);
            if removes {
                get.remove(id)
            } else {
                get.invalidate(id)
            };
            say.send(json!("old")).unwrap();
            assert_eq!(call.join().unwrap(), json!("old"));
            say.send(json!("new")).unwrap();
            assert_eq!(get.call(id).unwrap(), json!("new"), "{lib:?} {refresh} {removes}");
            assert_eq!(get.call(id).unwrap(), json!("new"));
        }
        // Python reads the valid value while it is refreshed, and so does another process.
        let mut python = Worker::spawn(lib, &server);
        let other = A::new(hasty, told().1);
        get.put(5, json!("valid")).unwrap();
        let call = start(true, 5);
        let answer = python.call("given", json!([5, "Python's"]));
        assert_eq!((&answer["result"], &answer["runs"]), (&json!("valid"), &json!(0)), "{lib:?}");
        assert_eq!(other.call(5).unwrap(), json!("valid"));
        say.send(json!("refreshed")).unwrap();
        assert_eq!(call.join().unwrap(), json!("refreshed"));
        assert_eq!(python.value("given", json!([5, "Python's"])), json!("refreshed"));
        assert_clean(&server);
    }
}

#[test]
fn what_replaces_a_value_beside_a_computation() {
    beside_a_computation::<Threads>();
    beside_a_computation::<Tasks>();
}

fn beside_python<A: Api>() {
    for lib in LIBS {
        let server = Server::start();
        let mut python = Worker::spawn(lib, &server);
        let hasty = settings(lib, &server).retries(2, Duration::from_millis(1));
        let (source, function) = Source::new();
        let get = A::named(hasty, "held", |id| format!("held:{id}>it"), false, function);
        python.hold("1");
        assert!(get.put(1, json!("put")).unwrap(), "it waits for nobody");
        assert_eq!(get.peek(1).unwrap(), Some(json!("put")));
        python.resume(json!("Python's"));
        assert_eq!(get.call(1).unwrap(), json!("Python's"), "a worker of the library asks nobody");
        python.hold("2");
        source.says(Ok(json!("refreshed")));
        assert_eq!(get.refresh(2).unwrap(), json!("refreshed"));
        python.resume(json!("Python's"));
        assert_eq!(source.runs(), 1);
        assert_clean(&server);
    }
}

#[test]
fn what_replaces_a_value_beside_a_python_worker_waits_and_computes() {
    beside_python::<Threads>();
    beside_python::<Tasks>();
}

fn shared<A: Api>() {
    let server = Server::start();
    let (say, told) = channel::<Value>();
    let (told, runs) = (Mutex::new(told), Arc::new(AtomicU32::new(0)));
    let count = Arc::clone(&runs);
    let function = move || {
        count.fetch_add(1, SeqCst);
        Ok(told.lock().unwrap().recv().unwrap())
    };
    let get = A::new(settings(Lib::V011, &server), Arc::new(function));
    let refresh = || {
        let get = get.clone();
        thread::spawn(move || get.refresh(1).unwrap())
    };
    let first = refresh();
    computes(&server);
    let later = [refresh(), refresh(), refresh()];
    // That they wait by now cannot be seen from outside; where one does not, it computes all the same.
    thread::sleep(Duration::from_millis(50));
    say.send(json!("first")).unwrap();
    assert_eq!(first.join().unwrap(), json!("first"));
    wait_until("another computes", PATIENCE, || runs.load(SeqCst) == 2);
    thread::sleep(Duration::from_millis(50));
    (0..3).for_each(|_| say.send(json!("later")).unwrap());
    for refresh in later {
        assert_eq!(refresh.join().unwrap(), json!("later"), "none takes what began before it");
    }
    assert!(runs.load(SeqCst) <= 3, "{runs:?}");
}

#[test]
fn refreshes_share_what_began_behind_them() {
    shared::<Threads>();
    shared::<Tasks>();
}

fn nodes<A: Api>() {
    let server = Server::start();
    let mut python = Worker::spawn(Lib::V011, &server);
    let (source, function) = Source::new();
    let get =
        A::named(settings(Lib::V011, &server), "BookNode", |id| format!("Node:{id}>detail"), false, function);
    let mut node = |what: &str, id: u32| {
        python.ask(&json!({"node": what, "class": "BookNode", "id": id}))["result"].take()
    };
    assert_eq!(node("get", 1), json!(null), "it raises");
    assert!(get.put(1, json!({"node": "ours"})).unwrap());
    assert_eq!(node("get", 1), json!({"node": "ours"}));
    node("invalid", 1);
    assert_eq!(
        (get.peek(1).unwrap(), node("get", 1)),
        (Some(json!({"node": "ours"})), json!({"node": "ours"}))
    );
    assert_eq!((get.call(1).unwrap(), source.runs()), (json!(0), 1), "Python invalidated it");
    assert_eq!(python.value("node_book", json!([2])), json!({"node": 2}));
    assert_eq!(get.peek(2).unwrap(), Some(json!({"node": 2})));
    assert_eq!(get.invalidate(2).marked, 1);
    let answer = python.call("node_book", json!([2]));
    assert_eq!((&answer["result"], &answer["runs"]), (&json!({"node": 2}), &json!(1)), "Rust invalidated it");
}

#[test]
fn objects_get_and_objects_invalid_of_the_library_have_their_twin() {
    nodes::<Threads>();
    nodes::<Tasks>();
}

fn without_redis<A: Api>() {
    for on_error in [OnError::Compute, OnError::Fail] {
        let settings = Settings::new().url("unix:///no/such.sock").layout(cacheme::namespace::Layout::Meta);
        let get = A::new(settings.record(false).on_error(on_error), Source::new().1);
        assert!(get.peek(1).is_err() && get.put(1, json!(1)).is_err(), "{on_error:?}");
        assert_eq!(get.refresh(1).is_ok(), on_error == OnError::Compute);
        assert_eq!(get.call_with(1, &json!(1)).is_ok(), on_error == OnError::Compute);
    }
    let get = A::new(Settings::new().enabled(false), Source::new().1);
    assert_eq!(get.peek(1).unwrap(), None);
    assert!(!get.put(1, json!(1)).unwrap() && get.invalidate(1).complete && get.remove(1).complete);
    assert_eq!((get.refresh(1).unwrap(), get.call_with(1, &json!(1)).unwrap()), (json!(0), json!(1)));
}

#[test]
fn without_redis_it_tells_or_computes() {
    without_redis::<Threads>();
    without_redis::<Tasks>();
}

#[test]
fn what_cannot_fail_is_computed_whatever_the_settings_say() {
    let settings = Settings::new().url("unix:///no/such.sock").on_error(OnError::Fail).record(false);
    let cache = sync::Cache::open(settings.clone()).unwrap();
    let twice = cache.memoize("twice", |n: &u32| format!("twice:{n}"), |n: &u32| n * 2).build();
    assert_eq!((twice.get(&4), twice.get_with(&4, || 9)), (8, 9));
    assert!(twice.call(&4).is_err());
    let cache = future::Cache::open(settings).unwrap();
    let twice = cache.memoize("twice", |n: &u32| format!("twice:{n}"), |n: u32| async move { n * 2 }).build();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        assert_eq!((twice.get(&4).await, twice.get_with(&4, || async { 9 }).await), (8, 9));
        assert!(twice.call(&4).await.is_err());
    });
}

/// What lives on a stack, and is no `'static`.
struct Pool<'a> {
    rows: &'a [&'a str],
    title: future::Keyed<str, String>,
}

impl Pool<'_> {
    async fn query(&self, row: usize) -> String {
        tokio::task::yield_now().await;
        self.rows[row].to_owned()
    }

    async fn title(&self, row: usize) -> Result<String, CallError> {
        self.title.call_with(&row.to_string(), || self.query(row)).await
    }
}

#[tokio::test]
async fn a_task_computes_with_what_it_borrows() {
    fn is_send<F: Future + Send>(future: F) -> F {
        future
    }
    let server = Server::start();
    let cache = future::Cache::open(settings(Lib::V011, &server)).unwrap();
    let title = cache.keyed("title", |row: &str| format!("Book:{row}>title")).build();
    let rows = ["Emma".to_owned(), "Ulysses".to_owned()];
    let rows: Vec<_> = rows.iter().map(String::as_str).collect();
    let pool = Pool { rows: &rows, title };
    assert_eq!(is_send(pool.title(1)).await.unwrap(), "Ulysses");
    let empty = Pool { rows: &[], title: pool.title.clone() };
    assert_eq!(is_send(empty.title(1)).await.unwrap(), "Ulysses", "a hit");
}

#[test]
fn an_error_of_a_call_is_one_whatever_the_function_fails_with() {
    fn called<E>(error: E) -> Result<(), CallError<E>> {
        Err(CallError::Function(Arc::new(error)))
    }
    fn into_anyhow<E: std::fmt::Debug + std::fmt::Display + Send + Sync + 'static>(error: E) -> String {
        let ask = || -> anyhow::Result<()> { Ok(called(error)?) };
        format!("{:#}", ask().unwrap_err())
    }
    fn into_box<E: std::fmt::Debug + std::fmt::Display + Send + Sync + 'static>(error: E) -> String {
        let ask = || -> Result<(), Box<dyn std::error::Error + Send + Sync>> { Ok(called(error)?) };
        ask().unwrap_err().to_string()
    }
    let chain = || anyhow::anyhow!("no disk").context("no file").context("no book");
    assert_eq!(
        (into_anyhow(chain()), into_box(chain())),
        ("no book: no file: no disk".into(), "no book: no file: no disk".into())
    );
    let io = || std::io::Error::other("no disk");
    assert_eq!((into_anyhow(io()), into_box(io())), ("no disk".into(), "no disk".into()));
    assert_eq!((into_anyhow("text".to_owned()), into_box("text".to_owned())), ("text".into(), "text".into()));
    let ask =
        || -> anyhow::Result<u32> { Ok(Err::<u32, CallError>(CallError::Cache(cacheme::Error::Unsure))?) };
    assert_eq!(ask().unwrap_err().to_string(), cacheme::Error::Unsure.to_string());
    assert_eq!(CallError::Function(Arc::new("text")).into_function(), Some("text"));
}
