-- What remove_members.lua and remove_entries.lua share: dead() gives those of the next members that are dead,
-- and the bytes of their names.
-- KEYS: for each member the hash of its base.
-- ARGV: their number, and what follows these names in the members.
-- So many KEYS and ARGV have been read.
local from, at
local function dead()
  local gone, size, n = {}, 0, tonumber(ARGV[at + 1])
  for i = 1, n do
    local hash, rest = KEYS[from + i], ARGV[at + 1 + i]
    if not has_value(hash, rest) then
      local member = hash .. rest
      if not is_computing(member) then
        gone[#gone + 1] = member
        size = size + #member
      end
    end
  end
  at, from = at + 1 + n, from + n
  return gone, size
end
