# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What every script here shares: the cache, its lock, how a step reports and logs. Sourced, not run.
#
# The cache holds   bindgen-VERSION/  cargo-fuzz-VERSION/  source/VERSION/  kernel/NAME-KEY/  initramfs-KEY  accel  log/  tmp/  lock/
# Whatever is under its final name is complete: it was made in tmp/ and renamed. The kernel's build directories are the
# exception, since make resumes them; they are complete when they hold the file .complete.

set -euo pipefail
export LC_ALL=C
# The make that called is none of cargo's, nor of the kernel's, business.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

vm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck disable=SC2034 # used by the scripts that source this one
root=$(dirname "$vm")
cache=${LUNATIK_CACHE:-${XDG_CACHE_HOME:-${HOME:?neither LUNATIK_CACHE nor HOME is set}/.cache}/lunatik}
cache=$(realpath --canonicalize-missing -- "$cache")
# Those that kernel.sh builds.
# shellcheck disable=SC2034 # used by the scripts that source this one
kernels=(kernel debug kcsan um)
verbose=''
[[ ! ${V:-} =~ ^[12]$ ]] || verbose=$V

say() {
	printf 'lunatik: %s\n' "$*" >&2
}

# Ends the script. Each further argument is a line of what to do about it.
die() {
	say "$1"
	shift
	[[ $# -eq 0 ]] || printf '         %s\n' "$@" >&2
	exit 1
}

now() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# The time since $1, a value of `now`.
since() {
	local -i tenths=$((($(now) - $1) / 100000))
	echo "$((tenths / 10)).$((tenths % 10)) s"
}

# Waits until nobody else makes part $1 of the cache, and keeps others from it until this script ends or calls `unlock`.
# Programs started in between inherit the lock, so that it outlasts the script if they do.
lock() {
	mkdir -p "$cache"/{lock,log,tmp} 2>/dev/null ||
		die "cannot create the cache $cache" "Set LUNATIK_CACHE to a directory that you can write to."
	exec {lock}>>"$cache/lock/$1"
	if ! flock --nonblock "$lock"; then
		say "$1: another set-up is at work on it in $cache; waiting for that to end"
		flock "$lock"
	fi
}

# Releases the lock taken last.
unlock() {
	exec {lock}>&-
}

# Runs a command with its output in log/NAME.log, and shows the end of it if the command fails.
logged() {
	local log=$cache/log/$1.log status=0
	shift
	if [[ -n $verbose ]]; then
		"$@" </dev/null 2>&1 | tee "$log" >&2 || status=$?
	else
		"$@" </dev/null >"$log" 2>&1 || status=$?
	fi
	[[ $status -eq 0 ]] || show_log "$log"
	return "$status"
}

show_log() {
	if [[ -z $verbose ]]; then
		say "the last lines of $1:"
		tail -n 30 "$1" | sed 's/^/  | /' >&2
	fi
}

# Stops unless the cache's disk has $1 MB free for $2.
need_space() {
	local free
	free=$(df --output=avail --block-size=1M "$cache" | tail -n 1)
	((free >= $1)) ||
		die "$2 needs $1 MB in $cache, and its disk has $((free)) MB free" \
			"Free some space, or set LUNATIK_CACHE to a directory on another disk, and run the same command again."
}
