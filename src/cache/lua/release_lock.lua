-- Gives a lock back, if it is still ours.
if call('GET', KEYS[1]) == ARGV[1] then return call('DEL', KEYS[1]) end return 0
