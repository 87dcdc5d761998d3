//! Which call of this process waits for which, so that none waits for itself by way of others.
//!
//! A call that leads runs code of the user's: the function, callbacks, a codec. That code may call memoized functions, and
//! so wait for another call, which may wait in turn. A wait that closes a circle would never end:
//! [`Computation::wait_for`] refuses it.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
#[cfg(feature = "tokio")]
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
#[cfg(feature = "tokio")]
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// A call that leads. No two of a process are equal; a later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Computation(u64);

/// The next.
static NEXT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The call whose code runs on this thread now; the innermost, where one calls another.
    static CURRENT: Cell<Option<Computation>> = const { Cell::new(None) };
}

/// How often each waits for each: several times, where a task awaits several calls at once. There is no circle in it.
type Waits = HashMap<Computation, HashMap<Computation, usize>>;

static WAITS: LazyLock<Mutex<Waits>> = LazyLock::new(Mutex::default);

/// A wait, from here until it is dropped. Outside of any call there is nothing to note: nobody waits for the caller.
pub(super) struct Wait(Option<(Computation, Computation)>);

/// Until it is dropped, what runs on this thread is a part of a call.
pub(super) struct Within {
    outer: Option<Computation>,
    on_this_thread: PhantomData<*const ()>,
}

impl Computation {
    pub(super) fn new() -> Self {
        Self(NEXT.fetch_add(1, Ordering::SeqCst))
    }

    /// Now, between those that have begun and those that have not.
    pub(super) fn next() -> Self {
        Self(NEXT.load(Ordering::SeqCst))
    }

    /// What runs on this thread from here on is a part of this.
    pub(super) fn enter(self) -> Within {
        Within::begin(Some(self))
    }

    /// The same, until the [`Within`] around it is dropped.
    #[cfg(feature = "tokio")]
    pub(super) fn go_on(self) {
        CURRENT.set(Some(self));
    }

    /// What runs on this thread now is a part of this, if of any.
    pub(super) fn here() -> Option<Self> {
        CURRENT.get()
    }

    /// Each part of a future is a part of this.
    #[cfg(feature = "tokio")]
    pub(super) async fn around<F: Future>(self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let _within = self.enter();
            future.as_mut().poll(context)
        })
        .await
    }

    /// Notes that what runs here waits for this; `None` where this waits for what runs here.
    pub(super) fn wait_for(self) -> Option<Wait> {
        let Some(current) = CURRENT.get() else { return Some(Wait(None)) };
        let mut waits = lock(&WAITS);
        if reaches(&waits, self, current) {
            return None;
        }
        *waits.entry(current).or_default().entry(self).or_default() += 1;
        Some(Wait(Some((current, self))))
    }
}

impl Within {
    /// What runs on this thread from here on is a part of `current`, or of what it is a part of already.
    pub(super) fn begin(current: Option<Computation>) -> Self {
        let outer = CURRENT.get();
        CURRENT.set(current.or(outer));
        Self { outer, on_this_thread: PhantomData }
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let Some((from, to)) = self.0 else { return };
        let mut waits = lock(&WAITS);
        let Some(of) = waits.get_mut(&from) else { return };
        if let Some(times) = of.get_mut(&to) {
            *times -= 1;
            if *times == 0 {
                of.remove(&to);
            }
        }
        if of.is_empty() {
            waits.remove(&from);
        }
    }
}

fn reaches(waits: &Waits, from: Computation, to: Computation) -> bool {
    let (mut todo, mut seen) = (vec![from], HashSet::new());
    while let Some(at) = todo.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            todo.extend(waits.get(&at).into_iter().flat_map(HashMap::keys));
        }
    }
    false
}

/// A lock that a panic elsewhere cannot take away: what it guards is changed in single assignments.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
