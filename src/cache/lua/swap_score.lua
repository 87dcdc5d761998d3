-- KEYS: bucket. ARGV: member, score or nothing, with `only` the score or nothing that it has to have.
-- Answers the score that it had or nothing; with the key of another type a list.
local bucket, member, score, only = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local kind = call('TYPE', bucket)['ok']
if kind ~= 'none' and kind ~= 'zset' then return {bucket} end
local old = call('ZSCORE', bucket, member) or ''
if only and tonumber(old) ~= tonumber(only) then return old end
if score == '' then
  call('ZREM', bucket, member)
elseif tonumber(old) ~= tonumber(score) then
  call('ZADD', bucket, score, member)
end
return old
