# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The tight loops of limits.sh, by the module whose Lua counts nothing and ends no script.
export LUNATIK_DEVICE="$device"
cat /host/lib.lua /host/limits.lua >/tmp/limits
lunatik run /tmp/limits off
