# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Numbers are 64-bit integers; what would give a float says so.
load
lua <<'END'
local function raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(text, 1, true), message)
end
assert(7 // 2 == 3 and -7 // 2 == -4 and 7 % -3 == -2 and -7 % 3 == 2)
assert(math.mininteger // -1 == math.mininteger and math.mininteger % -1 == 0)
assert(math.maxinteger + 1 == math.mininteger)
assert(1 << 63 == math.mininteger and 1 << 64 == 0 and ~0 == -1)
raises("attempt to divide by zero", function() return 1 // 0 end)
raises("attempt to perform 'n%0'", function() return 1 % 0 end)
local a, b = 7, 2
raises("'/' gives a float, and numbers are 64-bit integers (use '//' to divide integers)", function() return a / b end)
raises("'/' gives a float", function() return a / 2 end)
raises("'/' gives a float", function() return 7 / b end)
raises("'/' gives a float", function() return 7 / 2 end)
raises("'/' gives a float", function() return "7" / 2 end)
raises("'^' gives a float, and numbers are 64-bit integers", function() return a ^ b end)
raises("'^' gives a float", function() return 2 ^ 2 end)
raises("'^' gives a float", function() return "2" ^ "2" end)
local V = setmetatable({}, { __div = function() return "div" end, __pow = function() return "pow" end })
assert(V / 2 == "div" and 2 / V == "div" and V ^ 2 == "pow")
raises("attempt to perform arithmetic on a nil value", function() return nil / 1 end)
assert("10" + 5 == 15 and "0x10" + 0 == 16 and 10 .. "" == "10")
raises("numbers are 64-bit integers", function() return "1.5" + 0 end)
assert(tonumber("1.5") == nil and tonumber("1e3") == nil and tonumber("  42 ") == 42 and tonumber("z", 36) == 35)
assert(math.tointeger("8") == 8 and math.tointeger("8.5") == nil)
for _, f in ipairs { "%a", "%e", "%f", "%g", "%5.2f" } do
  raises("is for floats, and numbers are 64-bit integers", string.format, f, 1)
end
assert(("%d %5d|%-5d|%05d %x %X %o %c %s %q %i %%"):format(-1, 42, 42, 42, 255, 255, 8, 65, "s", "q\n", 3) == "-1    42|42   |00042 ff FF 10 A s \"q\\\n\" 3 %")
assert(("%10.3s|"):format("abcdef") == "       abc|" and ("%+d % d %#x"):format(1, 1, 255) == "+1  1 0xff")
assert(("%q"):format(math.mininteger) == "0x8000000000000000")
for _, f in ipairs { "f", "d", "n" } do
  raises("is for floats, and numbers are 64-bit integers", string.pack, f, 1)
end
assert(string.unpack("<i4", string.pack("<i4", -2)) == -2 and string.pack(">I2", 258) == "\1\2")
for i = 1, 3 do a = i end
assert(a == 3)
raises("bad 'for' initial value", function() for i = "x", 2 do end end)
raises("bad 'for' initial value", function() for i = "1", 2 do end end)
raises("bad 'for' limit", function() for i = 1, {} do end end)
raises("bad 'for' step", function() for i = 1, 2, "1" do end end)
raises("'for' step is zero", function() for i = 1, 2, 0 do end end)
local n = 0
for i = math.maxinteger - 1, math.maxinteger do n = n + 1 end
for i = math.mininteger + 1, math.mininteger, -1 do n = n + 1 end
assert(n == 4)
assert(math.abs(-3) == 3 and math.max(1, 3, 2) == 3 and math.min(2, 1) == 1 and math.fmod(-7, 3) == -1)
assert(math.floor(5) == 5 and math.ceil(5) == 5 and math.ult(1, -1) and math.type(1) == "integer")
raises("zero", math.fmod, 1, 0)
assert(math.sqrt == nil and math.pi == nil and math.huge == nil)
for i = 1, 100 do local r = math.random(6); assert(r >= 1 and r <= 6) end
raises("'random' without arguments gives a float", math.random)
math.randomseed(42)
local r = math.random(0)
math.randomseed(42)
assert(math.random(0) == r and math.type(r) == "integer")
assert(collectgarbage("count") > 0 and math.type(collectgarbage("count")) == "integer")
assert(utf8.char(228, 8364) == "ä€" and utf8.len("ä€") == 2 and utf8.codepoint("€") == 8364)
-- Characters are those of ASCII: others stay whole.
assert(("ÄÖÜ é à"):lower() == "ÄÖÜ é à" and ("äöü"):upper() == "äöü" and ("Abc"):upper() == "ABC" and ("aBC"):lower() == "abc")
assert(("à "):gsub("%s+$", "") == "à" and not ("é"):find("%a") and not ("é"):find("%c") and ("a1_"):find("^%w%w%p$"))
raises("float literal", function() assert(load("return 0.5")) end)
raises("float literal", function() assert(load("return .5")) end)
raises("float literal", function() assert(load("return 3.")) end)
END
