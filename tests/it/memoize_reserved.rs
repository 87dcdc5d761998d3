//! Names that the library or this crate uses for its own: memoize stores nothing under them, in both APIs.

use std::sync::{Arc, Mutex};

use cacheme::Error;
use cacheme::memoize::{CallError, Counts, OnError, Settings, sync};
use cacheme::namespace::Layout;

use crate::support::server::Server;

/// A cache of either API.
trait Api: Sized {
    fn open(settings: Settings, on_error: impl Fn(&Error) + Send + Sync + 'static) -> Self;
    /// A function of this tag, key and invalid key is called once.
    fn call(&self, tag: &str, key: &str, invalid: &str) -> (Result<u32, CallError>, Counts);
}

impl Api for sync::Cache {
    fn open(settings: Settings, on_error: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        Self::open_with(settings, on_error).unwrap()
    }

    fn call(&self, tag: &str, key: &str, invalid: &str) -> (Result<u32, CallError>, Counts) {
        let (key, invalid) = (key.to_owned(), invalid.to_owned());
        let get = self.memoize(tag, move |(): &()| key.clone(), |(): &()| 5);
        let get = get.invalid_keys(move |(), _| invalid.clone()).build();
        (get.call(&()), get.counts())
    }
}

#[cfg(feature = "tokio")]
struct Tasks(tokio::runtime::Runtime, cacheme::memoize::future::Cache);

#[cfg(feature = "tokio")]
impl Api for Tasks {
    fn open(settings: Settings, on_error: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self(runtime, cacheme::memoize::future::Cache::open_with(settings, on_error).unwrap())
    }

    fn call(&self, tag: &str, key: &str, invalid: &str) -> (Result<u32, CallError>, Counts) {
        let (key, invalid) = (key.to_owned(), invalid.to_owned());
        let get = self.1.memoize(tag, move |(): &()| key.clone(), |()| async { 5 });
        let get = get.invalid_keys(move |(), _| invalid.clone()).build();
        (self.0.block_on(get.call(&())), get.counts())
    }
}

const TAKEN: [&str; 9] = [
    "delete",
    "progress",
    "meta:deleted",
    "meta:progress",
    "meta:leases",
    "meta:stats",
    "meta:stats:1",
    "meta:timeouts",
    "Meta:Expire-Buckets::CM:Book:1",
];

fn stores_nothing<A: Api>() {
    let server = Server::start();
    for layout in [Layout::Classic, Layout::Meta, Layout::Both] {
        let settings = server.settings().layout(layout).record(false);
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&told);
        let cache = A::open(settings.clone(), move |error| {
            assert!(matches!(error, Error::Reserved { .. }), "{error}");
            tell.lock().unwrap().push(error.to_string());
        });
        let strict = A::open(settings.on_error(OnError::Fail), |_| ());
        let before = server.dump();
        for name in TAKEN {
            let key = format!("{name}>owner");
            for (tag, key, of_build) in [("get", &*key, 0), ("get", name, 0), (name, "Book:1>owner", 1)] {
                let (value, counts) = cache.call(tag, key, "User:1");
                assert_eq!((value.unwrap(), counts.errors), (5, 1), "{tag} {key}");
                assert_eq!(told.lock().unwrap().drain(..).count(), 1 + of_build, "{tag} {key}");
                let (failed, counts) = strict.call(tag, key, "User:1");
                assert!(matches!(failed, Err(CallError::Cache(Error::Reserved { .. }))), "{tag} {key}");
                assert_eq!(counts.errors, 1);
            }
        }
        // What a result is listed under is known once it is there.
        let (value, counts) = cache.call("get", "Book:1>owner", "meta:stats:1");
        assert_eq!((value.unwrap(), counts.errors, counts.misses), (5, 1, 1));
        let said = told.lock().unwrap().join("; ");
        assert!(
            said.starts_with("'meta:stats:1' is a reserved name, use another: 'CM:meta:stats:1:invalid' is"),
            "{said}"
        );
        assert_eq!(server.dump(), before);
        assert!(cache.call("get", "Book:1>owner", "User:1").0.is_ok());
        assert_eq!(cache.call("get", "Book:1>owner", "User:1").1.hits, 1);
        assert_eq!(told.lock().unwrap().len(), 1);
        redis::cmd("FLUSHALL").exec(&mut server.connect()).unwrap();
    }
}

#[test]
fn threads_store_nothing_under_a_reserved_name() {
    stores_nothing::<sync::Cache>();
}

#[cfg(feature = "tokio")]
#[test]
fn tasks_store_nothing_under_a_reserved_name() {
    stores_nothing::<Tasks>();
}
