# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# With when-busy = "error" nobody waits for a state.
load lunatik_second
device=luasec
mark
for n in 1 2; do
	echo "rcu.here$n = true; while true do end" | submit
done
[ "$(pending)" = 2 ] || fail "$(pending) pending"
if echo 'rcu.third = true' | submit; then fail 'a third was taken'; fi
grep -q 'Device or resource busy' /tmp/submit.err || fail "$(/bin/cat /tmp/submit.err)"
[ "$(pending)" = 2 ] || fail "$(pending) pending"
unload lunatik_second
load lunatik_second
alive
