-- Expires entries of TTL buckets that are still due: the value, the entry, and its mark.
-- KEYS: each bucket and the hash of its base, the sets of marks, progress sets.
-- ARGV: number of sets of marks and of progress sets, now, settled, action, then for each bucket the number of
-- its members, and these. A mark stays while its value is computed, by whatever name (a>b and a>b>c share
-- one), since it alone keeps an invalidation that came during the computation, and while more keys are in
-- progress than can be read in passing: on an expired key it does no harm; and, as 0.0.9 refreshes without
-- entering progress, until the entry was due for a while (settled).
-- Answers how many entries were due and are gone, how many values went, how many keys were newly marked, the bytes of these
-- values (-1 where HSTRLEN is refused), and the refusal that ended it behind some of this.
local deleted, progress = sets(2)
local now, settled, action, at, marks = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], 5, 0
local ask, byte, sub = redis.pcall, string.byte, string.sub
for _, set in ipairs(deleted) do marks = marks + call('SCARD', set) end
local takes_marks, computed, unmarked = marks > 0 and action ~= 'mark', {}, {}
if takes_marks then
  local some, members = filled(progress)
  takes_marks = members <= 100
  for _, set in ipairs(takes_marks and some or {}) do
    for _, member in ipairs(call('SMEMBERS', set)) do computed[of_value(member)] = true end
  end
end
local function is_of(hash, member)
  local n = #hash
  return sub(member, 1, n) == hash and (#member == n or byte(member, n + 1) == 62)
end
local expired, gone, marked, bytes = 0, 0, 0, 0
local function take()
  for k = 1, #KEYS - #deleted - #progress, 2 do
    local bucket, hash, n = KEYS[k], KEYS[k + 1], tonumber(ARGV[at + 1])
    for i = at + 2, at + 1 + n do
      local member = ARGV[i]
      local score = tonumber(checked(ask('ZSCORE', bucket, member), 'ZSCORE', bucket) or 'inf')
      if score <= now then
        if action == 'mark' then
          local new = 0
          for n, set in ipairs(deleted) do
            local added = call('SADD', set, member)
            if n <= 2 then new = math.max(new, added) end
          end
          marked = marked + new
        else
          if is_of(hash, member) then
            local field = field_of(sub(member, #hash + 1))
            local size = bytes and ask('HSTRLEN', hash, field)
            local removed = tolerated(ask('HDEL', hash, field), 'HDEL')
            if type(removed) == 'number' then
              gone = gone + removed
              bytes = type(size) == 'number' and bytes + size
            end
          end
          if takes_marks and score <= settled and not computed[of_value(member)] then unmarked[#unmarked + 1] = member end
        end
        checked(ask('ZREM', bucket, member), 'ZREM', bucket)
        expired = expired + 1
      end
    end
    at = at + 1 + n
  end
  if unmarked[1] then
    for _, set in ipairs(deleted) do call('SREM', set, unpack(unmarked)) end
  end
end
local done, thrown = pcall(take)
if not done and expired + gone + marked == 0 then return failure(thrown) end
return {expired, gone, marked, bytes or -1, not done and failure(thrown) or nil}
