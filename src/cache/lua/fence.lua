-- Lets one claim store the value of a field from now on, and no other: answers with the digest of the value that is there, and the
-- value. With no lease it only looks: answers with the digest, the lease that may store, and the value where it is asked for.
-- KEYS: hash, fence. ARGV: field, lease or nothing, its milliseconds or whether the value is asked for, whether the old value goes.
local hash, fence, field, lease = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
if lease ~= '' then
  call('SET', fence, lease, 'PX', ARGV[3])
  if ARGV[4] == '1' then call('HDEL', hash, field) end
end
local stored = call('HGET', hash, field)
local digest = stored and redis.sha1hex(stored) or ''
if lease == '' then return {digest, call('GET', fence) or '', ARGV[3] == '1' and stored} end
return {digest, stored}
