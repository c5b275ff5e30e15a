# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a script allocates is charged to its submitter's memory cgroup, and given back with the state.
load
mkdir -p /tmp/cgroup
mount -t cgroup2 none /tmp/cgroup
echo +memory >/tmp/cgroup/cgroup.subtree_control
mkdir /tmp/cgroup/submitter
cat >/tmp/commands <<'END'
open 0 /dev/luadrv
write 0 text = ("x"):rep(8 << 20) print(("y"):rep(4 << 20))
quiet run 0 keep
quiet result 0
show /tmp/cgroup/submitter/memory.current
close 0
END
# shellcheck disable=SC2016 # the inner shell's
sh -c 'echo $$ >/tmp/cgroup/submitter/cgroup.procs && exec /host/device-tool' </tmp/commands >/tmp/charged
charged=$(/bin/cat /tmp/charged)
[ "$charged" -gt $((12 << 20)) ] || fail "$charged bytes are charged"
until_true sh -c '! [ "$(cat /tmp/cgroup/submitter/memory.current)" -gt $((6 << 20)) ]'
alive
umount /tmp/cgroup
