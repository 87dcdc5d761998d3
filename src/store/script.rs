//! What runs inside the server, in one step. Running one of these twice does no more than running it once.

/// In front of every script: a call that is refused ends it, and the error names the command. `try` lets a key of
/// another type pass, and a server without memory: a right that is missing must not look like a member that is.
macro_rules! prelude {
    () => {
        "\
local function call(name, ...)
  local answer = redis.pcall(name, ...)
  if type(answer) == 'table' and answer.err then
    error({err = answer.err .. ' (' .. name .. ')'})
  end
  return answer
end
local function wrong_type(answer)
  return type(answer) == 'table' and string.sub(answer.err or '', 1, 9) == 'WRONGTYPE'
end
local function try(name, ...)
  local answer = redis.pcall(name, ...)
  if type(answer) == 'table' and answer.err and not wrong_type(answer) and string.sub(answer.err, 1, 3) ~= 'OOM' then
    error({err = answer.err .. ' (' .. name .. ')'})
  end
  return answer
end
"
    };
}
pub(super) use prelude;

macro_rules! script {
    ($body:literal) => {
        concat!(prelude!(), $body)
    };
}

/// Removes hashes and counts the values in them; leaves alone what is no hash by now.
pub(super) const DELETE_HASHES: &str = script!(
    "\
local counts = {}
for i, key in ipairs(KEYS) do
  local n = try('HLEN', key)
  if wrong_type(n) then
    n = -1
  elseif n > 0 and type(redis.pcall('UNLINK', key)) == 'table' and type(redis.pcall('DEL', key)) == 'table' then
    call('UNLINK', key)
  end
  counts[i] = n
end
return counts"
);

/// Expires entries of TTL buckets that are still due: the value, the entry, and its mark.
/// KEYS: the bucket of each entry. ARGV: now, settled, action, length of a bucket's prefix, number of deleted sets,
/// deleted sets, number of progress sets, progress sets, then the members.
/// A mark stays while its key is in progress, since it alone keeps an invalidation that came during the
/// computation; and, as 0.0.9 refreshes without entering progress, until the entry was due for a while (`settled`).
pub(super) const EXPIRE: &str = script!(
    "\
local now, settled, action, skip = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local at, deleted, progress, marks = 5, {}, {}, 0
for i = 1, tonumber(ARGV[at]) do
  deleted[i] = ARGV[at + i]
  marks = marks + call('SCARD', deleted[i])
end
at = at + #deleted + 1
for i = 1, tonumber(ARGV[at]) do progress[i] = ARGV[at + i] end
at = at + #progress
local expired, gone, marked = 0, 0, 0
for i, bucket in ipairs(KEYS) do
  local member = ARGV[at + i]
  local score = tonumber(call('ZSCORE', bucket, member) or 'inf')
  if score <= now then
    expired = expired + 1
    if action == 'mark' then
      local new = 0
      for _, set in ipairs(deleted) do new = math.max(new, call('SADD', set, member)) end
      marked = marked + new
      call('ZREM', bucket, member)
    else
      local hash = string.sub(bucket, skip + 1)
      local rest, field = string.sub(member, #hash + 1), nil
      if string.sub(member, 1, #hash) == hash then
        if rest == '' then
          field = 'base'
        elseif string.sub(rest, 1, 1) == '>' then
          field = string.sub(rest, 2, (string.find(rest, '>', 2, true) or #rest + 1) - 1)
        end
      end
      local n = field and try('HDEL', hash, field)
      if type(n) == 'number' then gone = gone + n end
      call('ZREM', bucket, member)
      if marks > 0 and score <= settled then
        local busy = 0
        for _, set in ipairs(progress) do busy = math.max(busy, call('SISMEMBER', set, member)) end
        if busy == 0 then
          for _, set in ipairs(deleted) do call('SREM', set, member) end
        end
      end
    end
  end
end
return {expired, gone, marked}"
);

/// Removes those members of one TTL bucket that are still due, and counts them. For where the rest of what expiring
/// means lies on other servers: it has been done before.
pub(super) const REMOVE_DUE: &str = script!(
    "\
local gone = 0
for i = 2, #ARGV do
  local score = tonumber(call('ZSCORE', KEYS[1], ARGV[i]) or 'inf')
  if score <= tonumber(ARGV[1]) then gone = gone + call('ZREM', KEYS[1], ARGV[i]) end
end
return gone"
);
