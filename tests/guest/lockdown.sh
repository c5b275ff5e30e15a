# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A kernel that is locked down takes no script, not of root either, nor by a file that was opened before. What a script has
# printed can still be read. What a module contains goes on running, and without a compiler it runs by its name: the kernel has
# taken that module, which can be given nothing else. What runs when a module is loaded runs there too. All modules are signed
# here.
load
mount -t securityfs securityfs /sys/kernel/security
grep -qF '[none]' /sys/kernel/security/lockdown || fail "it is locked down already: $(/bin/cat /sys/kernel/security/lockdown)"
alive
load lunatik_contained lunatik_listed
until_true sh -c '[ "$(cat /sys/class/misc/luacontained/running)" = 0 ]'

exec 3>/dev/luadrv
echo 'print("written before")' >&3
echo integrity >/sys/kernel/security/lockdown
mark
exec 3>&-
if (echo 'print("opened")' >/dev/luadrv) 2>/tmp/err; then fail 'the device was opened for writing'; fi
grep -q 'Operation not permitted' /tmp/err || fail "an odd error: $(/bin/cat /tmp/err)"
if lunatik eval 'print("run")' >/tmp/out 2>&1; then fail 'a script was taken'; fi
grep -q 'the kernel is locked down' /tmp/out || fail "an odd error: $(/bin/cat /tmp/out)"
if said | grep -q 'written before\|opened\|run$'; then fail "a script ran: $(said)"; fi
lunatik ps >/tmp/out || fail "ps: $(/bin/cat /tmp/out)"
is_idle || fail "$(pending) pending"

device=luacontained
export LUNATIK_DEVICE=luacontained
mark
echo first | submit || fail "a name was refused: $(/bin/cat /tmp/submit.err) $(said)"
until_true is_idle
expect first
[ "$(lunatik run --script echo a)" = '1	a' ] || fail 'run --script'
if echo 'print("text")' | submit; then fail 'it took Lua'; fi
grep -q 'Exec format error' /tmp/submit.err || fail "an odd error: $(/bin/cat /tmp/submit.err)"

# With a compiler beside them, a name is refused like anything else. What runs since the module was loaded still does.
export LUNATIK_DEVICE=lualisted
lunatik ps | grep -q endless || fail "$(lunatik ps)"
if (echo first >/dev/lualisted) 2>/tmp/err; then fail 'the device was opened for writing'; fi
grep -q 'Operation not permitted' /tmp/err || fail "an odd error: $(/bin/cat /tmp/err)"
if lunatik run --script echo >/tmp/out 2>&1; then fail 'a name was taken'; fi
grep -q 'the kernel is locked down' /tmp/out || fail "an odd error: $(/bin/cat /tmp/out)"

# It takes no module that nobody has signed; what one runs when it is loaded was signed with it.
unload lunatik_contained
unload lunatik_listed
head -c -1 /host/lunatik_listed.ko >/tmp/unsigned.ko
if insmod /tmp/unsigned.ko 2>/tmp/err; then fail 'it took a module without a signature'; fi
grep -q 'Operation not permitted' /tmp/err || fail "an odd error: $(/bin/cat /tmp/err)"
mark
load lunatik_contained lunatik_listed
lunatik ps | grep -q endless || fail "$(lunatik ps)"
device=luacontained
until_true is_idle
expect first
if (echo first >/dev/lualisted) 2>/tmp/err; then fail 'the device was opened for writing'; fi
