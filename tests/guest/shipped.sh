# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The flavours of flavours/, loaded at the same time: each runs what it is for, and has no more than it says.
load lunatik_tiny lunatik_embedded lunatik lunatik_server
device=luatiny
lua <<'END'
assert(rcu.switch == nil)
rcu.switch = (rcu.switch or 0) + 1
assert(rcu.switch == 1 and #rcu == 1)
assert(string == nil and table == nil and not pcall(function() rcu.switch = "text" end))
print("tiny", require "lunatik".states)
END
expect 'tiny	1'
device=luaembedded
lua <<'END'
assert(rcu.switch == nil and utf8 == nil)
for i = 1, 1000 do rcu["key " .. i] = string.rep("x", i) end
local count = require "counter"(rcu, "n")
count:add(#rcu)
print("embedded", require "lunatik".states, count:get())
END
expect 'embedded	2	1000'
device=luadrv
lua <<'END'
assert(rcu.n == nil and counters == nil and utf8 and math and coroutine)
rcu.n = 4
print("default", require "lunatik".states, require "inspect"(rcu.n))
END
expect 'default	4	4'
device=luaserver
lua <<'END'
assert(#rcu == 0 and utf8 and math and coroutine and require "memo")
rcu.large = string.rep("x", 1 << 20)
for i = 1, 100000 do counters[tostring(i)] = i end
print("server", require "lunatik".states, #rcu.large, #counters)
END
expect 'server	64	1048576	100000'
# The others go, one after the other, and this one stays.
device=luatiny
for module in lunatik_server lunatik lunatik_embedded; do
	unload "$module"
	echo 'assert(rcu.switch == 1)' | lua
done
