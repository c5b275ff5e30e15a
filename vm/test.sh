#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs the workspace's tests, those that boot the machine among them: vm/test.sh [ARGUMENT OF cargo test]…
# LUNATIK_KERNEL=debug runs them on the debug kernel, LUNATIK_KERNEL=kcsan some of them on the kcsan kernel,
# LUNATIK_KERNEL=um those that are for it alone.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"
# shellcheck source=vm/kdir.sh
source "$vm/kdir.sh"

read_setup
[[ ${LUNATIK_KERNEL:-} == um ]] || check_bootable "$kdir"
"$vm/module.sh" >/dev/null
cd "$root"
exec "$cargo" test --workspace --locked "$@"
