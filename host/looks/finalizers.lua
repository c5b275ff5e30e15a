local t = {} for i = 1, 100000 do t[i] = {} end
local mt = { __gc = function() end }
for i = 1, 3000 do setmetatable(t[i], mt) end
