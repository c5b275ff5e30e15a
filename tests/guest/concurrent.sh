# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Three readers and one writer, 10^5 operations each, on the same key and on different ones.
load
lua <<'END'
rcu.same = 0
rcu.text = ("0"):rep(100)
for i = 0, 99 do rcu["k" .. i] = 0 end
END
mark
submit <<'END'
rcu.go = true
for i = 1, 100000 do
  rcu.same = i
  if i % 10 == 0 then rcu.text = (tostring(i % 7)):rep(100) end
  rcu["k" .. i % 100] = i
  if i % 50 == 0 then rcu["gone" .. i % 1000] = i end
  if i % 50 == 25 then rcu["gone" .. (i - 25) % 1000] = nil end
end
rcu.done = true
print("wrote")
END
for reader in 1 2 3; do
	submit <<'END'
while not rcu.go do end
local last, lasts = 0, {}
for i = 0, 99 do lasts[i] = 0 end
for i = 1, 100000 do
  -- What one writer writes in order is read in order, per key.
  local v = rcu.same
  assert(v >= last, "went back")
  last = v
  local k = i % 100
  v = rcu["k" .. k]
  assert(v >= lasts[k] and (v == 0 or v % 100 == k), "lost or mixed up")
  lasts[k] = v
  if i % 10 == 0 then
    local s = rcu.text
    assert(#s == 100 and s == s:sub(1, 1):rep(100), "torn")
  end
end
print("read")
END
done
until_true is_idle
[ "$(said | grep -c ': read$')" = 3 ] || fail "$(said)"
expect wrote
lua <<'END'
assert(rcu.same == 100000 and rcu.text == ("5"):rep(100))
for i = 0, 99 do assert(rcu["k" .. i] == (i == 0 and 100000 or 99900 + i), i) end
END
# Four writers of different keys of the same few buckets: each finds all that it wrote.
mark
for writer in 1 2 3 4; do
	submit <<END
for round = 1, 50 do
  for i = 1, 500 do rcu["w$writer." .. i] = round * 1000 + i end
  for i = 1, 500 do assert(rcu["w$writer." .. i] == round * 1000 + i) end
  for i = 1, 500, 2 do rcu["w$writer." .. i] = nil end
  for i = 1, 500 do assert((rcu["w$writer." .. i] == nil) == (i % 2 == 1)) end
end
print("writer $writer is content")
END
done
until_true is_idle
for writer in 1 2 3 4; do expect "writer $writer is content"; done
# Four that add to one counter lose nothing.
mark
for _ in 1 2 3 4; do
	submit <<'END'
local hits = require "counter" (rcu, "hits")
for i = 1, 25000 do hits:add() end
END
done
until_true is_idle
lua <<'END'
local hits = require "counter" (rcu, "hits")
assert(hits:get() == 100000, hits:get())
hits:reset()
assert(hits:get() == 0)
END
