# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Ioctls of older and newer programs, and of hostile ones.
load

# A structure may be shorter than the module's, or longer if the rest is zero.
says 'abi=2 flags=0x0 states=4 tables=1 scripts=0 script=1048576 memory=16777216 module=lunatik device=luadrv version=0.1.0
abi=2 flags=0x0 states=4 tables=1 scripts=0 script=1048576 memory=16777216 module=lunatik device=luadrv version=0.1.0
abi=2
started
ok id=1 output=0
id 2
E2BIG
id 3
ENOTTY
ENOTTY
ENOTTY
EINVAL
ENODATA
ENODATA' <<'END'
open 0 /dev/luadrv
info 0
info 0 struct=400
info 0 struct=4
write 0 return
run 0 struct=4
result 0
write 0 return
run 0 struct=2000
quiet result 0 struct=0
write 0 return
run 0 struct=81 last=1
run 0 struct=81
quiet result 0
scripts 0
ioctl 0 6 8
ioctl 0 255 0
ioctl 0 2 104 1
open 1 /dev/luadrv
result 1
run 1
END

# Arguments that are none, names, and what only modules that contain scripts know; the text stays for the next try.
says 'EINVAL
EINVAL
EINVAL
EINVAL
EINVAL
EINVAL
EINVAL
EINVAL
EINVAL
EFAULT
EFAULT
E2BIG
E2BIG
ENAMETOOLONG
EINVAL
EINVAL
EPERM
EINVAL
id 4
ok id=4 output=0
values(1): 5' <<'END'
open 0 /dev/luadrv
write 0 return select("#", ...)
run 0 named
run 0 argc=1
run 0 argc=4294967295 arg=1
run 0 arg=1 argc=0
run 0 arg=raw:4,0
run 0 arg=raw:1,1
run 0 arg=raw:1,0
run 0 arg=raw:2,7
run 0 arg=raw:0,8
run 0 argc=1 size=16 args=8
run 0 argc=1 size=16 args=18446744073709551608
run 0 argc=1 size=18446744073709551608
run 0 argc=1 size=1048577
run 0 name-size=64
run 0 name=a\nb
run 0 bad-flag
run 0 memory=16777217
run 0 arg=s:x bad-gap
run 0 values arg=nil arg=true arg=-1 arg=s: arg=s:abc\0def
result 0
END

# Texts are cut to the room there is. Lists have rows of any size.
says 'error id=5 output=0
error(77): scri
EINVAL
EFAULT
EINVAL
1 scripts
id=5
1 scripts
id=5 idle mine=true uid=0 flags=0x80000002 name=script
1 scripts' <<'END'
open 0 /dev/luadrv
write 0 error("x")
quiet run 0 keep
result 0 room=4
list 0 stride=0
list 0 at=8
list 0 stride=4097
list 0 stride=8
list 0 stride=200 room=4000
list 0 room=0
END

# Output is bounded, whatever the script catches.
says 'output-limit id=6 output=6
error(120): script:1: output-limit of 10 bytes exceeded\nstack traceback:\n	[C]: in ?\n	[C]: in global '\''pcall'\''\n	script:1: in main chunk
[line1\n]
[]' <<'END'
open 0 /dev/luadrv
write 0 print("line1") pcall(print, "much more") while true do pcall(print, "x") end
quiet run 0 output=10
result 0
read 0
read 0
END

# What is read to where nothing can be written is not lost.
says 'EFAULT
[kept\n]' <<'END'
open 0 /dev/luadrv
write 0 print("kept")
badread 0
read 0
END

# Text that was written and not started can be dropped, whatever is wrong with it; a kept state stays, and is given back
# by the next try. What was dropped does not run, not even when the file is closed.
awk 'BEGIN { for (i = 0; i < 150000; i++) print "x = 1 -- long" }' >/tmp/long.lua
mark
says 'asked
ESRCH
ENODATA
EFBIG
asked
events: OUT
id 8
ok id=8 output=0
asked
1 scripts
id=8 idle mine=true uid=0 flags=0x80000002 name=script
ENODATA
id 9
ok id=9 output=0
values(2): 42
asked
ESRCH
0 scripts
id 10
[runs\n]
asked
killed id=10 output=5
error(65): script:1: script killed\nstack traceback:\n	script:1: in main chunk
ESRCH
asked' <<'END'
open 0 /dev/luadrv
write 0 print("never")
kill 0 0
kill 0 0
run 0
script 0 /tmp/long.lua
kill 0 0
poll 0 0
write 0 x = 42
run 0 keep
result 0
write 0 x = 43
kill 0 0
list 0
run 0
write 0 return x
run 0 keep values
result 0
kill 0 0
settle
kill 0 0
list 0
write 0 print("runs") while true do end
run 0
read 0
kill 0 0
result 0
kill 0 0
write 0 print("never")
kill 0 0
close 0
END
until_true is_idle
[ "$(said)" = 'luadrv: script refused: longer than 1048576 bytes' ] || fail "the log has: $(said)"

# So can what could not be started for want of a state, without waiting for one.
mark
says 'EAGAIN
asked
ENODATA
EINTR
asked
ENODATA
asked
killed id=17 output=0' <<'END'
open 0 /dev/luadrv
open 1 /dev/luadrv
open 2 /dev/luadrv
open 3 /dev/luadrv
open 4 /dev/luadrv
open 5 /dev/luadrv nonblock
write 0 while true do end
write 1 while true do end
write 2 while true do end
write 3 while true do end
write 5 print("never")
quiet run 0
quiet run 1
quiet run 2
quiet run 3
run 5
kill 5 0
run 5
write 4 print("never")
interrupt 4 run 4
kill 4 0
run 4
write 4 print("never")
spawn quiet run 4
settle waits=1
kill 4 0
join
result 4
END
until_true is_idle
[ -z "$(said)" ] || fail "the log has: $(said)"

# A file that was opened to read alone has the ioctls, but no script.
says 'EINVAL
ENODATA
EBADF
0 scripts
ESRCH
ESRCH' <<'END'
open 0 /dev/luadrv r
read 0
run 0
write 0 x
list 0
kill 0 0
kill 0 18446744073709551615
END
alive
