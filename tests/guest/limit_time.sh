# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A script over its time-limit ends, whatever it tries; and the next one runs. That of a run may be less than the flavour's.
load

# late: standard input as a script, which must end for its time, at a line of it, and set no rcu.outlasted.
late() {
	/bin/cat >/tmp/late.lua
	status=0
	lunatik run --time 50ms /tmp/late.lua >/tmp/out 2>/tmp/err || status=$?
	[ "$status" = 1 ] || fail "exit status $status: $(/bin/cat /tmp/err)"
	grep -q 'late.lua:[0-9]*: time-limit of 50 ms exceeded' /tmp/err || fail "$(/bin/cat /tmp/err)"
	grep -q 'stack traceback:' /tmp/err || fail "no traceback: $(/bin/cat /tmp/err)"
	echo 'assert(rcu.outlasted == nil, rcu.outlasted)' | lua
}

echo 'while true do end' | late
echo 'while true do pcall(function() while true do end end) end' | late
echo 'while true do xpcall(error, function() while true do end end) end' | late
echo 'local f = coroutine.wrap(function() while true do end end) pcall(f) rcu.outlasted = true' | late
echo 'setmetatable({}, { __gc = function() while true do end end }) collectgarbage() rcu.outlasted = true' | late
echo 'do local c <close> = setmetatable({}, { __close = function() while true do end end }) end rcu.outlasted = true' | late
echo 'local _ = (("a"):rep(100000)):find(".-.-.-.-b")' | late
echo 'table.sort(table.pack((("x"):rep(200)):byte(1, -1)), function() while true do end end)' | late
echo 'while true do rcu.k = (rcu.k or 0) + 1 end' | late
echo 'while true do for _ in pairs(rcu) do end end' | late
echo 'while true do print "x" end' | late
# One that takes less is not ended.
echo 'return 6 * 7' >/tmp/soon.lua
lunatik run --time 1h /tmp/soon.lua 2>/tmp/err && fail "more than the flavour's: $(/bin/cat /tmp/err)"
lunatik run --time 10min /tmp/soon.lua || fail "it was ended"
alive
