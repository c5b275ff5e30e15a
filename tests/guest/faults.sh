# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Memory is refused once to each allocation that scripts, their submitter and the loading of the module make. That nothing
# is lost and that the kernel says nothing is for `run` to see.
faults=/sys/kernel/debug
[ -e "$faults/failslab" ] || {
	echo "skipped: this kernel refuses no memory (CONFIG_FAILSLAB)"
	exit 0
}
for which in failslab fail_page_alloc; do
	# Those that could wait for memory as well, and nothing said of it.
	echo N >"$faults/$which/ignore-gfp-wait"
	echo 0 >"$faults/$which/verbose"
	# Nobody has to look at who allocates.
	echo 0 >"$faults/$which/stacktrace-depth"
done
echo 0 >"$faults/fail_page_alloc/min-order"
echo N >"$faults/fail_page_alloc/ignore-gfp-highmem"
# What scripts say is not looked at.
dmesg -n 3

mkdir /tmp/faults
cat >/tmp/faults/values.lua <<'END'
-- Tables, strings, functions, threads: most of what Lua makes.
local t = {}
for i = 1, 6 do t[i] = { i } t["k" .. i] = i end
table.sort(t, function(a, b) return a[1] > b[1] end)
local s = table.concat({ "a", "b", ("c"):rep(300) }, ", "):gsub("%w", { a = "x" }):upper()
local co = coroutine.wrap(function(...) for _, v in ipairs { ... } do coroutine.yield(v) end end)
local sum = co(1, 2, 3) + co() + co()
local f = load("local a <close> = setmetatable({}, { __close = function() end }) return ... .. 'y'")
local ok, message = pcall(error, { "table" })
print(s, sum, f("x"), ok, type(message), utf8.char(228, 8364), ("%5d|%-8s|%q"):format(42, "x", "y\n"))
local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end
print(deep(200), select("#", table.unpack(t, 1, 6)), string.pack(">i8s2", 7, "z"))
setmetatable({}, { __gc = function() print("gone") end })
warn("@on") warn("a ", "warning")
return { list = { 1, 2, { x = true } } }, "y", nil
END
cat >/tmp/faults/shared.lua <<'END'
-- The table: it grows, shrinks, is walked and written meanwhile.
local R = require "rcutable"
-- What one left that ended half way.
R.clear(rcu)
for i = 1, 20 do rcu["k" .. i] = i end
for i = 1, 5 do rcu["k" .. i] = ("v"):rep(i * 9) end
for k, v in pairs(rcu) do if v == 15 then rcu[k] = nil end end
R.add(rcu, "n", 5)
R.cas(rcu, "n", 5, "six")
R.swap(rcu, "n", true)
R.setdefault(rcu, "m", ("m"):rep(99))
R.update(rcu, "m", function(v) return v .. "!" end)
local copy, count = R.snapshot(rcu), 0
for _ in pairs(copy) do count = count + 1 end
assert(count == #rcu)
local held = rcu.m
R.clear(rcu)
return held, #rcu
END
cat >/tmp/faults/modules.lua <<'END'
local inspect, memo, counter = require "inspect", require "memo", require "counter"
print(inspect { 1, a = { b = "c" } })
local double = memo(rcu, "double:", function(x) return x * 2 end)
print(double(21), double(21))
counter(rcu, "c"):add(2)
error(setmetatable({}, { __tostring = function() return "no memory of this" end }))
END

load lunatik_faults
device=luafault
# A table that a script left full is no matter for the next one.
echo 'require("rcutable").clear(rcu)' | lua
/host/faults run luafault /tmp/faults/values.lua /tmp/faults/shared.lua /tmp/faults/modules.lua || fail "a refusal"
/host/faults submit luafault || fail "a refusal"
unload lunatik_faults
mark
/host/faults load /host/lunatik_faults.ko || fail "a refusal"
# The kernel's own part in loading a module warns of two things: that it got no memory for the file, and that the fields of a
# tracepoint were refused.
dmesg -c >/tmp/loading
if grep -E 'BUG|KASAN|INFO:|WARNING:|Oops|refcount_t' /tmp/loading | grep -v ' at event_define_fields+'; then
	fail "loading without memory"
fi
load lunatik_faults
echo 'rcu.x = 1' | lua
dmesg -n 8
