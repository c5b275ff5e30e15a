-- SPDX-License-Identifier: GPL-2.0
-- needs: string, table
--
-- inspect(value [, depth]): a value as readable text, on as few lines as it takes.
--
-- Tables are shown with their keys in order, down to `depth` levels (default 8), one that
-- contains itself as <cycle>; the kernel's shared tables are shown with what they hold.

local NAME <const> = "^[%a_][%w_]*$"
local WIDTH <const> = 72
local ORDER <const> = { number = 1, string = 2, boolean = 3 }

local function scalar(value)
  return type(value) == "string" and ("%q"):format(value):gsub("\\\n", "\\n") or tostring(value)
end

local function before(a, b)
  local x, y = type(a), type(b)
  if x ~= y then
    return (ORDER[x] or 4) < (ORDER[y] or 4)
  end
  if x == "number" or x == "string" then
    return a < b
  end
  return tostring(a) < tostring(b)
end

local show

-- The entries of a table as pieces of text, its sequence first.
local function entries(value, indent, depth, above)
  local pieces, keys, length = {}, {}, 0
  if type(value) == "table" then
    length = rawlen(value)
    for i = 1, length do
      pieces[i] = show(rawget(value, i), indent, depth, above)
    end
    for key in next, value do
      if type(key) ~= "number" or key < 1 or key > length then
        keys[#keys + 1] = key
      end
    end
  else
    for key in pairs(value) do
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, before)
  for _, key in ipairs(keys) do
    local name
    if type(key) == "string" and key:find(NAME) then
      name = key
    else
      name = "[" .. show(key, indent, 0, above) .. "]"
    end
    pieces[#pieces + 1] = name .. " = " .. show(value[key], indent, depth, above)
  end
  return pieces
end

function show(value, indent, depth, above)
  local kind = type(value)
  if kind ~= "table" and not (kind == "userdata" and pcall(pairs, value)) then
    return (scalar(value))
  end
  if above[value] then
    return "<cycle>"
  end
  if depth == 0 then
    return kind == "table" and next(value) == nil and "{}" or "{...}"
  end
  above[value] = true
  local inner = indent .. "  "
  local pieces = entries(value, inner, depth - 1, above)
  above[value] = nil
  if #pieces == 0 then
    return "{}"
  end
  local line = "{ " .. table.concat(pieces, ", ") .. " }"
  if #indent + #line <= WIDTH and not line:find("\n", 1, true) then
    return line
  end
  return "{\n" .. inner .. table.concat(pieces, ",\n" .. inner) .. "\n" .. indent .. "}"
end

return function(value, depth)
  return show(value, "", depth or 8, {})
end
