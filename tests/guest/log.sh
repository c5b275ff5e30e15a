# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The kernel log: whole lines, long ones split and complete, errors with a traceback.
load
lua <<'END'
print("a", 1, nil, true, -7)
print()
print("two\nlines")
print("bell \a, escape \27[31m, zero \0 and \127")
print("täglich Öl")
io = setmetatable({}, { __tostring = function() return "made by __tostring" end })
print(io)
warn("be", " warned")
warn("@off")
warn("not this one")
warn("@on")
print(("0123456789"):rep(500))
print(("ä"):rep(1000))
END
expect 'a	1	nil	true	-7'
expect ''
expect 'two'
expect 'lines'
expect 'bell \x07, escape \x1b[31m, zero \x00 and \x7f'
expect 'täglich Öl'
expect 'made by __tostring'
expect 'Lua warning: be warned'
if said | grep -q 'not this one'; then fail 'a warning while they are off'; fi
[ "$(said | sed -n 's/^luadrv\[[0-9]\]: \([0-9]*\)$/\1/p' | tr -d '\n' | wc -c)" = 5000 ] || fail "digits were lost: $(said)"
[ "$(said | sed -n 's/^luadrv\[[0-9]\]: \(ä*\)$/\1/p' | tr -d '\n' | wc -c)" = 2000 ] || fail "letters were lost: $(said)"

lua_raises 'script:2: deep down' <<'END'
local function inner()
  error("deep down")
end
local function outer() inner() end
outer()
END
said | grep -q "in upvalue 'inner'" || fail "no traceback: $(said)"
said | grep -q "in local 'outer'" || fail "no traceback: $(said)"
dmesg -r | grep -q '^<3>.*deep down' || fail 'an error is not logged as one'
echo 'error(nil)' | lua_raises '<no error object>'
echo 'error({})' | lua_raises '(error object is a table value)'
echo 'error(setmetatable({}, { __tostring = function() return "readable" end }))' | lua_raises readable
echo 'error("no position", 0)' | lua_raises 'no position'
echo 'local x = nil; x.y = 1' | lua_raises "script:1: attempt to index a nil value (local 'x')"
alive
