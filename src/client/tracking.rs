//! CLIENT TRACKING in its broadcast mode: the server says which keys are written, as it answers whoever writes.

use super::cluster::Cluster;
use super::command::{self, Command};
use super::node::{Handshake, Node};
use super::pipe::Pipe;
use super::reconnecting::{is_replaced, open_node};
use super::reply::Reply;
use super::target::{Kind, Target, Timeouts};
use crate::error::{Error, Result};
use redis::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// As SSCAN has it: a set whose table has no more places is read whole.
const AT_ONCE: &[u8] = b"2048";

/// A connection that hears what is written, and on which little else is asked.
pub(crate) struct Tracking {
    node: Node,
    target: Target,
    timeouts: Timeouts,
    /// A key of the namespace: in a cluster its slot has to stay with this server.
    key: Vec<u8>,
    patience: Duration,
    run_id: String,
    /// What answers are for, in their order.
    asked: VecDeque<Question>,
    confirmed: Instant,
    /// When it was asked last whether it still is the server that is meant, and the answers to come.
    asked_at: Option<Instant>,
    looks: Vec<(Instant, Receiver<Meant>)>,
    /// Why nobody could be asked, the last time.
    unknown: Option<Error>,
    is_confirmed: bool,
}

/// Whether a server still is the one that is meant.
enum Meant {
    This,
    Another,
    /// Nobody could be asked.
    Unknown(Error),
}

/// Whoever is asked whether it still is may take so long, and it goes on for so long without an answer.
const LOOK: Duration = Duration::from_secs(1);
const UNCONFIRMED: Duration = Duration::from_secs(4);
/// So many are under way at a time.
const MOST_LOOKS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Hello,
    HoldsKey,
    Members,
}

/// What came.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    /// These keys were written.
    Written(Vec<Vec<u8>>),
    /// All of the database is gone.
    Flushed,
    /// The server still is what it was, as it was [asked](Tracking::beat).
    Alive,
    /// The members of a set; `None` where there are too many to be read at once.
    Members(Option<Vec<Vec<u8>>>),
}

impl Drop for Tracking {
    /// A process that was forked off has the socket, too, and nobody who reads what the server goes on to say.
    fn drop(&mut self) {
        self.node.shut_down();
    }
}

impl Tracking {
    /// Connects to the server that holds the slot of `key`, and asks to be told of all keys with these prefixes, of which none
    /// begins with another. CLIENT LIST shows it by its `name`. `patience`: how long an answer may pause in its middle.
    ///
    /// # Errors
    /// Connection errors, and [`Error::Server`] where the server knows no tracking (before Redis 6) or refuses it, or INFO.
    pub(crate) fn start(
        target: &Target,
        timeouts: Timeouts,
        name: &str,
        key: &[u8],
        prefixes: &[Vec<u8>],
        patience: Duration,
    ) -> Result<Self> {
        let mut node = connect(target, timeouts, key)?;
        // Before it is told anything unasked.
        let run_id = node.run_id()?.to_owned();
        let mut words: Vec<&[u8]> = vec![b"ON", b"BCAST"];
        words.extend(prefixes.iter().filter(|it| !it.is_empty()).flat_map(|it| [b"PREFIX", &it[..]]));
        let told: [(Command, &[&[u8]]); 3] = [
            (command::HELLO, &[b"3"]),
            (command::CLIENT_SETNAME, &[name.as_bytes()]),
            (command::CLIENT_TRACKING, &words),
        ];
        for (command, args) in told {
            let reply = node.one(command, args)?;
            // A name that is refused does no harm.
            if command != command::CLIENT_SETNAME {
                reply.ok()?;
            }
        }
        // Until it is said, nothing is handed out.
        let (target, key, confirmed) = (target.clone(), key.to_vec(), Instant::now());
        Ok(Self {
            node,
            target,
            timeouts,
            key,
            patience,
            run_id,
            asked: VecDeque::new(),
            confirmed,
            asked_at: None,
            looks: Vec::new(),
            unknown: None,
            is_confirmed: false,
        })
    }

    /// When it was connected.
    pub(crate) fn since(&self) -> Instant {
        self.node.since
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> &str {
        &self.node.addr
    }

    /// Whether it was said since it was connected that it is the server that is meant.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.is_confirmed
    }

    /// What tells the process that it listens to from others.
    pub(crate) fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Asks whether the server still is a primary, and holds the key.
    pub(crate) fn beat(&mut self) -> Result<()> {
        let key = self.key.clone();
        self.ask(Question::Hello, command::HELLO, &[b"3"])?;
        self.ask(Question::HoldsKey, command::SISMEMBER, &[&key, b""])
    }

    /// Asks for the members of a set.
    pub(crate) fn ask_members(&mut self, set: &[u8]) -> Result<()> {
        self.ask(Question::Members, command::SSCAN, &[set, b"0", b"COUNT", AT_ONCE])
    }

    fn ask(&mut self, question: Question, command: Command, args: &[&[u8]]) -> Result<()> {
        let mut pipe = Pipe::new();
        pipe.push(command, args);
        self.node.write(pipe.bytes(), 0, command.name())?;
        self.asked.push_back(question);
        Ok(())
    }

    /// What comes next; `None` where nothing does within a time.
    ///
    /// # Errors
    /// The connection broke; or the server is no primary any more, or not that of the key.
    pub(crate) fn next(&mut self, within: Duration) -> Result<Option<Heard>> {
        loop {
            self.node.set_io_timeout(within)?;
            if !self.node.hears()? {
                return Ok(None);
            }
            self.node.set_io_timeout(self.patience.max(within))?;
            let heard = match self.node.read_unasked("CLIENT TRACKING")? {
                Value::Push { kind: redis::PushKind::Invalidate, data } => Some(keys(data)),
                Value::Push { .. } => None,
                answer => self.answer(answer)?,
            };
            if heard.is_some() {
                return Ok(heard);
            }
        }
    }

    fn answer(&mut self, value: Value) -> Result<Option<Heard>> {
        let Some(question) = self.asked.pop_front() else {
            return Err(self.lost("it said what nobody asked"));
        };
        let named = |command: Command, value| Reply::new(value, command.name(), self.node.addr.clone());
        match question {
            Question::Hello => match is_primary(&value) {
                true => Ok(None),
                false => {
                    named(command::HELLO, value).ok()?;
                    Err(self.lost("it is no longer a primary"))
                }
            },
            Question::HoldsKey => {
                named(command::SISMEMBER, value).ok()?;
                Ok(Some(Heard::Alive))
            }
            Question::Members => {
                let mut parts = named(command::SSCAN, value).list()?.into_iter();
                let cursor = parts.next().map_or(Ok(None), Reply::bytes)?;
                let members = parts.next().map_or(Ok(Vec::new()), Reply::list)?;
                let members: Result<Vec<_>> =
                    members.into_iter().map(|it| it.bytes().map(Option::unwrap_or_default)).collect();
                let is_whole = cursor.as_deref() == Some(b"0");
                Ok(Some(Heard::Members(if is_whole { Some(members?) } else { None })))
            }
        }
    }

    /// Has it asked so often whether it still is the server that is meant: the sentinels, or over a new connection whoever is at its
    /// address. They may take their time: a thread of its own waits for them.
    ///
    /// # Errors
    /// It is another, or nobody knows for a while.
    pub(crate) fn confirm(&mut self, now: Instant, every: Duration) -> Result<()> {
        for (asked, told) in std::mem::take(&mut self.looks) {
            match told.try_recv() {
                Ok(Meant::Another) => return Err(self.moved()),
                Ok(Meant::This) => {
                    self.confirmed = self.confirmed.max(asked);
                    (self.is_confirmed, self.unknown) = (true, None);
                }
                Ok(Meant::Unknown(error)) => self.unknown = Some(error),
                Err(TryRecvError::Empty) => self.looks.push((asked, told)),
                Err(TryRecvError::Disconnected) => {}
            }
        }
        let has_sentinels = matches!(self.target.kind(), Kind::Sentinel(_));
        // Sentinels that do not answer name no other.
        if !has_sentinels && self.confirmed.elapsed() > UNCONFIRMED {
            let unsaid = self.lost("it is not known whether its address still leads to it");
            return Err(self.unknown.take().unwrap_or(unsaid));
        }
        let is_due = self.asked_at.is_none_or(|asked| now.saturating_duration_since(asked) >= every);
        if self.looks.len() >= MOST_LOOKS || !is_due {
            return Ok(());
        }
        self.asked_at = Some(now);
        let (tell, told) = channel();
        let (target, key, addr) = (self.target.clone(), self.key.clone(), Arc::clone(&self.node.addr));
        let timeouts = Timeouts { connect: self.timeouts.connect.min(LOOK), io: self.timeouts.io.min(LOOK) };
        let run_id = self.run_id.clone();
        let asking = move || {
            let meant = match target.kind() {
                Kind::Sentinel(_) if is_replaced(&target, timeouts, &addr) => Meant::Another,
                Kind::Sentinel(_) => Meant::This,
                _ => who_is_meant(&target, timeouts, &key, &run_id),
            };
            // Nobody wants to know any more where the connection is gone.
            let _ = tell.send(meant);
        };
        // Where there is no thread, it is asked next time.
        let started = thread::Builder::new().name("cacheme-confirm".to_owned()).spawn(asking);
        self.looks.extend(started.is_ok().then_some((now, told)));
        Ok(())
    }

    /// That another server is meant by now.
    pub(crate) fn moved(&self) -> Error {
        self.lost(match self.target.kind() {
            Kind::Sentinel(_) => "the sentinels name another primary",
            _ => "its address leads to another server by now",
        })
    }

    fn lost(&self, reason: &str) -> Error {
        let (addr, command) = (self.node.addr.to_string(), "CLIENT TRACKING".to_owned());
        Error::Lost { addr, command, reason: reason.to_owned() }
    }
}

/// Whether a new connection leads to the process with this run id. One that does not say which it is, is another.
fn who_is_meant(target: &Target, timeouts: Timeouts, key: &[u8], run_id: &str) -> Meant {
    match connect(target, timeouts, key).and_then(|mut node| node.run_id().map(str::to_owned)) {
        Ok(now) if now == run_id => Meant::This,
        Ok(_) | Err(Error::Reply { .. }) => Meant::Another,
        Err(error) if error.code() == Some("NOPERM") => Meant::Another,
        Err(error) => Meant::Unknown(error),
    }
}

/// A connection to the server that holds the slot of `key`.
fn connect(target: &Target, timeouts: Timeouts, key: &[u8]) -> Result<Node> {
    match target.is_cluster() {
        true => Cluster::open(target, timeouts, Handshake::Service)?.home(Some(key), "memoize"),
        false => open_node(target, timeouts, Handshake::None),
    }
}

/// The keys of an invalidation; all, where it names none.
fn keys(data: Vec<Value>) -> Heard {
    match data.into_iter().next() {
        Some(Value::Array(keys)) => {
            let name = |key| if let Value::BulkString(name) = key { Some(name) } else { None };
            Heard::Written(keys.into_iter().filter_map(name).collect())
        }
        _ => Heard::Flushed,
    }
}

/// What HELLO says of the server's role.
fn is_primary(hello: &Value) -> bool {
    let Value::Map(facts) = hello else { return false };
    let is = |value: &Value, text: &str| match value {
        Value::BulkString(bytes) => bytes == text.as_bytes(),
        Value::SimpleString(said) => said == text,
        _ => false,
    };
    facts.iter().any(|(name, fact)| is(name, "role") && is(fact, "master"))
}
