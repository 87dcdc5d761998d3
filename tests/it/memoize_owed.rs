//! What a call could not give back, as Redis was away for a moment, is given back once it is there again.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use cacheme::memoize::{Invalidate, Settings, future, sync};
use cacheme::namespace::{Layout, Namespace};
use redis::Commands;

use crate::memoize_forked::made;
use crate::support::relay::{Asked, Fault, Relay};
use crate::support::server::Server;
use crate::support::wait_until;

const PATIENCE: Duration = Duration::from_secs(60);
const KEY: &str = "n:1>it";

fn key(n: &u32) -> String {
    format!("n:{n}>it")
}

/// A cached function of either API, and how often its cache reported a failure.
trait Api: Send + Sync {
    fn open(settings: Settings, function: impl Fn() -> u32 + Send + Sync + 'static) -> Self;
    fn call_for(&self, n: u32) -> u32;
    fn call(&self) -> u32 {
        self.call_for(1)
    }
    fn flush(&self);
    fn invalidate(&self, what: &Invalidate);
    fn failures(&self) -> usize;
}

struct Threads(sync::Cache, sync::Memoized<u32, u32>, Arc<AtomicUsize>);

impl Api for Threads {
    fn open(settings: Settings, function: impl Fn() -> u32 + Send + Sync + 'static) -> Self {
        let failures = Arc::new(AtomicUsize::new(0));
        let count = failures.clone();
        let cache = sync::Cache::open_with(settings, move |_| {
            count.fetch_add(1, SeqCst);
        })
        .unwrap();
        let get = cache.memoize("get", key, move |_: &u32| function()).build();
        Self(cache, get, failures)
    }

    fn call_for(&self, n: u32) -> u32 {
        self.1.call(&n).unwrap()
    }

    fn flush(&self) {
        self.0.flush().unwrap();
    }

    fn invalidate(&self, what: &Invalidate) {
        assert!(self.0.invalidate(what).unwrap().complete);
    }

    fn failures(&self) -> usize {
        self.2.load(SeqCst)
    }
}

struct Tasks(future::Cache, future::Memoized<u32, u32>, Arc<AtomicUsize>, tokio::runtime::Runtime);

impl Api for Tasks {
    fn open(settings: Settings, function: impl Fn() -> u32 + Send + Sync + 'static) -> Self {
        let failures = Arc::new(AtomicUsize::new(0));
        let (count, function) = (failures.clone(), Arc::new(function));
        let cache = future::Cache::open_with(settings, move |_| {
            count.fetch_add(1, SeqCst);
        })
        .unwrap();
        let computing = move |_: u32| {
            let function = function.clone();
            async move { function() }
        };
        let get = cache.memoize("get", key, computing).build();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Self(cache, get, failures, runtime.unwrap())
    }

    fn call_for(&self, n: u32) -> u32 {
        self.3.block_on(self.1.call(&n)).unwrap()
    }

    fn flush(&self) {
        self.3.block_on(self.0.flush()).unwrap();
    }

    fn invalidate(&self, what: &Invalidate) {
        assert!(self.3.block_on(self.0.invalidate(&what.clone())).unwrap().complete);
    }

    fn failures(&self) -> usize {
        self.2.load(SeqCst)
    }
}

/// A function that gives a number, and holds its second run until it is told to go on.
struct Source {
    number: Arc<AtomicU32>,
    computing: Receiver<()>,
    go_on: Sender<()>,
}

impl Source {
    fn new() -> (Self, impl Fn() -> u32 + Send + Sync + 'static) {
        let ((tell, computing), (go_on, wait)) = (channel(), channel());
        let (number, wait) = (Arc::new(AtomicU32::new(1)), Mutex::new(wait));
        let read = number.clone();
        let function = move || {
            let number = read.load(SeqCst);
            if number == 2 {
                tell.send(()).unwrap();
                wait.lock().unwrap().recv_timeout(PATIENCE).unwrap();
            }
            number
        };
        (Self { number, computing, go_on }, function)
    }

    /// A refresh in whose course Redis goes away; the give-back has failed when this returns.
    fn refresh<A: Api>(&self, api: &A, go_away: impl FnOnce()) {
        self.refresh_many(api, 1, go_away);
    }

    /// The same of so many keys.
    fn refresh_many<A: Api>(&self, api: &A, keys: u32, go_away: impl FnOnce()) {
        self.number.store(2, SeqCst);
        thread::scope(|scope| {
            let calls: Vec<_> = (1..=keys).map(|n| scope.spawn(move || api.call_for(n))).collect();
            calls.iter().for_each(|_| self.computing.recv_timeout(PATIENCE).unwrap());
            go_away();
            calls.iter().for_each(|_| self.go_on.send(()).unwrap());
            calls.into_iter().for_each(|call| assert_eq!(call.join().unwrap(), 2));
        });
        let failed = 2 * keys as usize;
        wait_until("storing and giving back failed", PATIENCE, || api.failures() == failed);
        self.number.store(3, SeqCst);
    }
}

fn settings(server: &Server) -> Settings {
    server.settings().layout(Layout::Both).record(false)
}

/// An invalidation by somebody else.
fn mark(server: &Server) {
    mark_key(server, 1);
}

fn mark_key(server: &Server, n: u32) {
    for set in Namespace::new("CM:", Layout::Both).unwrap().deleted_sets() {
        let _: () = server.connect().sadd(set, format!("CM:{}", key(&n))).unwrap();
    }
}

fn leases(server: &Server) -> usize {
    server.connect().zcard("CM:meta:leases").unwrap()
}

/// What brings the give-back to Redis.
#[derive(Debug, Clone, Copy)]
enum Payer {
    Call,
    Flush,
    Invalidation,
    Drop,
}

fn what_is_owed_is_given_back<A: Api>() {
    for payer in [Payer::Call, Payer::Flush, Payer::Invalidation, Payer::Drop] {
        let mut server = Server::start();
        let (source, function) = Source::new();
        let api = A::open(settings(&server), function);
        assert_eq!(api.call(), 1);
        mark(&server);
        source.refresh(&api, || {
            let _: () = redis::cmd("SAVE").query(&mut server.connect()).unwrap();
            server.stop();
        });
        server.restart();
        assert_eq!(leases(&server), 1, "{payer:?}");
        mark(&server);
        match payer {
            Payer::Call => assert_eq!(api.call(), 3),
            Payer::Flush => api.flush(),
            Payer::Invalidation => api.invalidate(&Invalidate::key("another>key")),
            Payer::Drop => drop(api),
        }
        assert_eq!(leases(&server), 0, "{payer:?}");
        let other = Threads::open(settings(&server), || 3);
        assert_eq!(other.call(), 3, "{payer:?}");
    }
}

#[test]
fn what_is_owed_is_given_back_once_redis_is_there_again() {
    what_is_owed_is_given_back::<Threads>();
}

#[test]
fn what_tasks_owe_is_given_back_once_redis_is_there_again() {
    what_is_owed_is_given_back::<Tasks>();
}

fn a_call_after_an_outage_gives_all_back<A: Api>() {
    const KEYS: u32 = 4;
    let mut server = Server::start();
    let (source, function) = Source::new();
    let api = A::open(settings(&server), function);
    for n in 1..=KEYS {
        assert_eq!(api.call_for(n), 1);
        mark_key(&server, n);
    }
    source.refresh_many(&api, KEYS, || {
        let _: () = redis::cmd("SAVE").query(&mut server.connect()).unwrap();
        server.stop();
    });
    assert_eq!(api.call(), 3, "computed: it is still away");
    server.restart();
    assert_eq!(leases(&server), KEYS as usize);
    assert_eq!(api.call_for(KEYS), 3);
    assert_eq!(leases(&server), 0);
}

#[test]
fn a_call_after_an_outage_gives_all_back_before_it_reads() {
    a_call_after_an_outage_gives_all_back::<Threads>();
    a_call_after_an_outage_gives_all_back::<Tasks>();
}

fn what_is_refused_for_a_moment_stays_owed<A: Api>() {
    let server = Server::start();
    let relay = Relay::before(&server, |_| None);
    let refuse = |why: &'static str| relay.now(move |asked| asked.is("EVAL").then_some(Fault::Refuse(why)));
    let (source, function) = Source::new();
    let api = A::open(settings(&server).url(relay.url()), function);
    assert_eq!(api.call(), 1);
    mark(&server);
    source.refresh(&api, || refuse("TRYAGAIN Multiple keys request during rehashing of slot"));
    refuse("LOADING Redis is loading the dataset in memory");
    for _ in 0..2 {
        assert_eq!(api.call(), 1, "a hit does not fail with it");
    }
    assert_eq!((api.failures(), relay.faults()), (2, 3), "the next call tried again, and no other at once");
    relay.now(|_| None);
    wait_until("it is tried again", PATIENCE, || api.call() == 3);
    assert_eq!(leases(&server), 0);
    let asked = relay.asked();
    assert_eq!(api.call(), 3);
    assert_eq!(relay.asked(), asked + 3, "marks and value: nothing is owed any more");
}

#[test]
fn a_refusal_that_passes_leaves_it_owed() {
    what_is_refused_for_a_moment_stays_owed::<Threads>();
    what_is_refused_for_a_moment_stays_owed::<Tasks>();
}

/// A thousand hits on a server that has become a replica, with a give-back owed.
fn a_server_that_refuses_on_is_asked_now_and_then<A: Api>() {
    let server = Server::start();
    let (source, function) = Source::new();
    let api = A::open(settings(&server), function);
    assert_eq!(api.call(), 1);
    mark(&server);
    let replica_of = |host: &str, port: &str| {
        redis::cmd("REPLICAOF").arg(host).arg(port).exec(&mut server.connect()).unwrap();
    };
    source.refresh(&api, || replica_of("127.0.0.1", "1"));
    let connected = || made(&server);
    let (before, begin) = (connected(), Instant::now());
    (0..1000).for_each(|_| assert_eq!(api.call(), 1, "the old value: its lease stands"));
    let (tries, most) = (connected() - before - 1, 2 * begin.elapsed().as_millis() as u64 / 100 + 4);
    assert!(tries <= most, "{tries} connections, and {most} at most");
    replica_of("NO", "ONE");
    api.flush();
    assert_eq!((leases(&server), api.call()), (0, 3), "flush waits for no try");
}

#[test]
fn a_server_that_became_read_only_costs_the_hits_little() {
    a_server_that_refuses_on_is_asked_now_and_then::<Threads>();
    a_server_that_refuses_on_is_asked_now_and_then::<Tasks>();
}

#[test]
fn of_many_that_flush_at_once_none_says_that_all_is_given_back_while_it_is_owed() {
    const KEYS: u32 = 4;
    let server = Server::start();
    let relay = Relay::before(&server, |_| None);
    let (source, function) = Source::new();
    let api = Threads::open(settings(&server).url(relay.url()), function);
    for n in 1..=KEYS {
        assert_eq!(api.call_for(n), 1);
        mark_key(&server, n);
    }
    // A server before 7.0 refuses no script for its replicas.
    let refuse = |asked: &Asked| {
        asked.is("EVAL").then_some(Fault::Refuse("NOREPLICAS Not enough good replicas to write."))
    };
    source.refresh_many(&api, KEYS, || relay.now(refuse));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..25).for_each(|_| assert!(api.0.flush().is_err(), "it is owed")));
        }
    });
    assert_eq!(leases(&server), KEYS as usize);
    relay.now(|_| None);
    api.flush();
    assert_eq!(leases(&server), 0);
}

#[test]
fn a_call_that_is_cancelled_as_the_program_ends_gives_back() {
    for _ in 0..20 {
        let server = Server::start();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let cache = future::Cache::open(settings(&server)).unwrap();
            let (begins, mut began) = tokio::sync::mpsc::unbounded_channel();
            let get = cache
                .memoize(
                    "get",
                    |(): &()| KEY.to_owned(),
                    move |()| {
                        begins.send(()).unwrap();
                        std::future::pending::<u32>()
                    },
                )
                .build();
            tokio::select! {
                _ = get.call(&()) => unreachable!("it never ends"),
                _ = began.recv() => {}
            }
        });
        drop(runtime);
        assert_eq!(leases(&server), 0);
    }
}
