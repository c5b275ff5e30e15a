-- Much that is old, and much that is young.
collectgarbage("generational")
local t = {} for i = 1, 100000 do t[i] = {} end
collectgarbage() collectgarbage()
for _ = 1, 20 do for i = 1, 100000, 7 do t[i] = {} end end
