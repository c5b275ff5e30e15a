-- A memo that scripts share: what one has worked out, the next one finds in the table.

local inspect = require "inspect"
local memo = require "memo"

local calls = 0
local is_prime = memo(rcu, "prime:", function(n)
  calls = calls + 1
  for d = 2, n - 1 do
    if d * d > n then
      break
    end
    if n % d == 0 then
      return false
    end
  end
  return n > 1
end)

local primes = {}
for n = 1, 60 do
  if is_prime(n) then
    primes[#primes + 1] = n
  end
end
print(inspect(primes))
print("worked out here: " .. calls)
