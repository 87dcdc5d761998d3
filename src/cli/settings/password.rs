//! Passwords that stand in a file or come from a command.

use crate::cli::error::Failure;
use crate::cli::ui::last_act::LastAct;
use cacheme::client::Secret;
use rustix::process::{Pid, Signal};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How long a command may take where there is no terminal at which it could ask.
const UNATTENDED: Duration = Duration::from_secs(60);
/// More of a line is not read: no password is as long.
const LONGEST: u64 = 1 << 16;
/// How often a command that runs is looked at.
const LOOK: Duration = Duration::from_millis(5);
const PASSWORD_HINT: &str = "`cacheme config show` shows where the password comes from";

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
/// signal ends it, whether it stops the work or ends the process.
pub fn password_of(
    profile: &str,
    words: &[String],
    stop: &AtomicBool,
    caught: &Arc<AtomicBool>,
) -> Result<Secret, Failure> {
    let failed = |why: String| {
        Failure::usage(format!("the password command of profile '{profile}' {why}"))
            .with_hint(PASSWORD_HINT)
            .that_may_pass()
    };
    let patience = if File::open("/dev/tty").is_ok() { None } else { Some(UNATTENDED) };
    let (status, text) = match run(words, patience, stop, caught)
        .map_err(|error| failed(format!("cannot be run: {error}")))?
    {
        Ended::Itself(status, text) => (status, text),
        Ended::Late => return Err(failed(format!("took longer than {UNATTENDED:?} and was ended"))),
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
    /// By itself, with the first line that it printed.
    Itself(ExitStatus, Vec<u8>),
    /// By us: its time was over, or a signal came.
    Late,
    Stopped,
}

/// Runs a command to its end. With `patience` it is the head of a process group, and all of that is ended.
fn run(
    words: &[String],
    patience: Option<Duration>,
    stop: &AtomicBool,
    caught: &Arc<AtomicBool>,
) -> io::Result<Ended> {
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
    let ((mut child, kill), _ends_with_us) = LastAct::of(caught, || {
        let child = command.spawn()?;
        let pid = Pid::from_child(&child);
        let kill = move || {
            let _ = match patience {
                Some(_) => rustix::process::kill_process_group(pid, Signal::KILL),
                None => rustix::process::kill_process(pid, Signal::KILL),
            };
        };
        Ok(((child, kill), kill))
    })?;
    let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let (sender, printed) = mpsc::channel();
    thread::spawn(move || {
        let (mut stdout, mut text) = (BufReader::new(stdout), Vec::new());
        let read = stdout.by_ref().take(LONGEST).read_until(b'\n', &mut text);
        let _ = sender.send(read.map(|_| text));
        let _ = io::copy(&mut stdout, &mut io::sink());
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
            kill();
            child.wait()?;
            return Ok(if late { Ended::Late } else { Ended::Stopped });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, PoisonError};

    fn run_for(patience: Option<Duration>, stopped: bool, script: &str) -> Ended {
        // One after another: there is one last act in a process.
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let words = ["sh", "-c", script].map(str::to_owned);
        run(&words, patience, &AtomicBool::new(stopped), &Arc::default()).unwrap()
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let pids = dir.path().join("pids");
        // The second process holds the pipe after the first is gone.
        let script = format!("sleep 1000 & echo $$ $! > '{}'; echo secret; wait", pids.display());
        let ended = run_for(Some(Duration::from_millis(500)), false, &script);
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
            let ended = run_for(patience, true, "exec sleep 1000");
            assert!(matches!(ended, Ended::Stopped));
        }
    }

    #[test]
    fn the_first_line_is_taken_and_the_rest_is_read() {
        let Ended::Itself(status, text) = run_for(None, false, "yes | head -c 300000; exit 3") else {
            panic!()
        };
        assert_eq!((status.code(), &text[..]), (Some(3), &b"y\n"[..]));
        // What it leaves behind may hold the pipe.
        let Ended::Itself(status, text) = run_for(None, false, "sleep 1000 & echo $!; exit 0") else {
            panic!()
        };
        assert!(status.success());
        let left = String::from_utf8(text).unwrap().trim().parse().ok().and_then(Pid::from_raw).unwrap();
        rustix::process::kill_process(left, Signal::KILL).unwrap();
    }
}
