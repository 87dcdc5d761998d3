//! The one connection that the tasks of a runtime share: each answer finds its way back.

use super::computation::lock;
use super::protocol::Sink;
use crate::client::{
    Answerer, Command, Conn, Replies, Target, Timeouts, connect_error, io_error, run_id, without_password,
};
use crate::error::{self, Error, Result};
use crate::namespace::Namespace;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Arg, AsyncConnectionConfig, Client, Pipeline, RedisError, Value, cmd};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::runtime::{self, Handle};
use tokio::sync::{Mutex, MutexGuard, oneshot};

/// Runtimes whose connections are kept: of those that are gone nobody hears.
const MOST_RUNTIMES: usize = 256;

/// A connection that is made when it is needed, and again after it broke.
pub(crate) struct SharedConnection {
    target: Target,
    ns: Namespace,
    timeouts: Timeouts,
    addr: Arc<str>,
    /// One for each runtime, which drives what it has made; the one that was used last is behind.
    lines: std::sync::Mutex<VecDeque<Arc<Line>>>,
    made: AtomicU64,
}

/// The connection of a runtime.
struct Line {
    /// A fork shares the socket with its parent, and has nobody who reads from it.
    process: u32,
    runtime: runtime::Id,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    connection: Option<Made>,
    failure: LastFailure,
}

/// When and how it failed last that one task does something for all. It fails for those who waited meanwhile, too, or they
/// would try one after another.
#[derive(Default)]
pub(crate) struct LastFailure(Option<(Instant, Error)>);

impl LastFailure {
    /// # Errors
    /// The failure, if it came after somebody asked.
    pub(crate) fn since(&self, asked: Instant) -> Result<()> {
        self.0.as_ref().filter(|(at, _)| *at >= asked).map_or(Ok(()), |(_, error)| Err(error.clone()))
    }

    pub(crate) fn note(&mut self, error: &Error) {
        self.0 = Some((Instant::now(), error.clone()));
    }
}

#[derive(Clone)]
struct Made {
    number: u64,
    connection: MultiplexedConnection,
    /// Where it leads.
    addr: Arc<str>,
    since: Instant,
    /// What tells the process of the server from others, once somebody has asked; empty where it does not say.
    run_id: Arc<OnceLock<Arc<str>>>,
    /// Somebody asks: nobody else waits for that.
    is_asked: Arc<AtomicBool>,
}

impl Made {
    /// Nothing where it is not known yet.
    async fn run_id(&mut self) -> Result<Option<Arc<str>>, RedisError> {
        if self.run_id.get().is_none() && !self.is_asked.swap(true, SeqCst) {
            let _asks = Asks(Arc::clone(&self.is_asked));
            let mut info = cmd("INFO");
            info.arg("server");
            let run_id = match info.query_async::<Vec<u8>>(&mut self.connection).await {
                Ok(info) => run_id(&info).unwrap_or_default(),
                Err(error) if error.code().is_some() => String::new(),
                Err(error) => return Err(error),
            };
            let _ = self.run_id.set(run_id.into());
        }
        Ok(self.run_id.get().cloned())
    }
}

/// Whoever asks does so no more, be it that its task was cancelled.
struct Asks(Arc<AtomicBool>);

impl Drop for Asks {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}

/// Commands for the link, with their names for errors.
#[derive(Default)]
pub(crate) struct Batch {
    pipeline: Pipeline,
    commands: Vec<Command>,
}

impl Sink for Batch {
    fn push(&mut self, command: Command, args: &[&[u8]]) {
        let mut packed = cmd(command.name());
        for arg in args {
            packed.arg(arg);
        }
        self.pipeline.add_command(packed);
        self.commands.push(command);
    }
}

impl Batch {
    /// The key that a command is about.
    fn key_of(&self, at: usize) -> Option<Vec<u8>> {
        let words = self.commands.get(at)?.key_place()?;
        let argument = self.pipeline.cmd_iter().nth(at)?.args_iter().nth(1 + words)?;
        match argument {
            Arg::Simple(key) => Some(key.to_vec()),
            _ => None,
        }
    }
}

impl SharedConnection {
    pub(crate) fn new(target: Target, ns: Namespace, timeouts: Timeouts) -> Self {
        let addr = target.to_string().into();
        Self { target, ns, timeouts, addr, lines: std::sync::Mutex::default(), made: AtomicU64::new(0) }
    }

    /// Sends commands and waits for their answers, which with `asks_run_id` say which process of the server gave them, and tells the
    /// number of the connection. A connection that broke is made anew, once, and the commands are
    /// sent again; so they must bear being carried out twice.
    ///
    /// # Errors
    /// Connection errors; refusals are answers.
    pub(crate) async fn run(&self, batch: &Batch, asks_run_id: bool) -> Result<(Replies, u64)> {
        let count = batch.commands.len();
        let mut is_again = false;
        let (answer, mut made) = loop {
            let (mut made, fresh) = self.connection().await?;
            let answer = made.connection.req_packed_commands(&batch.pipeline, 0, count).await;
            let (leads_on, may_repeat) = match &answer {
                Ok(values) => (!values.iter().any(hands_over), true),
                Err(error) => (false, !error.is_timeout()),
            };
            if leads_on {
                break (answer, made);
            }
            self.drop_connection(made.number).await;
            if fresh || !may_repeat || std::mem::replace(&mut is_again, true) {
                break (answer, made);
            }
        };
        let first = batch.commands.first().map_or("a command", Command::name);
        let values = answer.map_err(|error| io_error(&self.addr, self.timeouts.io, first, &error))?;
        let mut replies = Replies::of(values, &batch.commands, &made.addr, |at| batch.key_of(at));
        if asks_run_id {
            match made.run_id().await {
                Ok(Some(run_id)) => {
                    let (addr, since) = (Arc::clone(&made.addr), made.since);
                    replies.note_answerer(Answerer { addr, run_id, since });
                }
                Ok(None) => {}
                Err(_) => self.drop_connection(made.number).await,
            }
        }
        Ok((replies, made.number))
    }

    /// The connection, and whether it was made just now.
    async fn connection(&self) -> Result<(Made, bool)> {
        let (asked, line) = (Instant::now(), self.line());
        // The lock is held while connecting, so that of many tasks one connects.
        let mut current = self.locked(&line.current).await?;
        if let Some(made) = &current.connection {
            return Ok((made.clone(), false));
        }
        current.failure.since(asked)?;
        match self.connect().await {
            Ok((connection, addr)) => {
                let number = self.made.fetch_add(1, Relaxed);
                let (since, run_id, is_asked) = (Instant::now(), Arc::default(), Arc::default());
                let made = Made { number, connection, addr, since, run_id, is_asked };
                current.connection = Some(made.clone());
                Ok((made, true))
            }
            Err(error) => {
                current.failure.note(&error);
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, Arc<str>)> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeouts.connect))
            .set_response_timeout(Some(self.timeouts.io));
        let (target, ns, timeouts) = (self.target.clone(), self.ns.clone(), self.timeouts);
        let failed = |error: RedisError| connect_error(&self.addr, timeouts, &error);
        let own = |info| (info, Arc::clone(&self.addr));
        let (info, addr) = match target.needs_asking() {
            // Sentinels and clusters are asked where it is over connections that block.
            true => self.blocking(move || Conn::home_of(&target, ns.home(), timeouts)).await?,
            false if target.reads_files() => {
                own(self.blocking(move || Ok(target.first())).await?.map_err(failed)?.info)
            }
            false => own(target.first().map_err(failed)?.info),
        };
        let password = info.redis_settings().password().map(str::to_owned);
        let client = Client::open(info).map_err(failed)?;
        let connected = client.get_multiplexed_async_connection_with_config(&config).await;
        let connection = connected.map_err(|error| without_password(failed(error), password.as_deref()))?;
        Ok((connection, addr))
    }

    /// Makes another connection than this one for the next batch.
    pub(crate) async fn drop_connection(&self, number: u64) {
        // Whoever holds it longer makes another.
        let line = self.line();
        if let Ok(mut current) = self.locked(&line.current).await {
            current.connection.take_if(|it| it.number == number);
        }
    }

    fn line(&self) -> Arc<Line> {
        let (process, runtime) = (std::process::id(), Handle::current().id());
        let mut lines = lock(&self.lines);
        let line = match lines.iter().position(|it| it.process == process && it.runtime == runtime) {
            Some(at) if at + 1 == lines.len() => return Arc::clone(&lines[at]),
            Some(at) => lines.remove(at),
            None => None,
        };
        let line = line.unwrap_or_else(|| Arc::new(Line { process, runtime, current: Mutex::default() }));
        lines.retain(|it| it.process == process);
        lines.push_back(Arc::clone(&line));
        if lines.len() > MOST_RUNTIMES {
            lines.pop_front();
        }
        line
    }

    /// Locks what a task holds while it connects. It may be a task of a runtime that nobody drives any more, so it is waited
    /// for no longer than for Redis.
    pub(crate) async fn locked<'m, T>(&self, mutex: &'m Mutex<T>) -> Result<MutexGuard<'m, T>> {
        if let Ok(guard) = mutex.try_lock() {
            return Ok(guard);
        }
        tokio::time::timeout(self.longest_wait(), mutex.lock()).await.map_err(|_| Error::Connect {
            addr: self.addr.to_string(),
            reason: "another task of this process is connecting, and does not come to an end".to_owned(),
        })
    }

    /// Runs what blocks where it may; it goes on to its end when the caller is cancelled. A thread for it is waited for no
    /// longer than for Redis: those who have them all may be waiting for us.
    pub(crate) async fn blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let settled = Arc::new(AtomicBool::new(false));
        let (begins, (begin, begun)) = (Arc::clone(&settled), oneshot::channel::<()>());
        let task = tokio::task::spawn_blocking(move || {
            let gave_up = begins.swap(true, SeqCst);
            drop(begin);
            if gave_up { Err(stopping()) } else { work() }
        });
        if tokio::time::timeout(self.longest_wait(), begun).await.is_err() && !settled.swap(true, SeqCst) {
            return Err(Error::Connect {
                addr: self.addr.to_string(),
                reason: "no thread for blocking work came free in the runtime: allow it more (max_blocking_threads), or \
                         wait for less in spawn_blocking"
                    .to_owned(),
            });
        }
        match task.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_) => Err(stopping()),
            },
        }
    }

    /// How long Redis may take to be reached and to answer.
    pub(crate) fn longest_wait(&self) -> Duration {
        self.timeouts.longest_wait()
    }
}

/// The runtime is shutting down.
pub(super) fn stopping() -> Error {
    Error::Lost {
        addr: "Redis".to_owned(),
        command: "a call".to_owned(),
        reason: "the runtime is shutting down".to_owned(),
    }
}

/// Whether the server has handed the data over to another; it carried nothing of this out.
fn hands_over(value: &Value) -> bool {
    matches!(value, Value::ServerError(refusal) if error::hands_over(refusal.code()))
}
