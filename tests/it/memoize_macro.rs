//! `#[memoize]`: functions, async ones and methods, with and without `Result`; beside Python.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cacheme::memoize;
use cacheme::memoize::{CallError, Invalidate, OnError, future, sync};
use redis::Commands as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::memoize_python::{Runs, cache, settings};
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Owner {
    id: u64,
    name: String,
}

#[derive(Debug, Clone, PartialEq)]
struct NoBook;

fn owner(book: u64) -> Owner {
    let id = book + 100;
    Owner { id, name: format!("Owner {id}") }
}

/// The same function on the namespace of each generation: what Python stores it hits, and the other way.
macro_rules! beside_python {
    ($test:ident, $lib:expr) => {
        #[test]
        fn $test() {
            static CACHE: OnceLock<sync::Cache> = OnceLock::new();

            #[memoize(cache = CACHE.get().unwrap(), key = "Book:{book}>owner", invalid_keys = ["User:{result.id}"])]
            fn get_owner(runs: &Runs, book: u64) -> Result<Owner, NoBook> {
                runs.up();
                if book == 0 { Err(NoBook) } else { Ok(owner(book)) }
            }

            let server = Server::start();
            CACHE.get_or_init(|| cache($lib, &server));
            let mut python = Worker::spawn($lib, &server);
            let runs = Runs::default();

            python.value("get_owner", json!([100]));
            assert_eq!(get_owner(&runs, 100), Ok(owner(100)));
            assert_eq!(runs.taken(), 0, "Python wrote, the function hits");
            assert_eq!(get_owner(&runs, 101), Ok(owner(101)));
            assert_eq!(runs.taken(), 1);
            let answer = python.call("get_owner", json!([101]));
            assert_eq!((&answer["result"], &answer["runs"]), (&json!(owner(101)), &json!(0)));

            python.invalidate(json!({"invalid_key": "User:201"}));
            assert_eq!(get_owner(&runs, 101), Ok(owner(101)));
            assert_eq!(runs.taken(), 1, "Python invalidated what the function listed");
            get_owner_cached().invalidate(&get_owner_args(&101)).unwrap();
            assert_eq!(python.call("get_owner", json!([101]))["runs"], 1);
            python.invalidate_tag("get_owner");
            get_owner(&runs, 100).unwrap();
            assert_eq!(runs.taken(), 1, "its tag is its name");

            assert_eq!(get_owner(&runs, 0), Err(NoBook));
            assert_eq!(get_owner(&runs, 0), Err(NoBook));
            assert_eq!(runs.taken(), 2, "no error is stored");
        }
    };
}

beside_python!(it_is_one_function_with_that_of_python_classic, Lib::V009);
beside_python!(it_is_one_function_with_that_of_python_meta, Lib::V011);

#[test]
fn what_stands_beside_a_function_is_of_the_same_place() {
    static CACHE: OnceLock<sync::Cache> = OnceLock::new();
    static RUNS: AtomicU32 = AtomicU32::new(0);

    #[memoize(
        cache = CACHE.get().unwrap(),
        key = "Page:{{{name:?}}}:{size:03}",
        invalid_keys = ["Name:{name}", "Size:{size:02}:{result.0.len()}", result.1.map(|it| format!("Maybe:{it}"))],
        tag = "pages",
        timeout = "10m",
        stale = false
    )]
    fn page(name: &str, mut size: u8, (_x, _y): (u8, u8), _of: impl Send) -> (String, Option<u8>) {
        RUNS.fetch_add(1, SeqCst);
        size += 1;
        (format!("{name} {size}"), (size > 3).then_some(size))
    }

    let server = Server::start();
    CACHE.get_or_init(|| cache(Lib::V011, &server));
    let name = String::from("a");
    assert_eq!(page(&name, 1, (0, 0), "a handle"), ("a 2".to_owned(), None));
    assert_eq!(page(&name, 1, (7, 7), 1), ("a 2".to_owned(), None));
    assert_eq!(RUNS.swap(0, SeqCst), 1, "what no template names is no part of the key");
    let (cached, args) = (page_cached(), page_args("a", &1));
    assert_eq!((cached.key(&args), args.key()), (r#"Page:{"a"}:001"#.to_owned(), r#"Page:{"a"}:001"#));
    assert_eq!(cached.peek(&args).unwrap(), Some(("a 2".to_owned(), None)));

    let mut redis = server.connect();
    let members = |redis: &mut redis::Connection, key: &str| redis.smembers::<_, Vec<String>>(key).unwrap();
    let key = [r#"CM:Page:{"a"}:001"#];
    for index in ["pages", "Name:a:invalid", "Size:01:3:invalid"] {
        assert_eq!(members(&mut redis, &format!("CM:{index}")), key, "{index}");
    }
    let due: Vec<(String, f64)> =
        redis.zrange_withscores(r#"CM:Meta:Expire-Buckets::CM:Page:{"a"}:001"#, 0, -1).unwrap();
    assert_eq!(due.len(), 1, "it has a timeout");

    assert!(cached.put(&page_args("a", &4), ("put".to_owned(), Some(9))).unwrap());
    assert_eq!(members(&mut redis, "CM:Maybe:9:invalid"), [r#"CM:Page:{"a"}:004"#]);
    assert_eq!(page("a", 4, (0, 0), ()).0, "put");
    assert_eq!(page_refresh("a", 4, (0, 0), ()).0, "a 5");
    assert_eq!(page("a", 4, (0, 0), ()).0, "a 5");
    assert_eq!(RUNS.swap(0, SeqCst), 1);
    assert_eq!(page_uncached("a", 4, (0, 0), ()).0, "a 5");
    assert_eq!(RUNS.swap(0, SeqCst), 1);
    assert_eq!(cached.remove(&args).unwrap().deleted, 1);
    assert_eq!(cached.peek(&args).unwrap(), None);
    let counts = cached.counts();
    assert_eq!((counts.hits, counts.misses, counts.refreshes), (3, 1, 1));
}

struct Shop {
    name: String,
    runs: AtomicU32,
}

static METHODS: OnceLock<sync::Cache> = OnceLock::new();
static TASKS: OnceLock<future::Cache> = OnceLock::new();

impl Shop {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), runs: AtomicU32::new(0) }
    }

    #[memoize(cache = METHODS.get().unwrap(), key = "Shop:{self.name}>{what}", tag = "shops")]
    fn count(&self, what: &str) -> u32 {
        self.runs.fetch_add(1, SeqCst) + u32::try_from(what.len()).unwrap()
    }

    #[memoize(cache = METHODS.get().unwrap(), key = "twice:{n}", in_impl = true)]
    fn twice(n: u32) -> Option<u32> {
        n.checked_mul(2)
    }

    #[memoize(cache = TASKS.get().unwrap(), key = "Price:{self.name}:{book}>price", invalid_keys = ["Price:{result}"])]
    async fn price(&self, book: u64) -> Result<u64, NoBook> {
        self.runs.fetch_add(1, SeqCst);
        tokio::task::yield_now().await;
        if book == 0 {
            return Err(NoBook);
        }
        Ok(book * 2)
    }

    #[memoize(cache = TASKS.get().unwrap(), key = "Name:{self.name}")]
    async fn whole(self: Arc<Self>) -> String {
        tokio::task::yield_now().await;
        format!("{} {}", self.name, self.runs.fetch_add(1, SeqCst))
    }
}

#[test]
fn methods_are_keyed_by_what_they_name_of_themselves() {
    let server = Server::start();
    METHODS.get_or_init(|| cache(Lib::V009, &server));
    let (corner, market) = (Shop::new("corner"), Shop::new("market"));
    assert_eq!((corner.count("abc"), corner.count("abc"), market.count("abcd")), (3, 3, 4));
    assert_eq!(Shop::new("corner").count("abc"), 3);
    assert_eq!(Shop::count_cached().peek(&market.count_args("abcd")).unwrap(), Some(4));
    assert_eq!(corner.count_refresh("abc"), 4);
    METHODS.get().unwrap().tag("shops").invalidate_all().unwrap();
    assert_eq!(corner.count("abc"), 5);
    assert_eq!((Shop::twice(4), Shop::twice(u32::MAX), Shop::twice(u32::MAX)), (Some(8), None, None));
    assert_eq!(Shop::twice_cached().counts().hits, 1, "None is a value");
}

#[test]
fn async_methods_run_as_tasks() {
    let server = Server::start();
    TASKS.get_or_init(|| future::Cache::open(settings(Lib::V011, &server)).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let shop = Arc::new(Shop::new("corner"));
        let tasks = (0..8).map(|_| {
            let shop = Arc::clone(&shop);
            tokio::spawn(async move { shop.price(21).await })
        });
        for task in tasks.collect::<Vec<_>>() {
            assert_eq!(task.await.unwrap(), Ok(42));
        }
        assert_eq!(shop.runs.swap(0, SeqCst), 1);
        assert_eq!(Shop::price_cached().peek(&shop.price_args(&21)).await.unwrap(), Some(42));
        TASKS.get().unwrap().invalidate(&Invalidate::invalid_key("Price:42")).await.unwrap();
        assert_eq!(shop.price(21).await, Ok(42));
        assert_eq!(shop.price_refresh(21).await, Ok(42));
        assert_eq!((shop.price(0).await, shop.price(0).await), (Err(NoBook), Err(NoBook)));
        assert_eq!(shop.runs.swap(0, SeqCst), 4);
        for _ in 0..2 {
            assert_eq!(tokio::spawn(Arc::clone(&shop).whole()).await.unwrap(), "corner 0");
        }
    });
}

#[test]
fn without_redis_it_computes_or_says_so_in_its_own_error() {
    static CACHE: OnceLock<sync::Cache> = OnceLock::new();

    #[derive(Debug)]
    struct Failed(CallError<Failed>);

    impl From<CallError<Failed>> for Failed {
        fn from(error: CallError<Failed>) -> Self {
            Self(error)
        }
    }

    impl std::fmt::Display for Failed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("failed")
        }
    }

    #[memoize(cache = CACHE.get().unwrap(), key = "value:{n}")]
    fn value(n: u32) -> u32 {
        n
    }
    #[memoize(cache = CACHE.get().unwrap(), key = "cloned:{n}")]
    fn cloned(n: u32) -> Result<u32, String> {
        if n == 0 { Err("zero".to_owned()) } else { Ok(n) }
    }
    #[memoize(cache = CACHE.get().unwrap(), key = "own:{n}")]
    fn own(n: u32) -> Result<u32, Failed> {
        if n == 0 { Err(Failed(CallError::Cache(cacheme::Error::Unsure))) } else { Ok(n) }
    }
    #[memoize(cache = CACHE.get().unwrap(), key = "any:{n}")]
    fn any(n: u32) -> anyhow::Result<u32> {
        Ok(u8::try_from(n)?.into())
    }

    let mut server = Server::start();
    let patience = cacheme::client::Timeouts { connect: Duration::from_secs(1), io: Duration::from_secs(1) };
    let settings = settings(Lib::V009, &server).timeouts(patience).on_error(OnError::Fail);
    CACHE.get_or_init(|| sync::Cache::open(settings).unwrap());
    assert!(matches!(own(0), Err(Failed(CallError::Function(_)))));
    assert_eq!(own(1).unwrap(), 1);
    let error = any(300).unwrap_err();
    let called = error.downcast_ref::<CallError<anyhow::Error>>().and_then(CallError::function);
    assert!(called.is_some_and(|it| it.is::<std::num::TryFromIntError>()), "{error:?}");

    server.stop();
    assert_eq!((value(7), cloned(7), cloned(0)), (7, Ok(7), Err("zero".to_owned())));
    assert!(matches!(own(7), Err(Failed(CallError::Cache(_)))));
    assert!(any(7).unwrap_err().is::<CallError<anyhow::Error>>());
}

#[test]
fn what_callers_get_when_the_function_is_slow_or_fails() {
    static CACHE: OnceLock<sync::Cache> = OnceLock::new();
    static FAILS: AtomicU32 = AtomicU32::new(0);
    static TOLD: AtomicU32 = AtomicU32::new(0);

    #[memoize(
        cache = CACHE.get().unwrap(),
        key = "fails:{n}",
        timeout = "1h",
        jitter = "10%",
        early_refresh = 1.0,
        stale_if_error = "1h",
        on_failure = |key: &str, error: &String, _: &_| {
            assert_eq!((key, &**error), ("CM:fails:1", "no"));
            TOLD.fetch_add(1, SeqCst);
        }
    )]
    fn fails(n: u32) -> Result<u32, String> {
        if FAILS.load(SeqCst) > 0 { Err("no".to_owned()) } else { Ok(n) }
    }

    #[memoize(cache = CACHE.get().unwrap(), key = "slow:{n}", soft_timeout = "1h", hard_timeout = "20ms")]
    fn slow(n: u32, let_go: Arc<std::sync::Mutex<()>>) -> anyhow::Result<u32> {
        drop(let_go.lock());
        Ok(n)
    }

    struct Shop(u32);

    impl Shop {
        #[memoize(cache = CACHE.get().unwrap(), key = "shop:{n}", stale_while_revalidate = true)]
        fn price(self: Arc<Self>, n: u32) -> u32 {
            self.0 + n
        }
    }

    let server = Server::start();
    let cache = CACHE.get_or_init(|| cache(Lib::V011, &server));
    assert_eq!(fails(1), Ok(1));
    FAILS.store(1, SeqCst);
    fails_cached().invalidate(&fails_args(&1)).unwrap();
    assert_eq!((fails(1), fails(1), fails_refresh(1)), (Ok(1), Ok(1), Err("no".to_owned())));
    assert_eq!((TOLD.load(SeqCst), fails_cached().counts().jittered), (2, 1));

    let let_go = Arc::new(std::sync::Mutex::new(()));
    let held = let_go.lock().unwrap();
    let error = slow(1, Arc::clone(&let_go)).unwrap_err();
    assert!(
        matches!(error.downcast_ref::<CallError<anyhow::Error>>(), Some(CallError::Timeout { .. })),
        "{error}"
    );
    drop(held);

    let shops = [1, 2].map(|base| Arc::new(Shop(base)));
    assert_eq!(Arc::clone(&shops[0]).price(10), 11);
    Shop::price_cached().invalidate(&Shop::price_args(&10)).unwrap();
    assert_eq!(Arc::clone(&shops[1]).price(10), 11, "the old one, at once");
    cache.close().unwrap();
    assert_eq!(slow(1, let_go).unwrap(), 1);
    assert_eq!((slow_cached().counts().hits, Arc::clone(&shops[0]).price(10)), (1, 12));
}

#[tokio::test]
async fn what_tasks_get_when_the_function_is_slow() {
    static CACHE: OnceLock<future::Cache> = OnceLock::new();

    #[memoize(cache = CACHE.get().unwrap(), key = "slow:{n}", hard_timeout = "20ms", soft_timeout = "20ms")]
    async fn slow(n: u32, let_go: Arc<tokio::sync::Semaphore>) -> anyhow::Result<u32> {
        let _ = let_go.acquire().await;
        Ok(n)
    }

    let server = Server::start();
    let cache = CACHE.get_or_init(|| future::Cache::open(settings(Lib::V011, &server)).unwrap());
    let let_go = Arc::new(tokio::sync::Semaphore::new(0));
    let error = slow(1, Arc::clone(&let_go)).await.unwrap_err();
    assert!(
        matches!(error.downcast_ref::<CallError<anyhow::Error>>(), Some(CallError::Timeout { .. })),
        "{error}"
    );
    let_go.add_permits(1);
    cache.close().await.unwrap();
    assert_eq!(slow(1, let_go).await.unwrap(), 1);
    assert_eq!(slow_cached().counts().hits, 1);
}

#[test]
fn an_argument_of_several_traits_and_a_timeout_without_an_end() {
    static CACHE: OnceLock<sync::Cache> = OnceLock::new();

    #[memoize(cache = CACHE.get_or_init(sync::Cache::in_memory), key = "Shown:{what}")]
    fn shown(what: impl std::fmt::Display + Copy) -> String {
        what.to_string()
    }

    assert_eq!((shown(1), shown("1"), shown(2)), ("1".to_owned(), "1".to_owned(), "2".to_owned()));
    let cache = sync::Cache::in_memory();
    for jitter in [0.0, 0.5] {
        let get = cache.memoize("get", |n: &u32| format!("k:{n}"), |n: &u32| *n);
        let get = get.timeout(Duration::MAX).jitter(jitter).build();
        assert_eq!((get.call(&1).unwrap(), get.call(&1).unwrap()), (1, 1));
    }
}
