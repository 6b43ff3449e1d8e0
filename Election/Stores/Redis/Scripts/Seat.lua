-- The seat of one election; put in front of each script that touches it.
--   seat   "<token>:<candidate>" while held, "reserved:<candidate>" during a hand-over, absent when free
--   term   hash of the last term: token, address, since, lease; and released (a token), seq (number of the last
--          message), first (the first token since the data began)
--   line   sorted set of waiting candidates: highest priority first, then "<node>#<incarnation>" in byte order
local seat, term, line, fence = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, me = ARGV[1], ARGV[2]
local HEAD = 8

-- tostring() would turn a token into 1.79e+15.
local function whole(number)
  return string.format('%.0f', number)
end

local function microseconds()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- What a waiting or observing node has to know; the same fields in answers and in messages.
local function state()
  local held = redis.call('GET', seat)
  local last = redis.call('HMGET', term, 'token', 'address', 'since', 'lease', 'released', 'seq')
  local kind, holder, token, left = 'free', '', last[1] or '0', 0
  if held then
    local word, who = string.match(held, '^([^:]*):(.*)$')
    kind, holder, left = 'held', who, redis.call('PTTL', seat)
    if word == 'reserved' then kind = 'reserved' else token = word end
  end
  return {kind, whole(left), token, holder, last[2] or '', last[3] or '0', last[4] or '0', last[5] or '0', last[6] or '0',
    whole(redis.call('ZCARD', line)), unpack(redis.call('ZRANGE', line, 0, HEAD - 1))}
end

local function tell()
  redis.call('HINCRBY', term, 'seq', 1)
  redis.call('PUBLISH', prefix .. 'news', table.concat(state(), '\n'))
end

-- The seat goes to the best waiter that is there. A message that nobody hears means that the waiter is dead: in that
-- case the next one is asked at once, so that the dead cost the living no time.
local function pass_on()
  local lease = tonumber(redis.call('HGET', term, 'lease') or '1000')
  local grace = whole(math.max(1, math.floor(math.min(lease / 4, 250))))
  local best = redis.call('ZRANGE', line, 0, 0)[1]
  while best do
    redis.call('ZREM', line, best)
    if redis.call('PUBLISH', prefix .. 'turn:' .. best, '') > 0 then
      redis.call('SET', seat, 'reserved:' .. best, 'PX', grace)
      return tell()
    end
    best = redis.call('ZRANGE', line, 0, 0)[1]
  end
  redis.call('DEL', seat)
  tell()
end
