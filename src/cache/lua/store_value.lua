-- Writes a result, where no younger claim has come and the value is as it was at the claim. Whether it did, this time or the last.
-- KEYS: hash, fence. ARGV: field, lease, digest of the value at the claim, the value.
local hash, fence, field = KEYS[1], KEYS[2], ARGV[1]
local stored, standing = call('HGET', hash, field), call('GET', fence)
if not standing and stored == ARGV[4] then return 1 end
if tonumber(standing or '-1') ~= tonumber(ARGV[2]) then return 0 end
if (stored and redis.sha1hex(stored) or '') ~= ARGV[3] then return 0 end
call('HSET', hash, field, ARGV[4])
call('DEL', fence)
return 1
