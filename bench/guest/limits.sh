# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What limits cost: loops of a script that has them all and of one that has none.
export LUNATIK_DEVICE="$device"
cat /host/lib.lua /host/limits.lua >/tmp/limits
lunatik run /tmp/limits off || return
lunatik run --instructions 1000000000000 --time 1h /tmp/limits on
