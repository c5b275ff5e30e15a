local p = ("b\0"):rep(2 << 20)
for _ = 1, 9 do local _ = ("a"):find(p) end
