local p = "[" .. ("b"):rep(4 << 20) .. "]"
for _ = 1, 3 do local _ = ("a"):rep(9):find(p) end
