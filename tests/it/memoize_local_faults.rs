//! Values held in the process while the connection that hears of changes is cut, frozen, half open, refused or moved: no old
//! value outlasts the bound, and where nothing is heard nothing is served from memory.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use cacheme::client::Timeouts;
use cacheme::memoize::{Codec, CodecError, Counts, Invalidate, Settings, future, sync};
use cacheme::namespace::Layout;
use redis::Commands;
use serde_json::json;

use crate::memoize_calls::assert_clean;
use crate::memoize_local::{BOUND, HOUR, PATIENCE, key};
use crate::support::cluster::Cluster;
use crate::support::ports::listen;
use crate::support::program;
use crate::support::proxy::{Proxy, Weather};
use crate::support::python::Lib;
use crate::support::sentinels::Sentinels;
use crate::support::server::Server;
use crate::support::wait_until;
use crate::support::worker::Worker;

/// What the function `get_owner` returns, whatever the book: raised by the test.
type Truth = Arc<AtomicU32>;

enum Get {
    Threads(sync::Memoized<u32, u32>),
    Tasks(tokio::runtime::Runtime, future::Memoized<u32, u32>),
}

/// A cache of either API with values in the process.
struct Tier {
    get: Get,
    truth: Truth,
    /// What its error callback was told of the listener.
    told: Arc<Mutex<Vec<String>>>,
}

impl Tier {
    fn threads(settings: Settings) -> Self {
        let (truth, told) = (Truth::default(), Arc::<Mutex<Vec<_>>>::default());
        let cache = sync::Cache::open_with(settings.local(1 << 20), teller(&told)).unwrap();
        let source = Arc::clone(&truth);
        let get = cache.memoize("get_owner", key, move |_: &u32| source.load(SeqCst));
        let get = get.timeout(HOUR).invalid_keys(|book, _| format!("User:{book}")).build();
        Self { get: Get::Threads(get), truth, told }
    }

    fn tasks(settings: Settings) -> Self {
        let (truth, told) = (Truth::default(), Arc::<Mutex<Vec<_>>>::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let cache = future::Cache::open_with(settings.local(1 << 20), teller(&told)).unwrap();
        let source = Arc::clone(&truth);
        let get = cache.memoize("get_owner", key, move |_: u32| {
            let value = source.load(SeqCst);
            async move { value }
        });
        let get = get.timeout(HOUR).invalid_keys(|book, _| format!("User:{book}")).build();
        Self { get: Get::Tasks(runtime, get), truth, told }
    }

    fn call(&self, book: u32) -> u32 {
        match &self.get {
            Get::Threads(get) => get.call(&book).unwrap(),
            Get::Tasks(runtime, get) => runtime.block_on(get.call(&book)).unwrap(),
        }
    }

    fn counts(&self) -> Counts {
        match &self.get {
            Get::Threads(get) => get.counts(),
            Get::Tasks(_, get) => get.counts(),
        }
    }

    fn local(&self) -> u64 {
        self.counts().local
    }

    /// Calls until the value comes from memory.
    #[track_caller]
    fn settle(&self, book: u32) -> u32 {
        let mut value = 0;
        wait_until("it is served from memory", PATIENCE, || {
            let before = self.local();
            value = self.call(book);
            self.local() > before
        });
        value
    }

    fn told(&self) -> usize {
        self.told.lock().unwrap().len()
    }

    /// Whether it was told exactly once that nothing is served from memory, and why.
    #[track_caller]
    fn was_told_once(&self, why: &str) {
        let told = self.told.lock().unwrap();
        assert!(told.len() == 1 && told[0].contains(why), "{told:?}");
    }

    fn raise(&self) -> u32 {
        self.truth.fetch_add(1, SeqCst) + 1
    }

    /// Changes the source, and what is stored by `change`; the bound later the new value is returned.
    #[track_caller]
    fn follows(&self, book: u32, change: impl FnOnce()) {
        let new = self.raise();
        change();
        thread::sleep(BOUND);
        assert_eq!(self.call(book), new, "told: {:?}", self.told.lock().unwrap());
    }

    /// The same where it is changed on the server itself.
    #[track_caller]
    fn follows_on(&self, server: &Server) {
        self.follows(1, || unlink(server, "CM:Book:1"));
    }

    /// Calls for a while without one served from memory.
    #[track_caller]
    fn asks_each_time(&self, book: u32) {
        let (before, end) = (self.local(), Instant::now() + Duration::from_secs(1));
        while Instant::now() < end {
            self.call(book);
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(self.local(), before, "told: {:?}", self.told.lock().unwrap());
    }
}

fn teller(told: &Arc<Mutex<Vec<String>>>) -> impl Fn(&cacheme::Error) + Send + Sync + 'static {
    let told = Arc::clone(told);
    move |error| {
        let said = error.to_string();
        if said.starts_with("nothing is served from memory") {
            told.lock().unwrap().push(said);
        }
    }
}

const APIS: [fn(Settings) -> Tier; 2] = [Tier::threads, Tier::tasks];

fn settings(server: &Server) -> Settings {
    server.settings().layout(Layout::Classic)
}

/// One that waits no longer than a tenth of a second for an answer.
fn short(settings: Settings) -> Settings {
    let short = Duration::from_millis(100);
    settings.timeouts(Timeouts { connect: short, io: short })
}

fn unlink(server: &Server, redis_key: &str) {
    let _: u32 = server.connect().unlink(redis_key).unwrap();
}

/// The ids of the connections that hear of changes.
fn listeners(server: &Server) -> Vec<u64> {
    let list: String = redis::cmd("CLIENT").arg("LIST").query(&mut server.connect()).unwrap();
    let of = |line: &str| line.split(' ').find_map(|fact| fact.strip_prefix("id=")?.parse().ok());
    list.lines().filter(|line| line.contains(" name=cacheme-local")).filter_map(of).collect()
}

#[test]
fn a_listener_that_is_killed_hides_nothing_and_comes_back() {
    for open in APIS {
        let server = Server::start();
        let tier = open(settings(&server));
        for round in 1..=5 {
            tier.settle(1);
            let mut it = server.connect();
            let ids = listeners(&server);
            assert_eq!(ids.len(), 1);
            redis::cmd("CLIENT").arg("KILL").arg("ID").arg(ids[0]).exec(&mut it).unwrap();
            tier.follows_on(&server);
            tier.settle(1);
            assert_eq!(tier.told(), round, "{:?}", tier.told.lock().unwrap());
        }
        assert_clean(&server);
    }
}

/// An address whose new connections go to another server from one moment on, while those that are open stay where they are: a DNS
/// name, a virtual address, the endpoint of a service.
struct Address {
    port: u16,
    leads_to: Arc<AtomicU16>,
}

impl Address {
    fn of(server: &Server) -> Self {
        let (listener, leads_to) = (listen(), Arc::new(AtomicU16::new(server.port())));
        let (port, to) = (listener.local_addr().unwrap().port(), Arc::clone(&leads_to));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to.load(SeqCst))) else { continue };
                for (mut from, mut into) in [
                    (client.try_clone().unwrap(), server.try_clone().unwrap()),
                    (server.try_clone().unwrap(), client.try_clone().unwrap()),
                ] {
                    thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut into);
                        let _ = (from.shutdown(Shutdown::Both), into.shutdown(Shutdown::Both));
                    });
                }
            }
        });
        Self { port, leads_to }
    }
}

/// The one at the address is heard, and the connection for calls still leads to the other: what that says is not held, as nobody would
/// ever tell that it is old.
#[test]
fn what_another_server_at_the_same_address_says_is_not_held() {
    for open in APIS {
        let (old, new) = (Server::builder().tcp().start(), Server::builder().tcp().start());
        let address = Address::of(&old);
        let tier = open(settings(&old).url(format!("redis://127.0.0.1:{}", address.port)));
        let before = tier.settle(1);
        address.leads_to.store(new.port(), SeqCst);
        let after = tier.raise();
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("ID").arg(listeners(&old)[0]).exec(&mut old.connect()).unwrap();
        wait_until("the other is heard", PATIENCE, || listeners(&new).len() == 1);
        // The other may not have said yet that it is there.
        wait_until("the old server is left", PATIENCE, || tier.call(1) == after);
        assert_ne!(before, after);
        assert_eq!(tier.settle(1), after);
        tier.follows_on(&new);
    }
}

/// The one that is heard lives on as a primary, and nobody writes to it any more: a call over a new connection shows it, or within two
/// seconds a look.
#[test]
fn a_server_that_the_address_has_left_is_not_heard_any_more() {
    for open in APIS {
        for is_seen_by_a_call in [true, false] {
            let (old, new) = (Server::builder().tcp().start(), Server::builder().tcp().start());
            let address = Address::of(&old);
            let tier = open(settings(&old).url(format!("redis://127.0.0.1:{}", address.port)));
            tier.settle(1);
            address.leads_to.store(new.port(), SeqCst);
            let after = tier.raise();
            if is_seen_by_a_call {
                let mut it = old.connect();
                let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut it).unwrap();
                let others = clients.lines().filter(|line| !line.contains(" name=cacheme-local"));
                let id = |line: &str| {
                    line.split(' ').find_map(|fact| fact.strip_prefix("id=")).unwrap().to_owned()
                };
                let own: String = redis::cmd("CLIENT").arg("ID").query::<u64>(&mut it).unwrap().to_string();
                for id in others.map(id).filter(|id| *id != own) {
                    redis::cmd("CLIENT").arg("KILL").arg("ID").arg(id).exec(&mut it).unwrap();
                }
                // The first is computed, the second read.
                wait_until("the other is asked", PATIENCE, || {
                    tier.call(2);
                    tier.call(1) == after
                });
            } else {
                thread::sleep(Duration::from_secs(2) + BOUND);
                // The connection for calls leads to the old one, as it would without.
                tier.call(1);
                assert_eq!(tier.call(1), after);
            }
            assert_eq!(tier.settle(1), after);
            tier.follows_on(&new);
            tier.was_told_once("leads to another server");
            let info: String = redis::cmd("INFO").arg("stats").query(&mut new.connect()).unwrap();
            let made = info.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
            let made: u64 = made.unwrap().parse().unwrap();
            assert!(made < 60, "{made} connections");
        }
    }
}

#[test]
fn all_clients_killed_hide_nothing() {
    for open in APIS {
        let server = Server::start();
        let tier = open(settings(&server));
        for _ in 0..5 {
            tier.settle(1);
            let mut kill = redis::cmd("CLIENT");
            kill.arg("KILL").arg("TYPE").arg("normal").exec(&mut server.connect()).unwrap();
            tier.follows_on(&server);
        }
        tier.settle(1);
        assert_clean(&server);
    }
}

#[test]
fn a_frozen_server_serves_nothing_from_memory() {
    for open in APIS {
        let server = Server::start();
        let tier = open(short(settings(&server)));
        tier.settle(1);
        server.signal("STOP");
        thread::sleep(BOUND);
        let new = tier.raise();
        let local = tier.local();
        assert_eq!((tier.call(1), tier.local()), (new, local));
        wait_until("it is told of the silence", PATIENCE, || tier.told() == 1);
        assert_eq!((tier.call(1), tier.local()), (new, local));
        server.signal("CONT");
        tier.settle(1);
        tier.follows_on(&server);
        tier.settle(1);
        tier.was_told_once("did not answer");
    }
}

/// Again and again a connection breaks, or falls silent, and at any time somebody else changes the value.
fn bad_network(weather: Weather) -> usize {
    let mut connections = 0;
    for open in APIS {
        let server = Server::builder().tcp().start();
        let proxy = Proxy::start(server.port(), weather);
        let tier = open(short(settings(&server).url(proxy.url())));
        for round in 0..12 {
            let started = Instant::now();
            while started.elapsed() < Duration::from_millis(100 + round * 37) {
                tier.call(1);
            }
            tier.follows_on(&server);
        }
        assert!(tier.local() > 0 && tier.told() > 0, "{:?}", tier.counts());
        connections += proxy.connections();
    }
    connections
}

#[test]
fn connections_that_are_cut_hide_nothing() {
    let weather = Weather { cut_after: Some(2500), cuts: usize::MAX, ..Weather::default() };
    assert!(bad_network(weather) > 10);
}

#[test]
fn half_open_connections_hide_nothing() {
    let weather = Weather { silent_after: Some(2500), ..Weather::default() };
    assert!(bad_network(weather) > 10);
}

#[test]
fn without_the_right_to_listen_it_works_as_without() {
    for open in APIS {
        let client = if program::version() >= (7, 0) { "client|tracking" } else { "client" };
        // HELLO is never denied.
        for denied in [client, "sscan", "info"] {
            let server = Server::start();
            let mut user = redis::cmd("ACL");
            user.arg("SETUSER").arg("app").arg("on").arg(">pw").arg("~*").arg("+@all");
            user.arg(format!("-{denied}")).exec(&mut server.connect()).unwrap();
            let url = format!("{}?user=app&pass=pw", server.url());
            let tier = open(settings(&server).url(url));
            tier.asks_each_time(1);
            tier.follows_on(&server);
            tier.follows(1, || mark(&server));
            tier.asks_each_time(1);
            tier.was_told_once("NOPERM");
            assert!(tier.counts().hits > 10);
            assert_clean(&server);
        }
    }
}

fn mark(server: &Server) {
    let _: u32 = server.connect().sadd("CM:delete", "CM:Book:1>owner").unwrap();
}

#[test]
fn without_the_right_to_read_marks_any_more_it_works_as_without() {
    for open in APIS {
        let server = Server::start();
        let mut it = server.connect();
        let mut rights = |rule: &str| {
            let mut user = redis::cmd("ACL");
            user.arg("SETUSER").arg("app").arg("on").arg(">pw").arg("~*").arg("+@all").arg(rule);
            user.exec(&mut it).unwrap();
        };
        rights("+sscan");
        let tier = open(settings(&server).url(format!("{}?user=app&pass=pw", server.url())));
        tier.settle(1);
        rights("-sscan");
        for _ in 0..3 {
            tier.follows(1, || mark(&server));
            tier.asks_each_time(1);
        }
        tier.was_told_once("NOPERM");
        rights("+sscan");
        tier.settle(1);
        tier.follows(1, || mark(&server));
        assert_eq!(tier.told(), 1);
    }
}

#[test]
fn a_server_without_the_commands_works_as_without() {
    for open in APIS {
        for command in ["HELLO", "CLIENT"] {
            let server = Server::builder().config(&format!("rename-command {command} \"\"")).start();
            let tier = open(settings(&server));
            tier.asks_each_time(1);
            tier.follows_on(&server);
            tier.follows(1, || mark(&server));
            tier.asks_each_time(1);
            tier.was_told_once("unknown command");
            assert!(tier.counts().hits > 10);
            assert_clean(&server);
        }
    }
}

/// Where each key is told by itself, such a server remembers too few; not where they are told by their prefix.
#[test]
fn a_server_that_remembers_one_key_tells_of_all() {
    let server = Server::builder().config("tracking-table-max-keys 1").start();
    let tier = Tier::threads(settings(&server));
    for book in 0..200 {
        tier.settle(book);
    }
    for book in [0, 99, 199] {
        let new = tier.raise();
        unlink(&server, &format!("CM:Book:{book}"));
        thread::sleep(BOUND);
        assert_eq!(tier.call(book), new);
    }
    let (before, local) = (tier.truth.load(SeqCst) - 3, tier.local());
    for book in (1..99).chain(100..199) {
        assert_eq!(tier.call(book), before);
    }
    // Some share a place with what was written.
    assert!(tier.local() - local > 180, "the others were not told of");
}

#[test]
fn a_flush_or_a_restart_leaves_nothing_in_memory() {
    for open in APIS {
        let mut server = Server::start();
        let tier = open(settings(&server));
        tier.settle(1);
        for words in [&["FLUSHALL"][..], &["FLUSHDB"], &["FLUSHALL", "ASYNC"], &["FLUSHDB", "ASYNC"]] {
            tier.follows(1, || {
                redis::cmd(words[0]).arg(&words[1..]).exec(&mut server.connect()).unwrap();
            });
            tier.settle(1);
        }
        assert_eq!(tier.told(), 0);
        // It comes back with its data, changed before anybody listens.
        let old = tier.call(1);
        server.restart();
        tier.follows_on(&server);
        assert!(tier.settle(1) > old);
        server.stop();
        tier.raise();
        server.restart();
        tier.follows(1, || ());
        tier.settle(1);
        tier.follows_on(&server);
        assert!(tier.told() <= 2, "{:?}", tier.told.lock().unwrap());
    }
}

#[test]
fn after_a_failover_the_new_primary_is_heard() {
    APIS.into_iter().for_each(failover);
}

fn failover(open: fn(Settings) -> Tier) {
    let sentinels = Sentinels::start(None);
    let tier = open(settings(&sentinels.servers[0]).url(sentinels.url(&[])));
    tier.settle(1);
    tier.follows_on(&sentinels.servers[0]);
    tier.settle(1);
    sentinels.fail_over();
    let new_primary = &sentinels.servers[1];
    wait_until("the replica is the primary", PATIENCE, || sentinels.named() == Some(new_primary.port()));
    let new = tier.raise();
    unlink(new_primary, "CM:Book:1");
    // Until the sentinels are asked again, calls ask the old primary, which serves what it has. That is not held.
    wait_until("the new value is served", PATIENCE, || tier.call(1) == new);
    for _ in 0..3 {
        tier.settle(1);
        tier.follows_on(new_primary);
    }
    tier.settle(1);
    assert_clean(new_primary);
}

fn in_cluster(cluster: &Cluster) -> Settings {
    settings(&cluster.nodes[0]).target(cluster.target()).prefix("{CM}:")
}

fn slot() -> u16 {
    cacheme::client::slot::slot(b"{CM}:")
}

#[test]
fn a_failover_in_a_cluster_hides_nothing() {
    let cluster = Cluster::start();
    let tier = Tier::threads(in_cluster(&cluster));
    tier.settle(1);
    for _ in 0..2 {
        let primary = cluster.owner(slot());
        let replica = cluster.replica_of(primary);
        cluster.fail_over(replica);
        tier.follows(1, || unlink(&cluster.nodes[replica], "{CM}:Book:1"));
        tier.settle(1);
        tier.follows(1, || unlink(&cluster.nodes[replica], "{CM}:Book:1"));
        tier.settle(1);
    }
}

/// While its keys are on their way, the old home says nothing of what is changed on the new one.
#[test]
fn a_slot_on_its_way_hides_nothing() {
    for (has_marks, open) in
        [(false, Tier::threads as fn(Settings) -> Tier), (true, Tier::threads), (true, Tier::tasks)]
    {
        let cluster = Cluster::start();
        let tier = open(short(in_cluster(&cluster)));
        let from = cluster.owner(slot());
        let to = (from + 1) % 3;
        tier.settle(1);
        if has_marks {
            let _: u32 = cluster.nodes[from].connect().sadd("{CM}:delete", "{CM}:Gone:1>x").unwrap();
        }
        cluster.open(slot(), to);
        cluster.migrate(from, to, &["{CM}:Book:1"]);
        for _ in 0..3 {
            let end = Instant::now() + Duration::from_millis(500);
            while Instant::now() < end {
                tier.call(1);
            }
            tier.follows(1, || {
                let mut it = cluster.nodes[to].connect();
                redis::pipe().cmd("ASKING").ignore().cmd("UNLINK").arg("{CM}:Book:1").exec(&mut it).unwrap();
            });
        }
        let rest: Vec<String> = cluster.nodes[from].connect().keys("{CM}:*").unwrap();
        cluster.migrate(from, to, &rest.iter().map(String::as_str).collect::<Vec<_>>());
        cluster.close(slot(), to);
        tier.settle(1);
        for _ in 0..3 {
            tier.follows(1, || unlink(&cluster.nodes[to], "{CM}:Book:1"));
            tier.settle(1);
        }
        assert!(tier.told() <= 2, "{:?}", tier.told.lock().unwrap());
    }
}

#[test]
fn marks_are_heard_wherever_their_sets_are() {
    for (prefix, layout) in
        [("shop:", Layout::Meta), ("shop:", Layout::Both), ("CM:", Layout::Both), ("shop:", Layout::Classic)]
    {
        for open in APIS {
            let server = Server::start();
            let settings = server.settings().prefix(prefix).layout(layout);
            let other = sync::Cache::open(settings.clone()).unwrap();
            let tier = open(settings);
            let libs: &[Lib] = match layout {
                Layout::Meta => &[Lib::V011],
                Layout::Classic => &[Lib::V009],
                _ => &[Lib::V009, Lib::V011],
            };
            for what in [Invalidate::key("Book:1>owner"), Invalidate::tag("get_owner")] {
                tier.settle(1);
                tier.follows(1, || drop(other.invalidate(&what).unwrap()));
            }
            for lib in libs {
                let mut worker = Worker::builder(*lib, &server).prefix(prefix).spawn();
                tier.settle(1);
                tier.follows(1, || worker.invalidate(json!({"key": "Book:1>owner"})));
            }
            assert_eq!((tier.told(), tier.settle(1)), (0, tier.truth.load(SeqCst)));
        }
    }
}

#[test]
fn functions_of_other_types_share_a_key() {
    let server = Server::start();
    let cache = sync::Cache::open_with(settings(&server).local(1 << 20), |error| panic!("{error}")).unwrap();
    let number = cache.memoize("number", key, |_: &u32| 7_u32).build();
    let json = cache.memoize("json", key, |_: &u32| json!(7)).build();
    let end = Instant::now() + Duration::from_secs(1);
    while Instant::now() < end {
        assert_eq!((number.call(&1).unwrap(), json.call(&1).unwrap()), (7, json!(7)));
    }
    wait_until("it is held as a number", PATIENCE, || {
        (number.call(&1).unwrap(), number.counts().local > 0).1
    });
    wait_until("it is held as JSON", PATIENCE, || (json.call(&1).unwrap(), json.counts().local > 0).1);
}

#[test]
fn what_is_larger_than_the_limit_is_never_held() {
    let server = Server::start();
    let cache = sync::Cache::open_with(settings(&server).local(4096), |error| panic!("{error}")).unwrap();
    let large = cache.memoize("large", key, |_: &u32| "x".repeat(5000)).build();
    let small = cache.memoize("small", |n: &u32| format!("small:{n}"), |n: &u32| *n).build();
    let of_own = cache.memoize("own", |n: &u32| format!("own:{n}"), |_: &u32| "x".repeat(5000));
    let of_own = of_own.local(1 << 20).build();
    let never = cache.memoize("never", |n: &u32| format!("never:{n}"), |n: &u32| *n).local(0).build();
    let is_held = || small.counts().local > 100 && of_own.counts().local > 100;
    wait_until("what fits is held", PATIENCE, || {
        assert_eq!(small.call(&1).unwrap(), 1);
        assert_eq!(of_own.call(&1).unwrap().len(), 5000);
        assert_eq!(large.call(&1).unwrap().len(), 5000);
        assert_eq!(never.call(&1).unwrap(), 1);
        is_held()
    });
    assert_eq!((large.counts().local, never.counts().local), (0, 0));
    assert!(large.counts().hits > 100 && never.counts().hits > 100);
}

#[test]
fn nothing_held_is_without_its_callbacks_and_options() {
    let server = Server::start();
    let cache = sync::Cache::open_with(settings(&server).local(1 << 20), |error| panic!("{error}")).unwrap();
    let seen = Arc::<Mutex<Vec<_>>>::default();
    let hits = Arc::clone(&seen);
    let get = cache
        .memoize("get", key, |book: &u32| book + 100)
        .on_hit(move |full, value, book| hits.lock().unwrap().push((full.to_owned(), *value, *book)))
        .build();
    wait_until("it is held", PATIENCE, || (get.call(&1).unwrap(), get.counts().local == 10).1);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len() as u64, get.counts().hits);
    assert!(seen.iter().all(|it| *it == ("CM:Book:1>owner".to_owned(), 101, 1)), "{seen:?}");

    // What is recomputed before it expires is so from memory, too.
    let runs = Arc::<AtomicU32>::default();
    let counter = Arc::clone(&runs);
    let early = cache
        .memoize(
            "early",
            |n: &u32| format!("early:{n}"),
            move |_: &u32| {
                thread::sleep(Duration::from_millis(20));
                counter.fetch_add(1, SeqCst)
            },
        )
        .timeout(Duration::from_secs(4))
        .early_refresh(20.0)
        .build();
    wait_until("it is computed before it expires", PATIENCE, || {
        let before = early.counts();
        early.call(&1).unwrap();
        before.local > 0 && early.counts().early > 0
    });
}

/// How many of these there are.
static LIVING: AtomicUsize = AtomicUsize::new(0);

struct Living;

impl Living {
    fn new() -> Self {
        LIVING.fetch_add(1, SeqCst);
        Self
    }
}

impl Clone for Living {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, SeqCst);
    }
}

struct TwentyBytes;

impl Codec<Living> for TwentyBytes {
    fn encode(&self, _: &Living) -> Result<Vec<u8>, CodecError> {
        Ok(vec![7; 20])
    }

    fn decode(&self, _: &[u8]) -> Result<Living, CodecError> {
        Ok(Living::new())
    }
}

#[test]
fn many_keys_take_no_more_room_than_is_allowed() {
    const KEYS: u32 = 100_000;
    const LIMIT: u64 = 1 << 20;
    let server = Server::start();
    let cache = sync::Cache::open_with(settings(&server).local(LIMIT), |error| panic!("{error}")).unwrap();
    let get = cache.memoize("get", key, |_: &u32| Living::new()).codec(TwentyBytes).build();
    for from in (0..KEYS).step_by(10_000) {
        let mut pipe = redis::pipe();
        for book in from..from + 10_000 {
            pipe.hset(format!("CM:Book:{book}"), "owner", &[7_u8; 20][..]).ignore();
        }
        pipe.exec(&mut server.connect()).unwrap();
    }
    wait_until("it listens", PATIENCE, || (drop(get.call(&0).unwrap()), get.counts().local > 0).1);
    thread::scope(|scope| {
        for of in 0..4 {
            let get = &get;
            scope.spawn(move || (of..KEYS).step_by(4).for_each(|book| drop(get.call(&book).unwrap())));
        }
    });
    // Beside its value, an entry takes its key and 200 bytes.
    let (held, most) = (LIVING.load(SeqCst), usize::try_from(LIMIT).unwrap() / 235);
    println!("{held} values are held, {most} at most");
    assert!((most / 2..=most * 5 / 4).contains(&held), "{held} values are held, {most} at most");
}

#[test]
fn marks_by_the_hundred_thousand_hide_nothing() {
    let server = Server::start();
    let add = |from: u32, many: u32| {
        let members: Vec<String> = (from..from + many).map(|n| format!("CM:Gone:{n}>x")).collect();
        let _: u32 = server.connect().sadd("CM:delete", members).unwrap();
    };
    add(0, 100_000);
    let tier = Tier::threads(settings(&server));
    tier.settle(1);
    tier.follows(1, || mark(&server));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut from = 100_000;
            while !stop.load(SeqCst) {
                add(from, 20);
                from += 20;
            }
        });
        for _ in 0..5 {
            let end = Instant::now() + Duration::from_millis(200);
            while Instant::now() < end {
                tier.call(1);
            }
            tier.follows(1, || mark(&server));
        }
        stop.store(true, SeqCst);
    });
    tier.settle(1);
    let before = tier.local();
    (0..1000).for_each(|_| assert_eq!(tier.call(1), tier.truth.load(SeqCst)));
    assert_eq!(tier.local() - before, 1000);
    assert_eq!(tier.told(), 0);
}
