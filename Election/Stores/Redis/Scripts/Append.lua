-- One entry of a log, under a term; the log keeps its newest entries.
if not admitted(KEYS[1], ARGV[1], ARGV[2]) then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('LTRIM', KEYS[2], '-' .. ARGV[4], -1)
return 1
