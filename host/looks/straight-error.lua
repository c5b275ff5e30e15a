local f = load("local x = 1 " .. ("x = x + 1 "):rep(90000) .. "error()")
for _ = 1, 1000 do pcall(f) end
