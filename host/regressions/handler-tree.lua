-- A message handler that raises, and so is called again, at each of whose levels something is closed:
-- it went on for minutes after its script was over the limit, since a handler had fuel of its own.
local f
f = function(...)
  do
    local z <close> = setmetatable({}, { __close = function() f() end })
    z.n = ("x"):rep(100):find(("a?"):rep(5))
  end
  f(f(f(f(1))))
  return f()
end
pcall(function() return f(), f(), f(), f() end)
xpcall(function() local s = f(f(f(f(1)))) f() return f() end, f)
print(pcall(coroutine.wrap(function() return f() end)))
