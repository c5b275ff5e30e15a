local s = (" "):rep(4 << 20)
for _ = 1, 9 do tonumber(s, 10) end
