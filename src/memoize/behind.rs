//! What goes on behind the calls that began it: threads of the sync API, tasks of the other.
//!
//! A job gets a thread or is not begun: it leads the computation of its key, and others wait for it, among them jobs that
//! have a thread. What is under way is counted, so that [`close`](super::sync::Cache::close) can wait for its end.

use super::computation::lock;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// So many do what nobody waits for.
const UNWAITED: usize = 8;

/// No more threads there are: beyond that whoever would wait for another thread does it himself.
const MOST_THREADS: usize = 256;

/// A thread that finds nothing to do for so long ends.
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
pub(crate) struct Behind {
    state: Mutex<State>,
    /// There is one.
    job: Condvar,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// Whose threads these are: a process that was forked off has none of them.
    process: u32,
    jobs: Vec<Job>,
    threads: usize,
    /// Threads that have no job, and none that is to come.
    idle: usize,
    /// Jobs and tasks.
    under_way: usize,
    /// Those of the jobs that nobody waits for.
    unwaited: usize,
    closed: bool,
}

/// One that is under way, until it is dropped.
pub(crate) struct UnderWay {
    behind: Arc<Behind>,
    unwaited: bool,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = lock(&self.behind.state);
        // It may be that of a parent.
        state.under_way = state.under_way.saturating_sub(1);
        state.unwaited = state.unwaited.saturating_sub(usize::from(self.unwaited));
        self.behind.ended.notify_all();
    }
}

impl Behind {
    /// Counts one more; `None` once closed.
    #[cfg(feature = "tokio")]
    pub(crate) fn begin(self: &Arc<Self>) -> Option<UnderWay> {
        let mut state = self.state();
        (!state.closed).then(|| self.count(&mut state, false))
    }

    /// The same, for a job that [a thread](Self::run) is to do; `None` where none is free. `waits`: its caller does, and for a free
    /// thread until then.
    pub(crate) fn begin_on_a_thread(
        self: &Arc<Self>,
        waits: bool,
        until: Option<Instant>,
    ) -> Option<UnderWay> {
        let mut state = self.state();
        while !state.closed && state.idle == 0 && state.threads >= MOST_THREADS {
            let left = until?.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.closed || !waits && state.unwaited >= UNWAITED {
            return None;
        }
        if state.idle == 0 {
            let this = Arc::clone(self);
            let started = thread::Builder::new().name("cacheme-behind".to_owned()).spawn(move || this.work());
            if let Err(error) = started {
                log::error!(target: "cacheme", "no thread for what goes on behind a call: {error}");
                return None;
            }
            state.threads += 1;
        } else {
            state.idle -= 1;
        }
        Some(self.count(&mut state, !waits))
    }

    /// A process that was forked off begins with none: its parent's jobs are its parent's.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        if state.process != std::process::id() {
            let fresh = State { process: std::process::id(), closed: state.closed, ..State::default() };
            std::mem::forget(std::mem::replace(&mut *state, fresh));
        }
        state
    }

    fn count(self: &Arc<Self>, state: &mut State, unwaited: bool) -> UnderWay {
        state.under_way += 1;
        state.unwaited += usize::from(unwaited);
        UnderWay { behind: Arc::clone(self), unwaited }
    }

    /// Does a job that was counted.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) {
        lock(&self.state).jobs.push(Box::new(job));
        self.job.notify_one();
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
            job();
            state = lock(&self.state);
            state.idle += 1;
            self.ended.notify_all();
        }
    }

    /// Whether nothing more begins.
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// Lets nothing more begin, and waits for what is under way. Whether it came to its end in time.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        let began = Instant::now();
        let mut state = self.state();
        state.closed = true;
        // Whoever waits for a free thread gets none.
        self.ended.notify_all();
        while state.under_way > 0 {
            let left = patience.saturating_sub(began.elapsed());
            if left.is_zero() {
                return false;
            }
            state = self.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
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
