-- None of these lines uses anything that lacks.toml has not, as far as anyone can tell.
global print, rcu, names, fixed
global <const> *
global mine, other = 1, 2
global function twice(n) return n * 2 end
local <const> limit = fixed.limit
local handle <close> = nil
local function variadic(...rest) return rest.n end
print(mine, other, twice(3), limit, handle, variadic(1, 2))

-- Asked for before it is used.
if utf8 then print(utf8.char(65)) end
local unpack = table and table.unpack or nil
local sqrt = math.sqrt or function(n) return n end
print(type(string) == "table" and string.format("%d", 1), unpack, sqrt(4))
local either = table and table.unpack or unpack
print(either, absent == nil, absent and 1)
if not missing then missing = {} end
missing.field = 1

-- Something else than it looks.
local io = { write = print }
io.write("x")
local t = rcu
t = {}
t.list = {}
do local rcu = {}; rcu.name = "x"; rcu[1] = {} end
local function of(names) names.n = 1; names[1] = {} end
of {}
function math.double(n) return n * 2 end
print(math.double(2))
for _, name in ipairs { "triple" } do math[name] = math.double end
print(math.triple(2))

-- What is not known is taken to be right.
local key, value = "k", names.x
rcu[key] = value
rcu.x = value or nil
rcu.y, rcu.z = of {}
names.x = names.x .. "more"
rcu.n = (rcu.n or 0) + 1
print(#rcu, rcu.n, 7 // 2, 0xffffffffffffffff, "%5.2f")
print(pcall(function() rcu.list = {}; names.x = 1; io.open() end))
print(pcall(require, "json"))

-- With a metamethod these are no floats.
local point = setmetatable({}, { __div = function(a) return a end, __pow = function(a) return a end })
print(point / 2, point ^ 2)
goto done
::done::
