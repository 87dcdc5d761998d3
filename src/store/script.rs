//! What runs inside the server, in one step. Running one of these twice does no more than running it once.

/// A script of these parts. In front of them: a call that is refused ends it, and the error names the command, and the key
/// where that is of another type. `try` lets a key of another type pass, and a server without memory: a right that is missing
/// must not look like a member that is.
/// Where a command is sent for each of many entries, `checked` and `tolerated` take the answer of `redis.pcall`
/// itself: handing its arguments on costs a third of a microsecond each time.
/// Behind them errors are caught and returned: servers before 7.0 take none that is a table, as `refuse` throws them.
macro_rules! script {
    ($($part:expr),+ $(,)?) => {
        concat!(
            "\
local function wrong_type(answer)
  return type(answer) == 'table' and string.sub(answer.err or '', 1, 9) == 'WRONGTYPE'
end
-- Servers before 7.0 put the line in front of refusals of their own, some of which have no code.
local function reason(err)
  local said = string.gsub(err, '^@user_script: *%d+: *%-?', '')
  return string.find(said, '^%u+ ') and said or 'ERR ' .. said
end
local function refuse(answer, name, key)
  if key and wrong_type(answer) then name = name .. \" '\" .. key .. \"'\" end
  error({err = reason(answer.err) .. ' (' .. name .. ')'})
end
local function checked(answer, name, key)
  if type(answer) == 'table' and answer.err then refuse(answer, name, key) end
  return answer
end
local function tolerated(answer, name)
  if type(answer) == 'table' and answer.err and not wrong_type(answer) and string.sub(reason(answer.err), 1, 3) ~= 'OOM' then
    refuse(answer, name)
  end
  return answer
end
local function call(name, ...) return checked(redis.pcall(name, ...), name, (...)) end
local function try(name, ...) return tolerated(redis.pcall(name, ...), name) end
local function body()
",
            $($part),+,
            "
end
local done, answer = pcall(body)
if done then return answer end
-- Servers from 7.0 on make a string of it.
return {err = reason(string.gsub(type(answer) == 'table' and answer.err or answer, '%c+', ' '))}"
        )
    };
}
pub(crate) use script;

/// `sets(kinds)` gives the lists of sets that end KEYS; ARGV begins with how many sets each of them has.
macro_rules! sets {
    () => {
        "\
local function sets(kinds)
  local lists, last = {}, #KEYS
  for kind = kinds, 1, -1 do
    local first = last - tonumber(ARGV[kind]) + 1
    lists[kind] = {unpack(KEYS, first, last)}
    last = first - 1
  end
  return unpack(lists)
end
-- What follows the hash's name in a member names the field.
local function field_of(rest)
  if rest == '' then return 'base' end
  return string.sub(rest, 2, (string.find(rest, '>', 2, true) or 0) - 1)
end
local function is_in(sets, member)
  for _, set in ipairs(sets) do
    if try('SISMEMBER', set, member) == 1 then return true end
  end
  return false
end
local function of_value(member)
  local first = string.find(member, '>', 1, true)
  if not first then return member end
  local second = string.find(member, '>', first + 1, true)
  if string.sub(member, first + 1, (second or 0) - 1) == 'base' then return string.sub(member, 1, first - 1) end
  return second and string.sub(member, 1, second - 1) or member
end
-- Those of the sets that hold something, and how much. A base or a tag of another type may have the name of one under the
-- other generation.
local function filled(sets)
  local some, members = {}, 0
  for _, set in ipairs(sets) do
    local size = try('SCARD', set)
    if type(size) == 'number' and size > 0 then
      some[#some + 1] = set
      members = members + size
    end
  end
  return some, members
end
"
    };
}
pub(super) use sets;

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
/// KEYS: each bucket and the hash of its base, the sets of marks, progress sets. ARGV: number of sets of marks and of
/// progress sets, now, settled, action, then for each bucket the number of its members, and these.
/// A mark stays while its value is computed, by whatever name (`a>b` and `a>b>c` share one), since it alone keeps an
/// invalidation that came during the computation, and while more keys are in progress than can be read in passing: on an
/// expired key it does no harm; and, as 0.0.9 refreshes without entering progress, until the entry was due for a while (`settled`).
pub(super) const EXPIRE: &str = script!(
    sets!(),
    "\
local deleted, progress = sets(2)
local now, settled, action, at, marks = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], 5, 0
local pcall, byte, sub = redis.pcall, string.byte, string.sub
for _, set in ipairs(deleted) do marks = marks + call('SCARD', set) end
local takes_marks, computed, unmarked = marks > 0 and action ~= 'mark', {}, {}
if takes_marks then
  local some, members = filled(progress)
  takes_marks = members <= 100
  for _, set in ipairs(takes_marks and some or {}) do
    for _, member in ipairs(call('SMEMBERS', set)) do computed[of_value(member)] = true end
  end
end
local function is_of(hash, member)
  local n = #hash
  return sub(member, 1, n) == hash and (#member == n or byte(member, n + 1) == 62)
end
local expired, gone, marked = 0, 0, 0
for k = 1, #KEYS - #deleted - #progress, 2 do
  local bucket, hash, n = KEYS[k], KEYS[k + 1], tonumber(ARGV[at + 1])
  for i = at + 2, at + 1 + n do
    local member = ARGV[i]
    local score = tonumber(checked(pcall('ZSCORE', bucket, member), 'ZSCORE', bucket) or 'inf')
    if score <= now then
      expired = expired + 1
      if action == 'mark' then
        local new = 0
        for n, set in ipairs(deleted) do
          local added = call('SADD', set, member)
          if n <= 2 then new = math.max(new, added) end
        end
        marked = marked + new
      else
        if is_of(hash, member) then
          local removed = tolerated(pcall('HDEL', hash, field_of(sub(member, #hash + 1))), 'HDEL')
          if type(removed) == 'number' then gone = gone + removed end
        end
        if takes_marks and score <= settled and not computed[of_value(member)] then unmarked[#unmarked + 1] = member end
      end
      checked(pcall('ZREM', bucket, member), 'ZREM', bucket)
    end
  end
  at = at + 1 + n
end
if unmarked[1] then
  for _, set in ipairs(deleted) do call('SREM', set, unpack(unmarked)) end
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
