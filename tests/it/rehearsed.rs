//! A dry run says what the run does: the same numbers, and the same refusals.

use std::time::Duration;

use cacheme::cache::{Mode, Session};
use cacheme::client::{Conn, Control, Pace, Target, Timeouts};
use cacheme::namespace::{Layout, LogicalKey, Namespace};
use cacheme::ops::{
    Action, Filter, Gc, GcReport, Invalidation, InvalidationReport, Purge, PurgeReport, Selector, gc,
    invalidate, purge,
};

use crate::gc_removes::all;
use crate::gc_torture::Dice;
use crate::support::server::Server;

const LAYOUTS: [Layout; 3] = [Layout::Classic, Layout::Meta, Layout::Both];

/// What was counted, or the refusal.
type Outcome = Result<(Vec<u64>, bool), String>;

#[derive(Debug)]
enum Operation {
    Invalidate(Vec<Selector>, Option<Action>),
    Purge { mark: bool },
    Gc { in_use: Layout, stuck_after: Duration },
}

impl Operation {
    fn run(&self, session: &mut Session, layout: Layout, pace: &Pace, mode: Mode) -> Outcome {
        session.ns = session.ns.with_layout(layout);
        let control = &mut Control { pace: pace.clone(), ..Control::default() };
        let (counts, complete, done) = match self {
            Self::Invalidate(selectors, action) => {
                let mut report = InvalidationReport::default();
                let how = Invalidation { action: *action, mode, trusts_names: false };
                let mut selectors = selectors.iter().cloned().map(Ok);
                let done = invalidate(session, &mut selectors, how, control, &mut report);
                (vec![report.matched, report.marked, report.deleted], report.complete, done)
            }
            Self::Purge { mark } => {
                let mut report = PurgeReport::default();
                let how = Purge { grace: 0, mark: *mark, mode, lock: false, filter: Filter::default() };
                let done = purge(session, how, control, &mut report);
                let PurgeReport { buckets, scanned, expired, deleted, marked, bytes, complete, .. } = report;
                (vec![buckets, scanned, expired, deleted, marked, bytes], complete, done)
            }
            Self::Gc { in_use, stuck_after } => {
                let mut report = GcReport::default();
                session.in_use = *in_use;
                let how = Gc { stuck_after: *stuck_after, wait: false, mode, lock: false };
                let done = gc(session, how, control, &mut report);
                let parts =
                    [&report.tags, &report.invalid_keys, &report.expiry, &report.pending, &report.progress];
                let mut counts: Vec<_> =
                    parts.iter().flat_map(|part| [part.scanned, part.removed, part.restored]).collect();
                counts.push(report.suspects);
                (counts, report.complete, done)
            }
        };
        done.map(|()| (counts, complete)).map_err(|error| error.to_string())
    }
}

/// A server with one database a thread, and a connection of the library to it.
fn opened(server: &Server, db: i64) -> (redis::Connection, Session) {
    let target = Target::parse(&server.url_of_db(db)).unwrap();
    let conn = Conn::open(&target, Timeouts::default()).unwrap();
    let ns = Namespace::new("CM:", Layout::Classic).unwrap();
    (server.connect_db(db), Session::open(conn, &ns, Some(Layout::Classic), 0).unwrap())
}

fn assert_same(session: &mut Session, layout: Layout, pace: &Pace, operation: &Operation, filled: &[String]) {
    let dry = operation.run(session, layout, pace, Mode::DryRun);
    let run = operation.run(session, layout, pace, Mode::Apply);
    let same = match (&dry, &run) {
        (Err(_), Err(_)) => true,
        _ => dry == run,
    };
    assert!(same, "dry {dry:?}\nrun {run:?}\n{layout:?} {operation:?}\n{}", filled.join("\n"));
}

fn pick<'a>(dice: &mut Dice, of: &[&'a str]) -> &'a str {
    of[dice.below(of.len())]
}

/// Commands that make a small namespace, and its keys.
fn random_namespace(dice: &mut Dice) -> (Vec<String>, Vec<String>) {
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    for n in 0..12 {
        let base = format!("{}{}", pick(dice, &["B:", "B:", "a"]), dice.below(5));
        let rest = pick(dice, &["", ">base", ">f", ">g", ">b", ">b>c", ">b>d"]);
        let field = rest.split('>').nth(1).unwrap_or("base");
        let key = format!("{base}{rest}");
        if !dice.one_in(4) {
            lines.push(format!("HSET CM:{base} {field} {n}"));
        }
        for set in ["t1", "t2", "I1:invalid"] {
            if dice.one_in(3) {
                lines.push(format!("SADD CM:{set} CM:{key}"));
            }
        }
        for set in ["delete", "meta:deleted", "progress", "meta:progress", "meta:both"] {
            if dice.one_in(5) {
                lines.push(format!("SADD CM:{set} CM:{key}"));
            }
        }
        let bucket = if dice.one_in(10) { "other" } else { &base };
        let cut: Vec<_> = key.split('>').take(2).collect();
        if dice.one_in(2) {
            let score = pick(dice, &["1000", "99999999999"]);
            lines.push(format!("ZADD CM:Meta:Expire-Buckets::CM:{bucket} {score} CM:{}", cut.join(">")));
        }
        if dice.one_in(12) {
            lines.push(format!("ZADD CM:meta:leases 1000 CM:{key}"));
        }
        keys.push(key);
    }
    for odd in ["t1", "B:3", "progress", "delete", "meta:deleted", "meta:both"] {
        if dice.one_in(12) {
            lines.extend([format!("DEL CM:{odd}"), format!("SET CM:{odd} x")]);
        }
    }
    (lines, keys)
}

fn random_selector(dice: &mut Dice, keys: &[String]) -> Selector {
    match dice.below(4) {
        0 => Selector::Key(LogicalKey::new(keys[dice.below(keys.len())].as_bytes().to_vec())),
        1 => Selector::Tag(pick(dice, &["t1", "t2"]).into()),
        2 => Selector::InvalidKey(b"I1".to_vec()),
        _ => Selector::pattern(
            pick(dice, &["B:*", "*>f", "B:*>*", "B:[1-4]", "a*>b", "*:1", "?:*>g"]).as_bytes(),
        )
        .unwrap(),
    }
}

#[test]
fn a_dry_run_and_the_run_report_the_same() {
    const THREADS: usize = 8;
    const CASES: usize = 50;
    let server = Server::start();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let server = &server;
            scope.spawn(move || {
                let (mut redis, mut session) = opened(server, i64::try_from(thread).unwrap());
                for case in 0..CASES {
                    let mut dice = Dice::new((thread * CASES + case + 1) as u64);
                    dice.below(2);
                    let (lines, keys) = random_namespace(&mut dice);
                    redis::cmd("FLUSHDB").exec(&mut redis).unwrap();
                    all(&mut redis, &lines.iter().map(String::as_str).collect::<Vec<_>>());
                    let layout = LAYOUTS[dice.below(3)];
                    // A run of gc waits until what it removed has settled.
                    let operation = match dice.below(30) {
                        0 => Operation::Gc {
                            in_use: layout,
                            stuck_after: Duration::from_secs(3600 * dice.below(2) as u64),
                        },
                        1..=7 => Operation::Purge { mark: dice.one_in(2) },
                        _ => {
                            let selectors =
                                (0..=dice.below(3)).map(|_| random_selector(&mut dice, &keys)).collect();
                            let action = [None, Some(Action::Mark), Some(Action::Delete)][dice.below(3)];
                            Operation::Invalidate(selectors, action)
                        }
                    };
                    let pace = pick(&mut dice, &["fast", "gentle"]).parse().unwrap();
                    assert_same(&mut session, layout, &pace, &operation, &lines);
                }
            });
        }
    });
}

#[test]
fn what_a_dry_run_would_have_done_is_not_counted_again() {
    let pattern = |glob: &[u8]| Selector::pattern(glob).unwrap();
    let key = |key: &[u8]| Selector::Key(LogicalKey::new(key.to_vec()));
    let in_both = &["SADD CM:progress CM:B:1>f", "SADD CM:meta:progress CM:B:1>f"][..];
    let in_one = &in_both[..1];
    let cut = &["HSET CM:B:1 b v", "SADD CM:t CM:B:1>b"][..];
    let doubled = &["HSET CM:a base v", "ZADD CM:Meta:Expire-Buckets::CM:a 1 CM:a 1 CM:a>base"][..];
    let strays =
        &["ZADD CM:Meta:Expire-Buckets::CM:x 1 CM:a", "ZADD CM:Meta:Expire-Buckets::CM:y 1 CM:a"][..];
    let invalidates = |selectors: Vec<Selector>, action| Operation::Invalidate(selectors, action);
    let server = Server::start();
    let (mut redis, mut session) = opened(&server, 0);
    for (layout, operation, lines, counts) in [
        (Layout::Both, invalidates(vec![pattern(b"B:*")], None), in_both, vec![1, 1, 1]),
        (
            Layout::Both,
            invalidates(vec![pattern(b"B:*"), Selector::Tag(b"get".to_vec())], None),
            in_one,
            vec![1, 1, 1],
        ),
        (Layout::Classic, invalidates(vec![pattern(b"B:*"), pattern(b"*:1")], None), in_one, vec![1, 1, 1]),
        (
            Layout::Classic,
            invalidates(vec![pattern(b"B:*>*"), key(b"B:1>b>c")], Some(Action::Delete)),
            cut,
            vec![2, 0, 2],
        ),
        (
            Layout::Classic,
            invalidates(vec![Selector::Tag(b"t".to_vec()), key(b"B:1>b>c")], Some(Action::Delete)),
            cut,
            vec![1, 0, 1],
        ),
        (Layout::Classic, Operation::Purge { mark: false }, doubled, vec![1, 2, 2, 1, 0, 1]),
        (Layout::Classic, Operation::Purge { mark: true }, strays, vec![2, 2, 2, 0, 1, 0]),
    ] {
        redis::cmd("FLUSHDB").exec(&mut redis).unwrap();
        all(&mut redis, &["HSET CM:B:1 f v", "SADD CM:get CM:B:1>f"]);
        all(&mut redis, lines);
        let dry = operation.run(&mut session, layout, &Pace::default(), Mode::DryRun);
        assert_eq!(dry, Ok((counts, true)), "{operation:?} {lines:?}");
        assert_eq!(
            operation.run(&mut session, layout, &Pace::default(), Mode::Apply),
            dry,
            "{operation:?} {lines:?}"
        );
    }
}

#[test]
fn a_dry_run_meets_the_refusals_of_the_run() {
    let server = Server::start();
    let (mut redis, mut session) = opened(&server, 0);
    let due = "ZADD CM:Meta:Expire-Buckets::CM:a 1 CM:a";
    for (odd, layout, operation) in [
        ("CM:delete", Layout::Classic, Operation::Purge { mark: false }),
        ("CM:meta:deleted", Layout::Meta, Operation::Purge { mark: true }),
        ("CM:meta:both", Layout::Both, Operation::Purge { mark: false }),
        ("CM:meta:both", Layout::Both, Operation::Invalidate(vec![Selector::Tag(b"t".to_vec())], None)),
        (
            "CM:delete",
            Layout::Classic,
            Operation::Gc { in_use: Layout::Classic, stuck_after: Duration::ZERO },
        ),
    ] {
        redis::cmd("FLUSHDB").exec(&mut redis).unwrap();
        all(&mut redis, &["HSET CM:a base v", "SADD CM:t CM:a", "ZADD CM:meta:leases 1 CM:a", due]);
        all(&mut redis, &[&format!("SET {odd} x")]);
        for mode in [Mode::DryRun, Mode::Apply] {
            let refusal = operation.run(&mut session, layout, &Pace::default(), mode).unwrap_err();
            assert!(refusal.contains("WRONGTYPE"), "{refusal}: {odd} {operation:?} {mode:?}");
        }
    }
}
