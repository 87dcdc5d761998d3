-- A claim stores nothing any more.
-- KEYS: fence. ARGV: lease.
if tonumber(call('GET', KEYS[1]) or '-1') == tonumber(ARGV[1]) then call('DEL', KEYS[1]) end
return 0
