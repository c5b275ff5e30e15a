# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Four scripts run at the same time in four states; a fifth waits for one to end, and a signal ends its wait.
load
mark
for n in 1 2 3 4; do
	submit <<END
rcu["here$n"] = true
-- None of these ends before all four have begun.
while not (rcu.here1 and rcu.here2 and rcu.here3 and rcu.here4) do end
for i = 1, 3 do print("script $n says " .. i) end
while not rcu.go do end
END
done
until_true sh -c '[ "$(dmesg | grep -c "says 3")" = 4 ]'
for state in 0 1 2 3; do
	said | grep -q "^luadrv\[$state\]: script . says 3" || fail "state $state did not take part: $(said)"
done
[ "$(pending)" = 4 ] || fail "$(pending) pending"

echo 'print("the fifth")' >/tmp/fifth
/bin/cat /tmp/fifth >/dev/luadrv &
fifth=$!
until_true sh -c '[ "$(cat /sys/class/misc/luadrv/running)" = 5 ]'
# It sleeps, interruptibly, in close.
until_true grep -q '^State:.S' /proc/$fifth/status
if said | grep -q 'the fifth'; then fail 'it did not wait'; fi

# A sixth is interrupted: it never runs.
echo 'print("the sixth")' >/tmp/sixth
/bin/cat /tmp/sixth >/dev/luadrv &
sixth=$!
until_true sh -c '[ "$(cat /sys/class/misc/luadrv/running)" = 6 ]'
kill -TERM $sixth
if wait $sixth; then fail 'the sixth was taken'; fi
[ "$(pending)" = 5 ] || fail "$(pending) pending"
said | grep -q 'a signal ended the wait' || fail "$(said)"

# With O_NONBLOCK nobody waits.
if echo 'print("the seventh")' | /bin/dd of=/dev/luadrv oflag=nonblock 2>/tmp/err; then fail 'the seventh was taken'; fi
grep -q 'Resource temporarily unavailable' /tmp/err || fail "$(/bin/cat /tmp/err)"

# Nor does a task that exits without closing: no signal could end its wait.
sh -c 'exec 4>/dev/luadrv; echo "print(\"the eighth\")" >&4; kill -0 $$; exit 0'
[ "$(pending)" = 5 ] || fail "$(pending) pending"
if said | grep -q 'the eighth'; then fail 'the eighth ran'; fi

# The states are all taken, so the signal to end comes from outside: the fifth runs once one of four has ended.
kill -KILL $fifth
wait $fifth || :
[ "$(pending)" = 4 ] || fail "$(pending) pending"
unload
load
lua <<'END'
assert(rcu.here1 == nil and #rcu == 0, "the table outlived its module")
END
