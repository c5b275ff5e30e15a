local t = {} for i = 1, 100000 do t[i] = {} end
collectgarbage("param", "stepmul", 0)
for _ = 1, 5 do collectgarbage("step") end
