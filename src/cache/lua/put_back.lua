-- Ends the look at the oldest record: forgets it, and puts members back into sets. A server at maxmemory
-- carries out what follows a removal.
-- KEYS: what was removed, the sets.
-- ARGV: the record as it is stored, then for each set the number of its members, and these.
-- Answers with how many each set got; with nothing where another run was faster.
if call('LINDEX', KEYS[1], 0) ~= ARGV[1] then return {} end
call('LPOP', KEYS[1])
local at, added = 2, {}
local function put_back()
  for i = 2, #KEYS do
    local n = tonumber(ARGV[at])
    local got = try('SADD', KEYS[i], unpack(ARGV, at + 1, at + n))
    added[#added + 1] = type(got) == 'number' and got or 0
    at = at + n + 1
  end
end
local good, refusal = pcall(put_back)
if good then return added end
call('RPUSH', KEYS[1], ARGV[1])
error(refusal, 0)
