local s = ("a"):rep(4 << 20)
local _ = ("%.1s"):rep(40):format((table.unpack or unpack)((function() local t = {} for i = 1, 40 do t[i] = s end return t end)()))
