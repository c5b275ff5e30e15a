# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What four scripts do to the same keys at the same time, recorded; whether it can have happened in one order is checked
# on the host. /host/operations says how many operations.
device=luahist
operations=$(/bin/cat /host/operations)
load lunatik_history
lua <<END
history.start($operations)
-- The sums are there all the time.
for i = 7, 8 do
  local n = history.invoke(history.WRITE, i, 0)
  if i == 7 then rcu.sum7 = 0 else numbers.sum8 = 0 end
  history.respond(n)
end
END
mark
for role in 1 2 3 4; do
	submit <<END
local role = $role
local invoke, respond = history.invoke, history.respond
local READ, WRITE, DELETE = history.READ, history.WRITE, history.DELETE
local ADD, CAS, SWAP, SETDEFAULT = history.ADD, history.CAS, history.SWAP, history.SETDEFAULT
local atomic, rcutable = pcall(require, "rcutable")

-- A writer, a reader, a deleter, and one that does everything: of 100 operations so many read, write, delete.
local share = ({ { 20, 90, 92 }, { 94, 98, 99 }, { 30, 60, 95 }, { 45, 65, 75 } })[role]
local reads, writes, deletes = share[1], share[2], share[3]

-- 4 hot keys with any value, 2 hot ones with integers alone, 2 hot sums, which are never deleted, 50 cold keys.
local keys = {}
for i = 1, 58 do keys[i] = { rcu, "key" .. i } end
for i = 5, 6 do keys[i] = { numbers, "number" .. i } end
for i = 7, 8 do keys[i] = { i == 7 and rcu or numbers, "sum" .. i } end

-- Each value is written once, so that who reads it tells who wrote it.
local count = role << 40
local function value(t)
  count = count + 1
  local kind = count % 4
  if kind < 2 or t == numbers then return count end
  if kind == 2 then return "short " .. count end
  return ("long %d "):format(count):rep(4 + count % 64)
end

local seed = role
local function random(n)
  seed = seed * 6364136223846793005 + 1442695040888963407
  return (seed >> 33) % n
end

local function operate()
  local i = random(10) > 0 and 1 + random(8) or 9 + random(50)
  local t, k = keys[i][1], keys[i][2]
  local sum = i == 7 or i == 8
  local choice = random(100)
  local n
  if choice < reads then
    n = invoke(READ, i)
    if n then respond(n, t[k]) end
  elseif choice < writes then
    local v = sum and random(1 << 40) or value(t)
    n = invoke(WRITE, i, v)
    if n then t[k] = v; respond(n) end
  elseif choice < deletes and not sum then
    n = invoke(DELETE, i)
    if n then t[k] = nil; respond(n) end
  elseif not atomic then
    n = invoke(READ, i)
    if n then respond(n, t[k]) end
  elseif sum then
    n = invoke(ADD, i, role)
    if n then respond(n, rcutable.add(t, k, role)) end
  elseif choice % 3 == 0 then
    local v = value(t)
    n = invoke(SWAP, i, v)
    if n then respond(n, rcutable.swap(t, k, v)) end
  elseif choice % 3 == 1 then
    local v = value(t)
    n = invoke(SETDEFAULT, i, v)
    if n then respond(n, rcutable.setdefault(t, k, v)) end
  else
    local old, new = t[k], value(t)
    if old == nil then return true end
    n = invoke(CAS, i, old, new)
    if n then respond(n, rcutable.cas(t, k, old, new)) end
  end
  return n
end

-- All begin when all are there.
if role == 4 then rcu.go = true end
while not rcu.go do end
while operate() do end
print("role $role done")
END
done
until_true is_idle
for role in 1 2 3 4; do expect "role $role done"; done
/bin/dd if=/sys/class/misc/luahist/history of=/host/results/history.history bs=256K iflag=fullblock 2>/dev/null
[ "$(stat -c %s /host/results/history.history)" = $((operations * 48)) ] || fail "not all operations were recorded"
# The file does not outlive the module, whoever has it open.
exec 3</sys/class/misc/luahist/history
unload lunatik_history
if /bin/cat <&3 >/dev/null 2>&1; then fail "the history is still there"; fi
exec 3<&-
