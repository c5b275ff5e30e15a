# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The modules of the standard library, and `require` itself.
load
lua <<'END'
local inspect = require "inspect"
assert(inspect == require "inspect")
assert(inspect(1) == "1" and inspect("a\n\"") == [["a\n\""]] and inspect(nil) == "nil" and inspect({}) == "{}")
assert(inspect({ 1, "two", x = true, ["a b"] = { 3 } }) == [[{ 1, "two", ["a b"] = { 3 }, x = true }]])
local t = { name = "t" }
t.self = t
assert(inspect(t) == [[{ name = "t", self = <cycle> }]])
assert(inspect({ { { {} } } }, 2) == "{ { {...} } }")
rcu.b, rcu.a = 2, "one"
assert(inspect(rcu) == [[{ a = "one", b = 2 }]], inspect(rcu))
local long = {}
for i = 1, 40 do long[i] = i * 1000 end
assert(inspect(long):find("\n"))
assert(load("return " .. inspect(long))()[40] == 40000)

local memo = require "memo"
local calls = 0
local square = memo(rcu, "sq:", function(n) calls = calls + 1; return n * n end)
assert(square(12) == 144 and square(12) == 144 and calls == 1 and rcu["sq:12"] == 144)
local none = memo(rcu, "none:", function() calls = calls + 1 end)
assert(none(1) == nil and none(1) == nil and calls == 3)

assert(require "string" == string and require "_G" == _G)
local lunatik = require "lunatik"
assert(lunatik.states == 4 and lunatik.device == "luadrv" and lunatik.state >= 0 and lunatik.state < 4)
local ok, message = pcall(require, "socket")
assert(not ok and message:find("module 'socket' is not in this flavour, which has: counter, inspect, memo, rcutable", 1, true), message)
assert(not pcall(require) and not pcall(require, {}))
END
