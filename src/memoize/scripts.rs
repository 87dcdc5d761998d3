//! The steps that must be one on the server. Redis runs a script as a whole, as it does MULTI; a script can look first.

use crate::store::{restore_function, script};

/// Begins each script: the sets out of KEYS.
/// KEYS: leases, hash, bucket, tag, sets of marks, progress sets, invalid sets.
/// ARGV: number of sets of marks (behind the deleted sets of both layouts stands the record of what is in both) and of
/// progress sets, member, field, member in the bucket.
macro_rules! head {
    () => {
        "\
local leases, hash, bucket, tag = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local marks, busy, member, field, in_bucket = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local deleted, progress, invalid = {}, {}, {}
for i = 5, #KEYS do
  local into = invalid
  if i <= 4 + marks then into = deleted elseif i <= 4 + marks + busy then into = progress end
  into[#into + 1] = KEYS[i]
end
local names = {member}
if in_bucket ~= member then names[2] = in_bucket end
local function each(command, sets, what)
  local n = 0
  for _, set in ipairs(sets) do n = n + call(command, set, what) end
  return n
end
"
    };
}

/// To when a claim puts an expired entry off, in seconds of the application's clock.
macro_rules! put_off {
    () => {
        "local function put_off(due, span) return due + math.ceil(span / 1000) end\n"
    };
}

/// Decides, in one step, who computes. Gives back a few run-out leases on the way. Whatever it may take
/// is read first: a key of another type ends it with nothing taken. So does a right that is missing: the
/// lease stands before a mark goes, and what was done before a refusal is undone.
/// ARGV further: milliseconds of a lease (its deadline has the same rest by 512), keep the old value, join, now on the
/// application's clock or nothing, how many run-out leases, whether a value does not decode, that value.
/// A claim whose answer was lost may come again, and finds the lease that it got by the rest of its deadline. Whether it
/// took a mark nobody knows by then: one too many costs a computation, one too few loses an invalidation.
/// One lease holds a value, whatever name it was claimed by: it stands under that name and under the one that the value is
/// known by. Two that compute by different names would each take their own mark, and nothing would tell the older from the
/// younger. Who joins the lease of another name stores nothing. An older release notes its own name alone.
/// A marked key is listed under its tag: 0.0.9 drops a tag with what it marks, and the next invalidation of the tag is to reach
/// the key while it is computed.
/// A run-out lease of this key itself is a mark. An expired entry is put off until the lease ends, and stays: keys that the
/// library cuts share it, so neither a failure nor the end of this process may take it from them. Other entries of the
/// bucket are left alone for the same reason: each key looks at its own.
pub(super) const CLAIM: &str = script!(
    restore_function!(),
    head!(),
    put_off!(),
    "\
local span, stale, join, due, several, bad = tonumber(ARGV[6]), ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
restore(leases, deleted, progress, now, several)
local function lease_of(name)
  local lease = call('ZSCORE', leases, name)
  if not lease or tonumber(lease) > now then return lease end
  restore_one(leases, deleted, progress, name)
  return false
end
local lease, own, stored = lease_of(in_bucket), lease_of(member), call('HGET', hash, field)
if lease and lease == own and tonumber(lease) % 512 == span % 512 then
  return {'mine', lease, stored and redis.sha1hex(stored) or '', 1}
end
local marked, computing = each('SISMEMBER', {deleted[1], deleted[2]}, member) > 0, each('SISMEMBER', progress, member) > 0
each('SISMEMBER', {deleted[3]}, member)
local expired, score = false, nil
if due ~= '' then
  score = call('ZSCORE', bucket, in_bucket)
  expired = score and tonumber(score) <= tonumber(due)
end
local value = stored
if bad == '1' and value == ARGV[12] then value = false end
if value and not marked and not expired then return {'valid', value} end
if lease or own then
  if join ~= '1' then return {'busy', value} end
  if lease ~= own or not computing or is_note(leases, member) then return {'beside'} end
  return {'joined', lease, stored and redis.sha1hex(stored) or ''}
end
if not marked and not expired and join ~= '1' and computing then
  return {'busy', value}
end
-- Who may not take out what it puts there does not put it there.
call('ZREM', leases, unpack(names))
for _, name in ipairs(names) do call('ZADD', leases, now + -now % 512 + span, name) end
local entered, listed, before = {}, false, ''
local function take(command, set, ...)
  local answer = redis.pcall(command, set, ...)
  if type(answer) ~= 'table' or not answer.err then return answer end
  for _, name in ipairs(entered) do redis.pcall('SREM', name, member) end
  if listed then redis.pcall('SREM', tag, member) end
  for _, name in ipairs(marked and deleted or {}) do redis.pcall('SADD', name, member) end
  if expired then redis.pcall('ZADD', bucket, score, in_bucket) end
  redis.pcall('ZREM', leases, unpack(names))
  refuse(answer, command, set)
end
if not computing then take('SREM', progress[1], member) end
for _, set in ipairs(progress) do
  local new = take('SADD', set, member)
  if new == 1 then entered[#entered + 1] = set end
  before = before .. 1 - new
end
if expired then take('ZADD', bucket, put_off(due, span), in_bucket) end
if marked then listed = take('SADD', tag, member) == 1 end
for _, set in ipairs(deleted) do take('SREM', set, member) end
if stale ~= '1' and stored and (marked or expired) then
  take('HDEL', hash, field)
  stored = false
end
return {
  'mine', call('ZSCORE', leases, member), stored and redis.sha1hex(stored) or '',
  (marked or expired) and 1 or 0, before
}"
);

/// Writes a result, its indexes first, if the lease still stands and nobody wrote or deleted the value meanwhile. A worker
/// of the library that computed it too has taken the key out of progress, whatever became of its value since. A lease that is
/// gone may have been evicted, and with it what is known of the mark: a key that is in progress is marked. It stays there: the
/// lease may have been given back, too, and a worker of the library computes by now.
/// ARGV further: lease, digest of the value at the claim, score or nothing, the value.
pub(super) const STORE: &str = script!(
    head!(),
    "\
-- As numbers: servers before 7.0 write them in another way.
local function lease_of(name) return tonumber(call('ZSCORE', leases, name) or '-1') end
local own, given = lease_of(member), tonumber(ARGV[6])
if own ~= given or lease_of(in_bucket) ~= given then
  -- A lease of another stays.
  if own == given then
    each('SREM', progress, member)
    each('SADD', deleted, member)
    call('ZREM', leases, member)
  elseif own == -1 and each('SISMEMBER', progress, member) > 0 then
    each('SADD', deleted, member)
  end
  return 'lost'
end
local stored = call('HGET', hash, field)
if (stored and redis.sha1hex(stored) or '') ~= ARGV[7] or each('SISMEMBER', progress, member) < #progress then
  each('SREM', progress, member)
  each('SADD', deleted, member)
  call('ZREM', leases, unpack(names))
  return 'changed'
end
call('SADD', tag, member)
each('SADD', invalid, member)
if ARGV[8] ~= '' then call('ZADD', bucket, ARGV[8], in_bucket) end
call('HSET', hash, field, ARGV[9])
each('SREM', progress, member)
call('ZREM', leases, unpack(names))
return 'stored'"
);

/// Undoes a claim, if its lease still stands. A full server lets the mark back in behind a write that takes no room, and the
/// lease goes last: whoever comes by when it is over finds the mark there. The value's may be that of another by now. An entry
/// that was put off has expired again, for the other names of the value and for workers of the library, unless one of them
/// has stored meanwhile: with another value, as far as the one at the claim is known.
/// It leaves those progress sets that the claim entered: by the others a worker of the library computes it, and who deletes by
/// a pattern must find it there. A lease that is gone may have been evicted: the mark of a key in progress comes back. Or this
/// came before, or the lease ran out: then nobody knows who computes by now, and the key stays in progress, for `gc` to judge.
/// ARGV further: lease, or the rest of its deadline; whether a mark was taken; now (as the claim was told) and milliseconds of
/// the claim; digest of the value at the claim, or `?`; for each progress set 1 where the claim found the key in it, or nothing.
pub(super) const GIVE_BACK: &str = script!(
    head!(),
    put_off!(),
    "\
local held, given = call('ZSCORE', leases, member), tonumber(ARGV[6])
local lease = tonumber(held or '-1')
if lease ~= given and lease % 512 ~= given then
  if not held and given >= 512 and ARGV[7] == '1' and each('SISMEMBER', progress, member) > 0 then
    call('SREM', progress[1], '')
    each('SADD', deleted, member)
  end
  return 0
end
-- What is no member goes where the key stays: it is the write that takes no room.
for n, set in ipairs(progress) do call('SREM', set, string.sub(ARGV[11], n, n) == '1' and '' or member) end
if ARGV[7] == '1' then each('SADD', deleted, member) end
local due, span, digest = ARGV[8], ARGV[9], ARGV[10]
local stored = digest ~= '?' and redis.pcall('HGET', hash, field)
if type(stored) == 'string' and redis.sha1hex(stored) ~= digest then due = '' end
if due ~= '' and tonumber(call('ZSCORE', bucket, in_bucket) or '-1') == put_off(due, span) then
  call('ZADD', bucket, due, in_bucket)
end
if call('ZSCORE', leases, in_bucket) == held then call('ZREM', leases, in_bucket) end
call('ZREM', leases, member)
return 1"
);
