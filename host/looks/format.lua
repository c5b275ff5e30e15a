local p = "%" .. ("0"):rep(4 << 20)
for _ = 1, 99 do pcall(string.format, p, 1) end
