# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Loading and unloading a hundred times, with scripts and elements in between, loses no memory.
used() {
	# What the kernel holds, in KiB, once it has let go of what it can.
	sync
	echo 3 >/proc/sys/vm/drop_caches 2>/dev/null || :
	awk '/^(SUnreclaim|KernelStack|PageTables|VmallocUsed|Percpu):/ { sum += $2 } END { print sum }' /proc/meminfo
}
cycle() {
	insmod /host/lunatik.ko
	for _ in 1 2; do
		echo 'for i = 1, 300 do rcu["k" .. i] = ("v"):rep(i) end for i = 1, 100 do rcu["k" .. i] = nil end' >/dev/luadrv
	done
	rmmod lunatik
}
for _ in 1 2 3 4 5; do cycle; done
before=$(used)
i=0
while [ $i -lt 100 ]; do
	cycle
	i=$((i + 1))
done
after=$(used)
# KASAN keeps freed memory for a while, so there the kernel's count says nothing. kmemleak, which comes with it and is
# asked after each test, finds what is lost one by one.
[ ! -e /sys/kernel/debug/kmemleak ] || exit 0
# One state lost in each would be 1400 KiB, one table of elements 5000.
[ $((after - before)) -lt 600 ] || fail "$before KiB before, $after after"
