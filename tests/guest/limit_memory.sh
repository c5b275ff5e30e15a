# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A script over its memory-limit ends, whatever it tries, for tables, strings, stacks and buffers; and the next one runs.
load lunatik_limited
device=lualim
memory='memory-limit of 1048576 bytes exceeded'

echo 'local t = {} for i = 1, 1 << 40 do t[i] = i end' | over "$memory"
echo 'local s = "x" while true do s = s .. s end' | over "$memory"
echo 'local s = string.rep("x", 1 << 40)' | over "$memory"
echo 'pcall(string.rep, "x", 1 << 40) rcu.outlasted = "pcall of rep"' | over "$memory"
echo 'pcall(table.create, 1 << 28) rcu.outlasted = "pcall of create"' | over "$memory"
echo 'local function f(...) return f(1, ...) end f()' | lua_raises 'exceeded'
echo 'local t = {} while true do t = { t } end' | over "$memory"
echo 'local t = {} pcall(function() while true do t = { t } end end) rcu.outlasted = "pcall"' | over "$memory"
echo 'local t = {} while true do t[#t + 1] = coroutine.create(print) end' | over "$memory"
echo 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end' | over "$memory"
# Garbage does not count.
lua <<'END'
local s = ("x"):rep(200000)
for i = 1, 100 do local t = s .. i end
print("garbage does not count")
END
expect 'garbage does not count'
alive
