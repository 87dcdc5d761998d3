-- A Lua function that says whether a claim is lost, and marks the key where it has to: 'ours' where its own lease was still there.
-- As numbers: servers before 7.0 write them in another way.
local function lease_of(name) return tonumber(call('ZSCORE', leases, name) or '-1') end
local function is_lost(given, replaces, computing)
  local own = lease_of(member)
  if own == given and lease_of(in_bucket) == given then return false end
  -- A lease of another stays.
  if own == given then
    each('SREM', progress, member)
    each('SADD', deleted, member)
    call('ZREM', leases, member)
    return 'ours'
  elseif replaces or own == -1 and computing() > 0 then
    each('SADD', deleted, member)
  end
  return true
end
