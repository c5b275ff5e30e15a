-- SPDX-License-Identifier: GPL-2.0
-- needs: base
--
-- counter(t, name): a counter in the shared table `t`, which any number of scripts may add to at
-- the same time without losing anything.
--
--   c:add([n])   adds n (default 1)
--   c:get()      the sum so far
--   c:reset()    back to 0; what others add meanwhile may be lost
--
-- Each state adds to an element of its own, named "<name>#<state>": no two scripts ever write the
-- same one, so no lock and no retry is needed. Reading adds them up.

local lunatik = require "lunatik"

local Counter = {}
Counter.__index = Counter

function Counter:add(n)
  local t, own = self.table, self.own
  t[own] = (t[own] or 0) + (n or 1)
end

function Counter:get()
  local sum = 0
  for state = 0, lunatik.states - 1 do
    sum = sum + (self.table[self.name .. "#" .. state] or 0)
  end
  return sum
end

function Counter:reset()
  for state = 0, lunatik.states - 1 do
    self.table[self.name .. "#" .. state] = nil
  end
end

return function(t, name)
  return setmetatable({ table = t, name = name, own = name .. "#" .. lunatik.state }, Counter)
end
