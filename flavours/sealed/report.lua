-- SPDX-License-Identifier: GPL-2.0
--
-- Prints what has been counted, and starts afresh if its argument is "reset".

for name, sum in pairs(rcu) do
  print(name, sum)
  if ... == "reset" then
    rcu[name] = nil
  end
end
