# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A module without a compiler: what it contains runs, when it is loaded and by name, within its limits; nothing else does.
device=luacontained
# has MODULE TEXT: whether this is anywhere in a module.
has() {
	tr '\0' '\n' <"/host/$1.ko" | grep -qF -- "$2"
}
# The compiler is no part of it. Where there is one, its functions have these names; those that only it
# calls are behind the name of their file.
for symbol in luaY_ luaX_ luaK_ luaB_load lparser.c llex.c lcode.c; do
	has lunatik_listed "$symbol" || fail "no $symbol where it should be"
	if has lunatik_contained "$symbol"; then fail "$symbol is left"; fi
done
has lunatik_listed luaU_undumpown || fail 'listed cannot load what it contains'
# What loads, names and starts scripts is part of a module only where there are some.
for text in luaU_undumpown lundump.c 'not started:' 'what was written is no name of one' 'it is meant to fail'; do
	has lunatik_contained "$text" || fail "no $text where it should be"
	if ! builtin lunatik && has lunatik "$text"; then fail "$text is in the default flavour"; fi
done
for symbol in 12lunatik_main6script start_scripts; do
	if ! builtin lunatik && has lunatik "$symbol"; then fail "the default flavour has $symbol"; fi
done
mark
load lunatik_contained
until_true is_idle
expect first
# One that fails says so, with its line, and keeps nothing from loading.
expect 'broken:4: it is meant to fail'
expect '	broken:6: in main chunk'
[ "$(complaints | grep -c 'meant to fail')" = 1 ] || fail "$(said)"

# run_named NAME: writes the name of a script, and waits for its end.
run_named() {
	mark
	echo "$1" | submit || fail "$1 was refused: $(/bin/cat /tmp/submit.err) $(said)"
	until_true is_idle
}

# By name, with a newline or without. The modules of the flavour are there, `load` is not.
run_named first
expect first
printf echo | submit
until_true is_idle
expect 0
run_named closed
expect closed
[ -z "$(complaints)" ] || fail "$(said)"
# What is larger than a slice of Lua's reader, and a string that lies in the module.
run_named long
expect 'ABCDEFGHIJKLMNOPQRSTUVWXYZ	172	 abcdefghijklmnopqrstuvwxyz  ABCDEFGHIJKLMNOPQRSTUVWXYZ '
expect 'long:172: line 172'

# refuses: standard input is no name: the writer hears of it, the log does not tell what it was, and nothing runs.
refuses() {
	mark
	if submit; then fail "taken: $(/bin/cat /tmp/script)"; fi
	grep -q 'Exec format error' /tmp/submit.err || fail "an odd error: $(/bin/cat /tmp/submit.err)"
	until_true is_idle
	[ "$(said | grep -c 'what was written is no name of one')" = 1 ] || fail "$(said)"
	[ "$(said | wc -l)" = 1 ] || fail "it tells more: $(said)"
}
started=$(/bin/cat /sys/class/misc/luacontained/started)
echo 'print("text")' | refuses
echo 'return 1' | refuses
printf '\33Lua\125\0\31\223\r\n\32\n\4\210\251\377\377' | refuses
printf '\33' | refuses
printf 'first\n\n' | refuses
printf ' first' | refuses
printf 'first\0' | refuses
printf 'first echo' | refuses
echo | refuses
/bin/dd if=/dev/urandom bs=4096 count=4 2>/dev/null | refuses
# What may become a name is looked at when the last descriptor goes, which is the writer's own here.
mark
printf firs >/tmp/script
if (exec /bin/cat /tmp/script >/dev/luacontained 2>/tmp/err); then fail 'the beginning of a name was taken'; fi
grep -q 'Exec format error' /tmp/err || fail "$(/bin/cat /tmp/err)"
# Nor what a shell writes piece by piece: no name begins with it.
echo 'print("the first piece")' >/tmp/wrong
mark
{
	if /bin/cat /tmp/wrong 2>/tmp/err; then fail 'a wrong piece was taken'; fi
	if echo first 2>/tmp/err; then fail 'the rest was taken'; fi
} >/dev/luacontained
until_true is_idle
[ "$(/bin/cat /sys/class/misc/luacontained/started)" = "$started" ] || fail 'something was started'
# Pieces of a name are one.
mark
{
	printf ec >/tmp/piece
	/bin/cat /tmp/piece
	printf ho >/tmp/piece
	/bin/cat /tmp/piece
} >/dev/luacontained
until_true is_idle
expect 0

# The interface. Numbers of runs are left out.
tool <<'END' | sed 's/id[ =][0-9]*/id/; /^error(/d' >/tmp/says
open 0 /dev/luacontained
info 0
scripts 0
scripts 0 room=1
scripts 0 room=0 stride=0
scripts 0 stride=0
write 0 echo
run 0 values arg=7 arg=s:x
result 0
write 0 return 1
run 0 named
run 0
write 0 closed
run 0 check
result 0
write 0 endless
run 0 named
list 0
write 0 echo
kill 0 0
result 0
write 0 nothing
read 0
write 0 echo
read 0
END
/bin/cat >/tmp/wanted <<'END'
abi=2 flags=0x1 states=3 tables=1 scripts=7 script=1048576 memory=1048576 module=lunatik_contained device=luacontained version=0.1.0
7 scripts
first flags=0x1
broken flags=0x1
echo flags=0x0
closed flags=0x0
endless flags=0x0
hungry flags=0x0
long flags=0x0
7 scripts
first flags=0x1
7 scripts
EINVAL
id
ok id output=6
values(3): 7	x
ENOEXEC
ENODATA
id
ok id output=0
id
1 scripts
id runs mine=true uid=0 flags=0x20 name=endless
EBUSY
asked
killed id output=0
ENOEXEC
[0\n]
END
cmp -s /tmp/says /tmp/wanted || fail "it says: $(/bin/cat /tmp/says) $(said)"

# The command.
export LUNATIK_DEVICE=luacontained
[ "$(lunatik run --script echo a --script 3)" = '3	a	--script	3' ] || fail 'run --script'
lunatik run --json --script echo 1 | grep -q '"values":\["1"\]' || fail 'run --json --script'
lunatik scripts >/tmp/out
[ "$(sed -n 1p /tmp/out)" = '  SIZE  LOAD  SCRIPT' ] || fail "$(/bin/cat /tmp/out)"
for row in '  yes   first$' '  -     long$'; do
	grep -q "$row" /tmp/out || fail "$(/bin/cat /tmp/out)"
done
lunatik scripts --json | grep -q '"name":"echo"' || fail 'scripts --json'
lunatik info | grep -q '^compiler  *no' || fail "$(lunatik info)"
echo 'return 1' >/tmp/one.lua
for what in 'run /tmp/one.lua' 'eval 1' 'check /tmp/one.lua' 'repl' 'get rcu runs' 'set rcu runs 1' 'del rcu runs' 'list rcu'; do
	# shellcheck disable=SC2086 # words of a command
	if lunatik $what >/tmp/out 2>&1 </dev/null; then fail "$what was done: $(/bin/cat /tmp/out)"; fi
	grep -q 'compiles nothing' /tmp/out || fail "$what: $(/bin/cat /tmp/out)"
done
lunatik check --offline /tmp/one.lua
if lunatik run --script nothing 2>/tmp/err; then fail 'a script without a name ran'; fi
grep -q 'contains no script of this name' /tmp/err || fail "$(/bin/cat /tmp/err)"

# Limits hold, with the line, in what lies in the module.
run_named hungry
complaints | grep -q 'hungry:[34]: memory-limit of 1048576 bytes exceeded' || fail "$(said)"
run_named endless
complaints | grep -q 'endless:[345]: instruction-limit of 10000000 exceeded' || fail "$(said)"
run_named first

# One runs while the module goes.
mark
lunatik run --detach --script endless >/tmp/id
until_true sh -c 'lunatik ps | grep -q endless'
unload lunatik_contained
said | grep -q 'endless:[345]: script stopped: the module is being unloaded' || fail "$(said)"

# With a compiler, scripts are there beside it; these have no lines. One is the module's own, as root and without a process.
device=lualisted
export LUNATIK_DEVICE=lualisted
mark
load lunatik_listed
until_true sh -c '[ "$(cat /sys/class/misc/lualisted/running)" = 1 ]'
lunatik ps | grep -qE '^ +[0-9]+ +[0-9]+ +- +0 .* endless$' || fail "$(lunatik ps)"
expect first
expect 'it is meant to fail'
[ "$(lunatik eval 'load "return 6 * 7" ()')" = 42 ] || fail 'load'
[ "$(lunatik run --script echo text)" = '1	text' ] || fail 'by name'
[ "$(lunatik get rcu broken)" = true ] || fail 'the table'
lunatik info | grep -q '^compiler  *yes' || fail "$(lunatik info)"
# Without the flag, what is written is Lua.
if lunatik run - </dev/null; then :; else fail 'the empty script'; fi
if echo first | lunatik run - 2>/tmp/err; then fail 'a name ran as Lua'; fi
lunatik kill "$(lunatik ps | sed -n 's/^ *\([0-9]*\) .* endless$/\1/p')"
until_true sh -c '[ "$(cat /sys/class/misc/lualisted/running)" = 0 ]'
unload lunatik_listed
load lunatik_listed
until_true sh -c 'lunatik ps | grep -q endless'
unload lunatik_listed
