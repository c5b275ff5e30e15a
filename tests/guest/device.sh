# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The device: its node, its threads, what is and what is not a script.
load
[ "$(stat -c '%a %F' /dev/luadrv)" = '600 character special file' ] || fail "the node: $(stat -c '%a %F' /dev/luadrv)"
for state in 0 1 2 3; do
	ps -o comm | grep -qx "luadrv/$state" || fail "no thread luadrv/$state in: $(ps -o comm)"
done

# Opened, closed, nothing written: nothing runs.
mark
: >/dev/luadrv
is_idle || fail 'something runs'
[ -z "$(said)" ] || fail "the log has: $(said)"

# Many writes are one script, cut wherever they may be.
mark
printf 'local a = "one scr%s\nprint(a, "%s")\n' 'ipt"' "$(printf %0300d 7)" >/tmp/pieces
/bin/dd if=/tmp/pieces of=/dev/luadrv bs=7 2>/dev/null
until_true is_idle
expect "one script	$(printf %0300d 7)"

# So is what several processes write to one open file, the last of which closes it.
mark
{
	echo 'x = 20'
	sh -c 'echo "y = 22"'
	echo 'print(x + y)'
} >/dev/luadrv
until_true is_idle
expect 42

# It cannot be read, sought or mapped.
if /bin/dd if=/dev/luadrv of=/dev/null bs=1 count=1 2>/tmp/err; then fail 'it was read'; fi
grep -q 'Invalid argument' /tmp/err
if /bin/dd if=/tmp/pieces of=/dev/luadrv bs=1 seek=5 count=1 conv=notrunc 2>/tmp/err; then fail 'it was sought'; fi
alive
