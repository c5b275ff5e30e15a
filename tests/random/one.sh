# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In the machine: loads a module, runs its script, and unloads it: one.sh SEED MODULE DEVICE
insmod "/host/$2.ko"
/bin/cat "/host/$1.lua" >"/dev/$3"
while [ "$(/bin/cat "/sys/class/misc/$3/running")" != 0 ]; do usleep 20000; done
[ "$(/bin/cat "/sys/class/misc/$3/succeeded")" = 1 ] || { dmesg | tail -n 20; exit 1; }
if [ -e "/sys/class/misc/$3/config" ]; then
	sum=$(sha256sum <"/sys/class/misc/$3/config")
	tr '\0' '\n' <"/host/$2.ko" | grep -aqx "config_sha256=${sum%% *}"
fi
rmmod "$2"
if dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|left behind'; then exit 1; fi
: >"/host/$1.ok"
