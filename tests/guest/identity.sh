# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A module says what it is: modinfo what it was made with, and the device the whole configuration.
load lunatik lunatik_tiny
config=/sys/class/misc/luadrv/config

# info MODULE FIELD: what modinfo shows.
info() {
	if builtin "$1"; then
		tr '\0' '\n' </host/modules.builtin.modinfo | sed -n "s/^$1\.$2=//p"
	else
		tr '\0' '\n' <"/host/$1.ko" | sed -n "s/^$2=//p"
	fi
}

[ "$(info lunatik flavour)" = default ] || fail "$(info lunatik flavour)"
[ "$(info lunatik_tiny flavour)" = tiny ] || fail "$(info lunatik_tiny flavour)"
[ "$(info lunatik version)" = "$(/bin/cat /sys/module/lunatik/version)" ] || fail "version"
[ "$(info lunatik_tiny memory_limit)" = 65536 ] || fail "memory_limit"
info lunatik_tiny table | grep -qx 'rcu buckets=16 .* value_types=integer key_max=32 .*' || fail "table"
echo "assert(require 'lunatik'.states == $(info lunatik states))" | lua

# Nobody may write it, and it is the same however it is read.
[ "$(stat -c %a "$config")" = 444 ] || fail "$(stat -c %a "$config")"
[ "$(stat -c %s "$config")" = "$(wc -c <"$config")" ] || fail "size"
dd if="$config" bs=7 2>/dev/null | cmp -s - "$config" || fail "in pieces"
sum=$(sha256sum <"$config")
[ "${sum%% *}" = "$(info lunatik config_sha256)" ] || fail "$sum is not $(info lunatik config_sha256)"
grep -qx 'states = 4' "$config" || fail "$(/bin/cat "$config")"

# The smallest flavour leaves it out.
[ -e /sys/class/misc/luatiny/running ] || fail "luatiny"
[ ! -e /sys/class/misc/luatiny/config ] || fail "luatiny has a config"
