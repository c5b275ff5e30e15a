-- A buffer of a library's in a coroutine that a finalizer lets die at the end of the state: nothing freed it.
local big = ("x"):rep(1 << 16)
setmetatable({}, { __gc = function()
  coroutine.resume(coroutine.create(table.concat), { big, big, big, big, {} })
end })
