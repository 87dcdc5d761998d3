-- Lets one claim store the value of a field from now on, and no other. Answers with the digest of the value that is there, and the
-- value.
-- KEYS: hash, fence. ARGV: field, lease, its milliseconds, whether the value goes.
call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
local stored = call('HGET', KEYS[1], ARGV[1])
if stored and ARGV[4] == '1' then
  call('HDEL', KEYS[1], ARGV[1])
  stored = false
end
return {stored and redis.sha1hex(stored) or '', stored}
