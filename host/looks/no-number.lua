local s = ("!"):rep(4 << 20)
for _ = 1, 40 do tonumber(s) end
