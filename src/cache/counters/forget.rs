//! Forgetting the counters.

use super::kept::{CHUNK, every_hour};
use crate::cache::{Mode, Writer};
use crate::client::{Conn, Control, Pipe, command};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use std::time::Instant;

/// What [`forget_counters`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ForgottenCounters {
    /// The hashes that were deleted, the totals and hours; `None` where that is not known: an answer was lost and it was done
    /// again, or another server took over.
    pub deleted: Option<u64>,
    /// Whether it came to the end, and the number is known.
    pub complete: bool,
}

/// Forgets the totals and every hour that is there, and notes that they begin anew; how long hours are kept stays noted. Whether
/// each of them is a hash is asked before the first is deleted.
///
/// # Errors
/// Connection errors, refusals, and [`Error::WrongType`] where one is of another type: then nothing is forgotten.
pub fn forget_counters(conn: &mut Conn, ns: &Namespace, control: &mut Control) -> Result<ForgottenCounters> {
    let before = conn.connection_stats();
    let (hashes, mut complete) = find_hashes(conn, ns, control)?;
    let writer = Writer::new(ns.clone(), Mode::Apply).on(conn);
    let mut deleted = 0;
    for keys in hashes.chunks(CHUNK) {
        if !complete {
            break;
        }
        let (began, mut pipe) = (Instant::now(), Pipe::new());
        let pending = writer.unlink(&keys.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut pipe);
        pending.count(&mut conn.run(&pipe)?, &mut deleted)?;
        complete = control.rest(began);
    }
    let is_exact = conn.is_exact_since(before);
    if deleted > 0 || !is_exact {
        let mut pipe = Pipe::new();
        writer.begin_counts(super::seconds_now(), &mut pipe);
        // Where it is refused, it is not known since when they count.
        conn.run(&pipe)?;
    }
    Ok(ForgottenCounters { deleted: is_exact.then_some(deleted), complete: complete && is_exact })
}

/// The totals and the hours that are there, the latest first, and whether all were asked for. Most are not there: how many are is
/// asked of many at once, and their types only where some are.
fn find_hashes(conn: &mut Conn, ns: &Namespace, control: &mut Control) -> Result<(Vec<Vec<u8>>, bool)> {
    let hours = every_hour().rev().map(|hour| ns.stats_hour(hour));
    let keys: Vec<_> = std::iter::once(ns.stats()).chain(hours).collect();
    let mut hashes = Vec::new();
    let writer = Writer::new(ns.clone(), Mode::DryRun).on(conn);
    for keys in keys.chunks(CHUNK) {
        let (began, mut pipe, mut present) = (Instant::now(), Pipe::new(), 0);
        let pending = writer.unlink(&keys.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut pipe);
        pending.count(&mut conn.run(&pipe)?, &mut present)?;
        if present > 0 {
            let mut pipe = Pipe::new();
            keys.iter().for_each(|key| pipe.push(command::TYPE, &[key]));
            let mut replies = conn.run(&pipe)?;
            for key in keys {
                match &replies.one()?.bytes()?.unwrap_or_default()[..] {
                    b"none" => {}
                    b"hash" => hashes.push(key.clone()),
                    _ => return Err(Error::WrongType { keys: vec![key.clone()] }),
                }
            }
        }
        if !control.rest(began) {
            return Ok((hashes, false));
        }
    }
    Ok((hashes, true))
}
