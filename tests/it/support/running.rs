//! A process under way, with what it says collected.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::output::Output;
use super::process::{signal, spawn};

/// A stream being collected by a thread of its own.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Collected {
    fn new(mut from: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&bytes);
        let thread = std::thread::spawn(move || {
            let mut chunk = [0; 16 * 1024];
            loop {
                match from.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(read) => {
                        into.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&chunk[..read])
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
        });
        Self { bytes, thread }
    }

    fn so_far(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything, once the stream has ended; what there is when a grandchild still holds it open at `end`.
    fn all(self, end: Instant) -> Vec<u8> {
        while !self.thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.so_far()
    }
}

/// A process under way whose streams are collected. It and its group are killed when this is dropped.
pub(crate) struct Running {
    command: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<Collected>,
    stderr: Option<Collected>,
    started: Instant,
    end: Instant,
    limit: Duration,
}

impl Running {
    /// Starts a command made by [`super::process::guarded`]. `shown` is how failures name it.
    #[track_caller]
    pub(crate) fn start(mut command: Command, shown: String, limit: Duration) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = match spawn(command) {
            Ok(child) => child,
            Err(error) => panic!("cannot start it: {error}\n$ {shown}"),
        };
        Self {
            stdin: child.stdin.take(),
            stdout: child.stdout.take().map(Collected::new),
            stderr: child.stderr.take().map(Collected::new),
            command: shown,
            child,
            started,
            end: started + limit,
            limit,
        }
    }

    pub(crate) fn pid(&self) -> i64 {
        i64::from(self.child.id())
    }

    /// Sends a signal: `running.signal("INT")`.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        assert!(signal(self.pid(), name), "cannot send SIG{name} to $ {}", self.command);
    }

    /// Writes to its standard input, which stays open. A process that ended early is no failure here.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(bytes).and_then(|()| stdin.flush());
        }
    }

    /// Writes to and then closes its standard input, in the background: a large input and a large output do not meet.
    fn feed(&mut self, bytes: Vec<u8>) {
        if let Some(mut stdin) = self.stdin.take() {
            std::thread::spawn(move || stdin.write_all(&bytes));
        }
    }

    /// The standard output so far.
    pub(crate) fn stdout(&self) -> String {
        let bytes = self.stdout.as_ref().map(Collected::so_far);
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    }

    /// The standard error so far.
    pub(crate) fn stderr(&self) -> String {
        let bytes = self.stderr.as_ref().map(Collected::so_far);
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    }

    /// Waits until the standard output holds `text`.
    #[track_caller]
    pub(crate) fn wait_for_stdout(&mut self, text: &str) {
        self.wait_for("standard output", text, Self::stdout);
    }

    /// Waits until the standard error holds `text`.
    #[track_caller]
    pub(crate) fn wait_for_stderr(&mut self, text: &str) {
        self.wait_for("standard error", text, Self::stderr);
    }

    #[track_caller]
    fn wait_for(&mut self, name: &str, text: &str, of: fn(&Self) -> String) {
        loop {
            let ended = self.ended().is_some() && self.streams_ended();
            if of(self).contains(text) {
                return;
            }
            if ended || Instant::now() >= self.end {
                let why = if ended { "it ended and" } else { "in time" };
                let output = self.collect(None);
                output.fail(&format!("{why} {name} never held {text:?}"));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn streams_ended(&self) -> bool {
        [&self.stdout, &self.stderr].into_iter().flatten().all(|stream| stream.thread.is_finished())
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.ended().is_some()
    }

    #[track_caller]
    fn ended(&mut self) -> Option<ExitStatus> {
        match self.child.try_wait() {
            Ok(status) => status,
            Err(error) => panic!("cannot wait for $ {}: {error}", self.command),
        }
    }

    /// Gives it this input, closes it, and waits for the end.
    #[track_caller]
    pub(crate) fn finish(mut self, input: Vec<u8>) -> Output {
        self.feed(input);
        self.wait()
    }

    /// Waits for the end; past the time limit the process is killed and the test fails.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Output {
        drop(self.stdin.take());
        loop {
            if let Some(status) = self.ended() {
                return self.collect(Some(status));
            }
            if Instant::now() >= self.end {
                let limit = self.limit;
                let output = self.collect(None);
                output.fail(&format!("killed: it had not ended after {limit:?}"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What it said. Without a status it is killed first.
    fn collect(&mut self, status: Option<ExitStatus>) -> Output {
        let elapsed = self.started.elapsed();
        let status = status.or_else(|| {
            self.kill();
            self.child.wait().ok()
        });
        let patience = Instant::now() + Duration::from_secs(2);
        let bytes = |stream: Option<Collected>| stream.map(|it| it.all(patience));
        Output {
            command: self.command.clone(),
            stdout: bytes(self.stdout.take()).unwrap_or_default(),
            stderr: String::from_utf8_lossy(&bytes(self.stderr.take()).unwrap_or_default()).into_owned(),
            code: status.map_or(-1, |it| it.code().unwrap_or_else(|| 128 + it.signal().unwrap_or_default())),
            elapsed,
        }
    }

    fn kill(&mut self) {
        // The group first: a shell's children are in it. The child is not reaped yet, so the id is still its own.
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(-self.pid(), "KILL");
            let _ = self.child.kill();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}
