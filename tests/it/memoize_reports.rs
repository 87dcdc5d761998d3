//! What memoize reports of an invalidation: never less than was done, never done where it is not, in both APIs.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use cacheme::cache::{Mode, Session};
use cacheme::client::{Conn, Control, Target, Timeouts};
use cacheme::memoize::{Invalidate, InvalidationSource, Invalidator, Settings, sync};
use cacheme::namespace::{Layout, LogicalKey, Namespace};
use cacheme::ops::{
    Gc, GcReport, Invalidation, InvalidationReport, Selector, gc, invalidate, invalidate_raw,
};
use redis::Commands;

use crate::support::relay::{Fault, Relay};
use crate::support::seed::{Seed, names, set};
use crate::support::sentinels::naming;
use crate::support::server::Server;

/// A cache of either API.
trait Api {
    fn open(settings: Settings, on_error: impl Fn(&cacheme::Error) + Send + Sync + 'static) -> Self;
    fn invalidate(&self, what: Invalidate) -> cacheme::Result<InvalidationReport>;
    fn keys(&self, tag: &str) -> cacheme::Result<Vec<LogicalKey>>;
    fn connect(&self, source: impl InvalidationSource);
}

impl Api for sync::Cache {
    fn open(settings: Settings, on_error: impl Fn(&cacheme::Error) + Send + Sync + 'static) -> Self {
        Self::open_with(settings, on_error).unwrap()
    }

    fn invalidate(&self, what: Invalidate) -> cacheme::Result<InvalidationReport> {
        Self::invalidate(self, &what)
    }

    fn keys(&self, tag: &str) -> cacheme::Result<Vec<LogicalKey>> {
        Ok(self.tag(tag).keys()?.into_iter().collect())
    }

    fn connect(&self, source: impl InvalidationSource) {
        Self::connect(self, source);
    }
}

#[cfg(feature = "tokio")]
struct Tasks(tokio::runtime::Runtime, cacheme::memoize::future::Cache);

#[cfg(feature = "tokio")]
impl Api for Tasks {
    fn open(settings: Settings, on_error: impl Fn(&cacheme::Error) + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self(runtime, cacheme::memoize::future::Cache::open_with(settings, on_error).unwrap())
    }

    fn invalidate(&self, what: Invalidate) -> cacheme::Result<InvalidationReport> {
        self.0.block_on(self.1.invalidate(&what))
    }

    fn keys(&self, tag: &str) -> cacheme::Result<Vec<LogicalKey>> {
        Ok(self.0.block_on(self.1.tag(tag).keys())?.into_iter().collect())
    }

    fn connect(&self, source: impl InvalidationSource) {
        self.1.connect(source);
    }
}

fn settings(url: impl AsRef<str>, layout: Layout) -> Settings {
    let patience = Duration::from_secs(20);
    let timeouts = Timeouts { connect: patience, io: patience };
    Settings::new().url(url).layout(layout).record(false).scan_count(25).timeouts(timeouts)
}

/// Both tests of a promise.
macro_rules! for_both {
    ($test:ident) => {
        $test::<sync::Cache>();
        #[cfg(feature = "tokio")]
        $test::<Tasks>();
    };
}

/// A source that hands the handle out.
struct Handle(mpsc::Sender<Invalidator>);

impl InvalidationSource for Handle {
    fn connect(self, cache: Invalidator) {
        self.0.send(cache).unwrap();
    }
}

fn insists<A: Api>() {
    let server = Server::start();
    let mut it = server.connect();
    let () = it.hset("CM:get_owner", "x", "y").unwrap();
    let () = it.set("CM:User:1:invalid", "y").unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let cache = A::open(settings(server.url(), Layout::Meta), move |error| {
        tell.lock().unwrap().push(error.to_string());
    });
    let (sender, handles) = mpsc::channel();
    cache.connect(Handle(sender));
    let handle = handles.recv().unwrap();
    let both = Invalidate { key: Some("a".into()), ..Invalidate::tag("get_owner") };
    for (what, key) in [
        (Invalidate::tag("get_owner"), "'CM:get_owner'"),
        (Invalidate::invalid_key("User:1"), "'CM:User:1:invalid'"),
        (both, "'CM:get_owner'"),
    ] {
        assert!(!handle.invalidate_with_retry(&what), "{what:?}");
        let told = std::mem::take(&mut *told.lock().unwrap());
        assert!(told.len() > 1 && told.iter().all(|told| told.contains(key)), "{what:?}: {told:?}");
    }
    assert_eq!(names(&server, "CM:meta:deleted"), set(&["CM:a"]), "what can be done is done");
    assert!(handle.invalidate_with_retry(&Invalidate::tag("absent")));
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn what_is_not_complete_is_no_success_to_who_insists() {
    for_both!(insists);
}

fn keys_of_a_tag<A: Api>() {
    let server = Server::start();
    let mut it = server.connect();
    let () = it.hset("CM:hash", "x", "y").unwrap();
    let () = it.set("CM:string", "x").unwrap();
    let () = it.zadd("CM:zset", "x", 1).unwrap();
    let () = it.sadd("CM:set", "CM:a").unwrap();
    let cache = A::open(settings(server.url(), Layout::Meta), |_| ());
    for tag in ["hash", "string", "zset"] {
        let error = cache.keys(tag).unwrap_err();
        assert!(error.to_string().contains(&format!("'CM:{tag}'")), "{error}");
        assert!(!error.may_pass());
    }
    assert_eq!(cache.keys("set").unwrap(), [LogicalKey::from("a")]);
    assert_eq!(cache.keys("absent").unwrap(), []);
}

#[test]
fn a_tag_of_another_type_has_no_keys_to_tell() {
    for_both!(keys_of_a_tag);
}

/// A tag, an invalid key and values of so many keys.
const KEYS: usize = 50;

fn cut_in_mid_run<A: Api>() {
    let server = Server::start();
    for layout in [Layout::Meta, Layout::Classic] {
        let whats = [
            Invalidate::tag("t"),
            Invalidate::invalid_key("All"),
            Invalidate::pattern("*"),
            Invalidate::key("k1"),
        ];
        for what in whats {
            let mut cuts = 0;
            // Each place is cut before and behind, by turns of the layouts.
            for at in 0.. {
                let fault = match (at + layout as usize) % 2 {
                    0 => Fault::CutBefore,
                    _ => Fault::CutAfter,
                };
                redis::cmd("FLUSHALL").exec(&mut server.connect()).unwrap();
                let keys: Vec<_> = (0..KEYS).map(|n| format!("k{n}")).collect();
                Seed::classic(&server).live(&keys).tag("t", &keys).invalid("All", &keys);
                let relay = Relay::before(&server, |_| None);
                let cache = A::open(settings(relay.url(), layout), |_| ());
                cache.keys("t").unwrap();
                relay.now(move |asked| (asked.before == at).then_some(fault));
                let report = cache.invalidate(what.clone());
                let was_there = relay.faults() > 0;
                relay.now(|_| None);
                let deleted = Namespace::new("CM:", layout).unwrap().deleted_sets();
                let text = |name: &Vec<u8>| String::from_utf8(name.clone()).unwrap();
                let marked: u64 = deleted.iter().map(|name| names(&server, &text(name)).len() as u64).sum();
                let left = server.dump().keys().filter(|name| name.starts_with(b"CM:k")).count();
                let case = format!("{what:?}, {layout:?}, {fault:?} at {at}: {marked} {left} {report:?}");
                if let Ok(report) = report {
                    let sets = if what.pattern.is_some() { 1 } else { deleted.len() as u64 };
                    let counted = (report.marked * sets, report.deleted);
                    let done = (marked, (KEYS - left) as u64);
                    assert!(!report.complete || counted == done, "{case}");
                    assert!(report.complete || was_there, "{case}");
                    let meant = if what.key.is_some() { 1 } else { KEYS as u64 };
                    assert!(!report.complete || report.matched == meant, "{case}");
                    // Whatever was cut, it was done again.
                    assert_eq!(done.0.max(done.1), meant * sets, "{case}");
                }
                if !was_there {
                    break;
                }
                cuts += 1;
            }
            assert!(cuts > 1, "{what:?} asks for nothing");
        }
    }
}

#[test]
fn a_connection_that_is_cut_takes_nothing_out_of_a_complete_report() {
    for_both!(cut_in_mid_run);
}

fn idle_ones_are_killed<A: Api>() {
    let server = Server::start();
    Seed::classic(&server).live(["a"]);
    let cache = A::open(settings(server.url(), Layout::Meta), |_| ());
    cache.keys("t").unwrap();
    redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").exec(&mut server.connect()).unwrap();
    let report = cache.invalidate(Invalidate::key("a")).unwrap();
    assert_eq!((report.complete, report.matched, report.marked), (true, 1, 1));
}

#[test]
fn an_idle_connection_that_died_costs_no_certainty() {
    for_both!(idle_ones_are_killed);
}

fn replaced<A: Api>() {
    let [old, new] = [(); 2].map(|()| Server::builder().tcp().start());
    let port = Arc::new(AtomicU16::new(old.port()));
    let named = Arc::clone(&port);
    let told = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&told);
    let url = naming(move || named.load(SeqCst));
    let cache = A::open(settings(url, Layout::Meta), move |_| {
        count.fetch_add(1, SeqCst);
    });
    let sure = |what: Invalidate| cache.invalidate(what).unwrap().complete;
    assert!(sure(Invalidate::key("before")));
    port.store(new.port(), SeqCst);
    // It still takes writes, and forgets them when it hears of the failover.
    assert!(!sure(Invalidate::key("between")), "written to one that was replaced");
    assert!(sure(Invalidate::key("behind")));
    assert_eq!(names(&new, "CM:meta:deleted"), set(&["CM:behind"]));
    port.store(old.port(), SeqCst);
    let (sender, handles) = mpsc::channel();
    cache.connect(Handle(sender));
    assert!(handles.recv().unwrap().invalidate_with_retry(&Invalidate::key("insisted")));
    assert_eq!(told.load(SeqCst), 1, "the first try is reported");
    assert!(names(&old, "CM:meta:deleted").contains("CM:insisted"));
}

#[test]
fn what_a_replaced_primary_took_is_not_complete() {
    for_both!(replaced);
}

/// A namespace inside with a value, a mark, and the mark of a key that is gone.
fn nested(server: &Server) -> Seed {
    Seed::classic(server).live(["a"]);
    let mut inner = Seed::under(server, b"CM:X:", false);
    inner.live(["b"]).marked(["b", "gone"]).tag("t", ["gone"]);
    inner
}

fn inner_values(server: &Server) -> usize {
    server.dump().keys().filter(|name| name.starts_with(b"CM:X:")).count()
}

fn leaves_inner_alone<A: Api>() {
    for glob in ["*", "X*", "*b"] {
        let server = Server::start();
        nested(&server);
        let before = inner_values(&server);
        let cache = A::open(settings(server.url(), Layout::Classic), |_| ());
        let report = cache.invalidate(Invalidate::pattern(glob)).unwrap();
        assert_eq!((report.complete, report.deleted), (true, u64::from(glob == "*")), "{glob}");
        assert_eq!(inner_values(&server), before, "{glob}");
    }
}

#[test]
fn a_pattern_leaves_namespaces_inside_alone() {
    for_both!(leaves_inner_alone);
}

#[test]
fn operations_that_change_data_look_for_namespaces_inside_unless_told() {
    let server = Server::start();
    nested(&server);
    let before = inner_values(&server);
    let session = |ns: &Namespace| {
        let conn = Conn::open(&Target::parse(&server.url()).unwrap(), Timeouts::default()).unwrap();
        Session::open(conn, ns, Some(Layout::Classic), 0).unwrap()
    };
    let ns = Namespace::new("CM:", Layout::Classic).unwrap();
    let pattern = |ns: &Namespace, raw: bool| {
        let mut report = InvalidationReport::default();
        let how = Invalidation { action: None, mode: Mode::Apply, trusts_names: false };
        let control = &mut Control::default();
        let all = &mut [Selector::pattern(b"*")].into_iter();
        match raw {
            true => {
                let glob = cacheme::namespace::glob::Glob::parse(b"CM:*").unwrap();
                invalidate_raw(&mut session(ns), &glob, how.mode, control, &mut report).unwrap();
            }
            false => invalidate(&mut session(ns), all, how, control, &mut report).unwrap(),
        }
        report.deleted
    };
    assert_eq!(pattern(&ns, false), 1);
    Seed::classic(&server).live(["a"]);
    assert_eq!(pattern(&ns, true), 1);
    assert_eq!(inner_values(&server), before);
    let all = ns.with_inner([]);
    assert_eq!(pattern(&all, false), 1, "who means both says so");
    assert_eq!(names(&server, "CM:X:delete"), set(&["CM:X:b", "CM:X:gone"]));
    let collect = |ns: &Namespace| {
        let how = Gc { stuck_after: Duration::ZERO, wait: false, mode: Mode::Apply, lock: true };
        gc(&mut session(ns), how, &mut Control::default(), &mut GcReport::default()).unwrap();
    };
    collect(&ns);
    assert_eq!(names(&server, "CM:X:t"), set(&["CM:X:gone"]), "a tag of the inner namespace");
    collect(&all);
    assert!(names(&server, "CM:X:t").is_empty(), "a tag that leaks");
}

#[cfg(feature = "tokio")]
#[test]
fn each_connection_that_fails_a_task_is_left() {
    let server = Server::start();
    let relay = Relay::before(&server, |_| None);
    let patience = Duration::from_secs(3);
    let settings = settings(relay.url(), Layout::Meta).timeouts(Timeouts { connect: patience, io: patience });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cache = cacheme::memoize::future::Cache::open(settings).unwrap();
    let get = cache.memoize("get", |n: &u64| format!("n:{n}"), |n: u64| async move { n }).build();
    let call = || runtime.block_on(get.call(&1)).unwrap();
    assert_eq!((call(), call(), get.counts().hits), (1, 1, 1));
    let (looks, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    relay.now(move |asked| {
        if !asked.is("SISMEMBER") || is_over.load(SeqCst) {
            return None;
        }
        match looks.fetch_add(1, SeqCst) {
            0 => Some(Fault::Refuse("READONLY You can't write against a read only replica.")),
            // The other connection, made just now, falls silent.
            _ => {
                is_over.store(true, SeqCst);
                Some(Fault::Late(Duration::from_secs(600)))
            }
        }
    });
    assert_eq!((call(), relay.faults()), (1, 2));
    let errors = get.counts().errors;
    assert_eq!((call(), get.counts().hits, get.counts().errors), (1, 2, errors), "it was kept");
}
