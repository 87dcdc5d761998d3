//! What gc asks the server to do in one step. Each script touches a few dozen entries.
//!
//! All begin with the same functions, since the same two questions decide everywhere: is the value there, and is
//! somebody computing it. KEYS ends with the progress sets, the sets of marks (the deleted sets in the same order of
//! generations, and the record of what is in both), and those of them that are in use; ARGV begins with how many these
//! are, and the time (true epoch milliseconds).

use crate::store::script::{script, sets};

/// The functions all scripts share, up to what a script makes of them.
macro_rules! with_judge {
    ($($body:expr),+) => {
        script!(
    sets!(),
            "\
local progress, deleted, marks = sets(3)
local now = tonumber(ARGV[4])
local some = filled(progress)
-- By its own name, or the one that its value is known by. Who computes it by another one is known to who sends this.
local function is_computing(member)
  if not some[1] then return false end
  local value = of_value(member)
  return is_in(some, member) or (value ~= member and is_in(some, value))
end
-- `rest` is what follows the hash's name in the member.
local function has_value(hash, rest)
  -- Where the base is of another type nothing can be told: that counts as there.
  return tolerated(redis.pcall('HEXISTS', hash, field_of(rest)), 'HEXISTS') ~= 0
end
local function is_stored(hash, member) return has_value(hash, string.sub(member, #hash + 1)) end
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
    refuse(noted, 'RPUSH')
  end
end
local function add(set, member) return try('SADD', set, member) == 1 and 1 or 0 end
",
            $($body),+
        )
    };
}

/// What [`REMOVE_MEMBERS`] and [`REMOVE_ENTRIES`] share: `dead()` gives those of the next members that are dead, and
/// the bytes of their names. KEYS: for each member the hash of its base. ARGV: their number, and what follows these
/// names in the members.
macro_rules! dead {
    () => {
        "\
local function dead()
  local gone, size, n = {}, 0, tonumber(ARGV[at + 1])
  for i = 1, n do
    local hash, rest = KEYS[from + i], ARGV[at + 1 + i]
    if not has_value(hash, rest) then
      local member = hash .. rest
      if not is_computing(member) then
        gone[#gone + 1] = member
        size = size + #member
      end
    end
  end
  at, from = at + 1 + n, from + n
  return gone, size
end
"
    };
}

/// Takes dead members out of sets, and remembers them. KEYS: the list of what was removed, then each set and the
/// hashes of its members. ARGV goes on: number of sets, kind, then for each set the number of its members, and what
/// follows the hash's name in each. Answers with how many went, and the bytes of their names.
/// What is remembered is written after the first removal: a server at maxmemory then still carries it out.
pub(super) const REMOVE_MEMBERS: &str = with_judge!(
    "\
local from, at, record, removed, bytes = 1, 6, {now, ARGV[6]}, 0, 0
",
    dead!(),
    "\
for _ = 1, tonumber(ARGV[5]) do
  local set = KEYS[from + 1]
  from = from + 1
  local gone, size = dead()
  local count, of = remove('SREM', set, gone, size)
  if count > 0 then
    record[#record + 1] = set
    record[#record + 1] = gone
    removed, bytes = removed + count, bytes + of
  end
end
if removed > 0 then remember(record) end
return {removed, bytes}"
);

/// Takes entries without a value out of TTL buckets. KEYS: each bucket and the hashes of its members. ARGV goes on as
/// in [`REMOVE_MEMBERS`].
/// All releases write value and entry in one transaction, so nothing has to be looked at again.
pub(super) const REMOVE_ENTRIES: &str = with_judge!(
    "\
local from, at, removed, bytes = 0, 6, 0, 0
",
    dead!(),
    "\
for _ = 1, tonumber(ARGV[5]) do
  local bucket = KEYS[from + 1]
  from = from + 1
  local gone, size = dead()
  local count, of = remove('ZREM', bucket, gone, size)
  removed, bytes = removed + count, bytes + of
end
return {removed, bytes}"
);

/// Takes members out of the record where neither deleted set holds them. KEYS: both deleted sets, the record. ARGV:
/// members. Answers with how many went.
pub(super) const FORGET_TAKEN: &str = script!(
    "\
local gone = 0
for _, member in ipairs(ARGV) do
  if try('SISMEMBER', KEYS[1], member) ~= 1 and try('SISMEMBER', KEYS[2], member) ~= 1 then
    gone = gone + call('SREM', KEYS[3], member)
  end
end
return {gone}"
);

/// Looks at marks: one whose key is gone and not in progress is removed at the second look, `stuck_after` ms later.
/// KEYS: what was removed, suspects, and for each member the hash of its base, or the suspects again for what has not
/// the prefix, or is innocent. ARGV goes on: stuck_after, members.
/// Answers with how many went, the bytes of their names, how many were seen to be suspect first, and of how many that could
/// not be noted.
pub(super) const LOOK_AT_MARKS: &str = with_judge!(
    "\
local after, gone, bytes, new, unnoted, from = tonumber(ARGV[5]), 0, 0, 0, 0, {}
for i = 6, #ARGV do
  local member, hash = ARGV[i], KEYS[i - 3]
  local suspect = 'mark:' .. member
  local first = tonumber(call('ZSCORE', KEYS[2], suspect) or nil)
  if hash == KEYS[2] or is_computing(member) or is_stored(hash, member) or not is_in(deleted, member) then
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
    -- A server at maxmemory has no room to note it.
    if type(try('ZADD', KEYS[2], now, suspect)) == 'number' then new = new + 1 else unnoted = unnoted + 1 end
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
return {gone, bytes, new, unnoted, 0}"
);

/// Looks at keys in progress: one that is there at two looks is taken out. Where its stale value is still there it is
/// marked in the same step: the worker that went may have taken the mark with it (0.1.1). A key with a lease has a
/// worker that answers for it. KEYS: leases, suspects, hashes. ARGV and answer as in [`LOOK_AT_MARKS`], with how many were
/// newly marked at the end.
pub(super) const LOOK_AT_PROGRESS: &str = with_judge!(
    "\
local after, gone, bytes, new, unnoted, restored = tonumber(ARGV[5]), 0, 0, 0, 0, 0
for i = 6, #ARGV do
  local member, hash = ARGV[i], KEYS[i - 3]
  local suspect = 'progress:' .. member
  local first = tonumber(call('ZSCORE', KEYS[2], suspect) or nil)
  if hash == KEYS[2] or not is_in(progress, member) or call('ZSCORE', KEYS[1], member) then
    if first then call('ZREM', KEYS[2], suspect) end
  elseif after == 0 or (first and first <= now and now - first >= after) then
    local stale, marked = is_stored(hash, member), 0
    for n, set in ipairs(progress) do
      -- The generation that computed it is the one that reads the mark.
      if try('SREM', set, member) == 1 and stale then
        marked = math.max(marked, add(deleted[n], member))
        if deleted[3] and not (is_in({deleted[1]}, member) and is_in({deleted[2]}, member)) then
          call('SREM', deleted[3], member)
        end
      end
    end
    if first then call('ZREM', KEYS[2], suspect) end
    restored = restored + marked
    gone = gone + 1
    bytes = bytes + #member
  elseif not first or first > now then
    -- A server at maxmemory has no room to note it.
    if type(try('ZADD', KEYS[2], now, suspect)) == 'number' then new = new + 1 else unnoted = unnoted + 1 end
  end
end
return {gone, bytes, new, unnoted, restored}"
);

/// Looks again at what was removed: 0.0.9 names a key in its tag before it writes the value. What has a value by now, or is
/// being computed, goes back, and is marked, as an invalidation by that set would have missed it meanwhile. What it touches
/// is named in the records themselves, so a server that wants every key of a script declared refuses it:
/// `Writer::second_look` does the same in steps.
/// KEYS: what was removed. ARGV goes on: removed before, records at most.
/// Answers with what went back of tags, invalid keys, marks and TTL buckets; the records that are left; and when the oldest
/// of them was removed.
pub(super) const LOOK_AGAIN: &str = with_judge!(
    "\
local before, most = tonumber(ARGV[5]), tonumber(ARGV[6])
local back = {tag = 0, invalid = 0, mark = 0, entries = 0}
local function hash_of(member)
  local i = string.find(member, '>', 1, true)
  return i and string.sub(member, 1, i - 1) or member
end
-- Most are gone for good, bases and all: one question then answers for a whole record.
local function no_base_is_there(record)
  local hashes = {}
  for i = 3, #record, 2 do
    for _, member in ipairs(record[i + 1]) do hashes[#hashes + 1] = hash_of(member) end
  end
  return #hashes > 0 and try('EXISTS', unpack(hashes)) == 0
end
local function look(record)
  local kind, all_gone, counted = record[2], no_base_is_there(record), {}
  -- Behind each entry of a TTL bucket stands its score; whoever computes the value sets a new one.
  local is_scored = kind == 'entries'
  for i = 3, #record, 2 do
    local set, members = record[i], record[i + 1]
    for j = 1, #members, is_scored and 2 or 1 do
      local member = members[j]
      if (not is_scored and is_computing(member)) or (not all_gone and is_stored(hash_of(member), member)) then
        local added = is_scored and try('ZADD', set, 'NX', members[j + 1], member) or add(set, member)
        if type(added) ~= 'number' then added = 0 end
        if not counted[member] then back[kind] = back[kind] + added end
        if kind == 'mark' then
          counted[member] = counted[member] or added == 1
        elseif not is_scored then
          for _, set in ipairs(marks) do add(set, member) end
          -- Only 0.0.9 stores a value so long after it named it; its set is the first.
          if added == 1 then add(deleted[1], member) end
        end
      end
    end
  end
end
for _ = 1, most do
  local raw = call('LINDEX', KEYS[1], 0)
  if not raw then break end
  local good, record = pcall(cmsgpack.unpack, raw)
  if good and type(record) == 'table' and type(record[1]) == 'number' and back[record[2]] then
    -- Clocks of two runs differ a little; what lies far ahead is of a clock that was set back since.
    if record[1] > before and record[1] <= now + 60000 then break end
    -- A server at maxmemory carries out what follows a removal; a right that is missing must not cost the record.
    call('LPOP', KEYS[1])
    local good, refusal = pcall(look, record)
    if not good then
      call('RPUSH', KEYS[1], raw)
      error(refusal, 0)
    end
  else
    call('LPOP', KEYS[1])
  end
end
local oldest, first = 0, call('LINDEX', KEYS[1], 0)
if first then
  local good, record = pcall(cmsgpack.unpack, first)
  if good and type(record) == 'table' and type(record[1]) == 'number' then oldest = record[1] end
end
return {back.tag, back.invalid, back.mark, back.entries, call('LLEN', KEYS[1]), oldest}"
);
