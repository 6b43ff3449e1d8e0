-- Takes the seat for a candidate, or puts it in line and answers with what it has to wait for.
-- known: terms that the candidate has seen and whose end has not come; the seat is taken from them only if the
--   release of each, or that of a later term in the same life of the data, is on record here: a wiped store hands out
--   a seat that somebody still trusts in. That a later term was given back to this candidate is no such record: it may
--   have been granted by a request from before the wipe, to somebody who knew nothing.
-- orphan: the token of a term of this very incarnation whose grant nobody heard of. It is named, so that the late
--   copy of an abandoned request cannot take the seat from a newer term of the same candidate.
local priority, lease, seen, known, orphan, address = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]

local held = redis.call('GET', seat)
local mine = held == 'reserved:' .. me or (orphan ~= '0' and held == orphan .. ':' .. me)
local released = tonumber(redis.call('HGET', term, 'released') or '0')
local first = tonumber(redis.call('HGET', term, 'first') or '0')
local over = true
for number in string.gmatch(known, '%d+') do
  local token = tonumber(number)
  if released ~= token and not (first <= token and released > token) then over = false end
end
if over and (mine or not held) then
  local now = microseconds()
  -- Two records of the last token: either of them may have been evicted.
  local stored = tonumber(redis.call('HGET', term, 'token') or '0')
  local fenced = tonumber(string.match(redis.call('GET', fence) or '', '^%d+') or '0')
  local token = whole(math.max(stored + 1, fenced + 1, tonumber(seen) + 1, tonumber(orphan) + 1, now))
  if mine then redis.call('DEL', seat) end
  redis.call('SET', seat, token .. ':' .. me, 'NX', 'PX', lease)
  redis.call('HSET', term, 'token', token, 'address', address, 'since', whole(math.floor(now / 1000)), 'lease', lease)
  redis.call('HSETNX', term, 'first', token)
  redis.call('ZREM', line, me)
  -- Not only the successor's first write but its mere grant ends the writes of the terms before it.
  redis.call('SET', fence, token .. ':' .. me)
  tell()
  return {'granted', token}
end

-- A seat without an end (somebody ran PERSIST on it) would never be free again.
if held and redis.call('PTTL', seat) < 0 then redis.call('PEXPIRE', seat, lease) end
redis.call('ZADD', line, -tonumber(priority), me)
return {whole(redis.call('ZRANK', line, me)), unpack(state())}
