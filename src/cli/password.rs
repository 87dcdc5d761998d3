//! Asking for a password on the terminal.

use super::error::Failure;
use cacheme::store::Secret;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks without an echo. A signal that ends the question gives the echo back; `caught` says that signals have come to mean
/// something else since.
pub fn ask(caught: &Arc<AtomicBool>) -> Result<Secret, Failure> {
    let asking = Arc::new(AtomicBool::new(true));
    let (still_asking, caught) = (asking.clone(), caught.clone());
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if still_asking.load(Ordering::SeqCst) {
                let _ = Command::new("stty").arg("echo").stdin(Stdio::inherit()).status();
            }
            if !caught.load(Ordering::SeqCst) {
                let _ = emulate_default_handler(signal);
            }
        }
    });
    let password = dialoguer::Password::new().with_prompt("Password").interact();
    asking.store(false, Ordering::SeqCst);
    password.map(Secret::new).map_err(|error| Failure::usage(format!("no password came: {error}")))
}
