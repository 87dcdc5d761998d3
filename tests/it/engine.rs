//! The scanning engine: nothing is missed while tables are resized, at any pace; memory does not grow; it stops when told.

// How often what was tried: shown with --nocapture, and when a test fails.
#![allow(clippy::print_stdout)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cacheme::cache::{Mode, Session};
use cacheme::client::{
    Command, Conn, Control, End, Pace, Progress, Queue, Replies, Source, Sweep, Target, Timeouts, Work,
};
use cacheme::namespace::glob::Glob;
use cacheme::namespace::{Layout, LogicalKey, Namespace};
use cacheme::ops::{
    Filter, Invalidation, InvalidationReport, Purge, PurgeReport, Query, Read, Selector, invalidate,
    list_keys, purge, show_key,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::ops::ControlFlow;

use crate::support::cli::Cli;
use crate::support::server::Server;
use crate::support::wait_until;

const PACES: [&str; 3] = ["gentle", "fast", "25%"];

fn conn(server: &Server) -> Conn {
    Conn::open(&Target::parse(&server.url()).unwrap(), Timeouts::default()).unwrap()
}

fn session(server: &Server) -> Session {
    Session::open(conn(server), &ns(), Some(Layout::Classic), 0).unwrap()
}

fn control(pace: &str) -> Control {
    Control { pace: pace.parse::<Pace>().unwrap(), ..Control::default() }
}

fn ns() -> Namespace {
    Namespace::new("CM:", Layout::Classic).unwrap()
}

/// Runs a script with `n` in ARGV[1] that fills the server.
fn fill(server: &Server, script: &str, n: usize) {
    redis::cmd("EVAL").arg(script).arg(0).arg(n).exec(&mut server.connect()).unwrap();
}

fn list(session: &mut Session, selector: Selector, control: &mut Control) -> (Vec<Vec<u8>>, bool) {
    let mut keys = Vec::new();
    let mut selectors = std::iter::once(Ok(selector));
    let listing = list_keys(session, Some(&mut selectors), &Query::default(), control, &mut |row| {
        keys.push(row.key.as_bytes().to_vec());
        Ok(())
    });
    (keys, listing.unwrap().complete)
}

/// Stops a run once something was walked.
struct StopsAt(Arc<AtomicBool>);

impl Progress for StopsAt {
    fn walked(&mut self, _items: usize, _fraction: Option<f64>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_key_whose_tags_were_not_all_asked_is_not_shown_as_complete() {
    let server = Server::start();
    fill(&server, "for n = 1, ARGV[1] do redis.call('SADD', 'CM:tag' .. n, 'CM:k') end", 1000);
    redis::cmd("HSET").arg("CM:k").arg("base").arg("v").exec(&mut server.connect()).unwrap();
    for pace in PACES {
        let mut session = session(&server);
        let mut show = |control: &mut Control| {
            let shown = show_key(&mut session, &LogicalKey::new("k"), control).unwrap();
            (shown.tags.len() == 1000, shown.complete)
        };
        let mut stopped = control(pace);
        stopped.progress = Box::new(StopsAt(stopped.stop.clone()));
        assert_eq!(show(&mut stopped), (false, false), "{pace}");
        assert_eq!(show(&mut control(pace)), (true, true), "{pace}");
    }
}

fn delete(session: &mut Session, selector: Selector, control: &mut Control) -> InvalidationReport {
    let mut report = InvalidationReport::default();
    let how =
        Invalidation { action: Some(cacheme::ops::Action::Delete), mode: Mode::Apply, trusts_names: false };
    invalidate(session, &mut std::iter::once(Ok(selector)), how, control, &mut report).unwrap();
    report
}

/// Fills and empties the rest of the keyspace, and one tag, so that their tables grow and shrink, until told.
fn resize(server: &Server, until: Arc<AtomicBool>) -> std::thread::JoinHandle<u64> {
    let mut redis = server.connect();
    std::thread::spawn(move || {
        let mut rounds = 0;
        while !until.load(Ordering::Relaxed) {
            for script in [
                "for i = 1, 200 do redis.call('SET', 'x:' .. ARGV[1] .. ':' .. i, 1)
                 redis.call('SADD', 'CM:tag', 'CM:x:' .. ARGV[1] .. ':' .. i) end",
                "for i = 1, 200 do redis.call('DEL', 'x:' .. ARGV[1] .. ':' .. i)
                 redis.call('SREM', 'CM:tag', 'CM:x:' .. ARGV[1] .. ':' .. i) end",
            ] {
                for block in 0..30 {
                    redis::cmd("EVAL").arg(script).arg(0).arg(block).exec(&mut redis).unwrap();
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            rounds += 1;
        }
        rounds
    })
}

#[test]
fn nothing_is_missed_and_nothing_counted_twice_while_tables_are_resized() {
    const KEYS: usize = 1500;
    let server = Server::start();
    let until = Arc::new(AtomicBool::new(false));
    let stable = "for i = 1, tonumber(ARGV[1]) do redis.call('HSET', 'CM:k:' .. i, 'base', 1)
        redis.call('SADD', 'CM:tag', 'CM:k:' .. i) end";
    fill(&server, stable, KEYS);
    let resizing = resize(&server, Arc::clone(&until));
    let expected: BTreeSet<Vec<u8>> = (1..=KEYS).map(|i| format!("k:{i}").into_bytes()).collect();
    let mut session = session(&server);
    for pace in PACES {
        // A quarter of the time means four times the time.
        for _ in 0..if pace == "25%" { 1 } else { 3 } {
            let (keys, complete) = list(&mut session, Selector::pattern(b"*").unwrap(), &mut control(pace));
            assert!(complete);
            assert_eq!(keys.len(), KEYS, "{pace}: a repeat, or a miss");
            assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), expected, "{pace}");

            let (keys, complete) = list(&mut session, Selector::Tag(b"tag".to_vec()), &mut control(pace));
            let members: BTreeSet<_> = keys.iter().filter(|key| key.starts_with(b"k:")).cloned().collect();
            assert!(complete);
            assert_eq!(members, expected, "{pace}");
            let all: BTreeSet<_> = keys.iter().collect();
            assert_eq!(all.len(), keys.len(), "{pace}: a member was listed twice");
        }
        let report = delete(&mut session, Selector::pattern(b"*").unwrap(), &mut control(pace));
        assert_eq!(
            (report.matched, report.deleted, report.complete),
            (KEYS as u64, KEYS as u64, true),
            "{pace}"
        );
        fill(&server, stable, KEYS);
    }
    until.store(true, Ordering::Relaxed);
    let rounds = resizing.join().unwrap();
    assert!(rounds > 1, "the tables were resized {rounds} times");
    println!("14 listings of {KEYS} keys, keyspace resized {rounds} times");
}

/// Asks something about each item, twice in a row, and pauses now and then.
struct Pausing {
    items: Vec<Vec<u8>>,
    asked: usize,
    answered: usize,
    every: usize,
    pauses: usize,
    stop: Option<(usize, Arc<AtomicBool>)>,
}

/// What was asked, so that it can be held against the answer.
enum Echo {
    First(Vec<u8>),
    Second(Vec<u8>),
}

impl Work for Pausing {
    type Question = Echo;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Echo>) -> cacheme::Result<()> {
        self.asked += items.len();
        self.items.extend(items.iter().cloned());
        for item in items {
            queue.ask(|pipe| {
                pipe.push(Command::read("ECHO"), &[&item]);
                Echo::First(item)
            });
        }
        if let Some((after, stop)) = &self.stop
            && self.items.len() >= *after
        {
            stop.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn answer(
        &mut self,
        question: Echo,
        replies: &mut Replies,
        next: &mut Queue<Echo>,
    ) -> cacheme::Result<()> {
        let said = replies.one()?.bytes()?.unwrap();
        self.answered += 1;
        match question {
            // The first answer leads to a second question, as sizes lead to fields.
            Echo::First(item) => {
                assert_eq!(said, item);
                if self.answered.is_multiple_of(2) {
                    self.asked += 1;
                    next.ask(|pipe| {
                        let item = [&item[..], b" again"].concat();
                        pipe.push(Command::read("ECHO"), &[&item]);
                        Echo::Second(item)
                    });
                }
            }
            Echo::Second(item) => assert_eq!(said, item),
        }
        Ok(())
    }

    fn settle(&mut self, _next: &mut Queue<Echo>) -> cacheme::Result<ControlFlow<()>> {
        let pause = self.answered / self.every > self.pauses;
        self.pauses = self.answered / self.every;
        Ok(if pause { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

#[test]
fn a_pause_or_a_stop_loses_nothing() {
    let server = Server::start();
    fill(&server, "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'k:' .. i, 1) end", 6000);
    let mut conn = conn(&server);
    for pace in PACES {
        for stops in [false, true] {
            let mut control = control(pace);
            let stop = stops.then(|| (1500, Arc::clone(&control.stop)));
            let mut work = Pausing { items: vec![], asked: 0, answered: 0, every: 400, pauses: 0, stop };
            let mut sweep = Sweep::new(Source::Keyspace { pattern: b"k:*".to_vec(), kind: None });
            let (mut paused, mut stopped) = (0, 0);
            loop {
                let end = sweep.run(&mut conn, &mut work, &mut control).unwrap();
                assert_eq!(work.answered, work.asked, "{pace}: what was asked is answered before it returns");
                match end {
                    End::Paused => paused += 1,
                    End::Stopped => {
                        stopped += 1;
                        assert!(work.items.len() < 4000, "{pace}: {} after the stop", work.items.len());
                        work.stop = None;
                        control.stop.store(false, Ordering::Relaxed);
                    }
                    End::Done => break,
                    End::WrongType => panic!(),
                }
            }
            let unique: BTreeSet<_> = work.items.iter().collect();
            assert_eq!((unique.len(), work.items.len()), (6000, 6000), "{pace}");
            assert!(paused > 1 && stopped == u64::from(stops), "{pace}: {paused} pauses, {stopped} stops");
        }
    }
}

#[test]
fn a_set_and_a_hash_with_many_members() {
    const MANY: usize = 200_000;
    let server = Server::start();
    fill(
        &server,
        "for i = 1, tonumber(ARGV[1]) do redis.call('HSET', 'CM:big', 'f' .. i, 1)
         redis.call('SADD', 'CM:tag', 'CM:big>f' .. i) end",
        MANY,
    );
    let mut session = session(&server);
    for selector in [Selector::pattern(b"big").unwrap(), Selector::Tag(b"tag".to_vec())] {
        let (keys, complete) = list(&mut session, selector, &mut control("fast"));
        assert!(complete);
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>().len(), MANY);
    }
    let ending_in_7 = Selector::pattern(b"big>*7").unwrap();
    assert_eq!(delete(&mut session, ending_in_7, &mut control("gentle")).deleted, (MANY / 10) as u64);
    let left: usize = redis::cmd("HLEN").arg("CM:big").query(&mut server.connect()).unwrap();
    assert_eq!(left, MANY - MANY / 10);
    let rest = delete(&mut session, Selector::Tag(b"tag".to_vec()), &mut control("fast"));
    assert_eq!((rest.matched, rest.deleted), (MANY as u64, (MANY - MANY / 10) as u64));
}

#[test]
fn one_huge_bucket_does_not_outlast_the_time_budget() {
    const MANY: u64 = 100_000;
    let server = Server::start();
    let script = "for i = 1, tonumber(ARGV[1]) do redis.call('HSET', 'CM:big', 'f' .. i, 1)
        redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:big', 5, 'CM:big>f' .. i) end";
    fill(&server, script, MANY as usize);
    let mut session = session(&server);
    let how = Purge { grace: 0, mark: false, mode: Mode::Apply, lock: false, filter: Filter::default() };
    let mut reports = Vec::new();
    for pace in PACES {
        let mut control = control(pace);
        control.deadline = Some(Instant::now() + Duration::from_millis(40));
        let mut report = PurgeReport::default();
        let start = Instant::now();
        purge(&mut session, how.clone(), &mut control, &mut report).unwrap();
        assert!(!report.complete && report.expired < MANY, "{pace}: {report:?} in {:?}", start.elapsed());
        assert_eq!(report.expired, report.deleted);
        reports.push(report.expired);
    }
    let mut report = PurgeReport::default();
    purge(&mut session, how, &mut control("fast"), &mut report).unwrap();
    assert!(report.complete);
    assert_eq!(reports.iter().sum::<u64>() + report.expired, MANY);
    // Nothing is left but the note of where the last run with a budget stopped.
    assert!(server.dump().keys().all(|key| key == b"CM:meta:cursor"));
}

/// The largest memory a run had, in KiB, as the kernel counted it.
fn peak_of(cli: &Cli) -> u64 {
    let running = cli.spawn();
    let status = format!("/proc/{}/status", running.pid());
    let watcher = std::thread::spawn(move || {
        let mut peak = 0;
        while let Ok(status) = std::fs::read_to_string(&status) {
            let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
            peak = line.trim().trim_end_matches(" kB").parse().unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        peak
    });
    let output = running.wait();
    output.ok();
    watcher.join().unwrap()
}

#[test]
fn memory_does_not_grow_with_the_namespace() {
    let measure = |keys: usize| -> Vec<(&str, u64)> {
        let server = Server::start();
        let script = "for i = 1, tonumber(ARGV[1]) do
            local key = 'CM:base:' .. i
            redis.call('HSET', key, 'base', 'value')
            redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:base:' .. (i % 1000), 5, 'CM:base:' .. (i % 1000) .. '>' .. i)
            if i % 1000 == 0 then redis.call('SADD', 'CM:tag', key) end end";
        fill(&server, script, keys);
        let list = "cacheme keys list --pace fast | wc -l | grep -qx \"$N\"";
        let n = keys.to_string();
        Cli::shell(&server, list).env("N", &n).run().ok();
        [
            ("keys list", &["keys", "list", "--limit", "100000000"][..]),
            ("purge", &["purge"]),
            ("invalidate --pattern", &["invalidate", "--yes", "--pattern", "base:*"]),
        ]
        .map(|(name, args)| {
            let cli = Cli::new(&server).args(["--layout", "classic", "--pace", "fast"]).args(args);
            (name, peak_of(&cli))
        })
        .to_vec()
    };
    // A test build takes a minute for what a release build does in seconds.
    let peaks = measure(if cfg!(debug_assertions) { 80_000 } else { 300_000 });
    println!("{peaks:?}");
    // The mapped pages of a test build are more than a release build's: what counts is that it stays this small.
    for (name, peak) in peaks {
        assert!(peak < LIMIT_KIB, "{name}: {peak} KiB");
        assert!(peak > 1000, "{name}: {peak} KiB cannot be right");
    }
}

const LIMIT_KIB: u64 = if cfg!(debug_assertions) { 24 * 1024 } else { 8 * 1024 };

#[test]
fn globs_match_as_the_server_matches_them() {
    let server = Server::start();
    let mut redis = server.connect();
    let mut runner = TestRunner::default();
    // The server compares the ends of a range as `char`, signed or not as its machine has it: no range beyond ASCII
    // means the same everywhere. And the empty name, which it lets no `*` match, is never asked alone.
    let text = |letters: &[u8], length| {
        proptest::collection::vec(proptest::sample::select(letters.to_vec()), length)
    };
    let names = proptest::collection::vec(text(b"ab-^[]\\*?\xc3\xa9>:\n\x00", 1..6), 60);
    let globs = proptest::collection::vec(text(b"ab-^[]\\*?>:\n\x00", 1..9), 60);
    let (mut tried, mut matched) = (0, 0);
    for _ in 0..60 {
        let names: BTreeSet<Vec<u8>> = names.new_tree(&mut runner).unwrap().current().into_iter().collect();
        let globs = globs.new_tree(&mut runner).unwrap().current();
        let mut pipe = redis::pipe();
        pipe.cmd("DEL").arg("names").ignore().cmd("SADD").arg("names").arg(&names).ignore();
        let globs: Vec<Glob> = globs.iter().filter_map(|glob| Glob::parse(glob).ok()).collect();
        for glob in &globs {
            pipe.cmd("SSCAN").arg("names").arg(0).arg("MATCH").arg(glob.source()).arg("COUNT").arg(10_000);
        }
        let found: Vec<(u64, BTreeSet<Vec<u8>>)> = pipe.query(&mut redis).unwrap();
        for (glob, (cursor, found)) in globs.iter().zip(found) {
            assert_eq!(cursor, 0);
            let ours: BTreeSet<Vec<u8>> = names.iter().filter(|name| glob.matches(name)).cloned().collect();
            assert_eq!(ours, found, "{}", glob.source().escape_ascii());
            tried += names.len();
            matched += ours.len();
        }
    }
    println!("{tried} pairs, {matched} matches");
    assert!(matched > 1000 && matched * 2 < tried);
}

#[test]
fn while_the_server_forks_batches_stay_small() {
    let server = Server::start();
    fill(
        &server,
        "for i = 1, tonumber(ARGV[1]) do redis.call('SADD', 'CM:tag', 'CM:member:' .. i) end",
        5000,
    );
    let mut redis = server.connect();
    let (mut conn, mut control) = (conn(&server), control("gentle"));
    let walk = |conn: &mut Conn, control: &mut Control| {
        let mut batches = Vec::new();
        let remember = |items: Vec<Vec<u8>>| {
            batches.push(items.len());
            Ok(ControlFlow::Continue(()))
        };
        Sweep::new(Source::set(b"CM:tag".to_vec())).each(conn, control, remember).unwrap();
        batches
    };
    // However busy the machine, it begins with more.
    assert!(walk(&mut conn, &mut control).iter().any(|batch| *batch > 20), "nothing forks yet");
    // The one key of the copy takes a minute to write.
    redis::cmd("CONFIG").arg("SET").arg("rdb-key-save-delay").arg(60_000_000).exec(&mut redis).unwrap();
    redis::cmd("BGSAVE").exec(&mut redis).unwrap();
    let mut asked = || {
        let info: String = redis::cmd("INFO").arg("all").query(&mut redis).unwrap();
        assert!(info.contains("rdb_bgsave_in_progress:1"), "{info}");
        let calls = info.lines().find_map(|line| line.strip_prefix("cmdstat_info:calls=")).unwrap();
        calls.split(',').next().unwrap().parse::<usize>().unwrap()
    };
    let (before, mut looks) = (asked(), 0);
    wait_until("whoever walks has asked too", Duration::from_secs(590), || {
        walk(&mut conn, &mut control);
        looks += 1;
        asked() > before + looks
    });
    let batches = walk(&mut conn, &mut control);
    let forking = batches.iter().rev().take(100).max().unwrap();
    // This ends the child.
    redis::cmd("FLUSHALL").exec(&mut redis).unwrap();
    assert!(*forking <= 20, "{forking} members in a batch while BGSAVE is at work");
}

#[test]
fn one_huge_hash_is_left_in_the_middle_when_told() {
    let server = Server::start();
    fill(&server, "for i = 1, tonumber(ARGV[1]) do redis.call('HSET', 'CM:huge', 'f' .. i, 'x') end", 20_000);
    let mut session = session(&server);
    for (pace, read) in ["gentle", "fast"]
        .into_iter()
        .flat_map(|pace| [Read::Presence, Read::Size, Read::Value].map(|read| (pace, read)))
    {
        let mut control = control(pace);
        let (stop, mut rows) = (control.stop.clone(), 0);
        let query = Query { read, ..Query::default() };
        let listing = list_keys(&mut session, None, &query, &mut control, &mut |_| {
            stop.store(true, Ordering::Relaxed);
            rows += 1;
            Ok(())
        });
        assert!(!listing.unwrap().complete && rows < 2_000, "{pace}, {read:?}: {rows} rows");
    }
    // Stopped before it began, an invalidation that looks at fields says that it is not complete.
    let mut control = control("fast");
    control.stop.store(true, Ordering::Relaxed);
    let selector = Selector::pattern(b"huge>f1*").unwrap();
    assert!(!delete(&mut session, selector, &mut control).complete);
}
