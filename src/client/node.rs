//! A connection to one server, on which every connect, write and read has a timeout.

use super::command::{self, Command};
use super::info::{name_and_version, product};
use super::pipe::Pipe;
use super::reply::{Reply, without_arguments};
use super::resp_stream::RespStream;
use super::target::{Address, Timeouts};
use crate::error::{Error, Result};
use redis::{ConnectionAddr, ErrorKind, RedisConnectionInfo, RedisError, RedisResult, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One server, and what it said about itself.
pub(super) struct Node {
    link: RespStream,
    /// How to connect to it, login included.
    #[cfg(feature = "tokio")]
    pub(super) info: redis::ConnectionInfo,
    pub(super) addr: Arc<str>,
    io: Duration,
    /// Commands that were written and not answered yet.
    owed: usize,
    /// It broke, or answers are left on it that nobody will read.
    closed: bool,
    pub(super) version: Option<(u16, u16)>,
    /// What it is, for people: `Valkey 9.1.2`.
    pub(super) product: Option<String>,
    /// Names the process: another one has other cursors.
    pub(super) run_id: Option<String>,
    /// It does not say which process it is.
    hides_run_id: bool,
    /// When it was connected.
    pub(super) since: Instant,
    /// Where it copies from, where it is a replica.
    primary: Option<String>,
    /// Of a replica: whether it has no connection to its primary.
    pub(super) primary_is_lost: bool,
    replica: Option<bool>,
}

/// What is said and asked when a connection is made, beside login and database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handshake {
    /// Nothing: for sentinels, and where each connection of a service saves the round trip.
    None,
    /// What the server is. The server's eviction policy sees what a service reads.
    Service,
    /// The same, and our name. On servers that have it (7.2 and later), CLIENT NO-TOUCH keeps our reads out of the
    /// eviction policy's sight.
    Tool {
        /// Whether a replica of a cluster shall answer.
        replica: bool,
    },
}

impl Node {
    /// Connects, logs in, selects the database, and says and asks what the handshake is.
    pub(super) fn connect(
        address: RedisResult<Address>,
        addr: &str,
        timeouts: Timeouts,
        handshake: Handshake,
    ) -> Result<Self> {
        let failed = |error: RedisError| connect_error(addr, timeouts, &error);
        let address = address.map_err(failed)?;
        let is_secure = matches!(address.info.addr(), ConnectionAddr::TcpTls { .. });
        let mut node = Self {
            link: RespStream::connect(&address, timeouts.connect).map_err(failed)?,
            #[cfg(feature = "tokio")]
            info: address.info.clone(),
            addr: addr.into(),
            io: Duration::ZERO,
            owed: 0,
            closed: false,
            version: None,
            product: None,
            run_id: None,
            hides_run_id: false,
            since: Instant::now(),
            primary: None,
            primary_is_lost: false,
            replica: None,
        };
        node.set_io_timeout(timeouts.io.min(timeouts.connect))?;
        node.log_in(address.info.redis_settings(), handshake).map_err(|error| match error {
            // The handshake of TLS comes with the first words: what goes wrong in it is no connection that was lost.
            Error::Lost { addr, reason, .. } if is_secure => Error::Connect { addr, reason },
            error => error,
        })?;
        node.set_io_timeout(timeouts.io)?;
        Ok(node)
    }

    /// How long each write and read may take from now on.
    pub(super) fn set_io_timeout(&mut self, io: Duration) -> Result<()> {
        let io = io.max(Duration::from_millis(1));
        if io == self.io {
            return Ok(());
        }
        let set = self.link.set_timeouts(Some(io), io);
        self.io = io;
        set.map_err(|error| self.error("a command", &error))
    }

    /// Waits for ever from now on, for what a server in MONITOR says unasked.
    pub(super) fn wait_for_ever(&mut self) -> Result<()> {
        self.link.cut_lines();
        let set = self.link.set_timeouts(None, self.io);
        set.map_err(|error| self.error("MONITOR", &error))
    }

    /// Writes so many commands; `first` names them in an error. Whatever goes wrong here or at [`Node::read`] closes the
    /// connection: nobody could tell which answer comes next.
    pub(super) fn write(&mut self, bytes: &[u8], commands: usize, first: &str) -> Result<()> {
        self.check_open(first)?;
        self.owed += commands;
        let written = self.link.write(bytes);
        written.map_err(|error| self.broke(first, &error))
    }

    /// The next answer that is owed.
    pub(super) fn read(&mut self, command: &str) -> Result<Value> {
        self.check_open(command)?;
        let Some(owed) = self.owed.checked_sub(1) else {
            self.closed = true;
            return Err(self.lost(command, "an answer was waited for that nothing had asked for"));
        };
        self.owed = owed;
        self.read_unasked(command)
    }

    /// What the server says next without being asked (MONITOR).
    pub(super) fn read_unasked(&mut self, command: &str) -> Result<Value> {
        let read = self.link.read();
        read.map_err(|error| self.broke(command, &error))
    }

    /// Ends the connection for forked processes, too.
    pub(super) fn shut_down(&self) {
        self.link.shut_down();
    }

    /// Whether anything comes within the timeout.
    pub(super) fn hears(&mut self) -> Result<bool> {
        self.check_open("CLIENT TRACKING")?;
        let hears = self.link.hears();
        hears.map_err(|error| self.broke("CLIENT TRACKING", &error))
    }

    /// Whether it can be asked something new: it is open, and every answer was read.
    pub(super) fn is_idle(&self) -> bool {
        !self.closed && self.owed == 0
    }

    /// Whether nothing can be read from it or written to it any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Gives it up, with whatever is still to come on it.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    fn check_open(&self, command: &str) -> Result<()> {
        if self.closed { Err(self.lost(command, "it broke while commands were being sent")) } else { Ok(()) }
    }

    fn lost(&self, command: &str, reason: &str) -> Error {
        Error::Lost { addr: self.addr.to_string(), command: command.to_owned(), reason: reason.to_owned() }
    }

    fn broke(&mut self, command: &str, error: &RedisError) -> Error {
        self.closed = true;
        self.error(command, error)
    }

    /// Sends a pipeline as it stands and waits for all its answers.
    pub(super) fn ask(&mut self, pipe: &Pipe) -> Result<Vec<Value>> {
        let Some(first) = pipe.commands().first() else { return Ok(Vec::new()) };
        self.write(pipe.bytes(), pipe.len(), first.name())?;
        pipe.commands().iter().map(|command| self.read(command.name())).collect()
    }

    /// Asks one thing and waits for its answer.
    pub(super) fn one(&mut self, command: Command, args: &[&[u8]]) -> Result<Reply> {
        let mut pipe = Pipe::new();
        pipe.push(command, args);
        let value = self.ask(&pipe)?.pop().unwrap_or_default();
        Ok(Reply::new(value, command.name(), self.addr.clone()))
    }

    /// What tells its process from others.
    ///
    /// # Errors
    /// Connection errors, and where it does not say.
    pub(super) fn run_id(&mut self) -> Result<&str> {
        if self.run_id.is_none() && !self.hides_run_id {
            let info = self.one(command::INFO, &[b"server"])?;
            self.hides_run_id = info.is_forbidden();
            self.run_id = run_id(&info.bytes()?.unwrap_or_default());
            self.hides_run_id |= self.run_id.is_none();
        }
        self.run_id.as_deref().ok_or_else(|| Error::Reply {
            addr: self.addr.to_string(),
            command: "INFO server".to_owned(),
            reply: "nothing that tells its process from others (run_id)".to_owned(),
        })
    }

    /// Whether it says that it is a replica, by ROLE where it keeps INFO to itself.
    pub(super) fn is_replica(&mut self) -> Result<bool> {
        if let Some(replica) = self.replica {
            return Ok(replica);
        }
        let role =
            self.one(command::ROLE, &[])?.list()?.into_iter().next().map(Reply::bytes).transpose()?.flatten();
        Ok(*self.replica.insert(role.as_deref() == Some(b"slave")))
    }

    /// Where it copies from, if it is known to be a replica.
    pub(super) fn replica_of(&self) -> Option<&str> {
        self.replica
            .filter(|replica| *replica)
            .map(|_| self.primary.as_deref().unwrap_or("an unknown primary"))
    }

    /// Says who we are and asks what it is, in one round trip.
    fn log_in(&mut self, settings: &RedisConnectionInfo, handshake: Handshake) -> Result<()> {
        let mut pipe = Pipe::new();
        // A user that nobody asks a password of has to be named all the same; who is not named is `default`.
        let user = settings.username().filter(|user| settings.password().is_some() || *user != "default");
        if user.is_some() || settings.password().is_some() {
            let words: Vec<&[u8]> =
                user.into_iter().chain([settings.password().unwrap_or("")]).map(str::as_bytes).collect();
            pipe.push(command::AUTH, &words);
        }
        if settings.db() != 0 {
            pipe.push(command::SELECT, &[settings.db().to_string().as_bytes()]);
        }
        let certain = pipe.len();
        if handshake != Handshake::None {
            pipe.push(command::PING, &[]);
            pipe.push(command::INFO, &[b"server"]);
            pipe.push(command::INFO, &[b"replication"]);
        }
        if let Handshake::Tool { replica } = handshake {
            pipe.push(command::CLIENT_SETNAME, &[b"cacheme-cli"]);
            pipe.push(command::CLIENT_NO_TOUCH, &[b"on"]);
            if replica {
                pipe.push(command::READONLY, &[]);
            }
        }
        let mut values = self.ask(&pipe)?.into_iter();
        for (sent, value) in pipe.commands().iter().zip(values.by_ref().take(certain)) {
            let reply = Reply::new(value, sent.name(), self.addr.clone());
            reply.ok().map_err(|error| without_password(error, settings.password()))?;
        }
        if handshake == Handshake::None {
            return Ok(());
        }
        // A user without the right to PING is still a user, and a server that cannot save can still be read; whoever is
        // not let in at all is told so here.
        if let Some(value) = values.next() {
            let reply = Reply::new(value, "PING", self.addr.clone());
            match reply.ok() {
                Err(error)
                    if !matches!(error.code(), Some("NOPERM" | "MISCONF")) && !error.is_unknown_command() =>
                {
                    return Err(error);
                }
                _ => {}
            }
        }
        let (server, replication) = (text(values.next()), text(values.next()));
        self.version = field(&server, "redis_version").and_then(version);
        let (name, own) = name_and_version(|name| field(&server, name));
        self.product = own.map(|own| product(name, own));
        self.run_id = field(&server, "run_id").map(str::to_owned);
        self.replica = field(&replication, "role").map(|role| role == "slave");
        self.primary_is_lost = field(&replication, "master_link_status").is_some_and(|status| status != "up");
        self.primary = field(&replication, "master_host")
            .zip(field(&replication, "master_port"))
            .map(|(host, port)| format!("{host}:{port}"));
        Ok(())
    }

    fn error(&self, command: &str, error: &RedisError) -> Error {
        io_error(&self.addr, self.io, command, error)
    }
}

pub(crate) fn io_error(addr: &str, after: Duration, command: &str, error: &RedisError) -> Error {
    let (addr, command) = (addr.to_owned(), command.to_owned());
    if error.kind() == ErrorKind::Parse {
        return Error::Reply { addr, command, reply: "not the protocol of Redis".to_owned() };
    }
    if error.is_timeout() {
        return Error::Timeout { addr, command, after };
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
            message: without_arguments(error.detail().unwrap_or_default()),
        },
        None => Error::Connect { addr, reason: reason(error) },
    }
}

/// A refused login, in words that do not repeat the password.
pub(crate) fn without_password(mut error: Error, password: Option<&str>) -> Error {
    if let (Error::Server { message, .. }, Some(password)) = (&mut error, password)
        && !password.is_empty()
        && message.contains(password)
    {
        "(its words repeat the password)".clone_into(message);
    }
    error
}

fn reason(error: &RedisError) -> String {
    use std::error::Error as _;
    if error.is_connection_dropped() && error.source().is_none() {
        return "the server closed it".to_owned();
    }
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// What INFO calls the process: forty hexadecimal digits. Who stands in for a server may always say the same.
pub(crate) fn run_id(info: &[u8]) -> Option<String> {
    let info = String::from_utf8_lossy(info);
    let is_one = |id: &&str| id.len() == 40 && id.bytes().any(|byte| byte != id.as_bytes()[0]);
    field(&info, "run_id").filter(is_one).map(str::to_owned)
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::BulkString(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        Some(Value::VerbatimString { text, .. }) => text,
        _ => String::new(),
    }
}

pub(super) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn version(text: &str) -> Option<(u16, u16)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
