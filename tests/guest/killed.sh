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
