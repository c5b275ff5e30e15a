# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a script returns, as JSON: everything that JSON has, and where what it has not.
load

# json EXPECTED SCRIPT: what the script returns is that, or ends with that complaint.
json() {
	printf '%s\n' "$2" >/tmp/json.lua
	tool >/tmp/json <<-'END'
		open 0 /dev/luadrv
		script 0 /tmp/json.lua
		run 0 json
		result 0
	END
	sed -n 's/^json([0-9]*): //p; s/^error([0-9]*): \(no JSON[^\\]*\).*/\1/p' /tmp/json >/tmp/got
	printf '%s\n' "$1" >/tmp/wanted
	cmp -s /tmp/got /tmp/wanted || fail "$2 gives: $(/bin/cat /tmp/json)"
}

json '[]' ''
json '[null]' 'return nil'
json '[1,-7,9223372036854775807,-9223372036854775808,true,false,null,"x"]' \
	'return 1, -7, math.maxinteger, math.mininteger, true, false, nil, "x"'
json '[[],[1,[2,[]],3],{"a":{"b":[true]}}]' 'return {}, { 1, { 2, {} }, 3 }, { a = { b = { true } } }'
json '[{"2":"b"},{"-1":0}]' 'return { [2] = "b" }, { [-1] = 0 }'
json '["\"\\/ \n\r\t\u0000\u001b'"$(printf '\177')"' täglich 𝄞"]' 'return "\"\\/ \n\r\t\0\27\127 täglich 𝄞"'
# What is no UTF-8: a stray byte, a cut character, a surrogate.
json '["a�b","��","���"]' 'return "a\xffb", "\xe2\x82\xff", "\xed\xa0\x80"'
# Metamethods do not matter.
json '[[1]]' 'return setmetatable({ 1 }, { __len = error, __index = error, __pairs = error, __name = 7, __tostring = error })'
# The same table twice is no cycle.
json '[{"a":[[7],[7]]}]' 'local t = { 7 } return { a = { t, t } }'

json 'no JSON for result 2.a[3].b: a function' 'return 1, { a = { 1, 2, { b = print } } }'
json 'no JSON for result 1: a thread' 'return coroutine.create(print)'
json 'no JSON for result 1[2]: a userdata' 'return { 1, rcu }'
json 'no JSON for result 1[5].x: a key that is a boolean' 'return { [5] = { x = { [true] = 1 } } }'
json 'no JSON for result 1.me.me: a table inside itself' 'local t = {} t.me = { me = t } return t'
json "no JSON for result 1$(printf '[1]%.0s' $(seq 64)): tables too deep inside each other" \
	'local t = {} for _ = 1, 64 do t = { t } end return t'
printf 'local t = {} for _ = 1, 63 do t = { t } end return t' >/tmp/deep
json "[$(printf '[%.0s' $(seq 64))$(printf ']%.0s' $(seq 64))]" "$(/bin/cat /tmp/deep)"

# Large ones, and ones that do not fit. A script can be ended on the way.
printf 'local t = {} for i = 1, 20000 do t[i] = i end return t' >/tmp/json.lua
tool >/tmp/says <<'END'
open 0 /dev/luadrv
script 0 /tmp/json.lua
run 0 json
result 0
write 0 local s = ("x"):rep(1 << 20) local t = {} for i = 1, 12 do t[i] = s end return t, t
run 0 json
result 0
write 0 local s = ("\10"):rep(1 << 21) local t = {} for i = 1, 3 do t[i] = s end return t
run 0 json
result 0
END
grep -q '^json(108897): \[\[1,2,.*,19999,20000\]\]$' /tmp/says || fail "$(cut -c 1-200 /tmp/says)"
[ "$(grep -c '^memory-limit' /tmp/says)" = 1 ] || fail "$(cut -c 1-200 /tmp/says)"
grep -q '^json(12582924): ' /tmp/says || fail "$(cut -c 1-200 /tmp/says)"
alive
