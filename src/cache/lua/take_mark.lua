-- Takes the mark of a claim that still stands, and moves its deadline by 512 ms: coming again, it takes none. Whether it stood.
-- ARGV further: lease, with the deadline that it has then.
local own, given = tonumber(call('ZSCORE', leases, member) or '-1'), tonumber(ARGV[3])
if own == given then return 1 end
if own ~= given - 512 then return 0 end
for _, name in ipairs(names) do
  if tonumber(call('ZSCORE', leases, name) or '-1') == own then call('ZADD', leases, ARGV[3], name) end
end
each('SREM', deleted, member)
return 1
