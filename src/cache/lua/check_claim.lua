-- Whether a claim still stands, before its result is stored in further steps: 1. Or the key is marked where it has to be: 2 where
-- its own lease was still there, 0 where it was not.
-- ARGV further: lease, whether the result replaces whatever is there, whether the key is in progress.
local lost = is_lost(tonumber(ARGV[3]), ARGV[4] == '1', function() return tonumber(ARGV[5]) end)
if not lost then return 1 end
return lost == 'ours' and 2 or 0
