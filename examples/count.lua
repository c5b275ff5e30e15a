-- Run it several times at once: SCRIPT="examples/count.lua examples/count.lua". Each copy adds to
-- the same counter from a state and a processor of its own, and nothing is lost.

local lunatik = require "lunatik"
local counter = require "counter"

local hits = counter(rcu, "hits")
for _ = 1, 10000 do
  hits:add()
end
print(("state %d of %d: counted to %d"):format(lunatik.state, lunatik.states, hits:get()))
