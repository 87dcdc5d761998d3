//! What has to be done before a signal ends the process: a terminal gets its echo back, a command that was started ends.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

type Act = Box<dyn Fn() + Send>;

static ACT: Mutex<Option<Act>> = Mutex::new(None);

/// While it lives, a signal does the act first.
pub struct LastAct(());

impl LastAct {
    /// Begins something and keeps the act that ends it: a signal that comes in between waits. After the act the signal ends
    /// the process, unless `caught` says that signals have come to mean something else.
    pub fn of<T, A: Fn() + Send + 'static>(
        caught: &Arc<AtomicBool>,
        begin: impl FnOnce() -> io::Result<(T, A)>,
    ) -> io::Result<(T, Self)> {
        static WATCHED: OnceLock<()> = OnceLock::new();
        if WATCHED.set(()).is_ok() {
            watch(caught.clone())?;
        }
        let mut slot = slot();
        let (begun, act) = begin()?;
        *slot = Some(Box::new(act));
        Ok((begun, Self(())))
    }
}

impl Drop for LastAct {
    fn drop(&mut self) {
        *slot() = None;
    }
}

fn slot() -> MutexGuard<'static, Option<Act>> {
    ACT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watch(caught: Arc<AtomicBool>) -> io::Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal)))?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            // Until the signal has ended the process, whatever was begun does not end: it would be taken for a failure.
            let slot = slot();
            if let Some(act) = &*slot {
                act();
            }
            if !caught.load(Ordering::SeqCst) {
                let _ = emulate_default_handler(signal);
            }
        }
    });
    Ok(())
}

/// Whether whoever started this process had it ignore a signal, where the system tells.
pub fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
