-- Takes the silent off the list and out of the line.
local members, ranks = KEYS[5], KEYS[6]
local timeout = tonumber(ARGV[3])

local now = microseconds() / 1000
local all = redis.call('HGETALL', members)
local removed = 0
for i = 1, #all, 2 do
  local heard = tonumber(string.match(all[i + 1], '^%d+\n(%d+)') or '0')
  if now - heard > timeout then
    redis.call('HDEL', members, all[i])
    redis.call('ZREM', ranks, all[i])
    redis.call('ZREM', line, all[i])
    removed = removed + 1
  end
end
return removed
