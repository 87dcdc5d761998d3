-- Deletes the value of a field, where it is still the one that was looked at, and lets nobody store it who claimed it before.
-- Whether it was.
-- KEYS: hash, fence. ARGV: field, digest.
local stored = call('HGET', KEYS[1], ARGV[1])
if (stored and redis.sha1hex(stored) or '') ~= ARGV[2] then return 0 end
call('DEL', KEYS[2])
if stored then call('HDEL', KEYS[1], ARGV[1]) end
return 1
