//! What `memoize` measures for the crate `metrics`, seen by a recorder.
#![cfg(feature = "metrics")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use cacheme::memoize::{Invalidate, Settings, future, sync};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::support::wait_until;

/// A recorder for what is built here; its handles count on any thread.
fn recorded<R>(build: impl FnOnce() -> R) -> (Snapshotter, R) {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    (snapshotter, metrics::with_local_recorder(&recorder, build))
}

/// Counters as they are; of histograms how many values, each of which must be less than a minute. Zeros aside.
fn seen(snapshotter: &Snapshotter) -> BTreeMap<String, u64> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    let all = all.map(|(key, unit, what, value)| {
        let (_, key) = key.into_parts();
        assert!(unit.is_some() && what.is_some(), "{key} is not described");
        let labels: Vec<_> = key.labels().map(|it| format!("{}={}", it.key(), it.value())).collect();
        let count = match value {
            DebugValue::Counter(count) => count,
            DebugValue::Histogram(values) => {
                assert!(values.iter().all(|it| (0.0..60.0).contains(&it.into_inner())));
                values.len() as u64
            }
            DebugValue::Gauge(_) => panic!("{key} is no gauge"),
        };
        (format!("{}{{{}}}", key.name().trim_start_matches("cacheme_"), labels.join(",")), count)
    });
    all.filter(|(_, count)| *count > 0).collect()
}

fn expected(lines: &[(&str, u64)]) -> BTreeMap<String, u64> {
    lines.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn calls_are_measured_by_tag() {
    let cache = sync::Cache::in_memory();
    let (snapshotter, (get, fails)) = recorded(|| {
        let get = cache.memoize("get", |n: &u32| format!("get:{n}"), |n: &u32| *n).build();
        let fails = cache.try_memoize("fails", |n: &u32| format!("fails:{n}"), |_: &u32| Err::<u32, _>(()));
        (get, fails.build())
    });
    for n in [1, 1, 2, 1] {
        get.call(&n).unwrap();
    }
    cache.invalidate(&Invalidate::tag("get")).unwrap();
    get.call(&1).unwrap();
    get.refresh(&1).unwrap();
    get.put(&3, 3).unwrap();
    get.peek(&3).unwrap();
    assert!(fails.call(&1).is_err());
    let lines = [
        ("calls_total{tag=get,result=hit}", 2),
        ("calls_total{tag=get,result=miss}", 2),
        ("calls_total{tag=get,result=refresh}", 2),
        ("call_seconds{tag=get,result=hit}", 2),
        ("call_seconds{tag=get,result=miss}", 2),
        ("call_seconds{tag=get,result=refresh}", 2),
        ("call_compute_seconds{tag=get}", 4),
        ("calls_total{tag=fails,result=miss}", 1),
        ("call_errors_total{tag=fails,kind=function}", 1),
    ];
    assert_eq!(seen(&snapshotter), expected(&lines));
}

#[test]
fn without_redis_calls_compute_and_say_so() {
    let (snapshotter, get) = recorded(|| {
        let cache = sync::Cache::open(Settings::new().url("redis://127.0.0.1:1/0").record(false)).unwrap();
        cache.memoize("get", |n: &u32| format!("get:{n}"), |n: &u32| *n).build()
    });
    get.call(&1).unwrap();
    let lines = [
        ("calls_total{tag=get,result=miss}", 1),
        ("call_seconds{tag=get,result=miss}", 1),
        ("call_compute_seconds{tag=get}", 1),
        ("call_errors_total{tag=get,kind=redis}", get.counts().errors),
    ];
    assert_eq!(seen(&snapshotter), expected(&lines));
}

/// Two functions with one tag and the same keys, as two workers are.
#[test]
fn who_waits_is_measured_and_so_is_an_old_value() {
    let cache =
        sync::Cache::open(Settings::new().in_memory().retries(1000, Duration::from_millis(1))).unwrap();
    let (begins, begun) = std::sync::mpsc::channel();
    let (go, goes) = std::sync::mpsc::channel::<()>();
    let goes = std::sync::Mutex::new(goes);
    let (snapshotter, (slow, other)) = recorded(|| {
        let key = |n: &u32| format!("get:{n}");
        let slow = cache.memoize("get", key, move |n: &u32| {
            begins.send(()).unwrap();
            goes.lock().unwrap().recv().unwrap();
            *n
        });
        (slow.build(), cache.memoize("get", key, |n: &u32| *n).build())
    });
    thread::scope(|scope| {
        // Dropped by a failure, or the call would never end.
        let go = go;
        let computes = scope.spawn(|| slow.call(&1).unwrap());
        begun.recv().unwrap();
        let waits = scope.spawn(|| other.call(&1).unwrap());
        wait_until("a retry", Duration::from_secs(60), || other.counts().retries > 0);
        go.send(()).unwrap();
        assert_eq!((computes.join().unwrap(), waits.join().unwrap()), (1, 1));
        cache.invalidate(&Invalidate::tag("get")).unwrap();
        let computes = scope.spawn(|| slow.call(&1).unwrap());
        begun.recv().unwrap();
        cache.invalidate(&Invalidate::tag("get")).unwrap();
        assert_eq!(other.call(&1).unwrap(), 1);
        go.send(()).unwrap();
        computes.join().unwrap();
    });
    let lines = [
        ("calls_total{tag=get,result=hit}", 1),
        ("calls_total{tag=get,result=wait}", 1),
        ("calls_total{tag=get,result=miss}", 1),
        ("calls_total{tag=get,result=refresh}", 1),
        ("calls_stale_total{tag=get}", 1),
        ("call_retries_total{tag=get}", other.counts().retries),
        ("call_seconds{tag=get,result=hit}", 1),
        ("call_seconds{tag=get,result=wait}", 1),
        ("call_seconds{tag=get,result=miss}", 1),
        ("call_seconds{tag=get,result=refresh}", 1),
        ("call_compute_seconds{tag=get}", 2),
    ];
    assert_eq!(seen(&snapshotter), expected(&lines));
}

#[test]
fn tasks_are_measured_as_threads_are() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let cache = future::Cache::in_memory();
    let runs = Arc::new(AtomicU32::new(0));
    let (snapshotter, get) = recorded(|| {
        let runs = Arc::clone(&runs);
        let get = cache.try_memoize(
            "get",
            |n: &u32| format!("get:{n}"),
            move |n: u32| {
                runs.fetch_add(1, SeqCst);
                async move {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    if n == 0 { Err(()) } else { Ok(n) }
                }
            },
        );
        get.build()
    });
    runtime.block_on(async {
        let (one, other) = tokio::join!(get.call(&1), get.call(&1));
        assert_eq!((one.unwrap(), other.unwrap()), (1, 1));
        get.call(&1).await.unwrap();
        assert!(get.call(&0).await.is_err());
    });
    assert_eq!(runs.load(SeqCst), 2);
    let lines = [
        ("calls_total{tag=get,result=hit}", 1),
        ("calls_total{tag=get,result=wait}", 1),
        ("calls_total{tag=get,result=miss}", 2),
        ("call_errors_total{tag=get,kind=function}", 1),
        ("call_seconds{tag=get,result=hit}", 1),
        ("call_seconds{tag=get,result=wait}", 1),
        ("call_seconds{tag=get,result=miss}", 1),
        ("call_compute_seconds{tag=get}", 1),
    ];
    assert_eq!(seen(&snapshotter), expected(&lines));
}
