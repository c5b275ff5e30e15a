# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# One CPU on which nothing is preempted: scripts that never end by themselves let this shell, and each other, have it too.
load
[ "$(grep -c ^processor /proc/cpuinfo)" = 1 ] || fail 'there is more than one CPU'

# turns: while all four scripts run, processes begin and end here, and the scripts are ended.
turns() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		/bin/cat /proc/uptime >/dev/null
	done
	[ "$(pending)" = 4 ] || fail "$(pending) scripts were left when this had its turns: $(said)"
	for id in $(lunatik ps --json | sed 's/},/}\n/g' | sed -n 's/.*"id": *\([0-9]*\).*/\1/p'); do
		lunatik kill "$id"
	done
	until_true is_idle
	[ "$(said | grep -c 'script killed')" = 4 ] || fail "not all were killed: $(said)"
}

mark
echo 'while true do end' | submit
echo 'local function f() return f() end f()' | submit
echo 'local _ = ("a"):rep(100000):find(".-.-.-.-b")' | submit
submit <<'END'
local many = { __len = function() return 1 << 30 end, __index = function() return 1 end, __newindex = function() end }
table.sort(setmetatable({}, many), function() return true end)
END
turns
mark
echo 'local t = {} for i = 1, 100000 do t[i] = {} end while true do collectgarbage() end' | submit
echo 'while true do local t = {} for i = 1, 50000 do t[i .. "k"] = 1 end end' | submit
echo 'local s = ("x"):rep(1000000) while true do local _ = s:reverse() end' | submit
echo 'local s = "return " .. ("1 + "):rep(30000) .. "1" while true do load(s) end' | submit
turns
alive
