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
# Of an error the log has the beginning. It can be as long as a string, with as many lines.
mark
submit <<'END' || fail "it does not compile"
error(("\n"):rep(100000), 0)
END
until_true is_idle
[ "$(said | wc -l)" -lt 4200 ] || fail "$(said | wc -l) lines for an error"
said | grep -q 'bytes more)$' || fail "$(said | tail -n 3)"
# A warning counts by its lines, as what is printed does, and what is next begins a line of its own.
over "$output" <<'END'
warn(("\n"):rep(3000), ("w"):rep(3000))
END
if said | grep -q 'w.*script:'; then fail "$(said | tail -n 9)"; fi
# So much exactly is not too much.
echo 'for _ = 1, 4 do print(("y"):rep(1023)) end' | lua
alive
