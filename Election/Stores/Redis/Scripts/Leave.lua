-- A member leaves the list and the line.
redis.call('HDEL', KEYS[5], me)
redis.call('ZREM', KEYS[6], me)
redis.call('ZREM', line, me)
if redis.call('GET', seat) == 'reserved:' .. me then pass_on() end
return 1
