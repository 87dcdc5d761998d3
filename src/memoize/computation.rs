//! Which computation of this process waits for which, so that none waits for itself by way of others.
//!
//! A computation is the run of one memoized function for one key. It may call memoized functions, and so wait for another
//! computation, which may wait in turn. A wait that closes a circle would never end: [`Computation::wait_for`] refuses it.

use super::flight::lock;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};

/// One computation. No two of a process are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Computation(u64);

thread_local! {
    /// The computation whose function runs on this thread now; the innermost, where one calls another.
    static CURRENT: Cell<Option<Computation>> = const { Cell::new(None) };
}

/// For each computation those it waits for. Several, where a task awaits several calls at once. There is no circle in it.
static WAITS: LazyLock<Mutex<HashMap<Computation, Vec<Computation>>>> = LazyLock::new(Mutex::default);

/// A wait, from here until it is dropped. Outside of any computation there is nothing to note: nobody waits for the caller.
pub(super) struct Wait(Option<(Computation, Computation)>);

impl Computation {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Runs `function` as a part of this computation.
    pub(super) fn run<R>(self, function: impl FnOnce() -> R) -> R {
        struct Outer(Option<Computation>);
        impl Drop for Outer {
            fn drop(&mut self) {
                CURRENT.set(self.0);
            }
        }
        let _outer = Outer(CURRENT.replace(Some(self)));
        function()
    }

    /// Notes that what runs here waits for this computation; `None` where this one waits for what runs here.
    pub(super) fn wait_for(self) -> Option<Wait> {
        let Some(current) = CURRENT.get() else { return Some(Wait(None)) };
        let mut waits = lock(&WAITS);
        if reaches(&waits, self, current) {
            return None;
        }
        waits.entry(current).or_default().push(self);
        Some(Wait(Some((current, self))))
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let Some((from, to)) = self.0 else { return };
        let mut waits = lock(&WAITS);
        let Some(list) = waits.get_mut(&from) else { return };
        if let Some(at) = list.iter().position(|it| *it == to) {
            list.swap_remove(at);
        }
        if list.is_empty() {
            waits.remove(&from);
        }
    }
}

fn reaches(waits: &HashMap<Computation, Vec<Computation>>, from: Computation, to: Computation) -> bool {
    let (mut todo, mut seen) = (vec![from], HashSet::new());
    while let Some(at) = todo.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            todo.extend(waits.get(&at).into_iter().flatten());
        }
    }
    false
}
