//! What goes on behind the calls that began it: threads of the sync API, tasks of the other.
//!
//! A job gets a thread or is not begun: it leads the computation of its key, and others wait for it, among them jobs that
//! have a thread. What is under way is counted, so that [`close`](super::sync::Cache::close) can wait for its end.

use super::computation::lock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// So many do what nobody waits for.
const UNWAITED: usize = 8;

/// At most so many threads: beyond that a call does the work itself.
const MOST_THREADS: usize = 256;

/// A thread that finds nothing to do for so long ends.
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

pub(crate) struct Behind {
    /// Whose threads these are.
    process: u32,
    /// Those of a process that was forked off: it has none of its parent's threads, and the lock below is held in it for good where
    /// one of them held it at the fork.
    forked: OnceLock<Arc<Self>>,
    /// Set before the lock is taken, and looked at under it.
    closed: AtomicBool,
    state: Mutex<State>,
    /// There is one.
    job: Condvar,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    jobs: Vec<Job>,
    threads: usize,
    /// Threads that have no job, and none that is to come.
    idle: usize,
    /// Jobs and tasks.
    under_way: usize,
    /// Those of the jobs that nobody waits for.
    unwaited: usize,
}

/// One that is under way, until it is dropped.
pub(crate) struct UnderWay {
    behind: Arc<Behind>,
    unwaited: bool,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.behind.process != std::process::id() {
            return;
        }
        let mut state = lock(&self.behind.state);
        state.under_way -= 1;
        state.unwaited -= usize::from(self.unwaited);
        self.behind.ended.notify_all();
    }
}

impl Default for Behind {
    fn default() -> Self {
        Self::new(false)
    }
}

impl Behind {
    fn new(closed: bool) -> Self {
        Self {
            process: std::process::id(),
            forked: OnceLock::new(),
            closed: AtomicBool::new(closed),
            state: Mutex::default(),
            job: Condvar::new(),
            ended: Condvar::new(),
        }
    }

    /// That of this process.
    fn own(self: &Arc<Self>) -> &Arc<Self> {
        let mut own = self;
        while own.process != std::process::id() {
            own = own.forked.get_or_init(|| Arc::new(Self::new(own.closed.load(SeqCst))));
        }
        own
    }

    /// Counts one more; `None` once closed.
    #[cfg(feature = "tokio")]
    pub(crate) fn begin(self: &Arc<Self>) -> Option<UnderWay> {
        let own = self.own();
        let mut state = lock(&own.state);
        (!own.closed.load(SeqCst)).then(|| own.count(&mut state, false))
    }

    /// The same, for a job that [a thread](Self::run) is to do; `None` where none is free. `waits`: its caller does, and for a free
    /// thread until then.
    pub(crate) fn begin_on_a_thread(
        self: &Arc<Self>,
        waits: bool,
        until: Option<Instant>,
    ) -> Option<UnderWay> {
        let own = self.own();
        let mut state = lock(&own.state);
        while !own.closed.load(SeqCst) && state.idle == 0 && state.threads >= MOST_THREADS {
            let left = until?.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = own.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if own.closed.load(SeqCst) || !waits && state.unwaited >= UNWAITED {
            return None;
        }
        if state.idle == 0 {
            let this = Arc::clone(own);
            let started = thread::Builder::new().name("cacheme-behind".to_owned()).spawn(move || this.work());
            if let Err(error) = started {
                // Who writes it down may come back here.
                drop(state);
                log::error!(target: "cacheme", "no thread for what goes on behind a call: {error}");
                return None;
            }
            state.threads += 1;
        } else {
            state.idle -= 1;
        }
        Some(own.count(&mut state, !waits))
    }

    fn count(self: &Arc<Self>, state: &mut State, unwaited: bool) -> UnderWay {
        state.under_way += 1;
        state.unwaited += usize::from(unwaited);
        UnderWay { behind: Arc::clone(self), unwaited }
    }

    /// Does a job that was counted.
    pub(crate) fn run(self: &Arc<Self>, job: impl FnOnce() + Send + 'static) {
        let own = self.own();
        lock(&own.state).jobs.push(Box::new(job));
        own.job.notify_one();
    }

    /// Each thread begins with a job that is to come.
    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            let Some(job) = state.jobs.pop() else {
                let (woken, waited) =
                    self.job.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
                state = woken;
                if waited.timed_out() && state.jobs.is_empty() && state.idle > 0 {
                    state.idle -= 1;
                    state.threads -= 1;
                    return;
                }
                continue;
            };
            drop(state);
            // What it panics with was told to its caller; the thread goes on.
            let _ = catch_unwind(AssertUnwindSafe(job));
            state = lock(&self.state);
            state.idle += 1;
            self.ended.notify_all();
        }
    }

    /// Whether nothing more begins.
    pub(crate) fn is_closed(self: &Arc<Self>) -> bool {
        self.own().closed.load(SeqCst)
    }

    /// Lets nothing more begin, and waits for what is under way. Whether it came to its end in time.
    pub(crate) fn close(self: &Arc<Self>, within: Duration) -> bool {
        let (own, began) = (self.own(), Instant::now());
        own.closed.store(true, SeqCst);
        let mut state = lock(&own.state);
        // Whoever waits for a free thread gets none.
        own.ended.notify_all();
        while state.under_way > 0 {
            let left = within.saturating_sub(began.elapsed());
            if left.is_zero() {
                return false;
            }
            state = own.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Jobs that all wait until they are let go; what is said where one begins, and where one ends.
    struct Held(Arc<Mutex<()>>, mpsc::Sender<()>);

    impl Held {
        fn begin(&self, behind: &Arc<Behind>, waits: bool) {
            let under_way = behind.begin_on_a_thread(waits, None).unwrap();
            let (held, tell) = (Arc::clone(&self.0), self.1.clone());
            behind.run(move || {
                tell.send(()).unwrap();
                drop(lock(&held));
                tell.send(()).unwrap();
                drop(under_way);
            });
        }
    }

    #[test]
    fn a_few_threads_do_what_nobody_waits_for_and_closing_waits_for_it() {
        let behind = Arc::<Behind>::default();
        let (tell, told) = mpsc::channel();
        let held = Held(Arc::default(), tell);
        let hold = lock(&held.0);
        for _ in 0..UNWAITED {
            held.begin(&behind, false);
            told.recv().unwrap();
        }
        assert!(behind.begin_on_a_thread(false, None).is_none());
        // What somebody waits for needs none of these.
        for _ in UNWAITED..MOST_THREADS {
            held.begin(&behind, true);
            told.recv().unwrap();
        }
        assert!(behind.begin_on_a_thread(true, None).is_none());
        assert!(!behind.is_closed() && !behind.close(Duration::from_millis(1)) && behind.is_closed());
        drop(hold);
        assert!(behind.close(Duration::MAX));
        assert_eq!(told.try_iter().count(), MOST_THREADS);
        assert!(
            behind.begin_on_a_thread(true, None).is_none() && behind.begin_on_a_thread(false, None).is_none()
        );
    }

    /// However many threads are free.
    #[test]
    fn what_nobody_waits_for_is_never_more_than_a_few() {
        let behind = Arc::<Behind>::default();
        let reserved: Vec<_> = (0..40).map(|_| behind.begin_on_a_thread(true, None).unwrap()).collect();
        let (tell, told) = mpsc::channel();
        for under_way in reserved {
            let tell = tell.clone();
            behind.run(move || {
                drop(under_way);
                tell.send(()).unwrap();
            });
        }
        told.iter().take(40).for_each(drop);
        let unwaited: Vec<_> = (0..100).filter_map(|_| behind.begin_on_a_thread(false, None)).collect();
        assert_eq!(unwaited.len(), UNWAITED);
        unwaited.into_iter().for_each(|under_way| behind.run(move || drop(under_way)));
        assert!(behind.close(Duration::from_secs(60)));
    }

    /// It would wait for good for whoever holds the lock at the fork.
    #[test]
    fn a_process_that_was_forked_off_has_a_state_of_its_own() {
        let behind = Arc::<Behind>::default();
        let under_way = behind.begin_on_a_thread(true, None).unwrap();
        let held = lock(&behind.state);
        let child = match fork::fork().unwrap() {
            fork::Fork::Parent(child) => child,
            fork::Fork::Child => {
                thread::spawn(|| {
                    thread::sleep(Duration::from_secs(60));
                    std::process::exit(2);
                });
                drop(under_way);
                let (tell, told) = mpsc::channel();
                let begun = behind.begin_on_a_thread(true, None).map(|under_way| {
                    behind.run(move || drop((under_way, tell.send(()))));
                    told.recv().is_ok()
                });
                let is_right = begun == Some(true) && behind.close(Duration::MAX) && behind.is_closed();
                std::process::exit((!is_right).into());
            }
        };
        assert_eq!(fork::waitpid(child).unwrap(), 0);
        drop(held);
        assert!(!behind.is_closed());
        behind.run(move || drop(under_way));
        assert!(behind.close(Duration::MAX));
    }

    #[test]
    fn threads_are_used_again() {
        let behind = Arc::<Behind>::default();
        let (tell, told) = mpsc::channel();
        let held = Held(Arc::default(), tell);
        for _ in 0..1000 {
            while lock(&behind.state).under_way > 0 {
                thread::yield_now();
            }
            held.begin(&behind, true);
            told.iter().take(2).for_each(drop);
        }
        let threads = lock(&behind.state).threads;
        assert!(threads < 10, "{threads}");
    }
}
