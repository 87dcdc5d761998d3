-- Deletes the value of a field, where it is still the one that was looked at. Whether it did.
-- KEYS: hash, fence. ARGV: field, digest.
local stored = call('HGET', KEYS[1], ARGV[1])
if not stored or redis.sha1hex(stored) ~= ARGV[2] then return 0 end
return call('HDEL', KEYS[1], ARGV[1])
