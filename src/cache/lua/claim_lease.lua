-- The part of a claim that is one step where keys lie in several slots: decides who computes, by what was read of the
-- value, its expiry and the progress set before.
-- ARGV further: milliseconds of a lease, for whom (as a claim), how many run-out leases, then 1 or 0: there is a value, it
-- has expired, the key is in progress.
-- Answers with a word. out: these leases have run out, and have to be given back before. mine: the lease, whether the key is marked,
-- whether the claim came before.
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
local marked = each('SISMEMBER', deleted, member) > 0
local function mine(again) return {'mine', call('ZSCORE', leases, member), marked and 1 or 0, again} end
if is_ours(lease, own, span) then return mine(1) end
local word = decide(value, marked, expired, computing, lease, own, join, replaces)
if word == 'beside' and replaces then each('SADD', deleted, member) end
if word == 'joined' then return {word, lease} end
if word ~= 'mine' then return {word} end
for _, name in ipairs(names) do call('ZADD', leases, now + -now % 512 + span, name) end
return mine(0)
