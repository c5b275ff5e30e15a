# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scripts that run: listed, ended one by one, by their file's close, or left to themselves.
load
count() {
	/bin/cat "/sys/class/misc/luadrv/$1"
}

# A list of one's own, and ends: by number, by file, by close; the others go on.
says 'id 1
id 2
id 3
4 scripts
id=1 runs mine=true uid=0 flags=0x0 name=one
id=2 runs mine=true uid=0 flags=0x1a name=two
id=3 runs mine=true uid=0 flags=0x0 name=script
id=4 runs mine=true uid=0 flags=0x0 name=script
asked
killed id=1 output=5
error(59): one:1: script killed\nstack traceback:\n	one:1: in main chunk
ESRCH
ESRCH
asked
killed id=2 output=5
error(59): two:1: script killed\nstack traceback:\n	two:1: in main chunk
3 scripts
id=2 idle mine=true uid=0 flags=0x8000001a name=two
id=3 runs mine=true uid=0 flags=0x0 name=script
id=4 runs mine=true uid=0 flags=0x0 name=script
asked
asked
0 scripts
ESRCH' <<'END'
open 0 /dev/luadrv
open 1 /dev/luadrv
open 2 /dev/luadrv
open 3 /dev/luadrv
write 0 print("runs") while true do pcall(error) end
write 1 print("runs") while true do end
write 2 while true do end
write 3 while true do end
run 0 name=one
run 1 name=two keep values json
run 2
close 3
quiet read 0
quiet read 1
list 0
kill 0 1
result 0
kill 0 1
kill 0 0
kill 2 2
result 1
list 0
kill 0 2
close 2
kill 0 4
settle
list 1
kill 0 99
END
until_true is_idle
[ "$(count started) $(count killed) $(count waiting)" = '4 4 0' ] || fail "$(count started) $(count killed) $(count waiting)"
alive
[ -z "$(said | grep -v '^luadrv\[.\]: script:1: script \(killed\|stopped\)\|traceback\|in main chunk\|alive')" ] || fail "$(said)"


# All states taken: a script waits, and is listed so; with O_NONBLOCK it does not. What waits can be ended, by a signal,
# which leaves the text for another try, or by somebody.
mark
says 'id 6
id 7
id 8
id 9
EAGAIN
EINTR
5 scripts
id=6 runs mine=true uid=0 flags=0x0 name=script
id=7 runs mine=true uid=0 flags=0x0 name=script
id=8 runs mine=true uid=0 flags=0x0 name=script
id=9 runs mine=true uid=0 flags=0x0 name=script
id=11 waits mine=true uid=0 flags=0x0 name=waits
id 11
killed id=11 output=0
EAGAIN
[read after all\n]' <<'END'
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
run 0
run 1
run 2
run 3
write 5 print("never")
write 4 print("never")
interrupt 4 run 4
spawn run 4 name=waits
settle waits=1
list 0
quiet kill 0 11
join
result 4
write 5 print("read after all")
write 4 print("read after all")
spawn read 4
settle waits=1
quiet kill 0 6
join
END
until_true is_idle
[ -z "$(said)" ] || fail "the log has: $(said)"

# A signal ends the wait for output and for a result, not the script. Two may wait for the same.
says 'id 13
EINTR
[first\n]
EINTR
killed id=13 output=6
error(65): script:1: script killed\nstack traceback:\n	script:1: in main chunk
killed id=13 output=6
error(65): script:1: script killed\nstack traceback:\n	script:1: in main chunk
[]' <<'END'
open 0 /dev/luadrv
write 0 print("first") while true do end
run 0
interrupt 0 result 0
read 0
interrupt 0 read 0
spawn result 0
spawn result 0
sleepers 0 2
quiet kill 0 0
join
read 0
END

# What poll says, on the way from a text to its end.
says 'events: OUT
events: OUT
id 14
events: 
events: IN
events: IN
events: IN OUT HUP
[late\n]
events: IN OUT HUP
[]' <<'END'
open 0 /dev/luadrv
poll 0 0
write 0 while not rcu.one do end print("late") while rcu.one do end
poll 0 0
run 0
poll 0 0
spawn poll 0 -1
open 1 /dev/luadrv
write 1 rcu.one = true
close 1
join
poll 0 -1
open 1 /dev/luadrv
write 1 rcu.one = nil
close 1
hup 0
poll 0 -1
read 0
poll 0 0
read 0
END

# A text that is too long: reading and writing say so at once, and so does poll, to who waits for it as well.
head -c 1048577 /dev/zero | tr '\0' ' ' >/tmp/long
says 'EFBIG
events: IN OUT ERR
EFBIG
events: OUT' <<'END'
open 0 /dev/luadrv
script 0 /tmp/long
poll 0 -1
read 0
poll 0 -1
END

# DETACH: it goes on after the close, and then it is the log's.
mark
says 'id 17
[to the file\n]' <<'END'
open 0 /dev/luadrv
write 0 print("to the file") while not rcu.closed do end rcu.closed = nil print("to the log") error("and this")
run 0 detach
read 0
close 0
END

echo 'rcu.closed = true' | submit
until_true is_idle
expect 'to the log'
expect 'script:1: and this'
if said | grep -q 'to the file'; then fail "$(said)"; fi

# Closed by all who have it, in whatever process, and only then does it end: it still answers when the other process alone
# has its file, which that closes when it has read a pipe to the end.
mkfifo /tmp/pipe
says 'id 19
answered
1 scripts
killed' <<'END'
open 0 /dev/luadrv r
open 1 /dev/luadrv
write 1 while not rcu.asked do end rcu.answered = true while true do end
run 1
dup 1 2
close 1
fork show /tmp/pipe
close 2
open 3 /dev/luadrv
write 3 rcu.asked = true while not rcu.answered do end print("answered")
cat 3
close 3
list 0 room=0
open 4 /tmp/pipe w
close 4
join
settle
echo killed
END
alive
