local t = setmetatable({}, { __mode = "kv" }) local u = {}
for i = 1, 90000 do u[i] = {} t[u[i]] = u[i] end
for _ = 1, 5 do collectgarbage() end
