local s = ("a"):rep(4 << 20)
local _ = s:find(s .. "%d")
