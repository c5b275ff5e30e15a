local s = ("a"):rep(2 << 20)
local _ = s:find("^(a*)%1b")
