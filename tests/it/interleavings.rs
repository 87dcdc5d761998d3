//! Every interleaving of one call of the library with one of our operations, command by command.
//!
//! Our side is the real code behind a [`Gate`]; the library's side is [`Call`]. The data change, then the operation
//! begins: whatever the order from there on, the next read must get the new data. Where it does not, by the nature of
//! the library, the case says so and is held to that as well.
//!
//! Two neighbouring steps that do not touch the same thing may change places without anybody seeing it, so only the
//! order with ours in front is tried. `CACHEME_ALL_INTERLEAVINGS=1` tries every one (some 60,000; a few minutes).

// How often what was tried: shown with --nocapture, and when a test fails.
#![allow(clippy::print_stdout)]

use cacheme::cache::{Clock, Mode, Session};
use cacheme::client::{Conn, Control, Target, Timeouts};
use cacheme::namespace::{Layout, LogicalKey, Namespace};
use cacheme::ops::{
    Action, Filter, Invalidation, InvalidationReport, Purge, PurgeReport, Selector, invalidate, purge,
};
use redis::Connection;
use serde_json::json;

use crate::support::gate::{Event, Gate};
use crate::support::monitor::Seen;
use crate::support::python::Lib;
use crate::support::reader::{Call, Generation, Key, Still, World};
use crate::support::server::Server;
use crate::support::worker::Worker;

/// The reader's clock.
const NOW: i64 = 1_000_000;

/// What is in Redis at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Nothing.
    Empty,
    /// The indexes name the key, no value is there: after a deletion.
    Indexed,
    /// A value, valid.
    Live,
    /// A value that is marked: the reader refreshes it.
    Marked,
    /// A marked value that has left its tag: 0.0.9 drops the tag's set when it invalidates the tag.
    MarkedUntagged,
    /// A valid value whose timeout passed so many seconds ago by the reader's clock.
    Expired(i64),
    /// A marked value whose timeout has passed by nobody's clock but the purger's.
    MarkedDueLater,
}

/// What is done meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ours {
    Key(Action),
    Tag(Action),
    InvalidKey(Action),
    Pattern(&'static str, Action),
    /// Somebody's mark, then a purge by a clock that is ahead of the reader's by so many seconds.
    MarkAndPurge {
        ahead: i64,
    },
    /// A purge alone; the data stay as they are.
    Purge {
        ahead: i64,
        mark: bool,
    },
}

impl Ours {
    fn changes_data(self) -> bool {
        !matches!(self, Self::Purge { .. })
    }
}

type Ran = (Conn, cacheme::Result<()>);

struct Bench {
    gate: Gate<Ran>,
    conn: Option<Conn>,
    redis: Connection,
    clock: Option<(i64, Clock)>,
    reduced: bool,
    server: Server,
}

/// How the interleavings of a case went.
#[derive(Debug, Default)]
struct Tally {
    all: usize,
    /// The next read got old data.
    lost: Vec<String>,
    /// A value that is valid for its readers, but that an index does not name.
    unindexed: Vec<String>,
    /// A value whose timeout has not passed by the purger's clock was gone.
    purged: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        let server = Server::start();
        let gate = Gate::new(&server);
        let target = Target::parse(&gate.url()).unwrap();
        let conn = Conn::open(&target, Timeouts::default()).unwrap();
        let reduced = std::env::var_os("CACHEME_ALL_INTERLEAVINGS").is_none();
        Self { gate, conn: Some(conn), redis: server.connect(), clock: None, reduced, server }
    }

    /// A clock so far ahead of the reader's. Clocks are the server's, shifted.
    fn clock(&mut self, ahead: i64) -> Clock {
        if let Some((known, clock)) = self.clock
            && known == ahead
        {
            return clock;
        }
        let (seconds, _): (i64, i64) = redis::cmd("TIME").query(&mut self.redis).unwrap();
        let target = Target::parse(&self.server.url()).unwrap();
        let mut conn = Conn::open(&target, Timeouts::default()).unwrap();
        let clock = Clock::read(&mut conn, seconds - NOW - ahead).unwrap();
        self.clock = Some((ahead, clock));
        clock
    }

    fn set_up(&mut self, key: &Key, start: Start) {
        let mut all = redis::pipe();
        all.cmd("FLUSHALL").ignore();
        let value = !matches!(start, Start::Empty | Start::Indexed);
        if start != Start::Empty {
            all.cmd("SADD").arg(&key.invalid).arg(&key.member);
            if start != Start::MarkedUntagged {
                all.cmd("SADD").arg(&key.tag).arg(&key.member);
            }
        }
        if value {
            all.cmd("HSET").arg(&key.hash).arg(&key.field).arg(1);
        }
        if matches!(start, Start::Marked | Start::MarkedUntagged | Start::MarkedDueLater) {
            all.cmd("SADD").arg(&key.deleted).arg(&key.member);
        }
        let score = match start {
            Start::Expired(ago) => NOW - ago,
            _ if !value => 0,
            _ => NOW + 5,
        };
        if key.timed && score > 0 {
            all.cmd("ZADD").arg(&key.bucket).arg(score).arg(&key.bucket_member);
        }
        all.exec(&mut self.redis).unwrap();
    }

    fn begin(&mut self, key: &Key, ours: Ours, layout: Layout) {
        let clock = match ours {
            Ours::MarkAndPurge { ahead } | Ours::Purge { ahead, .. } => Some(self.clock(ahead)),
            _ => None,
        };
        if let Ours::MarkAndPurge { .. } = ours {
            redis::cmd("SADD").arg(&key.deleted).arg(&key.member).exec(&mut self.redis).unwrap();
        }
        let conn = self.conn.take().unwrap();
        let (end, key) = (self.gate.end(), key.clone());
        std::thread::spawn(move || {
            let ended = operate(conn, &key, ours, layout, clock);
            let _ = end.send(Event::Ended(ended));
        });
    }

    /// Runs one interleaving: `turns` says who moves while both can (true: we do), then the reader goes first. Gives
    /// all the turns there were.
    fn run(&mut self, case: &Case, turns: &[bool], tally: &mut Tally) -> Vec<bool> {
        let Case { key, start, ours, layout, .. } = case;
        self.set_up(key, *start);
        self.gate.close();
        let (mut taken, mut told) = (Vec::new(), Vec::new());
        let mut data = Still(if ours.changes_data() { 1 } else { 2 });
        let mut call = Call::new(key);
        let mut waiting: Option<Vec<String>> = None;
        let mut touched: Option<Vec<(&str, bool)>> = None;
        let (mut begun, mut ended) = (false, false);
        while !(ended && call.is_done()) {
            let we_move = match (ended, call.is_done()) {
                (false, false)
                    if touched.as_ref().is_some_and(|it| commute(it, waiting.as_deref(), *ours)) =>
                {
                    false
                }
                (false, false) => {
                    let turn = turns.get(taken.len()).copied().unwrap_or(false);
                    taken.push(turn);
                    turn
                }
                (ended, _) => !ended,
            };
            if !we_move {
                touched = self.reduced.then(|| call.touches());
                told.push(format!("  library: {}", call.step(&mut self.redis, &mut data)));
                continue;
            }
            touched = None;
            if begun {
                told.push(format!("ours: {}", waiting.take().unwrap_or_default().remove(0)));
                self.gate.pass();
            } else {
                told.push("ours: the data change".to_owned());
                data = Still(2);
                begun = true;
                self.begin(key, *ours, *layout);
            }
            match self.gate.event() {
                Event::Waits(command) => waiting = Some(command),
                Event::Ended((conn, done)) => {
                    self.conn = Some(conn);
                    ended = true;
                    done.unwrap();
                }
            }
        }
        self.judge(case, &mut data, &told, tally);
        taken
    }

    fn judge(&mut self, case: &Case, data: &mut dyn World, told: &[String], tally: &mut Tally) {
        let (key, redis) = (&case.key, &mut self.redis);
        let transcript = || told.join("\n");
        tally.all += 1;
        let stored = key.stored(redis);
        let marked = key.is_in(&key.deleted, redis);
        let indexed = key.is_in(&key.tag, redis) && key.is_in(&key.invalid, redis);
        if stored.is_some() && !marked && !indexed {
            tally.unindexed.push(transcript());
        }
        if let Ours::MarkAndPurge { ahead } | Ours::Purge { ahead, .. } = case.ours {
            let score: Option<i64> =
                redis::cmd("ZSCORE").arg(&key.bucket).arg(&key.bucket_member).query(redis).unwrap();
            if score.is_some_and(|score| score > NOW + ahead) && stored.is_none() {
                tally.purged.push(transcript());
            }
        }
        let got = Call::new(key).run(redis, data);
        let stale = stored.is_some_and(|version| version < 2) && !marked;
        let due = matches!(case.start, Start::Expired(_));
        if got != Some(2) {
            tally.lost.push(transcript());
            return;
        }
        assert!(!stale || due, "the next read recomputed, by nothing seen here:\n{}", transcript());
        assert_eq!(key.stored(redis), Some(2), "{}", transcript());
        assert!(key.is_in(&key.tag, redis) && key.is_in(&key.invalid, redis), "{}", transcript());
    }

    /// All interleavings, depth first: the last turn that was the reader's is given to us, until there is none.
    fn explore(&mut self, case: &Case) -> Tally {
        let mut tally = Tally::default();
        let mut turns = Vec::new();
        loop {
            turns = self.run(case, &turns, &mut tally);
            while turns.last() == Some(&true) {
                turns.pop();
            }
            match turns.last_mut() {
                Some(turn) => *turn = true,
                None => return tally,
            }
        }
    }
}

/// Whether a step of the reader, by what it touched, and our next command cannot tell in which order they come.
fn commute(touched: &[(&str, bool)], ours: Option<&[String]>, what: Ours) -> bool {
    let Some(words) = ours else {
        // The data change: only the function sees it. A mark may come with it.
        return !touched.is_empty() && !matches!(what, Ours::MarkAndPurge { .. });
    };
    let (key, writes) = match words[0].as_str() {
        "HEXISTS" | "HLEN" | "HKEYS" | "SISMEMBER" | "SSCAN" | "ZCARD" | "ZRANGEBYSCORE" => {
            (&words[1], false)
        }
        "SADD" | "SREM" | "HDEL" => (&words[1], true),
        // A scan sees which keys there are; what a script or a transaction touches is not looked into.
        "SCAN" => return touched.iter().all(|(_, writes)| !writes),
        _ => return touched.is_empty(),
    };
    touched.iter().all(|(name, written)| name != key || !(*written || writes))
}

fn operate(
    conn: Conn,
    key: &Key,
    ours: Ours,
    layout: Layout,
    clock: Option<Clock>,
) -> (Conn, cacheme::Result<()>) {
    let ns = Namespace::new("CM:", layout).unwrap();
    // What needs no clock asks for none.
    let mut session = Session::new(conn, ns, clock.unwrap_or(Clock::at(NOW, 0)));
    let done = operate_on(&mut session, key, ours);
    (session.conn, done)
}

fn operate_on(session: &mut Session, key: &Key, ours: Ours) -> cacheme::Result<()> {
    // Nobody copies from the server: asking whether somebody does would only be more steps to interleave.
    let mut control = Control { wait_replicas: 0, ..Control::default() };
    let strip = |name: &str| name.strip_prefix("CM:").unwrap().as_bytes().to_vec();
    let (selector, action) = match ours {
        Ours::Key(action) => (Selector::Key(LogicalKey::from(key.logical.as_str())), action),
        Ours::Tag(action) => (Selector::Tag(strip(&key.tag)), action),
        Ours::InvalidKey(action) => {
            (Selector::InvalidKey(strip(key.invalid.strip_suffix(":invalid").unwrap())), action)
        }
        Ours::Pattern(glob, action) => (Selector::pattern(glob.as_bytes())?, action),
        Ours::MarkAndPurge { .. } | Ours::Purge { .. } => {
            let mark = matches!(ours, Ours::Purge { mark: true, .. });
            let how = Purge { grace: 0, mark, mode: Mode::Apply, lock: false, filter: Filter::default() };
            return purge(session, how, &mut control, &mut PurgeReport::default());
        }
    };
    let how = Invalidation { action: Some(action), mode: Mode::Apply, trusts_names: false };
    let mut report = InvalidationReport::default();
    invalidate(session, &mut std::iter::once(Ok(selector)), how, &mut control, &mut report)?;
    assert!(report.complete);
    Ok(())
}

struct Case {
    key: Key,
    start: Start,
    ours: Ours,
    layout: Layout,
}

/// Runs cases over all starts and says what came out of each; `excuse` gives the reason where the library's nature loses.
fn explore(cases: Vec<Case>, excuse: impl Fn(&Case) -> Option<&'static str>) {
    let mut bench = Bench::new();
    let (mut all, mut failures) = (0, Vec::new());
    for case in &cases {
        let tally = bench.explore(case);
        all += tally.all;
        let Case { key, start, ours, layout } = case;
        let timed = if key.timed { " timed" } else { "" };
        let name = format!("{:?} {}{timed} {start:?} × {ours:?} {layout}", key.generation, key.logical);
        let reason = excuse(case);
        println!(
            "{:5} interleavings, {:3} lost, {:3} unindexed: {name}{}",
            tally.all,
            tally.lost.len(),
            tally.unindexed.len(),
            reason.map(|reason| format!(" [{reason}]")).unwrap_or_default()
        );
        if reason.is_some() == tally.lost.is_empty() {
            failures.push(format!("{name}: {} lost\n{}", tally.lost.len(), shown(&tally.lost)));
        }
        if !tally.unindexed.is_empty() {
            failures.push(format!(
                "{name}: {} unindexed\n{}",
                tally.unindexed.len(),
                shown(&tally.unindexed)
            ));
        }
        if !tally.purged.is_empty() {
            failures.push(format!("{name}: purged what was not due\n{}", shown(&tally.purged)));
        }
    }
    println!("{all} interleavings in {} cases", cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn shown(transcripts: &[String]) -> &str {
    transcripts.first().map_or("", String::as_str)
}

fn key(generation: Generation) -> Key {
    Key::new(generation, "CM:", "Book:100>owner", "get_owner", "User:200")
}

fn three(generation: Generation) -> Key {
    Key::new(generation, "CM:", "a:1>b>c", "three", "Three:1")
}

fn layouts(generation: Generation) -> [Layout; 2] {
    match generation {
        Generation::Classic => [Layout::Classic, Layout::Both],
        Generation::Meta => [Layout::Meta, Layout::Both],
    }
}

fn product(keys: &[Key], starts: &[Start], ours: &[Ours], layouts: &[Layout]) -> Vec<Case> {
    let mut cases = Vec::new();
    for key in keys {
        for &start in starts {
            for &ours in ours {
                for &layout in layouts {
                    cases.push(Case { key: key.clone(), start, ours, layout });
                }
            }
        }
    }
    cases
}

const FIRST: &str = "nothing names the key yet: its indexes are written when it is stored";

/// An index names the key only once the key was stored.
fn never_indexed(case: &Case) -> bool {
    case.start == Start::Empty && matches!(case.ours, Ours::Tag(_) | Ours::InvalidKey(_))
}

#[test]
fn marks_against_a_reader_of_011() {
    use Action::Mark;
    let generation = Generation::Meta;
    let ours = [
        Ours::Key(Mark),
        Ours::Tag(Mark),
        Ours::InvalidKey(Mark),
        Ours::Pattern("Book:*", Mark),
        Ours::Pattern("Book:*>own*", Mark),
    ];
    let starts = [Start::Empty, Start::Indexed, Start::Live, Start::Marked];
    let mut cases = product(&[key(generation)], &starts, &ours, &layouts(generation));
    let ours = [Ours::Key(Mark), Ours::Tag(Mark), Ours::Pattern("a:1>b", Mark)];
    cases.extend(product(&[three(generation)], &starts[1..], &ours, &[Layout::Meta]));
    explore(cases, |case| never_indexed(case).then_some(FIRST));
}

#[test]
fn marks_against_a_reader_of_009() {
    use Action::Mark;
    let generation = Generation::Classic;
    let ours = [
        Ours::Key(Mark),
        Ours::Tag(Mark),
        Ours::InvalidKey(Mark),
        Ours::Pattern("Book:*", Mark),
        Ours::Pattern("Book:*>own*", Mark),
    ];
    let starts = [Start::Empty, Start::Indexed, Start::Live, Start::Marked];
    let mut cases = product(&[key(generation)], &starts, &ours, &layouts(generation));
    let ours = [Ours::Key(Mark), Ours::Tag(Mark), Ours::Pattern("a:1>b", Mark)];
    cases.extend(product(&[three(generation)], &starts[1..], &ours, &[Layout::Classic]));
    explore(cases, |case| never_indexed(case).then_some(FIRST));
}

#[test]
fn deletions_against_a_reader_of_011() {
    use Action::Delete;
    let generation = Generation::Meta;
    let ours = [
        Ours::Key(Delete),
        Ours::Tag(Delete),
        Ours::InvalidKey(Delete),
        Ours::Pattern("Book:*", Delete),
        Ours::Pattern("Book:*>owner", Delete),
        Ours::Pattern("Book:*>own*", Delete),
    ];
    let starts = [Start::Empty, Start::Indexed, Start::Live, Start::Marked];
    let mut cases = product(&[key(generation)], &starts, &ours, &[Layout::Meta]);
    let ours = [Ours::Tag(Delete), Ours::Pattern("a:*", Delete)];
    cases.extend(product(&[three(generation)], &starts[1..], &ours, &[Layout::Both]));
    let native = layouts(generation)[0];
    cases.extend(product(&[three(generation)], &starts[1..], &[Ours::Key(Delete)], &[native]));
    explore(cases, |case| never_indexed(case).then_some(FIRST));
}

#[test]
fn deletions_against_a_reader_of_009() {
    use Action::Delete;
    let generation = Generation::Classic;
    let ours = [
        Ours::Key(Delete),
        Ours::Tag(Delete),
        Ours::InvalidKey(Delete),
        Ours::Pattern("Book:*", Delete),
        Ours::Pattern("Book:*>owner", Delete),
        Ours::Pattern("Book:*>own*", Delete),
    ];
    let starts = [Start::Empty, Start::Indexed, Start::Live, Start::Marked];
    let mut cases = product(&[key(generation)], &starts, &ours, &[Layout::Classic]);
    let ours = [Ours::Tag(Delete), Ours::Pattern("a:*", Delete)];
    cases.extend(product(&[three(generation)], &starts[1..], &ours, &[Layout::Both]));
    let native = layouts(generation)[0];
    cases.extend(product(&[three(generation)], &starts[1..], &[Ours::Key(Delete)], &[native]));
    let excuse = |case: &Case| match case.start {
        _ if never_indexed(case) => Some(FIRST),
        Start::Marked => Some("0.0.9 refreshes without entering progress: nobody can see that it computes"),
        _ => None,
    };
    explore(cases, excuse);
}

#[test]
fn a_tag_that_0_0_9_dropped_does_not_name_who_recomputes() {
    use Action::Mark;
    let ours = [Ours::Tag(Mark), Ours::InvalidKey(Mark), Ours::Key(Mark)];
    let keys = [key(Generation::Classic)];
    let cases = product(&keys, &[Start::MarkedUntagged], &ours, &[Layout::Classic]);
    let excuse = |case: &Case| {
        (case.ours == Ours::Tag(Mark)).then_some("the tag names the key again once it is recomputed")
    };
    explore(cases, excuse);
}

#[test]
fn purges_against_readers() {
    for generation in [Generation::Classic, Generation::Meta] {
        let keys = [key(generation).timed()];
        let starts =
            [Start::Empty, Start::Indexed, Start::Expired(1), Start::Expired(100), Start::MarkedDueLater];
        let ours = [
            Ours::Purge { ahead: 10, mark: false },
            Ours::Purge { ahead: 10, mark: true },
            Ours::MarkAndPurge { ahead: 10 },
            Ours::MarkAndPurge { ahead: 100 },
        ];
        let cases = product(&keys, &starts, &ours, &layouts(generation)[..1]);
        let excuse = |case: &Case| {
            let unseen = case.key.generation == Generation::Classic && case.start == Start::MarkedDueLater;
            (unseen && case.ours == Ours::MarkAndPurge { ahead: 100 })
                .then_some("0.0.9 refreshed for longer than the half minute for which such marks are kept")
        };
        explore(cases, excuse);
    }
}

/// Commands as `asked` of a reader and of the real library must be the same, values and scripts apart.
fn asked(seen: &[Seen]) -> Vec<String> {
    let sent = seen.iter().filter(|it| !it.lua && it.name() != "FLUSHALL");
    sent.map(|it| match it.name().as_str() {
        "HSET" => format!("HSET {}", it.rest()[..2].join(" ")),
        "ZADD" => format!("ZADD {} {}", it.rest()[0], it.rest()[2]),
        "ZRANGEBYSCORE" | "ZREMRANGEBYSCORE" => format!("{} {}", it.name(), it.rest()[0]),
        name => format!("{name} {}", it.rest().join(" ")),
    })
    .collect()
}

#[test]
fn a_reader_asks_what_the_library_asks() {
    struct Clock(i64);
    impl World for Clock {
        fn compute(&mut self) -> u64 {
            7
        }
        fn now(&mut self) -> i64 {
            self.0
        }
        fn expiry(&mut self) -> i64 {
            self.0 + 1
        }
    }
    for (lib, generation) in [(Lib::V009, Generation::Classic), (Lib::V011, Generation::Meta)] {
        let server = Server::start();
        let mut worker = Worker::spawn(lib, &server);
        worker.value("plain", json!(["warm up"]));
        let mut redis = server.connect();
        let owner = key(generation);
        let soon = Key::new(generation, "CM:", "soon:1", "soon", "Timed:1").timed();
        for (key, function, args) in [(&owner, "get_owner", json!([100])), (&soon, "soon", json!([1]))] {
            // A miss, a hit, a refresh of a mark, and for the timed one of an expired entry.
            let mut real = Vec::new();
            let mut ours = Vec::new();
            let mark = |redis: &mut Connection| {
                redis::cmd("SADD").arg(&key.deleted).arg(&key.member).exec(redis).unwrap();
            };
            let expire = |redis: &mut Connection, at: i64| {
                redis::cmd("ZADD").arg(&key.bucket).arg(at).arg(&key.bucket_member).exec(redis).unwrap();
            };
            // The timeout of a second is over sooner than a slow machine asks again.
            const LATER: i64 = 4_000_000_000;
            for step in ["miss", "hit", "refresh", "expired"] {
                match step {
                    "hit" if key.timed => expire(&mut redis, LATER),
                    "refresh" => {
                        mark(&mut redis);
                        if key.timed {
                            expire(&mut redis, LATER);
                        }
                    }
                    "expired" if key.timed => expire(&mut redis, 5),
                    _ => {}
                }
                let (_, seen) = server.monitor(|| worker.value(function, args.clone()));
                real.push((step, asked(&seen)));
            }
            redis::cmd("FLUSHDB").exec(&mut redis).unwrap();
            for step in ["miss", "hit", "refresh", "expired"] {
                match step {
                    "hit" if key.timed => expire(&mut redis, LATER),
                    "refresh" => {
                        mark(&mut redis);
                        if key.timed {
                            expire(&mut redis, LATER);
                        }
                    }
                    "expired" if key.timed => expire(&mut redis, 5),
                    _ => {}
                }
                let mut asking = server.connect();
                let (_, seen) = server.monitor(|| Call::new(key).run(&mut asking, &mut Clock(1_800_000_000)));
                ours.push((step, asked(&seen)));
            }
            assert_eq!(ours, real, "{lib:?} {function}");
        }
    }
}
