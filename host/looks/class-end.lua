local p = "[" .. ("b"):rep(4 << 20) .. "]*c"
for _ = 1, 3 do local _ = ("b"):rep(9):find(p) end
