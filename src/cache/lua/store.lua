-- Writes a result, its indexes first, if the lease still stands and nobody wrote or deleted the value
-- meanwhile. A worker of the library that computed it too has taken the key out of progress, whatever became
-- of its value since. A lease that is gone may have been evicted, and with it what is known of the mark: a key
-- that is in progress is marked. It stays there: the lease may have been given back, too, and a worker of the
-- library computes by now. What replaces a value whatever is there (a refresh, a put) and joined a lease may be
-- younger than what who has the lease stores first, or next: then the key is marked.
-- ARGV further: lease, digest of the value at the claim, score or nothing, the value, whether that is such a one.
local function computing() return each('SISMEMBER', progress, member) end
if is_lost(tonumber(ARGV[6]), ARGV[10] == '1', computing) then return 'lost' end
local stored = call('HGET', hash, field)
if (stored and redis.sha1hex(stored) or '') ~= ARGV[7] or computing() < #progress then
  each('SREM', progress, member)
  each('SADD', deleted, member)
  call('ZREM', leases, unpack(names))
  return 'changed'
end
call('SADD', tag, member)
each('SADD', invalid, member)
if ARGV[8] ~= '' then call('ZADD', bucket, ARGV[8], in_bucket) end
call('HSET', hash, field, ARGV[9])
each('SREM', progress, member)
call('ZREM', leases, unpack(names))
return 'stored'
