-- Each of these lines uses something that lacks.toml has not.
local rcutable = require "rcutable"
local memo = require "memo"
local json = require "json"
print(string.format("%d", 1), ("x"):rep(3), utf8.char(65))
print(math.sqrt(4), math.florr(3), math.pi)
io.write("x")
dofile("x.lua")
rcu.name = "x"
rcu.list = {}
rcu.call = function() end
function names.method() end
rcu.a_long_key = 1
print(rcu.a_long_key, rcu[1])
names.count = 1
names.n = "12345"
names.both = true and "x"
fixed.limit = 200
rcutable.add(fixed, "limit", 1)
rcutable.add(names, "n", 1)
local t = rcu
t.text = "a" .. "b"
counters.hits = 1
print(1.5, 3e2, 0x1p4, 9223372036854775808)
print(7 / 2, 2 ^ 3)
rcu.equal, rcu.other = 1 == 2, tostring(1) .. "x"
pcall(function() print(0.5) end)
rcutable.setdefault(rcu, "k", "text")
rcutable.swap(names, "k", true)
rcutable.cas(names, "k", nil, 1)
rcu.word = rcu.word and "yes" or "no"
if hitz == 3 then print(hitz) end
