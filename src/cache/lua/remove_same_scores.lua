-- Removes members of a sorted set that still have the score they were seen with.
-- KEYS: the sorted set.
-- ARGV: member and score, as often as needed.
-- Answers with the members that went.
local gone = {}
for i = 1, #ARGV, 2 do
  local score = try('ZSCORE', KEYS[1], ARGV[i])
  if score == ARGV[i + 1] and call('ZREM', KEYS[1], ARGV[i]) == 1 then gone[#gone + 1] = ARGV[i] end
end
return gone
