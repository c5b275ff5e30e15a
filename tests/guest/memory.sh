# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Memory that is deleted at full speed comes back: many times what the machine has goes through a table.
load
available() {
	awk '/^MemAvailable:/ { print $2 }' /proc/meminfo
}
before=$(available)
lua <<'END'
local s = ("x"):rep(60000)
for i = 1, 40000 do rcu.large = s; rcu.large = nil end
for i = 1, 300000 do rcu.small = i; rcu.small = nil end
for i = 1, 300000 do rcu.text = "one"; rcu.text = "other" end
assert(#rcu == 1)
END
# It comes back by the kernel's own time; that it does is what until_true waits for.
back() {
	[ "$(available)" -gt $((before - 40000)) ]
}
until_true back
