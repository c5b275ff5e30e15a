# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In the machine: loads a module, runs its script and what it contains, and unloads it: one.sh SEED MODULE DEVICE
# SEED.lua is what is written to the device, SEED.scripts the names of what the module contains, SEED.at-load of what
# runs when it is loaded.
wrong() {
	dmesg | tail -n 20
	echo "$*"
	exit 1
}
# idle COUNT: waits until nothing runs; COUNT scripts have succeeded by now.
idle() {
	while [ "$(/bin/cat "/sys/class/misc/$device/running")" != 0 ]; do usleep 20000; done
	[ "$(/bin/cat "/sys/class/misc/$device/succeeded")" = "$1" ] || wrong "$1 scripts have not succeeded"
}
device=$3
insmod "/host/$2.ko"
count=$(wc -l <"/host/$1.at-load")
idle "$count"
while read -r name; do
	dmesg | grep -q "] $device\[[0-9]*\]: $name ran\$" || wrong "$name did not run"
done <"/host/$1.at-load"
/bin/cat "/host/$1.lua" >"/dev/$device" || wrong 'the script was refused'
count=$((count + 1))
idle "$count"
while read -r name; do
	said=$(/host/lunatik --device "$device" run --script "$name" 7 </dev/null) || wrong "$name: $said"
	[ "$said" = "$name ran	7" ] || wrong "$name: $said"
	count=$((count + 1))
done <"/host/$1.scripts"
idle "$count"
if [ -e "/sys/class/misc/$device/config" ]; then
	sum=$(sha256sum <"/sys/class/misc/$device/config")
	tr '\0' '\n' <"/host/$2.ko" | grep -aqx "config_sha256=${sum%% *}"
fi
rmmod "$2"
if dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|left behind'; then exit 1; fi
: >"/host/$1.ok"
