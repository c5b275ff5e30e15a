local s = ("a"):rep(4 << 20)
for _ = 1, 40 do local _ = s:find("b", 1, true) end
