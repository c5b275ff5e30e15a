-- SPDX-License-Identifier: GPL-2.0
-- Tight loops, by limits.sh: with limits and without.

local how <const> = ...
local N <const> = 300000

local loops <const> = {
  sum = function(n) local sum = 0; for i = 1, n do sum = sum + i end return sum end,
  empty = function(n) for _ = 1, n do end end,
  ["while"] = function(n) while n > 0 do n = n - 1 end end,
}
for name, loop in pairs(loops) do
  loop(N)
  local start <const> = clock()
  loop(N)
  sample(("loop.%s.%s"):format(name, how), clock() - start, 0, N)
end
