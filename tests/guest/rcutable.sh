# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The functions of rcutable: what each does, what it refuses, and that each is one step.
load
lua <<'END'
local R = require "rcutable"
local long = ("long "):rep(100)

assert(R.add(rcu, "n", 5) == 0 and rcu.n == 5)
assert(R.add(rcu, "n", -7) == 5 and rcu.n == -2)
rcu.n = math.maxinteger
assert(R.add(rcu, "n", 1) == math.maxinteger and rcu.n == math.mininteger)

assert(R.cas(rcu, "c", nil, 1) and rcu.c == 1)
assert(not R.cas(rcu, "c", nil, 2) and not R.cas(rcu, "c", 2, 3) and not R.cas(rcu, "c", true, 3) and rcu.c == 1)
assert(R.cas(rcu, "c", 1, "one") and R.cas(rcu, "c", "one", long) and not R.cas(rcu, "c", long .. "x", 1))
assert(R.cas(rcu, "c", long, true) and R.cas(rcu, "c", true, nil) and rcu.c == nil)
assert(R.cas(rcu, "c", nil, nil) and rcu.c == nil)

assert(R.swap(rcu, "s", 1) == nil and R.swap(rcu, "s", long) == 1 and R.swap(rcu, "s", false) == long)
assert(R.swap(rcu, "s", nil) == false and rcu.s == nil and R.swap(rcu, "s", nil) == nil)

assert(R.setdefault(rcu, "d", long) == long and R.setdefault(rcu, "d", 1) == long and rcu.d == long)
rcu.d = false
assert(R.setdefault(rcu, "d", 1) == false)

assert(R.update(rcu, "u", function(v) assert(v == nil) return 1 end) == 1)
assert(R.update(rcu, "u", function(v) return v + 1 end) == 2 and rcu.u == 2)
-- Someone writes in between, once: the function is called again.
local calls = 0
R.update(rcu, "u", function(v)
  calls = calls + 1
  if calls == 1 then rcu.u = 10 end
  return v + 1
end)
assert(calls == 2 and rcu.u == 11)
assert(R.update(rcu, "u", function() return nil end) == nil and rcu.u == nil)
-- It may raise, or yield.
assert(not pcall(R.update, rcu, "u", error) and rcu.u == nil)
local co = coroutine.wrap(function() return R.update(rcu, "u", function() return coroutine.yield("in") end) end)
assert(co() == "in" and co(7) == 7 and rcu.u == 7)

local copy = R.snapshot(rcu)
local count = 0
for k, v in pairs(copy) do assert(rcu[k] == v); count = count + 1 end
assert(count == #rcu and getmetatable(copy) == nil)
R.clear(rcu)
assert(#rcu == 0 and next(R.snapshot(rcu)) == nil and copy.d == false)

local function raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and message:find(text, 1, true), message)
end
rcu.text = "text"
raises("table 'rcu', key 'text': only to an integer can be added", R.add, rcu, "text", 1)
raises("table 'rcu', key 'n': a value is an integer, a boolean or a string, not a nil", R.add, rcu, "n")
raises("not a string", R.add, rcu, "n", "1")
raises("table 'rcu': a key is a string, not a number", R.add, rcu, 1, 1)
raises("table 'rcu': key of 256 bytes", R.swap, rcu, ("k"):rep(256), 1)
raises("not a table", R.cas, rcu, "k", {}, 1)
raises("not a function", R.cas, rcu, "k", 1, print)
raises("not a nil", R.setdefault, rcu, "k", nil)
raises("string of 65537 bytes is longer than string-max", R.swap, rcu, "k", ("x"):rep(65537))
for _, f in pairs { R.add, R.cas, R.swap, R.setdefault, R.clear } do
  raises("shared table expected", f)
  raises("shared table expected", f, {}, "k", 1, 2)
  raises("shared table expected", f, "rcu", "k", 1, 2)
end
assert(#rcu == 1 and rcu.text == "text")
END
# Four at once on the same keys: nothing is lost, and one wins.
lua <<'END'
local R = require "rcutable"
R.clear(rcu)
END
mark
for _ in 1 2 3 4; do
	submit <<'END'
local R = require "rcutable"
local me = (require "lunatik").state
local won = 0
for i = 1, 5000 do
  R.add(rcu, "sum", 1)
  R.update(rcu, "up", function(v) return (v or 0) + 1 end)
  repeat local v = rcu.tries until R.cas(rcu, "tries", v, (v or 0) + 1)
  -- A token that only one can take.
  if R.swap(rcu, "token" .. i, me) == nil then won = won + 1 end
end
R.add(rcu, "won", won)
END
done
until_true is_idle
[ -z "$(complaints)" ] || fail "$(said)"
lua <<'END'
assert(rcu.sum == 20000 and rcu.up == 20000 and rcu.tries == 20000 and rcu.won == 5000, rcu.won)
END
