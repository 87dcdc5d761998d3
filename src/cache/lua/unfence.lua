-- A claim stores nothing any more. Whether it could have up to here: if not, it may have stored its result.
-- KEYS: fence. ARGV: lease.
if tonumber(call('GET', KEYS[1]) or '-1') ~= tonumber(ARGV[1]) then return 0 end
return call('DEL', KEYS[1])
