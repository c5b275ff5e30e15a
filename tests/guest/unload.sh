# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# rmmod ends what runs, whatever it does, and nothing of the module is left.
load
mark
submit <<'END'
while true do end
END
submit <<'END'
while true do pcall(function() while true do end end) end
END
submit <<'END'
local function spin() for i = 1, math.maxinteger do rcu["k" .. i % 100] = ("v"):rep(i % 200) end end
while true do coroutine.wrap(function() pcall(spin) end)() end
END
submit <<'END'
setmetatable({}, { __gc = function() while true do end end })
local function f() return f() end
f()
END
[ "$(pending)" = 4 ] || fail "$(pending) pending"
unload
[ ! -e /dev/luadrv ] || fail 'the node is still there'
[ ! -e /sys/class/misc/luadrv ] || fail 'the device is still in sysfs'
if ps -o comm | grep '^luadrv/'; then fail 'threads are left'; fi
[ "$(said | grep -c 'script stopped: the module is being unloaded')" -ge 4 ] || fail "$(said)"

load
mark
# Loops inside C: patterns that try too much, tables that never end, sorting by a liar.
submit <<'END'
string.find(("a"):rep(100000), ".-.-.-.-b")
END
submit <<'END'
table.move({}, 1, math.maxinteger - 1, 2)
END
submit <<'END'
table.insert(setmetatable({}, { __len = function() return 1 << 60 end, __index = {}, __newindex = function() end }), 1, 1)
END
submit <<'END'
string.find(("a"):rep(4000000), ("a"):rep(2000000) .. "b", 1, true)
END
[ "$(pending)" -ge 3 ] || fail "$(pending) pending"
unload

load
mark
# Calls of C functions one after the other; readers without an end; a compiler at work.
{
	echo 'local t = {} for i = 1, 200000 do t[i] = {} end local c = collectgarbage'
	yes 'c()' | head -n 100000
} | submit
submit <<'END'
load(collectgarbage)
END
submit <<'END'
local first = true
load(function() if first then first = false return "--" end return "x" end)
END
submit <<'END'
string.find(("("):rep(4000000), "%b()")
END
[ "$(pending)" -ge 3 ] || fail "$(pending) pending"
unload

# An attribute that somebody has open does not outlive the module in a bad way.
load
exec 3</sys/class/misc/luadrv/running
unload
exec 3<&-
load
unload

# A file that is open keeps the module: its script comes first.
load
exec 3>/dev/luadrv
if rmmod lunatik 2>/dev/null; then fail 'unloaded with an open file'; fi
exec 3>&-
alive
