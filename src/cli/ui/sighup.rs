//! The terminal of a full screen goes away.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// How long the work may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// At SIGHUP asks the work to stop, as other signals do; where it does not, gives the terminal back and ends the process.
///
/// It may not: on a terminal that is gone there is nothing to be read, and crossterm looks again for ever.
pub fn ends_it(stop: Arc<AtomicBool>, give_back: fn()) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGHUP])?;
    thread::Builder::new().name("hangup".to_owned()).spawn(move || {
        if signals.forever().next().is_some() {
            stop.store(true, Relaxed);
            thread::sleep(PATIENCE);
            give_back();
            process::exit(130);
        }
    })?;
    Ok(())
}
