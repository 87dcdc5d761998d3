-- Takes entries without a value out of TTL buckets.
-- KEYS: each bucket and the hashes of its members.
-- ARGV goes on as in remove_members.lua. All releases write value and entry in one transaction, so nothing has
-- to be looked at again.
from, at = 0, 6
local removed, bytes = 0, 0
for _ = 1, tonumber(ARGV[5]) do
  local bucket = KEYS[from + 1]
  from = from + 1
  local gone, size = dead()
  local count, of = remove('ZREM', bucket, gone, size)
  removed, bytes = removed + count, bytes + of
end
return {removed, bytes}
