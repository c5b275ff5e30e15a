for i = 1, 100000 do _G["g" .. i] = i end
local function f(n) if n == 0 then error("x") end f(n - 1) return 1 end
for _ = 1, 20 do pcall(string.rep) end
f(30)
