#!/usr/bin/env -S lunatik run
local function f(...) return 7 // 2, 1 << 63, 0x7f, ... end
print(f(...))
error("not run")
