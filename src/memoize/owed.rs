//! Give-backs that Redis has not confirmed: a task is to bring them there that may never run, or Redis was away, started, or
//! moved the slot. While one is owed the lease stands on the server, and every process serves the old value, so the next call
//! brings it along, in front of what it reads. Giving back twice is as good as once.

use super::computation::lock;
use super::protocol::{Lease, Names, Protocol, Sink};
use crate::client::Replies;
use crate::error::{Error, Result};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// More are not kept: the leases of the oldest run out by themselves.
const MOST: usize = 65_536;

/// One call brings along no more: it has something of its own to do.
const A_CALL: usize = 64;

/// No more are sent at once: all of them have to be answered within the time of one answer.
const AT_ONCE: usize = 512;

/// What is added to a lease at most.
const ADDED: Duration = Duration::from_secs(2);

/// While the server refuses, calls try no more often: a refusal may cost the connection. Nor is one that was sent sent again
/// before: whoever sent it may be a task that nobody drives any more. (Where a call has several servers, it is not before an answer
/// could have come.)
const TRY_EVERY: Duration = Duration::from_millis(100);

/// A try that had no answer for so long that others waited for it, too, is made again after so many times its length.
const REST_AFTER_NO_ANSWER: u32 = 10;

/// What those wait for who wait for a caller: they begin again when the last of it is dropped.
pub(crate) type Lead = Arc<dyn Send + Sync>;

/// The give-backs that a cache owes.
pub(crate) struct Owed {
    lease: Duration,
    /// One that was sent is sent again after so long.
    again_after: Duration,
    /// Whether there is one: all that a call looks at while there is none.
    some: AtomicBool,
    state: Mutex<State>,
    /// A claim or a store has come to its end.
    settled: Condvar,
}

#[derive(Default)]
struct State {
    /// By their numbers.
    debts: VecDeque<Debt>,
    rest: Option<Rest>,
    /// When the youngest of those came up that are not kept.
    dropped: Option<Instant>,
    /// Claims and stores on their way, by a number: since when.
    on_their_way: HashMap<u64, Instant>,
    next: u64,
}

struct Debt {
    number: u64,
    names: Names,
    lease: Lease,
    since: Instant,
    /// Kept until it was tried: who begins again brings along what is owed.
    lead: Option<Lead>,
    was_tried: bool,
    /// By whom, and when, where no answer has come.
    sent: Option<(u64, Instant)>,
}

impl Debt {
    fn taken(&self) -> Taken {
        let (names, lease) = (self.names.clone(), self.lease.clone());
        Taken { number: self.number, names, lease, again: self.was_tried, paid: None }
    }
}

/// Nothing is tried before `until`; then one call brings `several` along, to find out whether they are taken again.
struct Rest {
    until: Instant,
    several: usize,
}

impl Rest {
    fn new(rest: Duration, several: usize) -> Option<Self> {
        Some(Self { until: Instant::now() + rest, several })
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn owe(&mut self, names: Names, lease: Lease, lead: Option<Lead>, since: Instant) -> u64 {
        let number = self.number();
        self.debts.push_back(Debt { number, names, lease, since, lead, was_tried: false, sent: None });
        number
    }

    fn place(&self, number: u64) -> Option<usize> {
        self.debts.binary_search_by_key(&number, |debt| debt.number).ok()
    }

    /// Takes out those whose lease has run out, and forgets with the last of them that it was refused. They are dropped when
    /// the lock is free: what waits for them is somebody else's code.
    fn forget_old(&mut self, lease: Duration) -> Vec<Debt> {
        let mut old = Vec::new();
        while self.debts.front().is_some_and(|debt| debt.since.elapsed() >= lease) {
            old.extend(self.debts.pop_front());
        }
        if self.debts.is_empty() {
            self.rest = None;
        }
        old
    }
}

/// Give-backs that somebody has in hand. Those that are not paid when it is dropped stay owed.
#[derive(Default)]
pub(crate) struct Debts(Option<InHand>);

struct InHand {
    owed: Arc<Owed>,
    number: u64,
    taken: Vec<Taken>,
    sent: Option<Instant>,
    /// How long it took to get no answer.
    failed: Option<Duration>,
}

struct Taken {
    number: u64,
    names: Names,
    lease: Lease,
    /// Whether it was tried before.
    again: bool,
    /// Nothing where no answer came.
    paid: Option<bool>,
}

/// A claim or a store on its way to Redis, which may come to be owed: until this is dropped, who flushes waits for it.
#[cfg(feature = "tokio")]
pub(crate) struct OnItsWay {
    owed: Arc<Owed>,
    number: u64,
    since: Instant,
}

#[cfg(feature = "tokio")]
impl OnItsWay {
    /// It is owed, since it was sent.
    pub(crate) fn owe(self, names: Names, lease: Lease, lead: Option<Lead>) -> u64 {
        self.owed.owe_since(names, lease, lead, self.since)
    }
}

#[cfg(feature = "tokio")]
impl Drop for OnItsWay {
    fn drop(&mut self) {
        lock(&self.owed.state).on_their_way.remove(&self.number);
        self.owed.settled.notify_all();
    }
}

impl Owed {
    pub(crate) fn new(lease: Duration) -> Self {
        Self {
            lease: lease.saturating_add(ADDED),
            again_after: TRY_EVERY,
            some: AtomicBool::new(false),
            state: Mutex::default(),
            settled: Condvar::new(),
        }
    }

    /// The same over several servers: one that does not answer is to hold up few of the calls that need others.
    pub(crate) fn over_slots(lease: Duration, answer: Duration) -> Self {
        Self { again_after: answer.max(TRY_EVERY), ..Self::new(lease) }
    }

    /// From now on it is owed; by the number it can be [taken](Owed::take_these).
    pub(crate) fn owe(&self, names: Names, lease: Lease, lead: Option<Lead>) -> u64 {
        self.owe_since(names, lease, lead, Instant::now())
    }

    fn owe_since(&self, names: Names, lease: Lease, lead: Option<Lead>, since: Instant) -> u64 {
        let number = lock(&self.state).owe(names, lease, lead, since);
        self.some.store(true, SeqCst);
        number
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn on_its_way(self: &Arc<Self>) -> OnItsWay {
        let (mut state, since) = (lock(&self.state), Instant::now());
        let number = state.number();
        state.on_their_way.insert(number, since);
        OnItsWay { owed: Arc::clone(self), number, since }
    }

    /// What a call brings along: those that are owed, less those that another has just sent, and those whose lease has run
    /// out.
    pub(crate) fn take(self: &Arc<Self>) -> Debts {
        let several = |rest: &mut Option<Rest>| match rest {
            None => A_CALL,
            Some(rest) if Instant::now() < rest.until => 0,
            Some(rest) => {
                rest.until = Instant::now() + self.again_after;
                rest.several.min(A_CALL)
            }
        };
        self.take_some(several, |debt| debt.sent.is_none_or(|(_, sent)| sent.elapsed() >= self.again_after))
    }

    /// Those that were owed then, as many as go at once, whatever became of them last time, and whoever has sent them.
    pub(crate) fn take_any(self: &Arc<Self>, then: Instant) -> Debts {
        self.take_some(|_| AT_ONCE, |debt| debt.since <= then)
    }

    /// Those of these that have not been sent.
    pub(crate) fn take_these(self: &Arc<Self>, numbers: &[u64]) -> Debts {
        let mut state = lock(&self.state);
        let places = numbers.iter().filter_map(|number| state.place(*number));
        let found = places.map(|at| &state.debts[at]).filter(|debt| debt.sent.is_none());
        let taken = found.map(Debt::taken).collect();
        self.in_hand(&mut state, taken)
    }

    fn take_some(
        self: &Arc<Self>,
        several: impl FnOnce(&mut Option<Rest>) -> usize,
        is_free: impl Fn(&Debt) -> bool,
    ) -> Debts {
        if !self.some.load(SeqCst) {
            return Debts::default();
        }
        let _old;
        let mut state = lock(&self.state);
        _old = state.forget_old(self.lease);
        let several = several(&mut state.rest);
        let free = state.debts.iter().filter(|debt| is_free(debt));
        let taken = free.take(several).map(Debt::taken).collect();
        self.some.store(!state.debts.is_empty(), SeqCst);
        self.in_hand(&mut state, taken)
    }

    fn in_hand(self: &Arc<Self>, state: &mut State, taken: Vec<Taken>) -> Debts {
        if taken.is_empty() {
            return Debts::default();
        }
        Debts(Some(InHand {
            owed: Arc::clone(self),
            number: state.number(),
            taken,
            sent: None,
            failed: None,
        }))
    }

    /// Waits until none of the claims and stores is on its way that were at this time, those aside whose lease has run out.
    /// Whether nothing that was owed then is left; `None` where that took longer.
    pub(crate) fn wait_for(&self, owed: Instant, end: Instant) -> Option<bool> {
        let state = lock(&self.state);
        let patience = end.saturating_duration_since(Instant::now());
        let counts = |since: &Instant| *since <= owed && since.elapsed() < self.lease;
        let waits = |state: &mut State| state.on_their_way.values().any(counts);
        let waited = self.settled.wait_timeout_while(state, patience, waits);
        let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        let mut owed = state.debts.iter().map(|debt| &debt.since).chain(&state.dropped);
        (!waited.timed_out()).then(|| !owed.any(counts))
    }
}

impl Debts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Gives back where that cannot fail. Whether each claim still stood.
    pub(crate) fn settle(mut self, give_back: impl Fn(&Names, &Lease) -> bool) -> bool {
        let mut stood = true;
        if let Some(InHand { taken, sent, .. }) = &mut self.0 {
            *sent = Some(Instant::now());
            for debt in taken {
                stood &= give_back(&debt.names, &debt.lease);
                debt.paid = Some(true);
            }
        }
        stood
    }

    pub(crate) fn pay(&mut self, protocol: &Protocol, sink: &mut impl Sink) {
        self.send().for_each(|(names, lease)| protocol.give_back(names, lease, sink));
    }

    /// Those that are sent now.
    pub(crate) fn send(&mut self) -> impl Iterator<Item = (&Names, &Lease)> {
        if let Some(InHand { owed, number, taken, sent, .. }) = &mut self.0 {
            let now = Instant::now();
            *sent = Some(now);
            let mut state = lock(&owed.state);
            for debt in taken {
                if let Some(at) = state.place(debt.number) {
                    state.debts[at].sent = Some((*number, now));
                }
            }
        }
        self.0.iter().flat_map(|it| &it.taken).map(|debt| (&debt.names, &debt.lease))
    }

    /// Notes where no answers came.
    pub(crate) fn met<R>(&mut self, answers: Result<R>) -> Result<R> {
        if let (Some(it), Err(_)) = (&mut self.0, &answers) {
            it.failed = it.sent.map(|sent| sent.elapsed());
        }
        answers
    }

    /// Reads the answers: what another try cannot change is paid, too. Whether each claim still stood.
    ///
    /// # Errors
    /// The first refusal.
    pub(crate) fn take_answers(&mut self, protocol: &Protocol, replies: &mut Replies) -> Result<bool> {
        self.answered(std::iter::repeat_with(|| protocol.take_give_back(replies)))
    }

    /// The same with the answers at hand.
    pub(crate) fn answered(&mut self, answers: impl IntoIterator<Item = Result<bool>>) -> Result<bool> {
        let Some(it) = &mut self.0 else { return Ok(true) };
        let mut stood = Ok(true);
        for (debt, answer) in it.taken.iter_mut().zip(answers) {
            match &answer {
                Err(error) if error.is_unanswered() => it.failed = it.sent.map(|sent| sent.elapsed()),
                answer => debt.paid = Some(!answer.as_ref().is_err_and(Error::may_pass)),
            }
            stood = stood.and_then(|stood| Ok(answer? && stood));
        }
        stood
    }
}

impl Drop for Debts {
    fn drop(&mut self) {
        let Some(InHand { owed, number, taken, sent, failed }) = self.0.take() else { return };
        if sent.is_none() {
            return;
        }
        let mut state = lock(&owed.state);
        let (mut leads, mut gone, mut is_ours) = (Vec::new(), state.forget_old(owed.lease), false);
        for taken in &taken {
            let Some(at) = state.place(taken.number) else { continue };
            if taken.paid == Some(true) {
                gone.extend(state.debts.remove(at));
                continue;
            }
            let debt = &mut state.debts[at];
            // Another may have sent it meanwhile.
            if debt.sent.is_some_and(|(by, _)| by == number) {
                (debt.sent, debt.was_tried) = (None, true);
                is_ours = true;
                leads.extend(debt.lead.take());
            }
        }
        if let Some(took) = failed.filter(|took| is_ours && *took >= TRY_EVERY) {
            state.rest = Rest::new(took * REST_AFTER_NO_ANSWER, usize::MAX);
        } else if taken.iter().any(|debt| debt.again) {
            // Where a connection broke, nobody knows what the server says next.
            let is_refused = taken.iter().any(|debt| debt.paid == Some(false));
            state.rest = if is_refused { Rest::new(TRY_EVERY, 1) } else { None };
        }
        while state.debts.len() > MOST {
            let oldest = state.debts.pop_front();
            state.dropped = state.dropped.max(oldest.as_ref().map(|debt| debt.since));
            gone.extend(oldest);
        }
        owed.some.store(!state.debts.is_empty(), SeqCst);
        drop(state);
        drop((leads, gone));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memoize::protocol::Claim;
    use crate::namespace::{Layout, LogicalKey, Namespace};
    use redis::Value;

    const REFUSED: &str = "READONLY You can't write against a read only replica.";

    fn owed(several: u32) -> Arc<Owed> {
        let owed = Arc::new(Owed::new(Duration::from_secs(3600)));
        add(&owed, several);
        owed
    }

    fn one(n: u32) -> (Names, Lease) {
        let ns = Namespace::new("P:", Layout::Both).unwrap();
        let names = Names::new(&ns, LogicalKey::from(&*format!("k:{n}")), &Arc::from("tag"));
        let (lease, _) = Claim::new(Duration::from_secs(3600), None).lease(&Err(Error::Unsure)).unwrap();
        (names, lease)
    }

    fn add(owed: &Arc<Owed>, several: u32) {
        for (names, lease) in (0..several).map(one) {
            owed.owe(names, lease, None);
        }
    }

    fn count(debts: &Debts) -> usize {
        debts.0.as_ref().map_or(0, |it| it.taken.len())
    }

    fn protocol() -> Protocol {
        Protocol::new(Namespace::new("P:", Layout::Both).unwrap())
    }

    fn is_sent(debts: &mut Debts) {
        debts.pay(&protocol(), &mut crate::client::Pipe::new());
    }

    fn is_answered(mut debts: Debts, answer: &str) {
        is_sent(&mut debts);
        let count = count(&debts);
        let answer = redis::parse_redis_value(answer.as_bytes()).unwrap();
        let values: Vec<Value> = vec![answer; count];
        let mut replies =
            Replies::of(values, &vec![crate::client::command::EVAL; count], &Arc::from("here"), |_| None);
        let _ = debts.take_answers(&protocol(), &mut replies);
    }

    fn is_refused(debts: Debts) {
        is_answered(debts, &format!("-{REFUSED}\r\n"));
    }

    /// As if that time had passed since the last try.
    fn wait(owed: &Owed) {
        let mut state = lock(&owed.state);
        state.rest.iter_mut().for_each(|rest| rest.until = Instant::now());
    }

    #[test]
    fn of_many_callers_one_tries() {
        let owed = owed(3);
        is_refused(owed.take());
        is_refused(owed.take());
        assert_eq!(count(&owed.take()), 0);
        wait(&owed);
        let mut first = owed.take();
        is_sent(&mut first);
        assert_eq!(count(&first), 1);
        assert_eq!(count(&owed.take()), 0, "while the first waits for its answer");
        is_refused(first);
        assert_eq!(count(&owed.take()), 0);
        assert_eq!(count(&owed.take_any(Instant::now())), 3);
    }

    #[test]
    fn a_connection_that_breaks_is_no_refusal() {
        let owed = owed(3);
        let breaks = |owed: &Arc<Owed>| is_sent(&mut owed.take());
        breaks(&owed);
        assert_eq!(count(&owed.take()), 3);
        is_refused(owed.take());
        wait(&owed);
        breaks(&owed);
        assert_eq!(count(&owed.take()), 3);
    }

    #[test]
    fn what_hangs_is_not_tried_by_each_call() {
        let owed = owed(3);
        let mut debts = owed.take();
        is_sent(&mut debts);
        assert_eq!(count(&owed.take()), 0, "another has just sent it");
        debts.0.as_mut().unwrap().sent = Instant::now().checked_sub(TRY_EVERY);
        let _ = debts.met::<()>(Err(Error::Unsure));
        drop(debts);
        assert_eq!(count(&owed.take()), 0);
        wait(&owed);
        assert_eq!(count(&owed.take()), 3);
    }

    #[test]
    fn who_has_them_in_hand_and_does_nothing_keeps_them_from_nobody() {
        let owed = owed(2);
        let (idle, mut stuck) = (owed.take(), owed.take());
        assert_eq!((count(&idle), count(&stuck)), (2, 2));
        is_sent(&mut stuck);
        assert_eq!(count(&owed.take_any(Instant::now())), 2);
        for debt in &mut lock(&owed.state).debts {
            let (by, at) = debt.sent.unwrap();
            debt.sent = at.checked_sub(TRY_EVERY).map(|at| (by, at));
        }
        is_answered(owed.take(), ":1\r\n");
        let long_ago = |debts: &mut Debts| {
            debts.0.as_mut().unwrap().sent = Instant::now().checked_sub(TRY_EVERY);
        };
        long_ago(&mut stuck);
        let _ = stuck.met::<()>(Err(Error::Unsure));
        drop((idle, stuck));
        add(&owed, 1);
        let mut idle = owed.take();
        assert_eq!(count(&idle), 1, "no rest: the server has answered");
        is_sent(&mut idle);
        long_ago(&mut idle);
        drop(idle);
        assert_eq!(count(&owed.take()), 1, "no rest: nobody waited for an answer");
    }

    #[test]
    fn however_many_there_are_none_is_forgotten_without_a_word() {
        let owed = owed(A_CALL as u32 + 1);
        assert_eq!(count(&owed.take()), A_CALL);
        add(&owed, MOST as u32);
        let mut debts = owed.take();
        is_sent(&mut debts);
        drop(debts);
        let began = Instant::now();
        loop {
            let debts = owed.take_any(began);
            if debts.is_empty() {
                break;
            }
            add(&owed, 1);
            assert!(count(&debts) <= AT_ONCE);
            is_answered(debts, ":1\r\n");
        }
        assert_eq!(owed.wait_for(began, began + Duration::from_secs(60)), Some(false));
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn those_on_their_way_are_waited_for() {
        let owed = owed(0);
        let now = Instant::now;
        let later = || now() + Duration::from_secs(60);
        assert_eq!(owed.wait_for(now(), later()), Some(true));
        let claim = owed.on_its_way();
        let began = now();
        assert_eq!(owed.wait_for(began, began), None);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| owed.wait_for(began, later()));
            let (names, lease) = one(0);
            claim.owe(names, lease, None);
            assert_eq!(waits.join().unwrap(), Some(false), "it is owed since it was sent");
        });
        is_answered(owed.take_any(Instant::now()), ":1\r\n");
        let began = now();
        add(&owed, 1);
        assert_eq!(owed.wait_for(began, later()), Some(true), "what came up since is another's");
    }

    #[test]
    fn what_was_refused_is_forgotten_with_the_last_debt() {
        let owed = owed(3);
        is_refused(owed.take());
        is_refused(owed.take());
        assert!(lock(&owed.state).rest.is_some());
        lock(&owed.state).debts.iter_mut().for_each(|debt| debt.since -= 2 * owed.lease);
        drop(owed.take_any(Instant::now()));
        add(&owed, 2);
        assert_eq!(count(&owed.take()), 2);
    }
}
