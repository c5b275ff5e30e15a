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
# A character of several bytes stays whole.
for letter in ä € 𝄞; do
	echo "print('x' .. ('$letter'):rep(1000))" | lua
	[ "$(said | wc -l)" -gt 1 ] || fail "it was not split: $(said)"
	said | sed 's/^luadrv\[[0-9]\]: x*//' | while read -r line; do
		[ -z "$(echo "$line" | sed "s/$letter//g")" ] || fail "a character was split: $line"
	done
	[ "$(said | sed 's/^luadrv\[[0-9]\]: x*//' | tr -d '\n' | wc -c)" = "$((1000 * $(printf %s "$letter" | wc -c)))" ] ||
		fail "letters were lost: $(said)"
done

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
echo 'error(nil)' | lua_raises '(error object is a nil value)'
echo 'error({})' | lua_raises '(error object is a table value)'
echo 'error(setmetatable({}, { __tostring = function() return "readable" end }))' | lua_raises readable
echo 'error("no position", 0)' | lua_raises 'no position'
echo 'local x = nil; x.y = 1' | lua_raises "script:1: attempt to index a nil value (local 'x')"
alive
