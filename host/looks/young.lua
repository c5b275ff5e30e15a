local t = {} for i = 1, 100000 do t[i] = {} end
collectgarbage("generational")
for _ = 1, 40 do for i = 1, 100000, 97 do t[i].x = {} end collectgarbage("step") end
