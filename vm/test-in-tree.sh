#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs the tests in the machine on a kernel that has flavours/ in its source tree: vm/test-in-tree.sh [NAME OF A TEST]…
# First they are built in, then modules. The other flavours of the tests are built outside of the tree as ever.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

unset KDIR FLAVOUR LUNATIK_KERNEL
# The default one is lunatik.toml by another name.
flavours=(lunatik.toml)
for flavour in "$root"/flavours/*.toml; do
	[[ $flavour == */default.toml ]] || flavours+=("$flavour")
done
for choice in y m; do
	kernel=$("$vm/in-tree-kernel.sh" "$choice" "${flavours[@]}")
	# The module that test.sh builds first goes where those for this kernel are.
	KDIR=$kernel "$vm/test.sh" -p lunatik-tests --test machine -- "$@"
done
