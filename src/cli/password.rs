//! Asking for a password on the terminal.

use super::error::Failure;
use super::last_act::LastAct;
use cacheme::store::Secret;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Asks without an echo. A signal that ends the question gives the echo back; `caught` says that signals have come to mean
/// something else since.
pub fn ask(caught: &Arc<AtomicBool>) -> Result<Secret, Failure> {
    let echo = || {
        let _ = Command::new("stty").arg("echo").stdin(Stdio::inherit()).status();
    };
    let ((), _echo) = LastAct::of(caught, || Ok(((), echo)))?;
    let password = dialoguer::Password::new().with_prompt("Password").interact();
    password.map(Secret::new).map_err(|error| Failure::usage(format!("no password came: {error}")))
}
