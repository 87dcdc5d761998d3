-- Begins each script that touches marks and leases alone, where the other keys of a call lie in other slots.
-- KEYS: leases, sets of marks. ARGV: member, member in the bucket.
local leases, member, in_bucket, deleted, progress = KEYS[1], ARGV[1], ARGV[2], {unpack(KEYS, 2)}, {}
