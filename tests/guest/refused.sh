# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What is no Lua is refused when the device is closed, and the next script runs.
load
echo 'x = = 1' | lua_refused "script:1: unexpected symbol near '='"
alive
printf 'print(1)\nfor i = 1 do end\n' | lua_refused "script:2: ',' expected near 'do'"
alive
# An unfinished one, too, where the writer's close is the last; while others hold the file, more may come.
printf 'if x then\n' >/tmp/unfinished
if (exec /bin/cat /tmp/unfinished >/dev/luadrv 2>/tmp/err); then fail 'an unfinished script was taken'; fi
grep -q 'Exec format error' /tmp/err || fail "$(/bin/cat /tmp/err)"
mark
{
	/bin/cat /tmp/unfinished
	/bin/cat /tmp/unfinished
	echo 'end end print("finished")'
} >/dev/luadrv
until_true is_idle
expect finished
# What looks wrong but is the beginning of something is not.
mark
{
	printf 'goto out\nprint("not this")\nlocal a = 0x' >/tmp/begun
	/bin/cat /tmp/begun
	printf 'ff\n::out:: print("went out", [==' >/tmp/begun
	/bin/cat /tmp/begun
	echo '[]==])'
} >/dev/luadrv
until_true is_idle
said | grep -q 'jumps into the scope of' || expect 'went out	'
# What no more text can mend is refused at once, and the rest with it.
echo 'x = = 1' >/tmp/wrong
mark
{
	if /bin/cat /tmp/wrong 2>/tmp/err; then fail 'a wrong script was taken'; fi
	if echo 'print("the rest")' 2>/tmp/err; then fail 'the rest was taken'; fi
} >/dev/luadrv
until_true is_idle
if said | grep -q 'the rest'; then fail 'the rest ran'; fi
alive
/bin/dd if=/dev/urandom of=/tmp/garbage bs=4096 count=4 2>/dev/null
printf '\0\377' | /bin/cat - /tmp/garbage | lua_refused 'script:1: '
alive
printf '\33Lua\125\0\31\223\r\n\32\n' | lua_refused 'attempt to load a binary chunk'
alive
echo 'x = 1.5' | lua_refused "script:1: float literal, but numbers are 64-bit integers, near '1.5'"
echo 'x = 1e3' | lua_refused "script:1: float literal, but numbers are 64-bit integers, near '1e3'"
echo 'x = 0x1p4' | lua_refused "script:1: float literal, but numbers are 64-bit integers, near '0x1p4'"
echo 'x = 9223372036854775808' | lua_refused "script:1: integer literal does not fit in 64 bits, near '9223372036854775808'"
echo 'x = 3abc' | lua_refused "script:1: malformed number near '3abc'"
alive
# Nested too deep for the kernel's stack: parentheses, tables, functions, blocks, unary operators.
for unit in '(' '{' '- ' 'not '; do
	{
		printf 'return '
		yes "$unit" | head -n 100000 | tr -d '\n'
	} | lua_refused 'C stack overflow'
done
{
	yes 'do' | head -n 100000
} | lua_refused 'C stack overflow'
{
	yes 'return function()' | head -n 50000 | tr '\n' ' '
} | lua_refused 'C stack overflow'
alive
