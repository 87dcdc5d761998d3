-- Lua functions: one tells whether a lease came of this very claim, the other who computes.
local function is_ours(lease, own, span)
  return lease and lease == own and tonumber(lease) % 512 == span % 512
end
local function decide(value, marked, expired, computing, lease, own, join, replaces)
  if value and not marked and not expired and not replaces then return 'valid' end
  if lease or own then
    if not join then return 'busy' end
    if lease ~= own or not computing or is_note(leases, member) then return 'beside' end
    return 'joined'
  end
  if not marked and not expired and not join and computing then return 'busy' end
  return 'mine'
end
