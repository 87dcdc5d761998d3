-- Decides, in one step, who computes. Gives back a few run-out leases on the way. Whatever it may take is read
-- first: a key of another type ends it with nothing taken. So does a right that is missing: the lease stands
-- before a mark goes, and what was done before a refusal is undone.
-- ARGV further: milliseconds of a lease (its deadline has the same rest by 512), keep the old value, for whom, now
-- on the application's clock or nothing, how many run-out leases, whether a value does not decode, that value.
-- For whom: a call (0, or again, where it has looked before), a refresh or a put, which claim a valid value, too:
-- it stays valid meanwhile, and where they come to nothing. With a 1 at its end it computes beside another.
-- A claim whose answer was lost may come again, and finds the lease that it got by the rest of its deadline.
-- Whether it took a mark nobody knows by then: one too many costs a computation, one too few loses an
-- invalidation. One lease holds a value, whatever name it was claimed by: it stands under that name and under
-- the one that the value is known by. Two that compute by different names would each take their own mark, and
-- nothing would tell the older from the younger. Who joins the lease of another name stores nothing, and marks the
-- key where it was to be replaced: what is stored may be older. An older
-- release notes its own name alone. A marked key is listed under its tag: 0.0.9 drops a tag with what it
-- marks, and the next invalidation of the tag is to reach the key while it is computed. A run-out lease of
-- this key itself is a mark. An expired entry is put off until the lease ends, and stays: keys that the
-- library cuts share it, so neither a failure nor the end of this process may take it from them. Other entries
-- of the bucket are left alone for the same reason: each key looks at its own.
local span, stale, due, several, bad = tonumber(ARGV[6]), ARGV[7], ARGV[9], ARGV[10], ARGV[11]
local join, replaces = string.sub(ARGV[8], -1) == '1', string.find(ARGV[8], '^[rp]')
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
if is_ours(lease, own, span) then
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
local word = decide(value, marked, expired, computing, lease, own, join, replaces)
if word == 'valid' or word == 'busy' then return {word, value} end
if word == 'beside' then
  if replaces then each('SADD', deleted, member) end
  return {word}
end
if word == 'joined' then return {word, lease, stored and redis.sha1hex(stored) or ''} end
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
}
