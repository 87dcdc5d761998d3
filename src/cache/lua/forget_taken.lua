-- Takes members out of the record where neither deleted set holds them.
-- KEYS: both deleted sets, the record.
-- ARGV: members.
-- Answers with how many went.
local gone = 0
for _, member in ipairs(ARGV) do
  if try('SISMEMBER', KEYS[1], member) ~= 1 and try('SISMEMBER', KEYS[2], member) ~= 1 then
    gone = gone + call('SREM', KEYS[3], member)
  end
end
return {gone}
