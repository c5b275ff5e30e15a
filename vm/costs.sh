#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measures what each choice of a flavour takes, in 36 flavours of which each has one more than the one before:
#
#   vm/costs.sh [--write]
#
# With --write, estimates use these figures from now on, and docs/size.md has them.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"
# shellcheck source=vm/kdir.sh
source "$vm/kdir.sh"

unset FLAVOUR LUNATIK_KERNEL
read_setup
folder=$root/target/costs
rm -rf "$folder"
mkdir -p "$folder"
lunatik_build costs --plan "$folder" >"$folder/plan"
mapfile -t configs <"$folder/plan"
"$vm/size.sh" "${configs[@]}" --save "$folder/saved.json" >"$folder/sizes"
lunatik_build costs --saved "$folder/saved.json" --machine "$(kernel_and_compilers "$kdir")" "$@"
# Their directories are of no more use.
rm -rf "$root"/target/flavours/lunatik_cost_*
