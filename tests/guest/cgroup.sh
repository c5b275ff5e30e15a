# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a script allocates is charged to its submitter's memory cgroup, and given back with the state.
load
mkdir -p /tmp/cgroup
mount -t cgroup2 none /tmp/cgroup
echo +memory >/tmp/cgroup/cgroup.subtree_control
mkdir /tmp/cgroup/submitter
# within: runs the tool, of which and of whose scripts everything is charged to the cgroup.
within() {
	# shellcheck disable=SC2016 # the inner shell's
	sh -c 'echo $$ >/tmp/cgroup/submitter/cgroup.procs && exec /host/device-tool'
}

# less_than MEGABYTES: so much is charged. What KASAN holds back of freed memory goes with a shrinking of the caches.
less_than() {
	for shrink in /sys/kernel/slab/kmalloc-*/shrink; do
		[ ! -e "$shrink" ] || echo 1 >"$shrink"
	done
	charged=$(/bin/cat /tmp/cgroup/submitter/memory.current)
	[ "$charged" -lt $(($1 << 20)) ]
}

within >/tmp/charged <<'END'
open 0 /dev/luadrv
write 0 text = ("x"):rep(8 << 20) print(("y"):rep(4 << 20))
quiet run 0 keep
quiet result 0
show /tmp/cgroup/submitter/memory.current
close 0
END
charged=$(/bin/cat /tmp/charged)
[ "$charged" -gt $((12 << 20)) ] || fail "$charged bytes are charged"
until_true less_than 6

# Blocks that have become small are given back: here stacks, each of which was a megabyte for a while.
cat >/tmp/shrink.lua <<'END'
local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end
local threads = {}
for i = 1, 12 do
  threads[i] = coroutine.create(function() deep(15000) coroutine.yield() end)
  assert(coroutine.resume(threads[i]))
  for _ = 1, 4 do collectgarbage() end
end
rcu.shrunk = true
while rcu.shrunk do end
END
within >/tmp/said <<'END' &
open 0 /dev/luadrv
script 0 /tmp/shrink.lua
run 0
result 0
END
until_true sh -c '[ "$(lunatik get rcu shrunk 2>/dev/null)" = true ]'
less_than 8 || fail "$charged bytes are charged for stacks that are small"
lunatik del rcu shrunk
wait
grep -q '^ok ' /tmp/said || fail "$(/bin/cat /tmp/said)"

# Where the cgroup has no memory left the script gets an error, as it may in any kernel, and nobody is killed.
until_true less_than 4
echo $((8 << 20)) >/tmp/cgroup/submitter/memory.max
within >/tmp/said <<'END'
open 0 /dev/luadrv
write 0 local t = {} for i = 1, 1 << 40 do t[i] = ("x"):rep(1000) .. i end
run 0
result 0 room=1000
END
grep -q '^no-memory ' /tmp/said || fail "$(/bin/cat /tmp/said)"
grep -q 'oom_kill 0' /tmp/cgroup/submitter/memory.events || fail "$(/bin/cat /tmp/cgroup/submitter/memory.events)"
# Nor for what it returns, or prints.
until_true less_than 4
echo $((6 << 20)) >/tmp/cgroup/submitter/memory.max
within >/tmp/said <<'END'
open 0 /dev/luadrv
write 0 local s = ("x"):rep(1 << 20) return s, s, s, s, s, s
run 0 values
result 0 room=1000
write 0 local s = ("x"):rep(1 << 19) print(s) print(s) error(("y"):rep(5 << 20), 0)
run 0
quiet result 0 room=1000
END
grep -q '^no-memory ' /tmp/said || fail "$(/bin/cat /tmp/said)"
grep -q 'oom_kill 0' /tmp/cgroup/submitter/memory.events || fail "$(/bin/cat /tmp/cgroup/submitter/memory.events)"
echo max >/tmp/cgroup/submitter/memory.max
alive

# What user space could not be given is still there, charged as before.
within >/tmp/said <<'END'
open 0 /dev/luadrv
write 0 for i = 1, 1023 do print(("x"):rep(1023)) end
run 0
quiet result 0
show /tmp/cgroup/submitter/memory.current
badread 0
show /tmp/cgroup/submitter/memory.current
END
set -- $(grep -x '[0-9]*' /tmp/said)
[ "$2" -gt $(($1 - 300000)) ] || fail "of $1 bytes $2 are charged: $(/bin/cat /tmp/said)"
umount /tmp/cgroup
