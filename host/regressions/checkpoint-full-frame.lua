-- An error of a checkpoint's, or of '/', in a function of Lua's that has no slot of its stack left:
-- what was pushed for its message went past the function's part of the stack.
print(pcall(function(...) local a, b = ... return a / b end, 1, 2))
print(pcall(function(a) return a ^ 2 end, 1))
local function f() while true do end end
f()
