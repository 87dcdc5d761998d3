-- Looks again at what was removed: 0.0.9 names a key in its tag before it writes the value. What has a value
-- by now, or is being computed, goes back, and is marked, as an invalidation by that set would have missed it
-- meanwhile. What it touches is named in the records themselves, so a server that wants every key of a script
-- declared refuses it: Writer::recheck_stepwise does the same in steps.
-- KEYS: what was removed.
-- ARGV goes on: removed before, records at most.
-- Answers with what went back of tags, invalid keys, marks and TTL buckets; the records that are left; and
-- when the oldest of them was removed.
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
return {back.tag, back.invalid, back.mark, back.entries, call('LLEN', KEYS[1]), oldest}
