-- Gives back the marks of leases that have run out, once their keys have left the progress set.
-- KEYS: leases, sets of marks. ARGV: members.
local time = call('TIME')
local now, n = time[1] * 1000 + math.floor(time[2] / 1000), 0
for _, name in ipairs(ARGV) do
  local lease = call('ZSCORE', KEYS[1], name)
  if lease and tonumber(lease) <= now then
    restore_one(KEYS[1], {unpack(KEYS, 2)}, {}, name)
    n = n + 1
  end
end
return n
