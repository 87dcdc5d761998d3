-- Takes dead members out of sets, and remembers them.
-- KEYS: the list of what was removed, then each set and the hashes of its members.
-- ARGV goes on: number of sets, kind, then for each set the number of its members, and what follows the hash's
-- name in each.
-- Answers with how many went, and the bytes of their names. What is remembered is written after the first
-- removal: a server at maxmemory then still carries it out.
from, at = 1, 6
local record, removed, bytes = {now, ARGV[6]}, 0, 0
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
return {removed, bytes}
