# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The flavours of flavours/, loaded at the same time: each runs what it is for, and has no more than it says.
load lunatik_tiny lunatik_sealed lunatik_embedded lunatik lunatik_server
device=luatiny
lua <<'END'
assert(rcu.switch == nil)
rcu.switch = (rcu.switch or 0) + 1
assert(rcu.switch == 1 and #rcu == 1)
assert(string == nil and table == nil and not pcall(function() rcu.switch = "text" end))
print("tiny", require "lunatik".states)
END
expect 'tiny	1'
device=luasealed
mark
echo count | submit || fail "a name was refused: $(/bin/cat /tmp/submit.err)"
until_true is_idle
expect 'events	1'
count() {
	lunatik --device luasealed run "$@"
}
[ "$(count --typed --script count doors 41)" = 'doors	41' ] || fail 'count doors 41'
[ "$(count --script count doors)" = 'doors	42' ] || fail 'count doors'
if count --script count doors many 2>/tmp/err; then fail 'many was counted'; fi
grep -q 'usage: count' /tmp/err || fail "$(/bin/cat /tmp/err)"
[ "$(count --script report reset | sort)" = 'doors	42
events	1' ] || fail 'report'
[ -z "$(count --script report)" ] || fail 'it was not reset'
if echo 'return 1' | submit; then fail 'it took Lua'; fi
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
for module in lunatik_server lunatik lunatik_embedded lunatik_sealed; do
	unload "$module"
	echo 'assert(rcu.switch == 1)' | lua
done
