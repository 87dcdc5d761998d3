-- The names that a claim of this member stands under, and a command on each of some sets.
local names = {member}
if in_bucket ~= member then names[2] = in_bucket end
local function each(command, sets, what)
  local n = 0
  for _, set in ipairs(sets) do n = n + call(command, set, what) end
  return n
end
