# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scripts that mean harm end with an error, and the next one runs.
load
lua_raises 'C stack overflow' <<'END'
local function f() local ok, e = pcall(f); if not ok then error(e, 0) end end
f()
END
alive
lua <<'END'
local function raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(text, 1, true), message)
end
local overflow = "overflow"
-- Recursion: in Lua, through metamethods, through every function of a library that calls back.
raises("stack overflow", function() local function f() return 1 + f() end return f() end)
local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end })
raises(overflow, function() return t[1] end)
t = setmetatable({}, { __newindex = function(t, k, v) t[k + 1] = v end })
raises(overflow, function() t[1] = 1 end)
local m = {}
m.__add = function(a, b) return a + b end
m.__concat = function(a, b) return a .. b end
m.__eq = function(a, b) return a == b end
m.__lt = function(a, b) return a < b end
m.__len = function(a) return #a end
m.__call = function(a) return a() + 1 end
m.__unm = function(a) return -a end
m.__tostring = function(a) return tostring(a) .. "" end
m.__pairs = function(a) return pairs(a), 1 end
m.__close = function(a) local b <close> = a end
local x, y = setmetatable({}, m), setmetatable({}, m)
raises(overflow, function() return x + y end)
raises(overflow, function() return x .. y end)
raises(overflow, function() return x == y end)
raises(overflow, function() return x < y end)
raises(overflow, function() return #x end)
raises(overflow, function() return x() end)
raises(overflow, function() return -x end)
raises(overflow, function() return tostring(x) end)
raises(overflow, function() return pairs(x), 1 end)
raises(overflow, function() local b <close> = x end)
local function gsub() return (("a"):gsub("a", gsub)) .. "" end
raises("pattern too complex", gsub)
local function sort() table.sort({ 1, 2, 3 }, sort) return true end
raises(overflow, sort)
local function loader() return assert(load(loader)) and "x" end
raises("", loader)
local function wrap() return coroutine.wrap(wrap)() .. "" end
raises(overflow, wrap)
local function xp() return (xpcall(xp, function(e) return e end)) end
xp()
local function handler(e) error(e) end
assert(not xpcall(error, handler))
local co
co = coroutine.create(function() return coroutine.resume(co) end)
assert(select(3, coroutine.resume(co)) == "cannot resume non-suspended coroutine")
-- Chains that are long instead of deep.
local chain = {}
for i = 1, 3000 do chain = setmetatable({}, { __index = chain }) end
raises("'__index' chain too long", function() return chain.x end)
local gc = {}
for i = 1, 10000 do gc = setmetatable({ gc }, { __gc = function() end }) end
gc = nil
collectgarbage()
-- Patterns: nested, backtracking within reason, malformed.
assert(("a"):rep(10):find(("a?"):rep(10) .. ("a"):rep(10)))
raises("pattern too complex", string.find, ("a"):rep(300), ("(.?"):rep(1) .. ".-" .. ("a?"):rep(5000) .. ")b")
raises("malformed pattern", string.find, "a", "[a")
raises("malformed pattern", string.find, "a", "%")
raises("too many captures", string.find, "a", ("()"):rep(33))
raises("invalid capture index", string.gsub, "a", "a", "%2")
-- More than there can be.
raises("resulting string too large", string.rep, "xx", math.maxinteger)
raises("", table.create, 1 << 31)
raises("too many results to unpack", table.unpack, {}, 1, 1 << 30)
raises("string slice too long", string.byte, ("x"):rep(8 << 20), 1, -1)
raises("table index is nil", function() local t = {} t[nil] = 1 end)
-- Closing and finalizing while an error is on its way.
raises("second", function()
  local a <close> = setmetatable({}, { __close = function() error("second") end })
  error("first")
end)
setmetatable({}, { __gc = function() error("in a finalizer") end })
collectgarbage()
-- Precompiled code, the ways to it.
raises("functions cannot be dumped", string.dump, function() end)
raises("Lua function expected", string.dump, print)
assert(load("\27Lua") == nil and load("\27Lua", "x", "b") == nil and load(function() return "\27" end) == nil)
assert(debug == nil and io == nil and os == nil and package == nil and dofile == nil and loadfile == nil)
-- No address of the kernel: what %p shows is a hash.
local ffff = ("ffff"):rep(2)
assert(not tostring(print):find(ffff) and not ("%p"):format({}):find(ffff) and not tostring(rcu):find(ffff))
-- The kernel's printf is not C's.
assert(("%.s|"):format("x") == "|" and ("%5.s|"):format("xyz") == "     |" and ("%.0s|%.1s|"):format("ab", "ab") == "|a|")
assert(("%.s"):format(("A"):rep(400)) == "" and (("%.s" .. ("B"):rep(300)):format(("A"):rep(2000))) == ("B"):rep(300))
assert(("%.d|%.3d|%5.3d"):format(7, 7, 7) == "7|007|  007")
raises("invalid conversion", string.format, "%..s", "x")
raises("invalid conversion", string.format, "%.", "x")
raises("", string.format, "%", "x")
for _, flags in ipairs { "-", "0", "+", " ", "#", "-0+ #", "99", "-99", ".99", "99.99", "099", "100", ".100", "-+0 #99.99" } do
  for c in ("cdiouxXspq"):gmatch(".") do
    local ok, s = pcall(string.format, "%" .. flags .. c, (c == "s" or c == "q") and ("s"):rep(200) or 65)
    assert(not ok or #s <= 220, flags .. c)
  end
end
-- What pairs gives, called in ways that pairs does not.
rcu.one = 1
local nx = pairs(rcu)
assert(nx() == "one" and nx(rcu) == "one" and nx(nil, nil, 7) == "one" and nx(rcu, "one") == nil)
collectgarbage()
assert(select("#", nx()) == 2 and not pcall(string.upper))
local mt = {}
for _, name in ipairs { "__index", "__newindex", "__len", "__pairs" } do mt[name] = debug == nil end
rcu.one = nil
-- A coroutine that closes itself where it must not.
local self
self = coroutine.create(function()
  return load(function() coroutine.close(self) end)
end)
local ok, chunk, message = coroutine.resume(self)
assert(ok and chunk == nil and message:find("cannot close a coroutine across a C-call boundary", 1, true), message)
self = coroutine.create(function()
  setmetatable({}, { __gc = function() coroutine.close(self) end })
  collectgarbage()
  return "went on"
end)
assert(select(2, coroutine.resume(self)) == "went on")
self = coroutine.wrap(function() coroutine.close(coroutine.running()) end)
self()
print("survived")
END
expect survived
said | grep -q 'Lua warning: error in __gc' || fail "no warning: $(said)"
alive
# A chain through ephemeron tables, in no order: to follow it, a collection would take as many steps as their number squared.
# What it leads to stays alive.
cat >/tmp/chain.lua <<'END'
local n <const> = 30000
local order, place, keys, tables = {}, {}, {}, {}
for i = 1, n do order[i] = i end
local seed = 1
for i = n, 2, -1 do
  seed = seed * 1103515245 + 12345 & 0x7fffffff
  local j = seed % i + 1
  order[i], order[j] = order[j], order[i]
end
for i = 0, n do keys[i] = {} end
for i = 1, n do
  local link = order[i]
  tables[i], place[link] = setmetatable({ [keys[link - 1]] = keys[link] }, { __mode = "k" }), i
end
local key = keys[0]
keys, order = nil, nil
collectgarbage() collectgarbage()
for link = 1, n do key = assert(tables[place[link]][key], link) end
-- And what nothing leads to goes.
key = nil
for _ = 1, 3 do collectgarbage() end
local left = 0
for _, t in ipairs(tables) do if next(t) ~= nil then left = left + 1 end end
assert(left == 0, left)
END
lunatik run --instructions 10M /tmp/chain.lua
# More than memory-limit.
limit='memory-limit of 16777216 bytes exceeded'
echo 'local s = string.rep("x", 1 << 40)' | lua_raises "$limit"
echo 'local big = ("x"):rep(6 << 20) pcall(string.format, "%s%s%s", big, big, big)' | lua_raises "$limit"
echo 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end' | lua_raises "$limit"
alive

# No address of the kernel: where a function is in a table does not tell where it is in memory. Its place by the address
# would be between these two numbers.
address=$(sed -n 's/^\([0-9a-f]*\) t luaB_assert[[:space:]]\[lunatik\]$/\1/p' /proc/kallsyms)
if ! builtin lunatik; then
	[ -n "$address" ] || fail "no address of luaB_assert"
	low=$((0x${address#????????} % 131071))
	lua <<-END
		local t = table.create(0, 1 << 17)
		t[assert], t[$low - 1], t[$low + 1] = true, true, true
		local order = {}
		for key in next, t do order[#order + 1] = key end
		assert(#order == 3 and order[2] ~= assert, "a function is where its address says")
	END
fi
