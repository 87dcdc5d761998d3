//! Processes that cannot outlive the test run.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The full path of a program of this machine, by the `PATH` the tests were started with.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A command for `program` that dies with the test process, however that one ends, and has no controlling terminal.
///
/// A shell starts a background job with SIGINT and SIGQUIT ignored, `nohup` with SIGHUP; what it starts inherits that, and a
/// shell cannot trap what was ignored from the start: `env` gives each its usual meaning back.
///
/// `setpriv` asks the kernel for a signal at the death of the parent *thread*: start the command with [`spawn`] only,
/// whose thread lives as long as the process. Without util-linux, dropping the handle is all that ends it.
pub(crate) fn guarded(program: impl AsRef<OsStr>) -> Command {
    static WRAPPERS: OnceLock<Option<[PathBuf; 3]>> = OnceLock::new();
    let program = program.as_ref();
    match WRAPPERS.get_or_init(|| Some([find("env")?, find("setsid")?, find("setpriv")?])) {
        Some([env, setsid, setpriv]) => {
            let mut command = Command::new(env);
            command.arg("--default-signal=INT,QUIT,HUP").arg(setsid);
            command.arg(setpriv).args(["--pdeathsig", "KILL", "--"]);
            command.arg(program);
            command
        }
        None => {
            let mut command = Command::new(program);
            command.process_group(0);
            command
        }
    }
}

type Request = (Command, Sender<io::Result<Child>>);

/// Starts a [`guarded`] command from the one thread that lives as long as the test process.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    static KEEPER: OnceLock<Mutex<Sender<Request>>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let (sender, requests): (Sender<Request>, Receiver<Request>) = channel();
        std::thread::spawn(move || {
            for (mut command, answer) in requests {
                let _ = answer.send(command.spawn());
            }
        });
        Mutex::new(sender)
    });
    let (answer, child) = channel();
    keeper
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send((command, answer))
        .expect("the thread that starts processes lives as long as this process");
    child.recv().expect("the thread that starts processes answers each request")
}

/// Sends a signal (`TERM`, `INT`, `STOP`, …) to a process, or with a negative id to its process group, and waits until it
/// has arrived: `kill` comes back before a handler has run, which on a busy machine takes its time.
pub(crate) fn signal(pid: i64, name: &str) -> bool {
    let sent = Command::new("kill")
        .args(["-s", name, "--", &pid.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    // A process at work is never seen at rest: then a moment has to do.
    let end = Instant::now() + Duration::from_secs(1);
    while !is_at_rest(pid) && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(1));
    }
    sent
}

/// Whether no signal is pending and no thread runs, or there is no such process.
fn is_at_rest(pid: i64) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return true };
    threads.flatten().all(|thread| {
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        status.lines().all(|line| match line.split_once(':') {
            Some(("SigPnd" | "ShdPnd", mask)) => mask.trim().trim_matches('0').is_empty(),
            Some(("State", state)) => !state.trim().starts_with('R'),
            _ => true,
        })
    })
}

/// The processor time a process has taken, in ticks of the clock.
pub(crate) fn cpu_ticks(pid: i64) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    // Behind the name, which may hold blanks, user and system time are the 12th and 13th.
    let behind = stat.rsplit_once(')').expect("a name").1;
    behind.split_ascii_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("ticks")).sum()
}
