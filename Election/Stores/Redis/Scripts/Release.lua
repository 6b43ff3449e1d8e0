-- Gives the seat of one exact term to the best waiter.
local token = ARGV[3]

if redis.call('GET', seat) ~= token .. ':' .. me then return 0 end
redis.call('HSET', term, 'released', token)
pass_on()
return 1
