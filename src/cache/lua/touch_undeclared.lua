-- Touches a key that it does not declare, where it may use the command on one that it does.
if type(redis.pcall('EXISTS', KEYS[1])) == 'table' then return 0 end
return call('EXISTS', ARGV[1])
