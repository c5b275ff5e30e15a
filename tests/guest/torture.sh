# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Readers, writers, iterators, users of strings, and scripts that make tables grow and shrink, all at once in two flavours,
# which are unloaded at moments that nobody chose. /host/seconds says for how long.
#
# What the scripts find wrong they print as WRONG and a reason; what the kernel finds wrong is for `run` to see.

end=$(($(date +%s) + $(/bin/cat /host/seconds)))
seed=$(date +%s)
echo "the moments follow from $seed"

# random N: sets `number` to one from 0 to N - 1.
random() {
	seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
	number=$(((seed >> 8) % $1))
}

# role NAME: prints the script of that name. They run until they are stopped.
role() {
	cat <<'END'
local rcu, numbers = rcu, numbers or names
local function check(good, ...) if not good then print("WRONG", ...) end return good end
local atomic, rcutable = pcall(require, "rcutable")
local seed = 1
local function random(n)
  seed = seed * 6364136223846793005 + 1442695040888963407
  return (seed >> 33) % n
end

-- A value of key i can be told from one of any other, and from a part of one.
local texts = {}
for i = 0, 63 do texts[i] = ("key %d; "):format(i) end
local function value(i)
  local kind = random(4)
  if kind == 0 then return random(1000) * 64 + i end
  if kind == 1 then return texts[i] end
  return texts[i]:rep(2 + random(40))
end
local function fits(v, i)
  if v == nil then return true end
  if type(v) == "number" then return v % 64 == i end
  return #v % #texts[i] == 0 and v == texts[i]:rep(#v // #texts[i])
end
END
	case $1 in
	writer) cat <<'END' ;;
while true do
  local i = random(64)
  rcu["k" .. i] = random(4) > 0 and value(i) or nil
  numbers["n" .. i] = random(4) > 0 and random(1000) * 64 + i or nil
  if atomic then
    rcutable.add(rcu, "sum", 1)
    check(fits(rcutable.swap(rcu, "k" .. i, value(i)), i), "swap", i)
    check(fits(rcutable.setdefault(rcu, "k" .. i, value(i)), i), "setdefault", i)
    local old = rcu["k" .. i]
    if old ~= nil then rcutable.cas(rcu, "k" .. i, old, value(i)) end
  end
end
END
	reader) cat <<'END' ;;
while true do
  local i = random(64)
  check(fits(rcu["k" .. i], i), "read", i)
  check(fits(numbers["n" .. i], i), "read number", i)
  check(rcu["stay" .. i] == i, "lost", i)
  check(rcu["never" .. i] == nil, "found", i)
end
END
	holder) cat <<'END' ;;
-- Strings that stay in use after they are replaced or deleted, up to the collector's next turn or beyond.
local held = {}
while true do
  local i, slot = random(64), random(200)
  local v = rcu["k" .. i]
  if held[slot] then check(fits(held[slot].v, held[slot].i), "held", held[slot].i) end
  held[slot] = v and { v = v, i = i }
  if random(4) == 0 then rcu["k" .. i] = nil end
  if random(1000) == 0 then held = {} end
  if random(1000) == 0 then collectgarbage() end
end
END
	iterator) cat <<'END' ;;
local function walk(body)
  local met, count = {}, 0
  for k, v in pairs(rcu) do
    check(not met[k], "met twice", k)
    met[k] = true
    if k:sub(1, 4) == "stay" then count = count + 1 end
    local i = k:match("^k(%d+)$")
    if i then check(fits(v, tonumber(i)), "iterated", i) end
    body(k, v)
  end
  check(count == 64, "met", count, "of 64")
end
while true do
  walk(function() end)
  walk(function(k) if k:sub(1, 1) == "k" then rcu[k] = nil end end)
  pcall(walk, function() if random(100) == 0 then error("out of the loop") end end)
  local co = coroutine.wrap(function() walk(coroutine.yield) return "end" end)
  local n = random(1000)
  for _ = 1, n do if co() == "end" then break end end
  for _ in pairs(numbers) do if random(64) == 0 then break end end
  check(#rcu >= 64, "length", #rcu)
end
END
	grower) cat <<'END' ;;
-- Many more elements than there are at rest, then none of them.
while true do
  local n = 500 + random(1500)
  for i = 1, n do rcu["grow" .. i] = i end
  for i = 1, n do
    local v = rcu["grow" .. i]
    check(v == nil or v == i, "grown", i)
  end
  for i = 1, n do rcu["grow" .. i] = nil end
  for i = 1, 500 do numbers["g" .. i] = i end
  for i = 1, 500 do numbers["g" .. i] = nil end
end
END
	esac
}

# The second flavour has one table without strings, and one bucket for the other; and no library of strings.
second_role() {
	cat <<'END'
local text = { "a name, and no short one, " }
for i = 2, 9 do text[i] = text[i - 1] .. text[1] end
local i = 0
while true do
  i = i + 1
  rcu["k" .. i % 50] = i
  rcu["k" .. (i * 7) % 50] = nil
  names["n" .. i % 20] = text[1 + i % 9]
  for k, v in pairs(names) do
    if v ~= text[#v // #text[1]] then print("WRONG", k, v) end
  end
  names["n" .. (i * 3) % 20] = nil
end
END
}

for name in writer reader holder iterator grower; do role $name >"/tmp/$name"; done
second_role >/tmp/second

# Somebody looks at the attributes all the time, there or not. Somebody gives the device scripts, busy or not, as long as
# /tmp/brief is there: who has the device open keeps the module. (It goes by dd, since the shell would make a file in the
# place of a device that is gone.)
: >/tmp/torture
while [ -e /tmp/torture ]; do
	cat /sys/class/misc/luatort/running /sys/class/misc/luasec/running || :
	usleep 100000
done >/dev/null 2>&1 &
while [ -e /tmp/torture ]; do
	[ ! -e /tmp/brief ] || echo 'for i = 1, 100 do rcu["brief" .. i] = i end' | /bin/dd of=/dev/luatort conv=nocreat || :
	usleep 50000
done 2>/dev/null &
# Scripts take all of the processors. What loads and unloads goes first, or it would do so once a minute.
renice -n -19 -p $$

ready() {
	said | grep -q ': ready$'
}

# gone MODULE: unloads it; false if somebody has the device open.
gone() {
	[ ! -d "/sys/module/$1" ] || rmmod "$1" 2>/dev/null
}

rounds=0
while [ "$(date +%s)" -lt "$end" ]; do
	rounds=$((rounds + 1))
	mark
	load lunatik_torture
	echo 'for i = 0, 63 do rcu["stay" .. i] = i end rcu.sum = 0 print("ready")' >/dev/luatort
	until_true ready
	for name in writer writer reader holder iterator grower; do
		/bin/cat /tmp/$name >/dev/luatort
	done
	if [ ! -d /sys/module/lunatik_second ]; then
		load lunatik_second
		/bin/cat /tmp/second >/dev/luasec
		/bin/cat /tmp/second >/dev/luasec
	fi
	: >/tmp/brief
	random 1000000
	usleep "$number"
	rm /tmp/brief
	random 2
	[ "$number" = 0 ] || until_true gone lunatik_second
	until_true gone lunatik_torture
	dmesg >/tmp/said
	if grep -q WRONG /tmp/said; then fail "round $rounds: $(grep WRONG /tmp/said)"; fi
	# A script that found an error of its own making is no torture.
	if grep -E '<3>|: script:[0-9]+: ' /tmp/said | grep -vF 'script stopped: the module is being unloaded'; then
		fail "round $rounds: a script raised an error"
	fi
done
rm /tmp/torture
wait
until_true gone lunatik_second
echo "$rounds rounds"
