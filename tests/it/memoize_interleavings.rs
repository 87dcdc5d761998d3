//! Every interleaving of what replaces a value whatever is there (`refresh`, `put`), and of calls of many, with calls,
//! invalidations and deletions of other processes, and with the end of its lease, command by command.
//!
//! All sides are the real code, each behind a [`Gate`] of its own, as processes of their own. The data change as an
//! invalidation begins: whatever the order from there on, the next call must get the new data.

// How often what was tried: shown with --nocapture, and when a test fails.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use cacheme::memoize::sync::{Cache, Memoized};
use cacheme::memoize::{CallError, Settings};
use cacheme::namespace::{Layout, Namespace};
use redis::{Commands, Connection};

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
}

type Function = Memoized<u32, u32, u32>;

struct Side {
    gate: Gate<Option<u32>>,
    get: [Function; 2],
    fails: Arc<AtomicBool>,
}

struct Bench {
    sides: Vec<Side>,
    judge: [Function; 2],
    runs: Arc<AtomicU32>,
    version: Arc<AtomicU32>,
    redis: Connection,
    server: Server,
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
    fn new(sides: usize, stale: bool) -> Self {
        let server = Server::start();
        let version = Arc::new(AtomicU32::new(1));
        // Nobody waits by the clock: who finds another at it computes beside it.
        let settings = |settings: Settings| {
            settings.layout(Layout::Meta).record(false).stale(stale).retries(0, Duration::ZERO)
        };
        let sides = (0..sides).map(|_| {
            let gate = Gate::new(&server);
            let cache = Cache::open(settings(server.settings().url(gate.url()))).unwrap();
            let fails = Arc::new(AtomicBool::new(false));
            let (data, failing) = (Arc::clone(&version), Arc::clone(&fails));
            let get = functions(&cache, move || {
                let version = data.load(SeqCst);
                if failing.load(SeqCst) { Err(version) } else { Ok(version) }
            });
            // The connection is there from here on, and it knows the scripts.
            get.iter().for_each(|get| assert_eq!(get.call(&2).unwrap(), 1));
            Side { gate, get, fails }
        });
        let sides = sides.collect();
        let (runs, data) = (Arc::new(AtomicU32::new(0)), Arc::clone(&version));
        let count = Arc::clone(&runs);
        let judge = functions(&Cache::open(settings(server.settings())).unwrap(), move || {
            count.fetch_add(1, SeqCst);
            Ok(data.load(SeqCst))
        });
        Self { sides, judge, runs, version, redis: server.connect(), server }
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
            Start::Marked => self.redis.sadd("CM:meta:deleted", MEMBER).unwrap(),
            Start::Expired => self.redis.zadd(BUCKET, MEMBER, 1000).unwrap(),
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
                Does::RunOut => unreachable!("that is no process"),
            };
            let _ = end.send(Event::Ended(got));
        });
    }

    /// Runs one interleaving: `turns` says who moves, then the first who can. Gives all the turns there were, each with
    /// how many could.
    fn run(&mut self, start: Start, does: &[Does], turns: &[usize]) -> (Vec<(usize, usize)>, Option<String>) {
        self.set_up(start, does);
        let timed = start == Start::Expired;
        let mut left: Vec<usize> = (0..does.len()).collect();
        let (mut begun, mut taken, mut told) = (vec![false; does.len()], Vec::new(), Vec::new());
        let mut waits: Vec<String> = vec![String::new(); does.len()];
        while !left.is_empty() {
            let turn = turns.get(taken.len()).copied().unwrap_or(0);
            taken.push((turn, left.len()));
            let who = left[turn];
            let doing = does[who];
            if doing == Does::RunOut {
                told.push("the leases run out".to_owned());
                for name in self.redis.zrange::<_, Vec<String>>("CM:meta:leases", 0, -1).unwrap() {
                    let _: () = self.redis.zadd("CM:meta:leases", name, 1).unwrap();
                }
                left.remove(turn);
                continue;
            }
            let is_first = !std::mem::replace(&mut begun[who], true);
            let changes = matches!(doing, Does::Invalidate | Does::Remove | Does::PutNew | Does::RefreshNew);
            if is_first && changes {
                told.push("the data change".to_owned());
                self.version.store(2, SeqCst);
                self.begin(who, doing, timed);
            } else {
                if is_first {
                    self.begin(who, doing, timed);
                    match self.sides[who].gate.event() {
                        Event::Waits(command) => waits[who] = shown(&command),
                        Event::Ended(_) => panic!("{doing:?} asks nothing"),
                    }
                }
                told.push(format!("{doing:?}: {}", waits[who]));
                self.sides[who].gate.pass();
            }
            match self.sides[who].gate.event() {
                Event::Waits(command) => waits[who] = shown(&command),
                Event::Ended(got) => {
                    told.push(format!("{doing:?} ends: {got:?}"));
                    left.remove(turn);
                }
            }
        }
        (taken, self.judge(start, does).map(|why| format!("{why}:\n{}", told.join("\n"))))
    }

    /// What is wrong, once all have ended.
    fn judge(&mut self, start: Start, does: &[Does]) -> Option<String> {
        let ns = Namespace::new("CM:", Layout::Both).unwrap();
        let runs_out = does.contains(&Does::RunOut);
        let left = self.server.dump();
        let clean = ns.progress_sets().into_iter().chain([ns.leases()]).all(|set| !left.contains_key(&set));
        if !clean && !runs_out {
            return Some("a claim is left".to_owned());
        }
        let get = &self.judge[usize::from(start == Start::Expired)];
        let changed = self.version.load(SeqCst);
        if runs_out {
            // The next miss of any key puts back what run-out leases hold.
            get.call(&3).unwrap();
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

    /// All interleavings, depth first.
    fn explore(&mut self, start: Start, does: &[Does]) -> usize {
        let (mut turns, mut all) = (Vec::new(), 0);
        loop {
            let (mut taken, wrong) = self.run(start, does, &turns);
            all += 1;
            if let Some(wrong) = wrong {
                panic!("{start:?} {does:?}: {wrong}");
            }
            while taken.last().is_some_and(|(turn, could)| turn + 1 == *could) {
                taken.pop();
            }
            let Some((turn, _)) = taken.last_mut() else { return all };
            *turn += 1;
            turns = taken.into_iter().map(|(turn, _)| turn).collect();
        }
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
    explore_some(if is_three { &[true] } else { &[true, false] }, &STARTS, cases);
}

fn explore_some(ways: &[bool], starts: &[Start], cases: &[&[Does]]) {
    let mut all = 0;
    let sides = cases.iter().map(|case| case.len()).max().unwrap();
    for &stale in ways {
        let mut bench = Bench::new(sides, stale);
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

use Does::{Call, Fail, Invalidate, Many, ManyBack, Put, PutNew, Refresh, RefreshNew, Remove, RunOut};

#[test]
fn what_replaces_a_value_against_an_invalidation() {
    explore(&[
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
    explore_some(&[true], &[Start::Live], &[&[Put, Refresh, Remove]]);
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
    explore_some(&[true], &[Start::Empty, Start::Live, Start::Marked], &[&[Many, Remove]]);
}

#[test]
fn a_call_of_many_against_another() {
    let starts = [Start::Empty, Start::Live, Start::Marked];
    explore_some(&[true, false], &starts, &[&[Many, Call], &[Many, ManyBack]]);
}
