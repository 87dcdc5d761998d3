-- What is there of a value: its digest, the lease that may store it, and with a third word the value.
-- KEYS: hash, fence. ARGV: field, whether the value is asked for.
local stored = call('HGET', KEYS[1], ARGV[1])
return {stored and redis.sha1hex(stored) or '', call('GET', KEYS[2]) or '', ARGV[2] == '1' and stored}
