# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A writer that is killed leaves half a script: it never runs.
load
mark
sh -c 'echo "print(\"half a script\")"; kill -KILL $$' >/dev/luadrv || :
until_true sh -c 'dmesg | grep -q "its writer was killed by signal 9"'
until_true is_idle
if said | grep -q 'half a script'; then fail 'it ran'; fi
alive
# One that ends by itself without closing leaves a whole one (busybox's echo does).
mark
sh -c 'echo "print(\"whole\")" >&4; exit 3' 4>/dev/luadrv || :
until_true is_idle
expect whole

# One call of print, of a million lines for the log, is ended as well, between two of them.
records() {
	/bin/dd if=/dev/kmsg iflag=nonblock bs=8192 2>/dev/null | tail -n 1 | cut -d , -f 2
}
dmesg -n 3
mark
before=$(records)
printf '%s' 'print(("\n"):rep(1000000))' | submit
until_true sh -c 'dmesg | grep -q "luadrv.[0-9]*.: $"'
id=$(lunatik ps --json | sed -n 's/.*"id": *\([0-9]*\).*/\1/p')
lunatik kill "$id"
until_true is_idle
complaints | grep -q 'script:1: script killed' || fail "$(complaints)"
after=$(records)
[ $((after - before)) -lt 900000 ] || fail "$((after - before)) lines"
dmesg -n 8
