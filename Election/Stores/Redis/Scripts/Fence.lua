-- Whether a write of a term is admitted; put in front of each script that writes under a term. The holder counts as
-- well: over a wiped store two terms could be given one number.
local function admitted(fence, token, holder)
  local last = redis.call('GET', fence)
  if last then
    local newest, writer = string.match(last, '^(%d+):(.*)$')
    if newest and (tonumber(newest) > tonumber(token) or (newest == token and writer ~= holder)) then return false end
  end
  redis.call('SET', fence, token .. ':' .. holder)
  return true
end
