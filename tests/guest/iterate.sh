# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# pairs meets each element that stays exactly once, while elements come and go.
load
lua <<'END'
for k in pairs(rcu) do error("the table is not empty: " .. k) end
local want, n = {}, 2000
for i = 1, n do want["key" .. i] = i % 3 == 0 and "s" .. i or i; rcu["key" .. i] = want["key" .. i] end
local seen = 0
for k, v in pairs(rcu) do assert(want[k] == v, k); seen = seen + 1 end
assert(seen == n and #rcu == n)

-- Writing what is there, deleting what is met, adding under other names.
local met = {}
for k, v in pairs(rcu) do
  if want[k] then
    assert(not met[k], k)
    met[k] = true
    rcu[k] = nil
    rcu["new" .. k] = true
  end
end
for k in pairs(want) do assert(met[k], k) end
for k in pairs(rcu) do assert(k:sub(1, 3) == "new"); rcu[k] = nil end
assert(#rcu == 0)

-- Deleting all at the first: nothing more comes, or what had been found.
for i = 1, 100 do rcu["d" .. i] = ("long "):rep(100) .. i end
local count = 0
for k, v in pairs(rcu) do
  count = count + 1
  for i = 1, 100 do rcu["d" .. i] = nil end
end
assert(count == 1 and #rcu == 0)

-- A body that raises, or yields.
for i = 1, 10 do rcu["y" .. i] = i end
assert(not pcall(function() for k in pairs(rcu) do error("out") end end))
local co = coroutine.wrap(function() for k, v in pairs(rcu) do coroutine.yield(v) end end)
local sum = 0
for v in co do sum = sum + v end
assert(sum == 55)
local f, t = pairs(rcu)
assert(t == rcu and not pcall(f, rcu, 1) and not pcall(f, rcu, {}))
assert(f(rcu, "no such key") == nil or type((f(rcu, "no such key"))) == "string")
END
# One script walks while others add and delete: the 500 that stay are met each time.
lua <<'END'
for k in pairs(rcu) do rcu[k] = nil end
for i = 1, 500 do rcu["stay" .. i] = i end
END
mark
for writer in 1 2; do
	submit <<END
while not rcu.stop do
  for i = 1, 200 do rcu["move$writer." .. i] = ("x"):rep(i) end
  for i = 1, 200 do rcu["move$writer." .. i] = nil end
end
END
done
submit <<'END'
for round = 1, 30 do
  local met, count = {}, 0
  for k, v in pairs(rcu) do
    assert(not met[k], k)
    met[k] = true
    if k:find("^stay") then assert(rcu[k] == v and k == "stay" .. v); count = count + 1 end
  end
  if count ~= 500 then print("round " .. round .. " met " .. count) end
end
rcu.stop = true
print("walked")
END
until_true is_idle
expect walked
[ "$(said | wc -l)" = 1 ] || fail "$(said)"
