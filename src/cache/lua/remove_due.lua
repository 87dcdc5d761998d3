-- Removes those members of one TTL bucket that are still due, and counts them. For where the rest of what
-- expiring means lies on other servers: it has been done before.
local gone = 0
for i = 2, #ARGV do
  local score = tonumber(call('ZSCORE', KEYS[1], ARGV[i]) or 'inf')
  if score <= tonumber(ARGV[1]) then gone = gone + call('ZREM', KEYS[1], ARGV[i]) end
end
return gone
