-- Keeps the seat for another lease and tells the new end, from which everybody else plans.
local token, lease = ARGV[3], ARGV[4]

if redis.call('GET', seat) ~= token .. ':' .. me then return 0 end
redis.call('PEXPIRE', seat, lease)
tell()
return 1
