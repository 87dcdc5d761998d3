-- KEYS: hash. ARGV: field, value, over what (Over), the value to make room of.
-- Answers 1 done, 0 nothing to do, -1 another value is in the way, or with the key of another type.
local hash, field, value, over = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local kind = call('TYPE', hash)['ok']
if kind ~= 'none' and kind ~= 'hash' then return {hash} end
local old = call('HGET', hash, field)
if over == 'make room' then
  if not old then return 0 end
  if old ~= ARGV[4] then return -1 end
  return call('HDEL', hash, field)
end
if old == value then return 0 end
if old and over ~= 'any' then return -1 end
call('HSET', hash, field, value)
return 1
