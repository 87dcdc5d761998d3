//! What goes on behind the calls that began it: a few threads of the sync API, tasks of the other.
//!
//! It is counted while it runs, so that [`close`](super::sync::Cache::close) can wait for its end.

use super::computation::lock;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// As many functions run at once on threads of their own.
const THREADS: usize = 4;

/// More do not wait for a thread: each holds back the other callers of its key.
const WAITING: usize = 1_024;

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
    waiting: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// Jobs and tasks, those that wait for a thread included.
    under_way: usize,
    closed: bool,
}

/// One that is under way, until it is dropped.
pub(crate) struct UnderWay(Arc<Behind>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        lock(&self.0.state).under_way -= 1;
        self.0.ended.notify_all();
    }
}

impl Behind {
    /// Counts one more; `None` once closed.
    #[cfg(feature = "tokio")]
    pub(crate) fn begin(self: &Arc<Self>) -> Option<UnderWay> {
        let mut state = lock(&self.state);
        (!state.closed).then(|| self.count(&mut state))
    }

    /// The same, for a job that [a thread](Self::run) is to do; `None` where there is no room for it either.
    pub(crate) fn begin_on_a_thread(self: &Arc<Self>) -> Option<UnderWay> {
        let mut state = lock(&self.state);
        if state.closed || state.waiting.len() >= WAITING {
            return None;
        }
        if state.idle <= state.waiting.len() && state.threads < THREADS {
            let this = Arc::clone(self);
            let started = thread::Builder::new().name("cacheme-behind".to_owned()).spawn(move || this.work());
            match started {
                Ok(_) => state.threads += 1,
                Err(_) if state.threads > 0 => {}
                Err(error) => {
                    log::error!(target: "cacheme", "no thread for what goes on behind a call: {error}");
                    return None;
                }
            }
        }
        Some(self.count(&mut state))
    }

    fn count(self: &Arc<Self>, state: &mut State) -> UnderWay {
        state.under_way += 1;
        UnderWay(Arc::clone(self))
    }

    /// Does a job that was counted, once a thread is free.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) {
        lock(&self.state).waiting.push_back(Box::new(job));
        self.job.notify_one();
    }

    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.waiting.pop_front() {
                drop(state);
                job();
                state = lock(&self.state);
                continue;
            }
            state.idle += 1;
            let (woken, waited) = self.job.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            // What is counted may be a job that has not come yet.
            if waited.timed_out() && state.under_way == 0 {
                state.threads -= 1;
                return;
            }
        }
    }

    /// Lets nothing more begin, and waits for what is under way. Whether it came to its end in time.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let mut state = lock(&self.state);
        state.closed = true;
        while state.under_way > 0 {
            let left = until.saturating_duration_since(Instant::now());
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

    #[test]
    fn a_few_threads_do_all_jobs_and_closing_waits_for_them() {
        let behind = Arc::<Behind>::default();
        let (hold, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let (done, finished) = mpsc::channel();
        for number in 0..20 {
            let under_way = behind.begin_on_a_thread().unwrap();
            let (held, done) = (Arc::clone(&held), done.clone());
            behind.run(move || {
                let _ = lock(&held).recv();
                done.send((number, thread::current().id())).unwrap();
                drop(under_way);
            });
        }
        assert!(!behind.close(Duration::from_millis(1)));
        assert!(behind.begin_on_a_thread().is_none());
        drop(hold);
        assert!(behind.close(Duration::from_secs(60)));
        let all: Vec<_> = finished.try_iter().collect();
        let threads: std::collections::HashSet<_> = all.iter().map(|it| it.1).collect();
        assert_eq!((all.len(), threads.len() <= THREADS), (20, true));
    }
}
