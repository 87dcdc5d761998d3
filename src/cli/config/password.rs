//! Passwords that stand in a file or come from a command.

use crate::cli::error::Failure;
use cacheme::store::Secret;
use rustix::process::{Pid, Signal};
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a command may take where there is no terminal at which it could ask.
const UNATTENDED: Duration = Duration::from_secs(60);
/// How often a command that runs is looked at.
const LOOK: Duration = Duration::from_millis(5);
const PASSWORD_HINT: &str = "`cacheme config show` tells where the password comes from";

/// The first line of a file.
pub fn password_in(path: &Path) -> Result<Secret, Failure> {
    Secret::in_file(path).map_err(|error| {
        Failure::usage(format!("cannot read the password file {}: {error}", path.display()))
            .with_hint(PASSWORD_HINT)
            .that_may_pass()
    })
}

/// The first line that a command prints.
///
/// It may ask whoever sits at the terminal, for as long as that takes. Where there is no terminal it has `UNATTENDED`. A
/// signal that stops the work ends it.
pub fn password_of(profile: &str, words: &[String], stop: &AtomicBool) -> Result<Secret, Failure> {
    let failed = |why: String| {
        Failure::usage(format!("the password command of profile '{profile}' {why}"))
            .with_hint(PASSWORD_HINT)
            .that_may_pass()
    };
    let patience = if File::open("/dev/tty").is_ok() { None } else { Some(UNATTENDED) };
    let (status, text) =
        match run(words, patience, stop).map_err(|error| failed(format!("cannot be run: {error}")))? {
            Ended::Itself(status, text) => (status, text),
            Ended::Late => return Err(failed(format!("was ended: it took longer than {UNATTENDED:?}"))),
            Ended::Stopped => return Err(Failure::interrupted("the password command was ended by a signal")),
        };
    if !status.success() {
        return Err(failed(format!("failed: {status}")));
    }
    let text = String::from_utf8(text).map_err(|_| failed("printed no text".to_owned()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(failed("printed no password".to_owned())),
    }
}

/// How a command ended.
enum Ended {
    /// By itself, with what it had printed.
    Itself(ExitStatus, Vec<u8>),
    /// By us: its time was over, or a signal came.
    Late,
    Stopped,
}

/// Runs a command to its end. With `patience` it is the head of a process group, and all of that is ended.
fn run(words: &[String], patience: Option<Duration>, stop: &AtomicBool) -> io::Result<Ended> {
    let Some((program, args)) = words.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is empty"));
    };
    let mut command = Command::new(program);
    // A pipe on our own input holds names or rows, which are not for the command.
    let input = if io::stdin().is_terminal() { Stdio::inherit() } else { Stdio::null() };
    command.args(args).stdin(input).stdout(Stdio::piped()).stderr(Stdio::inherit());
    if patience.is_some() {
        command.process_group(0);
    }
    let mut child = command.spawn()?;
    let mut stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let (sender, printed) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = sender.send(stdout.read_to_end(&mut text).map(|_| text));
    });
    let end = patience.map(|patience| Instant::now() + patience);
    let mut text = None;
    loop {
        // Waiting for the text is the pause between two looks.
        if text.is_none() {
            text = printed.recv_timeout(LOOK).ok();
        } else {
            thread::sleep(LOOK);
        }
        if text.is_some()
            && let Some(status) = child.try_wait()?
        {
            return Ok(Ended::Itself(status, text.transpose()?.unwrap_or_default()));
        }
        let late = end.is_some_and(|end| Instant::now() >= end);
        if late || stop.load(Ordering::Relaxed) {
            if patience.is_some() {
                let _ = rustix::process::kill_process_group(Pid::from_child(&child), Signal::KILL);
            }
            let _ = child.kill();
            child.wait()?;
            return Ok(if late { Ended::Late } else { Ended::Stopped });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let pids = dir.path().join("pids");
        // The second process holds the pipe after the first is gone.
        let script = format!("sleep 1000 & echo $$ $! > '{}'; echo secret; wait", pids.display());
        let ended = run(&words(&script), Some(Duration::from_millis(500)), &AtomicBool::new(false)).unwrap();
        assert!(matches!(ended, Ended::Late));
        let pids = std::fs::read_to_string(pids).unwrap();
        assert_eq!(pids.split_whitespace().count(), 2);
        for pid in pids.split_whitespace() {
            let alive = || {
                let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
                !status.is_empty() && !status.contains("(zombie)")
            };
            let begin = Instant::now();
            while alive() {
                assert!(begin.elapsed() < Duration::from_secs(30), "{pid} lives on");
                thread::sleep(LOOK);
            }
        }
    }

    #[test]
    fn a_signal_ends_it_with_and_without_a_limit() {
        for patience in [None, Some(UNATTENDED)] {
            let ended = run(&words("exec sleep 1000"), patience, &AtomicBool::new(true)).unwrap();
            assert!(matches!(ended, Ended::Stopped));
        }
    }

    #[test]
    fn more_than_a_pipe_holds_is_read() {
        let script = "head -c 300000 /dev/zero | tr '\\0' x; exit 3";
        let ended = run(&words(script), None, &AtomicBool::new(false)).unwrap();
        let Ended::Itself(status, text) = ended else { panic!("it ends by itself") };
        assert_eq!((status.code(), text.len()), (Some(3), 300_000));
    }
}
