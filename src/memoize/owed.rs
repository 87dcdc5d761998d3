//! Give-backs that Redis did not take: it was away, started, or moved the slot. While one is owed the lease stands on the
//! server, and every process serves the old value, so the next call brings it along, in front of what it reads.

use super::flight::lock;
use super::wire::{Lease, Names, Sink, Wire};
use crate::error::{Error, Result};
use crate::store::{Replies, Reply};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// More are not kept: the leases of the oldest run out by themselves.
const MOST: usize = 256;

/// What the server adds to a lease at most.
const ADDED: Duration = Duration::from_secs(1);

/// While the server refuses, calls try no more often: a refusal may cost the connection.
const TRY_EVERY: Duration = Duration::from_millis(100);

/// A try that had no answer for so long that others waited for it, too, is made again after so many times its length.
const REST_AFTER_NO_ANSWER: u32 = 10;

/// The give-backs that a cache owes.
pub(crate) struct Owed {
    lease: Duration,
    /// Whether there is one: all that a call looks at while there is none.
    some: AtomicBool,
    debts: Mutex<Unpaid>,
    /// Some came to their end.
    settled: Condvar,
}

#[derive(Default)]
struct Unpaid {
    debts: VecDeque<Debt>,
    rest: Option<Rest>,
    /// Those on their way, by a number: since when the oldest of them is owed.
    under_way: HashMap<u64, Instant>,
    next: u64,
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

impl Unpaid {
    /// Forgets those whose lease has run out, and with the last of them that it was refused.
    fn forget_old(&mut self, lease: Duration) {
        self.debts.retain(|debt| debt.since.elapsed() < lease);
        if self.debts.is_empty() {
            self.rest = None;
        }
    }

    fn begin(&mut self, since: Instant) -> u64 {
        self.next += 1;
        self.under_way.insert(self.next, since);
        self.next
    }
}

struct Debt {
    names: Names,
    lease: Lease,
    since: Instant,
    /// Whether it was owed before.
    again: bool,
    /// Nothing where no answer came.
    paid: Option<bool>,
}

/// Give-backs on their way to Redis. Those that are not paid when it is dropped are owed.
#[derive(Default)]
pub(crate) struct Debts(Option<UnderWay>);

struct UnderWay {
    owed: Arc<Owed>,
    number: u64,
    debts: Vec<Debt>,
    sent: Option<Instant>,
}

impl Owed {
    pub(crate) fn new(lease: Duration) -> Self {
        Self {
            lease: lease.saturating_add(ADDED),
            some: AtomicBool::new(false),
            debts: Mutex::default(),
            settled: Condvar::new(),
        }
    }

    /// One that comes up now.
    pub(crate) fn one(self: &Arc<Self>, names: Names, lease: Lease) -> Debts {
        let since = Instant::now();
        self.under_way(since, vec![Debt { names, lease, since, again: false, paid: None }])
    }

    /// Something is on its way that may come to be owed: until this is dropped, who flushes waits for it.
    #[cfg(feature = "tokio")]
    pub(crate) fn none_yet(self: &Arc<Self>) -> Debts {
        self.under_way(Instant::now(), Vec::new())
    }

    fn under_way(self: &Arc<Self>, since: Instant, debts: Vec<Debt>) -> Debts {
        self.numbered(lock(&self.debts).begin(since), debts)
    }

    fn numbered(self: &Arc<Self>, number: u64, debts: Vec<Debt>) -> Debts {
        Debts(Some(UnderWay { owed: Arc::clone(self), number, debts, sent: None }))
    }

    /// What a call brings along: those that are owed, less those whose lease has run out.
    pub(crate) fn take(self: &Arc<Self>) -> Debts {
        self.take_some(|rest| match rest {
            None => usize::MAX,
            Some(rest) if Instant::now() < rest.until => 0,
            Some(rest) => {
                rest.until = Instant::now() + TRY_EVERY;
                rest.several
            }
        })
    }

    /// All that are owed, whatever became of them last time.
    pub(crate) fn take_all(self: &Arc<Self>) -> Debts {
        self.take_some(|_| usize::MAX)
    }

    fn take_some(self: &Arc<Self>, several: impl FnOnce(&mut Option<Rest>) -> usize) -> Debts {
        if !self.some.load(SeqCst) {
            return Debts::default();
        }
        let mut unpaid = lock(&self.debts);
        unpaid.forget_old(self.lease);
        let several = several(&mut unpaid.rest).min(unpaid.debts.len());
        let mut taken: Vec<_> = unpaid.debts.drain(..several).collect();
        for debt in &mut taken {
            (debt.again, debt.paid) = (true, None);
        }
        self.some.store(!unpaid.debts.is_empty(), SeqCst);
        let Some(oldest) = taken.iter().map(|debt| debt.since).min() else { return Debts::default() };
        self.numbered(unpaid.begin(oldest), taken)
    }

    /// Waits until none that was owed at this time is on its way, those aside whose lease has run out. Whether they are all
    /// paid, then; `None` where that took longer.
    pub(crate) fn wait_for(&self, owed: Instant, end: Instant) -> Option<bool> {
        let unpaid = lock(&self.debts);
        let patience = end.saturating_duration_since(Instant::now());
        let counts = |since: &Instant| *since <= owed && since.elapsed() < self.lease;
        let is_under_way = |unpaid: &mut Unpaid| unpaid.under_way.values().any(counts);
        let waited = self.settled.wait_timeout_while(unpaid, patience, is_under_way);
        let (unpaid, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then(|| !unpaid.debts.iter().any(|debt| counts(&debt.since)))
    }
}

impl Debts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What was on its way is owed, since it was.
    #[cfg(feature = "tokio")]
    pub(crate) fn owe(&mut self, names: Names, lease: Lease) {
        let Some(it) = &mut self.0 else { return };
        let since = lock(&it.owed.debts).under_way.get(&it.number).copied();
        let since = since.unwrap_or_else(Instant::now);
        it.debts.push(Debt { names, lease, since, again: false, paid: None });
    }

    pub(crate) fn pay(&mut self, wire: &Wire, sink: &mut impl Sink) {
        let Some(under_way) = &mut self.0 else { return };
        under_way.sent = Some(Instant::now());
        for debt in &under_way.debts {
            wire.give_back(&debt.names, &debt.lease, sink);
        }
    }

    /// Reads the answers: what another try cannot change is paid, too. Whether each claim still stood.
    ///
    /// # Errors
    /// The first refusal.
    pub(crate) fn take_answers(&mut self, replies: &mut Replies) -> Result<bool> {
        let mut stood = Ok(true);
        for debt in self.0.iter_mut().flat_map(|it| &mut it.debts) {
            let answer = replies.one().and_then(Reply::int);
            debt.paid = Some(!answer.as_ref().is_err_and(Error::may_pass));
            stood = stood.and_then(|stood| Ok(answer? == 1 && stood));
        }
        stood
    }
}

impl Drop for Debts {
    fn drop(&mut self) {
        let Some(UnderWay { owed, number, debts, sent, .. }) = self.0.take() else { return };
        let mut unpaid = lock(&owed.debts);
        unpaid.under_way.remove(&number);
        unpaid.forget_old(owed.lease);
        let took = sent.map_or(Duration::ZERO, |sent| sent.elapsed());
        if debts.iter().all(|debt| debt.paid.is_none()) && took >= TRY_EVERY {
            unpaid.rest = Rest::new(took * REST_AFTER_NO_ANSWER, usize::MAX);
        } else if debts.iter().any(|debt| debt.again) {
            // Where a connection broke, nobody knows what the server says next.
            let is_refused = debts.iter().any(|debt| debt.paid == Some(false));
            unpaid.rest = if is_refused { Rest::new(TRY_EVERY, 1) } else { None };
        }
        unpaid.debts.extend(debts.into_iter().filter(|debt| debt.paid != Some(true)));
        while unpaid.debts.len() > MOST {
            unpaid.debts.pop_front();
        }
        owed.some.store(!unpaid.debts.is_empty(), SeqCst);
        drop(unpaid);
        owed.settled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memoize::wire::Claim;
    use crate::namespace::{Layout, LogicalKey, Namespace};
    use redis::Value;

    const REFUSED: &str = "READONLY You can't write against a read only replica.";

    fn owed(several: u32) -> Arc<Owed> {
        let owed = Arc::new(Owed::new(Duration::from_secs(3600)));
        add(&owed, several);
        owed
    }

    fn add(owed: &Arc<Owed>, several: u32) {
        let ns = Namespace::new("P:", Layout::Both).unwrap();
        let lost = Err(Error::Unsure);
        for n in 0..several {
            let names = Names::new(&ns, LogicalKey::from(&*format!("k:{n}")), &Arc::from("tag"));
            let (lease, _) = Claim::new(Duration::from_secs(3600), None).lease(&lost).unwrap();
            drop(owed.one(names, lease));
        }
    }

    fn count(debts: &Debts) -> usize {
        debts.0.as_ref().map_or(0, |it| it.debts.len())
    }

    fn is_refused(mut debts: Debts) {
        let count = count(&debts);
        let refusal = redis::parse_redis_value(format!("-{REFUSED}\r\n").as_bytes()).unwrap();
        let values: Vec<Value> = vec![refusal; count];
        let mut replies = Replies::of(values, &vec!["EVAL"; count], &Arc::from("here"), |_| None);
        debts.take_answers(&mut replies).unwrap_err();
    }

    /// As if that time had passed since the last try.
    fn wait(owed: &Owed) {
        let mut unpaid = lock(&owed.debts);
        unpaid.rest.iter_mut().for_each(|rest| rest.until = Instant::now());
    }

    #[test]
    fn of_many_callers_one_tries() {
        let owed = owed(3);
        is_refused(owed.take());
        assert_eq!(count(&owed.take()), 0);
        wait(&owed);
        let first = owed.take();
        assert_eq!(count(&first), 1);
        assert_eq!(count(&owed.take()), 0, "while the first waits for its answer");
        is_refused(first);
        assert_eq!(count(&owed.take()), 0);
        assert_eq!(count(&owed.take_all()), 3);
    }

    #[test]
    fn a_connection_that_breaks_is_no_refusal() {
        let owed = owed(3);
        drop(owed.take());
        assert_eq!(count(&owed.take()), 3);
        is_refused(owed.take());
        wait(&owed);
        drop(owed.take());
        assert_eq!(count(&owed.take()), 3);
    }

    #[test]
    fn what_hangs_is_not_tried_by_each_call() {
        let owed = owed(3);
        let hang = |owed: &Arc<Owed>, time: Option<Duration>| {
            let mut debts = owed.take();
            debts.0.as_mut().unwrap().sent = time.and_then(|time| Instant::now().checked_sub(time));
            drop(debts);
        };
        hang(&owed, None);
        hang(&owed, Some(TRY_EVERY));
        assert_eq!(count(&owed.take()), 0);
        wait(&owed);
        let all = owed.take();
        assert_eq!((count(&all), count(&owed.take())), (3, 0));
    }

    #[test]
    fn those_on_their_way_are_waited_for() {
        let owed = owed(2);
        let now = Instant::now;
        let later = || now() + Duration::from_secs(60);
        assert_eq!(owed.wait_for(now(), later()), Some(false));
        let debts = owed.take();
        let began = now();
        assert_eq!(owed.wait_for(began, began), None);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| owed.wait_for(began, later()));
            // Whoever takes them again and again is waited for.
            drop(debts);
            drop(owed.take_all());
            assert_eq!(waits.join().unwrap(), Some(false));
        });
        let mut paid = owed.take_all();
        paid.0.as_mut().unwrap().debts.iter_mut().for_each(|debt| debt.paid = Some(true));
        let began = now();
        add(&owed, 1);
        drop(paid);
        assert_eq!(owed.wait_for(began, later()), Some(true), "what came up since is another's");
    }

    #[test]
    fn what_was_refused_is_forgotten_with_the_last_debt() {
        let owed = owed(3);
        is_refused(owed.take());
        lock(&owed.debts).debts.iter_mut().for_each(|debt| debt.since -= 2 * owed.lease);
        add(&owed, 2);
        assert_eq!(count(&owed.take()), 2);
    }
}
