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
-- ... but it cannot hold more than that.
local held = {}
local ok, message = pcall(function()
  for i = 1, 1000 do rcu.big = ("e"):rep(65535); held[i] = rcu.big end
end)
assert(not ok and message:find("not enough memory"), message)
assert(#held > 200 and #held < 300, #held)
held = nil
collectgarbage()
assert(#rcu.big == 65535)
END
alive
