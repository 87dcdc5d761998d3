//! Workers at full speed against our operations at full speed: what must hold at every instant, thousands of times.
//!
//! Each key has one reader, since two of the same key lose invalidations by themselves (`stepping` shows how); the
//! operations run in this process. Values are versions of the data, so an old one is known when it is seen.

// How often what was tried: shown with --nocapture, and when a test fails.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cacheme::cache::{Mode, Session};
use cacheme::client::{Conn, Control, Pace, Target, Timeouts};
use cacheme::namespace::{Layout, LogicalKey, Namespace};
use cacheme::ops::{
    Action, Filter, Invalidation, InvalidationReport, Purge, PurgeReport, Selector, invalidate, purge,
};
use redis::Connection;

use crate::support::reader::{Call, Generation, Key, World};
use crate::support::server::Server;

const READERS: usize = 3;
const KEYS_EACH: usize = 4;
const ROUNDS: u64 = 700;
const NOW: i64 = 1_000_000;

/// The data: a version that grows.
struct Data<'a> {
    version: &'a AtomicU64,
    due: bool,
}

impl World for Data<'_> {
    fn compute(&mut self) -> u64 {
        let version = self.version.load(Ordering::SeqCst);
        // Long enough for an operation to come in between, now and then.
        if version.is_multiple_of(3) {
            std::thread::sleep(Duration::from_micros(150));
        }
        version
    }

    fn now(&mut self) -> i64 {
        NOW
    }

    fn expiry(&mut self) -> i64 {
        if self.due { NOW + 1 } else { NOW + 5000 }
    }
}

/// `offset` is that of the application's hosts from UTC, in seconds.
fn session(server: &Server, layout: Layout, offset: i64) -> Session {
    let conn = Conn::open(&Target::parse(&server.url()).unwrap(), Timeouts::default()).unwrap();
    Session::open(conn, &Namespace::new("CM:", layout).unwrap(), Some(layout), offset).unwrap()
}

fn keys(generation: Generation, timed: bool) -> Arc<Vec<(Key, AtomicU64)>> {
    let key = |place: usize| {
        let logical = match place % 3 {
            0 => format!("base:{place}"),
            1 => format!("base:{place}>field"),
            _ => format!("base:{place}>b>c"),
        };
        let key = Key::new(generation, "CM:", &logical, "tag", &format!("inv:{}", place % 2));
        (if timed { key.timed() } else { key }, AtomicU64::new(1))
    };
    Arc::new((0..READERS * KEYS_EACH).map(key).collect())
}

/// What the readers saw.
#[derive(Debug, Default)]
struct Reads {
    all: AtomicU64,
    computed: AtomicU64,
}

/// Starts the readers, each on keys of its own, until told.
fn read(
    server: &Server,
    keys: &Arc<Vec<(Key, AtomicU64)>>,
    reads: &Arc<Reads>,
    until: &Arc<AtomicBool>,
) -> Vec<std::thread::JoinHandle<()>> {
    (0..READERS)
        .map(|reader| {
            let (keys, reads, until) = (Arc::clone(keys), Arc::clone(reads), Arc::clone(until));
            let mut redis = server.connect();
            std::thread::spawn(move || {
                while !until.load(Ordering::Relaxed) {
                    for (key, version) in &keys[reader * KEYS_EACH..(reader + 1) * KEYS_EACH] {
                        let mut call = Call::new(key);
                        let mut world = Data { version, due: false };
                        while !call.is_done() {
                            call.step(&mut redis, &mut world);
                        }
                        reads.all.fetch_add(1, Ordering::Relaxed);
                        reads.computed.fetch_add(u64::from(call.computed.is_some()), Ordering::Relaxed);
                    }
                }
            })
        })
        .collect()
}

/// After everything ended: old values that are valid, and values that an index does not name.
fn judge(keys: &[(Key, AtomicU64)], redis: &mut Connection) -> (u64, u64) {
    let (mut old, mut unindexed) = (0, 0);
    for (key, version) in keys {
        let Some(stored) = key.stored(redis) else { continue };
        let marked = key.is_in(&key.deleted, redis);
        old += u64::from(stored < version.load(Ordering::SeqCst) && !marked);
        let indexed = key.is_in(&key.tag, redis) && key.is_in(&key.invalid, redis);
        unindexed += u64::from(!marked && !indexed);
    }
    (old, unindexed)
}

/// Changes data and invalidates, round by round, with operations that hold for every reader of the generation.
fn race(generation: Generation, layout: Layout, actions: &[(&'static str, Action)], bursts: u64) {
    let server = Server::start();
    let mut session = session(&server, layout, 0);
    let mut redis = server.connect();
    let keys = keys(generation, false);
    let reads = Arc::new(Reads::default());
    let (mut invalidations, mut matched, mut checked) = (0_u64, 0, 0);
    for burst in 0..bursts {
        let until = Arc::new(AtomicBool::new(false));
        // Everything is stored once, so that the indexes name it: what they cannot name is another matter.
        for (key, version) in keys.iter() {
            Call::new(key).run(&mut redis, &mut Data { version, due: false });
        }
        let readers = read(&server, &keys, &reads, &until);
        for round in 0..ROUNDS / bursts {
            let (kind, action) = actions[usize::try_from(round + burst).unwrap() % actions.len()];
            let place = usize::try_from(round).unwrap() % keys.len();
            let mut meant: Box<dyn Iterator<Item = &(Key, AtomicU64)>> = Box::new(keys.iter());
            let selector = match kind {
                "key" => {
                    meant = Box::new(keys[place..=place].iter());
                    Selector::Key(LogicalKey::from(keys[place].0.logical.as_str()))
                }
                "tag" => Selector::Tag(b"tag".to_vec()),
                "invalid" => {
                    meant = Box::new(keys.iter().skip(place % 2).step_by(2));
                    Selector::InvalidKey(format!("inv:{}", place % 2).into_bytes())
                }
                glob => Selector::pattern(glob.as_bytes()).unwrap(),
            };
            meant.for_each(|(_, version)| {
                version.fetch_add(1, Ordering::SeqCst);
            });
            let how = Invalidation { action: Some(action), mode: Mode::Apply, trusts_names: false };
            let mut report = InvalidationReport::default();
            let mut control = Control { pace: Pace::fast(), ..Control::default() };
            invalidate(&mut session, &mut std::iter::once(Ok(selector)), how, &mut control, &mut report)
                .unwrap();
            assert!(report.complete);
            invalidations += 1;
            matched += report.matched;
        }
        until.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        assert_eq!(judge(&keys, &mut redis), (0, 0), "{generation:?} {layout} {actions:?}, burst {burst}");
        checked += keys.len();
        // And the next read of each gets what is true now.
        for (key, version) in keys.iter() {
            let now = version.load(Ordering::SeqCst);
            assert_eq!(
                Call::new(key).run(&mut redis, &mut Data { version, due: false }),
                Some(now),
                "{key:?}"
            );
        }
    }
    println!(
        "{generation:?} {layout} {actions:?}: {invalidations} invalidations ({matched} matches) against {} reads \
         ({} computed), {checked} values checked",
        reads.all.load(Ordering::Relaxed),
        reads.computed.load(Ordering::Relaxed),
    );
    assert!(reads.computed.load(Ordering::Relaxed) > invalidations / 4, "they hardly met");
}

const MARKS: &[(&str, Action)] = &[
    ("key", Action::Mark),
    ("invalid", Action::Mark),
    ("tag", Action::Mark),
    ("base:*", Action::Mark),
    ("base:*>*", Action::Mark),
];

#[test]
fn marks_take_effect_at_full_speed_011() {
    race(Generation::Meta, Layout::Meta, MARKS, 20);
}

/// Under `both`, so that tags keep their members: what 0.0.9's dropped tags lose is shown in `stepping`.
#[test]
fn marks_take_effect_at_full_speed_009() {
    race(Generation::Classic, Layout::Both, MARKS, 20);
    race(Generation::Classic, Layout::Classic, &[MARKS[0], MARKS[1]], 10);
}

#[test]
fn deletions_take_effect_at_full_speed_011() {
    let mut actions = vec![
        ("key", Action::Delete),
        ("tag", Action::Delete),
        ("invalid", Action::Delete),
        ("base:*", Action::Delete),
    ];
    race(Generation::Meta, Layout::Meta, &actions, 20);
    actions.extend(MARKS);
    race(Generation::Meta, Layout::Meta, &actions, 20);
}

/// Deletions alone: whoever recomputes for a mark of 0.0.9 cannot be seen by a deletion. What is in progress is marked
/// though, so a refresh does follow a deletion; `base:*` is then given again, and the mark of the last one decides.
#[test]
fn deletions_and_then_a_mark_take_effect_at_full_speed_009() {
    let server = Server::start();
    let mut session = session(&server, Layout::Classic, 0);
    let mut redis = server.connect();
    let keys = keys(Generation::Classic, false);
    let reads = Arc::new(Reads::default());
    let (mut lost, mut checked) = (0, 0);
    for _ in 0..30 {
        let until = Arc::new(AtomicBool::new(false));
        let readers = read(&server, &keys, &reads, &until);
        for round in 0..20 {
            let mut report = InvalidationReport::default();
            keys.iter().for_each(|(_, version)| {
                version.fetch_add(1, Ordering::SeqCst);
            });
            let actions: &[Action] =
                if round % 2 == 0 { &[Action::Delete] } else { &[Action::Delete, Action::Mark] };
            for &action in actions {
                let how = Invalidation { action: Some(action), mode: Mode::Apply, trusts_names: false };
                let mut selectors =
                    keys.iter().map(|(key, _)| Ok(Selector::Key(LogicalKey::from(key.logical.as_str()))));
                let mut control = Control::default();
                invalidate(&mut session, &mut selectors, how, &mut control, &mut report).unwrap();
            }
        }
        until.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        let (old, unindexed) = judge(&keys, &mut redis);
        assert_eq!(unindexed, 0);
        lost += old;
        checked += keys.len();
    }
    println!("0.0.9, deletion then mark: {checked} values checked, {lost} old");
    assert_eq!(lost, 0);
}

/// A reader that alternates between values that are due for the purger and values that are not.
#[test]
fn a_purge_at_full_speed_takes_only_what_is_due() {
    for (generation, layout) in [(Generation::Classic, Layout::Classic), (Generation::Meta, Layout::Meta)] {
        let server = Server::start();
        let (seconds, _): (i64, i64) = redis::cmd("TIME").query(&mut server.connect()).unwrap();
        // The purger's clock stands 1000 s ahead of the readers'.
        let mut session = session(&server, layout, seconds - NOW - 1000);
        let until = Arc::new(AtomicBool::new(false));
        let keys = keys(generation, true);
        let counts: Arc<[AtomicU64; 4]> = Arc::default();
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let (keys, until, counts) = (Arc::clone(&keys), Arc::clone(&until), Arc::clone(&counts));
                let mut redis = server.connect();
                std::thread::spawn(move || {
                    let count =
                        |place: usize, n: bool| counts[place].fetch_add(u64::from(n), Ordering::Relaxed);
                    while !until.load(Ordering::Relaxed) {
                        for (key, version) in &keys[reader * KEYS_EACH..(reader + 1) * KEYS_EACH] {
                            // The bucket knows a cut key by its first two parts, and so does the purger.
                            let mark = |redis: &mut Connection| {
                                let mark = redis::cmd("SADD").arg(&key.deleted).arg(&key.member).to_owned();
                                mark.exec(redis).unwrap();
                            };
                            mark(&mut redis);
                            Call::new(key).run(&mut redis, &mut Data { version, due: true });
                            if reader == 0 {
                                std::thread::sleep(Duration::from_micros(100));
                            }
                            count(0, key.stored(&mut redis).is_none());
                            // Refreshed: from here on it is not due, and nothing may take it.
                            version.fetch_add(1, Ordering::SeqCst);
                            mark(&mut redis);
                            let mut call = Call::new(key);
                            while !call.is_done() {
                                call.step(&mut redis, &mut Data { version, due: false });
                            }
                            // 0.0.9 reads before it takes the mark: a purge in between leaves it with a hit.
                            let Some(got) = call.computed else { continue };
                            count(1, true);
                            count(2, key.stored(&mut redis) != Some(got));
                            // Nor may a mark go, on what is not due.
                            mark(&mut redis);
                            std::thread::yield_now();
                            count(3, !key.is_in(&key.deleted, &mut redis));
                        }
                    }
                })
            })
            .collect();
        let mut report = PurgeReport::default();
        let (start, mut purges) = (Instant::now(), 0);
        while purges < 1500 || start.elapsed() < Duration::from_secs(1) {
            let how = Purge {
                grace: 0,
                mark: purges % 5 == 4,
                mode: Mode::Apply,
                lock: false,
                filter: Filter::default(),
            };
            let mut control = Control { pace: Pace::fast(), ..Control::default() };
            purge(&mut session, how, &mut control, &mut report).unwrap();
            purges += 1;
        }
        until.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        let [gone, refreshed, lost, unmarked] =
            [0, 1, 2, 3].map(|place| counts[place].load(Ordering::Relaxed));
        println!(
            "{generation:?}: {purges} purges of {} due entries against {refreshed} refreshes; {gone} due values gone",
            report.expired
        );
        assert_eq!((lost, unmarked), (0, 0), "{generation:?}: values and marks that were not due");
        assert!(gone > 20 && refreshed > 500, "{generation:?}: they hardly met: {gone} of {refreshed}");
    }
}
