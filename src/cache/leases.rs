//! Leases: who computes a key, so that a worker that dies in the middle loses no invalidation.
//!
//! A worker of this crate that takes a mark out of the deleted set notes the key in `P` + `meta:leases` in the same
//! step, with the time until which it may compute (true epoch milliseconds of the server's clock). Whoever finds the
//! time run out puts the mark back and takes the key out of progress; then the next reader recomputes. A key that was
//! being computed for the first time is marked as well: a mark on a missing key only says what its next reader does
//! anyway.
//!
//! Names such as `a>b` and `a>b>c` share one value, so a worker that computes `a>b>c` notes `a>b` too, with the same
//! time: of all names of a value one has a lease. Both run out as others do; a mark too many costs a computation.

use super::scripts::{RESTORE_LEASES, RESTORE_RUN_OUT};
use crate::client::Conn;
use crate::client::Page;
use crate::client::Pipe;
use crate::client::command;
use crate::error::Result;
use crate::namespace::{Layout, Namespace};
use std::time::Duration;

/// Where the keys of a call lie in several slots and no old value is to be served, this long passes between the end of that and the
/// end of its mark: who has the answers about both sooner did not see the one without the other.
pub(crate) const MOMENT: Duration = Duration::from_millis(10);

/// Gives back the marks of up to `limit` leases that ran out by `now_ms` (true epoch milliseconds), each in one step
/// with taking its key out of progress (where these lie in several slots of a cluster, one after the other). Tells how
/// many there were: fewer than `limit` means that none is left.
///
/// Doing it twice, or beside another who does it, is harmless. A worker that still computes on a lease that ran out
/// finds it gone, and stores nothing.
///
/// # Errors
/// Connection errors and refusals.
pub fn restore_expired(conn: &mut Conn, ns: &Namespace, now_ms: u64, limit: usize) -> Result<u64> {
    let ns = &conn.placed(ns);
    if conn.is_cross_slot(ns) {
        return restore_stepwise(conn, ns, now_ms, limit);
    }
    let (deleted, progress) = (ns.mark_sets(), ns.progress_sets());
    let numbers = [now_ms.to_string(), limit.to_string(), deleted.len().to_string()];
    let keys = [&[ns.leases()][..], &deleted, &progress].concat();
    let mut pipe = Pipe::new();
    pipe.script(&RESTORE_LEASES, keys.iter().map(Vec::as_slice), numbers.iter().map(String::as_bytes));
    conn.run(&pipe)?.one()?.count()
}

/// The same in two steps: out of progress first; then the marks, which lie where the leases do, in one step with the end of those
/// that have still run out. Who has claimed a key meanwhile finds it out of progress, and marks it.
fn restore_stepwise(conn: &mut Conn, ns: &Namespace, now_ms: u64, limit: usize) -> Result<u64> {
    let out = expired_leases(conn, ns, now_ms, 0, limit)?;
    if out.is_empty() {
        return Ok(0);
    }
    // A worker whose keys lie in several slots has this layout.
    let ns = &ns.with_layout(Layout::Classic);
    let mut pipe = Pipe::new();
    for set in ns.progress_sets() {
        pipe.push_all(command::SREM, &[&set], out.iter().map(Vec::as_slice));
        pipe.may_repeat();
    }
    pipe.barrier();
    let keys = [vec![ns.leases()], ns.mark_sets()].concat();
    pipe.script(&RESTORE_RUN_OUT, keys.iter().map(Vec::as_slice), out.iter().map(Vec::as_slice));
    conn.run(&pipe)?.try_for_each(|reply| reply.ok().map(drop))?;
    Ok(out.len() as u64)
}

/// The members whose leases ran out by `now_ms` (true epoch milliseconds), for a look without writing: up to `limit` of
/// them, from the `from`-th on.
///
/// # Errors
/// Connection errors and refusals.
pub fn expired_leases(
    conn: &mut Conn,
    ns: &Namespace,
    now_ms: u64,
    from: usize,
    limit: usize,
) -> Result<Vec<Vec<u8>>> {
    let ns = &conn.placed(ns);
    let up_to = i64::try_from(now_ms).unwrap_or(i64::MAX);
    let page = Page { key: ns.leases(), up_to, rank: from, count: limit };
    let mut pipe = Pipe::new();
    page.ask(&mut pipe);
    page.read(conn.run(&pipe)?.one()?)
}
