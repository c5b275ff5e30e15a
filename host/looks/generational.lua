collectgarbage("generational")
for _ = 1, 3 do local t = {} for i = 1, 150000 do t[i] = {} end collectgarbage() end
