-- KEYS: leases, sets of marks, progress sets.
-- ARGV: now, limit, number of sets of marks.
local deleted, progress = {}, {}
for i = 2, #KEYS do
  if i <= 1 + tonumber(ARGV[3]) then deleted[#deleted + 1] = KEYS[i] else progress[#progress + 1] = KEYS[i] end
end
return restore(KEYS[1], deleted, progress, ARGV[1], ARGV[2])
