#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fuzzes the table on the host (tests/fuzz), with AddressSanitizer:
#
#   vm/fuzz-table.sh [ARGUMENT OF libFuzzer]…     for one minute, unless -max_total_time=SECONDS or -runs=N says otherwise
#   vm/fuzz-table.sh FILE                         that input alone, and what it stands for
#   vm/fuzz-table.sh --minimize FILE              makes a failing input shorter
#
# Inputs that are worth keeping gather in target/fuzz/corpus, so that the next run goes on from there.
# shellcheck disable=SC2154 # its parts set what they are named after

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
for part in packages cargo-fuzz; do
	# shellcheck source=/dev/null
	source "$vm/$part.sh"
done

install_missing "${for_fuzzing[@]}"
cargo=$(find_cargo)
if [[ ! -x $cargo_fuzz ]]; then
	lock cargo-fuzz
	[[ -x $cargo_fuzz ]] || build_cargo_fuzz
	unlock
fi

inputs=tests/fuzz/inputs
corpus=target/fuzz/corpus
failures=target/fuzz/failures
export PATH=${cargo_fuzz%/cargo-fuzz}:$PATH CARGO_TARGET_DIR=$root/target/fuzz
# cargo-fuzz asks for flags that a released compiler has only if told so. Debian's rustc has LLVM's instrumentation,
# but not the library that goes with it: clang of the same LLVM links its own.
export RUSTC=$rustc RUSTC_BOOTSTRAP=1 CXX=clang++-$llvm
export RUSTFLAGS="-Zexternal-clangrt -Clinker=clang-$llvm -Clink-arg=-fsanitize=address"
# What a table leaves behind, the tests count themselves; comparing is what a table mostly does, and traced it takes long.
fuzz=("$cargo" fuzz)
options=(--fuzz-dir "$root/tests/fuzz" --no-trace-compares)
arguments=(-detect_leaks=0)

case ${1:-} in
--minimize)
	exec "${fuzz[@]}" tmin "${options[@]}" table "$(realpath -- "${2:?which file?}")" -- "${arguments[@]}"
	;;
[!-]*)
	"${fuzz[@]}" fmt "${options[@]}" table "$(realpath -- "$1")"
	exec "${fuzz[@]}" run "${options[@]}" table "$(realpath -- "$1")" -- "${arguments[@]}"
	;;
esac

[[ " $*" == *' -max_total_time='* || " $*" == *' -runs='* ]] || arguments+=(-max_total_time=60)
arguments+=(-max_len=512 -len_control=0 -artifact_prefix="$failures/" -print_final_stats=1)
cd "$root"
mkdir -p "$corpus" "$failures"
touch "$failures/.begin"
status=0
"${fuzz[@]}" run "${options[@]}" table "$corpus" "$inputs" -- "${arguments[@]}" "$@" || status=$?
while read -r failure; do
	say "an input fails: $failure"
	printf '         %s\n' "What it stands for:   make fuzz-table ARGS=$failure" \
		"A shorter one:        make fuzz-table ARGS='--minimize $failure'" \
		"To keep it as a test: cp $failure $inputs/NAME" >&2
done < <(find "$failures" -newer "$failures/.begin" ! -name 'slow-unit-*' -type f)
exit "$status"
