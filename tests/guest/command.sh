# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The command: its tour in README.md, line by line, and what a tour does not show.

# tour: the lines of README.md's first block below "## The command".
tour() {
	awk '/^## / { inside = ($0 == "## The command") }
	     inside && /^```/ { if (++fences == 2) exit; next }
	     inside && fences' /host/README.md
}

# matches FILE PATTERNS: each line of PATTERNS is one of FILE. In it, … stands for anything; alone, for all the lines that
# the next pattern does not match.
matches() {
	awk '
		function glob(pattern) {
			gsub(/[][\\.*+?(){}|^$]/, "\\\\&", pattern)
			gsub(/…/, ".*", pattern)
			return "^" pattern "$"
		}
		FILENAME == ARGV[1] { line[++lines] = $0; next }
		{ pattern[++patterns] = $0 }
		END {
			at = 1
			for (i = 1; i <= patterns; i++) {
				if (pattern[i] == "…") {
					while (at <= lines && (i == patterns || line[at] !~ glob(pattern[i + 1]))) at++
				} else if (at <= lines && line[at] ~ glob(pattern[i])) {
					at++
				} else {
					print "wanted: " pattern[i]
					print "got:    " (at <= lines ? line[at] : "(the end)")
					exit 1
				}
			}
			if (at <= lines) { print "too much: " line[at]; exit 1 }
		}' "$1" "$2"
}

# exits STATUS COMMAND…: the command ends with that status. What it says is in /tmp/out and /tmp/err.
exits() {
	wanted=$1 status=0
	shift
	"$@" >/tmp/out 2>/tmp/err || status=$?
	[ "$status" = "$wanted" ] || fail "$*: $status instead of $wanted: $(/bin/cat /tmp/out /tmp/err)"
}

# check_step: runs $step and compares with /tmp/wanted. One may set a variable for the next.
check_step() {
	[ -n "$step" ] || return 0
	eval "$step" >/tmp/got 2>&1 </dev/null || :
	matches /tmp/got /tmp/wanted >/tmp/difference ||
		fail "README.md says that '$step' does something else: $(/bin/cat /tmp/difference) in: $(/bin/cat /tmp/got)"
	steps=$((steps + 1))
}

mkdir -p /tmp/tour
cp /host/examples/*.lua /tmp/tour/
cd /tmp/tour || fail "no folder for the tour"

if ! builtin lunatik; then
	exits 3 lunatik ps
	grep -q 'there is no /dev/luadrv: is the module loaded?' /tmp/err
	exits 3 lunatik check hello.lua
	grep -q 'check --offline' /tmp/err
fi
exits 0 lunatik check --offline hello.lua
load
steps=0
step=''
tour >/tmp/tour.txt
while IFS= read -r line; do
	case $line in
	'# '*)
		check_step
		step=${line#"# "}
		: >/tmp/wanted
		;;
	*) printf '%s\n' "$line" >>/tmp/wanted ;;
	esac
done </tmp/tour.txt
check_step
[ "$steps" -ge 20 ] || fail "the tour has $steps steps"

# Exit statuses.
exits 0 lunatik eval 'nil'
exits 1 lunatik eval 'error()'
exits 1 lunatik eval ')'
# The longest name that a script may have is told whole.
name=$(printf '%063d' 7)
echo 'error "here"' >"$name"
exits 1 lunatik run "$name"
grep -qF "lunatik: $name:1: here" /tmp/err
exits 1 lunatik run missing.lua
exits 2 lunatik walk
exits 2 lunatik run --time 2 hello.lua
exits 3 lunatik --device null ps
grep -q 'no device of Lunatik' /tmp/err
exits 1 lunatik kill 999999
exits 1 lunatik get rcu nothing
exits 1 lunatik get string format
grep -q 'there is no table string; there are: rcu' /tmp/err
# What is refused does not run.
mark
for limit in '--memory 1GiB' '--output-limit 1GiB'; do
	# shellcheck disable=SC2086 # an option and its value
	exits 1 lunatik run $limit hello.lua
	grep -q "this flavour's limits" /tmp/err
done
said | grep -q hello && fail "it ran: $(said)"
awk 'BEGIN { for (i = 0; i < 150000; i++) print "x = 1 -- long" }' >/tmp/long.lua
exits 1 lunatik run /tmp/long.lua
grep -q 'the script has more than the 1048576 bytes' /tmp/err
is_idle

# The Lua in the command says what the kernel's says, and looks at the same files.
cp /host/scripts/*.lua .
long=$PWD/$(printf '%0120d' 0).lua
for how in --offline --device=luadrv; do
	# shellcheck disable=SC2035 # their names begin with letters
	exits 1 lunatik check "$how" *.lua
	cmp /tmp/err /host/scripts/messages.txt || fail "check $how: $(diff /tmp/err /host/scripts/messages.txt)"
	cp float.lua "$long"
	exits 1 lunatik check "$how" /tmp/long.lua /proc/self/mem missing.lua "$long" float.lua
	rm "$long"
	mv /tmp/err "/tmp/check$how"
done
cmp /tmp/check--offline /tmp/check--device=luadrv || fail "$(diff /tmp/check--offline /tmp/check--device=luadrv)"
[ "$(wc -l </tmp/check--offline)" = 5 ] || fail "$(/bin/cat /tmp/check--offline)"

# What programs get.
[ "$(lunatik eval --json --typed '..., "x", { a = true }' 7 | sed 's/.*"values":\(\[.*\]\),"output".*/\1/')" = '[7,"x",{"a":true}]' ] ||
	fail "$(lunatik eval --json --typed '..., "x", { a = true }' 7)"

# Any bytes, there and back; nothing that a user gives becomes Lua.
awk 'BEGIN { for (i = 0; i < 256; i++) printf "%c", i }' >/tmp/bytes
printf 'a\0b\n\r\t\377' >>/tmp/bytes
for key in k "'" '"]] os = 1 --' '' '
'; do
	lunatik set rcu "$key" --stdin </tmp/bytes
	lunatik get --no-newline rcu "$key" >/tmp/back
	cmp /tmp/bytes /tmp/back || fail "the bytes of '$key' changed"
done
lunatik list --json rcu | grep -q '"hex":"000102' || fail "$(lunatik list --json rcu)"
lunatik set rcu k '"] = 1; rcu.evil = 1 --'
exits 1 lunatik get 'rcu.x = 1' k
exits 1 lunatik get rcu evil
for pair in 12:number -5:number 0x1F:number true:boolean '"12":string' x:string; do
	lunatik set rcu k "${pair%:*}"
	[ "$(lunatik eval 'type(rcu.k)')" = "${pair##*:}" ] || fail "set $pair"
done
lunatik eval 'require("rcutable").clear(rcu)' >/dev/null

# A script is ended by Ctrl-C, and by the end of the command whatever ends it.
echo 'print("begun") while true do end' >begun.lua
for signal in INT TERM KILL; do
	lunatik run begun.lua >/tmp/begun 2>&1 &
	until_true grep -q begun /tmp/begun
	kill -"$signal" $!
	status=0
	wait $! || status=$?
	[ "$signal" != INT ] || [ "$status" = 130 ] || fail "Ctrl-C: $status"
	until_true is_idle
done
# So it is by the end of those who read its output.
lunatik eval 'while true do print(("x"):rep(1000)) end' | head -n 1 >/dev/null
until_true is_idle

# One that waits for a state is given up, and never runs.
for _ in 1 2 3 4; do lunatik run --detach begun.lua >/dev/null; done
mark
echo 'rcu.late = 1' | lunatik run - &
until_true sh -c "lunatik ps | grep -q ' wait .* stdin'"
kill -INT $!
wait $! || :
lunatik ps --json | grep -o '"id":[0-9]*' | cut -d: -f2 | xargs lunatik kill
until_true is_idle
exits 1 lunatik get rcu late

# The REPL outlives errors.
lunatik repl >/tmp/out 2>/tmp/err <<'CHUNKS'
x = 1
error("no", 0)
)
x = x + 1
while true do
  x = x + 1
  if x > 9 then break end
end
=x, "values"
CHUNKS
[ "$(/bin/cat /tmp/out)" = '10	values' ] || fail "$(/bin/cat /tmp/out /tmp/err)"
grep -q '^lunatik: no$' /tmp/err
grep -q "unexpected symbol near ')'" /tmp/err
until_true is_idle
