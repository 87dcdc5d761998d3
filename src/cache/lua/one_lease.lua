-- Begins each script that touches marks and leases alone, where the other keys of a call lie in other slots.
-- KEYS: leases, sets of marks. ARGV: member, member in the bucket.
local leases, member, in_bucket, deleted, progress = KEYS[1], ARGV[1], ARGV[2], {unpack(KEYS, 2)}, {}
local names = {member}
if in_bucket ~= member then names[2] = in_bucket end
local function each(command, sets, what)
  local n = 0
  for _, set in ipairs(sets) do n = n + call(command, set, what) end
  return n
end
