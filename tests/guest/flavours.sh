# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Flavours that differ in everything, loaded at the same time: nothing is shared. One has no tables.
load lunatik lunatik_second lunatik_small lunatik_none
[ "$(stat -c %a /dev/luasec)" = 620 ] || fail "the mode: $(stat -c %a /dev/luasec)"
lua <<'END'
rcu.mine = "default"
assert(names == nil)
END
device=luasec
lua <<'END'
assert(rcu.mine == nil and #rcu == 0)
rcu.mine = 2
names.mine = "second"
assert(string == nil and math == nil and utf8 == nil and coroutine == nil and table ~= nil)
local ok, message = pcall(function() rcu.mine = "text" end)
assert(not ok)
print(message)
ok, message = pcall(function() names.mine = 1 end)
print(message)
print(select(2, pcall(function() rcu["seventeen bytes.."] = 1 end)))
print(select(2, pcall(require, "inspect")))
print(pcall(require, "memo"))
END
expect "script:5: table 'rcu', key 'mine': a value is an integer or a boolean, not a string"
expect "script:8: table 'names', key 'mine': a value is a string, not a number"
expect "script:10: table 'rcu': key of 17 bytes is longer than key-max (16)"
expect "module 'inspect' is not in this flavour, which has: memo, rcutable"
said | grep -q 'true	function: ' || fail "$(said)"
device=luasmall
lua <<'END'
assert(rcu.a == nil and table == nil)
rcu.a = 3
END
device=luanone
lua <<'END'
assert(rcu == nil and string and math)
local R = require "rcutable"
for _, f in pairs { R.add, R.cas, R.swap, R.setdefault, R.clear } do
  local ok, message = pcall(f, {}, "k", 1, 2)
  assert(not ok and message:find("shared table expected", 1, true), message)
end
END
unload lunatik_second
device=luadrv
lua <<'END'
assert(rcu.mine == "default" and #rcu == 1)
END
device=luasmall
lua <<'END'
assert(rcu.a == 3)
END
