-- A chain through ephemeron tables in no order: a collection took the square of its length in steps, all at once.
local n <const> = 3000
local order, keys, tables = {}, {}, {}
for i = 1, n do order[i] = i end
local seed = 1
for i = n, 2, -1 do
  seed = seed * 1103515245 + 12345 & 0x7fffffff
  local j = seed % i + 1
  order[i], order[j] = order[j], order[i]
end
for i = 0, n do keys[i] = {} end
for i = 1, n do tables[i] = setmetatable({ [keys[order[i] - 1]] = keys[order[i]] }, { __mode = "k" }) end
local first = keys[0]
keys = nil
collectgarbage()
first = nil
collectgarbage()
