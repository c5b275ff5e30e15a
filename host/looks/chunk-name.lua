local f = load("error('x')", ("a"):rep(4 << 20))
for _ = 1, 40 do pcall(f) end
