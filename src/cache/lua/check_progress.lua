-- Looks at keys in progress: one that is there at two looks is taken out. Where its stale value is still there
-- it is marked in the same step: the worker that went may have taken the mark with it (0.1.1). A key with a
-- lease has a worker that answers for it.
-- KEYS: leases, suspects, hashes.
-- ARGV and answer as in check_marks.lua, with how many were newly marked at the end.
local after, gone, bytes, new, unnoted, restored = tonumber(ARGV[5]), 0, 0, 0, 0, 0
for i = 6, #ARGV do
  local member, hash = ARGV[i], KEYS[i - 3]
  local suspect = 'progress:' .. member
  local first = tonumber(call('ZSCORE', KEYS[2], suspect) or nil)
  if hash == KEYS[2] or not is_in(progress, member) or call('ZSCORE', KEYS[1], member) then
    if first then call('ZREM', KEYS[2], suspect) end
  elseif after == 0 or (first and first <= now and now - first >= after) then
    local stale, marked = is_stored(hash, member), 0
    for n, set in ipairs(progress) do
      -- The generation that computed it is the one that reads the mark.
      if try('SREM', set, member) == 1 and stale then
        marked = math.max(marked, add(deleted[n], member))
        if deleted[3] and not (is_in({deleted[1]}, member) and is_in({deleted[2]}, member)) then
          call('SREM', deleted[3], member)
        end
      end
    end
    if first then call('ZREM', KEYS[2], suspect) end
    restored = restored + marked
    gone = gone + 1
    bytes = bytes + #member
  elseif not first or first > now then
    -- A server at maxmemory has no room to note it.
    if type(try('ZADD', KEYS[2], now, suspect)) == 'number' then new = new + 1 else unnoted = unnoted + 1 end
  end
end
return {gone, bytes, new, unnoted, restored}
