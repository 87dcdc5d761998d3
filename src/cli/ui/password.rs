//! Asking for a password on the terminal.

use crate::cli::error::Failure;
use crate::cli::ui::last_act::LastAct;
use cacheme::client::Secret;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Stands for no key among the special codes of a terminal.
const NO_KEY: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// What Ctrl-Z sends where it suspends nothing.
const CTRL_Z: char = '\u{1a}';

/// Asks without an echo. A signal that ends the question gives the echo back; `caught` says that signals have come to mean
/// something else since.
pub fn ask(caught: &Arc<AtomicBool>) -> Result<Secret, Failure> {
    read(caught)
        .map(Secret::new)
        .map_err(|error| Failure::usage(format!("could not read the password: {error}")))
}

/// The echo is off before the question shows: who answers at once is not seen either. Nor does Ctrl-Z suspend it: the shell
/// would give the terminal its echo back, and nobody takes it away again behind `fg`.
fn read(caught: &Arc<AtomicBool>) -> io::Result<String> {
    let usual = tcgetattr(io::stdin())?;
    let mut silent = usual.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    silent.local_modes.insert(LocalModes::ECHONL);
    silent.special_codes[SpecialCodeIndex::VSUSP] = NO_KEY;
    let give_back = move || {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &usual);
    };
    let (give_back, _echo) = LastAct::of(caught, || {
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok((give_back.clone(), give_back))
    })?;
    let mut line = String::new();
    let read = write!(io::stderr(), "Password: ").and_then(|()| io::stdin().read_line(&mut line));
    give_back();
    if read? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).replace(CTRL_Z, ""))
}
