//! Answers of the server, read with the command they belong to.

use super::command::{self, Command};
use super::retry::passes;
use crate::error::{Error, Result, refusal_may_pass};
use crate::text;
use redis::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// One answer, with what is needed to name it in an error.
#[derive(Debug)]
pub struct Reply {
    pub(super) value: Value,
    pub(super) command: &'static str,
    /// The key a refused command is about.
    pub(super) key: Option<Vec<u8>>,
    pub(super) addr: Arc<str>,
    /// Why there is no answer.
    lost: Option<Box<Error>>,
}

impl Reply {
    /// An integer answer.
    ///
    /// # Errors
    /// The server's refusal, or an answer that is no integer.
    pub fn int(self) -> Result<i64> {
        let reply = self.ok()?;
        match reply.value {
            Value::Int(number) => Ok(number),
            Value::Boolean(truth) => Ok(i64::from(truth)),
            _ => Err(reply.unexpected()),
        }
    }

    /// A count: an integer answer that is not negative.
    ///
    /// # Errors
    /// As [`Reply::int`].
    pub fn count(self) -> Result<u64> {
        Ok(u64::try_from(self.int()?).unwrap_or(0))
    }

    /// A string answer, `None` for nil.
    ///
    /// # Errors
    /// The server's refusal, or an answer that is no string.
    pub fn bytes(self) -> Result<Option<Vec<u8>>> {
        let reply = self.ok()?;
        match reply.value {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Ok(Some(bytes)),
            Value::SimpleString(text) => Ok(Some(text.into_bytes())),
            Value::VerbatimString { text, .. } => Ok(Some(text.into_bytes())),
            Value::Okay => Ok(Some(b"OK".to_vec())),
            Value::Int(number) => Ok(Some(number.to_string().into_bytes())),
            Value::Double(number) => Ok(Some(number.to_string().into_bytes())),
            _ => Err(reply.unexpected()),
        }
    }

    /// A number given as text (a score), `None` for nil.
    ///
    /// # Errors
    /// The server's refusal, or an answer that is no number.
    pub fn score(self) -> Result<Option<f64>> {
        let (command, addr) = (self.command, self.addr.clone());
        let Some(bytes) = self.bytes()? else { return Ok(None) };
        let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
        number.map(Some).ok_or_else(|| Self::new(Value::BulkString(bytes), command, addr).unexpected())
    }

    /// A list answer.
    ///
    /// # Errors
    /// The server's refusal, or an answer that is no list.
    pub fn list(self) -> Result<Vec<Self>> {
        let reply = self.ok()?;
        let (command, addr) = (reply.command, reply.addr.clone());
        let wrap = |values: Vec<Value>| {
            values.into_iter().map(|value| Self::new(value, command, addr.clone())).collect()
        };
        match reply.value {
            Value::Array(values) | Value::Set(values) => Ok(wrap(values)),
            Value::Map(pairs) => Ok(wrap(pairs.into_iter().flat_map(|(key, value)| [key, value]).collect())),
            Value::Nil => Ok(Vec::new()),
            _ => Err(reply.unexpected()),
        }
    }

    /// A list of integers.
    ///
    /// # Errors
    /// As [`Reply::list`] and [`Reply::int`].
    pub fn ints(self) -> Result<Vec<i64>> {
        let reply = self.ok()?;
        let (command, addr) = (reply.command, reply.addr);
        let values = match reply.value {
            Value::Array(values) => values,
            other => return Err(Self::new(other, command, addr).unexpected()),
        };
        let int = |value| match value {
            Value::Int(number) => Ok(number),
            other => Self::new(other, command, addr.clone()).int(),
        };
        values.into_iter().map(int).collect()
    }

    /// A list of strings; nils are left out.
    ///
    /// # Errors
    /// As [`Reply::list`] and [`Reply::bytes`].
    pub fn strings(self) -> Result<Vec<Vec<u8>>> {
        let reply = self.ok()?;
        let (command, addr) = (reply.command, reply.addr);
        let values = match reply.value {
            Value::Array(values) | Value::Set(values) => values,
            other => Self::new(other, command, addr.clone()).list()?.into_iter().map(|r| r.value).collect(),
        };
        values
            .into_iter()
            .filter_map(|value| match value {
                Value::BulkString(bytes) => Some(Ok(bytes)),
                other => Self::new(other, command, addr.clone()).bytes().transpose(),
            })
            .collect()
    }

    /// A cursor and the batch that came with it.
    ///
    /// # Errors
    /// As [`Reply::list`].
    pub fn scan(self) -> Result<(Vec<u8>, Self)> {
        let reply = self.ok()?;
        let (command, addr) = (reply.command, reply.addr);
        let part = |value| Self::new(value, command, addr.clone());
        let mut parts = match reply.value {
            Value::Array(parts) => parts.into_iter(),
            other => return Err(part(other).unexpected()),
        };
        match (parts.next(), parts.next()) {
            (Some(cursor), Some(batch)) => Ok((part(cursor).bytes()?.unwrap_or_default(), part(batch))),
            (only, _) => Err(part(only.unwrap_or(Value::Nil)).unexpected()),
        }
    }

    /// The same answer, or the server's refusal as an error.
    ///
    /// # Errors
    /// [`Error::Server`] where the server refused the command; a connection error where others of its pipeline were answered
    /// and this one was not.
    pub fn ok(self) -> Result<Self> {
        if let Some(lost) = self.lost {
            return Err(*lost);
        }
        match self.value {
            Value::ServerError(refusal) => Err(Error::Server {
                addr: self.addr.to_string(),
                command: match &self.key {
                    // Which of its keys it is about, a script tells itself.
                    Some(_) if self.command.starts_with("EVAL") && refusal.code() == "WRONGTYPE" => {
                        self.command.to_owned()
                    }
                    Some(key) => format!("{} '{}'", self.command, text::escape(key)),
                    None => self.command.to_owned(),
                },
                code: refusal.code().to_owned(),
                message: without_arguments(refusal.details().unwrap_or_default()),
            }),
            _ => Ok(self),
        }
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.value, Value::Array(_))
    }

    /// The key that a refused command is about.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    /// Whether it is no answer at all: nil.
    pub fn is_nil(&self) -> bool {
        matches!(self.value, Value::Nil) && self.lost.is_none()
    }

    /// Whether the key held another type than the command expects.
    pub fn is_wrong_type(&self) -> bool {
        is_wrong_type(&self.value)
    }

    /// What the server said when it refused the command.
    pub(super) fn refusal(&self) -> Option<&str> {
        match &self.value {
            Value::ServerError(refusal) => Some(refusal.details().unwrap_or_default()),
            _ => None,
        }
    }

    /// Whether the server refused a scan because its cursor is none of those it gives.
    pub(crate) fn is_invalid_cursor(&self) -> bool {
        self.refusal().is_some_and(|said| said.contains("invalid cursor"))
    }

    /// Whether the server refused the command for a reason that passes: it loads its data, it is replaced.
    pub(super) fn is_passing(&self) -> bool {
        matches!(&self.value, Value::ServerError(refusal) if passes(refusal.code()))
    }

    /// Whether the server refused the command, for whatever reason.
    pub fn is_refused(&self) -> bool {
        matches!(&self.value, Value::ServerError(_))
    }

    /// Whether the server refused the command for good: for want of a right, or of the command.
    pub(crate) fn is_forbidden(&self) -> bool {
        match &self.value {
            Value::ServerError(refusal) => {
                !refusal_may_pass(refusal.code(), refusal.details().unwrap_or_default())
            }
            _ => false,
        }
    }

    pub(super) fn new(value: Value, command: &'static str, addr: Arc<str>) -> Self {
        Self { value, command, key: None, addr, lost: None }
    }

    /// The answer to a command about a key, where there is one.
    pub(super) fn about(
        key: Option<Vec<u8>>,
        answer: Result<Value>,
        command: &'static str,
        addr: Arc<str>,
    ) -> Self {
        let (value, lost) = match answer {
            Ok(value) => (value, None),
            Err(error) => (Value::Nil, Some(Box::new(error))),
        };
        Self { value, command, key, addr, lost }
    }

    fn unexpected(self) -> Error {
        let mut reply = format!("{:?}", self.value);
        reply.truncate(reply.char_indices().nth(120).map_or(reply.len(), |(at, _)| at));
        Error::Reply { addr: self.addr.to_string(), command: self.command.to_owned(), reply }
    }
}

/// Whether an answer says that the key held another type than the command expects.
pub(super) fn is_wrong_type(answer: &Value) -> bool {
    matches!(answer, Value::ServerError(refusal) if refusal.code() == "WRONGTYPE")
}

/// A refusal in the words of the server, without the arguments that it repeats: among them are passwords and values.
pub(super) fn without_arguments(refusal: &str) -> String {
    refusal.split(", with args").next().unwrap_or_default().to_owned()
}

/// Why a script that was sent by its hash was not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusedHash {
    /// The server does not have it: it was restarted, or is another.
    NotLoaded,
    /// The user has no right to EVALSHA, or it was renamed.
    NotAllowed,
}

/// Answers in the order their commands were queued.
#[derive(Debug, Default)]
pub struct Replies {
    replies: VecDeque<Reply>,
    /// So many at the back belong to other questions than the one that is being answered.
    others: usize,
    /// Who has answered, where that was asked.
    answerer: Option<Answerer>,
}

/// Which process of a server has answered, over a connection that was made then.
#[derive(Debug, Clone)]
pub(crate) struct Answerer {
    pub(crate) addr: Arc<str>,
    pub(crate) run_id: Arc<str>,
    pub(crate) since: Instant,
}

impl Replies {
    pub(super) fn new(replies: Vec<Reply>) -> Self {
        Self { replies: replies.into(), others: 0, answerer: None }
    }

    /// The answers to commands, as another client got them. `key` tells which key a refused command, by its number, is
    /// about.
    pub(crate) fn of(
        values: Vec<Value>,
        commands: &[Command],
        addr: &Arc<str>,
        key: impl Fn(usize) -> Option<Vec<u8>>,
    ) -> Self {
        let reply = |(at, (value, command)): (usize, (Value, &Command))| {
            let key = if matches!(value, Value::ServerError(_)) { key(at) } else { None };
            Reply::about(key, Ok(value), command.name(), addr.clone())
        };
        Self::new(values.into_iter().zip(commands).enumerate().map(reply).collect())
    }

    /// What they weigh, about.
    pub(super) fn bytes(&self) -> usize {
        self.replies.iter().map(|reply| weight(&reply.value)).sum()
    }

    /// Why the server refused a script that was sent by its hash, where it did.
    pub(crate) fn refused_hash(&self) -> Option<RefusedHash> {
        self.replies.iter().filter(|reply| reply.command == command::EVALSHA.name()).find_map(|reply| {
            let Value::ServerError(refusal) = &reply.value else { return None };
            match refusal.code() {
                "NOSCRIPT" => Some(RefusedHash::NotLoaded),
                "NOPERM" | "ERR" if refusal.details()?.to_ascii_lowercase().contains("evalsha") => {
                    Some(RefusedHash::NotAllowed)
                }
                _ => None,
            }
        })
    }

    /// Which process of a server has answered, where it is one and that was asked.
    pub(crate) fn run_id(&self, count: usize) -> Option<Arc<str>> {
        let Answerer { addr, run_id, .. } = self.answerer.as_ref()?;
        self.replies.iter().take(count).all(|reply| reply.addr == *addr).then(|| Arc::clone(run_id))
    }

    /// Who has answered, where that was noted.
    pub(crate) fn answerer(&self) -> Option<&Answerer> {
        self.answerer.as_ref()
    }

    /// Which server has answered first.
    pub(crate) fn addr(&self) -> Option<Arc<str>> {
        self.replies.front().map(|reply| Arc::clone(&reply.addr))
    }

    pub(crate) fn note_answerer(&mut self, answerer: Answerer) {
        self.answerer = Some(answerer);
    }

    /// How many are left.
    pub fn len(&self) -> usize {
        self.replies.len() - self.others
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The answer to the command that was queued last.
    pub(super) fn take_last(&mut self) -> Option<Reply> {
        self.replies.pop_back()
    }

    /// Has the next so many answers read, and no others. Those that were not read are gone afterwards.
    pub(crate) fn part<R>(&mut self, count: usize, read: impl FnOnce(&mut Self) -> R) -> R {
        let behind = self.len().saturating_sub(count);
        self.others += behind;
        let result = read(self);
        self.replies.drain(..self.len());
        self.others -= behind;
        result
    }

    /// The next answer.
    ///
    /// # Errors
    /// [`Error::Reply`] where more answers are asked for than commands were queued.
    pub fn one(&mut self) -> Result<Reply> {
        self.next().ok_or_else(|| Error::Reply {
            addr: String::new(),
            command: "a pipeline".to_owned(),
            reply: "fewer answers than commands".to_owned(),
        })
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::BulkString(bytes) => bytes.len(),
        Value::Array(values) | Value::Set(values) => values.iter().map(weight).sum(),
        _ => 0,
    }
}

impl Iterator for Replies {
    type Item = Reply;

    fn next(&mut self) -> Option<Reply> {
        if self.is_empty() { None } else { self.replies.pop_front() }
    }
}
