# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a state that was kept does at its end is its script's: it is listed, can be ended, and prints no more than the script may.
load
mark
# The file is closed, and a finalizer goes on for ever: until somebody ends it.
says 'id 1
ok id=1 output=0
id 2
1 scripts
id=1 runs mine=true uid=0 flags=0x2 name=loops
asked
ESRCH' <<'END'
open 0 /dev/luadrv
write 0 setmetatable({}, { __gc = function() rcu.begun = true while true do end end })
run 0 keep name=loops
result 0
close 0
open 1 /dev/luadrv
write 1 while not rcu.begun do end
run 1
quiet result 1
close 1
open 0 /dev/luadrv r
list 0
kill 0 1
settle
kill 0 1
END
until_true is_idle
alive
# The limits are the script's.
says 'id 4
ok id=4 output=0
0 scripts' <<'END'
open 0 /dev/luadrv
write 0 setmetatable({}, { __gc = function() while true do end end })
run 0 keep instructions=100000
result 0
close 0
open 0 /dev/luadrv r
settle
list 0
END
# Nobody reads what it prints, and the log is not for that.
says 'id 5
ok id=5 output=0
0 scripts' <<'END'
open 0 /dev/luadrv
write 0 setmetatable({}, { __gc = function() for i = 1, 100 do print("outlasted") end end })
run 0 keep
result 0
close 0
open 0 /dev/luadrv r
settle
list 0
END
until_true is_idle
if said | grep -q outlasted; then fail "$(said | head)"; fi
alive
