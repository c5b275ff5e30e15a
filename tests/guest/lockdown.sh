# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A kernel that is locked down takes no script, not of root either, nor by a file that was opened before. What a script has
# printed can still be read.
load
mount -t securityfs securityfs /sys/kernel/security
grep -qF '[none]' /sys/kernel/security/lockdown || fail "it is locked down already: $(/bin/cat /sys/kernel/security/lockdown)"
alive

exec 3>/dev/luadrv
echo 'print("written before")' >&3
echo integrity >/sys/kernel/security/lockdown
mark
exec 3>&-
if (echo 'print("opened")' >/dev/luadrv) 2>/tmp/err; then fail 'the device was opened for writing'; fi
grep -q 'Operation not permitted' /tmp/err || fail "an odd error: $(/bin/cat /tmp/err)"
if lunatik eval 'print("run")' >/tmp/out 2>&1; then fail 'a script was taken'; fi
grep -q 'the kernel is locked down' /tmp/out || fail "an odd error: $(/bin/cat /tmp/out)"
if said | grep -q 'written before\|opened\|run$'; then fail "a script ran: $(said)"; fi
lunatik ps >/tmp/out || fail "ps: $(/bin/cat /tmp/out)"
is_idle || fail "$(pending) pending"
