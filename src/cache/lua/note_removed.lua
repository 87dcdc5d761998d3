-- Notes what is going to be removed.
-- KEYS: what was removed.
-- ARGV: time, kind, then for each set its name, the number of its members, and these.
local record, at = {tonumber(ARGV[1]), ARGV[2]}, 3
while ARGV[at] do
  local members, n = {}, tonumber(ARGV[at + 1])
  for i = 1, n do members[i] = ARGV[at + 1 + i] end
  record[#record + 1] = ARGV[at]
  record[#record + 1] = members
  at = at + 2 + n
end
return call('RPUSH', KEYS[1], cmsgpack.pack(record))
