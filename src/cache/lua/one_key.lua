-- Begins each script: the sets out of KEYS.
-- KEYS: leases, hash, bucket, tag, sets of marks, progress sets, invalid sets.
-- ARGV: number of sets of marks (behind the deleted sets of both layouts stands the record of what is in both)
-- and of progress sets, member, field, member in the bucket.
local leases, hash, bucket, tag = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local marks, busy, member, field, in_bucket = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local deleted, progress, invalid = {}, {}, {}
for i = 5, #KEYS do
  local into = invalid
  if i <= 4 + marks then into = deleted elseif i <= 4 + marks + busy then into = progress end
  into[#into + 1] = KEYS[i]
end
