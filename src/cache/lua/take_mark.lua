-- Takes the mark of a claim that still stands. Whether it did.
-- ARGV further: lease.
if tonumber(call('ZSCORE', leases, member) or '-1') ~= tonumber(ARGV[3]) then return 0 end
each('SREM', deleted, member)
return 1
