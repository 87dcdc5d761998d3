//! A process that was forked off with its parent's cache.
//!
//! Each test forks from a process of its own: among others that run beside it, one may hold a lock of the standard library
//! at that moment, which nobody ever gives back in the child.

use std::os::unix::process::ExitStatusExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use cacheme::memoize::{Settings, future, sync};
use cacheme::namespace::Layout;
use fork::{Fork, fork, waitpid};

use crate::memoize_local::{BOUND, PATIENCE};
use crate::support::process;
use crate::support::server::Server;
use crate::support::wait_until;

/// Runs a test of this file by itself.
#[track_caller]
fn alone(test: &str, work: impl FnOnce()) {
    const ROLE: &str = "CACHEME_IT_FORKS";
    if std::env::var_os(ROLE).is_some() {
        return work();
    }
    let mut command = process::guarded(std::env::current_exe().unwrap());
    let name = format!("memoize_forked::{test}");
    command.args(["--exact", &name, "--nocapture", "--test-threads=1"]).env(ROLE, "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = process::spawn(command).unwrap().wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{}: {said}", output.status);
}

fn settings(server: &Server) -> Settings {
    server.settings().layout(Layout::Meta).record_interval(Duration::from_secs(3600))
}

/// Runs in a child, and passes on how it ends.
#[track_caller]
fn in_child(work: impl FnOnce()) {
    let child = match fork().unwrap() {
        Fork::Parent(child) => child,
        Fork::Child => {
            thread::spawn(|| {
                thread::sleep(Duration::from_secs(60));
                std::process::exit(2);
            });
            // What lies further out is the parent's: its server, for one.
            std::process::exit(catch_unwind(AssertUnwindSafe(work)).is_err().into());
        }
    };
    let status = ExitStatus::from_raw(waitpid(child).unwrap());
    assert!(status.success(), "{status}; 1: it panicked; 2: it hung");
}

/// Connections that were made so far, this one included.
pub(crate) fn made(server: &Server) -> u64 {
    let info: String = redis::cmd("INFO").arg("stats").query(&mut server.connect()).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("total_connections_received:")).unwrap();
    line.parse().unwrap()
}

#[test]
fn a_fork_makes_connections_of_its_own() {
    alone("a_fork_makes_connections_of_its_own", || {
        let server = Server::start();
        let cache = sync::Cache::open(settings(&server)).unwrap();
        let get = cache.memoize("get", |n: &u32| format!("get:{n}"), |n: &u32| *n).build();
        get.call(&1).unwrap();
        get.call(&2).unwrap();
        cache.flush().unwrap();
        let before = made(&server);
        let (of_child, theirs) = (cache.clone(), get.clone());
        in_child(|| {
            assert_eq!((theirs.call(&1).unwrap(), theirs.call(&1).unwrap()), (1, 1));
            of_child.flush().unwrap();
            // One to call, one to send counts, and the one that asks.
            assert_eq!(made(&server), before + 3);
        });
        assert_eq!(get.call(&2).unwrap(), 2);
        cache.flush().unwrap();
        assert_eq!(made(&server), before + 4, "the parent's are open still");
        let recorded: u64 =
            redis::cmd("HGET").arg("CM:meta:stats").arg("get:hits").query(&mut server.connect()).unwrap();
        assert_eq!(recorded, 3, "two of the child, one of the parent");
    });
}

#[test]
fn a_fork_does_not_wait_for_the_thread_that_records_in_its_parent() {
    alone("a_fork_does_not_wait_for_the_thread_that_records_in_its_parent", || {
        let server = Server::start();
        let cache = sync::Cache::open(settings(&server)).unwrap();
        let get = cache.memoize("get", |n: &u32| format!("get:{n}"), |n: &u32| *n).build();
        // As it begins it may hold a lock, which nobody would give back in the child.
        thread::sleep(Duration::from_millis(500));
        in_child(move || drop((cache, get)));
    });
}

#[test]
fn a_fork_runs_the_async_cache_on_a_runtime_of_its_own() {
    alone("a_fork_runs_the_async_cache_on_a_runtime_of_its_own", || {
        let server = Server::start();
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ours = runtime();
        let cache = future::Cache::open_with(settings(&server), |error| panic!("{error}")).unwrap();
        let get = cache.memoize("get", |n: &u32| format!("get:{n}"), |n: u32| async move { n }).build();
        ours.block_on(async { (get.call(&1).await.unwrap(), get.call(&2).await.unwrap()) });
        let before = made(&server);
        in_child(|| {
            assert_eq!(runtime().block_on(get.call(&1)).unwrap(), 1);
            assert_eq!((made(&server), get.counts().hits), (before + 2, 1));
        });
        assert_eq!(ours.block_on(get.call(&2)).unwrap(), 2);
        assert_eq!(made(&server), before + 3, "the parent's is open still");
    });
}

#[test]
fn a_child_has_threads_of_its_own_for_what_goes_on_behind_its_calls() {
    alone("a_child_has_threads_of_its_own_for_what_goes_on_behind_its_calls", || {
        let server = Server::start();
        let cache = sync::Cache::open(settings(&server)).unwrap();
        let runs = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counter = std::sync::Arc::clone(&runs);
        let get = cache
            .memoize(
                "behind",
                |n: &u32| format!("behind:{n}>it"),
                move |_: &u32| counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst),
            )
            .stale_while_revalidate(true)
            .hard_timeout(Duration::from_secs(30))
            .build();
        assert_eq!(get.call(&1).unwrap(), 0);
        in_child(|| {
            get.invalidate(&1).unwrap();
            assert_eq!(get.call(&1).unwrap(), 0, "the old one");
            cache.close().unwrap();
            assert_eq!(get.call(&1).unwrap(), 1);
            assert_eq!(get.call(&2).unwrap(), 2);
        });
    });
}

/// What goes on in the parent is nothing that the child could wait for.
#[test]
fn a_child_waits_for_nothing_that_goes_on_in_its_parent() {
    alone("a_child_waits_for_nothing_that_goes_on_in_its_parent", || {
        let server = Server::start();
        let cache = sync::Cache::open(settings(&server)).unwrap();
        let gate = Arc::new(Mutex::new(()));
        let (source, waits) = (Arc::new(AtomicU32::new(1)), Arc::clone(&gate));
        let of_function = Arc::clone(&source);
        let (tell, told) = mpsc::channel();
        let get = cache
            .memoize(
                "behind",
                |n: &u32| format!("behind:{n}>it"),
                move |_: &u32| {
                    let _ = tell.send(());
                    drop(waits.lock());
                    of_function.load(SeqCst)
                },
            )
            .stale_while_revalidate(true)
            .build();
        assert_eq!(get.call(&1).unwrap(), 1);
        told.recv().unwrap();
        get.invalidate(&1).unwrap();
        let held = gate.lock().unwrap();
        assert_eq!(get.call(&1).unwrap(), 1, "the old one; the new one is held");
        // A lock that its thread held now would be held in the child for good.
        told.recv().unwrap();
        in_child(|| {
            drop(held);
            source.store(2, SeqCst);
            get.remove(&1).unwrap();
            assert_eq!(get.call(&1).unwrap(), 2);
            let began = Instant::now();
            cache.close().unwrap();
            assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
        });
    });
}

#[test]
fn a_fork_hears_of_changes_by_itself() {
    alone("a_fork_hears_of_changes_by_itself", || {
        let server = Server::start();
        let cache =
            sync::Cache::open_with(settings(&server).local(1 << 20), |error| panic!("{error}")).unwrap();
        let runs = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counter = std::sync::Arc::clone(&runs);
        let get = cache
            .memoize(
                "get",
                |n: &u32| format!("get:{n}>it"),
                move |_: &u32| counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst),
            )
            .build();
        let settle = || {
            let before = get.counts().local;
            wait_until("it is served from memory", PATIENCE, || {
                (get.call(&1).unwrap(), get.counts().local > before).1
            });
            get.call(&1).unwrap()
        };
        let change = || redis::cmd("UNLINK").arg("CM:get:1").exec(&mut server.connect()).unwrap();
        let old = settle();
        in_child(|| {
            // What it inherited stands no longer than the bound.
            change();
            thread::sleep(BOUND);
            assert!(get.call(&1).unwrap() > old);
            let old = settle();
            change();
            thread::sleep(BOUND);
            assert!(get.call(&1).unwrap() > old);
        });
        let of_child = settle();
        assert!(of_child > old);
        change();
        thread::sleep(BOUND);
        // The child ran the function with a counter of its own.
        runs.store(of_child + 1, std::sync::atomic::Ordering::SeqCst);
        assert!(get.call(&1).unwrap() > of_child);
        settle();
    });
}
