-- KEYS: hash, bucket, sets of marks, index sets.
-- ARGV: field, value, member of the bucket, score or nothing, over what (Over), due, number of sets of marks,
-- number of members to mark, number of names, the names, members to mark, then for each index set its member.
-- What is a mark, Mark::is_pending says.
-- Answers 1 restored, 0 nothing to do, -1 a live value is in the way, or with the key of another type.
local hash, bucket, field, value, entry, score = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local over, sets, marks, names = ARGV[5], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
for i, key in ipairs(KEYS) do
  local kind = call('TYPE', key)['ok']
  local wanted = i == 1 and 'hash' or i == 2 and 'zset' or 'set'
  if kind ~= 'none' and kind ~= wanted then return {key} end
end
local old, changed = call('HGET', hash, field), 0
local same, due = old == value, call('ZSCORE', bucket, entry)
local expired = due and tonumber(due) <= tonumber(ARGV[6])
local function is_marked(name)
  local marked = 0
  for i = 1, sets do marked = marked + (i == 3 and -1 or 1) * call('SISMEMBER', KEYS[2 + i], name) end
  return marked > 0
end
local function is_dead()
  if expired then return true end
  for i = 1, names do
    if not is_marked(ARGV[9 + i]) then return false end
  end
  return names > 0
end
if old and not same and (over == 'nothing' or over ~= 'any' and not is_dead()) then return -1 end
if over == 'make room' then
  if old and not same then call('HDEL', hash, field) end
  return 1
end
for i = 3 + sets, #KEYS do
  changed = changed + call('SADD', KEYS[i], ARGV[9 + names + marks + i - 2 - sets])
end
for i = 1, marks do
  for set = 1, sets do
    local added = call('SADD', KEYS[2 + set], ARGV[9 + names + i])
    -- The record of what is in both sets is no mark.
    if set < 3 then changed = changed + added end
  end
end
if not same or expired or over == 'any' then
  if score == '' then
    changed = changed + call('ZREM', bucket, entry)
  elseif tonumber(due or 'nan') ~= tonumber(score) then
    call('ZADD', bucket, score, entry)
    changed = changed + 1
  end
end
if not same then
  call('HSET', hash, field, value)
  changed = changed + 1
end
return changed > 0 and 1 or 0
