# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scripts that try to break Lua, which machine.rs has put into /host/fuzz by the numbers that they are made of: several at
# once, since a close comes back as soon as its script is compiled. That the kernel says nothing is for `run` to see.
load lunatik_fuzz
device=luafuzz
count=0
for script in /host/fuzz/*.lua; do
	# The last one is the first to look at, should the machine go down.
	echo "${script##*/}"
	/bin/cat "$script" 2>/dev/null >/dev/luafuzz || :
	count=$((count + 1))
	# The log is a ring.
	[ $((count % 20)) != 0 ] || mark
done
until_true is_idle
echo 'print("alive")' >/dev/luafuzz
until_true is_idle
dmesg | grep -q 'luafuzz\[[0-9]*\]: alive' || fail "no script runs any more"
unload lunatik_fuzz
echo "$count scripts"
