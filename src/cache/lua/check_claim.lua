-- Whether a claim still stands, before its result is stored in further steps: 1, or 0 with the key marked where it has to be.
-- ARGV further: lease, whether the result replaces whatever is there, whether the key is in progress.
return is_lost(tonumber(ARGV[3]), ARGV[4] == '1', tonumber(ARGV[5])) and 0 or 1
