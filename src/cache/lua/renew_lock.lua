-- Gives a lock more time, if it is still ours.
if call('GET', KEYS[1]) == ARGV[1] then return call('PEXPIRE', KEYS[1], ARGV[2]) end return 0
