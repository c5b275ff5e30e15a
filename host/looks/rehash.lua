for _ = 1, 3 do local t = {} for i = 1, 100000 do t[i .. "k"] = 1 end end
