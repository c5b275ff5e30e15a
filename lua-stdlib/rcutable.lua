-- SPDX-License-Identifier: GPL-2.0
-- needs: base
--
-- rcutable: what a shared table can do beside reading and writing a field. These are functions and
-- not methods, since every string is a key of the table itself.
--
--   add(t, k, n)          adds the integer n to that of k, wrapping around; gives what k had before.
--                         No value counts as 0.
--   cas(t, k, old, new)   gives k the value new if it has old; says whether it did. nil is no value.
--   swap(t, k, v)         gives k the value v, or none for nil; gives what it had before
--   setdefault(t, k, v)   gives k the value v if it has none; gives the value that it has then
--   update(t, k, f)       gives k the value f(value of k), or none for nil; gives the new value
--   clear(t)              removes everything
--   snapshot(t)           a table of the script's own with everything
--
-- Each but the last two is one step for everyone else: nobody sees, or does, anything in between.
-- That of update is one as well, since it calls f again if somebody wrote k meanwhile; f runs with
-- nothing locked and may do what it likes.

local rcutable = select(2, ...)
local cas = rcutable.cas

function rcutable.update(t, k, f)
  while true do
    local old = t[k]
    local new = f(old)
    if cas(t, k, old, new) then
      return new
    end
  end
end

function rcutable.snapshot(t)
  local copy = {}
  for k, v in pairs(t) do
    copy[k] = v
  end
  return copy
end

return rcutable
