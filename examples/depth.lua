-- How deep scripts can nest before the stack of the kernel is used up: what a flavour's stack-reserve leaves.

local d = 0
local function g() d = d + 1; pcall(g) end
g() print("pcall depth", d)
for n = 1, 200 do if not load("return " .. ("("):rep(n) .. "1" .. (")"):rep(n)) then print("parentheses", n - 1) break end end
for n = 1, 200 do if not load("return " .. ("{"):rep(n) .. ("}"):rep(n)) then print("tables", n - 1) break end end
for n = 1, 200 do if not load(("do "):rep(n) .. ("end "):rep(n)) then print("blocks", n - 1) break end end
for n = 1, 200 do if not load(("return function() "):rep(n) .. ("end "):rep(n)) then print("functions", n - 1) break end end
d = 0
local function s() d = d + 1; ("x"):gsub("x", s) end
pcall(s) print("gsub", d)
d = 0
local function c() d = d + 1; coroutine.wrap(c)() end
pcall(c) print("coroutines", d)
d = 0
local function l() d = d + 1 return 1 + l() end
pcall(l) print("lua", d)
local t = setmetatable({}, {__index = function(t, k) d = k return t[k + 1] end})
pcall(function() return t[1] end) print("index", d)
