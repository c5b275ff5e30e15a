# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What limits cost: tight loops of a script that has them all. unlimited.sh has the same of one that knows none.
export LUNATIK_DEVICE="$device"
cat /host/lib.lua /host/limits.lua >/tmp/limits
lunatik run --instructions 1000000000000 --time 1h /tmp/limits on
