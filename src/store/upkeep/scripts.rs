//! What gc asks the server to do in one step. Each script touches a few dozen entries.
//!
//! All begin with the same functions, since the same two questions decide everywhere: is the value there, and is
//! somebody computing it. ARGV begins with the prefix, the time (true epoch milliseconds), the number of progress
//! sets, these, the number of deleted sets (in the same order of generations), these, the number of those of them that
//! are in use, and these.

use crate::store::script::{prelude, sets};

/// The functions all scripts share, up to what a script makes of them.
macro_rules! with_judge {
    ($body:literal) => {
        concat!(
            prelude!(),
            sets!(),
            "\
local find, sub = string.find, string.sub
local prefix, now = ARGV[1], tonumber(ARGV[2])
at = 2
local progress, deleted, marks = sets(), sets(), sets()
local is_computing = computing(progress)
local function is_ours(member) return sub(member, 1, #prefix) == prefix end
local function hash_of(member)
  local i = find(member, '>', 1, true)
  if i then return sub(member, 1, i - 1), i end
  return member
end
local function has_value(member)
  local field, hash, i = 'base', hash_of(member)
  if i then field = sub(member, i + 1, (find(member, '>', i + 1, true) or 0) - 1) end
  -- Where the base is of another type nothing can be told: that counts as there.
  return tolerated(redis.pcall('HEXISTS', hash, field), 'HEXISTS') ~= 0
end
local function is_dead(member) return not is_computing(member) and not has_value(member) end
-- Takes members out with one command; tells how many were there, and the bytes of their names.
local function remove(command, key, members, bytes)
  if #members == 0 then return 0, 0 end
  local removed = try(command, key, unpack(members))
  if type(removed) ~= 'number' then return 0, 0 end
  return removed, math.floor(bytes * removed / #members)
end
-- Nothing stays removed that is not remembered.
local function remember(record)
  local noted = redis.pcall('RPUSH', KEYS[1], cmsgpack.pack(record))
  if type(noted) == 'table' then
    for i = 3, #record, 2 do call('SADD', record[i], unpack(record[i + 1])) end
    error({err = noted.err .. ' (RPUSH)'})
  end
end
local function add(set, member) return try('SADD', set, member) == 1 and 1 or 0 end
",
            $body
        )
    };
}

/// Takes dead members, all with the prefix, out of sets, and remembers them. KEYS: the list of what was removed, then the sets.
/// ARGV goes on: kind, then for each set the number of its members, and these. Answers with how many went, and the
/// bytes of their names.
/// What is remembered is written after the first removal: a server at maxmemory then still carries it out.
pub(super) const REMOVE_MEMBERS: &str = with_judge!(
    "\
local record, removed, bytes = {now, ARGV[at + 1]}, 0, 0
at = at + 1
for k = 2, #KEYS do
  local gone, size, n = {}, 0, tonumber(ARGV[at + 1])
  for i = at + 2, at + 1 + n do
    local member = ARGV[i]
    if is_dead(member) then
      gone[#gone + 1] = member
      size = size + #member
    end
  end
  at = at + 1 + n
  local count, of = remove('SREM', KEYS[k], gone, size)
  if count > 0 then
    record[#record + 1] = KEYS[k]
    record[#record + 1] = gone
    removed, bytes = removed + count, bytes + of
  end
end
if removed > 0 then remember(record) end
return {removed, bytes}"
);

/// Takes entries without a value, all with the prefix, out of TTL buckets. KEYS: the buckets. ARGV goes on as in [`REMOVE_MEMBERS`].
/// All releases write value and entry in one transaction, so nothing has to be looked at again.
pub(super) const REMOVE_ENTRIES: &str = with_judge!(
    "\
local removed, bytes = 0, 0
at = at + 1
for k = 1, #KEYS do
  local gone, size, n = {}, 0, tonumber(ARGV[at + 1])
  for i = at + 2, at + 1 + n do
    local member = ARGV[i]
    if is_dead(member) then
      gone[#gone + 1] = member
      size = size + #member
    end
  end
  at = at + 1 + n
  local count, of = remove('ZREM', KEYS[k], gone, size)
  removed, bytes = removed + count, bytes + of
end
return {removed, bytes}"
);

/// Looks at marks: one whose key is gone and not in progress is removed at the second look, `stuck_after` ms later.
/// KEYS: what was removed, suspects. ARGV goes on: stuck_after, members.
/// Answers with how many went, the bytes of their names, and how many were seen to be suspect first.
pub(super) const LOOK_AT_MARKS: &str = with_judge!(
    "\
local after, gone, bytes, new, from = tonumber(ARGV[at + 1]), 0, 0, 0, {}
for i = at + 2, #ARGV do
  local member = ARGV[i]
  local suspect = 'mark:' .. member
  local first = tonumber(call('ZSCORE', KEYS[2], suspect) or nil)
  if not is_ours(member) or not is_dead(member) or not is_in(deleted, member) then
    if first then call('ZREM', KEYS[2], suspect) end
  elseif after == 0 or (first and first <= now and now - first >= after) then
    for _, set in ipairs(deleted) do
      if try('SREM', set, member) == 1 then
        from[set] = from[set] or {}
        table.insert(from[set], member)
      end
    end
    if first then call('ZREM', KEYS[2], suspect) end
    gone = gone + 1
    bytes = bytes + #member
  elseif not first or first > now then
    try('ZADD', KEYS[2], now, suspect)
    new = new + 1
  end
end
if gone > 0 then
  local record = {now, 'mark'}
  for _, set in ipairs(deleted) do
    if from[set] then
      record[#record + 1] = set
      record[#record + 1] = from[set]
    end
  end
  remember(record)
end
return {gone, bytes, new, 0}"
);

/// Looks at keys in progress: one that is there at two looks is taken out. Where its stale value is still there it is
/// marked in the same step: the worker that went may have taken the mark with it (0.1.1). A key with a lease has a
/// worker that answers for it. KEYS: leases, suspects. ARGV and answer as in [`LOOK_AT_MARKS`], with how many were
/// newly marked at the end.
pub(super) const LOOK_AT_PROGRESS: &str = with_judge!(
    "\
local after, gone, bytes, new, restored = tonumber(ARGV[at + 1]), 0, 0, 0, 0
for i = at + 2, #ARGV do
  local member = ARGV[i]
  local suspect = 'progress:' .. member
  local first = tonumber(call('ZSCORE', KEYS[2], suspect) or nil)
  if not is_ours(member) or not is_in(progress, member) or call('ZSCORE', KEYS[1], member) then
    if first then call('ZREM', KEYS[2], suspect) end
  elseif after == 0 or (first and first <= now and now - first >= after) then
    local stale, marked = has_value(member), 0
    for n, set in ipairs(progress) do
      -- The generation that computed it is the one that reads the mark.
      if try('SREM', set, member) == 1 and stale then marked = math.max(marked, add(deleted[n], member)) end
    end
    if first then call('ZREM', KEYS[2], suspect) end
    restored = restored + marked
    gone = gone + 1
    bytes = bytes + #member
  elseif not first or first > now then
    try('ZADD', KEYS[2], now, suspect)
    new = new + 1
  end
end
return {gone, bytes, new, restored}"
);

/// Looks again at what was removed: 0.0.9 names a key in its tag before it writes the value. What has a value by now
/// goes back, and is marked, as an invalidation by that set would have missed it meanwhile; what is being computed
/// waits for another look. KEYS: what was removed. ARGV goes on: removed before, records at most.
/// Answers with what went back of tags, invalid keys and marks; the records that are left; and when the oldest of them
/// was removed.
pub(super) const LOOK_AGAIN: &str = with_judge!(
    "\
local before, most = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
local back = {tag = 0, invalid = 0, mark = 0}
-- Most are gone for good, bases and all: one question then answers for a whole record.
local function no_base_is_there(record)
  local hashes = {}
  for i = 3, #record, 2 do
    for _, member in ipairs(record[i + 1]) do hashes[#hashes + 1] = (hash_of(member)) end
  end
  return #hashes > 0 and try('EXISTS', unpack(hashes)) == 0
end
for _ = 1, most do
  local raw = call('LINDEX', KEYS[1], 0)
  if not raw then break end
  local good, record = pcall(cmsgpack.unpack, raw)
  if good and type(record) == 'table' and type(record[1]) == 'number' and back[record[2]] then
    -- Clocks of two runs differ a little; what lies far ahead is of a clock that was set back since.
    if record[1] > before and record[1] <= now + 60000 then break end
    call('LPOP', KEYS[1])
    local kind, later, all_gone = record[2], {now, record[2]}, no_base_is_there(record)
    for i = 3, #record, 2 do
      local again = {}
      for _, member in ipairs(record[i + 1]) do
        if is_computing(member) then
          again[#again + 1] = member
        elseif not all_gone and has_value(member) then
          local added = add(record[i], member)
          back[kind] = back[kind] + added
          if kind ~= 'mark' then
            for _, set in ipairs(marks) do add(set, member) end
            -- Only 0.0.9 stores a value so long after it named it; its set is the first.
            if added == 1 then add(deleted[1], member) end
          end
        end
      end
      if #again > 0 then
        later[#later + 1] = record[i]
        later[#later + 1] = again
      end
    end
    if #later > 2 then call('RPUSH', KEYS[1], cmsgpack.pack(later)) end
  else
    call('LPOP', KEYS[1])
  end
end
local oldest, first = 0, call('LINDEX', KEYS[1], 0)
if first then
  local good, record = pcall(cmsgpack.unpack, first)
  if good and type(record) == 'table' and type(record[1]) == 'number' then oldest = record[1] end
end
return {back.tag, back.invalid, back.mark, call('LLEN', KEYS[1]), oldest}"
);
