-- SPDX-License-Identifier: GPL-2.0
-- What the scripts of this folder begin with: how a loop is timed, and how a figure gets out. guest/run puts this text in
-- front of each.
--
-- A line that begins with `@` is a sample for the program on the host: `@ name with without n`, where a loop of n operations
-- took `with` nanoseconds, and the same loop without the operation `without`. `= name value` is a figure.

local clock <const> = bench.clock

local function sample(name, with, without, n) print(("@ %s %d %d %d"):format(name, with, without, n)) end
local function figure(name, value) print(("= %s %d"):format(name, value)) end

-- A hundred keys, as in all figures of the table's predecessors.
local keys <const> = {}
for i = 1, 100 do keys[i] = ("key%03d"):format(i) end

local cases = {}

-- Adds a case: loop(n) does an operation n times, without(n) is the same loop without it. Whether it leaves memory for the
-- kernel to free later, which is not to be billed to the next case.
local function case(name, n, loop, without, leaves) cases[#cases + 1] = { name, n, loop, without, leaves } end

-- Takes `repeats` samples of each case, in turns: what disturbs the machine for a while does not meet one case alone.
local function measure(repeats)
  for turn = 0, repeats do
    for _, c in ipairs(cases) do
      local name, n, loop, without, leaves = table.unpack(c)
      collectgarbage()
      local a = clock()
      without(n)
      local b = clock()
      loop(n)
      local e = clock()
      -- The first turn is for caches.
      if turn > 0 then sample(name, e - b, b - a, n) end
      if leaves then bench.settle() end
    end
  end
  cases = {}
end

-- The loops that operations are put into.
local function bare(n) for _ = 1, n do end end
local function counted(n) local v; for i = 1, n do v = i end return v end
local function each_key(n)
  local v
  for _ = 1, n // 100 do for i = 1, 100 do v = keys[i] end end
  return v
end
