//! The decorator while its server fails: calls give what the function gives, and afterwards they are cached again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use cacheme::client::Timeouts;
use cacheme::memoize::{Invalidate, Settings, sync::Cache};
use cacheme::namespace::Layout;

use crate::memoize_spread::assert_clean;
use crate::support::cluster::Cluster;
use crate::support::proxy::{Proxy, Weather};
use crate::support::sentinels::Sentinels;
use crate::support::server::Server;
use crate::support::wait_until;

fn settings(url: &str) -> Settings {
    let short = Duration::from_millis(500);
    let settings = Settings::new().url(url).layout(Layout::Classic).lease(Duration::from_secs(1));
    settings.timeouts(Timeouts { connect: short, io: short })
}

/// A cached function before, in and after a fault: what it gives is always what its source has now.
#[track_caller]
fn through(settings: Settings, fault: impl FnOnce(), mend: impl FnOnce()) -> u32 {
    let failures = Arc::new(AtomicU32::new(0));
    let seen = failures.clone();
    let cache = Cache::open_with(settings, move |_| {
        seen.fetch_add(1, Relaxed);
    })
    .unwrap();
    let source = Arc::new(AtomicU32::new(1));
    let reads = source.clone();
    let get = cache
        .memoize("get", |n: &u32| format!("Item:{n}>get"), move |n: &u32| n + reads.load(Relaxed))
        .build();
    for n in 0..20 {
        assert_eq!(get.call(&n).unwrap(), n + 1);
    }
    let hits = get.counts().hits;
    fault();
    for n in 0..3 {
        assert_eq!(get.call(&n).unwrap(), n + 1);
        assert_eq!(get.call(&(100 + n)).unwrap(), 101 + n);
    }
    mend();
    wait_until("calls are cached again", Duration::from_secs(60), || {
        assert_eq!(get.call(&5).unwrap(), 6);
        get.counts().hits > hits + 3
    });
    // An invalidation afterwards reaches everybody.
    source.store(2, Relaxed);
    wait_until("the invalidation is taken", Duration::from_secs(60), || {
        cache.invalidate(&Invalidate::key("Item:5>get")).is_ok_and(|report| report.complete)
    });
    // Where the answer to a claim was lost, the stale value is served until the lease runs out and a claim of some key
    // gives the mark back.
    let mut other = 1000;
    wait_until("the new value is computed", Duration::from_secs(30), || {
        other += 1;
        assert_eq!(get.call(&other).unwrap(), other + 2);
        get.call(&5).unwrap() == 7
    });
    failures.load(Relaxed)
}

#[test]
fn killed() {
    let server = std::cell::RefCell::new(Server::builder().tcp().start());
    let url = server.borrow().tcp_url();
    let failures = through(settings(&url), || server.borrow_mut().stop(), || server.borrow_mut().restart());
    assert!(failures > 0);
}

#[test]
fn restarted() {
    let mut server = Server::builder().tcp().start();
    let url = server.tcp_url();
    through(settings(&url), || server.restart(), || ());
}

#[test]
fn frozen() {
    let server = Server::builder().tcp().start();
    let failures = through(settings(&server.tcp_url()), || server.signal("STOP"), || server.signal("CONT"));
    assert!(failures > 0);
}

#[test]
fn loading() {
    let server = Server::builder().tcp().config("enable-debug-command yes").start();
    let mut connection = server.connect();
    let set = |name: &str, value: &str| {
        redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec(&mut server.connect()).unwrap();
    };
    set("key-load-delay", "300");
    set("loading-process-events-interval-bytes", "1024");
    redis::cmd("DEBUG").arg("POPULATE").arg(3000).exec(&mut connection).unwrap();
    let fault = || {
        let mut loads = server.connect();
        std::thread::spawn(move || redis::cmd("DEBUG").arg("RELOAD").exec(&mut loads));
        wait_until("it loads", Duration::from_secs(20), || {
            redis::cmd("DBSIZE").exec(&mut connection).is_err_and(|error| error.code() == Some("LOADING"))
        });
    };
    let failures = through(settings(&server.tcp_url()), fault, || ());
    assert!(failures > 0);
}

#[test]
fn out_of_memory() {
    let server = Server::builder().tcp().start();
    let set = |value: &str| {
        redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(value).exec(&mut server.connect()).unwrap();
    };
    let failures = through(settings(&server.tcp_url()), || set("1"), || set("0"));
    assert!(failures > 0);
}

#[test]
fn misconf() {
    let server = Server::builder().tcp().config("dbfilename gone.rdb").start();
    let mut connection = server.connect();
    let set = |name: &str, value: &str| {
        redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec(&mut server.connect()).unwrap();
    };
    set("save", "3600 1");
    let folder: (String, String) = redis::cmd("CONFIG").arg("GET").arg("dir").query(&mut connection).unwrap();
    std::fs::create_dir(std::path::Path::new(&folder.1).join("gone.rdb")).unwrap();
    let fault = || {
        redis::cmd("BGSAVE").exec(&mut connection).unwrap();
        wait_until("the save has failed", Duration::from_secs(20), || {
            let info: String = redis::cmd("INFO").arg("persistence").query(&mut connection).unwrap();
            info.contains("rdb_last_bgsave_status:err")
        });
    };
    let failures = through(settings(&server.tcp_url()), fault, || set("stop-writes-on-bgsave-error", "no"));
    assert!(failures > 0);
}

#[test]
fn failover() {
    let sentinels = std::cell::RefCell::new(Sentinels::start(None));
    let url = sentinels.borrow().url(&[]);
    // The sentinels take a second to notice, and some more to agree.
    through(settings(&url), || sentinels.borrow_mut().servers[0].stop(), || ());
}

#[test]
fn reset_in_mid_pipeline() {
    let server = Server::builder().tcp().start();
    let weather = Weather { cut_after: Some(500), cuts: 5, ..Weather::default() };
    let proxy = Proxy::start(server.port(), weather);
    through(settings(&proxy.url()), || (), || ());
    assert!(proxy.cuts() > 0);
}

#[test]
fn late_by_200_ms() {
    let server = Server::builder().tcp().start();
    let weather = Weather { latency: Duration::from_millis(200), ..Weather::default() };
    let proxy = Proxy::start(server.port(), weather);
    // Patient: a busy machine is later than that.
    let minute = Duration::from_secs(60);
    let settings = settings(&proxy.url()).timeouts(Timeouts { connect: minute, io: minute });
    assert_eq!(through(settings, || (), || ()), 0);
}

#[test]
fn lossy() {
    let server = Server::builder().tcp().start();
    let weather = Weather { stall_every: Some(20), cut_after: Some(2000), cuts: 1, ..Weather::default() };
    let proxy = Proxy::start(server.port(), weather);
    through(settings(&proxy.url()), || (), || ());
}

#[test]
fn half_open() {
    let server = Server::builder().tcp().start();
    let proxy = Proxy::start(server.port(), Weather { silent_after: Some(1500), ..Weather::default() });
    let failures = through(settings(&proxy.url()), || (), || ());
    assert!(failures > 0);
}

#[test]
fn a_cluster_keeps_a_hash_tag_in_one_step() {
    let cluster = Cluster::start();
    let on = |prefix: &str| settings(&cluster.url()).target(cluster.target()).prefix(prefix);
    let replica = cluster.replica_of(cluster.owner(cacheme::client::slot::slot(b"{CM}:")));
    through(on("{CM}:"), || cluster.fail_over(replica), || ());
    let left = cluster.content();
    assert!(left.keys().all(|name| name.starts_with(b"{CM}:")));
    assert!(!left.contains_key(&b"{CM}:progress"[..]) && !left.contains_key(&b"{CM}:meta:leases"[..]));
}

#[test]
fn a_cluster_without_a_hash_tag_fails_over() {
    let cluster = Cluster::start();
    let marks = cluster.owner(cacheme::client::slot::slot(b"CM:delete"));
    let replica = cluster.replica_of(marks);
    through(settings(&cluster.url()).target(cluster.target()), || cluster.fail_over(replica), || ());
    assert_clean(&cluster);
    // A prefix whose brace would choose the slot is none that keys can be told apart by.
    let refused = Cache::open(settings(&cluster.url()).target(cluster.target()).prefix("{}CM:"));
    let refused = refused.err().unwrap().to_string();
    assert!(refused.contains("memoize needs the whole namespace in one slot"), "{refused}");
}

#[cfg(feature = "tokio")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_async_face_finds_its_server_behind_sentinels_and_in_a_cluster() {
    use cacheme::memoize::future;
    let (cluster, sentinels) = (Cluster::start(), Sentinels::start(None));
    let in_cluster = |prefix: &str| settings(&cluster.url()).target(cluster.target()).prefix(prefix);
    for settings in [in_cluster("{CM}:"), in_cluster("CM:"), settings(&sentinels.url(&[]))] {
        let cache = future::Cache::open_with(settings, |error| panic!("Redis: {error}")).unwrap();
        let get =
            cache.memoize("get", |n: &u32| format!("Item:{n}>get"), |n: u32| async move { n + 1 }).build();
        for _ in 0..2 {
            assert_eq!(get.call(&7).await.unwrap(), 8);
        }
        assert_eq!(get.counts().hits, 1);
    }
}
