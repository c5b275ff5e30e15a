# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A string that a script got from a table is its own: it stays when the element goes, and counts as its memory.
load
lua <<'END'
rcu.big = ("a"):rep(60000)
local mine = rcu.big
rcu.big = ("b"):rep(60000)
local other = rcu.big
rcu.big = nil
collectgarbage()
for i = 1, 2000 do rcu["junk" .. i] = ("c"):rep(100) end
assert(mine == ("a"):rep(60000) and other == ("b"):rep(60000))
local copy = { [mine] = 1 }
assert(copy[("a"):rep(60000)] == 1)
mine, other, copy = nil, nil, nil
collectgarbage()
-- Far more than memory-limit goes through a state...
rcu.big = ("d"):rep(65536)
for i = 1, 2000 do assert(#rcu.big == 65536) end
-- ... while it holds little.
collectgarbage()
assert(#rcu.big == 65536)
END
# More than that it cannot hold.
lua_raises 'memory-limit of 16777216 bytes exceeded' <<'END'
local held = {}
for i = 1, 1000 do rcu.big = ("e"):rep(65535); held[i] = rcu.big; rcu.count = i end
END
echo 'assert(rcu.count > 200 and rcu.count < 300, rcu.count) assert(#rcu.big == 65535)' | lua
alive
