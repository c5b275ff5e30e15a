-- SPDX-License-Identifier: GPL-2.0
--
-- Counts something: adds NUMBER, or 1, to what the shared table has under NAME, or "events", and
-- tells the sum. Nobody else writes meanwhile: the flavour has one state.

local name, number = ...
name = name or "events"
number = tonumber(number or 1)
if not number then
  error("usage: count [NAME [NUMBER]]", 0)
end
local sum = (rcu[name] or 0) + number
rcu[name] = sum
print(name, sum)
return sum
