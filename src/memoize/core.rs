//! What the functions of one cache share, sync or async.

use super::behind::Behind;
use super::counts::{Counters, Counts};
use super::local::{Listener, Store};
use super::memory::Memory;
use super::owed::{Debts, Owed};
use super::pool::Pool;
use super::protocol::{
    ClaimReply, ClaimRequest, Entry, Lease, Look, Names, Protocol, Queue, Read, StoreOutcome, score_at,
};
use super::settings::Settings;
use super::steps::{Claiming, GivingBack, InStep, Reading, Steps, Storing};
use crate::cache::Recorder;
use crate::cache::detect;
use crate::client::{Conn, Pipe, Replies, Target};
use crate::error::{Error, Result};
use crate::namespace::{Layout, Namespace};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Is told of failures that callers do not see.
pub(crate) type OnFailure = Box<dyn Fn(&Error) + Send + Sync>;

/// Tells of failures that callers do not see.
struct Reporter(Option<OnFailure>);

impl Reporter {
    fn report(&self, error: &Error) {
        log::warn!(target: "cacheme", "{error}");
        if let Some(on_failure) = &self.0 {
            shielded("the error callback", || on_failure(error));
        }
    }
}

/// What a cache is behind its sync or async API.
pub(crate) struct Core {
    pub(crate) settings: Settings,
    #[cfg(feature = "tokio")]
    pub(crate) link: super::shared_connection::SharedConnection,
    /// The prefix; the layout stands in `protocol`.
    pub(crate) ns: Namespace,
    protocol: OnceLock<Protocol>,
    /// The namespace, where it is in this process: Redis is asked nothing then.
    memory: Option<Memory>,
    /// Held by the task that looks for the layout.
    #[cfg(feature = "tokio")]
    pub(crate) detecting: tokio::sync::Mutex<super::shared_connection::LastFailure>,
    opened: Instant,
    pool: Pool,
    pub(crate) owed: Arc<Owed>,
    pub(crate) behind: Arc<Behind>,
    /// The values that its functions hold in this process together.
    pub(crate) store: Option<Store>,
    /// Begins with the first function that holds any.
    listener: OnceLock<Arc<Listener>>,
    tags: Mutex<BTreeMap<String, Vec<Arc<Counters>>>>,
    /// Begins with the first function that records.
    recorder: OnceLock<Recorder>,
    target: Target,
    reporter: Arc<Reporter>,
}

impl Core {
    /// Reads the settings; connects to nothing yet.
    pub(crate) fn new(mut settings: Settings, on_failure: Option<OnFailure>) -> Result<Self> {
        if settings.in_memory {
            (settings.target, settings.record) = (Settings::default().target, false);
        }
        let target = settings.target.clone()?;
        let prefix = settings.prefix.as_bytes();
        // Readers of 0.1.1 send a script that names keys of two slots: a cluster refuses it to them.
        let unknown = if target.is_cluster() { Layout::Classic } else { Layout::Both };
        let ns = Namespace::new(prefix, settings.layout.unwrap_or(unknown))
            .map_err(|reason| Error::Prefix { prefix: prefix.to_vec(), reason })?;
        let ns = match target.is_cross_slot(&ns) {
            true => ns.cross_slot().filter(|ns| ns.layout() == Layout::Classic),
            false => Some(ns),
        };
        let ns = ns.ok_or_else(|| Error::CrossSlot { what: "memoize".to_owned() })?;
        let protocol = OnceLock::new();
        if settings.layout.is_some() || target.is_cluster() {
            let _ = protocol.set(Protocol::new(ns.clone()));
        }
        Ok(Self {
            #[cfg(feature = "tokio")]
            link: super::shared_connection::SharedConnection::new(
                target.clone(),
                ns.clone(),
                settings.timeouts,
            ),
            opened: Instant::now(),
            pool: Pool::new(target.clone(), settings.timeouts, settings.idle_connections),
            owed: Arc::new(match ns.is_cross_slot() {
                true => Owed::over_slots(settings.lease, settings.timeouts.longest_wait()),
                false => Owed::new(settings.lease),
            }),
            behind: Arc::default(),
            store: settings.local.map(Store::new),
            listener: OnceLock::new(),
            memory: settings.in_memory.then(|| Memory::new(&ns)),
            settings,
            ns,
            protocol,
            #[cfg(feature = "tokio")]
            detecting: tokio::sync::Mutex::default(),
            tags: Mutex::default(),
            recorder: OnceLock::new(),
            target,
            reporter: Arc::new(Reporter(on_failure)),
        })
    }

    /// The namespace, where it is in this process. Nothing is owed to it any more.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        let memory = self.memory.as_ref()?;
        self.owed.take().settle(|names, lease| memory.give_back(names, lease));
        Some(memory)
    }

    /// Whether tasks do what threads do: there is nobody to ask, or there are several of whom one answers after the other.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_by_threads(&self) -> bool {
        self.is_in_memory() || self.ns.is_cross_slot()
    }

    /// Whether steps end at once, with nobody asked.
    pub(crate) fn is_in_memory(&self) -> bool {
        self.memory.is_some()
    }

    /// Moves the clock of a cache in memory.
    pub(crate) fn advance(&self, by: Duration) {
        self.memory.as_ref().expect("time passes by itself for a cache that is on Redis").advance(by);
    }

    /// Who hears what is written.
    pub(crate) fn listener(&self) -> Arc<Listener> {
        let new = || {
            let reporter = Arc::clone(&self.reporter);
            let (target, timeouts) = (self.target.clone(), self.settings.timeouts);
            Listener::new(target, timeouts, self.ns.clone(), Box::new(move |error| reporter.report(error)))
        };
        Arc::clone(self.listener.get_or_init(|| Arc::new(new())))
    }

    /// Now on the clock the library's hosts write scores by; see [`Clock`](crate::cache::Clock).
    pub(crate) fn app_now(&self) -> i64 {
        self.score_in(Duration::ZERO)
    }

    /// The score of what is stored now with a timeout.
    pub(crate) fn score_in(&self, timeout: Duration) -> i64 {
        score_at(self.now().saturating_add(timeout), self.settings.utc_offset)
    }

    /// How long it is until a score; nothing where it is past.
    pub(crate) fn left_until(&self, score: f64) -> Duration {
        let score = score + self.settings.utc_offset as f64;
        Duration::try_from_secs_f64(score - self.now().as_secs_f64()).unwrap_or_default()
    }

    /// This process has stored a value in this hash: what it holds of it is old, before anybody tells.
    pub(crate) fn wrote(&self, hash: &[u8]) {
        self.listener.get().into_iter().for_each(|listener| listener.wrote(hash));
    }

    /// This process has invalidated something: the same of all that it holds.
    pub(crate) fn invalidated(&self) {
        self.listener.get().into_iter().for_each(|listener| listener.invalidated());
    }

    /// On a clock that no clock of the system sets: since the cache was opened.
    pub(crate) fn elapsed(&self) -> Duration {
        self.memory.as_ref().map_or_else(|| self.opened.elapsed(), Memory::now)
    }

    /// Since 1970.
    fn now(&self) -> Duration {
        let of_system = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.memory.as_ref().map_or_else(of_system, Memory::now)
    }

    /// Runs what blocks where it may.
    #[cfg(feature = "tokio")]
    pub(crate) async fn blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<R> + Send + 'static,
    ) -> Result<R> {
        if self.is_in_memory() { work() } else { self.link.blocking(work).await }
    }

    /// The commands of the namespace, where its layout is known already.
    #[cfg(feature = "tokio")]
    pub(crate) fn known_protocol(&self) -> Option<&Protocol> {
        self.protocol.get()
    }

    /// The commands of the namespace; looks for the layout where it is not known yet.
    pub(crate) fn protocol(&self) -> Result<&Protocol> {
        if let Some(protocol) = self.protocol.get() {
            return Ok(protocol);
        }
        let found = self.pool.run(|conn| detect(conn, &self.ns))?;
        Ok(self.protocol.get_or_init(|| Protocol::new(self.ns.with_layout(found.layout))))
    }

    /// Reads, and gives back what is owed in front of it.
    pub(crate) fn read(&self, names: &Names, look: Look) -> Result<Read> {
        if let Some(memory) = self.memory() {
            return memory.read(names, look);
        }
        let protocol = self.protocol()?;
        if protocol.ns().is_cross_slot() {
            return self.one_in_steps(|| Reading::new(names, look));
        }
        let mut debts = self.owed.take();
        self.pool.run(|conn| {
            let mut replies =
                send_behind(&mut debts, protocol, conn, |pipe| protocol.read(names, look, pipe))?;
            if self.leads_elsewhere(&replies) {
                conn.close();
            }
            protocol.take_read(look, &mut replies)
        })
    }

    /// Whether an answer is of a server that is no longer meant: the address has moved, and this connection has not.
    pub(crate) fn leads_elsewhere(&self, replies: &Replies) -> bool {
        let (answerer, listener) = (replies.answerer(), self.listener.get());
        answerer.zip(listener).is_some_and(|(answerer, listener)| listener.has_left(answerer))
    }

    /// Claims, and gives back what is owed in front of it: what replaces a value has not read before.
    pub(crate) fn claim(&self, names: &Names, want: &ClaimRequest) -> Result<ClaimReply> {
        if let Some(memory) = self.memory() {
            return memory.claim(names, want);
        }
        let protocol = self.protocol()?;
        if protocol.ns().is_cross_slot() {
            return self.one_in_steps(|| Claiming::new(names, want));
        }
        let mut debts = self.owed.take();
        self.pool.run(|conn| {
            let mut replies =
                send_behind(&mut debts, protocol, conn, |pipe| protocol.claim(names, want, pipe))?;
            protocol.take_claim(want.claim, &mut replies)
        })
    }

    pub(crate) fn store(&self, names: &Names, lease: &Lease, entry: &Entry) -> Result<StoreOutcome> {
        if let Some(memory) = self.memory() {
            return memory.store(names, lease, entry);
        }
        let protocol = self.protocol()?;
        if protocol.ns().is_cross_slot() {
            return self.one_in_steps(|| Storing::new(names, lease, entry));
        }
        self.pool.run(|conn| {
            let mut replies = send(protocol, conn, |pipe| protocol.store(names, lease, entry, pipe))?;
            protocol.take_store(&mut replies)
        })
    }

    /// Reads several in one round trip.
    pub(crate) fn read_many(&self, asked: &[(&Names, Look)]) -> Vec<Result<Read>> {
        if self.is_in_memory() {
            return asked.iter().map(|(names, look)| self.read(names, *look)).collect();
        }
        if self.ns.is_cross_slot() {
            return self.in_steps(asked.len(), |at| Reading::new(asked[at].0, asked[at].1));
        }
        self.ask_many(
            asked.len(),
            &mut self.owed.take(),
            |protocol, pipe| asked.iter().for_each(|(names, look)| protocol.read(names, *look, pipe)),
            |protocol, replies| protocol.take_reads(asked.iter().map(|(_, look)| *look), replies),
        )
    }

    pub(crate) fn claim_many(&self, wants: &[(&Names, &ClaimRequest)]) -> Vec<Result<ClaimReply>> {
        if self.is_in_memory() {
            return wants.iter().map(|(names, want)| self.claim(names, want)).collect();
        }
        if self.ns.is_cross_slot() {
            return self.in_steps(wants.len(), |at| Claiming::new(wants[at].0, wants[at].1));
        }
        self.ask_many(
            wants.len(),
            &mut self.owed.take(),
            |protocol, pipe| wants.iter().for_each(|(names, want)| protocol.claim(names, want, pipe)),
            |protocol, replies| {
                wants.iter().map(|(_, want)| protocol.take_claim(want.claim, replies)).collect()
            },
        )
    }

    pub(crate) fn store_many(&self, entries: &[(&Names, &Lease, &Entry)]) -> Vec<Result<StoreOutcome>> {
        if self.is_in_memory() {
            return entries.iter().map(|(names, lease, entry)| self.store(names, lease, entry)).collect();
        }
        if self.ns.is_cross_slot() {
            return self.in_steps(entries.len(), |at| {
                let (names, lease, entry) = entries[at];
                Storing::new(names, lease, entry)
            });
        }
        let queue = |protocol: &Protocol, pipe: &mut Queue<Pipe>| {
            entries.iter().for_each(|(names, lease, entry)| protocol.store(names, lease, entry, pipe));
        };
        let take = |protocol: &Protocol, replies: &mut Replies| {
            entries.iter().map(|_| protocol.take_store(replies)).collect()
        };
        self.ask_many(entries.len(), &mut Debts::default(), queue, take)
    }

    /// Asks for the like of several keys in one round trip, behind what is owed where there is any in hand. Each has its
    /// answer, or all of them why there is none.
    fn ask_many<R>(
        &self,
        several: usize,
        debts: &mut Debts,
        mut queue: impl FnMut(&Protocol, &mut Queue<Pipe>),
        mut take: impl FnMut(&Protocol, &mut Replies) -> Vec<Result<R>>,
    ) -> Vec<Result<R>> {
        let mut answers = Vec::new();
        let asked = self.protocol().and_then(|protocol| {
            self.pool.run(|conn| {
                let mut replies = send_behind(debts, protocol, conn, |pipe| queue(protocol, pipe))?;
                if self.leads_elsewhere(&replies) {
                    conn.close();
                }
                answers = take(protocol, &mut replies);
                // Then another connection is tried.
                answers.iter().find_map(leads_nowhere).map_or(Ok(()), Err)
            })
        });
        match asked {
            Err(error) if answers.is_empty() => for_each(several, Err(error)),
            _ => answers,
        }
    }

    /// Takes the steps of several calls whose keys lie in several slots, behind what is owed. Each has its outcome, or why there is
    /// none.
    fn in_steps<S: Steps>(&self, several: usize, begin: impl Fn(usize) -> S) -> Vec<Result<S::Outcome>> {
        let mut debts = self.owed.take();
        let (mut open, mut outcomes): (Vec<usize>, Vec<_>) = (0..several).map(|at| (at, None)).unzip();
        let ran = self.protocol().and_then(|protocol| {
            self.pool.run(|conn| {
                // A call does not fail with them.
                let _ = pay(protocol, conn, &mut debts);
                let ended = run_steps(protocol, conn, InStep::new(open.iter().map(|at| begin(*at))))?;
                open.iter().zip(ended).for_each(|(at, outcome)| outcomes[*at] = Some(outcome));
                // Then another connection is tried.
                let away = |at: &usize| outcomes[*at].as_ref().and_then(leads_nowhere);
                open.retain(|at| away(at).is_some());
                open.first().and_then(away).map_or(Ok(()), Err)
            })
        });
        let why = ran.err().unwrap_or(Error::Unsure);
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Err(why.clone()))).collect()
    }

    fn one_in_steps<S: Steps>(&self, begin: impl Fn() -> S) -> Result<S::Outcome> {
        self.in_steps(1, |_| begin()).pop().unwrap_or(Err(Error::Unsure))
    }

    /// Gives claims back; what fails now may be owed. Whether each is known to have stood.
    pub(crate) fn give_back(&self, mut debts: Debts) -> Result<bool> {
        if debts.is_empty() {
            return Ok(false);
        }
        if let Some(memory) = &self.memory {
            return Ok(debts.settle(|names, lease| memory.give_back(names, lease)));
        }
        let protocol = self.protocol()?;
        self.pool.run(|conn| pay(protocol, conn, &mut debts))
    }

    /// Runs an operation on a connection of the sync API; again, where the connection broke in its course.
    pub(crate) fn with_conn<R>(&self, mut work: impl FnMut(&mut Conn, &Namespace) -> Result<R>) -> Result<R> {
        let protocol = self.protocol()?;
        let mut debts = self.owed.take();
        self.pool.run_awake(|conn| {
            if !debts.is_empty() {
                // The work meets what keeps these from being paid.
                let _ = pay(protocol, conn, &mut debts);
            }
            work(conn, protocol.ns())
        })
    }

    /// Tells of a failure that the caller does not see.
    pub(crate) fn report(&self, error: &Error) {
        self.reporter.report(error);
    }

    /// Notes a function under its tag; with `record`, and unless the settings say otherwise, its counts are recorded, and between
    /// what timeouts it stores.
    pub(crate) fn register(&self, tag: &str, timeouts: Option<[Duration; 2]>, record: bool) -> Arc<Counters> {
        let record = record && self.settings.record && self.settings.enabled;
        let counters = Arc::new(Counters::of(tag));
        if record {
            let recorder = self.recorder.get_or_init(|| self.start_recording());
            recorder.adopt(tag, &counters.recorded);
            for timeout in timeouts.into_iter().flatten() {
                recorder.adopt_timeout(tag, timeout, &counters.recorded);
            }
        }
        let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        tags.entry(tag.to_owned()).or_default().push(Arc::clone(&counters));
        counters
    }

    fn start_recording(&self) -> Recorder {
        let reporter = Arc::clone(&self.reporter);
        Recorder::start_telling(
            self.target.clone(),
            self.settings.timeouts,
            self.ns.clone(),
            self.settings.record_interval,
            Box::new(move |error| reporter.report(error)),
        )
    }

    /// Sends now what is owed, and what was counted and not recorded yet.
    pub(crate) fn flush(&self) -> Result<()> {
        let paid = self.pay_all();
        self.recorder.get().map_or(Ok(()), Recorder::flush).and(paid)
    }

    /// What comes up meanwhile is another's: it may have no end.
    fn give_back_all_of(&self, then: Instant) -> Result<()> {
        loop {
            let debts = self.owed.take_any(then);
            if debts.is_empty() {
                return Ok(());
            }
            self.give_back(debts)?;
        }
    }

    /// Lets nothing more go on behind the calls, waits for what does, and flushes.
    pub(crate) fn close(&self) -> Result<()> {
        // What takes longer is not stored.
        let ended = self.behind.close(self.settings.lease);
        self.flush()?;
        match ended {
            true => Ok(()),
            false => {
                let addr = self.target.to_string();
                let command = "what goes on behind calls".to_owned();
                Err(Error::Timeout { addr, command, after: self.settings.lease })
            }
        }
    }

    /// What is on its way may come to be owed.
    fn pay_all(&self) -> Result<()> {
        let (began, patience) = (Instant::now(), self.settings.timeouts.longest_wait());
        loop {
            self.give_back_all_of(began)?;
            match self.owed.wait_for(began, began + patience) {
                Some(true) => return Ok(()),
                Some(false) if began.elapsed() < patience => {}
                _ => {
                    let addr = self.target.to_string();
                    let command = "what a call claims or stores".to_owned();
                    return Err(Error::Timeout { addr, command, after: patience });
                }
            }
        }
    }

    /// What was counted, by tag.
    pub(crate) fn counts(&self) -> BTreeMap<String, Counts> {
        let tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        let sum =
            |all: &Vec<Arc<Counters>>| all.iter().map(|it| it.read()).fold(Counts::default(), Counts::plus);
        tags.iter().map(|(tag, all)| (tag.clone(), sum(all))).collect()
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get() {
            listener.end();
        }
        // It was reported as it came up.
        let _ = self.give_back_all_of(Instant::now());
    }
}

fn pay(protocol: &Protocol, conn: &mut Conn, debts: &mut Debts) -> Result<bool> {
    if protocol.ns().is_cross_slot() {
        let steps =
            InStep::new(debts.send().map(|(names, lease)| GivingBack::new(names.clone(), lease.clone())));
        let outcomes = run_steps(protocol, conn, steps);
        return debts.met(outcomes).and_then(|outcomes| debts.answered(outcomes));
    }
    let replies = send(protocol, conn, |pipe| debts.pay(protocol, pipe));
    let mut replies = debts.met(replies)?;
    debts.take_answers(protocol, &mut replies)
}

/// Sends what is queued behind what is owed, which nothing that is asked for fails with.
fn send_behind(
    debts: &mut Debts,
    protocol: &Protocol,
    conn: &mut Conn,
    mut queue: impl FnMut(&mut Queue<Pipe>),
) -> Result<Replies> {
    let replies = send(protocol, conn, |pipe| {
        debts.pay(protocol, pipe);
        queue(pipe);
    });
    let mut replies = debts.met(replies)?;
    let _ = debts.take_answers(protocol, &mut replies);
    Ok(replies)
}

fn run_steps<S: Steps>(
    protocol: &Protocol,
    conn: &mut Conn,
    mut steps: InStep<S>,
) -> Result<Vec<Result<S::Outcome>>> {
    while let Some(pipe) = steps.queue(protocol) {
        std::thread::sleep(steps.waits());
        steps.take(&mut conn.run(&pipe)?);
    }
    Ok(steps.outcomes())
}

/// Sends what is queued; anew, where the server did not have a script, and again only if it lost another one meanwhile.
fn send(protocol: &Protocol, conn: &mut Conn, mut queue: impl FnMut(&mut Queue<Pipe>)) -> Result<Replies> {
    let mut pipe = Queue::new(Pipe::with_capacity(512, 4));
    loop {
        queue(&mut pipe);
        let mut replies = conn.run(&pipe.sink)?;
        if !protocol.forget_lost_scripts(&replies) {
            if pipe.asks_run_id {
                conn.note_run_id(&mut replies);
            }
            return Ok(replies);
        }
        pipe.begin_again(Pipe::new());
    }
}

/// Why its connection leads nowhere, where that is what an answer came to.
fn leads_nowhere<R>(answer: &Result<R>) -> Option<Error> {
    answer.as_ref().err().filter(|error| error.leads_nowhere()).cloned()
}

/// Each its own answer; or for all of them why there is none.
pub(crate) fn for_each<R>(several: usize, answers: Result<Vec<Result<R>>>) -> Vec<Result<R>> {
    answers.unwrap_or_else(|error| (0..several).map(|_| Err(error.clone())).collect())
}

/// Runs somebody else's callback: its panic does not break the call.
pub(crate) fn shielded(what: &str, callback: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(callback)).is_err() {
        log::error!(target: "cacheme", "{what} panicked");
    }
}
