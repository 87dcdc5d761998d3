//! One sweep of a namespace at a time.

use crate::error::{Error, Result};
use crate::namespace::Namespace;
use crate::store::{Conn, Mode, Pipe, Right, Writer};
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
pub(super) const NEVER: i64 = -1;

/// Whether the lock was taken.
#[derive(Debug)]
pub enum Locked {
    /// It is ours.
    Ours(Lock),
    /// Another sweep holds it.
    Taken,
    /// What stands in its place is no lock, and goes by itself never: no sweep would work again.
    Stuck {
        /// Its type.
        kind: String,
    },
    /// The server is at maxmemory and has no room for it. That is when a sweep is needed most, so this is no reason
    /// not to work.
    NoRoom,
}

/// The lock of a namespace, renewed by a thread and a connection of its own until it is dropped.
#[derive(Debug)]
pub struct Lock {
    done: Option<Sender<()>>,
    keeper: Option<JoinHandle<bool>>,
}

impl Lock {
    /// Takes the lock (`P` + `meta:lock`). It expires by itself 30 s after a holder was killed. When it is lost, or was not
    /// renewed in time, `right` ends: give the same to [`crate::store::Control`].
    ///
    /// # Errors
    /// Connection errors and refusals.
    pub fn take(conn: &mut Conn, ns: &Namespace, right: &Arc<Right>) -> Result<Locked> {
        let mut own = conn.again()?;
        let writer = Writer::new(ns.clone(), Mode::Apply);
        let token = token();
        let mut pipe = Pipe::new();
        writer.lock(&token, millis(LASTS), &mut pipe);
        // The server counts from when it hears of it, so never from earlier than this.
        let asked = Instant::now();
        match own.run(&pipe)?.one()?.bytes() {
            Ok(Some(_)) => {}
            Ok(None) => return held_by(&mut own, ns),
            Err(error) if error.code() == Some("OOM") => return Ok(Locked::NoRoom),
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
                        if let Ok(again) = own.again() {
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
            let before = own.journal();
            match own.run(&pipe).and_then(|mut replies| replies.one()?.int()) {
                // The answer to a command that was sent twice says nothing of the first.
                Ok(0) => kept && !own.is_exact_since(before),
                Err(error) if error.is_wrong_type() => false,
                // Whatever keeps it from being given back, it expires by itself.
                Ok(_) | Err(_) => kept,
            }
        });
        let keeper = keeper.map_err(Error::from)?;
        Ok(Locked::Ours(Self { done: Some(done), keeper: Some(keeper) }))
    }

    /// Gives the lock back; whether it was ours up to now, as far as the server tells.
    pub fn give_back(mut self) -> bool {
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
fn held_by(conn: &mut Conn, ns: &Namespace) -> Result<Locked> {
    let mut pipe = Pipe::new();
    pipe.push("TYPE", &[&ns.lock()]);
    pipe.push("PTTL", &[&ns.lock()]);
    let mut replies = conn.run(&pipe)?;
    let (kind, left) = (replies.one()?, replies.one()?);
    if kind.is_refused() || left.is_refused() {
        return Ok(Locked::Taken);
    }
    let kind = String::from_utf8_lossy(&kind.bytes()?.unwrap_or_default()).into_owned();
    // A lock that went meanwhile was one, too.
    let is_lock = kind == "none" || (kind == "string" && left.int()? != NEVER);
    Ok(if is_lock { Locked::Taken } else { Locked::Stuck { kind } })
}

/// A text nobody else has: the process, the time, and what the system's random numbers add.
fn token() -> Vec<u8> {
    let random = RandomState::new().hash_one(Instant::now());
    format!("cacheme-{}-{random:016x}", std::process::id()).into_bytes()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
