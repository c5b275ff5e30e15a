# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a script prints is read from its file, and how it ended, what it returned, and what it cost.
load
printf 'print("hello", 1, nil)\nprint("second \\27 line")\nwarn("be", "ware")\n' >/tmp/hello
mark

# With no more than a shell: write, read to the end, and again.
exec 3<>/dev/luadrv
/bin/cat /tmp/hello >&3
/bin/cat <&3 >/tmp/read
printf 'hello\t1\tnil\nsecond \033 line\nLua warning: beware\n' >/tmp/wanted
cmp /tmp/read /tmp/wanted || fail "it was read: $(/bin/cat /tmp/read)"
[ -z "$(/bin/cat <&3)" ] || fail 'something after the end'
echo 'print("again")' >&3
[ "$(/bin/cat <&3)" = again ] || fail 'not again'
exec 3>&-
[ -z "$(said)" ] || fail "it was logged: $(said)"

# The first read starts it; the file takes no text meanwhile. Results stay until the next start.
says '[one\n]
EBUSY
EBUSY
ok id=3 output=8
[two\n]
[]
ok id=3 output=8
error id=5 output=0
error(78): script:1: no\nstack traceback:\n	[C]: in global '\''error'\''\n	script:1: in main chunk
[]' <<'END'
open 0 /dev/luadrv
write 0 print("one") while not rcu.go do end rcu.go = nil print("two")
read 0
write 0 print("more")
run 0
spawn result 0
open 1 /dev/luadrv
write 1 rcu.go = true
close 1
join
read 0
read 0
result 0
write 0 error("no")
cat 0
result 0
read 0
END

# A script by ioctl, with a name, arguments, and what it returns. A kept state has its globals; what is not kept has not.
says 'id 6
ok id=6 output=0
values(35): true	nil	-7	two words	9	table: text
id 7
error id=7 output=0
error(122): 8\nstack traceback:\n	[C]: in global '\''error'\''\n	calc:1: in function <calc:1>\n	[C]: in global '\''tostring'\''\n	calc:2: in main chunk
id 8
ok id=8 output=0
values(4): 9	16
id 9
ok id=9 output=0
values(3): nil
id 10
syntax id=10 output=0
error(34): calc:1: unexpected symbol near '\''='\''
id 11
ok id=11 output=0
ENODATA' <<'END'
open 0 /dev/luadrv
write 0 local a, b, c, d = ... seen = (seen or 0) + #d; local t = setmetatable({}, { __tostring = function() return "table: text" end }) return a, b, c, d, seen, t
run 0 keep values name=calc arg=true arg=nil arg=-7 arg=s:two\swords
result 0
write 0 seen = seen + 7 local t = setmetatable({}, { __tostring = function() error(seen // 2) end })\nreturn error(tostring(t))
run 0 keep values name=calc
result 0
write 0 return 9, seen
run 0 values
result 0
write 0 return seen
run 0 values
result 0
write 0 x = = 1
run 0 name=calc
result 0
write 0 error("not run")
run 0 check
result 0
run 0
close 0
END

# What finalizers do when the state is closed is the script's: what they print is read, and one that is over a limit is how
# the script ended, or is told after the error that it ended with.
mark
says '[at the end\n]
[]
instruction-limit id=12 output=11
error(95): script:1: instruction-limit of 100000 exceeded\nstack traceback:\n	script:1: in metamethod '\''__gc'\''
values(4): kept
error id=13 output=0
error(174): script:1: no\nstack traceback:\n	[C]: in global '\''error'\''\n	script:1: in main chunk\nscript:1: instruction-limit of 100000 exceeded\nstack traceback:\n	script:1: in metamethod '\''__gc'\''' <<'END'
open 0 /dev/luadrv
write 0 setmetatable({}, { __gc = function() print("at the end") while true do end end }) return "kept"
quiet run 0 values instructions=100000
read 0
read 0
result 0
write 0 setmetatable({}, { __gc = function() while true do end end }) error("no")
quiet run 0 instructions=100000
result 0
END
# So is what they take.
instructions=$(tool <<'END' | sed -n 's/.* instructions=\([0-9]*\) .*/\1/p'
open 0 /dev/luadrv
write 0 setmetatable({}, { __gc = function() for i = 1, 100000 do end end })
quiet run 0
result 0 numbers
END
)
[ "$instructions" -ge 100000 ] || fail "instructions: $instructions"
[ -z "$(said)" ] || fail "it was logged: $(said)"
alive
