# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The examples do what they say.
load
lua </host/examples/hello.lua
expect 'hello from the kernel, this is Lua 5.5'
expect 'hello, world'
expect 'visits so far: 1'
expect 'elements in the table: 1'
lua </host/examples/hello.lua
expect 'visits so far: 2'
lua </host/examples/types.lua
expect '42	integer'
expect 'true'
expect 'a string'
expect '"any bytes \0 at all"	-9223372036854775808'
expect 'nil'
mark
submit </host/examples/count.lua
submit </host/examples/count.lua
until_true is_idle
[ "$(said | grep -c 'counted to')" = 2 ] || fail "$(said)"
said | grep -q 'counted to 20000' || fail "$(said)"
lua </host/examples/primes.lua
expect '{ 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59 }'
expect 'worked out here: 60'
lua </host/examples/primes.lua
expect 'worked out here: 0'
