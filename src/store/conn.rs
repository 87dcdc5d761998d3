//! One connection, on which every connect, write and read has a timeout.

use super::pipe::Pipe;
use super::reply::{Replies, Reply};
use super::target::{Target, Timeouts};
use crate::error::{Error, Result};
use redis::{Client, Connection, ErrorKind, RedisError};
use std::sync::Arc;

/// A connection to one server.
///
/// Answers come in the order of the commands; a refusal of one command is an answer like another
/// ([`Reply::ok`] makes it an error), so that a batch never hides which part was done.
pub struct Conn {
    link: Connection,
    target: Target,
    timeouts: Timeouts,
    addr: Arc<str>,
    version: (u16, u16),
}

impl std::fmt::Debug for Conn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Conn({})", self.addr)
    }
}

impl Conn {
    /// Connects, logs in, selects the database, and introduces itself as `cacheme-cli`.
    ///
    /// On servers that have it (7.2 and later), CLIENT NO-TOUCH keeps our reads out of the eviction policy's sight.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Timeout`], or [`Error::Server`] where the server turns us away (NOAUTH, LOADING).
    pub fn open(target: &Target, timeouts: Timeouts) -> Result<Self> {
        Self::connect(target, timeouts, true)
    }

    /// Connects, logs in and selects the database, and asks nothing else: for the connections of a service, whose
    /// reads the server's eviction policy should see.
    ///
    /// # Errors
    /// As [`Conn::open`].
    pub(crate) fn open_quietly(target: &Target, timeouts: Timeouts) -> Result<Self> {
        Self::connect(target, timeouts, false)
    }

    fn connect(target: &Target, timeouts: Timeouts, introduce: bool) -> Result<Self> {
        let addr: Arc<str> = target.to_string().into();
        let failed = |error: RedisError| connect_error(&addr, timeouts, &error);
        // The login is ours, below: the client would keep the server's reason for a refusal to itself.
        let client = Client::open(target.without_login()).map_err(failed)?;
        let link = client.get_connection_with_timeout(timeouts.connect).map_err(failed)?;
        let mut conn = Self { link, target: target.clone(), timeouts, addr, version: (7, 0) };
        conn.set_timeouts(Timeouts { io: timeouts.io.min(timeouts.connect), ..timeouts })?;
        conn.log_in(introduce)?;
        conn.set_timeouts(timeouts)?;
        Ok(conn)
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> Result<()> {
        let io = Some(timeouts.io);
        let set = self.link.set_read_timeout(io).and_then(|()| self.link.set_write_timeout(io));
        self.timeouts = timeouts;
        set.map_err(|error| connect_error(&self.addr, timeouts, &error))
    }

    /// A second connection to the same server.
    ///
    /// # Errors
    /// As [`Conn::open`].
    pub fn again(&self) -> Result<Self> {
        Self::open(&self.target, self.timeouts)
    }

    /// The server's address, without secrets.
    pub fn addr(&self) -> &str {
        &self.addr
    }

    /// The database number.
    pub fn db(&self) -> i64 {
        self.target.db()
    }

    /// Whether the server is at least this version. One that hides its version is taken for 7.0.
    pub fn at_least(&self, major: u16, minor: u16) -> bool {
        self.version >= (major, minor)
    }

    /// Sends a pipeline and waits for all its answers.
    ///
    /// # Errors
    /// [`Error::Timeout`] or [`Error::Lost`]; refusals are answers.
    pub fn run(&mut self, pipe: &Pipe) -> Result<Replies> {
        self.send(pipe)?;
        self.receive(pipe)
    }

    /// Whether a child of the server is at work, so that every page a write touches is copied. One that does not tell
    /// is taken to have none.
    ///
    /// # Errors
    /// As [`Conn::run`].
    pub(super) fn is_forking(&mut self) -> Result<bool> {
        let reply = self.one("INFO", &[b"persistence"])?;
        let info = if reply.is_refused() { None } else { reply.bytes()? }.unwrap_or_default();
        let info = String::from_utf8_lossy(&info);
        Ok(info.contains("rdb_bgsave_in_progress:1") || info.contains("aof_rewrite_in_progress:1"))
    }

    /// Sends one command and waits for its answer.
    ///
    /// # Errors
    /// As [`Conn::run`].
    pub fn one(&mut self, name: &'static str, args: &[&[u8]]) -> Result<Reply> {
        let mut pipe = Pipe::new();
        pipe.push(name, args);
        self.run(&pipe)?.one()
    }

    /// Sends a pipeline without waiting.
    ///
    /// # Errors
    /// As [`Conn::run`].
    pub fn send(&mut self, pipe: &Pipe) -> Result<()> {
        let Some(first) = pipe.commands().first() else { return Ok(()) };
        self.link.send_packed_command(pipe.bytes()).map_err(|error| self.io_error(first.name, &error))
    }

    /// Waits for the answers of a pipeline that was sent.
    ///
    /// # Errors
    /// As [`Conn::run`].
    pub fn receive(&mut self, sent: &Pipe) -> Result<Replies> {
        let mut replies = Vec::with_capacity(sent.len());
        for command in sent.commands() {
            let mut reply = self.receive_one(command.name)?;
            if reply.is_refused() {
                reply.key = sent.key_of(command).map(<[u8]>::to_vec);
            }
            replies.push(reply);
        }
        Ok(Replies::new(replies))
    }

    /// Waits for one answer, or for what a server in MONITOR says unasked.
    pub(super) fn receive_one(&mut self, command: &'static str) -> Result<Reply> {
        match self.link.recv_response() {
            Ok(value) => Ok(Reply { value, command, key: None, addr: self.addr.clone() }),
            Err(error) => Err(self.io_error(command, &error)),
        }
    }

    /// Takes the read timeout away.
    pub(super) fn wait_for_ever(&self) -> Result<()> {
        self.link.set_read_timeout(None).map_err(|error| self.io_error("MONITOR", &error))
    }

    fn log_in(&mut self, introduce: bool) -> Result<()> {
        let mut pipe = Pipe::new();
        let login = self.target.login();
        if let Some(login) = &login {
            let words: Vec<&[u8]> = login.iter().map(String::as_bytes).collect();
            pipe.push("AUTH", &words);
        }
        let db = self.db().to_string();
        if self.db() != 0 {
            pipe.push("SELECT", &[db.as_bytes()]);
        }
        if introduce {
            pipe.push("PING", &[]);
            pipe.push("CLIENT SETNAME", &[b"cacheme-cli"]);
            pipe.push("CLIENT NO-TOUCH", &[b"on"]);
            pipe.push("INFO", &[b"server"]);
        }
        let mut replies = self.run(&pipe)?;
        if login.is_some() {
            replies.one()?.ok()?;
        }
        if self.db() != 0 {
            replies.one()?.ok()?;
        }
        if !introduce {
            return Ok(());
        }
        // A user without the right to PING is still a user; whoever is not let in at all is told so here.
        match replies.one()?.ok() {
            Err(error) if error.code() != Some("NOPERM") => return Err(error),
            _ => {}
        }
        let info = replies.nth(2).map(Reply::bytes);
        if let Some(Ok(Some(info))) = info
            && let Some(version) = version(&String::from_utf8_lossy(&info))
        {
            self.version = version;
        }
        Ok(())
    }

    fn io_error(&self, command: &str, error: &RedisError) -> Error {
        io_error(&self.addr, self.timeouts, command, error)
    }
}

pub(crate) fn io_error(addr: &str, timeouts: Timeouts, command: &str, error: &RedisError) -> Error {
    let (addr, command) = (addr.to_owned(), command.to_owned());
    if error.kind() == ErrorKind::Parse {
        return Error::Reply { addr, command, reply: "not the protocol of Redis".to_owned() };
    }
    if error.is_timeout() {
        return Error::Timeout { addr, command, after: timeouts.io };
    }
    Error::Lost { addr, command, reason: reason(error) }
}

pub(crate) fn connect_error(addr: &str, timeouts: Timeouts, error: &RedisError) -> Error {
    let addr = addr.to_owned();
    if error.is_timeout() {
        return Error::Timeout { addr, command: "the connection".to_owned(), after: timeouts.connect };
    }
    match error.code() {
        Some(code) => Error::Server {
            addr,
            command: "the login".to_owned(),
            code: code.to_owned(),
            message: error.detail().unwrap_or_default().to_owned(),
        },
        None => Error::Connect { addr, reason: reason(error) },
    }
}

fn reason(error: &RedisError) -> String {
    use std::error::Error as _;
    if error.is_connection_dropped() && error.source().is_none() {
        return "the server closed it".to_owned();
    }
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

fn version(info: &str) -> Option<(u16, u16)> {
    let text = info.lines().find_map(|line| line.strip_prefix("redis_version:"))?;
    let mut parts = text.trim().split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
