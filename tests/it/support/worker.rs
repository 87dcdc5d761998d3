//! A process of an application that uses the real library, to talk with while it lives.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::cli::Cli;
use super::process;
use super::python::{Lib, command};
use super::server::Server;

/// How long a worker may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a worker is to be like. Made by [`Worker::builder`].
pub(crate) struct Builder<'a> {
    lib: Lib,
    server: &'a Server,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

impl Builder<'_> {
    /// Its `REDIS_CACHE_PREFIX`.
    pub(crate) fn prefix(self, prefix: &str) -> Self {
        self.arg("--prefix", prefix)
    }

    /// Another address of the server, or another database: `server.url_of_db(1)`.
    pub(crate) fn url(self, url: &str) -> Self {
        self.arg("--url", url)
    }

    /// More of the library's settings: `json!({"THUNDERING_HERD_RETRY_COUNT": 100})`.
    pub(crate) fn settings(self, settings: &Value) -> Self {
        self.arg("--settings", &settings.to_string())
    }

    /// Its time zone: `Asia/Shanghai`.
    pub(crate) fn timezone(mut self, zone: &str) -> Self {
        self.env.push(("TZ".to_owned(), zone.to_owned()));
        self
    }

    fn arg(mut self, name: &str, value: &str) -> Self {
        self.args.extend([name.to_owned(), value.to_owned()]);
        self
    }

    /// Starts it and waits until it listens.
    #[track_caller]
    pub(crate) fn spawn(self) -> Worker {
        let mut cli = command(self.lib, self.server, "worker.py", &self.args);
        for (name, value) in &self.env {
            cli = cli.env(name, value);
        }
        Worker::start(self.lib, cli)
    }
}

/// A process of an application that uses the library: it lives until it is told to quit, is killed or dropped.
pub(crate) struct Worker {
    lib: Lib,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Arc<Mutex<String>>,
    _cli: Cli,
}

impl Worker {
    /// A worker with the prefix `CM:`, the library's own settings, and UTC.
    #[track_caller]
    pub(crate) fn spawn(lib: Lib, server: &Server) -> Self {
        Self::builder(lib, server).spawn()
    }

    pub(crate) fn builder(lib: Lib, server: &Server) -> Builder<'_> {
        Builder { lib, server, args: Vec::new(), env: Vec::new() }
    }

    #[track_caller]
    fn start(lib: Lib, cli: Cli) -> Self {
        let mut command = cli.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process::spawn(command)
            .unwrap_or_else(|error| panic!("cannot start the worker of {lib:?}: {error}"));
        let stdout = child.stdout.take().expect("a piped standard output");
        let mut from = child.stderr.take().expect("a piped standard error");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stderr = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&stderr);
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = from.read(&mut chunk) {
                into.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_str(&String::from_utf8_lossy(&chunk[..read]));
            }
        });
        let mut worker = Self { lib, stdin: child.stdin.take(), child, lines, stderr, _cli: cli };
        let ready = worker.receive();
        if ready["event"] != "ready" || ready["cacheme"] != lib.version() {
            worker.fail(&format!("not the worker that was asked for: {ready}"));
        }
        worker
    }

    /// Calls a function of `tests/python/functions.py` and gives the whole answer: `result` or `error`, `computed`, `runs`,
    /// `hits`, `misses`, `key`.
    #[track_caller]
    pub(crate) fn call(&mut self, function: &str, args: Value) -> Value {
        self.ask(&json!({"call": function, "args": args}))
    }

    /// Calls a function that must not fail, and gives its result.
    #[track_caller]
    pub(crate) fn value(&mut self, function: &str, args: Value) -> Value {
        let mut answer = self.call(function, args);
        if answer.get("error").is_some() {
            self.fail(&format!("{function} failed: {answer}"));
        }
        answer["result"].take()
    }

    /// `create_invalidation(**how)`: `json!({"key": "Book:100>owner"})`, `invalid_key`, `pattern`.
    #[track_caller]
    pub(crate) fn invalidate(&mut self, how: Value) {
        self.must(&json!({"invalidate": how}));
    }

    /// Invalidates a whole tag the way an application of this release does.
    #[track_caller]
    pub(crate) fn invalidate_tag(&mut self, tag: &str) {
        self.must(&json!({"invalidate_tag": tag}));
    }

    /// All it has counted: `hits` and `misses` by tag, `runs` by logical key.
    #[track_caller]
    pub(crate) fn counters(&mut self) -> Value {
        self.must(&json!({"counters": true}))
    }

    /// How far the library's clock is ahead of the true one, in seconds.
    #[track_caller]
    pub(crate) fn clock_ahead(&mut self) -> i64 {
        let now = self.must(&json!({"now": true}));
        now["ahead"].as_i64().expect("a number of seconds")
    }

    /// Sends a command and waits for its answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, command: &Value) -> Value {
        self.send(command);
        self.receive()
    }

    #[track_caller]
    fn must(&mut self, command: &Value) -> Value {
        let mut answer = self.ask(command);
        if answer.get("error").is_some() {
            self.fail(&format!("{command} failed: {answer}"));
        }
        answer["result"].take()
    }

    /// Sends a command and comes back at once; [`Worker::receive`] gets the answer.
    #[track_caller]
    pub(crate) fn send(&mut self, command: &Value) {
        let line = format!("{command}\n");
        let stdin = self.stdin.as_mut().expect("a worker that was not told to quit");
        if let Err(error) = stdin.write_all(line.as_bytes()) {
            self.fail(&format!("cannot send {command}: {error}"));
        }
    }

    /// The next line it says.
    #[track_caller]
    pub(crate) fn receive(&mut self) -> Value {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => serde_json::from_str(&line)
                .unwrap_or_else(|_| self.fail(&format!("not a line of JSON: {line:?}"))),
            Err(RecvTimeoutError::Timeout) => self.fail(&format!("no answer within {PATIENCE:?}")),
            Err(RecvTimeoutError::Disconnected) => self.fail("it ended"),
        }
    }

    /// Starts a call of `held` and waits until it is in the middle of its computation; [`Worker::resume`] ends it.
    #[track_caller]
    pub(crate) fn hold(&mut self, id: &str) {
        self.send(&json!({"call": "held", "args": [id]}));
        let event = self.receive();
        if event["event"] != "computing" {
            self.fail(&format!("it did not compute: {event}"));
        }
    }

    /// Lets the function that is held return `value`, and gives the call's answer.
    #[track_caller]
    pub(crate) fn resume(&mut self, value: Value) -> Value {
        self.ask(&json!({"resume": value}))
    }

    /// Lets the function that is held raise, and gives the call's answer.
    #[track_caller]
    pub(crate) fn resume_raising(&mut self, message: &str) -> Value {
        self.ask(&json!({"raise": message}))
    }

    pub(crate) fn pid(&self) -> i64 {
        i64::from(self.child.id())
    }

    /// Ends it as a crash would (SIGKILL), wherever it is, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// Tells it to quit and waits for that.
    #[track_caller]
    pub(crate) fn quit(mut self) {
        self.send(&json!({"quit": true}));
        drop(self.stdin.take());
        match self.child.wait() {
            Ok(status) if status.success() => {}
            other => self.fail(&format!("it did not quit well: {other:?}")),
        }
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    #[track_caller]
    fn fail(&self, why: &str) -> ! {
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        panic!("the worker of {:?}: {why}\n--- its standard error\n{stderr}---", self.lib);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}
