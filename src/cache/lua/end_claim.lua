-- The last step of a claim: marks the key where it has to be, and ends the lease. Whether that still stood.
-- ARGV further: lease, whether to mark.
if ARGV[4] == '1' then
  -- What is no member goes: behind a write that takes no room a full server lets the mark in.
  call('SREM', deleted[1], '')
  each('SADD', deleted, member)
end
local own, given = call('ZSCORE', leases, member), tonumber(ARGV[3])
if tonumber(own or '-1') ~= given then return 0 end
if tonumber(call('ZSCORE', leases, in_bucket) or '-1') == given then call('ZREM', leases, in_bucket) end
call('ZREM', leases, member)
return 1
