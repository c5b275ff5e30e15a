local f = load("local f, n = ... local x = 1 " .. ("x = x + 1 "):rep(90000) .. "if n > 0 then f(f, n - 1) end")
f(f, 1000)
