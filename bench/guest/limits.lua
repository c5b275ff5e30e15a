-- SPDX-License-Identifier: GPL-2.0
-- Tight loops, by limits.sh and unlimited.sh: with limits and by a Lua that has none.

local how <const> = ...
local N <const> = 300000

local loops <const> = {
  sum = function(n) local sum = 0; for i = 1, n do sum = sum + i end return sum end,
  empty = function(n) for _ = 1, n do end end,
  ["while"] = function(n) while n > 0 do n = n - 1 end end,
  call = function(n) local function f(i) return i end for i = 1, n do f(i) end end,
  ["c-call"] = function(n) local f <const> = math.type; for i = 1, n do f(i) end end,
  field = function(n) local t <const> = { n = 0 }; for _ = 1, n do t.n = t.n + 1 end end,
  garbage = function(n) for i = 1, n do local _ <const> = { i } end end,
}
for name, loop in pairs(loops) do
  loop(N)
  local start <const> = clock()
  loop(N)
  sample(("loop.%s.%s"):format(name, how), clock() - start, 0, N)
end
