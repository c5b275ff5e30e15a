# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the tests of this folder are written with. A test ends at the first command that fails.

device=luadrv

fail() {
	echo "FAILED: $*"
	exit 1
}

# load [MODULE…]: loads modules, the default flavour's if none is named.
load() {
	for module in "${@:-lunatik}"; do
		insmod "/host/$module.ko" || fail "insmod $module"
	done
}

unload() {
	rmmod "${1:-lunatik}" || fail "rmmod ${1:-lunatik}"
}

# pending: how many scripts run or wait to.
pending() {
	/bin/cat "/sys/kernel/debug/$device/running"
}

# until COMMAND…: looks again and again until the command succeeds. The run's time limit ends what never comes.
until_true() {
	while ! "$@"; do
		usleep 20000
	done
}

is_idle() {
	[ "$(pending)" = 0 ]
}

# mark: what `said` gives begins here.
mark() {
	dmesg -c >>/tmp/log.all
}

# said: the device's lines of the kernel log since the mark, without time stamps.
said() {
	dmesg | sed -n 's/^\[[^]]*\] \(\(luadrv\|luasec\|luasmall\)\(\[\|:\)\)/\1/p'
}

# submit: gives standard input to the device as a script; the status is that of write and close together.
submit() {
	/bin/cat >/tmp/script
	/bin/cat /tmp/script 2>/tmp/submit.err >"/dev/$device"
}

# lua: runs standard input as a script to its end; fails if it is refused or raises an error.
lua() {
	mark
	submit || fail "the script was refused: $(/bin/cat /tmp/submit.err) $(said)"
	until_true is_idle
	if said | grep -q 'stack traceback:'; then
		fail "the script raised an error: $(said)"
	fi
}

# lua_raises TEXT: runs standard input as a script that must end with an error that has TEXT in it.
lua_raises() {
	mark
	submit || fail "the script was refused: $(/bin/cat /tmp/submit.err) $(said)"
	until_true is_idle
	said | grep -q 'stack traceback:' || fail "no error, but: $(said)"
	said | grep -qF -- "$1" || fail "no '$1' in: $(said)"
}

# lua_refused TEXT: standard input must be refused when the device is closed, and the log say TEXT.
lua_refused() {
	mark
	if submit; then
		fail "the script was not refused: $(said)"
	fi
	grep -q 'Exec format error' /tmp/submit.err || fail "an odd error: $(/bin/cat /tmp/submit.err)"
	until_true is_idle
	said | grep -qF -- "$1" || fail "no '$1' in: $(said)"
}

# expect TEXT: a line of the log since the mark is exactly TEXT, whatever the number of its state.
expect() {
	said | sed 's/^[a-z]*\[[0-9]*\]: //' | grep -qxF -- "$1" || fail "no line '$1' in: $(said)"
}

# alive: the next script runs.
alive() {
	echo 'print("alive " .. 6 * 7)' | lua
	expect 'alive 42'
}
