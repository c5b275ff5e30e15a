-- SPDX-License-Identifier: GPL-2.0
-- What a read costs in a table of 10^2 and of 10^6 elements. Both are read by their first hundred keys, and the large one by
-- keys from all of it too.

local N <const> = 20000
local big <const> = big

local function name(i) return ("%08d"):format(i) end
local function fill(from, to)
  for i = from, to do
    big[name(i)] = i
    if i % 10000 == 0 then collectgarbage() end
  end
end
local function reads(list)
  return function(n)
    local v
    for _ = 1, n // #list do for i = 1, #list do v = big[list[i]] end end
    return v
  end, function(n)
    local v
    for _ = 1, n // #list do for i = 1, #list do v = list[i] end end
    return v
  end
end

local few, spread = {}, {}
for i = 1, 100 do few[i] = name(i) end
for i = 1, 2000 do spread[i] = name(i * 499 % 1000000 + 1) end

fill(1, 100)
case("size.100", N, reads(few))
measure(3)
fill(101, 1000000)
assert(#big == 1000000)
figure("size.elements", #big)
case("size.1000000", N, reads(spread))
measure(3)
