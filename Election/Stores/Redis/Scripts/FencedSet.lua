-- Values of the user, all or none, under a term.
if not admitted(KEYS[1], ARGV[1], ARGV[2]) then return 0 end
local expiry = ARGV[3]
for i = 2, #KEYS do
  if expiry == '0' then redis.call('SET', KEYS[i], ARGV[i + 2]) else redis.call('SET', KEYS[i], ARGV[i + 2], 'PX', expiry) end
end
return 1
