-- Looks at marks: one whose key is gone and not in progress is removed at the second look, stuck_after ms
-- later.
-- KEYS: what was removed, suspects, and for each member the hash of its base, or the suspects again for what
-- has not the prefix, or is innocent.
-- ARGV goes on: stuck_after, members.
-- Answers with how many went, the bytes of their names, how many were seen to be suspect first, and of how
-- many that could not be noted.
local after, gone, bytes, new, unnoted, from = tonumber(ARGV[5]), 0, 0, 0, 0, {}
for i = 6, #ARGV do
  local member, hash = ARGV[i], KEYS[i - 3]
  local suspect = 'mark:' .. member
  local first = tonumber(call('ZSCORE', KEYS[2], suspect) or nil)
  if hash == KEYS[2] or is_computing(member) or is_stored(hash, member) or not is_in(deleted, member) then
    if first then call('ZREM', KEYS[2], suspect) end
  elseif after == 0 or (first and first <= now and now - first >= after) then
    for _, set in ipairs(deleted) do
      if try('SREM', set, member) == 1 then
        from[set] = from[set] or {}
        table.insert(from[set], member)
      end
    end
    if first then call('ZREM', KEYS[2], suspect) end
    gone = gone + 1
    bytes = bytes + #member
  elseif not first or first > now then
    -- A server at maxmemory has no room to note it.
    if type(try('ZADD', KEYS[2], now, suspect)) == 'number' then new = new + 1 else unnoted = unnoted + 1 end
  end
end
if gone > 0 then
  local record = {now, 'mark'}
  for _, set in ipairs(deleted) do
    if from[set] then
      record[#record + 1] = set
      record[#record + 1] = from[set]
    end
  end
  remember(record)
end
return {gone, bytes, new, unnoted, 0}
