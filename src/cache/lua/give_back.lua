-- Undoes a claim, if its lease still stands. A full server lets the mark back in behind a write that takes no
-- room, and the lease goes last: whoever comes by when it is over finds the mark there. The value's may be
-- that of another by now. An entry that was put off has expired again, for the other names of the value and
-- for workers of the library, unless one of them has stored meanwhile: with another value, as far as the one
-- at the claim is known. It leaves those progress sets that the claim entered: by the others a worker of the
-- library computes it, and who deletes by a pattern must find it there. A lease that is gone may have been
-- evicted: the mark of a key in progress comes back. Or this came before, or the lease ran out: then nobody
-- knows who computes by now, and the key stays in progress, for gc to judge.
-- ARGV further: lease, or the rest of its deadline; whether a mark was taken; now (as the claim was told) and
-- milliseconds of the claim; digest of the value at the claim, or ?; for each progress set 1 where the claim
-- found the key in it, or nothing.
local held, given = call('ZSCORE', leases, member), tonumber(ARGV[6])
local lease = tonumber(held or '-1')
if lease ~= given and lease % 512 ~= given then
  if not held and given >= 512 and ARGV[7] == '1' and each('SISMEMBER', progress, member) > 0 then
    call('SREM', progress[1], '')
    each('SADD', deleted, member)
  end
  return 0
end
-- What is no member goes where the key stays: it is the write that takes no room.
for n, set in ipairs(progress) do call('SREM', set, string.sub(ARGV[11], n, n) == '1' and '' or member) end
if ARGV[7] == '1' then each('SADD', deleted, member) end
local due, span, digest = ARGV[8], ARGV[9], ARGV[10]
local stored = digest ~= '?' and redis.pcall('HGET', hash, field)
if type(stored) == 'string' and redis.sha1hex(stored) ~= digest then due = '' end
if due ~= '' and tonumber(call('ZSCORE', bucket, in_bucket) or '-1') == put_off(due, span) then
  call('ZADD', bucket, due, in_bucket)
end
if call('ZSCORE', leases, in_bucket) == held then call('ZREM', leases, in_bucket) end
call('ZREM', leases, member)
return 1
