//! Every call there can be: all sequences of events, and what must hold at each step.

use super::call_state::{Call, Cause, Claimed, Event, Found, Hold, Purpose, Served, Step};
use std::collections::{HashMap, HashSet};

const FOUND: [Found; 5] = [Found::Fresh, Found::Early, Found::Due, Found::Failing, Found::Absent];

const PURPOSES: [Purpose; 3] = [Purpose::Call, Purpose::Refresh, Purpose::Put];

/// Everything that can happen at a step.
fn events(call: &Call, step: Step) -> Vec<Event> {
    let purpose = call.purpose;
    match step {
        Step::Read => {
            let found = FOUND.into_iter().filter(|it| *it != Found::Failing || call.stale_if_error);
            found.map(Event::Read).chain([Event::Unavailable]).collect()
        }
        Step::Lead => vec![Event::Leading, Event::Taken, Event::TimedOut],
        Step::Share => {
            vec![Event::Leading, Event::Shared, Event::SharedError, Event::Abandoned, Event::TimedOut]
        }
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
    timed_out: bool,
    /// It goes on behind its caller, who has the value that was read.
    behind: bool,
}

/// Walks every sequence of events from every setting, and checks what must hold at each step.
#[test]
fn every_call_ends_as_promised() {
    let ways = [0, 1, 2, 3, 4, 5, 6, 7].map(|way| [way & 1, way & 2, way & 4].map(|it| it > 0));
    for (purpose, [stale, compute, if_error]) in PURPOSES.into_iter().flat_map(|it| ways.map(|way| (it, way)))
    {
        let call = Call::new(purpose, stale, 3, compute).stale_if_error(if_error);
        let mut seen = HashSet::new();
        let mut todo = vec![(call.first(), call, Held::default(), None)];
        let mut ends = HashMap::new();
        while let Some((step, call, held, last)) = todo.pop() {
            if !seen.insert(format!("{step:?} {call:?} {held:?} {last:?}")) {
                continue;
            }
            check(step, &call, held, last);
            if events(&call, step).is_empty() {
                *ends.entry(format!("{step:?}")).or_insert(0) += 1;
            }
            for event in events(&call, step) {
                let mut next = call.clone();
                let then = next.next(event);
                todo.push((then, next, after(held, event), Some(event)));
                if event == Event::Leading && !held.behind {
                    let mut behind = call.behind();
                    let then = behind.next(event);
                    let held = Held { behind: true, has_value: false, ..after(held, event) };
                    todo.push((then, behind, held, Some(event)));
                }
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
        assert_eq!(ends.contains_key("Serve(Stale)"), is_call);
        // What is computed early behind a call, without Redis, is not needed.
        assert_eq!(ends.contains_key("Fail(Cache)"), !compute || purpose != Purpose::Refresh);
        assert_eq!(ends.contains_key("Fail(Timeout)"), purpose != Purpose::Put);
    }
}

fn after(held: Held, event: Event) -> Held {
    match event {
        Event::Leading => Held { leads: true, ..held },
        Event::Claimed(Claimed::Mine { .. }) => Held { lease: true, ..held },
        Event::Stored | Event::GivenBack => Held { lease: false, ..held },
        Event::Computed | Event::Failed => Held { has_computed: true, ..held },
        Event::Claimed(Claimed::Busy { value }) => Held { has_value: value, ..held },
        Event::TimedOut => Held { timed_out: true, ..held },
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
            let was_told = call.stale || held.timed_out || call.stale_if_error;
            assert!(served != Served::Stale || was_told, "{note}");
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

#[test]
fn a_value_at_hand_is_served_where_the_function_fails() {
    let mine = Event::Claimed(Claimed::Mine { refresh: true });
    let events = |found| [Event::Read(found), Event::Leading, mine, Event::Failed, Event::GivenBack];
    for (found, if_error, end) in [
        (Found::Due, true, Step::Serve(Served::Stale)),
        (Found::Due, false, Step::Fail(Cause::Function)),
        (Found::Early, false, Step::Serve(Served::Hit)),
        (Found::Absent, true, Step::Fail(Cause::Function)),
    ] {
        for stale in [true, false] {
            let call = Call::new(Purpose::Call, stale, 5, true).stale_if_error(if_error);
            assert_eq!(drive(call, &events(found)).last(), Some(&end), "{found:?} {stale}");
        }
    }
    // It asked for a new one.
    let busy = Event::Claimed(Claimed::Busy { value: true });
    let refresh = Call::new(Purpose::Refresh, true, 1, true).stale_if_error(true);
    let steps =
        drive(refresh, &[Event::Leading, busy, Event::Slept, Event::Claimed(Claimed::Joined), Event::Failed]);
    assert_eq!(steps.last(), Some(&Step::Fail(Cause::Function)));
}

#[test]
fn what_is_valid_is_computed_anew_by_one_and_waited_for_by_nobody() {
    let call = || Call::new(Purpose::Call, false, 5, true);
    let early = Event::Read(Found::Early);
    assert_eq!(drive(call(), &[early, Event::Taken]), [Step::Read, Step::Lead, Step::Serve(Served::Hit)]);
    let busy = Event::Claimed(Claimed::Busy { value: true });
    assert_eq!(drive(call(), &[early, Event::Leading, busy]).last(), Some(&Step::Serve(Served::Hit)));
    assert_eq!(
        drive(call(), &[early, Event::Leading, Event::Unavailable]).last(),
        Some(&Step::Serve(Served::Hit))
    );
}

#[test]
fn who_waits_no_longer_gets_the_value_at_hand_or_an_error() {
    for (found, end) in
        [(Found::Due, Step::Serve(Served::Stale)), (Found::Absent, Step::Fail(Cause::Timeout))]
    {
        let call = Call::new(Purpose::Call, false, 5, true);
        assert_eq!(drive(call, &[Event::Read(found), Event::TimedOut]).last(), Some(&end));
    }
}
