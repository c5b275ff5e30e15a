# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Processes that do random things to the device, as tests/device-fuzz says, for each seed of /host/seeds: a number and how
# many from there on. With even seeds a script waits for a state and everybody may open the device, with odd ones neither.
# Each fourth leaves scripts that run or wait to the end of the module. That the kernel says nothing is for `run` to see.

# What scripts say is not what `run` looks for, and would fill the memory in the long run.
drain() {
	dmesg -c | grep -av '^\[[^]]*\] lua[a-z]*[:[]' >>/tmp/log.all || :
}

read -r first count </host/seeds
chmod 755 / /dev
# The console is slow, and what scripts say is much.
dmesg -n 3
for seed in $(seq "$first" $((first + count - 1))); do
	module=lunatik_device device=luaany leave=
	[ $((seed % 2)) = 0 ] || module=lunatik_second device=luasec
	[ $((seed / 2 % 2)) = 0 ] || leave=leave
	# It is the last one to look at, should the machine go down.
	echo "seed $seed"
	load "$module"
	# Who has no right to give it scripts may still look.
	chmod 666 "/dev/$device"
	/host/device-fuzz "$device" "$seed" $leave || fail "to repeat: make fuzz-device ARGS='--first $seed --count 1'"
	unload "$module"
	drain
done
dmesg -n 8
