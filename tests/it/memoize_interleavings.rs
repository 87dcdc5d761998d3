//! Every interleaving of calls, of what replaces a value whatever is there (`refresh`, `put`), and of calls of many, with calls,
//! invalidations and deletions of other processes, with the end of a lease, and with a process that is killed, command by command:
//! on one server, and in a cluster over whose slots the namespace is spread.
//!
//! All sides are the real code, each behind a [`Gate`] of its own, as processes of their own. The data change as an
//! invalidation begins: whatever the order from there on, the next call must get the new data.
//!
//! Of orders that differ only in commands that cannot tell each other apart (they name different keys, or only read) one is run: what
//! was tried first sleeps beside what is independent of it (Godefroid's sleep sets).

// How often what was tried: shown with --nocapture, and when a test fails.
#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use cacheme::client::Target;
use cacheme::memoize::sync::{Cache, Memoized};
use cacheme::memoize::{CallError, Settings};
use cacheme::namespace::{Layout, Namespace};
use redis::{Commands, Connection};

use crate::support::cluster::Cluster;
use crate::support::gate::{Event, Gate};
use crate::support::server::Server;

const MEMBER: &str = "CM:Book:1>owner";
const BUCKET: &str = "CM:Meta:Expire-Buckets::CM:Book:1";

/// What is there at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Empty,
    Live,
    Marked,
    Expired,
    /// Invalidated before: the data have changed since it was stored.
    Outdated,
    /// Live; leases are left that have run out: of the key, and of another.
    LeftBehind,
}

/// What one side does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Call,
    /// A call of many, of which there are two, and one in the opposite order.
    Many,
    ManyBack,
    Refresh,
    /// A refresh whose function fails.
    Fail,
    Put,
    /// The data change, and what they are now is put: nobody invalidates.
    PutNew,
    /// The data change, and the key is refreshed.
    RefreshNew,
    /// The data change, and the key is invalidated.
    Invalidate,
    /// The data change, and the key is deleted.
    Remove,
    /// The leases there are run out: whoever holds one might as well have been killed.
    RunOut,
    /// The first of the others is killed, wherever it is, and its lease runs out later; or it sleeps, and wakes in the end.
    Kill,
}

/// Where the namespace lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Server,
    /// Over the slots of a cluster.
    Spread,
}

enum Home {
    Server(Server),
    /// Its one node has every slot, and refuses what names keys of two.
    Cluster(Cluster),
}

impl Home {
    fn server(&self) -> &Server {
        match self {
            Self::Server(server) => server,
            Self::Cluster(cluster) => &cluster.nodes[0],
        }
    }
}

/// What one side is about to do.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// Something that all others may notice.
    Anything,
    Command {
        is_read: bool,
        name: String,
        keys: Vec<String>,
    },
}

impl Next {
    fn of(words: &[String]) -> Self {
        // Whether the server knows a script already is all one.
        let name = words[0].to_uppercase().replace("EVALSHA", "EVAL");
        let keys = match &*name {
            "EVAL" => {
                let count: usize = words[2].parse().unwrap();
                words[3..3 + count].to_vec()
            }
            "MULTI" => return Self::Anything,
            "PING" | "INFO" | "CLUSTER" | "TIME" | "HELLO" | "CLIENT" => Vec::new(),
            "UNLINK" | "DEL" | "EXISTS" => words[1..].to_vec(),
            _ => words[1..2].to_vec(),
        };
        let reads = [
            "GET",
            "HGET",
            "HMGET",
            "HSCAN",
            "HLEN",
            "SISMEMBER",
            "SMISMEMBER",
            "ZSCORE",
            "SSCAN",
            "SMEMBERS",
            "SCARD",
            "TYPE",
            "EXISTS",
        ];
        Self::Command { is_read: reads.contains(&&*name), name, keys }
    }

    /// Whether neither can tell which of them came first.
    fn is_independent_of(&self, other: &Self) -> bool {
        let (
            Self::Command { is_read, name, keys },
            Self::Command { is_read: reads, name: its, keys: theirs },
        ) = (self, other)
        else {
            return false;
        };
        // Who enters an index asks nobody whether it was there; with the progress set it is otherwise.
        let index = |key: &String| name == "SADD" && its == "SADD" && !key.ends_with("progress");
        *is_read && *reads || keys.iter().all(|key| !theirs.contains(key) || index(key))
    }
}

/// Who could move at one point of a run, what they were about to do, which of them are to be tried, and which were, there or before
/// in another order of what does not matter.
struct Turn {
    could: Vec<(usize, Next)>,
    to_try: BTreeSet<usize>,
    asleep: BTreeSet<usize>,
    who: usize,
}

type Function = Memoized<u32, u32, u32>;

struct Side {
    gate: Gate<Option<u32>>,
    get: [Function; 2],
    fails: Arc<AtomicBool>,
}

struct Bench {
    place: Place,
    stale: bool,
    sides: Vec<Side>,
    judge: [Function; 2],
    runs: Arc<AtomicU32>,
    version: Arc<AtomicU32>,
    redis: Connection,
    home: Home,
}

/// Nobody waits by the clock: who finds another at it computes beside it.
fn settled(place: Place, stale: bool, settings: Settings) -> Settings {
    let layout = if place == Place::Server { Layout::Meta } else { Layout::Classic };
    settings.layout(layout).record(false).stale(stale).retries(0, Duration::ZERO)
}

/// A function without a timeout, and one with.
fn functions(
    cache: &Cache,
    function: impl Fn() -> Result<u32, u32> + Clone + Send + Sync + 'static,
) -> [Function; 2] {
    [false, true].map(|timed| {
        let function = function.clone();
        let get = cache
            .try_memoize("get", |id: &u32| format!("Book:{id}>owner"), move |_: &u32| function())
            .invalid_keys(|_, _| "User:1");
        if timed { get.timeout(Duration::from_secs(3600)).build() } else { get.build() }
    })
}

impl Bench {
    fn new(place: Place, sides: usize, stale: bool) -> Self {
        let home = match place {
            Place::Server => Home::Server(Server::start()),
            Place::Spread => Home::Cluster(Cluster::alone()),
        };
        let version = Arc::new(AtomicU32::new(1));
        let (runs, data) = (Arc::new(AtomicU32::new(0)), Arc::clone(&version));
        let count = Arc::clone(&runs);
        let judge = match &home {
            Home::Server(server) => server.settings(),
            Home::Cluster(cluster) => cluster.nodes[0].settings().target(cluster.target()),
        };
        let judge = functions(&Cache::open(settled(place, stale, judge)).unwrap(), move || {
            count.fetch_add(1, SeqCst);
            Ok(data.load(SeqCst))
        });
        let redis = home.server().connect();
        let mut bench = Self { place, stale, sides: Vec::new(), judge, runs, version, redis, home };
        bench.sides = (0..sides).map(|_| bench.side()).collect();
        bench
    }

    fn side(&self) -> Side {
        let server = self.home.server();
        let gate = Gate::new(server);
        let settings = match self.place {
            Place::Server => server.settings().url(gate.url()),
            Place::Spread => {
                let url = format!("redis://127.0.0.1:{}", gate.port_of_node(server));
                server.settings().target(Target::parse(&url).unwrap().with_cluster("").unwrap())
            }
        };
        let cache = Cache::open(settled(self.place, self.stale, settings)).unwrap();
        let fails = Arc::new(AtomicBool::new(false));
        let (data, failing) = (Arc::clone(&self.version), Arc::clone(&fails));
        let get = functions(&cache, move || {
            let version = data.load(SeqCst);
            if failing.load(SeqCst) { Err(version) } else { Ok(version) }
        });
        // The connection is there from here on, and it knows the scripts.
        get.iter().for_each(|get| assert!(get.call(&2).is_ok()));
        Side { gate, get, fails }
    }

    /// The keys of marks and leases.
    fn ours(&mut self) -> (&'static str, Vec<String>) {
        let deleted = if self.place == Place::Server { "CM:meta:deleted" } else { "CM:delete" };
        (deleted, self.redis.keys("CM:meta:leases*").unwrap())
    }

    fn run_out(&mut self) {
        for leases in self.ours().1 {
            for name in self.redis.zrange::<_, Vec<String>>(&leases, 0, -1).unwrap() {
                let _: () = self.redis.zadd(&leases, name, 1).unwrap();
            }
        }
    }

    fn set_up(&mut self, start: Start, does: &[Does]) {
        redis::cmd("FLUSHALL").exec(&mut self.redis).unwrap();
        self.version.store(1, SeqCst);
        let timed = start == Start::Expired;
        if start != Start::Empty {
            self.judge[usize::from(timed)].call(&1).unwrap();
        }
        // The other of a call of many is missing, too, where that leaves few enough interleavings.
        if start != Start::Empty || does != [Does::Many, Does::Invalidate] {
            self.judge[usize::from(timed)].call(&4).unwrap();
        }
        match start {
            Start::Marked | Start::Outdated => {
                let (deleted, _) = self.ours();
                self.version.store(if start == Start::Outdated { 2 } else { 1 }, SeqCst);
                self.redis.sadd(deleted, MEMBER).unwrap()
            }
            Start::Expired => self.redis.zadd(BUCKET, MEMBER, 1000).unwrap(),
            Start::LeftBehind => {
                let ns = Namespace::new("CM:", Layout::Both).unwrap();
                let leases = match self.place {
                    Place::Server => ns.leases(),
                    Place::Spread => b"CM:meta:leases:{5720}".to_vec(),
                };
                self.redis.zadd_multiple(leases, &[(1, "CM:other:1>it"), (1, MEMBER)]).unwrap()
            }
            _ => {}
        }
    }

    fn begin(&self, at: usize, does: Does, timed: bool) {
        let side = &self.sides[at];
        side.fails.store(does == Does::Fail, SeqCst);
        side.gate.close();
        let (get, end) = (side.get[usize::from(timed)].clone(), side.gate.end());
        // What is put was read before; it is the newest there is up to its claim.
        let version = self.version.load(SeqCst);
        std::thread::spawn(move || {
            let got = match does {
                Does::Call => Some(get.call(&1).unwrap()),
                Does::Many => get.call_many(&[1, 4]).swap_remove(0).ok(),
                Does::ManyBack => get.call_many(&[4, 1]).swap_remove(1).ok(),
                Does::Refresh | Does::RefreshNew => Some(get.refresh(&1).unwrap()),
                Does::Fail => match get.refresh(&1) {
                    Err(CallError::Function(version)) => Some(*version),
                    other => panic!("{other:?}"),
                },
                Does::Put | Does::PutNew => get.put(&1, version).unwrap().then_some(version),
                Does::Invalidate => get.invalidate(&1).map(|_| None).unwrap(),
                Does::Remove => get.remove(&1).map(|_| None).unwrap(),
                Does::RunOut | Does::Kill => unreachable!("that is no process"),
            };
            let _ = end.send(Event::Ended(got));
        });
    }

    /// Runs one interleaving: as `turns` says, and from there on the first who is not asleep; what there was to choose is added. What
    /// is wrong at its end; nothing, too, where all that could move were asleep, so that it was tried before.
    fn run(&mut self, start: Start, does: &[Does], turns: &mut Vec<Turn>) -> Ran {
        self.set_up(start, does);
        let timed = start == Start::Expired;
        let mut left: Vec<usize> = (0..does.len()).collect();
        let (mut begun, mut depth, mut told) = (vec![false; does.len()], 0, Vec::new());
        // Whose first command came behind the end of an invalidation.
        let (mut is_invalidated, mut came_behind, mut old) =
            (start == Start::Outdated, vec![None; does.len()], None);
        let mut waits = vec![(Next::Anything, String::new()); does.len()];
        let mut is_new = true;
        let mut killed = None;
        for (at, doing) in does.iter().enumerate() {
            // Up to its first command it does nothing.
            if matches!(doing, Does::Call | Does::Many | Does::ManyBack | Does::Refresh | Does::Fail) {
                self.begin(at, *doing, timed);
                begun[at] = true;
                match self.sides[at].gate.event() {
                    Event::Waits(command) => waits[at] = (Next::of(&command), shown(&command)),
                    Event::Ended(_) => panic!("{doing:?} asks nothing"),
                }
                if !self.stale {
                    // Whether it begins behind the end of an invalidation is looked at.
                    waits[at].0 = Next::Anything;
                }
            }
        }
        if self.place == Place::Spread {
            // What was asked at once is not of one moment then, however fast the rest is.
            std::thread::sleep(Duration::from_millis(11));
        }
        while !left.is_empty() {
            if depth == turns.len() {
                // Who is killed does nothing that could show what it should have been tried against.
                let is_all = does.contains(&Kill);
                turns.push(Turn::new(&left, |who| waits[who].0.clone(), turns.last(), is_all));
            }
            is_new &= !turns[depth].is_blocked();
            let waiting: Vec<_> = left.iter().map(|who| (*who, waits[*who].0.clone())).collect();
            assert_eq!(turns[depth].could, waiting, "behind these it goes another way this time: {told:#?}");
            let who = turns[depth].who;
            depth += 1;
            let doing = does[who];
            if doing == Does::RunOut {
                told.push("the leases run out".to_owned());
                self.run_out();
                left.retain(|it| *it != who);
                continue;
            }
            if doing == Does::Kill {
                told.push("killed".to_owned());
                left.retain(|it| *it != who);
                if let Some(at) = left.iter().position(|it| *it == 0) {
                    left.remove(at);
                    killed = begun[0].then_some(0);
                }
                continue;
            }
            let behind = *came_behind[who].get_or_insert(is_invalidated);
            if std::mem::replace(&mut begun[who], true) {
                told.push(format!("{doing:?}: {}", waits[who].1));
                self.sides[who].gate.pass();
            } else {
                if doing.changes() {
                    told.push("the data change".to_owned());
                    self.version.store(2, SeqCst);
                }
                self.begin(who, doing, timed);
                // What is put is what there is up to the claim. Over slots marks are safe from its first command on; a deletion is seen
                // once the key is in progress.
                let is_claimed = |command: &[String]| {
                    self.place == Place::Server || !does.contains(&Remove) || command[0] == "SADD"
                };
                while !doing.changes() {
                    let Event::Waits(command) = self.sides[who].gate.event() else {
                        panic!("{doing:?} ends before its claim")
                    };
                    told.push(format!("{doing:?}: {}", shown(&command)));
                    self.sides[who].gate.pass();
                    if is_claimed(&command) {
                        break;
                    }
                }
            }
            match self.sides[who].gate.event() {
                Event::Waits(command) => waits[who] = (Next::of(&command), shown(&command)),
                Event::Ended(got) => {
                    told.push(format!("{doing:?} ends: {got:?}"));
                    is_invalidated |= matches!(doing, Does::Invalidate | Does::Remove);
                    if behind && !self.stale && doing == Does::Call && got == Some(1) {
                        old = Some("a call that began behind an invalidation got the old value".to_owned());
                    }
                    left.retain(|it| *it != who);
                }
            }
        }
        let judged = if is_new { self.judge(start, does) } else { None };
        // It was only asleep, for longer than its lease: what it still does changes nothing.
        let woken = killed.and_then(|killed| {
            loop {
                self.sides[killed].gate.pass();
                match self.sides[killed].gate.event() {
                    Event::Waits(command) => told.push(format!("wakes: {}", shown(&command))),
                    Event::Ended(_) => break,
                }
            }
            let changed = self.version.load(SeqCst);
            let get = &self.judge[usize::from(timed)];
            (get.call(&1).unwrap() != changed).then(|| "who slept stored an old value".to_owned())
        });
        match judged.or(woken).or(old) {
            Some(why) if is_new => Ran::Wrong(format!("{why}:\n{}", told.join("\n"))),
            _ if is_new => Ran::Right,
            _ => Ran::Before,
        }
    }

    /// What is wrong, once all have ended.
    fn judge(&mut self, start: Start, does: &[Does]) -> Option<String> {
        let ns = Namespace::new("CM:", Layout::Both).unwrap();
        let runs_out =
            start == Start::LeftBehind || does.contains(&Does::RunOut) || does.contains(&Does::Kill);
        let leases = self.ours().1;
        let is_claimed = |bench: &Self| {
            let left = bench.home.server().dump();
            let leases = leases.iter().map(|name| name.clone().into_bytes());
            ns.progress_sets().into_iter().chain(leases).any(|set| left.contains_key(&set))
        };
        if is_claimed(self) && !runs_out {
            return Some("a claim is left".to_owned());
        }
        if does.contains(&Does::Kill) {
            self.run_out();
        }
        let get = &self.judge[usize::from(start == Start::Expired)];
        let changed = self.version.load(SeqCst);
        if runs_out {
            // The next miss of any key puts back what run-out leases hold.
            get.call(&3).unwrap();
            if is_claimed(self) {
                return Some("a claim is left when its lease has run out".to_owned());
            }
        }
        self.runs.store(0, SeqCst);
        if get.call(&1).unwrap() != changed {
            return Some(format!("the old value is valid; stored: {:?}", get.peek(&1)));
        }
        let ran = self.runs.load(SeqCst);
        if get.call(&1).unwrap() != changed || self.runs.load(SeqCst) != ran {
            return Some("the new value is not stored for good".to_owned());
        }
        // A failure alone takes nothing from a valid value; nor does what stores one.
        let alone = does.iter().all(|it| matches!(it, Does::Fail | Does::Call | Does::Many | Does::ManyBack));
        if start == Start::Live && alone && ran > 0 {
            return Some("a valid value was lost".to_owned());
        }
        for index in ["CM:get", "CM:User:1:invalid"] {
            if !self.redis.sismember::<_, _, bool>(index, MEMBER).unwrap() {
                return Some(format!("{index} does not name it"));
            }
        }
        None
    }

    /// The first is held behind each number of commands while another runs and an invalidation, then behind each further number while a
    /// call runs that began behind that; how often.
    fn hold(&mut self, start: Start, does: Does, other: Does) -> usize {
        let (timed, mut held) = (start == Start::Expired, 0);
        for before in 0.. {
            for further in 0.. {
                self.set_up(start, &[does]);
                let mut goes_on = self.starts(0, does, timed) && self.passes(0, before);
                if !goes_on && further == 0 {
                    return held;
                }
                // What is put is older than its claim.
                if does == Put && !self.is_claimed() {
                    self.ends(0);
                    break;
                }
                let runs = |at: usize, does: Does| {
                    self.starts(at, does, timed);
                    self.ends(at)
                };
                runs(1, other);
                self.version.store(2, SeqCst);
                runs(2, Invalidate);
                goes_on = goes_on && self.passes(0, further);
                let got = runs(3, Call);
                if goes_on {
                    self.ends(0);
                }
                held += 1;
                let told = format!(
                    "{start:?} {does:?}, stale {}, {other:?}, held behind {before} and {further}",
                    self.stale
                );
                assert!(got == Some(2) || self.stale, "{told}: a call behind the invalidation got {got:?}");
                let wrong = self.judge(start, &[does, Invalidate]);
                assert!(wrong.is_none(), "{told}: {wrong:?}");
                if !goes_on {
                    break;
                }
            }
        }
        held
    }

    /// The answer to one command of the first is lost once somebody has invalidated; another was held by then in the middle of what it
    /// does. How often.
    fn lose(
        &mut self,
        start: Start,
        does: Does,
        other: Option<Does>,
        is_meant: impl Fn(&[String]) -> bool,
    ) -> usize {
        let (timed, mut lost) = (start == Start::Expired, 0);
        for nth in 0.. {
            for further in 1.. {
                self.set_up(start, &[does]);
                self.begin(0, does, timed);
                let Some(command) = self.comes_to(0, nth, &is_meant) else { return lost };
                self.sides[0].gate.pass_and_lose();
                let Event::Waits(_) = self.sides[0].gate.event() else { panic!("its answer is on its way") };
                let goes_on =
                    other.is_some_and(|other| self.starts(1, other, timed) && self.passes(1, further));
                // What is put is older than its claim.
                let puts = does == Put || other == Some(Put);
                let expects = !puts || self.is_claimed();
                self.version.store(2, SeqCst);
                self.starts(2, Invalidate, timed);
                self.ends(2);
                self.sides[0].gate.pass();
                let Event::Ended(_) = self.sides[0].gate.event() else { panic!("it goes on behind no gate") };
                if goes_on {
                    self.ends(1);
                }
                lost += 1;
                let told = format!(
                    "{start:?} {does:?}, stale {}, its answer to {command} lost, {other:?} held behind {further}",
                    self.stale
                );
                let wrong = self.judge(start, &[does, Invalidate]).filter(|_| expects);
                assert!(wrong.is_none(), "{told}: {wrong:?}");
                self.sides[0] = self.side();
                if !goes_on {
                    break;
                }
            }
        }
        lost
    }

    /// The first is held behind each number of commands while a worker of Python takes the mark (and fails), another does so many
    /// commands, and somebody invalidates.
    fn lose_mark_to_python(&mut self, does: Does, other: Does) {
        for before in 0.. {
            for further in 1.. {
                self.set_up(Start::Marked, &[does]);
                if !(self.starts(0, does, false) && self.passes(0, before)) {
                    return;
                }
                let deleted = self.ours().0;
                let _: () = self.redis.srem(deleted, MEMBER).unwrap();
                let goes_on = self.starts(1, other, false) && self.passes(1, further);
                // What is put is older than its claim.
                let expects = other != Put || self.is_claimed();
                self.version.store(2, SeqCst);
                self.starts(2, Invalidate, false);
                self.ends(2);
                self.ends(0);
                if goes_on {
                    self.ends(1);
                }
                let wrong = self.judge(Start::Marked, &[does, other, Invalidate]).filter(|_| expects);
                let told = format!("{does:?} held behind {before}, {other:?} behind {further}");
                assert!(wrong.is_none(), "{told}: {wrong:?}");
                if !goes_on {
                    break;
                }
            }
        }
    }

    /// Lets a side come to its n-th command that is meant; `None` where it ends before.
    fn comes_to(&self, at: usize, nth: u32, is_meant: impl Fn(&[String]) -> bool) -> Option<String> {
        let mut met = 0;
        loop {
            let Event::Waits(command) = self.sides[at].gate.event() else { return None };
            if is_meant(&command) {
                if met == nth {
                    return Some(shown(&command));
                }
                met += 1;
            }
            self.sides[at].gate.pass();
        }
    }

    /// Whether somebody has the lease, and the mark.
    fn is_claimed(&mut self) -> bool {
        let (deleted, leases) = self.ours();
        !leases.is_empty() && !self.redis.sismember::<_, _, bool>(deleted, MEMBER).unwrap()
    }

    /// Has a side come to its first command.
    fn starts(&self, at: usize, does: Does, timed: bool) -> bool {
        self.begin(at, does, timed);
        matches!(self.sides[at].gate.event(), Event::Waits(_))
    }

    /// Lets a side do so many commands; whether it goes on behind them.
    fn passes(&self, at: usize, commands: u32) -> bool {
        (0..commands).all(|_| {
            self.sides[at].gate.pass();
            matches!(self.sides[at].gate.event(), Event::Waits(_))
        })
    }

    /// Lets a side do what is left; what it got.
    fn ends(&self, at: usize) -> Option<u32> {
        loop {
            self.sides[at].gate.pass();
            if let Event::Ended(got) = self.sides[at].gate.event() {
                return got;
            }
        }
    }

    /// All interleavings, depth first; how many there were.
    fn explore(&mut self, start: Start, does: &[Does]) -> usize {
        let (mut turns, mut all): (Vec<Turn>, _) = (Vec::new(), 0);
        loop {
            match self.run(start, does, &mut turns) {
                Ran::Right => all += 1,
                Ran::Before => {}
                Ran::Wrong(why) => panic!("{:?} {start:?} {does:?}: {why}", self.place),
            }
            if !go_back(&mut turns) {
                return all;
            }
        }
    }
}

enum Ran {
    Right,
    Wrong(String),
    /// It is one that was run before, in another order of what does not matter.
    Before,
}

impl Turn {
    fn new(left: &[usize], next: impl Fn(usize) -> Next, before: Option<&Self>, tries_all: bool) -> Self {
        let could = left.iter().map(|who| (*who, next(*who))).collect();
        let asleep = before.map_or_else(BTreeSet::new, Self::asleep_behind);
        let who = *left.iter().find(|who| !asleep.contains(who)).unwrap_or(&left[0]);
        let to_try = if tries_all { left.iter().copied().collect() } else { [who].into() };
        Self { could, to_try, asleep, who }
    }

    /// Whether all that comes of it was tried before.
    fn is_blocked(&self) -> bool {
        self.asleep.contains(&self.who)
    }

    fn next_of(&self, who: usize) -> &Next {
        &self.could.iter().find(|it| it.0 == who).unwrap().1
    }

    /// Who sleeps once the one whose turn it is has moved: who is independent of it, and was tried before it; all, where there was
    /// nobody else.
    fn asleep_behind(&self) -> BTreeSet<usize> {
        let moves = self.next_of(self.who);
        let is_all = self.is_blocked();
        let sleeps = |who: &usize| is_all || self.next_of(*who).is_independent_of(moves);
        self.asleep.iter().copied().filter(sleeps).collect()
    }

    /// Whether there is another to try.
    fn next(&mut self) -> bool {
        self.asleep.insert(self.who);
        match self.to_try.difference(&self.asleep).next() {
            Some(who) => {
                self.who = *who;
                true
            }
            None => false,
        }
    }
}

/// The next order to try; whether there is one.
fn go_back(turns: &mut Vec<Turn>) -> bool {
    try_races(turns);
    while turns.last_mut().is_some_and(|turn| !turn.next()) {
        turns.pop();
    }
    !turns.is_empty()
}

/// Wherever what one did could have come before what another did, and that had shown, it is to be tried (dynamic partial order
/// reduction with source sets, Abdulla and others 2014).
fn try_races(turns: &mut [Turn]) {
    // For each turn the last one of each side that came before it for whoever looks.
    let mut before: Vec<BTreeMap<usize, usize>> = Vec::new();
    for at in 0..turns.len() {
        let who = turns[at].who;
        let mut known = BTreeMap::new();
        for earlier in (0..at).rev() {
            let other = turns[earlier].who;
            let is_known = known.get(&other).is_some_and(|last| *last >= earlier);
            let is_independent = || turns[at].next_of(who).is_independent_of(turns[earlier].next_of(other));
            if is_known || other != who && is_independent() {
                continue;
            }
            if other != who {
                // Whoever is tried there begins that order: the first in between that needed nothing of what comes later in it.
                let needs = |at: &usize| before[*at].get(&other).is_some_and(|last| *last >= earlier);
                let first = (earlier + 1..at).find(|between| !needs(between)).unwrap_or(at);
                let who = turns[first].who;
                turns[earlier].to_try.insert(who);
            }
            known.insert(other, earlier);
            for (side, last) in &before[earlier] {
                let last_known = known.entry(*side).or_insert(*last);
                *last_known = (*last_known).max(*last);
            }
        }
        before.push(known);
    }
}

impl Does {
    fn changes(self) -> bool {
        matches!(self, Self::Invalidate | Self::Remove | Self::PutNew | Self::RefreshNew)
    }
}

fn shown(command: &[String]) -> String {
    let words: Vec<_> = command.iter().map(|word| word.chars().take(20).collect::<String>()).collect();
    words.join(" ")
}

const STARTS: [Start; 4] = [Start::Empty, Start::Live, Start::Marked, Start::Expired];

fn explore(cases: &[&[Does]]) {
    // Of three at once there are ten times as many.
    let is_three = cases.iter().any(|case| case.len() > 2);
    explore_some(Place::Server, if is_three { &[true] } else { &[true, false] }, &STARTS, cases);
}

fn explore_some(place: Place, ways: &[bool], starts: &[Start], cases: &[&[Does]]) {
    let mut all = 0;
    let sides = cases.iter().map(|case| case.len()).max().unwrap();
    for &stale in ways {
        let mut bench = Bench::new(place, sides, stale);
        for does in cases {
            for &start in starts {
                let tried = bench.explore(start, does);
                println!("{tried:5} interleavings: {start:?} {does:?}, stale {stale}");
                all += tried;
            }
        }
    }
    println!("{all} interleavings");
    assert!(all > cases.len() * starts.len());
}

use Does::{Call, Fail, Invalidate, Kill, Many, ManyBack, Put, PutNew, Refresh, RefreshNew, Remove, RunOut};

#[test]
fn what_replaces_a_value_against_an_invalidation() {
    explore(&[
        &[Call, Invalidate],
        &[Refresh, Invalidate],
        &[Fail, Invalidate],
        &[Put, Invalidate],
        &[Refresh, Remove],
        &[Fail, Remove],
        &[Put, Remove],
    ]);
}

#[test]
fn what_replaces_a_value_against_calls_and_another_that_does() {
    explore(&[
        &[Refresh, Call],
        &[Fail, Call],
        &[Put, Call],
        &[Refresh, Refresh],
        &[Refresh, Fail],
        &[Refresh, Put],
        &[Put, Put],
        &[Put, Fail],
    ]);
}

#[test]
fn what_replaces_a_value_beside_another_that_computes_against_an_invalidation() {
    explore(&[&[Put, Refresh, Invalidate], &[Put, Fail, Invalidate], &[Refresh, Fail, Invalidate]]);
}

/// From the other starts there are as many again; a deletion is a deletion wherever it meets them.
#[test]
fn what_replaces_a_value_beside_another_that_computes_against_a_deletion() {
    explore_some(Place::Server, &[true], &[Start::Live], &[&[Put, Refresh, Remove]]);
}

#[test]
fn what_is_put_or_refreshed_is_not_replaced_by_what_began_before() {
    explore(&[
        &[PutNew, Call],
        &[PutNew, Refresh],
        &[RefreshNew, Call],
        &[RefreshNew, Refresh],
        &[PutNew, Call, RunOut],
        &[RefreshNew, Call, RunOut],
    ]);
}

#[test]
fn a_lease_that_runs_out_loses_no_invalidation() {
    explore(&[
        &[Refresh, Invalidate, RunOut],
        &[Put, Invalidate, RunOut],
        &[Fail, Invalidate, RunOut],
        &[Refresh, Remove, RunOut],
    ]);
}

#[test]
fn a_call_of_many_against_an_invalidation() {
    explore(&[&[Many, Invalidate]]);
}

#[test]
fn a_call_of_many_against_a_deletion() {
    explore_some(Place::Server, &[true], &[Start::Empty, Start::Live, Start::Marked], &[&[Many, Remove]]);
}

#[test]
fn a_call_of_many_against_another() {
    let starts = [Start::Empty, Start::Live, Start::Marked];
    explore_some(Place::Server, &[true, false], &starts, &[&[Many, Call], &[Many, ManyBack]]);
}

fn takes_all() -> bool {
    std::env::var("CACHEME_INTERLEAVINGS").is_ok_and(|it| it == "all")
}

/// Of what takes minutes a part; all of it with `CACHEME_INTERLEAVINGS=all`.
fn over_slots(cases: &[&[Does]], start: Option<Start>) {
    let all = takes_all();
    let starts = start.filter(|_| !all).map_or(STARTS.to_vec(), |start| vec![start]);
    explore_some(Place::Spread, if all { &[true, false] } else { &[true] }, &starts, cases);
}

#[test]
fn over_slots_a_call_against_another() {
    over_slots(&[&[Call, Call]], Some(Start::Marked));
    over_slots(&[&[Call, Call]], Some(Start::Expired));
}

#[test]
fn over_slots_what_computes_against_an_invalidation_and_a_deletion() {
    over_slots(&[&[Call, Invalidate], &[Call, Remove], &[Refresh, Invalidate], &[Fail, Invalidate]], None);
    over_slots(&[&[Put, Invalidate], &[Refresh, Remove], &[Put, Remove]], Some(Start::Live));
}

#[test]
fn over_slots_no_old_value_is_served_where_none_is_wanted() {
    explore_some(
        Place::Spread,
        &[false],
        &[Start::Live, Start::Marked, Start::Expired],
        &[&[Call, Invalidate]],
    );
    explore_some(Place::Spread, &[false], &[Start::Marked, Start::Outdated], &[&[Call, Kill]]);
    if takes_all() {
        explore_some(Place::Spread, &[false], &[Start::Outdated], &[&[Call, Call]]);
    }
}

#[test]
fn over_slots_what_a_dead_worker_left_behind_costs_no_invalidation() {
    explore_some(
        Place::Spread,
        &[true],
        &[Start::LeftBehind],
        &[&[Put, Invalidate], &[Call, Invalidate], &[Fail, Invalidate]],
    );
    explore_some(Place::Server, &[true], &[Start::LeftBehind], &[&[Put, Invalidate]]);
}

#[test]
fn over_slots_who_is_killed_or_sleeps_loses_nothing() {
    over_slots(&[&[Call, Kill], &[Refresh, Kill], &[Put, Kill], &[Fail, Kill]], None);
    over_slots(&[&[Call, Invalidate, Kill]], Some(Start::Marked));
}

#[test]
fn over_slots_a_lease_that_runs_out_loses_no_invalidation() {
    over_slots(&[&[Refresh, RunOut], &[Put, RunOut], &[Call, RunOut]], Some(Start::Marked));
    // Some five thousand from each start.
    if takes_all() {
        over_slots(&[&[Refresh, Invalidate, RunOut], &[Put, Invalidate, RunOut]], None);
    }
}

/// One is held behind each of its commands while another computes and somebody invalidates; behind each that it does then, a call
/// begins.
#[test]
fn over_slots_an_invalidation_is_kept_by_who_was_held_while_another_computed() {
    let mut held = 0;
    for &stale in if takes_all() { &[false, true][..] } else { &[false] } {
        let mut bench = Bench::new(Place::Spread, 4, stale);
        for start in STARTS {
            for does in [Call, Refresh, Fail, Put] {
                held += bench.hold(start, does, Call);
            }
        }
        held += bench.hold(Start::Empty, Call, Put) + bench.hold(Start::Live, Refresh, Put);
    }
    println!("{held} times held");
    assert!(held > 1000, "{held}");
}

#[test]
fn over_slots_an_answer_that_is_lost_costs_no_invalidation() {
    let mut lost = 0;
    for stale in [false, true] {
        let mut bench = Bench::new(Place::Spread, 3, stale);
        for start in STARTS {
            for does in [Call, Refresh, Fail, Put] {
                lost += bench.lose(start, does, None, |_| true);
            }
        }
    }
    assert!(lost > 200, "{lost}");
}

#[test]
fn over_slots_an_answer_that_is_lost_costs_no_invalidation_beside_another() {
    let mut bench = Bench::new(Place::Spread, 3, true);
    let is_lease = |words: &[String]| words[0].starts_with("EVAL") && words[3].starts_with("CM:meta:leases");
    for start in [Start::Empty, Start::Marked] {
        for does in [Call, Put] {
            for other in [Call, Put] {
                bench.lose(start, does, Some(other), is_lease);
            }
        }
    }
}

#[test]
fn over_slots_a_mark_that_python_took_is_taken_from_no_invalidation() {
    let mut bench = Bench::new(Place::Spread, 3, true);
    for does in [Call, Refresh] {
        for other in [Call, Refresh, Put] {
            bench.lose_mark_to_python(does, other);
        }
    }
}

/// What a worker of Python stores meanwhile, and what is deleted then, leaves all as it was at the claim: but not who may store.
#[test]
fn over_slots_a_deletion_behind_a_worker_of_python_is_kept() {
    let mut bench = Bench::new(Place::Spread, 3, false);
    bench.set_up(Start::Empty, &[]);
    bench.begin(0, Call, false);
    let stores = |words: &[String]| words[0].starts_with("EVAL") && words[1].contains("HSET");
    bench.comes_to(0, 0, stores).expect("it stores");
    let _: () = bench.redis.sadd("CM:progress", MEMBER).unwrap();
    let _: () = bench.redis.hset("CM:Book:1", "owner", b"\x80\x04K\x01.").unwrap();
    let _: () = bench.redis.srem("CM:progress", MEMBER).unwrap();
    bench.version.store(2, SeqCst);
    bench.starts(1, Remove, false);
    bench.ends(1);
    assert!(bench.passes(0, 1));
    bench.starts(2, Call, false);
    assert_eq!(bench.ends(2), Some(2));
    bench.ends(0);
    assert_eq!(bench.judge(Start::Empty, &[Call, Remove]), None);
}

/// A mark takes room, and a full server lets it in behind a write that takes none.
#[test]
fn a_full_server_gets_a_mark_back() {
    for place in [Place::Server, Place::Spread] {
        for is_killed in [false, true] {
            let mut bench = Bench::new(place, 1, true);
            bench.set_up(Start::Outdated, &[]);
            let deleted = bench.ours().0;
            let is_marked = |bench: &mut Bench| bench.redis.sismember::<_, _, bool>(deleted, MEMBER).unwrap();
            let most = |bench: &mut Bench, bytes: &str| {
                redis::cmd("CONFIG").arg(&["SET", "maxmemory", bytes]).exec(&mut bench.redis).unwrap();
            };
            bench.begin(0, Fail, false);
            assert!(matches!(bench.sides[0].gate.event(), Event::Waits(_)));
            while is_marked(&mut bench) {
                assert!(bench.passes(0, 1));
            }
            if is_killed {
                bench.run_out();
                most(&mut bench, "1");
                // A miss of another key gives back what has run out.
                let _ = bench.judge[0].call(&3);
            } else {
                most(&mut bench, "1");
                bench.ends(0);
            }
            assert!(is_marked(&mut bench), "{place:?}, killed {is_killed}");
            most(&mut bench, "0");
            assert_eq!(bench.judge[0].call(&1).unwrap(), 2);
            if is_killed {
                bench.ends(0);
            }
        }
    }
}

/// Sides that do nothing but name keys: each has as many orders as can be told apart.
#[test]
fn no_order_that_shows_is_left_out() {
    let count = |sides: &[&[&str]]| {
        let (mut turns, mut all): (Vec<Turn>, _) = (Vec::new(), 0);
        loop {
            let (mut done, mut is_new) = (vec![0; sides.len()], true);
            for depth in 0.. {
                let left = |at: &usize| done[*at] < sides[*at].len();
                let left: Vec<usize> = (0..sides.len()).filter(left).collect();
                if left.is_empty() {
                    break;
                }
                if depth == turns.len() {
                    let next = |at: usize| Next::of(&["SET".to_owned(), sides[at][done[at]].to_owned()]);
                    turns.push(Turn::new(&left, next, turns.last(), false));
                }
                is_new &= !turns[depth].is_blocked();
                done[turns[depth].who] += 1;
            }
            all += usize::from(is_new);
            if !go_back(&mut turns) {
                return all;
            }
        }
    };
    assert_eq!(count(&[&["a"], &["b"]]), 1);
    assert_eq!(count(&[&["a", "a"], &["a"]]), 3);
    // The first of the two that name `b` can only come first once what names `a` there has.
    assert_eq!(count(&[&["a", "b"], &["b"], &["c", "a"]]), 4);
    assert_eq!(count(&[&["a"], &["a"], &["a"]]), 6);
}
