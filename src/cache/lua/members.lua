-- Begins the scripts of gc, since the same two questions decide everywhere: is the value there, and is somebody
-- computing it.
-- KEYS ends with the progress sets, the sets of marks (the deleted sets in the same order of generations, and the
-- record of what is in both), and those of them that are in use.
-- ARGV begins with how many these are, and the time (true epoch milliseconds).
local progress, deleted, marks = sets(3)
local now = tonumber(ARGV[4])
local some = filled(progress)
-- By its own name, or the one that its value is known by. Who computes it by another one is known to who sends this.
local function is_computing(member)
  if not some[1] then return false end
  local value = of_value(member)
  return is_in(some, member) or (value ~= member and is_in(some, value))
end
-- `rest` is what follows the hash's name in the member.
local function has_value(hash, rest)
  -- Where the base is of another type nothing can be told: that counts as there.
  return tolerated(redis.pcall('HEXISTS', hash, field_of(rest)), 'HEXISTS') ~= 0
end
local function is_stored(hash, member) return has_value(hash, string.sub(member, #hash + 1)) end
-- Takes members out with one command; tells how many were there, and the bytes of their names.
local function remove(command, key, members, bytes)
  if #members == 0 then return 0, 0 end
  local removed = try(command, key, unpack(members))
  if type(removed) ~= 'number' then return 0, 0 end
  return removed, math.floor(bytes * removed / #members)
end
-- Nothing stays removed that is not remembered.
local function remember(record)
  local noted = redis.pcall('RPUSH', KEYS[1], cmsgpack.pack(record))
  if type(noted) == 'table' then
    for i = 3, #record, 2 do call('SADD', record[i], unpack(record[i + 1])) end
    refuse(noted, 'RPUSH')
  end
end
local function add(set, member) return try('SADD', set, member) == 1 and 1 or 0 end
