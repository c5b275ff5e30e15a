# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A script over its output-limit ends, whatever it tries, and nothing of the line that is too much is printed.
load lunatik_limited
device=lualim
output='output-limit of 4096 bytes exceeded'

echo 'while true do print(("x"):rep(99)) end' | over "$output"
[ "$(said | grep -c xxxxx)" -le 41 ] || fail "more was printed: $(said | grep -c xxxxx)"
echo 'while true do pcall(print, ("x"):rep(1000)) end' | over "$output"
echo 'print(("x"):rep(5000)) rcu.outlasted = true' | over "$output"
echo 'for i = 1, 5000 do print() end' | over "$output"
over "$output" <<'END'
local co = coroutine.wrap(function() while true do print(("c"):rep(500)) end end)
pcall(co)
rcu.outlasted = true
END
over "$output" <<'END'
setmetatable({}, { __gc = function() while true do print(("g"):rep(500)) end end })
collectgarbage()
rcu.outlasted = true
END
over "$output" <<'END'
print(setmetatable({}, { __tostring = function() while true do print(("t"):rep(500)) end end }))
rcu.outlasted = true
END
echo 'while true do warn(("w"):rep(500)) end' | over "$output"
# So much exactly is not too much.
echo 'for _ = 1, 4 do print(("y"):rep(1023)) end' | lua
alive
