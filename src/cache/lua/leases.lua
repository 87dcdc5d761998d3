-- Lua functions: one gives back what a lease of a member holds, the other does so for leases that ran out, and
-- tells how many there were.
-- A claim by a name that the library cuts stands under the name of the value, too, with the same deadline.
local function is_note(leases, member)
  local deadline = call('ZSCORE', leases, member)
  if not deadline then return false end
  for _, name in ipairs(call('ZRANGEBYSCORE', leases, deadline, deadline, 'LIMIT', 0, 100)) do
    if name ~= member and string.sub(name, 1, #member + 1) == member .. '>' then return true end
  end
  return false
end
local function restore_one(leases, deleted, progress, member)
  if is_note(leases, member) then return call('ZREM', leases, member) end
  -- First what takes no room: behind it a full server lets the marks in.
  for _, set in ipairs(progress) do call('SREM', set, member) end
  if #progress == 0 then call('SREM', deleted[1], '') end
  for _, set in ipairs(deleted) do call('SADD', set, member) end
  call('ZREM', leases, member)
end
local function restore(leases, deleted, progress, now, limit)
  local out = call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, limit)
  for _, member in ipairs(out) do restore_one(leases, deleted, progress, member) end
  return #out
end
