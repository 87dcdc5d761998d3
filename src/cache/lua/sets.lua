-- sets(kinds) gives the lists of sets that end KEYS; ARGV begins with how many sets each of them has.
local function sets(kinds)
  local lists, last = {}, #KEYS
  for kind = kinds, 1, -1 do
    local first = last - tonumber(ARGV[kind]) + 1
    lists[kind] = {unpack(KEYS, first, last)}
    last = first - 1
  end
  return unpack(lists)
end
-- What follows the hash's name in a member names the field.
local function field_of(rest)
  if rest == '' then return 'base' end
  return string.sub(rest, 2, (string.find(rest, '>', 2, true) or 0) - 1)
end
local function is_in(sets, member)
  for _, set in ipairs(sets) do
    if try('SISMEMBER', set, member) == 1 then return true end
  end
  return false
end
local function of_value(member)
  local first = string.find(member, '>', 1, true)
  if not first then return member end
  local second = string.find(member, '>', first + 1, true)
  if string.sub(member, first + 1, (second or 0) - 1) == 'base' then return string.sub(member, 1, first - 1) end
  return second and string.sub(member, 1, second - 1) or member
end
-- Those of the sets that hold something, and how much. A base or a tag of another type may have the name of one under the
-- other generation.
local function filled(sets)
  local some, members = {}, 0
  for _, set in ipairs(sets) do
    local size = try('SCARD', set)
    if type(size) == 'number' and size > 0 then
      some[#some + 1] = set
      members = members + size
    end
  end
  return some, members
end
