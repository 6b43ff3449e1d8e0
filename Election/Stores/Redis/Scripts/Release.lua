-- Gives the seat of one exact term to the best waiter.
local token = ARGV[3]

if redis.call('GET', seat) ~= token .. ':' .. me then return 0 end
-- First what needs no memory: a full server would refuse the rest, but not in the middle of a script.
redis.call('DEL', seat)
redis.call('HSET', term, 'released', token)
pass_on()
return 1
