# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What an idle state and the tables' elements hold, as the device says it: for root alone where it takes work to say.
load
attributes=/sys/class/misc/$device
state=$(cat "$attributes/state_memory") || fail 'no state_memory'
[ "$state" -gt 4000 ] || fail "a state of $state bytes"
[ "$(cat "$attributes/state_memory")" = "$state" ] || fail 'the next one is another'
[ "$(stat -c %a "$attributes/state_memory")" = 400 ] || fail 'anyone may have states made'
[ "$(cat "$attributes/table_memory")" = 0 ] || fail 'elements before there are any'
lua <<END
for i = 1, 10 do rcu["element" .. i % 10] = i end
END
[ "$(cat "$attributes/table_memory")" = 400 ] || fail "ten elements: $(cat "$attributes/table_memory")"
lua <<END
for i = 0, 9 do rcu["element" .. i] = nil end
END
[ "$(cat "$attributes/table_memory")" = 0 ] || fail 'elements that are gone'
alive
