-- The part of a claim that is one step where keys lie in several slots: decides who computes, by what was read of the
-- value, its expiry and the progress set before, and takes the mark with the lease.
-- ARGV further: milliseconds of a lease, for whom (as a claim), how many run-out leases, then 1 or 0: there is a value, it
-- has expired, the key is in progress, a mark has to be seen before it is taken, the mark is not to be taken.
-- Answers with a word. out: these leases have run out, and have to be given back before. look: the key is marked by now. mine: the
-- lease, whether a mark was taken, whether the claim came before.
local span, join, replaces = tonumber(ARGV[3]), string.sub(ARGV[4], -1) == '1', string.find(ARGV[4], '^[rp]')
local value, expired, computing = ARGV[6] == '1', ARGV[7] == '1', ARGV[8] == '1'
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local out = call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, ARGV[5])
for _, name in ipairs(names) do
  local lease = call('ZSCORE', leases, name)
  if lease and tonumber(lease) <= now then out[#out + 1] = name end
end
if #out > 0 then return {'out', unpack(out)} end
local lease, own = call('ZSCORE', leases, in_bucket), call('ZSCORE', leases, member)
if is_ours(lease, own, span) then return {'mine', lease, 1, 1} end
local marked = each('SISMEMBER', deleted, member) > 0
local word = decide(value, marked, expired, computing, lease, own, join, replaces)
if word == 'beside' and replaces then each('SADD', deleted, member) end
if word == 'joined' then return {word, lease} end
if word ~= 'mine' then return {word} end
if marked and ARGV[9] == '1' then return {'look'} end
for _, name in ipairs(names) do call('ZADD', leases, now + -now % 512 + span, name) end
if ARGV[10] == '1' then return {'mine', call('ZSCORE', leases, member), 0, 0} end
for _, set in ipairs(deleted) do
  local answer = redis.pcall('SREM', set, member)
  if type(answer) == 'table' and answer.err then
    call('ZREM', leases, unpack(names))
    refuse(answer, 'SREM', set)
  end
end
return {'mine', call('ZSCORE', leases, member), marked and 1 or 0, 0}
