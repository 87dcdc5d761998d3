//! Every call there can be: all sequences of events, and what must hold at each step.

use super::call_state::{Call, Cause, Claimed, Event, Found, Hold, Purpose, Served, Step};
use std::collections::{HashMap, HashSet};

const FOUND: [Found; 3] = [Found::Fresh, Found::Due, Found::Absent];

const PURPOSES: [Purpose; 3] = [Purpose::Call, Purpose::Refresh, Purpose::Put];

/// Everything that can happen at a step.
fn events(purpose: Purpose, step: Step) -> Vec<Event> {
    match step {
        Step::Read => FOUND.map(Event::Read).into_iter().chain([Event::Unavailable]).collect(),
        Step::Lead => vec![Event::Leading, Event::Taken],
        Step::Share => vec![Event::Leading, Event::Shared, Event::SharedError, Event::Abandoned],
        Step::Claim { join } => {
            let mut all = vec![
                Event::Claimed(Claimed::Mine { refresh: true }),
                Event::Claimed(Claimed::Mine { refresh: false }),
                Event::Unavailable,
            ];
            if purpose == Purpose::Call {
                all.extend([Event::Claimed(Claimed::Valid), Event::Unreadable]);
            }
            all.extend(match join {
                true => vec![Event::Claimed(Claimed::Joined), Event::Claimed(Claimed::Beside)],
                false => vec![
                    Event::Claimed(Claimed::Busy { value: true }),
                    Event::Claimed(Claimed::Busy { value: false }),
                ],
            });
            all
        }
        Step::Sleep => vec![Event::Slept],
        // What is put is there.
        Step::Compute(_) if purpose == Purpose::Put => vec![Event::Computed],
        Step::Compute(_) => vec![Event::Computed, Event::Failed],
        // The driver reports a failure to store or to give back, and goes on: the value is known.
        Step::Store => vec![Event::Stored],
        Step::GiveBack => vec![Event::GivenBack],
        Step::Serve(_) | Step::Fail(_) => Vec::new(),
    }
}

/// Whether the driver is the one that computes for this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Held {
    leads: bool,
    lease: bool,
    has_value: bool,
    has_computed: bool,
}

/// Walks every sequence of events from every setting, and checks what must hold at each step.
#[test]
fn every_call_ends_as_promised() {
    let ways = [(true, true), (true, false), (false, true), (false, false)];
    for (purpose, (stale, compute)) in PURPOSES.into_iter().flat_map(|it| ways.map(|way| (it, way))) {
        let call = Call::new(purpose, stale, 3, compute);
        let mut seen = HashSet::new();
        let mut todo = vec![(call.first(), call, Held::default(), None)];
        let mut ends = HashMap::new();
        while let Some((step, call, held, last)) = todo.pop() {
            if !seen.insert(format!("{step:?} {call:?} {held:?} {last:?}")) {
                continue;
            }
            check(step, &call, held, last);
            if events(purpose, step).is_empty() {
                *ends.entry(format!("{step:?}")).or_insert(0) += 1;
            }
            for event in events(purpose, step) {
                let mut next = call.clone();
                let then = next.next(event);
                todo.push((then, next, after(held, event), Some(event)));
            }
        }
        let is_call = purpose == Purpose::Call;
        assert!(ends.contains_key("Serve(Computed)"), "{ends:?}");
        assert_eq!(
            ends.contains_key("Serve(Hit)") && ends.contains_key("Serve(Waited)"),
            is_call,
            "{ends:?}"
        );
        assert_eq!(ends.contains_key("Serve(Shared)"), purpose != Purpose::Put);
        assert_eq!(ends.contains_key("Serve(Stale)"), stale && is_call);
        assert_eq!(ends.contains_key("Fail(Cache)"), !compute || purpose == Purpose::Put);
    }
}

fn after(held: Held, event: Event) -> Held {
    match event {
        Event::Leading => Held { leads: true, ..held },
        Event::Claimed(Claimed::Mine { .. }) => Held { lease: true, ..held },
        Event::Stored | Event::GivenBack => Held { lease: false, ..held },
        Event::Computed | Event::Failed => Held { has_computed: true, ..held },
        Event::Claimed(Claimed::Busy { value }) => Held { has_value: value || held.has_value, ..held },
        Event::Read(found) => Held { has_value: found != Found::Absent, ..held },
        Event::Claimed(Claimed::Valid) => Held { has_value: true, ..held },
        _ => held,
    }
}

fn check(step: Step, call: &Call, held: Held, last: Option<Event>) {
    let note = format!("{step:?} after {last:?}: {call:?} {held:?}");
    // What is put needs nobody in this process.
    let leads = held.leads || call.purpose == Purpose::Put;
    match step {
        Step::Sleep => assert!(leads && call.purpose != Purpose::Put, "{note}"),
        // Nobody claims, waits for others, or computes what is to be stored, but the one who leads here.
        Step::Claim { .. } => assert!(leads, "{note}"),
        Step::Compute(hold) => {
            assert!(leads, "{note}");
            assert!(!held.has_computed, "{note}");
            assert_eq!(held.lease, matches!(hold, Hold::Lease { .. }), "{note}");
        }
        Step::Store => {
            assert!(call.stores, "{note}");
        }
        Step::GiveBack => assert!(held.lease, "{note}"),
        Step::Lead | Step::Share => assert!(!held.leads, "{note}"),
        Step::Read => assert!(!held.lease && call.purpose == Purpose::Call, "{note}"),
        // No end leaves a lease behind, and what is served is there.
        Step::Serve(served) => {
            assert!(!held.lease, "{note}");
            let read = matches!(served, Served::Hit | Served::Stale | Served::Waited);
            assert!(!read || held.has_value, "{note}");
            assert!(served != Served::Stale || call.stale, "{note}");
        }
        Step::Fail(_) => assert!(!held.lease, "{note}"),
    }
}

fn drive(mut call: Call, events: &[Event]) -> Vec<Step> {
    let first = call.first();
    std::iter::once(first).chain(events.iter().map(|event| call.next(*event))).collect()
}

#[test]
fn a_hit_reads_once() {
    let steps = drive(Call::new(Purpose::Call, true, 5, true), &[Event::Read(Found::Fresh)]);
    assert_eq!(steps, [Step::Read, Step::Serve(Served::Hit)]);
}

#[test]
fn a_worker_waits_as_often_as_it_is_told_and_then_computes() {
    let busy = Event::Claimed(Claimed::Busy { value: false });
    let again = Event::Read(Found::Absent);
    let events = [again, Event::Leading, busy, Event::Slept, again, Event::Slept, again];
    let steps = drive(Call::new(Purpose::Call, true, 2, true), &events);
    let share = [Step::Read, Step::Share, Step::Claim { join: false }];
    let waits = [Step::Sleep, Step::Read, Step::Sleep, Step::Read, Step::Claim { join: true }];
    assert_eq!(steps, [&share[..], &waits].concat());
}

#[test]
fn with_stale_reads_nobody_waits_for_a_refresh() {
    let due = Event::Read(Found::Due);
    let stale = Step::Serve(Served::Stale);
    assert_eq!(
        drive(Call::new(Purpose::Call, true, 5, true), &[due, Event::Taken]),
        [Step::Read, Step::Lead, stale]
    );
    let busy = Event::Claimed(Claimed::Busy { value: true });
    assert_eq!(
        drive(Call::new(Purpose::Call, true, 5, true), &[due, Event::Leading, busy]).last(),
        Some(&stale)
    );
    let steps = drive(Call::new(Purpose::Call, false, 5, true), &[due, Event::Leading, busy]);
    assert_eq!(steps, [Step::Read, Step::Share, Step::Claim { join: false }, Step::Sleep]);
}

#[test]
fn without_redis_the_callers_of_one_process_share_a_computation() {
    let steps = drive(
        Call::new(Purpose::Call, true, 5, true),
        &[Event::Unavailable, Event::Leading, Event::Computed],
    );
    let expected = [Step::Read, Step::Share, Step::Compute(Hold::Nothing), Step::Serve(Served::Computed)];
    assert_eq!(steps, expected);
    assert_eq!(
        drive(Call::new(Purpose::Call, true, 5, false), &[Event::Unavailable]).last(),
        Some(&Step::Fail(Cause::Cache))
    );
}

#[test]
fn a_refresh_waits_for_another_and_takes_nothing_of_it() {
    let busy = Event::Claimed(Claimed::Busy { value: true });
    let mine = Event::Claimed(Claimed::Mine { refresh: false });
    let steps = drive(
        Call::new(Purpose::Refresh, true, 2, true),
        &[Event::Abandoned, Event::Leading, busy, Event::Slept, mine, Event::Failed],
    );
    let claim = Step::Claim { join: false };
    let compute = Step::Compute(Hold::Lease { refresh: false });
    let expected = [Step::Share, Step::Share, claim, Step::Sleep, claim, compute, Step::GiveBack];
    assert_eq!(steps, expected);
}

#[test]
fn what_is_put_waits_for_nobody() {
    let put = || Call::new(Purpose::Put, true, 3, true);
    let claim = Step::Claim { join: true };
    let refresh = true;
    for (claimed, hold) in [
        (Claimed::Mine { refresh }, Hold::Lease { refresh }),
        (Claimed::Mine { refresh: false }, Hold::Lease { refresh: false }),
        (Claimed::Joined, Hold::Joined),
    ] {
        let driven = drive(put(), &[Event::Claimed(claimed), Event::Computed]);
        assert_eq!(driven, [claim, Step::Compute(hold), Step::Store]);
    }
    let beside = drive(put(), &[Event::Claimed(Claimed::Beside), Event::Computed]);
    assert_eq!(beside, [claim, Step::Compute(Hold::Nothing), Step::Serve(Served::Computed)]);
}
