-- A candidate leaves the line. A turn that had come to it meanwhile goes on to the next.
redis.call('ZREM', line, me)
if redis.call('GET', seat) == 'reserved:' .. me then pass_on() end
return 1
