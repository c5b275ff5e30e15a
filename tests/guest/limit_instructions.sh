# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A script over its instruction-limit ends, whatever it tries; nothing of it runs after that, and the next one does.
load lunatik_limited
device=lualim
instructions='instruction-limit of 2000000 exceeded'

echo 'while true do end' | over "$instructions"
echo 'local function f() return f() end f()' | over "$instructions"
echo 'for i = 1, math.maxinteger do end' | over "$instructions"
echo '::again:: goto again' | over "$instructions"
echo 'for _ in function() return 1 end do end' | over "$instructions"
echo 'repeat until false' | over "$instructions"

# What catches errors.
over "$instructions" <<'END'
pcall(function() while true do end end) rcu.outlasted = "pcall"
END
over "$instructions" <<'END'
local function loop() while true do end end
while true do pcall(loop) rcu.outlasted = "pcall in a loop" end
END
over "$instructions" <<'END'
local function loop() while true do end end
xpcall(loop, function() rcu.outlasted = "a handler" while true do end end)
rcu.outlasted = "xpcall"
END
over "$instructions" <<'END'
local function deep(n) if n == 0 then while true do end end pcall(deep, n - 1) rcu.outlasted = "nested pcalls" end
deep(8)
END
over "$instructions" <<'END'
local co = coroutine.create(function() while true do end end)
coroutine.resume(co)
rcu.outlasted = "a coroutine"
END
over "$instructions" <<'END'
local co = coroutine.wrap(function() pcall(function() coroutine.yield() while true do end end) rcu.outlasted = "in a coroutine" end)
co()
pcall(co)
rcu.outlasted = "a coroutine that was resumed"
END
over "$instructions" <<'END'
local co = coroutine.create(function() local a <close> = setmetatable({}, { __close = function() while true do end end }) coroutine.yield() end)
coroutine.resume(co)
coroutine.close(co)
rcu.outlasted = "coroutine.close"
END
over "$instructions" <<'END'
do local a <close> = setmetatable({}, { __close = function() rcu.outlasted = "__close" while true do end end })
  while true do end
end
END
over "$instructions" <<'END'
collectgarbage("stop") -- They come when the state is closed.
for i = 1, 100 do setmetatable({}, { __gc = function() rcu.outlasted = "__gc" while true do end end }) end
while true do end
END
over "$instructions" <<'END'
setmetatable({}, { __gc = function() while true do end end })
collectgarbage()
rcu.outlasted = "after a finalizer"
END
over "$instructions" <<'END'
setmetatable({}, { __gc = function() while true do end end })
local t
for i = 1, 1000000 do t = {} end
rcu.outlasted = "after a finalizer of a step"
END
over "$instructions" <<'END'
local t = setmetatable({}, { __index = pcall, __call = function() while true do end end })
local x = t.x
rcu.outlasted = "a metamethod that catches"
END
over "$instructions" <<'END'
local t = setmetatable({}, { __newindex = pcall, __call = function() while true do end end })
t.x = 1
rcu.outlasted = "a metamethod that catches"
END
over "$instructions" <<'END'
load(function() while true do end end)
rcu.outlasted = "load"
END
over "$instructions" <<'END'
local function f() return pcall(function() while true do end end) end
f()
rcu.outlasted = "a tail call"
END
over "$instructions" <<'END'
for ok in pcall, function() while true do end end do rcu.outlasted = "an iterator" end
rcu.outlasted = "behind an iterator"
END
over "$instructions" <<'END'
local t = setmetatable({}, { __pairs = function() while true do end end })
pcall(pairs, t)
rcu.outlasted = "pairs"
END
over "$instructions" <<'END'
local t = setmetatable({}, { __tostring = function() while true do end end })
pcall(print, t)
rcu.outlasted = "tostring"
END
over "$instructions" <<'END'
table.sort({ 3, 2, 1, 5, 4 }, function() pcall(function() while true do end end) rcu.outlasted = "sort" return true end)
END
over "$instructions" <<'END'
error(setmetatable({}, { __tostring = function() while true do end end }))
END
over "$instructions" <<'END'
warn("@on")
setmetatable({}, { __gc = function() error(setmetatable({}, { __tostring = function() while true do end end })) end })
collectgarbage()
while true do end
END
# A finalizer that runs when the script has ended, and makes another.
over "$instructions" <<'END'
local function again() setmetatable({}, { __gc = function() again() while true do end end }) end
again()
END

# Functions of the libraries that work for long.
echo '(("a"):rep(100000)):find(".-.-.-.-b")' | sed 's/^/local _ = /' | over "$instructions"

echo 'while true do local _ = ("x"):rep(100000):upper() end' | over "$instructions"
echo 'while true do local _ = ("x"):rep(100000):reverse() end' | over "$instructions"
echo 'while true do local _ = ("%s%q"):format(("x"):rep(10000), ("\0"):rep(10000)) end' | over "$instructions"
echo 'table.move({}, 1, 1 << 60, 2)' | over "$instructions"
echo 'table.move(setmetatable({}, { __index = function() return 1 end, __newindex = function() end }), 1, 1 << 60, 2)' |
	over "$instructions"
echo 'table.concat(setmetatable({}, { __len = function() return 1 << 60 end, __index = function() return "" end }))' |
	over "$instructions"
echo 'table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1)' | over "$instructions"
echo 'table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)' | over "$instructions"
echo 'table.sort(setmetatable({}, { __len = function() return 1 << 30 end, __index = function() return 1 end, __newindex = function() end }), function() return true end)' |
	lua_raises "sort"
echo 'local s = ("\u{20AC}"):rep(100000) while true do utf8.len(s) end' | over "$instructions"
echo 'local s = ("\x80"):rep(200000) while true do utf8.offset("a" .. s, 2) end' | over "$instructions"
echo 'local s = ("["):rep(50000) while true do load("return " .. s) end' | lua_raises "instruction-limit"
echo 'local s = "--" .. ("x"):rep(200000) while true do load(s) end' | over "$instructions"
echo 'local s = " " .. ("0"):rep(200000) while true do tonumber(s) end' | over "$instructions"
echo 'local a, b = ("x"):rep(200000) .. 1, ("x"):rep(200000) .. 1 while true do local _ = a == b end' | over "$instructions"
echo 'local a, b = ("x"):rep(200000) .. 1, ("x"):rep(200000) .. 2 while true do local _ = a < b end' | over "$instructions"
echo 'local t = {} for i = 1, 9000 do t[i .. ""] = 1 end while next(t) do t[next(t)] = nil end while true do next(t) end' |
	over "$instructions"
echo 'local p = "[" .. ("b"):rep(200000) .. "]" while true do (("a"):rep(1000)):find(p) end' | sed 's/(("a")/local _ = (("a")/' |
	over "$instructions"

echo 'local a = ("\0"):rep(200000) local b, c = a .. 1, a .. 2 while true do local _ = b < c end' | over "$instructions"
echo 'local _ = ("a"):rep(200000):find("^(a*)%1b")' | over "$instructions"
echo 'load("while true do " .. ("if x then break end "):rep(6000) .. "end")' | over "$instructions"

# What is left by an error or a yield counts as well.
over "$instructions" <<'END'
local f = load("local x = 1 " .. ("x = x + 1 "):rep(15000) .. "error()", "=script")
for i = 1, 200 do pcall(f) end
rcu.outlasted = "errors"
END
over "$instructions" <<'END'
local f = load("local x = 1 " .. ("x = x + 1 "):rep(15000) .. "coroutine.yield()", "=script")
for i = 1, 200 do coroutine.wrap(f)() end
rcu.outlasted = "yields"
END

# Finalizers in C do not run after the end either.
lua_raises "$instructions" <<'END'
collectgarbage("stop")
for i = 1, 300 do setmetatable({}, { __gc = print, __name = "outlasted" }) end
local c <close> = setmetatable({}, { __close = print, __name = "outlasted" })
while true do end
END
if said | grep -q outlasted; then
	fail "finalizers ran: $(said)"
fi

# Each limit is for one script: the next begins anew, in the same state.
for _ in 1 2 3 4; do
	echo 'for i = 1, 400000 do end' | lua
done
alive
