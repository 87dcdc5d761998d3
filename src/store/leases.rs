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

use super::conn::Conn;
use super::page::Page;
use super::pipe::Pipe;
use super::script::script;
use crate::error::Result;
use crate::namespace::Namespace;

/// Lua functions: one gives back what a lease of a member holds, the other does so for leases that ran out, and tells how many
/// there were.
///
/// A macro, so that other scripts can have it in a [`script`].
macro_rules! restore_function {
    () => {
        "\
-- A claim by a name that the library cuts stands under the name of the value, too, with the same deadline.
local function is_note(leases, member)
  local deadline = call('ZSCORE', leases, member)
  if not deadline then return false end
  for _, name in ipairs(call('ZRANGEBYSCORE', leases, deadline, deadline, 'LIMIT', 0, 100)) do
    if name ~= member and string.sub(name, 1, #member + 1) == member .. '>' then return true end
  end
  return false
end
local function restore_one(leases, deleted, progress, member)
  if is_note(leases, member) then return call('ZREM', leases, member) end
  -- First what takes no room: behind it a full server lets the marks in.
  for _, set in ipairs(progress) do call('SREM', set, member) end
  for _, set in ipairs(deleted) do call('SADD', set, member) end
  call('ZREM', leases, member)
end
local function restore(leases, deleted, progress, now, limit)
  local out = call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, limit)
  for _, member in ipairs(out) do restore_one(leases, deleted, progress, member) end
  return #out
end
"
    };
}
pub(crate) use restore_function;

/// KEYS: leases, sets of marks, progress sets. ARGV: now, limit, number of sets of marks.
const RESTORE: &str = script!(
    restore_function!(),
    "\
local deleted, progress = {}, {}
for i = 2, #KEYS do
  if i <= 1 + tonumber(ARGV[3]) then deleted[#deleted + 1] = KEYS[i] else progress[#progress + 1] = KEYS[i] end
end
return restore(KEYS[1], deleted, progress, ARGV[1], ARGV[2])"
);

/// Gives back the marks of up to `limit` leases that ran out by `now_ms` (true epoch milliseconds), each in one step
/// with taking its key out of progress. Tells how many there were: fewer than `limit` means that none is left.
///
/// Doing it twice, or beside another who does it, is harmless. A worker that still computes on a lease that ran out
/// finds it gone, and stores nothing.
///
/// # Errors
/// Connection errors and refusals.
pub fn restore_expired(conn: &mut Conn, ns: &Namespace, now_ms: u64, limit: usize) -> Result<u64> {
    if conn.is_spread(ns) {
        return restore_apart(conn, ns, now_ms, limit);
    }
    let (deleted, progress) = (ns.mark_sets(), ns.progress_sets());
    let numbers = [now_ms.to_string(), limit.to_string(), deleted.len().to_string()];
    let keys = 1 + deleted.len() + progress.len();
    let leases = ns.leases();
    let mut args: Vec<&[u8]> = vec![&leases];
    args.extend(deleted.iter().chain(&progress).map(Vec::as_slice));
    args.extend(numbers.iter().map(String::as_bytes));
    let mut pipe = Pipe::new();
    pipe.push_all("EVAL", &[RESTORE.as_bytes(), keys.to_string().as_bytes()], args);
    pipe.may_repeat();
    conn.run(&pipe)?.one()?.count()
}

/// The same in steps, each answered before the next begins: the mark first, the lease last.
fn restore_apart(conn: &mut Conn, ns: &Namespace, now_ms: u64, limit: usize) -> Result<u64> {
    let out = expired_leases(conn, ns, now_ms, 0, limit)?;
    if out.is_empty() {
        return Ok(0);
    }
    let mut pipe = Pipe::new();
    let steps = [("SADD", ns.mark_sets()), ("SREM", ns.progress_sets()), ("ZREM", vec![ns.leases()])];
    for (command, keys) in steps {
        for key in keys {
            pipe.push_all(command, &[&key], out.iter().map(Vec::as_slice));
            pipe.may_repeat();
        }
        pipe.barrier();
    }
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
    let up_to = i64::try_from(now_ms).unwrap_or(i64::MAX);
    let page = Page { key: ns.leases(), up_to, rank: from, count: limit };
    let mut pipe = Pipe::new();
    page.ask(&mut pipe);
    page.read(conn.run(&pipe)?.one()?)
}
