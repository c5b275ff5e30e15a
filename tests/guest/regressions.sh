# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What tables of other bindings of Lua to the kernel got wrong, each by name. (A write that sleeps with a bucket locked, and
# memory freed before its grace period, are for tests/table, tests/loom and the kernel of `make test-debug` to find; too
# many buckets, for the generator to refuse.)
load lunatik_second
device=luasec
lua <<'END'
-- Keys that are prefixes of each other, and keys with zeroes in them, all in one bucket.
local keys = { "", "a", "aa", "aaa", "aaaa", "aaaaaaa", "aaaaaaaa", "aaaaaaaab", "ab", "b",
  "\0", "\0\0", "a\0", "a\0a", "a\0b", "a\0\0b", "\0a" }
for _, k in ipairs(keys) do names[k] = "value of " .. k end
assert(#names == #keys)
for _, k in ipairs(keys) do assert(names[k] == "value of " .. k) end
for i, gone in ipairs(keys) do
  names[gone] = nil
  for j, k in ipairs(keys) do
    local there = nil
    if j > i then there = "value of " .. k end
    assert(names[k] == there)
  end
end
assert(#names == 0)
END
unload lunatik_second
device=luadrv
load
lua <<'END'
-- The same with keys as long as words and with a byte more or less.
local keys = {}
for length = 0, 70 do
  keys[#keys + 1] = ("k"):rep(length)
  if length > 0 then keys[#keys + 1] = ("k"):rep(length - 1) .. "x"; keys[#keys + 1] = "x" .. ("k"):rep(length - 1) end
end
local want, count = {}, 0
for i, k in ipairs(keys) do if want[k] == nil then count = count + 1 end; want[k] = i; rcu[k] = i end
assert(#rcu == count)
for k, v in pairs(want) do assert(rcu[k] == v, k) end
-- Going through the elements while they are deleted: each is met, and each is gone.
for k, v in pairs(rcu) do assert(want[k] == v); want[k] = nil; rcu[k] = nil end
assert(next(want) == nil and #rcu == 0)
-- An error while going through them leaves nothing locked: all can be written afterwards, by anyone.
for i = 1, 1000 do rcu["e" .. i] = i end
for i = 1, 50 do
  local n = 0
  assert(not pcall(function() for k in pairs(rcu) do n = n + 1; if n == i * 20 then error("out") end end end))
end
for i = 1, 1000 do rcu["e" .. i] = "again" end
END
echo 'for k in pairs(rcu) do error("out of the script") end' | lua_raises 'out of the script'
lua <<'END'
for i = 1, 1000 do assert(rcu["e" .. i] == "again"); rcu["e" .. i] = nil end
END
unload
# Unloading while RCU still has memory to free, again and again.
i=0
while [ $i -lt 10 ]; do
	load
	lua <<'END'
for round = 1, 5 do
  for i = 1, 1000 do rcu["k" .. i] = ("v"):rep(round * i % 300) end
end
for i = 1, 1000 do rcu["k" .. i] = nil end
END
	unload
	i=$((i + 1))
done
