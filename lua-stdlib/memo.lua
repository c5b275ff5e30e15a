-- SPDX-License-Identifier: GPL-2.0
-- needs: base
--
-- memo(t, prefix, fn): a function of one string or integer that calls `fn` only for what the
-- shared table `t` does not know yet. What one script worked out, all others find, as elements
-- named "<prefix><argument>".
--
-- A result of nil is not kept. Two scripts that ask for the same at the same time may both call
-- `fn`: the later result stays.

return function(t, prefix, fn)
  return function(argument)
    local key = prefix .. argument
    local known = t[key]
    if known ~= nil then
      return known
    end
    local result = fn(argument)
    if result ~= nil then
      t[key] = result
    end
    return result
  end
end
