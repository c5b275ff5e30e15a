local s, t = ("x"):rep(4 << 20), {}
for i = 1, 9 do collectgarbage() local _ = rawget(t, s .. i) end
