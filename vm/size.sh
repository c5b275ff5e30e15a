#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds flavours, has the machine measure what they hold in memory, and prints what they take by part:
#
#   vm/size.sh [FLAVOUR…] [ARGUMENT OF lunatik-build size]…
#
# A flavour is a file (*.toml) or a name of flavours/; without any it is what FLAVOUR names, or else all of flavours/.
# Fails if one is over its budget.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"
# shellcheck source=vm/kdir.sh
source "$vm/kdir.sh"

unset LUNATIK_KERNEL
configs=()
while [[ $# -gt 0 && $1 != -* ]]; do
	configs+=("$(FLAVOUR=$1 flavour_config)")
	shift
done
if [[ ${#configs[@]} -eq 0 ]]; then
	configs=("$root"/flavours/*.toml)
	[[ -z ${FLAVOUR:-} ]] || configs=("$(flavour_config)")
fi

read_setup
check_bootable "$kdir"
lunatik_build check "${configs[@]}"
share=$(mktemp -d)
trap 'rm -rf "$share"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What is over its budget is told at the end, with what was measured.
printf '%s\0' "${configs[@]}" | LUNATIK_BUDGET=no xargs -0 -n 1 -P "$(nproc)" "$vm/module.sh" --config >"$share/modules" ||
	die "not all of these flavours are built (see above)"
while read -r module; do
	cp "$module" "$share/"
done <"$share/modules"
lunatik_build size --plan "${configs[@]}" >"$share/plan"
cp "$vm/guest/size" "$share/run"
"$vm/boot.sh" --share "$share" --kernel "$image" --initramfs "$initramfs" --accel "$accel" </dev/null >"$share/console" 2>&1 || {
	tail -n 30 "$share/console" >&2
	die "the machine could not measure (see above)"
}

mkdir -p "$root/target/size"
cp "$share/measured" "$root/target/size/measured.new"
mv "$root/target/size/measured.new" "$root/target/size/measured"
lunatik_build size --measured "$root/target/size/measured" --machine "$(kernel_and_compilers "$kdir")" --svg "$root/target/size/size.svg" "${configs[@]}" "$@"
