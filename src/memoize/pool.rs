//! Connections for the threads of the sync API: each is used by one caller at a time, idle ones are kept.

use crate::client::command;
use crate::client::{Conn, Target, Timeouts};
use crate::error::Result;
use std::sync::{Mutex, PoisonError};

/// Connections to one server.
#[derive(Debug)]
pub(crate) struct Pool {
    target: Target,
    timeouts: Timeouts,
    keep: usize,
    idle: Mutex<Vec<Conn>>,
}

impl Pool {
    pub(crate) fn new(target: Target, timeouts: Timeouts, keep: usize) -> Self {
        Self { target, timeouts, keep, idle: Mutex::default() }
    }

    /// Runs on a connection. One that had been idle may turn out to be dead (Redis was restarted): then the rest of
    /// the idle ones go with it, and the work is done again on a new one. So `work` must bear being done twice.
    ///
    /// # Errors
    /// Those of connecting and of `work`.
    pub(crate) fn run<R>(&self, work: impl FnMut(&mut Conn) -> Result<R>) -> Result<R> {
        let idle = self.take();
        self.run_from(idle, work)
    }

    /// The same on a connection that has just answered, for what is not to be done twice without need.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(crate) fn run_awake<R>(&self, work: impl FnMut(&mut Conn) -> Result<R>) -> Result<R> {
        let mut idle = self.take();
        if let Some(Err(error)) = idle.as_mut().map(|conn| conn.one(command::PING, &[])) {
            if !error.leads_nowhere() {
                return Err(error);
            }
            idle = None;
            self.lock().clear();
        }
        self.run_from(idle, work)
    }

    fn take(&self) -> Option<Conn> {
        let mut idle = self.lock();
        std::iter::from_fn(|| idle.pop()).find(Conn::is_ours)
    }

    fn run_from<R>(&self, idle: Option<Conn>, mut work: impl FnMut(&mut Conn) -> Result<R>) -> Result<R> {
        if let Some(mut conn) = idle {
            match work(&mut conn) {
                Err(error) if error.leads_nowhere() => self.lock().clear(),
                result => return self.done(conn, result),
            }
        }
        let mut conn = Conn::open_without_handshake(&self.target, self.timeouts)?;
        let result = work(&mut conn);
        self.done(conn, result)
    }

    /// Keeps the connection, where the next caller can use it and its server still has the data.
    fn done<R>(&self, conn: Conn, result: Result<R>) -> Result<R> {
        let leads_on = result.as_ref().err().is_none_or(|error| !error.leads_nowhere());
        let mut idle = self.lock();
        if !conn.is_idle() && result.is_ok() {
            // Its server turned out to be replaced: so did that of the others.
            idle.clear();
        } else if conn.is_idle() && leads_on && idle.len() < self.keep {
            idle.push(conn);
        }
        result
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Conn>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
