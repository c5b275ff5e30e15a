local t = {} for i = 1, 190000 do t[i] = {} end
for _ = 1, 5 do collectgarbage() end
