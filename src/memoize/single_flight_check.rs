//! Every way in which the callers of one key can interleave, on the real code.
//!
//! What a caller does to a flight happens inside critical sections: entering, looking, landing, giving up. So a run
//! of several threads is an order of these steps, and all orders are walked here, one thread standing in for all;
//! where two orders lead to the same state, one of them is walked on.
//! What is left out is the sleep between two looks, which is the plain loop around a condition variable, and callers who do
//! not trust the computation: to them it is an abandoned one.

use super::computation::Computation;
use super::single_flight::{Flights, Follower, Leader, Origin, Role, Trust};
use std::collections::HashSet;
use std::sync::Arc;

/// How often a caller's turns as a leader end badly before one ends well.
const CALLERS: [u8; 4] = [1, 0, 1, 0];

enum Caller {
    Outside,
    Leading(Leader<u32>),
    Following(Follower<u32>),
    Done(u32),
}

/// As a call that has found nothing on the server.
fn enter(flights: &Arc<Flights<u32>>, key: &[u8]) -> Role<u32> {
    flights.enter(key, Computation::next(), Trust::Claimed)
}

struct World {
    flights: Arc<Flights<u32>>,
    callers: Vec<(Caller, u8)>,
    /// Computations that ended well; what they hand out.
    landed: u32,
    abandoned: u32,
}

impl World {
    fn new() -> Self {
        let callers = CALLERS.iter().map(|bad| (Caller::Outside, *bad)).collect();
        Self { flights: Arc::default(), callers, landed: 0, abandoned: 0 }
    }

    /// Lets one caller take its next step; `false` where it cannot (done, or waiting for a leader).
    fn step(&mut self, who: usize) -> bool {
        let (caller, bad) = &mut self.callers[who];
        let next = match std::mem::replace(caller, Caller::Outside) {
            Caller::Done(value) => {
                *caller = Caller::Done(value);
                return false;
            }
            Caller::Outside => match enter(&self.flights, b"key") {
                Role::Leader(leader) => Caller::Leading(leader),
                Role::Follower(follower) => Caller::Following(follower),
                Role::Circle => unreachable!("nothing runs here"),
            },
            Caller::Leading(leader) if *bad > 0 => {
                *bad -= 1;
                self.abandoned += 1;
                drop(leader);
                Caller::Outside
            }
            Caller::Leading(leader) => {
                self.landed += 1;
                leader.land(self.landed, Origin::Claimed);
                Caller::Done(self.landed)
            }
            Caller::Following(follower) => match follower.look() {
                Some(Some(value)) => Caller::Done(value),
                Some(None) => Caller::Outside,
                None => {
                    self.callers[who].0 = Caller::Following(follower);
                    return false;
                }
            },
        };
        self.callers[who].0 = next;
        true
    }

    /// All that decides what can happen next.
    fn state(&self) -> Vec<(u8, Option<Option<u32>>, u8)> {
        let state = |caller: &Caller| match caller {
            Caller::Outside => (0, None),
            Caller::Leading(_) => (1, None),
            Caller::Following(follower) => (2, follower.look()),
            Caller::Done(value) => (3, Some(Some(*value))),
        };
        self.callers.iter().map(|(caller, bad)| (state(caller).0, state(caller).1, *bad)).collect()
    }

    fn leaders(&self) -> usize {
        self.callers.iter().filter(|(caller, _)| matches!(caller, Caller::Leading(_))).count()
    }
}

/// Replays a schedule; the callers that could still move after it.
fn replay(schedule: &[usize]) -> (World, Vec<usize>) {
    let mut world = World::new();
    for who in schedule {
        assert!(world.step(*who), "a schedule holds only steps that can be taken");
        assert!(world.leaders() <= 1, "two lead after {schedule:?}");
    }
    // Whether a caller can move is found out on a copy: a world cannot be cloned, but it can be replayed.
    let movable = (0..CALLERS.len()).filter(|who| {
        let mut copy = World::new();
        schedule.iter().for_each(|step| assert!(copy.step(*step)));
        copy.step(*who)
    });
    let movable = movable.collect();
    (world, movable)
}

#[test]
fn in_every_order_one_leads_and_nobody_is_left_waiting() {
    let mut todo = vec![Vec::new()];
    let (mut seen, mut ends) = (HashSet::new(), 0);
    while let Some(schedule) = todo.pop() {
        let (world, movable) = replay(&schedule);
        if !seen.insert(world.state()) {
            continue;
        }
        if movable.is_empty() {
            ends += 1;
            for (caller, _) in &world.callers {
                let Caller::Done(value) = caller else { panic!("somebody waits for ever: {schedule:?}") };
                assert!((1..=world.landed).contains(value), "a value nobody handed out: {schedule:?}");
            }
            assert!(world.abandoned <= 2);
        }
        todo.extend(movable.into_iter().map(|who| [&schedule[..], &[who]].concat()));
    }
    assert!(seen.len() > 100 && ends > 1, "only {} states, {ends} ends", seen.len());
}

#[test]
fn followers_get_what_their_own_leader_hands_out() {
    let flights = Arc::<Flights<u32>>::default();
    let Role::Leader(first) = enter(&flights, b"key") else { panic!() };
    let Role::Follower(early) = enter(&flights, b"key") else { panic!() };
    let Role::Leader(_other) = enter(&flights, b"other") else { panic!("keys fly apart") };
    first.land(1, Origin::Claimed);
    drop(first);
    let Role::Leader(second) = enter(&flights, b"key") else { panic!("a landed flight is over") };
    assert_eq!(early.wait(None), Some(Some(1)));
    let Role::Follower(late) = enter(&flights, b"key") else { panic!() };
    drop(second);
    assert_eq!(late.wait(None), Some(None));
}

#[test]
fn whoever_came_after_an_invalidation_takes_nothing_that_began_before_it() {
    use Trust::{All, Claimed, Later, Nothing};
    for origin in [Origin::Claimed, Origin::Computed, Origin::Read] {
        let (claimed, computed) = (origin == Origin::Claimed, origin != Origin::Read);
        let flights = Arc::<Flights<u32>>::default();
        let before = Computation::next();
        let Role::Leader(leader) = enter(&flights, b"key") else { panic!() };
        let after = Computation::next();
        let enter = |(began, trust)| match flights.enter(b"key", began, trust) {
            Role::Follower(follower) => follower,
            _ => panic!("it flies"),
        };
        let of_before = [(before, All), (before, Claimed), (before, Nothing)];
        let mut followers: Vec<_> = of_before
            .into_iter()
            .chain([(after, All), (after, Claimed), (after, Nothing)])
            .map(enter)
            .collect();
        leader.is_computed();
        followers.extend([(before, Claimed), (after, All), (after, Claimed)].map(enter));
        followers.extend([(before, Later), (after, Later)].map(enter));
        leader.land(1, origin);
        assert!(followers.iter().all(|it| it.look().is_none()), "nobody begins again while it is in the map");
        drop(leader);
        let took = followers.iter().map(|it| it.wait(None).flatten().is_some()).collect::<Vec<_>>();
        assert_eq!(took, [true, true, true, true, claimed, false, true, true, false, computed, false]);
    }
}

#[test]
fn nobody_waits_for_whoever_waits_for_him() {
    let flights = Arc::<Flights<u32>>::default();
    let Role::Leader(one) = enter(&flights, b"1") else { panic!() };
    let Role::Leader(two) = enter(&flights, b"2") else { panic!() };
    let within = |leader: &Leader<u32>, key: &[u8]| {
        let _within = leader.computation().enter();
        enter(&flights, key)
    };
    assert!(matches!(within(&one, b"1"), Role::Circle));
    // 2 needs 3, which it leads itself; 1 waits for 2; so 3 must not wait for 1.
    let Role::Leader(three) = within(&two, b"3") else { panic!() };
    let Role::Follower(first) = within(&one, b"2") else { panic!("2 waits for nobody who waits") };
    assert!(matches!(within(&three, b"1"), Role::Circle));
    assert!(matches!(within(&three, b"2"), Role::Circle));
    // A caller of its own waits for all of them, and so does another thread.
    std::thread::scope(|scope| {
        scope.spawn(|| assert!(matches!(enter(&flights, b"1"), Role::Follower(_))));
    });
    // Once 1 has stopped waiting, 3 may wait for it, and then 1 not for 2.
    drop(first);
    let Role::Follower(_second) = within(&three, b"1") else { panic!("1 waits for nobody any more") };
    assert!(matches!(within(&one, b"2"), Role::Circle));
}

/// What is left of a call that has ended keeps nobody for ever: neither who waits, nor who comes later, nor does its end do
/// anything to the next flight.
#[cfg(feature = "tokio")]
#[test]
fn whoever_gives_up_on_a_leader_that_left_begins_another_flight() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let wait = |follower: &Follower<u32>| runtime.block_on(async { follower.landed().await });
    for (landed, waited) in [(None, true), (None, false), (Some(1), true), (Some(1), false)] {
        let flights = Arc::<Flights<u32>>::default();
        let Role::Leader(first) = enter(&flights, b"key") else { panic!() };
        let Role::Follower(early) = enter(&flights, b"key") else { panic!() };
        landed.into_iter().for_each(|it| first.land(it, Origin::Claimed));
        let Role::Follower(late) = enter(&flights, b"key") else { panic!("it may come to an end yet") };
        first.leave(std::time::Duration::ZERO);
        if waited {
            assert_eq!((wait(&early), late.look()), (landed, Some(landed)));
        }
        let Role::Leader(second) = enter(&flights, b"key") else { panic!("nobody leads any more") };
        drop(first);
        assert_eq!(wait(&late), landed);
        let Role::Follower(follower) = enter(&flights, b"key") else { panic!("the second leads") };
        second.land(2, Origin::Claimed);
        drop(second);
        assert_eq!(wait(&follower), Some(2));
    }
}

/// What the walk leaves out: the sleeping and waking, in thousands of races.
#[test]
fn threads_that_race_compute_once_and_all_wake() {
    const THREADS: u32 = 8;
    const ROUNDS: u32 = 2000;
    let flights = Arc::<Flights<u32>>::default();
    let barrier = std::sync::Barrier::new(THREADS as usize);
    let runs = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (flights, barrier, runs) = (&flights, &barrier, &runs);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    barrier.wait();
                    let mut bad = (round + thread) % 3 == 0;
                    let value = loop {
                        match enter(flights, &round.to_be_bytes()) {
                            Role::Leader(leader) if bad => {
                                bad = false;
                                drop(leader);
                            }
                            Role::Leader(leader) => {
                                runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                                std::thread::yield_now();
                                leader.land(round, Origin::Claimed);
                                break round;
                            }
                            Role::Follower(follower) => {
                                if let Some(Some(value)) = follower.wait(None) {
                                    break value;
                                }
                            }
                            Role::Circle => unreachable!("nobody calls itself here"),
                        }
                    };
                    assert_eq!(value, round);
                }
            });
        }
    });
    let runs = runs.into_inner();
    assert!((ROUNDS..=ROUNDS * THREADS).contains(&runs));
}
