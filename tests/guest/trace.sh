# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Tracepoints: each script's start and end, and the limit that one comes to; those of two flavours apart.
tracing=/sys/kernel/tracing
mount -t tracefs tracefs "$tracing" 2>/dev/null || [ -d "$tracing/events" ] || {
	echo "skipped: this kernel has no tracefs"
	exit 0
}

load lunatik lunatik_limited
for event in lunatik/lunatik_start lunatik/lunatik_end lunatik_limited/lunatik_limit; do
	echo 1 >"$tracing/events/$event/enable" || fail "no event $event"
done
echo >"$tracing/trace"

# traced: what was traced, without who, when and the times that a script took.
traced() {
	sed -n 's/^.*: \(lunatik_[a-z]*: .*\)$/\1/p' "$tracing/trace" |
		sed -E 's/(cpu_time|wall_time|memory|instructions)=[1-9][0-9]*/\1=N/g; s/pid=[1-9][0-9]*/pid=N/; s/id=[1-9][0-9]* /id=N /'
}

# traces TEXT: that is what was traced since the last time.
traces() {
	traced >/tmp/traced
	echo >"$tracing/trace"
	printf '%s\n' "$1" >/tmp/wanted
	cmp -s /tmp/traced /tmp/wanted || fail "traced: $(/bin/cat /tmp/traced)
instead of: $1"
}

echo 'print("seven!!")' | lua
traces 'lunatik_start: id=N name=script state=0 pid=N uid=0 flags=0x0
lunatik_end: id=N status=ok instructions=N memory=N output=8 cpu_time=N wall_time=N'

# The number of a run, its name and flags; the pid is the submitter's.
echo 'error "no"' >/tmp/e.lua
tool >/tmp/said <<'END'
open 0 /dev/luadrv
script 0 /tmp/e.lua
run 0 values name=odd
result 0
END
traced >/tmp/traced
sed -n 's/.* id=\([0-9]*\) .*/\1/p' "$tracing/trace" | sort -u >/tmp/ids
[ "$(wc -l </tmp/ids)" = 1 ] || fail "more than one number: $(/bin/cat "$tracing/trace")"
traces "lunatik_start: id=N name=odd state=1 pid=N uid=0 flags=0x8
lunatik_end: id=N status=error instructions=N memory=N output=0 cpu_time=N wall_time=N"

# A script is its writer's, whoever closes its file.
tool >/tmp/said <<'END'
open 0 /dev/luadrv
as 1000 write 0 return 1
close 0
END
until_true is_idle
sed -n 's/.*\(lunatik_start: .* uid=[0-9]*\) .*/\1/p' "$tracing/trace" | grep -q 'uid=1000$' ||
	fail "not the writer's: $(/bin/cat "$tracing/trace")"

# The log takes its time, in one line as in many: at least 250 instructions for each line of it.
echo >"$tracing/trace"
echo 'print(("\1"):rep(100000))' | lua
counted=$(sed -n 's/.*lunatik_end: .* instructions=\([0-9]*\) .*/\1/p' "$tracing/trace")
[ "$counted" -gt 100000 ] || fail "$counted instructions for 400 lines of the log"
echo >"$tracing/trace"

# A limit, of the flavour for which that is enabled alone; one that is caught hits once.
device=lualim
mark
echo 'while true do pcall(function() while true do end end) end' | submit
until_true is_idle
traces 'lunatik_limit: id=N limit=instruction-limit message="script:1: instruction-limit of 2000000 exceeded"'
echo 'local s = "x" while true do s = s .. s end' | submit
until_true is_idle
traces 'lunatik_limit: id=N limit=memory-limit message="script:1: memory-limit of 1048576 bytes exceeded"'
echo 'while true do print(("x"):rep(99)) end' | submit
until_true is_idle
traces 'lunatik_limit: id=N limit=output-limit message="script:1: output-limit of 4096 bytes exceeded"'
# Killed is no limit.
echo 'return 1' | submit
until_true is_idle
[ -z "$(traced)" ] || fail "traced: $(traced)"

# The events go with the module, though they are enabled.
unload lunatik_limited
[ ! -e "$tracing/events/lunatik_limited" ] || fail "events of a module that is gone"
unload
[ ! -e "$tracing/events/lunatik" ] || fail "events of a module that is gone"
umount "$tracing"
