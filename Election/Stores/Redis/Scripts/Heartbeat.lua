-- Joins or says that the member is still here; answers with all members. A member that stands in line says so with the
-- same request: whoever was dropped from the line while its connection was broken is in it again.
local members = KEYS[5]
local priority, role, seen, address, stands = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]

local now = whole(math.floor(microseconds() / 1000))
local before = redis.call('HGET', members, me)
local joined = before and string.match(before, '^%d+') or now
redis.call('HSET', members, me, table.concat({joined, now, role, priority, seen, address}, '\n'))
-- It may have been granted the seat, or its turn, while this request was on its way.
local held = redis.call('GET', seat)
local seated = held and string.match(held, '^[^:]*:(.*)$') == me
if stands == '1' and not seated then redis.call('ZADD', line, -tonumber(priority), me) end
return redis.call('HGETALL', members)
