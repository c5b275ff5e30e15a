-- SPDX-License-Identifier: GPL-2.0
-- What two CPUs do to each other. Runs twice at the same time, needs two CPUs, and a clock that shows real time.
--
-- Time is cut into windows, which both scripts read off the clock. In each window CPU 0 does what is measured, and CPU 1
-- something else from window to window, so that what disturbs the machine for a while meets all of it alike.

local WINDOW <const>, PAUSE <const>, ROUNDS <const> = 10000000, 5000000, 20
local rcu <const>, big <const> = rcu, big
local me <const> = require("lunatik").state

bench.pin(me)

local own, wide, others = {}, {}, {}
for i, key in ipairs(keys) do own[key], others[i] = i, "other" .. i end
for i = 1, 10000 do wide[i] = ("%08d"):format(i) end
-- CPU 1 goes through the keys in another order.
if me == 1 then
  for i = 1, #wide // 2 do wide[i], wide[#wide + 1 - i] = wide[#wide + 1 - i], wide[i] end
end

-- Each does something until `stop`, and returns how many operations that were.
local function idle(stop)
  while clock() < stop - 2000000 do bench.sleep(1) end
  return 0
end
local function read_one(t)
  return function(stop)
    local n, v = 0
    repeat
      for _ = 1, 200 do v = t.key050 end
      n = n + 200
    until clock() >= stop
    return n
  end
end
local function read_wide(stop)
  local n, i, v = 0, 0
  repeat
    for j = i + 1, i + 200 do v = big[wide[j]] end
    n, i = n + 200, (i + 200) % #wide
  until clock() >= stop
  return n
end
local function write(t, names, one, other)
  return function(stop)
    local n = 0
    repeat
      for i = 1, 100 do t[names[i]] = one end
      for i = 1, 100 do t[names[i]] = other end
      n = n + 200
    until clock() >= stop
    return n
  end
end

-- Times single reads, and prints the times that half of them and 99 of 100 keep to. A time has the clock's own in it, which
-- is what remains with `reading` false.
local function latency(name, reading)
  return function(stop)
    local n, i, v = 0, 0
    local counts = {}
    local a, b
    repeat
      i = i % 100 + 1
      local key = keys[i]
      a = clock()
      if reading then v = rcu[key] end
      b = clock()
      local time = b - a
      counts[time] = (counts[time] or 0) + 1
      n = n + 1
    until b >= stop
    local times = {}
    for time in pairs(counts) do times[#times + 1] = time end
    table.sort(times)
    local seen, p50 = 0
    for _, time in ipairs(times) do
      seen = seen + counts[time]
      if not p50 and seen * 2 >= n then
        p50 = time
        figure(name .. ".p50", time)
      end
      if seen * 100 >= n * 99 then
        figure(name .. ".p99", time)
        break
      end
    end
    return 0
  end
end

-- What CPU 0 reads while CPU 1 writes is of one type, and was before.
local function holding(value)
  return function() for _, key in ipairs(keys) do rcu[key] = value end end
end
local one <const>, other <const> = ("1"):rep(32), ("2"):rep(32)
local integers <const>, strings <const> = holding(1), holding(one)

local MODES <const> = {
  { "own.1", read_one(own), idle, integers },
  { "own.2", read_one(own), read_one(own), integers },
  { "hot.1", read_one(rcu), idle, integers },
  { "hot.2", read_one(rcu), read_one(rcu), integers },
  { "wide.1", read_wide, idle, integers },
  { "wide.2", read_wide, read_wide, integers },
  { "latency.clock", latency("latency.clock", false), idle, integers },
  { "latency.integer.alone", latency("latency.integer.alone", true), idle, integers },
  { "latency.integer.own", latency("latency.integer.own", true), write(own, keys, 1, 2), integers },
  { "latency.integer", latency("latency.integer", true), write(rcu, keys, 1, 2), integers },
  { "latency.string.alone", latency("latency.string.alone", true), idle, strings },
  { "latency.string.others", latency("latency.string.others", true), write(rcu, others, one, other), strings },
  { "latency.string", latency("latency.string", true), write(rcu, keys, one, other), strings },
}

if me == 0 then
  for i = 1, 10000 do big[wide[i]] = i end
  for _, name in ipairs(others) do rcu[name] = one end
  rcu.start = clock() + 50000000
end
while not rcu.start do bench.sleep(1) end
local start = rcu.start

for round = 1, ROUNDS do
  for _, mode in ipairs(MODES) do
    local stop <const> = start + WINDOW
    collectgarbage()
    if me == 0 then mode[4]() end
    while clock() < start do end
    local begun <const> = clock()
    -- Who comes late, since the host had other things to do, leaves this one out, and says so by a 0.
    local rate = 0
    if begun < start + WINDOW // 4 then
      rate = mode[me + 2](stop) * 1000000000 // (clock() - begun)
    end
    figure(("%s.cpu%d"):format(mode[1], me), rate)
    start = stop + PAUSE
  end
end
bench.pin(-1)
