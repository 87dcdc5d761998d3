//! The decisions of one call, free of I/O: what was seen goes in, what to do next comes out.
//!
//! Both faces drive this one machine; they differ only in how they read, wait and compute.

/// What the hit path read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A value that is neither marked nor expired.
    Fresh,
    /// A value that is marked or expired.
    Due,
    /// No value, or one that does not decode.
    Absent,
}

/// What the server said to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// There is a valid value by now.
    Valid,
    /// Another worker computes. `value`: an old value is there meanwhile.
    Busy { value: bool },
    /// The key is ours to compute, under a lease. `refresh`: a mark or an expiry was taken.
    Mine { refresh: bool },
    /// Another worker still computes; we compute beside it, and whoever is first stores.
    Joined,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Read(Found),
    /// We lead the computation in this process.
    Leading,
    /// Somebody else in this process does.
    Taken,
    /// Whoever led handed out a value, or the function's error.
    Shared,
    SharedError,
    /// Whoever led gave up, panicked or was cancelled.
    Abandoned,
    /// This very thread leads already: the function calls itself.
    Reentered,
    Claimed(Claimed),
    Slept,
    Computed,
    Failed,
    Stored,
    GivenBack,
    /// Redis is away, slow, or refused.
    Unavailable,
    /// A claim brought a value that does not decode.
    Unreadable,
}

/// Under what a computation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Our lease, taken for a mark or an expiry where `refresh` is set.
    Lease { refresh: bool },
    /// The lease of another.
    Joined,
    /// None: the result is not stored.
    Nothing,
}

/// Where the value that a call returns comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    Hit,
    Stale,
    /// Another worker stored it while we waited.
    Waited,
    /// Another caller in this process computed it.
    Shared,
    Computed,
}

/// Why a call returns an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Function,
    Cache,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Read value and marks.
    Read,
    /// Lead the computation in this process, if nobody does.
    Lead,
    /// Lead it, or wait for whoever does.
    Share,
    /// Claim the key on the server; with `join`, compute beside another worker if need be.
    Claim {
        join: bool,
    },
    /// Wait one retry interval.
    Sleep,
    Compute(Hold),
    Store,
    /// Give back the mark, and leave progress.
    GiveBack,
    Serve(Served),
    Fail(Cause),
}

/// One call under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    stale: bool,
    compute_on_error: bool,
    looks_left: u32,
    waited: bool,
    away: bool,
    leads: bool,
    lease: bool,
    stores: bool,
}

impl Call {
    pub(crate) fn new(stale: bool, retries: u32, compute_on_error: bool) -> Self {
        Self {
            stale,
            compute_on_error,
            looks_left: retries,
            waited: false,
            away: false,
            leads: false,
            lease: false,
            stores: false,
        }
    }

    /// What a call begins with.
    pub(crate) fn first(&self) -> Step {
        Step::Read
    }

    /// What follows from an event.
    pub(crate) fn next(&mut self, event: Event) -> Step {
        match event {
            Event::Read(found) => self.read(found),
            Event::Leading => {
                self.leads = true;
                if self.away { self.compute(Hold::Nothing) } else { Step::Claim { join: false } }
            }
            Event::Taken => Step::Serve(Served::Stale),
            Event::Shared => Step::Serve(Served::Shared),
            Event::SharedError => Step::Fail(Cause::Function),
            Event::Abandoned => {
                self.away = false;
                Step::Read
            }
            Event::Claimed(claimed) => self.claimed(claimed),
            Event::Slept => {
                self.looks_left = self.looks_left.saturating_sub(1);
                self.waited = true;
                Step::Read
            }
            Event::Computed if self.stores => Step::Store,
            Event::Computed | Event::Stored => Step::Serve(Served::Computed),
            Event::Failed if self.lease => Step::GiveBack,
            Event::Failed | Event::GivenBack => Step::Fail(Cause::Function),
            Event::Unavailable => self.unavailable(),
            Event::Reentered | Event::Unreadable => self.compute(Hold::Nothing),
        }
    }

    fn read(&mut self, found: Found) -> Step {
        match (found, self.waited) {
            (Found::Fresh, false) => Step::Serve(Served::Hit),
            (Found::Fresh, true) => Step::Serve(Served::Waited),
            (Found::Due, true) => Step::Claim { join: self.looks_left == 0 },
            (Found::Absent, true) => self.wait(),
            // The old value is at hand: at most one caller leaves to compute, and nobody waits.
            (Found::Due, false) if self.stale => Step::Lead,
            (Found::Due | Found::Absent, false) => Step::Share,
        }
    }

    fn claimed(&mut self, claimed: Claimed) -> Step {
        match claimed {
            Claimed::Valid if self.waited => Step::Serve(Served::Waited),
            Claimed::Valid => Step::Serve(Served::Hit),
            Claimed::Busy { value: true } if self.stale => Step::Serve(Served::Stale),
            Claimed::Busy { .. } => self.wait(),
            Claimed::Mine { refresh } => self.compute(Hold::Lease { refresh }),
            Claimed::Joined => self.compute(Hold::Joined),
        }
    }

    fn wait(&self) -> Step {
        if self.looks_left > 0 { Step::Sleep } else { Step::Claim { join: true } }
    }

    fn compute(&mut self, hold: Hold) -> Step {
        self.lease = matches!(hold, Hold::Lease { .. });
        self.stores = hold != Hold::Nothing;
        Step::Compute(hold)
    }

    /// Without Redis the callers of this process still share one computation.
    fn unavailable(&mut self) -> Step {
        if !self.compute_on_error {
            return Step::Fail(Cause::Cache);
        }
        self.away = true;
        if self.leads { self.compute(Hold::Nothing) } else { Step::Share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    const FOUND: [Found; 3] = [Found::Fresh, Found::Due, Found::Absent];

    /// Everything that can happen at a step.
    fn events(step: Step) -> Vec<Event> {
        match step {
            Step::Read => FOUND.map(Event::Read).into_iter().chain([Event::Unavailable]).collect(),
            Step::Lead => vec![Event::Leading, Event::Taken],
            Step::Share => {
                vec![Event::Leading, Event::Shared, Event::SharedError, Event::Abandoned, Event::Reentered]
            }
            Step::Claim { join } => {
                let mut all = vec![
                    Event::Claimed(Claimed::Valid),
                    Event::Claimed(Claimed::Mine { refresh: true }),
                    Event::Claimed(Claimed::Mine { refresh: false }),
                    Event::Unavailable,
                    Event::Unreadable,
                ];
                all.extend(match join {
                    true => vec![Event::Claimed(Claimed::Joined)],
                    false => vec![
                        Event::Claimed(Claimed::Busy { value: true }),
                        Event::Claimed(Claimed::Busy { value: false }),
                    ],
                });
                all
            }
            Step::Sleep => vec![Event::Slept],
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
    }

    /// Walks every sequence of events from every setting, and checks what must hold at each step.
    #[test]
    fn every_call_ends_as_promised() {
        for (stale, compute) in [(true, true), (true, false), (false, true), (false, false)] {
            let call = Call::new(stale, 3, compute);
            let mut seen = HashSet::new();
            let mut todo = vec![(call.first(), call, Held::default(), None)];
            let mut ends = HashMap::new();
            while let Some((step, call, held, last)) = todo.pop() {
                if !seen.insert(format!("{step:?} {call:?} {held:?} {last:?}")) {
                    continue;
                }
                check(step, &call, held, last);
                if events(step).is_empty() {
                    *ends.entry(format!("{step:?}")).or_insert(0) += 1;
                }
                for event in events(step) {
                    let mut next = call.clone();
                    let then = next.next(event);
                    todo.push((then, next, after(held, event), Some(event)));
                }
            }
            assert!(ends.contains_key("Serve(Computed)") && ends.contains_key("Serve(Hit)"), "{ends:?}");
            assert_eq!(ends.contains_key("Serve(Stale)"), stale);
            assert_eq!(ends.contains_key("Fail(Cache)"), !compute);
        }
    }

    fn after(held: Held, event: Event) -> Held {
        match event {
            Event::Leading => Held { leads: true, ..held },
            Event::Claimed(Claimed::Mine { .. }) => Held { lease: true, ..held },
            Event::Stored | Event::GivenBack => Held { lease: false, ..held },
            Event::Read(found) => Held { has_value: found != Found::Absent, ..held },
            Event::Claimed(Claimed::Valid | Claimed::Busy { value: true }) => {
                Held { has_value: true, ..held }
            }
            _ => held,
        }
    }

    fn check(step: Step, call: &Call, held: Held, last: Option<Event>) {
        let note = format!("{step:?} after {last:?}: {call:?} {held:?}");
        match step {
            // Nobody claims, waits for others, or computes what is to be stored, but the one who leads here.
            Step::Claim { .. } | Step::Sleep => assert!(held.leads, "{note}"),
            Step::Compute(hold) => {
                assert!(held.leads || last == Some(Event::Reentered), "{note}");
                assert_eq!(held.lease, matches!(hold, Hold::Lease { .. }), "{note}");
            }
            Step::Store => assert!(call.stores, "{note}"),
            Step::GiveBack => assert!(held.lease, "{note}"),
            Step::Lead | Step::Share => assert!(!held.leads, "{note}"),
            Step::Read => assert!(!held.lease, "{note}"),
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
        let steps = drive(Call::new(true, 5, true), &[Event::Read(Found::Fresh)]);
        assert_eq!(steps, [Step::Read, Step::Serve(Served::Hit)]);
    }

    #[test]
    fn a_worker_waits_as_often_as_it_is_told_and_then_computes() {
        let busy = Event::Claimed(Claimed::Busy { value: false });
        let again = Event::Read(Found::Absent);
        let events = [again, Event::Leading, busy, Event::Slept, again, Event::Slept, again];
        let steps = drive(Call::new(true, 2, true), &events);
        let share = [Step::Read, Step::Share, Step::Claim { join: false }];
        let waits = [Step::Sleep, Step::Read, Step::Sleep, Step::Read, Step::Claim { join: true }];
        assert_eq!(steps, [&share[..], &waits].concat());
    }

    #[test]
    fn with_stale_reads_nobody_waits_for_a_refresh() {
        let due = Event::Read(Found::Due);
        let stale = Step::Serve(Served::Stale);
        assert_eq!(drive(Call::new(true, 5, true), &[due, Event::Taken]), [Step::Read, Step::Lead, stale]);
        let busy = Event::Claimed(Claimed::Busy { value: true });
        assert_eq!(drive(Call::new(true, 5, true), &[due, Event::Leading, busy]).last(), Some(&stale));
        let steps = drive(Call::new(false, 5, true), &[due, Event::Leading, busy]);
        assert_eq!(steps, [Step::Read, Step::Share, Step::Claim { join: false }, Step::Sleep]);
    }

    #[test]
    fn without_redis_the_callers_of_one_process_share_a_computation() {
        let steps = drive(Call::new(true, 5, true), &[Event::Unavailable, Event::Leading, Event::Computed]);
        let expected = [Step::Read, Step::Share, Step::Compute(Hold::Nothing), Step::Serve(Served::Computed)];
        assert_eq!(steps, expected);
        assert_eq!(
            drive(Call::new(true, 5, false), &[Event::Unavailable]).last(),
            Some(&Step::Fail(Cause::Cache))
        );
    }
}
