local f = load("local f, n = ... local x, t = 1 " .. ("x = x + 1 "):rep(200000) .. "if n == 0 then local y = t.z end f(f, n - 1)")
for _ = 1, 20 do xpcall(f, function(e) return error(e) end, f, 25) end
f(f, 25)
