-- Joins or says that the member is still here; answers with all members, or where they are many and not all are wanted
-- with the first in rank, the leader and the member itself: answering everybody with everybody would be n * n rows a lease.
-- A member that stands in line says so with the same request: whoever was dropped from the line while its connection was
-- broken is in it again.
local members, ranks = KEYS[5], KEYS[6]
local priority, role, seen, address, stands = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local most, all, observes = tonumber(ARGV[8]), ARGV[9] == '1', ARGV[10] == '1'

local now = whole(math.floor(microseconds() / 1000))
local before = redis.call('HGET', members, me)
local joined = before and string.match(before, '^%d+') or now
redis.call('HSET', members, me, table.concat({joined, now, role, priority, seen, address}, '\n'))
-- Observers have no rank: they would hide who may lead.
if observes then redis.call('ZREM', ranks, me) else redis.call('ZADD', ranks, -tonumber(priority), me) end
-- It may have been granted the seat, or its turn, while this request was on its way.
local held = redis.call('GET', seat)
local holder = held and string.match(held, '^[^:]*:(.*)$')
if stands == '1' and holder ~= me then redis.call('ZADD', line, -tonumber(priority), me) end

local count = redis.call('HLEN', members)
if all or count <= most then return {count, 1, redis.call('HGETALL', members)} end
local names = redis.call('ZRANGE', ranks, 0, most - 1)
local first, told = #names, 0
names[#names + 1] = me
if holder then names[#names + 1] = holder end
local rows = {}
for i, record in ipairs(redis.call('HMGET', members, unpack(names))) do
  if record then
    rows[#rows + 1] = names[i]
    rows[#rows + 1] = record
    if i <= first then told = told + 1 end
  else
    redis.call('ZREM', ranks, names[i])
  end
end
return {count, 0, rows, told, first < most and 1 or 0}
