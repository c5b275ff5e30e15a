# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a table holds, read by the script that wrote it and by another.
load
lua <<'END'
rcu.int = 42
rcu.yes, rcu.no = true, false
rcu.str = "text"
rcu["empty"] = ""
rcu[""] = "the empty key"
rcu["a\0b"] = "zero \0 inside"
rcu.min, rcu.max = math.mininteger, math.maxinteger
rcu.long = ("x"):rep(65536)
rcu[("k"):rep(255)] = 1
END
lua <<'END'
assert(rcu.int == 42 and math.type(rcu.int) == "integer")
assert(rcu.yes == true and rcu.no == false)
assert(rcu.str == "text" and rcu.empty == "" and rcu[""] == "the empty key")
assert(rcu["a\0b"] == "zero \0 inside" and rcu["a"] == nil and rcu["a\0"] == nil)
assert(rcu.min == math.mininteger and rcu.max == math.maxinteger)
assert(#rcu.long == 65536 and rcu.long == ("x"):rep(65536))
assert(rcu[("k"):rep(255)] == 1 and rcu[("k"):rep(254)] == nil)
assert(rcu.none == nil)
assert(#rcu == 11, #rcu)
rcu.int = "now a string"
rcu.str = 7
rcu.yes = nil
rcu.none = nil
END
lua <<'END'
assert(rcu.int == "now a string" and rcu.str == 7 and rcu.yes == nil)
assert(#rcu == 10, #rcu)
for n = 0, 200 do -- around the lengths at which Lua stores strings differently
  rcu.s = ("s"):rep(n)
  assert(rcu.s == ("s"):rep(n))
end
assert(type(rcu) == "userdata" and tostring(rcu):find("^rcu: "))
assert(getmetatable(rcu) == false and not pcall(setmetatable, rcu, {}))
END
# Refused, with the table, the key and the type; and nothing is changed.
lua <<'END'
local function refused(text, f)
  local ok, message = pcall(f)
  assert(not ok and message:find(text, 1, true), message)
end
rcu.k = 1
local v = "an integer, a boolean or a string"
refused("table 'rcu', key 'k': a value is " .. v .. ", not a table", function() rcu.k = {} end)
refused("table 'rcu', key 'k': a value is " .. v .. ", not a function", function() rcu.k = print end)
refused("table 'rcu', key 'k': a value is " .. v .. ", not a userdata", function() rcu.k = rcu end)
refused("table 'rcu', key 'k': a value is " .. v .. ", not a thread", function() rcu.k = coroutine.create(print) end)
refused("table 'rcu', key 'k': string of 65537 bytes is longer than string-max (65536)", function() rcu.k = ("x"):rep(65537) end)
refused("table 'rcu': a key is a string, not a number", function() rcu[1] = 1 end)
refused("table 'rcu': a key is a string, not a number", function() return rcu[1] end)
refused("table 'rcu': a key is a string, not a nil", function() return rcu[nil] end)
refused("table 'rcu': key of 256 bytes is longer than key-max (255)", function() rcu[("k"):rep(256)] = 1 end)
refused("table 'rcu': key of 256 bytes is longer than key-max (255)", function() return rcu[("k"):rep(256)] end)
assert(rcu.k == 1)
END
# Keys that the bindings before this one confused: one the beginning of another, in the same bucket.
lua <<'END'
local n = 3000
for i = 1, n do rcu["p" .. i] = i end
for i = 1, n do assert(rcu["p" .. i] == i) end
for i = 2, n, 2 do rcu["p" .. i] = nil end
for i = 1, n do assert(rcu["p" .. i] == (i % 2 == 1 and i or nil)) end
END
