-- How many records there are, and when the oldest was removed.
-- KEYS: what was removed.
local oldest, first = 0, call('LINDEX', KEYS[1], 0)
if first then
  local good, record = pcall(cmsgpack.unpack, first)
  if good and type(record) == 'table' and type(record[1]) == 'number' then oldest = record[1] end
end
return {call('LLEN', KEYS[1]), oldest}
