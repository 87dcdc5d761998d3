//! What goes on behind the calls that began it: a few threads of the sync API, tasks of the other.
//!
//! It is counted while it runs, so that [`close`](super::sync::Cache::close) can wait for its end.

use super::computation::lock;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// So many threads do what nobody waits for.
const THREADS: usize = 4;

/// No more threads there are: beyond that whoever would wait for another thread does it himself.
const MOST_THREADS: usize = 256;

/// No more jobs wait for a thread.
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
    /// Those that somebody waits for in front: there is a thread for each.
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

    /// The same, for a job that [a thread](Self::run) is to do: at once, where its caller waits for it. `None` where there is no
    /// room for it either.
    pub(crate) fn begin_on_a_thread(self: &Arc<Self>, waits: bool) -> Option<UnderWay> {
        let mut state = lock(&self.state);
        let is_busy = state.idle <= state.waiting.len();
        let most = if waits { MOST_THREADS } else { THREADS };
        if state.closed || state.waiting.len() >= WAITING || waits && is_busy && state.threads >= most {
            return None;
        }
        if is_busy && state.threads < most {
            let this = Arc::clone(self);
            let started = thread::Builder::new().name("cacheme-behind".to_owned()).spawn(move || this.work());
            match started {
                Ok(_) => state.threads += 1,
                Err(_) if state.threads > 0 && !waits => {}
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
    pub(crate) fn run(&self, waits: bool, job: impl FnOnce() + Send + 'static) {
        let waiting = &mut lock(&self.state).waiting;
        match waits {
            true => waiting.push_front(Box::new(job)),
            false => waiting.push_back(Box::new(job)),
        }
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

    /// Jobs that all wait until they are let go; what is said where one begins, and where one ends.
    struct Held(Arc<Mutex<()>>, mpsc::Sender<()>);

    impl Held {
        fn begin(&self, behind: &Arc<Behind>, waits: bool) {
            let under_way = behind.begin_on_a_thread(waits).unwrap();
            let (held, tell) = (Arc::clone(&self.0), self.1.clone());
            behind.run(waits, move || {
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
        for _ in 0..20 {
            held.begin(&behind, false);
        }
        for _ in 0..THREADS {
            told.recv().unwrap();
        }
        // What somebody waits for needs none of these.
        for _ in 0..10 {
            held.begin(&behind, true);
            told.recv().unwrap();
        }
        assert_eq!(lock(&behind.state).threads, THREADS + 10);
        assert!(!behind.close(Duration::from_millis(1)));
        assert!(behind.begin_on_a_thread(true).is_none() && behind.begin_on_a_thread(false).is_none());
        drop(hold);
        assert!(behind.close(Duration::from_secs(60)));
        assert_eq!(told.try_iter().count(), 2 * 30 - THREADS - 10);
    }

    #[test]
    fn there_are_no_more_threads_than_a_process_bears() {
        let behind = Arc::<Behind>::default();
        let (tell, told) = mpsc::channel();
        let held = Held(Arc::default(), tell);
        let hold = lock(&held.0);
        for _ in 0..MOST_THREADS {
            held.begin(&behind, true);
        }
        for _ in 0..MOST_THREADS {
            told.recv().unwrap();
        }
        assert!(behind.begin_on_a_thread(true).is_none());
        for _ in 0..WAITING {
            held.begin(&behind, false);
        }
        assert!(behind.begin_on_a_thread(false).is_none());
        drop(hold);
        assert!(behind.close(Duration::from_secs(60)));
    }
}
