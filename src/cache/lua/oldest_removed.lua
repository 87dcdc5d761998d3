-- The oldest records.
-- KEYS: what was removed.
-- ARGV: removed before, now, records at most.
-- Answers with each of them as it is stored, its kind, and its sets with their members, as far as it can be
-- read.
local found = {}
for i = 0, tonumber(ARGV[3]) - 1 do
  local raw = call('LINDEX', KEYS[1], i)
  if not raw then break end
  local good, record = pcall(cmsgpack.unpack, raw)
  if not (good and type(record) == 'table' and type(record[1]) == 'number') then record = {0} end
  if record[1] > tonumber(ARGV[1]) and record[1] <= tonumber(ARGV[2]) + 60000 then break end
  record[1] = raw
  found[#found + 1] = record
end
return found
