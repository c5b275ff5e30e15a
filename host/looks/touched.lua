-- Each step of the collector finds them all written to again.
local t = {} for i = 1, 60000 do t[i] = { i, i, i, i } end
for _ = 1, 4 do for i = 1, #t do t[i][1] = {} end end
