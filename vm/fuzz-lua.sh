#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs scripts that try to break Lua, on the host under the compiler's checks and then in the machine:
#
#   vm/fuzz-lua.sh [--first N] [--count N] [--guest N] [ARGUMENT OF lunatik-fuzz run]…
#
# The scripts of 100000 numbers from 0 on and of the first 2000 of them in the machine, if nothing else is asked for.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"
# shellcheck source=vm/packages.sh
source "$vm/packages.sh"

first=0 count=100000 guest=2000 arguments=()
while [[ $# -gt 0 ]]; do
	case $1 in
	--first) first=${2:?} && shift 2 ;;
	--count) count=${2:?} && shift 2 ;;
	--guest) guest=${2:?} && shift 2 ;;
	*) arguments+=("$1") && shift ;;
	esac
done

unset LUNATIK_KERNEL
read_setup
cd "$root"
if [[ $count -gt 0 ]]; then
	# What the checks need at run time is no part of Debian's clang.
	install_missing "libclang-rt-$llvm-dev:/usr/lib/llvm-$llvm/lib/clang/$llvm/lib/linux/libclang_rt.asan-x86_64.a"
	ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-$llvm/bin/llvm-symbolizer ASAN_OPTIONS=quarantine_size_mb=32 \
		LUNATIK_SANITIZE=1 CARGO_TARGET_DIR=target/fuzz CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=clang-$llvm \
		RUST_BACKTRACE=0 "$cargo" run --quiet --locked --package lunatik-host --bin lunatik-fuzz -- \
		run --first "$first" --count "$count" "${arguments[@]}"
	# Ten times what is meant, for the compiler's checks and whatever else the machine does.
	target/fuzz/debug/lunatik-fuzz gaps --first "$first" --bound 100
fi
[[ $guest -eq 0 ]] || LUNATIK_FUZZ="$first $guest" "$vm/test.sh" --test machine -- --exact fuzz
