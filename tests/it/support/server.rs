//! A real Redis server, owned by one test.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use cacheme::client::Timeouts;
use cacheme::memoize::Settings;
use redis::{Client, Connection};
use tempfile::TempDir;

use super::builder::{Builder, HARNESS};
use super::content::{self, Content};
use super::monitor::{self, Seen};
use super::ports::free_port;
use super::process;
use super::program;

/// How long a server may take to start, and how long any single answer to the harness may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running Redis with no data, on a socket of its own; killed, and its folder removed, when dropped. It also dies with
/// the test process, however that one ends.
pub(crate) struct Server {
    builder: Builder,
    folder: TempDir,
    port: Option<u16>,
    child: Option<Child>,
}

impl Server {
    /// A new server; [`Builder::start`] is the way to it.
    #[track_caller]
    pub(super) fn launched(builder: Builder) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("cacheme-it-")
            .tempdir()
            .expect("a temporary folder for the server");
        let mut server = Self { builder, folder, port: None, child: None };
        server.launch();
        server
    }

    /// A server on a Unix socket alone, with no password.
    #[track_caller]
    pub(crate) fn start() -> Self {
        Self::builder().start()
    }

    pub(crate) fn builder() -> Builder {
        Builder::default()
    }

    /// The path of its Unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// `unix://…`, database 0, no credentials.
    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// A cache on this server, which waits for answers as long as a loaded machine may need.
    pub(crate) fn settings(&self) -> Settings {
        Settings::new().url(self.url()).timeouts(Timeouts { connect: PATIENCE, io: PATIENCE })
    }

    /// `unix://…?db=N`.
    pub(crate) fn url_of_db(&self, db: i64) -> String {
        format!("{}?db={db}", self.url())
    }

    /// The TCP port; the server must have been built with [`Builder::tcp`].
    #[track_caller]
    pub(crate) fn port(&self) -> u16 {
        self.port.expect("a server built with `.tcp()`")
    }

    /// `redis://127.0.0.1:port`, database 0, no credentials.
    #[track_caller]
    pub(crate) fn tcp_url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// A connection of the harness (all commands, all keys) to database 0.
    #[track_caller]
    pub(crate) fn connect(&self) -> Connection {
        self.connect_db(0)
    }

    /// A connection of the harness to a database. Who is cut before he has one tries again, and whom a signal
    /// interrupts: sentinels close all connections of a server that they give another role.
    #[track_caller]
    pub(crate) fn connect_db(&self, db: i64) -> Connection {
        for _ in 0..5 {
            match self.try_connect(db) {
                Err(error) if error.is_io_error() => {}
                Err(error) => panic!("cannot connect to {}: {error}\n{}", self.url(), self.log()),
                Ok(connection) => return connection,
            }
        }
        panic!("{} cuts every connection\n{}", self.url(), self.log());
    }

    fn try_connect(&self, db: i64) -> redis::RedisResult<Connection> {
        let login = match self.login()[..] {
            [user, password] => format!("&user={user}&pass={password}"),
            [password] => format!("&pass={password}"),
            _ => String::new(),
        };
        let url = format!("{}?db={db}{login}", self.url());
        // No timeout for reads: with one, a process that is stopped for a moment gets EINTR in place of the answer.
        Client::open(url)?.get_connection_with_timeout(PATIENCE)
    }

    /// What AUTH takes to let the harness in: a user and a password, a password alone, or nothing.
    pub(super) fn login(&self) -> Vec<&str> {
        if program::has_users() {
            return vec![HARNESS, HARNESS];
        }
        self.builder.password.as_deref().into_iter().collect()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// What the server wrote to its log.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read(self.folder.path().join("redis.log")).unwrap_or_default();
        format!("--- redis.log\n{}---", String::from_utf8_lossy(&log))
    }

    /// The number of keys in database 0, without the log of the default namespace.
    #[track_caller]
    pub(crate) fn dbsize(&self) -> u64 {
        let mut connection = self.connect();
        let size: redis::RedisResult<u64> = redis::cmd("DBSIZE").query(&mut connection);
        let size = size.unwrap_or_else(|error| panic!("DBSIZE of {}: {error}", self.url()));
        // Of a cluster another node may have it.
        let log: redis::RedisResult<u64> = redis::cmd("EXISTS").arg("CM:meta:log").query(&mut connection);
        size - log.unwrap_or(0)
    }

    /// Everything database 0 holds, for a comparison before and after: see [`content::assert_same`].
    #[track_caller]
    pub(crate) fn dump(&self) -> Content {
        content::read(&mut self.connect())
    }

    /// Everything a database holds.
    #[track_caller]
    pub(crate) fn dump_db(&self, db: i64) -> Content {
        content::read(&mut self.connect_db(db))
    }

    /// Everything that the server is asked while `run` runs, by whomever, in the order it was carried out.
    #[track_caller]
    pub(crate) fn monitor<R>(&self, run: impl FnOnce() -> R) -> (R, Vec<Seen>) {
        monitor::record(self, run)
    }

    /// Sends the server a signal: `STOP` freezes it, `CONT` wakes it.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.pid().expect("a server that runs");
        assert!(process::signal(i64::from(pid), name), "cannot send SIG{name} to the server");
    }

    /// Kills the server. Its data are lost, as nothing is ever saved by itself.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// A new process at the same addresses. A server that ran keeps its data (not its scripts, nor its run id); one that
    /// was stopped comes back empty.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        if self.child.is_some() {
            let saved: redis::RedisResult<()> = redis::cmd("SAVE").query(&mut self.connect());
            if let Err(error) = saved {
                panic!("cannot save {}: {error}\n{}", self.url(), self.log());
            }
            self.stop();
        }
        self.launch();
        let _ = std::fs::remove_file(self.folder.path().join("dump.rdb"));
    }

    #[track_caller]
    fn launch(&mut self) {
        let program = program::path();
        for attempt in 1.. {
            if self.builder.tcp && self.port.is_none() {
                self.port = Some(free_port());
            }
            self.builder.write(self.folder.path(), self.port);
            let mut command = process::guarded(program);
            command
                .arg(self.folder.path().join("redis.conf"))
                .current_dir(self.folder.path())
                .env("LC_ALL", "C.UTF-8")
                .env("TZ", "UTC")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let child = process::spawn(command)
                .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
            self.child = Some(child);
            match self.wait_until_ready() {
                Ok(()) => return,
                // Another took the port between our look and the server's bind.
                Err(_) if attempt < 5 && self.log().contains("Address already in use") => {
                    self.stop();
                    self.port = None;
                }
                Err(why) => {
                    let log = self.log();
                    self.stop();
                    panic!("redis-server {why}\n{log}");
                }
            }
        }
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let ended = self.child.as_mut().map(Child::try_wait);
            if let Some(Ok(Some(status))) = ended {
                return Err(format!("ended at once, {status}"));
            }
            let answer = self.try_connect(0).and_then(|mut it| redis::cmd("PING").query::<String>(&mut it));
            match answer {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() >= end => {
                    return Err(format!("did not answer within {PATIENCE:?}: {error}"));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that ended by itself is why a test fails with a broken connection.
        let ended = self.child.as_mut().map(Child::try_wait);
        if let (true, Some(Ok(Some(status)))) = (std::thread::panicking(), ended) {
            #[expect(clippy::print_stderr, reason = "a test that fails")]
            {
                eprintln!("the server had ended, {status}\n{}", self.log());
            }
        }
        self.stop();
    }
}
