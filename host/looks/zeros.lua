local a = ("\0"):rep(3 << 20)
local b, c = a .. "b", a .. "c"
for _ = 1, 20 do local _ = b < c end
