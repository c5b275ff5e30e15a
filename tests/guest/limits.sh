# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A full table refuses and stays as it is; a read-only one is as the configuration says; one that may grow does.
load lunatik_second
device=luasec
lua <<'END'
local R = require "rcutable"
local function raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and message == text, message)
end
-- max-entries is 5000, and the table grows from 16 buckets on the way.
for i = 1, 5000 do rcu["e" .. i] = i end
assert(#rcu == 5000)
raises("table 'rcu', key 'more': the table is full (max-entries is 5000)", R.swap, rcu, "more", 1)
raises("table 'rcu', key 'more': the table is full (max-entries is 5000)", R.add, rcu, "more", 1)
assert(not pcall(function() rcu.more = true end) and rcu.more == nil and #rcu == 5000)
for i = 1, 5000 do assert(rcu["e" .. i] == i, i) end
local met = 0
for k, v in pairs(rcu) do assert(k == "e" .. v); met = met + 1 end
assert(met == 5000)
-- What is there can be replaced, by another type as well; what is deleted makes room.
rcu.e1 = 7
rcu.e2 = true
rcu.e3 = nil
rcu.more = 1
assert(rcu.e1 == 7 and rcu.e2 == true and rcu.more == 1 and #rcu == 5000)
for k in pairs(rcu) do rcu[k] = nil end
assert(#rcu == 0)
END
lua <<'END'
local R = require "rcutable"
-- max-bytes is 256 KiB.
local s = ("x")
for i = 1, 16 do s = s .. s end
assert(#s == 65536)
names.a, names.b, names.c = s, s, s
local ok, message = pcall(R.swap, names, "d", s)
assert(not ok and message == "table 'names', key 'd': the table is full (max-bytes is 262144)", message)
assert(names.d == nil and #names == 3 and names.a == s)
-- Replacing counts the difference.
names.c = s
names.c = "short"
names.d = s
ok, message = pcall(R.swap, names, "c", s)
assert(not ok and names.c == "short" and #names == 4)
R.clear(names)
-- One bucket: no more than 64 elements, and each of them is found.
for i = 1, 64 do names["k" .. i] = "v" .. i end
assert(not pcall(R.swap, names, "k65", "v"))
for i = 1, 64 do assert(names["k" .. i] == "v" .. i) end
R.clear(names)
END
lua <<'END'
local R = require "rcutable"
local greeting = "a value of more bytes than a short string of Lua's has"
local key = "a key of more bytes than a short string of Lua's has"
local function check()
  assert(settings.answer == 42 and settings.enabled == true and settings.greeting == "hello")
  assert(settings[key] == greeting and #settings == 4 and settings.other == nil)
end
check()
for _, f in pairs {
  function() settings.answer = 1 end,
  function() settings.other = 1 end,
  function() settings.answer = nil end,
} do
  assert(not pcall(f))
end
for _, f in pairs {
  { R.add, settings, "answer", 1 },
  { R.cas, settings, "answer", 42, 1 },
  { R.swap, settings, "answer", nil },
  { R.setdefault, settings, "other", 1 },
  { R.clear, settings },
} do
  local ok, message = pcall(table.unpack(f))
  assert(not ok and message == "table 'settings' is read-only", message)
end
check()
print(select(2, pcall(function() settings.answer = 1 end)))
local copy = R.snapshot(settings)
assert(copy.answer == 42 and copy[key] == greeting)
END
expect "script:27: table 'settings' is read-only"
# Growing and shrinking under readers, which miss nothing that stays.
lua <<'END'
for i = 1, 50 do rcu["stay" .. i] = i end
rcu.go = true
END
mark
submit <<'END'
for round = 1, 12 do
  for i = 1, 3000 do rcu["g" .. i] = round end
  for i = 1, 3000 do assert(rcu["g" .. i] == round); rcu["g" .. i] = nil end
end
rcu.go = nil
print("grew and shrank")
END
submit <<'END'
local rounds = 0
while rcu.go do
  for i = 1, 50 do assert(rcu["stay" .. i] == i, i) end
  local met = {}
  for k, v in pairs(rcu) do assert(not met[k], k); met[k] = v end
  for i = 1, 50 do assert(met["stay" .. i] == i, i) end
  rounds = rounds + 1
end
assert(rounds > 0)
print("missed nothing")
END
until_true is_idle
expect 'grew and shrank'
expect 'missed nothing'
