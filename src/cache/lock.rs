//! One sweep of a namespace at a time.

use super::session::Session;
use super::write::{Mode, Writer};
use crate::client::command;
use crate::client::{Conn, Control, Pipe, Right};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the lock outlives a holder that was killed.
const LASTS: Duration = Duration::from_secs(30);

/// How often it is renewed: a few renewals may fail before it runs out.
const RENEWED: Duration = Duration::from_secs(2);

/// What PTTL says of a key without an expiry.
pub(crate) const NEVER: i64 = -1;

/// What became of the lock that a sweep works under.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LockOutcome {
    /// None was wanted.
    #[default]
    Unwanted,
    /// It was held to the end.
    Held,
    /// It was lost on the way: another sweep may have worked beside this one, which may have stopped early.
    Lost,
    /// Another sweep holds it: nothing was done.
    Taken,
    /// What stands in its place is no lock, and goes by itself never, so that no sweep would work again: nothing was done.
    Stuck {
        /// Its type.
        kind: String,
    },
    /// The server is at maxmemory and has no room for it. That is when a sweep is needed most, so the work was done without.
    NoRoom,
}

impl LockOutcome {
    /// Whether nothing was done, as the lock was not to be had.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Taken | Self::Stuck { .. })
    }
}

/// Does the work of a sweep under the lock of its namespace, unless it is not wanted, and tells what became of that. When it is
/// lost on the way, the right to work in `control` ends.
pub(crate) fn under_lock(
    session: &mut Session,
    wanted: bool,
    control: &mut Control,
    outcome: &mut LockOutcome,
    work: impl FnOnce(&mut Session, &mut Control) -> Result<()>,
) -> Result<()> {
    let lock = if wanted { Lock::take(&session.conn, &session.ns, &control.right, outcome)? } else { None };
    if outcome.is_refused() {
        return Ok(());
    }
    let done = work(session, control);
    if let Some(lock) = lock {
        *outcome = if lock.give_back() { LockOutcome::Held } else { LockOutcome::Lost };
    }
    done
}

/// The lock of a namespace, renewed by a thread and a connection of its own until it is dropped.
struct Lock {
    done: Option<Sender<()>>,
    keeper: Option<JoinHandle<bool>>,
}

impl Lock {
    /// Takes the lock (`P` + `meta:lock`), or says in `outcome` why not. It expires by itself 30 s after a holder was killed.
    /// When it is lost, or was not renewed in time, `right` ends.
    ///
    /// # Errors
    /// Connection errors and refusals.
    fn take(
        conn: &Conn,
        ns: &Namespace,
        right: &Arc<Right>,
        outcome: &mut LockOutcome,
    ) -> Result<Option<Self>> {
        let mut own = conn.open_another()?;
        let writer = Writer::new(ns.clone(), Mode::Apply);
        let token = token();
        let mut pipe = Pipe::new();
        writer.lock(&token, millis(LASTS), &mut pipe);
        // The server counts from when it hears of it, so never from earlier than this.
        let asked = Instant::now();
        match own.run(&pipe)?.one()?.bytes() {
            Ok(Some(_)) => {}
            Ok(None) => {
                *outcome = held_by(&mut own, ns)?;
                return Ok(None);
            }
            Err(error) if error.code() == Some("OOM") => {
                *outcome = LockOutcome::NoRoom;
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let (done, ends) = channel();
        let right = right.clone();
        right.end_at(Some(asked + LASTS));
        let keeper = std::thread::Builder::new().name("lock".to_owned()).spawn(move || {
            while ends.recv_timeout(RENEWED) == Err(RecvTimeoutError::Timeout) {
                pipe.clear();
                writer.renew_lock(&token, millis(LASTS), &mut pipe);
                let asked = Instant::now();
                match own.run(&pipe).and_then(|mut replies| replies.one()?.int()) {
                    Ok(0) => right.end_at(Some(asked)),
                    Err(error) if error.is_wrong_type() => right.end_at(Some(asked)),
                    Ok(_) => right.end_at(Some(asked + LASTS)),
                    // The connection does not come back to its senses: try another.
                    Err(_) => {
                        if let Ok(again) = own.open_another() {
                            own = again;
                        }
                    }
                }
                if right.is_over() {
                    return false;
                }
            }
            let kept = !right.is_over();
            right.end_at(None);
            pipe.clear();
            writer.unlock(&token, &mut pipe);
            let before = own.connection_stats();
            match own.run(&pipe).and_then(|mut replies| replies.one()?.int()) {
                // The answer to a command that was sent twice says nothing of the first.
                Ok(0) => kept && !own.is_exact_since(before),
                Err(error) if error.is_wrong_type() => false,
                // Whatever keeps it from being given back, it expires by itself.
                Ok(_) | Err(_) => kept,
            }
        });
        let keeper = keeper.map_err(Error::from)?;
        Ok(Some(Self { done: Some(done), keeper: Some(keeper) }))
    }

    /// Gives the lock back; whether it was ours up to now, as far as the server tells.
    fn give_back(mut self) -> bool {
        self.end()
    }

    fn end(&mut self) -> bool {
        drop(self.done.take());
        self.keeper.take().is_none_or(|keeper| keeper.join().unwrap_or(false))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether what is there is a lock: a string that expires. Where the server does not tell, it is taken for one.
fn held_by(conn: &mut Conn, ns: &Namespace) -> Result<LockOutcome> {
    let mut pipe = Pipe::new();
    pipe.push(command::TYPE, &[&ns.lock()]);
    pipe.push(command::PTTL, &[&ns.lock()]);
    let mut replies = conn.run(&pipe)?;
    let (kind, left) = (replies.one()?, replies.one()?);
    if kind.is_refused() || left.is_refused() {
        return Ok(LockOutcome::Taken);
    }
    let kind = String::from_utf8_lossy(&kind.bytes()?.unwrap_or_default()).into_owned();
    // A lock that went meanwhile was one, too.
    let is_lock = kind == "none" || (kind == "string" && left.int()? != NEVER);
    Ok(if is_lock { LockOutcome::Taken } else { LockOutcome::Stuck { kind } })
}

/// A text nobody else has: the process, the time, and what the system's random numbers add.
fn token() -> Vec<u8> {
    let random = RandomState::new().hash_one(Instant::now());
    format!("cacheme-{}-{random:016x}", std::process::id()).into_bytes()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
