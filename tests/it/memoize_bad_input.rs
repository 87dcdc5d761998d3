//! Keys, tags and timeouts that nobody should use: a clear error or a documented behaviour, and nothing is stored half.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use cacheme::Error;
use cacheme::memoize::sync::Cache;
use cacheme::memoize::{CallError, OnError};
use cacheme::namespace::Layout;

use crate::support::server::Server;

fn cache(server: &Server, on_error: OnError) -> Cache {
    Cache::open(server.settings().layout(Layout::Both).record(false).on_error(on_error)).unwrap()
}

/// With this tag, key and invalid key nothing is stored, by nobody; how it is refused.
#[track_caller]
fn stores_nothing(tag: &str, key: &str, invalid: &str) -> Error {
    let server = Server::start();
    let function = |cache: &Cache| {
        let (key, invalid) = (key.to_owned(), invalid.to_owned());
        let get = cache.memoize(tag, move |(): &()| key.clone(), |(): &()| 5);
        get.invalid_keys(move |(), _| invalid.clone()).build()
    };
    let (lenient, strict) =
        (function(&cache(&server, OnError::Compute)), function(&cache(&server, OnError::Fail)));
    assert_eq!((lenient.call(&()).unwrap(), lenient.refresh(&()).unwrap(), strict.get(&())), (5, 5, 5));
    let error = strict.put(&(), 6).unwrap_err();
    assert_eq!(lenient.put(&(), 6).unwrap_err().to_string(), error.to_string());
    if invalid == "User:1" {
        // What a result is listed under is known once it is there.
        for failed in [strict.call(&()), strict.refresh(&()), strict.call_with(&(), || 5)] {
            let Err(CallError::Cache(failed)) = failed else { panic!("{failed:?}") };
            assert_eq!(failed.to_string(), error.to_string());
        }
        let refusals =
            [strict.peek(&()).map(drop), strict.invalidate(&()).map(drop), strict.remove(&()).map(drop)];
        assert!(refusals.iter().all(Result::is_err));
    }
    assert!(server.dump().is_empty(), "{:?}", server.dump());
    error
}

#[test]
fn a_name_of_more_than_64_kib_is_refused() {
    let long = "x".repeat(64 * 1024 + 1);
    let key = format!("{long}>it");
    for (tag, key, invalid) in [("t", &*key, "User:1"), (&*long, "k", "User:1"), ("t", "k", &*long)] {
        let error = stores_nothing(tag, key, invalid);
        assert!(matches!(error, Error::TooLong { bytes: 65_536.., most: 65_536, .. }), "{error:?}");
        assert!(!error.may_pass() && error.to_string().len() < 200, "{error}");
    }
    let server = Server::start();
    let fits = cache(&server, OnError::Fail).memoize("t", |n: &usize| "x".repeat(*n), |_: &usize| 1).build();
    assert_eq!((fits.call(&65_536).unwrap(), fits.peek(&65_536).unwrap()), (1, Some(1)));
}

#[test]
fn a_key_does_not_stand_where_its_own_index_does() {
    for (tag, key, invalid) in
        [("books", "books>1", "User:1"), ("books", "books", "User:1"), ("t", "User:2:invalid>1", "User:2")]
    {
        let error = stores_nothing(tag, key, invalid);
        assert!(matches!(error, Error::Reserved { .. }), "{error:?}");
        let index =
            if tag == "books" { "'CM:books' is the set of its tag" } else { "is the set of its invalid key" };
        assert!(error.to_string().contains(index), "{error}");
    }
}

#[test]
fn a_key_may_hold_any_byte() {
    let server = Server::start();
    let cache = cache(&server, OnError::Fail);
    let get = cache.memoize("t", |key: &str| key.to_owned(), |key: &str| key.len()).build();
    for key in ["a\0b>c\0", "\0", "", ">", "новый ключ>поле", "a\r\nb"] {
        assert_eq!(get.call(key).unwrap(), key.len());
        assert_eq!(get.peek(key).unwrap(), Some(key.len()), "{key:?}");
        assert_eq!(get.invalidate(key).unwrap().marked, 1, "{key:?}");
        assert!(get.put(key, 99).unwrap());
        assert_eq!(get.call(key).unwrap(), 99, "{key:?}");
        assert_eq!(get.remove(key).unwrap().deleted, 1, "{key:?}");
    }
}

#[test]
fn with_a_timeout_of_zero_each_call_finds_it_expired() {
    let server = Server::start();
    let runs = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&runs);
    let get = cache(&server, OnError::Fail)
        .memoize("t", |(): &()| "k".to_owned(), move |(): &()| count.fetch_add(1, SeqCst))
        .timeout(Duration::ZERO)
        .build();
    for run in 0..3 {
        assert_eq!(get.call(&()).unwrap(), run);
    }
    assert_eq!((get.peek(&()).unwrap(), get.counts().refreshes), (Some(2), 2));
}
