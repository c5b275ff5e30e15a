# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a script does to its world ends with it, in whichever state the next one runs.
load lunatik_small
device=luasmall
lua <<'END'
x = 1
print = nil
setmetatable(_G, { __index = function() return 7 end })
END
lua <<'END'
assert(x == nil and type(print) == "function" and getmetatable(_G) == nil)
END
unload lunatik_small
load
device=luadrv
for _ in 1 2 3 4 5; do
	lua <<'END'
assert(leak == nil and string.rep and ("x"):rep(2) == "xx" and getmetatable("").__add)
leak = {}
string.rep = nil
getmetatable("").__index = nil
getmetatable("").__add = nil
package, require, pcall = nil, nil, nil
END
done
# Nor does an error leave anything behind.
for _ in 1 2 3 4 5 6 7 8 9; do
	echo 'leak = 1; error("on purpose")' | lua_raises 'script:1: on purpose'
done
alive
# Finalizers and pending closes run at the end of a script.
lua <<'END'
setmetatable({}, { __gc = function() print("collected at the end") end })
END
expect 'collected at the end'
