-- SPDX-License-Identifier: GPL-2.0
-- All that one CPU shows: what operations of a script cost, and the reference points that they are compared with.

local N <const> = 20000
-- Operations that leave memory to RCU: so many that its freeing, some grace periods later, is part of what they take.
local MANY <const> = 60000
local rcu <const>, floor <const> = rcu, bench.floor

-- Elements of each type among the keys.
local own <const> = {}
for i, key in ipairs(keys) do own[key] = i; rcu[key] = i end
local integers <const>, booleans <const>, absent <const> = {}, {}, {}
for i = 1, 10 do
  integers[i], booleans[i], absent[i] = keys[40 + i], keys[50 + i], "absent" .. i
  rcu[booleans[i]] = true
end
for _, size in ipairs { 8, 40, 64, 4096 } do rcu["string" .. size] = ("s"):rep(size) end

-- Reading by constant keys, which is how most scripts read. There are several, since what one costs depends on what else is
-- in its bucket.
local function read(name, table_of, names)
  local fields = {}
  for i, field in ipairs(names) do fields[i] = "v = t." .. field end
  local reads = load(([[
    local t <const> = ...
    return function(n) local t, v = t; for _ = 1, n // %d do %s end return v end
  ]]):format(#names, table.concat(fields, "; ")))(table_of)
  case(name, N, reads, function(n) bare(n // #names) end)
end
read("own.get", own, integers)
read("own.get.miss", own, absent)
case("call", N, function(n) local f = bench.nop; for _ = 1, n do f() end end, bare)
read("floor.get", floor, integers)
read("bare.get", bench.bare, integers)
read("keyed.get", bench.keyed, integers)
read("checked.get", bench.checked, integers)
read("get.integer", rcu, integers)
read("get.boolean", rcu, booleans)
read("get.miss", rcu, absent)
for _, size in ipairs { 8, 40, 64, 4096 } do read("get.string" .. size, rcu, { "string" .. size }) end

-- Reading by keys that come from elsewhere.
local function by_keys(t)
  return function(n)
    local v
    for _ = 1, n // 100 do for i = 1, 100 do v = t[keys[i]] end end
    return v
  end
end
case("own.get.keys", N, by_keys(own), each_key)
case("floor.get.keys", N, by_keys(floor), each_key)
case("get.keys", N, by_keys(rcu), each_key)

-- Writing.
local one <const>, other <const> = ("1"):rep(64), ("2"):rep(64)
rcu.string = one
case("own.set", N, function(n) local t = own; for i = 1, n do t.key050 = i end end, bare)
case("floor.set", N, function(n) local t = floor; for i = 1, n do t.key050 = i end end, bare)
case("set.integer", N, function(n) local t = rcu; for i = 1, n do t.key050 = i end end, bare)
-- Of locals, as in the other loops: to fetch an upvalue is an instruction of its own.
case("set.string", MANY, function(n)
  local t, one <const>, other <const> = rcu, one, other
  for _ = 1, n // 2 do t.string = one; t.string = other end
end, function(n) bare(n // 2) end, true)
-- By several keys, since most buckets are empty and some are not: the median is one, and ever the same.
local PASSING <const> = { "passing", "passage", "passes1", "passes2", "passes3" }
for _, key in ipairs(PASSING) do
  local pairs_of = load(([[
    local t <const> = ...
    return function(n) local t = t; for i = 1, n do t.%s = i; t.%s = nil end end
  ]]):format(key, key))(rcu)
  case("add-delete", MANY // 2, pairs_of, bare, true)
end

-- Primitives of the kernel, in loops of C that Lua calls for a thousand turns at a time.
local function in_c(f, ...)
  local a, b = ...
  return function(n) for _ = 1, n // 1000 do f(1000, a, b) end end
end
local empty <const> = in_c(bench.empty)
-- The bytes of an element with this key and value.
local function element(key, value)
  local before = rcu[key]
  rcu[key] = value
  local size = bench.size("rcu", bench.keys { key })
  rcu[key] = before
  return size
end
local pair <const> = element("passing", 1)
local string <const> = element("string", one)
case("rcu", N, in_c(bench.rcu), empty)
case("kmalloc64", N, in_c(bench.kmalloc, 64), empty)
for name, size in pairs { pair = pair, string = string } do
  case("kfree_rcu." .. name, MANY, in_c(bench.kfree_rcu, size), empty, true)
  case("kfree_rcu." .. name .. ".charged", MANY, in_c(bench.kfree_rcu, size, true), empty, true)
end

-- Looking the same keys up, without Lua: in this table, in the kernel's own.
local here, away = bench.keys(keys), {}
for i, key in ipairs(keys) do away[i] = "not" .. key:sub(4) end
away = bench.keys(away)
local kernels <const> = bench.hash(here)
local function lookups(f, t, set) return function(n) for _ = 1, n // 1000 do f(t, set, 10) end end end
assert(bench.search("rcu", here, 1) == 100 and bench.search("rcu", away, 1) == 0)
assert(bench.lookup(kernels, here, 1) == 100 and bench.lookup(kernels, away, 1) == 0)
-- Writing by the table's own functions; in each turn two operations.
local function writes(t, set, a, b)
  return function(n) for _ = 1, n // 1000 do bench.write(t, set, 1000, a, b) end end
end
local string_key <const> = bench.keys { "string" }
for _, key in ipairs(PASSING) do
  local passing <const> = bench.keys { key }
  case("write.pair", MANY // 2, writes("rcu", passing, 1, nil), writes(nil, passing, 1, nil), true)
end
case("write.string", MANY, writes("rcu", string_key, one, other), writes(nil, string_key, one, other), true)
case("search.hit", N, lookups(bench.search, "rcu", here), lookups(bench.search, nil, here))
case("search.miss", N, lookups(bench.search, "rcu", away), lookups(bench.search, nil, away))
case("rhashtable.hit", N, lookups(bench.lookup, kernels, here), lookups(bench.lookup, nil, here))
case("rhashtable.miss", N, lookups(bench.lookup, kernels, away), lookups(bench.lookup, nil, away))

measure(3)

-- Memory of an element, by what its type takes and what the allocator gives for it.
local eight <const> = "12345678"
for name, value in pairs {
  integer = 1, boolean = true, string8 = eight, string40 = eight:rep(5), string64 = eight:rep(8), string4096 = eight:rep(512),
} do
  local size = element(eight, value)
  local own = value == true and 1 or value == 1 and 8 or #value
  figure("bytes.beyond." .. name, size - #eight - own)
  figure("bytes.allocated." .. name, bench.roundup(size))
end
