-- Removes hashes and counts the values in them; leaves alone what is no hash by now.
local counts = {}
for i, key in ipairs(KEYS) do
  local n = try('HLEN', key)
  if wrong_type(n) then
    n = -1
  elseif n > 0 and type(redis.pcall('UNLINK', key)) == 'table' and type(redis.pcall('DEL', key)) == 'table' then
    call('UNLINK', key)
  end
  counts[i] = n
end
return counts
