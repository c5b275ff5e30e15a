-- There is no way in: neither as text nor compiled.
assert(load == nil and loadstring == nil and loadfile == nil and dofile == nil)
local ok, message = pcall(string.dump, function() end)
assert(not ok and message:find("cannot be dumped", 1, true), message)
assert(require "inspect"({ 1, "two" }):find("two"))
ok, message = pcall(require, "closed")
assert(not ok and message:find("is not in this flavour", 1, true), message)
print("closed")
